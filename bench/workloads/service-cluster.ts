/**
 * Nodes with pods on an underlay of two rack switches: vxlan as flannel sets it up with kube-proxy's rules, or OVN.
 *
 * As `cluster` puts its machines together, but without a control plane: what kubelet, flannel and kube-proxy
 * would have done is done at once. Every packet and every rule is real. Loaded by each thread of a run;
 * which actors of the world are built in it is the shard's to say.
 */
import { type Cidr, type Ip, formatCidr, formatIp, ip, must } from '@podwire/base';
import {
  FIRST_NODE_ID,
  HAIRPIN_IP,
  NodeNetwork,
  type OvnPeer,
  flannelRules,
  gatewayIp,
  macOf,
  managementIp,
} from '@podwire/cni';
import type { HostSim, Kernel, LinkDeclaration } from '@podwire/engine';
import {
  type EndpointInfo,
  type EndpointsMap,
  KUBE_JUMPS,
  type ServiceMap,
  type ServicePortInfo,
  buildIptables,
  keyOfPort,
  kubeletFirewallRules,
  proxyConfig,
} from '@podwire/kubeproxy';
import {
  NetNs,
  type StackHost,
  createBridge,
  createNic,
  createVethPair,
  createVxlan,
  iptables,
  iptablesRestore,
  setEvaluator,
} from '@podwire/netstack';
import { InternalPort, type LoadBalancer, type LoadBalancerGroup } from '@podwire/ovn';
import { PacketLedger, Recorder } from '@podwire/trace';
import { HostPorts, Switch, declareLink, withLinkDefaults } from '@podwire/underlay';
import type { FrameMessage } from '@podwire/wire';

export interface ServiceClusterSpec {
  readonly nodeCount: number;
  readonly podsPerNode: number;
  readonly serviceCount: number;
  readonly endpointsPerService: number;
  readonly evaluator: 'plain' | 'fast';
  readonly plane: 'iptables' | 'ovn';
}

export const POD_PORT = 8080;
export const SERVICE_PORT = 80;
const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;
const RACK_COUNT = 2;
const CLUSTER_CIDR: Cidr = { ip: ip('10.244.0.0'), prefixLen: 16 };
const OVN_POD_MTU_BYTES = 1400;
const FLANNEL = { vni: 1, dstPort: 8472, overheadBytes: 50 } as const;

/** The actors of the world in their fixed order: the rack switches, then the nodes in turn by rack. */
export function actorNames(spec: ServiceClusterSpec): string[] {
  const racks = Array.from({ length: RACK_COUNT }, (_, rack) => `rack-${rack}`);
  const nodes = Array.from({ length: spec.nodeCount }, (_, index) => `node-${index}`);
  return [...racks, ...nodes];
}

/** The rack of an actor: a node's, or the one whose switch it is. */
export function rackOf(actor: number): number {
  return actor < RACK_COUNT ? actor : (actor - RACK_COUNT) % RACK_COUNT;
}

export function linkDeclarations(spec: ServiceClusterSpec): LinkDeclaration[] {
  const links = declareLink(uplink, 0, 1);
  for (let index = 0; index < spec.nodeCount; index++) {
    const actor = RACK_COUNT + index;
    links.push(...declareLink(nodeLink(index), actor, rackOf(actor)));
  }
  return links;
}

export function serviceAddress(index: number): Ip {
  return ip('10.96.0.0') + 10 + index;
}

export function nodePortOf(index: number): number {
  return FIRST_NODE_PORT + index;
}

export function nodeAddress(index: number): Ip {
  return ip('192.168.0.0') + 1 + index;
}

/** OVN keeps .2 for the node's management port. */
function podAddress(node: number, pod: number, plane: ServiceClusterSpec['plane']): Ip {
  return podNetwork(node).ip + (plane === 'ovn' ? 3 : 2) + pod;
}

function isNodeAddress(address: Ip, spec: ServiceClusterSpec): boolean {
  return address >= nodeAddress(0) && address < nodeAddress(spec.nodeCount);
}

function ovnPeer(index: number): OvnPeer {
  return {
    name: `node-${index}`,
    id: FIRST_NODE_ID + index,
    subnet: podNetwork(index),
    nodeIp: nodeAddress(index),
  };
}

function podNetwork(node: number): Cidr {
  return { ip: CLUSTER_CIDR.ip + node * 256, prefixLen: 24 };
}

