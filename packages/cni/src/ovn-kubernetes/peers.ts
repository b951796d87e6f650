/**
 * The other nodes as an OVN node sees them: found by address, number or name when a packet asks.
 */
import { type Cidr, type Ip, formatIp, ipv4Mask, isIpv4, network } from '@podwire/base';
import { Informer, type Node } from '@podwire/api';
import type { Proc, Process } from '@podwire/engine';
import type { NodeContext } from '../cni.ts';
import { peerNodeOf } from '../node-watch.ts';
import { type OvnPeer, type Peers, nodeIdOf } from './topology.ts';

const BY_NETWORK = 'ovn/subnet';
const BY_ID = 'ovn/node-id';
const BY_ADDRESS = 'ovn/address';
const BY_NAME = 'ovn/name';

const INDEXES: ReadonlyMap<string, (peer: OvnPeer) => string> = new Map([
  [BY_NETWORK, ({ subnet }: OvnPeer) => networkText(subnet)],
  [BY_ID, ({ id }: OvnPeer) => `${id}`],
  [BY_ADDRESS, ({ nodeIp }: OvnPeer) => formatIp(nodeIp)],
  [BY_NAME, ({ name }: OvnPeer) => name],
]);

function networkText(subnet: Cidr): string {
  return `${formatIp(network(subnet))}/${subnet.prefixLen}`;
}

export class NodePeers implements Peers {
  /** Called when a node came, went or changed its addresses. */
  onChange: (own: OvnPeer | undefined) => void = () => {};
  /** Prefix lengths of the subnets that were seen. */
  readonly prefixLens: Set<number> = new Set();
  readonly #context: NodeContext;
  readonly #read: (node: Node) => OvnPeer | undefined;
  #nodes: Informer<Node>;
  #watch: Process | undefined;
  /** What was known when the agent stopped: it goes on to be used. */
  #remembered: readonly OvnPeer[] | undefined;

  constructor(context: NodeContext, clusterNetwork: Cidr, nodeMaskSize: number) {
    this.#context = context;
    this.#read = (node) => peerOf(node, clusterNetwork, nodeMaskSize);
    this.#nodes = this.#informer();
  }

  start(): void {
    const { sim } = this.#context;
    const isAgain = this.#remembered !== undefined;
    if (isAgain) this.#nodes = this.#informer();
    this.#watch = sim.spawn('ovnkube/nodes', this.#nodes.run());
    if (isAgain) sim.spawn('ovnkube/nodes synced', this.#forgetWhenSynced(this.#nodes));
  }

  stop(): void {
    const known = Array.from(this.#nodes.items.values(), (node) => this.#read(node));
    this.#remembered = known.filter((peer) => peer !== undefined);
    this.#watch?.cancel();
  }

  ofAddress(address: Ip): OvnPeer | undefined {
    if (!isIpv4(address)) return undefined;
    for (const prefixLen of this.prefixLens) {
      const first = (address & ipv4Mask(prefixLen)) >>> 0;
      const found = this.#one(BY_NETWORK, networkText({ ip: first, prefixLen }));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  byId(id: number): OvnPeer | undefined {
    return this.#one(BY_ID, `${id}`);
  }

  byName(name: string): OvnPeer | undefined {
    return this.#one(BY_NAME, name);
  }

  /** Whether it is the address of a node, this one too. */
  isNodeAddress(address: Ip): boolean {
    return this.#found(BY_ADDRESS, formatIp(address)).length > 0;
  }

  #one(index: string, value: string): OvnPeer | undefined {
    return this.#found(index, value).find(({ name }) => name !== this.#context.nodeName);
  }

  #found(index: string, value: string): readonly OvnPeer[] {
    if (this.#remembered !== undefined) {
      return this.#remembered.filter((peer) => INDEXES.get(index)?.(peer) === value);
    }
    const peers = this.#nodes.byIndex(index, value).map((node) => this.#read(node));
    return peers.filter((peer) => peer !== undefined);
  }

  #informer(): Informer<Node> {
    const { client, sim } = this.#context;
    const nodes = new Informer<Node>(client, sim, { resource: 'nodes' });
    for (const [name, valueOf] of INDEXES) {
      nodes.addIndex(name, (node) => {
        const peer = this.#read(node);
        return peer === undefined ? [] : [valueOf(peer)];
      });
    }
    nodes.subscribe({
      add: (node) => {
        this.#seen(node, undefined);
      },
      update: (node, old) => {
        this.#seen(node, old);
      },
      delete: () => {
        this.onChange(undefined);
      },
    });
    return nodes;
  }

  *#forgetWhenSynced(nodes: Informer<Node>): Proc {
    yield* nodes.waitSynced();
    if (nodes !== this.#nodes || this.#remembered === undefined) return;
    this.#remembered = undefined;
    this.onChange(undefined);
  }

  #seen(node: Node, old: Node | undefined): void {
    const peer = this.#read(node);
    const before = old === undefined ? undefined : this.#read(old);
    if (peer === undefined || (before !== undefined && isSame(peer, before))) return;
    this.prefixLens.add(peer.subnet.prefixLen);
    this.onChange(peer.name === this.#context.nodeName ? peer : undefined);
  }
}

function isSame(one: OvnPeer, other: OvnPeer): boolean {
  return (
    one.nodeIp === other.nodeIp &&
    one.subnet.ip === other.subnet.ip &&
    one.subnet.prefixLen === other.subnet.prefixLen
  );
}

function peerOf(node: Node, clusterNetwork: Cidr, nodeMaskSize: number): OvnPeer | undefined {
  let read = READ.get(node);
  if (read === undefined) {
    const seen = peerNodeOf(node);
    const subnet = seen?.podCIDR;
    const peer =
      seen === undefined || subnet === undefined
        ? undefined
        : {
            name: seen.name,
            id: nodeIdOf(clusterNetwork, nodeMaskSize, subnet),
            subnet,
            nodeIp: seen.address,
          };
    read = { peer };
    READ.set(node, read);
  }
  return read.peer;
}

/** Nodes of a thread look at the same objects; a cluster has one cluster network. */
const READ = new WeakMap<Node, { readonly peer: OvnPeer | undefined }>();
