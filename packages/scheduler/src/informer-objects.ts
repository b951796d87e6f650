/**
 * The objects that plugins read, as the scheduler's informers have seen them.
 */
import type {
  ApiClient,
  KubeObject,
  Namespace,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  ReplicaSet,
  Service,
  StatefulSet,
  StorageClass,
  StringMap,
} from '@podwire/api';
import { Informer, jsonEqual, selectorOfMap } from '@podwire/api';
import type { HostSim } from '@podwire/engine';
import type { ClusterObjects } from './cluster-objects.ts';
import { pairOf, requiredPair } from './label-index.ts';

export class InformerObjects implements ClusterObjects {
  readonly #namespaces: Informer<Namespace>;
  readonly #services: Informer<Service>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #statefulSets: Informer<StatefulSet>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #storageClasses: Informer<StorageClass>;
  readonly #budgets: Informer<PodDisruptionBudget>;
  #servicesVersion = 0;
  #namespaceLabels: ReadonlyMap<string, StringMap> | undefined;
  readonly informers: readonly Informer<KubeObject>[];

  /** `onStorage` is called when a claim, volume or storage class came or changed. */
  constructor(
    client: ApiClient,
    sim: HostSim,
    on: { storage: (object: KubeObject) => void; namespace: () => void },
  ) {
    const informers: Informer<KubeObject>[] = [];
    const add = <T extends KubeObject>(resource: string): Informer<T> => {
      const informer = new Informer<T>(client, sim, { resource });
      informers.push(informer as unknown as Informer<KubeObject>);
      return informer;
    };
    this.#namespaces = add('namespaces');
    this.#services = add('services');
    this.#replicaSets = add('replicasets');
    this.#statefulSets = add('statefulsets');
    this.#claims = add('persistentvolumeclaims');
    this.#volumes = add('persistentvolumes');
    this.#storageClasses = add('storageclasses');
    this.#budgets = add('poddisruptionbudgets');
    this.informers = informers;
    this.#services.addIndex('selector', ({ metadata, spec }) => {
      const pair = requiredPair(metadata.namespace ?? 'default', selectorOfMap(spec.selector));
      return pair === undefined ? [] : [pair];
    });
    const servicesChanged = (): void => {
      this.#servicesVersion++;
    };
    this.#services.subscribe({
      add: servicesChanged,
      update: ({ spec }, old) => {
        if (!jsonEqual(spec.selector, old.spec.selector)) servicesChanged();
      },
      delete: servicesChanged,
    });
    const forgetLabels = (): void => {
      this.#namespaceLabels = undefined;
      on.namespace();
    };
    this.#namespaces.subscribe({ add: forgetLabels, update: forgetLabels, delete: forgetLabels });
    for (const informer of [this.#claims, this.#volumes, this.#storageClasses]) {
      informer.subscribe({ add: on.storage, update: on.storage });
    }
  }

  namespaces(): ReadonlyMap<string, StringMap> {
    this.#namespaceLabels ??= new Map(
      [...this.#namespaces.items].map(([name, { metadata }]) => [name, metadata.labels ?? {}]),
    );
    return this.#namespaceLabels;
  }

  services(namespace: string, labels: StringMap): readonly Service[] {
    const found: Service[] = [];
    for (const key of Object.keys(labels)) {
      found.push(...this.#services.byIndex('selector', pairOf(namespace, key, labels[key] ?? '')));
    }
    return found;
  }

  servicesVersion(): number {
    return this.#servicesVersion;
  }

  replicaSet(namespace: string, name: string): ReplicaSet | undefined {
    return this.#replicaSets.get(namespace, name);
  }

  statefulSet(namespace: string, name: string): StatefulSet | undefined {
    return this.#statefulSets.get(namespace, name);
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(namespace, name);
  }

  volume(name: string): PersistentVolume | undefined {
    return this.#volumes.get(undefined, name);
  }

  volumes(): Iterable<PersistentVolume> {
    return this.#volumes.items.values();
  }

  storageClass(name: string): StorageClass | undefined {
    return this.#storageClasses.get(undefined, name);
  }

  disruptionBudgets(): readonly PodDisruptionBudget[] {
    return [...this.#budgets.items.values()];
  }
}
