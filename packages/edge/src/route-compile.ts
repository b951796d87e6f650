/**
 * Admitted Routes → what the router's HAProxy would be configured to do.
 *
 * From: openshift-router.ts. To: a table for plain HTTP, one for terminated TLS, passthrough by SNI (haproxy-config
 * template and pkg/router/template/{router,util}.go of openshift/router).
 */
import { type Route, type RouteTarget, compareText } from '@podwire/api';
import { type Cidr, NS_PER_SEC, type Rng, parseCidr, parseIp } from '@podwire/base';
import { type Algorithm, Balancer, type Server, serverOf } from './balance.ts';
import { type ClusterView, type Endpoint, endpointKey, readyEndpoints } from './endpoints.ts';
import { HostTable, type PathRule, hasPathPrefix } from './host-table.ts';
import { md5Hex } from './md5.ts';
import { type RateLimits, RateLimiter } from './rate-limit.ts';
import { isPassthrough, servedHost } from './route-admission.ts';

export type ForwardedPolicy = 'append' | 'replace' | 'if-none' | 'never';

/** A Route as a backend of the proxy. */
export interface RouteBackend {
  readonly route: Route;
  /** `phpweb:hello`. */
  readonly name: string;
  readonly balancer: Balancer;
  /** By cookie value. */
  readonly byCookie: ReadonlyMap<string, Server>;
  readonly cookieValues: ReadonlyMap<string, string>;
  /** Undefined: sticky cookies are switched off. */
  readonly cookieName: string | undefined;
  readonly sameSite: string | undefined;
  readonly serverTimeoutNs: number;
  readonly forwarded: ForwardedPolicy;
  readonly allowed: readonly Cidr[];
  readonly rewriteTarget: string | undefined;
  readonly hsts: string | undefined;
  readonly limiter: RateLimiter | undefined;
}

/** What Routes that say nothing of it get. */
export interface RouteDefaults {
  readonly forwarded: ForwardedPolicy;
  readonly serverTimeoutNs: number;
}

export type RouteAction =
  | { readonly kind: 'serve'; readonly backend: RouteBackend }
  | { readonly kind: 'redirect' };

export interface RouterConfig {
  readonly http: HostTable<RouteAction>;
  readonly https: HostTable<RouteAction>;
  /** By host of the SNI, or `*.domain`. */
  readonly passthrough: ReadonlyMap<string, RouteBackend>;
  readonly backends: readonly RouteBackend[];
}

export function compileRoutes(
  admitted: readonly Route[],
  view: ClusterView,
  rng: Rng,
  defaults: RouteDefaults,
): RouterConfig {
  const http = new Map<string, Draft[]>();
  const https = new Map<string, Draft[]>();
  const passthrough = new Map<string, RouteBackend>();
  const backends: RouteBackend[] = [];
  const add = (table: Map<string, Draft[]>, backend: RouteBackend, action: RouteAction): void => {
    const host = servedHost(backend.route);
    table.set(host, [...(table.get(host) ?? []), { backend, action }]);
  };
  for (const route of admitted) {
    const backend = backendOf(route, view, rng, defaults);
    backends.push(backend);
    const { tls } = route.spec;
    const policy = tls?.insecureEdgeTerminationPolicy;
    const serve = { kind: 'serve', backend } as const;
    if (tls === undefined) add(http, backend, serve);
    else if (policy === 'Redirect') add(http, backend, { kind: 'redirect' });
    else if (policy === 'Allow') add(http, backend, serve);
    if (tls === undefined) continue;
    if (isPassthrough(route)) passthrough.set(servedHost(route), backend);
    else add(https, backend, serve);
  }
  return { http: tableOf(http), https: tableOf(https), passthrough, backends };
}

interface Draft {
  readonly backend: RouteBackend;
  readonly action: RouteAction;
}

