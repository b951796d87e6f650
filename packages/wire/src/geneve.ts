/**
 * Geneve header (RFC 8926) with OVN's one option: the body of a UDP datagram that carries an Ethernet frame.
 *
 * Option class 0x0102, type 0x80 (critical), 4 bytes: one reserved bit, 15 bits of logical in-port key,
 * 16 bits of logical out-port key. Source: ovn-architecture(7), "Tunnel Encapsulations".
 */
import { getU16, getU32, putU16, putU32 } from './bytes.ts';
import type { Packet } from './packet.ts';

/** IANA's port. */
export const GENEVE_PORT = 6081;

const HEADER_BYTES = 8;
const OPTION_BYTES = 8;
/** Version 0, two words of options; bit C: there are critical options. */
const VERSION_AND_LENGTH = OPTION_BYTES / 4;
const FLAG_CRITICAL = 0x40;
/** Transparent Ethernet bridging. */
const PROTOCOL_ETHERNET = 0x6558;
const OVN_CLASS = 0x0102;
const OVN_TYPE = 0x80;

export function emitGeneve(packet: Packet, into: Uint8Array, at: number): number {
  into[at] = VERSION_AND_LENGTH;
  into[at + 1] = FLAG_CRITICAL;
  putU16(into, at + 2, PROTOCOL_ETHERNET);
  putU32(into, at + 4, packet.vni * 256);
  putU16(into, at + 8, OVN_CLASS);
  into[at + 10] = OVN_TYPE;
  into[at + 11] = 1;
  putU32(into, at + 12, packet.geneveOption);
  return at + HEADER_BYTES + OPTION_BYTES;
}

/** Fills `vni` and `geneveOption`; returns the offset of the inner frame, undefined when this is not OVN's Geneve. */
export function parseGeneve(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  const first = bytes[at] ?? 0;
  const frameAt = at + HEADER_BYTES + (first & 0x3f) * 4;
  if (end < frameAt || end < at + HEADER_BYTES || first >>> 6 !== 0) return undefined;
  if (getU16(bytes, at + 2) !== PROTOCOL_ETHERNET) return undefined;
  if (frameAt !== at + HEADER_BYTES + OPTION_BYTES) return undefined;
  if (getU16(bytes, at + 8) !== OVN_CLASS || bytes[at + 10] !== OVN_TYPE) return undefined;
  packet.vni = getU32(bytes, at + 4) >>> 8;
  packet.geneveOption = getU32(bytes, at + 12);
  return frameAt;
}
