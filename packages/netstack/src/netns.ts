/**
 * One network namespace of a host: its devices, addresses, routes, neighbours, hooks and sockets.
 *
 * The hub of the stack: files of the packet path take the namespace as first argument and reach each
 * other through it where calls would otherwise go in circles (a neighbour that fails sends an ICMP
 * error, which is routed and needs a neighbour). Packets come in by `receive`, go out by `output`.
 */
import { type Cidr, type Ip, type Mac, hashText, macFromRandom } from '@podwire/base';
import type { HostSim } from '@podwire/engine';
import { Packet } from '@podwire/wire';
import type { PacketLedger, Recorder } from '@podwire/trace';
import type { BridgePort } from './dev/bridge.ts';
import type { Dev, IfAddr } from './dev/dev.ts';
import { Loopback } from './dev/loopback.ts';
import { receiveFrame } from './dev/receive.ts';
import { IcmpState, icmpSendError } from './icmp.ts';
import { FragTable, discardFragments } from './ip/fragment.ts';
import { ipLocalOut, routeOutput, sourceFor } from './ip/local-out.ts';
import { NO_OPTIONS, type OutputOptions } from './ip/output-options.ts';
import type { ArpSocket } from './neigh/arp-socket.ts';
import { NeighTable } from './neigh/neigh.ts';
import type { Netfilter } from './netfilter/hook.ts';
import {
  type AddressOptions,
  addAddress,
  delAddress,
  flushDevRoutes,
  restoreDevRoutes,
  selectAddress,
} from './route/address.ts';
import { type FibResult, Fib } from './route/fib.ts';
import {
  type NetlinkError,
  type RouteSpec,
  addRoute,
  delRoute,
  replaceRoute,
} from './route/route-change.ts';
import { PathMtuCache } from './route/path-mtu.ts';
import type { WaitingPeers } from './route/waiting-peers.ts';
import type { Skb } from './skb.ts';
import type { Errno } from './socket/errno.ts';
import { SocketTable } from './socket/socket-table.ts';
import { Sysctl } from './sysctl.ts';

/** What a stack needs of its host; shared by all namespaces of the host. */
export interface StackHost {
  readonly sim: HostSim;
  readonly recorder: Recorder;
  readonly ledger: PacketLedger;
}

export type { OutputOptions };

export class NetNs {
  readonly host: StackHost;
  readonly sim: HostSim;
  readonly name: string;
  readonly devs: Map<string, Dev> = new Map();
  readonly sysctl: Sysctl;
  readonly fib: Fib = new Fib();
  readonly neigh: NeighTable;
  readonly pathMtus: PathMtuCache = new PathMtuCache();
  readonly frags: FragTable = new FragTable();
  /** Made by the netfilter layer on first use; undefined costs nothing. */
  netfilter: Netfilter | undefined = undefined;
  readonly lo: Dev;
  isDestroyed = false;
  /** Called when the namespace goes away, after sockets and before devices. */
  readonly onDestroy: (() => void)[] = [];
  /** Called when a device came. */
  readonly onDevice: (() => void)[] = [];
  #sockets: SocketTable | undefined;
  #icmp: IcmpState | undefined;
  #ifindex = 0;
  #renameCount = 0;
  #ipId: number;

  /** Starts with `lo` up, as every container runtime leaves it. */
  constructor(host: StackHost, name: string) {
    this.host = host;
    this.sim = host.sim;
    this.name = name;
    this.sysctl = new Sysctl(this.devs);
    this.neigh = new NeighTable(this);
    this.#ipId = 0;
    this.lo = new Loopback(this);
    this.setUp(this.lo, true);
  }

  // What most namespaces never use comes into being with its first use: a cluster has 150,000 of them.

  get sockets(): SocketTable {
    this.#sockets ??= new SocketTable(`${this.sim.name}/${this.name}`);
    return this.#sockets;
  }

  get icmp(): IcmpState {
    this.#icmp ??= new IcmpState();
    return this.#icmp;
  }

