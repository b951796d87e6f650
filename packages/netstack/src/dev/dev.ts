/**
 * A network device of a namespace (struct net_device): what all kinds have in common.
 *
 * `xmit` takes a frame with complete Ethernet header and ends here or crosses to somewhere else; a
 * received frame goes to `dev.ns.receive(skb)` with `skb.inDev` set.
 */
import type { Ip, Mac } from '@podwire/base';
import { type Packet, frameLenBytes } from '@podwire/wire';
import type { Neigh } from '../neigh/neigh.ts';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import type { DevConf } from '../sysctl.ts';
import { endPacket } from '../trace.ts';
import type { BridgePort } from './bridge.ts';

export type DevKind = 'loopback' | 'veth' | 'bridge' | 'vxlan' | 'nic' | 'dummy' | 'openvswitch';

/** Address and route scopes (enum rt_scope_t). */
export const Scope = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

/** An address of a device (struct in_ifaddr). */
export interface IfAddr {
  readonly ip: Ip;
  readonly prefixLen: number;
  /** 0 = none. */
  readonly broadcast: Ip;
  readonly scope: number;
  readonly label: string;
  /** Another address of the same network came first (IFA_F_SECONDARY). */
  readonly isSecondary: boolean;
  readonly noPrefixRoute: boolean;
}

export interface DevStats {
  rxPackets: number;
  rxBytes: number;
  rxDropped: number;
  txPackets: number;
  txBytes: number;
  txDropped: number;
}

export abstract class Dev {
  abstract readonly kind: DevKind;
  name: string;
  readonly ifindex: number;
  ns: NetNs;
  mac: Mac;
  mtuBytes: number;
  /** Administratively up (IFF_UP). */
  isUp = false;
  /** Lower layer ready (IFF_LOWER_UP). */
  hasCarrier = true;
  isPromisc = false;
  /** No neighbour resolution (IFF_NOARP). */
  isNoArp = false;
  /** The bridge port this device is, if enslaved. */
  port: BridgePort | undefined = undefined;
  /** Takes each received frame before the stack: the device is a port of a virtual switch (rx_handler). */
  rxHandler: ((skb: Skb) => void) | undefined = undefined;
  readonly addrs: IfAddr[] = [];
  /** Shared with other devices while it says the same: changed by `Sysctl.set` alone. */
  conf: DevConf;
  #neighs: Map<Ip, Neigh> | undefined;
  readonly stats: DevStats = {
    rxPackets: 0,
    rxBytes: 0,
    rxDropped: 0,
    txPackets: 0,
    txBytes: 0,
    txDropped: 0,
  };
  /** Captures see every frame here, incoming before and outgoing after the stack (AF_PACKET). */
  tap: ((packet: Packet, direction: 'in' | 'out') => void) | undefined = undefined;
  isDestroyed = false;

  constructor(ns: NetNs, name: string, mac: Mac, mtuBytes: number) {
    this.ns = ns;
    this.name = name;
    this.mac = mac;
    this.mtuBytes = mtuBytes;
    this.ifindex = ns.nextIfindex();
    this.conf = ns.sysctl.confDefault;
    ns.registerDev(this);
  }

  /** Neighbours on this device, by address. */
  get neighs(): Map<Ip, Neigh> {
    this.#neighs ??= new Map();
    return this.#neighs;
  }

  /** Up and with carrier: what routing and neighbours ask. */
  get isRunning(): boolean {
    return this.isUp && this.hasCarrier;
  }

  /** Sends a frame; false when it was dropped at once (the caller's ENOBUFS). Ends or hands on the packet. */
  abstract xmit(skb: Skb): boolean;

  /** Called after `isUp` changed. */
  onUpChange(): void {}

  /** Called before the device leaves its namespace for good. */
  onDestroy(): void {}
}

export function countRx(dev: Dev, skb: Skb): void {
  dev.stats.rxPackets++;
  dev.stats.rxBytes += frameLenBytes(skb.packet);
  if (dev.tap !== undefined) dev.tap(skb.packet, 'in');
}

export function countTx(dev: Dev, skb: Skb): void {
  dev.stats.txPackets++;
  dev.stats.txBytes += frameLenBytes(skb.packet);
  if (dev.tap !== undefined) dev.tap(skb.packet, 'out');
}

/** Ends a frame that a device cannot send or take; always false, for `return`. */
export function refuseTx(dev: Dev, skb: Skb, reason: 'DEV_READY' | 'PKT_TOO_BIG' | 'NOMEM'): false {
  dev.stats.txDropped++;
  endPacket(dev.ns, skb, reason, { dev: dev.name });
  return false;
}
