/**
 * Splits packets that are too big for a link and puts fragments together (ip_fragment.c, ip_output.c).
 *
 * Splitting is called by ip/output.ts and the bridge; putting together before conntrack (so that NAT sees
 * whole packets, which are split again on output) and before INPUT. One fragment lost, all lost: after
 * 30 s the rest ends with FRAG_REASM_TIMEOUT. Lives: the first fragment continues the packet's life, the
 * others are born; on reassembly they end as `reassembled` and the first lives on.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Timer } from '@podwire/engine';
import {
  type Packet,
  type Payload,
  concatPayloads,
  fragmentOf,
  ipLenBytes,
  l4Bytes,
  l4LenBytes,
  parseL4,
  segmentCount,
  segmentIpLenBytes,
  segmentsOf,
} from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import { Skb } from '../skb.ts';
import { endPacket, endRawPacket, traceStep } from '../trace.ts';

/** net.ipv4.ipfrag_time. */
const REASSEMBLY_NS = 30 * NS_PER_SEC;
/** net.ipv4.ipfrag_max_dist and ipfrag_high_thresh bound the memory; packets here are counted instead. */
const QUEUES_MAX = 4096;
const IP_HEADER_BYTES = 20;

/** Who puts together: fragments of one packet in different stages must not mix (enum ip_defrag_users). */
export type DefragUser = 'conntrack' | 'local';

interface FragQueue {
  readonly key: string;
  /** By offset, without overlap. */
  readonly parts: Packet[];
  /** Bytes of the whole, known once the last fragment is there; -1 before. */
  totalBytes: number;
  gotBytes: number;
  maxLenBytes: number;
  readonly timer: Timer;
}

export class FragTable {
  #queues: Map<string, FragQueue> | undefined;

  /** Made with the first fragment. */
  get queues(): Map<string, FragQueue> {
    this.#queues ??= new Map();
    return this.#queues;
  }

  get isEmpty(): boolean {
    return this.#queues === undefined || this.#queues.size === 0;
  }
}

/**
 * Takes a fragment. True: `skb` holds a whole packet (it was whole, or this fragment completed it);
 * false: it waits or ended.
 */
export function defragment(ns: NetNs, skb: Skb, user: DefragUser): boolean {
  const packet = skb.packet;
  if (!packet.moreFragments && packet.fragOffsetBytes === 0) return true;
  const key = `${user}/${packet.src}/${packet.dst}/${packet.proto}/${packet.ipId}/${skb.ctZone}`;
  const queue = queueOf(ns, key, user);
  if (queue === undefined) {
    endPacket(ns, skb, 'NOMEM');
    return false;
  }
  const lenBytes = l4LenBytes(packet);
  const end = packet.fragOffsetBytes + lenBytes;
  const at = queue.parts.findIndex((part) => part.fragOffsetBytes >= packet.fragOffsetBytes);
  const index = at < 0 ? queue.parts.length : at;
  const before = queue.parts[index - 1];
  const after = queue.parts[index];
  if (
    after !== undefined &&
    after.fragOffsetBytes === packet.fragOffsetBytes &&
    l4LenBytes(after) === lenBytes
  ) {
    endPacket(ns, skb, 'DUP_FRAG');
    return false;
  }
  const overlaps =
    (before !== undefined &&
      before.fragOffsetBytes + l4LenBytes(before) > packet.fragOffsetBytes) ||
    (after !== undefined && after.fragOffsetBytes < end);
  const contradicts =
    queue.totalBytes >= 0 &&
    (end > queue.totalBytes || (!packet.moreFragments && end !== queue.totalBytes));
  if (overlaps || contradicts || (packet.moreFragments && lenBytes % 8 !== 0)) {
    // RFC 5722 in spirit, as Linux does for IPv4 too: an overlap discards the whole queue.
    discard(ns, queue, 'FRAG_TOO_FAR');
    endPacket(ns, skb, 'FRAG_TOO_FAR');
    return false;
  }
  queue.parts.splice(index, 0, packet);
  ns.host.ledger.underWay++;
  queue.gotBytes += lenBytes;
  queue.maxLenBytes = Math.max(queue.maxLenBytes, ipLenBytes(packet));
  if (!packet.moreFragments) queue.totalBytes = end;
  if (packet.traceId !== 0) traceStep(ns, packet, 'reassemble', 'queue', {}, skb.costNs);
  if (queue.gotBytes !== queue.totalBytes) return false;
  take(ns, queue);
  const whole = reassemble(ns, queue, packet);
  if (whole === undefined) {
    endRawPacket(ns, packet, 'PKT_TOO_SMALL');
    return false;
  }
  skb.packet = whole;
  skb.fragMaxBytes = queue.maxLenBytes;
  return true;
}

