/**
 * One request at ingress-nginx: location, access, redirects, upstream, tries.
 *
 * From: the listeners on 80 and 443 (ingress-nginx.ts). To: exchange.ts, and back to the client.
 */
import { type Ip, type Rng, cidrContains, civilTime, formatIp, httpDate } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { HttpRequest, HttpResponse, NetNs, TcpConn } from '@podwire/netstack';
import { HttpHeaders } from '@podwire/wire';
import { type Balancer, type Server, highestHash } from './balance.ts';
import { cookieOf } from './cookies.ts';
import { type Begun, type KeptConnections, exchange, relay, withoutHopByHop } from './exchange.ts';
import { plainHost } from './host-table.ts';
import { md5Hex } from './md5.ts';
import { type Location, type NginxConfig, type Upstream, readPattern } from './nginx-compile.ts';
import type { NginxLimits } from './nginx-limits.ts';
import { nginxPage, nginxRedirect } from './nginx-pages.ts';

export interface NginxContext {
  readonly ns: NetNs;
  readonly rng: Rng;
  readonly kept: KeptConnections;
  readonly config: NginxConfig;
  readonly limits: NginxLimits;
}

/** The client's side of a request. */
export interface ClientSide {
  readonly conn: TcpConn;
  readonly isTls: boolean;
}

const HSTS = 'max-age=31536000; includeSubDomains';
/** Requests that may be sent again after they were sent once (proxy_next_upstream without non_idempotent). */
const NOT_REPEATED: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH']);

export function* serveNginx(
  ctx: NginxContext,
  request: HttpRequest,
  client: ClientSide,
): Proc<HttpResponse> {
  const response = yield* answer(ctx, request, client);
  const headers = headersOf(response);
  headers.delete('Date');
  const dated = new HttpHeaders([
    ['Date', httpDate(civilTime(ctx.ns.sim.nowNs()))],
    ...headers.entries(),
  ]);
  if (client.isTls) dated.set('Strict-Transport-Security', HSTS);
  return { ...response, headers: dated };
}

function headersOf(response: HttpResponse): HttpHeaders {
  return response.headers instanceof HttpHeaders
    ? response.headers
    : new HttpHeaders(response.headers ?? []);
}

function* answer(ctx: NginxContext, request: HttpRequest, client: ClientSide): Proc<HttpResponse> {
  const authority = request.headers.get('Host') ?? '';
  const host = plainHost(authority);
  const found = ctx.config.table.find(host, request.path);
  if (found === undefined) return nginxPage(404);
  const { value: location, captures } = found;
  const { annotations } = location;
  const scheme = client.isTls ? 'https' : 'http';
  // nginx's phases: the body's size and the slash with the location, redirects, limits, access.
  const length = Number(request.headers.get('Content-Length') ?? request.body.lenBytes);
  if (annotations.bodyBytesMax > 0 && length > annotations.bodyBytesMax) return nginxPage(413);
  if (location.addsSlash) {
    const query = request.query === '' ? '' : `?${request.query}`;
    return nginxRedirect(301, `${scheme}://${authority}${location.path}${query}`);
  }
  const redirect = redirectOf(location, request, host, client.isTls);
  if (redirect !== undefined) return redirect;
  const { remoteIp } = client.conn;
  if (!ctx.limits.admit(annotations.limits, remoteIp, ctx.ns.sim.nowNs())) return nginxPage(503);
  const refused = judgeAccess(location, remoteIp);
  if (refused !== undefined) return refused;
  if (location.upstream === undefined) return nginxPage(404);
  // The canary is looked up from the main backend's balancer: without that there is none.
  if (location.upstream.balancer.servers.length === 0) return nginxPage(503);
  const upstream = chooseUpstream(ctx.rng, location, location.upstream, request);
  return yield* forward(ctx, request, client, {
    location,
    upstream,
    target: rewrite(location, captures, request),
  });
}

function judgeAccess({ annotations }: Location, peer: Ip): HttpResponse | undefined {
  const { allowed, denied } = annotations;
  if (allowed === undefined || denied === undefined) return nginxPage(503);
  if (denied.some((cidr) => cidrContains(cidr, peer))) return nginxPage(403);
  const isOut = allowed.length > 0 && !allowed.some((cidr) => cidrContains(cidr, peer));
  return isOut ? nginxPage(403) : undefined;
}

