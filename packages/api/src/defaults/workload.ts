/**
 * Defaults of Deployment, ReplicaSet, StatefulSet, DaemonSet, Job and CronJob
 * (pkg/apis/apps/v1/defaults.go, pkg/apis/batch/v1/defaults.go).
 */
import { type Draft, child, ensure, setDefault, text } from '../draft.ts';
import { defaultPodTemplate } from './pod.ts';

export function defaultDeployment(deployment: Draft): void {
  const spec = ensure(deployment, 'spec');
  setDefault(spec, 'replicas', 1);
  const strategy = ensure(spec, 'strategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (text(strategy, 'type') === 'RollingUpdate') {
    const rolling = ensure(strategy, 'rollingUpdate');
    setDefault(rolling, 'maxUnavailable', '25%');
    setDefault(rolling, 'maxSurge', '25%');
  }
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'progressDeadlineSeconds', 600);
  defaultPodTemplate(ensure(spec, 'template'));
}

export function defaultReplicaSet(replicaSet: Draft): void {
  const spec = ensure(replicaSet, 'spec');
  setDefault(spec, 'replicas', 1);
  defaultPodTemplate(ensure(spec, 'template'));
}

export function defaultStatefulSet(statefulSet: Draft): void {
  const spec = ensure(statefulSet, 'spec');
  setDefault(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = ensure(spec, 'updateStrategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (text(strategy, 'type') === 'RollingUpdate') {
    setDefault(ensure(strategy, 'rollingUpdate'), 'partition', 0);
  }
  const retention = ensure(spec, 'persistentVolumeClaimRetentionPolicy');
  setDefault(retention, 'whenDeleted', 'Retain');
  setDefault(retention, 'whenScaled', 'Retain');
  setDefault(spec, 'replicas', 1);
  setDefault(spec, 'revisionHistoryLimit', 10);
  defaultPodTemplate(ensure(spec, 'template'));
}

export function defaultDaemonSet(daemonSet: Draft): void {
  const spec = ensure(daemonSet, 'spec');
  const strategy = ensure(spec, 'updateStrategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (text(strategy, 'type') === 'RollingUpdate') {
    const rolling = ensure(strategy, 'rollingUpdate');
    setDefault(rolling, 'maxUnavailable', 1);
    setDefault(rolling, 'maxSurge', 0);
  }
  setDefault(spec, 'revisionHistoryLimit', 10);
  defaultPodTemplate(ensure(spec, 'template'));
}

export function defaultJob(job: Draft): void {
  defaultJobSpec(ensure(job, 'spec'));
}

function defaultJobSpec(spec: Draft): void {
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) {
    setDefault(spec, 'completions', 1);
  }
  setDefault(spec, 'parallelism', 1);
  setDefault(spec, 'backoffLimit', 6);
  setDefault(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'podReplacementPolicy', 'TerminatingOrFailed');
  defaultPodTemplate(ensure(spec, 'template'));
}

export function defaultCronJob(cronJob: Draft): void {
  const spec = ensure(cronJob, 'spec');
  setDefault(spec, 'concurrencyPolicy', 'Allow');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'successfulJobsHistoryLimit', 3);
  setDefault(spec, 'failedJobsHistoryLimit', 1);
  const template = ensure(spec, 'jobTemplate');
  ensure(template, 'metadata');
  const jobSpec = child(template, 'spec') ?? ensure(template, 'spec');
  defaultPodTemplate(ensure(jobSpec, 'template'));
}
