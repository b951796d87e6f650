/**
 * NAT bindings of one namespace: decided once per connection, applied to each of its packets.
 *
 * netfilter/tables.ts calls `natPacket` at the dstnat and srcnat priorities. The nat chains are walked
 * for the first packet alone; what they decide, also "nothing", holds for the life of the entry. Its two
 * tuples are the whole memory: packets are rewritten to the inverse of the opposite direction's tuple.
 * As Linux nf_nat_core.c and nf_nat_proto.c.
 */
import { IpProto, type Packet, clonePacket } from '@podwire/wire';
import type { Rng } from '@podwire/base';
import { type CtEntry, CtStatus } from '../conntrack/entry.ts';
import type { Conntrack } from '../conntrack/track.ts';
import {
  type TupleFields,
  copyTuple,
  invertTuple,
  sameTuple,
  tupleHash,
} from '../conntrack/tuple.ts';
import { Cost } from '../cost.ts';
import { CtState, type Skb } from '../skb.ts';
import { manipPacket } from './manip.ts';
import type { NatManip, NatRange } from './range.ts';
import { uniqueTuple } from './unique-tuple.ts';

const ICMP_REDIRECT = 5;

export type NatVerdict = 'accept' | 'drop';

export class Nat {
  readonly #conntrack: Conntrack;
  readonly #rng: Rng;
  /** Entries with a source binding, by their original source (nf_nat_bysource). */
  readonly #bySource: Map<number, Set<CtEntry>> = new Map();
  readonly #target: TupleFields = { src: 0, dst: 0, proto: 0, srcPort: 0, dstPort: 0 };
  readonly #other: TupleFields = { src: 0, dst: 0, proto: 0, srcPort: 0, dstPort: 0 };

  constructor(conntrack: Conntrack, rng: Rng) {
    this.#conntrack = conntrack;
    this.#rng = rng;
    conntrack.table.onRemove = (entry) => {
      this.#forgetSource(entry);
    };
  }

  /** Whether the nat chain of the hook must be walked first, whose targets call `setup`. */
  isUndecided(skb: Skb, manip: NatManip): boolean {
    const { ct, ctState } = skb;
    if (ct === undefined || isBound(ct, manip)) return false;
    if (ctState === CtState.new) return true;
    return ctState === CtState.related && !isIcmp(skb.packet);
  }

  /** Rewrites a packet as its connection is bound; when the chain did not bind it, to what it is. */
  natPacket(skb: Skb, manip: NatManip, nowNs: number): NatVerdict {
    const ct = skb.ct;
    if (ct === undefined) return 'accept';
    if (skb.ctState === CtState.related && isIcmp(skb.packet)) {
      return this.#translateError(skb, ct, manip) ? 'accept' : 'drop';
    }
    if (this.isUndecided(skb, manip)) this.setup(ct, nullRange(ct, manip), manip, nowNs);
    if (manip === 'src' && leavesElsewhere(skb, ct)) {
      this.#conntrack.remove(ct);
      return 'drop';
    }
    this.#apply(skb, ct, manip);
    return 'accept';
  }

  /** Stores a binding (nf_nat_setup_info); false when the connection has one of this kind already. */
  setup(ct: CtEntry, range: NatRange, manip: NatManip, nowNs: number): boolean {
    if (ct.isConfirmed) return true;
    if (isBound(ct, manip)) return false;
    const current = this.#other;
    invertTuple(current, ct.reply);
    const chosen = this.#target;
    copyTuple(chosen, current);
    uniqueTuple(
      {
        conntrack: this.#conntrack,
        entry: ct,
        range,
        manip,
        rng: this.#rng,
        nowNs,
        bySource: (tuple) => this.#withSource(tuple, ct.zone),
      },
      chosen,
    );
    if (!sameTuple(chosen, current)) {
      invertTuple(ct.reply, chosen);
      ct.status |= manip === 'src' ? CtStatus.srcNat : CtStatus.dstNat;
    }
    if (manip === 'src') this.#rememberSource(ct);
    ct.status |= manip === 'src' ? CtStatus.srcNatDone : CtStatus.dstNatDone;
    return true;
  }

