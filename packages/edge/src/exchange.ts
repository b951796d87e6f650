/**
 * One try to get an answer from a backend: connection, request, head of the response.
 *
 * From: nginx-forward.ts and haproxy-forward.ts, which decide about further tries. To: the backend's pod over a TCP
 * connection of the proxy's own, kept for later requests.
 */
import { type Ip, NS_PER_SEC } from '@podwire/base';
import type { Proc, Timer } from '@podwire/engine';
import {
  HttpConnection,
  type HttpClientRequest,
  type HttpFailure,
  type HttpResponse,
  type NetNs,
  TlsStream,
  type ByteStream,
  certificateCovers,
  httpConnect,
  tlsConnect,
} from '@podwire/netstack';
import type { HttpHeaders, HttpResponseHead } from '@podwire/wire';

export interface BackendAddress {
  readonly ip: Ip;
  readonly port: number;
  /** `10.244.1.2:8080`: which kept connections fit. */
  readonly key: string;
}

export interface ExchangeTimeouts {
  readonly connectNs: number;
  /** Until the response begins, and between its parts. */
  readonly readNs: number;
}

export type Stage =
  /** Nothing was sent: the backend refused, or its machine said that it cannot be reached. */
  | 'refused'
  /** Nothing was sent: the handshake took too long. */
  | 'connect-timeout'
  | 'closed'
  | 'read-timeout'
  | 'garbage';

export interface Failed {
  readonly kind: 'failed';
  readonly stage: Stage;
}

/** An answer has begun. */
export interface Begun {
  readonly kind: 'begun';
  readonly head: HttpResponseHead;
  readonly connection: HttpConnection<ByteStream>;
}

/** How long a kept connection waits for its next request: keepalive_timeout of nginx's upstreams. */
const KEPT_NS = 60 * NS_PER_SEC;

/** Connections to backends that wait for another request. */
export class KeptConnections {
  readonly #kept = new Map<
    string,
    { readonly connection: HttpConnection<ByteStream>; readonly timer: Timer }[]
  >();
  readonly #ns: NetNs;

  constructor(ns: NetNs) {
    this.#ns = ns;
  }

  take(key: string): HttpConnection<ByteStream> | undefined {
    const list = this.#kept.get(key) ?? [];
    for (let kept = list.pop(); kept !== undefined; kept = list.pop()) {
      kept.timer.cancel();
      if (kept.connection.isReusable) return kept.connection;
      kept.connection.close();
    }
    return undefined;
  }

  keep(key: string, connection: HttpConnection<ByteStream>): void {
    if (!connection.isReusable) {
      connection.close();
      return;
    }
    const list = this.#kept.get(key) ?? [];
    const timer = this.#ns.sim.after(KEPT_NS, () => {
      this.#kept.set(
        key,
        (this.#kept.get(key) ?? []).filter((kept) => kept.connection !== connection),
      );
      connection.close();
    });
    list.push({ connection, timer });
    this.#kept.set(key, list);
  }

  close(): void {
    for (const list of this.#kept.values()) {
      for (const { connection, timer } of list) {
        timer.cancel();
        connection.close();
      }
    }
    this.#kept.clear();
  }
}

export interface ExchangeOptions {
  readonly kept: KeptConnections | undefined;
  readonly timeouts: ExchangeTimeouts;
  readonly traceId: number;
  /** Speak TLS to the backend, which must show this name, by this issuer where one is wanted. */
  readonly tls?: { readonly serverName: string; readonly issuer: string | undefined };
}

/** Sends the request; a kept connection that died meanwhile is replaced by a new one. */
export function* exchange(
  ns: NetNs,
  to: BackendAddress,
  request: HttpClientRequest,
  options: ExchangeOptions,
): Proc<Begun | Failed> {
  const { kept, timeouts, traceId } = options;
  // A traced request gets a connection of its own: the walk then shows the backend's side from its first packet.
  const old = traceId === 0 ? kept?.take(to.key) : undefined;
  if (old !== undefined) {
    const head = yield* old.open(request, timeouts.readNs);
    if (head.kind !== 'failure') return { kind: 'begun', head, connection: old };
    old.close();
    if (head.reason === 'timeout') return { kind: 'failed', stage: 'read-timeout' };
  }
  const connection = yield* dial(ns, to, options);
  if (!(connection instanceof HttpConnection)) return { kind: 'failed', stage: connection };
  const head = yield* connection.open(request, timeouts.readNs);
  if (head.kind !== 'failure') return { kind: 'begun', head, connection };
  connection.close();
  return { kind: 'failed', stage: stageOf(head) };
}

/** A connection, maybe with TLS; a backend that fails the handshake counts as one that refuses. */
function* dial(
  ns: NetNs,
  { ip, port }: BackendAddress,
  { timeouts, traceId, tls }: ExchangeOptions,
): Proc<HttpConnection<ByteStream> | Stage> {
  const connection = yield* httpConnect(ns, {
    ip,
    port,
    timeoutNs: timeouts.connectNs,
    ...(traceId === 0 ? {} : { traceId }),
  });
  if (!(connection instanceof HttpConnection)) {
    return connection.reason === 'timeout' ? 'connect-timeout' : 'refused';
  }
  if (tls === undefined) return connection as unknown as HttpConnection<ByteStream>;
  const { serverName, issuer } = tls;
  const stream = yield* tlsConnect(connection.conn, { serverName, timeoutNs: timeouts.connectNs });
  const isTrusted =
    stream instanceof TlsStream &&
    certificateCovers(stream.certificate, serverName) &&
    (issuer === undefined || stream.certificate.issuer === issuer);
  if (isTrusted) return new HttpConnection<ByteStream>(stream);
  connection.close();
  return 'refused';
}

function stageOf(failure: HttpFailure): Stage {
  switch (failure.reason) {
    case 'timeout':
      return 'read-timeout';
    case 'protocol':
      return 'garbage';
    case 'connect':
    case 'reset':
    case 'closed':
      return 'closed';
  }
}

/** Hop by hop (RFC 9110 §7.6.1): the server side writes its own. */
const OWN_HEADERS = ['Connection', 'Keep-Alive', 'Transfer-Encoding', 'Proxy-Connection'];

export function withoutHopByHop(headers: HttpHeaders): HttpHeaders {
  const copy = headers.copy();
  for (const name of OWN_HEADERS) copy.delete(name);
  return copy;
}

/** The response as the client gets it: the body is handed on as it comes. `done` is called once it is over. */
export function relay(
  { head, connection }: Begun,
  client: Pick<ByteStream, 'close'>,
  options: {
    readonly key: string;
    readonly kept: KeptConnections | undefined;
    readonly readNs: number;
    readonly done: () => void;
    readonly change?: (headers: HttpHeaders) => void;
  },
): HttpResponse {
  const headers = withoutHopByHop(head.headers);
  options.change?.(headers);
  return {
    status: head.status,
    reason: head.reason,
    headers,
    *body(write) {
      try {
        for (;;) {
          const part = yield* connection.readBody(options.readNs);
          if (part === 'end') break;
          if (part === 'timeout' || 'kind' in part || write(part) !== undefined) {
            connection.close();
            client.close();
            return;
          }
        }
        if (options.kept === undefined) connection.close();
        else options.kept.keep(options.key, connection);
      } finally {
        options.done();
      }
    },
  };
}
