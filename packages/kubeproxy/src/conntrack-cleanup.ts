/**
 * Forgets UDP connections to endpoints that a Service no longer has (pkg/proxy/conntrack).
 *
 * Only for service ports with at least one serving endpoint: when none is left, old flows stay as they
 * are. TCP and SCTP are never cleaned.
 */
import { type Ip, parseIp } from '@podwire/base';
import { type CtEntry, type NetNs, conntrackDelete } from '@podwire/netstack';
import type { EndpointInfo } from './endpoints.ts';
import type { ServicePortInfo } from './service-map.ts';

const PROTO_UDP = 17;

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
