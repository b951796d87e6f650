/**
 * Which addresses stand behind a Service's port: the ready endpoints of its EndpointSlices.
 *
 * Proxies dial these; the ClusterIP and what kube-proxy makes of it are not in the way.
 */
import type { EndpointSlice, Service, ServicePort } from '@podwire/api';
import { type Ip, formatIp, isLoopback, parseIp } from '@podwire/base';

/** One address and port that a proxy may dial. */
export interface Endpoint {
  readonly ip: Ip;
  readonly port: number;
  /** Name of the Service's port, '' when it has none. */
  readonly portName: string;
  readonly service: string;
  /** Undefined when no pod stands behind it. */
  readonly pod: string | undefined;
}

/** `10.244.1.2:8080`. */
export function endpointKey({ ip, port }: Endpoint): string {
  return `${formatIp(ip)}:${port}`;
}

/** What compilers ask of the cluster. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  /** Addresses of a name outside, as far as they are known. */
  addressesOf?(name: string): readonly Ip[];
}

/** Ready endpoints of the slices, each with all TCP ports that `takesPort` takes; in order of address and port. */
export function readyEndpoints(
  service: string,
  slices: readonly EndpointSlice[],
  takesPort: (name: string, port: number) => boolean,
): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    for (const { name = '', port = 0, protocol = 'TCP' } of slice.ports ?? []) {
      if (protocol !== 'TCP' || !takesPort(name, port)) continue;
      for (const { addresses, conditions, targetRef } of slice.endpoints) {
        const ip = parseIp(addresses[0] ?? '');
        if (ip === undefined || conditions?.ready === false) continue;
        const pod = targetRef?.kind === 'Pod' ? targetRef.name : undefined;
        const endpoint = { ip, port, portName: name, service, pod };
        found.set(endpointKey(endpoint), endpoint);
      }
    }
  }
  return [...found.values()].sort((a, b) => Number(a.ip) - Number(b.ip) || a.port - b.port);
}

/**
 * The endpoints of a Service of type ExternalName: the name's addresses, at the target port of the Service's port or at the
 * port that is asked for where the Service lists none. Names of the machine itself are refused.
 */
export function externalEndpoints(
  { metadata, spec }: Service,
  port: { readonly name?: string; readonly number?: number },
  view: ClusterView,
): Endpoint[] {
  const name = spec.externalName ?? '';
  const listed = (spec.ports ?? []).find((each) =>
    port.number === undefined ? each.name === port.name : each.port === port.number,
  );
  const target = (spec.ports ?? []).length === 0 ? port.number : Number(listed?.targetPort ?? 0);
  const own = parseIp(name);
  const isLocal = name === 'localhost' || (own !== undefined && isLoopback(own));
  if (isLocal || target === undefined || !Number.isInteger(target) || target === 0) return [];
  const addresses = own === undefined ? (view.addressesOf?.(name) ?? []) : [own];
  return addresses.map((ip) => ({
    ip,
    port: target,
    portName: listed?.name ?? '',
    service: metadata.name,
    pod: undefined,
  }));
}

/** The Service's port by number or name; ingress-nginx takes the target port's number or name, too. */
export function findServicePort(
  service: Service,
  port: { readonly name?: string; readonly number?: number },
): ServicePort | undefined {
  const ports = service.spec.ports ?? [];
  const { name, number } = port;
  return (
    ports.find((each) => (number === undefined ? each.name === name : each.port === number)) ??
    ports.find((each) => each.targetPort === (number ?? name))
  );
}
