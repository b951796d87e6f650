/**
 * The scenario's `cluster` and `underlay`.
 */
import { cidrsOverlap, ipFamily, parseCidr, parseIp, suggest } from '@podwire/base';
import {
  type ClientConfig,
  type ClusterConfig,
  DEFAULT_CLIENTS,
  type EdgeConfig,
  type FullCluster,
  type LinkSettings,
  type NodeConfig,
  type Provider,
  type ProxyConfig,
  type UpstreamZone,
  badRecords,
  withDefaults,
} from '@podwire/cluster';
import { checkNodes } from './check-nodes.ts';
import { type Field, compact, oneOf } from './field.ts';
import { parseRate, parseRatioPpm, parseSize, secondsOf } from './quantities.ts';
import type { Scenario, UnderlaySettings } from './scenario.ts';
import type { Path } from './source.ts';

export interface ParsedCluster {
  readonly config: ClusterConfig;
  readonly full: FullCluster;
}

/** Reads the cluster and judges whether it can be built. `provider`: the pod network where the scenario names none. */
export function parseCluster(field: Field, provider?: Provider): ParsedCluster {
  const own = readCluster(field);
  const config = provider === undefined ? own : { provider, ...own };
  const { cluster, problems } = withDefaults(config);
  for (const { path, code, message, hint } of problems) {
    field.source.add(pathFromText(path), { code, message, hint });
  }
  checkNodes(field.get('nodes'), cluster);
  return { config, full: cluster };
}

function readCluster(field: Field): ClusterConfig {
  const proxy = field.get('kubeProxy');
  const edge = field.get('edge');
  return compact<ClusterConfig>({
    nodes: readNodes(field.get('nodes')),
    provider: oneOf(field.get('provider'), ['bridge', 'vxlan', 'ovn-kubernetes', 'none']),
    proxyMode: oneOf(field.get('proxyMode'), ['iptables']),
    distribution: oneOf(field.get('distribution'), ['kubernetes', 'openshift']),
    podNetwork: ipv4Text(field.get('podNetwork')),
    nodeMaskSize: field.get('nodeMaskSize').number,
    podRoutes: oneOf(field.get('podRoutes'), ['nodes', 'router']),
    podGateway: oneOf(field.get('podGateway'), ['first', 'last']),
    serviceNetwork: ipv4Text(field.get('serviceNetwork')),
    nodeNetwork: ipv4Text(field.get('nodeNetwork')),
    domain: field.get('domain').text,
    hairpin: field.get('hairpin').boolean,
    podMtu: field.get('podMtu').number,
    dnsReplicas: field.get('dnsReplicas').number,
    corefile: field.get('corefile').text,
    nodeResolvConf: field.get('nodeResolvConf').text,
    nodeMonitorGracePeriod: secondsOf(field.get('nodeMonitorGracePeriod').value),
    tuning: oneOf(field.get('tuning'), ['default', 'large']),
    edge: edge.isMap ? readEdge(edge) : undefined,
    kubeProxy: proxy.isMap
      ? compact<NonNullable<ClusterConfig['kubeProxy']>>({
          masqueradeAll: proxy.get('masqueradeAll').boolean,
          minSyncPeriod: secondsOf(proxy.get('minSyncPeriod').value),
        })
      : undefined,
  });
}

function readEdge(field: Field): EdgeConfig {
  const proxyOf = (item: Field): ProxyConfig | undefined => {
    if (!item.exists) return undefined;
    const nodes = item.get('nodes');
    return compact<ProxyConfig>({
      nodes: nodes.exists ? nodes.items.flatMap(({ text }) => text ?? []) : undefined,
      publish: oneOf(item.get('publish'), ['hostNetwork', 'loadBalancer']),
    });
  };
  const balancer = field.get('loadBalancer');
  return compact<EdgeConfig>({
    ingressNginx: proxyOf(field.get('ingressNginx')),
    router: proxyOf(field.get('router')),
    appsDomain: field.get('appsDomain').text,
    loadBalancer: balancer.exists
      ? compact<NonNullable<EdgeConfig['loadBalancer']>>({
          provider: oneOf(balancer.get('provider'), ['cloud', 'metallb']),
          pool: ipv4Text(balancer.get('pool')),
        })
      : undefined,
  });
}

