/**
 * What an agent keeps of the cluster's nodes: address, pod network, annotations.
 */
import { type Cidr, type Ip, parseCidr, parseIp } from '@podwire/base';
import type { Node } from '@podwire/api';

export interface PeerNode {
  readonly name: string;
  readonly address: Ip;
  readonly podCIDR: Cidr | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The node as an agent sees it; undefined while it has no address. */
export function peerNodeOf(node: Node): PeerNode | undefined {
  let peer = READ.get(node);
  if (peer === undefined) {
    peer = { node: readNode(node) };
    READ.set(node, peer);
  }
  return peer.node;
}

/** Thousands of agents look at the same objects. */
const READ = new WeakMap<Node, { readonly node: PeerNode | undefined }>();

export function internalIpOf(node: Node): string | undefined {
  return node.status?.addresses?.find((entry) => entry.type === 'InternalIP')?.address;
}

function readNode(node: Node): PeerNode | undefined {
  const text = internalIpOf(node);
  const address = text === undefined ? undefined : parseIp(text);
  if (address === undefined) return undefined;
  const { podCIDR } = node.spec;
  return {
    name: node.metadata.name,
    address,
    podCIDR: podCIDR === undefined ? undefined : parseCidr(podCIDR),
    annotations: node.metadata.annotations ?? {},
  };
}
