/**
 * Whole frames and IP packets as bytes, put together from the protocols' headers, and back.
 *
 * Used where real bytes are needed: captures, fragments, quotes. Inside the emulator packets travel as
 * records.
 */
import { isIpv4 } from '@podwire/base';
import { ARP_BYTES, emitArp, parseArp } from './arp.ts';
import { getU16, putU16 } from './bytes.ts';
import { addToSum, foldSum, pseudoHeaderSum } from './checksum.ts';
import { emitEthernet, parseEthernet } from './ethernet.ts';
import { ICMP_CHECKSUM_OFFSET, emitIcmp, isIcmpError, parseIcmp } from './icmp.ts';
import { emitIpv4, parseIpv4Header } from './ipv4.ts';
import { emitIpv6, parseIpv6Header } from './ipv6.ts';
import {
  Encap,
  EtherType,
  ICMP_QUOTE_MAX_BYTES,
  IpProto,
  Packet,
  clonePacket,
  frameLenBytes,
  ipLenBytes,
  isFragment,
  l4LenBytes,
  tcpOptionsLenBytes,
} from './packet.ts';
import {
  EMPTY_PAYLOAD,
  type Payload,
  concatPayloads,
  payloadBytes,
  payloadFromBytes,
  slicePayload,
  writePayload,
} from './payload.ts';
import { TCP_CHECKSUM_OFFSET, TCP_HEADER_BYTES, emitTcp, parseTcp } from './tcp.ts';
import { UDP_CHECKSUM_OFFSET, UDP_HEADER_BYTES, emitUdp, parseUdp } from './udp.ts';
import { GENEVE_PORT, emitGeneve, parseGeneve } from './geneve.ts';
import { VXLAN_PORTS, emitVxlan, parseVxlan } from './vxlan.ts';

/** The Ethernet frame, without check sequence and padding. */
export function encodeFrame(packet: Packet): Uint8Array {
  const bytes = new Uint8Array(frameLenBytes(packet));
  writeFrame(packet, bytes, 0);
  return bytes;
}

/** The IP packet without an Ethernet header. */
export function encodeIpPacket(packet: Packet): Uint8Array {
  const bytes = new Uint8Array(ipLenBytes(packet));
  writeIp(packet, bytes, 0);
  return bytes;
}

/** Reads a frame; undefined when it is malformed, a checksum is wrong or it is neither IP nor ARP. */
export function decodeFrame(bytes: Uint8Array): Packet | undefined {
  return readFrame(bytes, 0);
}

/** Reads an IP packet without an Ethernet header. */
export function decodeIpPacket(bytes: Uint8Array): Packet | undefined {
  const packet = new Packet();
  packet.etherType = (bytes[0] ?? 0) >>> 4 === 6 ? EtherType.ipv6 : EtherType.ipv4;
  return readIp(packet, bytes, 0, 'whole') ? packet : undefined;
}

/** Transport header (checksum included) and body as payload; bulk chunks of the body are shared. */
export function l4Bytes(packet: Packet): Payload {
  if (isFragment(packet)) return packet.payload;
  if (packet.encap !== Encap.none && packet.inner !== undefined) {
    const bytes = new Uint8Array(l4LenBytes(packet));
    writeL4(packet, bytes, 0);
    return payloadFromBytes(bytes);
  }
  const headerBytes = l4LenBytes(packet) - packet.payload.lenBytes;
  if (headerBytes === 0) return packet.payload;
  const header = new Uint8Array(headerBytes);
  emitL4Header(packet, header, 0);
  const sumOffset = checksumOffset(packet.proto);
  if (sumOffset !== undefined) {
    let sum = addToSum(l4SumStart(packet), header, 0, headerBytes);
    // The body starts at an even offset; chunks of odd length make the rest start at an odd one.
    sum = addToSum(sum, payloadBytes(packet.payload), 0, packet.payload.lenBytes);
    putU16(header, sumOffset, finishSum(packet.proto, sum));
  }
  return concatPayloads([payloadFromBytes(header), packet.payload]);
}

/**
 * Fills the transport fields, `encap`, `inner` and `payload` from a whole transport part: what a
 * reassembled datagram needs. False when it is malformed or its checksum is wrong.
 */
export function parseL4(packet: Packet, payload: Payload): boolean {
  packet.encap = Encap.none;
  packet.inner = undefined;
  const isBulk =
    packet.proto === IpProto.tcp ||
    (packet.proto === IpProto.udp && !isTunnelPort(destinationPort(payload)));
  if (!isBulk) return readL4(packet, payloadBytes(payload), 0, payload.lenBytes, 'whole');
  const leastBytes = packet.proto === IpProto.tcp ? TCP_HEADER_BYTES : UDP_HEADER_BYTES;
  if (payload.lenBytes < leastBytes) return false;
  const head = payloadBytes(slicePayload(payload, 0, HEADER_BYTES_MAX));
  const bodyAt = parseL4Header(packet, head, 0, head.length);
  if (bodyAt === undefined) return false;
  packet.payload = slicePayload(payload, bodyAt);
  return sumIsRight(packet, payloadBytes(payload), 0, payload.lenBytes);
}

