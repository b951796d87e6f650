/**
 * ICMP and ICMPv6 headers (RFC 792, RFC 1191, RFC 4443). An error's body, the quoted packet, is frame.ts's.
 */
import { getU16, putU16 } from './bytes.ts';
import { IpProto, type Packet } from './packet.ts';

export const ICMP_HEADER_BYTES = 8;
export const ICMP_CHECKSUM_OFFSET = 2;

export const IcmpType = {
  echoReply: 0,
  destUnreachable: 3,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** Codes of "destination unreachable". */
export const IcmpUnreachable = {
  net: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragNeeded: 4,
  netProhibited: 9,
  hostProhibited: 10,
  adminProhibited: 13,
} as const;

export const Icmpv6Type = {
  destUnreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
} as const;

/** Whether the message quotes a packet that it complains about. */
export function isIcmpError(packet: Packet): boolean {
  if (packet.proto === IpProto.icmpv6) return packet.icmpType < 128;
  if (packet.proto !== IpProto.icmp) return false;
  switch (packet.icmpType) {
    case IcmpType.destUnreachable:
    case IcmpType.redirect:
    case IcmpType.timeExceeded:
    case IcmpType.parameterProblem:
      return true;
    default:
      return false;
  }
}

/** Writes the header without its checksum; returns the offset behind it. */
export function emitIcmp(packet: Packet, into: Uint8Array, at: number): number {
  into[at] = packet.icmpType;
  into[at + 1] = packet.icmpCode;
  putU16(into, at + ICMP_CHECKSUM_OFFSET, 0);
  const hasMtu = carriesMtu(packet);
  putU16(into, at + 4, hasMtu ? packet.icmpMtuBytes >>> 16 : packet.icmpId);
  putU16(into, at + 6, hasMtu ? packet.icmpMtuBytes : packet.icmpSeq);
  return at + ICMP_HEADER_BYTES;
}

export function parseIcmp(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  if (end < at + ICMP_HEADER_BYTES) return undefined;
  packet.icmpType = bytes[at] as number;
  packet.icmpCode = bytes[at + 1] as number;
  if (carriesMtu(packet)) {
    packet.icmpMtuBytes = getU16(bytes, at + 4) * 0x10000 + getU16(bytes, at + 6);
  } else {
    packet.icmpId = getU16(bytes, at + 4);
    packet.icmpSeq = getU16(bytes, at + 6);
  }
  return at + ICMP_HEADER_BYTES;
}

function carriesMtu(packet: Packet): boolean {
  if (packet.proto === IpProto.icmpv6) return packet.icmpType === Icmpv6Type.packetTooBig;
  return (
    packet.icmpType === IcmpType.destUnreachable && packet.icmpCode === IcmpUnreachable.fragNeeded
  );
}
