/**
 * PodTopologySpread: keeps the pods that a selector matches even over domains, as a rule or as a wish.
 *
 * The soft score is floating point as upstream; everything else is integers.
 */
import { matchesSelector } from '@podwire/api';
import {
  type Cycle,
  MAX_NODE_SCORE,
  type Plugin,
  type PluginState,
  StateKey,
  unresolvable,
  unschedulable,
} from '../framework.ts';
import type { NodeInfo, PodInfo } from '../node-info.ts';
import {
  HOSTNAME_LABEL,
  type SpreadConstraint,
  defaultConstraints,
  hasAllTopologyKeys,
  includesNode,
  ownConstraints,
} from './spread-constraints.ts';

const NAME = 'PodTopologySpread';
const REASON = "node(s) didn't match pod topology spread constraints";

/** Matching pods by domain, for each hard constraint. */
class HardState implements PluginState {
  readonly constraints: readonly SpreadConstraint[];
  readonly counts: readonly Map<string, number>[];
  readonly #minimums: (number | undefined)[] = [];

  constructor(constraints: readonly SpreadConstraint[], counts: readonly Map<string, number>[]) {
    this.constraints = constraints;
    this.counts = counts;
  }

  add(index: number, domain: string, delta: number): void {
    const counts = this.counts[index];
    counts?.set(domain, (counts.get(domain) ?? 0) + delta);
    this.#minimums[index] = undefined;
  }

  /** The least count over the domains; 0 when there are fewer domains than minDomains. */
  minimum(index: number): number {
    const known = this.#minimums[index];
    if (known !== undefined) return known;
    const counts = this.counts[index] ?? new Map<string, number>();
    let least = Infinity;
    for (const count of counts.values()) least = Math.min(least, count);
    if (counts.size < (this.constraints[index]?.minDomains ?? 1)) least = 0;
    this.#minimums[index] = least;
    return least;
  }

  clone(): HardState {
    return new HardState(
      this.constraints,
      this.counts.map((counts) => new Map(counts)),
    );
  }
}

interface SoftConstraint {
  readonly constraint: SpreadConstraint;
  /** By domain; nodes are counted one by one for the hostname key. */
  readonly counts: ReadonlyMap<string, number> | undefined;
  /** ln(domains + 2). */
  readonly weight: number;
}

class SoftState implements PluginState {
  readonly constraints: readonly SoftConstraint[];
  /** Nodes without a key that the pod's own constraints name: they get 0. */
  readonly ignored: ReadonlySet<string>;

  constructor(constraints: readonly SoftConstraint[], ignored: ReadonlySet<string>) {
    this.constraints = constraints;
    this.ignored = ignored;
  }

  clone(): SoftState {
    return this;
  }
}

const HARD = new StateKey<HardState>(`${NAME}/hard`);
const SOFT = new StateKey<SoftState>(`${NAME}/soft`);

