/**
 * Asks the API server over the emulated network: HTTP/2 with JSON on one TCP connection.
 *
 * From: kubelet, kube-proxy, pod network, DNS, controllers, scheduler. As in client-go, requests and watches of a client are
 * streams of one connection, which is pinged when it was silent for 30 s and given up 15 s later (ReadIdleTimeout,
 * PingTimeout in http2's Transport as k8s.io/apimachinery sets them); then all of them end and are taken up again.
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
import { type HostSim, type Proc, Signal } from '@podwire/engine';
import {
  type Http2ClientStream,
  Http2Connection,
  type Http2Request,
  type HttpFailure,
  type NetNs,
  errnoText,
  http2Connect,
} from '@podwire/netstack';
import {
  EMPTY_PAYLOAD,
  type Http2Fields,
  type HttpHeaders,
  JsonSource,
  type Payload,
  concatPayloads,
  endsWithLine,
  payloadFromSource,
  payloadJson,
  payloadJsonLines,
  payloadText,
} from '@podwire/wire';

/** client-go: TLS dial timeout, and the kubelet's and controllers' request timeouts. */
const DIAL_TIMEOUT_NS = 30 * NS_PER_SEC;
const REQUEST_TIMEOUT_NS = 10 * NS_PER_SEC;
const PINGS = { idleNs: 30 * NS_PER_SEC, timeoutNs: 15 * NS_PER_SEC };

/** Where the API server listens on the control plane. */
export const API_PORT = 6443;

export interface ApiEndpoint {
  readonly ip: Ip;
  readonly port: number;
}

/** A connection that is being made. */
interface Dial {
  readonly done: Signal;
  failure: HttpFailure | undefined;
}

export class HttpApiClient implements ApiClient {
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #endpoint: ApiEndpoint;
  readonly #userAgent: string;
  readonly #host: string;
  readonly #fields = new Map<ReadonlyMap<string, string>, Http2Fields>();
  readonly views?: ObjectViews;
  #connection: Http2Connection | undefined;
  /** The connection that is being made: one for all who ask meanwhile. */
  #dial: Dial | undefined;

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
      const kept = this.#connection;
      const connection = yield* this.#connect();
      if (!(connection instanceof Http2Connection)) return this.#failed(connection);
      const reply = yield* connection.request(this.#encode(request), REQUEST_TIMEOUT_NS);
      if (reply.kind === 'reply') return readResponse(reply.status, reply.headers, reply.body);
      const wasKept = connection === kept && attempt === 0;
      if (!wasKept || reply.reason === 'timeout') return this.#failed(reply);
    }
  }

  watch(request: ApiRequest, onEvent: (event: WatchEvent) => void): Proc<ApiResponse | undefined> {
    return this.watchBatches(request, (events) => {
      for (const event of events) onEvent(event);
    });
  }

  *watchBatches(request: ApiRequest, onEvents: OnEvents): Proc<ApiResponse | undefined> {
    const connection = yield* this.#connect();
    if (!(connection instanceof Http2Connection)) return this.#failed(connection);
    const stream = connection.open(this.#encode(request));
    try {
      const refusal = yield* this.#refusal(stream);
      return refusal ?? (yield* this.#readEvents(stream, onEvents));
    } finally {
      stream.close();
    }
  }

  /** Closes the connection: the next request dials anew, watches end. */
  reconnect(): void {
    this.#connection?.abort();
    this.#connection = undefined;
  }

  /** Why the server does not stream; undefined when it does. */
  *#refusal(stream: Http2ClientStream): Proc<ApiResponse | undefined> {
    const head = yield* stream.readHead(DIAL_TIMEOUT_NS);
    if (head.kind === 'failure') return this.#failed(head);
    if (head.status === 200) return undefined;
    const body = yield* stream.readAll(REQUEST_TIMEOUT_NS);
    return 'kind' in body ? this.#failed(body) : readResponse(head.status, head.headers, body);
  }

  /** The events of each write of the server, once all of it is there: frames may end within a line. */
  *#readEvents(stream: Http2ClientStream, onEvents: OnEvents): Proc<ApiResponse | undefined> {
    let begun = EMPTY_PAYLOAD;
    for (;;) {
      const part = yield* stream.readBody();
      if (part === 'end') return undefined;
      if ('kind' in part) return this.#failed(part);
      const piece = begun.lenBytes === 0 ? part : concatPayloads([begun, part]);
      if (endsWithLine(piece)) {
        begun = EMPTY_PAYLOAD;
        onEvents(watchEventsOf(payloadJsonLines(piece)));
      } else begun = piece;
    }
  }

  #encode(request: ApiRequest): Http2Request {
    const rest = must(toRest(request), `${request.resource} is a resource of the API`);
    return {
      method: rest.method,
      target: rest.url,
      authority: this.#host,
      headers: this.#headers(rest.headers),
      ...(rest.body === undefined ? {} : { body: jsonPayload(rest.body) }),
    };
  }

  /** With the client's name; requests of a kind come with the same map. */
  #headers(rest: ReadonlyMap<string, string>): Http2Fields {
    let fields = this.#fields.get(rest);
    if (fields === undefined) {
      const named = [...rest].map(([name, value]) => [name.toLowerCase(), value] as const);
      fields = [['user-agent', this.#userAgent], ...named];
      this.#fields.set(rest, fields);
    }
    return fields;
  }

  /** The connection, made when there is none. */
  *#connect(): Proc<Http2Connection | HttpFailure> {
    for (;;) {
      if (this.#connection?.isOpen === true) return this.#connection;
      const underWay = this.#dial;
      if (underWay === undefined) return yield* this.#make();
      yield* underWay.done.wait();
      if (underWay.failure !== undefined) return underWay.failure;
    }
  }

  *#make(): Proc<Http2Connection | HttpFailure> {
    const dial: Dial = { done: new Signal(), failure: undefined };
    this.#dial = dial;
    try {
      const options = { ...this.#endpoint, timeoutNs: DIAL_TIMEOUT_NS, pings: PINGS };
      const made = yield* http2Connect(this.#ns, options);
      if (made instanceof Http2Connection) this.#connection = made;
      else dial.failure = made;
      return made;
    } finally {
      this.#dial = undefined;
      dial.done.notify();
    }
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
