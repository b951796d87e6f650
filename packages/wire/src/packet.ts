/**
 * A packet: the header fields of one Ethernet frame, as numbers in one flat record.
 *
 * The same record serves every protocol, so that the packet path stays monomorphic; `etherType` and
 * `proto` say which fields mean something. A packet is owned by whoever holds it: a sender hands it on
 * and forgets it, copies are made by `clonePacket`. An overlay packet carries the inner frame in
 * `inner`; an ICMP error carries the packet it complains about in `inner` as well.
 */
import { type Ip, type Mac, isIpv4 } from '@podwire/base';
import { EMPTY_PAYLOAD, type Payload } from './payload.ts';

export const EtherType = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;
export const IpProto = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;
export const ArpOp = { request: 1, reply: 2 } as const;

/** What the bytes after the transport header are. */
export const Encap = {
  none: 0,
  /** UDP payload is a VXLAN header (`vni`) and the frame `inner`. */
  vxlan: 1,
  /** ICMP error body: the head of `inner` (no Ethernet header). */
  icmpQuote: 2,
  /** UDP payload is a Geneve header (`vni`, `geneveOption`) and the frame `inner`. */
  geneve: 3,
} as const;

export class Packet {
  // Ethernet
  ethDst: Mac = 0;
  ethSrc: Mac = 0;
  etherType = 0;
  /** 802.1Q VLAN identifier, 0 = untagged. */
  vlan = 0;

  // IPv4 or IPv6; for ARP the protocol addresses (arpSpa = src, arpTpa = dst)
  src: Ip = 0;
  dst: Ip = 0;
  proto = 0;
  ttlHops = 0;
  tos = 0;
  /** IPv4 identification. */
  ipId = 0;
  dontFragment = false;
  moreFragments = false;
  /**
   * Offset of this fragment in bytes. Every fragment, the first too, carries its part of the transport
   * header and body as raw bytes in `payload`; the transport fields of the first only repeat what those
   * bytes say, for filters to match on.
   */
  fragOffsetBytes = 0;

  // ARP
  arpOp = 0;
  arpSha: Mac = 0;
  arpTha: Mac = 0;

  // UDP, TCP
  srcPort = 0;
  dstPort = 0;
  seq = 0;
  ack = 0;
  tcpFlags = 0;
  /** As on the wire, before scaling. */
  window = 0;
  /** TCP options; 0 or -1 = absent. */
  optMss = 0;
  optWscale = -1;
  optSackOk = false;
  /** SACK blocks as [left, right, left, right, …]. */
  optSack: readonly number[] | undefined = undefined;
  optTsVal = -1;
  optTsEcr = -1;

  // ICMP
  icmpType = 0;
  icmpCode = 0;
  /** Echo identifier. */
  icmpId = 0;
  /** Echo sequence number. */
  icmpSeq = 0;
  /** Next-hop MTU of "fragmentation needed". */
  icmpMtuBytes = 0;

  // Encapsulation
  encap: number = Encap.none;
  vni = 0;
  /** Data of OVN's Geneve option: logical in-port and out-port key, 15 and 16 bits. */
  geneveOption = 0;
  inner: Packet | undefined = undefined;

  payload: Payload = EMPTY_PAYLOAD;
  /**
   * Payload bytes of each TCP segment but the last that this packet stands for (`gso_size`), 0 = it is one
   * segment. Such a train passes a stack as one packet and a line as its segments; see segments.ts.
   */
  gsoSizeBytes = 0;
  /** On a link: from the arrival of a train's first frame to that of its last. */
  gsoSpanNs = 0;

  /** 0 = not traced. Copies, translations, encapsulations and answers that a stack makes keep it. */
  traceId = 0;
  /** Identity that survives hops: host number and per-host count, for captures and traces only. */
  readonly born: number;

  constructor(born = 0) {
    this.born = born;
  }
}

/**
 * A copy of all fields; `inner` is copied too, payload chunks are shared. Written out, since a switch copies
 * each broadcast for every port.
 */
