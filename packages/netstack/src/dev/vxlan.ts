/**
 * A VXLAN tunnel device (RFC 7348, drivers/net/vxlan).
 *
 * From: neigh.ts or a bridge with a frame. To: back to ip/local-out.ts with the outer UDP packet; DF is
 * off there, so a tunnel MTU that is too high costs fragments, not packets. Incoming: ip/local-in.ts
 * hands UDP packets of the tunnel's port to `vxlanReceive`, which finds the device by VNI and hands the
 * inner frame to `receive`. An outer packet shares the life of the frame inside (ledger).
 *
 * Measured on 6.18: no DF outside, TTL 64, MTU above the underlying device's − 50 refused when bound.
 * Not modelled: ICMP errors made for bridged senders (iptunnel_pmtud), IPv6 underlay, GBP, remote checksums.
 */
import {
  type Ip,
  MAC_ZERO,
  type Mac,
  NS_PER_SEC,
  formatIp,
  formatMac,
  isMacMulticast,
  mix32,
} from '@podwire/base';
import {
  Encap,
  EtherType,
  IpProto,
  Packet,
  clonePacket,
  isTunnelled,
  segmentIpLenBytes,
} from '@podwire/wire';
import { Cost } from '../cost.ts';
import { ipLocalOutSkb } from '../ip/local-out.ts';
import type { NetNs, OutputOptions } from '../netns.ts';
import { Skb } from '../skb.ts';
import { ANY_VNI, EPHEMERAL_FIRST, EPHEMERAL_LAST } from '../socket/socket-table.ts';
import { endPacket, traceStep } from '../trace.ts';
import { Dev, type DevKind, countTx, refuseTx } from './dev.ts';

/** IANA's port, and Linux's older default which flannel uses. */
export const VXLAN_PORT_IANA = 4789;
export const VXLAN_PORT_LINUX = 8472;
/** Outer IPv4, UDP and VXLAN headers and the inner Ethernet header. */
export const VXLAN_OVERHEAD_BYTES = 50;
const AGEING_NS = 300 * NS_PER_SEC;

export interface VxlanRemote {
  readonly ip: Ip;
  readonly port?: number;
  readonly vni?: number;
}

export interface VxlanFdbEntry {
  readonly mac: Mac;
  readonly remotes: VxlanRemote[];
  readonly isPermanent: boolean;
  updatedNs: number;
}

export interface VxlanOptions {
  readonly vni: number;
  /** Source address of outer packets; unset: chosen by the route. */
  readonly local?: Ip;
  readonly dstPort?: number;
  /** Underlying device (`dev eth0`). */
  readonly dev?: Dev;
  /** Default destination (`remote`). */
  readonly remote?: Ip;
  readonly learning?: boolean;
  readonly mac?: Mac;
  readonly mtuBytes?: number;
  readonly ttlHops?: number;
}

export class Vxlan extends Dev {
  readonly kind: DevKind = 'vxlan';
  readonly vni: number;
  readonly local: Ip;
  readonly dstPort: number;
  readonly lower: Dev | undefined;
  readonly remote: Ip;
  readonly ttlHops: number;
  learning: boolean;
  /** MAC to remotes; MAC 0 holds the default destinations. */
  readonly fdb: Map<Mac, VxlanFdbEntry> = new Map();
  readonly #output: OutputOptions;

  constructor(ns: NetNs, name: string, options: VxlanOptions) {
    const lower = options.dev;
    const mtu =
      options.mtuBytes ?? (lower === undefined ? 1500 : lower.mtuBytes - VXLAN_OVERHEAD_BYTES);
    super(ns, name, options.mac ?? ns.randomMac(name), mtu);
    this.vni = options.vni;
    this.local = options.local ?? 0;
    this.dstPort = options.dstPort ?? VXLAN_PORT_LINUX;
    this.lower = lower;
    this.remote = options.remote ?? 0;
    this.ttlHops = options.ttlHops ?? 0;
    this.learning = options.learning ?? true;
    this.#output = lower === undefined ? { pmtu: 'dont' } : { pmtu: 'dont', oif: lower };
    if (this.remote !== 0) this.addFdb(MAC_ZERO, { ip: this.remote });
    ns.sockets.addTunnel(this.dstPort, this.vni, this);
  }

