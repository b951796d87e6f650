/**
 * `kubectl describe deployment|replicaset|statefulset|daemonset`.
 */
import {
  type DaemonSet,
  type Deployment,
  type KubeObject,
  type LabelSelector,
  type Pod,
  type ReplicaSet,
  SCHEME,
  type StatefulSet,
  type WorkloadCondition,
  controllerOf,
  formatSelector,
  jsonEqual,
  selectorOf,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { isFailure } from '../failure.ts';
import { longDate } from '../human-duration.ts';
import { formatLabels } from '../json-value.ts';
import { selectorCell } from '../printers/common.ts';
import type { Session } from '../session.ts';
import { describeTemplate } from './pod-parts.ts';
import type { DescribeWriter } from './writer.ts';

export function* describeDeployment(session: Session, object: KubeObject, w: DescribeWriter): Proc {
  const deployment = object as Deployment;
  const { spec, status } = deployment;
  const sets = yield* replicaSetsOf(session, deployment);
  head(w, object, true);
  w.field(0, 'Selector', selectorText(spec.selector));
  w.field(
    0,
    'Replicas',
    `${spec.replicas ?? 0} desired | ${status?.updatedReplicas ?? 0} updated | ${status?.replicas ?? 0} total | ${status?.availableReplicas ?? 0} available | ${status?.unavailableReplicas ?? 0} unavailable`,
  );
  w.field(0, 'StrategyType', spec.strategy?.type ?? '');
  w.field(0, 'MinReadySeconds', spec.minReadySeconds ?? 0);
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling !== undefined) {
    w.field(
      0,
      'RollingUpdateStrategy',
      `${rolling.maxUnavailable ?? 0} max unavailable, ${rolling.maxSurge ?? 0} max surge`,
    );
  }
  describeTemplate(w, spec.template);
  conditions(w, status?.conditions ?? []);
  const fresh = newReplicaSet(deployment, sets);
  const old = sets.filter((set) => set !== fresh);
  if (sets.length > 0) {
    w.field(0, 'OldReplicaSets', replicaSetsText(old));
    w.field(0, 'NewReplicaSet', replicaSetsText(fresh === undefined ? [] : [fresh]));
  }
}

/** The ReplicaSets that the deployment controls, oldest first. */
export function* replicaSetsOf(
  session: Session,
  deployment: Deployment,
): Proc<readonly ReplicaSet[]> {
  const info = SCHEME.byKind('apps/v1', 'ReplicaSet');
  if (info === undefined) return [];
  const listed = yield* session.list(info, {
    namespace: deployment.metadata.namespace,
    labelSelector: selectorText(deployment.spec.selector),
  });
  if (isFailure(listed)) return [];
  const own = (listed.items as readonly ReplicaSet[]).filter(
    (set) => controllerOf(set)?.uid === deployment.metadata.uid,
  );
  return [...own].sort((a, b) => {
    const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
    const [m, n] = [a.metadata.name, b.metadata.name];
    return x < y ? -1 : x > y ? 1 : m < n ? -1 : m > n ? 1 : 0;
  });
}

/** The ReplicaSet of the present template; its hash label does not count. */
export function newReplicaSet(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  return sets.find((set) =>
    jsonEqual(bareTemplate(set.spec.template), bareTemplate(deployment.spec.template)),
  );
}

export function bareTemplate(template: Deployment['spec']['template']): unknown {
  const labels = Object.entries(template.metadata?.labels ?? {}).filter(
    ([key]) => key !== 'pod-template-hash',
  );
  return { ...template, metadata: { ...template.metadata, labels: Object.fromEntries(labels) } };
}

function replicaSetsText(sets: readonly ReplicaSet[]): string {
  if (sets.length === 0) return '<none>';
  return sets
    .map(
      (set) =>
        `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec.replicas ?? 0} replicas created)`,
    )
    .join(', ');
}

export function* describeReplicaSet(session: Session, object: KubeObject, w: DescribeWriter): Proc {
  const { metadata, spec, status } = object as ReplicaSet;
  const counts = yield* podCounts(session, object, spec.selector);
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.field(0, 'Selector', selectorCell(spec.selector));
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  const owner = controllerOf(object);
  if (owner !== undefined) w.field(0, 'Controlled By', `${owner.kind}/${owner.name}`);
  w.field(0, 'Replicas', `${status?.replicas ?? 0} current / ${spec.replicas ?? 0} desired`);
  w.field(0, 'Pods Status', counts);
  describeTemplate(w, spec.template);
  conditions(w, status?.conditions ?? []);
}

