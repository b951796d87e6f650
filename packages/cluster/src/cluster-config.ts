/**
 * What a user says of a cluster, and the complete configuration that follows from it.
 *
 * `withDefaults` is the one place where something is filled in; problems are collected, not thrown.
 */
import {
  type Cidr,
  type Ip,
  NS_PER_SEC,
  addressAt,
  cidrContains,
  cidrSize,
  cidrsOverlap,
  formatCidr,
  formatIp,
  network,
  parseCidr,
  parseIp,
} from '@podwire/base';
import { corefileProblem } from './dns-problems.ts';
import { type EdgeConfig, type FullEdge, fullEdge } from './edge-config.ts';

export type Provider = 'bridge' | 'vxlan' | 'ovn-kubernetes' | 'none';
export type ProxyMode = 'iptables';
export type PodRoutes = 'nodes' | 'router';
export type Evaluator = 'plain' | 'fast';

export interface NodeConfig {
  readonly name: string;
  readonly address?: string;
  readonly podCIDR?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly {
    readonly key: string;
    readonly value?: string;
    readonly effect: string;
  }[];
  readonly capacity?: { readonly cpu?: string; readonly memory?: string; readonly pods?: string };
}

export interface ClusterConfig {
  readonly nodes?: number | readonly NodeConfig[];
  readonly provider?: Provider;
  readonly proxyMode?: ProxyMode;
  readonly distribution?: 'kubernetes' | 'openshift';
  readonly podNetwork?: string;
  readonly nodeMaskSize?: number;
  readonly serviceNetwork?: string;
  readonly nodeNetwork?: string;
  readonly domain?: string;
  /** Who keeps the routes to each node's pods: every node, or the router as in a cloud's network. */
  readonly podRoutes?: PodRoutes;
  /** Which address of a node's pod network is the gateway; the first leaves .2 and up to pods. */
  readonly podGateway?: 'first' | 'last';
  readonly hairpin?: boolean;
  readonly podMtu?: number;
  readonly dnsReplicas?: number;
  readonly corefile?: string;
  readonly nodeResolvConf?: string;
  /** Seconds until a silent node counts as lost. */
  readonly nodeMonitorGracePeriod?: number;
  /** `large`: set up as sites with thousands of nodes do. */
  readonly tuning?: 'default' | 'large';
  readonly edge?: EdgeConfig;
  readonly kubeProxy?: { readonly masqueradeAll?: boolean; readonly minSyncPeriod?: number };
}

/** Complete configuration of the cluster's part of the world; plain data, sent to the workers. */
export interface FullNode {
  readonly name: string;
  readonly address: string;
  readonly podCIDR: string | undefined;
  readonly labels: readonly (readonly [string, string])[];
  readonly taints: readonly {
    readonly key: string;
    readonly value?: string;
    readonly effect: string;
  }[];
  readonly capacity: { readonly cpu: string; readonly memory: string; readonly pods: string };
}

export interface FullCluster {
  readonly nodes: readonly FullNode[];
  readonly provider: Provider;
  readonly proxyMode: ProxyMode;
  readonly distribution: 'kubernetes' | 'openshift';
  readonly podNetwork: string;
  readonly nodeMaskSize: number;
  readonly serviceNetwork: string;
  readonly nodeNetwork: string;
  readonly routerAddress: string;
  readonly controlPlaneAddress: string;
  readonly apiServiceIP: string;
  readonly dnsServiceIP: string;
  readonly domain: string;
  readonly podRoutes: PodRoutes;
  readonly podGateway: 'first' | 'last';
  readonly hairpin: boolean;
  readonly podMtu: number | undefined;
  readonly dnsReplicas: number;
  readonly corefile: string | undefined;
  readonly nodeResolvConf: string | undefined;
  readonly nodeMonitorGraceNs: number;
  readonly tuning: 'default' | 'large';
  readonly masqueradeAll: boolean;
  readonly minSyncPeriodNs: number;
  readonly edge: FullEdge;
}

/** A problem of a configuration, by the path of the field that has it. */
export interface ConfigProblem {
  readonly path: string;
  readonly code: 'PW4001' | 'PW4002' | 'PW4003' | 'PW4004';
  readonly message: string;
  readonly hint?: string;
}

const DEFAULT_NODES = 3;
const MAX_NODES = 5000;

