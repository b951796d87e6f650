/**
 * What an agent keeps of the cluster's nodes: address, pod network, annotations.
 */
import { type Cidr, type Ip, parseCidr, parseIp } from '@podwire/base';
import { Informer, type Node } from '@podwire/api';
import type { Process } from '@podwire/engine';
import type { NodeContext } from './cni.ts';

export interface PeerNode {
  readonly name: string;
  readonly address: Ip;
  readonly podCIDR: Cidr | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface NodeWatch {
  readonly processes: readonly Process[];
}

/** Calls back with each node as it is now, and once when it is gone. */
export function watchNodes(
  context: NodeContext,
  onNode: (node: PeerNode) => void,
  onGone: (name: string) => void,
): Process {
  const informer = new Informer<Node>(context.client, context.sim, { resource: 'nodes' });
  const tell = (node: Node): void => {
    const peer = peerOf(node);
    if (peer !== undefined) onNode(peer);
  };
  informer.subscribe({
    add: tell,
    update: tell,
    delete: (node) => {
      onGone(node.metadata.name);
    },
  });
  return context.sim.spawn('cni nodes', informer.run());
}

function peerOf(node: Node): PeerNode | undefined {
  const text = node.status?.addresses?.find((entry) => entry.type === 'InternalIP')?.address;
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
