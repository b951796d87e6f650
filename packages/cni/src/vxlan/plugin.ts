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
import type { PeerNode } from '../node-watch.ts';
import { type PeerProgrammer, PeerTable } from '../peer-table.ts';
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

export class VxlanPlugin implements CniPlugin, PeerProgrammer {
  readonly name = 'cbr0';
  readonly deviceName: string = DEVICE;
  readonly needsOwn = true;
  readonly #context: NodeContext;
  /** Peers whose entries are there. */
  readonly #peers = new Map<string, Peer>();
  readonly #table: PeerTable;
  #announcing: Process | undefined;
  #network: PodNetwork | undefined;
  #vxlan: Vxlan | undefined;

  constructor(context: NodeContext) {
    this.#context = context;
    this.#table = new PeerTable(context, this);
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
    this.#table.stop();
    this.#announcing?.cancel();
  }

  own(node: PeerNode): boolean {
    if (node.podCIDR === undefined) return false;
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
    this.#announcing = sim.spawn('flannel annotate', this.#announce(vxlan.mac));
    return true;
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

  has(name: string): boolean {
    return this.#peers.has(name);
  }

  mayWait(): boolean {
    return true;
  }

  isSame(left: PeerNode, right: PeerNode): boolean {
    const [one, other] = [peerOf(left), peerOf(right)];
    return one === undefined || other === undefined ? one === other : samePeer(one, other);
  }

  tunnelMac(node: PeerNode): Mac | undefined {
    return peerOf(node)?.vtepMac;
  }

  program(node: PeerNode): void {
    if (this.#vxlan === undefined) return;
    const peer = peerOf(node);
    if (peer === undefined) {
      this.forget(node.name);
      return;
    }
    const before = this.#peers.get(node.name);
    if (before !== undefined && samePeer(before, peer)) return;
    this.forget(node.name);
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

  forget(name: string): void {
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
  let read = READ.get(node);
  if (read === undefined) {
    read = { peer: readPeer(node) };
    READ.set(node, read);
  }
  return read.peer;
}

const READ = new WeakMap<PeerNode, { readonly peer: Peer | undefined }>();

function readPeer(node: PeerNode): Peer | undefined {
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
