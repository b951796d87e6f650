/**
 * The server's side of HTTP/2 on a TCP connection: one process that reads, one per request that is answered.
 *
 * From: http-server.ts, when a connection begins with the preface. A handler may take its stream over, write to it at any
 * time and keep no process: watches do.
 */
import type { Proc } from '@podwire/engine';
import {
  EMPTY_PAYLOAD,
  HTTP2_PING_ACK,
  HTTP2_SERVER_START,
  type Http2Event,
  type Http2Fields,
  HttpHeaders,
  Http2Parser,
  type Payload,
  behindHttp2Preface,
  concatPayloads,
  emitHttp2Data,
  emitHttp2Headers,
} from '@podwire/wire';
import type { Errno } from './errno.ts';
import type { HttpRequest, HttpResponse } from './http-server.ts';
import type { TcpConn } from './tcp.ts';

/** Answers a request by a process; undefined = it has taken the stream over. */
export type Http2Handler = (
  request: HttpRequest,
  stream: Http2Stream,
) => Proc<HttpResponse | undefined>;

/** A request and what is written for it. */
export class Http2Stream {
  readonly conn: TcpConn;
  readonly #id: number;
  /** The client has no use for more, or is gone. */
  isGone = false;
  /** Called when that happens. */
  onGone: (() => void) | undefined;

  constructor(conn: TcpConn, id: number) {
    this.conn = conn;
    this.#id = id;
  }

  /** The response's head, with the whole body or without any. */
  sendHead(
    status: number,
    headers: HttpHeaders | readonly (readonly [string, string])[],
    body?: Payload,
  ): Errno | undefined {
    const named = headers instanceof HttpHeaders ? headers : new HttpHeaders(headers);
    const fields: (readonly [string, string])[] = [[':status', String(status)], ...named.lower()];
    if (body === undefined) return this.#send(emitHttp2Headers(this.#id, fields, false));
    fields.push(['content-length', String(body.lenBytes)]);
    const head = emitHttp2Headers(this.#id, fields, body.lenBytes === 0);
    if (body.lenBytes === 0) return this.#send(head);
    return this.#send(concatPayloads([head, emitHttp2Data(this.#id, body, true)]));
  }

  write(payload: Payload): Errno | undefined {
    return payload.lenBytes === 0 ? undefined : this.#send(emitHttp2Data(this.#id, payload, false));
  }

  end(): void {
    this.#send(emitHttp2Data(this.#id, EMPTY_PAYLOAD, true));
  }

  gone(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.onGone?.();
  }

  #send(payload: Payload): Errno | undefined {
    return this.isGone || this.conn.isFinReceived ? 'EPIPE' : this.conn.send(payload);
  }
}

/** Serves a connection whose first piece holds the client's preface, until it ends. */
export function* serveHttp2(conn: TcpConn, first: Payload, handler: Http2Handler): Proc {
  const server = new Http2ServerConnection(conn, handler);
  const parser = new Http2Parser();
  parser.push(behindHttp2Preface(first));
  try {
    for (;;) {
      const event = parser.next();
      if (event === undefined) {
        const piece = yield* conn.read();
        if (typeof piece === 'string') return;
        parser.push(piece);
      } else if (!server.take(event)) return;
    }
  } finally {
    server.end();
    conn.close();
  }
}

interface Asked {
  readonly fields: Http2Fields;
  readonly parts: Payload[];
}

class Http2ServerConnection {
  readonly #conn: TcpConn;
  readonly #handler: Http2Handler;
  /** Requests that are not all there. */
  readonly #asked = new Map<number, Asked>();
  readonly #streams = new Map<number, Http2Stream>();

  constructor(conn: TcpConn, handler: Http2Handler) {
    this.#conn = conn;
    this.#handler = handler;
  }

  /** False when the connection cannot go on. */
  take(event: Http2Event): boolean {
    switch (event.kind) {
      case 'settings':
        this.#conn.send(HTTP2_SERVER_START);
        break;
      case 'ping':
        this.#conn.send(HTTP2_PING_ACK);
        break;
      case 'headers':
        if (event.isLast) this.#answer(event.streamId, event.fields, EMPTY_PAYLOAD);
        else this.#asked.set(event.streamId, { fields: event.fields, parts: [] });
        break;
      case 'data': {
        const asked = this.#asked.get(event.streamId);
        if (asked === undefined) break;
        asked.parts.push(event.payload);
        if (!event.isLast) break;
        this.#asked.delete(event.streamId);
        this.#answer(event.streamId, asked.fields, concatPayloads(asked.parts));
        break;
      }
      case 'reset':
        this.#asked.delete(event.streamId);
        this.#streams.get(event.streamId)?.gone();
        this.#streams.delete(event.streamId);
        break;
      case 'go-away':
        break;
      case 'error':
        return false;
    }
    return true;
  }

  end(): void {
    for (const stream of this.#streams.values()) stream.gone();
    this.#streams.clear();
  }

  #answer(id: number, fields: Http2Fields, body: Payload): void {
    const stream = new Http2Stream(this.#conn, id);
    this.#streams.set(id, stream);
    this.#conn.ns.sim.spawn('http2-stream', this.#run(id, stream, requestOf(fields, body)));
  }

  *#run(id: number, stream: Http2Stream, request: HttpRequest): Proc {
    const response = yield* this.#handler(request, stream);
    if (response === undefined) return;
    const { status, headers = [], body = EMPTY_PAYLOAD } = response;
    if (typeof body === 'function') {
      stream.sendHead(status, headers);
      yield* body((payload) => stream.write(payload));
      stream.end();
    } else stream.sendHead(status, headers, body);
    this.#streams.delete(id);
  }
}

function requestOf(fields: Http2Fields, body: Payload): HttpRequest {
  let method = '';
  let target = '';
  const headers = new HttpHeaders();
  for (const [name, value] of fields) {
    if (name === ':method') method = value;
    else if (name === ':path') target = value;
    else if (name === ':authority') headers.append('host', value);
    else if (!name.startsWith(':')) headers.append(name, value);
  }
  const question = target.indexOf('?');
  return {
    method,
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    version: 'HTTP/2.0',
    headers,
    body,
  };
}
