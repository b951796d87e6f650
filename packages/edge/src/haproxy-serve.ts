/**
 * One request at the OpenShift router: map, access, sticky cookie, server, retries.
 *
 * From: the listeners on 80 and 443 (openshift-router.ts). To: exchange.ts, and back to the client. Undefined means
 * that the connection was answered and closed here.
 */
import { NS_PER_SEC, cidrContains, formatIp } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import type { HttpRequest, HttpResponse, NetNs, TcpConn } from '@podwire/netstack';
import type { HttpHeaders } from '@podwire/wire';
import type { Server } from './balance.ts';
import { cookieOf } from './cookies.ts';
import { type Begun, type Failed, type KeptConnections, exchange, relay } from './exchange.ts';
import { withoutHopByHop } from './exchange.ts';
import { type ErrorFiles, sendHaproxyError, unmatchedStatus } from './haproxy-pages.ts';
import { plainHost } from './host-table.ts';
import type { RouteBackend, RouterConfig } from './route-compile.ts';
import type { ServerHealth } from './server-health.ts';

export interface RouterContext {
  readonly ns: NetNs;
  readonly kept: KeptConnections;
  readonly config: RouterConfig;
  readonly health: ServerHealth;
  readonly errorFiles: ErrorFiles;
}

export interface RouterClient {
  readonly conn: TcpConn;
  readonly isTls: boolean;
}

/** HAProxy: `timeout connect 5s`, `retries 3`, and the pause before a server is tried again. */
const CONNECT_NS = 5 * NS_PER_SEC;
const RETRIES = 3;
const RETRY_PAUSE_NS = NS_PER_SEC;

export function* serveRoute(
  ctx: RouterContext,
  request: HttpRequest,
  client: RouterClient,
  stream: Pick<TcpConn, 'send' | 'close'>,
): Proc<HttpResponse | undefined> {
  const host = plainHost(request.headers.get('Host') ?? '').replace(/\.$/, '');
  const table = client.isTls ? ctx.config.https : ctx.config.http;
  const found = table.find(host, request.path);
  if (found === undefined) {
    sendHaproxyError(stream, unmatchedStatus(ctx.errorFiles), ctx.errorFiles);
    return undefined;
  }
  if (found.value.kind === 'redirect') return redirectToTls(host, request.target);
  const { backend } = found.value;
  const { allowed } = backend;
  const isOut =
    allowed.length > 0 && !allowed.some((cidr) => cidrContains(cidr, client.conn.remoteIp));
  if (isOut || backend.limiter?.admit(client.conn, ctx.ns.sim.nowNs()) === false) {
    stream.close();
    return undefined;
  }
  const got = yield* tryServers(ctx, backend, request, client);
  if (typeof got !== 'number') return got;
  sendHaproxyError(stream, got, ctx.errorFiles);
  return undefined;
}

function redirectToTls(host: string, target: string): HttpResponse {
  return {
    status: 302,
    headers: [
      ['content-length', '0'],
      ['location', `https://${host}${target}`],
      ['cache-control', 'no-cache'],
    ],
  };
}

/** The response, or the status of HAProxy's own answer. */
function* tryServers(
  ctx: RouterContext,
  backend: RouteBackend,
  request: HttpRequest,
  client: RouterClient,
): Proc<HttpResponse | number> {
  const { balancer, cookieName } = backend;
  if (balancer.servers.length === 0) return 503;
  const cookie = cookieName === undefined ? undefined : cookieOf(request.headers, cookieName);
  const pinned = cookie === undefined ? undefined : backend.byCookie.get(cookie);
  const isUp = (server: Server): boolean => ctx.health.isUp(server.key);
  const peer = client.conn.remoteIp;
  let server = pinned !== undefined && isUp(pinned) ? pinned : balancer.pick(peer, isUp);
  let isPinned = server === pinned && pinned !== undefined;
  for (let retry = 0; server !== undefined; retry++) {
    const chosen: Server = server;
    const done = balancer.open(chosen);
    const got = yield* send(ctx, backend, chosen, request, client);
    if (got.kind === 'begun') {
      const isKnown = backend.cookieValues.get(chosen.key) === cookie;
      return respond(ctx, backend, chosen, got, { client, setsCookie: !isKnown, done });
    }
    done();
    if (got.stage === 'read-timeout') return 504;
    if (got.stage === 'closed' || got.stage === 'garbage') return 502;
    if (retry === RETRIES) return 503;
    // Redispatch: at once to another server, a session that a cookie holds only at the last retry.
    const next: Server | undefined =
      isPinned && retry + 1 < RETRIES
        ? undefined
        : balancer.pick(peer, (other) => other.key !== chosen.key && isUp(other));
    if (next === undefined) {
      if (got.stage === 'refused') yield* sleep(RETRY_PAUSE_NS);
    } else {
      server = next;
      isPinned = false;
    }
  }
  return 503;
}

