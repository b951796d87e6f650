/**
 * NodeAffinity: nodeSelector, required and preferred node affinity.
 */
import type { NodeSelectorTerm } from '@podwire/api';
import { type Plugin, normalizeByMax, unresolvable } from '../framework.ts';
import { matchesNodeSelectorTerm, matchesRequiredNodeAffinity } from './node-selector.ts';

const NAME = 'NodeAffinity';

export const nodeAffinity: Plugin = {
  name: NAME,
  preFilter(cycle) {
    const { spec } = cycle.pod.pod;
    const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const hasSelector = Object.keys(spec.nodeSelector ?? {}).length > 0;
    if (required === undefined) return hasSelector ? undefined : { kind: 'skip' };
    const names = new Set<string>();
    for (const term of required.nodeSelectorTerms) {
      const termNames = nodeNamesOf(term);
      // Terms are ORed: one that does not name its nodes leaves all nodes in play.
      if (termNames === undefined) return undefined;
      for (const name of termNames) names.add(name);
    }
    if (required.nodeSelectorTerms.length === 0) return undefined;
    if (names.size > 0) return { kind: 'nodes', names };
    return { kind: 'rejected', status: unresolvable(NAME, 'pod affinity terms conflict') };
  },
  filter(cycle, { node }) {
    if (matchesRequiredNodeAffinity(cycle.pod.pod, node)) return undefined;
    return unresolvable(NAME, "node(s) didn't match Pod's node affinity/selector");
  },
  preScore(cycle) {
    return preferredTerms(cycle.pod.pod.spec.affinity) === undefined ? 'skip' : undefined;
  },
  score(cycle, { node }) {
    let sum = 0;
    for (const { weight, preference } of preferredTerms(cycle.pod.pod.spec.affinity) ?? []) {
      if (matchesNodeSelectorTerm(preference, node)) sum += weight;
    }
    return sum;
  },
  normalize(_cycle, scores) {
    normalizeByMax(scores, false);
  },
};

type PodAffinities = Parameters<NonNullable<Plugin['score']>>[0]['pod']['pod']['spec']['affinity'];

function preferredTerms(
  affinity: PodAffinities,
): NonNullable<
  NonNullable<PodAffinities>['nodeAffinity']
>['preferredDuringSchedulingIgnoredDuringExecution'] {
  return affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
}

/** The nodes that a term names by `metadata.name In`; undefined when it names none. */
function nodeNamesOf(term: NodeSelectorTerm): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (const { key, operator, values = [] } of term.matchFields ?? []) {
    if (key !== 'metadata.name' || operator !== 'In') continue;
    names = names === undefined ? new Set(values) : names.intersection(new Set(values));
  }
  return names;
}
