/**
 * Plain pod networks: a bridge per node, and routes from node to node; nothing is encapsulated.
 *
 * From: the kubelet's sandbox. The node's part of the pod network comes from its Node object; a route to each
 * other node's part goes by that node's address, or by the router when it is on another network (the
 * "next-hop table" of facts/pod-network.md §3).
 */
import { type Cidr, cidrContains, formatCidr, formatIp } from '@podwire/base';
import type { Process } from '@podwire/engine';
import { ipCommand } from '@podwire/netstack';
import { type PodNetwork, attachPod, detachPod, ensureBridge, restore } from '../attach.ts';
import {
  CNI_NOT_INITIALIZED,
  type CniArgs,
  type CniPlugin,
  type CniResult,
  type NodeContext,
} from '../cni.ts';
import { gatewayOf } from '../ipam/host-local.ts';
import { type PeerNode, watchNodes } from '../node-watch.ts';
import { bridgeMasqueradeRules } from './masquerade.ts';

const BRIDGE = 'cni0';

export class BridgePlugin implements CniPlugin {
  readonly name = 'bridge';
  readonly #context: NodeContext;
  readonly #watch: Process;
  readonly #routes = new Map<string, string>();
  #network: PodNetwork | undefined;

  constructor(context: NodeContext) {
    this.#context = context;
    this.#watch = watchNodes(
      context,
      (node) => {
        if (node.name === context.nodeName) this.#own(node);
        else this.#peer(node);
      },
      (name) => {
        this.#forget(name);
      },
    );
  }

  notReady(): string | undefined {
    return this.#network === undefined ? CNI_NOT_INITIALIZED : undefined;
  }

  add(args: CniArgs): CniResult | { readonly error: string } {
    if (this.#network === undefined) return { error: 'cni plugin not initialized' };
    return attachPod(this.#context, this.#network, this.#context.disk, args);
  }

  del(args: { readonly containerId: string; readonly hostIfName?: string }): void {
    detachPod(this.#context, this.name, this.#context.disk, args);
  }

  stop(): void {
    this.#watch.cancel();
  }

  #own(node: PeerNode): void {
    if (this.#network !== undefined || node.podCIDR === undefined) return;
    const { ns, podMtuBytes, podGateway, hairpin, clusterCIDR, nodeNetworks, uplinkName } =
      this.#context;
    const gateway = gatewayOf(node.podCIDR, podGateway);
    const mtuBytes = podMtuBytes ?? ns.dev(uplinkName)?.mtuBytes ?? 1500;
    this.#network = {
      name: this.name,
      bridgeName: BRIDGE,
      subnet: node.podCIDR,
      gateway,
      mtuBytes,
      hairpin: hairpin ?? true,
    };
    ensureBridge(ns, BRIDGE, { ip: gateway, prefixLen: node.podCIDR.prefixLen }, mtuBytes);
    restore(ns, bridgeMasqueradeRules(node.podCIDR, [clusterCIDR, ...nodeNetworks]));
  }

  #peer(node: PeerNode): void {
    const wanted = node.podCIDR === undefined ? undefined : this.#routeTo(node, node.podCIDR);
    if (wanted === undefined) {
      this.#forget(node.name);
      return;
    }
    const text = wanted.join(' ');
    if (this.#routes.get(node.name) === text) return;
    this.#forget(node.name);
    ipCommand(this.#context.ns, ['route', 'replace', ...wanted]);
    this.#routes.set(node.name, text);
  }

  /** Straight to the node when it shares our link; otherwise by the way to it. */
  #routeTo(node: PeerNode, podCIDR: Cidr): string[] {
    const { nodeNetworks, uplinkName, ns, nodeIP } = this.#context;
    const shared = nodeNetworks.some(
      (network) => cidrContains(network, node.address) && cidrContains(network, nodeIP),
    );
    if (shared) return [formatCidr(podCIDR), 'via', formatIp(node.address), 'dev', uplinkName];
    const way = ns.lookup(node.address);
    const hop = way === undefined || way.gateway === 0 ? node.address : way.gateway;
    return [formatCidr(podCIDR), 'via', formatIp(hop), 'dev', uplinkName];
  }

  #forget(name: string): void {
    const text = this.#routes.get(name);
    if (text === undefined) return;
    ipCommand(this.#context.ns, ['route', 'del', ...text.split(' ')]);
    this.#routes.delete(name);
  }
}
