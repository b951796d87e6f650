/**
 * The status of a Deployment: counts and the conditions Progressing, Available, ReplicaFailure.
 *
 * Pure. Copies pkg/controller/deployment/progress.go and sync.go.
 */
import {
  type ConditionStatus,
  type Deployment,
  type DeploymentStatus,
  type ReplicaSet,
  type WorkloadCondition,
  formatTime,
  parseTime,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { maxUnavailableOf, replicasOf, sumAvailable, sumReplicas } from './deployment-math.ts';

/** MaxInt32: no deadline. */
const NO_DEADLINE = 2 ** 31 - 1;

export function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

export function conditionOf(
  status: DeploymentStatus | undefined,
  type: string,
): WorkloadCondition | undefined {
  for (const condition of status?.conditions ?? []) if (condition.type === type) return condition;
  return undefined;
}

export function newCondition(
  nowNs: number,
  type: string,
  status: ConditionStatus,
  reason: string,
  message: string,
): WorkloadCondition {
  const now = formatTime(nowNs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** Replaces the condition of this type, unless status and reason are what they were. */
export function withCondition(
  conditions: readonly WorkloadCondition[] | undefined,
  condition: WorkloadCondition,
): readonly WorkloadCondition[] {
  const before = conditions?.find(({ type }) => type === condition.type);
  if (before?.status === condition.status && before.reason === condition.reason) {
    return conditions ?? [];
  }
  const kept = (conditions ?? []).filter(({ type }) => type !== condition.type);
  const lastTransitionTime =
    before?.status === condition.status ? before.lastTransitionTime : condition.lastTransitionTime;
  return [
    ...kept,
    { ...condition, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) },
  ];
}

function without(
  conditions: readonly WorkloadCondition[] | undefined,
  type: string,
): readonly WorkloadCondition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/** Counts and the condition Available; the other conditions as they are. */
export function countedStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  nowNs: number,
): DeploymentStatus {
  const sum = (field: 'replicas' | 'readyReplicas'): number =>
    all.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const availableReplicas = sumAvailable(all);
  const isAvailable = availableReplicas >= replicasOf(deployment) - maxUnavailableOf(deployment);
  const conditions = withCondition(
    deployment.status?.conditions,
    isAvailable
      ? newCondition(
          nowNs,
          'Available',
          'True',
          'MinimumReplicasAvailable',
          'Deployment has minimum availability.',
        )
      : newCondition(
          nowNs,
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
        ),
  );
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum('replicas'),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas,
    unavailableReplicas: Math.max(0, sumReplicas(all) - availableReplicas),
    conditions,
  };
  const { collisionCount } = deployment.status ?? {};
  return withoutZeros(collisionCount === undefined ? status : { ...status, collisionCount });
}

/** Counts of zero are left out, as Go's omitempty does. */
function withoutZeros(status: DeploymentStatus): DeploymentStatus {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(status)) if (value !== 0) kept[key] = value;
  return kept as DeploymentStatus;
}

/** The whole status of a rollout that is not paused. */
export function rolloutStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  nowNs: number,
): DeploymentStatus {
  const status = countedStatus(deployment, all, newSet, nowNs);
  let conditions = status.conditions;
  if (!hasDeadline(deployment)) conditions = without(conditions, 'Progressing');
  const current = conditionOf(deployment.status, 'Progressing');
  const wasComplete =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) &&
    current?.reason === 'NewReplicaSetAvailable';
  const subject =
    newSet === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newSet.metadata.name}"`;
  if (hasDeadline(deployment) && !wasComplete) {
    if (isComplete(deployment, status)) {
      const message = `${subject} has successfully progressed.`;
      conditions = withCondition(
        conditions,
        newCondition(nowNs, 'Progressing', 'True', 'NewReplicaSetAvailable', message),
      );
    } else if (isProgressing(deployment, status)) {
      const fresh = newCondition(
        nowNs,
        'Progressing',
        'True',
        'ReplicaSetUpdated',
        `${subject} is progressing.`,
      );
      const since = current?.status === 'True' ? current.lastTransitionTime : undefined;
      conditions = [
        ...without(conditions, 'Progressing'),
        { ...fresh, ...(since === undefined ? {} : { lastTransitionTime: since }) },
      ];
    } else if (hasTimedOut(deployment, nowNs)) {
      const message = `${subject} has timed out progressing.`;
      conditions = withCondition(
        conditions,
        newCondition(nowNs, 'Progressing', 'False', 'ProgressDeadlineExceeded', message),
      );
    }
  }
  const failure = replicaFailure(all, newSet);
  conditions =
    failure === undefined
      ? without(conditions, 'ReplicaFailure')
      : withCondition(conditions, failure);
  return { ...status, conditions };
}

function replicaFailure(
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): WorkloadCondition | undefined {
  const ordered = newSet === undefined ? all : [newSet, ...all];
  for (const set of ordered) {
    const failure = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (failure === undefined) continue;
    return { ...failure, lastUpdateTime: failure.lastTransitionTime ?? '' };
  }
  return undefined;
}

/** All pods are updated and available, none is left over. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const replicas = replicasOf(deployment);
  return (
    (status?.updatedReplicas ?? 0) === replicas &&
    (status?.replicas ?? 0) === replicas &&
    (status?.availableReplicas ?? 0) === replicas &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing({ status: before }: Deployment, status: DeploymentStatus): boolean {
  const old = (from: DeploymentStatus | undefined): number =>
    (from?.replicas ?? 0) - (from?.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(status) < old(before) ||
    (status.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, nowNs: number): boolean {
  const condition = conditionOf(deployment.status, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const deadlineNs = progressDeadlineNs(deployment);
  return deadlineNs !== undefined && deadlineNs < nowNs;
}

/** When the rollout counts as stuck unless something moves. */
export function progressDeadlineNs(deployment: Deployment): number | undefined {
  const since = parseTime(conditionOf(deployment.status, 'Progressing')?.lastUpdateTime ?? '');
  const seconds = deployment.spec.progressDeadlineSeconds;
  if (since === undefined || seconds === undefined || !hasDeadline(deployment)) return undefined;
  return since + seconds * NS_PER_SEC;
}
