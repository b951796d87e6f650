/**
 * Connection tracking of one namespace: gives each packet its entry and state, and confirms entries.
 *
 * Called by netfilter/tables.ts: `trackPacket` at PREROUTING and OUTPUT (priority -200), `confirmEntry`
 * as the last of INPUT and POSTROUTING. Between the two a new entry is the packet's alone, so a packet
 * that is dropped on the way leaves none. As Linux nf_conntrack_core.c.
 */
import { IpProto, type Packet, ipLenBytes } from '@podwire/wire';
import { CtState, type Skb } from '../skb.ts';
import type { Sysctl } from '../sysctl.ts';
import { CtEntry, CtStatus } from './entry.ts';
import { CtTable } from './table.ts';
import { type TrackResult, trackTcp } from './tcp.ts';
import { CtConf } from './timeout.ts';
import {
  type CtTuple,
  type TupleFields,
  copyTuple,
  icmpMayBeNew,
  invertTuple,
  tupleOfPacket,
} from './tuple.ts';

export { CtEntry } from './entry.ts';

/** Traffic in both directions after this long makes a UDP flow a stream (udp.stream_ts). */
const UDP_STREAM_AFTER_NS = 2_000_000_000;

/** What happened to the packet at the conntrack stage; `full`: no room for a new entry. */
export type CtOutcome = 'known' | 'new' | 'invalid' | 'related' | 'untracked' | 'full';

export class Conntrack {
  readonly table: CtTable = new CtTable();
  readonly conf: CtConf;
  /** Packets for which there was no room (`conntrack -S` drop). */
  fullDrops = 0;
  #nextId = 1;
  readonly #key: TupleFields = { src: 0, dst: 0, proto: 0, srcPort: 0, dstPort: 0 };
  readonly #inverse: TupleFields = { src: 0, dst: 0, proto: 0, srcPort: 0, dstPort: 0 };

  constructor(sysctl: Sysctl) {
    this.conf = new CtConf(sysctl);
  }

