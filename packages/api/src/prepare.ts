/**
 * What the server itself writes into a new object or a new status (the strategies' PrepareForCreate and
 * PrepareForUpdate).
 */
import type { KindInfo } from './scheme.ts';
import { INTERNAL_REGISTRY } from './defaults/openshift.ts';
import { type Draft, child, drop, ensure, items, text } from './draft.ts';
import type { KubeObject } from './types/meta.ts';
import { formatTime } from './time.ts';
import { qosOf } from './qos.ts';

export function prepareNew(info: KindInfo, object: Draft, nowNs: number): void {
  switch (info.kind) {
    case 'Pod':
      object['status'] = newPodStatus(ensure(object, 'spec'), nowNs);
      return;
    case 'Namespace': {
      const spec = ensure(object, 'spec');
      const finalizers = Array.isArray(spec['finalizers']) ? (spec['finalizers'] as string[]) : [];
      if (!finalizers.includes('kubernetes')) spec['finalizers'] = [...finalizers, 'kubernetes'];
      object['status'] = { phase: 'Active' };
      return;
    }
    case 'Ingress':
    case 'Service':
      object['status'] = { loadBalancer: {} };
      return;
    case 'PersistentVolume':
    case 'PersistentVolumeClaim':
      object['status'] = { phase: 'Pending' };
      return;
    case 'ReplicaSet':
    case 'ReplicationController':
      object['status'] = { replicas: 0 };
      return;
    case 'StatefulSet':
      object['status'] = { replicas: 0, availableReplicas: 0 };
      return;
    case 'DaemonSet':
      object['status'] = {
        currentNumberScheduled: 0,
        numberMisscheduled: 0,
        desiredNumberScheduled: 0,
        numberReady: 0,
      };
      return;
    case 'PodDisruptionBudget':
      object['status'] = {
        disruptionsAllowed: 0,
        currentHealthy: 0,
        desiredHealthy: 0,
        expectedPods: 0,
      };
      return;
    case 'ImageStream': {
      const { name, namespace } = object['metadata'] as { name: string; namespace: string };
      object['status'] = { dockerImageRepository: `${INTERNAL_REGISTRY}/${namespace}/${name}` };
      return;
    }
    case 'BuildConfig':
      object['status'] = { lastVersion: 0 };
      return;
    case 'Build':
      object['status'] = { ...child(object, 'status'), phase: 'New' };
      return;
    case 'DeploymentConfig':
      object['status'] = {
        latestVersion: 0,
        observedGeneration: 0,
        replicas: 0,
        updatedReplicas: 0,
        availableReplicas: 0,
        unavailableReplicas: 0,
      };
      return;
    case 'Deployment':
    case 'Job':
    case 'Route':
    case 'CronJob':
      object['status'] = {};
      return;
    default:
      if (!info.strategy.keepsStatusOnCreate) delete object['status'];
  }
}

function newPodStatus(spec: Draft, nowNs: number): Draft {
  const status: Draft = { phase: 'Pending', qosClass: qosOf(spec) };
  if (items(spec, 'schedulingGates').length > 0) {
    status['conditions'] = [
      {
        type: 'PodScheduled',
        status: 'False',
        lastTransitionTime: formatTime(nowNs),
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ];
  }
  return status;
}

/** A write of the status leaves everything else as it is; annotations may change with it. */
export function prepareStatus(info: KindInfo, object: Draft, old: KubeObject): void {
  const before = old as unknown as Draft;
  for (const key of Object.keys(object)) {
    if (key === 'status' || key === 'metadata') continue;
    if (!Object.hasOwn(before, key)) drop(object, key);
  }
  for (const key of Object.keys(before)) {
    if (key !== 'status' && key !== 'metadata') object[key] = before[key];
  }
  const metadata = ensure(object, 'metadata');
  for (const field of ['labels', 'ownerReferences', 'finalizers'] as const) {
    const value = old.metadata[field];
    if (value === undefined) drop(metadata, field);
    else metadata[field] = value;
  }
  if (info.kind === 'Pod') {
    const status = ensure(object, 'status');
    if (text(status, 'qosClass') === '') {
      const kept = text(child(before, 'status'), 'qosClass');
      if (kept !== '' && !Object.isFrozen(status)) status['qosClass'] = kept;
    }
  }
}
