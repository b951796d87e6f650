/**
 * TCP header and options (RFC 9293, RFC 7323, RFC 2018), in the order and padding of Linux's
 * tcp_options_write: MSS, timestamps (with "SACK permitted" in place of the padding), window scale, SACK.
 */
import { getU16, getU32, putU16, putU32 } from './bytes.ts';
import { type Packet, tcpOptionsLenBytes } from './packet.ts';

export const TCP_HEADER_BYTES = 20;
export const TCP_CHECKSUM_OFFSET = 16;

const Option = { end: 0, nop: 1, mss: 2, wscale: 3, sackOk: 4, sack: 5, timestamps: 8 } as const;

export function emitTcp(packet: Packet, into: Uint8Array, at: number): number {
  const headerBytes = TCP_HEADER_BYTES + tcpOptionsLenBytes(packet);
  putU16(into, at, packet.srcPort);
  putU16(into, at + 2, packet.dstPort);
  putU32(into, at + 4, packet.seq);
  putU32(into, at + 8, packet.ack);
  into[at + 12] = (headerBytes >>> 2) << 4;
  into[at + 13] = packet.tcpFlags;
  putU16(into, at + 14, packet.window);
  putU16(into, at + TCP_CHECKSUM_OFFSET, 0);
  putU16(into, at + 18, 0);
  emitOptions(packet, into, at + TCP_HEADER_BYTES);
  return at + headerBytes;
}

function emitOptions(packet: Packet, into: Uint8Array, at: number): void {
  let offset = at;
  if (packet.optMss > 0) {
    into[offset] = Option.mss;
    into[offset + 1] = 4;
    putU16(into, offset + 2, packet.optMss);
    offset += 4;
  }
  if (packet.optTsVal >= 0 || packet.optSackOk) {
    into[offset] = packet.optSackOk && packet.optTsVal >= 0 ? Option.sackOk : Option.nop;
    into[offset + 1] = packet.optSackOk && packet.optTsVal >= 0 ? 2 : Option.nop;
    into[offset + 2] = packet.optTsVal >= 0 ? Option.timestamps : Option.sackOk;
    into[offset + 3] = packet.optTsVal >= 0 ? 10 : 2;
    offset += 4;
    if (packet.optTsVal >= 0) {
      putU32(into, offset, packet.optTsVal);
      putU32(into, offset + 4, Math.max(packet.optTsEcr, 0));
      offset += 8;
    }
  }
  if (packet.optWscale >= 0) {
    into[offset] = Option.nop;
    into[offset + 1] = Option.wscale;
    into[offset + 2] = 3;
    into[offset + 3] = packet.optWscale;
    offset += 4;
  }
  if (packet.optSack !== undefined) {
    into[offset] = Option.nop;
    into[offset + 1] = Option.nop;
    into[offset + 2] = Option.sack;
    into[offset + 3] = 2 + 4 * packet.optSack.length;
    offset += 4;
    for (const edge of packet.optSack) {
      putU32(into, offset, edge);
      offset += 4;
    }
  }
}

/**
 * Fills the TCP fields; returns the offset behind the options, undefined when it is malformed. A
 * header that ends early, as in an ICMP quote, gives the fields that are there.
 */
export function parseTcp(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  if (end < at + 8) return undefined;
  packet.srcPort = getU16(bytes, at);
  packet.dstPort = getU16(bytes, at + 2);
  packet.seq = getU32(bytes, at + 4);
  if (end < at + TCP_HEADER_BYTES) return end;
  packet.ack = getU32(bytes, at + 8);
  packet.tcpFlags = bytes[at + 13] as number;
  packet.window = getU16(bytes, at + 14);
  const headerBytes = ((bytes[at + 12] as number) >>> 4) * 4;
  if (headerBytes < TCP_HEADER_BYTES) return undefined;
  const optionsEnd = Math.min(at + headerBytes, end);
  parseOptions(packet, bytes, at + TCP_HEADER_BYTES, optionsEnd);
  return optionsEnd;
}

function parseOptions(packet: Packet, bytes: Uint8Array, at: number, end: number): void {
  let offset = at;
  while (offset < end) {
    const kind = bytes[offset] as number;
    if (kind === Option.end) return;
    if (kind === Option.nop) {
      offset += 1;
      continue;
    }
    const len = bytes[offset + 1] ?? 0;
    if (len < 2 || offset + len > end) return;
    switch (kind) {
      case Option.mss:
        if (len === 4) packet.optMss = getU16(bytes, offset + 2);
        break;
      case Option.wscale:
        if (len === 3) packet.optWscale = bytes[offset + 2] as number;
        break;
      case Option.sackOk:
        packet.optSackOk = true;
        break;
      case Option.sack: {
        const edges: number[] = [];
        for (let edge = offset + 2; edge + 4 <= offset + len; edge += 4) {
          edges.push(getU32(bytes, edge));
        }
        packet.optSack = edges;
        break;
      }
      case Option.timestamps:
        if (len === 10) {
          packet.optTsVal = getU32(bytes, offset + 2);
          packet.optTsEcr = getU32(bytes, offset + 6);
        }
        break;
      default:
        break;
    }
    offset += len;
  }
}