const CHALLENGE = '/.well-known/acme-challenge';

function redirectOf(
  { annotations, hasTls }: Location,
  request: HttpRequest,
  host: string,
  isTls: boolean,
): HttpResponse | undefined {
  const isForced = annotations.forceSslRedirect || (annotations.sslRedirect && hasTls);
  if (!isTls && isForced && !request.path.startsWith(CHALLENGE)) {
    const keeps = annotations.preservesTrailingSlash || !request.target.endsWith('/');
    const uri = keeps ? request.target : request.target.slice(0, -1);
    return nginxRedirect(308, `https://${host}${uri}`);
  }
  if (annotations.redirect !== undefined) {
    return nginxRedirect(annotations.redirect.status, annotations.redirect.url);
  }
  if (annotations.appRoot !== undefined && request.path === '/') {
    const scheme = isTls ? 'https' : 'http';
    return nginxRedirect(302, `${scheme}://${host}${annotations.appRoot}`);
  }
  return undefined;
}

/** `rewrite "(?i)path" target break`: captures filled in, the query kept. */
function rewrite(location: Location, captures: readonly string[], request: HttpRequest): string {
  const { rewriteTarget } = location.annotations;
  if (rewriteTarget === undefined) return request.target;
  const path = rewriteTarget.replaceAll(
    /\$(\d)/g,
    (_, digit: string) => captures[Number(digit)] ?? '',
  );
  return request.query === '' ? path : `${path}?${request.query}`;
}

/** Header, then cookie, then weight decide whether the canary gets it (rootfs/etc/nginx/lua/balancer.lua). */
function chooseUpstream(
  rng: Rng,
  { canary }: Location,
  main: Upstream,
  request: HttpRequest,
): Upstream {
  if (canary === undefined || canary.upstream.balancer.servers.length === 0) return main;
  const { rule, upstream } = canary;
  const header = rule.header === undefined ? undefined : request.headers.get(rule.header);
  if (header !== undefined) {
    if (rule.headerValue !== undefined) {
      if (header === rule.headerValue) return upstream;
    } else if (rule.headerPattern !== undefined) {
      const pattern = readPattern(rule.headerPattern, '');
      if (pattern === undefined) return main;
      if (pattern.test(header)) return upstream;
    } else if (header === 'always') return upstream;
    else if (header === 'never') return main;
  }
  const cookie = rule.cookie === undefined ? undefined : cookieOf(request.headers, rule.cookie);
  if (cookie === 'always') return upstream;
  if (cookie === 'never') return main;
  if (rule.weight <= 0) return main;
  return rng.below(rule.weightTotal) + 1 <= rule.weight ? upstream : main;
}

interface Way {
  readonly location: Location;
  readonly upstream: Upstream;
  readonly target: string;
}

function* forward(
  ctx: NginxContext,
  request: HttpRequest,
  client: ClientSide,
  { location, upstream, target }: Way,
): Proc<HttpResponse> {
  const { annotations } = location;
  const { balancer } = upstream;
  const { conn } = client;
  const sticky = stickyServer(location, balancer, request, ctx.rng);
  const headers = backendHeaders(request, client, ctx.rng);
  const timeouts = { connectNs: annotations.connectTimeoutNs, readNs: annotations.readTimeoutNs };
  const tried = new Set<string>();
  let status = 502;
  for (let turn = 0; turn < annotations.tries; turn++) {
    const server =
      sticky?.server ??
      hashedServer(location, balancer, request, conn.remoteIp) ??
      balancer.pick(conn.remoteIp, ({ key }) => !tried.has(key)) ??
      balancer.pick(conn.remoteIp, () => true);
    if (server === undefined) return nginxPage(503);
    tried.add(server.key);
    const done = balancer.open(server);
    const got = yield* exchange(
      ctx.ns,
      { ...server.endpoint, key: server.key },
      { method: request.method, target, headers, ...bodyOf(request) },
      { kept: ctx.kept, timeouts, traceId: conn.traceId },
    );
    if (got.kind === 'begun') {
      return respond(got, server, { ctx, client, location, sticky, done });
    }
    done();
    status = got.stage === 'connect-timeout' || got.stage === 'read-timeout' ? 504 : 502;
    const isSent = got.stage !== 'refused' && got.stage !== 'connect-timeout';
    if (got.stage === 'read-timeout' || (isSent && NOT_REPEATED.has(request.method))) break;
  }
  return nginxPage(status);
}

