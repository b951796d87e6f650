/**
 * The client's side of HTTP/2 on a TCP connection: many requests at a time, each a stream of its own.
 *
 * One process reads the connection and gives each stream its frames. A connection that was silent for a while is
 * pinged, and given up when no answer comes (ReadIdleTimeout and PingTimeout of Go's http2.Transport).
 */
import { type Clock, type Proc, Signal, type Waiting, attempt } from '@podwire/engine';
import {
  HTTP2_CLIENT_START,
  HTTP2_PING,
  HTTP2_PING_ACK,
  HTTP2_SETTINGS_ACK,
  type Http2Event,
  type Http2Fields,
  HttpHeaders,
  Http2Parser,
  type Payload,
  concatPayloads,
  emitHttp2Data,
  emitHttp2Headers,
  emitHttp2Reset,
} from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { Errno } from './errno.ts';
import type { HttpConnectOptions, HttpFailure } from './http-client.ts';
import { type TcpConn, tcpConnect } from './tcp.ts';

export interface Http2Request {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  /** Names in lower case; the length of a body is added. */
  readonly headers: Http2Fields;
  readonly body?: Payload;
}

export interface Http2Head {
  readonly kind: 'head';
  readonly status: number;
  readonly headers: HttpHeaders;
}

export interface Http2Reply {
  readonly kind: 'reply';
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Payload;
}

/** How long a connection may be silent before it is pinged, and how long the answer may take. */
export interface Http2Pings {
  readonly idleNs: number;
  readonly timeoutNs: number;
}

export class Http2Connection {
  readonly conn: TcpConn;
  readonly #pings: Http2Pings;
  readonly #streams = new Map<number, Http2ClientStream>();
  #nextId = 1;
  #failure: HttpFailure | undefined;
  #heardNs: number;
  /** When the ping went out that waits for its answer; undefined when none does. */
  #pingedNs: number | undefined;

  constructor(conn: TcpConn, pings: Http2Pings) {
    this.conn = conn;
    this.#pings = pings;
    const { sim } = conn.ns;
    this.#heardNs = sim.nowNs();
    conn.send(HTTP2_CLIENT_START);
    sim.spawn('http2-client', this.#read());
    sim.schedule(pings.idleNs, checkSilence, this);
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** Sends a request and reads the whole response; `timeoutNs` is for all of it. */
  *request(request: Http2Request, timeoutNs: number): Proc<Http2Reply | HttpFailure> {
    const stream = this.open(request);
    try {
      return yield* stream.readReply(this.conn.ns.sim, timeoutNs);
    } finally {
      stream.close();
    }
  }

  /** Sends a request; what comes for it is read from the stream. */
  open(request: Http2Request): Http2ClientStream {
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new Http2ClientStream(id, this.#failure, (closed) => {
      this.#close(closed);
    });
    if (this.#failure !== undefined) return stream;
    this.#streams.set(id, stream);
    const { method, target, authority, headers, body } = request;
    const fields: (readonly [string, string])[] = [
      [':method', method],
      [':scheme', 'http'],
      [':authority', authority],
      [':path', target],
      ...headers,
    ];
    if (body === undefined) this.conn.send(emitHttp2Headers(id, fields, true));
    else {
      fields.push(['content-length', String(body.lenBytes)]);
      const head = emitHttp2Headers(id, fields, false);
      this.conn.send(concatPayloads([head, emitHttp2Data(id, body, true)]));
    }
    return stream;
  }

  /** Ends it at once: every stream fails. */
  abort(): void {
    this.#fail({ kind: 'failure', reason: 'closed', message: 'connection closed' });
    this.conn.abort();
  }

  /** Looks whether anything came of late; the kernel calls it again as long as the connection is open. */
  checkSilence(): void {
    if (!this.isOpen) return;
    const { sim } = this.conn.ns;
    const nowNs = sim.nowNs();
    const { idleNs, timeoutNs } = this.#pings;
    if (this.#pingedNs !== undefined && this.#heardNs < this.#pingedNs) {
      this.#fail({ kind: 'failure', reason: 'reset', errno: 'ETIMEDOUT', message: 'ETIMEDOUT' });
      this.conn.abort();
      return;
    }
    const silentNs = nowNs - this.#heardNs;
    this.#pingedNs = silentNs >= idleNs ? nowNs : undefined;
    if (this.#pingedNs !== undefined) this.conn.send(HTTP2_PING);
    sim.schedule(this.#pingedNs === undefined ? idleNs - silentNs : timeoutNs, checkSilence, this);
  }

  *#read(): Proc {
    const parser = new Http2Parser();
    for (;;) {
      const event = parser.next();
      if (event !== undefined) {
        this.#take(event);
        continue;
      }
      const piece = yield* this.conn.read();
      if (piece === 'timeout') continue;
      if (typeof piece === 'string') {
        this.#fail(endOf(piece));
        this.conn.close();
        return;
      }
      this.#heardNs = this.conn.ns.sim.nowNs();
      parser.push(piece);
    }
  }

  #take(event: Http2Event): void {
    switch (event.kind) {
      case 'headers':
        this.#streams.get(event.streamId)?.takeHead(event.fields, event.isLast);
        break;
      case 'data':
        this.#streams.get(event.streamId)?.takeData(event.payload, event.isLast);
        break;
      case 'reset':
        this.#streams.get(event.streamId)?.fail(endOf('eof'));
        break;
      case 'settings':
        this.conn.send(HTTP2_SETTINGS_ACK);
        break;
      case 'ping':
        this.conn.send(HTTP2_PING_ACK);
        break;
      case 'go-away':
        break;
      case 'error':
        this.#fail({ kind: 'failure', reason: 'protocol', message: event.message });
        this.conn.abort();
    }
  }

  #close(stream: Http2ClientStream): void {
    if (!this.#streams.delete(stream.id) || stream.isEnded || !this.isOpen) return;
    this.conn.send(emitHttp2Reset(stream.id));
  }

  #fail(failure: HttpFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const stream of Array.from(this.#streams.values())) stream.fail(failure);
    this.#streams.clear();
  }
}

function checkSilence(connection: Http2Connection): void {
  connection.checkSilence();
}

function endOf(end: 'eof' | Errno): HttpFailure {
  return end === 'eof'
    ? { kind: 'failure', reason: 'closed', message: 'connection closed by the peer' }
    : { kind: 'failure', reason: 'reset', errno: end, message: end };
}

/** One request under way. */
export class Http2ClientStream {
  readonly id: number;
  /** The response is complete. */
  isEnded = false;
  #head: Http2Head | undefined;
  #parts: Payload[] = [];
  #failure: HttpFailure | undefined;
  readonly #changed = new Signal();
  readonly #onClose: (stream: Http2ClientStream) => void;

