/**
 * Services with their endpoints, put together from a version of Services and one of EndpointSlices.
 *
 * Everything here is shared by the proxies of a thread, immutable, and made from the nearest of those that
 * were made last, by what differs. What is made of the same objects is the same object, as long as nothing
 * else came between too often.
 */
import { PersistentMap, must } from '@podwire/base';
import { type EndpointSlice, type Service, compareText, jsonEqual, keyOf } from '@podwire/api';
import { type EndpointInfo, endpointsOf, serviceKeyOf } from './endpoints.ts';
import { Recent, type Standing } from './recent.ts';
import type { Seen } from './seen.ts';
import { type ServicePortInfo, keyOfPort, servicePortsOf } from './service-map.ts';

/** The ports of all Services of a version. */
export interface ServicePorts {
  /** IPv4 ports of Services that have some, by `namespace/name`. */
  readonly ports: PersistentMap<readonly ServicePortInfo[]>;
  readonly portCount: number;
  /** Those with a health check port, by keyOfPort. */
  readonly healthPorts: PersistentMap<ServicePortInfo>;
}

/** A Service that is proxied, with what its slices say. */
export interface ServiceEntry {
  readonly ports: readonly ServicePortInfo[];
  readonly slices: readonly EndpointSlice[];
  /** In order of text, by keyOfPort. */
  readonly endpoints: ReadonlyMap<string, readonly EndpointInfo[]>;
}

export interface ServiceView extends Standing {
  /** By `namespace/name`. */
  readonly entries: PersistentMap<ServiceEntry>;
  /** Endpoints summed over service ports. */
  readonly endpointCount: number;
  readonly services: ServicePorts;
}

type SlicesByService = PersistentMap<readonly EndpointSlice[]>;

/** Something made of a version of one resource. */
interface MadeOf<T, R> extends Standing {
  readonly items: PersistentMap<T>;
  readonly made: R;
}

/** Makes views; one per thread and cluster. */
export class ServiceViews {
  readonly #portsOf: WeakMap<Seen<Service>, ServicePorts> = new WeakMap();
  readonly #slicesOf: WeakMap<Seen<EndpointSlice>, SlicesByService> = new WeakMap();
  readonly #views: WeakMap<Seen<EndpointSlice>, WeakMap<ServicePorts, ServiceView>> = new WeakMap();
  readonly #lastPorts: Recent<MadeOf<Service, ServicePorts>> = new Recent();
  readonly #lastSlices: Recent<MadeOf<EndpointSlice, SlicesByService>> = new Recent();
  readonly #lastViews: Recent<ServiceView & { readonly slices: SlicesByService }> = new Recent();

  constructor() {
    const at = [0, 0] as const;
    const services = {
      ports: new PersistentMap<readonly ServicePortInfo[]>(),
      portCount: 0,
      healthPorts: new PersistentMap<ServicePortInfo>(),
    };
    const slices: SlicesByService = new PersistentMap();
    this.#lastPorts.add({ at, items: new PersistentMap(), made: services });
    this.#lastSlices.add({ at, items: new PersistentMap(), made: slices });
    this.#lastViews.add({ at, entries: new PersistentMap(), endpointCount: 0, services, slices });
  }

