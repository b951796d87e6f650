/**
 * One direction of a connection (struct nf_conntrack_tuple), and how to find it in a hash table.
 *
 * The key is a 32-bit mix of numbers and the bucket is a chain of tuples, as in the kernel: a lookup
 * makes no string and no object. IPv6 addresses are numbers as well, so nothing here knows a family.
 * For ICMP the source port is the identifier and the destination port is type * 256 + code.
 */
import type { Ip } from '@podwire/base';
import { IpProto, type Packet } from '@podwire/wire';
import type { CtEntry } from './entry.ts';

/** The fields that identify one direction. */
export interface TupleFields {
  src: Ip;
  dst: Ip;
  proto: number;
  srcPort: number;
  dstPort: number;
}

/** A direction of an entry, as it hangs in the hash table. */
export class CtTuple implements TupleFields {
  src = 0;
  dst = 0;
  proto = 0;
  srcPort = 0;
  dstPort = 0;
  readonly entry: CtEntry;
  readonly isReply: boolean;
  /** Its hash while it hangs in the table. */
  hash = 0;
  /** The next tuple of the same bucket. */
  next: CtTuple | undefined = undefined;

  constructor(entry: CtEntry, isReply: boolean) {
    this.entry = entry;
    this.isReply = isReply;
  }
}

export function tupleHash(fields: TupleFields, zone: number): number {
  let hash = Math.imul(fields.src | 0, 0x9e3779b1) ^ Math.imul(fields.dst | 0, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae3d);
  hash ^= Math.imul((fields.srcPort << 16) | fields.dstPort, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 13), 0x165667b1);
  return hash ^ (hash >>> 16) ^ fields.proto ^ Math.imul(zone, 0x9e3779b1);
}

export function sameTuple(left: TupleFields, right: TupleFields): boolean {
  return (
    left.srcPort === right.srcPort &&
    left.dstPort === right.dstPort &&
    left.src === right.src &&
    left.dst === right.dst &&
    left.proto === right.proto
  );
}

export function copyTuple(into: TupleFields, from: TupleFields): void {
  into.src = from.src;
  into.dst = from.dst;
  into.proto = from.proto;
  into.srcPort = from.srcPort;
  into.dstPort = from.dstPort;
}

/** The ICMP type that answers each query type (icmp_pkt_to_tuple's invmap). */
const ICMP_INVERSE: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [0, 8],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
]);
const ICMPV6_INVERSE: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [129, 128],
]);

/** Query types that may open an entry (icmp valid_new). */
export function icmpMayBeNew(proto: number, type: number): boolean {
  if (proto === IpProto.icmpv6) return type === 128;
  return type === 8 || type === 13 || type === 15 || type === 17;
}

/**
 * Reads a packet's own tuple; false when it has none (an ICMP message that is no query or answer).
 * Protocols without ports get 0.
 */
export function tupleOfPacket(packet: Packet, into: TupleFields): boolean {
  into.src = packet.src;
  into.dst = packet.dst;
  into.proto = packet.proto;
  switch (packet.proto) {
    case IpProto.tcp:
    case IpProto.udp:
    case IpProto.sctp:
      into.srcPort = packet.srcPort;
      into.dstPort = packet.dstPort;
      return true;
    case IpProto.icmp:
    case IpProto.icmpv6:
      into.srcPort = packet.icmpId;
      into.dstPort = packet.icmpType * 256 + packet.icmpCode;
      return inverseOf(packet.proto, packet.icmpType) !== undefined;
    default:
      into.srcPort = 0;
      into.dstPort = 0;
      return true;
  }
}

/** Writes the tuple of the opposite direction; the two may not be the same object. */
export function invertTuple(into: TupleFields, from: TupleFields): void {
  into.src = from.dst;
  into.dst = from.src;
  into.proto = from.proto;
  if (from.proto === IpProto.icmp || from.proto === IpProto.icmpv6) {
    const type = from.dstPort >> 8;
    into.srcPort = from.srcPort;
    into.dstPort = (inverseOf(from.proto, type) ?? type) * 256 + (from.dstPort & 255);
    return;
  }
  into.srcPort = from.dstPort;
  into.dstPort = from.srcPort;
}

function inverseOf(proto: number, type: number): number | undefined {
  return proto === IpProto.icmp ? ICMP_INVERSE.get(type) : ICMPV6_INVERSE.get(type);
}
