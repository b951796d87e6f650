/**
 * OVN-Kubernetes in shared gateway mode: pods are ports of a logical switch, services are load balancers.
 *
 * br-ex takes the NIC and its address; the management port ovn-k8s-mp0 joins the host to the node's switch.
 * There is no kube-proxy: services are balanced where the pod is attached, and on the node's gateway router
 * for everybody else. Source: ovn-org/ovn-kubernetes go-controller/pkg/node, pkg/ovn, pkg/cni.
 *
 * hostPort is the runtime's (CRI-O's), with the rules of the plugin portmap. As in ovn-kubernetes, loadBalancerSourceRanges
 * and hints of EndpointSlices (trafficDistribution) are not looked at.
 * Not modelled: NetworkPolicy, egress features, IPv6, the local gateway mode.
 */
import {
  type Cidr,
  type Ip,
  formatCidr,
  formatIp,
  lastAddress,
  network,
  parseIp,
} from '@podwire/base';
import { type Dev, type NetNs, createVethPair, ipCommand } from '@podwire/netstack';
import { FLOWS_PER_VIP, InternalPort } from '@podwire/ovn';
import {
  CNI_NOT_INITIALIZED,
  type CniArgs,
  type CniPlugin,
  type CniResult,
  type NodeContext,
} from '../cni.ts';
import { hostLocalRange, releaseAddresses, reserveAddress } from '../ipam/host-local.ts';
import { addPortMappings, removePortMappings } from '../attach.ts';
import { HostRules } from './host-rules.ts';
import { NodeNetwork } from './network.ts';
import { NodePeers } from './peers.ts';
import { NodeServices, type ServicesState } from './services.ts';
import {
  DUMMY_NEXT_HOP,
  EXTERNAL_BRIDGE,
  HOST_MASQUERADE_IP,
  LOCAL_MASQUERADE_IP,
  MANAGEMENT_PORT,
  MASQUERADE_NETWORK,
  type OvnPeer,
  gatewayIp,
  macOf,
  managementIp,
} from './topology.ts';

/** Node MTU less what OpenShift's operator takes for Geneve (more than the 58 bytes it needs). */
const OVERHEAD_BYTES = 100;
/** What the CNI binary says when ovnkube-node does not listen. */
const NO_SERVER =
  'failed to send CNI request: Post "http://dummy/": dial unix /var/run/ovn-kubernetes/cni//ovn-cni-server.sock: connect: connection refused';

export interface OvnContext extends NodeContext {
  readonly serviceCIDR: Cidr;
  /** Size of the pieces that the cluster network is cut into. */
  readonly nodeMaskSize: number;
  /** Stands for the cluster in this thread: nodes with the same share what they make of its services. */
  readonly scope: object;
}

interface Pod {
  readonly port: string;
  readonly hostIfName: string;
}

export class OvnKubernetesPlugin implements CniPlugin {
  readonly name = 'ovn-k8s-cni-overlay';
  readonly #context: OvnContext;
  readonly #peers: NodePeers;
  readonly #services: NodeServices;
  readonly #bridge: InternalPort;
  readonly #uplink: Dev;
  readonly #nextHop: Ip;
  /** By container. */
  readonly #pods: Map<string, Pod> = new Map();
  #network: NodeNetwork | undefined;
  #hostRules: HostRules | undefined;
  #self: OvnPeer | undefined;
  #isRunning = false;

