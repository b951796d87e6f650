/**
 * HTTP/1.1 messages (RFC 9112): framing and parsing; bodies are payloads that are never rendered here.
 *
 * `HttpParser` takes what a connection reads, piece by piece, and gives events: head, body parts, end.
 * Header fields keep their order and spelling; names compare without case.
 */
import {
  EMPTY_PAYLOAD,
  type Payload,
  concatPayloads,
  payloadBytes,
  payloadFromText,
  slicePayload,
} from './payload.ts';
import { utf8Decode } from './text.ts';
import {
  type HttpHead,
  HttpHeaders,
  HttpHeadSource,
  type HttpRequestHead,
  type HttpResponseHead,
  type HttpVersion,
} from './http-head.ts';

export type HttpEvent =
  | { readonly kind: 'head'; readonly head: HttpHead }
  | { readonly kind: 'body'; readonly payload: Payload }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly message: string };

/** One chunk of a chunked body. An empty payload gives nothing, since a chunk of length 0 is the last. */
export function emitHttpChunk(payload: Payload): Payload {
  if (payload.lenBytes === 0) return EMPTY_PAYLOAD;
  const size = payloadFromText(`${payload.lenBytes.toString(16)}\r\n`);
  return concatPayloads([size, payload, LINE_END]);
}

const LINE_END = payloadFromText('\r\n');

/** What ends a chunked body. */
export function emitHttpLastChunk(): Payload {
  return payloadFromText('0\r\n\r\n');
}

/** Whether the connection stays open after this message (RFC 9112 §9.3). */
export function httpKeepsAlive(head: HttpHead): boolean {
  if (!head.headers.has('Connection')) return head.version === 'HTTP/1.1';
  const tokens = head.headers
    .getAll('Connection')
    .flatMap((value) => value.toLowerCase().split(','))
    .map((token) => token.trim());
  if (tokens.includes('close')) return false;
  return head.version === 'HTTP/1.1' || tokens.includes('keep-alive');
}

