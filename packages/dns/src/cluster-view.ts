/**
 * What the DNS server knows of the cluster: Services, EndpointSlices, Namespaces and Pods, indexed by
 * name and address. Informers feed `ClusterIndex`; the kubernetes plugin only reads the view.
 */
import type { EndpointSlice, Namespace, Pod, Service } from '@podwire/api';
import { type Ip, parseIp } from '@podwire/base';

export interface ViewEndpoint {
  readonly ip: Ip;
  readonly ipText: string;
  readonly hostname: string;
  /** Name of the pod, if shorter than 64 characters. */
  readonly targetName: string;
}

export interface ViewPort {
  readonly name: string;
  readonly protocol: string;
  /** -1: the object declares no ports. */
  readonly port: number;
}

/** The ready endpoints of one slice. */
export interface ViewSlice {
  readonly namespace: string;
  readonly service: string;
  readonly endpoints: readonly ViewEndpoint[];
  readonly ports: readonly ViewPort[];
}

export interface ViewService {
  readonly namespace: string;
  readonly name: string;
  readonly isExternal: boolean;
  readonly externalName: string;
  readonly isHeadless: boolean;
  readonly clusterIps: readonly Ip[];
  readonly ports: readonly ViewPort[];
}

export interface ClusterView {
  readonly isSynced: boolean;
  /** Unix time of the last change of anything that DNS shows; 0 before the first. */
  readonly serial: number;
  hasNamespace(name: string): boolean;
  services(): readonly ViewService[];
  service(namespace: string, name: string): ViewService | undefined;
  slices(namespace: string, service: string): readonly ViewSlice[];
  servicesByIp(ip: Ip): readonly ViewService[];
  slicesByIp(ip: Ip): readonly ViewSlice[];
  /** Namespaces of the pods with this address; only where pods are watched. */
  podNamespacesByIp(ip: Ip): readonly string[];
}

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
/** Longest pod name that is kept (kubernetes/object/endpoint.go). */
const TARGET_NAME_CHARS_MAX = 63;

export class ClusterIndex implements ClusterView {
  serial = 0;
  #isSynced: () => boolean = () => false;
  readonly #namespaces = new Set<string>();
  readonly #services = new Map<string, ViewService>();
  /** Slices by object key, and which of them belong to a service. */
  readonly #slices = new Map<string, ViewSlice>();
  readonly #slicesOfService = new Map<string, Map<string, ViewSlice>>();
  readonly #pods = new Map<string, { readonly namespace: string; readonly ips: readonly Ip[] }>();
  readonly #servicesByIp = new Map<Ip, Map<string, ViewService>>();
  readonly #slicesByIp = new Map<Ip, Map<string, ViewSlice>>();
  readonly #podsByIp = new Map<Ip, Map<string, string>>();

  get isSynced(): boolean {
    return this.#isSynced();
  }

  /** Says how to know whether all that is watched has been listed. */
  syncedBy(isSynced: () => boolean): void {
    this.#isSynced = isSynced;
  }

  /** Forgets everything: other watches begin. */
  clear(): void {
    this.#isSynced = () => false;
    this.#namespaces.clear();
    this.#services.clear();
    this.#slices.clear();
    this.#slicesOfService.clear();
    this.#pods.clear();
    this.#servicesByIp.clear();
    this.#slicesByIp.clear();
    this.#podsByIp.clear();
  }

  /** Notes that something DNS shows has changed at this Unix time. */
  touch(unixSec: number): void {
    this.serial = unixSec;
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }

  services(): readonly ViewService[] {
    return [...this.#services.values()];
  }

  service(namespace: string, name: string): ViewService | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }

