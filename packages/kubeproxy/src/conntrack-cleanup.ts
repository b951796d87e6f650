/**
 * Forgets UDP connections to endpoints that a Service no longer has (pkg/proxy/conntrack).
 *
 * Only for service ports with at least one serving endpoint: when none is left, old flows stay as they
 * are. TCP and SCTP are never cleaned.
 */
import { type Ip, parseIp } from '@podwire/base';
import type { EndpointSlice, Service } from '@podwire/api';
import { type CtEntry, type NetNs, conntrackDelete, netfilterOf } from '@podwire/netstack';
import { type EndpointInfo, endpointsOf } from './endpoints.ts';
import type { Seen } from './seen.ts';
import { type ServicePortInfo, keyOfPort } from './service-map.ts';
import { type ServiceViews, changedServices } from './service-view.ts';

const PROTO_UDP = 17;

type SeenBoth = readonly [services: Seen<Service>, slices: Seen<EndpointSlice>];

/** Cleans up after a sync that brought a node from one pair of versions to another. */
export function cleanAfterSync(
  ns: NetNs,
  views: ServiceViews,
  before: SeenBoth,
  after: SeenBoth,
): void {
  // Most nodes most of the time have nothing to forget, and need not ask what changed.
  if (!hasUdp(ns)) return;
  const { ports } = views.ports(after[0]);
  const slices = views.slices(after[1]);
  const udp: [ServicePortInfo, readonly EndpointInfo[]][] = [];
  for (const key of changedServices(views, before, after)) {
    const infos = (ports.get(key) ?? []).filter((info) => info.proto === 'udp');
    if (infos.length === 0) continue;
    const endpoints = endpointsOf(slices.get(key) ?? []);
    for (const info of infos) udp.push([info, endpoints.get(keyOfPort(info)) ?? []]);
  }
  if (udp.length > 0) cleanUdpConntrack(ns, udp);
}

function hasUdp(ns: NetNs): boolean {
  for (const { orig } of netfilterOf(ns).conntrack.table.entries) {
    if (orig.proto === PROTO_UDP) return true;
  }
  return false;
}

/** Deletes stale entries of these UDP service ports; returns how many. */
export function cleanUdpConntrack(
  ns: NetNs,
  ports: readonly (readonly [ServicePortInfo, readonly EndpointInfo[]])[],
): number {
  const byAddress = new Map<string, ReadonlySet<Ip>>();
  const byNodePort = new Map<number, ReadonlySet<Ip>>();
  for (const [info, endpoints] of ports) {
    const serving = endpoints.filter((one) => one.isServing).map((one) => parseIp(one.ip));
    if (info.proto !== 'udp' || serving.length === 0) continue;
    const ips = new Set(serving.filter((ip) => ip !== undefined));
    for (const text of [info.clusterIP, ...info.externalIPs, ...info.loadBalancerVIPs]) {
      const ip = parseIp(text);
      if (ip !== undefined) byAddress.set(`${ip}:${info.port}`, ips);
    }
    if (info.nodePort !== 0) byNodePort.set(info.nodePort, ips);
  }
  if (byAddress.size === 0) return 0;
  const isStale = ({ orig, reply }: CtEntry): boolean => {
    const known = byAddress.get(`${orig.dst}:${orig.dstPort}`) ?? byNodePort.get(orig.dstPort);
    return known !== undefined && !known.has(reply.src);
  };
  return conntrackDelete(ns, { proto: PROTO_UDP, accepts: isStale });
}