/** The reason phrase that Go's and nginx's servers send (RFC 9110 §15). */
export function httpReason(status: number): string {
  return REASONS.get(status) ?? '';
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [100, 'Continue'],
  [101, 'Switching Protocols'],
  [200, 'OK'],
  [201, 'Created'],
  [202, 'Accepted'],
  [204, 'No Content'],
  [206, 'Partial Content'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [304, 'Not Modified'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [406, 'Not Acceptable'],
  [408, 'Request Timeout'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [411, 'Length Required'],
  [413, 'Request Entity Too Large'],
  [414, 'Request URI Too Long'],
  [415, 'Unsupported Media Type'],
  [416, 'Requested Range Not Satisfiable'],
  [418, "I'm a teapot"],
  [421, 'Misdirected Request'],
  [422, 'Unprocessable Entity'],
  [425, 'Too Early'],
  [426, 'Upgrade Required'],
  [428, 'Precondition Required'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [451, 'Unavailable For Legal Reasons'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
  [505, 'HTTP Version Not Supported'],
]);

/** Go's net/http DefaultMaxHeaderBytes. */
const HEAD_BYTES_MAX = 1 << 20;
/** Longest line with a chunk's size or a trailer field. */
const LINE_BYTES_MAX = 4096;

type State =
  | { readonly at: 'head' }
  | { readonly at: 'length'; leftBytes: number }
  | { readonly at: 'chunk-size' }
  | { readonly at: 'chunk'; leftBytes: number }
  | { readonly at: 'chunk-end' }
  | { readonly at: 'trailer' }
  | { readonly at: 'until-close' }
  | { readonly at: 'end' }
  | { readonly at: 'tunnel' }
  | { readonly at: 'failed' };

/** Whether the bytes are, or may become, a status line: other servers greet in their own way. */
function mayBeResponse(bytes: Uint8Array): boolean {
  const start = utf8Decode(bytes.subarray(0, 64)).replace(/^[\r\n]+/, '');
  return 'HTTP/'.startsWith(start.slice(0, 5));
}

/** Reads the requests, or the responses, of one connection one after the other. */
export class HttpParser {
  readonly #kind: HttpHead['kind'];
  #pending: Payload = EMPTY_PAYLOAD;
  #state: State = { at: 'head' };
  #isBodyless = false;

  constructor(kind: HttpHead['kind']) {
    this.#kind = kind;
  }

  /** The next response answers a HEAD request: it has no body whatever its head says. */
  expectNoBody(): void {
    this.#isBodyless = true;
  }

  push(payload: Payload): void {
    if (payload.lenBytes === 0) return;
    this.#pending =
      this.#pending.lenBytes === 0 ? payload : concatPayloads([this.#pending, payload]);
  }

  /** Whether a message is under way, so that an end of the connection would cut it short. */
  get isInsideMessage(): boolean {
    return this.#state.at !== 'head' || this.#pending.lenBytes > 0;
  }

  /** Takes what was pushed and not parsed: after an upgrade, the other protocol's bytes. */
  takePending(): Payload {
    const pending = this.#pending;
    this.#pending = EMPTY_PAYLOAD;
    return pending;
  }

  /** The connection ended. The event that follows from it, undefined between two messages. */
  finish(): HttpEvent | undefined {
    const at = this.#state.at;
    if (at === 'until-close' || at === 'end') {
      this.#state = { at: 'head' };
      return { kind: 'end' };
    }
    if (at === 'tunnel' || at === 'failed' || !this.isInsideMessage) return undefined;
    return this.#fail('unexpected end of the connection');
  }

  /** The next event, undefined when more must be pushed first. */
  next(): HttpEvent | undefined {
    for (;;) {
      const state = this.#state;
      switch (state.at) {
        case 'head':
          return this.#readHead();
        case 'length':
        case 'chunk': {
          if (state.leftBytes > 0) return this.#readBody(state);
          this.#state = { at: state.at === 'chunk' ? 'chunk-end' : 'end' };
          break;
        }
        case 'chunk-size': {
          const line = this.#readLine();
          if (typeof line !== 'string') return line;
          const size = /^([0-9a-fA-F]{1,13})[ \t]*(?:;.*)?$/.exec(line)?.[1];
          if (size === undefined) return this.#fail('invalid byte in chunk length');
          const leftBytes = Number.parseInt(size, 16);
          this.#state = leftBytes === 0 ? { at: 'trailer' } : { at: 'chunk', leftBytes };
          break;
        }
        case 'chunk-end': {
          const line = this.#readLine();
          if (typeof line !== 'string') return line;
          if (line !== '') return this.#fail('malformed chunked encoding');
          this.#state = { at: 'chunk-size' };
          break;
        }
        case 'trailer': {
          const line = this.#readLine();
          if (typeof line !== 'string') return line;
          if (line === '') this.#state = { at: 'end' };
          break;
        }
        case 'until-close': {
          if (this.#pending.lenBytes === 0) return undefined;
          return { kind: 'body', payload: this.takePending() };
        }
        case 'end':
          this.#state = { at: 'head' };
          return { kind: 'end' };
        case 'tunnel':
        case 'failed':
          return undefined;
      }
    }
  }

  #readBody(state: { leftBytes: number }): HttpEvent | undefined {
    if (this.#pending.lenBytes === 0) return undefined;
    const payload = slicePayload(this.#pending, 0, state.leftBytes);
    this.#pending = slicePayload(this.#pending, payload.lenBytes);
    state.leftBytes -= payload.lenBytes;
    return { kind: 'body', payload };
  }

  /** A line without its end; undefined when it is not all there yet, an event when it is too long. */
  #readLine(): string | HttpEvent | undefined {
    const newline = this.#newlineAt();
    if (newline < 0) {
      return this.#pending.lenBytes >= LINE_BYTES_MAX ? this.#fail('line too long') : undefined;
    }
    const line = payloadBytes(slicePayload(this.#pending, 0, newline));
    this.#pending = slicePayload(this.#pending, newline + 1);
    return utf8Decode(line[newline - 1] === 0x0d ? line.subarray(0, newline - 1) : line);
  }

  /** Where the line ends, -1 when that is not there yet. Chunks behind the end are not looked at. */
  #newlineAt(): number {
    let before = 0;
    for (const chunk of this.#pending.chunks) {
      if (before >= LINE_BYTES_MAX) return -1;
      const bytes = payloadBytes({ lenBytes: chunk.lenBytes, chunks: [chunk] });
      const at = bytes.indexOf(0x0a);
      if (at >= 0) return before + at < LINE_BYTES_MAX ? before + at : -1;
      before += chunk.lenBytes;
    }
    return -1;
  }

  #readHead(): HttpEvent | undefined {
    if (this.#pending.lenBytes === 0) return undefined;
    const told = this.#toldHead();
    if (told !== undefined) {
      this.#pending = slicePayload(this.#pending, told.lenBytes);
      return this.#begin(told.head);
    }
    const bytes = payloadBytes(slicePayload(this.#pending, 0, HEAD_BYTES_MAX));
    if (this.#kind === 'response' && !mayBeResponse(bytes)) {
      return this.#fail('malformed HTTP response');
    }
    const end = endOfHead(bytes);
    if (end === undefined) {
      return bytes.length >= HEAD_BYTES_MAX ? this.#fail('header too large') : undefined;
    }
    this.#pending = slicePayload(this.#pending, end);
    const lines = utf8Decode(bytes.subarray(0, end))
      .replace(/^(\r?\n)+/, '')
      .split(/\r?\n/);
    const start = lines[0] ?? '';
    const headers = new HttpHeaders();
    for (const line of lines.slice(1)) {
      if (line === '') continue;
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      if (colon <= 0 || /[\s]/.test(name)) return this.#fail('malformed header line');
      headers.append(name, line.slice(colon + 1).trim());
    }
    const head =
      this.#kind === 'request' ? parseRequestLine(start, headers) : parseStatusLine(start, headers);
    if (head === undefined) {
      return this.#fail(
        this.#kind === 'request' ? 'malformed request line' : 'malformed status line',
      );
    }
    return this.#begin(head);
  }

  /** The head that lies whole at the front, as what it says. */
  #toldHead(): HttpHeadSource | undefined {
    const first = this.#pending.chunks[0];
    const source = first?.source;
    if (!(source instanceof HttpHeadSource) || source.head.kind !== this.#kind) return undefined;
    const isWhole = first?.lenBytes === source.lenBytes && source.lenBytes < HEAD_BYTES_MAX;
    return isWhole ? source : undefined;
  }

  #begin(head: HttpHead): HttpEvent {
    const state = this.#bodyState(head);
    if (state === undefined) return this.#fail('bad Content-Length');
    this.#state = state;
    return { kind: 'head', head };
  }

  /** How the body's length is told (RFC 9112 §6.3); undefined when its length makes no sense. */
  #bodyState(head: HttpHead): State | undefined {
    if (head.kind === 'response') {
      const isBodyless = this.#isBodyless && head.status >= 200;
      if (head.status >= 200) this.#isBodyless = false;
      if (head.status === 101) return { at: 'tunnel' };
      if (isBodyless || head.status < 200 || head.status === 204 || head.status === 304) {
        return { at: 'end' };
      }
    }
    const coding = head.headers.get('Transfer-Encoding');
    if (coding !== undefined && /(^|,)\s*chunked\s*$/i.test(coding)) {
      return { at: 'chunk-size' };
    }
    const length = head.headers.get('Content-Length');
    if (length !== undefined) {
      return /^\d{1,15}$/.test(length) ? { at: 'length', leftBytes: Number(length) } : undefined;
    }
    return head.kind === 'request' ? { at: 'end' } : { at: 'until-close' };
  }

  #fail(message: string): HttpEvent {
    this.#state = { at: 'failed' };
    return { kind: 'error', message };
  }
}

function endOfHead(bytes: Uint8Array): number | undefined {
  let at = 0;
  // Empty lines before the start line are skipped (RFC 9112 §2.2).
  while (bytes[at] === 0x0d || bytes[at] === 0x0a) at++;
  for (let newline = bytes.indexOf(0x0a, at); newline >= 0; ) {
    if (bytes[newline + 1] === 0x0a) return newline + 2;
    if (bytes[newline + 1] === 0x0d && bytes[newline + 2] === 0x0a) return newline + 3;
    newline = bytes.indexOf(0x0a, newline + 1);
  }
  return undefined;
}

function parseRequestLine(line: string, headers: HttpHeaders): HttpRequestHead | undefined {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) (HTTP\/1\.[01])$/.exec(line);
  if (match === null) return undefined;
  const version: HttpVersion = match[3] === 'HTTP/1.0' ? 'HTTP/1.0' : 'HTTP/1.1';
  return { kind: 'request', method: match[1] ?? '', target: match[2] ?? '', version, headers };
}

function parseStatusLine(line: string, headers: HttpHeaders): HttpResponseHead | undefined {
  const match = /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/.exec(line);
  if (match === null) return undefined;
  const version: HttpVersion = match[1] === 'HTTP/1.0' ? 'HTTP/1.0' : 'HTTP/1.1';
  return { kind: 'response', version, status: Number(match[2]), reason: match[3] ?? '', headers };
}
