/**
 * ARP for IPv4 over Ethernet (RFC 826). The protocol addresses are the packet's `src` and `dst`.
 */
import { getU16, getU32, getU48, putU16, putU32, putU48 } from './bytes.ts';
import { EtherType, type Packet } from './packet.ts';

export const ARP_BYTES = 28;
const HARDWARE_ETHERNET = 1;

export function emitArp(packet: Packet, into: Uint8Array, at: number): number {
  putU16(into, at, HARDWARE_ETHERNET);
  putU16(into, at + 2, EtherType.ipv4);
  into[at + 4] = 6;
  into[at + 5] = 4;
  putU16(into, at + 6, packet.arpOp);
  putU48(into, at + 8, packet.arpSha);
  putU32(into, at + 14, packet.src);
  putU48(into, at + 18, packet.arpTha);
  putU32(into, at + 24, packet.dst);
  return at + ARP_BYTES;
}

/** Fills the ARP fields; false when it is cut short or not Ethernet and IPv4. */
export function parseArp(packet: Packet, bytes: Uint8Array, at: number): boolean {
  if (bytes.length < at + ARP_BYTES) return false;
  if (getU16(bytes, at) !== HARDWARE_ETHERNET || getU16(bytes, at + 2) !== EtherType.ipv4) {
    return false;
  }
  if (bytes[at + 4] !== 6 || bytes[at + 5] !== 4) return false;
  packet.arpOp = getU16(bytes, at + 6);
  packet.arpSha = getU48(bytes, at + 8);
  packet.src = getU32(bytes, at + 14);
  packet.arpTha = getU48(bytes, at + 18);
  packet.dst = getU32(bytes, at + 24);
  return true;
}
