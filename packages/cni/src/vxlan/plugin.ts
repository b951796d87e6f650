/**
 * A VXLAN overlay as flannel makes it: per other node one route, one neighbour, one FDB entry.
 *
 * Device flannel.1, VNI 1, UDP 8472, learning off, address = the zeroth of the node's pod network as /32.
 * Nodes tell each other their VTEP's MAC by annotations of their Node objects. Source: flannel-io/flannel
 * pkg/backend/vxlan (facts/pod-network.md §8).
 */
import {
  type Cidr,
  type Ip,
  type Mac,
  formatCidr,
  formatIp,
  formatMac,
  network,
  parseIp,
  parseMac,
} from '@podwire/base';
import { type Proc, type Process, sleep } from '@podwire/engine';
import { type Vxlan, createVxlan, ipCommand } from '@podwire/netstack';
import { type PodNetwork, attachPod, detachPod, restore } from '../attach.ts';
import {
  CNI_NOT_INITIALIZED,
  type CniArgs,
  type CniPlugin,
  type CniResult,
  type NodeContext,
} from '../cni.ts';
import { gatewayOf } from '../ipam/host-local.ts';
import { type PeerNode, watchNodes } from '../node-watch.ts';
import { flannelRules } from './masquerade.ts';

const DEVICE = 'flannel.1';
const BRIDGE = 'cni0';
const VNI = 1;
const PORT = 8472;
const OVERHEAD_BYTES = 50;
const PREFIX = 'flannel.alpha.coreos.com';
const RETRY_NS = 1_000_000_000;

interface Peer {
  readonly podCIDR: Cidr;
  readonly vtepMac: Mac;
  readonly publicIP: Ip;
}

export class VxlanPlugin implements CniPlugin {
  readonly name = 'cbr0';
  readonly #context: NodeContext;
  readonly #processes: Process[] = [];
  readonly #peers = new Map<string, Peer>();
  /** Peers that became known before our own device was there. */
  readonly #early = new Map<string, PeerNode>();
  #network: PodNetwork | undefined;
  #vxlan: Vxlan | undefined;