  /** The most that `ip link set mtu` accepts. */
  get mtuBytesMax(): number {
    return this.lower === undefined ? 65535 : this.lower.mtuBytes - VXLAN_OVERHEAD_BYTES;
  }

  /** `bridge fdb append MAC dev VXLAN dst IP`. */
  addFdb(mac: Mac, remote: VxlanRemote): void {
    const entry = this.fdb.get(mac);
    if (entry === undefined || !entry.isPermanent) {
      const updatedNs = this.ns.sim.nowNs();
      this.fdb.set(mac, { mac, remotes: [remote], isPermanent: true, updatedNs });
    } else if (!entry.remotes.some((other) => other.ip === remote.ip)) {
      entry.remotes.push(remote);
    }
  }

  /** `bridge fdb replace`: only this remote. */
  replaceFdb(mac: Mac, remote: VxlanRemote): void {
    this.fdb.delete(mac);
    this.addFdb(mac, remote);
  }

  /** `bridge fdb del`; with `remoteIp` only that one. False when there is nothing to delete. */
  delFdb(mac: Mac, remoteIp?: Ip): boolean {
    const entry = this.fdb.get(mac);
    if (entry === undefined) return false;
    if (remoteIp !== undefined) {
      const index = entry.remotes.findIndex((remote) => remote.ip === remoteIp);
      if (index < 0) return false;
      entry.remotes.splice(index, 1);
      if (entry.remotes.length > 0) return true;
    }
    this.fdb.delete(mac);
    return true;
  }

  lookupFdb(mac: Mac): VxlanFdbEntry | undefined {
    let entry = this.fdb.get(mac);
    if (entry === undefined && this.ns.waitingPeers !== undefined) {
      this.ns.waitingPeers.forMac(this, mac);
      entry = this.fdb.get(mac);
    }
    if (entry === undefined || entry.isPermanent) return entry;
    if (this.ns.sim.nowNs() - entry.updatedNs <= AGEING_NS) return entry;
    this.fdb.delete(mac);
    return undefined;
  }

  xmit(skb: Skb): boolean {
    if (!this.isUp) return refuseTx(this, skb, 'DEV_READY');
    const packet = skb.packet;
    const isGroup = isMacMulticast(packet.ethDst);
    const entry = (isGroup ? undefined : this.lookupFdb(packet.ethDst)) ?? this.fdb.get(MAC_ZERO);
    if (entry === undefined || entry.remotes.length === 0) {
      this.stats.txDropped++;
      endPacket(this.ns, skb, 'VXLAN_NO_REMOTE', { dev: this.name });
      return true;
    }
    countTx(this, skb);
    const remotes = entry.remotes;
    for (let index = 0; index < remotes.length; index++) {
      const remote = remotes[index] as VxlanRemote;
      if (index === remotes.length - 1) {
        this.#encapsulate(packet, remote, entry, skb.costNs, skb.inDev === undefined);
      } else {
        this.ns.host.ledger.born++;
        this.#encapsulate(clonePacket(packet), remote, entry, skb.costNs, false);
      }
    }
    return true;
  }

  /** A frame of this tunnel's VNI: learn its sender, then it has arrived on this device. */
  decapsulate(skb: Skb, inner: Packet, from: Ip): void {
    const costNs = skb.costNs + Cost.vxlanEnd;
    if (inner.ethSrc === this.mac) {
      endPacket(this.ns, skb, 'VXLAN_INVALID_HDR', { dev: this.name });
      return;
    }
    if (this.learning) this.#learn(inner.ethSrc, from);
    if (inner.traceId !== 0) {
      traceStep(
        this.ns,
        skb.packet,
        'vxlan-decap',
        'decapsulated',
        { key: `vni ${this.vni}`, dev: this.name },
        costNs,
      );
    }
    skb.packet = inner;
    skb.arriveAt(this);
    skb.costNs = costNs;
    this.ns.receive(skb);
  }

