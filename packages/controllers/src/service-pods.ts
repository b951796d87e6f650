/**
 * From pods to the Services that select them and back, by indexes over label pairs.
 */
import {
  type Informer,
  type Pod,
  type Service,
  type StringMap,
  jsonEqual,
  keyOf,
  matchesSelector,
  selectorOfMap,
} from '@podwire/api';
import { podAddress, podHasEndpoint } from './endpoints-of-pod.ts';
import { LabelTest } from './owner-index.ts';
import { podIsReady } from './pod-state.ts';

export class ServicePods {
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;

  constructor(services: Informer<Service>, pods: Informer<Pod>) {
    this.#services = services;
    this.#pods = pods;
    services.addIndex('selector', ({ metadata, spec }) =>
      pairsOf(metadata.namespace, spec.selector).slice(0, 1),
    );
    pods.addIndex('label', ({ metadata }) => pairsOf(metadata.namespace, metadata.labels));
  }

  /** The pods that a Service selects, by key. */
  podsOf(service: Service): Pod[] {
    const [pair] = pairsOf(service.metadata.namespace, service.spec.selector);
    if (pair === undefined) return [];
    const test = new LabelTest(selectorOfMap(service.spec.selector));
    return this.#pods.byIndex('label', pair).filter((pod) => test.matches(pod.metadata.labels));
  }

  /** The keys of the Services that select these labels. */
  servicesOf(namespace: string | undefined, labels: StringMap | undefined): string[] {
    const keys: string[] = [];
    for (const pair of pairsOf(namespace, labels)) {
      for (const service of this.#services.byIndex('selector', pair)) {
        if (matchesSelector(selectorOfMap(service.spec.selector), labels))
          keys.push(keyOf(service));
      }
    }
    return keys;
  }

  /** Calls `enqueue` for the Services that a change of a pod concerns. */
  subscribe(enqueue: (key: string) => void): void {
    const all = (pod: Pod): void => {
      for (const key of this.servicesOf(pod.metadata.namespace, pod.metadata.labels)) enqueue(key);
    };
    this.#pods.subscribe({
      add: all,
      delete: all,
      update: (pod, old) => {
        const labelsChanged = !jsonEqual(pod.metadata.labels, old.metadata.labels);
        if (!labelsChanged && !endpointChanged(pod, old)) return;
        all(pod);
        if (labelsChanged) all(old);
      },
    });
  }
}

/** Whether a change of a pod shows in its endpoints. */
function endpointChanged(pod: Pod, old: Pod): boolean {
  return (
    podIsReady(pod) !== podIsReady(old) ||
    podHasEndpoint(pod) !== podHasEndpoint(old) ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    pod.spec.nodeName !== old.spec.nodeName ||
    podAddress(pod, 'IPv4') !== podAddress(old, 'IPv4') ||
    podAddress(pod, 'IPv6') !== podAddress(old, 'IPv6')
  );
}

/** The pairs of frozen label maps: pods of one template share theirs. */
const pairs = new WeakMap<StringMap, { namespace: string; list: readonly string[] }>();

function pairsOf(namespace = 'default', labels: StringMap | undefined): readonly string[] {
  if (labels === undefined) return [];
  const known = pairs.get(labels);
  if (known?.namespace === namespace) return known.list;
  const list = Object.entries(labels).map(([key, value]) => `${namespace}|${key}=${value}`);
  if (Object.isFrozen(labels)) pairs.set(labels, { namespace, list });
  return list;
}
