/**
 * Changes of the cluster that may let a rejected pod fit, and which plugins' rejections they concern.
 *
 * Copies the EventsToRegister and QueueingHint functions of kube-scheduler's default plugins.
 */
import type { KubeObject, Node, Pod } from '@podwire/api';
import { jsonEqual, keyOf } from '@podwire/api';
import { type PodTerms, matchesTerm, podTermsOf } from './affinity-term.ts';
import { type HostPort, hostPortsOf } from './host-ports.ts';
import type { PodInfo } from './pod-info.ts';
import { findUntoleratedTaint } from './plugins/tolerations.ts';
import { insufficientAllocatable } from './plugins/node-resources-fit.ts';
import { matchesRequiredNodeAffinity } from './plugins/node-selector.ts';
import { hasAnyTopologyKey, matchesAnyConstraint } from './plugins/spread-constraints.ts';
import { podRequests } from './resources.ts';
import { isTerminal } from './snapshot.ts';

export type ClusterEvent =
  | { readonly kind: 'node'; readonly old: Node | undefined; readonly now: Node | undefined }
  /** A pod that has a node came, changed or left. */
  | { readonly kind: 'assigned-pod'; readonly old: Pod | undefined; readonly now: Pod | undefined }
  /** The waiting pod itself changed. */
  | { readonly kind: 'own-pod'; readonly old: Pod; readonly now: Pod }
  | { readonly kind: 'storage'; readonly object: KubeObject }
  | { readonly kind: 'namespace' };

const NO_PLUGINS: readonly string[] = [];
const POD_CAME: readonly string[] = ['PodTopologySpread', 'InterPodAffinity'];
const POD_LEFT: readonly string[] = [
  ...POD_CAME,
  'NodePorts',
  'NodeResourcesFit',
  'DefaultPreemption',
  'VolumeRestrictions',
];

/**
 * The plugins whose rejections the event might undo, found without looking at any waiting pod; undefined: any
 * plugin. Most events concern none: a pod's new status, a node's heartbeat.
 */
export function concernedPlugins(event: ClusterEvent): readonly string[] | undefined {
  switch (event.kind) {
    case 'node': {
      const { old, now } = event;
      if (now === undefined) return ['PodTopologySpread'];
      if (old === undefined) return undefined;
      const isSame =
        old.spec.unschedulable === now.spec.unschedulable &&
        jsonEqual(old.metadata.labels, now.metadata.labels) &&
        jsonEqual(old.spec.taints, now.spec.taints) &&
        jsonEqual(old.status?.allocatable, now.status?.allocatable);
      return isSame ? NO_PLUGINS : undefined;
    }
    case 'assigned-pod': {
      const { old, now } = event;
      if (now === undefined || isTerminal(now)) return POD_LEFT;
      const isSame =
        old !== undefined &&
        old.metadata.deletionTimestamp === now.metadata.deletionTimestamp &&
        jsonEqual(old.metadata.labels, now.metadata.labels);
      return isSame ? NO_PLUGINS : POD_CAME;
    }
    case 'own-pod':
    case 'storage':
      return undefined;
    case 'namespace':
      return ['InterPodAffinity'];
  }
}

/** Whether the event could help the pod with what this plugin found wrong. */
export function mayHelp(event: ClusterEvent, pod: PodInfo, plugin: string): boolean {
  switch (event.kind) {
    case 'node':
      return nodeMayHelp(event.old, event.now, pod, plugin);
    case 'assigned-pod':
      return assignedPodMayHelp(event.old, event.now, pod, plugin);
    case 'own-pod':
      return keyOf(event.now) === pod.key && ownChangeMayHelp(event.old, event.now, plugin);
    case 'storage':
      return storageMayHelp(event.object, pod, plugin);
    case 'namespace':
      return plugin === 'InterPodAffinity';
  }
}