  constructor(context: NodeContext) {
    this.#context = context;
    this.#processes.push(
      watchNodes(
        context,
        (node) => {
          if (node.name === context.nodeName) this.#own(node);
          else this.#onPeer(node);
        },
        (name) => {
          this.#early.delete(name);
          this.#forget(name);
        },
      ),
    );
  }

  notReady(): string | undefined {
    return this.#network === undefined ? CNI_NOT_INITIALIZED : undefined;
  }

  add(args: CniArgs): CniResult | { readonly error: string } {
    if (this.#network === undefined) {
      return {
        error:
          'loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory',
      };
    }
    return attachPod(this.#context, this.#network, this.#context.disk, args);
  }

  del(args: { readonly containerId: string; readonly hostIfName?: string }): void {
    detachPod(this.#context, this.name, this.#context.disk, args);
  }

  stop(): void {
    for (const process of this.#processes) process.cancel();
  }

  #own(node: PeerNode): void {
    if (this.#network !== undefined || node.podCIDR === undefined) return;
    const { ns, sim, uplinkName, nodeIP, podMtuBytes, podGateway, hairpin, clusterCIDR } =
      this.#context;
    const uplink = ns.dev(uplinkName);
    const deviceMtu = (uplink?.mtuBytes ?? 1500) - OVERHEAD_BYTES;
    const existing = ns.dev(DEVICE) as Vxlan | undefined;
    const vxlan =
      existing ??
      createVxlan(ns, DEVICE, {
        vni: VNI,
        local: nodeIP,
        dstPort: PORT,
        learning: false,
        mtuBytes: deviceMtu,
        ...(uplink === undefined ? {} : { dev: uplink }),
      });
    if (existing === undefined) {
      ns.addAddress(vxlan, `${formatIp(network(node.podCIDR))}/32`);
      ns.setUp(vxlan, true);
    }
    this.#vxlan = vxlan;
    ns.sysctl.set('net.ipv4.ip_forward', 1);
    restore(ns, flannelRules(clusterCIDR, node.podCIDR));
    this.#network = {
      name: this.name,
      bridgeName: BRIDGE,
      subnet: node.podCIDR,
      gateway: gatewayOf(node.podCIDR, podGateway),
      mtuBytes: podMtuBytes ?? deviceMtu,
      hairpin: hairpin ?? true,
    };
    this.#processes.push(sim.spawn('flannel annotate', this.#announce(vxlan.mac)));
    for (const peer of this.#early.values()) this.#onPeer(peer);
    this.#early.clear();
  }

  /** Writes our VTEP's MAC and address to our Node object, until it is done. */
  *#announce(mac: Mac): Proc {
    const { client, nodeName, nodeIP } = this.#context;
    const annotations = {
      [`${PREFIX}/backend-data`]: JSON.stringify({ VNI, VtepMAC: formatMac(mac) }),
      [`${PREFIX}/backend-type`]: 'vxlan',
      [`${PREFIX}/kube-subnet-manager`]: 'true',
      [`${PREFIX}/public-ip`]: formatIp(nodeIP),
    };
    for (;;) {
      const response = yield* client.request({
        verb: 'patch',
        resource: 'nodes',
        name: nodeName,
        patchType: 'merge-patch',
        body: { metadata: { annotations } },
      });
      if (response.code === 200) return;
      yield* sleep(RETRY_NS);
    }
  }

  #onPeer(node: PeerNode): void {
    if (this.#vxlan === undefined) {
      this.#early.set(node.name, node);
      return;
    }
    const peer = peerOf(node);
    if (peer === undefined) {
      this.#forget(node.name);
      return;
    }
    const before = this.#peers.get(node.name);
    if (before !== undefined && samePeer(before, peer)) return;
    this.#forget(node.name);
    const { ns } = this.#context;
    const gateway = network(peer.podCIDR);
    ns.neigh.set(this.#vxlan, gateway, peer.vtepMac);
    this.#vxlan.replaceFdb(peer.vtepMac, { ip: peer.publicIP });
    ipCommand(ns, [
      'route',
      'replace',
      formatCidr(peer.podCIDR),
      'via',
      formatIp(gateway),
      'dev',
      DEVICE,
      'onlink',
    ]);
    this.#peers.set(node.name, peer);
  }

  #forget(name: string): void {
    const peer = this.#peers.get(name);
    if (peer === undefined || this.#vxlan === undefined) return;
    const { ns } = this.#context;
    ipCommand(ns, ['route', 'del', formatCidr(peer.podCIDR), 'dev', DEVICE]);
    this.#vxlan.delFdb(peer.vtepMac);
    ns.neigh.delete(this.#vxlan, network(peer.podCIDR));
    this.#peers.delete(name);
  }
}

/** A peer as its annotations tell it; undefined until flannel runs there. */
function peerOf(node: PeerNode): Peer | undefined {
  const data = node.annotations[`${PREFIX}/backend-data`];
  const address = node.annotations[`${PREFIX}/public-ip`];
  if (node.podCIDR === undefined || data === undefined || address === undefined) return undefined;
  const vtepMac = parseMac(/"VtepMAC":"([0-9a-f:]+)"/.exec(data)?.[1] ?? '');
  const publicIP = parseIp(address);
  if (vtepMac === undefined || publicIP === undefined) return undefined;
  return { podCIDR: node.podCIDR, vtepMac, publicIP };
}

function samePeer(left: Peer, right: Peer): boolean {
  return (
    left.vtepMac === right.vtepMac &&
    left.publicIP === right.publicIP &&
    left.podCIDR.ip === right.podCIDR.ip &&
    left.podCIDR.prefixLen === right.podCIDR.prefixLen
  );
}
