/**
 * VolumeRestrictions: a ReadWriteOncePod claim belongs to one pod; some disks to one node's pod.
 */
import type { Pod, Volume } from '@podwire/api';
import type { ClusterObjects } from '../cluster-objects.ts';
import { type Plugin, unresolvable, unschedulable } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import { claimNameOf } from './volume-claims.ts';

const NAME = 'VolumeRestrictions';
const DISK_IN_USE = unschedulable(NAME, 'node(s) had no available disk');
const CLAIM_IN_USE = unschedulable(
  NAME,
  'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
);

export const volumeRestrictions: Plugin = {
  name: NAME,
  preFilter({ snapshot, pod }) {
    const { objects } = snapshot;
    let hasDisk = false;
    let hasClaim = false;
    for (const volume of pod.pod.spec.volumes ?? []) {
      hasDisk ||= diskOf(volume) !== undefined;
      const { name, isEphemeral } = claimNameOf(pod.pod, volume) ?? { isEphemeral: true };
      if (name === undefined || isEphemeral) continue;
      hasClaim = true;
      if (objects.claim(pod.namespace, name) !== undefined) continue;
      return unresolvable(NAME, `persistentvolumeclaim ${JSON.stringify(name)} not found`);
    }
    if (!hasDisk && !hasClaim) return undefined;
    return {
      filter: (slot) => {
        const node = snapshot.info(slot);
        if (conflictsOnDisk(pod, node)) return DISK_IN_USE;
        return conflictsOnClaim(pod, node, objects) ? CLAIM_IN_USE : undefined;
      },
    };
  },
};

function conflictsOnClaim(pod: PodInfo, node: NodeInfo, objects: ClusterObjects): boolean {
  for (const claim of claimsOf(pod.pod)) {
    const modes = objects.claim(pod.namespace, claim)?.spec.accessModes ?? [];
    if (!modes.includes('ReadWriteOncePod')) continue;
    for (const other of node.pods) {
      if (other.namespace === pod.namespace && claimsOf(other.pod).includes(claim)) return true;
    }
  }
  return false;
}

function claimsOf(pod: Pod): string[] {
  const names: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const named = claimNameOf(pod, volume);
    if (named !== undefined) names.push(named.name);
  }
  return names;
}

/** A disk that a node attaches for one writer; `shareable`: several read-only pods may share it. */
interface Disk {
  readonly identity: string;
  readonly monitors?: readonly string[];
  readonly isReadOnly: boolean;
}

function conflictsOnDisk(pod: PodInfo, node: NodeInfo): boolean {
  for (const volume of pod.pod.spec.volumes ?? []) {
    const disk = diskOf(volume);
    if (disk === undefined) continue;
    for (const other of node.pods) {
      for (const volumeThere of other.pod.spec.volumes ?? []) {
        const there = diskOf(volumeThere);
        if (there?.identity !== disk.identity) continue;
        if (disk.isReadOnly && there.isReadOnly) continue;
        if (disk.monitors === undefined) return true;
        if (disk.monitors.some((monitor) => there.monitors?.includes(monitor))) return true;
      }
    }
  }
  return false;
}

/** Volume kinds that the types do not name are read as they came. */
function diskOf(volume: Volume): Disk | undefined {
  const fields = volume as unknown as {
    readonly gcePersistentDisk?: { readonly pdName?: string; readonly readOnly?: boolean };
    readonly awsElasticBlockStore?: { readonly volumeID?: string };
    readonly iscsi?: { readonly iqn?: string; readonly readOnly?: boolean };
    readonly rbd?: {
      readonly monitors?: readonly string[];
      readonly pool?: string;
      readonly image?: string;
      readonly readOnly?: boolean;
    };
  };
  const { gcePersistentDisk, awsElasticBlockStore, iscsi, rbd } = fields;
  if (gcePersistentDisk !== undefined) {
    return {
      identity: `gce/${gcePersistentDisk.pdName ?? ''}`,
      isReadOnly: gcePersistentDisk.readOnly === true,
    };
  }
  if (awsElasticBlockStore !== undefined) {
    return { identity: `aws/${awsElasticBlockStore.volumeID ?? ''}`, isReadOnly: false };
  }
  if (iscsi !== undefined) {
    return { identity: `iscsi/${iscsi.iqn ?? ''}`, isReadOnly: iscsi.readOnly === true };
  }
  if (rbd === undefined) return undefined;
  return {
    identity: `rbd/${rbd.pool ?? 'rbd'}/${rbd.image ?? ''}`,
    monitors: rbd.monitors ?? [],
    isReadOnly: rbd.readOnly === true,
  };
}
