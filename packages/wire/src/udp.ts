/**
 * UDP header (RFC 768). The checksum is written by frame.ts, which knows the whole datagram.
 */
import { getU16, putU16 } from './bytes.ts';
import { type Packet, l4LenBytes } from './packet.ts';

export const UDP_HEADER_BYTES = 8;
export const UDP_CHECKSUM_OFFSET = 6;

export function emitUdp(packet: Packet, into: Uint8Array, at: number): number {
  putU16(into, at, packet.srcPort);
  putU16(into, at + 2, packet.dstPort);
  putU16(into, at + 4, l4LenBytes(packet));
  putU16(into, at + UDP_CHECKSUM_OFFSET, 0);
  return at + UDP_HEADER_BYTES;
}

/** Fills the ports; returns the offset behind the header, undefined when it is cut short. */
export function parseUdp(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  if (end < at + UDP_HEADER_BYTES) return undefined;
  packet.srcPort = getU16(bytes, at);
  packet.dstPort = getU16(bytes, at + 2);
  return at + UDP_HEADER_BYTES;
}
