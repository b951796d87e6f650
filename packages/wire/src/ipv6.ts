/**
 * IPv6 header (RFC 8200), without extension headers and with flow label 0.
 *
 * Not modelled: the fragment header; nothing in podwire fragments IPv6 yet.
 */
import { ipFromBytes, ipToBytes } from '@podwire/base';
import { getU16, putU16 } from './bytes.ts';
import type { IpBody } from './ipv4.ts';
import { type Packet, l4LenBytes } from './packet.ts';

export const IPV6_HEADER_BYTES = 40;

export function emitIpv6(packet: Packet, into: Uint8Array, at: number): number {
  into[at] = 0x60 | (packet.tos >>> 4);
  into[at + 1] = (packet.tos & 15) << 4;
  putU16(into, at + 2, 0);
  putU16(into, at + 4, l4LenBytes(packet));
  into[at + 6] = packet.proto;
  into[at + 7] = packet.ttlHops;
  into.set(ipToBytes(packet.src), at + 8);
  into.set(ipToBytes(packet.dst), at + 24);
  return at + IPV6_HEADER_BYTES;
}

export function parseIpv6Header(packet: Packet, bytes: Uint8Array, at: number): IpBody | undefined {
  if (bytes.length < at + IPV6_HEADER_BYTES || (bytes[at] as number) >>> 4 !== 6) return undefined;
  packet.tos = (((bytes[at] as number) & 15) << 4) | ((bytes[at + 1] as number) >>> 4);
  packet.proto = bytes[at + 6] as number;
  packet.ttlHops = bytes[at + 7] as number;
  packet.src = ipFromBytes(bytes.subarray(at + 8, at + 24));
  packet.dst = ipFromBytes(bytes.subarray(at + 24, at + 40));
  return { offset: at + IPV6_HEADER_BYTES, lenBytes: getU16(bytes, at + 4) };
}
