/**
 * Volumes, claims and storage classes in `kubectl get`.
 */
import type {
  KubeObject,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '@podwire/api';
import { age } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

const MODES: ReadonlyMap<string, string> = new Map([
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]);

/** `RWO,ROX`, always in that order. */
export function accessModes(modes: readonly string[] | undefined): string {
  const given = new Set(modes ?? []);
  return [...MODES]
    .filter(([mode]) => given.has(mode))
    .map(([, short]) => short)
    .join(',');
}

export const persistentVolumeClaimPrinter: TablePrinter = {
  columns: columns(
    'Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age',
    'VolumeMode',
  ),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec, status } = object as PersistentVolumeClaim;
    const isBound = (spec.volumeName ?? '') !== '';
    return [
      metadata.name,
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      spec.volumeName ?? '',
      isBound ? (status?.capacity?.['storage'] ?? '') : '',
      isBound ? accessModes(status?.accessModes) : '',
      spec.storageClassName ?? '',
      '<unset>',
      age(object, nowNs),
      spec.volumeMode ?? '<unset>',
    ];
  },
};

export const persistentVolumePrinter: TablePrinter = {
  columns: columns(
    'Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age',
    'VolumeMode',
  ),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec, status } = object as PersistentVolume;
    const { claimRef } = spec;
    return [
      metadata.name,
      spec.capacity?.['storage'] ?? '',
      accessModes(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`,
      spec.storageClassName ?? '',
      '<unset>',
      status?.reason ?? '',
      age(object, nowNs),
      spec.volumeMode ?? '<unset>',
    ];
  },
};

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

export const storageClassPrinter: TablePrinter = {
  columns: columns('Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const storage = object as StorageClass;
    const isDefault = storage.metadata.annotations?.[DEFAULT_CLASS] === 'true';
    return [
      isDefault ? `${storage.metadata.name} (default)` : storage.metadata.name,
      storage.provisioner,
      storage.reclaimPolicy ?? 'Delete',
      storage.volumeBindingMode ?? 'Immediate',
      String(storage.allowVolumeExpansion ?? false),
      age(object, nowNs),
    ];
  },
};
