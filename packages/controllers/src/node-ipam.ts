/**
 * Node IPAM controller: gives each node a part of the pod network, the lowest free one.
 *
 * From: Nodes. To: `spec.podCIDR`. Copies pkg/controller/nodeipam's range allocator.
 */
import { type Informer, type Node, keyOf } from '@podwire/api';
import { type Cidr, addressAt, formatCidr, isIpv4, parseCidr } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from './context.ts';

const COMPONENT = 'cidrAllocator';

export function startNodeIpamController(context: ControllerContext): void {
  const { clusterCIDR, nodeCIDRMaskSize } = context.options;
  if (clusterCIDR === undefined) return;
  const network = parseCidr(clusterCIDR);
  if (network === undefined) return;
  const pool = new CidrPool(network, nodeCIDRMaskSize);
  const nodes: Informer<Node> = context.informer('nodes');
  const queue = context.reconcile('nodeipam', ['nodes'], sync);
  const occupy = (node: Node): void => {
    if (node.spec.podCIDR !== undefined) pool.take(node.spec.podCIDR);
  };
  nodes.subscribe({
    add: occupy,
    update: occupy,
    delete: (node) => {
      if (node.spec.podCIDR !== undefined) pool.release(node.spec.podCIDR);
    },
  });
  enqueueChanges(nodes, queue);

  function* sync(key: string): Proc<Outcome> {
    const node = nodes.items.get(key);
    if (node === undefined || node.spec.podCIDR !== undefined) return 'done';
    const podCIDR = pool.next(keyOf(node));
    if (podCIDR === undefined) {
      const recorder = context.recorder(COMPONENT);
      const text = `Node ${key} status is now: CIDRNotAvailable`;
      recorder.event(node, 'Normal', 'CIDRNotAvailable', text);
      return 'retry';
    }
    const response = yield* context.patch('nodes', node, {
      spec: { podCIDR, podCIDRs: [podCIDR] },
    });
    if (isSettled(response)) return 'done';
    pool.release(podCIDR);
    return 'retry';
  }
}

/** The parts of a network, handed out in ascending order. */
export class CidrPool {
  readonly #network: Cidr;
  readonly #maskSize: number;
  readonly #taken = new Set<string>();
  /** Promised to a node whose write is under way, and whose promise each is. */
  readonly #promised = new Map<string, string>();
  readonly #owners = new Map<string, string>();
  /** No part below this one is free. */
  #lowest = 0;

  constructor(network: Cidr, maskSize: number) {
    this.#network = network;
    this.#maskSize = maskSize;
  }

  take(text: string): void {
    this.#taken.add(text);
  }

  release(text: string): void {
    if (this.#taken.delete(text)) this.#lowest = 0;
    const owner = this.#owners.get(text);
    if (owner === undefined) return;
    this.#owners.delete(text);
    this.#promised.delete(owner);
  }

  next(owner: string): string | undefined {
    const promised = this.#promised.get(owner);
    if (promised !== undefined) return promised;
    const bits = isIpv4(this.#network.ip) ? 32 : 128;
    const count = 2 ** (this.#maskSize - this.#network.prefixLen);
    const size = 2 ** (bits - this.#maskSize);
    for (; this.#lowest < count; this.#lowest++) {
      const text = formatCidr({
        ip: addressAt(this.#network, this.#lowest * size),
        prefixLen: this.#maskSize,
      });
      if (this.#taken.has(text)) continue;
      this.#taken.add(text);
      this.#promised.set(owner, text);
      this.#owners.set(text, owner);
      return text;
    }
    return undefined;
  }
}
