/**
 * The whole emulated world as plain data: hosts, switches, links, and which thread runs what.
 *
 * Built once by the coordinator, sent to every shard; an actor's number is its place in `actors`, the same
 * everywhere.
 */
import {
  type Cidr,
  addressAt,
  formatIp,
  hashText,
  lastAddress,
  macFromRandom,
  network,
  parseCidr,
  parseIp,
} from '@podwire/base';
import { type LinkConfig, withLinkDefaults } from '@podwire/underlay';
import type { ScenarioImage, SourceApp } from '@podwire/workloads';
import type { Evaluator, FullCluster, FullNode } from './cluster-config.ts';

/** Delay of control messages between the operator and a host, out of band. */
export const CONTROL_DELAY_NS = 1_000_000;

export interface NicSpec {
  readonly name: string;
  readonly mac: number;
  /** Address with prefix length; empty: none. */
  readonly cidr: string;
  readonly link: number;
}

export type HostRole =
  | 'node'
  | 'control-plane'
  | 'router'
  | 'load-balancer'
  | 'client'
  | 'upstream-dns';

export interface HostSpec {
  readonly kind: 'host';
  readonly name: string;
  readonly role: HostRole;
  readonly nics: readonly NicSpec[];
  readonly gateway: string | undefined;
  readonly node: FullNode | undefined;
}

export interface SwitchSpec {
  readonly kind: 'switch';
  readonly name: string;
  readonly ports: readonly { readonly link: number; readonly peer: number }[];
  readonly arpSuppression: boolean;
}

export interface OperatorSpec {
  readonly kind: 'operator';
  readonly name: 'operator';
}

export type ActorSpec = HostSpec | SwitchSpec | OperatorSpec;

export interface LinkSpec {
  readonly host: number;
  /** Place of the NIC on its host: the port number there. */
  readonly hostPort: number;
  readonly nic: string;
  readonly switch: number;
  readonly switchPort: number;
  /** Named as `node-1/eth0`. */
  readonly config: LinkConfig;
}

/** A name that the upstream DNS server knows, or how it behaves for a zone. */
export interface UpstreamZone {
  readonly zone: string;
  readonly behaviour: 'answer' | 'nxdomain' | 'servfail' | 'refused' | 'silent';
  readonly records: readonly string[];
}

export interface ClientConfig {
  readonly name: string;
  /** With prefix length, as 192.168.1.20/24. */
  readonly address: string;
}

export interface CaptureSpec {
  /** Interfaces as `node-1`, `node-1/eth0`, `pod default/web-1`, `*`; empty = the NICs of all hosts. */
  readonly interfaces: readonly string[];
}

export interface WorldSpec {
  readonly seed: string;
  readonly evaluator: Evaluator;
  readonly cluster: FullCluster;
  readonly actors: readonly ActorSpec[];
  readonly links: readonly LinkSpec[];
  readonly upstream: readonly UpstreamZone[];
  readonly upstreamAddress: string;
  readonly images: readonly ScenarioImage[];
  /** What applications answer that builds find in repositories. */
  readonly sources: readonly SourceApp[];
  readonly capture: CaptureSpec | undefined;
  /** Whether the run ends with an inventory of all machines. */
  readonly hasInventory: boolean;
}

export const OPERATOR = 0;
const UPSTREAM_NETWORK = '192.0.2.0/24';
const UPSTREAM_ADDRESS = '192.0.2.53';
/** Between the router and the cloud's load balancer; of link-local scope, so that it is nobody else's. */
const BALANCER_NETWORK = '169.254.252.0/30';
/** The router's NIC there. */
export const BALANCER_NIC = 'lb0';
export const BALANCER_ADDRESS = '169.254.252.2';
const BALANCER_GATEWAY = '169.254.252.1';
export const DEFAULT_CLIENTS: readonly ClientConfig[] = [
  { name: 'client', address: '198.51.100.7/24' },
];

/** What a user may set of a link. */
export type LinkSettings = Partial<Omit<LinkConfig, 'name' | 'isUp'>>;

export interface WorldOptions {
  readonly seed: string;
  readonly evaluator?: Evaluator;
  readonly cluster: FullCluster;
  readonly link?: LinkSettings;
  /** Changes to single links by name of the host. */
  readonly links?: ReadonlyMap<string, LinkSettings>;
  /** Switches answer ARP for the machines that they know. Default: no. */
  readonly arpSuppression?: boolean;
  readonly clients?: readonly ClientConfig[];
  readonly upstream?: readonly UpstreamZone[];
  readonly images?: readonly ScenarioImage[];
  readonly sources?: readonly SourceApp[];
  readonly capture?: CaptureSpec;
  readonly hasInventory?: boolean;
}

