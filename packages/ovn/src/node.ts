/**
 * One chassis: the logical datapaths that its northbound rows compile to, and the datapath that runs them.
 *
 * This is ovn-northd and ovn-controller of one node together: the logical network is central, but a node is given
 * the rows that concern it and derives the rest when a packet asks for it (docs/adr/0032). From:
 * cni/ovn-kubernetes, which writes rows as ovnkube does. To: ovs/datapath.ts.
 */
import { type Ip, type Mac, assert, must } from '@podwire/base';
import { type Dev, type NetNs, type Skb, netfilterOf } from '@podwire/netstack';
import { Controller } from './controller.ts';
import type { LogicalFlow } from './lflow.ts';
import { LogicalDatapath, type LogicalPort, type NamedSets } from './logical-datapath.ts';
import type {
  AddressSet,
  LogicalRouter,
  LogicalRouterPort,
  LogicalSwitch,
  LogicalSwitchPort,
  PortGroup,
} from './nb.ts';
import { aclFlows, aclsOf } from './northd/acl.ts';
import { type Dependency, Depends } from './northd/derived.ts';
import { routerBalancing, routerDefrag, switchBalancing } from './northd/load-balancer.ts';
import {
  chassisRedirect,
  otherHostRoutes,
  otherNextHops,
  otherRedirects,
  otherRoutes,
  resolvePortFlows,
  routerFlows,
} from './northd/router.ts';
import { knownAddresses, otherPortsLookup, switchFlows, switchPortFlows } from './northd/switch.ts';
import type { DerivedRules } from './ovs/classifier.ts';
import { Datapath, type DatapathNode, type DpPort } from './ovs/datapath.ts';
import { type Frozen, FrozenStates } from './ovs/frozen.ts';
import type { InternalPort } from './ovs/internal-port.ts';

import { TunnelPort } from './tunnel-port.ts';

export interface OvnNodeConfig {
  /** external_ids:system-id. */
  readonly chassis: string;
  /** external_ids:ovn-encap-ip. */
  readonly encapIp: Ip;
  /** Where the tunnels of another chassis end. */
  readonly encapOf: (chassis: string) => Ip | undefined;
}

/** A bridge beside br-int, with OpenFlow rules of somebody else (external_ids:ovn-bridge-mappings). */
export interface PhysicalBridge {
  readonly name: string;
  /** Localnet ports of this network lead to it. */
  readonly networkName: string;
  /** Its end of the patch to br-int. */
  readonly patchPort: string;
  /** Its other ports by name, with their numbers in the datapath. */
  readonly ports: ReadonlyMap<string, number>;
  readonly flows: () => Iterable<LogicalFlow>;
  readonly derived: readonly DerivedRules<LogicalFlow>[];
}

const TUNNEL_PORT = 1;
const BRIDGE_KEY = 0xffffff;
const FIRST_WORKLOAD_KEY = 16;
/** Conntrack zones of a gateway router: options:snat-ct-zone=0. */
const GATEWAY_ZONES = { dnat: 1, snat: 0 };

interface Ingress {
  readonly datapath: LogicalDatapath;
  readonly port: LogicalPort;
}

export class OvnNode implements DatapathNode {
  readonly datapath: Datapath;
  readonly tunnelPort: number = TUNNEL_PORT;
  /** How often each kind of thing that flows are made from has changed. */
  readonly #changes: Record<Dependency, number> = { own: 1, nodes: 0, services: 0 };
  readonly #config: OvnNodeConfig;
  readonly #tunnel: TunnelPort;
  readonly #controller: Controller;
  readonly #datapaths: Map<string, LogicalDatapath> = new Map();
  readonly #byKey: Map<number, LogicalDatapath> = new Map();
  /** By the name of a port. */
  readonly #portDatapaths: Map<string, LogicalDatapath> = new Map();
  readonly #switches: Map<string, LogicalSwitch> = new Map();
  readonly #bridges: Map<string, PhysicalBridge> = new Map();
  readonly #portGroups: Map<string, PortGroup> = new Map();
  readonly #addressSets: Map<string, AddressSet> = new Map();
  readonly #sets: NamedSets = { portGroups: this.#portGroups, addressSets: this.#addressSets };
  readonly #ingress: Map<number, Ingress> = new Map();
  readonly #frozen: FrozenStates = new FrozenStates();
  /** Lengths of prefixes that routers have derived routes for. */
  readonly #prefixLens: Map<string, Set<number>> = new Map();
  #nextPhysPort = TUNNEL_PORT + 1;
  #nextPortKey = FIRST_WORKLOAD_KEY;

