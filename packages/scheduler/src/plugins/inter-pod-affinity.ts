/**
 * InterPodAffinity: pods that must or want to be near other pods, or far from them.
 *
 * Nothing is counted here: counters follow the pods that the new pod's terms speak of, and those that bring
 * along a term that speaks of the new pod.
 */
import {
  type AffinityTerm,
  type WeightedAffinityTerm,
  matchesAllTerms,
  onlyNamespace,
  resolveNamespaces,
  termText,
} from '../affinity-term.ts';
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
import type { TermGroup } from '../pod-index.ts';
import type { PodShape } from '../pod-info.ts';
import type { TermMatches } from '../shape-memo.ts';
import { NO_DOMAIN } from '../topology.ts';

const NAME = 'InterPodAffinity';
const NO_AFFINITY = unresolvable(NAME, "node(s) didn't match pod affinity rules");
const OWN_ANTI_AFFINITY = unschedulable(NAME, "node(s) didn't match pod anti-affinity rules");
const OTHERS_ANTI_AFFINITY = unschedulable(
  NAME,
  "node(s) didn't satisfy existing pods anti-affinity rules",
);

export const interPodAffinity: Plugin = {
  name: NAME,
  preFilter(cycle) {
    const { terms } = cycle.shape;
    const hasOwn = terms.requiredAffinity.length + terms.requiredAntiAffinity.length > 0;
    if (!hasOwn && cycle.snapshot.podIndex.barring.size === 0) return undefined;
    const filter = new AffinityFilter(cycle);
    return hasOwn || filter.isBarred ? filter : undefined;
  },
  preScore(cycle) {
    const { preferredAffinity, preferredAntiAffinity } = cycle.shape.terms;
    const hasOwn = preferredAffinity.length + preferredAntiAffinity.length > 0;
    if (!hasOwn && cycle.snapshot.podIndex.weighing.size === 0) return undefined;
    const preferences = preferencesOf(cycle);
    return preferences.length === 0 ? undefined : new PreferenceScorer(preferences);
  },
};

class AffinityFilter implements NodeFilter {
  readonly #cycle: Cycle;
  /** Pods that meet all the affinity terms, by the domain of each. */
  readonly #affinity: readonly DomainCounts[];
  /** The pod meets its own terms. */
  readonly #meetsOwn: boolean;
  readonly #antiAffinity: readonly DomainCounts[];
  #matches: TermMatches | undefined;
  #others: readonly DomainCounts[] = [];