function queueOf(ns: NetNs, key: string, user: DefragUser): FragQueue | undefined {
  const known = ns.frags.queues.get(key);
  if (known !== undefined) return known;
  if (ns.frags.queues.size >= QUEUES_MAX) return undefined;
  const timer = ns.sim.after(REASSEMBLY_NS, () => {
    const queue = ns.frags.queues.get(key);
    if (queue === undefined) return;
    const first = queue.parts[0];
    // ip_expire(): only the final receiver complains, and only when it has the first fragment.
    if (user === 'local' && first !== undefined && first.fragOffsetBytes === 0) {
      const skb = new Skb(first);
      skb.route = ns.lookup(first.dst);
      ns.icmpError(skb, 11, 1);
    }
    discard(ns, queue, 'FRAG_REASM_TIMEOUT');
  });
  const queue: FragQueue = { key, parts: [], totalBytes: -1, gotBytes: 0, maxLenBytes: 0, timer };
  ns.frags.queues.set(key, queue);
  return queue;
}

/** The namespace goes away: fragments that wait end. */
export function discardFragments(ns: NetNs): void {
  if (ns.frags.isEmpty) return;
  for (const queue of ns.frags.queues.values()) discard(ns, queue, 'FRAG_REASM_TIMEOUT');
}

function discard(ns: NetNs, queue: FragQueue, reason: 'FRAG_TOO_FAR' | 'FRAG_REASM_TIMEOUT'): void {
  take(ns, queue);
  for (const part of queue.parts) endRawPacket(ns, part, reason);
}

/** The queue's fragments wait no longer. */
function take(ns: NetNs, queue: FragQueue): void {
  queue.timer.cancel();
  ns.frags.queues.delete(queue.key);
  ns.host.ledger.underWay -= queue.parts.length;
}

/** The whole packet, or undefined when its bytes are malformed; the fragments but the first have ended. */
function reassemble(ns: NetNs, queue: FragQueue, last: Packet): Packet | undefined {
  const whole = queue.parts[0] as Packet;
  const payloads: Payload[] = [];
  for (const part of queue.parts) {
    payloads.push(part.payload);
    if (part === whole) continue;
    endRawPacket(ns, part, 'reassembled');
  }
  whole.moreFragments = false;
  whole.ethDst = last.ethDst;
  whole.ethSrc = last.ethSrc;
  whole.fragOffsetBytes = 0;
  if (!parseL4(whole, concatPayloads(payloads))) return undefined;
  if (whole.inner !== undefined) whole.inner.traceId = whole.traceId;
  if (whole.traceId !== 0) {
    traceStep(ns, whole, 'reassemble', `whole of ${queue.parts.length} fragments`);
  }
  return whole;
}

/** The skbs of the fragments, in order; the first is the given one. */
export function fragmentSkb(ns: NetNs, skb: Skb, mtuBytes: number): Skb[] {
  const pieces = splitPacket(skb.packet, mtuBytes);
  const skbs: Skb[] = [];
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index] as Packet;
    if (index === 0) {
      skb.packet = piece;
      skbs.push(skb);
      continue;
    }
    ns.host.ledger.born++;
    const other = new Skb(piece, skb.inDev);
    other.outDev = skb.outDev;
    other.mark = skb.mark;
    other.route = skb.route;
    other.costNs = skb.costNs;
    other.pktType = skb.pktType;
    skbs.push(other);
  }
  for (const piece of skbs) piece.fragMaxBytes = 0;
  return skbs;
}

/**
 * Splits into packets of at most `mtuBytes`; one that fits comes back as it is, one that is a fragment
 * already is split further.
 */
export function splitPacket(packet: Packet, mtuBytes: number): Packet[] {
  const room = Math.max(8, (mtuBytes - IP_HEADER_BYTES) & ~7);
  if (segmentIpLenBytes(packet) <= mtuBytes) return [packet];
  if (segmentCount(packet) > 1) {
    return segmentsOf(packet).flatMap((segment) => splitPacket(segment, mtuBytes));
  }
  const whole = l4Bytes(packet);
  const pieces: Packet[] = [];
  for (let start = 0; start < whole.lenBytes; start += room) {
    pieces.push(fragmentOf(packet, whole, start, Math.min(whole.lenBytes, start + room)));
  }
  return pieces;
}
