/**
 * Objects other than nodes and pods that plugins read.
 */
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  ReplicaSet,
  Service,
  StatefulSet,
  StorageClass,
  StringMap,
} from '@podwire/api';

export interface ClusterObjects {
  /** Labels by name; another map after every change. */
  namespaces(): ReadonlyMap<string, StringMap>;
  /** Services of the namespace that may select pods with these labels, at least all that do. */
  services(namespace: string, labels: StringMap): readonly Service[];
  /** Moves when a service came, went or changed its selector. */
  servicesVersion(): number;
  replicaSet(namespace: string, name: string): ReplicaSet | undefined;
  statefulSet(namespace: string, name: string): StatefulSet | undefined;
  /** The labels that a ReplicationController selects. */
  replicationController?(namespace: string, name: string): StringMap | undefined;
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumes(): Iterable<PersistentVolume>;
  storageClass(name: string): StorageClass | undefined;
  disruptionBudgets(): readonly PodDisruptionBudget[];
}
