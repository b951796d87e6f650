/**
 * PodTopologySpread: keeps the pods that a selector matches even over domains, as a rule or as a wish.
 *
 * The soft score is floating point as upstream; everything else is integers.
 */
import { matchesSelector } from '@podwire/api';
import {
  type Cycle,
  MAX_NODE_SCORE,
  type NodeFilter,
  type NodeList,
  type NodeScorer,
  type Plugin,
  type Status,
  unresolvable,
  unschedulable,
} from '../framework.ts';
import { requiredPair } from '../label-index.ts';
import type { DomainCounts, PodCounter } from '../pod-counter.ts';
import { EMPTY_DOMAIN, NO_DOMAIN, type Topology } from '../topology.ts';
import {
  HOSTNAME_LABEL,
  type SpreadConstraint,
  defaultConstraintsOf,
  ownConstraintsOf,
} from './spread-constraints.ts';

const NAME = 'PodTopologySpread';
const REASON = "node(s) didn't match pod topology spread constraints";
const UNEVEN = unschedulable(NAME, REASON);
const NO_LABEL = unresolvable(NAME, `${REASON} (missing required label)`);

export const podTopologySpread: Plugin = {
  name: NAME,
  preFilter(cycle) {
    const constraints = ownConstraintsOf(cycle, 'DoNotSchedule');
    return constraints.length === 0 ? undefined : new SpreadFilter(cycle, constraints);
  },
  preScore(cycle) {
    const hasOwn = cycle.shape.template.spreadConstraints.length > 0;
    const constraints = hasOwn
      ? ownConstraintsOf(cycle, 'ScheduleAnyway')
      : defaultConstraintsOf(cycle);
    // With the system's defaults, nodes without a zone label are still spread by hostname.
    return constraints.length === 0 ? undefined : new SpreadScorer(cycle, constraints, hasOwn);
  },
};

interface HardConstraint {
  readonly topology: Topology;
  readonly counts: DomainCounts;
  readonly minDomains: number;
  /** maxSkew, less one if the pod itself will count. */
  readonly skewMax: number;
}

class SpreadFilter implements NodeFilter {
  readonly #constraints: readonly HardConstraint[];

  constructor(cycle: Cycle, constraints: readonly SpreadConstraint[]) {
    const { snapshot, shape } = cycle;
    const required = constraints.map(({ topologyKey }) => snapshot.topologies.get(topologyKey));
    this.#constraints = constraints.map((constraint) => {
      const { minDomains, maxSkew, topologyKey, selector } = constraint;
      const topology = snapshot.topologies.get(topologyKey);
      const self = matchesSelector(selector, shape.labels) ? 1 : 0;
      const counts = domainCounts(cycle, constraint, topology, required);
      return { topology, counts, minDomains, skewMax: maxSkew - self };
    });
  }

  filter(slot: number): Status | undefined {
    for (const { topology, counts, minDomains, skewMax } of this.#constraints) {
      const domain = topology.domainOf[slot] ?? NO_DOMAIN;
      if (domain === NO_DOMAIN) return NO_LABEL;
      if (counts.get(domain) - counts.minimum(minDomains) > skewMax) return UNEVEN;
    }
    return undefined;
  }
}

interface SoftConstraint {
  readonly topology: Topology;
  readonly maxSkew: number;
  readonly counter: PodCounter;
  /** Undefined for the hostname key: nodes are counted one by one. */
  readonly counts: DomainCounts | undefined;
}

class SpreadScorer implements NodeScorer {
  readonly #constraints: readonly SoftConstraint[];
  /** Nodes without one of the keys get 0. */
  readonly #requiresAllKeys: boolean;
  readonly #zeros: Int32Array;

