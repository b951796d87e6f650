/**
 * The OpenShift router with its HAProxy, as it runs in a pod: watches Routes, admits them, serves 80 and 443.
 */
import {
  type ApiClient,
  type Informer,
  type Namespace,
  type Route,
  type RouteIngress,
  type Secret,
  formatTime,
  matchesSelector,
} from '@podwire/api';
import { NS_PER_SEC, cidrContains } from '@podwire/base';
import type { HostSim, Proc } from '@podwire/engine';
import type {
  Certificate,
  ClientHello,
  HttpResponse,
  HttpServer,
  NetNs,
  TcpConn,
} from '@podwire/netstack';
import { payloadFromText } from '@podwire/wire';
import { certificateOf, readCertificatePem } from './certificate.ts';
import type { EdgeProgram } from './edge-process.ts';
import { EdgeWatch } from './edge-watch.ts';
import { KeptConnections } from './exchange.ts';
import type { ErrorFiles } from './haproxy-pages.ts';
import { findHost, plainHost } from './host-table.ts';
import { type RouterContext, serveRoute } from './haproxy-serve.ts';
import {
  type EdgeBehaviour,
  RunningEdge,
  type TlsDecision,
  listenHttp,
  listenTls,
} from './program.ts';
import { UnknownAnnotations } from './unknown-annotations.ts';
import { type Admission, admitRoutes, isPassthrough, servedHost } from './route-admission.ts';
import {
  ROUTE_ANNOTATIONS,
  ROUTE_PREFIX,
  type RouteBackend,
  type RouterConfig,
  compileRoutes,
} from './route-compile.ts';
import type { RouterSettings } from './router-settings.ts';
import { ServerHealth } from './server-health.ts';
import { tunnel } from './tunnel.ts';

export interface OpenshiftRouterOptions {
  readonly client: ApiClient;
  readonly settings: RouterSettings;
  /** The files of the container's volumes, by path. */
  readonly files: () => ReadonlyMap<string, string>;
  readonly log: (line: string) => void;
  /** For the user: what a Route asks for and does not get. */
  readonly notice: (text: string) => void;
}

/** RELOAD_INTERVAL. */
const RELOAD_GAP_NS = 5 * NS_PER_SEC;

export function startOpenshiftRouter(
  sim: HostSim,
  ns: NetNs,
  options: OpenshiftRouterOptions,
): EdgeProgram {
  return new RunningEdge(sim, new OpenshiftRouter(sim, ns, options), options.log);
}

class OpenshiftRouter implements EdgeBehaviour {
  readonly name = 'openshift-router';
  readonly watch: EdgeWatch;
  readonly reloadGapNs = RELOAD_GAP_NS;
  readonly endpointPollNs = undefined;
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #options: OpenshiftRouterOptions;
  readonly #routes: Informer<Route>;
  readonly #secrets: Informer<Secret>;
  /** Asked only by shards that select namespaces. */
  readonly #namespaces: Informer<Namespace> | undefined;
  readonly #kept: KeptConnections;
  readonly #health: ServerHealth;
  readonly #unknown: UnknownAnnotations;
  #admissions: readonly Admission[] = [];
  #config: RouterConfig;
  #certificates: ReadonlyMap<string, Certificate> = new Map();
  #errorFiles: ErrorFiles = new Map();

  constructor(sim: HostSim, ns: NetNs, options: OpenshiftRouterOptions) {
    this.#sim = sim;
    this.#ns = ns;
    this.#options = options;
    this.#unknown = new UnknownAnnotations(options.notice);
    this.watch = new EdgeWatch(sim, options.client);
    this.#routes = this.watch.routes();
    this.#secrets = this.watch.secrets();
    this.#kept = new KeptConnections(ns);
    const { settings } = options;
    if (settings.namespaceSelector !== undefined) this.#namespaces = this.watch.namespaces();
    this.#health = new ServerHealth(sim, ns, settings.checkIntervalNs);
    this.#config = compileRoutes([], this.watch, sim.rng('haproxy/balance'), settings);
  }

