/**
 * Which of several pods to delete first. Copies ActivePodsWithRanks of pkg/controller/controller_utils.go.
 *
 * What the order asks of a pod is worked out once per pod, not once per comparison.
 */
import { type Pod, compareText, parseTime } from '@podwire/api';
import { podCondition, podIsReady } from './pod-state.ts';

const PHASE_RANK: ReadonlyMap<string, number> = new Map([
  ['Pending', 0],
  ['Unknown', 1],
  ['Running', 2],
]);
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** What decides about a pod; of each number the smaller goes first. */
interface Victim {
  readonly pod: Pod;
  readonly assigned: number;
  readonly phase: number;
  readonly ready: number;
  readonly cost: number;
  /** The active pods of the same family on the pod's node, negative. */
  readonly crowd: number;
  readonly readyNs: number | undefined;
  readonly restarts: number;
  readonly createdNs: number | undefined;
}

/** The pods in the order in which they are to go. `ranks` is the number of active pods of the same family by node. */
export function orderVictims(
  pods: readonly Pod[],
  ranks: ReadonlyMap<string, number>,
  nowNs: number,
): Pod[] {
  const victims = pods.map((pod) => victimOf(pod, ranks));
  return victims.sort((a, b) => compareVictims(a, b, nowNs)).map(({ pod }) => pod);
}

function victimOf(pod: Pod, ranks: ReadonlyMap<string, number>): Victim {
  const node = pod.spec.nodeName ?? '';
  const cost = pod.metadata.annotations?.[DELETION_COST] ?? '';
  let restarts = 0;
  for (const { restartCount } of pod.status?.containerStatuses ?? []) {
    restarts = Math.max(restarts, restartCount);
  }
  return {
    pod,
    assigned: node === '' ? 0 : 1,
    phase: PHASE_RANK.get(pod.status?.phase ?? 'Pending') ?? 0,
    ready: podIsReady(pod) ? 1 : 0,
    cost: /^(0|-?[1-9]\d*)$/.test(cost) ? Number(cost) : 0,
    crowd: -(ranks.get(node) ?? 0),
    readyNs: parseTime(podCondition(pod, 'Ready')?.lastTransitionTime ?? ''),
    restarts: -restarts,
    createdNs: parseTime(pod.metadata.creationTimestamp ?? ''),
  };
}

function compareVictims(left: Victim, right: Victim, nowNs: number): number {
  const difference =
    left.assigned - right.assigned ||
    left.phase - right.phase ||
    left.ready - right.ready ||
    left.cost - right.cost ||
    left.crowd - right.crowd;
  if (difference !== 0) return difference;
  if (left.ready === 1 && left.readyNs !== right.readyNs) {
    return compareAges(left.readyNs, right.readyNs, left, right, nowNs);
  }
  if (left.restarts !== right.restarts) return left.restarts - right.restarts;
  if (left.createdNs === right.createdNs) return 0;
  return compareAges(left.createdNs, right.createdNs, left, right, nowNs);
}

/** The younger first, where ages count only by their power of two; equal ranks go by uid. */
function compareAges(
  leftNs: number | undefined,
  rightNs: number | undefined,
  left: Victim,
  right: Victim,
  nowNs: number,
): number {
  if (leftNs === undefined || rightNs === undefined) {
    return (leftNs === undefined ? 0 : 1) - (rightNs === undefined ? 0 : 1);
  }
  const difference = ageRank(nowNs - leftNs) - ageRank(nowNs - rightNs);
  if (difference !== 0) return difference;
  return compareText(left.pod.metadata.uid ?? '', right.pod.metadata.uid ?? '');
}

/** floor(log2(age)), without floating point. */
function ageRank(ageNs: number): number {
  if (ageNs <= 0) return -1;
  const high = Math.floor(ageNs / 2 ** 32);
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(ageNs);
}