  override onDestroy(): void {
    this.ns.sockets.removeTunnel(this.dstPort, this.vni);
  }

  #learn(mac: Mac, from: Ip): void {
    const entry = this.fdb.get(mac);
    const nowNs = this.ns.sim.nowNs();
    if (entry !== undefined && entry.isPermanent) return;
    if (entry !== undefined && entry.remotes[0]?.ip === from) {
      entry.updatedNs = nowNs;
      return;
    }
    this.fdb.set(mac, { mac, remotes: [{ ip: from }], isPermanent: false, updatedNs: nowNs });
  }

  #encapsulate(
    inner: Packet,
    remote: VxlanRemote,
    entry: VxlanFdbEntry,
    costNs: number,
    isOwn: boolean,
  ): void {
    const outer = new Packet(inner.born);
    outer.traceId = inner.traceId;
    outer.etherType = EtherType.ipv4;
    outer.src = this.local;
    outer.dst = remote.ip;
    outer.proto = IpProto.udp;
    outer.ttlHops = this.ttlHops;
    outer.srcPort = flowSourcePort(inner);
    outer.dstPort = remote.port ?? this.dstPort;
    outer.encap = Encap.vxlan;
    outer.vni = remote.vni ?? this.vni;
    outer.inner = inner;
    const out = new Skb(outer);
    out.costNs = costNs + Cost.vxlanEnd;
    if (inner.traceId !== 0) {
      traceStep(
        this.ns,
        outer,
        'vxlan-encap',
        'encapsulated',
        {
          key: formatMac(inner.ethDst),
          rule: `${formatMac(entry.mac)} dev ${this.name} dst ${formatIp(remote.ip)} self${entry.isPermanent ? ' permanent' : ''}`,
          dev: this.name,
        },
        out.costNs,
      );
    }
    // skb_tunnel_check_pmtu: a sender on this host learns what fits the tunnel.
    if (isOwn && inner.etherType === EtherType.ipv4) {
      const fits = this.ns.pathMtu(remote.ip) - VXLAN_OVERHEAD_BYTES;
      if (fits > 0 && segmentIpLenBytes(inner) > fits) this.ns.learnPathMtu(inner.dst, fits);
    }
    ipLocalOutSkb(this.ns, out, this.#output);
  }
}

/** A UDP packet for a tunnel port (vxlan_rcv). */
export function vxlanReceive(
  ns: NetNs,
  skb: Skb,
  byVni: ReadonlyMap<number, { decapsulate(skb: Skb, inner: Packet, from: Ip): void }>,
): void {
  const outer = skb.packet;
  const inner = outer.inner;
  if (!isTunnelled(outer) || inner === undefined) {
    endPacket(ns, skb, 'VXLAN_INVALID_HDR');
    return;
  }
  const dev = byVni.get(outer.vni) ?? byVni.get(ANY_VNI);
  if (dev === undefined) {
    endPacket(ns, skb, 'VXLAN_VNI_NOT_FOUND');
    return;
  }
  dev.decapsulate(skb, inner, outer.src);
}

/** The outer source port: a hash of the inner flow within the ephemeral range (udp_flow_src_port). */
export function flowSourcePort(inner: Packet): number {
  let hash =
    inner.etherType === EtherType.ipv4
      ? mix32(inner.src ^ mix32(inner.dst ^ inner.proto))
      : mix32((inner.ethSrc % 2 ** 32) ^ mix32(inner.ethDst % 2 ** 32));
  const hasPorts = inner.proto === IpProto.udp || inner.proto === IpProto.tcp;
  const isFragment = inner.moreFragments || inner.fragOffsetBytes > 0;
  if (inner.etherType === EtherType.ipv4 && hasPorts && !isFragment) {
    hash = mix32(hash ^ ((inner.srcPort << 16) | inner.dstPort));
  }
  return EPHEMERAL_FIRST + (hash % (EPHEMERAL_LAST - EPHEMERAL_FIRST + 1));
}

/** `ip link add NAME type vxlan id VNI …`; it is down. */
export function createVxlan(ns: NetNs, name: string, options: VxlanOptions): Vxlan {
  return new Vxlan(ns, name, options);
}
