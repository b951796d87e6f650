/**
 * InterPodAffinity: pods that must or want to be near other pods, or far from them.
 */
import type { StringMap } from '@podwire/api';
import { type AffinityTerm, matchesTerm, resolveNamespaces } from '../affinity-term.ts';
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

const NAME = 'InterPodAffinity';
/** What an existing pod's required affinity to the new pod counts in scores (hardPodAffinityWeight). */
const HARD_AFFINITY_WEIGHT = 1;

/** Numbers by topology key and value. */
class DomainCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  get(key: string, value: string): number {
    return this.#counts.get(key)?.get(value) ?? 0;
  }

  /** Adds to the domain of the node; an entry that comes to 0 goes away unless it is to be kept. */
  add(node: NodeInfo, key: string, delta: number, keepsZero = false): void {
    const value = node.label(key);
    if (value === undefined) return;
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      counts = new Map();
      this.#counts.set(key, counts);
    }
    const count = (counts.get(value) ?? 0) + delta;
    if (count !== 0 || keepsZero) counts.set(value, count);
    else counts.delete(value);
    if (counts.size === 0) this.#counts.delete(key);
  }

  /** Sum over all keys of what the node's domains have. */
  sumFor(node: NodeInfo): number {
    let sum = 0;
    for (const [key, counts] of this.#counts) {
      const value = node.label(key);
      if (value !== undefined) sum += counts.get(value) ?? 0;
    }
    return sum;
  }

  hasDomainOf(node: NodeInfo): boolean {
    for (const [key, counts] of this.#counts) {
      const value = node.label(key);
      if (value !== undefined && (counts.get(value) ?? 0) > 0) return true;
    }
    return false;
  }

  clone(): DomainCounts {
    const copy = new DomainCounts();
    for (const [key, counts] of this.#counts) copy.#counts.set(key, new Map(counts));
    return copy;
  }
}

class RequiredState implements PluginState {
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  readonly namespaceLabels: StringMap | undefined;
  /** Pods that meet all the affinity terms, by domain. */
  readonly affinityCounts: DomainCounts;
  readonly antiAffinityCounts: DomainCounts;
  /** Existing pods whose anti-affinity speaks of the new pod, by domain. */
  readonly existingAntiAffinityCounts: DomainCounts;

  constructor(parts: Omit<RequiredState, 'clone'>) {
    this.affinity = parts.affinity;
    this.antiAffinity = parts.antiAffinity;
    this.namespaceLabels = parts.namespaceLabels;
    this.affinityCounts = parts.affinityCounts;
    this.antiAffinityCounts = parts.antiAffinityCounts;
    this.existingAntiAffinityCounts = parts.existingAntiAffinityCounts;
  }

  clone(): RequiredState {
    return new RequiredState({
      affinity: this.affinity,
      antiAffinity: this.antiAffinity,
      namespaceLabels: this.namespaceLabels,
      affinityCounts: this.affinityCounts.clone(),
      antiAffinityCounts: this.antiAffinityCounts.clone(),
      existingAntiAffinityCounts: this.existingAntiAffinityCounts.clone(),
    });
  }
}

class ScoreState implements PluginState {
  readonly weights: DomainCounts;

  constructor(weights: DomainCounts) {
    this.weights = weights;
  }

  clone(): ScoreState {
    return this;
  }
}

const REQUIRED = new StateKey<RequiredState>(`${NAME}/required`);
const SCORE = new StateKey<ScoreState>(`${NAME}/score`);

export const interPodAffinity: Plugin = {
  name: NAME,
  preFilter(cycle) {
    const { snapshot, pod } = cycle;
    const resolve = (term: AffinityTerm): AffinityTerm =>
      resolveNamespaces(term, snapshot.objects.namespaces());
    const state = new RequiredState({
      affinity: pod.requiredAffinity.map(resolve),
      antiAffinity: pod.requiredAntiAffinity.map(resolve),
      namespaceLabels: snapshot.objects.namespaces().get(pod.namespace),
      affinityCounts: new DomainCounts(),
      antiAffinityCounts: new DomainCounts(),
      existingAntiAffinityCounts: new DomainCounts(),
    });
    for (const node of snapshot.nodesWithRequiredAntiAffinityPods) {
      for (const existing of node.podsWithRequiredAntiAffinity.values()) {
        countExistingAntiAffinity(state, pod, existing, node, 1);
      }
    }
    if (state.affinity.length > 0 || state.antiAffinity.length > 0) {
      for (const node of snapshot.nodeInfos) {
        for (const existing of node.pods.values()) countOwnTerms(state, existing, node, 1);
      }
    } else if (state.existingAntiAffinityCounts.isEmpty) {
      return { kind: 'skip' };
    }
    cycle.write(REQUIRED, state);
    return undefined;
  },
  addPod(cycle, added, node) {
    updateState(cycle, added, node, 1);
  },
  removePod(cycle, removed, node) {
    updateState(cycle, removed, node, -1);
  },
  filter(cycle, node) {
    const state = cycle.read(REQUIRED);
    if (state === undefined) return undefined;
    if (!meetsAffinity(state, cycle.pod, node)) {
      return unresolvable(NAME, "node(s) didn't match pod affinity rules");
    }
    for (const { topologyKey } of state.antiAffinity) {
      const value = node.label(topologyKey);
      if (value !== undefined && state.antiAffinityCounts.get(topologyKey, value) > 0) {
        return unschedulable(NAME, "node(s) didn't match pod anti-affinity rules");
      }
    }
    if (state.existingAntiAffinityCounts.hasDomainOf(node)) {
      return unschedulable(NAME, "node(s) didn't satisfy existing pods anti-affinity rules");
    }
    return undefined;
  },
  preScore(cycle) {
    const weights = preferenceWeights(cycle);
    if (weights.isEmpty) return 'skip';
    cycle.write(SCORE, new ScoreState(weights));
    return undefined;
  },
  score(cycle, node) {
    return cycle.read(SCORE)?.weights.sumFor(node) ?? 0;
  },
  normalize(_cycle, scores) {
    let least = Infinity;
    let most = -Infinity;
    for (const { score } of scores) {
      least = Math.min(least, score);
      most = Math.max(most, score);
    }
    const span = most - least;
    for (const entry of scores) {
      entry.score = span > 0 ? Math.trunc(MAX_NODE_SCORE * ((entry.score - least) / span)) : 0;
    }
  },
};

