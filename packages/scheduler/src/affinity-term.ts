/**
 * A term of pod affinity or anti-affinity, ready to be matched.
 */
import {
  type Pod,
  type PodAffinityTerm,
  type Requirement,
  SELECT_NOTHING,
  type Selector,
  type StringMap,
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

/** Reads a term of the pod's spec; without namespaces and namespaceSelector it means the pod's own namespace. */
export function affinityTermOf(pod: Pod, term: PodAffinityTerm): AffinityTerm {
  const { namespaces = [], namespaceSelector, topologyKey } = term;
  const own = namespaces.length === 0 && namespaceSelector === undefined;
  return {
    namespaces: new Set(own ? [pod.metadata.namespace ?? 'default'] : namespaces),
    namespaceSelector: selectorOf(namespaceSelector),
    selector: withLabelKeys(pod, term),
    topologyKey,
  };
}

/**
 * Whether the term speaks of this pod. `namespaceLabels` are those of the pod's namespace; a term whose
 * namespaces were resolved beforehand (resolveNamespaces) needs none.
 */
export function matchesTerm(
  term: AffinityTerm,
  pod: Pod,
  namespaceLabels: StringMap | undefined,
): boolean {
  const isInNamespace =
    term.namespaces.has(pod.metadata.namespace ?? 'default') ||
    matchesSelector(term.namespaceSelector, namespaceLabels);
  return isInNamespace && matchesSelector(term.selector, pod.metadata.labels);
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
