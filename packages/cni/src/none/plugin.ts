/**
 * No pod network: every host has the same docker0 172.17.0.0/16, as plain Docker gives it.
 *
 * It shows the trouble of single-host networking: two pods on two hosts may have one address, and a packet
 * for it never leaves the host (facts/pod-network.md §3).
 */
import { addressAt, cidr } from '@podwire/base';
import { type PodNetwork, attachPod, detachPod, ensureBridge, restore } from '../attach.ts';
import type { CniArgs, CniPlugin, CniResult, NodeContext } from '../cni.ts';

const BRIDGE = 'docker0';
const SUBNET = '172.17.0.0/16';

export class NonePlugin implements CniPlugin {
  readonly name = 'docker0';
  readonly #context: NodeContext;
  readonly #network: PodNetwork;

  constructor(context: NodeContext) {
    this.#context = context;
    const subnet = cidr(SUBNET);
    const gateway = addressAt(subnet, 1);
    this.#network = {
      name: this.name,
      bridgeName: BRIDGE,
      subnet,
      gateway,
      mtuBytes: context.podMtuBytes ?? 1500,
      hairpin: context.hairpin ?? false,
    };
    ensureBridge(context.ns, BRIDGE, { ip: gateway, prefixLen: 16 }, this.#network.mtuBytes);
    restore(
      context.ns,
      ['*nat', `-A POSTROUTING -s ${SUBNET} ! -o ${BRIDGE} -j MASQUERADE`, 'COMMIT', ''].join('\n'),
    );
  }

  notReady(): string | undefined {
    return undefined;
  }

  add(args: CniArgs): CniResult | { readonly error: string } {
    return attachPod(this.#context, this.#network, this.#context.disk, args);
  }

  del(args: { readonly containerId: string; readonly hostIfName?: string }): void {
    detachPod(this.#context, this.name, this.#context.disk, args);
  }

  stop(): void {}
}
