/**
 * IPv4 header (RFC 791), without options.
 */
import { getU16, getU32, putU16, putU32 } from './bytes.ts';
import { addToSum, foldSum } from './checksum.ts';
import { type Packet, ipLenBytes } from './packet.ts';

export const IPV4_HEADER_BYTES = 20;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;

/** Writes the header with its checksum; returns the offset behind it. */
export function emitIpv4(packet: Packet, into: Uint8Array, at: number): number {
  into[at] = 0x45;
  into[at + 1] = packet.tos;
  putU16(into, at + 2, ipLenBytes(packet));
  putU16(into, at + 4, packet.ipId);
  const flags =
    (packet.dontFragment ? DONT_FRAGMENT : 0) | (packet.moreFragments ? MORE_FRAGMENTS : 0);
  putU16(into, at + 6, flags | (packet.fragOffsetBytes >>> 3));
  into[at + 8] = packet.ttlHops;
  into[at + 9] = packet.proto;
  putU16(into, at + 10, 0);
  putU32(into, at + 12, packet.src);
  putU32(into, at + 16, packet.dst);
  putU16(into, at + 10, foldSum(addToSum(0, into, at, at + IPV4_HEADER_BYTES)));
  return at + IPV4_HEADER_BYTES;
}

export interface IpBody {
  /** Where the transport part starts and how long the header says it is. */
  readonly offset: number;
  readonly lenBytes: number;
}

/** Fills the IPv4 fields; undefined when the header is cut short, malformed or its checksum is wrong. */
export function parseIpv4Header(packet: Packet, bytes: Uint8Array, at: number): IpBody | undefined {
  if (bytes.length < at + IPV4_HEADER_BYTES) return undefined;
  const versionAndLen = bytes[at] as number;
  const headerBytes = (versionAndLen & 15) * 4;
  const totalBytes = getU16(bytes, at + 2);
  if (versionAndLen >>> 4 !== 4 || headerBytes < IPV4_HEADER_BYTES) return undefined;
  if (totalBytes < headerBytes || bytes.length < at + headerBytes) return undefined;
  if (foldSum(addToSum(0, bytes, at, at + headerBytes)) !== 0) return undefined;
  packet.tos = bytes[at + 1] as number;
  packet.ipId = getU16(bytes, at + 4);
  const flags = getU16(bytes, at + 6);
  packet.dontFragment = (flags & DONT_FRAGMENT) !== 0;
  packet.moreFragments = (flags & MORE_FRAGMENTS) !== 0;
  packet.fragOffsetBytes = (flags & 0x1fff) << 3;
  packet.ttlHops = bytes[at + 8] as number;
  packet.proto = bytes[at + 9] as number;
  packet.src = getU32(bytes, at + 12);
  packet.dst = getU32(bytes, at + 16);
  return { offset: at + headerBytes, lenBytes: totalBytes - headerBytes };
}