  /** The device lost an address or went down: its masqueraded connections end (masq_device_event). */
  dropMasqueraded(ifindex: number): void {
    for (const entry of this.#conntrack.table.entries) {
      if (entry.masqIfindex === ifindex) this.#conntrack.remove(entry);
    }
  }

  #apply(skb: Skb, ct: CtEntry, manip: NatManip): void {
    if (!isManipulated(ct, manip, skb.ctReply)) return;
    invertTuple(this.#target, skb.ctReply ? ct.orig : ct.reply);
    manipPacket(skb.packet, this.#target, manip);
    skb.costNs += Cost.natApply;
  }

  /** An ICMP error: the quoted packet is turned back first, then the error itself. */
  #translateError(skb: Skb, ct: CtEntry, manip: NatManip): boolean {
    const packet = skb.packet;
    if (packet.proto === IpProto.icmp && packet.icmpType === ICMP_REDIRECT) {
      if ((ct.status & CtStatus.natDoneMask) !== CtStatus.natDoneMask) return false;
      if ((ct.status & CtStatus.natMask) !== 0) return false;
    }
    if (!isManipulated(ct, manip, skb.ctReply)) return true;
    const opposite = skb.ctReply ? ct.orig : ct.reply;
    if (packet.inner !== undefined) {
      // The quote may be shared with the packet it was taken from.
      packet.inner = clonePacket(packet.inner);
      manipPacket(packet.inner, opposite, manip === 'src' ? 'dst' : 'src');
    }
    invertTuple(this.#target, opposite);
    if (manip === 'src') packet.src = this.#target.src;
    else packet.dst = this.#target.dst;
    skb.costNs += Cost.natApply;
    return true;
  }

  #rememberSource(ct: CtEntry): void {
    const key = sourceKey(ct.orig, ct.zone);
    const set = this.#bySource.get(key);
    if (set === undefined) this.#bySource.set(key, new Set([ct]));
    else {
      for (const entry of set) if ((entry.status & CtStatus.dying) !== 0) set.delete(entry);
      set.add(ct);
    }
  }

  #forgetSource(ct: CtEntry): void {
    const key = sourceKey(ct.orig, ct.zone);
    const set = this.#bySource.get(key);
    if (set?.delete(ct) === true && set.size === 0) this.#bySource.delete(key);
  }

  *#withSource(tuple: TupleFields, zone: number): Iterable<CtEntry> {
    for (const entry of this.#bySource.get(sourceKey(tuple, zone)) ?? []) {
      const orig = entry.orig;
      const isSame =
        orig.src === tuple.src && orig.srcPort === tuple.srcPort && orig.proto === tuple.proto;
      if (isSame && entry.zone === zone && entry.isConfirmed) yield entry;
    }
  }
}

function isIcmp(packet: Packet): boolean {
  return packet.proto === IpProto.icmp || packet.proto === IpProto.icmpv6;
}

function isBound(ct: CtEntry, manip: NatManip): boolean {
  return (ct.status & (manip === 'src' ? CtStatus.srcNatDone : CtStatus.dstNatDone)) !== 0;
}

/** Whether packets of this direction are rewritten on this side: replies on the opposite one. */
function isManipulated(ct: CtEntry, manip: NatManip, isReply: boolean): boolean {
  const isSrcBit = (manip === 'src') !== isReply;
  return (ct.status & (isSrcBit ? CtStatus.srcNat : CtStatus.dstNat)) !== 0;
}

/** "No NAT" is a binding too: it keeps the address, and changes the port only where tuples clash. */
function nullRange(ct: CtEntry, manip: NatManip): NatRange {
  const address = manip === 'src' ? ct.reply.dst : ct.reply.src;
  return { addresses: { from: address, to: address } };
}

/** A masqueraded connection whose route now leads out elsewhere is ended (nf_nat_oif_changed). */
function leavesElsewhere(skb: Skb, ct: CtEntry): boolean {
  const out = skb.outDev;
  return (
    ct.masqIfindex !== 0 && !skb.ctReply && out !== undefined && out.ifindex !== ct.masqIfindex
  );
}

function sourceKey(tuple: TupleFields, zone: number): number {
  return tupleHash(
    { src: tuple.src, dst: 0, proto: tuple.proto, srcPort: tuple.srcPort, dstPort: 0 },
    zone,
  );
}