  /** Programs that hear ARP requests. */
  arpSockets: Set<ArpSocket> | undefined = undefined;

  /** A packet of this host's making; its birth is counted. */
  newPacket(): Packet {
    const ledger = this.host.ledger;
    ledger.born++;
    return new Packet(this.sim.id * 2 ** 32 + ledger.born);
  }

  /** The next IPv4 identification of packets that may be fragmented, and one for each further segment. */
  nextIpId(segments = 1): number {
    const first = (this.#ipId + 1) & 0xffff;
    this.#ipId = (this.#ipId + segments) & 0xffff;
    return first;
  }

  // Packets

  /** A frame that arrived on `skb.inDev`. */
  receive(skb: Skb): void {
    receiveFrame(this, skb);
  }

  /**
   * Sends a packet of this host's making: route, OUTPUT, POSTROUTING, neighbour, device. The packet's
   * src 0 is chosen by the route, ttlHops 0 becomes the default. Takes the packet in every case.
   */
  output(packet: Packet, options: OutputOptions = NO_OPTIONS): Errno | undefined {
    return ipLocalOut(this, packet, options);
  }

  /** Answers a packet with an ICMP error, where one may be sent; the packet itself is left alone. */
  icmpError(skb: Skb, icmpType: number, icmpCode: number, mtuBytes = 0): void {
    icmpSendError(this, skb, icmpType, icmpCode, mtuBytes);
  }

  // Routes and addresses

  /** The matched route as it is, of any type; undefined = none. */
  lookup(dst: Ip, src: Ip = 0, iif?: Dev, tos = 0, mark = 0): FibResult | undefined {
    return this.fib.lookup(dst, src, iif, tos, mark);
  }

  /** The route of a packet of this host's making, or the errno that a socket gets. */
  routeOutput(dst: Ip, src: Ip = 0, options: OutputOptions = NO_OPTIONS): FibResult | Errno {
    return routeOutput(this, dst, src, options);
  }

  /** The source address that a packet to `dst` gets when its sender names none. */
  sourceFor(route: FibResult, dst: Ip): Ip {
    return sourceFor(this, route, dst);
  }

  /** Fills in the source that routing will choose, so that a trace shows it from the start. */
  chooseSource(packet: Packet): void {
    if (packet.src !== 0) return;
    const route = this.routeOutput(packet.dst);
    if (typeof route !== 'string') packet.src = this.sourceFor(route, packet.dst);
  }

  /** The largest IP packet that may go to `dst` as far as this host knows; 0 without a route. */
  pathMtu(dst: Ip): number {
    const route = this.routeOutput(dst);
    return typeof route === 'string' ? 0 : this.routeMtu(route, dst);
  }

  /** The same with the route at hand: path MTU, the route's own, or the device's. */
  routeMtu(route: FibResult, dst: Ip): number {
    const dev = route.type === 'local' ? this.lo : route.dev;
    const own = route.mtuBytes > 0 ? route.mtuBytes : (dev?.mtuBytes ?? 0);
    const learned = this.pathMtus.get(dst, this.sim.nowNs());
    return learned !== 0 && learned < own ? learned : own;
  }

  /** Entries for other nodes that come into being when something asks for them. */
  get waitingPeers(): WaitingPeers | undefined {
    return this.fib.waitingPeers;
  }

  set waitingPeers(peers: WaitingPeers | undefined) {
    this.fib.waitingPeers = peers;
  }

  /** What fits to `dst` was learned: from ICMP or a tunnel. Kept for 600 s, at least 552 bytes. */
  learnPathMtu(dst: Ip, mtuBytes: number): void {
    this.pathMtus.learn(dst, mtuBytes, this.sim.nowNs());
  }

  addRoute(spec: RouteSpec): NetlinkError | undefined {
    return addRoute(this, spec);
  }

  delRoute(spec: RouteSpec): NetlinkError | undefined {
    return delRoute(this, spec);
  }

  replaceRoute(spec: RouteSpec): NetlinkError | undefined {
    return replaceRoute(this, spec);
  }

  /** `cidr` as text (`10.1.0.1/24`) or parsed, with the connected, local and broadcast routes of the kernel. */
  addAddress(
    dev: Dev,
    cidr: string | Cidr,
    options: AddressOptions = {},
  ): NetlinkError | undefined {
    return addAddress(this, dev, cidr, options);
  }

  delAddress(dev: Dev, cidr: string): NetlinkError | undefined {
    return delAddress(this, dev, cidr);
  }

  /** Removes an address by its entry. */
  delAddressEntry(dev: Dev, address: IfAddr): void {
    delAddress(this, dev, address);
  }

  /** Whether packets to this address are for this host. */
  isLocalAddress(address: Ip): boolean {
    return this.fib.lookup(address)?.type === 'local';
  }

  /** The device's first address, or one of another device (inet_select_addr); 0 = none. */
  primaryAddress(dev: Dev | undefined, dst: Ip = 0): Ip {
    return selectAddress(this, dev, dst);
  }

  /** The device's address entry for an address of this namespace; undefined = not here. */
  lookupAddress(address: Ip): IfAddr | undefined {
    for (const dev of this.devs.values()) {
      for (const one of dev.addrs) if (one.ip === address) return one;
    }
    return undefined;
  }

  addressesOf(dev: Dev): readonly IfAddr[] {
    return dev.addrs;
  }

  // Devices

  /** Changes with routes, routing rules and names of devices: what rules may ask beside the packet. */
  get version(): number {
    return this.fib.version + this.#renameCount;
  }

  /** A stable random MAC address for a device of this namespace. */
  randomMac(name: string): Mac {
    const seed = `${this.sim.name}/${this.name}/${name}`;
    return macFromRandom(hashText(seed, 1), hashText(seed, 2));
  }

  nextIfindex(): number {
    return ++this.#ifindex;
  }

  /** Called by every device's constructor. */
  registerDev(dev: Dev): void {
    this.devs.set(dev.name, dev);
    for (const run of this.onDevice) run();
  }

  dev(name: string): Dev | undefined {
    return this.devs.get(name);
  }

  /** `ip link set NAME up|down`: routes of a device go down with it. */
  setUp(dev: Dev, isUp: boolean): void {
    if (dev.isUp === isUp) return;
    dev.isUp = isUp;
    if (!isUp) {
      flushDevRoutes(this, dev);
      this.neigh.flush(dev, true);
    }
    dev.onUpChange();
    dev.port?.bridge.updateCarrier();
    if (isUp) restoreDevRoutes(this, dev);
  }

  renameDev(dev: Dev, name: string): void {
    if (this.waitingPeers?.hangOn(dev) === true) this.waitingPeers.all();
    this.#renameCount++;
    this.devs.delete(dev.name);
    dev.name = name;
    this.devs.set(name, dev);
  }

  /** `ip link del`: takes the device with its addresses, routes, neighbours; a veth's peer goes too. */
  deleteDev(dev: Dev): void {
    if (dev.isDestroyed) return;
    dev.isDestroyed = true;
    this.setUp(dev, false);
    dev.port?.bridge.removePort(dev);
    for (const address of dev.addrs.slice()) delAddress(this, dev, address);
    this.neigh.flush(dev, true);
    this.devs.delete(dev.name);
    dev.onDestroy();
  }

  /** The bridge port a device is, if any. */
  portOf(dev: Dev): BridgePort | undefined {
    return dev.port;
  }

  /** The namespace goes away: sockets are forgotten, devices deleted (veth peers elsewhere too). */
  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.waitingPeers = undefined;
    this.#sockets?.tcp?.destroy();
    for (const run of this.onDestroy) run();
    discardFragments(this);
    for (const dev of Array.from(this.devs.values())) this.deleteDev(dev);
  }
}
