/**
 * Asks the API server over the emulated network: HTTP/1.1 with JSON on TCP connections.
 *
 * From: kubelet, kube-proxy, pod network, DNS, controllers, scheduler. One kept connection for requests at
 * a time (more when several processes ask at once), one connection per watch. In client-go all of them are streams of
 * one HTTP/2 connection, which is pinged when it was silent for 30 s and given up 15 s later (ReadIdleTimeout,
 * PingTimeout in http2's Transport as k8s.io/apimachinery sets them). So one of the watches is probed, by TCP keepalive, and
 * where a watch's connection breaks, all end and are taken up again.
 */
import { type Ip, NS_PER_SEC, formatIp, must } from '@podwire/base';
import {
  type ApiClient,
  type ApiRequest,
  type ApiResponse,
  type ObjectViews,
  type OnEvents,
  type WatchEvent,
  responseFromRest,
  toRest,
  transportFailure,
  watchEventsOf,
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
  type HttpHeaders,
  JsonSource,
  type Payload,
  concatPayloads,
  payloadFromSource,
  payloadJson,
  payloadJsonLines,
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
  readonly #host: string;
  readonly #fields = new Map<ReadonlyMap<string, string>, readonly (readonly [string, string])[]>();
  readonly views?: ObjectViews;
  readonly #idle: HttpConnection[] = [];
  readonly #open = new Set<HttpConnection>();
  readonly #watches = new Set<HttpConnection>();

  constructor(
    sim: HostSim,
    ns: NetNs,
    endpoint: ApiEndpoint,
    options: { readonly userAgent: string; readonly views?: ObjectViews },
  ) {
    this.#sim = sim;
    this.#ns = ns;
    this.#endpoint = endpoint;
    this.#userAgent = options.userAgent;
    this.#host = `${formatIp(endpoint.ip)}:${endpoint.port}`;
    if (options.views !== undefined) this.views = options.views;
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
      return readResponse(reply.status, reply.headers, reply.body);
    }
  }

  watch(request: ApiRequest, onEvent: (event: WatchEvent) => void): Proc<ApiResponse | undefined> {
    return this.watchBatches(request, (events) => {
      for (const event of events) onEvent(event);
    });
  }

  *watchBatches(request: ApiRequest, onEvents: OnEvents): Proc<ApiResponse | undefined> {
    const connection = yield* this.#connect();
    if (!(connection instanceof HttpConnection)) return this.#failed(connection);
    this.#watches.add(connection);
    this.#probeOne();
    try {
      const head = yield* connection.open(this.#encode(request), DIAL_TIMEOUT_NS);
      if (head.kind === 'failure') return this.#failed(head);
      if (head.status !== 200) {
        const body = yield* readAll(connection);
        return readResponse(head.status, head.headers, body);
      }
      return yield* this.#readEvents(connection, onEvents);
    } finally {
      this.#watches.delete(connection);
      this.#drop(connection);
      this.#probeOne();
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

  /** The events of each write of the server, once all of it is there. */
  *#readEvents(connection: HttpConnection, onEvents: OnEvents): Proc<ApiResponse | undefined> {
    let parts: Payload[] = [];
    for (;;) {
      const part = yield* connection.readBody();
      if (part === 'end') return undefined;
      if (part === 'timeout') continue;
      if ('kind' in part) {
        // Unless it was closed here.
        if (this.#open.has(connection)) this.reconnect();
        return this.#failed(part);
      }
      parts.push(part);
      if (!connection.isAtChunkEnd) continue;
      onEvents(watchEventsOf(payloadJsonLines(concatPayloads(parts))));
      parts = [];
    }
  }

  #encode(request: ApiRequest): {
    method: string;
    target: string;
    headers: readonly (readonly [string, string])[];
    body?: Payload;
  } {
    const rest = must(toRest(request), `${request.resource} is a resource of the API`);
    return {
      method: rest.method,
      target: rest.url,
      headers: this.#headers(rest.headers),
      ...(rest.body === undefined ? {} : { body: jsonPayload(rest.body) }),
    };
  }

  /** With the host and the client's name; requests of a kind come with the same map. */
  #headers(rest: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
    let fields = this.#fields.get(rest);
    if (fields === undefined) {
      fields = [['Host', this.#host], ['User-Agent', this.#userAgent], ...rest];
      this.#fields.set(rest, fields);
    }
    return fields;
  }

  *#connect(): Proc<HttpConnection | HttpFailure> {
    const made = yield* httpConnect(this.#ns, { ...this.#endpoint, timeoutNs: DIAL_TIMEOUT_NS });
    if (made instanceof HttpConnection) this.#open.add(made);
    return made;
  }

  /** The oldest watch stands for all. */
  #probeOne(): void {
    for (const { conn } of this.#watches) {
      if (conn.keepalive === undefined) conn.setKeepalive(KEEPALIVE);
      return;
    }
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
    const place = this.#host;
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

/**
 * What is sent is not changed any more: it travels as a value, not as text. Not frozen: the server takes frozen
 * data for its own, decoded and checked before.
 */
function jsonPayload(value: unknown): Payload {
  return payloadFromSource(new JsonSource(value));
}

function readResponse(status: number, headers: HttpHeaders, body: Payload): ApiResponse {
  const value = payloadJson(body)?.value;
  return responseFromRest(status, headers.get('Warning'), value, () => payloadText(body));
}

function* readAll(connection: HttpConnection): Proc<Payload> {
  const parts: Payload[] = [];
  for (;;) {
    const part = yield* connection.readBody(REQUEST_TIMEOUT_NS);
    if (typeof part === 'string' || 'kind' in part) return concatPayloads(parts);
    parts.push(part);
  }
}