/** Fills in what the user left out, and judges the whole. */
export function withDefaults(config: ClusterConfig): {
  readonly cluster: FullCluster;
  readonly problems: readonly ConfigProblem[];
} {
  const problems: ConfigProblem[] = [];
  const openshift = config.distribution === 'openshift';
  const isNone = config.provider === 'none';
  const net = (path: string, text: string): Cidr => {
    const value = parseCidr(text);
    if (value === undefined) {
      problems.push({ path, code: 'PW4004', message: `"${text}" is not a network in CIDR form` });
      return { ip: 0, prefixLen: 32 };
    }
    if (network(value) !== value.ip) {
      problems.push({
        path,
        code: 'PW4004',
        message: `${text} has host bits set`,
        hint: `write ${formatCidr({ ip: network(value), prefixLen: value.prefixLen })}`,
      });
    }
    return value;
  };
  const podText = config.podNetwork ?? (openshift ? '10.128.0.0/14' : '10.244.0.0/16');
  const serviceText = config.serviceNetwork ?? (openshift ? '172.30.0.0/16' : '10.96.0.0/12');
  const nodeText = config.nodeNetwork ?? '192.168.10.0/24';
  const podNetwork = net('cluster.podNetwork', podText);
  const serviceNetwork = net('cluster.serviceNetwork', serviceText);
  const nodeNetwork = net('cluster.nodeNetwork', nodeText);
  const nodeMaskSize = config.nodeMaskSize ?? (openshift ? 23 : Math.max(24, podNetwork.prefixLen));
  checkOverlaps(problems, [
    ['cluster.podNetwork', podNetwork],
    ['cluster.serviceNetwork', serviceNetwork],
    ['cluster.nodeNetwork', nodeNetwork],
  ]);
  if (cidrSize(serviceNetwork) < 16) {
    problems.push({
      path: 'cluster.serviceNetwork',
      code: 'PW4002',
      message: `${serviceText} has ${cidrSize(serviceNetwork)} addresses; the API, DNS and one service need at least 16`,
    });
  }
  if (config.podRoutes === 'router' && (config.provider ?? 'bridge') !== 'bridge') {
    problems.push({
      path: 'cluster.podRoutes',
      code: 'PW4004',
      message: `with provider ${config.provider} pods have no routes on the router`,
      hint: 'podRoutes: router needs provider: bridge',
    });
  }
  const badCorefile = config.corefile === undefined ? undefined : corefileProblem(config.corefile);
  if (badCorefile !== undefined) {
    problems.push({ path: 'cluster.corefile', code: 'PW4004', message: badCorefile });
  }
  const wanted = nodeList(config.nodes ?? DEFAULT_NODES, problems);
  const nodes = placeNodes(wanted, nodeNetwork, problems);
  // Without a network there is nothing that nodes could have parts of.
  if (!isNone && parseCidr(podText) !== undefined) {
    checkPodCidrs(wanted, podNetwork, nodeMaskSize, problems);
  }
  const taken = new Set(nodes.map((node) => node.ip));
  const routerAddress = freeAddress(nodeNetwork, 1, taken, 'router', problems);
  const controlPlaneAddress = freeAddress(nodeNetwork, 10, taken, 'control-plane', problems);
  const at = (index: number): string =>
    cidrSize(serviceNetwork) > index ? formatIp(addressAt(serviceNetwork, index)) : '0.0.0.0';
  const cluster: FullCluster = {
    nodes: nodes.map(({ node, ip }) => ({
      name: node.name,
      address: formatIp(ip),
      podCIDR: node.podCIDR,
      labels: Object.entries(node.labels ?? {}),
      taints: node.taints ?? [],
      capacity: { cpu: '4', memory: '8Gi', pods: '110', ...node.capacity },
    })),
    provider: config.provider ?? 'bridge',
    proxyMode: config.proxyMode ?? 'iptables',
    distribution: config.distribution ?? 'kubernetes',
    podNetwork: podText,
    nodeMaskSize,
    serviceNetwork: serviceText,
    nodeNetwork: nodeText,
    routerAddress,
    controlPlaneAddress,
    apiServiceIP: at(1),
    dnsServiceIP: at(10),
    domain: config.domain ?? 'cluster.local',
    podRoutes: config.podRoutes ?? 'nodes',
    podGateway: config.podGateway ?? 'first',
    hairpin: config.hairpin ?? true,
    podMtu: config.podMtu,
    dnsReplicas: config.dnsReplicas ?? 2,
    corefile: config.corefile,
    nodeResolvConf: config.nodeResolvConf,
    tuning: config.tuning ?? 'default',
    nodeMonitorGraceNs: (config.nodeMonitorGracePeriod ?? (openshift ? 40 : 50)) * NS_PER_SEC,
    masqueradeAll: config.kubeProxy?.masqueradeAll ?? false,
    minSyncPeriodNs: Math.round((config.kubeProxy?.minSyncPeriod ?? 1) * NS_PER_SEC),
    edge: fullEdge(
      config.edge,
      nodes.map(({ node }) => node.name),
      { isOpenshift: openshift, networks: [podText, serviceText, nodeText], problems },
    ),
  };
  return { cluster, problems };
}

function nodeList(
  nodes: number | readonly NodeConfig[],
  problems: ConfigProblem[],
): readonly NodeConfig[] {
  if (typeof nodes !== 'number') {
    const names = new Set<string>();
    nodes.forEach((node, index) => {
      if (names.has(node.name)) {
        problems.push({
          path: `cluster.nodes[${index}].name`,
          code: 'PW4004',
          message: `two nodes are called ${node.name}`,
        });
      }
      names.add(node.name);
    });
    return nodes;
  }
  const count = Math.min(nodes, MAX_NODES);
  return Array.from({ length: count }, (_, index) => ({ name: `node-${index + 1}` }));
}

