/**
 * Pods by their labels: an index over pairs, and the pods that a selector means.
 */
import type { Informer, Pod, Selector, StringMap } from '@podwire/api';
import { LabelTest } from './owner-index.ts';

export function indexByLabel(pods: Informer<Pod>): void {
  pods.addIndex('label', ({ metadata }) => pairsOf(metadata.namespace, metadata.labels));
}

/** The pods of a namespace that the selector means, by key; the informer is indexed by label. */
export function podsMatching(
  pods: Informer<Pod>,
  namespace = 'default',
  selector: Selector,
): Pod[] {
  const test = new LabelTest(selector);
  const equal = selector.requirements.find(({ operator }) => operator === '=');
  if (equal !== undefined) {
    const found = pods.byIndex('label', pairOf(namespace, equal.key, equal.values[0] ?? ''));
    return found.filter(({ metadata }) => test.matches(metadata.labels));
  }
  const found: Pod[] = [];
  for (const pod of pods.items.values()) {
    const { metadata } = pod;
    if ((metadata.namespace ?? 'default') === namespace && test.matches(metadata.labels)) {
      found.push(pod);
    }
  }
  return found;
}

/** The pairs of frozen label maps: pods of one template share theirs. */
const pairs = new WeakMap<StringMap, { namespace: string; list: readonly string[] }>();
const NO_PAIRS: readonly string[] = [];

/** `NAMESPACE|KEY=VALUE` of each label. */
export function pairsOf(namespace = 'default', labels: StringMap | undefined): readonly string[] {
  if (labels === undefined) return NO_PAIRS;
  const known = pairs.get(labels);
  if (known?.namespace === namespace) return known.list;
  const list = Object.entries(labels).map(([key, value]) => pairOf(namespace, key, value));
  if (Object.isFrozen(labels)) pairs.set(labels, { namespace, list });
  return list;
}

function pairOf(namespace: string, key: string, value: string): string {
  return `${namespace}|${key}=${value}`;
}
