/**
 * What controllers ask about pods: active, ready, available; and which of several to delete first.
 */
import { type Pod, type PodCondition, compareText, parseTime } from '@podwire/api';
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

const PHASE_RANK: ReadonlyMap<string, number> = new Map([
  ['Pending', 0],
  ['Unknown', 1],
  ['Running', 2],
]);
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * Orders pods so that the first is deleted first. `ranks` is the number of active pods of the same family on the
 * pod's node. Copies ActivePodsWithRanks of pkg/controller/controller_utils.go.
 */
export function compareVictims(
  left: Pod,
  right: Pod,
  ranks: ReadonlyMap<string, number>,
  nowNs: number,
): number {
  const keys: readonly ((pod: Pod) => number)[] = [
    (pod) => ((pod.spec.nodeName ?? '') === '' ? 0 : 1),
    (pod) => PHASE_RANK.get(pod.status?.phase ?? 'Pending') ?? 0,
    (pod) => (podIsReady(pod) ? 1 : 0),
    deletionCost,
    (pod) => -(ranks.get(pod.spec.nodeName ?? '') ?? 0),
  ];
  for (const key of keys) {
    const difference = key(left) - key(right);
    if (difference !== 0) return difference;
  }
  if (podIsReady(left) && podIsReady(right)) {
    const [a, b] = [readySince(left), readySince(right)];
    if (a !== b) return compareAges(a, b, left, right, nowNs);
  }
  const restarts = maxRestarts(right) - maxRestarts(left);
  if (restarts !== 0) return restarts;
  const [a, b] = [createdAt(left), createdAt(right)];
  return a === b ? 0 : compareAges(a, b, left, right, nowNs);
}

/** The younger first, where ages count only by their power of two; equal ranks go by uid. */
function compareAges(
  leftSince: number | undefined,
  rightSince: number | undefined,
  left: Pod,
  right: Pod,
  nowNs: number,
): number {
  if (leftSince === undefined || rightSince === undefined) {
    return (leftSince === undefined ? 0 : 1) - (rightSince === undefined ? 0 : 1);
  }
  const difference = ageRank(nowNs - leftSince) - ageRank(nowNs - rightSince);
  if (difference !== 0) return difference;
  return compareText(left.metadata.uid ?? '', right.metadata.uid ?? '');
}

/** floor(log2(age)), without floating point. */
function ageRank(ageNs: number): number {
  if (ageNs <= 0) return -1;
  let rank = 0;
  for (let rest = ageNs; rest >= 2; rest = Math.floor(rest / 2)) rank++;
  return rank;
}

function readySince(pod: Pod): number | undefined {
  return parseTime(podCondition(pod, 'Ready')?.lastTransitionTime ?? '');
}

function createdAt(pod: Pod): number | undefined {
  return parseTime(pod.metadata.creationTimestamp ?? '');
}

function deletionCost(pod: Pod): number {
  const cost = pod.metadata.annotations?.[DELETION_COST] ?? '';
  return /^(0|-?[1-9]\d*)$/.test(cost) ? Number(cost) : 0;
}

function maxRestarts(pod: Pod): number {
  let most = 0;
  for (const status of pod.status?.containerStatuses ?? []) {
    most = Math.max(most, status.restartCount);
  }
  return most;
}
