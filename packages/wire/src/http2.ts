/**
 * HTTP/2 frames (RFC 9113) and their header blocks (RFC 7541), as far as the API's clients use them.
 *
 * `Http2Parser` takes what a connection reads, piece by piece, and gives the frames that are there whole. Header
 * fields are written as literals with the static table's names. Not modelled: Huffman codes and the dynamic table,
 * CONTINUATION, padding, priorities, server push; windows are told so large that they never bind.
 */
import { assert } from '@podwire/base';
import {
  type ChunkSource,
  EMPTY_PAYLOAD,
  type Payload,
  concatPayloads,
  payloadBytes,
  payloadFromBytes,
  payloadFromSource,
  payloadFromText,
  slicePayload,
} from './payload.ts';
import { utf8Decode, utf8Encode } from './text.ts';

const FrameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

const FLAG_END_STREAM = 0x1;
const FLAG_ACK = 0x1;
const FLAG_END_HEADERS = 0x4;
const FRAME_HEADER_BYTES = 9;
/** The largest that SETTINGS_MAX_FRAME_SIZE may allow, and that both sides here do. */
export const HTTP2_FRAME_BYTES_MAX = 16_777_215;

/** Header fields in order, pseudo-header fields first; names are in lower case. */
export type Http2Fields = readonly (readonly [name: string, value: string])[];

export type Http2Event =
  | {
      readonly kind: 'headers';
      readonly streamId: number;
      readonly fields: Http2Fields;
      readonly isLast: boolean;
    }
  | {
      readonly kind: 'data';
      readonly streamId: number;
      readonly payload: Payload;
      readonly isLast: boolean;
    }
  | { readonly kind: 'reset'; readonly streamId: number }
  | { readonly kind: 'settings' }
  | { readonly kind: 'ping' }
  | { readonly kind: 'go-away' }
  | { readonly kind: 'error'; readonly message: string };

