/**
 * The northbound database: what ovnkube writes and northd compiles (ovn-nb(5)).
 *
 * Rows are plain records with the names and columns of the real tables; northd/ turns them into logical flows
 * with pure functions, node.ts keeps the datapaths. Where a cluster has as many rows as nodes or services,
 * a table may be a function that makes a row when it is asked for one (docs/adr/0032).
 */
import type { Cidr, Ip, Mac } from '@podwire/base';

/** "MAC IP" of an addresses or port_security column. */
export interface PortAddress {
  readonly mac: Mac;
  readonly ip?: Ip;
}

/** A row of Logical_Switch_Port. */
export interface LogicalSwitchPort {
  readonly name: string;
  /** A workload, the way to a router, or the way to a physical network. */
  readonly type: '' | 'router' | 'localnet';
  /** `unknown`: it gets what no other port is known for. */
  readonly addresses: readonly (PortAddress | 'unknown')[];
  readonly portSecurity?: readonly PortAddress[];
  /** options:router-port. */
  readonly routerPort?: string;
  /** options:network_name of a localnet port: the bridge that it leads to. */
  readonly networkName?: string;
  /** options:requested-tnl-key; otherwise keys are counted up. */
  readonly tunnelKey?: number;
  /** Where it is, if that is another chassis: northd reads it off the gateway router behind the port. */
  readonly chassis?: string;
}

/** A row of Logical_Switch. */
export interface LogicalSwitch {
  readonly name: string;
  /** other_config:requested-tnl-key. */
  readonly tunnelKey: number;
  readonly ports: readonly LogicalSwitchPort[];
  readonly acls?: readonly Acl[];
  readonly loadBalancerGroup?: LoadBalancerGroup;
  /** Ports that belong to other chassis. */
  readonly otherPorts?: SwitchPortRows;
}

/** A row of Logical_Router_Port. */
export interface LogicalRouterPort {
  readonly name: string;
  readonly mac: Mac;
  /** The port's address with the length of its network's prefix (the `networks` column). */
  readonly network: Cidr;
  /** gateway_chassis: where packets for this network leave the router. */
  readonly gatewayChassis?: string;
  /** options:requested-tnl-key; that of its chassisredirect port is the next one. */
  readonly tunnelKey: number;
}

/** A row of Logical_Router_Static_Route. */
export interface StaticRoute {
  readonly ipPrefix: Cidr;
  readonly nexthop: Ip;
  /** Without it, the port whose network holds the next hop. */
  readonly outputPort?: string;
  readonly policy: 'dst-ip' | 'src-ip';
}

/** A row of Logical_Router_Policy. */
export interface RouterPolicy {
  readonly priority: number;
  readonly match: string;
  readonly action: 'allow' | 'drop' | 'reroute';
  /** Of `reroute`. */
  readonly nexthop?: Ip;
}

/** A row of NAT, of type snat. */
export interface Nat {
  readonly type: 'snat';
  readonly logicalIp: Cidr;
  readonly externalIp: Ip;
}

/** A row of Static_MAC_Binding. */
export interface StaticMacBinding {
  readonly port: string;
  readonly ip: Ip;
  readonly mac: Mac;
}

/** A row of Logical_Router. */
export interface LogicalRouter {
  readonly name: string;
  readonly tunnelKey: number;
  readonly ports: readonly LogicalRouterPort[];
  readonly staticRoutes: readonly StaticRoute[];
  readonly policies?: readonly RouterPolicy[];
  readonly nat?: readonly Nat[];
  readonly staticMacBindings?: readonly StaticMacBinding[];
  readonly loadBalancerGroup?: LoadBalancerGroup;
  /** options:chassis: a gateway router, on this chassis only. */
  readonly chassis?: string;
  /** options:lb_force_snat_ip=router_ip. */
  readonly lbForceSnatRouterIp?: boolean;
  /** Ports whose networks belong to other chassis, and routes to single addresses there. */
  readonly otherPorts?: RouterPortRows;
  readonly hostRoutes?: HostRouteRows;
}

/** One vip of a row of Load_Balancer, with the row's options. */
export interface LoadBalancer {
  /** `Service_default/web_TCP_cluster`. */
  readonly name: string;
  /** None: the client is refused (options:reject=true). */
  readonly backends: readonly Backend[];
  /** options:affinity_timeout; 0 = none. */
  readonly affinitySec: number;
  /** options:skip_snat: the client's address stays. */
  readonly skipSnat: boolean;
}

/** One backend of a load balancer. */
export interface Backend {
  readonly ip: Ip;
  readonly port: number;
}

/** A row of Load_Balancer_Group: its load balancers are found by address when a packet asks. */
export interface LoadBalancerGroup {
  readonly name: string;
  /** options:hairpin_snat_ip of its load balancers. */
  readonly hairpinSnatIp: Ip;
  find(vip: Ip, proto: number, port: number): LoadBalancer | undefined;
  /** Whether some port of this address, from a first one upwards, may belong to a load balancer. */
  mayServe(vip: Ip, fromPort?: number): boolean;
}

/** A row of ACL. */
export interface Acl {
  readonly direction: 'from-lport' | 'to-lport';
  /** 0 to 32767. */
  readonly priority: number;
  /** May name port groups (`@group`) and address sets (`$set`). */
  readonly match: string;
  readonly action: 'allow' | 'allow-related' | 'allow-stateless' | 'drop' | 'reject';
  /** options:apply-after-lb, of from-lport: sees the backend instead of the service. */
  readonly isAppliedAfterLb?: boolean;
}

/** A row of Port_Group: its ACLs are in force on each switch that has one of its ports. */
export interface PortGroup {
  readonly name: string;
  readonly ports: readonly string[];
  readonly acls: readonly Acl[];
}

/** A row of Address_Set. */
export interface AddressSet {
  readonly name: string;
  readonly addresses: readonly Cidr[];
}

/** Ports of a switch that are made when asked for. */
export interface SwitchPortRows {
  byName(name: string): LogicalSwitchPort | undefined;
  byKey(tunnelKey: number): LogicalSwitchPort | undefined;
  byMac(mac: Mac): LogicalSwitchPort | undefined;
  byAddress(address: Ip): LogicalSwitchPort | undefined;
}

/** Static routes to single addresses that are made when asked for. */
export interface HostRouteRows {
  /** All of the addresses are in here. */
  readonly network: Cidr;
  byAddress(address: Ip): StaticRoute | undefined;
}

/** Ports of a router that are made when asked for. */
export interface RouterPortRows {
  byName(name: string): LogicalRouterPort | undefined;
  byKey(tunnelKey: number): LogicalRouterPort | undefined;
  /** The port whose network holds the address. */
  byAddress(address: Ip): LogicalRouterPort | undefined;
  /** What has an address of the network behind the port. */
  behind(port: LogicalRouterPort, address: Ip): PortAddress | undefined;
}
