/**
 * A flow key: what a virtual switch knows of a packet, as 32-bit words (struct flow, struct sw_flow_key).
 *
 * From: ovs/datapath.ts, for each pass of a packet. MAC addresses take two words; registers and the
 * conntrack state are words like the headers, so that a table may match any of them with any mask.
 * Not modelled: IPv6, VLAN tags, TCP flags, MPLS.
 */
import { EtherType, IpProto, type Packet, isFragment } from '@podwire/wire';

/** Indexes of the words. */
export const Word = {
  /** Datapath port that the packet came by. */
  physPort: 0,
  /** Frozen state that the pass goes on from; 0 = the first pass. */
  recirc: 1,
  dpHash: 2,
  ctState: 3,
  ctMark: 4,
  /** Logical ports (reg14, reg15), flags (reg10). */
  inPort: 5,
  outPort: 6,
  flags: 7,
  reg0: 8,
  reg1: 9,
  reg2: 10,
  reg3: 11,
  reg9: 12,
  /** Bits that conditions of the logical pipeline set (reg0[..] of a switch in OVN). */
  bits: 13,
  ethDstHi: 14,
  ethDstLo: 15,
  ethSrcHi: 16,
  ethSrcLo: 17,
  ethType: 18,
  ipSrc: 19,
  ipDst: 20,
  ipProto: 21,
  ipTtl: 22,
  /** Bit 0: a fragment, bit 1: not the first. */
  ipFrag: 23,
  /** ICMP: type and code. */
  l4Src: 24,
  l4Dst: 25,
  arpOp: 26,
  arpShaHi: 27,
  arpShaLo: 28,
  arpThaHi: 29,
  arpThaLo: 30,
  /** Network identifier and option of the tunnel that it came by. */
  tunId: 31,
  tunOption: 32,
} as const;

export const WORD_COUNT = 33;
/** Words up to, not including, this one are kept by recirculation as frozen state; from it on they are the packet's. */
export const FIRST_HEADER_WORD: number = Word.ethDstHi;
/** Where the stages of a lookup end: metadata, Ethernet, IP; ports and the rest come last (FLOW_SEGMENT_*). */
export const STAGE_ENDS: readonly number[] = [Word.ethDstHi, Word.ipSrc, Word.l4Src];
/** Addresses that are matched by prefix (the table's `prefixes`, by default nw_dst and nw_src). */
export const PREFIX_WORDS: readonly number[] = [Word.ipSrc, Word.ipDst];
export const FIRST_REGISTER_WORD: number = Word.inPort;
export const ALL_BITS = 0xffffffff;

/** Bits of `ctState` (OVS_CS_F_*). */
export const Ct = {
  new: 1,
  est: 2,
  rel: 4,
  rpl: 8,
  inv: 16,
  trk: 32,
  snat: 64,
  dnat: 128,
} as const;

export type FlowKey = Uint32Array;

export function newKey(): FlowKey {
  return new Uint32Array(WORD_COUNT);
}

/** Writes the packet's headers into the key; the words before them are left alone. */
export function extractHeaders(packet: Packet, key: FlowKey): void {
  key[Word.ethDstHi] = Math.floor(packet.ethDst / 0x100000000);
  key[Word.ethDstLo] = packet.ethDst;
  key[Word.ethSrcHi] = Math.floor(packet.ethSrc / 0x100000000);
  key[Word.ethSrcLo] = packet.ethSrc;
  key[Word.ethType] = packet.etherType;
  key[Word.ipSrc] = packet.src;
  key[Word.ipDst] = packet.dst;
  const isArp = packet.etherType === EtherType.arp;
  key[Word.ipProto] = isArp ? 0 : packet.proto;
  key[Word.ipTtl] = isArp ? 0 : packet.ttlHops;
  key[Word.ipFrag] = isFragment(packet) ? (packet.fragOffsetBytes > 0 ? 3 : 1) : 0;
  key[Word.arpOp] = packet.arpOp;
  key[Word.arpShaHi] = Math.floor(packet.arpSha / 0x100000000);
  key[Word.arpShaLo] = packet.arpSha;
  key[Word.arpThaHi] = Math.floor(packet.arpTha / 0x100000000);
  key[Word.arpThaLo] = packet.arpTha;
  const isIcmp = !isArp && packet.proto === IpProto.icmp;
  key[Word.l4Src] = isIcmp ? packet.icmpType : packet.srcPort;
  key[Word.l4Dst] = isIcmp ? packet.icmpCode : packet.dstPort;
}

