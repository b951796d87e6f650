/**
 * An HTTP/1.1 server on TCP sockets: one process that accepts, one per connection.
 *
 * Connections are kept alive as the client asks; requests of one connection are answered in order. Not
 * modelled: idle timeouts, Expect: 100-continue, TLS.
 */
import type { Ip } from '@podwire/base';
import { type Proc, type Process, type Waiting, attempt } from '@podwire/engine';
import {
  EMPTY_PAYLOAD,
  HttpHeaders,
  HttpParser,
  type HttpRequestHead,
  type Payload,
  concatPayloads,
  emitHttpChunk,
  emitHttpHead,
  emitHttpLastChunk,
  httpKeepsAlive,
  httpReason,
} from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import { type Errno, isErrno } from './errno.ts';
import { type TcpConn, type TcpListener, tcpListen } from './tcp.ts';
import type { ByteStream } from './tls.ts';

export interface HttpRequest {
  readonly method: string;
  /** As on the request line. */
  readonly target: string;
  /** The part before `?`. */
  readonly path: string;
  /** The part behind `?`, '' when there is none. */
  readonly query: string;
  readonly version: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';
  readonly headers: HttpHeaders;
  readonly body: Payload;
}

/** Sends a piece of a streamed body; an errno when nobody reads it any more. */
export type HttpWrite = (payload: Payload) => Errno | undefined;

export interface HttpResponse {
  readonly status: number;
  /** Default: the usual phrase. */
  readonly reason?: string;
  readonly headers?: HttpHeaders | readonly (readonly [string, string])[];
  /** A function streams: chunked, unless it declares a Content-Length. */
  readonly body?: Payload | ((write: HttpWrite) => Proc);
  /** Closes the connection after this response. */
  readonly close?: boolean;
}

/**
 * Answers a request, at once or by a process that waits; undefined = it has dealt with the connection
 * itself (closed, reset, took it over).
 */
export type HttpHandler<S extends ByteStream = TcpConn> = (
  request: HttpRequest,
  conn: S,
) => Proc<HttpResponse | undefined> | HttpResponse | undefined;

export interface HttpServeOptions {
  readonly ip?: Ip;
  readonly port: number;
  readonly backlog?: number;
  /** Shown by ss. */
  readonly process?: string;
  /** Serves a connection that begins as another protocol's do; undefined when it is HTTP/1.1. */
  readonly other?: (conn: TcpConn, first: Payload) => Proc | undefined;
}

export class HttpServer {
  readonly listener: TcpListener;
  readonly #ns: NetNs;
  readonly #handler: HttpHandler;
  readonly #other: HttpServeOptions['other'];
  readonly #acceptor: Process<void>;
  readonly #serving = new Map<TcpConn, Process<void>>();
  #isStopping = false;

  constructor(
    ns: NetNs,
    listener: TcpListener,
    handler: HttpHandler,
    other?: HttpServeOptions['other'],
  ) {
    this.#ns = ns;
    this.#other = other;
    this.listener = listener;
    this.#handler = handler;
    this.#acceptor = ns.sim.spawn(`http:${listener.localPort}`, this.#accept());
  }

  get connectionCount(): number {
    return this.#serving.size;
  }

  /** Stops at once: the listener and every connection are closed, as when the program exits. */
  close(): void {
    this.stopAccepting();
    for (const [conn, process] of this.#serving) {
      process.cancel();
      conn.close();
    }
    this.#serving.clear();
  }

  /** Takes no more connections; those there are end with their present request. */
  stopAccepting(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#acceptor.cancel();
    this.listener.close();
  }

  *#accept(): Proc {
    for (;;) {
      const conn = yield* this.listener.accept();
      if (typeof conn === 'string') return;
      this.#serving.set(conn, this.#ns.sim.spawn('http-connection', this.#serve(conn)));
    }
  }

  *#serve(conn: TcpConn): Proc {
    try {
      const parser = new HttpParser('request');
      if (this.#other !== undefined) {
        const first = yield* conn.read();
        const served = typeof first === 'string' ? undefined : this.#other(conn, first);
        if (served !== undefined) {
          yield* served;
          return;
        }
        if (typeof first !== 'string') parser.push(first);
      }
      yield* serveRequests(conn, this.#handler, () => this.#isStopping, parser);
    } finally {
      this.#serving.delete(conn);
    }
  }
}

/** Listens and serves; an errno when the port cannot be had. */
export function httpServe(
  ns: NetNs,
  options: HttpServeOptions,
  handler: HttpHandler,
): HttpServer | Errno {
  const listener = tcpListen(ns, options);
  return typeof listener === 'string'
    ? listener
    : new HttpServer(ns, listener, handler, options.other);
}

