/**
 * What a proxy's controller watches, and whether what changed needs a reload or concerns endpoints only.
 */
import {
  type ApiClient,
  type EndpointSlice,
  Informer,
  type Ingress,
  type IngressClass,
  type InformerOptions,
  type KubeObject,
  type Pod,
  type Route,
  type Secret,
  type Service,
  makeKey,
} from '@podwire/api';
import { type HostSim, type Proc, type Process, Signal } from '@podwire/engine';
import type { ClusterView } from './endpoints.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

export class EdgeWatch implements ClusterView {
  readonly #sim: HostSim;
  readonly #client: ApiClient;
  readonly #processes: Process[] = [];
  readonly #all: Informer<KubeObject>[] = [];
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  #byService: Map<string, EndpointSlice[]> | undefined;
  /** Notified after changes that count. */
  readonly changed: Signal = new Signal();
  /** Counts changes that need a new configuration, and those of services and endpoints. */
  configVersion = 0;
  endpointsVersion = 0;

  constructor(sim: HostSim, client: ApiClient) {
    this.#sim = sim;
    this.#client = client;
    const onEndpoints = (): void => {
      this.endpointsVersion++;
    };
    this.#services = this.informer<Service>({ resource: 'services' }, onEndpoints);
    this.#slices = this.informer<EndpointSlice>({ resource: 'endpointslices' }, () => {
      this.#byService = undefined;
      onEndpoints();
    });
  }

  ingresses(): Informer<Ingress> {
    return this.informer<Ingress>({ resource: 'ingresses' }, () => this.configVersion++);
  }

  ingressClasses(): Informer<IngressClass> {
    return this.informer<IngressClass>({ resource: 'ingressclasses' }, () => this.configVersion++);
  }

  routes(): Informer<Route> {
    return this.informer<Route>({ resource: 'routes' }, () => this.configVersion++);
  }

  secrets(): Informer<Secret> {
    return this.informer<Secret>({ resource: 'secrets' }, () => this.configVersion++);
  }

  pods(namespace: string, labelSelector: string): Informer<Pod> {
    return this.informer<Pod>({ resource: 'pods', namespace, labelSelector }, () => undefined);
  }

  informer<T extends KubeObject>(options: InformerOptions, onChange: () => void): Informer<T> {
    const informer = new Informer<T>(this.#client, this.#sim, options);
    const note = (): void => {
      onChange();
      this.changed.notify();
    };
    // A proxy's own writes of status come back here: they change nothing.
    const noteUpdate = (now: T, old: T): void => {
      if (isNewDesire(now, old)) note();
      else this.changed.notify();
    };
    informer.subscribe({ add: note, update: noteUpdate, delete: note });
    this.#processes.push(this.#sim.spawn(`watch ${options.resource}`, informer.run()));
    this.#all.push(informer as unknown as Informer<KubeObject>);
    return informer;
  }

  *synced(): Proc {
    for (const informer of this.#all) {
      while (!informer.isSynced) yield* informer.synced.wait();
    }
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get(namespace, name);
  }

  slices(namespace: string, service: string): readonly EndpointSlice[] {
    this.#byService ??= this.#group();
    return this.#byService.get(makeKey(namespace, service)) ?? [];
  }

  stop(): void {
    for (const process of this.#processes) process.cancel();
  }

  #group(): Map<string, EndpointSlice[]> {
    const groups = new Map<string, EndpointSlice[]>();
    for (const slice of this.#slices.items.values()) {
      const { namespace, labels } = slice.metadata;
      const key = makeKey(namespace, labels?.[SERVICE_LABEL] ?? '');
      const list = groups.get(key);
      if (list === undefined) groups.set(key, [slice]);
      else list.push(slice);
    }
    return groups;
  }
}

/** Whether more than the status changed. */
function isNewDesire(now: KubeObject, old: KubeObject): boolean {
  const [a, b] = [now as object as Fields, old as object as Fields];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (key === 'status') continue;
    if (key !== 'metadata') {
      if (a[key] !== b[key] && JSON.stringify(a[key]) !== JSON.stringify(b[key])) return true;
    } else if (JSON.stringify(metaOf(now)) !== JSON.stringify(metaOf(old))) return true;
  }
  return false;
}

type Fields = Readonly<Record<string, unknown>>;

function metaOf({ metadata }: KubeObject): unknown {
  const { labels, annotations, uid } = metadata;
  return { labels, annotations, uid };
}