function bodyOf(request: HttpRequest): { readonly body?: HttpRequest['body'] } {
  return request.body.lenBytes > 0 ? { body: request.body } : {};
}

interface Answering {
  readonly ctx: NginxContext;
  readonly client: ClientSide;
  readonly location: Location;
  readonly sticky: Sticky | undefined;
  readonly done: () => void;
}

function respond(got: Begun, server: Server, answering: Answering): HttpResponse {
  const { ctx, client, location, sticky, done } = answering;
  return relay(got, client.conn, {
    key: server.key,
    kept: ctx.kept,
    readNs: location.annotations.readTimeoutNs,
    done,
    change: (headers) => {
      headers.delete('Server');
      if (sticky?.cookie === undefined) return;
      const secure = client.isTls ? '; Secure' : '';
      headers.append('Set-Cookie', `${sticky.cookie}; Path=${location.path}${secure}; HttpOnly`);
    },
  });
}

/** What a session cookie leads to, and the cookie when the client has none that is usable. */
interface Sticky {
  readonly server: Server | undefined;
  readonly cookie: string | undefined;
}

function stickyServer(
  { annotations, path }: Location,
  { servers }: Balancer,
  request: HttpRequest,
  rng: Rng,
): Sticky | undefined {
  const name = annotations.affinityCookie;
  if (name === undefined) return undefined;
  const given = cookieOf(request.headers, name);
  const key = given?.split('|')[0];
  if (key !== undefined && key !== '')
    return { server: highestHash(servers, key), cookie: undefined };
  const fresh = `${rng.below(1_000_000_000)}.${String(rng.below(1000)).padStart(3, '0')}`;
  const cookie = `${name}=${fresh}|${md5Hex(`${name}${path}`)}`;
  return { server: highestHash(servers, fresh), cookie };
}

/** `upstream-hash-by`: of nginx's variables those that name the request or its client. */
function hashedServer(
  { annotations }: Location,
  { servers }: Balancer,
  request: HttpRequest,
  peer: Ip,
): Server | undefined {
  if (annotations.hashBy === undefined) return undefined;
  const key = annotations.hashBy
    .replaceAll(/\$\{?request_uri\}?/g, request.target)
    .replaceAll(/\$\{?(?:binary_)?remote_addr\}?/g, formatIp(peer))
    .replaceAll(/\$\{?host\}?/g, plainHost(request.headers.get('Host') ?? ''))
    .replaceAll(
      /\$\{?http_(\w+)\}?/g,
      (_, name: string) => request.headers.get(name.replaceAll('_', '-')) ?? '',
    );
  return highestHash(servers, key);
}

/** Headers as the backend gets them (template nginx.tmpl, proxy_set_header). */
function backendHeaders(request: HttpRequest, client: ClientSide, rng: Rng): HttpHeaders {
  const headers = withoutHopByHop(request.headers);
  headers.delete('Proxy');
  const peer = formatIp(client.conn.remoteIp);
  const host = request.headers.get('Host') ?? '';
  const given = request.headers.get('X-Forwarded-For');
  const givenHost = request.headers.get('X-Forwarded-Host');
  const scheme = client.isTls ? 'https' : 'http';
  if (headers.get('X-Request-ID') === undefined) headers.set('X-Request-ID', requestId(rng));
  headers.set('X-Real-IP', peer);
  headers.set('X-Forwarded-For', peer);
  headers.set('X-Forwarded-Host', host);
  headers.set('X-Forwarded-Port', client.isTls ? '443' : '80');
  headers.set('X-Forwarded-Proto', scheme);
  headers.set('X-Forwarded-Scheme', scheme);
  headers.set('X-Scheme', scheme);
  if (given !== undefined) headers.set('X-Original-Forwarded-For', given);
  if (givenHost !== undefined) headers.set('X-Original-Forwarded-Host', givenHost);
  return headers;
}

/** 32 hex digits. */
function requestId(rng: Rng): string {
  let text = '';
  for (let part = 0; part < 8; part++) text += rng.below(65_536).toString(16).padStart(4, '0');
  return text;
}