  constructor(cycle: Cycle) {
    this.#cycle = cycle;
    const { shape, snapshot } = cycle;
    const { requiredAffinity, requiredAntiAffinity } = shape.terms;
    const namespaces = snapshot.objects.namespaces();
    const affinity = requiredAffinity.map((term) => resolveNamespaces(term, namespaces));
    this.#meetsOwn = matchesAllTerms(affinity, shape, undefined);
    this.#affinity = affinity.map(({ topologyKey }) =>
      byDomain(cycle, termsCounter(cycle, affinity), topologyKey),
    );
    this.#antiAffinity = requiredAntiAffinity
      .map((term) => resolveNamespaces(term, namespaces))
      .map((term) => byDomain(cycle, termsCounter(cycle, [term]), term.topologyKey));
  }

  /** Whether other pods bar this one from some nodes. */
  get isBarred(): boolean {
    return this.#barring().some(({ isEmpty }) => !isEmpty);
  }

  filter(slot: number): Status | undefined {
    if (!this.#meetsAffinity(slot)) return NO_AFFINITY;
    if (hasAny(this.#antiAffinity, slot)) return OWN_ANTI_AFFINITY;
    return hasAny(this.#barring(), slot) ? OTHERS_ANTI_AFFINITY : undefined;
  }

  #meetsAffinity(slot: number): boolean {
    if (this.#affinity.length === 0) return true;
    let isMet = true;
    for (const counts of this.#affinity) {
      const domain = counts.topology.domainOf[slot] ?? NO_DOMAIN;
      if (domain === NO_DOMAIN) return false;
      if (counts.get(domain) <= 0) isMet = false;
    }
    // The first of a group of pods that want to be together may go anywhere.
    return isMet || (this.#meetsOwn && this.#affinity.every(({ isEmpty }) => isEmpty));
  }

  /** Counts of pods whose anti-affinity speaks of this one; pods on trial may bring new terms. */
  #barring(): readonly DomainCounts[] {
    const { snapshot, shape } = this.#cycle;
    const { podIndex, objects } = snapshot;
    if (podIndex.barring.size === 0) return [];
    const memo = (shape.memo ??= {});
    const matches = podIndex.matchingGroups(
      podIndex.barring,
      memo.barredBy,
      shape,
      objects.namespaces(),
    );
    if (matches === this.#matches) return this.#others;
    memo.barredBy = matches;
    this.#matches = matches;
    this.#others = matches.groups.map(({ counter, term }) =>
      byDomain(this.#cycle, counter, term.topologyKey),
    );
    return this.#others;
  }
}

function hasAny(all: readonly DomainCounts[], slot: number): boolean {
  for (const counts of all) {
    const domain = counts.topology.domainOf[slot] ?? NO_DOMAIN;
    if (domain !== NO_DOMAIN && counts.get(domain) > 0) return true;
  }
  return false;
}

interface Preference {
  readonly counts: DomainCounts;
  readonly weight: number;
}

class PreferenceScorer implements NodeScorer {
  readonly #preferences: readonly Preference[];

  constructor(preferences: readonly Preference[]) {
    this.#preferences = preferences;
  }

  score({ slots, count }: NodeList, scores: Float64Array): void {
    scores.fill(0, 0, count);
    for (const { counts, weight } of this.#preferences) {
      const { domainOf } = counts.topology;
      for (let at = 0; at < count; at++) {
        const domain = domainOf[slots[at] ?? 0] ?? NO_DOMAIN;
        if (domain !== NO_DOMAIN) scores[at] = (scores[at] ?? 0) + weight * counts.get(domain);
      }
    }
    let least = Infinity;
    let most = -Infinity;
    for (let at = 0; at < count; at++) {
      least = Math.min(least, scores[at] ?? 0);
      most = Math.max(most, scores[at] ?? 0);
    }
    const span = most - least;
    for (let at = 0; at < count; at++) {
      const share = ((scores[at] ?? 0) - least) / span;
      scores[at] = span > 0 ? Math.trunc(MAX_NODE_SCORE * share) : 0;
    }
  }
}

/** What domains are worth to the new pod: its own preferences and those of the pods there. */
function preferencesOf(cycle: Cycle): readonly Preference[] {
  const { snapshot, shape } = cycle;
  const { objects } = snapshot;
  const found: Preference[] = [];
  const add = (counter: PodCounter, topologyKey: string, weight: number): void => {
    if (counter.total === 0) return;
    const counts = byDomain(cycle, counter, topologyKey);
    if (!counts.isEmpty) found.push({ counts, weight });
  };
  const addOwn = (terms: readonly WeightedAffinityTerm[], sign: number): void => {
    for (const { term, weight } of terms) {
      const resolved = resolveNamespaces(term, objects.namespaces());
      add(termsCounter(cycle, [resolved]), term.topologyKey, sign * weight);
    }
  };
  addOwn(shape.terms.preferredAffinity, 1);
  addOwn(shape.terms.preferredAntiAffinity, -1);
  for (const { counter, term, weight } of groupsThatWeigh(cycle, shape)) {
    add(counter, term.topologyKey, weight);
  }
  return found;
}

function groupsThatWeigh({ snapshot }: Cycle, shape: PodShape): readonly TermGroup[] {
  const { podIndex, objects } = snapshot;
  const memo = (shape.memo ??= {});
  memo.weighedBy = podIndex.matchingGroups(
    podIndex.weighing,
    memo.weighedBy,
    shape,
    objects.namespaces(),
  );
  return memo.weighedBy.groups;
}

/** Counts the pods that all terms speak of; the terms' namespaces are resolved. */
function termsCounter({ snapshot }: Cycle, terms: readonly AffinityTerm[]): PodCounter {
  const [first] = terms;
  const namespace = first === undefined ? undefined : onlyNamespace(first);
  const pair =
    first === undefined || namespace === undefined
      ? undefined
      : requiredPair(namespace, first.selector);
  const text = `terms ${terms.map(termText).join(' & ')}`;
  return snapshot.podIndex.counter(text, pair, false, (shape) =>
    matchesAllTerms(terms, shape, undefined),
  );
}

function byDomain({ snapshot }: Cycle, counter: PodCounter, topologyKey: string): DomainCounts {
  const topology = snapshot.topologies.get(topologyKey);
  const rule = { required: [topology], matcher: undefined, template: undefined };
  return counter.byDomain(topology, snapshot.eligibility(rule));
}
