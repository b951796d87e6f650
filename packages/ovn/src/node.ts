/**
 * One node of the network: its logical switch, router, gateway router and bridge, and the datapath that runs them.
 *
 * This is ovn-northd and ovn-controller of one node together: the logical network is central (one cluster
 * router), but a node makes the part that concerns it and derives the rest when a packet asks for it
 * (docs/adr/0032). From: cni/ovn-kubernetes, which says what there is. To: ovs/datapath.ts.
 */
import {
  type Cidr,
  type Ip,
  type Mac,
  cidrContains,
  formatCidr,
  formatIp,
  ipv4Mask,
  network,
} from '@podwire/base';
import { type Dev, type NetNs, type Skb, netfilterOf } from '@podwire/netstack';
import { EtherType } from '@podwire/wire';
import { bridgeFlows, LOCAL_PORT, PATCH_PORT } from './bridge-flows.ts';
import { Controller } from './controller.ts';
import { type LogicalFlow, NEXT, OUTPUT, flow } from './lflow.ts';
import {
  type Dependency,
  Depends,
  type LoadBalancers,
  derive,
  externalServices,
  routerBalancing,
  routerDefrag,
  switchBalancing,
} from './load-balancer.ts';
import { LogicalDatapath, type LogicalPort } from './logical-datapath.ts';
import { exactMask } from './ovs/classifier.ts';
import { Datapath, type DatapathNode } from './ovs/datapath.ts';
import { type FlowKey, Word } from './ovs/flow-key.ts';
import { InternalPort } from './ovs/internal-port.ts';
import type { Frozen } from './ovs/xlate.ts';
import {
  type RouterPort,
  gatewayNatFlows,
  policyFlow,
  resolveFlow,
  resolveNetworkFlow,
  routeActions,
  routeFlow,
  routePriority,
  routerFlows,
  routerPortFlows,
} from './router-flows.ts';
import { balancedSwitchFlows, floodFlow, switchPortFlows } from './switch-flows.ts';
import {
  CLUSTER_ROUTER,
  CLUSTER_ROUTER_KEY,
  DUMMY_NEXT_HOP,
  EXTERNAL_BRIDGE,
  JOIN_KEY,
  JOIN_NETWORK,
  JOIN_ROUTER_IP,
  JOIN_SWITCH,
  JOIN_TO_ROUTER_KEY,
  MANAGEMENT_PORT,
  MASQUERADE_NETWORK,
  type OvnPeer,
  type Peers,
  ROUTER_TO_JOIN_KEY,
  chassisRedirect,
  chassisRedirectKey,
  gatewayIp,
  joinIp,
  joinToGateway,
  joinToGatewayKey,
  macOf,
  managementIp,
  routerToSwitch,
  routerToSwitchKey,
} from './topology.ts';
import { TunnelPort } from './tunnel-port.ts';

export interface OvnNodeConfig {
  readonly self: OvnPeer;
  readonly clusterNetwork: Cidr;
  readonly serviceNetwork: Cidr;
  /** The network that the node's address is on, and where what is beyond goes; 0 = nowhere. */
  readonly nodeNetwork: Cidr;
  readonly nextHop: Ip;
  readonly podMtuBytes: number;
  /** Port of br-ex that leads to the wire. */
  readonly uplink: Dev;
  /** br-ex itself, the host's device. */
  readonly bridge: InternalPort;
  readonly peers: Peers;
  readonly balancers: LoadBalancers;
}

const TUNNEL_PORT = 1;
const UPLINK_PORT = 2;
const LOCAL_PHYS_PORT = 3;
const MANAGEMENT_PHYS_PORT = 4;
const FIRST_POD_PORT = 5;

