/**
 * When the change happened that made a Service's endpoints change, for the last-change-trigger-time annotation.
 *
 * Copies k8s.io/endpointslice/util TriggerTimeTracker: the earliest change since the last sync counts.
 */
import { type Pod, type Service, keyOf, parseTime } from '@podwire/api';
import { podCondition } from './pod-state.ts';

export const TRIGGER_TIME_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Seen {
  readonly serviceNs: number | undefined;
  readonly podsNs: ReadonlyMap<string, number>;
}

export class TriggerTimes {
  readonly #seen = new Map<string, Seen>();

  /** The earliest change that this sync sees for the first time; undefined when there is none. */
  observe(service: Service, pods: readonly Pod[]): number | undefined {
    const key = keyOf(service);
    const before = this.#seen.get(key);
    const podsNs = new Map<string, number>();
    let earliest = Infinity;
    for (const pod of pods) {
      const atNs = podTriggerNs(pod);
      if (atNs === undefined) continue;
      podsNs.set(pod.metadata.name, atNs);
      const seenNs = before?.podsNs.get(pod.metadata.name);
      if (atNs > (seenNs ?? -Infinity)) earliest = Math.min(earliest, atNs);
    }
    const serviceNs = parseTime(service.metadata.creationTimestamp ?? '');
    if (serviceNs !== undefined && serviceNs !== before?.serviceNs) {
      earliest = before === undefined ? serviceNs : Math.min(earliest, serviceNs);
    }
    this.#seen.set(key, { serviceNs, podsNs });
    return earliest === Infinity ? undefined : earliest;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

function podTriggerNs(pod: Pod): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.lastTransitionTime !== undefined) return parseTime(ready.lastTransitionTime);
  return parseTime(podCondition(pod, 'PodScheduled')?.lastTransitionTime ?? '');
}
