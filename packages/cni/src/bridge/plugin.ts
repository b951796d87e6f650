/**
 * Plain pod networks: a bridge per node, and routes from node to node; nothing is encapsulated.
 *
 * From: the kubelet's sandbox. The node's part of the pod network comes from its Node object; a route to each
 * other node's part goes by that node's address, or by the router when it is on another network (the
 * "next-hop table" of facts/pod-network.md §3). With `podRoutes: router` there are none: pod traffic follows the
 * default route to the router, which knows all nodes' parts, as in a cloud's network.
 */
import { type Cidr, cidrContains, formatCidr, formatIp } from '@podwire/base';
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
import type { PeerNode } from '../node-watch.ts';
import { type PeerProgrammer, PeerTable } from '../peer-table.ts';
import { bridgeMasqueradeRules } from './masquerade.ts';

const BRIDGE = 'cni0';

export class BridgePlugin implements CniPlugin, PeerProgrammer {
  readonly name = 'bridge';
  readonly deviceName: string;
  readonly needsOwn = false;
  readonly #context: NodeContext;
  readonly #table: PeerTable;
  /** Routes that are there, by node. */
  readonly #routes = new Map<string, string>();
  #network: PodNetwork | undefined;

  constructor(context: NodeContext) {
    this.#context = context;
    this.deviceName = context.uplinkName;
    this.#table = new PeerTable(context, this);
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
    this.#table.stop();
  }

  own(node: PeerNode): boolean {
    if (node.podCIDR === undefined) return false;
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
    return true;
  }

  has(name: string): boolean {
    return this.#routes.has(name);
  }

  /** A route by the router is found when its node is seen. */
  mayWait(node: PeerNode): boolean {
    return this.#isOnOurLink(node);
  }

  isSame(left: PeerNode, right: PeerNode): boolean {
    const [one, other] = [left.podCIDR, right.podCIDR];
    return (
      left.address === right.address && one?.ip === other?.ip && one?.prefixLen === other?.prefixLen
    );
  }

  program(node: PeerNode): void {
    const wanted = node.podCIDR === undefined ? undefined : this.#routeTo(node, node.podCIDR);
    if (wanted === undefined) {
      this.forget(node.name);
      return;
    }
    const text = wanted.join(' ');
    if (this.#routes.get(node.name) === text) return;
    this.forget(node.name);
    ipCommand(this.#context.ns, ['route', 'replace', ...wanted]);
    this.#routes.set(node.name, text);
  }

  /** Straight to the node when it shares our link; otherwise by the way to it. */
  #routeTo(node: PeerNode, podCIDR: Cidr): string[] {
    const { uplinkName, ns } = this.#context;
    if (this.#isOnOurLink(node))
      return [formatCidr(podCIDR), 'via', formatIp(node.address), 'dev', uplinkName];
    const way = ns.lookup(node.address);
    const hop = way === undefined || way.gateway === 0 ? node.address : way.gateway;
    return [formatCidr(podCIDR), 'via', formatIp(hop), 'dev', uplinkName];
  }

  #isOnOurLink(node: PeerNode): boolean {
    const { nodeNetworks, nodeIP } = this.#context;
    return nodeNetworks.some(
      (network) => cidrContains(network, node.address) && cidrContains(network, nodeIP),
    );
  }

  forget(name: string): void {
    const text = this.#routes.get(name);
    if (text === undefined) return;
    ipCommand(this.#context.ns, ['route', 'del', ...text.split(' ')]);
    this.#routes.delete(name);
  }
}