  constructor(ns: NetNs, config: OvnNodeConfig) {
    this.#config = config;
    netfilterOf(ns);
    this.datapath = new Datapath(ns, this);
    this.#controller = new Controller(ns, this.datapath, () => {
      this.changed('own');
    });
    this.#tunnel = new TunnelPort(ns, config.encapIp, (skb, vni, option) => {
      this.datapath.receive(skb, TUNNEL_PORT, vni, option);
    });
  }

  // Ports of the datapath

  /** Makes a device of the host a port: what it receives goes to the datapath. */
  attach(dev: Dev): number {
    const number = this.#addPort({
      name: dev.name,
      send: (skb) => {
        skb.inDev = undefined;
        dev.xmit(skb);
      },
    });
    dev.rxHandler = (skb) => {
      this.datapath.receive(skb, number);
    };
    return number;
  }

  /** Makes an internal port a port; frames of the host come by `receive`. */
  attachInternal(dev: InternalPort): number {
    return this.#addPort({
      name: dev.name,
      send: (skb) => {
        dev.deliver(skb);
      },
    });
  }

  receive(skb: Skb, physPort: number): void {
    this.datapath.receive(skb, physPort);
  }

  #addPort(port: DpPort): number {
    const number = this.#nextPhysPort++;
    this.datapath.ports.set(number, port);
    return number;
  }

  // Northbound rows

  /** Adds a router, or replaces it. Routers come before the switches that lead to them. */
  putRouter(row: LogicalRouter): void {
    const isGateway = row.chassis !== undefined;
    const zones = isGateway ? GATEWAY_ZONES : undefined;
    const datapath = this.#makeDatapath('router', row, zones);
    for (const port of row.ports) {
      const peer = datapath.ports.get(port.name)?.peer;
      datapath.addPort({ name: port.name, key: port.tunnelKey, ...(peer && { peer }) });
      this.#portDatapaths.set(port.name, datapath);
      this.#controller.setPort(port.name, port.mac);
      const redirect = this.#redirectPort(port);
      if (redirect !== undefined) datapath.addPort(redirect);
    }
    datapath.setFlows('', () => routerFlows(row));
    if (row.loadBalancerGroup !== undefined && isGateway) {
      datapath.setDerived('lr_in_defrag', 'lb', routerDefrag(row.loadBalancerGroup));
      datapath.setDerived(
        'lr_in_dnat',
        'lb',
        routerBalancing(row.loadBalancerGroup, row.lbForceSnatRouterIp === true),
      );
    }
    this.#deriveRouterPorts(datapath, row);
    this.changed('own');
  }

  /** The port that stands for a router port with a gateway chassis (chassisredirect). */
  #redirectPort({ name, gatewayChassis, tunnelKey }: LogicalRouterPort): LogicalPort | undefined {
    if (gatewayChassis === undefined) return undefined;
    const port = { name: chassisRedirect(name), key: tunnelKey + 1 };
    if (gatewayChassis === this.#config.chassis) return { ...port, standsFor: name };
    const remote = this.#config.encapOf(gatewayChassis);
    return remote === undefined ? undefined : { ...port, remote };
  }

  #deriveRouterPorts(datapath: LogicalDatapath, row: LogicalRouter): void {
    const { otherPorts } = row;
    const asPort = (port: LogicalRouterPort | undefined): LogicalPort | undefined =>
      port === undefined ? undefined : { name: port.name, key: port.tunnelKey };
    const redirectOf = (port: LogicalRouterPort | undefined): LogicalPort | undefined =>
      port === undefined ? undefined : this.#redirectPort(port);
    if (otherPorts !== undefined) {
      datapath.derivedPorts = {
        byKey: (key) => asPort(otherPorts.byKey(key)) ?? redirectOf(otherPorts.byKey(key - 1)),
        byName: (name) =>
          asPort(otherPorts.byName(name)) ??
          redirectOf(otherPorts.byName(name.slice(chassisRedirect('').length))),
      };
      datapath.setDerived('lr_in_gw_redirect', 'ports', otherRedirects(otherPorts));
    }
    if (row.hostRoutes !== undefined)
      datapath.setDerived('lr_in_ip_routing', 'hosts', otherHostRoutes(row, row.hostRoutes));
    const behind = (outKey: number, address: Ip): { out: string; mac: Mac } | undefined => {
      const other = otherPorts?.byKey(outKey);
      if (other !== undefined) {
        const found = otherPorts?.behind(other, address);
        return found === undefined ? undefined : { out: other.name, mac: found.mac };
      }
      const own = row.ports.find(({ tunnelKey }) => tunnelKey === outKey);
      return own === undefined ? undefined : this.#onSwitchBehind(own.name, address);
    };
    datapath.setDerived('lr_in_arp_resolve', 'ports', otherNextHops(behind));
  }

  /** Who has an address on the switch behind a router port, among ports that are made when asked for. */
  #onSwitchBehind(out: string, address: Ip): { out: string; mac: Mac } | undefined {
    const peer = this.#portDatapaths.get(out)?.ports.get(out)?.peer;
    const name = peer === undefined ? undefined : this.#portDatapaths.get(peer)?.name;
    const port =
      name === undefined ? undefined : this.#switches.get(name)?.otherPorts?.byAddress(address);
    const found = port && knownAddresses(port).find(({ ip }) => ip === address);
    return found === undefined ? undefined : { out, mac: found.mac };
  }

  /** A router has ports that are made when asked for, whose networks have prefixes of this length. */
  addRoutesOf(row: LogicalRouter, prefixLen: number): void {
    const { name, otherPorts } = row;
    const known = this.#prefixLens.get(name) ?? new Set();
    this.#prefixLens.set(name, known);
    if (known.has(prefixLen) || otherPorts === undefined) return;
    known.add(prefixLen);
    const datapath = must(this.#datapaths.get(name), `${name} is there`);
    datapath.setDerived('lr_in_ip_routing', `/${prefixLen}`, otherRoutes(otherPorts, prefixLen));
  }

  /** Adds a switch with its ports, or replaces what belongs to it as a whole. */
  putSwitch(row: LogicalSwitch): void {
    const datapath = this.#makeDatapath('switch', row);
    this.#switches.set(row.name, row);
    datapath.setFlows('', () => switchFlows(row));
    if (row.loadBalancerGroup !== undefined)
      datapath.setDerived('ls_in_lb', 'lb', switchBalancing(row.loadBalancerGroup));
    const { otherPorts } = row;
    if (otherPorts !== undefined) {
      datapath.derivedPorts = {
        byKey: (key) => this.#otherPort(otherPorts.byKey(key)),
        byName: (name) => this.#otherPort(otherPorts.byName(name)),
      };
      datapath.setDerived('ls_in_l2_lkup', 'ports', otherPortsLookup(otherPorts));
    }
    for (const port of row.ports) this.putPort(row.name, port);
    this.#setAcls(row);
    this.changed('own');
  }

  #otherPort(row: LogicalSwitchPort | undefined): LogicalPort | undefined {
    if (row?.tunnelKey === undefined || row.chassis === undefined) return undefined;
    const remote = this.#config.encapOf(row.chassis);
    return remote === undefined ? undefined : { name: row.name, key: row.tunnelKey, remote };
  }

  /** Adds a port to a switch; `physPort` is the port of the datapath that it is bound to. */
  putPort(switchName: string, row: LogicalSwitchPort, physPort?: number): void {
    const datapath = must(this.#datapaths.get(switchName), `${switchName} is there`);
    const { name, type, portSecurity } = row;
    const key = row.tunnelKey ?? this.#nextPortKey++;
    const peer = this.#linkPeer(row);
    const port: LogicalPort = {
      name,
      key,
      ...(peer && { peer }),
      ...(portSecurity && { portSecurity }),
      ...(physPort !== undefined && { physPort }),
      ...(type === '' && { zone: 2 * key }),
    };
    datapath.addPort(port);
    this.#portDatapaths.set(name, datapath);
    if (physPort !== undefined) this.#ingress.set(physPort, { datapath, port });
    datapath.setFlows(name, () => switchPortFlows(row));
    const ports = must(this.#switches.get(switchName), `${switchName} has a row`).ports;
    for (const { routerPort, name: other } of ports) {
      if (routerPort === undefined || other === name) continue;
      const router = must(this.#portDatapaths.get(routerPort), `${routerPort} is there`);
      router.setFlows(name, () => resolvePortFlows(routerPort, row));
    }
    this.#refreshAcls(name);
    this.changed('own');
  }

  /** Ties a port to the router port or bridge that it leads to; the name of the port there. */
  #linkPeer({ name, routerPort, networkName }: LogicalSwitchPort): string | undefined {
    const bridge = networkName === undefined ? undefined : this.#bridges.get(networkName);
    const peer = routerPort ?? bridge?.patchPort;
    if (peer === undefined) return undefined;
    const datapath = must(this.#portDatapaths.get(peer), `${peer} is there before ${name}`);
    datapath.addPort({ ...must(datapath.ports.get(peer), `${peer} is there`), peer: name });
    return peer;
  }

  removePort(switchName: string, name: string): void {
    const datapath = this.#datapaths.get(switchName);
    const port = datapath?.ports.get(name);
    if (datapath === undefined || port === undefined) return;
    if (port.physPort !== undefined) {
      this.datapath.ports.delete(port.physPort);
      this.#ingress.delete(port.physPort);
    }
    datapath.removeFlows(name);
    datapath.removePort(name);
    this.#portDatapaths.delete(name);
    for (const { routerPort } of this.#switches.get(switchName)?.ports ?? []) {
      if (routerPort !== undefined) this.#portDatapaths.get(routerPort)?.removeFlows(name);
    }
    this.#refreshAcls(name);
    this.changed('own');
  }

  putPortGroup(row: PortGroup): void {
    this.#portGroups.set(row.name, row);
    this.#refreshAcls();
    this.changed('own');
  }

  putAddressSet(row: AddressSet): void {
    this.#addressSets.set(row.name, row);
    this.#refreshAcls();
    this.changed('own');
  }

  /** ACLs are compiled anew where groups or sets may mean something else: at once, or when one has this port. */
  #refreshAcls(port?: string): void {
    const isOfGroup = ({ ports }: PortGroup): boolean => port === undefined || ports.includes(port);
    if (port !== undefined && !Array.from(this.#portGroups.values()).some(isOfGroup)) return;
    for (const row of this.#switches.values()) this.#setAcls(row);
  }

  #setAcls(row: LogicalSwitch): void {
    const datapath = must(this.#datapaths.get(row.name), `${row.name} is there`);
    const groups = this.#portGroups;
    datapath.setFlows('acls', () =>
      aclFlows(
        row,
        aclsOf(row, (port) => datapath.ports.has(port), groups.values()),
      ),
    );
  }

  /** Adds a bridge that localnet ports lead to. */
  putBridge(row: PhysicalBridge): void {
    const datapath = this.#makeDatapath('bridge', { name: row.name, tunnelKey: BRIDGE_KEY });
    this.#bridges.set(row.networkName, row);
    let key = 1;
    for (const [name, physPort] of row.ports) {
      const port = { name, key: key++, physPort };
      datapath.addPort(port);
      this.#ingress.set(physPort, { datapath, port });
    }
    datapath.addPort({ name: row.patchPort, key });
    this.#portDatapaths.set(row.patchPort, datapath);
    datapath.setFlows('', row.flows);
    for (const [at, rules] of row.derived.entries()) datapath.setDerived('table-0', `${at}`, rules);
  }

  #makeDatapath(
    kind: 'switch' | 'router' | 'bridge',
    { name, tunnelKey }: { readonly name: string; readonly tunnelKey: number },
    zones?: typeof GATEWAY_ZONES,
  ): LogicalDatapath {
    const known = this.#datapaths.get(name);
    if (known !== undefined) return known;
    assert(!this.#byKey.has(tunnelKey), `a tunnel key is used once: ${tunnelKey}`);
    const sets = this.#sets;
    const made = new LogicalDatapath({ name, key: tunnelKey, kind, sets, ...(zones && { zones }) });
    this.#datapaths.set(name, made);
    this.#byKey.set(tunnelKey, made);
    return made;
  }

  /** Something that flows are made from has changed. */
  changed(what: Dependency): void {
    this.#changes[what]++;
  }

  stop(): void {
    this.#tunnel.close();
  }

  /** Logical flows of the node's datapaths, those that are derived when asked for aside. */
  flowCount(): number {
    let count = 0;
    for (const datapath of this.#datapaths.values()) count += [...datapath.flows()].length;
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

  ingress(physPort: number): Ingress | undefined {
    return this.#ingress.get(physPort);
  }

  datapathByKey(key: number): LogicalDatapath | undefined {
    return this.#byKey.get(key);
  }

  datapathOf(port: string): LogicalDatapath | undefined {
    return this.#portDatapaths.get(port);
  }

  freeze(state: Frozen): number {
    return this.#frozen.freeze(state);
  }

  frozen(id: number): Frozen | undefined {
    return this.#frozen.get(id);
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
}
