/**
 * Neighbours: which MAC address an IP address on a link has (net/core/neighbour.c, net/ipv4/arp.c).
 *
 * From: ip/output.ts with a packet and its next hop. To: the device with a complete frame; or a queue
 * until ARP answers; or, after three unanswered requests, ICMP host unreachable (EHOSTUNREACH for a
 * local sender) and NEIGH_FAILED.
 *
 * States and times are Linux's. An entry that nobody uses has no timer: REACHABLE that ran out is seen
 * as STALE when it is next looked at. Measured on 6.18: failure after 3.05 to 3.07 s, since the kernel's
 * timer wheel (HZ 250) rounds each of the three seconds up by about 20 ms.
 */
import {
  type Ip,
  MAC_BROADCAST,
  MAC_ZERO,
  type Mac,
  NS_PER_MS,
  NS_PER_SEC,
  formatIp,
} from '@podwire/base';
import type { Timer } from '@podwire/engine';
import { EtherType } from '@podwire/wire';
import { sendArpRequest } from './arp.ts';
import type { Dev } from '../dev/dev.ts';
import { formatNeigh } from '../show/neigh-text.ts';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';

export type NudState =
  | 'NONE'
  | 'INCOMPLETE'
  | 'REACHABLE'
  | 'STALE'
  | 'DELAY'
  | 'PROBE'
  | 'FAILED'
  | 'NOARP'
  | 'PERMANENT';

/** net.ipv4.neigh.default.*, as printed by Linux 6.18. */
const MCAST_SOLICIT = 3;
const UCAST_SOLICIT = 3;
const BASE_REACHABLE_NS = 30 * NS_PER_SEC;
const DELAY_FIRST_PROBE_NS = 5 * NS_PER_SEC;
const RETRANS_NS = 1 * NS_PER_SEC + 20 * NS_PER_MS;
const UNRES_QLEN = 101;
const GC_STALE_NS = 60 * NS_PER_SEC;
const LOCKTIME_NS = 1 * NS_PER_SEC;

export interface Neigh {
  readonly ip: Ip;
  readonly dev: Dev;
  mac: Mac;
  /** As last set; `NeighTable.stateOf` says what it is now. */
  nudState: NudState;
  /** When the state or address last changed, when a packet last used it, when it was last confirmed. */
  updatedNs: number;
  usedNs: number;
  confirmedNs: number;
  probeCount: number;
  timer: Timer | undefined;
  /** Packets that wait for the address, oldest first. */
  queue: Skb[];
  /** Added by hand with `ip neigh add … proxy` or by a program, as `ip neigh` prints it. */
  readonly protocol: string;
}

export class NeighTable {
  readonly #ns: NetNs;
  #count = 0;
  /** Of them, those that the garbage collector leaves alone (exempt_from_gc). */
  #permanentCount = 0;
  /** Random reachable time of the table, 15 to 45 s, drawn anew every 300 s (neigh_rand_reach_time). */
  #reachableNs = 0;
  #reachableDrawnNs = -1;
  #proxies: Map<Dev, Set<Ip>> | undefined;
  /** When entries that nobody used were last looked for. */
  #collectedNs = 0;

  constructor(ns: NetNs) {
    this.#ns = ns;
  }

  /** `ip neigh add proxy`: addresses answered for, per device. */
  get proxies(): Map<Dev, Set<Ip>> {
    this.#proxies ??= new Map();
    return this.#proxies;
  }

  get size(): number {
    return this.#count;
  }

