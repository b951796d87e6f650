/**
 * The payload of a packet: a list of chunks that hops hand on and never copy.
 *
 * A chunk is a view of bytes, a length of one repeated byte for bulk data that nobody reads, or a stretch of a
 * source: something that has a meaning (an HTTP head, an API object) and can be rendered as bytes. Bytes are
 * rendered only for a capture, for another thread, or when a program reads them; a reader that has a source
 * whole may take its meaning instead, which must be what reading its bytes would give. Payloads, the bytes
 * under them and the meanings of sources are never changed after they were made.
 */
import { assert } from '@podwire/base';
import { utf8Decode, utf8Encode } from './text.ts';

/** What a stretch of payload means, rendered when someone asks for bytes. */
export interface ChunkSource {
  /** Length of what `render` gives. */
  readonly lenBytes: number;
  render(): Uint8Array;
}

export interface Chunk {
  readonly lenBytes: number;
  /** undefined: a stretch of `source`, or `lenBytes` times `fill`. */
  readonly bytes: Uint8Array | undefined;
  readonly fill: number;
  readonly source: ChunkSource | undefined;
  /** Where in the source the chunk begins; 0 without one. */
  readonly offset: number;
}

export interface Payload {
  readonly lenBytes: number;
  readonly chunks: readonly Chunk[];
}

export const EMPTY_PAYLOAD: Payload = { lenBytes: 0, chunks: [] };

export function payloadFromBytes(bytes: Uint8Array): Payload {
  if (bytes.length === 0) return EMPTY_PAYLOAD;
  return { lenBytes: bytes.length, chunks: [bytesChunk(bytes)] };
}

export function bytesChunk(bytes: Uint8Array): Chunk {
  return { lenBytes: bytes.length, bytes, fill: 0, source: undefined, offset: 0 };
}

export function fillChunk(lenBytes: number, fill: number): Chunk {
  return { lenBytes, bytes: undefined, fill, source: undefined, offset: 0 };
}

/** All of a source. */
export function sourceChunk(source: ChunkSource): Chunk {
  return { lenBytes: source.lenBytes, bytes: undefined, fill: 0, source, offset: 0 };
}

export function payloadFromSource(source: ChunkSource): Payload {
  return { lenBytes: source.lenBytes, chunks: [sourceChunk(source)] };
}

/** The source that a payload is the whole of; undefined when it is anything else. */
export function wholeSource(payload: Payload): ChunkSource | undefined {
  const only = payload.chunks[0];
  if (only?.source === undefined || payload.chunks.length !== 1) return undefined;
  return only.lenBytes === only.source.lenBytes ? only.source : undefined;
}

export function payloadFromText(text: string): Payload {
  return payloadFromBytes(utf8Encode(text));
}

/** `lenBytes` times the same byte. */
export function payloadOfFill(lenBytes: number, fill = 0x78): Payload {
  if (lenBytes === 0) return EMPTY_PAYLOAD;
  return { lenBytes, chunks: [fillChunk(lenBytes, fill)] };
}

export function concatPayloads(parts: readonly Payload[]): Payload {
  if (parts.length === 1) return parts[0] ?? EMPTY_PAYLOAD;
  let lenBytes = 0;
  const chunks: Chunk[] = [];
  for (const part of parts) {
    lenBytes += part.lenBytes;
    for (const chunk of part.chunks) pushChunk(chunks, chunk);
  }
  return lenBytes === 0 ? EMPTY_PAYLOAD : { lenBytes, chunks };
}

/** Adds a chunk behind others; stretches of one source that meet become one again. */
function pushChunk(chunks: Chunk[], chunk: Chunk): void {
  const last = chunks.at(-1);
  if (chunk.source === undefined || last === undefined || last.source !== chunk.source) {
    chunks.push(chunk);
    return;
  }
  if (last.offset + last.lenBytes !== chunk.offset) chunks.push(chunk);
  else {
    chunks[chunks.length - 1] = {
      lenBytes: last.lenBytes + chunk.lenBytes,
      bytes: undefined,
      fill: 0,
      source: last.source,
      offset: last.offset,
    };
  }
}

/** The bytes from `start` up to, not including, `end`, as far as there are any; the chunks are shared. */
export function slicePayload(
  payload: Payload,
  start: number,
  end: number = payload.lenBytes,
): Payload {
  if (start <= 0 && end >= payload.lenBytes) return payload;
  const last = Math.min(end, payload.lenBytes);
  const first = Math.max(start, 0);
  if (first >= last) return EMPTY_PAYLOAD;
  const chunks: Chunk[] = [];
  let at = 0;
  for (const chunk of payload.chunks) {
    const from = Math.max(first - at, 0);
    const to = Math.min(last - at, chunk.lenBytes);
    if (to - from === chunk.lenBytes) chunks.push(chunk);
    else if (from < to) {
      chunks.push({
        lenBytes: to - from,
        bytes: chunk.bytes?.subarray(from, to),
        fill: chunk.fill,
        source: chunk.source,
        offset: chunk.source === undefined ? 0 : chunk.offset + from,
      });
    }
    at += chunk.lenBytes;
    if (at >= last) break;
  }
  return { lenBytes: last - first, chunks };
}

/** Renders all bytes (a copy unless the payload is one chunk of bytes). */
export function payloadBytes(payload: Payload): Uint8Array {
  const only = payload.chunks[0];
  if (payload.chunks.length === 1 && only?.bytes !== undefined) return only.bytes;
  const bytes = new Uint8Array(payload.lenBytes);
  writePayload(payload, bytes, 0);
  return bytes;
}

/** Writes all bytes at an offset; returns the offset behind them. */
export function writePayload(payload: Payload, into: Uint8Array, offset: number): number {
  let at = offset;
  for (const chunk of payload.chunks) {
    const bytes = chunkBytes(chunk);
    if (bytes === undefined) into.fill(chunk.fill, at, at + chunk.lenBytes);
    else into.set(bytes, at);
    at += chunk.lenBytes;
  }
  return at;
}

/** The bytes of a chunk; undefined when it is `lenBytes` times `fill`. */
export function chunkBytes(chunk: Chunk): Uint8Array | undefined {
  if (chunk.source === undefined) return chunk.bytes;
  const bytes = chunk.source.render();
  assert(bytes.length === chunk.source.lenBytes, 'a source is as long as it says');
  return bytes.subarray(chunk.offset, chunk.offset + chunk.lenBytes);
}

export function payloadText(payload: Payload): string {
  return utf8Decode(payloadBytes(payload));
}