/** Writes one word of a key back into the packet (the SET actions of the datapath). */
export function writeHeader(packet: Packet, word: number, value: number): void {
  switch (word) {
    case Word.ethDstHi:
      packet.ethDst = value * 0x100000000 + (packet.ethDst % 0x100000000);
      return;
    case Word.ethDstLo:
      packet.ethDst = high(packet.ethDst) + value;
      return;
    case Word.ethSrcHi:
      packet.ethSrc = value * 0x100000000 + (packet.ethSrc % 0x100000000);
      return;
    case Word.ethSrcLo:
      packet.ethSrc = high(packet.ethSrc) + value;
      return;
    case Word.ipSrc:
      packet.src = value;
      return;
    case Word.ipDst:
      packet.dst = value;
      return;
    case Word.ipTtl:
      packet.ttlHops = value;
      return;
    case Word.l4Src:
      if (packet.proto === IpProto.icmp) packet.icmpType = value;
      else packet.srcPort = value;
      return;
    case Word.l4Dst:
      if (packet.proto === IpProto.icmp) packet.icmpCode = value;
      else packet.dstPort = value;
      return;
    case Word.arpOp:
      packet.arpOp = value;
      return;
    case Word.arpShaHi:
      packet.arpSha = value * 0x100000000 + (packet.arpSha % 0x100000000);
      return;
    case Word.arpShaLo:
      packet.arpSha = high(packet.arpSha) + value;
      return;
    case Word.arpThaHi:
      packet.arpTha = value * 0x100000000 + (packet.arpTha % 0x100000000);
      return;
    case Word.arpThaLo:
      packet.arpTha = high(packet.arpTha) + value;
      return;
    default:
  }
}

function high(mac: number): number {
  return Math.floor(mac / 0x100000000) * 0x100000000;
}

/** Hash of the words that a mask looks at (flow_hash_in_minimask). */
export function maskedHash(key: FlowKey, mask: FlowKey, words: readonly number[]): number {
  return goOnHash(HASH_BASIS, key, mask, words, 0, words.length);
}

/** Where a hash of no words stands. */
export const HASH_BASIS = 0x9e3779b1;

/** Goes on with a hash of the words before `from`, up to but not including `to`. */
export function goOnHash(
  hash: number,
  key: FlowKey,
  mask: FlowKey,
  words: readonly number[],
  from: number,
  to: number,
): number {
  for (let at = from; at < to; at++) {
    const word = words[at] as number;
    hash = Math.imul(hash ^ ((key[word] as number) & (mask[word] as number)), 0x85ebca77);
    hash ^= hash >>> 15;
  }
  return hash | 0;
}

export function equalUnder(
  left: FlowKey,
  right: FlowKey,
  mask: FlowKey,
  words: readonly number[],
): boolean {
  for (const word of words) {
    if ((((left[word] as number) ^ (right[word] as number)) & (mask[word] as number)) !== 0)
      return false;
  }
  return true;
}

/** Indexes of the words that a mask looks at. */
export function maskWords(mask: FlowKey): number[] {
  const words: number[] = [];
  for (let word = 0; word < WORD_COUNT; word++) if (mask[word] !== 0) words.push(word);
  return words;
}

export function sameMask(left: FlowKey, right: FlowKey): boolean {
  for (let word = 0; word < WORD_COUNT; word++) if (left[word] !== right[word]) return false;
  return true;
}

/** Hash of the 5-tuple (dp_hash); which bucket of a group a connection takes depends on it. */
export function flowHash(key: FlowKey): number {
  let hash = Math.imul((key[Word.ipSrc] as number) ^ 0x9e3779b1, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 15) ^ (key[Word.ipDst] as number), 0xc2b2ae3d);
  hash ^= Math.imul(((key[Word.l4Src] as number) << 16) | (key[Word.l4Dst] as number), 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 13) ^ (key[Word.ipProto] as number), 0x165667b1);
  return (hash ^ (hash >>> 16)) >>> 0;
}
