/**
 * Addresses, names and keys of the logical network (ovn-kubernetes go-controller/pkg/types, pkg/util).
 *
 * Tunnel keys are a function of the node's number, so that nodes agree on them without a central allocation:
 * northd would count them up (docs/adr/0032).
 */
import {
  type Cidr,
  type Ip,
  type Mac,
  addressAt,
  cidr,
  ip,
  ipAdd,
  mac,
  network,
} from '@podwire/base';

export const CLUSTER_ROUTER = 'ovn_cluster_router';
export const JOIN_SWITCH = 'join';
export const JOIN_NETWORK: Cidr = cidr('100.64.0.0/16');
export const JOIN_ROUTER_IP: Ip = addressAt(JOIN_NETWORK, 1);
/** Numbers 0 and 1 are reserved. */
export const FIRST_NODE_ID = 2;
export const MASQUERADE_NETWORK: Cidr = cidr('169.254.169.0/29');
export const HOST_MASQUERADE_IP: Ip = ip('169.254.169.2');
/** The host asks its own node ports of externalTrafficPolicy Local by this address (types.V4HostETPLocalMasqueradeIP). */
export const LOCAL_MASQUERADE_IP: Ip = ip('169.254.169.3');
export const DUMMY_NEXT_HOP: Ip = ip('169.254.169.4');
export const HAIRPIN_IP: Ip = ip('169.254.169.5');
export const MANAGEMENT_PORT = 'ovn-k8s-mp0';
export const EXTERNAL_BRIDGE = 'br-ex';
/** Conntrack zones of br-ex (bridge_flows: config.Default.ConntrackZone and following). */
export const ZONE_DEFAULT = 64_000;
export const ZONE_HOST_MASQUERADE = 64_001;
/** Network of the localnet ports, mapped to br-ex (types.PhysicalNetworkName). */
export const PHYSICAL_NETWORK = 'physnet';
/** Tunnel keys of the datapaths that all nodes share; those of a node follow from its number. */
export const CLUSTER_ROUTER_KEY = 1;
export const JOIN_KEY = 2;

/** A node of the network, this one or another. */
export interface OvnPeer {
  readonly name: string;
  /** k8s.ovn.org/node-id. */
  readonly id: number;
  readonly subnet: Cidr;
  readonly nodeIp: Ip;
}

/** The other nodes, as this one knows them. */
export interface Peers {
  /** The node whose subnet holds the address. */
  ofAddress(address: Ip): OvnPeer | undefined;
  byId(id: number): OvnPeer | undefined;
  byName(name: string): OvnPeer | undefined;
}

/** 0a:58 and the four octets (util.IPAddrToHWAddr). */
export function macOf(address: Ip): Mac {
  return OVN_PREFIX + address;
}

const OVN_PREFIX = mac('0a:58:00:00:00:00');

/** The number of a node is that of its subnet within the cluster network, which is cut into subnets of one size. */
export function nodeIdOf(clusterNetwork: Cidr, nodeMaskSize: number, subnet: Cidr): number {
  const step = 2 ** (32 - nodeMaskSize);
  return FIRST_NODE_ID + Math.floor((network(subnet) - network(clusterNetwork)) / step);
}

export function gatewayIp(subnet: Cidr): Ip {
  return addressAt(subnet, 1);
}

export function managementIp(subnet: Cidr): Ip {
  return addressAt(subnet, 2);
}

export function joinIp(id: number): Ip {
  return ipAdd(network(JOIN_NETWORK), id);
}

export const routerToSwitch = (name: string): string => `rtos-${name}`;
export const joinToGateway = (name: string): string => `jtor-GR_${name}`;

export const routerToSwitchKey = (id: number): number => 2 * id;
export const ROUTER_TO_JOIN_KEY = 1;
export const JOIN_TO_ROUTER_KEY = 1;
export const joinToGatewayKey = (id: number): number => id;
