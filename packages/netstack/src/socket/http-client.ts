/**
 * The client's side of HTTP/1.1 on a TCP connection: one request after the other, whole or streamed.
 */
import type { Ip } from '@podwire/base';
import { type Proc, type Waiting, attempt } from '@podwire/engine';
import {
  EMPTY_PAYLOAD,
  HttpHeaders,
  HttpParser,
  type HttpResponseHead,
  type Payload,
  concatPayloads,
  emitHttpHead,
  httpKeepsAlive,
} from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { Errno } from './errno.ts';
import { type TcpConn, tcpConnect } from './tcp.ts';
import type { ByteStream } from './tls.ts';

export interface HttpClientRequest {
  readonly method: string;
  readonly target: string;
  /** Host must be among them; Content-Length is added for a body. */
  readonly headers?: HttpHeaders | readonly (readonly [string, string])[];
  readonly body?: Payload;
}

export interface HttpReply {
  readonly kind: 'reply';
  readonly head: HttpResponseHead;
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Payload;
}

/** Why there is no (whole) response. */
export interface HttpFailure {
  readonly kind: 'failure';
  /**
   * `connect`: the handshake failed with `errno`; `reset`: the connection broke with `errno`; `closed`:
   * the server closed before the (whole) response; `timeout`; `protocol`: it was not HTTP.
   */
  readonly reason: 'connect' | 'reset' | 'closed' | 'timeout' | 'protocol';
  readonly errno?: Errno;
  readonly message: string;
}

const TIMED_OUT: HttpFailure = { kind: 'failure', reason: 'timeout', message: 'timed out' };

/** On TCP, or on TLS upon it. */
export class HttpConnection<S extends ByteStream = TcpConn> {
  readonly conn: S;
  readonly #parser = new HttpParser('response');
  #isBusy = false;
  #keepsAlive = true;
  #isEnded = false;

  constructor(conn: S) {
    this.conn = conn;
  }

  /** Whether another request may be sent on it. */
  get isReusable(): boolean {
    return (
      this.#keepsAlive &&
      !this.#isBusy &&
      !this.conn.isFinReceived &&
      this.conn.state === 'ESTABLISHED'
    );
  }

  /** Bytes of the response that were read and belong to nothing yet: after an upgrade, the other protocol's. */
  takePending(): Payload {
    return this.#parser.takePending();
  }

