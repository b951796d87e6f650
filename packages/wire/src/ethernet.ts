/**
 * Ethernet II header, with an 802.1Q tag where the packet has a VLAN.
 */
import { getU16, getU48, putU16, putU48 } from './bytes.ts';
import { EtherType, type Packet } from './packet.ts';

export const ETHERNET_HEADER_BYTES = 14;
export const VLAN_TAG_BYTES = 4;

/** Writes the header; returns the offset behind it. */
export function emitEthernet(packet: Packet, into: Uint8Array, at: number): number {
  putU48(into, at, packet.ethDst);
  putU48(into, at + 6, packet.ethSrc);
  let offset = at + 12;
  if (packet.vlan !== 0) {
    putU16(into, offset, EtherType.vlan);
    putU16(into, offset + 2, packet.vlan);
    offset += VLAN_TAG_BYTES;
  }
  putU16(into, offset, packet.etherType);
  return offset + 2;
}

/** Fills the Ethernet fields; returns the offset behind the header, undefined when it is cut short. */
export function parseEthernet(packet: Packet, bytes: Uint8Array, at: number): number | undefined {
  if (bytes.length < at + ETHERNET_HEADER_BYTES) return undefined;
  packet.ethDst = getU48(bytes, at);
  packet.ethSrc = getU48(bytes, at + 6);
  let offset = at + 12;
  if (getU16(bytes, offset) === EtherType.vlan) {
    if (bytes.length < at + ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES) return undefined;
    packet.vlan = getU16(bytes, offset + 2) & 0xfff;
    offset += VLAN_TAG_BYTES;
  }
  packet.etherType = getU16(bytes, offset);
  return offset + 2;
}
