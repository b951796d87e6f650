/**
 * What a name of the cluster zone stands for: the grammar of names and the search in the cluster's view.
 *
 * Pure functions over a `ClusterView`. Grammar and quirks are those of CoreDNS's kubernetes plugin.
 */
import { type Ip, formatIp, isIpv4, parseIp } from '@podwire/base';
import type { ClusterView, ViewEndpoint, ViewPort } from '../cluster-view.ts';
import { joinName, labelsBelow } from '../names.ts';
import type { KubernetesOptions } from './kubernetes-options.ts';

/** What a name in the zone asks for, read from the right. */
export interface NameParts {
  /** undefined: the apex, or `svc` or `pod` alone. */
  readonly kind: 'svc' | 'pod' | undefined;
  readonly namespace: string;
  readonly service: string;
  readonly endpoint: string;
  readonly port: string;
  readonly protocol: string;
}

/** `host` is an address or, of an ExternalName service, a name. */
export interface Found {
  readonly host: { readonly ip: Ip } | { readonly alias: string };
  /** -1: no port. */
  readonly port: number;
  /** The name that an SRV record has as target. */
  readonly target: string;
}

/** `no-name`: nothing of that name exists (NXDOMAIN). An empty list: it exists without data. */
export type Search = readonly Found[] | 'no-name';

/** undefined: no name of the grammar. `name` is in lower case. */
export function parseName(name: string, zone: string): NameParts | undefined {
  const labels = labelsBelow(name, zone);
  const none = { namespace: '', service: '', endpoint: '', port: '', protocol: '' };
  const last = labels.pop();
  if (last === undefined) return { ...none, kind: undefined };
  if (last !== 'svc' && last !== 'pod') return undefined;
  const namespace = labels.pop();
  if (namespace === undefined) return { ...none, kind: undefined };
  const service = labels.pop() ?? '';
  const parts = { ...none, kind: last, namespace, service } as const;
  switch (labels.length) {
    case 0:
      return parts;
    case 1:
      return { ...parts, endpoint: labels[0] ?? '' };
    case 2:
      return {
        ...parts,
        port: withoutUnderscore(labels[0] ?? ''),
        protocol: withoutUnderscore(labels[1] ?? ''),
      };
    default:
      return undefined;
  }
}

function withoutUnderscore(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label;
}

/** Finds what the name stands for; `zone` is spelled as in the question and stays so in targets. */
export function findRecords(
  view: ClusterView,
  options: KubernetesOptions,
  name: string,
  zone: string,
): Search {
  const parts = parseName(name, zone);
  if (parts === undefined) return 'no-name';
  if (parts.kind === undefined) return [];
  if (!isExposed(view, options, parts.namespace)) return 'no-name';
  return parts.kind === 'pod'
    ? findPods(view, options, parts, zone)
    : findServices(view, options, parts, zone);
}

/** Whether names in a namespace are answered: it exists, and the options do not leave it out. */
export function isExposed(
  view: ClusterView,
  options: KubernetesOptions,
  namespace: string,
): boolean {
  if (options.namespaces.size > 0 && !options.namespaces.has(namespace)) return false;
  return view.hasNamespace(namespace);
}

function findPods(
  view: ClusterView,
  options: KubernetesOptions,
  parts: NameParts,
  zone: string,
): Search {
  if (options.podMode === 'disabled') return 'no-name';
  if (parts.service === '') return [];
  const ip = podNameToIp(parts.service);
  if (ip === undefined) return 'no-name';
  if (options.podMode === 'verified' && !view.podNamespacesByIp(ip).includes(parts.namespace)) {
    return 'no-name';
  }
  const target = joinName(`${parts.service}.${parts.namespace}.pod`, zone);
  return [{ host: { ip }, port: 0, target }];
}

/** `10-244-1-5`: three dashes and no double one make an IPv4 address, others an IPv6 one. */
function podNameToIp(label: string): Ip | undefined {
  const dashes = label.split('-').length - 1;
  const isV4 = dashes === 3 && !label.includes('--');
  return parseIp(label.replaceAll('-', isV4 ? '.' : ':'));
}