  apply(): void {
    const { settings } = this.#options;
    this.#admissions = admitRoutes(
      [...this.#routes.items.values()]
        .filter((each) => this.#isSelected(each))
        .map((each) => this.#placed(each)),
      settings,
    );
    const admitted = this.#admissions.flatMap(({ route, refused }) =>
      refused === undefined ? [route] : [],
    );
    this.#config = compileRoutes(admitted, this.watch, this.#sim.rng('haproxy/balance'), settings);
    this.#errorFiles = readErrorFiles(settings, this.#options.files());
    this.#certificates = this.#readCertificates(admitted);
    this.#health.watch(this.#config.backends.map(({ balancer }) => balancer.servers));
    for (const route of admitted) this.#unknown.tell(route, ROUTE_PREFIX, ROUTE_ANNOTATIONS);
    this.#options.log('"msg"="router reloaded" "logger"="template"');
  }

  listen(): readonly (HttpServer | string)[] {
    const process = '("haproxy",pid=30,fd=5)';
    const { httpPort, httpsPort, statsPort } = this.#options.settings;
    return [
      listenHttp(this.#ns, { port: httpPort, process }, (request, conn) =>
        serveRoute(this.#context(), request, { conn, isTls: false }, conn),
      ),
      listenTls(
        this.#ns,
        { port: httpsPort, process },
        (hello, conn) => this.#decide(hello, conn),
        (request, stream) =>
          serveRoute(this.#context(), request, { conn: stream.tcp, isTls: true }, stream),
        () => ({ status: 400, close: true }),
      ),
      listenHttp(this.#ns, { port: statsPort, process }, ({ path }) => healthAnswer(path)),
    ];
  }

  *report(): Proc {
    yield* this.#withdraw();
    for (const { route, refused } of this.#admissions) {
      const now = this.#routes.get(route.metadata.namespace, route.metadata.name);
      if (now === undefined) continue;
      const { name } = this.#options.settings;
      const all = now.status?.ingress ?? [];
      const others = all.filter(({ routerName }) => routerName !== name);
      const before = all.find(({ routerName }) => routerName === name);
      const mine = this.#statusOf(route, refused);
      if (before !== undefined && isSameVerdict(before, mine)) continue;
      yield* this.#writeStatus(now, [...others, mine]);
    }
  }

  /** What this router said of Routes that it does not select any more is taken back. */
  *#withdraw(): Proc {
    const { name } = this.#options.settings;
    for (const route of Array.from(this.#routes.items.values())) {
      const all = route.status?.ingress ?? [];
      if (this.#isSelected(route) || all.every(({ routerName }) => routerName !== name)) continue;
      yield* this.#writeStatus(
        route,
        all.filter(({ routerName }) => routerName !== name),
      );
    }
  }

  *#writeStatus(route: Route, ingress: readonly RouteIngress[]): Proc {
    yield* this.#options.client.request({
      verb: 'update',
      resource: 'routes',
      namespace: route.metadata.namespace ?? '',
      name: route.metadata.name,
      subresource: 'status',
      body: { ...route, status: { ingress } },
    });
  }

  /** Whether a Route is of this shard: both selectors must match. */
  #isSelected({ metadata }: Route): boolean {
    const { routeSelector, namespaceSelector } = this.#options.settings;
    if (routeSelector !== undefined && !matchesSelector(routeSelector, metadata.labels))
      return false;
    if (namespaceSelector === undefined) return true;
    const labels = this.#namespaces?.get(undefined, metadata.namespace ?? '')?.metadata.labels;
    return matchesSelector(namespaceSelector, labels);
  }

  close(): void {
    this.#health.stop();
    this.#kept.close();
  }

  /** `spec.subdomain` stands for a host below the router's own domain. */
  #placed(route: Route): Route {
    const { host = '', subdomain = '' } = route.spec;
    if (host !== '' || subdomain === '') return route;
    return {
      ...route,
      spec: { ...route.spec, host: `${subdomain}.${this.#options.settings.domain}` },
    };
  }

  #statusOf({ spec }: Route, refused: Admission['refused']): RouteIngress {
    const { name: routerName, domain } = this.#options.settings;
    return {
      host: spec.host ?? '',
      routerName,
      conditions: [
        {
          type: 'Admitted',
          status: refused === undefined ? 'True' : 'False',
          ...refused,
          lastTransitionTime: formatTime(this.#sim.nowNs()),
        },
      ],
      wildcardPolicy: spec.wildcardPolicy ?? 'None',
      routerCanonicalHostname: `router-${routerName}.${domain}`,
    };
  }

  #context(): RouterContext {
    return {
      ns: this.#ns,
      kept: this.#kept,
      config: this.#config,
      health: this.#health,
      errorFiles: this.#errorFiles,
    };
  }

  #decide({ serverName }: ClientHello, conn: TcpConn): TlsDecision {
    const host = plainHost(serverName);
    const backend = findHost(this.#config.passthrough, host);
    if (backend !== undefined) {
      return { kind: 'tunnel', run: (hello) => this.#tunnel(backend, conn, hello) };
    }
    return {
      kind: 'terminate',
      certificate: findHost(this.#certificates, host) ?? this.#default(),
    };
  }

  *#tunnel(backend: RouteBackend, conn: TcpConn, hello: ClientHello): Proc {
    const { allowed, balancer } = backend;
    const isOut = allowed.length > 0 && !allowed.some((cidr) => cidrContains(cidr, conn.remoteIp));
    const isOver = backend.limiter?.admit(conn, this.#sim.nowNs()) === false;
    if (isOut || isOver) conn.close();
    else yield* tunnel(this.#ns, conn, hello.bytes, balancer, (key) => this.#health.isUp(key));
  }

  /** Made by the ingress operator, which signs it itself. */
  #default(): Certificate {
    return { names: [`*.${this.#options.settings.domain}`], issuer: 'ingress-operator' };
  }

  #readCertificates(admitted: readonly Route[]): ReadonlyMap<string, Certificate> {
    const found = new Map<string, Certificate>();
    for (const route of admitted) {
      const { tls } = route.spec;
      if (tls === undefined || isPassthrough(route)) continue;
      const named = tls.externalCertificate?.name ?? '';
      const certificate =
        named === ''
          ? readCertificatePem(tls.certificate ?? '')
          : certificateOf(this.#secrets.get(route.metadata.namespace, named));
      if (certificate !== undefined) found.set(servedHost(route), certificate);
    }
    return found;
  }
}

/** Whether a router says the same of a Route as it did; the time of it aside. */
function isSameVerdict(before: RouteIngress, now: RouteIngress): boolean {
  const [a, b] = [before.conditions?.[0], now.conditions?.[0]];
  return (
    before.host === now.host &&
    a?.status === b?.status &&
    a?.reason === b?.reason &&
    a?.message === b?.message
  );
}

/** Files that are not there leave HAProxy's own answers in force. */
function readErrorFiles(
  { errorFiles }: RouterSettings,
  files: ReadonlyMap<string, string>,
): ErrorFiles {
  const found = new Map<number, string>();
  for (const [status, path] of errorFiles) {
    const text = files.get(path);
    if (text !== undefined) found.set(status, text);
  }
  return found;
}

function healthAnswer(path: string): HttpResponse {
  if (path !== '/healthz' && path !== '/healthz/ready') return { status: 404 };
  return { status: 200, body: payloadFromText('ok') };
}