  /** Sends a request and reads the whole response; `timeoutNs` is for all of it. */
  request(request: HttpClientRequest, timeoutNs?: number): Waiting<HttpReply | HttpFailure> {
    const error = this.send(request);
    let head: HttpResponseHead | undefined;
    const parts: Payload[] = [];
    return this.#until(timeoutNs, TIMED_OUT, () => {
      if (error !== undefined) return this.#broken(error);
      if (head === undefined) {
        const found = this.#tryHead();
        if (found === undefined || found.kind === 'failure') return found;
        head = found;
      }
      for (;;) {
        const part = this.#tryBody();
        if (part === undefined) return undefined;
        if (part === 'end') break;
        if ('kind' in part) return part;
        parts.push(part);
      }
      const { status, headers } = head;
      return { kind: 'reply', head, status, headers, body: concatPayloads(parts) };
    });
  }

  /** Sends a request and reads the response's head; the body follows by `readBody`. */
  open(request: HttpClientRequest, timeoutNs?: number): Waiting<HttpResponseHead | HttpFailure> {
    const error = this.send(request);
    return this.#until(timeoutNs, TIMED_OUT, () =>
      error === undefined ? this.#tryHead() : this.#broken(error),
    );
  }

  /** Only sends the request. */
  send(request: HttpClientRequest): Errno | undefined {
    const headers =
      request.headers instanceof HttpHeaders
        ? request.headers.copy()
        : new HttpHeaders(request.headers ?? []);
    const body = request.body ?? EMPTY_PAYLOAD;
    if (request.body !== undefined && !headers.has('Content-Length')) {
      headers.append('Content-Length', String(body.lenBytes));
    }
    const { method, target } = request;
    const head = emitHttpHead({ kind: 'request', method, target, version: 'HTTP/1.1', headers });
    if (method === 'HEAD') this.#parser.expectNoBody();
    this.#isBusy = true;
    return this.conn.send(concatPayloads([head, body]));
  }

  /** The response's head; interim responses (1xx) are skipped. */
  readHead(timeoutNs?: number): Waiting<HttpResponseHead | HttpFailure> {
    return this.#until(timeoutNs, TIMED_OUT, () => this.#tryHead());
  }

  /** The next part of the body, as it comes. */
  readBody(timeoutNs?: number): Waiting<Payload | 'end' | 'timeout' | HttpFailure> {
    return this.#until<Payload | 'end' | 'timeout' | HttpFailure>(timeoutNs, 'timeout', () =>
      this.#tryBody(),
    );
  }

  #until<T extends object | string>(
    timeoutNs: number | undefined,
    late: T,
    take: () => T | undefined,
  ): Waiting<T> {
    const { sim } = this.conn.ns;
    const deadlineNs = timeoutNs === undefined ? undefined : sim.nowNs() + timeoutNs;
    return attempt(sim, this.conn.readable, { take, timedOut: () => late, deadlineNs });
  }

  /** The head from what has come; undefined when that is not enough. */
  #tryHead(): HttpResponseHead | HttpFailure | undefined {
    for (;;) {
      const event = this.#parser.next();
      if (event === undefined) {
        const failure = this.#take();
        if (failure === 'nothing') return undefined;
        if (failure !== undefined) return failure;
      } else if (event.kind === 'error') {
        this.#keepsAlive = false;
        return { kind: 'failure', reason: 'protocol', message: event.message };
      } else if (event.kind === 'head' && event.head.kind === 'response') {
        if (event.head.status >= 100 && event.head.status < 200 && event.head.status !== 101) {
          continue;
        }
        this.#keepsAlive = httpKeepsAlive(event.head);
        return event.head;
      }
    }
  }

  /** A part of the body from what has come; undefined when there is none. */
  #tryBody(): Payload | 'end' | HttpFailure | undefined {
    for (;;) {
      const event = this.#parser.next();
      if (event === undefined) {
        const failure = this.#take();
        if (failure === 'nothing') return undefined;
        if (failure !== undefined) return failure;
        if (!this.#isEnded) continue;
        this.#isBusy = false;
        return 'end';
      }
      switch (event.kind) {
        case 'body':
          return event.payload;
        case 'end':
          this.#isBusy = false;
          return 'end';
        case 'error':
          this.#keepsAlive = false;
          return { kind: 'failure', reason: 'closed', message: event.message };
        case 'head':
          break;
      }
    }
  }

  close(): void {
    this.conn.close();
  }

  /** Takes what has come into the parser. */
  #take(): HttpFailure | 'nothing' | undefined {
    const piece = this.conn.tryRead();
    if (piece === undefined) return 'nothing';
    if (typeof piece !== 'string') {
      this.#parser.push(piece);
      return undefined;
    }
    this.#keepsAlive = false;
    if (piece !== 'eof') return this.#broken(piece);
    if (this.#parser.finish()?.kind === 'end') {
      // The end of the connection is the end of the body.
      this.#isEnded = true;
      return undefined;
    }
    return { kind: 'failure', reason: 'closed', message: 'connection closed by the peer' };
  }

  #broken(errno: Errno): HttpFailure {
    this.#keepsAlive = false;
    return { kind: 'failure', reason: 'reset', errno, message: errno };
  }
}

export interface HttpConnectOptions {
  readonly ip: Ip;
  readonly port: number;
  readonly timeoutNs?: number;
  readonly traceId?: number;
}

/** Connects; the connection, or why there is none. */
export function* httpConnect(
  ns: NetNs,
  options: HttpConnectOptions,
): Proc<HttpConnection | HttpFailure> {
  const { ip, port, timeoutNs, traceId } = options;
  const conn = tcpConnect(ns, traceId === undefined ? { ip, port } : { ip, port, traceId });
  if (typeof conn === 'string') {
    return { kind: 'failure', reason: 'connect', errno: conn, message: conn };
  }
  const error = yield* conn.connected(timeoutNs);
  if (error === undefined) return new HttpConnection(conn);
  conn.close();
  if (error === 'timeout') return { kind: 'failure', reason: 'timeout', message: 'timed out' };
  return { kind: 'failure', reason: 'connect', errno: error, message: error };
}
