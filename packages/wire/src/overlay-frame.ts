/**
 * Messages between worker threads as protobuf (frame.proto): a packet on a port, or control JSON.
 *
 * The schema's generated code lies in gen/; this file writes and reads the same bytes with protobufjs'
 * Writer and Reader straight from and into a `Packet`, because the generated code would make an object
 * in between. The test holds the two against each other. `decodeFrameMessage(encodeFrameMessage(m))`
 * equals m, so that a receiver cannot tell whether its sender lives in another thread. With tables of names, one
 * at each end of the way between two threads, sources of payload arrive as sources; else as bytes.
 */
import { assert, ipFromBytes, ipToBytes, isIpv4 } from '@podwire/base';
import protobuf from 'protobufjs/minimal.js';
import { Packet } from './packet.ts';
import { readChunk, writeChunk } from './overlay-chunk.ts';
import { type Chunk, EMPTY_PAYLOAD, type Payload } from './payload.ts';
import { BYTES, FIXED32, FIXED64, VARINT, tag } from './protobuf-tag.ts';
import { ReceivedNames, SentNames } from './source-names.ts';
import { utf8Decode, utf8Encode } from './text.ts';

/** A packet that arrives at a port of a link. */
export interface FrameMessage {
  readonly kind: 'frame';
  readonly port: number;
  readonly packet: Packet;
}

/** What hosts and the operator tell each other outside the emulated network: any JSON value. */
export interface ControlMessage {
  readonly kind: 'control';
  readonly body: unknown;
}

export type WireMessage = FrameMessage | ControlMessage;

/** One end of the way between two threads: sources of payload cross it once (source-names.ts). */
export class FrameLane {
  readonly #sent = new SentNames();
  readonly #received = new ReceivedNames();
  readonly #writer = protobuf.Writer.create();