export class OvnNode implements DatapathNode {
  readonly ns: NetNs;
  readonly datapath: Datapath;
  readonly tunnelPort: number = TUNNEL_PORT;
  readonly management: InternalPort;
  readonly logical: {
    readonly [Name in
      | 'nodeSwitch'
      | 'router'
      | 'join'
      | 'gateway'
      | 'external'
      | 'bridge']: LogicalDatapath;
  };
  /** How often each kind of thing that flows are made from has changed. */
  readonly #changes: Record<Dependency, number> = { own: 1, nodes: 0, services: 0 };
  readonly #config: OvnNodeConfig;
  readonly #tunnel: TunnelPort;
  readonly #controller: Controller;
  readonly #ingress: Map<
    number,
    { readonly datapath: LogicalDatapath; readonly port: LogicalPort }
  > = new Map();
  readonly #frozen: Frozen[] = [];
  readonly #frozenIds: Map<string, number> = new Map();
  readonly #prefixLens: Set<number> = new Set();
  #nextPort = FIRST_POD_PORT;
  #nextPortKey = 16;

  constructor(ns: NetNs, config: OvnNodeConfig) {
    this.ns = ns;
    this.#config = config;
    netfilterOf(ns);
    this.datapath = new Datapath(ns, this);
    const { id } = config.self;
    const { name } = config.self;
    this.logical = {
      nodeSwitch: new LogicalDatapath(name, 3 * id, 'switch'),
      router: new LogicalDatapath(CLUSTER_ROUTER, CLUSTER_ROUTER_KEY, 'router'),
      join: new LogicalDatapath(JOIN_SWITCH, JOIN_KEY, 'switch'),
      gateway: new LogicalDatapath(`GR_${name}`, 3 * id + 1, 'router', { dnat: 1, snat: 0 }),
      external: new LogicalDatapath(`ext_${name}`, 3 * id + 2, 'switch'),
      bridge: new LogicalDatapath(EXTERNAL_BRIDGE, 0xffffff, 'bridge'),
    };
    this.#controller = new Controller(ns, this.datapath, () => {
      this.changed('own');
    });
    this.#tunnel = new TunnelPort(ns, config.self.nodeIp, (skb, vni, option) => {
      this.datapath.receive(skb, TUNNEL_PORT, vni, option);
    });
    const managementMac = macOf(managementIp(config.self.subnet));
    this.management = new InternalPort(
      ns,
      MANAGEMENT_PORT,
      managementMac,
      config.podMtuBytes,
      (skb) => {
        this.datapath.receive(skb, MANAGEMENT_PHYS_PORT);
      },
    );
    this.#addPhysicalPorts();
    this.#makeNodeSwitch();
    this.#makeRouter();
    this.#makeJoin();
    this.#makeGateway();
    this.#makeExternal();
    this.#makeBridge();
  }

  /** A pod's port: `hostEnd` is the node's end of its veth pair. */
  addPod(name: string, mac: Mac, ip: Ip, hostEnd: Dev): void {
    const physPort = this.#nextPort++;
    this.datapath.ports.set(physPort, {
      name: hostEnd.name,
      send: (skb) => {
        skb.inDev = undefined;
        hostEnd.xmit(skb);
      },
    });
    hostEnd.rxHandler = (skb) => {
      this.datapath.receive(skb, physPort);
    };
    this.#addWorkload({ name, mac, ip, physPort, hasPortSecurity: true });
  }

  removePod(name: string): void {
    const { nodeSwitch, router } = this.logical;
    const port = nodeSwitch.ports.get(name);
    if (port?.physPort === undefined) return;
    this.datapath.ports.delete(port.physPort);
    this.#ingress.delete(port.physPort);
    nodeSwitch.removeFlows(name);
    router.removeFlows(name);
    nodeSwitch.removePort(name);
    this.changed('own');
  }

  /** Something that flows are made from has changed. */
  changed(what: Dependency): void {
    this.#changes[what]++;
  }

  stop(): void {
    this.#tunnel.close();
  }

  /** Logical flows of the node's datapaths, those of its load balancers aside (they are derived when asked for). */
  flowCount(): number {
    let count = 0;
    for (const datapath of Object.values(this.logical)) count += [...datapath.flows()].length;
    return count;
  }

  // What the datapath asks

  /** Grows with every change of what these bits stand for. */
  generationOf(depends: number): number {
    const { own, nodes, services } = this.#changes;
    return (
      own +
      ((depends & Depends.nodes) === 0 ? 0 : nodes) +
      ((depends & Depends.services) === 0 ? 0 : services)
    );
  }

  ingress(
    physPort: number,
  ): { readonly datapath: LogicalDatapath; readonly port: LogicalPort } | undefined {
    return this.#ingress.get(physPort);
  }

  datapathByKey(key: number): LogicalDatapath | undefined {
    if (key === CLUSTER_ROUTER_KEY) return this.logical.router;
    return key === JOIN_KEY ? this.logical.join : undefined;
  }

  freeze(state: Frozen): number {
    const { datapath, pipeline, index, registers, group } = state;
    const text = `${datapath.key} ${pipeline} ${index} ${registers.join(',')} ${group === undefined ? '' : JSON.stringify(group)}`;
    let id = this.#frozenIds.get(text);
    if (id === undefined) {
      id = this.#frozen.push(state);
      this.#frozenIds.set(text, id);
    }
    return id;
  }

  frozen(id: number): Frozen | undefined {
    return this.#frozen[id - 1];
  }

  macBinding(port: string, address: Ip): Mac | undefined {
    return this.#controller.macBinding(port, address);
  }

  controller(...[action, skb]: Parameters<DatapathNode['controller']>): void {
    this.#controller.take(action, skb);
  }

  tunnel(skb: Skb, remote: Ip, vni: number, option: number): void {
    this.#tunnel.send(skb, remote, vni, option);
  }

  // Ports

  #addPhysicalPorts(): void {
    const { uplink, bridge } = this.#config;
    const { ports } = this.datapath;
    ports.set(UPLINK_PORT, { name: uplink.name, send: (skb) => void uplink.xmit(skb) });
    ports.set(LOCAL_PHYS_PORT, {
      name: bridge.name,
      send: (skb) => {
        bridge.deliver(skb);
      },
    });
    ports.set(MANAGEMENT_PHYS_PORT, {
      name: MANAGEMENT_PORT,
      send: (skb) => {
        this.management.deliver(skb);
      },
    });
    uplink.rxHandler = (skb) => {
      this.datapath.receive(skb, UPLINK_PORT);
    };
  }

  /** A frame of the host that leaves by br-ex. */
  fromHost(skb: Skb): void {
    this.datapath.receive(skb, LOCAL_PHYS_PORT);
  }

  #addWorkload(port: {
    readonly name: string;
    readonly mac: Mac;
    readonly ip: Ip;
    readonly physPort: number;
    readonly hasPortSecurity: boolean;
  }): void {
    const { nodeSwitch, router } = this.logical;
    const { name, mac, ip } = port;
    const key = this.#nextPortKey++;
    const logical: LogicalPort = { ...port, key, zone: 2 * key, isFlooded: true };
    nodeSwitch.addPort(logical);
    nodeSwitch.setFlows(name, () => switchPortFlows(name, mac, ip));
    const out = routerToSwitch(this.#config.self.name);
    router.setFlows(name, () => [resolveFlow(out, ip, mac)]);
    this.#ingress.set(port.physPort, { datapath: nodeSwitch, port: logical });
    this.changed('own');
  }

  // Logical datapaths

  get #rtos(): RouterPort {
    const { name, subnet } = this.#config.self;
    const ip = gatewayIp(subnet);
    return { name: routerToSwitch(name), ip, mac: macOf(ip) };
  }

  #makeNodeSwitch(): void {
    const { nodeSwitch, router } = this.logical;
    const { balancers, self } = this.#config;
    const rtos = this.#rtos;
    const stor = `stor-${self.name}`;
    nodeSwitch.addPort({ name: stor, key: 1, peer: { datapath: router, port: rtos.name } });
    nodeSwitch.setFlows('', function* flows(): Iterable<LogicalFlow> {
      yield* balancedSwitchFlows(stor);
      yield* switchPortFlows(stor, rtos.mac, rtos.ip);
    });
    nodeSwitch.addDerived('ls_in_lb', switchBalancing(balancers));
    const ip = managementIp(self.subnet);
    this.#addWorkload({
      name: `k8s-${self.name}`,
      mac: macOf(ip),
      ip,
      physPort: MANAGEMENT_PHYS_PORT,
      hasPortSecurity: false,
    });
  }

  #makeRouter(): void {
    const { router, nodeSwitch, join } = this.logical;
    const { self, peers } = this.#config;
    const rtos = this.#rtos;
    const rtoj: RouterPort = {
      name: `rtoj-${CLUSTER_ROUTER}`,
      ip: JOIN_ROUTER_IP,
      mac: macOf(JOIN_ROUTER_IP),
    };
    router.addPort({
      ...rtos,
      key: routerToSwitchKey(self.id),
      peer: { datapath: nodeSwitch, port: `stor-${self.name}` },
    });
    const redirect = chassisRedirect(self.name);
    router.addPort({ name: redirect, key: chassisRedirectKey(self.id), standsFor: rtos.name });
    router.addPort({
      ...rtoj,
      key: ROUTER_TO_JOIN_KEY,
      peer: { datapath: join, port: `jtor-${CLUSTER_ROUTER}` },
    });
    router.derivedPorts = {
      byKey: (key) => routerPortOf(peers.byId(key >>> 1), key),
      byName: (name) => {
        const isRedirect = name.startsWith('cr-');
        const peer = peers.byName(name.slice(isRedirect ? 'cr-rtos-'.length : 'rtos-'.length));
        return peer === undefined
          ? undefined
          : routerPortOf(
              peer,
              isRedirect ? chassisRedirectKey(peer.id) : routerToSwitchKey(peer.id),
            );
      },
    };
    router.setFlows('', function* flows(): Iterable<LogicalFlow> {
      yield* routerFlows();
      yield* routerPortFlows(rtos, false);
      yield* routerPortFlows(rtoj, false);
      const join = { prefix: JOIN_NETWORK, nextHop: 0, out: rtoj };
      yield routeFlow({ kind: 'connected', prefix: self.subnet, nextHop: 0, out: rtos });
      yield routeFlow({ kind: 'connected', ...join });
      yield routeFlow({ kind: 'source', prefix: self.subnet, nextHop: joinIp(self.id), out: rtoj });
      const ownNode = `inport == "${rtos.name}" && ip4.dst == ${formatIp(self.nodeIp)}`;
      yield policyFlow(1004, ownNode, managementIp(self.subnet), rtos);
      yield resolveNetworkFlow(rtoj.name, JOIN_NETWORK);
      yield flow(
        'lr_in_gw_redirect',
        50,
        `outport == "${rtos.name}"`,
        { op: 'set-port', field: 'outport', port: redirect },
        NEXT,
      );
      // An address of this node that no port has: OVN asks for it in vain.
      yield flow('lr_in_arp_request', 100, 'eth.dst == 00:00:00:00:00:00 && ip4', { op: 'drop' });
    });
    router.addDerived(
      'lr_in_gw_redirect',
      derive(Depends.nodes, exactMask(Word.outPort), 50, undefined, (key) => {
        const outKey = key[Word.outPort] as number;
        const peer = outKey % 2 === 0 ? peers.byId(outKey >>> 1) : undefined;
        if (peer === undefined) return undefined;
        const match = `outport == "${routerToSwitch(peer.name)}"`;
        const port = chassisRedirect(peer.name);
        return flow(
          'lr_in_gw_redirect',
          50,
          match,
          { op: 'set-port', field: 'outport', port },
          NEXT,
        );
      }),
    );
    this.addPeerPrefix(self.subnet.prefixLen);
  }

  /** There are nodes with subnets of this length: routes and next hops for them. */
  addPeerPrefix(prefixLen: number): void {
    if (this.#prefixLens.has(prefixLen)) return;
    this.#prefixLens.add(prefixLen);
    const { router } = this.logical;
    const { peers } = this.#config;
    const byDst = exactMask(Word.ethType);
    byDst[Word.ipDst] = ipv4Mask(prefixLen);
    const priority = routePriority({ kind: 'connected', prefix: { ip: 0, prefixLen } });
    router.addDerived(
      'lr_in_ip_routing',
      derive(Depends.nodes, byDst, priority, undefined, (key) => {
        const peer = peerAt(peers, key, Word.ipDst, prefixLen);
        if (peer === undefined || key[Word.ethType] !== EtherType.ipv4) return undefined;
        const match = `ip4.dst == ${formatCidr(peer.subnet)}`;
        const actions = routeActions({ nextHop: 0, out: peerRouterPort(peer) });
        return flow('lr_in_ip_routing', priority, match, ...actions);
      }),
    );
    const byNextHop = exactMask(Word.outPort);
    byNextHop[Word.reg0] = ipv4Mask(prefixLen);
    router.addDerived(
      'lr_in_arp_resolve',
      derive(Depends.nodes, byNextHop, 50, undefined, (key) => {
        const peer = peerAt(peers, key, Word.reg0, prefixLen);
        if (peer === undefined || key[Word.outPort] !== routerToSwitchKey(peer.id))
          return undefined;
        return resolveNetworkFlow(routerToSwitch(peer.name), peer.subnet);
      }),
    );
  }

  #makeJoin(): void {
    const { join, router, gateway } = this.logical;
    const { self, peers } = this.#config;
    const toRouter = `jtor-${CLUSTER_ROUTER}`;
    const toGateway = joinToGateway(self.name);
    const ownIp = joinIp(self.id);
    join.addPort({
      name: toRouter,
      key: JOIN_TO_ROUTER_KEY,
      peer: { datapath: router, port: `rtoj-${CLUSTER_ROUTER}` },
    });
    join.addPort({
      name: toGateway,
      key: joinToGatewayKey(self.id),
      peer: { datapath: gateway, port: `rtoj-GR_${self.name}` },
    });
    join.derivedPorts = {
      byKey: (key) => joinPortOf(peers.byId(key)),
      byName: (name) => joinPortOf(peers.byName(name.slice('jtor-GR_'.length))),
    };
    join.setFlows('', function* flows(): Iterable<LogicalFlow> {
      yield* switchPortFlows(toRouter, macOf(JOIN_ROUTER_IP), JOIN_ROUTER_IP);
      yield* switchPortFlows(toGateway, macOf(ownIp), ownIp);
    });
    join.addDerived(
      'ls_in_l2_lkup',
      derive(Depends.nodes, exactMask(Word.ethDstHi, Word.ethDstLo), 50, undefined, (key) => {
        const address = key[Word.ethDstLo] as number;
        const isOvn = key[Word.ethDstHi] === 0x0a58 && cidrContains(JOIN_NETWORK, address);
        const peer = isOvn ? peers.byId(address - network(JOIN_NETWORK)) : undefined;
        if (peer === undefined) return undefined;
        const [found] = switchPortFlows(joinToGateway(peer.name), macOf(address), undefined);
        return found;
      }),
    );
  }

  #makeGateway(): void {
    const { gateway, join, external } = this.logical;
    const { self, clusterNetwork, nodeNetwork, nextHop, bridge, balancers } = this.#config;
    const ownIp = joinIp(self.id);
    const rtoj: RouterPort = { name: `rtoj-GR_${self.name}`, ip: ownIp, mac: macOf(ownIp) };
    const rtoe: RouterPort = { name: `rtoe-GR_${self.name}`, ip: self.nodeIp, mac: bridge.mac };
    gateway.addPort({ ...rtoj, key: 1, peer: { datapath: join, port: joinToGateway(self.name) } });
    gateway.addPort({
      ...rtoe,
      key: 2,
      peer: { datapath: external, port: `etor-GR_${self.name}` },
    });
    gateway.setFlows('', function* flows(): Iterable<LogicalFlow> {
      yield* routerFlows();
      yield* routerPortFlows(rtoj, true);
      yield* routerPortFlows(rtoe, true);
      yield routeFlow({ kind: 'connected', prefix: JOIN_NETWORK, nextHop: 0, out: rtoj });
      yield routeFlow({ kind: 'connected', prefix: nodeNetwork, nextHop: 0, out: rtoe });
      yield routeFlow({
        kind: 'static',
        prefix: clusterNetwork,
        nextHop: JOIN_ROUTER_IP,
        out: rtoj,
      });
      yield routeFlow({
        kind: 'static',
        prefix: MASQUERADE_NETWORK,
        nextHop: DUMMY_NEXT_HOP,
        out: rtoe,
      });
      if (nextHop !== 0) {
        yield routeFlow({ kind: 'static', prefix: { ip: 0, prefixLen: 0 }, nextHop, out: rtoe });
      }
      yield resolveNetworkFlow(rtoj.name, JOIN_NETWORK);
      yield resolveFlow(rtoe.name, DUMMY_NEXT_HOP, macOf(DUMMY_NEXT_HOP));
      yield* gatewayNatFlows({ join: rtoj, external: rtoe, clusterNetwork });
    });
    gateway.addDerived('lr_in_defrag', routerDefrag(balancers));
    gateway.addDerived('lr_in_dnat', routerBalancing(balancers));
    this.#controller.setPort(rtoe.name, rtoe.mac);
  }

  #makeExternal(): void {
    const { external, gateway, bridge } = this.logical;
    const { self } = this.#config;
    const { mac } = this.#config.bridge;
    const toRouter = `etor-GR_${self.name}`;
    const localnet = `${EXTERNAL_BRIDGE}_${self.name}`;
    external.addPort({
      name: toRouter,
      key: 1,
      peer: { datapath: gateway, port: `rtoe-GR_${self.name}` },
      isFlooded: true,
    });
    external.addPort({
      name: localnet,
      key: 2,
      peer: { datapath: bridge, port: PATCH_PORT },
      isFlooded: true,
    });
    external.setFlows('', function* flows(): Iterable<LogicalFlow> {
      yield flow('ls_in_arp_rsp', 100, `inport == "${localnet}"`, NEXT);
      yield floodFlow();
      yield* switchPortFlows(toRouter, mac, undefined);
      yield flow(
        'ls_in_l2_unknown',
        50,
        '1',
        { op: 'set-port', field: 'outport', port: localnet },
        OUTPUT,
      );
    });
  }

  #makeBridge(): void {
    const { bridge, external } = this.logical;
    const { self, uplink, clusterNetwork, serviceNetwork, balancers } = this.#config;
    const { mac } = this.#config.bridge;
    const ports: readonly LogicalPort[] = [
      { name: uplink.name, key: 1, physPort: UPLINK_PORT },
      { name: LOCAL_PORT, key: 2, physPort: LOCAL_PHYS_PORT },
      {
        name: PATCH_PORT,
        key: 3,
        peer: { datapath: external, port: `${EXTERNAL_BRIDGE}_${self.name}` },
      },
    ];
    for (const port of ports) {
      bridge.addPort(port);
      if (port.physPort !== undefined) this.#ingress.set(port.physPort, { datapath: bridge, port });
    }
    bridge.setFlows('', () =>
      bridgeFlows({ uplink: uplink.name, mac, clusterNetwork, serviceNetwork }),
    );
    bridge.addDerived(
      'table-0',
      externalServices(balancers, { key: 1, name: uplink.name }, self.nodeIp),
    );
  }
}

function peerAt(peers: Peers, key: FlowKey, word: number, prefixLen: number): OvnPeer | undefined {
  const peer = peers.ofAddress(key[word] as number);
  return peer?.subnet.prefixLen === prefixLen ? peer : undefined;
}

function peerRouterPort(peer: OvnPeer): RouterPort {
  const ip = gatewayIp(peer.subnet);
  return { name: routerToSwitch(peer.name), ip, mac: macOf(ip) };
}

function routerPortOf(peer: OvnPeer | undefined, key: number): LogicalPort | undefined {
  if (peer === undefined) return undefined;
  return key % 2 === 0
    ? { ...peerRouterPort(peer), key }
    : { name: chassisRedirect(peer.name), key, remote: peer.nodeIp };
}

function joinPortOf(peer: OvnPeer | undefined): LogicalPort | undefined {
  if (peer === undefined) return undefined;
  return { name: joinToGateway(peer.name), key: joinToGatewayKey(peer.id), remote: peer.nodeIp };
}
