/**
 * The other nodes as an OVN node sees them: found by address, number or name when a packet asks.
 */
import { type Cidr, type Ip, formatIp, ipv4Mask, isIpv4, network } from '@podwire/base';
import { Informer, type Node } from '@podwire/api';
import { type OvnPeer, type Peers, nodeIdOf } from '@podwire/ovn';
import type { NodeContext } from '../cni.ts';
import { peerNodeOf } from '../node-watch.ts';

const BY_NETWORK = 'ovn/subnet';
const BY_ID = 'ovn/node-id';
const BY_ADDRESS = 'ovn/address';

export class NodePeers implements Peers {
  readonly nodes: Informer<Node>;
  /** Called when a node came, went or changed its addresses. */
  onChange: (own: OvnPeer | undefined) => void = () => {};
  /** Prefix lengths of the subnets that were seen. */
  readonly prefixLens: Set<number> = new Set();
  readonly #nodeName: string;
  readonly #read: (node: Node) => OvnPeer | undefined;

  constructor(context: NodeContext, clusterNetwork: Cidr, nodeMaskSize: number) {
    this.#nodeName = context.nodeName;
    const read = (node: Node): OvnPeer | undefined => peerOf(node, clusterNetwork, nodeMaskSize);
    this.#read = read;
    this.nodes = new Informer<Node>(context.client, context.sim, { resource: 'nodes' });
    const index = (name: string, valueOf: (peer: OvnPeer) => string): void => {
      this.nodes.addIndex(name, (node) => {
        const peer = read(node);
        return peer === undefined ? [] : [valueOf(peer)];
      });
    };
    index(BY_NETWORK, ({ subnet }) => `${formatIp(network(subnet))}/${subnet.prefixLen}`);
    index(BY_ID, ({ id }) => `${id}`);
    index(BY_ADDRESS, ({ nodeIp }) => formatIp(nodeIp));
    this.nodes.subscribe({
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
  }

  ofAddress(address: Ip): OvnPeer | undefined {
    if (!isIpv4(address)) return undefined;
    for (const prefixLen of this.prefixLens) {
      const first = (address & ipv4Mask(prefixLen)) >>> 0;
      const found = this.#one(BY_NETWORK, `${formatIp(first)}/${prefixLen}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  byId(id: number): OvnPeer | undefined {
    return this.#one(BY_ID, `${id}`);
  }

  byName(name: string): OvnPeer | undefined {
    const node = this.nodes.get(undefined, name);
    const peer = node === undefined || name === this.#nodeName ? undefined : this.#read(node);
    return peer;
  }

  /** Whether it is the address of a node, this one too. */
  isNodeAddress(address: Ip): boolean {
    return this.nodes.byIndex(BY_ADDRESS, formatIp(address)).length > 0;
  }

  #one(index: string, value: string): OvnPeer | undefined {
    for (const node of this.nodes.byIndex(index, value)) {
      if (node.metadata.name !== this.#nodeName) return this.#read(node);
    }
    return undefined;
  }

  #seen(node: Node, old: Node | undefined): void {
    const peer = this.#read(node);
    const before = old === undefined ? undefined : this.#read(old);
    if (peer === undefined || (before !== undefined && isSame(peer, before))) return;
    this.prefixLens.add(peer.subnet.prefixLen);
    this.onChange(peer.name === this.#nodeName ? peer : undefined);
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
