/**
 * Endpoints of service ports out of EndpointSlices, and which of them a node uses.
 */
import { type EndpointSlice, compareText } from '@podwire/api';
import {
  type ServicePortInfo,
  portKey,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './service-map.ts';

export interface EndpointInfo {
  readonly ip: string;
  readonly port: number;
  /** `10.244.1.5:8080` or `[fd00::5]:8080`. */
  readonly endpoint: string;
  readonly nodeName: string | undefined;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  /** Zones and nodes that it is meant for; undefined = no hint of that kind. */
  readonly zoneHints: ReadonlySet<string> | undefined;
  readonly nodeHints: ReadonlySet<string> | undefined;
}

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** `namespace/name` of the Service that a slice belongs to. */
export function serviceKeyOf(slice: EndpointSlice): string {
  const service = slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? '';
  return `${slice.metadata.namespace ?? ''}/${service}`;
}

/** Endpoints by service port key, from all slices of one Service. */
export function endpointsOf(slices: Iterable<EndpointSlice>): Map<string, EndpointInfo[]> {
  const byKey = new Map<string, Map<string, EndpointInfo>>();
  for (const slice of slices) {
    for (const [key, infos] of readSlice(slice)) {
      let found = byKey.get(key);
      if (found === undefined) {
        found = new Map();
        byKey.set(key, found);
      }
      for (const info of infos) {
        const other = found.get(info.endpoint);
        // The same address in two slices counts once; the one that is not terminating wins.
        if (other === undefined || (other.isTerminating && !info.isTerminating)) {
          found.set(info.endpoint, info);
        }
      }
    }
  }
  const sorted = new Map<string, EndpointInfo[]>();
  for (const [key, found] of byKey) {
    // As strings: the order of the rules.
    const list = [...found.values()].sort((a, b) => compareText(a.endpoint, b.endpoint));
    sorted.set(key, list);
  }
  return sorted;
}

type SliceEndpoints = readonly (readonly [key: string, infos: readonly EndpointInfo[]])[];

/** Slices do not change, and a Service of many endpoints has many of which one is new. */
const READ = new WeakMap<EndpointSlice, SliceEndpoints>();

function readSlice(slice: EndpointSlice): SliceEndpoints {
  let read = READ.get(slice);
  if (read === undefined) {
    read = makeEndpoints(slice);
    READ.set(slice, read);
  }
  return read;
}

function makeEndpoints(slice: EndpointSlice): SliceEndpoints {
  const service = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  if (service === undefined || slice.addressType === 'FQDN') return [];
  const isSix = slice.addressType === 'IPv6';
  const read: [string, EndpointInfo[]][] = [];
  for (const port of slice.ports ?? []) {
    if (port.name === undefined || port.port === undefined) continue;
    const proto = (port.protocol ?? 'TCP').toLowerCase();
    const infos: EndpointInfo[] = [];
    for (const one of slice.endpoints ?? []) {
      const ip = one.addresses[0];
      if (ip !== undefined) infos.push(endpointInfo(one, ip, port.port, isSix));
    }
    read.push([portKey(slice.metadata.namespace ?? '', service, port.name, proto), infos]);
  }
  return read;
}

function endpointInfo(
  one: EndpointSlice['endpoints'][number],
  ip: string,
  port: number,
  isSix: boolean,
): EndpointInfo {
  const isReady = one.conditions?.ready ?? true;
  const zones = one.hints?.forZones ?? [];
  const nodes = one.hints?.forNodes ?? [];
  return {
    ip,
    port,
    endpoint: isSix ? `[${ip}]:${port}` : `${ip}:${port}`,
    nodeName: one.nodeName,
    isReady,
    isServing: one.conditions?.serving ?? true,
    isTerminating: one.conditions?.terminating ?? false,
    zoneHints: zones.length === 0 ? undefined : new Set(zones.map((zone) => zone.name)),
    nodeHints: nodes.length === 0 ? undefined : new Set(nodes.map((node) => node.name)),
  };
}

export interface ChosenEndpoints {
  /** For policy Cluster. */
  readonly cluster: readonly EndpointInfo[];
  /** For policy Local. */
  readonly local: readonly EndpointInfo[];
  /** Both, each once, in order. */
  readonly union: readonly EndpointInfo[];
  /** Some node could serve it. */
  readonly hasEndpoints: boolean;
}

/** CategorizeEndpoints: which endpoints a node's rules name. */
export function chooseEndpoints(
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  node: { readonly nodeName: string; readonly zone: string | undefined },
): ChosenEndpoints {
  const isFallback = (one: EndpointInfo): boolean => one.isServing && one.isTerminating;
  const orFallback = (
    all: readonly EndpointInfo[],
    wanted: (one: EndpointInfo) => boolean,
  ): EndpointInfo[] => {
    const first = all.filter((one) => one.isReady && wanted(one));
    return first.length > 0 ? first : all.filter(isFallback);
  };
  const fits = topologyTest(endpoints, node);
  const cluster = usesClusterEndpoints(info) ? orFallback(endpoints, fits) : [];
  const ofNode = endpoints.filter((one) => one.nodeName === node.nodeName);
  const local = usesLocalEndpoints(info) ? orFallback(ofNode, () => true) : [];
  const used = new Set([...cluster, ...local]);
  const isUsable = (one: EndpointInfo): boolean => one.isReady || isFallback(one);
  return {
    cluster,
    local,
    union: endpoints.filter((one) => used.has(one)),
    hasEndpoints: used.size > 0 || endpoints.some(isUsable),
  };
}

/** Node hints, else zone hints, if every ready endpoint has them and one names this node or zone. */
function topologyTest(
  endpoints: readonly EndpointInfo[],
  node: { readonly nodeName: string; readonly zone: string | undefined },
): (one: EndpointInfo) => boolean {
  const ready = endpoints.filter((one) => one.isReady);
  if (ready.length === 0) return () => true;
  const forNode = (one: EndpointInfo): boolean => one.nodeHints?.has(node.nodeName) === true;
  if (ready.every((one) => one.nodeHints !== undefined) && ready.some(forNode)) return forNode;
  const zone = node.zone;
  if (zone === undefined || zone === '') return () => true;
  const forZone = (one: EndpointInfo): boolean => one.zoneHints?.has(zone) === true;
  if (ready.every((one) => one.zoneHints !== undefined) && ready.some(forZone)) return forZone;
  return () => true;
}