  slices(namespace: string, service: string): readonly ViewSlice[] {
    return [...(this.#slicesOfService.get(`${namespace}/${service}`)?.values() ?? [])];
  }

  servicesByIp(ip: Ip): readonly ViewService[] {
    return [...(this.#servicesByIp.get(ip)?.values() ?? [])];
  }

  slicesByIp(ip: Ip): readonly ViewSlice[] {
    return [...(this.#slicesByIp.get(ip)?.values() ?? [])];
  }

  podNamespacesByIp(ip: Ip): readonly string[] {
    return [...(this.#podsByIp.get(ip)?.values() ?? [])];
  }

  setNamespace(namespace: Namespace): void {
    this.#namespaces.add(namespace.metadata.name);
  }

  deleteNamespace(namespace: Namespace): void {
    this.#namespaces.delete(namespace.metadata.name);
  }

  /** True when anything that DNS shows changed. */
  setService(object: Service): boolean {
    const service = viewOfService(object);
    const key = `${service.namespace}/${service.name}`;
    const old = this.#services.get(key);
    if (old !== undefined && JSON.stringify(old) === JSON.stringify(service)) return false;
    this.deleteService(object);
    this.#services.set(key, service);
    for (const ip of service.clusterIps) putUnder(this.#servicesByIp, ip, key, service);
    return true;
  }

  deleteService(object: Service): void {
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const old = this.#services.get(key);
    if (old === undefined) return;
    this.#services.delete(key);
    for (const ip of old.clusterIps) dropUnder(this.#servicesByIp, ip, key);
  }

  /** True when anything that DNS shows changed. */
  setSlice(object: EndpointSlice): boolean {
    const slice = viewOfSlice(object);
    const key = `${slice.namespace}/${object.metadata.name}`;
    const old = this.#slices.get(key);
    if (old !== undefined && JSON.stringify(old) === JSON.stringify(slice)) return false;
    // An update keeps the slice's place in the service's order.
    if (old !== undefined) this.#dropSliceAddresses(key, old);
    const owner = `${slice.namespace}/${slice.service}`;
    if (old !== undefined && `${old.namespace}/${old.service}` !== owner) this.deleteSlice(object);
    this.#slices.set(key, slice);
    putUnder(this.#slicesOfService, owner, key, slice);
    for (const { ip } of slice.endpoints) putUnder(this.#slicesByIp, ip, key, slice);
    return true;
  }

  deleteSlice(object: EndpointSlice): void {
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const old = this.#slices.get(key);
    if (old === undefined) return;
    this.#slices.delete(key);
    dropUnder(this.#slicesOfService, `${old.namespace}/${old.service}`, key);
    this.#dropSliceAddresses(key, old);
  }

  setPod(object: Pod): void {
    this.deletePod(object);
    // The pod watch asks for none that are finished.
    const phase = object.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Unknown') return;
    const namespace = object.metadata.namespace ?? '';
    const key = `${namespace}/${object.metadata.name}`;
    const ips: Ip[] = [];
    const texts = object.status?.podIPs?.map((one) => one.ip ?? '') ?? [object.status?.podIP ?? ''];
    for (const text of texts) {
      const ip = parseIp(text);
      if (ip !== undefined) ips.push(ip);
    }
    this.#pods.set(key, { namespace, ips });
    for (const ip of ips) putUnder(this.#podsByIp, ip, key, namespace);
  }

  deletePod(object: Pod): void {
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const old = this.#pods.get(key);
    if (old === undefined) return;
    this.#pods.delete(key);
    for (const ip of old.ips) dropUnder(this.#podsByIp, ip, key);
  }

  #dropSliceAddresses(key: string, slice: ViewSlice): void {
    for (const { ip } of slice.endpoints) dropUnder(this.#slicesByIp, ip, key);
  }
}

function putUnder<K, V>(index: Map<K, Map<string, V>>, at: K, key: string, value: V): void {
  const inner = index.get(at);
  if (inner === undefined) index.set(at, new Map([[key, value]]));
  else inner.set(key, value);
}

function dropUnder<K, V>(index: Map<K, Map<string, V>>, at: K, key: string): void {
  const inner = index.get(at);
  inner?.delete(key);
  if (inner?.size === 0) index.delete(at);
}

function viewOfService(object: Service): ViewService {
  const { spec } = object;
  const texts = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  const ports = (spec.ports ?? []).map(
    (port): ViewPort => ({
      name: port.name ?? '',
      protocol: (port.protocol ?? 'TCP').toLowerCase(),
      port: port.port,
    }),
  );
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    isExternal: spec.type === 'ExternalName',
    externalName: spec.externalName ?? '',
    isHeadless: texts[0] === 'None',
    clusterIps: texts.map(parseIp).filter((ip) => ip !== undefined),
    ports: ports.length > 0 ? ports : [NO_PORT],
  };
}

function viewOfSlice(object: EndpointSlice): ViewSlice {
  const endpoints: ViewEndpoint[] = [];
  for (const endpoint of object.endpoints ?? []) {
    // Ready unless it says not; `serving` and `terminating` are not looked at.
    if (endpoint.conditions?.ready === false) continue;
    const target = endpoint.targetRef?.name ?? '';
    for (const ipText of endpoint.addresses) {
      const ip = parseIp(ipText);
      if (ip === undefined) continue;
      endpoints.push({
        ip,
        ipText,
        hostname: endpoint.hostname ?? '',
        targetName: target.length <= TARGET_NAME_CHARS_MAX ? target : '',
      });
    }
  }
  const ports = (object.ports ?? []).map(
    (port): ViewPort => ({
      name: port.name ?? '',
      protocol: (port.protocol ?? 'TCP').toLowerCase(),
      port: port.port ?? -1,
    }),
  );
  return {
    namespace: object.metadata.namespace ?? '',
    service: object.metadata.labels?.[SERVICE_NAME_LABEL] ?? '',
    endpoints,
    ports: ports.length > 0 ? ports : [NO_PORT],
  };
}

/** Stands for an object without ports: it has addresses, and no SRV records. */
const NO_PORT: ViewPort = { name: '', protocol: '', port: -1 };
