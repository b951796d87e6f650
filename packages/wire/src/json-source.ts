/**
 * A JSON value as payload: as long as its text, which is written only when someone asks for bytes.
 *
 * API requests, answers and watch events travel so. The value must be frozen, or never changed again.
 */
import { type ChunkSource, type Payload, payloadText, wholeSource } from './payload.ts';
import { utf8Encode } from './text.ts';

export type JsonEnd = '' | '\n';

export class JsonSource implements ChunkSource {
  readonly value: unknown;
  readonly lenBytes: number;
  /** '' or a line end behind the text. */
  readonly end: JsonEnd;
  #bytes: Uint8Array | undefined;

  /** `lenBytes`: where it is known. */
  constructor(value: unknown, end: JsonEnd = '', lenBytes?: number) {
    this.value = value;
    this.end = end;
    this.lenBytes = lenBytes ?? jsonLength(value) + end.length;
  }

  /** Kept, since a large text is asked for segment by segment. */
  render(): Uint8Array {
    this.#bytes ??= utf8Encode(JSON.stringify(this.value) + this.end);
    return this.#bytes;
  }
}

/** Values as JSON lines, in one piece: what one write to a watcher carries. */
export class JsonLines implements ChunkSource {
  readonly values: readonly object[];
  readonly lenBytes: number;
  #bytes: Uint8Array | undefined;

  /** `lenBytes`: where it is known. */
  constructor(values: readonly object[], lenBytes?: number) {
    this.values = values;
    this.lenBytes = lenBytes ?? linesLength(values);
  }

  render(): Uint8Array {
    this.#bytes ??= utf8Encode(this.values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    return this.#bytes;
  }
}

function linesLength(values: readonly object[]): number {
  let lenBytes = 0;
  for (const value of values) lenBytes += jsonLength(value) + 1;
  return lenBytes;
}

/**
 * The values of a piece of JSON lines. A piece that came as what it means gives the very list that was sent, so
 * that readers of the same piece can tell. Undefined stands for a line that is no JSON.
 */
export function payloadJsonLines(payload: Payload): readonly unknown[] {
  const source = wholeSource(payload);
  if (source instanceof JsonLines) return source.values;
  const lines = payloadText(payload).split('\n');
  return lines.filter((line) => line !== '').map((line) => parsed(line)?.value);
}

/** Whether a piece of JSON lines ends with a line, so that what follows is none of its. */
export function endsWithLine({ chunks }: Payload): boolean {
  const last = chunks.at(-1);
  if (last === undefined) return true;
  const { bytes, source, offset, lenBytes } = last;
  if (source !== undefined)
    return source instanceof JsonLines && offset + lenBytes === source.lenBytes;
  return bytes?.at(-1) === 0x0a;
}

/** The JSON value of a payload: what its source means, else what its text says; undefined when it is no JSON. */
export function payloadJson(payload: Payload): { readonly value: unknown } | undefined {
  if (payload.lenBytes === 0) return undefined;
  const source = wholeSource(payload);
  return source instanceof JsonSource ? source : parsed(payloadText(payload));
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * Frozen values of some length are remembered, so that the parts a new version of an object shares with the old one
 * are not measured again: only those that are asked for again pay for it, which are the value itself and what it
 * consists of (an object and its metadata, spec and status, the items of a list).
 */
const REMEMBERED_MIN = 256;
const REMEMBERED_DEPTH_MAX = 1;
const lengths = new WeakMap<object, number>();

/** Bytes of `JSON.stringify(value)` in UTF-8. The value is plain data; `undefined` only as a field, which JSON drops. */
export function jsonLength(value: unknown): number {
  return lengthAt(value, 0);
}

function lengthAt(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
      return stringLength(value);
    case 'number':
      return numberLength(value);
    case 'boolean':
      return value ? 4 : 5;
    case 'object':
      return value === null ? 4 : objectLength(value, depth);
    default:
      return 4;
  }
}

function objectLength(value: object, depth: number): number {
  const isFrozen = depth <= REMEMBERED_DEPTH_MAX && Object.isFrozen(value);
  if (isFrozen) {
    const known = lengths.get(value);
    if (known !== undefined) return known;
  }
  let length = 1;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) length += lengthAt(value[index], depth) + 1;
    if (value.length === 0) length = 2;
  } else {
    const fields = value as Record<string, unknown>;
    for (const key in fields) {
      const part = fields[key];
      if (part !== undefined) length += stringLength(key) + 2 + lengthAt(part, depth + 1);
    }
    if (length === 1) length = 2;
  }
  if (isFrozen && length >= REMEMBERED_MIN) lengths.set(value, length);
  return length;
}

function numberLength(value: number): number {
  if (!Number.isFinite(value)) return 4;
  if (value >= 0 && value < 10 && Number.isInteger(value)) return 1;
  return String(value).length;
}

/** Length of a string with its quotes and escapes. */
function stringLength(text: string): number {
  let length = text.length + 2;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x20 && code < 0x80) {
      if (code === 0x22 || code === 0x5c) length++;
    } else if (code < 0x20) {
      // \b \t \n \f \r are two characters, the others six.
      length += code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? 1 : 5;
    } else if (code < 0x800) length += 1;
    else if (code < 0xd800 || code > 0xdfff) length += 2;
    else if (code < 0xdc00 && isLowSurrogate(text, index + 1)) {
      length += 2;
      index++;
    } else length += 5; // a lone surrogate, escaped
  }
  return length;
}

function isLowSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff;
}
