/**
 * Asks the API server over the emulated network: HTTP/1.1 with JSON on TCP connections.
 *
 * From: kubelet, kube-proxy, pod network, DNS, controllers, scheduler. One kept connection for requests at
 * a time (more when several processes ask at once), one connection per watch. A connection that is silent is
 * probed by TCP keepalive, as client-go's HTTP/2 pings do (30 s idle, then 15 s), so that a watch over a dead
 * path ends and is taken up again.
 */
import { type Ip, NS_PER_SEC, formatIp, must } from '@podwire/base';
import {
  type ApiClient,
  type ApiRequest,
  type ApiResponse,
  type WatchEvent,
  parseWatchLine,
  responseFromRest,
  toRest,
  transportFailure,
} from '@podwire/api';
import type { HostSim, Proc } from '@podwire/engine';
import {
  HttpConnection,
  type HttpFailure,
  type NetNs,
  errnoText,
  httpConnect,
} from '@podwire/netstack';
import {
  HttpHeaders,
  type Payload,
  payloadBytes,
  payloadFromText,
  payloadText,
} from '@podwire/wire';

/** client-go: TLS dial timeout, and the kubelet's and controllers' request timeouts. */
const DIAL_TIMEOUT_NS = 30 * NS_PER_SEC;
const REQUEST_TIMEOUT_NS = 10 * NS_PER_SEC;
const KEEPALIVE = { idleNs: 30 * NS_PER_SEC, intervalNs: 15 * NS_PER_SEC, count: 1 };
const IDLE_CONNECTIONS_MAX = 4;

/** Where the API server listens on the control plane. */
export const API_PORT = 6443;

export interface ApiEndpoint {
  readonly ip: Ip;
  readonly port: number;
}

export class HttpApiClient implements ApiClient {
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #endpoint: ApiEndpoint;
  readonly #userAgent: string;
  readonly #idle: HttpConnection[] = [];
  readonly #open = new Set<HttpConnection>();

  constructor(
    sim: HostSim,
    ns: NetNs,
    endpoint: ApiEndpoint,
    options: { readonly userAgent: string },
  ) {
    this.#sim = sim;
    this.#ns = ns;
    this.#endpoint = endpoint;
    this.#userAgent = options.userAgent;
  }

  *request(request: ApiRequest): Proc<ApiResponse> {
    // A kept connection may have died unseen: then once more on a new one.
    for (let attempt = 0; ; attempt++) {
      const kept = this.#takeIdle();
      const connection = kept ?? (yield* this.#connect());
      if (!(connection instanceof HttpConnection)) return this.#failed(connection);
      const reply = yield* connection.request(this.#encode(request), REQUEST_TIMEOUT_NS);
      if (reply.kind === 'failure') {
        this.#drop(connection);
        if (kept !== undefined && attempt === 0 && reply.reason !== 'timeout') continue;
        return this.#failed(reply);
      }
      if (connection.isReusable && this.#idle.length < IDLE_CONNECTIONS_MAX)
        this.#idle.push(connection);
      else this.#drop(connection);
      return responseFromRest(reply.status, reply.headers.get('Warning'), payloadText(reply.body));
    }
  }

  *watch(request: ApiRequest, onEvent: (event: WatchEvent) => void): Proc<ApiResponse | undefined> {
    const connection = yield* this.#connect();
    if (!(connection instanceof HttpConnection)) return this.#failed(connection);
    try {
      const head = yield* connection.open(this.#encode(request), DIAL_TIMEOUT_NS);
      if (head.kind === 'failure') return this.#failed(head);
      if (head.status !== 200) {
        const body = yield* readAll(connection);
        return responseFromRest(head.status, head.headers.get('Warning'), body);
      }
      return yield* this.#readEvents(connection, onEvent);
    } finally {
      this.#drop(connection);
    }
  }

  /** Closes all connections: the next request dials anew, watches end. */
  reconnect(): void {
    for (const connection of this.#open) {
      connection.conn.abort();
      this.#open.delete(connection);
    }
    this.#idle.length = 0;
  }

  *#readEvents(
    connection: HttpConnection,
    onEvent: (event: WatchEvent) => void,
  ): Proc<ApiResponse | undefined> {
    const lines = new LineReader();
    for (;;) {
      const part = yield* connection.readBody();
      if (part === 'end') return undefined;
      if (part === 'timeout') continue;
      if ('kind' in part) return this.#failed(part);
      for (const line of lines.push(part)) {
        const event = parseWatchLine(line);
        if (event !== undefined) onEvent(event);
      }
    }
  }

  #encode(request: ApiRequest): {
    method: string;
    target: string;
    headers: HttpHeaders;
    body?: Payload;
  } {
    const rest = must(toRest(request), `${request.resource} is a resource of the API`);
    const fields = new HttpHeaders([
      ['Host', `${formatIp(this.#endpoint.ip)}:${this.#endpoint.port}`],
      ['User-Agent', this.#userAgent],
      ...rest.headers,
    ]);
    return {
      method: rest.method,
      target: rest.url,
      headers: fields,
      ...(rest.body === '' ? {} : { body: payloadFromText(rest.body) }),
    };
  }

  *#connect(): Proc<HttpConnection | HttpFailure> {
    const made = yield* httpConnect(this.#ns, { ...this.#endpoint, timeoutNs: DIAL_TIMEOUT_NS });
    if (made instanceof HttpConnection) {
      made.conn.setKeepalive(KEEPALIVE);
      this.#open.add(made);
    }
    return made;
  }

  #takeIdle(): HttpConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.isReusable) return connection;
      this.#drop(connection);
    }
  }

  #drop(connection: HttpConnection): void {
    connection.close();
    this.#open.delete(connection);
  }

  #failed(failure: HttpFailure): ApiResponse {
    const place = `${formatIp(this.#endpoint.ip)}:${this.#endpoint.port}`;
    if (failure.reason === 'timeout') return transportFailure(`dial tcp ${place}: i/o timeout`);
    if (failure.errno === undefined) return transportFailure('unexpected EOF');
    const text = errnoText(failure.errno);
    const lower = text.charAt(0).toLowerCase() + text.slice(1);
    return transportFailure(
      failure.reason === 'connect'
        ? `dial tcp ${place}: connect: ${lower}`
        : `read tcp ${place}: ${lower}`,
    );
  }

  get sim(): HostSim {
    return this.#sim;
  }
}

function* readAll(connection: HttpConnection): Proc<string> {
  let text = '';
  for (;;) {
    const part = yield* connection.readBody(REQUEST_TIMEOUT_NS);
    if (typeof part === 'string' || 'kind' in part) return text;
    text += payloadText(part);
  }
}

/** Cuts a byte stream into lines. A character may be split between two pieces, so bytes are joined first. */
class LineReader {
  #rest: Uint8Array = new Uint8Array(0);

  push(piece: Payload): string[] {
    const bytes = joined(this.#rest, piece);
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(10, start);
      if (end < 0) break;
      lines.push(decoder.decode(bytes.subarray(start, end)));
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
    return lines;
  }
}

const decoder = new TextDecoder();

function joined(head: Uint8Array, piece: Payload): Uint8Array {
  const tail = payloadBytes(piece);
  if (head.length === 0) return tail;
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}