export function* describeStatefulSet(
  session: Session,
  object: KubeObject,
  w: DescribeWriter,
): Proc {
  const { spec, status } = object as StatefulSet;
  const counts = yield* podCounts(session, object, spec.selector);
  w.field(0, 'Name', object.metadata.name);
  w.field(0, 'Namespace', object.metadata.namespace ?? '');
  w.field(0, 'CreationTimestamp', longDate(object.metadata.creationTimestamp));
  w.field(0, 'Selector', selectorText(spec.selector));
  w.labels('Labels', object.metadata.labels);
  w.annotations('Annotations', object.metadata.annotations);
  w.field(0, 'Replicas', `${spec.replicas ?? 0} desired | ${status?.replicas ?? 0} total`);
  w.field(0, 'Update Strategy', spec.updateStrategy?.type ?? '');
  const rolling = spec.updateStrategy?.rollingUpdate;
  if (rolling?.partition !== undefined) {
    w.field(1, 'Partition', rolling.partition);
    if (rolling.maxUnavailable !== undefined) w.field(1, 'MaxUnavailable', rolling.maxUnavailable);
  }
  w.field(0, 'Pods Status', counts);
  describeTemplate(w, spec.template);
  const claims = spec.volumeClaimTemplates ?? [];
  if (claims.length === 0) w.field(0, 'Volume Claims', '<none>');
  else {
    w.line(0, 'Volume Claims:');
    for (const claim of claims) {
      w.field(1, 'Name', claim.metadata.name);
      w.field(1, 'StorageClass', claim.spec.storageClassName ?? '');
      w.labels('  Labels', claim.metadata.labels);
      w.labels('  Annotations', claim.metadata.annotations);
      w.field(1, 'Capacity', claim.spec.resources?.requests?.['storage'] ?? '<default>');
    }
  }
}

export function* describeDaemonSet(session: Session, object: KubeObject, w: DescribeWriter): Proc {
  const { metadata, spec, status } = object as DaemonSet;
  const counts = yield* podCounts(session, object, spec.selector);
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.field(0, 'Selector', selectorText(spec.selector));
  w.field(0, 'Node-Selector', formatLabels(spec.template.spec.nodeSelector));
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  w.line(0, `Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}`);
  w.line(0, `Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}`);
  w.line(
    0,
    `Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}`,
  );
  w.line(0, `Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}`);
  w.line(0, `Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}`);
  w.field(0, 'Pods Status', counts);
  describeTemplate(w, spec.template);
}

function head(w: DescribeWriter, object: KubeObject, hasCreation: boolean): void {
  const { metadata } = object;
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  if (hasCreation) w.field(0, 'CreationTimestamp', longDate(metadata.creationTimestamp));
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
}

function selectorText(selector: LabelSelector): string {
  return formatSelector(selectorOf(selector));
}

function conditions(w: DescribeWriter, list: readonly WorkloadCondition[]): void {
  if (list.length === 0) return;
  w.line(0, 'Conditions:\n  Type\tStatus\tReason');
  w.line(1, '----\t------\t------');
  for (const { type, status, reason } of list) w.line(1, `${type} \t${status}\t${reason ?? ''}`);
}

/** `3 Running / 0 Waiting / 0 Succeeded / 0 Failed` of the pods that it controls. */
function* podCounts(session: Session, owner: KubeObject, selector: LabelSelector): Proc<string> {
  const info = SCHEME.byKind('v1', 'Pod');
  const listed =
    info === undefined
      ? undefined
      : yield* session.list(info, {
          namespace: owner.metadata.namespace,
          labelSelector: selectorText(selector),
        });
  const pods = listed === undefined || isFailure(listed) ? [] : (listed.items as readonly Pod[]);
  const own = pods.filter((pod) => controllerOf(pod)?.uid === owner.metadata.uid);
  const count = (phase: string): number => own.filter((pod) => pod.status?.phase === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}