/** Reverse order of the map's lines: the longer path first, of equal ones the backend later in the alphabet. */
function tableOf(hosts: ReadonlyMap<string, readonly Draft[]>): HostTable<RouteAction> {
  const rules = new Map<string, PathRule<RouteAction>[]>();
  for (const [host, drafts] of hosts) {
    const sorted = [...drafts].sort(
      (a, b) => compareText(pathOf(b), pathOf(a)) || compareText(b.backend.name, a.backend.name),
    );
    rules.set(
      host,
      sorted.map((draft) => ({
        value: draft.action,
        match: (path) => (hasPathPrefix(path, pathOf(draft)) ? [path] : undefined),
      })),
    );
  }
  return new HostTable(rules, true);
}

function pathOf({ backend }: Draft): string {
  const path = backend.route.spec.path ?? '';
  return path === '/' ? '' : path;
}

export const ROUTE_PREFIX = 'haproxy.router.openshift.io/';

function backendOf(
  route: Route,
  view: ClusterView,
  rng: Rng,
  defaults: RouteDefaults,
): RouteBackend {
  const { metadata, spec } = route;
  const annotations = metadata.annotations ?? {};
  const text = (name: string): string | undefined =>
    Object.hasOwn(annotations, name) ? annotations[name] : undefined;
  const servers = weighedServers(route, view);
  const name = `${metadata.namespace ?? ''}:${metadata.name}`;
  const cookieValues = new Map(servers.map((server) => [server.key, cookieValue(server.endpoint)]));
  const isSticky = !isPassthrough(route) && text(`${ROUTE_PREFIX}disable_cookies`) !== 'true';
  const given = text('router.openshift.io/cookie_name') ?? '';
  const own = /^[a-zA-Z0-9_-]+$/.test(given) ? given : md5Hex(` ${name}`);
  const sameSite = text('router.openshift.io/cookie-same-site');
  const rewriteTarget = text(`${ROUTE_PREFIX}rewrite-target`);
  const hsts = text(`${ROUTE_PREFIX}hsts_header`);
  return {
    route,
    name,
    balancer: new Balancer(servers, algorithmOf(route, text(`${ROUTE_PREFIX}balance`)), rng),
    byCookie: new Map(servers.map((server) => [cookieValue(server.endpoint), server])),
    cookieValues,
    cookieName: isSticky ? own : undefined,
    sameSite: ['Lax', 'Strict', 'None'].includes(sameSite ?? '') ? sameSite : undefined,
    serverTimeoutNs: haproxyTime(text(`${ROUTE_PREFIX}timeout`)) ?? defaults.serverTimeoutNs,
    forwarded: forwardedPolicy(text(`${ROUTE_PREFIX}set-forwarded-headers`)) ?? defaults.forwarded,
    allowed: allowList(text(`${ROUTE_PREFIX}ip_allowlist`) ?? text(`${ROUTE_PREFIX}ip_whitelist`)),
    rewriteTarget: spec.tls?.termination === 'passthrough' ? undefined : rewriteTarget,
    hsts: spec.tls === undefined || !isHsts(hsts) ? undefined : hsts,
    limiter: limiterOf(text),
  };
}

/** Limits that are no whole numbers are ignored one by one. */
function limiterOf(text: (name: string) => string | undefined): RateLimiter | undefined {
  const base = `${ROUTE_PREFIX}rate-limit-connections`;
  if (!/^(true|1|t)$/i.test(text(base) ?? '')) return undefined;
  const limit = (name: string): number | undefined => {
    const given = text(`${base}.${name}`) ?? '';
    return /^[1-9]\d*$/.test(given) ? Number(given) : undefined;
  };
  const limits: RateLimits = {
    concurrentTcp: limit('concurrent-tcp'),
    tcpRate: limit('rate-tcp'),
    httpRate: limit('rate-http'),
  };
  return new RateLimiter(limits);
}

function isHsts(text: string | undefined): boolean {
  return /^\s*max-age\s*=\s*\d+\s*(;\s*(includeSubDomains|preload)\s*)*$/i.test(text ?? '');
}

/** Without the prefix. */
export const ROUTE_ANNOTATIONS: ReadonlySet<string> = new Set(
  (
    'balance disable_cookies timeout timeout-tunnel ip_allowlist ip_whitelist rewrite-target hsts_header ' +
    'set-forwarded-headers rate-limit-connections rate-limit-connections.concurrent-tcp ' +
    'rate-limit-connections.rate-tcp rate-limit-connections.rate-http'
  ).split(' '),
);