function vtepMac(node: number): number {
  return 0x0a0000000001 + node;
}

const uplink = withLinkDefaults({ name: 'rack-0/rack-1' });

function nodeLink(index: number): ReturnType<typeof withLinkDefaults> {
  return withLinkDefaults({ name: `node-${index}/eth0` });
}

export interface ClusterNode extends StackHost {
  readonly index: number;
  readonly ns: NetNs;
  readonly pods: readonly NetNs[];
}

export class ServiceCluster {
  readonly spec: ServiceClusterSpec;
  readonly nodes: ClusterNode[] = [];
  readonly ledgers: PacketLedger[] = [];
  readonly #infos: readonly ServicePortInfo[];
  readonly #services: ServiceMap;
  readonly #endpoints: EndpointsMap;

  /** Builds those actors for which `isHere` says yes in a kernel. */
  constructor(spec: ServiceClusterSpec, kernel: Kernel, isHere: (actor: number) => boolean) {
    this.spec = spec;
    const ports = servicePorts(spec);
    this.#infos = ports;
    this.#services = new Map(ports.map((info) => [keyOfPort(info), info]));
    this.#endpoints = endpoints(spec, ports);
    actorNames(spec).forEach((name, actor) => {
      if (!isHere(actor)) return;
      if (actor < RACK_COUNT) this.#addSwitch(kernel, actor, name);
      else this.#addNode(kernel, actor, name);
    });
  }

  /** Packets that were made, copies of broadcasts included. */
  get packets(): number {
    return this.ledgers.reduce((sum, ledger) => sum + ledger.born, 0);
  }

