/**
 * The entries that a node has for each other node, real or waiting for first use (netstack's WaitingPeers).
 *
 * From: the watch of nodes. To: the plugin, which makes a peer's entries and takes them away. Of 5,000 nodes
 * each would hold 5,000 routes; here a peer's entries become real when a packet or a command asks for them,
 * from the node objects as this node has seen them. What is real is kept up to date at once.
 */
import { type Ip, type Mac, formatIp, formatMac, ipv4Mask, isIpv4, network } from '@podwire/base';
import { Informer, type Node } from '@podwire/api';
import type { Process } from '@podwire/engine';
import type { Dev, WaitingPeers } from '@podwire/netstack';
import type { NodeContext } from './cni.ts';
import { type PeerNode, internalIpOf, peerNodeOf } from './node-watch.ts';

/** What a plugin does with the peers of its node. */
export interface PeerProgrammer {
  /** Name of the device that the entries hang on. */
  readonly deviceName: string;
  /** Whether there are no entries before our own pod network is known. */
  readonly needsOwn: boolean;
  /** Takes our own Node object; true once it has what it needs of it. */
  own(node: PeerNode): boolean;
  /** Whether the peer's entries are there. */
  has(name: string): boolean;
  /** Makes the peer's entries what the node object says, or takes them away when it says nothing. */
  program(node: PeerNode): void;
  forget(name: string): void;
  /** Whether these entries depend on nothing that may change until they are used. */
  mayWait(node: PeerNode): boolean;
  /** Whether two versions of a node give the same entries. */
  isSame(left: PeerNode, right: PeerNode): boolean;
  /** MAC address of the peer's tunnel end, for plugins that have one. */
  tunnelMac?(node: PeerNode): Mac | undefined;
}

const BY_NETWORK = 'cni/pod network';
const BY_MAC = 'cni/tunnel end';

export class PeerTable implements WaitingPeers {
  readonly #context: NodeContext;
  readonly #plugin: PeerProgrammer;
  readonly #nodes: Informer<Node>;
  readonly #watch: Process;
  /** Lengths of the pod networks' prefixes that were seen: as a rule one. */
  readonly #prefixLens: number[] = [];
  /** Peers that may not wait, seen before there can be entries. */
  #early: Map<string, PeerNode> | undefined;
  #hasOwn = false;
  #isReady = false;
  #isAll = false;
  #isProgramming = false;

  constructor(context: NodeContext, plugin: PeerProgrammer) {
    this.#context = context;
    this.#plugin = plugin;
    this.#nodes = new Informer<Node>(context.client, context.sim, {
      resource: 'nodes',
      // Where the router knows the way, a node has no peers: it sees itself alone.
      ...(context.podRoutes === 'router'
        ? { fieldSelector: `metadata.name=${context.nodeName}` }
        : {}),
    });
    this.#nodes.addIndex(BY_NETWORK, networksOf);
    if (plugin.tunnelMac !== undefined) {
      this.#nodes.addIndex(BY_MAC, (node) => {
        const peer = peerNodeOf(node);
        const mac = peer === undefined ? undefined : plugin.tunnelMac?.(peer);
        return mac === undefined ? [] : [formatMac(mac)];
      });
    }
    this.#nodes.subscribe({
      add: (node) => {
        this.#onNode(peerNodeOf(node), undefined);
      },
      update: (node, old) => {
        // A status that was reported again, as most changes are.
        if (node.spec === old.spec && node.metadata.annotations === old.metadata.annotations) {
          if (internalIpOf(node) === internalIpOf(old)) return;
        }
        this.#onNode(peerNodeOf(node), peerNodeOf(old));
      },
      delete: (node) => {
        this.#onGone(node.metadata.name);
      },
    });
    this.#watch = context.sim.spawn('cni nodes', this.#nodes.run());
    if (!plugin.needsOwn) this.#begin();
  }

  /** The agent ends: what it knew of its peers stays. */
  stop(): void {
    this.all();
    this.#watch.cancel();
  }

  forAddress(dst: Ip): void {
    if (!isIpv4(dst)) return;
    for (const prefixLen of this.#prefixLens) {
      const first = (dst & ipv4Mask(prefixLen)) >>> 0;
      this.#wake(this.#nodes.byIndex(BY_NETWORK, `${formatIp(first)}/${prefixLen}`));
    }
  }

  forNeigh(dev: Dev, address: Ip): void {
    if (this.hangOn(dev) && this.#plugin.tunnelMac !== undefined) this.forAddress(address);
  }

  forMac(dev: Dev, mac: Mac): void {
    if (this.hangOn(dev)) this.#wake(this.#nodes.byIndex(BY_MAC, formatMac(mac)));
  }

  hangOn(dev: Dev): boolean {
    return dev.name === this.#plugin.deviceName;
  }

  all(): void {
    if (this.#isAll || !this.#isReady || this.#isProgramming) return;
    this.#isAll = true;
    this.#context.ns.waitingPeers = undefined;
    // One after the other in the order of the objects, whatever was used before.
    const nodes = [...this.#nodes.items.values()];
    for (const node of nodes) this.#forget(node.metadata.name);
    this.#wake(nodes);
  }

  #onNode(node: PeerNode | undefined, before: PeerNode | undefined): void {
    if (node === undefined) return;
    if (node.name === this.#context.nodeName) {
      if (!this.#hasOwn) this.#hasOwn = this.#plugin.own(node);
      if (this.#hasOwn && !this.#isReady) this.#begin();
      return;
    }
    const isSame = before !== undefined && this.#plugin.isSame(node, before);
    if (isSame) return;
    const prefixLen = node.podCIDR?.prefixLen;
    if (prefixLen !== undefined && !this.#prefixLens.includes(prefixLen)) {
      this.#prefixLens.push(prefixLen);
    }
    const mustBeReal = this.#isAll || this.#plugin.has(node.name) || !this.#plugin.mayWait(node);
    if (mustBeReal && !this.#isReady) {
      this.#early ??= new Map();
      this.#early.set(node.name, node);
    } else if (mustBeReal) this.#program(node);
    // A packet that went another way may have a route now, or none.
    else this.#context.ns.fib.touch();
  }

  #onGone(name: string): void {
    this.#early?.delete(name);
    if (this.#plugin.has(name)) this.#forget(name);
    else this.#context.ns.fib.touch();
  }

  /** From now on there are entries. */
  #begin(): void {
    this.#isReady = true;
    this.#context.ns.waitingPeers = this;
    this.#early?.forEach((node) => {
      this.#program(node);
    });
    this.#early = undefined;
    this.#context.ns.fib.touch();
  }

  /** Makes the entries of these nodes real. */
  #wake(nodes: readonly Node[]): void {
    if (this.#isProgramming) return;
    for (const node of nodes) {
      const peer = peerNodeOf(node);
      if (peer === undefined || peer.name === this.#context.nodeName) continue;
      if (!this.#plugin.has(peer.name)) this.#program(peer);
    }
  }

  #program(node: PeerNode): void {
    this.#isProgramming = true;
    this.#plugin.program(node);
    this.#isProgramming = false;
  }

  #forget(name: string): void {
    this.#isProgramming = true;
    this.#plugin.forget(name);
    this.#isProgramming = false;
  }
}

function networksOf(node: Node): readonly string[] {
  const podCIDR = peerNodeOf(node)?.podCIDR;
  return podCIDR === undefined ? [] : [`${formatIp(network(podCIDR))}/${podCIDR.prefixLen}`];
}
