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
import { indexByLabel, pairsOf, podsMatching } from './pod-labels.ts';
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
    indexByLabel(pods);
  }

  /** The pods that a Service selects, by key. */
  podsOf(service: Service): Pod[] {
    const selector = selectorOfMap(service.spec.selector);
    if (selector.requirements.length === 0) return [];
    return podsMatching(this.#pods, service.metadata.namespace, selector);
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
    // Pods that are no endpoint concern nobody: those that have no address yet, and those that have ended.
    const seen = (pod: Pod): void => {
      if (podHasEndpoint(pod)) all(pod);
    };
    this.#pods.subscribe({
      add: seen,
      delete: seen,
      update: (pod, old) => {
        if (!podHasEndpoint(pod) && !podHasEndpoint(old)) return;
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