function findServices(
  view: ClusterView,
  options: KubernetesOptions,
  parts: NameParts,
  zone: string,
): Search {
  if (parts.service === '') return [];
  const service = view.service(parts.namespace, parts.service);
  if (service === undefined) return 'no-name';
  const target = joinName(`${service.name}.${service.namespace}.svc`, zone);
  const hasPortLabels = parts.port !== '' || parts.protocol !== '';
  if (service.isExternal) {
    if (parts.endpoint !== '' || hasPortLabels) return 'no-name';
    // What looks like an address is no name, and then there is no record.
    if (parseIp(service.externalName) !== undefined) return 'no-name';
    return [{ host: { alias: service.externalName }, port: 0, target }];
  }
  if (options.ignoresEmptyService && !service.isHeadless) {
    const slices = options.hasEndpoints ? view.slices(service.namespace, service.name) : [];
    if (slices.every((slice) => slice.endpoints.length === 0)) return 'no-name';
  }
  const found: Found[] = [];
  let isKnown = false;
  if (service.isHeadless || parts.endpoint !== '') {
    const slices = options.hasEndpoints ? view.slices(service.namespace, service.name) : [];
    for (const slice of slices) {
      for (const endpoint of slice.endpoints) {
        const label = endpointLabel(endpoint, options.usesPodNames);
        if (parts.endpoint !== '' && parts.endpoint !== label.toLowerCase()) continue;
        for (const port of slice.ports) {
          if (!matchesPort(parts, port)) continue;
          isKnown = true;
          found.push({
            host: { ip: endpoint.ip },
            port: port.port,
            target: `${label}.${target}`,
          });
        }
      }
    }
    return isKnown ? found : 'no-name';
  }
  for (const port of service.ports) {
    if (!matchesPort(parts, port)) continue;
    isKnown = true;
    for (const ip of service.clusterIps) found.push({ host: { ip }, port: port.port, target });
  }
  return isKnown ? found : 'no-name';
}

/** An empty label matches every port, an empty protocol every protocol. */
function matchesPort(parts: NameParts, port: ViewPort): boolean {
  return (
    (parts.port === '' || parts.port === port.name.toLowerCase()) &&
    (parts.protocol === '' || parts.protocol === port.protocol)
  );
}

/** The endpoint's own label: host name, else pod name where wanted, else its address with dashes. */
export function endpointLabel(endpoint: ViewEndpoint, usesPodNames: boolean): string {
  if (endpoint.hostname !== '') return endpoint.hostname;
  if (usesPodNames && endpoint.targetName !== '') return endpoint.targetName;
  return isIpv4(endpoint.ip)
    ? formatIp(endpoint.ip).replaceAll('.', '-')
    : endpoint.ipText.replaceAll(':', '-');
}

/** Names of an address: of the Service that has it as cluster IP, else of every endpoint that has it. */
export function findNamesOfIp(
  view: ClusterView,
  options: KubernetesOptions,
  ip: Ip,
): readonly string[] {
  const isHidden = (namespace: string): boolean =>
    options.namespaces.size > 0 && !isExposed(view, options, namespace);
  for (const service of view.servicesByIp(ip)) {
    if (isHidden(service.namespace)) continue;
    return [joinName(`${service.name}.${service.namespace}.svc`, options.primaryZone)];
  }
  if (!options.hasEndpoints) return [];
  const names = new Set<string>();
  for (const slice of view.slicesByIp(ip)) {
    if (isHidden(slice.namespace)) continue;
    for (const endpoint of slice.endpoints) {
      if (endpoint.ip !== ip) continue;
      const label = endpointLabel(endpoint, options.usesPodNames);
      const owner = `${slice.service}.${slice.namespace}.svc`;
      names.add(joinName(`${label}.${owner}`, options.primaryZone));
    }
  }
  return [...names];
}

export interface NameServer {
  readonly name: string;
  readonly ip: Ip;
}

/** The zone's name servers: the Services behind which this server stands, else `ns.dns` with its own addresses. */
export function findNameServers(
  view: ClusterView,
  options: KubernetesOptions,
  localIps: readonly Ip[],
  zone: string,
): readonly NameServer[] {
  const servers: NameServer[] = [];
  for (const localIp of localIps) {
    for (const slice of view.slicesByIp(localIp)) {
      const service = view.service(slice.namespace, slice.service);
      if (service === undefined) continue;
      const name = joinName(`${service.name}.${service.namespace}.svc`, zone);
      if (!service.isHeadless) {
        const ip = service.clusterIps[0];
        if (ip !== undefined) servers.push({ name, ip });
        continue;
      }
      for (const endpoint of slice.endpoints) {
        const label = endpointLabel(endpoint, options.usesPodNames);
        servers.push({ name: `${label}.${name}`, ip: endpoint.ip });
      }
    }
  }
  if (servers.length > 0) return servers;
  return localIps.map((ip) => ({ name: joinName('ns.dns', zone), ip }));
}
