/**
 * The logical network of one node, as rows of the northbound database (ovn-kubernetes go-controller/pkg/ovn:
 * master.go, gateway.go, base_network_controller.go): its switch, the cluster router and join switch as seen from it, its
 * gateway router, the external switch and br-ex.
 *
 * From: plugin.ts, which says what there is. To: ovn/node.ts. Rows of other nodes are made when asked for.
 */
import { type Cidr, type Ip, type Mac, cidrContains, formatIp, network } from '@podwire/base';
import type { Dev, NetNs, Skb } from '@podwire/netstack';
import {
  type Acl,
  InternalPort,
  type LoadBalancerGroup,
  type LogicalRouter,
  type LogicalRouterPort,
  type LogicalSwitch,
  type LogicalSwitchPort,
  OvnNode,
  type PortAddress,
  type StaticRoute,
} from '@podwire/ovn';
import {
  type ExternalServices,
  LOCAL_PORT,
  PATCH_PORT,
  bridgeFlows,
  externalServiceFlows,
} from './bridge-flows.ts';
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
  PHYSICAL_NETWORK,
  type Peers,
  ROUTER_TO_JOIN_KEY,
  gatewayIp,
  joinIp,
  joinToGateway,
  joinToGatewayKey,
  macOf,
  managementIp,
  routerToSwitch,
  routerToSwitchKey,
} from './topology.ts';

export interface NodeNetworkConfig {
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
  readonly services: NodeLoadBalancers;
}

/** The load balancers of a node: its switch and its gateway router are in one group each. */
export interface NodeLoadBalancers extends ExternalServices {
  readonly onSwitch: LoadBalancerGroup;
  readonly onRouter: LoadBalancerGroup;
}

/** types.DefaultAllowPriority. */
const ALLOW_PRIORITY = 1001;

export class NodeNetwork {
  readonly ovn: OvnNode;
  readonly management: InternalPort;
  readonly #self: OvnPeer;
  readonly #router: LogicalRouter;
  readonly #localPort: number;

