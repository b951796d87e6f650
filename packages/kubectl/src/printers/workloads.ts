/**
 * Deployments, ReplicaSets, StatefulSets, DaemonSets and ControllerRevisions in `kubectl get`.
 */
import {
  type ControllerRevision,
  type DaemonSet,
  type Deployment,
  type KubeObject,
  type PodTemplateSpec,
  type ReplicaSet,
  type StatefulSet,
  controllerOf,
} from '@podwire/api';
import { formatLabels } from '../json-value.ts';
import { age, containerCells, selectorCell } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

const WIDE = 'Containers|Images|Selector';

export const deploymentPrinter: TablePrinter = {
  columns: columns('Name|Ready|Up-to-date|Available|Age', WIDE),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec, status } = object as Deployment;
    return [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      String(status?.updatedReplicas ?? 0),
      String(status?.availableReplicas ?? 0),
      age(object, nowNs),
      ...containerCells(spec.template),
      selectorCell(spec.selector),
    ];
  },
};

export const replicaSetPrinter: TablePrinter = replicasPrinter(
  (object) => object as ReplicaSet,
  ({ spec }) => selectorCell(spec.selector),
);

interface Replicated {
  readonly spec: { readonly replicas?: number; readonly template?: PodTemplateSpec };
  readonly status?: { readonly replicas?: number; readonly readyReplicas?: number };
}

/** ReplicaSets and ReplicationControllers differ in their selector alone. */
export function replicasPrinter<T extends Replicated>(
  read: (object: KubeObject) => T,
  selector: (object: T) => string,
): TablePrinter {
  return {
    columns: columns('Name|Desired|Current|Ready|Age', WIDE),
    cells(object: KubeObject, nowNs: number): string[] {
      const replicated = read(object);
      const { spec, status } = replicated;
      return [
        object.metadata.name,
        String(spec.replicas ?? 0),
        String(status?.replicas ?? 0),
        String(status?.readyReplicas ?? 0),
        age(object, nowNs),
        ...containerCells(spec.template),
        selector(replicated),
      ];
    },
  };
}

export const statefulSetPrinter: TablePrinter = {
  columns: columns('Name|Ready|Age', 'Containers|Images'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec, status } = object as StatefulSet;
    return [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      age(object, nowNs),
      ...containerCells(spec.template),
    ];
  },
};

export const daemonSetPrinter: TablePrinter = {
  columns: columns(
    'Name|Desired|Current|Ready|Up-to-date|Available|Node Selector|Age',
    'Containers|Images|Selector',
  ),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec, status } = object as DaemonSet;
    return [
      metadata.name,
      String(status?.desiredNumberScheduled ?? 0),
      String(status?.currentNumberScheduled ?? 0),
      String(status?.numberReady ?? 0),
      String(status?.updatedNumberScheduled ?? 0),
      String(status?.numberAvailable ?? 0),
      formatLabels(spec.template.spec.nodeSelector),
      age(object, nowNs),
      ...containerCells(spec.template),
      selectorCell(spec.selector),
    ];
  },
};

export const controllerRevisionPrinter: TablePrinter = {
  columns: columns('Name|Controller|Revision|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const revision = object as ControllerRevision;
    const owner = controllerOf(revision);
    const group =
      owner?.apiVersion.includes('/') === true ? `.${owner.apiVersion.split('/')[0] ?? ''}` : '';
    return [
      revision.metadata.name,
      owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}${group}/${owner.name}`,
      String(revision.revision),
      age(revision, nowNs),
    ];
  },
};
