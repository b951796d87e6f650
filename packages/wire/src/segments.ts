/**
 * Trains of TCP segments: what a stack handles as one packet and a line carries as many (TSO and GRO).
 *
 * A sender's TCP makes packets of up to 64 KB (`tcp_tso_segs`); netfilter, bridges and tunnels see them whole,
 * as on a real host; a NIC sends their segments back to back and the receiving NIC's stack gets them
 * together again (`napi_gro_receive`). Here a train stays one record on the line, too, with the line's time
 * of all its frames; where a line would treat the frames differently (loss, jitter, a full queue) it is taken apart.
 */
import {
  type Packet,
  TcpFlag,
  clonePacket,
  frameLenBytes,
  ipLenBytes,
  isFragment,
  isTunnelled,
} from './packet.ts';
import { slicePayload } from './payload.ts';

/** The packet whose payload is cut: the one in the tunnel, if there is a tunnel. */
function cutPart(packet: Packet): Packet {
  const { inner } = packet;
  return isTunnelled(packet) && inner !== undefined && !isFragment(packet) ? inner : packet;
}

/** Of how many segments a packet is; 1 for all but trains (`gso_segs`). */
export function segmentCount(packet: Packet): number {
  const { gsoSizeBytes, payload } = cutPart(packet);
  return gsoSizeBytes === 0 ? 1 : Math.ceil(payload.lenBytes / gsoSizeBytes);
}

/** By how many bytes the longest segment is shorter than the whole. */
function surplusBytes(packet: Packet): number {
  const { gsoSizeBytes, payload } = cutPart(packet);
  return gsoSizeBytes === 0 ? 0 : payload.lenBytes - gsoSizeBytes;
}

/** What must fit an MTU: the length of the longest segment as an IP packet (`skb_gso_network_seglen`). */
export function segmentIpLenBytes(packet: Packet): number {
  return ipLenBytes(packet) - surplusBytes(packet);
}

/** The same with its Ethernet header. */
export function segmentFrameLenBytes(packet: Packet): number {
  return frameLenBytes(packet) - surplusBytes(packet);
}

/** Length of all its frames together, each with its headers. */
export function trainLenBytes(packet: Packet): number {
  const { gsoSizeBytes, payload } = cutPart(packet);
  const wholeLenBytes = frameLenBytes(packet);
  if (gsoSizeBytes === 0) return wholeLenBytes;
  const headersLenBytes = wholeLenBytes - payload.lenBytes;
  return wholeLenBytes + (Math.ceil(payload.lenBytes / gsoSizeBytes) - 1) * headersLenBytes;
}

/** The segments of a packet in order, as `tcp_gso_segment` makes them; the packet itself when it is one. */
export function segmentsOf(packet: Packet): Packet[] {
  const count = segmentCount(packet);
  if (count === 1) return [packet];
  const segments: Packet[] = [];
  for (let index = 0; index < count; index++) segments.push(stretchOf(packet, index, index + 1));
  return segments;
}

/** A train as two, one behind the other. */
export function halvesOf(packet: Packet): [Packet, Packet] {
  const count = segmentCount(packet);
  const middle = count >>> 1;
  return [stretchOf(packet, 0, middle), stretchOf(packet, middle, count)];
}

/** The segments from `first` up to, not including, `end` as a packet of their own. */
function stretchOf(packet: Packet, first: number, end: number): Packet {
  const stretch = clonePacket(packet);
  const part = cutPart(stretch);
  const { gsoSizeBytes, payload } = part;
  const startBytes = first * gsoSizeBytes;
  const endBytes = Math.min(end * gsoSizeBytes, payload.lenBytes);
  if (!packet.dontFragment) stretch.ipId = (packet.ipId + first) & 0xffff;
  part.seq = (part.seq + startBytes) % 0x100000000;
  part.payload = slicePayload(payload, startBytes, endBytes);
  if (endBytes < payload.lenBytes) part.tcpFlags &= ~(TcpFlag.fin | TcpFlag.psh);
  if (end - first === 1) part.gsoSizeBytes = 0;
  const steps = Math.ceil(payload.lenBytes / gsoSizeBytes) - 1;
  stretch.gsoSpanNs = Math.floor((packet.gsoSpanNs * (end - 1 - first)) / steps);
  return stretch;
}