  #parts(sim: HostSim): { sim: HostSim; ledger: PacketLedger; recorder: Recorder } {
    const ledger = new PacketLedger();
    this.ledgers.push(ledger);
    return { sim, ledger, recorder: new Recorder() };
  }

  #addSwitch(kernel: Kernel, rack: number, name: string): void {
    kernel.createActor(rack, name, (sim) => {
      const made = new Switch(this.#parts(sim));
      for (let other = 0; other < RACK_COUNT; other++) {
        if (other === rack) continue;
        made.addPort(other, uplink, { actor: other, port: rack, name: `rack-${other}` });
      }
      for (let index = 0; index < this.spec.nodeCount; index++) {
        const actor = RACK_COUNT + index;
        if (rackOf(actor) !== rack) continue;
        made.addPort(actor, nodeLink(index), { actor, port: 0, name: `node-${index}` });
      }
      return made;
    });
  }

  #addNode(kernel: Kernel, actor: number, name: string): void {
    const index = actor - RACK_COUNT;
    kernel.createActor(actor, name, (sim) => {
      const parts = this.#parts(sim);
      setEvaluator(parts, this.spec.evaluator);
      const ports = new HostPorts(parts);
      const rack = rackOf(actor);
      const peer = { actor: rack, port: actor, name: `rack-${rack}` };
      const link = nodeLink(index);
      const port = ports.add({ number: 0, link, peer }, (packet) => nic.receive(packet));
      const ns = new NetNs(parts, name);
      const nic = createNic(ns, 'eth0', 0x020000000001 + index, 1500, port.transmit);
      ns.addAddress(nic, `${formatIp(nodeAddress(index))}/16`);
      ns.setUp(nic, true);
      const pods =
        this.spec.plane === 'ovn'
          ? this.#addOvn(parts, ns, index)
          : this.#addKubeProxyNode(parts, ns, index);
      this.nodes.push({ ...parts, index, ns, pods });
      return {
        receive: (message): void => {
          ports.receive(message as FrameMessage);
        },
      };
    });
  }

  #addKubeProxyNode(host: StackHost, ns: NetNs, index: number): NetNs[] {
    this.#addOverlay(ns, index);
    const pods = this.#addPods(host, ns, index);
    this.#addRules(ns, index);
    return pods;
  }

  /** What ovnkube would have set up: br-ex with the card's address, the management port, ports of pods. */
  #addOvn(host: StackHost, ns: NetNs, index: number): NetNs[] {
    const uplink = must(ns.dev('eth0'), 'a card');
    ns.delAddress(uplink, `${formatIp(nodeAddress(index))}/16`);
    const made: { network?: NodeNetwork } = {};
    const bridge = new InternalPort(ns, 'br-ex', uplink.mac, uplink.mtuBytes, (skb) => {
      made.network?.fromHost(skb);
    });
    ns.addAddress(bridge, `${formatIp(nodeAddress(index))}/16`);
    ns.setUp(bridge, true);
    ns.sysctl.set('net.ipv4.ip_forward', 1);
    const peer = (at: number): OvnPeer | undefined =>
      at < 0 || at >= this.spec.nodeCount || at === index ? undefined : ovnPeer(at);
    const balancer = (vip: Ip, port: number): LoadBalancer | undefined => this.#balancer(vip, port);
    const self = ovnPeer(index);
    const group = (find: LoadBalancerGroup['find']): LoadBalancerGroup => ({
      name: 'services',
      hairpinSnatIp: HAIRPIN_IP,
      find,
      mayServe: (vip, fromPort = 0) =>
        (isNodeAddress(vip, this.spec) && fromPort <= LAST_NODE_PORT) ||
        (vip >= serviceAddress(0) && vip < serviceAddress(this.spec.serviceCount)),
    });
    const network = new NodeNetwork(ns, {
      self,
      clusterNetwork: CLUSTER_CIDR,
      serviceNetwork: { ip: ip('10.96.0.0'), prefixLen: 12 },
      nodeNetwork: { ip: ip('192.168.0.0'), prefixLen: 16 },
      nextHop: 0,
      podMtuBytes: OVN_POD_MTU_BYTES,
      uplink,
      bridge,
      peers: {
        ofAddress: (address) => peer((address - CLUSTER_CIDR.ip) >> 8),
        byId: (id) => peer(id - FIRST_NODE_ID),
        byName: (name) => peer(Number(name.slice('node-'.length))),
      },
      services: {
        onSwitch: group((vip, _proto, port) => balancer(vip, port)),
        onRouter: group((vip, _proto, port) =>
          port >= FIRST_NODE_PORT && vip !== self.nodeIp ? undefined : balancer(vip, port),
        ),
        isExternal: (vip, _proto, port) => vip === self.nodeIp && balancer(vip, port) !== undefined,
      },
    });
    made.network = network;
    ns.addAddress(network.management, `${formatIp(managementIp(self.subnet))}/24`);
    ns.setUp(network.management, true);
    return Array.from({ length: this.spec.podsPerNode }, (_, pod) => {
      const own = new NetNs(host, `pod-${index}-${pod}`);
      const address = this.#podAddress(index, pod);
      const mac = macOf(address);
      const options = { mtuBytes: OVN_POD_MTU_BYTES, macB: mac };
      const [outer, eth0] = createVethPair(ns, `veth${pod}`, own, 'eth0', options);
      ns.setUp(outer, true);
      own.addAddress(eth0, `${formatIp(address)}/24`);
      own.setUp(eth0, true);
      own.addRoute({ dst: 'default', via: gatewayIp(self.subnet) });
      network.addPod(`default_pod-${index}-${pod}`, { mac, ip: address }, outer);
      return own;
    });
  }

  /** The service of a cluster IP, or of a node port of any node. */
  #balancer(vip: Ip, port: number): LoadBalancer | undefined {
    const isNodePort = port >= FIRST_NODE_PORT;
    const at = isNodePort ? port - FIRST_NODE_PORT : vip - serviceAddress(0);
    if (isNodePort ? !isNodeAddress(vip, this.spec) : port !== SERVICE_PORT) return undefined;
    const info = this.#infos[at];
    if (info === undefined) return undefined;
    const backends = (this.#endpoints.get(keyOfPort(info)) ?? []).map((one) => ({
      ip: ip(one.ip),
      port: one.port,
    }));
    return { name: info.name, backends, affinitySec: 0, skipSnat: false };
  }

  #podAddress(node: number, pod: number): Ip {
    return podAddress(node, pod, this.spec.plane);
  }

  #addOverlay(ns: NetNs, index: number): void {
    const vxlan = createVxlan(ns, 'flannel.1', {
      vni: FLANNEL.vni,
      dstPort: FLANNEL.dstPort,
      local: nodeAddress(index),
      dev: must(ns.dev('eth0'), 'a card'),
      learning: false,
      mac: vtepMac(index),
    });
    ns.addAddress(vxlan, `${formatIp(podNetwork(index).ip)}/32`);
    ns.setUp(vxlan, true);
    ns.sysctl.set('net.ipv4.ip_forward', 1);
    for (let other = 0; other < this.spec.nodeCount; other++) {
      if (other === index) continue;
      const via = podNetwork(other).ip;
      ns.neigh.set(vxlan, via, vtepMac(other));
      vxlan.replaceFdb(vtepMac(other), { ip: nodeAddress(other) });
      ns.addRoute({ dst: formatCidr(podNetwork(other)), via, dev: vxlan, isOnlink: true });
    }
  }

  #addPods(host: StackHost, ns: NetNs, index: number): NetNs[] {
    const mtuBytes = 1500 - FLANNEL.overheadBytes;
    const bridge = createBridge(ns, 'cni0', { mtuBytes });
    bridge.setMac(bridge.mac);
    const gateway = podNetwork(index).ip + 1;
    ns.addAddress(bridge, `${formatIp(gateway)}/24`);
    ns.setUp(bridge, true);
    ns.sysctl.set('net.bridge.bridge-nf-call-iptables', 1);
    return Array.from({ length: this.spec.podsPerNode }, (_, pod) => {
      const own = new NetNs(host, `pod-${index}-${pod}`);
      const [outer, eth0] = createVethPair(ns, `veth${pod}`, own, 'eth0', { mtuBytes });
      bridge.addPort(outer).hairpin = true;
      ns.setUp(outer, true);
      own.addAddress(eth0, `${formatIp(this.#podAddress(index, pod))}/24`);
      own.setUp(eth0, true);
      own.addRoute({ dst: 'default', via: gateway });
      return own;
    });
  }

  #addRules(ns: NetNs, index: number): void {
    const config = proxyConfig(
      { nodeName: `node-${index}`, clusterCIDR: formatCidr(CLUSTER_CIDR) },
      { nodeIPs: [formatIp(nodeAddress(index))] },
    );
    const restore = (text: string): void => {
      const error = iptablesRestore(ns, text, { noflush: true });
      if (error !== undefined) throw new Error(error.text);
    };
    restore(kubeletFirewallRules());
    restore(flannelRules(CLUSTER_CIDR, podNetwork(index)));
    restore(buildIptables(this.#services, this.#endpoints, config));
    for (const { table, from, words } of KUBE_JUMPS) {
      if (iptables(ns, ['-t', table, '-C', from, ...words]).exitCode === 0) continue;
      const { exitCode, stderr } = iptables(ns, ['-t', table, '-I', from, ...words]);
      if (exitCode !== 0) throw new Error(stderr);
    }
  }
}