function readNodes(field: Field): number | readonly NodeConfig[] | undefined {
  const { number } = field;
  if (number !== undefined) {
    return Number.isInteger(number) && number >= 0 && number <= 5000 ? number : undefined;
  }
  if (!Array.isArray(field.value)) return undefined;
  return field.items.flatMap((item) => {
    const name = item.get('name').text;
    return name === undefined ? [] : [readNode(item, name)];
  });
}

function readNode(item: Field, name: string): NodeConfig {
  const labels = item.get('labels');
  const capacity = item.get('capacity');
  const taints = item.get('taints').items.flatMap((taint) => {
    const key = taint.get('key').text;
    const effect = taint.get('effect').text;
    if (key === undefined || effect === undefined) return [];
    return [
      compact<{ key: string; value?: string; effect: string }>({
        key,
        value: taint.get('value').text,
        effect,
      }),
    ];
  });
  return compact<NodeConfig>({
    name,
    address: ipv4Text(item.get('address')),
    podCIDR: ipv4Text(item.get('podCIDR')),
    labels: labels.isMap
      ? Object.fromEntries(labels.entries.map(([key, value]) => [key, value.text ?? '']))
      : undefined,
    taints: taints.length === 0 ? undefined : taints,
    capacity: capacity.isMap
      ? compact<NonNullable<NodeConfig['capacity']>>({
          cpu: capacity.get('cpu').anyText,
          memory: capacity.get('memory').anyText,
          pods: capacity.get('pods').anyText,
        })
      : undefined,
  });
}

/** Reads the underlay; hosts that it names must exist. */
export function parseUnderlay(field: Field, cluster: FullCluster): UnderlaySettings {
  const clients = readClients(field.get('clients'), cluster);
  const hosts = hostNames(cluster, clients);
  const links = new Map<string, LinkSettings>();
  for (const [host, value] of field.get('links').entries) {
    if (hosts.includes(host)) links.set(host, readLink(value));
    else value.add({ ...unknownHost(host, hosts), isKey: true });
  }
  return {
    link: readLink(field.get('link')),
    links,
    arpSuppression: field.get('arpSuppression').boolean ?? false,
    clients,
    dns: field.get('dns').items.flatMap(readZone),
  };
}

/** Link settings that a map holds beside whatever else. */
export function readLink(field: Field): LinkSettings {
  const rate = field.get('rate').text;
  const queue = field.get('queue').textOrNumber;
  const loss = field.get('loss').textOrNumber;
  const latencyNs = field.get('latency').durationNs;
  if (latencyNs === 0) {
    field.get('latency').add({ code: 'PW3001', message: 'a link has a latency of at least 1ns' });
  }
  return compact<LinkSettings>({
    latencyNs: latencyNs === 0 ? undefined : latencyNs,
    jitterNs: field.get('jitter').durationNs,
    rateBytesPerSec: rate === undefined ? undefined : parseRate(rate),
    queueBytes: queue === undefined ? undefined : parseSize(queue),
    lossPpm: loss === undefined ? undefined : parseRatioPpm(loss),
    mtuBytes: field.get('mtu').number,
  });
}