/** What a client sends before its first frame (RFC 9113 §3.4). */
const PREFACE = payloadFromText('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTING_INITIAL_WINDOW_SIZE = 4;
const SETTING_MAX_FRAME_SIZE = 5;
const WINDOW_MAX = 0x7fff_ffff;
const WINDOW_DEFAULT = 65_535;

const SETTINGS_FRAME = frame(
  FrameType.settings,
  0,
  0,
  Uint8Array.of(
    0,
    SETTING_INITIAL_WINDOW_SIZE,
    ...uint32(WINDOW_MAX),
    0,
    SETTING_MAX_FRAME_SIZE,
    ...uint32(HTTP2_FRAME_BYTES_MAX),
  ),
);
const WINDOW_FRAME = frame(
  FrameType.windowUpdate,
  0,
  0,
  Uint8Array.of(...uint32(WINDOW_MAX - WINDOW_DEFAULT)),
);

/** How a client begins, and how a server answers that: settings, with the client's acknowledged. */
export const HTTP2_CLIENT_START: Payload = concatPayloads([PREFACE, SETTINGS_FRAME, WINDOW_FRAME]);
export const HTTP2_SETTINGS_ACK: Payload = frame(FrameType.settings, FLAG_ACK, 0);
export const HTTP2_SERVER_START: Payload = concatPayloads([
  SETTINGS_FRAME,
  WINDOW_FRAME,
  HTTP2_SETTINGS_ACK,
]);
export const HTTP2_PING: Payload = frame(FrameType.ping, 0, 0, new Uint8Array(8));
export const HTTP2_PING_ACK: Payload = frame(FrameType.ping, FLAG_ACK, 0, new Uint8Array(8));

/** Whether a connection begins as a client of HTTP/2 does. */
export function isHttp2Start(first: Payload): boolean {
  if (first.lenBytes < PREFACE.lenBytes) return false;
  const start = payloadBytes(slicePayload(first, 0, PREFACE.lenBytes));
  return utf8Decode(start) === utf8Decode(payloadBytes(PREFACE));
}

/** A HEADERS frame. */
export function emitHttp2Headers(streamId: number, fields: Http2Fields, isLast: boolean): Payload {
  return payloadFromSource(new Http2HeadersFrame(streamId, fields, isLast));
}

/** DATA frames: one, unless there is more than fits. */
export function emitHttp2Data(streamId: number, payload: Payload, isLast: boolean): Payload {
  const parts: Payload[] = [];
  for (let at = 0; at < payload.lenBytes || (at === 0 && isLast); at += HTTP2_FRAME_BYTES_MAX) {
    const part = slicePayload(payload, at, at + HTTP2_FRAME_BYTES_MAX);
    const flags = isLast && at + part.lenBytes >= payload.lenBytes ? FLAG_END_STREAM : 0;
    parts.push(payloadFromBytes(frameHeader(FrameType.data, flags, streamId, part.lenBytes)), part);
  }
  return concatPayloads(parts);
}

/** Ends a stream that is not wanted any more, with the code CANCEL. */
export function emitHttp2Reset(streamId: number): Payload {
  return frame(FrameType.rstStream, 0, streamId, Uint8Array.of(...uint32(8)));
}

/** A HEADERS frame as payload that is written when someone asks for bytes. */
export class Http2HeadersFrame implements ChunkSource {
  readonly streamId: number;
  readonly fields: Http2Fields;
  readonly isLast: boolean;
  readonly lenBytes: number;

  constructor(streamId: number, fields: Http2Fields, isLast: boolean) {
    this.streamId = streamId;
    this.fields = fields;
    this.isLast = isLast;
    let lenBytes = FRAME_HEADER_BYTES;
    for (const [name, value] of fields) lenBytes += fieldLength(name, value);
    this.lenBytes = lenBytes;
  }

  render(): Uint8Array {
    const flags = FLAG_END_HEADERS | (this.isLast ? FLAG_END_STREAM : 0);
    const blockBytes = this.lenBytes - FRAME_HEADER_BYTES;
    const bytes: number[] = [...frameHeader(FrameType.headers, flags, this.streamId, blockBytes)];
    for (const [name, value] of this.fields) writeField(bytes, name, value);
    return Uint8Array.from(bytes);
  }
}

/** Reads the frames of one connection. The client's preface is taken off before. */
export class Http2Parser {
  #parts: Payload[] = [];
  #lenBytes = 0;
  /** Length of the frame at the front with its header, 0 when that is not known yet. */
  #frameBytes = 0;
  #isFailed = false;

  push(payload: Payload): void {
    if (payload.lenBytes === 0) return;
    this.#parts.push(payload);
    this.#lenBytes += payload.lenBytes;
  }

  /** The next frame that is there whole; frames that say nothing here are passed over. */
  next(): Http2Event | undefined {
    for (;;) {
      if (this.#isFailed || this.#lenBytes < Math.max(this.#frameBytes, FRAME_HEADER_BYTES)) {
        return undefined;
      }
      const event = this.#take();
      if (event === 'partial') return undefined;
      if (event === undefined) continue;
      if (event.kind === 'error') this.#isFailed = true;
      return event;
    }
  }

  #take(): Http2Event | 'partial' | undefined {
    const pending = concatPayloads(this.#parts);
    const told = toldFrame(pending);
    if (told !== undefined) {
      const { streamId, fields, isLast } = told;
      this.#keep(slicePayload(pending, told.lenBytes));
      return { kind: 'headers', streamId, fields, isLast };
    }
    const header = payloadBytes(slicePayload(pending, 0, FRAME_HEADER_BYTES));
    const view = new DataView(header.buffer, header.byteOffset, FRAME_HEADER_BYTES);
    const end = FRAME_HEADER_BYTES + view.getUint16(0) * 256 + view.getUint8(2);
    if (pending.lenBytes < end) {
      this.#keep(pending);
      this.#frameBytes = end;
      return 'partial';
    }
    const body = slicePayload(pending, FRAME_HEADER_BYTES, end);
    this.#keep(slicePayload(pending, end));
    return eventOf(view.getUint8(3), view.getUint8(4), view.getUint32(5) & 0x7fff_ffff, body);
  }

  #keep(rest: Payload): void {
    this.#parts = rest.lenBytes === 0 ? [] : [rest];
    this.#lenBytes = rest.lenBytes;
    this.#frameBytes = 0;
  }
}

/** The HEADERS frame that lies whole at the front, as what it says. */
function toldFrame({ chunks }: Payload): Http2HeadersFrame | undefined {
  const first = chunks[0];
  const source = first?.source;
  if (!(source instanceof Http2HeadersFrame)) return undefined;
  return first?.offset === 0 && first.lenBytes === source.lenBytes ? source : undefined;
}

function eventOf(
  type: number,
  flags: number,
  streamId: number,
  body: Payload,
): Http2Event | undefined {
  switch (type) {
    case FrameType.data: {
      const isLast = (flags & FLAG_END_STREAM) !== 0;
      return { kind: 'data', streamId, payload: body, isLast };
    }
    case FrameType.headers: {
      const isLast = (flags & FLAG_END_STREAM) !== 0;
      if ((flags & FLAG_END_HEADERS) === 0) return failed('a header block goes on in other frames');
      const fields = readFields(payloadBytes(body));
      if (fields === undefined) return failed('a header block that cannot be read');
      return { kind: 'headers', streamId, fields, isLast };
    }
    case FrameType.rstStream:
      return { kind: 'reset', streamId };
    case FrameType.settings:
      return (flags & FLAG_ACK) === 0 ? { kind: 'settings' } : undefined;
    case FrameType.ping:
      return (flags & FLAG_ACK) === 0 ? { kind: 'ping' } : undefined;
    case FrameType.goAway:
      return { kind: 'go-away' };
    case FrameType.continuation:
      return failed('a header block goes on in other frames');
    default:
      return undefined;
  }
}

function failed(message: string): Http2Event {
  return { kind: 'error', message };
}

