/**
 * What a proxy's controller watches, and whether what changed needs a reload or concerns endpoints only.
 */
import {
  type ApiClient,
  type EndpointSlice,
  type Informer,
  type Ingress,
  type IngressClass,
  type Namespace,
  type Pod,
  type Route,
  type Secret,
  type Service,
  makeKey,
} from '@podwire/api';
import type { HostSim } from '@podwire/engine';
import type { ClusterView } from './endpoints.ts';
import { WatchSet } from './watch-set.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

export class EdgeWatch extends WatchSet implements ClusterView {
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  #byService: Map<string, EndpointSlice[]> | undefined;
  /** Counts changes that need a new configuration, and those of services and endpoints. */
  configVersion = 0;
  endpointsVersion = 0;

  constructor(sim: HostSim, client: ApiClient) {
    super(sim, client);
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

  namespaces(): Informer<Namespace> {
    return this.informer<Namespace>({ resource: 'namespaces' }, () => this.configVersion++);
  }

  pods(namespace: string, labelSelector: string): Informer<Pod> {
    return this.informer<Pod>({ resource: 'pods', namespace, labelSelector }, () => undefined);
  }

  get services(): ReadonlyMap<string, Service> {
    return this.#services.items;
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get(namespace, name);
  }

  slices(namespace: string, service: string): readonly EndpointSlice[] {
    this.#byService ??= this.#group();
    return this.#byService.get(makeKey(namespace, service)) ?? [];
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
