/**
 * Runs the filter plugins: which nodes can take the pod, and why the others can't.
 */
import { compareText } from '@podwire/api';
import { DEFAULT_PROFILE } from './default-profile.ts';
import { Cycle, type PreFilterResult, type Status, unresolvable } from './framework.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';
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

/** What the filters found out. */
export interface Diagnosis {
  /** Nodes that were looked at and rejected. */
  readonly statuses: ReadonlyMap<string, Status>;
  /** What holds for nodes that were not looked at. */
  readonly absentStatus: Status;
  /** Set when a plugin rejected the pod before any node was looked at. */
  readonly preFilterMessage: string;
  /** The plugins that rejected the pod somewhere: changes that concern them may help it. */
  readonly rejectedBy: ReadonlySet<string>;
}

export interface FilterOutcome {
  readonly cycle: Cycle;
  readonly feasible: readonly NodeInfo[];
  readonly diagnosis: Diagnosis;
  /** How many nodes were looked at. */
  readonly examinedCount: number;
}

/** Finds the nodes that pass all filters, beginning at `startIndex` of the snapshot's order. */
export function findFeasibleNodes(
  snapshot: Snapshot,
  pod: PodInfo,
  nominator: Nominator,
  startIndex: number,
): FilterOutcome {
  const all = snapshot.nodeInfos;
  const { cycle, rejection, nodeNames, limitedBy } = runPreFilters(snapshot, pod);
  if (rejection !== undefined) {
    const diagnosis: Diagnosis = {
      statuses: new Map(),
      absentStatus: rejection,
      preFilterMessage: rejection.reasons.join(', '),
      rejectedBy: new Set([rejection.plugin]),
    };
    return { cycle, feasible: [], diagnosis, examinedCount: 0 };
  }
  const statuses = new Map<string, Status>();
  const rejectedBy = new Set<string>(limitedBy);
  const absentStatus = unresolvable(
    '',
    ...(nodeNames === undefined
      ? []
      : [`node(s) didn't satisfy plugin(s) [${[...limitedBy].sort(compareText).join(' ')}]`]),
  );
  const diagnosis: Diagnosis = { statuses, absentStatus, preFilterMessage: '', rejectedBy };

  const nominated = nominator.nodeOf(pod.key) ?? pod.pod.status?.nominatedNodeName ?? '';
  const promised = nominated === '' ? undefined : snapshot.node(nominated);
  if (promised !== undefined && nodeNames?.has(promised.name) !== false) {
    const status = filterNode(cycle, promised, nominator);
    if (status === undefined) return { cycle, feasible: [promised], diagnosis, examinedCount: 0 };
  }

  const candidates = nodeNames === undefined ? all : all.filter(({ name }) => nodeNames.has(name));
  const wanted = numFeasibleNodesToFind(candidates.length);
  const feasible: NodeInfo[] = [];
  for (let offset = 0; offset < candidates.length && feasible.length < wanted; offset++) {
    const node = candidates[(startIndex + offset) % candidates.length];
    if (node === undefined) break;
    const status = filterNode(cycle, node, nominator);
    if (status === undefined) {
      feasible.push(node);
    } else {
      statuses.set(node.name, status);
      rejectedBy.add(status.plugin);
    }
  }
  const examinedCount = feasible.length + statuses.size;
  return { cycle, feasible, diagnosis, examinedCount };
}

interface PreFilterOutcome {
  readonly cycle: Cycle;
  readonly rejection?: Status;
  /** The only nodes that come into question. */
  readonly nodeNames?: ReadonlySet<string>;
  readonly limitedBy: ReadonlySet<string>;
}

function runPreFilters(snapshot: Snapshot, pod: PodInfo): PreFilterOutcome {
  const skipped = new Set<string>();
  const cycle = new Cycle(snapshot, pod, skipped);
  const limitedBy = new Set<string>();
  let nodeNames: ReadonlySet<string> | undefined;
  for (const { plugin } of DEFAULT_PROFILE) {
    const result: PreFilterResult | undefined = plugin.preFilter?.(cycle);
    if (result === undefined) continue;
    switch (result.kind) {
      case 'skip':
        skipped.add(plugin.name);
        break;
      case 'rejected':
        return { cycle, rejection: result.status, limitedBy };
      case 'nodes': {
        limitedBy.add(plugin.name);
        nodeNames = nodeNames?.intersection(result.names) ?? result.names;
        if (nodeNames.size > 0) break;
        const names = [...limitedBy].sort(compareText);
        const reason =
          names.length === 1
            ? `node(s) didn't satisfy plugin ${names[0] ?? ''}`
            : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`;
        return { cycle, rejection: unresolvable(plugin.name, reason), limitedBy };
      }
    }
  }
  return { cycle, limitedBy, ...(nodeNames === undefined ? {} : { nodeNames }) };
}

/**
 * The filters on one node. Pods of at least the same priority that were promised this node count as there;
 * since they may yet go elsewhere, the pod must fit without them, too.
 */
export function filterNode(cycle: Cycle, node: NodeInfo, nominator: Nominator): Status | undefined {
  const promised = nominator
    .podsOn(node.name)
    .filter((other) => other.priority >= cycle.pod.priority && other.key !== cycle.pod.key);
  if (promised.length > 0) {
    const trial = node.clone();
    const trialCycle = cycle.clone();
    for (const other of promised) addPodTo(trialCycle, trial, other);
    const status = runFilters(trialCycle, trial);
    if (status !== undefined) return status;
  }
  return runFilters(cycle, node);
}

function runFilters(cycle: Cycle, node: NodeInfo): Status | undefined {
  for (const { plugin } of DEFAULT_PROFILE) {
    if (plugin.filter === undefined || cycle.skipFilter.has(plugin.name)) continue;
    const status = plugin.filter(cycle, node);
    if (status !== undefined) return status;
  }
  return undefined;
}

/** Puts a pod on a copy of a node and tells the plugins. */
export function addPodTo(cycle: Cycle, node: NodeInfo, pod: PodInfo): void {
  node.addPod(pod);
  for (const { plugin } of DEFAULT_PROFILE) plugin.addPod?.(cycle, pod, node);
}

/** Takes a pod from a copy of a node and tells the plugins. */
export function removePodFrom(cycle: Cycle, node: NodeInfo, pod: PodInfo): void {
  node.removePod(pod.key);
  for (const { plugin } of DEFAULT_PROFILE) plugin.removePod?.(cycle, pod, node);
}