  /** The bytes are good until the next message is encoded. */
  encode(message: WireMessage): Uint8Array {
    this.#writer.reset();
    writeMessage(this.#writer, message, this.#sent);
    return this.#writer.finish(true);
  }

  decode(bytes: Uint8Array): WireMessage {
    return decodeFrameMessage(bytes, this.#received);
  }
}

export function encodeFrameMessage(message: WireMessage, names?: SentNames): Uint8Array {
  const writer = protobuf.Writer.create();
  writeMessage(writer, message, names);
  return writer.finish();
}

function writeMessage(writer: Writer, message: WireMessage, names: SentNames | undefined): void {
  if (message.kind === 'control') {
    writer.uint32(tag(3, BYTES)).bytes(utf8Encode(JSON.stringify(message.body)));
  } else {
    if (message.port !== 0) writer.uint32(tag(1, VARINT)).uint32(message.port);
    writePacket(writer.uint32(tag(2, BYTES)).fork(), message.packet, names).ldelim();
  }
}

export function decodeFrameMessage(bytes: Uint8Array, names?: ReceivedNames): WireMessage {
  const reader = protobuf.Reader.create(bytes);
  let port = 0;
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    switch (key) {
      case tag(1, VARINT):
        port = reader.uint32();
        break;
      case tag(2, BYTES): {
        const end = reader.uint32() + reader.pos;
        return { kind: 'frame', port, packet: readPacket(reader, end, names) };
      }
      case tag(3, BYTES):
        return { kind: 'control', body: JSON.parse(utf8Decode(reader.bytes())) as unknown };
      default:
        reader.skipType(key & 7);
    }
  }
  assert(false, 'a message between threads holds a frame or a control message');
}

type Writer = protobuf.Writer;
type Reader = protobuf.Reader;

const IP_DONT_FRAGMENT = 1;
const IP_MORE_FRAGMENTS = 2;
const HAS_WSCALE = 1;
const HAS_SACK_OK = 2;
const HAS_TS_VAL = 4;
const HAS_TS_ECR = 8;
const HAS_SACK = 16;

function writePacket(w: Writer, p: Packet, names: SentNames | undefined): Writer {
  if (p.ethDst !== 0) w.uint32(tag(1, FIXED64)).double(p.ethDst);
  if (p.ethSrc !== 0) w.uint32(tag(2, FIXED64)).double(p.ethSrc);
  if (p.etherType !== 0) w.uint32(tag(3, VARINT)).uint32(p.etherType);
  writeAddress(w, p.src, 4, 20);
  writeAddress(w, p.dst, 5, 21);
  if (p.proto !== 0) w.uint32(tag(6, VARINT)).uint32(p.proto);
  if (p.ttlHops !== 0) w.uint32(tag(7, VARINT)).uint32(p.ttlHops);
  const ipFlags =
    (p.dontFragment ? IP_DONT_FRAGMENT : 0) | (p.moreFragments ? IP_MORE_FRAGMENTS : 0);
  if (ipFlags !== 0) w.uint32(tag(8, VARINT)).uint32(ipFlags);
  if (p.srcPort !== 0) w.uint32(tag(9, VARINT)).uint32(p.srcPort);
  if (p.dstPort !== 0) w.uint32(tag(10, VARINT)).uint32(p.dstPort);
  if (p.seq !== 0) w.uint32(tag(11, FIXED32)).fixed32(p.seq);
  if (p.ack !== 0) w.uint32(tag(12, FIXED32)).fixed32(p.ack);
  if (p.tcpFlags !== 0) w.uint32(tag(13, VARINT)).uint32(p.tcpFlags);
  if (p.window !== 0) w.uint32(tag(14, VARINT)).uint32(p.window);
  for (const chunk of p.payload.chunks) {
    w.uint32(tag(15, BYTES)).fork();
    writeChunk(w, chunk, names);
    w.ldelim();
  }
  if (p.ipId !== 0) w.uint32(tag(16, VARINT)).uint32(p.ipId);
  if (p.tos !== 0) w.uint32(tag(17, VARINT)).uint32(p.tos);
  if (p.fragOffsetBytes !== 0) w.uint32(tag(18, VARINT)).uint32(p.fragOffsetBytes);
  if (p.vlan !== 0) w.uint32(tag(19, VARINT)).uint32(p.vlan);
  if (p.arpOp !== 0) {
    w.uint32(tag(22, VARINT)).uint32(p.arpOp);
    if (p.arpSha !== 0) w.uint32(tag(23, FIXED64)).double(p.arpSha);
    if (p.arpTha !== 0) w.uint32(tag(24, FIXED64)).double(p.arpTha);
  }
  writeTcpOptions(w, p);
  if (p.icmpType !== 0) w.uint32(tag(31, VARINT)).uint32(p.icmpType);
  if (p.icmpCode !== 0) w.uint32(tag(32, VARINT)).uint32(p.icmpCode);
  if (p.icmpId !== 0) w.uint32(tag(33, VARINT)).uint32(p.icmpId);
  if (p.icmpSeq !== 0) w.uint32(tag(34, VARINT)).uint32(p.icmpSeq);
  if (p.icmpMtuBytes !== 0) w.uint32(tag(35, VARINT)).uint32(p.icmpMtuBytes);
  if (p.encap !== 0) w.uint32(tag(36, VARINT)).uint32(p.encap);
  if (p.vni !== 0) w.uint32(tag(37, VARINT)).uint32(p.vni);
  if (p.inner !== undefined) writePacket(w.uint32(tag(38, BYTES)).fork(), p.inner, names).ldelim();
  if (p.traceId !== 0) w.uint32(tag(39, FIXED64)).double(p.traceId);
  if (p.born !== 0) w.uint32(tag(40, FIXED64)).double(p.born);
  if (p.gsoSizeBytes !== 0) w.uint32(tag(41, VARINT)).uint32(p.gsoSizeBytes);
  if (p.gsoSpanNs !== 0) w.uint32(tag(42, FIXED64)).double(p.gsoSpanNs);
  if (p.geneveOption !== 0) w.uint32(tag(43, FIXED32)).fixed32(p.geneveOption);
  return w;
}

function writeAddress(w: Writer, ip: number, field4: number, field6: number): void {
  if (!isIpv4(ip)) w.uint32(tag(field6, BYTES)).bytes(ipToBytes(ip));
  else if (ip !== 0) w.uint32(tag(field4, FIXED32)).fixed32(ip);
}

function writeTcpOptions(w: Writer, p: Packet): void {
  const present =
    (p.optWscale >= 0 ? HAS_WSCALE : 0) |
    (p.optSackOk ? HAS_SACK_OK : 0) |
    (p.optTsVal >= 0 ? HAS_TS_VAL : 0) |
    (p.optTsEcr >= 0 ? HAS_TS_ECR : 0) |
    (p.optSack !== undefined ? HAS_SACK : 0);
  if (p.optMss !== 0) w.uint32(tag(25, VARINT)).uint32(p.optMss);
  if (present === 0) return;
  w.uint32(tag(26, VARINT)).uint32(present);
  if (p.optWscale > 0) w.uint32(tag(27, VARINT)).uint32(p.optWscale);
  if (p.optTsVal > 0) w.uint32(tag(28, FIXED32)).fixed32(p.optTsVal);
  if (p.optTsEcr > 0) w.uint32(tag(29, FIXED32)).fixed32(p.optTsEcr);
  if (p.optSack !== undefined && p.optSack.length > 0) {
    w.uint32(tag(30, BYTES)).fork();
    for (const edge of p.optSack) w.fixed32(edge);
    w.ldelim();
  }
}

function readPacket(r: Reader, end: number, names: ReceivedNames | undefined): Packet {
  const p = new Packet();
  let chunks: Chunk[] | undefined;
  let present = 0;
  let edges: number[] | undefined;
  while (r.pos < end) {
    const key = r.uint32();
    switch (key) {
      case tag(1, FIXED64):
        p.ethDst = r.double();
        break;
      case tag(2, FIXED64):
        p.ethSrc = r.double();
        break;
      case tag(3, VARINT):
        p.etherType = r.uint32();
        break;
      case tag(4, FIXED32):
        p.src = r.fixed32();
        break;
      case tag(5, FIXED32):
        p.dst = r.fixed32();
        break;
      case tag(6, VARINT):
        p.proto = r.uint32();
        break;
      case tag(7, VARINT):
        p.ttlHops = r.uint32();
        break;
      case tag(8, VARINT): {
        const flags = r.uint32();
        p.dontFragment = (flags & IP_DONT_FRAGMENT) !== 0;
        p.moreFragments = (flags & IP_MORE_FRAGMENTS) !== 0;
        break;
      }
      case tag(9, VARINT):
        p.srcPort = r.uint32();
        break;
      case tag(10, VARINT):
        p.dstPort = r.uint32();
        break;
      case tag(11, FIXED32):
        p.seq = r.fixed32();
        break;
      case tag(12, FIXED32):
        p.ack = r.fixed32();
        break;
      case tag(13, VARINT):
        p.tcpFlags = r.uint32();
        break;
      case tag(14, VARINT):
        p.window = r.uint32();
        break;
      case tag(15, BYTES): {
        const chunk = readChunk(r, r.uint32() + r.pos, names);
        if (chunks === undefined) chunks = [chunk];
        else chunks.push(chunk);
        break;
      }
      case tag(16, VARINT):
        p.ipId = r.uint32();
        break;
      case tag(17, VARINT):
        p.tos = r.uint32();
        break;
      case tag(18, VARINT):
        p.fragOffsetBytes = r.uint32();
        break;
      case tag(19, VARINT):
        p.vlan = r.uint32();
        break;
      case tag(20, BYTES):
        p.src = ipFromBytes(r.bytes());
        break;
      case tag(21, BYTES):
        p.dst = ipFromBytes(r.bytes());
        break;
      case tag(22, VARINT):
        p.arpOp = r.uint32();
        break;
      case tag(23, FIXED64):
        p.arpSha = r.double();
        break;
      case tag(24, FIXED64):
        p.arpTha = r.double();
        break;
      case tag(25, VARINT):
        p.optMss = r.uint32();
        break;
      case tag(26, VARINT):
        present = r.uint32();
        if ((present & HAS_WSCALE) !== 0) p.optWscale = 0;
        if ((present & HAS_SACK_OK) !== 0) p.optSackOk = true;
        if ((present & HAS_TS_VAL) !== 0) p.optTsVal = 0;
        if ((present & HAS_TS_ECR) !== 0) p.optTsEcr = 0;
        if ((present & HAS_SACK) !== 0) p.optSack = edges = [];
        break;
      case tag(27, VARINT):
        p.optWscale = r.uint32();
        break;
      case tag(28, FIXED32):
        p.optTsVal = r.fixed32();
        break;
      case tag(29, FIXED32):
        p.optTsEcr = r.fixed32();
        break;
      case tag(30, BYTES): {
        const edgesEnd = r.uint32() + r.pos;
        while (r.pos < edgesEnd) edges?.push(r.fixed32());
        break;
      }
      case tag(31, VARINT):
        p.icmpType = r.uint32();
        break;
      case tag(32, VARINT):
        p.icmpCode = r.uint32();
        break;
      case tag(33, VARINT):
        p.icmpId = r.uint32();
        break;
      case tag(34, VARINT):
        p.icmpSeq = r.uint32();
        break;
      case tag(35, VARINT):
        p.icmpMtuBytes = r.uint32();
        break;
      case tag(36, VARINT):
        p.encap = r.uint32();
        break;
      case tag(37, VARINT):
        p.vni = r.uint32();
        break;
      case tag(38, BYTES):
        p.inner = readPacket(r, r.uint32() + r.pos, names);
        break;
      case tag(39, FIXED64):
        p.traceId = r.double();
        break;
      case tag(40, FIXED64):
        setBorn(p, r.double());
        break;
      case tag(41, VARINT):
        p.gsoSizeBytes = r.uint32();
        break;
      case tag(42, FIXED64):
        p.gsoSpanNs = r.double();
        break;
      case tag(43, FIXED32):
        p.geneveOption = r.fixed32();
        break;
      default:
        r.skipType(key & 7);
    }
  }
  if (chunks !== undefined) p.payload = payloadOf(chunks);
  return p;
}

/** `born` is fixed for everyone but the constructor and this reader, which learns it last. */
function setBorn(packet: Packet, born: number): void {
  (packet as { born: number }).born = born;
}

function payloadOf(chunks: Chunk[]): Payload {
  let lenBytes = 0;
  for (const chunk of chunks) lenBytes += chunk.lenBytes;
  return lenBytes === 0 ? EMPTY_PAYLOAD : { lenBytes, chunks };
}