  constructor(context: OvnContext) {
    this.#context = context;
    const { ns, client, clusterCIDR, nodeName, nodeIP, scope } = context;
    const uplink = ns.dev(context.uplinkName);
    if (uplink === undefined) throw new Error(`no device ${context.uplinkName}`);
    this.#uplink = uplink;
    this.#nextHop = defaultGateway(ns);
    this.#bridge = this.#makeBridge();
    this.#peers = new NodePeers(context, clusterCIDR, context.nodeMaskSize);
    this.#peers.onChange = (own) => {
      this.#onNode(own);
    };
    this.#services = new NodeServices(ns, client, {
      nodeName,
      nodeIp: nodeIP,
      clusterNetwork: clusterCIDR,
      scope,
      isNodeAddress: (address) => this.#peers.isNodeAddress(address),
      onChange: () => {
        this.#network?.ovn.changed('services');
      },
    });
    this.start();
  }

  /** How far the load balancers have got. */
  get services(): ServicesState {
    return this.#services.state;
  }

  /** Logical flows in force on the node, load balancers included. */
  flowCount(): number {
    return (this.#network?.ovn.flowCount() ?? 0) + this.#services.vipCount * FLOWS_PER_VIP;
  }

  /** Of all nodes of the thread: how long changes of services take. */
  get programming(): NodeServices['programming'] {
    return this.#services.programming;
  }

  /** The node's logical network, once its subnet is known. */
  get network(): NodeNetwork | undefined {
    return this.#network;
  }

  notReady(): string | undefined {
    return this.#network === undefined ? CNI_NOT_INITIALIZED : undefined;
  }

  add(args: CniArgs): CniResult | { readonly error: string } {
    if (!this.#isRunning) return { error: NO_SERVER };
    const network = this.#network;
    const self = this.#self;
    if (network === undefined || self === undefined) {
      return {
        error:
          'failed to get pod annotation: timed out waiting for annotations: context deadline exceeded',
      };
    }
    const { subnet } = self;
    const gateway = gatewayIp(subnet);
    const { ns, disk } = this.#context;
    const range = hostLocalRange(subnet, { gateway, rangeStart: managementIp(subnet) + 1 });
    const got = reserveAddress(disk, range, { containerId: args.containerId, ifName: args.ifName });
    if ('error' in got) {
      return {
        error: `failed to assign pod addresses for ${args.podNamespace}/${args.podName}: subnet ${formatCidr(subnet)} exhausted`,
      };
    }
    const mtuBytes = this.#podMtuBytes;
    const mac = macOf(got.ip);
    const hostIfName = args.containerId.slice(0, 15);
    const [host, pod] = createVethPair(ns, hostIfName, args.netns, args.ifName, {
      mtuBytes,
      macB: mac,
    });
    ns.setUp(host, true);
    args.netns.setUp(args.netns.lo, true);
    args.netns.addAddress(
      pod,
      { ip: got.ip, prefixLen: subnet.prefixLen },
      { broadcast: lastAddress(subnet) },
    );
    args.netns.setUp(pod, true);
    args.netns.addRoute({ dst: 'default', via: gateway, dev: pod });
    const port = `${args.podNamespace}_${args.podName}`;
    for (const [containerId, other] of this.#pods) {
      // The sandbox before, of which nobody has told the end yet.
      if (other.port === port) this.#forget(containerId);
    }
    this.#pods.set(args.containerId, { port, hostIfName });
    network.addPod(port, { mac, ip: got.ip }, host);
    if (args.portMappings.length > 0) this.#hostRules?.ensure();
    addPortMappings(this.#context, this.name, args, got.ip);
    return { ip: got.ip, prefixLen: subnet.prefixLen, gateway, mac, hostIfName };
  }

  del(args: { readonly containerId: string; readonly hostIfName?: string }): void {
    const { ns, disk } = this.#context;
    this.#forget(args.containerId);
    releaseAddresses(disk, args.containerId);
    const dev = args.hostIfName === undefined ? undefined : ns.dev(args.hostIfName);
    if (dev !== undefined) ns.deleteDev(dev);
    removePortMappings(ns, this.name, args.containerId);
  }

  /** ovnkube-node starts: it lists anew, and goes on from what is in force. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#services.start();
    this.#peers.start();
  }

  /** ovnkube-node ends; switches, flows and load balancers stay as they are. */
  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#peers.stop();
    this.#services.stop();
  }

  get #podMtuBytes(): number {
    return this.#context.podMtuBytes ?? this.#uplink.mtuBytes - OVERHEAD_BYTES;
  }

  #forget(containerId: string): void {
    const pod = this.#pods.get(containerId);
    if (pod === undefined) return;
    this.#pods.delete(containerId);
    this.#network?.removePod(pod.port);
  }

  /** br-ex with the NIC as a port, its MAC and IP address; until the node has a subnet all passes straight through. */
  #makeBridge(): InternalPort {
    const { ns } = this.#context;
    const uplink = this.#uplink;
    const bridge = new InternalPort(ns, EXTERNAL_BRIDGE, uplink.mac, uplink.mtuBytes, (skb) => {
      if (this.#network === undefined) uplink.xmit(skb);
      else this.#network.fromHost(skb);
    });
    uplink.rxHandler = (skb) => {
      bridge.deliver(skb);
    };
    const addresses = uplink.addrs.slice();
    for (const address of addresses) ns.delAddressEntry(uplink, address);
    for (const { ip, prefixLen } of addresses) {
      const address = { ip, prefixLen };
      ns.addAddress(bridge, address, { broadcast: lastAddress(address) });
    }
    ns.setUp(bridge, true);
    if (this.#nextHop !== 0) {
      run(ns, `route replace default via ${formatIp(this.#nextHop)} dev ${EXTERNAL_BRIDGE}`);
    }
    return bridge;
  }

  #onNode(own: OvnPeer | undefined): void {
    if (own !== undefined && this.#network === undefined) this.#begin(own);
    for (const prefixLen of this.#peers.prefixLens) this.#network?.addPeerPrefix(prefixLen);
    this.#network?.ovn.changed('nodes');
  }

  /** The node has its subnet: the logical network, the management port, the host's routes. */
  #begin(self: OvnPeer): void {
    const { ns, clusterCIDR, serviceCIDR, nodeNetworks } = this.#context;
    this.#self = self;
    const uplink = this.#uplink;
    const [nodeNetwork = { ip: self.nodeIp, prefixLen: 32 }] = nodeNetworks;
    const made = new NodeNetwork(ns, {
      self,
      clusterNetwork: clusterCIDR,
      serviceNetwork: serviceCIDR,
      nodeNetwork,
      nextHop: this.#nextHop,
      podMtuBytes: this.#podMtuBytes,
      uplink,
      bridge: this.#bridge,
      peers: this.#peers,
      services: this.#services,
    });
    this.#network = made;
    ns.sysctl.set('net.ipv4.ip_forward', 1);
    ns.addAddress(
      made.management,
      { ip: managementIp(self.subnet), prefixLen: self.subnet.prefixLen },
      {
        broadcast: lastAddress(self.subnet),
      },
    );
    ns.setUp(made.management, true);
    const gateway = formatIp(gatewayIp(self.subnet));
    run(ns, `route replace ${formatCidr(clusterCIDR)} via ${gateway} dev ${MANAGEMENT_PORT}`);
    const masquerade = { ip: HOST_MASQUERADE_IP, prefixLen: MASQUERADE_NETWORK.prefixLen };
    ns.addAddress(this.#bridge, masquerade, { broadcast: lastAddress(masquerade) });
    ns.neigh.set(this.#bridge, DUMMY_NEXT_HOP, macOf(DUMMY_NEXT_HOP));
    const services = formatCidr({ ip: network(serviceCIDR), prefixLen: serviceCIDR.prefixLen });
    const via = `via ${formatIp(DUMMY_NEXT_HOP)} dev ${EXTERNAL_BRIDGE}`;
    const source = `src ${formatIp(HOST_MASQUERADE_IP)} mtu ${this.#podMtuBytes}`;
    run(ns, `route replace ${services} ${via} ${source}`);
    const local = formatIp(LOCAL_MASQUERADE_IP);
    run(ns, `route replace ${local}/32 via ${gateway} dev ${MANAGEMENT_PORT}`);
    this.#hostRules = this.#services.useHostRules(
      (shared) => new HostRules(ns, shared, managementIp(self.subnet)),
    );
  }
}

/** The next hop of the default route; 0 = none. */
function defaultGateway(ns: NetNs): Ip {
  const { stdout } = ipCommand(ns, ['route', 'show', 'default']);
  return parseIp(/via ([0-9.]+)/.exec(stdout)?.[1] ?? '') ?? 0;
}

/** One of our own `ip` commands; it is well formed. */
function run(ns: NetNs, command: string): void {
  const result = ipCommand(ns, command.split(' '));
  if (result.exitCode !== 0) throw new Error(`ip ${command}: ${result.stderr}`);
}