  /** The service ports of a version of Services. */
  ports(seen: Seen<Service>): ServicePorts {
    let found = this.#portsOf.get(seen);
    if (found === undefined) {
      const at = [seen.version, 0] as const;
      const last = must(this.#lastPorts.nearest(at), 'there is always one');
      found = nextPorts(last.made, last.items, seen.items);
      this.#lastPorts.add({ at, items: seen.items, made: found });
      this.#portsOf.set(seen, found);
    }
    return found;
  }

  /** The slices of each Service. */
  slices(seen: Seen<EndpointSlice>): SlicesByService {
    let found = this.#slicesOf.get(seen);
    if (found === undefined) {
      const at = [0, seen.version] as const;
      const last = must(this.#lastSlices.nearest(at), 'there is always one');
      found = nextSlices(last.made, last.items, seen.items);
      this.#lastSlices.add({ at, items: seen.items, made: found });
      this.#slicesOf.set(seen, found);
    }
    return found;
  }

  view(services: Seen<Service>, slices: Seen<EndpointSlice>): ServiceView {
    const ports = this.ports(services);
    let views = this.#views.get(slices);
    if (views === undefined) {
      views = new WeakMap();
      this.#views.set(slices, views);
    }
    let view = views.get(ports);
    if (view === undefined) {
      const at = [services.version, slices.version] as const;
      const byService = this.slices(slices);
      const last = must(this.#lastViews.nearest(at), 'there is always one');
      view = { at, ...nextView(last, last.slices, ports, byService) };
      this.#lastViews.add({ ...view, slices: byService });
      views.set(ports, view);
    }
    return view;
  }
}

/** Services whose ports or slices are not the same in two pairs of versions. */
export function changedServices(
  views: ServiceViews,
  before: readonly [Seen<Service>, Seen<EndpointSlice>],
  after: readonly [Seen<Service>, Seen<EndpointSlice>],
): Set<string> {
  const changed = new Set<string>();
  const note = (key: string): void => {
    changed.add(key);
  };
  views.ports(before[0]).ports.diff(views.ports(after[0]).ports, note);
  views.slices(before[1]).diff(views.slices(after[1]), note);
  return changed;
}

/** Whether a proxy would see other ports: not every change of a Service is one. */
export function hasOtherPorts(before: ServicePorts, after: ServicePorts): boolean {
  let found = false;
  before.ports.diff(after.ports, (_key, old, ports) => {
    found ||= !jsonEqual(old, ports);
  });
  return found;
}

function nextPorts(
  last: ServicePorts,
  before: PersistentMap<Service>,
  after: PersistentMap<Service>,
): ServicePorts {
  const changes = new Map<string, readonly ServicePortInfo[] | undefined>();
  const health = new Map<string, ServicePortInfo | undefined>();
  let { portCount } = last;
  before.diff(after, (key, _old, service) => {
    const old = last.ports.get(key) ?? [];
    const ports = service === undefined ? [] : portsOf(service);
    // Only what the proxy uses counts as a change of a Service.
    if (jsonEqual(ports, old)) return;
    changes.set(key, ports.length === 0 ? undefined : ports);
    portCount += ports.length - old.length;
    for (const info of old)
      if (info.healthCheckNodePort !== 0) health.set(keyOfPort(info), undefined);
    for (const info of ports) if (info.healthCheckNodePort !== 0) health.set(keyOfPort(info), info);
  });
  if (changes.size === 0) return last;
  return {
    ports: last.ports.with(changes),
    portCount,
    healthPorts: last.healthPorts.with(health),
  };
}

function nextSlices(
  last: SlicesByService,
  before: PersistentMap<EndpointSlice>,
  after: PersistentMap<EndpointSlice>,
): SlicesByService {
  const lists = new Map<string, Map<string, EndpointSlice>>();
  const listOf = (service: string): Map<string, EndpointSlice> => {
    let list = lists.get(service);
    if (list === undefined) {
      list = new Map((last.get(service) ?? []).map((slice) => [keyOf(slice), slice]));
      lists.set(service, list);
    }
    return list;
  };
  before.diff(after, (key, old, slice) => {
    if (old !== undefined) listOf(serviceKeyOf(old)).delete(key);
    if (slice !== undefined) listOf(serviceKeyOf(slice)).set(key, slice);
  });
  const changes = new Map<string, readonly EndpointSlice[] | undefined>();
  for (const [service, list] of lists) {
    const sorted = [...list].sort(([left], [right]) => compareText(left, right));
    const slices = sorted.map(([, slice]) => slice);
    changes.set(service, slices.length === 0 ? undefined : sameSlices(slices));
  }
  return last.with(changes);
}

function nextView(
  last: ServiceView,
  lastSlices: SlicesByService,
  services: ServicePorts,
  slices: SlicesByService,
): Omit<ServiceView, 'at'> {
  const changed = new Set<string>();
  last.services.ports.diff(services.ports, (key) => changed.add(key));
  lastSlices.diff(slices, (key) => changed.add(key));
  const entries = new Map<string, ServiceEntry | undefined>();
  let { endpointCount } = last;
  for (const key of changed) {
    const ports = services.ports.get(key);
    const old = last.entries.get(key);
    const entry = ports === undefined ? undefined : makeEntry(ports, slices.get(key) ?? []);
    endpointCount += countEndpoints(entry) - countEndpoints(old);
    if (entry !== old) entries.set(key, entry);
  }
  return { entries: last.entries.with(entries), endpointCount, services };
}

const PORTS = new WeakMap<Service, readonly ServicePortInfo[]>();

function portsOf(service: Service): readonly ServicePortInfo[] {
  let ports = PORTS.get(service);
  if (ports === undefined) {
    ports = servicePortsOf(service).filter(isIpv4Port);
    PORTS.set(service, ports);
  }
  return ports;
}

/** Lists that began with a slice, and entries made of a list, are kept so far: nodes lag by a few. */
const KEPT_MAX = 4;
const LISTS = new WeakMap<EndpointSlice, (readonly EndpointSlice[])[]>();
const ENTRIES = new WeakMap<object, ServiceEntry[]>();

/** The list that was made of the same slices, if it still is known, else this one. */
function sameSlices(slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  const isSame = (one: readonly EndpointSlice[]): boolean =>
    one.length === slices.length && one.every((slice, at) => slice === slices[at]);
  const [first] = slices;
  return first === undefined ? slices : keep(LISTS, first, isSame, () => slices);
}

function makeEntry(
  ports: readonly ServicePortInfo[],
  slices: readonly EndpointSlice[],
): ServiceEntry {
  const key = slices.length === 0 ? ports : slices;
  return keep(
    ENTRIES,
    key,
    (one) => one.ports === ports,
    () => ({ ports, slices, endpoints: endpointsOf(slices) }),
  );
}

/** What is known under a key and fits, else what is made. */
export function keep<K extends object, V>(
  kept: WeakMap<K, V[]>,
  key: K,
  fits: (one: V) => boolean,
  make: () => V,
): V {
  let known = kept.get(key);
  if (known === undefined) {
    known = [];
    kept.set(key, known);
  }
  const found = known.find(fits);
  if (found !== undefined) return found;
  const made = make();
  known.push(made);
  if (known.length > KEPT_MAX) known.shift();
  return made;
}

function countEndpoints(entry: ServiceEntry | undefined): number {
  let count = 0;
  for (const info of entry?.ports ?? [])
    count += entry?.endpoints.get(keyOfPort(info))?.length ?? 0;
  return count;
}

function isIpv4Port(info: ServicePortInfo): boolean {
  return !info.clusterIP.includes(':');
}
