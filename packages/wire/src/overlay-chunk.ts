/**
 * Chunks of payload between threads (Chunk in frame.proto): bytes, fill, or a stretch of a source by its number.
 *
 * From and to: overlay-frame.ts. Without tables of numbers a source is written as its bytes. With them its meaning
 * crosses once for all stretches and readers (source-names.ts): JSON as text, but with frozen values of some length,
 * which are in more than one source (an object in a list and in a watch event), as numbered values of their own. What
 * was frozen here is frozen there.
 */
import { assert, deepFreeze } from '@podwire/base';
import type protobuf from 'protobufjs/minimal.js';
import { type Http2Fields, Http2HeadersFrame } from './http2.ts';
import { JsonLines, JsonSource, jsonLength } from './json-source.ts';
import { type Chunk, type ChunkSource, bytesChunk, chunkBytes, fillChunk } from './payload.ts';
import { BYTES, VARINT, tag } from './protobuf-tag.ts';
import type { ReceivedNames, SentNames } from './source-names.ts';
import { utf8Decode } from './text.ts';

type Writer = protobuf.Writer;
type Reader = protobuf.Reader;

/** Frozen values below this length are not worth a number. */
const NUMBERED_LENGTH_MIN = 128;

/** Writes a chunk's fields; `names`: what the receiver was sent before. */
export function writeChunk(w: Writer, chunk: Chunk, names: SentNames | undefined): void {
  const { source } = chunk;
  if (names !== undefined && isNamedSource(source)) {
    writeStretch(w, chunk, source, names);
    return;
  }
  const bytes = chunkBytes(chunk);
  if (bytes !== undefined) w.uint32(tag(1, BYTES)).bytes(bytes);
  else {
    w.uint32(tag(2, VARINT)).uint32(chunk.lenBytes);
    if (chunk.fill !== 0) w.uint32(tag(3, VARINT)).uint32(chunk.fill);
  }
}

export function readChunk(r: Reader, end: number, names: ReceivedNames | undefined): Chunk {
  let bytes: Uint8Array | undefined;
  let lenBytes = 0;
  let fill = 0;
  let number = 0;
  let offset = 0;
  let content: ChunkSource | undefined;
  while (r.pos < end) {
    const key = r.uint32();
    switch (key) {
      case tag(1, BYTES):
        // A copy: the reader's bytes may be a scratch buffer or shared memory.
        bytes = new Uint8Array(r.bytes());
        lenBytes = bytes.length;
        break;
      case tag(2, VARINT):
        lenBytes = r.uint32();
        break;
      case tag(3, VARINT):
        fill = r.uint32();
        break;
      case tag(4, VARINT):
        number = r.uint32();
        break;
      case tag(5, VARINT):
        offset = r.uint32();
        break;
      case tag(6, VARINT):
        lenBytes = r.uint32();
        break;
      case tag(7, BYTES): {
        const contentBytes = r.uint32();
        assert(names !== undefined, 'sources have numbers between two threads only');
        content = readSource(r, contentBytes + r.pos, names);
        names.add(number, content, contentBytes);
        break;
      }
      default:
        r.skipType(key & 7);
    }
  }
  if (bytes !== undefined) return bytesChunk(bytes);
  if (number === 0) return fillChunk(lenBytes, fill);
  assert(names !== undefined, 'sources have numbers between two threads only');
  const source = content ?? (names.get(number) as ChunkSource);
  assert(offset + lenBytes <= source.lenBytes, 'a stretch lies in its source');
  return { lenBytes, bytes: undefined, fill: 0, source, offset };
}

type NamedSource = JsonSource | JsonLines | Http2HeadersFrame;

function isNamedSource(source: ChunkSource | undefined): source is NamedSource {
  return (
    source instanceof JsonSource ||
    source instanceof JsonLines ||
    source instanceof Http2HeadersFrame
  );
}

function writeStretch(
  w: Writer,
  { offset, lenBytes }: Chunk,
  source: NamedSource,
  names: SentNames,
): void {
  const known = names.numberOf(source);
  const number = known ?? names.take();
  w.uint32(tag(4, VARINT)).uint32(number);
  if (offset !== 0) w.uint32(tag(5, VARINT)).uint32(offset);
  w.uint32(tag(6, VARINT)).uint32(lenBytes);
  if (known !== undefined) return;
  const startBytes = w.uint32(tag(7, BYTES)).fork().len;
  w.uint32(tag(1, VARINT)).uint32(source.lenBytes);
  if (source instanceof JsonSource) {
    writeValue(w.uint32(tag(2, BYTES)), source.value, names);
    if (source.end !== '') w.uint32(tag(4, VARINT)).bool(true);
  } else if (source instanceof JsonLines) {
    for (const value of source.values) writeValue(w.uint32(tag(3, BYTES)), value, names);
  } else {
    writeValue(w.uint32(tag(5, BYTES)), source.fields, names);
    w.uint32(tag(6, VARINT)).uint32(source.streamId);
    if (source.isLast) w.uint32(tag(7, VARINT)).bool(true);
  }
  names.add(source, number, w.len - startBytes);
  w.ldelim();
}

