/**
 * VXLAN header (RFC 7348): the body of a UDP datagram that carries an Ethernet frame.
 */
import { getU32, putU32 } from './bytes.ts';
import type { Packet } from './packet.ts';

export const VXLAN_HEADER_BYTES = 8;

/** IANA's port and the one that Linux took before it (flannel's default). */
export const VXLAN_PORTS: readonly number[] = [4789, 8472];

/** "The VNI is valid"; all other bits are zero. */
const FLAGS = 0x08000000;

export function emitVxlan(packet: Packet, into: Uint8Array, at: number): number {
  putU32(into, at, FLAGS);
  putU32(into, at + 4, packet.vni * 256);
  return at + VXLAN_HEADER_BYTES;
}

/** Fills `vni`; returns the offset of the inner frame, undefined when this is no VXLAN header. */
export function parseVxlan(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  if (end < at + VXLAN_HEADER_BYTES || (getU32(bytes, at) & FLAGS) === 0) return undefined;
  packet.vni = getU32(bytes, at + 4) >>> 8;
  return at + VXLAN_HEADER_BYTES;
}
