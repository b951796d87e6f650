/**
 * Runs the filter plugins: which nodes can take the pod, and why the others can't.
 */
import { compareText } from '@podwire/api';
import { DEFAULT_PROFILE } from './default-profile.ts';
import { type Cycle, type NodeFilter, type Status, unresolvable } from './framework.ts';
import type { Nominator } from './nominator.ts';
import type { Snapshot } from './snapshot.ts';

/** Clusters with fewer nodes are always looked at whole. */
const NODES_LEAST = 100;
const PERCENT_LEAST = 5;

/** After how many feasible nodes the search ends (percentageOfNodesToScore 0: adaptive). */
export function numFeasibleNodesToFind(nodeCount: number): number {
  if (nodeCount < NODES_LEAST) return nodeCount;
  const percent = Math.max(PERCENT_LEAST, 50 - Math.trunc(nodeCount / 125));
  return Math.max(NODES_LEAST, Math.trunc((nodeCount * percent) / 100));
}

/** What the filters found out, beside the feasible and rejected nodes in the snapshot's workspace. */
export interface FilterOutcome {
  readonly filters: readonly NodeFilter[];
  /** What holds for nodes that were not looked at. */
  readonly absentStatus: Status;
  /** Set when a plugin rejected the pod before any node was looked at. */
  readonly preFilterMessage: string;
  /** The plugins that rejected the pod somewhere: changes that concern them may help it. */
  readonly rejectedBy: ReadonlySet<string>;
  /** How many nodes were looked at, that of a promise apart. */
  readonly examinedCount: number;
}

const NOT_ABSENT = unresolvable('');

/** Finds the nodes that pass all filters, beginning at `startIndex` of the snapshot's order. */
export function findFeasibleNodes(
  cycle: Cycle,
  nominator: Nominator,
  startIndex: number,
): FilterOutcome {
  const { snapshot, pod } = cycle;
  const { order, workspace } = snapshot;
  const { feasible, rejected } = workspace;
  workspace.begin(snapshot.table.capacity);
  const { filters, rejection, nodeNames, limitedBy } = runPreFilters(cycle);
  if (rejection !== undefined) {
    return {
      filters,
      absentStatus: rejection,
      preFilterMessage: rejection.reasons.join(', '),
      rejectedBy: new Set([rejection.plugin]),
      examinedCount: 0,
    };
  }
  const rejectedBy = new Set<string>(limitedBy);
  const outcome = {
    filters,
    absentStatus: nodeNames === undefined ? NOT_ABSENT : absentBecause(limitedBy),
    preFilterMessage: '',
    rejectedBy,
    examinedCount: 0,
  };

  const nominated = nominator.nodeOf(pod.key) ?? pod.pod.status?.nominatedNodeName ?? '';
  const promised = nominated === '' ? undefined : snapshot.node(nominated);
  if (promised !== undefined && nodeNames?.has(promised.name) !== false) {
    if (
      filterNode(snapshot, filters, pod.key, pod.priority, promised.slot, nominator) === undefined
    ) {
      feasible.add(promised.slot);
      return outcome;
    }
  }

  const candidates = nodeNames === undefined ? order : slotsOf(snapshot, nodeNames);
  const wanted = numFeasibleNodesToFind(candidates.length);
  const { key, priority } = pod;
  let index = candidates.length === 0 ? 0 : startIndex % candidates.length;
  let last: Status | undefined;
  for (let left = candidates.length; left > 0 && feasible.count < wanted; left--) {
    const slot = candidates[index] ?? 0;
    index = index + 1 === candidates.length ? 0 : index + 1;
    const status = filterNode(snapshot, filters, key, priority, slot, nominator);
    if (status === undefined) {
      feasible.add(slot);
    } else {
      rejected.add(slot, status);
      if (status !== last) rejectedBy.add(status.plugin);
      last = status;
    }
  }
  return { ...outcome, examinedCount: feasible.count + rejected.count };
}

function absentBecause(limitedBy: ReadonlySet<string>): Status {
  const names = [...limitedBy].sort(compareText).join(' ');
  return unresolvable('', `node(s) didn't satisfy plugin(s) [${names}]`);
}

/** The known nodes of these names, in the order in which they are looked at. */
function slotsOf(snapshot: Snapshot, names: ReadonlySet<string>): readonly number[] {
  const slots: number[] = [];
  for (const name of names) {
    const info = snapshot.node(name);
    if (info !== undefined) slots.push(info.slot);
  }
  if (slots.length < 2) return slots;
  const wanted = new Set(slots);
  return snapshot.order.filter((slot) => wanted.has(slot));
}

interface PreFilterOutcome {
  /** In the order of the plugins; those that pass every node are not there. */
  readonly filters: NodeFilter[];
  readonly rejection?: Status;
  /** The only nodes that come into question. */
  readonly nodeNames?: ReadonlySet<string>;
  readonly limitedBy: ReadonlySet<string>;
}

const NO_NAMES: ReadonlySet<string> = new Set();

function runPreFilters(cycle: Cycle): PreFilterOutcome {
  const filters: NodeFilter[] = [];
  let limitedBy: Set<string> | undefined;
  let nodeNames: ReadonlySet<string> | undefined;
  for (const { plugin } of DEFAULT_PROFILE) {
    const result = plugin.preFilter?.(cycle);
    if (result === undefined) continue;
    if ('code' in result) return { filters, rejection: result, limitedBy: limitedBy ?? NO_NAMES };
    filters.push(result);
    if (result.nodeNames === undefined) continue;
    limitedBy ??= new Set();
    limitedBy.add(plugin.name);
    nodeNames = nodeNames?.intersection(result.nodeNames) ?? result.nodeNames;
    if (nodeNames.size > 0) continue;
    const names = [...limitedBy].sort(compareText);
    const reason =
      names.length === 1
        ? `node(s) didn't satisfy plugin ${names[0] ?? ''}`
        : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`;
    return { filters, rejection: unresolvable(plugin.name, reason), limitedBy };
  }
  return {
    filters,
    limitedBy: limitedBy ?? NO_NAMES,
    ...(nodeNames === undefined ? {} : { nodeNames }),
  };
}

/**
 * The filters on one node. Pods of at least the same priority that were promised this node count as there;
 * since they may yet go elsewhere, the pod must fit without them, too.
 */
export function filterNode(
  snapshot: Snapshot,
  filters: readonly NodeFilter[],
  key: string,
  priority: number,
  slot: number,
  nominator: Nominator,
): Status | undefined {
  if (!nominator.isEmpty) {
    const promised = nominator
      .podsOn(snapshot.info(slot).name)
      .filter((other) => other.priority >= priority && other.key !== key);
    if (promised.length > 0) {
      for (const other of promised) snapshot.putOn(other, slot);
      const status = runFilters(filters, slot);
      for (const other of promised) snapshot.takeOff(other);
      if (status !== undefined) return status;
    }
  }
  return runFilters(filters, slot);
}

function runFilters(filters: readonly NodeFilter[], slot: number): Status | undefined {
  for (let at = 0; at < filters.length; at++) {
    const status = filters[at]?.filter(slot);
    if (status !== undefined) return status;
  }
  return undefined;
}