  /** Sets ct, ctState and ctReply of a packet that enters the stack (nf_conntrack_in). */
  trackPacket(skb: Skb, nowNs: number): CtOutcome {
    if (skb.isUntracked) {
      skb.ctState = CtState.untracked;
      return 'untracked';
    }
    // Seen already: looped back, or an answer that was tied to what it answers.
    if (skb.ct !== undefined) return 'known';
    this.conf.refresh();
    const packet = skb.packet;
    if (isIcmpError(packet)) {
      return this.#trackIcmpError(skb, nowNs) ? 'related' : setInvalid(skb);
    }
    if (!tupleOfPacket(packet, this.#key)) return setInvalid(skb);
    const found = this.table.find(this.#key, skb.ctZone, nowNs);
    if (found === undefined) return this.#trackNew(skb, nowNs);
    const result = this.#advance(found.entry, packet, found.isReply, nowNs);
    if (result === 'repeat') {
      this.remove(found.entry);
      return this.trackPacket(skb, nowNs);
    }
    if (result === 'invalid') return setInvalid(skb);
    this.#attach(skb, found);
    if (result === 'kill') this.remove(found.entry);
    return 'known';
  }

  /** Enters the packet's entry in the table (nf_conntrack_confirm); false = it clashes, drop the packet. */
  confirmEntry(skb: Skb, nowNs: number): boolean {
    const ct = skb.ct;
    if (ct === undefined || ct.isConfirmed || skb.ctReply) return true;
    if ((ct.status & CtStatus.dying) !== 0) return false;
    const clashes =
      this.table.find(ct.orig, ct.zone, nowNs) !== undefined ||
      this.table.find(ct.reply, ct.zone, nowNs) !== undefined;
    if (clashes) return false;
    this.table.insert(ct, nowNs);
    return true;
  }

  remove(entry: CtEntry): void {
    this.table.remove(entry);
  }

  /** Whether an entry other than `self` holds this tuple (nf_conntrack_tuple_taken). */
  holderOf(fields: TupleFields, self: CtEntry, nowNs: number): CtTuple | undefined {
    const found = this.table.find(fields, self.zone, nowNs);
    return found === undefined || found.entry === self ? undefined : found;
  }

  #trackNew(skb: Skb, nowNs: number): CtOutcome {
    const packet = skb.packet;
    const isIcmp = packet.proto === IpProto.icmp || packet.proto === IpProto.icmpv6;
    if (isIcmp && !icmpMayBeNew(packet.proto, packet.icmpType)) return setInvalid(skb);
    if (this.table.entries.size >= this.conf.max && !this.table.earlyDrop(nowNs)) {
      this.fullDrops++;
      return 'full';
    }
    const ct = new CtEntry(this.#nextId++, skb.ctZone);
    copyTuple(ct.orig, this.#key);
    invertTuple(ct.reply, ct.orig);
    if (this.#advance(ct, packet, false, nowNs) !== 'accept') return setInvalid(skb);
    this.#attach(skb, ct.orig);
    return 'new';
  }

  #attach(skb: Skb, tuple: CtTuple): void {
    const ct = tuple.entry;
    skb.ct = ct;
    skb.ctReply = tuple.isReply;
    if (tuple.isReply) {
      skb.ctState = CtState.established;
      ct.status |= CtStatus.seenReply;
    } else if (ct.hasSeenReply) skb.ctState = CtState.established;
    else skb.ctState = (ct.status & CtStatus.expected) !== 0 ? CtState.related : CtState.new;
    if (!this.conf.hasAcct) return;
    const bytes = ipLenBytes(skb.packet);
    if (tuple.isReply) {
      ct.replyPackets++;
      ct.replyBytes += bytes;
    } else {
      ct.origPackets++;
      ct.origBytes += bytes;
    }
  }

  #advance(ct: CtEntry, packet: Packet, isReply: boolean, nowNs: number): TrackResult {
    const conf = this.conf;
    switch (packet.proto) {
      case IpProto.tcp:
        return trackTcp(ct, packet, isReply, nowNs, conf);
      case IpProto.udp:
        advanceUdp(ct, nowNs, conf);
        return 'accept';
      case IpProto.icmp:
      case IpProto.icmpv6:
        ct.expiresAtNs = nowNs + conf.icmpNs;
        return 'accept';
      default:
        ct.expiresAtNs = nowNs + conf.genericNs;
        return 'accept';
    }
  }

  /** An ICMP error belongs to the connection of the packet that it quotes (nf_conntrack_inet_error). */
  #trackIcmpError(skb: Skb, nowNs: number): boolean {
    const quoted = skb.packet.inner;
    if (quoted === undefined || !tupleOfPacket(quoted, this.#key)) return false;
    invertTuple(this.#inverse, this.#key);
    const found = this.table.find(this.#inverse, skb.ctZone, nowNs);
    if (found === undefined || found.dst !== skb.packet.dst) return false;
    skb.ct = found.entry;
    skb.ctReply = found.isReply;
    skb.ctState = CtState.related;
    return true;
  }
}

/** Ties an answer of this host's own (ICMP error, reset) to the packet that caused it (nf_ct_attach). */
export function attachRelated(answer: Skb, cause: Skb): void {
  if (cause.ct === undefined) return;
  answer.ct = cause.ct;
  answer.ctReply = !cause.ctReply;
  answer.ctState = CtState.related;
}

const ICMP_ERROR_TYPES: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

export function isIcmpError(packet: Packet): boolean {
  if (packet.proto === IpProto.icmp) return ICMP_ERROR_TYPES.has(packet.icmpType);
  return packet.proto === IpProto.icmpv6 && packet.icmpType < 128;
}

function advanceUdp(ct: CtEntry, nowNs: number, conf: CtConf): void {
  if (!ct.isConfirmed) ct.streamAtNs = nowNs + UDP_STREAM_AFTER_NS;
  if (!ct.hasSeenReply || nowNs <= ct.streamAtNs) {
    ct.expiresAtNs = nowNs + conf.udpNs;
    return;
  }
  ct.expiresAtNs = nowNs + conf.udpStreamNs;
  ct.status |= CtStatus.assured;
}

function setInvalid(skb: Skb): 'invalid' {
  skb.ctState = CtState.invalid;
  return 'invalid';
}
