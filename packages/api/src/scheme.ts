/**
 * The kinds of the API: names, scope, subresources. One entry is all that a kind needs to be known.
 */
export interface KindInfo {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
  /** False: the object is stored and served, but nothing in the model acts on it (PW2005). */
  readonly isModelled: boolean;
}

type KindEntry = Partial<Omit<KindInfo, 'kind' | 'plural'>>;

function entry(kind: string, plural: string, rest: KindEntry = {}): KindInfo {
  return {
    group: '',
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    isNamespaced: true,
    categories: [],
    subresources: [],
    isModelled: true,
    ...rest,
  };
}

const ALL = ['all'];

/** Every kind that the API server serves, in the order of `kubectl api-resources`. */
const KINDS: readonly KindInfo[] = [
  entry('ConfigMap', 'configmaps', { shortNames: ['cm'] }),
  entry('Endpoints', 'endpoints', { shortNames: ['ep'] }),
  entry('Event', 'events', { shortNames: ['ev'] }),
  entry('Namespace', 'namespaces', {
    shortNames: ['ns'],
    isNamespaced: false,
    subresources: ['status', 'finalize'],
  }),
  entry('Node', 'nodes', { shortNames: ['no'], isNamespaced: false, subresources: ['status'] }),
  entry('PersistentVolumeClaim', 'persistentvolumeclaims', {
    shortNames: ['pvc'],
    subresources: ['status'],
  }),
  entry('PersistentVolume', 'persistentvolumes', {
    shortNames: ['pv'],
    isNamespaced: false,
    subresources: ['status'],
  }),
  entry('Pod', 'pods', {
    shortNames: ['po'],
    categories: ALL,
    subresources: ['status', 'binding', 'eviction', 'ephemeralcontainers', 'log', 'exec', 'attach'],
  }),
  entry('Secret', 'secrets'),
  entry('ServiceAccount', 'serviceaccounts', { shortNames: ['sa'] }),
  entry('Service', 'services', {
    shortNames: ['svc'],
    categories: ALL,
    subresources: ['status'],
  }),
  entry('ControllerRevision', 'controllerrevisions', { group: 'apps' }),
  entry('DaemonSet', 'daemonsets', {
    group: 'apps',
    shortNames: ['ds'],
    categories: ALL,
    subresources: ['status'],
  }),
  entry('Deployment', 'deployments', {
    group: 'apps',
    shortNames: ['deploy'],
    categories: ALL,
    subresources: ['status', 'scale'],
  }),
  entry('ReplicaSet', 'replicasets', {
    group: 'apps',
    shortNames: ['rs'],
    categories: ALL,
    subresources: ['status', 'scale'],
  }),
  entry('StatefulSet', 'statefulsets', {
    group: 'apps',
    shortNames: ['sts'],
    categories: ALL,
    subresources: ['status', 'scale'],
  }),
  entry('CronJob', 'cronjobs', {
    group: 'batch',
    shortNames: ['cj'],
    categories: ALL,
    subresources: ['status'],
    isModelled: false,
  }),
  entry('Job', 'jobs', {
    group: 'batch',
    categories: ALL,
    subresources: ['status'],
    isModelled: false,
  }),
  entry('Lease', 'leases', { group: 'coordination.k8s.io' }),
  entry('EndpointSlice', 'endpointslices', { group: 'discovery.k8s.io' }),
  entry('PodDisruptionBudget', 'poddisruptionbudgets', {
    group: 'policy',
    shortNames: ['pdb'],
    subresources: ['status'],
  }),
  entry('PriorityClass', 'priorityclasses', {
    group: 'scheduling.k8s.io',
    shortNames: ['pc'],
    isNamespaced: false,
  }),
  entry('StorageClass', 'storageclasses', {
    group: 'storage.k8s.io',
    shortNames: ['sc'],
    isNamespaced: false,
  }),
];

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(info: KindInfo): string {
  return info.group === '' ? info.version : `${info.group}/${info.version}`;
}

/** `deployments.apps`, or `pods`: how error texts and `-o name` call the resource. */
export function qualifiedResource(info: KindInfo): string {
  return info.group === '' ? info.plural : `${info.plural}.${info.group}`;
}

/** The lookups over a list of kinds. */
export class Scheme {
  readonly kinds: readonly KindInfo[];
  readonly #byGvk = new Map<string, KindInfo>();
  readonly #byPlural = new Map<string, KindInfo>();
  readonly #byName = new Map<string, KindInfo>();

  constructor(kinds: readonly KindInfo[]) {
    this.kinds = kinds;
    for (const info of kinds) {
      this.#byGvk.set(`${apiVersionOf(info)}/${info.kind}`, info);
      this.#byPlural.set(info.plural, info);
      this.#byPlural.set(qualifiedResource(info), info);
      const names = [info.plural, info.singular, ...info.shortNames];
      for (const name of names) {
        for (const suffix of ['', `.${info.group}`, `.${info.version}.${info.group}`]) {
          if (!this.#byName.has(name + suffix)) this.#byName.set(name + suffix, info);
        }
      }
    }
  }

  /** By `apps/v1` and `Deployment`. */
  byKind(apiVersion: string, kind: string): KindInfo | undefined {
    return this.#byGvk.get(`${apiVersion}/${kind}`);
  }

  /** By plural (`deployments`, `deployments.apps`). */
  byResource(resource: string): KindInfo | undefined {
    return this.#byPlural.get(resource);
  }

  /** By any word that kubectl accepts: plural, singular, short name, with or without group; any case. */
  find(word: string): KindInfo | undefined {
    return this.#byName.get(word.toLowerCase());
  }

  /** The kinds of a category, as `all`. */
  category(name: string): readonly KindInfo[] {
    return this.kinds.filter((info) => info.categories.includes(name));
  }
}

export const SCHEME: Scheme = new Scheme(KINDS);
