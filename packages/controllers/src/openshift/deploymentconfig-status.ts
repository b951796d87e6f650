/**
 * The status of a DeploymentConfig: counts of its revisions, and the conditions Available and Progressing
 * (openshift-controller-manager pkg/apps/deploymentconfig calculateStatus, updateConditions).
 */
import { type DeploymentConfig, type ReplicationController, formatTime } from '@podwire/api';
import { scaledValue } from '../int-or-percent.ts';
import { isCancelled, phaseOf } from './deployment-revision.ts';

type Status = NonNullable<DeploymentConfig['status']>;
type WorkloadCondition = NonNullable<Status['conditions']>[number];

export function withConditions(
  config: DeploymentConfig,
  latest: ReplicationController | undefined,
  revisions: readonly ReplicationController[],
  nowNs: number,
): Status {
  const { spec, status, metadata } = config;
  const total = (of: (each: ReplicationController) => number | undefined): number =>
    revisions.reduce((sum, each) => sum + (of(each) ?? 0), 0);
  const replicas = total((each) => each.status?.replicas);
  const available = total((each) => each.status?.availableReplicas);
  const ready = total((each) => each.status?.readyReplicas);
  const conditions = [availability(config, available), ...progress(latest)].map((condition) =>
    kept(condition, status?.conditions ?? [], nowNs),
  );
  return {
    latestVersion: status?.latestVersion ?? 0,
    observedGeneration: metadata.generation ?? 0,
    replicas,
    updatedReplicas: latest?.status?.replicas ?? 0,
    availableReplicas: available,
    unavailableReplicas: Math.max(0, Math.max(spec.replicas, replicas) - available),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(status?.details === undefined ? {} : { details: status.details }),
    conditions,
  };
}

function availability({ spec }: DeploymentConfig, available: number): WorkloadCondition {
  const missing =
    spec.strategy?.type === 'Rolling'
      ? scaledValue(spec.strategy.rollingParams?.maxUnavailable ?? '25%', spec.replicas, 'down')
      : 0;
  const isEnough = available >= spec.replicas - missing && available > 0;
  return isEnough
    ? {
        type: 'Available',
        status: 'True',
        message: 'Deployment config has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        message: 'Deployment config does not have minimum availability.',
      };
}

function progress(latest: ReplicationController | undefined): WorkloadCondition[] {
  if (latest === undefined) return [];
  const name = JSON.stringify(latest.metadata.name);
  const type = 'Progressing';
  switch (phaseOf(latest)) {
    case 'Complete':
      return [
        {
          type,
          status: 'True',
          reason: 'NewReplicationControllerAvailable',
          message: `replication controller ${name} successfully rolled out`,
        },
      ];
    case 'Failed':
      if (isCancelled(latest)) {
        return [
          {
            type,
            status: 'False',
            reason: 'RolloutCancelled',
            message: `rollout of replication controller ${name} was cancelled`,
          },
        ];
      }
      return [
        {
          type,
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: `replication controller ${name} has failed progressing`,
        },
      ];
    case 'Running':
      return [
        {
          type,
          status: 'True',
          reason: 'ReplicationControllerUpdated',
          message: `replication controller ${name} is progressing`,
        },
      ];
    default:
      return [
        {
          type,
          status: 'Unknown',
          message: `replication controller ${name} is waiting for pod "${latest.metadata.name}-deploy" to run`,
        },
      ];
  }
}

/** With the times of the condition before, where it says the same. */
function kept(
  condition: WorkloadCondition,
  before: readonly WorkloadCondition[],
  nowNs: number,
): WorkloadCondition {
  const old = before.find(({ type }) => type === condition.type);
  const now = formatTime(nowNs);
  const isSame =
    old?.status === condition.status &&
    old.reason === condition.reason &&
    old.message === condition.message;
  if (isSame && old !== undefined) return old;
  const transition = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  return { ...condition, lastUpdateTime: now, lastTransitionTime: transition };
}