export function forwardedPolicy(text: string | undefined): ForwardedPolicy | undefined {
  const isKnown = text === 'append' || text === 'replace' || text === 'if-none' || text === 'never';
  return isKnown ? text : undefined;
}

/** Several weighted services are served in turn, one at random, passthrough by the client's address. */
function algorithmOf(route: Route, asked: string | undefined): Algorithm {
  switch (asked) {
    case 'roundrobin':
    case 'leastconn':
    case 'random':
    case 'source':
      return asked;
    default: {
      const weighted = targetsOf(route).filter(({ weight = 100 }) => weight > 0);
      if (weighted.length > 1) return 'roundrobin';
      return isPassthrough(route) ? 'source' : 'random';
    }
  }
}

function targetsOf({ spec }: Route): readonly RouteTarget[] {
  return [spec.to, ...(spec.alternateBackends ?? [])];
}

const SERVER_WEIGHT_MAX = 256;

/** calculateServiceWeights: a service's weight is shared by its endpoints, the largest share becomes 256. */
function weighedServers(route: Route, view: ClusterView): Server[] {
  const namespace = route.metadata.namespace ?? '';
  const wanted = route.spec.port?.targetPort;
  const takesPort = (name: string, port: number): boolean =>
    wanted === undefined || wanted === name || String(wanted) === String(port);
  const active = targetsOf(route)
    .map(({ name, weight = 100 }) => ({
      weight,
      endpoints: readyEndpoints(name, view.slices(namespace, name), takesPort),
    }))
    .filter(({ endpoints }) => endpoints.length > 0);
  const weighted = active.filter(({ weight }) => weight > 0);
  if (weighted.length === 1) {
    return active.flatMap(({ weight, endpoints }) =>
      endpoints.map((endpoint) => serverOf(endpoint, weight > 0 ? 1 : 0)),
    );
  }
  // Shares are compared over a common denominator: no fractions.
  const product = active.reduce((sum, { endpoints }) => sum * endpoints.length, 1);
  const shares = active.map(({ weight, endpoints }) => (weight * product) / endpoints.length);
  const largest = Math.max(0, ...shares);
  return active.flatMap(({ weight, endpoints }, index) => {
    const share = shares[index] ?? 0;
    const scaled = largest === 0 ? 0 : Math.floor((share * SERVER_WEIGHT_MAX) / largest);
    const own = weight === 0 ? 0 : Math.max(1, scaled);
    return endpoints.map((endpoint) => serverOf(endpoint, own));
  });
}

/** The digest that stands for an endpoint in the router's cookie. */
function cookieValue(endpoint: Endpoint): string {
  const { pod, service, portName } = endpoint;
  const place = endpointKey(endpoint);
  return md5Hex(
    pod === undefined
      ? `ept:${service}:${portName}:${place}`
      : `pod:${pod}:${service}:${portName}:${place}`,
  );
}

const TIME_UNITS: ReadonlyMap<string, number> = new Map([
  ['us', 1000],
  ['ms', 1_000_000],
  ['s', NS_PER_SEC],
  ['m', 60 * NS_PER_SEC],
  ['h', 3600 * NS_PER_SEC],
  ['d', 86_400 * NS_PER_SEC],
]);
/** HAProxy's timers are milliseconds in 31 bits. */
const TIME_MAX_NS = 2_147_483_647 * 1_000_000;

/** `2s`, `500ms`; undefined for what the router ignores. */
export function haproxyTime(text: string | undefined): number | undefined {
  const found = /^(\d+)(us|ms|s|m|h|d)$/.exec(text ?? '');
  if (found === null) return undefined;
  return Math.min(Number(found[1]) * (TIME_UNITS.get(found[2] ?? '') ?? 0), TIME_MAX_NS);
}

/** Addresses and networks between single blanks; a list with anything else at its rims or with commas is void. */
function allowList(text: string | undefined): Cidr[] {
  if (text === undefined || text !== text.trim()) return [];
  return text.split(/\s+/).flatMap((part) => {
    const found = parseCidr(parseIp(part) === undefined ? part : `${part}/32`);
    return found === undefined ? [] : [found];
  });
}
