/**
 * When the change happened that made a Service's endpoints change, for the last-change-trigger-time annotation.
 *
 * Copies k8s.io/endpointslice/util TriggerTimeTracker: the earliest change since the last sync counts.
 */
import { type Pod, type Service, keyOf, parseTime } from '@podwire/api';
import { podCondition } from './pod-state.ts';

export const TRIGGER_TIME_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Seen {
  serviceTime: string | undefined;
  /** By pod name, as written in the pod. */
  readonly podTimes: Map<string, string>;
}

export class TriggerTimes {
  readonly #seen = new Map<string, Seen>();

  /** The earliest change that this sync sees for the first time; undefined when there is none. */
  observe(service: Service, pods: readonly Pod[]): number | undefined {
    const key = keyOf(service);
    let seen = this.#seen.get(key);
    const isNew = seen === undefined;
    if (seen === undefined) {
      seen = { serviceTime: undefined, podTimes: new Map() };
      this.#seen.set(key, seen);
    }
    let earliest = Infinity;
    let count = 0;
    for (const pod of pods) {
      const time = podTriggerTime(pod);
      const { name } = pod.metadata;
      const before = seen.podTimes.get(name);
      if (time === before) {
        if (time !== undefined) count++;
        continue;
      }
      const atNs = time === undefined ? undefined : parseTime(time);
      if (time === undefined || atNs === undefined) {
        seen.podTimes.delete(name);
        continue;
      }
      count++;
      seen.podTimes.set(name, time);
      if (before === undefined || atNs > (parseTime(before) ?? -Infinity)) {
        earliest = Math.min(earliest, atNs);
      }
    }
    if (count < seen.podTimes.size) forgetOthers(seen.podTimes, pods);
    const serviceTime = service.metadata.creationTimestamp;
    if (serviceTime !== seen.serviceTime) {
      seen.serviceTime = serviceTime;
      const serviceNs = parseTime(serviceTime ?? '');
      if (serviceNs !== undefined) earliest = isNew ? serviceNs : Math.min(earliest, serviceNs);
    }
    return earliest === Infinity ? undefined : earliest;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

function forgetOthers(times: Map<string, string>, pods: readonly Pod[]): void {
  const names = new Set(pods.map(({ metadata }) => metadata.name));
  for (const name of Array.from(times.keys())) if (!names.has(name)) times.delete(name);
}

function podTriggerTime(pod: Pod): string | undefined {
  const time = podCondition(pod, 'Ready')?.lastTransitionTime;
  return time ?? podCondition(pod, 'PodScheduled')?.lastTransitionTime;
}