function* send(
  ctx: RouterContext,
  backend: RouteBackend,
  server: Server,
  request: HttpRequest,
  client: RouterClient,
): Proc<Begun | Failed> {
  const body = request.body.lenBytes > 0 ? { body: request.body } : {};
  const headers = backendHeaders(backend, request, client);
  return yield* exchange(
    ctx.ns,
    { ...server.endpoint, key: server.key },
    { method: request.method, target: rewrite(backend, request), headers, ...body },
    {
      kept: ctx.kept,
      timeouts: { connectNs: CONNECT_NS, readNs: backend.serverTimeoutNs },
      traceId: client.conn.traceId,
      ...backendTls(backend, server),
    },
  );
}

/** Issuer of the certificates that Services get by annotation: what reencrypt trusts without a CA of its own. */
const SERVICE_CA = 'openshift-service-serving-signer';

function backendTls(
  { route }: RouteBackend,
  { endpoint }: Server,
): { readonly tls?: { readonly serverName: string; readonly issuer: string | undefined } } {
  const { tls } = route.spec;
  if (tls?.termination !== 'reencrypt') return {};
  const serverName = `${endpoint.service}.${route.metadata.namespace ?? ''}.svc`;
  // Not modelled: whether the destination's CA signed it; its own certificate is taken for right then.
  return {
    tls: {
      serverName,
      issuer: tls.destinationCACertificate === undefined ? SERVICE_CA : undefined,
    },
  };
}

/** rewrite-target takes the place of the Route's path at the front of the request's. */
function rewrite({ rewriteTarget, route }: RouteBackend, request: HttpRequest): string {
  if (rewriteTarget === undefined) return request.target;
  const path = route.spec.path ?? '';
  const query = request.query === '' ? '' : `?${request.query}`;
  if (path === '' || path === '/') {
    return `${rewriteTarget === '/' ? '' : rewriteTarget}${request.path}${query}`;
  }
  const rest = request.path.slice(path.length);
  const joined = rewriteTarget === '/' && rest.startsWith('/') ? rest : `${rewriteTarget}${rest}`;
  return `${joined}${query}`;
}

function backendHeaders(
  { forwarded }: RouteBackend,
  request: HttpRequest,
  client: RouterClient,
): HttpHeaders {
  const headers = withoutHopByHop(request.headers);
  headers.delete('Proxy');
  const host = request.headers.get('Host') ?? '';
  headers.set('host', host.toLowerCase());
  if (forwarded === 'never') return headers;
  const peer = formatIp(client.conn.remoteIp);
  const proto = client.isTls ? 'https' : 'http';
  const own: readonly (readonly [string, string])[] = [
    ['x-forwarded-host', host],
    ['x-forwarded-port', client.isTls ? '443' : '80'],
    ['x-forwarded-proto', proto],
    ['forwarded', `for=${peer};host=${host};proto=${proto}`],
    ['x-forwarded-for', peer],
  ];
  for (const [name, value] of own) {
    if (forwarded === 'replace') headers.set(name, value);
    else if (forwarded === 'append' || !headers.has(name)) headers.append(name, value);
  }
  return headers;
}

function respond(
  ctx: RouterContext,
  backend: RouteBackend,
  server: Server,
  got: Begun,
  options: {
    readonly client: RouterClient;
    readonly setsCookie: boolean;
    readonly done: () => void;
  },
): HttpResponse {
  return relay(got, options.client.conn, {
    key: server.key,
    kept: ctx.kept,
    readNs: backend.serverTimeoutNs,
    done: options.done,
    change: (headers) => {
      if (options.client.isTls && backend.hsts !== undefined) {
        headers.set('strict-transport-security', backend.hsts);
      }
      if (!options.setsCookie || backend.cookieName === undefined) return;
      const value = backend.cookieValues.get(server.key) ?? '';
      headers.append(
        'set-cookie',
        `${backend.cookieName}=${value}; path=/; HttpOnly${flags(backend)}`,
      );
    },
  });
}

/** Cookies of TLS Routes that are not served in the clear as well are Secure. */
function flags({ route, sameSite }: RouteBackend): string {
  const { tls } = route.spec;
  const isSecure = tls !== undefined && tls.insecureEdgeTerminationPolicy !== 'Allow';
  if (!isSecure) return sameSite === undefined ? '' : `; SameSite=${sameSite}`;
  return `; Secure; SameSite=${sameSite ?? 'None'}`;
}