function readSource(r: Reader, end: number, names: ReceivedNames): ChunkSource {
  let lenBytes = 0;
  let value: unknown;
  let lines: object[] | undefined;
  let hasLineEnd = false;
  let fields: Http2Fields | undefined;
  let streamId = 0;
  let isLast = false;
  while (r.pos < end) {
    const key = r.uint32();
    switch (key) {
      case tag(1, VARINT):
        lenBytes = r.uint32();
        break;
      case tag(2, BYTES):
        value = readValue(r, names);
        break;
      case tag(3, BYTES):
        lines ??= [];
        lines.push(readValue(r, names) as object);
        break;
      case tag(4, VARINT):
        hasLineEnd = r.bool();
        break;
      case tag(5, BYTES):
        fields = readValue(r, names) as Http2Fields;
        break;
      case tag(6, VARINT):
        streamId = r.uint32();
        break;
      case tag(7, VARINT):
        isLast = r.bool();
        break;
      default:
        r.skipType(key & 7);
    }
  }
  if (fields !== undefined) return new Http2HeadersFrame(streamId, fields, isLast);
  if (lines !== undefined) return new JsonLines(lines, lenBytes);
  return new JsonSource(value, hasLineEnd ? '\n' : '', lenBytes);
}

/** A value with its length before it. */
function writeValue(w: Writer, value: unknown, names: SentNames): void {
  const startBytes = w.fork().len;
  if (!isNumbered(value)) writeContent(w, value, names);
  else {
    const known = names.numberOf(value);
    const number = known ?? names.take();
    w.uint32(tag(1, VARINT)).uint32(number);
    if (known === undefined) {
      writeContent(w, value, names);
      names.add(value, number, w.len - startBytes);
    }
  }
  w.ldelim();
}

/** The items of a list, or the fields of a loose object, of which some have numbers; else text. */
function writeContent(w: Writer, value: unknown, names: SentNames): void {
  if (isListOfNumbered(value)) {
    for (const item of value) writeValue(w.uint32(tag(3, BYTES)), item, names);
    return;
  }
  if (isLoose(value) && Object.values(value).some(hasNumbered)) {
    for (const [name, part] of Object.entries(value)) {
      if (part === undefined) continue;
      w.uint32(tag(4, BYTES)).fork().uint32(tag(1, BYTES)).string(name);
      writeValue(w.uint32(tag(2, BYTES)), part, names);
      w.ldelim();
    }
    return;
  }
  w.uint32(tag(2, BYTES)).string(JSON.stringify(value) ?? 'null');
}

function isNumbered(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return false;
  return jsonLength(value) >= NUMBERED_LENGTH_MIN;
}

function isListOfNumbered(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.some(isNumbered);
}

function hasNumbered(value: unknown): boolean {
  return isNumbered(value) || isListOfNumbered(value);
}

/** An object that somebody put together to send it. */
function isLoose(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !Object.isFrozen(value);
}

function readValue(r: Reader, names: ReceivedNames): unknown {
  const lenBytes = r.uint32();
  const end = lenBytes + r.pos;
  let number = 0;
  let json: string | undefined;
  let items: unknown[] | undefined;
  let fields: [string, unknown][] | undefined;
  while (r.pos < end) {
    const key = r.uint32();
    switch (key) {
      case tag(1, VARINT):
        number = r.uint32();
        break;
      case tag(2, BYTES):
        json = utf8Decode(r.bytes());
        break;
      case tag(3, BYTES):
        items ??= [];
        items.push(readValue(r, names));
        break;
      case tag(4, BYTES):
        fields ??= [];
        fields.push(readField(r, r.uint32() + r.pos, names));
        break;
      default:
        r.skipType(key & 7);
    }
  }
  const value: unknown =
    json !== undefined
      ? JSON.parse(json)
      : (items ?? (fields === undefined ? undefined : Object.fromEntries(fields)));
  if (number === 0) return value;
  if (value === undefined) return names.get(number);
  names.add(number, deepFreeze(value as object), lenBytes);
  return value;
}

function readField(r: Reader, end: number, names: ReceivedNames): [string, unknown] {
  let name = '';
  let value: unknown;
  while (r.pos < end) {
    const key = r.uint32();
    switch (key) {
      case tag(1, BYTES):
        name = utf8Decode(r.bytes());
        break;
      case tag(2, BYTES):
        value = readValue(r, names);
        break;
      default:
        r.skipType(key & 7);
    }
  }
  return [name, value];
}
