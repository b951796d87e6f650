/**
 * How many local endpoints the Services with a health check port have: what load balancers ask a node.
 */
import type { EndpointSlice, Service } from '@podwire/api';
import type { ServiceHealth } from './health.ts';
import type { Seen } from './seen.ts';
import type { ServicePortInfo } from './service-map.ts';
import { keyOfPort } from './service-map.ts';
import type { ServiceEntry, ServiceViews } from './service-view.ts';

/** One entry per port that a node serves. */
export function serviceHealth(
  views: ServiceViews,
  seen: readonly [services: Seen<Service>, slices: Seen<EndpointSlice>],
  nodeName: string,
): ServiceHealth[] {
  const { healthPorts } = views.ports(seen[0]);
  if (healthPorts.size === 0) return [];
  const { entries } = views.view(...seen);
  const byPort = new Map<number, ServicePortInfo>();
  for (const info of healthPorts.values()) byPort.set(info.healthCheckNodePort, info);
  return [...byPort].map(([port, { namespace, service }]) => {
    const entry = entries.get(`${namespace}/${service}`);
    const localEndpoints =
      entry === undefined ? 0 : (readyAddresses(entry).get(nodeName)?.size ?? 0);
    return { namespace, name: service, port, localEndpoints };
  });
}

const READY = new WeakMap<ServiceEntry, ReadonlyMap<string, ReadonlySet<string>>>();

/** Ready addresses by node, over all ports of a Service; counted once for all nodes. */
function readyAddresses(entry: ServiceEntry): ReadonlyMap<string, ReadonlySet<string>> {
  let known = READY.get(entry);
  if (known !== undefined) return known;
  const byNode = new Map<string, Set<string>>();
  for (const info of entry.ports) {
    for (const one of entry.endpoints.get(keyOfPort(info)) ?? []) {
      if (!one.isReady || one.nodeName === undefined) continue;
      const ips = byNode.get(one.nodeName);
      if (ips === undefined) byNode.set(one.nodeName, new Set([one.ip]));
      else ips.add(one.ip);
    }
  }
  known = byNode;
  READY.set(entry, known);
  return known;
}
