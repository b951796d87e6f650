/**
 * What a pod's claims decide: which are bound, which wait for a node, which can't be used.
 *
 * Copies kube-scheduler's volumebinding binder, without provisioning.
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '@podwire/api';
import { matchesSelector, selectorOf } from '@podwire/api';
import type { ClusterObjects } from '../cluster-objects.ts';
import type { NodeInfo } from '../node-info.ts';
import { amountOf } from '../resources.ts';
import { matchesNodeSelector } from './node-selector.ts';

const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** The name of the claim behind a volume; generic ephemeral volumes own one named after pod and volume. */
export function claimNameOf(
  pod: Pod,
  volume: Volume,
): { readonly name: string; readonly isEphemeral: boolean } | undefined {
  if (volume.persistentVolumeClaim !== undefined) {
    return { name: volume.persistentVolumeClaim.claimName, isEphemeral: false };
  }
  if ('ephemeral' in volume && volume['ephemeral'] !== undefined) {
    return { name: `${pod.metadata.name}-${volume.name}`, isEphemeral: true };
  }
  return undefined;
}

export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** They are bound once a node is chosen (WaitForFirstConsumer). */
  readonly waiting: readonly PersistentVolumeClaim[];
  /** They should be bound already. */
  readonly immediate: readonly PersistentVolumeClaim[];
}

/** The claims of a pod by state; a text is why the pod can't be placed at all. */
export function podClaims(objects: ClusterObjects, pod: Pod): PodClaims | string {
  const bound: PersistentVolumeClaim[] = [];
  const waiting: PersistentVolumeClaim[] = [];
  const immediate: PersistentVolumeClaim[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const named = claimNameOf(pod, volume);
    if (named === undefined) continue;
    const claim = objects.claim(pod.metadata.namespace ?? 'default', named.name);
    const quoted = JSON.stringify(named.name);
    if (claim === undefined) {
      return named.isEphemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
        : `persistentvolumeclaim ${quoted} not found`;
    }
    const volumeName = claim.spec.volumeName ?? '';
    if (claim.status?.phase === 'Lost') {
      return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(volumeName)}`;
    }
    if (claim.metadata.deletionTimestamp !== undefined) {
      return `persistentvolumeclaim ${quoted} is being deleted`;
    }
    if (volumeName !== '' && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) {
      bound.push(claim);
    } else if (volumeName === '' && isDelayed(objects, claim)) {
      waiting.push(claim);
    } else {
      immediate.push(claim);
    }
  }
  return { bound, waiting, immediate };
}

export function storageClassNameOf(claim: PersistentVolumeClaim): string {
  return claim.metadata.annotations?.[CLASS_ANNOTATION] ?? claim.spec.storageClassName ?? '';
}

function isDelayed(objects: ClusterObjects, claim: PersistentVolumeClaim): boolean {
  const name = storageClassNameOf(claim);
  return name !== '' && objects.storageClass(name)?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** Why the node does not suit the claims, in upstream's order of reasons; empty when it does. */
export function claimConflicts(
  objects: ClusterObjects,
  claims: PodClaims,
  node: NodeInfo,
): string[] {
  const reasons: string[] = [];
  let isAffinityMet = true;
  for (const claim of claims.bound) {
    const volume = objects.volume(claim.spec.volumeName ?? '');
    if (volume === undefined) {
      return ['node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'];
    }
    if (!matchesVolumeAffinity(volume, node)) isAffinityMet = false;
  }
  if (!isAffinityMet) reasons.push('node(s) had volume node affinity conflict');
  if (!canBindWaiting(objects, claims.waiting, node)) {
    reasons.push("node(s) didn't find available persistent volumes to bind");
  }
  return reasons;
}

function matchesVolumeAffinity(volume: PersistentVolume, node: NodeInfo): boolean {
  const required = volume.spec.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node.node);
}

/** Small claims choose first, each the smallest volume that will do; the rest must be provisionable. */
function canBindWaiting(
  objects: ClusterObjects,
  claims: readonly PersistentVolumeClaim[],
  node: NodeInfo,
): boolean {
  const toMatch: PersistentVolumeClaim[] = [];
  const toProvision: PersistentVolumeClaim[] = [];
  for (const claim of claims) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (selected === undefined) toMatch.push(claim);
    else if (selected === node.name) toProvision.push(claim);
    else return false;
  }
  const taken = new Set<string>();
  for (const claim of toMatch.sort((a, b) => storageOf(a) - storageOf(b))) {
    const volume = findVolume(objects, claim, node, taken);
    if (volume === undefined) toProvision.push(claim);
    else taken.add(volume.metadata.name);
  }
  return toProvision.every((claim) => canProvision(objects, claim, node));
}

function storageOf(claim: PersistentVolumeClaim): number {
  return amountOf(claim.spec.resources?.requests, 'storage') ?? 0;
}

function findVolume(
  objects: ClusterObjects,
  claim: PersistentVolumeClaim,
  node: NodeInfo,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  const className = storageClassNameOf(claim);
  const selector = claim.spec.selector === undefined ? undefined : selectorOf(claim.spec.selector);
  const wanted = storageOf(claim);
  let best: PersistentVolume | undefined;
  let bestSize = Infinity;
  for (const volume of objects.volumes()) {
    const { spec, metadata } = volume;
    if (taken.has(metadata.name) || metadata.deletionTimestamp !== undefined) continue;
    if ((spec.storageClassName ?? '') !== className) continue;
    if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) continue;
    const size = amountOf(spec.capacity, 'storage') ?? 0;
    if (size < wanted || !matchesVolumeAffinity(volume, node)) continue;
    const { claimRef } = spec;
    if (claimRef !== undefined) {
      const isOurs =
        claimRef.name === claim.metadata.name &&
        claimRef.namespace === (claim.metadata.namespace ?? 'default') &&
        (claimRef.uid === undefined || claimRef.uid === '' || claimRef.uid === claim.metadata.uid);
      if (isOurs) return volume;
      continue;
    }
    if (volume.status?.phase !== 'Available') continue;
    if (selector !== undefined && !matchesSelector(selector, metadata.labels)) continue;
    const modes = spec.accessModes ?? [];
    if (claim.spec.accessModes?.every((mode) => modes.includes(mode)) === false) continue;
    if (size < bestSize) {
      best = volume;
      bestSize = size;
    }
  }
  return best;
}

function canProvision(
  objects: ClusterObjects,
  claim: PersistentVolumeClaim,
  node: NodeInfo,
): boolean {
  const storageClass = objects.storageClass(storageClassNameOf(claim));
  if (storageClass === undefined) return false;
  if (storageClass.provisioner === '' || storageClass.provisioner === NO_PROVISIONER) return false;
  const topologies = storageClass.allowedTopologies ?? [];
  if (topologies.length === 0) return true;
  return topologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => {
      const value = node.label(key);
      return value !== undefined && values.includes(value);
    }),
  );
}