  constructor(ns: NetNs, config: NodeNetworkConfig) {
    const { self, peers } = config;
    this.#self = self;
    this.ovn = new OvnNode(ns, {
      chassis: self.name,
      encapIp: self.nodeIp,
      encapOf: (name) => peers.byName(name)?.nodeIp,
    });
    const uplinkPort = this.ovn.attach(config.uplink);
    this.#localPort = this.ovn.attachInternal(config.bridge);
    const managementIpOf = managementIp(self.subnet);
    const mac = macOf(managementIpOf);
    this.management = new InternalPort(ns, MANAGEMENT_PORT, mac, config.podMtuBytes, (skb) => {
      this.ovn.receive(skb, managementPort);
    });
    const managementPort = this.ovn.attachInternal(this.management);
    const localnet = externalPortName(self);
    this.ovn.putBridge({
      name: EXTERNAL_BRIDGE,
      networkName: PHYSICAL_NETWORK,
      patchPort: PATCH_PORT,
      ports: new Map([
        [config.uplink.name, uplinkPort],
        [LOCAL_PORT, this.#localPort],
      ]),
      flows: () => bridgeFlows({ ...config, uplink: config.uplink.name, mac: config.bridge.mac }),
      derived: [
        externalServiceFlows(config.services, { key: 1, name: config.uplink.name }, self.nodeIp),
      ],
    });
    this.#router = clusterRouter(self, peers);
    this.ovn.putRouter(this.#router);
    this.ovn.putRouter(gatewayRouter(config));
    this.ovn.putSwitch(joinSwitch(self, peers));
    this.ovn.putSwitch(externalSwitch(self, localnet, config.bridge.mac));
    this.ovn.putSwitch(nodeSwitch(self, config.services.onSwitch));
    const addresses = [{ mac, ip: managementIpOf }];
    const port: LogicalSwitchPort = { name: `k8s-${self.name}`, type: '', addresses };
    this.ovn.putPort(self.name, port, managementPort);
    this.addPeerPrefix(self.subnet.prefixLen);
  }

  /** A pod's port: `hostEnd` is the node's end of its veth pair. */
  addPod(name: string, address: PortAddress, hostEnd: Dev): void {
    const physPort = this.ovn.attach(hostEnd);
    const addresses = [address];
    const port: LogicalSwitchPort = { name, type: '', addresses, portSecurity: addresses };
    this.ovn.putPort(this.#self.name, port, physPort);
  }

  removePod(name: string): void {
    this.ovn.removePort(this.#self.name, name);
  }

  /** There are nodes with subnets of this length: routes and next hops for them. */
  addPeerPrefix(prefixLen: number): void {
    this.ovn.addRoutesOf(this.#router, prefixLen);
  }

  /** A frame of the host that leaves by br-ex. */
  fromHost(skb: Skb): void {
    this.ovn.receive(skb, this.#localPort);
  }
}

function nodeSwitch(self: OvnPeer, loadBalancerGroup: LoadBalancerGroup): LogicalSwitch {
  const { name, subnet } = self;
  const ip = gatewayIp(subnet);
  return {
    name,
    tunnelKey: 3 * self.id,
    loadBalancerGroup,
    ports: [
      {
        name: `stor-${name}`,
        type: 'router',
        tunnelKey: 1,
        addresses: [{ mac: macOf(ip), ip }],
        routerPort: routerToSwitch(name),
      },
    ],
    acls: [allowFromNode(managementIp(subnet))],
  };
}

/** Probes of the kubelet pass whatever policies say (libovsdb AddAllowACLFromNode). */
function allowFromNode(management: Ip): Acl {
  return {
    direction: 'to-lport',
    priority: ALLOW_PRIORITY,
    match: `ip4.src == ${formatIp(management)}`,
    action: 'allow-related',
  };
}

function clusterRouter(self: OvnPeer, peers: Peers): LogicalRouter {
  const rtos = subnetPort(self);
  const rtoj: LogicalRouterPort = {
    name: `rtoj-${CLUSTER_ROUTER}`,
    mac: macOf(JOIN_ROUTER_IP),
    network: { ip: JOIN_ROUTER_IP, prefixLen: JOIN_NETWORK.prefixLen },
    tunnelKey: ROUTER_TO_JOIN_KEY,
  };
  const portOf = (peer: OvnPeer | undefined): LogicalRouterPort | undefined =>
    peer && subnetPort(peer);
  return {
    name: CLUSTER_ROUTER,
    tunnelKey: CLUSTER_ROUTER_KEY,
    ports: [rtos, rtoj],
    staticRoutes: [{ ipPrefix: self.subnet, nexthop: joinIp(self.id), policy: 'src-ip' }],
    policies: [
      {
        priority: 1004,
        match: `inport == "${rtos.name}" && ip4.dst == ${formatIp(self.nodeIp)}`,
        action: 'reroute',
        nexthop: managementIp(self.subnet),
      },
    ],
    // Each gateway router's address on the join switch, before the route by source.
    hostRoutes: {
      network: JOIN_NETWORK,
      byAddress: (address) => {
        const id = address - network(JOIN_NETWORK);
        if (id !== self.id && peers.byId(id) === undefined) return undefined;
        return { ipPrefix: { ip: address, prefixLen: 32 }, nexthop: address, policy: 'dst-ip' };
      },
    },
    otherPorts: {
      byName: (name) => portOf(ofName(peers, name, routerToSwitch(''))),
      byKey: (key) => (key % 2 === 0 ? portOf(peers.byId(key / 2)) : undefined),
      byAddress: (address) => portOf(peers.ofAddress(address)),
      // Whatever has an address there has the MAC address that OVN gives to it.
      behind: (port, address) =>
        cidrContains(port.network, address) ? { mac: macOf(address), ip: address } : undefined,
    },
  };
}

/** The node that a port is named after. */
function ofName(peers: Peers, name: string, prefix: string): OvnPeer | undefined {
  return name.startsWith(prefix) ? peers.byName(name.slice(prefix.length)) : undefined;
}

/** `rtos-NODE`: packets for the subnet leave the router on its node. */
function subnetPort({ name, id, subnet }: OvnPeer): LogicalRouterPort {
  const ip = gatewayIp(subnet);
  return {
    name: routerToSwitch(name),
    mac: macOf(ip),
    network: { ip, prefixLen: subnet.prefixLen },
    gatewayChassis: name,
    tunnelKey: routerToSwitchKey(id),
  };
}

function joinSwitch(self: OvnPeer, peers: Peers): LogicalSwitch {
  const gatewayPort = ({ name, id }: OvnPeer): LogicalSwitchPort => ({
    name: joinToGateway(name),
    type: 'router',
    tunnelKey: joinToGatewayKey(id),
    addresses: [{ mac: macOf(joinIp(id)), ip: joinIp(id) }],
    routerPort: `rtoj-GR_${name}`,
    chassis: name,
  });
  const portOf = (peer: OvnPeer | undefined): LogicalSwitchPort | undefined =>
    peer && gatewayPort(peer);
  const byAddress = (address: Ip): LogicalSwitchPort | undefined =>
    cidrContains(JOIN_NETWORK, address)
      ? portOf(peers.byId(address - network(JOIN_NETWORK)))
      : undefined;
  return {
    name: JOIN_SWITCH,
    tunnelKey: JOIN_KEY,
    ports: [
      {
        name: `jtor-${CLUSTER_ROUTER}`,
        type: 'router',
        tunnelKey: JOIN_TO_ROUTER_KEY,
        addresses: [{ mac: macOf(JOIN_ROUTER_IP), ip: JOIN_ROUTER_IP }],
        routerPort: `rtoj-${CLUSTER_ROUTER}`,
      },
      gatewayPort(self),
    ],
    otherPorts: {
      byName: (name) => portOf(ofName(peers, name, joinToGateway(''))),
      byKey: (key) => portOf(peers.byId(key)),
      byAddress,
      byMac: (mac: Mac) => {
        const address = mac - macOf(0);
        return address >= 0 && address <= 0xffffffff ? byAddress(address) : undefined;
      },
    },
  };
}

function gatewayRouter(config: NodeNetworkConfig): LogicalRouter {
  const { self, clusterNetwork, nodeNetwork, nextHop, bridge, services } = config;
  const name = `GR_${self.name}`;
  const ownIp = joinIp(self.id);
  const rtoe = `rtoe-${name}`;
  const staticRoutes: StaticRoute[] = [
    { ipPrefix: clusterNetwork, nexthop: JOIN_ROUTER_IP, policy: 'dst-ip' },
    { ipPrefix: MASQUERADE_NETWORK, nexthop: DUMMY_NEXT_HOP, outputPort: rtoe, policy: 'dst-ip' },
  ];
  if (nextHop !== 0) {
    const everything = { ip: 0, prefixLen: 0 };
    staticRoutes.push({
      ipPrefix: everything,
      nexthop: nextHop,
      outputPort: rtoe,
      policy: 'dst-ip',
    });
  }
  return {
    name,
    tunnelKey: 3 * self.id + 1,
    chassis: self.name,
    lbForceSnatRouterIp: true,
    loadBalancerGroup: services.onRouter,
    ports: [
      {
        name: `rtoj-${name}`,
        mac: macOf(ownIp),
        network: { ip: ownIp, prefixLen: JOIN_NETWORK.prefixLen },
        tunnelKey: 1,
      },
      {
        name: rtoe,
        mac: bridge.mac,
        network: { ip: self.nodeIp, prefixLen: nodeNetwork.prefixLen },
        tunnelKey: 2,
      },
    ],
    staticRoutes,
    staticMacBindings: [{ port: rtoe, ip: DUMMY_NEXT_HOP, mac: macOf(DUMMY_NEXT_HOP) }],
    nat: [
      { type: 'snat', logicalIp: clusterNetwork, externalIp: self.nodeIp },
      { type: 'snat', logicalIp: { ip: ownIp, prefixLen: 32 }, externalIp: self.nodeIp },
    ],
  };
}

/** `br-ex_NODE`: the localnet port of the external switch. */
function externalPortName({ name }: OvnPeer): string {
  return `${EXTERNAL_BRIDGE}_${name}`;
}

function externalSwitch({ name, id }: OvnPeer, localnet: string, mac: Mac): LogicalSwitch {
  return {
    name: `ext_${name}`,
    tunnelKey: 3 * id + 2,
    ports: [
      {
        name: `etor-GR_${name}`,
        type: 'router',
        tunnelKey: 1,
        addresses: [{ mac }],
        routerPort: `rtoe-GR_${name}`,
      },
      {
        name: localnet,
        type: 'localnet',
        tunnelKey: 2,
        addresses: ['unknown'],
        networkName: PHYSICAL_NETWORK,
      },
    ],
  };
}