function nodeMayHelp(
  old: Node | undefined,
  now: Node | undefined,
  pod: PodInfo,
  plugin: string,
): boolean {
  if (now === undefined) return plugin === 'PodTopologySpread' && old !== undefined;
  const isNew = old === undefined;
  const labelsChanged = !jsonEqual(old?.metadata.labels, now.metadata.labels);
  switch (plugin) {
    case 'NodeUnschedulable':
      return now.spec.unschedulable !== true && (isNew || old.spec.unschedulable === true);
    case 'NodeName':
      return isNew;
    case 'TaintToleration': {
      if (!isNew && jsonEqual(old.spec.taints, now.spec.taints)) return false;
      const { tolerations } = pod.pod.spec;
      const effects = ['NoSchedule', 'NoExecute'] as const;
      return findUntoleratedTaint(now.spec.taints, tolerations, effects) === undefined;
    }
    case 'NodeAffinity':
      if (!isNew && !labelsChanged) return false;
      return matchesRequiredNodeAffinity(pod.pod, now);
    case 'NodePorts':
      return isNew;
    case 'NodeResourcesFit':
      if (!isNew && jsonEqual(old.status?.allocatable, now.status?.allocatable)) return false;
      return !insufficientAllocatable(pod.shape?.template.requests ?? podRequests(pod.pod), now);
    case 'VolumeBinding':
    case 'VolumeZone':
    case 'VolumeRestrictions':
      return isNew || labelsChanged;
    case 'PodTopologySpread':
      if (!isNew && !labelsChanged && jsonEqual(old.spec.taints, now.spec.taints)) return false;
      return (
        hasAnyTopologyKey(pod.pod, now) || (old !== undefined && hasAnyTopologyKey(pod.pod, old))
      );
    case 'InterPodAffinity': {
      if (!isNew && !labelsChanged) return false;
      const { requiredAffinity, requiredAntiAffinity } = termsOf(pod);
      const terms = [...requiredAffinity, ...requiredAntiAffinity];
      const labels = now.metadata.labels ?? {};
      return (
        requiredAffinity.length === 0 ||
        terms.some(({ topologyKey }) => labels[topologyKey] !== undefined)
      );
    }
    default:
      return true;
  }
}

function assignedPodMayHelp(
  old: Pod | undefined,
  now: Pod | undefined,
  pod: PodInfo,
  plugin: string,
): boolean {
  const hasLeft = now === undefined || isTerminal(now);
  const other = (now ?? old) as Pod;
  const { labels, namespace = 'default' } = other.metadata;
  const labelsChanged =
    old !== undefined && now !== undefined && !jsonEqual(old.metadata.labels, now.metadata.labels);
  switch (plugin) {
    case 'NodePorts':
      return (
        hasLeft && portsOf(pod).some((port) => hostPortsOf(other).some((p) => p.port === port.port))
      );
    case 'NodeResourcesFit':
    case 'DefaultPreemption':
    case 'VolumeRestrictions':
      return hasLeft;
    case 'PodTopologySpread': {
      if (namespace !== pod.namespace) return false;
      if (labelsChanged) return true;
      const startsLeaving =
        old?.metadata.deletionTimestamp === undefined &&
        now?.metadata.deletionTimestamp !== undefined;
      if (old !== undefined && !hasLeft && !startsLeaving) return false;
      return matchesAnyConstraint(pod.pod, other);
    }
    case 'InterPodAffinity': {
      const { requiredAffinity, requiredAntiAffinity } = termsOf(pod);
      const labelled = { namespace, labels };
      if (hasLeft) {
        return (
          requiredAntiAffinity.some((term) => matchesTerm(term, labelled, undefined)) ||
          podTermsOf(other).requiredAntiAffinity.length > 0
        );
      }
      if (old !== undefined && !labelsChanged) return false;
      return (
        requiredAffinity.some((term) => matchesTerm(term, labelled, {})) ||
        (labelsChanged && requiredAntiAffinity.length > 0)
      );
    }
    default:
      return false;
  }
}

function termsOf({ shape, pod }: PodInfo): PodTerms {
  return shape?.terms ?? podTermsOf(pod);
}

function portsOf({ shape, pod }: PodInfo): readonly HostPort[] {
  return shape?.template.hostPorts ?? hostPortsOf(pod);
}

function ownChangeMayHelp(old: Pod, now: Pod, plugin: string): boolean {
  const labelsChanged = !jsonEqual(old.metadata.labels, now.metadata.labels);
  switch (plugin) {
    case 'SchedulingGates':
      return (now.spec.schedulingGates ?? []).length === 0;
    case 'TaintToleration':
    case 'NodeUnschedulable':
      return !jsonEqual(old.spec.tolerations, now.spec.tolerations);
    case 'PodTopologySpread':
    case 'InterPodAffinity':
      return labelsChanged;
    case 'NodeAffinity':
      return (
        !jsonEqual(old.spec.affinity, now.spec.affinity) ||
        !jsonEqual(old.spec.nodeSelector, now.spec.nodeSelector)
      );
    case 'NodeResourcesFit':
      return !jsonEqual(old.spec.containers, now.spec.containers);
    default:
      return false;
  }
}

function storageMayHelp(object: KubeObject, pod: PodInfo, plugin: string): boolean {
  if (!plugin.startsWith('Volume')) return false;
  if (object.kind !== 'PersistentVolumeClaim') return true;
  if (object.metadata.namespace !== pod.namespace) return false;
  return (pod.pod.spec.volumes ?? []).some(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === object.metadata.name,
  );
}
