/**
 * A learning bridge that is also a device of its namespace (net/bridge/br_*.c, br_netfilter_hooks.c).
 *
 * From: dev/receive.ts with a frame that came in by a port, neigh.ts with one that the host sends. To:
 * ports, the host's own stack (frames for the bridge's MAC and broadcasts), or both. With
 * net.bridge.bridge-nf-call-iptables=1 bridged IPv4 frames pass PREROUTING, FORWARD and POSTROUTING; a
 * DNAT to an address behind the same bridge rewrites the destination MAC and stays on the bridge (no
 * TTL step, hairpin rule applies), to any other address goes up and is routed. Measured on 6.18.
 *
 * Not modelled: STP (off by default on Linux), VLAN filtering, multicast snooping.
 */
import { MAC_BROADCAST, type Mac, NS_PER_SEC, formatMac, isMacMulticast } from '@podwire/base';
import { EtherType, clonePacket, segmentFrameLenBytes, segmentIpLenBytes } from '@podwire/wire';
import { Cost } from '../cost.ts';
import { defragment, fragmentSkb } from '../ip/fragment.ts';
import type { NetNs } from '../netns.ts';
import { CtState, PktType, Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';
import { Dev, type DevKind, countRx, countTx, refuseTx } from './dev.ts';
import { deliverFrame } from './receive.ts';

const AGEING_NS = 300 * NS_PER_SEC;

export interface FdbEntry {
  readonly mac: Mac;
  /** undefined: the bridge itself. */
  port: BridgePort | undefined;
  /** An own address of bridge or port: frames for it go up. */
  readonly isLocal: boolean;
  /** Never ages (`permanent` or `static`). */
  readonly isStatic: boolean;
  /** When the source address was last seen. */
  updatedNs: number;
}

/** A device of a bridge, with the flags of `bridge link`. */
export class BridgePort {
  readonly bridge: Bridge;
  readonly dev: Dev;
  readonly portNo: number;
  hairpin = false;
  learning = true;
  flood = true;
  mcastFlood = true;
  bcastFlood = true;
  isolated = false;

  constructor(bridge: Bridge, dev: Dev, portNo: number) {
    this.bridge = bridge;
    this.dev = dev;
    this.portNo = portNo;
  }
}

export class Bridge extends Dev {
  readonly kind: DevKind = 'bridge';
  readonly ports: BridgePort[] = [];
  readonly fdb: Map<Mac, FdbEntry> = new Map();
  ageingNs: number = AGEING_NS;
  /** Set by hand: then it no longer follows the least MAC or MTU of the ports. */
  #hasOwnMac: boolean;
  #hasOwnMtu: boolean;

  constructor(ns: NetNs, name: string, mac: Mac | undefined, mtuBytes: number | undefined) {
    super(ns, name, mac ?? ns.randomMac(name), mtuBytes ?? 1500);
    this.#hasOwnMac = mac !== undefined;
    this.#hasOwnMtu = mtuBytes !== undefined;
    this.hasCarrier = false;
    this.#addLocal(this.mac, undefined);
  }

  /** `ip link set DEV master BRIDGE`. */
  addPort(dev: Dev): BridgePort {
    dev.port?.bridge.removePort(dev);
    const port = new BridgePort(this, dev, this.ports.length + 1);
    dev.port = port;
    this.ports.push(port);
    this.#addLocal(dev.mac, port);
    this.#followPorts();
    return port;
  }

  /** `ip link set DEV nomaster`. */
  removePort(dev: Dev): void {
    const index = this.ports.findIndex((port) => port.dev === dev);
    if (index < 0) return;
    const port = this.ports[index];
    this.ports.splice(index, 1);
    dev.port = undefined;
    for (const [mac, entry] of this.fdb) if (entry.port === port) this.fdb.delete(mac);
    this.#followPorts();
  }

  setMac(mac: Mac): void {
    this.#hasOwnMac = true;
    this.#changeMac(mac);
  }

  setMtu(mtuBytes: number): void {
    this.#hasOwnMtu = true;
    this.mtuBytes = mtuBytes;
  }

  /** `bridge fdb add MAC dev PORT master static`; port undefined: the bridge itself. */
  addFdb(mac: Mac, port: BridgePort | undefined): void {
    const isLocal = port === undefined;
    this.fdb.set(mac, { mac, port, isLocal, isStatic: true, updatedNs: this.ns.sim.nowNs() });
  }

  /** The entry of a MAC address, unless it aged. */
  lookupFdb(mac: Mac): FdbEntry | undefined {
    const entry = this.fdb.get(mac);
    if (entry === undefined || entry.isStatic) return entry;
    if (this.ns.sim.nowNs() - entry.updatedNs <= this.ageingNs) return entry;
    this.fdb.delete(mac);
    return undefined;
  }

  /** A frame that came in by a port (br_handle_frame). */
  handleFrame(port: BridgePort, skb: Skb): void {
    const packet = skb.packet;
    skb.costNs += Cost.bridgeHop;
    if (!this.isUp) {
      endPacket(this.ns, skb, 'BRIDGE_INGRESS_STP_STATE', { dev: this.name });
      return;
    }
    if (isMacMulticast(packet.ethSrc) || packet.ethSrc === 0) {
      endPacket(this.ns, skb, 'DEV_HDR', { dev: this.name });
      return;
    }
    if (packet.ethDst === this.mac) skb.pktType = PktType.host;
    if (this.#isFiltered(skb) && !this.#preRouting(port, skb)) return;
    this.#finish(port, skb);
  }

  /** A frame that the host sends by the bridge device (br_dev_xmit). */
  xmit(skb: Skb): boolean {
    if (!this.isUp || !this.hasCarrier) return refuseTx(this, skb, 'DEV_READY');
    const dnatPort = skb.bridgeDnatPort;
    if (dnatPort !== undefined) {
      skb.bridgeDnatPort = undefined;
      skb.packet.ethSrc = skb.bridgeDnatSrc;
      this.#finish(dnatPort, skb);
      return true;
    }
    countTx(this, skb);
    skb.costNs += Cost.bridgeHop;
    const packet = skb.packet;
    const isGroup = isMacMulticast(packet.ethDst);
    const entry = isGroup ? undefined : this.lookupFdb(packet.ethDst);
    if (entry === undefined) {
      this.#flood(undefined, skb, false);
      return true;
    }
    const to = entry.port;
    if (to === undefined || entry.isLocal || !this.#maySend(undefined, to)) {
      this.#traceForward(skb, entry, 'drop');
      endPacket(this.ns, skb, 'BRIDGE_NO_EGRESS_PORT', { dev: this.name });
      return true;
    }
    this.#traceForward(skb, entry, `to ${to.dev.name}`);
    this.#push(undefined, to, skb);
    return true;
  }

  override onUpChange(): void {
    this.updateCarrier();
  }

  override onDestroy(): void {
    for (const port of this.ports.slice()) this.removePort(port.dev);
  }

  /** A port's MTU changed. */
  followPortMtu(): void {
    this.#followPorts();
  }

  /** Carrier follows the ports: up while any of them runs. */
  updateCarrier(): void {
    this.hasCarrier = this.ports.some((port) => port.dev.isRunning);
  }

  /** Learns, then decides: up, to one port, to all (br_handle_frame_finish). */
  #finish(port: BridgePort, skb: Skb): void {
    const packet = skb.packet;
    if (port.learning) this.#learn(packet.ethSrc, port);
    if (packet.ethDst === MAC_BROADCAST || isMacMulticast(packet.ethDst)) {
      this.#flood(port, skb, true);
      return;
    }
    const entry = this.lookupFdb(packet.ethDst);
    if (entry === undefined) {
      if (this.isPromisc) this.#passUpTapped(this.#copy(skb));
      this.#flood(port, skb, false);
      return;
    }
    if (entry.isLocal) {
      this.#traceForward(skb, entry, 'up');
      this.#passUp(skb);
      return;
    }
    const to = entry.port;
    if (to === undefined || !this.#maySend(port, to)) {
      // Behind the port it came from, with hairpin off: see `bridge link`.
      if (this.isPromisc) this.#passUpTapped(skb);
      else {
        this.#traceForward(skb, entry, 'drop');
        endPacket(this.ns, skb, 'BRIDGE_NO_EGRESS_PORT', { dev: this.name });
      }
      return;
    }
    if (this.isPromisc) this.#passUpTapped(this.#copy(skb));
    this.#traceForward(skb, entry, `to ${to.dev.name}`);
    this.#forward(port, to, skb);
  }

  #learn(mac: Mac, port: BridgePort): void {
    const entry = this.fdb.get(mac);
    if (entry === undefined) {
      const updatedNs = this.ns.sim.nowNs();
      this.fdb.set(mac, { mac, port, isLocal: false, isStatic: false, updatedNs });
      return;
    }
    // "received packet with own address as source address": not learned.
    if (entry.isLocal) return;
    entry.updatedNs = this.ns.sim.nowNs();
    if (entry.port !== port && !entry.isStatic) entry.port = port;
  }

  /** To every port that may have it, and up when `isUpToo`; the last receiver gets the original. */
  #flood(from: BridgePort | undefined, skb: Skb, isUpToo: boolean): void {
    const ethDst = skb.packet.ethDst;
    const receivers: BridgePort[] = [];
    for (const port of this.ports) {
      const wants =
        ethDst === MAC_BROADCAST
          ? port.bcastFlood
          : isMacMulticast(ethDst)
            ? port.mcastFlood
            : port.flood;
      if (wants && this.#maySend(from, port)) receivers.push(port);
    }
    if (skb.packet.traceId !== 0) {
      const to = receivers.map((port) => port.dev.name);
      if (isUpToo) to.push('up');
      traceStep(
        this.ns,
        skb.packet,
        'bridge',
        `flood to ${to.length === 0 ? 'nobody' : to.join(', ')}`,
        { key: formatMac(ethDst), dev: this.name },
        skb.costNs,
      );
    }
    if (receivers.length === 0) {
      if (isUpToo) this.#passUp(skb);
      else endPacket(this.ns, skb, 'BRIDGE_NO_EGRESS_PORT', { dev: this.name });
      return;
    }
    if (isUpToo) this.#passUp(this.#copy(skb));
    for (let index = 0; index < receivers.length; index++) {
      const to = receivers[index] as BridgePort;
      const own = index === receivers.length - 1 ? skb : this.#copy(skb);
      if (from === undefined) this.#push(from, to, own);
      else this.#forward(from, to, own);
    }
  }

  /** should_deliver(): not back by the same port without hairpin, not between isolated ports. */
  #maySend(from: BridgePort | undefined, to: BridgePort): boolean {
    if (!to.dev.isRunning) return false;
    if (from === undefined) return true;
    if (from === to && !to.hairpin) return false;
    return !(from.isolated && to.isolated);
  }

  /** To the host's own stack (br_pass_frame_up). */
  #passUp(skb: Skb): void {
    skb.inDev = this;
    countRx(this, skb);
    deliverFrame(this.ns, skb, this);
  }

  /** A promiscuous bridge's copy of what is not for it: conntrack does not follow it (br_nf_local_in). */
  #passUpTapped(skb: Skb): void {
    skb.ct = undefined;
    skb.ctState = CtState.untracked;
    skb.ctReply = false;
    this.#passUp(skb);
  }

  /** FORWARD and POSTROUTING of br_netfilter around the way to another port. */
  #forward(from: BridgePort, to: BridgePort, skb: Skb): void {
    const netfilter = this.ns.netfilter;
    if (netfilter !== undefined && skb.physInDev !== undefined) {
      skb.inDev = this;
      skb.outDev = this;
      skb.physOutDev = to.dev;
      if (netfilter.run('forward', this.ns, skb) !== 'accept') return;
      skb.inDev = undefined;
      if (netfilter.run('postrouting', this.ns, skb) !== 'accept') return;
    }
    this.#push(from, to, skb);
  }

  /** Out of a port, if it fits there (br_dev_queue_push_xmit). */
  #push(from: BridgePort | undefined, to: BridgePort, skb: Skb): void {
    const dev = to.dev;
    skb.bridgeDnatPort = undefined;
    if (
      skb.fragMaxBytes > 0 &&
      from !== undefined &&
      segmentIpLenBytes(skb.packet) > skb.fragMaxBytes
    ) {
      const limit = Math.min(skb.fragMaxBytes, dev.mtuBytes);
      for (const piece of fragmentSkb(this.ns, skb, limit)) dev.xmit(piece);
      return;
    }
    if (segmentFrameLenBytes(skb.packet) > dev.mtuBytes + 18) {
      refuseTx(dev, skb, 'PKT_TOO_BIG');
      return;
    }
    skb.outDev = dev;
    dev.xmit(skb);
  }

  #isFiltered(skb: Skb): boolean {
    return (
      this.ns.netfilter !== undefined &&
      this.ns.sysctl.bridgeNfCallIptables &&
      skb.packet.etherType === EtherType.ipv4
    );
  }

  /** PREROUTING of br_netfilter (br_nf_pre_routing and its finish); false when the frame is gone. */
  #preRouting(port: BridgePort, skb: Skb): boolean {
    const ns = this.ns;
    const packet = skb.packet;
    skb.inDev = this;
    skb.physInDev = port.dev;
    if (!defragment(ns, skb, 'conntrack')) return false;
    const whole = skb.packet;
    const dst = packet.dst;
    if (ns.netfilter?.run('prerouting', ns, skb) !== 'accept') return false;
    skb.isBridgeNfDone = true;
    if (whole.dst === dst) return true;
    const route = ns.lookup(whole.dst, whole.src, this, whole.tos, skb.mark);
    if (route === undefined || (route.type !== 'unicast' && route.type !== 'local')) {
      endPacket(ns, skb, 'IP_INNOROUTES', { dev: this.name });
      return false;
    }
    if (route.dev === this && route.type === 'unicast') {
      // Bridged DNAT: the new destination lies behind this bridge.
      skb.route = route;
      skb.bridgeDnatPort = port;
      skb.bridgeDnatSrc = whole.ethSrc;
      ns.neigh.output(this, route.gateway === 0 ? whole.dst : route.gateway, skb);
      return false;
    }
    whole.ethDst = this.mac;
    skb.pktType = PktType.host;
    return true;
  }

  /** A copy is a birth of its own. */
  #copy(skb: Skb): Skb {
    this.ns.host.ledger.born++;
    const copy = new Skb(clonePacket(skb.packet), skb.inDev);
    copy.pktType = skb.pktType;
    copy.physInDev = skb.physInDev;
    copy.mark = skb.mark;
    copy.ct = skb.ct;
    copy.ctState = skb.ctState;
    copy.ctReply = skb.ctReply;
    copy.isBridgeNfDone = skb.isBridgeNfDone;
    copy.fragMaxBytes = skb.fragMaxBytes;
    copy.costNs = skb.costNs;
    return copy;
  }

  #addLocal(mac: Mac, port: BridgePort | undefined): void {
    this.fdb.set(mac, { mac, port, isLocal: true, isStatic: true, updatedNs: 0 });
  }

  /** br_stp_recalculate_bridge_id and br_mtu_auto_adjust. */
  #followPorts(): void {
    if (!this.#hasOwnMac && this.ports.length > 0) {
      let least = Number.MAX_SAFE_INTEGER;
      for (const port of this.ports) least = Math.min(least, port.dev.mac);
      if (least !== this.mac) this.#changeMac(least);
    }
    if (!this.#hasOwnMtu) {
      let least = this.ports.length === 0 ? 1500 : Number.MAX_SAFE_INTEGER;
      for (const port of this.ports) least = Math.min(least, port.dev.mtuBytes);
      this.mtuBytes = least;
    }
    this.updateCarrier();
  }

  #changeMac(mac: Mac): void {
    const old = this.fdb.get(this.mac);
    if (old?.isLocal === true && old.port === undefined) this.fdb.delete(this.mac);
    this.mac = mac;
    const entry = this.fdb.get(mac);
    if (entry === undefined || !entry.isLocal) this.#addLocal(mac, undefined);
  }

  #traceForward(skb: Skb, entry: FdbEntry, verdict: string): void {
    if (skb.packet.traceId === 0) return;
    const kind = entry.isLocal ? 'permanent' : entry.isStatic ? 'static' : 'learned';
    const on = entry.port === undefined ? this.name : entry.port.dev.name;
    traceStep(
      this.ns,
      skb.packet,
      'bridge',
      verdict,
      {
        key: formatMac(skb.packet.ethDst),
        rule: `${formatMac(entry.mac)} dev ${on} master ${this.name}${kind === 'learned' ? '' : ` ${kind}`}`,
        dev: this.name,
      },
      skb.costNs,
    );
  }
}

export interface BridgeOptions {
  /** Set: the bridge keeps it. Unset: it follows the least MAC of its ports. */
  readonly mac?: Mac;
  readonly mtuBytes?: number;
  readonly ageingNs?: number;
  readonly isPromisc?: boolean;
}

/** `ip link add NAME type bridge`; it is down. */
export function createBridge(ns: NetNs, name: string, options: BridgeOptions = {}): Bridge {
  const bridge = new Bridge(ns, name, options.mac, options.mtuBytes);
  if (options.ageingNs !== undefined) bridge.ageingNs = options.ageingNs;
  if (options.isPromisc !== undefined) bridge.isPromisc = options.isPromisc;
  return bridge;
}