function placeNodes(
  nodes: readonly NodeConfig[],
  nodeNetwork: Cidr,
  problems: ConfigProblem[],
): { readonly node: NodeConfig; readonly ip: Ip }[] {
  const taken = new Set<Ip>();
  nodes.forEach((node, index) => {
    if (node.address === undefined) return;
    const path = `cluster.nodes[${index}].address`;
    const address = parseIp(node.address);
    if (address === undefined) {
      problems.push({ path, code: 'PW4004', message: `"${node.address}" is not an IP address` });
    } else if (!cidrContains(nodeNetwork, address)) {
      problems.push({
        path,
        code: 'PW4004',
        message: `${node.address} is not in the node network ${formatCidr(nodeNetwork)}`,
        hint: 'set cluster.nodeNetwork to the network that holds the nodes',
      });
    } else if (taken.has(address)) {
      problems.push({
        path,
        code: 'PW4004',
        message: `two nodes have the address ${node.address}`,
      });
    } else taken.add(address);
  });
  const small = cidrSize(nodeNetwork) < nodes.length + 5;
  if (small) {
    problems.push({
      path: 'cluster.nodeNetwork',
      code: 'PW4002',
      message: `${formatCidr(nodeNetwork)} is too small for ${nodes.length} nodes, a control plane and a router`,
    });
  }
  const room = cidrSize(nodeNetwork);
  const base = room > nodes.length + 16 ? 11 : 3;
  let next = base;
  return nodes.map((node) => {
    const own = node.address === undefined ? undefined : parseIp(node.address);
    if (own !== undefined) return { node, ip: own };
    while (next < room - 1 && taken.has(addressAt(nodeNetwork, next))) next++;
    const ip = next < room - 1 ? addressAt(nodeNetwork, next) : network(nodeNetwork);
    taken.add(ip);
    next++;
    return { node, ip };
  });
}

function freeAddress(
  net: Cidr,
  preferred: number,
  taken: Set<Ip>,
  what: string,
  problems: ConfigProblem[],
): string {
  const size = cidrSize(net);
  for (let step = 0; step < size; step++) {
    const index = (preferred + step) % size;
    if (index === 0 || index === size - 1) continue;
    const address = addressAt(net, index);
    if (taken.has(address)) continue;
    taken.add(address);
    return formatIp(address);
  }
  problems.push({
    path: 'cluster.nodeNetwork',
    code: 'PW4002',
    message: `${formatCidr(net)} has no address left for the ${what}`,
  });
  return '0.0.0.0';
}

function checkOverlaps(
  problems: ConfigProblem[],
  networks: readonly (readonly [string, Cidr])[],
): void {
  networks.forEach(([path, left], index) => {
    for (const [otherPath, right] of networks.slice(index + 1)) {
      if (!cidrsOverlap(left, right)) continue;
      problems.push({
        path: otherPath,
        code: 'PW4001',
        message: `${formatCidr(right)} overlaps ${formatCidr(left)} of ${path}`,
      });
    }
  });
}

function checkPodCidrs(
  nodes: readonly NodeConfig[],
  podNetwork: Cidr,
  nodeMaskSize: number,
  problems: ConfigProblem[],
): void {
  if (nodeMaskSize < podNetwork.prefixLen || nodeMaskSize > 30) {
    problems.push({
      path: 'cluster.nodeMaskSize',
      code: 'PW4002',
      message: `a node's pod network of /${nodeMaskSize} does not fit into ${formatCidr(podNetwork)} with room for pods`,
    });
    return;
  }
  const available = 2 ** (nodeMaskSize - podNetwork.prefixLen);
  const automatic = nodes.filter((node) => node.podCIDR === undefined).length;
  if (automatic > available) {
    problems.push({
      path: 'cluster.podNetwork',
      code: 'PW4002',
      message: `${formatCidr(podNetwork)} holds ${available} networks of /${nodeMaskSize}, but there are ${nodes.length} nodes`,
    });
  }
  const seen: (readonly [string, Cidr])[] = [];
  nodes.forEach((node, index) => {
    if (node.podCIDR === undefined) return;
    const path = `cluster.nodes[${index}].podCIDR`;
    const value = parseCidr(node.podCIDR);
    if (value === undefined || network(value) !== value.ip) {
      problems.push({
        path,
        code: 'PW4004',
        message: `"${node.podCIDR}" is not a network in CIDR form`,
      });
      return;
    }
    if (value.prefixLen > 30) {
      problems.push({ path, code: 'PW4002', message: `${node.podCIDR} has no room for a pod` });
    }
    for (const [other, taken] of seen) {
      if (cidrsOverlap(taken, value)) {
        problems.push({
          path,
          code: 'PW4001',
          message: `${node.podCIDR} overlaps ${formatCidr(taken)} of ${other}`,
        });
      }
    }
    seen.push([node.name, value]);
  });
}