  constructor(
    id: number,
    failure: HttpFailure | undefined,
    onClose: (stream: Http2ClientStream) => void,
  ) {
    this.id = id;
    this.#failure = failure;
    this.#onClose = onClose;
  }

  /** The whole response. */
  readReply(clock: Clock, timeoutNs: number): Waiting<Http2Reply | HttpFailure> {
    return attempt<Http2Reply | HttpFailure>(clock, this.#changed, {
      take: () => this.#reply() ?? this.#failure,
      timedOut: () => TIMED_OUT,
      deadlineNs: clock.nowNs() + timeoutNs,
    });
  }

  #reply(): Http2Reply | undefined {
    if (this.#head === undefined || !this.isEnded) return undefined;
    const { status, headers } = this.#head;
    return { kind: 'reply', status, headers, body: concatPayloads(this.#parts) };
  }

  /** The response's head, once: the stream does not keep it. */
  *readHead(timeoutNs: number): Proc<Http2Head | HttpFailure> {
    for (;;) {
      const head = this.#head;
      this.#head = undefined;
      if (head !== undefined) return head;
      if (this.#failure !== undefined) return this.#failure;
      // Only the head, an end or a failure can come.
      if ((yield* this.#changed.wait(timeoutNs)) === 'timeout') return TIMED_OUT;
    }
  }

  /** The next frame of the body, as it was written. */
  *readBody(): Proc<Payload | 'end' | HttpFailure> {
    for (;;) {
      const part = this.#parts.shift();
      if (part !== undefined) return part;
      if (this.isEnded) return 'end';
      if (this.#failure !== undefined) return this.#failure;
      yield* this.#changed.wait();
    }
  }

  /** The rest of the body, once it has ended. */
  *readAll(timeoutNs: number): Proc<Payload | HttpFailure> {
    while (!this.isEnded) {
      if (this.#failure !== undefined) return this.#failure;
      if ((yield* this.#changed.wait(timeoutNs)) === 'timeout') return TIMED_OUT;
    }
    return concatPayloads(this.#parts);
  }

  /** Nobody reads it any more. */
  close(): void {
    this.#onClose(this);
  }

  takeHead(fields: Http2Fields, isLast: boolean): void {
    let status = 0;
    const headers = new HttpHeaders();
    for (const [name, value] of fields) {
      if (name === ':status') status = Number(value);
      else headers.append(name, value);
    }
    this.#head = { kind: 'head', status, headers };
    this.isEnded = isLast;
    this.#changed.notify();
  }

  takeData(payload: Payload, isLast: boolean): void {
    if (payload.lenBytes > 0) this.#parts.push(payload);
    this.isEnded = isLast;
    this.#changed.notify();
  }

  fail(failure: HttpFailure): void {
    this.#failure ??= failure;
    this.#changed.notify();
  }
}

const TIMED_OUT: HttpFailure = { kind: 'failure', reason: 'timeout', message: 'timed out' };

/** Connects; the connection, or why there is none. */
export function* http2Connect(
  ns: NetNs,
  options: HttpConnectOptions & { readonly pings: Http2Pings },
): Proc<Http2Connection | HttpFailure> {
  const { ip, port, timeoutNs, pings } = options;
  const conn = tcpConnect(ns, { ip, port });
  if (typeof conn === 'string') {
    return { kind: 'failure', reason: 'connect', errno: conn, message: conn };
  }
  const error = yield* conn.connected(timeoutNs);
  if (error === undefined) return new Http2Connection(conn, pings);
  conn.close();
  if (error === 'timeout') return TIMED_OUT;
  return { kind: 'failure', reason: 'connect', errno: error, message: error };
}