/** Whether datagrams to this port are parsed as a tunnel's. */
function isTunnelPort(port: number): boolean {
  return port === GENEVE_PORT || VXLAN_PORTS.includes(port);
}

/** A TCP header with all options that fit (data offset 15). */
const HEADER_BYTES_MAX = 60;

function destinationPort(payload: Payload): number {
  const head = payloadBytes(slicePayload(payload, 0, 4));
  return head.length < 4 ? 0 : getU16(head, 2);
}

/**
 * The fragment that carries `whole` (from `l4Bytes`) from `start` up to `end`. The first keeps the
 * transport fields, for filters.
 */
export function fragmentOf(packet: Packet, whole: Payload, start: number, end: number): Packet {
  const fragment = clonePacket(packet);
  const base = packet.fragOffsetBytes;
  fragment.encap = Encap.none;
  fragment.inner = undefined;
  fragment.payload = slicePayload(whole, start, end);
  fragment.fragOffsetBytes = base + start;
  fragment.moreFragments = packet.moreFragments || end < whole.lenBytes;
  if (base + start > 0) {
    fragment.srcPort = 0;
    fragment.dstPort = 0;
    fragment.tcpFlags = 0;
    fragment.icmpType = 0;
    fragment.icmpCode = 0;
    fragment.icmpId = 0;
    fragment.icmpSeq = 0;
  }
  return fragment;
}

function writeFrame(packet: Packet, into: Uint8Array, at: number): number {
  const offset = emitEthernet(packet, into, at);
  return packet.etherType === EtherType.arp
    ? emitArp(packet, into, offset)
    : writeIp(packet, into, offset);
}

function writeIp(packet: Packet, into: Uint8Array, at: number): number {
  const offset = isIpv4(packet.dst) ? emitIpv4(packet, into, at) : emitIpv6(packet, into, at);
  return writeL4(packet, into, offset);
}

function writeL4(packet: Packet, into: Uint8Array, at: number): number {
  if (isFragment(packet)) return writePayload(packet.payload, into, at);
  const bodyAt = emitL4Header(packet, into, at);
  const end = writeBody(packet, into, bodyAt);
  const sumOffset = checksumOffset(packet.proto);
  if (sumOffset !== undefined && !isSumOmitted(packet)) {
    const sum = addToSum(l4SumStart(packet), into, at, end);
    putU16(into, at + sumOffset, finishSum(packet.proto, sum));
  }
  return end;
}

function emitL4Header(packet: Packet, into: Uint8Array, at: number): number {
  switch (packet.proto) {
    case IpProto.tcp:
      return emitTcp(packet, into, at);
    case IpProto.udp:
      return emitUdp(packet, into, at);
    case IpProto.icmp:
    case IpProto.icmpv6:
      return emitIcmp(packet, into, at);
    default:
      return at;
  }
}

function writeBody(packet: Packet, into: Uint8Array, at: number): number {
  const inner = packet.inner;
  if (packet.encap === Encap.none || inner === undefined) {
    return writePayload(packet.payload, into, at);
  }
  if (packet.encap === Encap.vxlan) return writeFrame(inner, into, emitVxlan(packet, into, at));
  if (packet.encap === Encap.geneve) return writeFrame(inner, into, emitGeneve(packet, into, at));
  const quote = encodeIpPacket(inner);
  const lenBytes = Math.min(quote.length, ICMP_QUOTE_MAX_BYTES);
  into.set(quote.subarray(0, lenBytes), at);
  return at + lenBytes;
}

function checksumOffset(proto: number): number | undefined {
  switch (proto) {
    case IpProto.tcp:
      return TCP_CHECKSUM_OFFSET;
    case IpProto.udp:
      return UDP_CHECKSUM_OFFSET;
    case IpProto.icmp:
    case IpProto.icmpv6:
      return ICMP_CHECKSUM_OFFSET;
    default:
      return undefined;
  }
}

/** RFC 7348 §5: the outer UDP checksum should be zero on IPv4, as Linux sends it. */
function isSumOmitted(packet: Packet): boolean {
  return packet.proto === IpProto.udp && packet.encap === Encap.vxlan && isIpv4(packet.dst);
}

function l4SumStart(packet: Packet): number {
  if (packet.proto === IpProto.icmp) return 0;
  return pseudoHeaderSum(packet.src, packet.dst, packet.proto, l4LenBytes(packet));
}

function finishSum(proto: number, sum: number): number {
  const folded = foldSum(sum);
  // A UDP checksum of zero means "none", so a computed zero is sent as its other form (RFC 768).
  return folded === 0 && proto === IpProto.udp ? 0xffff : folded;
}