function servicePorts(spec: ServiceClusterSpec): ServicePortInfo[] {
  return Array.from({ length: spec.serviceCount }, (_, index) => ({
    name: `default/service-${index}`,
    namespace: 'default',
    service: `service-${index}`,
    portName: '',
    proto: 'tcp',
    clusterIP: formatIp(serviceAddress(index)),
    port: SERVICE_PORT,
    nodePort: nodePortOf(index),
    externalIPs: [],
    loadBalancerVIPs: [],
    sourceRanges: [],
    affinitySec: 0,
    isInternalLocal: false,
    isExternalLocal: false,
    healthCheckNodePort: 0,
  }));
}

/** Each service's endpoints are pods of different nodes, chosen by a fixed stride. */
function endpoints(spec: ServiceClusterSpec, ports: readonly ServicePortInfo[]): EndpointsMap {
  const { nodeCount, podsPerNode, endpointsPerService, plane } = spec;
  const count = Math.min(endpointsPerService, nodeCount);
  const made = new Map<string, EndpointInfo[]>();
  ports.forEach((info, index) => {
    const list = Array.from({ length: count }, (_, number): EndpointInfo => {
      const node = (index + number) % nodeCount;
      const pod = (Math.floor(index / nodeCount) + number) % podsPerNode;
      const address = formatIp(podAddress(node, pod, plane));
      return {
        ip: address,
        port: POD_PORT,
        endpoint: `${address}:${POD_PORT}`,
        nodeName: `node-${node}`,
        isReady: true,
        isServing: true,
        isTerminating: false,
        zoneHints: undefined,
        nodeHints: undefined,
      };
    });
    made.set(keyOfPort(info), list);
  });
  return made;
}