export const podTopologySpread: Plugin = {
  name: NAME,
  preFilter(cycle) {
    const constraints = ownConstraints(cycle.pod.pod, 'DoNotSchedule');
    if (constraints.length === 0) return { kind: 'skip' };
    const counts = constraints.map(() => new Map<string, number>());
    for (const node of cycle.snapshot.nodeInfos) {
      if (!hasAllTopologyKeys(node, constraints)) continue;
      for (const [index, constraint] of constraints.entries()) {
        if (!includesNode(constraint, cycle.pod, node)) continue;
        const domain = node.label(constraint.topologyKey) ?? '';
        const { selector, selectorText } = constraint;
        const count = node.countMatching(cycle.pod.namespace, selector, selectorText);
        const domains = counts[index];
        domains?.set(domain, (domains.get(domain) ?? 0) + count);
      }
    }
    cycle.write(HARD, new HardState(constraints, counts));
    return undefined;
  },
  addPod(cycle, added, node) {
    updateCounts(cycle, added, node, 1);
  },
  removePod(cycle, removed, node) {
    updateCounts(cycle, removed, node, -1);
  },
  filter(cycle, node) {
    const state = cycle.read(HARD);
    if (state === undefined) return undefined;
    for (const [index, constraint] of state.constraints.entries()) {
      const domain = node.label(constraint.topologyKey);
      if (domain === undefined) return unresolvable(NAME, `${REASON} (missing required label)`);
      const self = matchesSelector(constraint.selector, cycle.pod.pod.metadata.labels) ? 1 : 0;
      const count = state.counts[index]?.get(domain) ?? 0;
      if (count + self - state.minimum(index) > constraint.maxSkew) {
        return unschedulable(NAME, REASON);
      }
    }
    return undefined;
  },
  preScore(cycle, feasible) {
    const { pod } = cycle.pod;
    const hasOwn = (pod.spec.topologySpreadConstraints ?? []).length > 0;
    const constraints = hasOwn
      ? ownConstraints(pod, 'ScheduleAnyway')
      : defaultConstraints(cycle.snapshot.objects, pod);
    if (constraints.length === 0) return 'skip';
    // With the system's defaults, nodes without a zone label are still spread by hostname.
    cycle.write(SOFT, softState(cycle, feasible, constraints, hasOwn));
    return undefined;
  },
  score(cycle, node) {
    const state = cycle.read(SOFT);
    if (state === undefined || state.ignored.has(node.name)) return 0;
    let score = 0;
    for (const { constraint, counts, weight } of state.constraints) {
      const domain = node.label(constraint.topologyKey);
      if (domain === undefined) continue;
      const { selector, selectorText, maxSkew } = constraint;
      const count =
        counts?.get(domain) ?? node.countMatching(cycle.pod.namespace, selector, selectorText);
      score += count * weight + (maxSkew - 1);
    }
    return Math.round(score);
  },
  normalize(cycle, scores) {
    const ignored = cycle.read(SOFT)?.ignored;
    let least = Infinity;
    let most = 0;
    for (const { node, score } of scores) {
      if (ignored?.has(node) === true) continue;
      least = Math.min(least, score);
      most = Math.max(most, score);
    }
    for (const entry of scores) {
      if (ignored?.has(entry.node) === true) entry.score = 0;
      else if (most === 0) entry.score = MAX_NODE_SCORE;
      else entry.score = Math.trunc((MAX_NODE_SCORE * (most + least - entry.score)) / most);
    }
  },
};

function updateCounts(cycle: Cycle, changed: PodInfo, node: NodeInfo, delta: number): void {
  const state = cycle.read(HARD);
  if (state === undefined || changed.namespace !== cycle.pod.namespace) return;
  if (!hasAllTopologyKeys(node, state.constraints)) return;
  for (const [index, constraint] of state.constraints.entries()) {
    if (constraint.selector.requirements.length === 0) continue;
    if (!matchesSelector(constraint.selector, changed.pod.metadata.labels)) continue;
    // A pod that is being deleted was not counted.
    if (changed.pod.metadata.deletionTimestamp !== undefined) continue;
    if (!includesNode(constraint, cycle.pod, node)) continue;
    state.add(index, node.label(constraint.topologyKey) ?? '', delta);
  }
}

function softState(
  cycle: Cycle,
  feasible: readonly NodeInfo[],
  constraints: readonly SpreadConstraint[],
  requiresAllKeys: boolean,
): SoftState {
  const ignored = new Set<string>();
  const domains = constraints.map(() => new Map<string, number>());
  for (const node of feasible) {
    if (requiresAllKeys && !hasAllTopologyKeys(node, constraints)) {
      ignored.add(node.name);
      continue;
    }
    for (const [index, { topologyKey }] of constraints.entries()) {
      if (topologyKey !== HOSTNAME_LABEL) domains[index]?.set(node.label(topologyKey) ?? '', 0);
    }
  }
  for (const node of cycle.snapshot.nodeInfos) {
    if (requiresAllKeys && !hasAllTopologyKeys(node, constraints)) continue;
    for (const [index, constraint] of constraints.entries()) {
      const counts = domains[index];
      const domain = node.label(constraint.topologyKey) ?? '';
      const before = counts?.get(domain);
      if (counts === undefined || before === undefined) continue;
      if (!includesNode(constraint, cycle.pod, node)) continue;
      const { selector, selectorText } = constraint;
      counts.set(domain, before + node.countMatching(cycle.pod.namespace, selector, selectorText));
    }
  }
  return new SoftState(
    constraints.map((constraint, index) => {
      const isHostname = constraint.topologyKey === HOSTNAME_LABEL;
      const counts = domains[index] ?? new Map<string, number>();
      const size = isHostname ? feasible.length - ignored.size : counts.size;
      return { constraint, counts: isHostname ? undefined : counts, weight: Math.log(size + 2) };
    }),
    ignored,
  );
}