/** Serves the requests of one connection until either side has enough of it. */
export function* serveRequests<S extends ByteStream>(
  conn: S,
  handler: HttpHandler<S>,
  isStopping: () => boolean = () => false,
  parser: HttpParser = new HttpParser('request'),
): Proc {
  for (;;) {
    const request = yield* readRequest(conn, parser);
    if (request === 'gone') {
      conn.close();
      return;
    }
    if (request === 'bad') {
      sendPlain(conn, 400);
      conn.close();
      return;
    }
    const answered = handler(request.request, conn);
    const response =
      answered !== undefined && Symbol.iterator in answered ? yield* answered : answered;
    if (response === undefined || conn.state === 'CLOSED') return;
    const keepAlive = httpKeepsAlive(request.head) && response.close !== true && !isStopping();
    const written = writeResponse(conn, request.head, response, keepAlive);
    const isKept = typeof written === 'boolean' ? written : yield* written;
    if (!isKept) {
      conn.close();
      return;
    }
  }
}

interface ReadRequest {
  readonly head: HttpRequestHead;
  readonly request: HttpRequest;
}

/** A whole request, from as many pieces as it comes in. */
function readRequest(conn: ByteStream, parser: HttpParser): Waiting<ReadRequest | 'gone' | 'bad'> {
  let head: HttpRequestHead | undefined;
  const body: Payload[] = [];
  const take = (): ReadRequest | 'gone' | 'bad' | undefined => {
    for (;;) {
      const event = parser.next();
      if (event === undefined) {
        const piece = conn.tryRead();
        if (piece === undefined) return undefined;
        if (typeof piece === 'string') return 'gone';
        // A TLS ClientHello at a plain-text server: no line end would ever tell that it is no request.
        if (!parser.isInsideMessage && isTlsRecord(piece)) return 'bad';
        parser.push(piece);
        continue;
      }
      switch (event.kind) {
        case 'head':
          if (event.head.kind === 'request') head = event.head;
          break;
        case 'body':
          body.push(event.payload);
          break;
        case 'error':
          return 'bad';
        case 'end':
          if (head === undefined) return 'bad';
          return { head, request: makeRequest(head, concatPayloads(body)) };
      }
    }
  };
  return attempt(conn.ns.sim, conn.readable, {
    take,
    timedOut: () => 'gone',
    deadlineNs: undefined,
  });
}

function isTlsRecord(piece: Payload): boolean {
  return piece.chunks[0]?.bytes?.[0] === 0x16;
}

function makeRequest(head: HttpRequestHead, body: Payload): HttpRequest {
  const question = head.target.indexOf('?');
  return {
    method: head.method,
    target: head.target,
    path: question < 0 ? head.target : head.target.slice(0, question),
    query: question < 0 ? '' : head.target.slice(question + 1),
    version: head.version,
    headers: head.headers,
    body: body.lenBytes === 0 ? EMPTY_PAYLOAD : body,
  };
}

/** Writes head and body, a streamed one over time; whether the connection may carry another request. */
function writeResponse(
  conn: ByteStream,
  request: HttpRequestHead,
  response: HttpResponse,
  keepAlive: boolean,
): boolean | Proc<boolean> {
  const headers =
    response.headers instanceof HttpHeaders
      ? response.headers.copy()
      : new HttpHeaders(response.headers ?? []);
  const body = response.body ?? EMPTY_PAYLOAD;
  const isBodyless =
    request.method === 'HEAD' || response.status === 204 || response.status === 304;
  let isKept = keepAlive;
  let isChunked = false;
  if (typeof body !== 'function') {
    if (!headers.has('Content-Length') && response.status !== 204 && response.status !== 304) {
      headers.append('Content-Length', String(body.lenBytes));
    }
  } else if (!headers.has('Content-Length')) {
    isChunked = request.version === 'HTTP/1.1';
    if (isChunked) headers.set('Transfer-Encoding', 'chunked');
    else isKept = false;
  }
  if (!isKept && request.version === 'HTTP/1.1') headers.set('Connection', 'close');
  if (isKept && request.version === 'HTTP/1.0') headers.set('Connection', 'keep-alive');
  const head = emitHttpHead({
    kind: 'response',
    version: 'HTTP/1.1',
    status: response.status,
    reason: response.reason ?? httpReason(response.status),
    headers,
  });
  if (typeof body !== 'function') {
    const error = conn.send(isBodyless ? head : concatPayloads([head, body]));
    return error === undefined && isKept;
  }
  if (conn.send(head) !== undefined) return false;
  return isBodyless ? isKept : streamBody(conn, body, isChunked, isKept);
}

function* streamBody(
  conn: ByteStream,
  body: (write: HttpWrite) => Proc,
  isChunked: boolean,
  isKept: boolean,
): Proc<boolean> {
  yield* body((payload) => {
    if (conn.isFinReceived || conn.state === 'CLOSED') return 'EPIPE';
    return conn.send(isChunked ? emitHttpChunk(payload) : payload);
  });
  if (isChunked && conn.send(emitHttpLastChunk()) !== undefined) return false;
  return isKept;
}

function sendPlain(conn: ByteStream, status: number): void {
  const error = conn.send(
    emitHttpHead({
      kind: 'response',
      version: 'HTTP/1.1',
      status,
      reason: httpReason(status),
      headers: new HttpHeaders([
        ['Content-Length', '0'],
        ['Connection', 'close'],
      ]),
    }),
  );
  if (isErrno(error)) conn.abort();
}
