/**
 * A proxy as a process in a pod: its life from start to SIGTERM, its watch, its listeners, its turns of reloading.
 */
import { NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, type Process, sleep } from '@podwire/engine';
import {
  type Certificate,
  type ClientHello,
  type HttpHandler,
  type HttpResponse,
  type HttpServer,
  type NetNs,
  type TcpConn,
  TlsStream,
  errnoText,
  httpServe,
  isErrno,
  serveRequests,
  tlsAccept,
  tlsReadHello,
} from '@podwire/netstack';
import type { Payload } from '@podwire/wire';
import { EdgeProcess } from './edge-process.ts';
import type { EdgeWatch } from './edge-watch.ts';

/** What a kind of proxy does; `apply` compiles anew. */
export interface EdgeBehaviour {
  readonly name: string;
  readonly watch: EdgeWatch;
  /** No reload sooner after the last. */
  readonly reloadGapNs: number;
  /** Endpoint changes take effect at the next of these ticks; undefined: they need a reload, too. */
  readonly endpointPollNs: number | undefined;
  apply(isReload: boolean): void;
  /** Listens; an errno's text ends the process. */
  listen(): readonly (HttpServer | string)[];
  /** Writes what it found into the status of objects. */
  report(): Proc;
  close(): void;
}

export class RunningEdge extends EdgeProcess {
  readonly #sim: HostSim;
  readonly #behaviour: EdgeBehaviour;
  readonly #log: (line: string) => void;
  readonly #main: Process<void>;
  readonly #servers: HttpServer[] = [];

  constructor(sim: HostSim, behaviour: EdgeBehaviour, log: (line: string) => void) {
    super();
    this.#sim = sim;
    this.#behaviour = behaviour;
    this.#log = log;
    this.#main = sim.spawn(behaviour.name, this.#run());
  }

  protected release(): void {
    this.#main.cancel();
    for (const server of this.#servers) server.close();
    this.#behaviour.close();
    this.#behaviour.watch.stop();
  }

  *#run(): Proc {
    const { watch, reloadGapNs, endpointPollNs } = this.#behaviour;
    yield* watch.synced();
    let config = watch.configVersion;
    let endpoints = watch.endpointsVersion;
    this.#behaviour.apply(true);
    let reloadedNs = this.#sim.nowNs();
    for (const server of this.#behaviour.listen()) {
      if (typeof server !== 'string') this.#servers.push(server);
      else {
        this.#log(server);
        this.end(1);
        return;
      }
    }
    for (;;) {
      yield* this.#behaviour.report();
      const isNew = (): boolean =>
        watch.configVersion !== config || watch.endpointsVersion !== endpoints;
      if (!isNew()) yield* watch.changed.wait();
      if (!isNew()) continue;
      const isReload = endpointPollNs === undefined || watch.configVersion !== config;
      const nowNs = this.#sim.nowNs();
      if (isReload) yield* sleep(Math.max(0, reloadedNs + reloadGapNs - nowNs));
      else yield* sleep(endpointPollNs - (nowNs % endpointPollNs));
      const needsReload = endpointPollNs === undefined || watch.configVersion !== config;
      if (needsReload && !isReload) continue;
      if (needsReload) reloadedNs = this.#sim.nowNs();
      [config, endpoints] = [watch.configVersion, watch.endpointsVersion];
      this.#behaviour.apply(needsReload);
    }
  }
}

export interface EdgePort {
  readonly port: number;
  readonly process: string;
}

export function listenHttp(
  ns: NetNs,
  { port, process }: EdgePort,
  handler: HttpHandler,
): HttpServer | string {
  const server = httpServe(ns, { port, process, backlog: 511 }, handler);
  return isErrno(server) ? `bind() to 0.0.0.0:${port} failed (${errnoText(server)})` : server;
}

/** How a connection on the TLS port goes on once its server name is known. */
export type TlsDecision =
  | { readonly kind: 'terminate'; readonly certificate: Certificate }
  /** Somebody else deals with the connection. */
  | { readonly kind: 'tunnel'; readonly run: (hello: ClientHello) => Proc };

/** Clients have so long for their ClientHello and handshake. */
const HANDSHAKE_NS = 60 * NS_PER_SEC;

export function listenTls(
  ns: NetNs,
  { port, process }: EdgePort,
  decide: (hello: ClientHello, conn: TcpConn) => TlsDecision,
  handler: HttpHandler<TlsStream>,
  whenPlain: () => HttpResponse,
): HttpServer | string {
  const other = (conn: TcpConn, first: Payload): Proc =>
    serveTls(conn, first, decide, handler, whenPlain);
  const server = httpServe(ns, { port, process, backlog: 511, other }, whenPlain);
  return isErrno(server) ? `bind() to 0.0.0.0:${port} failed (${errnoText(server)})` : server;
}

function* serveTls(
  conn: TcpConn,
  first: Payload,
  decide: (hello: ClientHello, conn: TcpConn) => TlsDecision,
  handler: HttpHandler<TlsStream>,
  whenPlain: () => HttpResponse,
): Proc {
  const hello = yield* tlsReadHello(conn, first, HANDSHAKE_NS);
  if (hello === 'wrong-version') {
    yield* serveRequests(conn, whenPlain);
    return;
  }
  if (typeof hello === 'string') {
    conn.close();
    return;
  }
  const decision = decide(hello, conn);
  if (decision.kind === 'tunnel') {
    yield* decision.run(hello);
    return;
  }
  const stream = yield* tlsAccept(conn, hello, decision.certificate, HANDSHAKE_NS);
  if (stream instanceof TlsStream) yield* serveRequests(stream, handler);
  else conn.close();
}
