/**
 * How far a rollout is, in kubectl's words (polymorphichelpers/rollout_status.go).
 */
import type {
  DaemonSet,
  Deployment,
  DeploymentConfig,
  KubeObject,
  StatefulSet,
} from '@podwire/api';
import { type Failure, fail } from '../failure.ts';

export interface RolloutState {
  readonly text: string;
  readonly isDone: boolean;
}

export function rolloutState(object: KubeObject): RolloutState | Failure {
  switch (object.kind) {
    case 'Deployment':
      return deploymentState(object as Deployment);
    case 'DaemonSet':
      return daemonSetState(object as DaemonSet);
    case 'StatefulSet':
      return statefulSetState(object as StatefulSet);
    case 'DeploymentConfig':
      return deploymentConfigState(object as DeploymentConfig);
    default:
      return fail(`no status viewer has been implemented for ${object.kind}`);
  }
}

function waiting(text: string): RolloutState {
  return { text: `${text}\n`, isDone: false };
}

function deploymentState({ metadata, spec, status = {} }: Deployment): RolloutState | Failure {
  const name = JSON.stringify(metadata.name);
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return waiting('Waiting for deployment spec update to be observed...');
  }
  const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return fail(`deployment ${name} exceeded its progress deadline`);
  }
  const updated = status.updatedReplicas ?? 0;
  const replicas = status.replicas ?? 0;
  const available = status.availableReplicas ?? 0;
  const prefix = `Waiting for deployment ${name} rollout to finish:`;
  if (updated < (spec.replicas ?? 0)) {
    return waiting(
      `${prefix} ${updated} out of ${spec.replicas ?? 0} new replicas have been updated...`,
    );
  }
  if (replicas > updated) {
    return waiting(`${prefix} ${replicas - updated} old replicas are pending termination...`);
  }
  if (available < updated) {
    return waiting(`${prefix} ${available} of ${updated} updated replicas are available...`);
  }
  return { text: `deployment ${name} successfully rolled out\n`, isDone: true };
}

/** openshift/oc pkg/helpers/deployment status viewer. */
function deploymentConfigState({
  metadata,
  spec,
  status,
}: DeploymentConfig): RolloutState | Failure {
  const version = status?.latestVersion ?? 0;
  if (version === 0) {
    return (spec.triggers ?? []).length === 0
      ? fail(`no latest rollout found for ${metadata.name}`)
      : waiting(
          `Waiting for latest deployment config spec to be observed by the controller loop...`,
        );
  }
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'NewReplicationControllerAvailable') {
    return {
      text: `replication controller "${metadata.name}-${version}" successfully rolled out\n`,
      isDone: true,
    };
  }
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return fail(`replication controller "${metadata.name}-${version}" has failed progressing`);
  }
  const updated = status?.updatedReplicas ?? 0;
  const replicas = status?.replicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const prefix = 'Waiting for rollout to finish:';
  if (updated < spec.replicas) {
    return waiting(
      `${prefix} ${updated} out of ${spec.replicas} new replicas have been updated...`,
    );
  }
  if (replicas > updated) {
    return waiting(`${prefix} ${replicas - updated} old replicas are pending termination...`);
  }
  if (available < updated) {
    return waiting(`${prefix} ${available} of ${updated} updated replicas are available...`);
  }
  return waiting(
    'Waiting for latest deployment config spec to be observed by the controller loop...',
  );
}

function daemonSetState({ metadata, spec, status }: DaemonSet): RolloutState | Failure {
  if (spec.updateStrategy?.type !== 'RollingUpdate') {
    return fail('rollout status is only available for RollingUpdate strategy type');
  }
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return waiting('Waiting for daemon set spec update to be observed...');
  }
  const name = JSON.stringify(metadata.name);
  const desired = status?.desiredNumberScheduled ?? 0;
  const updated = status?.updatedNumberScheduled ?? 0;
  const available = status?.numberAvailable ?? 0;
  const prefix = `Waiting for daemon set ${name} rollout to finish:`;
  if (updated < desired) {
    return waiting(`${prefix} ${updated} out of ${desired} new pods have been updated...`);
  }
  if (available < desired) {
    return waiting(`${prefix} ${available} of ${desired} updated pods are available...`);
  }
  return { text: `daemon set ${name} successfully rolled out\n`, isDone: true };
}

function statefulSetState({ metadata, spec, status }: StatefulSet): RolloutState | Failure {
  if (spec.updateStrategy?.type !== 'RollingUpdate') {
    return fail('rollout status is only available for RollingUpdate strategy type');
  }
  const observed = status?.observedGeneration ?? 0;
  if (observed === 0 || (metadata.generation ?? 0) > observed) {
    return waiting('Waiting for statefulset spec update to be observed...');
  }
  const replicas = spec.replicas ?? 0;
  const ready = status?.readyReplicas ?? 0;
  const updated = status?.updatedReplicas ?? 0;
  if (ready < replicas) return waiting(`Waiting for ${replicas - ready} pods to be ready...`);
  const partition = spec.updateStrategy.rollingUpdate?.partition ?? 0;
  if (partition > 0) {
    const wanted = replicas - partition;
    if (updated < wanted) {
      return waiting(
        `Waiting for partitioned roll out to finish: ${updated} out of ${wanted} new pods have been updated...`,
      );
    }
    return {
      text: `partitioned roll out complete: ${updated} new pods have been updated...\n`,
      isDone: true,
    };
  }
  if (status?.updateRevision !== status?.currentRevision) {
    return waiting(
      `waiting for statefulset rolling update to complete ${updated} pods at revision ${status?.updateRevision ?? ''}...`,
    );
  }
  return {
    text: `statefulset rolling update complete ${status?.currentReplicas ?? 0} pods at revision ${status?.currentRevision ?? ''}...\n`,
    isDone: true,
  };
}
