/**
 * What controllers ask about pods: active, ready, available.
 */
import { type Pod, type PodCondition, parseTime } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  const conditions = pod.status?.conditions;
  if (conditions === undefined) return undefined;
  for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

/** Condition Ready is True. */
export function podIsReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Ready for at least so long. */
export function podIsAvailable(pod: Pod, minReadySeconds: number, nowNs: number): boolean {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return false;
  if (minReadySeconds === 0) return true;
  const since = parseTime(ready.lastTransitionTime ?? '');
  return since !== undefined && since + minReadySeconds * NS_PER_SEC <= nowNs;
}

/** Ended for good. */
export function podIsTerminal(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Counts as a replica: not ended and not being deleted. */
export function podIsActive(pod: Pod): boolean {
  return !podIsTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** A virtual instant at or after which the pod is available; undefined while it is not ready. */
export function availableAtNs(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  const since = parseTime(ready.lastTransitionTime ?? '');
  return since === undefined ? undefined : since + minReadySeconds * NS_PER_SEC;
}