/** Lays hosts, switches and links out: one switch per network, the router between them. */
export function buildWorldSpec(options: WorldOptions): WorldSpec {
  const { cluster } = options;
  const builder = new WorldBuilder(options);
  const nodeNet = builder.network(cluster.nodeNetwork, 'nodes');
  const prefix = nodeNet.cidr.prefixLen;
  builder.host(
    'control-plane',
    'control-plane',
    nodeNet,
    `${cluster.controlPlaneAddress}/${prefix}`,
    cluster.routerAddress,
  );
  for (const node of cluster.nodes) {
    builder.host(
      node.name,
      'node',
      nodeNet,
      `${node.address}/${prefix}`,
      cluster.routerAddress,
      node,
    );
  }
  const outside = new Map<string, Network>();
  const outsideNetwork = (address: string): Network => {
    const parsed = parseCidr(address) as Cidr;
    const text = `${formatIp(network(parsed))}/${parsed.prefixLen}`;
    let net = outside.get(text);
    if (net === undefined) {
      net = builder.network(text, `outside-${outside.size + 1}`);
      outside.set(text, net);
    }
    return net;
  };
  const clients = options.clients ?? DEFAULT_CLIENTS;
  for (const client of clients) {
    const net = outsideNetwork(client.address);
    builder.host(client.name, 'client', net, client.address, gatewayOf(net.cidr, client.address));
  }
  const upstream = outsideNetwork(UPSTREAM_NETWORK);
  const upstreamCidr = `${UPSTREAM_ADDRESS}/24`;
  builder.host(
    'upstream-dns',
    'upstream-dns',
    upstream,
    upstreamCidr,
    gatewayOf(upstream.cidr, upstreamCidr),
  );
  const balancerNet =
    cluster.edge.loadBalancer?.provider === 'cloud'
      ? builder.network(BALANCER_NETWORK, 'load-balancer')
      : undefined;
  builder.router(cluster.routerAddress, {
    nodeNet,
    outside: [...outside.values()],
    clients,
    balancerNet,
  });
  if (balancerNet !== undefined) {
    const address = `${BALANCER_ADDRESS}/30`;
    builder.host('load-balancer', 'load-balancer', balancerNet, address, BALANCER_GATEWAY);
  }
  return builder.finish();
}

/** The router's address in an outside network: its first, or its last where a client has the first. */
function gatewayOf(cidr: Cidr, ...used: readonly string[]): string {
  const first = addressAt(cidr, 1);
  const taken = new Set(used.map((text) => parseIp(text.split('/')[0] ?? '')));
  return formatIp(taken.has(first) ? lastAddress(cidr) - 1 : first);
}

interface Network {
  readonly cidr: Cidr;
  readonly switchName: string;
  readonly ports: { link: number; peer: number }[];
}

class WorldBuilder {
  readonly #options: WorldOptions;
  readonly #actors: ActorSpec[] = [{ kind: 'operator', name: 'operator' }];
  readonly #networks: Network[] = [];
  readonly #pending: (Omit<LinkSpec, 'switch'> & { readonly net: Network })[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  network(text: string, name: string): Network {
    const net: Network = { cidr: parseCidr(text) as Cidr, switchName: `switch-${name}`, ports: [] };
    this.#networks.push(net);
    return net;
  }

  host(
    name: string,
    role: HostRole,
    net: Network,
    cidr: string,
    gateway: string,
    node?: FullNode,
  ): void {
    const id = this.#actors.length;
    const link = this.#link(name, id, 0, 'eth0', net);
    this.#actors.push({
      kind: 'host',
      name,
      role,
      nics: [{ name: 'eth0', mac: this.#mac(name, 'eth0'), cidr, link }],
      gateway,
      node,
    });
  }

  router(
    nodeSide: string,
    {
      nodeNet,
      outside,
      clients,
      balancerNet,
    }: {
      readonly nodeNet: Network;
      readonly outside: readonly Network[];
      readonly clients: readonly ClientConfig[];
      readonly balancerNet: Network | undefined;
    },
  ): void {
    const id = this.#actors.length;
    const nics: NicSpec[] = [];
    const join = (nic: string, net: Network, address: string): void => {
      const link = this.#link('router', id, nics.length, nic, net);
      nics.push({
        name: nic,
        mac: this.#mac('router', nic),
        cidr: `${address}/${net.cidr.prefixLen}`,
        link,
      });
    };
    join('eth0', nodeNet, nodeSide);
    const used = [...clients.map((client) => client.address), UPSTREAM_ADDRESS];
    outside.forEach((net, index) => {
      join(`eth${index + 1}`, net, gatewayOf(net.cidr, ...used));
    });
    if (balancerNet !== undefined) join(BALANCER_NIC, balancerNet, BALANCER_GATEWAY);
    this.#actors.push({
      kind: 'host',
      name: 'router',
      role: 'router',
      nics,
      gateway: undefined,
      node: undefined,
    });
  }

  finish(): WorldSpec {
    const { seed, evaluator, cluster, upstream, images, sources, capture, hasInventory } =
      this.#options;
    const switchId = new Map<Network, number>();
    for (const net of this.#networks) {
      switchId.set(net, this.#actors.length);
      this.#actors.push({
        kind: 'switch',
        name: net.switchName,
        ports: net.ports,
        arpSuppression: this.#options.arpSuppression ?? false,
      });
    }
    return {
      seed,
      evaluator: evaluator ?? 'fast',
      cluster,
      actors: this.#actors,
      links: this.#pending.map(({ net, ...link }) => ({ ...link, switch: switchId.get(net) ?? 0 })),
      upstream: upstream ?? [],
      upstreamAddress: UPSTREAM_ADDRESS,
      images: images ?? [],
      sources: sources ?? [],
      capture,
      hasInventory: hasInventory ?? false,
    };
  }

  #link(name: string, host: number, hostPort: number, nic: string, net: Network): number {
    const link = this.#pending.length;
    const switchPort = net.ports.length;
    net.ports.push({ link, peer: host });
    const config = withLinkDefaults({
      name: `${name}/${nic}`,
      ...this.#options.link,
      ...this.#options.links?.get(name),
    });
    this.#pending.push({ host, hostPort, nic, net, switchPort, config });
    return link;
  }

  /** Seeded by name, so that a host keeps its address when others come or go. */
  #mac(host: string, nic: string): number {
    const text = `${this.#options.seed}/${host}/${nic}`;
    return macFromRandom(hashText(text, 1) >>> 8, hashText(text, 2) >>> 8);
  }
}
