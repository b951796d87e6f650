/**
 * The payload of a packet: a list of chunks that hops hand on and never copy.
 *
 * A chunk is a view of bytes, or a length of one repeated byte for bulk data that nobody reads. Bytes
 * are rendered only for a capture, for another thread, or when a program reads them. Payloads and the
 * bytes under them are never changed after they were made.
 */
import { utf8Decode, utf8Encode } from './text.ts';

export interface Chunk {
  readonly lenBytes: number;
  /** undefined: `lenBytes` times `fill`. */
  readonly bytes: Uint8Array | undefined;
  readonly fill: number;
}

export interface Payload {
  readonly lenBytes: number;
  readonly chunks: readonly Chunk[];
}

export const EMPTY_PAYLOAD: Payload = { lenBytes: 0, chunks: [] };

export function payloadFromBytes(bytes: Uint8Array): Payload {
  if (bytes.length === 0) return EMPTY_PAYLOAD;
  return { lenBytes: bytes.length, chunks: [{ lenBytes: bytes.length, bytes, fill: 0 }] };
}

export function payloadFromText(text: string): Payload {
  return payloadFromBytes(utf8Encode(text));
}

/** `lenBytes` times the same byte. */
export function payloadOfFill(lenBytes: number, fill = 0x78): Payload {
  if (lenBytes === 0) return EMPTY_PAYLOAD;
  return { lenBytes, chunks: [{ lenBytes, bytes: undefined, fill }] };
}

export function concatPayloads(parts: readonly Payload[]): Payload {
  if (parts.length === 1) return parts[0] ?? EMPTY_PAYLOAD;
  let lenBytes = 0;
  const chunks: Chunk[] = [];
  for (const part of parts) {
    lenBytes += part.lenBytes;
    for (const chunk of part.chunks) chunks.push(chunk);
  }
  return lenBytes === 0 ? EMPTY_PAYLOAD : { lenBytes, chunks };
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
    if (from < to) {
      const bytes = chunk.bytes?.subarray(from, to);
      chunks.push({ lenBytes: to - from, bytes, fill: chunk.fill });
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
    if (chunk.bytes === undefined) into.fill(chunk.fill, at, at + chunk.lenBytes);
    else into.set(chunk.bytes, at);
    at += chunk.lenBytes;
  }
  return at;
}

export function payloadText(payload: Payload): string {
  return utf8Decode(payloadBytes(payload));
}