function readClients(field: Field, cluster: FullCluster): readonly ClientConfig[] | undefined {
  if (!field.exists) return undefined;
  const taken = new Set(hostNames(cluster, []));
  const networks = [
    ['the node network', cluster.nodeNetwork],
    ['the pod network', cluster.podNetwork],
    ['the service network', cluster.serviceNetwork],
  ] as const;
  const addresses = new Set<string>();
  return field.items.flatMap((item) => {
    const name = item.get('name').text;
    const address = item.get('address').text;
    if (name === undefined || address === undefined) return [];
    const nameField = item.get('name');
    if (taken.has(name)) {
      nameField.add({ code: 'PW4004', message: `there is already a host called ${name}` });
      return [];
    }
    taken.add(name);
    const at = item.get('address');
    if (ipv4Text(at) === undefined) return [];
    const cidr = parseCidr(address);
    const [text = ''] = address.split('/');
    if (cidr === undefined || !address.includes('/') || parseIp(text) === undefined) {
      const hint = parseIp(address) === undefined ? undefined : `write ${address}/24`;
      at.add({
        code: 'PW4004',
        message: `"${address}" is not an address with prefix length`,
        hint,
      });
      return [];
    }
    if (addresses.has(text))
      at.add({ code: 'PW4004', message: `two clients have the address ${text}` });
    addresses.add(text);
    for (const [what, other] of networks) {
      if (overlaps(address, other)) {
        at.add({ code: 'PW4001', message: `${address} lies in or around ${what} ${other}` });
      }
    }
    return [{ name, address }];
  });
}

function overlaps(left: string, right: string): boolean {
  const a = parseCidr(left);
  const b = parseCidr(right);
  return (
    a !== undefined && b !== undefined && ipFamily(a.ip) === ipFamily(b.ip) && cidrsOverlap(a, b)
  );
}

function readZone(item: Field): UpstreamZone[] {
  const zone = item.get('zone').text;
  if (zone === undefined) return [];
  const records = item.get('records').items;
  const read: UpstreamZone = {
    zone,
    behaviour:
      oneOf(item.get('behaviour'), ['answer', 'nxdomain', 'servfail', 'refused', 'silent']) ??
      'answer',
    records: records.flatMap((record) => record.text ?? []),
  };
  if (records.every((record) => record.isText)) {
    for (const index of badRecords(read)) {
      records[index]?.add({
        code: 'PW3001',
        message: `${JSON.stringify(read.records[index])} is not a record of a zone file`,
        hint: `write NAME [TTL] [IN] TYPE DATA, such as "www.${zone.replace(/\.$/, '')}. 300 IN A 192.0.2.80"`,
      });
    }
  }
  return [read];
}

/** All hosts that steps may name. */
export function hostNames(
  cluster: FullCluster,
  clients: readonly ClientConfig[] | undefined,
): readonly string[] {
  return [
    'control-plane',
    ...cluster.nodes.map((node) => node.name),
    ...(clients ?? DEFAULT_CLIENTS).map((client) => client.name),
    'upstream-dns',
    'router',
    ...(cluster.edge.loadBalancer?.provider === 'cloud' ? ['load-balancer'] : []),
  ];
}

/** The hosts of a whole scenario. */
export function hostsOf(scenario: Scenario): readonly string[] {
  return hostNames(withDefaults(scenario.cluster).cluster, scenario.underlay.clients);
}

export function unknownHost(
  name: string,
  hosts: readonly string[],
): { readonly code: 'PW4003'; readonly message: string; readonly hint: string } {
  const near = suggest(name, hosts);
  const listed = hosts.length > 12 ? `${hosts.slice(0, 12).join(', ')}, …` : hosts.join(', ');
  return {
    code: 'PW4003',
    message: `no host is called ${name}`,
    hint: near === undefined ? `there are ${listed}` : `did you mean ${near}?`,
  };
}

/** Not modelled: IPv6 in a cluster's own networks. */
function ipv4Text(field: Field): string | undefined {
  const { text } = field;
  if (text === undefined || !text.includes(':')) return text;
  field.add({ code: 'PW4004', message: `${text}: the networks of a cluster are IPv4 so far` });
  return undefined;
}

/** `cluster.nodes[0].address` as the parser's path. */
function pathFromText(text: string): Path {
  return text
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
