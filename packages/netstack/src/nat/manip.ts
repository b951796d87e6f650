/**
 * Rewrites one side of a packet so that it looks like a given tuple (nf_nat_manip_pkt).
 */
import { IpProto, type Packet } from '@podwire/wire';
import type { TupleFields } from '../conntrack/tuple.ts';
import type { NatManip } from './range.ts';

/** ICMP types that carry an identifier: echo, timestamp, information, address mask. */
const HAS_ID: ReadonlySet<number> = new Set([0, 8, 13, 14, 15, 16, 17, 18, 128, 129]);

export function manipPacket(packet: Packet, target: TupleFields, manip: NatManip): void {
  if (packet.fragOffsetBytes === 0) manipPort(packet, target, manip);
  if (manip === 'src') packet.src = target.src;
  else packet.dst = target.dst;
}

function manipPort(packet: Packet, target: TupleFields, manip: NatManip): void {
  switch (packet.proto) {
    case IpProto.tcp:
    case IpProto.udp:
    case IpProto.sctp:
      if (manip === 'src') packet.srcPort = target.srcPort;
      else packet.dstPort = target.dstPort;
      return;
    case IpProto.icmp:
    case IpProto.icmpv6:
      if (HAS_ID.has(packet.icmpType)) packet.icmpId = target.srcPort;
      return;
    default:
  }
}