  get #gcCount(): number {
    return this.#count - this.#permanentCount;
  }

  get(dev: Dev, address: Ip): Neigh | undefined {
    const neigh = dev.neighs.get(address);
    const waiting = this.#ns.waitingPeers;
    if (neigh !== undefined || waiting === undefined) return neigh;
    waiting.forNeigh(dev, address);
    return dev.neighs.get(address);
  }

  /** All entries, by device, then in order of creation. */
  list(): Neigh[] {
    this.#ns.waitingPeers?.all();
    return this.#present();
  }

  #present(): Neigh[] {
    const all: Neigh[] = [];
    if (this.#count === 0) return all;
    for (const dev of this.#ns.devs.values()) all.push(...dev.neighs.values());
    return all;
  }

  /** The state an entry is in now: REACHABLE that ran out is STALE. */
  stateOf(neigh: Neigh): NudState {
    if (neigh.nudState !== 'REACHABLE') return neigh.nudState;
    if (this.#ns.sim.nowNs() - neigh.confirmedNs <= this.#reachable()) return 'REACHABLE';
    neigh.nudState = 'STALE';
    return 'STALE';
  }

  /** Adds or replaces an entry by hand (`ip neigh replace … nud permanent`). */
  set(dev: Dev, address: Ip, mac: Mac, nudState: NudState = 'PERMANENT', protocol = ''): Neigh {
    const old = dev.neighs.get(address);
    if (old === undefined || old.protocol !== protocol) {
      if (old !== undefined) this.#unlink(old);
      const neigh = this.#create(dev, address, protocol);
      if (old !== undefined) neigh.queue = old.queue.splice(0);
      this.#become(neigh, mac, nudState);
      return neigh;
    }
    this.#become(old, mac, nudState);
    return old;
  }

  /** Removes an entry; false when there is none. Waiting packets fail. */
  delete(dev: Dev, address: Ip): boolean {
    const neigh = this.get(dev, address);
    if (neigh === undefined) return false;
    this.#unlink(neigh);
    this.#fail(neigh);
    return true;
  }

  /** Forgets the entries of a device; permanent ones only when `all`. */
  flush(dev: Dev, all: boolean): void {
    const waiting = this.#ns.waitingPeers;
    if (all && waiting?.hangOn(dev) === true) waiting.all();
    if (this.#count === 0) return;
    for (const neigh of Array.from(dev.neighs.values())) {
      if (!all && neigh.nudState === 'PERMANENT') continue;
      this.#unlink(neigh);
      for (const skb of this.#takeQueue(neigh)) endPacket(this.#ns, skb, 'NEIGH_DEAD');
    }
  }

  /**
   * Sends a packet to its next hop on a device, now or when the address is known. False when it was
   * refused at once.
   */
  output(dev: Dev, nextHop: Ip, skb: Skb): boolean {
    let neigh = this.get(dev, nextHop);
    if (neigh === undefined) {
      if (this.#gcCount >= this.#threshold('gc_thresh3') && !this.#collect(true)) {
        // "neighbour: arp_cache: neighbor table overflow!"
        endPacket(this.#ns, skb, 'NEIGH_CREATEFAIL', { key: formatIp(nextHop), dev: dev.name });
        return false;
      }
      this.#collectUnused();
      neigh = this.#create(dev, nextHop, '');
    }
    neigh.usedNs = this.#ns.sim.nowNs();
    switch (this.stateOf(neigh)) {
      case 'STALE':
        this.#delay(neigh);
        return this.#xmit(neigh, skb);
      case 'REACHABLE':
      case 'DELAY':
      case 'PROBE':
      case 'PERMANENT':
      case 'NOARP':
        return this.#xmit(neigh, skb);
      case 'NONE':
      case 'FAILED':
        neigh.nudState = 'INCOMPLETE';
        this.#enqueue(neigh, skb);
        this.#resolve(neigh);
        return true;
      case 'INCOMPLETE':
        this.#enqueue(neigh, skb);
        return true;
    }
  }

  /** The MAC address when it is known without asking; undefined otherwise. */
  macOf(dev: Dev, address: Ip): Mac | undefined {
    const neigh = this.get(dev, address);
    if (neigh === undefined) return undefined;
    const state = this.stateOf(neigh);
    return state === 'INCOMPLETE' || state === 'FAILED' || state === 'NONE' ? undefined : neigh.mac;
  }

  /**
   * What ARP heard of a sender (neigh_update). `isReply` for a unicast answer to this host: REACHABLE;
   * otherwise STALE. An entry is created only when `mayCreate`. A changed MAC within the lock time is
   * ignored unless `override`.
   */
  learn(
    dev: Dev,
    address: Ip,
    mac: Mac,
    how: { readonly isReply: boolean; readonly mayCreate: boolean; readonly override: boolean },
  ): void {
    let neigh = this.get(dev, address);
    if (neigh === undefined) {
      if (!how.mayCreate) return;
      if (this.#gcCount >= this.#threshold('gc_thresh3') && !this.#collect(true)) return;
      neigh = this.#create(dev, address, '');
    }
    const state = this.stateOf(neigh);
    if (state === 'PERMANENT' || state === 'NOARP') return;
    const nowNs = this.#ns.sim.nowNs();
    const isValid = state !== 'INCOMPLETE' && state !== 'FAILED' && state !== 'NONE';
    const isLocked = isValid && nowNs - neigh.updatedNs <= LOCKTIME_NS && !how.override;
    if (isLocked && mac !== neigh.mac) return;
    if (isValid && mac === neigh.mac && !how.isReply) {
      // An entry that is in use keeps its state when the same address is heard again without proof.
      return;
    }
    this.#become(neigh, mac, how.isReply ? 'REACHABLE' : 'STALE');
  }

  #create(dev: Dev, address: Ip, protocol: string): Neigh {
    const nowNs = this.#ns.sim.nowNs();
    const neigh: Neigh = {
      ip: address,
      dev,
      mac: MAC_ZERO,
      nudState: 'NONE',
      updatedNs: nowNs,
      usedNs: nowNs,
      confirmedNs: nowNs,
      probeCount: 0,
      timer: undefined,
      queue: [],
      protocol,
    };
    dev.neighs.set(address, neigh);
    this.#count++;
    return neigh;
  }

  #unlink(neigh: Neigh): void {
    neigh.timer?.cancel();
    if (neigh.dev.neighs.get(neigh.ip) !== neigh) return;
    neigh.dev.neighs.delete(neigh.ip);
    this.#count--;
    if (neigh.nudState === 'PERMANENT') this.#permanentCount--;
  }

  #become(neigh: Neigh, mac: Mac, nudState: NudState): void {
    const nowNs = this.#ns.sim.nowNs();
    neigh.timer?.cancel();
    neigh.timer = undefined;
    if (mac !== neigh.mac || nudState !== neigh.nudState) neigh.updatedNs = nowNs;
    if (neigh.nudState === 'PERMANENT') this.#permanentCount--;
    if (nudState === 'PERMANENT') this.#permanentCount++;
    neigh.mac = mac;
    neigh.nudState = nudState;
    if (nudState === 'REACHABLE') neigh.confirmedNs = nowNs;
    if (nudState === 'FAILED' || nudState === 'INCOMPLETE' || nudState === 'NONE') return;
    if (neigh.queue.length === 0) return;
    for (const skb of this.#takeQueue(neigh)) {
      skb.costNs = 0;
      this.#xmit(neigh, skb);
    }
    if (neigh.nudState === 'STALE') this.#delay(neigh);
  }

  #xmit(neigh: Neigh, skb: Skb): boolean {
    const packet = skb.packet;
    const dev = neigh.dev;
    packet.ethSrc = dev.mac;
    packet.ethDst = neigh.mac;
    packet.etherType = EtherType.ipv4;
    packet.vlan = 0;
    skb.outDev = dev;
    if (packet.traceId !== 0) {
      traceStep(
        this.#ns,
        packet,
        'neigh',
        'resolved',
        { key: formatIp(neigh.ip), rule: formatNeigh(this.#ns, neigh), dev: dev.name },
        skb.costNs,
      );
    }
    return dev.xmit(skb);
  }

  #enqueue(neigh: Neigh, skb: Skb): void {
    if (neigh.queue.length >= UNRES_QLEN) {
      const oldest = neigh.queue.shift();
      if (oldest !== undefined) {
        this.#ns.host.ledger.underWay--;
        endPacket(this.#ns, oldest, 'NEIGH_QUEUEFULL');
      }
    }
    neigh.queue.push(skb);
    this.#ns.host.ledger.underWay++;
    if (skb.packet.traceId !== 0) {
      traceStep(
        this.#ns,
        skb.packet,
        'neigh',
        'queue',
        { key: formatIp(neigh.ip), rule: formatNeigh(this.#ns, neigh), dev: neigh.dev.name },
        skb.costNs,
      );
    }
  }

  /** The waiting packets, which go on or end now. */
  #takeQueue(neigh: Neigh): Skb[] {
    const queue = neigh.queue.splice(0);
    this.#ns.host.ledger.underWay -= queue.length;
    return queue;
  }

  /** NONE or FAILED and somebody sends: three broadcast requests (INCOMPLETE). */
  #resolve(neigh: Neigh): void {
    neigh.updatedNs = this.#ns.sim.nowNs();
    neigh.probeCount = 0;
    this.#solicit(neigh, MAC_BROADCAST);
  }

  /** STALE and in use: give the upper layers five seconds to confirm, then ask. */
  #delay(neigh: Neigh): void {
    neigh.nudState = 'DELAY';
    neigh.updatedNs = this.#ns.sim.nowNs();
    neigh.timer?.cancel();
    neigh.timer = this.#ns.sim.after(DELAY_FIRST_PROBE_NS, () => {
      if (this.#ns.sim.nowNs() - neigh.confirmedNs < DELAY_FIRST_PROBE_NS) {
        neigh.nudState = 'REACHABLE';
        return;
      }
      neigh.nudState = 'PROBE';
      neigh.probeCount = 0;
      this.#solicit(neigh, neigh.mac);
    });
  }

  /** Sends a request and comes back in a second, until the tries are used up. */
  #solicit(neigh: Neigh, to: Mac): void {
    const tries = neigh.nudState === 'PROBE' ? UCAST_SOLICIT : MCAST_SOLICIT;
    if (neigh.probeCount >= tries) {
      neigh.nudState = 'FAILED';
      neigh.updatedNs = this.#ns.sim.nowNs();
      neigh.timer = undefined;
      this.#fail(neigh);
      return;
    }
    neigh.probeCount++;
    neigh.timer = this.#ns.sim.after(RETRANS_NS, () => {
      this.#solicit(neigh, to);
    });
    sendArpRequest(this.#ns, neigh.dev, neigh.ip, to, neigh.queue[0]?.packet);
  }

  /** Every waiting packet gets ICMP host unreachable (arp_error_report). */
  #fail(neigh: Neigh): void {
    for (const skb of this.#takeQueue(neigh)) {
      skb.costNs = 0;
      this.#ns.icmpError(skb, 3, 1);
      endPacket(this.#ns, skb, 'NEIGH_FAILED', {
        key: formatIp(neigh.ip),
        rule: formatNeigh(this.#ns, neigh),
        dev: neigh.dev.name,
      });
    }
  }

  #reachable(): number {
    const nowNs = this.#ns.sim.nowNs();
    if (this.#reachableDrawnNs < 0 || nowNs - this.#reachableDrawnNs >= 300 * NS_PER_SEC) {
      this.#reachableDrawnNs = nowNs;
      const rng = this.#ns.sim.rng(`${this.#ns.name}/neigh`);
      this.#reachableNs = rng.between(BASE_REACHABLE_NS / 2, (BASE_REACHABLE_NS * 3) / 2 - 1);
    }
    return this.#reachableNs;
  }

  /** Asked with each new entry; a big flat network sets it higher, as its administrators do. */
  #threshold(name: 'gc_thresh1' | 'gc_thresh3'): number {
    return this.#ns.sysctl.getNumber(`net.ipv4.neigh.default.${name}`);
  }

  /** As the kernel's periodic work, which comes every half of base_reachable_time above gc_thresh1. */
  #collectUnused(): void {
    const nowNs = this.#ns.sim.nowNs();
    if (nowNs - this.#collectedNs < BASE_REACHABLE_NS / 2) return;
    if (this.#gcCount <= this.#threshold('gc_thresh1')) return;
    this.#collectedNs = nowNs;
    this.#collect(false);
  }

  /**
   * Removes entries that nobody used: failed ones, and stale ones after 60 s (neigh_periodic_work); when
   * forced, any that is not permanent, least recently used first. False when none could go.
   */
  #collect(isForced: boolean): boolean {
    const nowNs = this.#ns.sim.nowNs();
    let removed = false;
    let oldest: Neigh | undefined;
    for (const neigh of this.#present()) {
      const state = this.stateOf(neigh);
      if (state === 'PERMANENT' || state === 'NOARP' || neigh.queue.length > 0) continue;
      if (state === 'FAILED' || (state === 'STALE' && nowNs - neigh.usedNs > GC_STALE_NS)) {
        this.#unlink(neigh);
        removed = true;
      } else if (oldest === undefined || neigh.usedNs < oldest.usedNs) {
        oldest = neigh;
      }
    }
    // neigh_forced_gc spares what changed in the last five seconds.
    if (!removed && isForced && oldest !== undefined && nowNs - oldest.updatedNs > 5 * NS_PER_SEC) {
      this.#unlink(oldest);
      removed = true;
    }
    return removed;
  }
}