function meetsAffinity(state: RequiredState, pod: PodInfo, node: NodeInfo): boolean {
  let isMet = true;
  for (const { topologyKey } of state.affinity) {
    const value = node.label(topologyKey);
    if (value === undefined) return false;
    if (state.affinityCounts.get(topologyKey, value) <= 0) isMet = false;
  }
  if (isMet) return true;
  // The first of a group of pods that want to be together may go anywhere.
  return state.affinityCounts.isEmpty && matchesAll(state.affinity, pod, undefined);
}

function matchesAll(
  terms: readonly AffinityTerm[],
  pod: PodInfo,
  namespaceLabels: StringMap | undefined,
): boolean {
  return terms.length > 0 && terms.every((term) => matchesTerm(term, pod.pod, namespaceLabels));
}

function countOwnTerms(state: RequiredState, other: PodInfo, node: NodeInfo, delta: number): void {
  if (matchesAll(state.affinity, other, undefined)) {
    for (const { topologyKey } of state.affinity)
      state.affinityCounts.add(node, topologyKey, delta);
  }
  for (const term of state.antiAffinity) {
    if (matchesTerm(term, other.pod, undefined)) {
      state.antiAffinityCounts.add(node, term.topologyKey, delta);
    }
  }
}

function countExistingAntiAffinity(
  state: RequiredState,
  pod: PodInfo,
  existing: PodInfo,
  node: NodeInfo,
  delta: number,
): void {
  for (const term of existing.requiredAntiAffinity) {
    if (matchesTerm(term, pod.pod, state.namespaceLabels)) {
      state.existingAntiAffinityCounts.add(node, term.topologyKey, delta);
    }
  }
}

function updateState(cycle: Cycle, changed: PodInfo, node: NodeInfo, delta: number): void {
  const state = cycle.read(REQUIRED);
  if (state === undefined) return;
  countExistingAntiAffinity(state, cycle.pod, changed, node, delta);
  countOwnTerms(state, changed, node, delta);
}

/** What the domains are worth to the new pod: its own preferences and those of the pods there. */
function preferenceWeights(cycle: Cycle): DomainCounts {
  const { snapshot, pod } = cycle;
  const weights = new DomainCounts();
  const namespaces = snapshot.objects.namespaces();
  const namespaceLabels = namespaces.get(pod.namespace);
  const resolved = (terms: PodInfo['preferredAffinity']): PodInfo['preferredAffinity'] =>
    terms.map(({ term, weight }) => ({ term: resolveNamespaces(term, namespaces), weight }));
  const wanted = resolved(pod.preferredAffinity);
  const unwanted = resolved(pod.preferredAntiAffinity);
  const hasOwn = wanted.length + unwanted.length > 0;
  const add = (
    terms: PodInfo['preferredAffinity'],
    other: PodInfo,
    labels: StringMap | undefined,
    node: NodeInfo,
    sign: number,
  ): void => {
    for (const { term, weight } of terms) {
      if (!matchesTerm(term, other.pod, labels)) continue;
      weights.add(node, term.topologyKey, sign * weight, true);
    }
  };
  for (const node of hasOwn ? snapshot.nodeInfos : snapshot.nodesWithAffinityPods) {
    for (const existing of (hasOwn ? node.pods : node.podsWithAffinity).values()) {
      add(wanted, existing, undefined, node, 1);
      add(unwanted, existing, undefined, node, -1);
      for (const term of existing.requiredAffinity) {
        if (matchesTerm(term, pod.pod, namespaceLabels)) {
          weights.add(node, term.topologyKey, HARD_AFFINITY_WEIGHT, true);
        }
      }
      add(existing.preferredAffinity, pod, namespaceLabels, node, 1);
      add(existing.preferredAntiAffinity, pod, namespaceLabels, node, -1);
    }
  }
  return weights;
}
