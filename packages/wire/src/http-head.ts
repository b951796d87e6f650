/**
 * The head of an HTTP/1.1 message: its fields, its text, and as a source of payload.
 *
 * A head that is well formed travels as what it says (payload.ts); a reader that gets it whole need not parse
 * text. One that its text would not give back exactly, such as a value with a line end in it, travels as bytes.
 */
import { type ChunkSource, type Payload, payloadFromSource, payloadFromText } from './payload.ts';
import { utf8Encode } from './text.ts';

/** A field never changes, so that heads share those that are the same in many messages. */
class Field {
  readonly name: string;
  readonly value: string;
  /** Of its line; -1: its text would not read back as the same field; undefined: nobody has asked yet. */
  #plainBytes: number | undefined;
  #lower: readonly [string, string] | undefined;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
  }

  /** As HTTP/2 writes it: the name in lower case. */
  get lower(): readonly [string, string] {
    this.#lower ??= [this.name.toLowerCase(), this.value];
    return this.#lower;
  }

  get plainBytes(): number {
    this.#plainBytes ??= plainFieldLength(this.name, this.value);
    return this.#plainBytes;
  }
}

function plainFieldLength(name: string, value: string): number {
  if (!isPlain(name, true) || !isPlain(value, false)) return -1;
  if (name === '' || name.includes(':')) return -1;
  if (value.startsWith(' ') || value.endsWith(' ')) return -1;
  return name.length + value.length + 4;
}

export class HttpHeaders {
  readonly #fields: Field[] = [];

  constructor(fields: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of fields) this.append(name, value);
  }

  /** The first value, undefined when the field is absent. */
  get(name: string): string | undefined {
    for (const field of this.#fields) if (isSameName(field.name, name)) return field.value;
    return undefined;
  }

  getAll(name: string): string[] {
    return this.#fields.filter((field) => isSameName(field.name, name)).map(({ value }) => value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  append(name: string, value: string): void {
    this.#fields.push(new Field(name, value));
  }

  /** Replaces all fields of that name by one, in the place of the first. */
  set(name: string, value: string): void {
    const index = this.#fields.findIndex((field) => isSameName(field.name, name));
    if (index < 0) {
      this.append(name, value);
      return;
    }
    this.delete(name);
    this.#fields.splice(index, 0, new Field(name, value));
  }

  delete(name: string): void {
    for (let index = this.#fields.length - 1; index >= 0; index--) {
      if (isSameName(this.#fields[index]?.name ?? '', name)) this.#fields.splice(index, 1);
    }
  }

  *entries(): Generator<[string, string], void, unknown> {
    for (const field of this.#fields) yield [field.name, field.value];
  }

  /** The fields with names in lower case. */
  lower(): (readonly [string, string])[] {
    return this.#fields.map((field) => field.lower);
  }

  copy(): HttpHeaders {
    const copy = new HttpHeaders();
    for (const field of this.#fields) copy.#fields.push(field);
    return copy;
  }

  /** Length of the fields' lines; undefined when their text would not read back as the same fields. */
  plainLength(): number | undefined {
    let lenBytes = 0;
    for (const { plainBytes } of this.#fields) {
      if (plainBytes < 0) return undefined;
      lenBytes += plainBytes;
    }
    return lenBytes;
  }
}

/** Names compare without case; most are told apart by their length. */
function isSameName(left: string, right: string): boolean {
  if (left === right) return true;
  return left.length === right.length && left.toLowerCase() === right.toLowerCase();
}

export type HttpVersion = 'HTTP/1.0' | 'HTTP/1.1';

export interface HttpRequestHead {
  readonly kind: 'request';
  readonly method: string;
  /** As on the request line: `/path?query`, or an absolute form. */
  readonly target: string;
  readonly version: HttpVersion;
  readonly headers: HttpHeaders;
}

export interface HttpResponseHead {
  readonly kind: 'response';
  readonly version: HttpVersion;
  readonly status: number;
  readonly reason: string;
  readonly headers: HttpHeaders;
}

export type HttpHead = HttpRequestHead | HttpResponseHead;

/** The head as payload. The caller changes its headers no more. */
export function emitHttpHead(head: HttpHead): Payload {
  const lenBytes = plainLength(head);
  if (lenBytes === undefined) return payloadFromText(headText(head));
  return payloadFromSource(new HttpHeadSource(head, lenBytes));
}

export class HttpHeadSource implements ChunkSource {
  readonly head: HttpHead;
  readonly lenBytes: number;

  constructor(head: HttpHead, lenBytes: number) {
    this.head = head;
    this.lenBytes = lenBytes;
  }

  render(): Uint8Array {
    return utf8Encode(headText(this.head));
  }
}

function headText(head: HttpHead): string {
  let text =
    head.kind === 'request'
      ? `${head.method} ${head.target} ${head.version}\r\n`
      : `${head.version} ${head.status} ${head.reason}\r\n`;
  for (const [name, value] of head.headers.entries()) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}

/** Length of the head's text; undefined when that text would not be read back as the same head. */
function plainLength(head: HttpHead): number | undefined {
  const fields = head.headers.plainLength();
  if (fields === undefined) return undefined;
  if (head.kind === 'request') {
    const { method, target } = head;
    if (method === '' || target === '' || !isPlain(target, true)) return undefined;
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) return undefined;
    return method.length + target.length + 12 + fields + 2;
  }
  const { status, reason } = head;
  if (!(status >= 100 && status <= 999) || !isPlain(reason, false)) return undefined;
  return 8 + 1 + 3 + 1 + reason.length + 2 + fields + 2;
}

/** Whether the text is printable ASCII; a word has no spaces. */
function isPlain(text: string, isWord: boolean): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || (isWord && code === 0x20)) return false;
  }
  return true;
}
