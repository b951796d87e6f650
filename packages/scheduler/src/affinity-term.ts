/**
 * Terms of pod affinity and anti-affinity, ready to be matched.
 */
import {
  type Pod,
  type PodAffinityTerm,
  type Requirement,
  SELECT_NOTHING,
  type Selector,
  type StringMap,
  formatSelector,
  matchesSelector,
  selectorOf,
} from '@podwire/api';

export interface AffinityTerm {
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: Selector;
  readonly selector: Selector;
  readonly topologyKey: string;
}

export interface WeightedAffinityTerm {
  readonly term: AffinityTerm;
  readonly weight: number;
}

/** All terms of a pod. */
export interface PodTerms {
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedAffinityTerm[];
  readonly preferredAntiAffinity: readonly WeightedAffinityTerm[];
}

/** What terms are matched against: a pod or a shape of pods. */
export interface Labelled {
  readonly namespace: string;
  readonly labels: StringMap | undefined;
}

const NO_TERMS: PodTerms = {
  requiredAffinity: [],
  requiredAntiAffinity: [],
  preferredAffinity: [],
  preferredAntiAffinity: [],
};

export function podTermsOf(pod: Pod): PodTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return NO_TERMS;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const plain = (terms: readonly PodAffinityTerm[] = []): AffinityTerm[] =>
    terms.map((term) => affinityTermOf(pod, term));
  const weighted = (terms = podAffinity?.[preferred] ?? []): WeightedAffinityTerm[] =>
    terms.map(({ podAffinityTerm, weight }) => ({
      term: affinityTermOf(pod, podAffinityTerm),
      weight,
    }));
  return {
    requiredAffinity: plain(podAffinity?.[required]),
    requiredAntiAffinity: plain(podAntiAffinity?.[required]),
    preferredAffinity: weighted(),
    preferredAntiAffinity: weighted(podAntiAffinity?.[preferred] ?? []),
  };
}

/** Reads a term of the pod's spec; without namespaces and namespaceSelector it means the pod's own namespace. */
function affinityTermOf(pod: Pod, term: PodAffinityTerm): AffinityTerm {
  const { namespaces = [], namespaceSelector, topologyKey } = term;
  const own = namespaces.length === 0 && namespaceSelector === undefined;
  return {
    namespaces: new Set(own ? [pod.metadata.namespace ?? 'default'] : namespaces),
    namespaceSelector: selectorOf(namespaceSelector),
    selector: withLabelKeys(pod, term),
    topologyKey,
  };
}

/** A text that is equal for terms that match the same pods; the topology key is not part of it. */
export function termText({ namespaces, namespaceSelector, selector }: AffinityTerm): string {
  const all = [...namespaces].sort().join(',');
  return `${all} ${selectorText(namespaceSelector)} ${selectorText(selector)}`;
}

export function selectorText(selector: Selector): string {
  return selector.isNothing ? '!' : `(${formatSelector(selector)})`;
}

/**
 * Whether the term speaks of these pods. `namespaceLabels` are those of the pods' namespace; a term whose
 * namespaces were resolved beforehand (resolveNamespaces) needs none.
 */
export function matchesTerm(
  term: AffinityTerm,
  { namespace, labels }: Labelled,
  namespaceLabels: StringMap | undefined,
): boolean {
  const isInNamespace =
    term.namespaces.has(namespace) || matchesSelector(term.namespaceSelector, namespaceLabels);
  return isInNamespace && matchesSelector(term.selector, labels);
}

/** Whether all of at least one term speak of these pods. */
export function matchesAllTerms(
  terms: readonly AffinityTerm[],
  labelled: Labelled,
  namespaceLabels: StringMap | undefined,
): boolean {
  return terms.length > 0 && terms.every((term) => matchesTerm(term, labelled, namespaceLabels));
}

/** The only namespace that the term speaks of; undefined when there may be several. */
export function onlyNamespace({ namespaces, namespaceSelector }: AffinityTerm): string | undefined {
  if (namespaces.size !== 1 || !namespaceSelector.isNothing) return undefined;
  const [namespace] = namespaces;
  return namespace;
}

/** Replaces a namespaceSelector by the namespaces that it selects now; an empty one stays, it selects all. */
export function resolveNamespaces(
  term: AffinityTerm,
  allNamespaces: ReadonlyMap<string, StringMap>,
): AffinityTerm {
  const { namespaceSelector } = term;
  if (namespaceSelector.isNothing || namespaceSelector.requirements.length === 0) return term;
  const namespaces = new Set(term.namespaces);
  for (const [name, labels] of allNamespaces) {
    if (matchesSelector(namespaceSelector, labels)) namespaces.add(name);
  }
  return { ...term, namespaces, namespaceSelector: SELECT_NOTHING };
}

/** matchLabelKeys and mismatchLabelKeys become requirements with the pod's own values (KEP-3633). */
function withLabelKeys(pod: Pod, term: PodAffinityTerm): Selector {
  const selector = selectorOf(term.labelSelector);
  const extra: Requirement[] = [];
  for (const key of term.matchLabelKeys ?? []) {
    const value = pod.metadata.labels?.[key];
    if (value !== undefined) extra.push({ key, operator: 'in', values: [value] });
  }
  for (const key of term.mismatchLabelKeys ?? []) {
    const value = pod.metadata.labels?.[key];
    if (value !== undefined) extra.push({ key, operator: 'notin', values: [value] });
  }
  if (extra.length === 0 || selector.isNothing) return selector;
  return { ...selector, requirements: [...selector.requirements, ...extra] };
}