function frame(
  type: number,
  flags: number,
  streamId: number,
  body: Uint8Array = new Uint8Array(0),
): Payload {
  const header = frameHeader(type, flags, streamId, body.length);
  return payloadFromBytes(Uint8Array.of(...header, ...body));
}

function frameHeader(type: number, flags: number, streamId: number, lenBytes: number): Uint8Array {
  assert(lenBytes <= HTTP2_FRAME_BYTES_MAX, 'a frame is no longer than its length field can say');
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  header[0] = lenBytes >>> 16;
  header[1] = lenBytes >>> 8;
  header[2] = lenBytes;
  header[3] = type;
  header[4] = flags;
  header[5] = streamId >>> 24;
  header[6] = streamId >>> 16;
  header[7] = streamId >>> 8;
  header[8] = streamId;
  return header;
}

function uint32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** Fields and names of HPACK's static table (RFC 7541, appendix A) that occur here. */
const STATIC_FIELDS: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map([
  [
    ':method',
    new Map([
      ['GET', 2],
      ['POST', 3],
    ]),
  ],
  [':scheme', new Map([['http', 6]])],
  [
    ':status',
    new Map([
      ['200', 8],
      ['404', 13],
    ]),
  ],
]);
const STATIC_NAMES: ReadonlyMap<string, number> = new Map([
  [':authority', 1],
  [':method', 2],
  [':path', 4],
  [':scheme', 6],
  [':status', 8],
  ['accept', 19],
  ['content-length', 28],
  ['content-type', 31],
  ['user-agent', 58],
]);
const FIELD_AT = new Map(
  [...STATIC_FIELDS].flatMap(([name, values]) =>
    [...values].map(([value, index]) => [index, [name, value]] as const),
  ),
);
const NAME_AT = new Map([...STATIC_NAMES].map(([name, index]) => [index, name]));

function fieldLength(name: string, value: string): number {
  if (STATIC_FIELDS.get(name)?.has(value) === true) return 1;
  const index = STATIC_NAMES.get(name);
  const nameBytes = index === undefined ? 1 + stringLength(name) : integerLength(index, 4);
  return nameBytes + stringLength(value);
}

function writeField(into: number[], name: string, value: string): void {
  const whole = STATIC_FIELDS.get(name)?.get(value);
  if (whole !== undefined) {
    into.push(0x80 | whole);
    return;
  }
  const index = STATIC_NAMES.get(name) ?? 0;
  writeInteger(into, 0, 4, index);
  if (index === 0) writeString(into, name);
  writeString(into, value);
}

function writeString(into: number[], text: string): void {
  const bytes = utf8Encode(text);
  writeInteger(into, 0, 7, bytes.length);
  for (const byte of bytes) into.push(byte);
}

function stringLength(text: string): number {
  const lenBytes = utf8Length(text);
  return integerLength(lenBytes, 7) + lenBytes;
}

function utf8Length(text: string): number {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) >= 0x80) return utf8Encode(text).length;
  }
  return text.length;
}

/** RFC 7541 §5.1: an integer behind a prefix of so many bits. */
function writeInteger(into: number[], first: number, prefixBits: number, value: number): void {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) {
    into.push(first | value);
    return;
  }
  into.push(first | limit);
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) into.push((rest % 128) | 0x80);
  into.push(rest);
}

function integerLength(value: number, prefixBits: number): number {
  let length = 1;
  let rest = value - (2 ** prefixBits - 1);
  if (rest < 0) return length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length + 1;
}

/** The fields of a header block; undefined when it uses what is not modelled or ends too early. */
function readFields(bytes: Uint8Array): Http2Fields | undefined {
  const fields: (readonly [string, string])[] = [];
  let at = 0;
  const integer = (prefixBits: number): number => {
    const limit = 2 ** prefixBits - 1;
    let value = (bytes[at++] ?? 0) & limit;
    if (value < limit) return value;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value;
  };
  const text = (): string | undefined => {
    if ((bytes[at] ?? 0x80) >= 0x80) return undefined;
    const lenBytes = integer(7);
    at += lenBytes;
    return at > bytes.length ? undefined : utf8Decode(bytes.subarray(at - lenBytes, at));
  };
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    if (first >= 0x80) {
      const [name, value] = FIELD_AT.get(integer(7)) ?? [];
      if (name === undefined || value === undefined) return undefined;
      fields.push([name, value]);
      continue;
    }
    // Literals of all three kinds, as long as nobody refers to what they would have put into the table.
    const index = integer(first >= 0x40 ? 6 : 4);
    const name = index === 0 ? text() : NAME_AT.get(index);
    const value = text();
    if (name === undefined || value === undefined) return undefined;
    fields.push([name, value]);
  }
  return fields;
}

/** What follows the client's preface in the first piece of a connection. */
export function behindHttp2Preface(first: Payload): Payload {
  return first.lenBytes > PREFACE.lenBytes ? slicePayload(first, PREFACE.lenBytes) : EMPTY_PAYLOAD;
}