  constructor(cycle: Cycle, constraints: readonly SpreadConstraint[], requiresAllKeys: boolean) {
    const { topologies, workspace } = cycle.snapshot;
    this.#zeros = workspace.zeros;
    const required = requiresAllKeys
      ? constraints.map(({ topologyKey }) => topologies.get(topologyKey))
      : [];
    this.#requiresAllKeys = requiresAllKeys;
    this.#constraints = constraints.map((constraint) => {
      const topology = topologies.get(constraint.topologyKey);
      const isHostname = constraint.topologyKey === HOSTNAME_LABEL;
      return {
        topology,
        maxSkew: constraint.maxSkew,
        counter: matchCounter(cycle, constraint),
        counts: isHostname ? undefined : domainCounts(cycle, constraint, topology, required),
      };
    });
  }

  score(nodes: NodeList, scores: Float64Array): void {
    scores.fill(0, 0, nodes.count);
    const consideredCount = this.#countConsidered(nodes);
    for (const constraint of this.#constraints) {
      const { topology, counts } = constraint;
      const size = counts === undefined ? consideredCount : this.#countDomains(nodes, topology);
      const weight = Math.log(size + 2);
      if (counts === undefined) this.#addByNode(nodes, scores, constraint, weight);
      else addByDomain(nodes, scores, counts, constraint.maxSkew, weight);
    }
    this.#normalize(nodes, scores);
  }

  #addByNode(
    { slots, count }: NodeList,
    scores: Float64Array,
    { topology, counter, maxSkew }: SoftConstraint,
    weight: number,
  ): void {
    const { domainOf } = topology;
    const column = counter.column ?? this.#zeros;
    counter.spread(this.#zeros, false);
    for (let at = 0; at < count; at++) {
      const slot = slots[at] ?? 0;
      if ((domainOf[slot] ?? NO_DOMAIN) === NO_DOMAIN) continue;
      scores[at] = (scores[at] ?? 0) + ((column[slot] ?? 0) * weight + (maxSkew - 1));
    }
    counter.spread(this.#zeros, true);
  }

  #normalize(nodes: NodeList, scores: Float64Array): void {
    const { slots, count } = nodes;
    let least = Infinity;
    let most = 0;
    for (let at = 0; at < count; at++) {
      if (this.#isIgnored(slots[at] ?? 0)) continue;
      const score = Math.round(scores[at] ?? 0);
      scores[at] = score;
      least = Math.min(least, score);
      most = Math.max(most, score);
    }
    for (let at = 0; at < count; at++) {
      if (this.#isIgnored(slots[at] ?? 0)) scores[at] = 0;
      else if (most === 0) scores[at] = MAX_NODE_SCORE;
      else scores[at] = Math.trunc((MAX_NODE_SCORE * (most + least - (scores[at] ?? 0))) / most);
    }
  }

  #isIgnored(slot: number): boolean {
    if (!this.#requiresAllKeys) return false;
    for (const { topology } of this.#constraints) {
      if ((topology.domainOf[slot] ?? NO_DOMAIN) === NO_DOMAIN) return true;
    }
    return false;
  }

  #countConsidered({ slots, count }: NodeList): number {
    if (!this.#requiresAllKeys) return count;
    let considered = 0;
    for (let at = 0; at < count; at++) if (!this.#isIgnored(slots[at] ?? 0)) considered++;
    return considered;
  }

  /** How many domains the feasible nodes make; nodes without the label are in that of the empty value. */
  #countDomains({ slots, count }: NodeList, { domainOf, domainLimit }: Topology): number {
    const isSeen = new Uint8Array(domainLimit);
    let size = 0;
    for (let at = 0; at < count; at++) {
      const slot = slots[at] ?? 0;
      if (this.#isIgnored(slot)) continue;
      const domain = Math.max(domainOf[slot] ?? NO_DOMAIN, EMPTY_DOMAIN);
      if (isSeen[domain] === 1) continue;
      isSeen[domain] = 1;
      size++;
    }
    return size;
  }
}

function addByDomain(
  { slots, count }: NodeList,
  scores: Float64Array,
  counts: DomainCounts,
  maxSkew: number,
  weight: number,
): void {
  const { domainOf } = counts.topology;
  for (let at = 0; at < count; at++) {
    const domain = domainOf[slots[at] ?? 0] ?? NO_DOMAIN;
    if (domain === NO_DOMAIN) continue;
    scores[at] = (scores[at] ?? 0) + (counts.get(domain) * weight + (maxSkew - 1));
  }
}

/** The pods that a constraint counts, those being deleted left out; an empty selector counts none. */
function matchCounter({ snapshot, shape }: Cycle, constraint: SpreadConstraint): PodCounter {
  const { selector, selectorText } = constraint;
  const { namespace } = shape;
  const isEmpty = !selector.isNothing && selector.requirements.length === 0;
  const text = `spread ${namespace} ${selector.isNothing ? '!' : selectorText}`;
  return snapshot.podIndex.counter(
    text,
    requiredPair(namespace, selector),
    true,
    (other) => !isEmpty && other.namespace === namespace && matchesSelector(selector, other.labels),
  );
}

function domainCounts(
  cycle: Cycle,
  constraint: SpreadConstraint,
  topology: Topology,
  required: readonly Topology[],
): DomainCounts {
  const { snapshot, pod, shape } = cycle;
  const eligibility = snapshot.eligibility({
    required,
    matcher: constraint.honorsNodeAffinity ? snapshot.nodeMatcher(pod.pod) : undefined,
    template: constraint.honorsNodeTaints ? shape.template : undefined,
  });
  return matchCounter(cycle, constraint).byDomain(topology, eligibility);
}
