/**
 * Namespaces, ConfigMaps, Secrets and ServiceAccounts in `kubectl get`.
 */
import type { ConfigMap, KubeObject, Namespace, Secret, ServiceAccount } from '@podwire/api';
import { age } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

export const namespacePrinter: TablePrinter = {
  columns: columns('Name|Status|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const namespace = object as Namespace;
    return [namespace.metadata.name, namespace.status?.phase ?? '', age(namespace, nowNs)];
  },
};

export const configMapPrinter: TablePrinter = {
  columns: columns('Name|Data|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, data, binaryData } = object as ConfigMap;
    return [metadata.name, String(sizeOf(data) + sizeOf(binaryData)), age(object, nowNs)];
  },
};

export const secretPrinter: TablePrinter = {
  columns: columns('Name|Type|Data|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, type, data } = object as Secret;
    return [metadata.name, type ?? '', String(sizeOf(data)), age(object, nowNs)];
  },
};

export const serviceAccountPrinter: TablePrinter = {
  columns: columns('Name|Secrets|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, secrets } = object as ServiceAccount;
    return [metadata.name, String(secrets?.length ?? 0), age(object, nowNs)];
  },
};

function sizeOf(map: object | undefined): number {
  return map === undefined ? 0 : Object.keys(map).length;
}