export function clonePacket(packet: Packet): Packet {
  const copy = new Packet(packet.born);
  copy.ethDst = packet.ethDst;
  copy.ethSrc = packet.ethSrc;
  copy.etherType = packet.etherType;
  copy.vlan = packet.vlan;
  copy.src = packet.src;
  copy.dst = packet.dst;
  copy.proto = packet.proto;
  copy.ttlHops = packet.ttlHops;
  copy.tos = packet.tos;
  copy.ipId = packet.ipId;
  copy.dontFragment = packet.dontFragment;
  copy.moreFragments = packet.moreFragments;
  copy.fragOffsetBytes = packet.fragOffsetBytes;
  copy.arpOp = packet.arpOp;
  copy.arpSha = packet.arpSha;
  copy.arpTha = packet.arpTha;
  copy.srcPort = packet.srcPort;
  copy.dstPort = packet.dstPort;
  copy.seq = packet.seq;
  copy.ack = packet.ack;
  copy.tcpFlags = packet.tcpFlags;
  copy.window = packet.window;
  copy.optMss = packet.optMss;
  copy.optWscale = packet.optWscale;
  copy.optSackOk = packet.optSackOk;
  copy.optSack = packet.optSack;
  copy.optTsVal = packet.optTsVal;
  copy.optTsEcr = packet.optTsEcr;
  copy.icmpType = packet.icmpType;
  copy.icmpCode = packet.icmpCode;
  copy.icmpId = packet.icmpId;
  copy.icmpSeq = packet.icmpSeq;
  copy.icmpMtuBytes = packet.icmpMtuBytes;
  copy.encap = packet.encap;
  copy.vni = packet.vni;
  copy.geneveOption = packet.geneveOption;
  copy.payload = packet.payload;
  copy.gsoSizeBytes = packet.gsoSizeBytes;
  copy.gsoSpanNs = packet.gsoSpanNs;
  copy.traceId = packet.traceId;
  if (packet.inner !== undefined) copy.inner = clonePacket(packet.inner);
  return copy;
}

/** Whether the packet is the outer one of a tunnel: its `inner` is a frame. */
export function isTunnelled(packet: Packet): boolean {
  return packet.encap === Encap.vxlan || packet.encap === Encap.geneve;
}

/** Whether the packet is a fragment other than the first: it has no transport header. */
export function isLaterFragment(packet: Packet): boolean {
  return packet.fragOffsetBytes > 0;
}

/** Whether the packet is one of several fragments: its transport part is raw bytes in `payload`. */
export function isFragment(packet: Packet): boolean {
  return packet.moreFragments || packet.fragOffsetBytes > 0;
}

/** Bytes of TCP options, each group padded to words as Linux does (tcp_options_write). */
export function tcpOptionsLenBytes(packet: Packet): number {
  let len = 0;
  if (packet.optMss > 0) len += 4;
  // Linux puts "SACK permitted" where the timestamps' padding would be.
  if (packet.optTsVal >= 0) len += 12;
  else if (packet.optSackOk) len += 4;
  if (packet.optWscale >= 0) len += 4;
  if (packet.optSack !== undefined) len += 4 + 4 * packet.optSack.length;
  return len;
}

/** Length of the transport header and what follows it. */
export function l4LenBytes(packet: Packet): number {
  if (packet.moreFragments || packet.fragOffsetBytes > 0) return packet.payload.lenBytes;
  switch (packet.proto) {
    case IpProto.tcp:
      return 20 + tcpOptionsLenBytes(packet) + packet.payload.lenBytes;
    case IpProto.udp:
      return 8 + bodyLenBytes(packet);
    case IpProto.icmp:
    case IpProto.icmpv6:
      return 8 + bodyLenBytes(packet);
    default:
      return bodyLenBytes(packet);
  }
}

/** RFC 1812 lets a router quote up to 576 bytes of ICMP error in all; Linux does. */
export const ICMP_QUOTE_MAX_BYTES: number = 576 - 20 - 8;

function bodyLenBytes(packet: Packet): number {
  const inner = packet.inner;
  if (packet.encap === Encap.none || inner === undefined) return packet.payload.lenBytes;
  if (packet.encap === Encap.vxlan) return 8 + frameLenBytes(inner);
  if (packet.encap === Encap.geneve) return 16 + frameLenBytes(inner);
  return Math.min(ipLenBytes(inner), ICMP_QUOTE_MAX_BYTES);
}

/** Length of the IP packet, header included (IPv4 total length). */
export function ipLenBytes(packet: Packet): number {
  return (isIpv4(packet.dst) ? 20 : 40) + l4LenBytes(packet);
}

/** Length of the Ethernet frame, without preamble and check sequence; short frames are not padded. */
export function frameLenBytes(packet: Packet): number {
  const header = packet.vlan === 0 ? 14 : 18;
  return header + (packet.etherType === EtherType.arp ? 28 : ipLenBytes(packet));
}
