/**
 * A snapshot made from a list of objects: for tests, tools and recorded cases.
 */
import type {
  KubeObject,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  Service,
  StatefulSet,
  StorageClass,
  StringMap,
} from '@podwire/api';
import { keyOf, selectorOfMap } from '@podwire/api';
import type { ClusterObjects } from './cluster-objects.ts';
import { LabelIndex, requiredPair } from './label-index.ts';
import { Snapshot } from './snapshot.ts';

/** A kind that the API server does not serve. */
interface ReplicationController extends KubeObject {
  readonly spec: { readonly selector?: StringMap };
}

/** Nodes come in the order of the list; pods without a node take no room. */
export function staticSnapshot(objects: Iterable<KubeObject>): Snapshot {
  const all = [...objects];
  const snapshot = new Snapshot(staticObjects(all));
  for (const object of all) if (object.kind === 'Node') snapshot.putNode(object as Node);
  for (const object of all) if (object.kind === 'Pod') snapshot.putPod(object as Pod);
  return snapshot;
}

function staticObjects(all: readonly KubeObject[]): ClusterObjects {
  const ofKind = <T extends KubeObject>(kind: string): Map<string, T> =>
    new Map(
      all.filter((object) => object.kind === kind).map((object) => [keyOf(object), object as T]),
    );
  const namespaces = new Map<string, StringMap>(
    [...ofKind<Namespace>('Namespace')].map(([name, { metadata }]) => [
      name,
      metadata.labels ?? {},
    ]),
  );
  const services = new LabelIndex<Service>();
  for (const service of ofKind<Service>('Service').values()) {
    const { metadata, spec } = service;
    const pair = requiredPair(metadata.namespace ?? 'default', selectorOfMap(spec.selector));
    if (pair !== undefined) services.add(service, pair);
  }
  const replicaSets = ofKind<ReplicaSet>('ReplicaSet');
  const statefulSets = ofKind<StatefulSet>('StatefulSet');
  const controllers = ofKind<ReplicationController>('ReplicationController');
  const claims = ofKind<PersistentVolumeClaim>('PersistentVolumeClaim');
  const volumes = ofKind<PersistentVolume>('PersistentVolume');
  const storageClasses = ofKind<StorageClass>('StorageClass');
  const budgets = [...ofKind<PodDisruptionBudget>('PodDisruptionBudget').values()];
  return {
    namespaces: () => namespaces,
    services: (namespace, labels) => {
      const found: Service[] = [];
      services.visit(namespace, labels, (service) => found.push(service));
      return found;
    },
    servicesVersion: () => 0,
    replicaSet: (namespace, name) => replicaSets.get(`${namespace}/${name}`),
    statefulSet: (namespace, name) => statefulSets.get(`${namespace}/${name}`),
    replicationController: (namespace, name) =>
      controllers.get(`${namespace}/${name}`)?.spec.selector,
    claim: (namespace, name) => claims.get(`${namespace}/${name}`),
    volume: (name) => volumes.get(name),
    volumes: () => volumes.values(),
    storageClass: (name) => storageClasses.get(name),
    disruptionBudgets: () => budgets,
  };
}
