/**
 * NodeAffinity: nodeSelector, required and preferred node affinity.
 */
import type { NodeSelectorTerm, PreferredSchedulingTerm } from '@podwire/api';
import type { NodeMatcher } from '../eligibility.ts';
import {
  type NodeFilter,
  type NodeList,
  type NodeScorer,
  type Plugin,
  type Status,
  normalizeByMax,
  unresolvable,
} from '../framework.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Snapshot } from '../snapshot.ts';
import { matchesNodeSelectorTerm, matchesRequiredNodeAffinity } from './node-selector.ts';

const NAME = 'NodeAffinity';
const NO_MATCH = unresolvable(NAME, "node(s) didn't match Pod's node affinity/selector");
const CONFLICT = unresolvable(NAME, 'pod affinity terms conflict');

export const nodeAffinity: Plugin = {
  name: NAME,
  preFilter({ snapshot, pod }) {
    const { affinity, nodeSelector } = pod.pod.spec;
    const terms =
      affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
    if (terms === undefined && Object.keys(nodeSelector ?? {}).length === 0) return undefined;
    const names = nodeNamesOf(terms ?? []);
    if (names?.size === 0) return CONFLICT;
    if (names !== undefined) return new NamedNodesFilter(snapshot, pod, names);
    const matcher = snapshot.nodeMatcher(pod.pod);
    return matcher === undefined ? undefined : new AffinityFilter(matcher);
  },
  preScore({ snapshot, pod }) {
    const preferred =
      pod.pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    return preferred === undefined ? undefined : new AffinityScorer(snapshot, preferred);
  },
};

class AffinityFilter implements NodeFilter {
  readonly #matcher: NodeMatcher;

  constructor(matcher: NodeMatcher) {
    this.#matcher = matcher;
  }

  filter(slot: number): Status | undefined {
    return this.#matcher.matches(slot) ? undefined : NO_MATCH;
  }
}

/** For a pod that names its nodes, as those of a DaemonSet do: looks at these alone. */
class NamedNodesFilter implements NodeFilter {
  readonly #snapshot: Snapshot;
  readonly #pod: PodInfo;
  readonly nodeNames: ReadonlySet<string>;

  constructor(snapshot: Snapshot, pod: PodInfo, nodeNames: ReadonlySet<string>) {
    this.#snapshot = snapshot;
    this.#pod = pod;
    this.nodeNames = nodeNames;
  }

  filter(slot: number): Status | undefined {
    const { node } = this.#snapshot.info(slot);
    return matchesRequiredNodeAffinity(this.#pod.pod, node) ? undefined : NO_MATCH;
  }
}

class AffinityScorer implements NodeScorer {
  readonly #snapshot: Snapshot;
  readonly #preferred: readonly PreferredSchedulingTerm[];

  constructor(snapshot: Snapshot, preferred: readonly PreferredSchedulingTerm[]) {
    this.#snapshot = snapshot;
    this.#preferred = preferred;
  }

  score({ slots, count }: NodeList, scores: Float64Array): void {
    for (let at = 0; at < count; at++) {
      const { node } = this.#snapshot.info(slots[at] ?? 0);
      let sum = 0;
      for (const { weight, preference } of this.#preferred) {
        if (matchesNodeSelectorTerm(preference, node)) sum += weight;
      }
      scores[at] = sum;
    }
    normalizeByMax(scores, count, false);
  }
}

/** The nodes that the terms name by `metadata.name In`; undefined when they leave all in play. */
function nodeNamesOf(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  if (terms.length === 0) return undefined;
  const all = new Set<string>();
  for (const { matchFields } of terms) {
    let names: Set<string> | undefined;
    for (const { key, operator, values = [] } of matchFields ?? []) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      names = names === undefined ? new Set(values) : names.intersection(new Set(values));
    }
    // Terms are ORed: one that does not name its nodes leaves all nodes in play.
    if (names === undefined) return undefined;
    for (const name of names) all.add(name);
  }
  return all;
}