/** `quote`: the bytes may end early, checksums of the transport part are not looked at. */
type Extent = 'whole' | 'quote';

function readFrame(bytes: Uint8Array, at: number): Packet | undefined {
  const packet = new Packet();
  const offset = parseEthernet(packet, bytes, at);
  if (offset === undefined) return undefined;
  switch (packet.etherType) {
    case EtherType.arp:
      return bytes.length >= offset + ARP_BYTES && parseArp(packet, bytes, offset)
        ? packet
        : undefined;
    case EtherType.ipv4:
    case EtherType.ipv6:
      return readIp(packet, bytes, offset, 'whole') ? packet : undefined;
    default:
      return undefined;
  }
}

function readIp(packet: Packet, bytes: Uint8Array, at: number, extent: Extent): boolean {
  const body =
    packet.etherType === EtherType.ipv6
      ? parseIpv6Header(packet, bytes, at)
      : parseIpv4Header(packet, bytes, at);
  if (body === undefined) return false;
  const end = body.offset + body.lenBytes;
  if (end > bytes.length && extent === 'whole') return false;
  return readL4(packet, bytes, body.offset, Math.min(end, bytes.length), extent);
}

function readL4(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  end: number,
  extent: Extent,
): boolean {
  if (isFragment(packet)) {
    packet.payload = payloadFromBytes(bytes.subarray(at, end));
    if (packet.fragOffsetBytes === 0) parseL4Header(packet, bytes, at, end);
    return true;
  }
  const bodyAt = parseL4Header(packet, bytes, at, end);
  if (bodyAt === undefined) return extent === 'quote';
  if (extent === 'whole' && !sumIsRight(packet, bytes, at, end)) return false;
  return readBody(packet, bytes, bodyAt, end);
}

function parseL4Header(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  end: number,
): number | undefined {
  switch (packet.proto) {
    case IpProto.tcp:
      return parseTcp(packet, bytes, at, end);
    case IpProto.udp:
      return parseUdp(packet, bytes, at, end);
    case IpProto.icmp:
    case IpProto.icmpv6:
      return parseIcmp(packet, bytes, at, end);
    default:
      return at;
  }
}

function readBody(packet: Packet, bytes: Uint8Array, at: number, end: number): boolean {
  if (packet.proto === IpProto.udp && VXLAN_PORTS.includes(packet.dstPort)) {
    const frameAt = parseVxlan(packet, bytes, at, end);
    const inner = frameAt === undefined ? undefined : readFrame(bytes.subarray(0, end), frameAt);
    if (inner !== undefined) {
      packet.encap = Encap.vxlan;
      packet.inner = inner;
      packet.payload = EMPTY_PAYLOAD;
      return true;
    }
    packet.vni = 0;
  }
  if (packet.proto === IpProto.udp && packet.dstPort === GENEVE_PORT) {
    const frameAt = parseGeneve(packet, bytes, at, end);
    const inner = frameAt === undefined ? undefined : readFrame(bytes.subarray(0, end), frameAt);
    if (inner !== undefined) {
      packet.encap = Encap.geneve;
      packet.inner = inner;
      packet.payload = EMPTY_PAYLOAD;
      return true;
    }
    packet.vni = 0;
    packet.geneveOption = 0;
  }
  if (isIcmpError(packet)) {
    const inner = new Packet();
    inner.etherType = packet.proto === IpProto.icmpv6 ? EtherType.ipv6 : EtherType.ipv4;
    if (readIp(inner, bytes.subarray(0, end), at, 'quote')) {
      packet.encap = Encap.icmpQuote;
      packet.inner = inner;
      packet.payload = EMPTY_PAYLOAD;
      return true;
    }
  }
  packet.payload = at >= end ? EMPTY_PAYLOAD : payloadFromBytes(bytes.subarray(at, end));
  return true;
}

/** Whether the checksum over the whole transport part holds; one that is absent holds. */
function sumIsRight(packet: Packet, bytes: Uint8Array, at: number, end: number): boolean {
  const offset = checksumOffset(packet.proto);
  if (offset === undefined) return true;
  if (packet.proto === IpProto.udp && end >= at + UDP_HEADER_BYTES) {
    if (bytes[at + offset] === 0 && bytes[at + offset + 1] === 0) return isIpv4(packet.dst);
  }
  const start =
    packet.proto === IpProto.icmp
      ? 0
      : pseudoHeaderSum(packet.src, packet.dst, packet.proto, end - at);
  return foldSum(addToSum(start, bytes, at, end)) === 0;
}

/** Length of the TCP header with its options. */
export function tcpHeaderLenBytes(packet: Packet): number {
  return TCP_HEADER_BYTES + tcpOptionsLenBytes(packet);
}
