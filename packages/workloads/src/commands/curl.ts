/**
 * curl 7.88.1, over http. Messages, timings and exit codes as recorded (facts: what the user sees).
 *
 * https goes through curl-tls.ts; HTTP/2 is offered, but never chosen.
 */
import { type Ip, NS_PER_MS, NS_PER_SEC, formatIp, ipFamily, parseIp } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import {
  type Errno,
  type ByteStream,
  HttpConnection,
  type HttpFailure,
  type TcpConn,
  errnoNumber,
  errnoText,
  tcpConnect,
} from '@podwire/netstack';
import {
  HttpHeaders,
  type HttpResponseHead,
  type Payload,
  concatPayloads,
  emitHttpHead,
  payloadBytes,
  payloadFromText,
  payloadText,
  slicePayload,
} from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { resolve } from '../resolve.ts';
import { unixSec } from '../wall-time.ts';
import { type Url, parseUrl, resolveLocation } from '../url.ts';
import { CookieJar, type CookiePlace } from './cookie-jar.ts';
import { type CurlOptions, REMOTE_NAME, expandUrl, parseCurlOptions } from './curl-options.ts';
import { handshakeTls } from './curl-tls.ts';
import { METER_HEAD, type TransferReport, formatWriteOut, meterLine } from './curl-report.ts';

export const CURL_VERSION = '7.88.1';
/** DEFAULT_CONNECT_TIMEOUT of lib/connect.h. */
const CONNECT_TIMEOUT_NS = 300 * NS_PER_SEC;
/** curl's poll wakes in the millisecond behind its limit. */
const POLL_NS = NS_PER_MS;

/** `-#` when all has come, on 79 columns. */
const PROGRESS_BAR: string = `\r${'#'.repeat(72)} 100.0%`;

const TRY_HELP = "curl: try 'curl --help' or 'curl --manual' for more information\n";

/** An error as curl reports it: CURLcode and text. */
interface CurlError {
  readonly code: number;
  readonly message: string;
}

export function* curl(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const options = parseCurlOptions(argv.slice(1));
  if (typeof options === 'string') {
    ctx.err(`curl: ${options}\n${TRY_HELP}`);
    return 2;
  }
  if (options.showsVersion) {
    ctx.out(
      `curl ${CURL_VERSION} (x86_64-pc-linux-gnu) libcurl/${CURL_VERSION} OpenSSL/3.0.22\nRelease-Date: 2023-02-20\nProtocols: http https\nFeatures: AsynchDNS IPv6 Largefile SSL\n`,
    );
    return 0;
  }
  if (options.showsHelp) {
    ctx.out('Usage: curl [options...] <url>\n');
    return 0;
  }
  if (options.urls.length === 0) {
    ctx.err(TRY_HELP);
    return 2;
  }
  const run = new CurlRun(ctx, options);
  let exitCode = 0;
  try {
    for (const [index, pattern] of options.urls.entries()) {
      const urls = options.isGlobOff ? [pattern] : expandUrl(pattern);
      if (typeof urls === 'string') {
        ctx.err(`curl: (3) ${urls}`);
        exitCode = 3;
        continue;
      }
      for (const url of urls) exitCode = yield* run.fetch(url, options.outputs[index]);
    }
  } finally {
    run.close();
  }
  return exitCode;
}

interface PooledConnection {
  readonly http: HttpConnection<ByteStream>;
  /** Below TLS, where there is any. */
  readonly tcp: TcpConn;
  readonly key: string;
  readonly number: number;
  /** Name in messages. */
  readonly shownHost: string;
}

class CurlRun {
  readonly #ctx: CommandContext;
  readonly #options: CurlOptions;
  /** Idle connections by place. */
  readonly #pool: PooledConnection[] = [];
  readonly #resolved = new Map<string, readonly Ip[]>();
  #connectionCount = 0;
  #urlIndex = 0;
  /** A --resolve that cannot be read. */
  resolveProblem: CurlError | undefined;
  /** The cookies of all transfers; undefined when neither -b nor -c ask for them. */
  readonly cookies: CookieJar | undefined;

  constructor(ctx: CommandContext, options: CurlOptions) {
    this.#ctx = ctx;
    this.#options = options;
    if (options.cookieFiles.length > 0 || options.cookieJar !== undefined) {
      this.cookies = new CookieJar(
        () => unixSec(ctx.sim.nowNs(), ctx.epochSec),
        (text) => {
          this.#verbose(text);
        },
      );
      this.#loadCookies(this.cookies);
    }
    for (const entry of options.resolves) this.#addResolve(entry);
  }

  #verbose(text: string): void {
    if (this.#options.isVerbose) this.#ctx.err(`* ${text}\n`);
  }

  #loadCookies(jar: CookieJar): void {
    const { cookieFiles, isNewSession } = this.#options;
    for (const name of cookieFiles) {
      if (name === '') continue;
      const text = name === '-' ? this.#ctx.stdin : this.#ctx.fs.read(name);
      if (text === undefined) this.#verbose(`WARNING: failed to open cookie file "${name}"`);
      else jar.load(text, isNewSession);
    }
  }

  /** Curl_flush_cookies(): the files of -b are read again first, so a cookie that the server took back lives on there. */
  #saveCookies(): void {
    const { cookies } = this;
    const { cookieJar } = this.#options;
    if (cookies === undefined || cookieJar === undefined) return;
    this.#loadCookies(cookies);
    const text = cookies.format();
    if (cookieJar === '-') this.#ctx.out(text);
    else if (!this.#ctx.fs.write(cookieJar, text)) {
      this.#verbose(
        `WARNING: failed to save cookies in ${cookieJar}: Failed writing received data to disk/application`,
      );
    }
  }

  close(): void {
    for (const pooled of this.#pool) pooled.http.close();
  }

  #addResolve(entry: string): void {
    const match = /^\+?([^:]+):(\d+):(.*)$/.exec(entry);
    const addresses = (match?.[3] ?? '')
      .split(',')
      .map((text) => parseIp(text.replace(/^\[|\]$/g, '')))
      .filter((ip) => ip !== undefined);
    if (match === null || addresses.length === 0) {
      this.resolveProblem ??= {
        code: 49,
        message: `Couldn't parse CURLOPT_RESOLVE entry '${entry}'`,
      };
      return;
    }
    this.#resolved.set(`${match[1]?.toLowerCase()}:${match[2]}`, addresses);
    this.#verbose(`Added ${match[1]}:${match[2]}:${match[3]} to DNS cache`);
    if (match[1] === '*') {
      this.#verbose(`RESOLVE *:${match[2]} is wildcard, enabling wildcard checks`);
    }
  }

  /** One URL, with retries; curl's exit code. */
  *fetch(urlText: string, output: string | undefined): Proc<number> {
    const options = this.#options;
    const startNs = this.#ctx.sim.nowNs();
    let delaySec = options.retryDelaySec > 0 ? options.retryDelaySec : 1;
    for (let left = options.retries; ; left--) {
      const transfer = new Transfer(this.#ctx, options, output, this, left === options.retries);
      const error = this.resolveProblem ?? (yield* transfer.run(urlText));
      const report = transfer.report;
      report.urlIndex = this.#urlIndex;
      if (error !== undefined && (!options.isSilent || options.showsError)) {
        this.#ctx.err(`curl: (${error.code}) ${error.message}\n`);
      }
      const reason = left > 0 ? retryReason(options, error, report.httpCode) : undefined;
      const elapsedSec = (this.#ctx.sim.nowNs() - startNs) / NS_PER_SEC;
      const isTooLate = options.retryMaxTimeSec > 0 && elapsedSec >= options.retryMaxTimeSec;
      if (reason === undefined || isTooLate) {
        this.#writeOut(report);
        this.#saveCookies();
        this.#urlIndex++;
        return error?.code ?? 0;
      }
      if (!options.isSilent) {
        this.#ctx.err(
          warning(`Problem ${reason}. Will retry in ${delaySec} seconds. ${left} retries left.`),
        );
      }
      yield* sleep(delaySec * NS_PER_SEC);
      if (options.retryDelaySec === 0) delaySec = Math.min(delaySec * 2, 600);
    }
  }

  #writeOut(report: TransferReport): void {
    const format = this.#options.writeOut;
    if (format === undefined) return;
    const text = format.startsWith('@') ? (this.#ctx.fs.read(format.slice(1)) ?? '') : format;
    this.#ctx.out(
      formatWriteOut(text, report, (name) => {
        this.#ctx.err(`curl: unknown --write-out variable: '${name}'\n`);
      }),
    );
  }

  /** An idle connection to the place, taken out of the pool. */
  takeConnection(key: string): PooledConnection | undefined {
    for (;;) {
      const index = this.#pool.findIndex((pooled) => pooled.key === key);
      if (index < 0) return undefined;
      const [pooled] = this.#pool.splice(index, 1);
      if (pooled === undefined || pooled.http.isReusable) return pooled;
      pooled.http.close();
    }
  }

  giveConnection(pooled: PooledConnection): void {
    this.#pool.push(pooled);
  }

  nextConnectionNumber(): number {
    return this.#connectionCount++;
  }

  cachedAddresses(key: string): readonly Ip[] | undefined {
    return this.#resolved.get(key) ?? this.#resolved.get(`*${key.slice(key.lastIndexOf(':'))}`);
  }

  cacheAddresses(key: string, addresses: readonly Ip[]): void {
    this.#resolved.set(key, addresses);
  }
}

/** warnf(): a text in lines of at most 79 columns, cut behind a blank. */
function warning(text: string): string {
  const width = 79 - 'Warning: '.length;
  let lines = '';
  let rest = text;
  while (rest.length >= width) {
    const blank = rest.lastIndexOf(' ', width - 1);
    const cut = blank > 0 ? blank + 1 : width;
    lines += `Warning: ${rest.slice(0, cut)}\n`;
    rest = rest.slice(cut);
  }
  return `${lines}Warning: ${rest}\n`;
}

/** Whether and why curl would retry. */
function retryReason(
  options: CurlOptions,
  error: CurlError | undefined,
  httpCode: number,
): string | undefined {
  const code = error?.code ?? 0;
  if (code === 6 || code === 28) return ': timeout';
  if (code === 7 && options.retriesRefused) return ': connection refused';
  if ([408, 429, 500, 502, 503, 504].includes(httpCode)) return ': HTTP error';
  if (options.retriesAll && code !== 0) return '(retrying all errors)';
  return undefined;
}

class Transfer {
  readonly report: TransferReport;
  readonly #ctx: CommandContext;
  readonly #options: CurlOptions;
  readonly #output: string | undefined;
  readonly #run: CurlRun;
  readonly #startNs: number;
  readonly #deadlineNs: number;
  /** Output is shown on a terminal: neither meter nor data marks. */
  readonly #isTty: boolean;
  /** The first attempt: the meter's title is shown once. */
  readonly #isFirst: boolean;
  #hasMeter = false;
  /** A redirect has turned the request into one without a body. */
  #isBodyDropped = false;
  #written: string[] = [];

  constructor(
    ctx: CommandContext,
    options: CurlOptions,
    output: string | undefined,
    run: CurlRun,
    isFirst: boolean,
  ) {
    this.#isFirst = isFirst;
    this.#ctx = ctx;
    this.#options = options;
    this.#output = output;
    this.#run = run;
    this.#startNs = ctx.sim.nowNs();
    this.#deadlineNs =
      options.maxTimeSec > 0
        ? this.#startNs + Math.round(options.maxTimeSec * NS_PER_SEC)
        : Number.POSITIVE_INFINITY;
    this.#isTty = ctx.isTty === true && output === undefined;
    this.report = emptyReport(methodOf(options));
  }

  /** Runs the transfer, redirects included. */
  *run(urlText: string): Proc<CurlError | undefined> {
    const error = this.#outputProblem(urlText) ?? (yield* this.#follow(urlText));
    this.report.totalNs = this.#elapsedNs();
    this.report.exitCode = error?.code ?? 0;
    this.report.message = error?.message ?? '';
    this.#flush();
    return error;
  }

  /** -O needs a name in the URL. */
  #outputProblem(urlText: string): CurlError | undefined {
    if (this.#output !== REMOTE_NAME) return undefined;
    const path = urlText.replace(/^[a-z]+:\/\//i, '').split(/[?#]/)[0] ?? '';
    if (path.includes('/') && !path.endsWith('/')) return undefined;
    this.#ctx.err('curl: Remote file name has no length!\n');
    return { code: 23, message: 'Failed writing received data to disk/application' };
  }

  #startMeter(): void {
    const { isSilent, showsMeter, showsBar } = this.#options;
    this.#hasMeter = !isSilent && showsMeter && !this.#isTty;
    if (!this.#hasMeter || showsBar) return;
    this.#ctx.err((this.#isFirst ? METER_HEAD : '') + meterLine(this.report, 0));
  }

  /** Curl_pgrsDone(): the last line of a request. */
  #endMeter(): void {
    if (!this.#hasMeter) return;
    if (!this.#options.showsBar) this.#ctx.err(`${meterLine(this.report, this.#elapsedNs())}\n`);
    else if (this.report.sizeDownload > 0) this.#ctx.err(`${PROGRESS_BAR}\n`);
  }

  *#follow(urlText: string): Proc<CurlError | undefined> {
    let url = parseUrl(urlText);
    let method = methodOf(this.#options);
    for (let turn = 0; ; turn++) {
      if (typeof url === 'string') {
        return { code: 3, message: 'URL using bad/illegal format or missing URL' };
      }
      if (url.scheme !== 'http' && url.scheme !== 'https') {
        return {
          code: 1,
          message: `Protocol "${url.scheme}" not supported or disabled in libcurl`,
        };
      }
      this.report.numRedirects = turn;
      if (turn === 0) this.#startMeter();
      const result = yield* this.#once(url, method, urlText);
      if ('code' in result) return result;
      const location = result.head.headers.get('Location');
      const isRedirect = result.head.status >= 300 && result.head.status < 400;
      if (!isRedirect || location === undefined) return undefined;
      const next = resolveLocation(url, location);
      if (!this.#options.followsRedirects) {
        this.report.redirectUrl = next;
        return undefined;
      }
      if (turn >= this.#options.maxRedirs) {
        return {
          code: 47,
          message: `Maximum (${this.#options.maxRedirs}) redirects followed`,
        };
      }
      this.report.redirectNs = this.#elapsedNs();
      this.#verbose(`Issue another request to this URL: '${next}'`);
      const { status } = result.head;
      const isSwitched =
        status === 303 || ((status === 301 || status === 302) && method === 'POST');
      if (isSwitched && method !== 'GET' && method !== 'HEAD') {
        this.#isBodyDropped = true;
        if (this.#options.method === undefined) {
          this.#verbose('Switch to GET');
          method = 'GET';
        }
      }
      url = parseUrl(next);
      Object.assign(this.report, { urlEffective: next });
    }
  }

  /** One request and its response. */
  *#once(
    url: Url,
    method: string,
    urlText: string,
  ): Proc<CurlError | { readonly head: HttpResponseHead }> {
    if (this.report.urlEffective === '') {
      Object.assign(this.report, {
        urlEffective: effectiveUrl(url, urlText),
        scheme: url.scheme,
      });
    }
    let mayRetry = true;
    for (;;) {
      const connection = yield* this.#connection(url);
      if ('code' in connection) return connection;
      const isReused = connection.isReused;
      const result = yield* this.#exchange(connection.pooled, url, method);
      if (!('isStale' in result)) return result;
      if (!isReused || !mayRetry) return result.error;
      // An idle connection that the server had closed: once more on a fresh one.
      mayRetry = false;
      this.#verbose('Connection died, retrying a fresh connect (retry count: 1)');
      this.#verbose(`Closing connection ${connection.pooled.number}`);
      this.#verbose(`Issue another request to this URL: '${urlText}'`);
    }
  }

  *#connection(
    url: Url,
  ): Proc<CurlError | { readonly pooled: PooledConnection; readonly isReused: boolean }> {
    const place = this.#connectTo(url);
    const key = `${url.scheme}://${place.host.toLowerCase()}:${place.port}`;
    const pooled = this.#run.takeConnection(key);
    if (pooled !== undefined) {
      this.#verbose('Found bundle for host: 0x55d5a4e3f2c0 [serially]');
      this.#verbose('Can not multiplex, even if we wanted to');
      this.#verbose(`Re-using existing connection #${pooled.number} with host ${url.host}`);
      this.#notePeer(pooled.tcp);
      return { pooled, isReused: true };
    }
    const addresses = yield* this.#resolve(place.host, place.port);
    if ('code' in addresses) {
      this.#verbose(addresses.message);
      this.#verbose(`Closing connection ${this.#run.nextConnectionNumber()}`);
      return addresses;
    }
    const number = this.#run.nextConnectionNumber();
    const conn = yield* this.#connect(url, place.port, addresses.list);
    if ('code' in conn) {
      this.#verbose(conn.message);
      this.#endMeter();
      this.#verbose(`Closing connection ${number}`);
      return conn;
    }
    this.#notePeer(conn.conn);
    this.report.numConnects++;
    this.report.connectNs = this.#elapsedNs();
    const shownHost = place.isRedirected ? '(nil)' : url.host;
    this.#verbose(
      `Connected to ${shownHost} (${formatIp(conn.conn.remoteIp)}) port ${conn.conn.remotePort} (#${number})`,
    );
    const { conn: tcp } = conn;
    let stream: ByteStream = tcp;
    if (url.scheme === 'https') {
      const secured = yield* this.#handshakeTls(tcp, url);
      if ('code' in secured) {
        tcp.close();
        if (secured.code !== 60) this.#verbose(secured.message);
        this.#endMeter();
        this.#verbose(`Closing connection ${number}`);
        return secured;
      }
      stream = secured;
    }
    const http = new HttpConnection(stream);
    return { pooled: { http, tcp, key, number, shownHost }, isReused: false };
  }

  /** `--connect-to HOST1:PORT1:HOST2:PORT2`. */
  #connectTo(url: Url): { host: string; port: number; isRedirected: boolean } {
    for (const entry of this.#options.connectTos) {
      const [host1 = '', port1 = '', host2 = '', port2 = ''] = entry.split(':');
      if (host1 !== '' && host1.toLowerCase() !== url.host.toLowerCase()) continue;
      if (port1 !== '' && Number(port1) !== url.port) continue;
      const host = host2 === '' ? url.host : host2;
      const port = port2 === '' ? url.port : Number(port2);
      this.#verbose(`Connecting to hostname: ${host}`);
      this.#verbose(`Connecting to port: ${port}`);
      return { host, port, isRedirected: true };
    }
    return { host: url.host, port: url.port, isRedirected: false };
  }

  *#resolve(host: string, port: number): Proc<CurlError | { readonly list: readonly Ip[] }> {
    const key = `${host.toLowerCase()}:${port}`;
    const cached = this.#run.cachedAddresses(key);
    if (cached !== undefined) {
      if (parseIp(host) === undefined) {
        this.#verbose(`Hostname ${host} was found in DNS cache`);
      }
      return { list: cached };
    }
    const leftNs = this.#leftNs(this.#connectLimitNs());
    const lookup = resolve(this.#ctx, host, this.#options.family);
    const process = this.#ctx.sim.spawn(`resolve ${host}`, lookup);
    try {
      while (!process.isDone) {
        const remainingNs = leftNs - (this.#ctx.sim.nowNs() - this.#startNs);
        if (remainingNs <= 0) {
          return {
            code: 28,
            message: `Resolving timed out after ${this.#elapsedMs()} milliseconds`,
          };
        }
        yield* process.done.wait(Number.isFinite(remainingNs) ? remainingNs + POLL_NS : undefined);
      }
    } finally {
      process.cancel();
    }
    this.report.nameLookupNs = this.#elapsedNs();
    const addresses = process.result?.addresses ?? [];
    if (addresses.length === 0) return { code: 6, message: `Could not resolve host: ${host}` };
    this.#run.cacheAddresses(key, addresses);
    return { list: addresses };
  }

  /** Tries the addresses one after the other, each with half of the time that is left. */
  *#connect(
    url: Url,
    port: number,
    addresses: readonly Ip[],
  ): Proc<CurlError | { readonly conn: TcpConn }> {
    const limitNs = this.#startNs + this.#leftNs(this.#connectLimitNs());
    let errno: Errno | 'timeout' = 'timeout';
    for (const [index, ip] of addresses.entries()) {
      const isLast = index === addresses.length - 1;
      const leftNs = limitNs - this.#ctx.sim.nowNs();
      const shareNs = isLast ? leftNs : Math.floor(leftNs / 2);
      const shown = ipFamily(ip) === 6 ? `[${formatIp(ip)}]` : formatIp(ip);
      this.#verbose(`  Trying ${shown}:${port}...`);
      const bound = this.#localEnd();
      if ('code' in bound) return bound;
      const conn = tcpConnect(this.#ctx.ns, {
        ip,
        port,
        ...bound,
        ...(this.#ctx.traceId === undefined ? {} : { traceId: this.#ctx.traceId }),
        process: '("curl",pid=7,fd=5)',
      });
      if (conn === 'EADDRINUSE' || conn === 'EADDRNOTAVAIL') return bindError(conn);
      if (typeof conn === 'string') {
        this.#verbose(`Immediate connect fail for ${formatIp(ip)}: ${errnoText(conn)}`);
        errno = conn;
        continue;
      }
      const outcome = yield* this.#await(conn, shareNs);
      if (outcome === undefined) return { conn };
      conn.close();
      errno = outcome;
      if (outcome !== 'timeout') {
        this.#verbose(`connect to ${formatIp(ip)} port ${port} failed: ${errnoText(outcome)}`);
        continue;
      }
      if (this.#ctx.sim.nowNs() >= this.#deadlineNs) break;
      this.#verbose(`ipv4 connect timeout after ${Math.floor(shareNs / NS_PER_MS)}ms, move on!`);
    }
    if (errno === 'timeout' && this.#ctx.sim.nowNs() >= this.#deadlineNs) {
      return { code: 28, message: `Connection timed out after ${this.#elapsedMs()} milliseconds` };
    }
    const isTimeout = errno === 'timeout' || errno === 'ETIMEDOUT';
    const text = errno === 'timeout' ? 'Timeout was reached' : "Couldn't connect to server";
    return {
      code: isTimeout ? 28 : 7,
      message: `Failed to connect to ${url.host} port ${port} after ${this.#elapsedMs()} ms: ${text}`,
    };
  }

  *#await(conn: TcpConn, shareNs: number): Proc<Errno | 'timeout' | undefined> {
    if (shareNs <= 0) return 'timeout';
    try {
      return yield* conn.connected(Number.isFinite(shareNs) ? shareNs : undefined);
    } finally {
      if (conn.state === 'SYN_SENT') conn.close();
    }
  }

  #localEnd(): CurlError | { localIp?: Ip; localPort?: number } {
    const { interface: name, localPort } = this.#options;
    const end: { localIp?: Ip; localPort?: number } = {};
    if (name !== undefined) {
      const dev = this.#ctx.ns.devs.get(name.replace(/^if!/, ''));
      const ip =
        dev === undefined ? parseIp(name.replace(/^host!/, '')) : this.#ctx.ns.primaryAddress(dev);
      if (ip === undefined || ip === 0) return { code: 45, message: `Couldn't bind to '${name}'` };
      end.localIp = ip;
    }
    if (localPort !== undefined) end.localPort = Number(localPort.split('-')[0]);
    return end;
  }

  #handshakeTls(conn: TcpConn, url: Url): ReturnType<typeof handshakeTls> {
    return handshakeTls(conn, {
      host: url.host,
      port: url.port,
      isInsecure: this.#options.isInsecure,
      timeoutNs: this.#waitNs(),
      verbose: (line) => {
        this.#verbose(line);
      },
      timedOut: () =>
        this.#options.maxTimeSec > 0
          ? `Connection timed out after ${this.#elapsedMs()} milliseconds`
          : 'SSL connection timeout',
    });
  }

  *#exchange(
    pooled: PooledConnection,
    url: Url,
    method: string,
  ): Proc<
    | CurlError
    | { readonly head: HttpResponseHead }
    | { readonly isStale: true; readonly error: CurlError }
  > {
    const { http } = pooled;
    const request = this.#request(url, method);
    const sent = emitHttpHead({
      kind: 'request',
      method,
      target: request.target,
      version: 'HTTP/1.1',
      headers: request.headers,
    });
    this.report.sizeRequest += sent.lenBytes;
    this.report.sizeUpload = request.body?.lenBytes ?? 0;
    if (this.#options.isVerbose) this.#traceRequest(payloadText(sent), request.body);
    const head = yield* http.open({ method, ...request }, this.#waitNs());
    if (head.kind === 'failure') {
      const error = this.#headFailure(head);
      http.close();
      const isStale = head.reason === 'closed' || head.reason === 'reset';
      if (isStale) return { isStale: true, error: this.#ended(pooled, error) };
      return this.#ended(pooled, error);
    }
    return yield* this.#receive(pooled, head, url, method);
  }

  *#receive(
    pooled: PooledConnection,
    head: HttpResponseHead,
    url: Url,
    method: string,
  ): Proc<CurlError | { readonly head: HttpResponseHead }> {
    const { http } = pooled;
    const options = this.#options;
    this.report.startTransferNs = this.#elapsedNs();
    this.report.sizeDownload = 0;
    this.report.numHeaders = [...head.headers.entries()].length;
    this.report.httpCode = head.status;
    this.report.contentType = head.headers.get('Content-Type') ?? '';
    const length = head.headers.get('Content-Length');
    this.report.sizeExpected = length === undefined ? -1 : Number(length);
    this.#ctx.onHttp?.(head.status);
    const headText = payloadText(emitHttpHead(head));
    this.report.sizeHeader += headText.length;
    if (options.dumpHeader !== undefined) this.#writeFile(options.dumpHeader, headText);
    const isFailed = options.failsOnError && head.status >= 400 && !options.failsWithBody;
    this.#readHead(headText, this.#cookiePlace(url), isFailed);
    if (isFailed) {
      http.close();
      return this.#ended(pooled, {
        code: 22,
        message: `The requested URL returned error: ${head.status}`,
      });
    }
    if (options.includesHead || options.isHeadOnly) this.#write(headText);
    const isRedirected =
      options.followsRedirects &&
      head.status >= 300 &&
      head.status < 400 &&
      head.headers.has('Location');
    const parts: Payload[] = [];
    const hasBody = method !== 'HEAD' && length !== '0' && head.status !== 204;
    if (isRedirected && hasBody) this.#verbose('Ignoring the response-body');
    for (;;) {
      const part = yield* http.readBody(this.#waitNs());
      if (part === 'end') break;
      const failure = this.#bodyFailure(part);
      if (failure !== undefined) {
        if (!isRedirected) this.#writeBody(parts);
        http.close();
        return this.#ended(pooled, failure);
      }
      if (part === 'timeout' || 'kind' in part) continue;
      if (options.isVerbose && !this.#isTty) {
        this.#ctx.err(`{ [${part.lenBytes} bytes data]\n`);
      }
      this.report.sizeDownload += part.lenBytes;
      parts.push(part);
    }
    if (!isRedirected) this.#writeBody(parts);
    if (method === 'HEAD') this.report.sizeDownload = 0;
    this.#endMeter();
    if (http.isReusable) {
      this.#verbose(`Connection #${pooled.number} to host ${pooled.shownHost} left intact`);
      this.#run.giveConnection(pooled);
    } else {
      this.#verbose(`Closing connection ${pooled.number}`);
      http.close();
    }
    if (options.failsWithBody && head.status >= 400) {
      return { code: 22, message: `The requested URL returned error: ${head.status}` };
    }
    return { head };
  }

  #bodyFailure(part: Payload | 'end' | 'timeout' | HttpFailure): CurlError | undefined {
    if (part === 'timeout') return this.#timedOut();
    if (part === 'end' || !('kind' in part)) return undefined;
    if (part.errno !== undefined) {
      return { code: 56, message: `Recv failure: ${errnoText(part.errno)}` };
    }
    const left = this.report.sizeExpected - this.report.sizeDownload;
    return {
      code: 18,
      message:
        this.report.sizeExpected >= 0
          ? `transfer closed with ${left} bytes remaining to read`
          : 'transfer closed with outstanding read data remaining',
    };
  }

  #headFailure(failure: HttpFailure): CurlError {
    switch (failure.reason) {
      case 'timeout':
        return this.#timedOut();
      case 'protocol':
        return { code: 1, message: 'Received HTTP/0.9 when not allowed' };
      case 'closed':
        return { code: 52, message: 'Empty reply from server' };
      case 'connect':
      case 'reset': {
        const errno = failure.errno ?? 'ECONNRESET';
        // A write to a connection that is gone already tells so when the answer is read.
        return { code: 56, message: `Recv failure: ${errnoText(errno)}` };
      }
    }
  }

  #timedOut(): CurlError {
    const { sizeDownload, sizeExpected } = this.report;
    const outOf = sizeExpected > 0 && sizeDownload > 0 ? ` out of ${sizeExpected}` : '';
    return {
      code: 28,
      message: `Operation timed out after ${this.#elapsedMs()} milliseconds with ${sizeDownload}${outOf} bytes received`,
    };
  }

  #ended(pooled: PooledConnection, error: CurlError): CurlError {
    this.#verbose(error.message);
    this.#endMeter();
    this.#verbose(`Closing connection ${pooled.number}`);
    return error;
  }

  #request(url: Url, method: string): { target: string; headers: HttpHeaders; body?: Payload } {
    const options = this.#options;
    const data = options.data.map((value) => this.#dataOf(value)).join('&');
    const hasBody =
      options.data.length > 0 && !options.isGet && !this.#isBodyDropped && method !== 'HEAD';
    let target = url.target;
    if (options.isGet && data !== '') target += `${target.includes('?') ? '&' : '?'}${data}`;
    const headers = new HttpHeaders([['Host', url.authority]]);
    const user = options.user ?? url.userInfo;
    if (user !== undefined) headers.append('Authorization', `Basic ${base64(user)}`);
    headers.append('User-Agent', options.userAgent ?? `curl/${CURL_VERSION}`);
    headers.append('Accept', '*/*');
    if (options.referer !== undefined) headers.append('Referer', options.referer);
    const kept = this.#run.cookies?.headerFor(this.#cookiePlace(url)) ?? '';
    const hasOwnCookie = options.headers.some((header) => /^cookie:/i.test(header));
    const typed = hasOwnCookie ? '' : options.cookies.join(';');
    const cookie = [kept, typed].filter((text) => text !== '').join('; ');
    if (cookie !== '') headers.append('Cookie', cookie);
    for (const header of options.headers) applyHeader(headers, header);
    if (!hasBody) return { target, headers };
    headers.append('Content-Length', String(payloadFromText(data).lenBytes));
    if (!headers.has('Content-Type')) {
      headers.append('Content-Type', 'application/x-www-form-urlencoded');
    }
    return { target, headers, body: payloadFromText(data) };
  }

  /** Whom cookies are for: a Host header of the user's own goes before the URL's name. */
  #cookiePlace(url: Url): CookiePlace {
    const own = this.#options.headers.map((header) => /^host: *(.*)$/i.exec(header)?.[1]);
    const named = own.find((host) => host !== undefined)?.replace(/:\d+$/, '');
    return { host: named ?? url.host, path: url.target, isTls: url.scheme === 'https' };
  }

  /** `-d @file` reads a file, `@-` standard input. */
  #dataOf(value: string): string {
    if (!value.startsWith('@')) return value;
    const text = value === '@-' ? this.#ctx.stdin : this.#ctx.fs.read(value.slice(1));
    return (text ?? '').replaceAll(/[\r\n]/g, '');
  }

  #traceRequest(text: string, body: Payload | undefined): void {
    for (const line of text.replace(/\r\n$/, '').split('\r\n')) this.#ctx.err(`> ${line}\r\n`);
    if (body !== undefined && !this.#isTty) this.#ctx.err(`} [${body.lenBytes} bytes data]\n`);
  }

  /** Curl_http_header(): what a field says is told before the field is shown. */
  #readHead(text: string, place: CookiePlace, isFailed: boolean): void {
    const lines = text.replace(/\r\n$/, '').split('\r\n');
    if (text.startsWith('HTTP/1.0') && !/^connection: *keep-alive/im.test(text)) {
      this.#verbose('HTTP 1.0, assume close after body');
    }
    for (const line of isFailed ? lines.slice(0, -1) : lines) {
      const cookie = /^set-cookie:(.*)$/i.exec(line)?.[1];
      if (cookie !== undefined) this.#run.cookies?.receive(cookie.trim(), place);
      if (this.#options.isVerbose) this.#ctx.err(`< ${line}\r\n`);
    }
  }

  #notePeer(conn: TcpConn): void {
    this.report.remoteIp = formatIp(conn.remoteIp);
    this.report.remotePort = conn.remotePort;
    this.report.localIp = formatIp(conn.localIp);
    this.report.localPort = conn.localPort;
  }

  #writeBody(parts: readonly Payload[]): void {
    const output = this.#output;
    // What nobody reads is not rendered.
    if (output === '/dev/null') return;
    const body = concatPayloads(parts);
    if (body.lenBytes > 0) this.#write(payloadText(body));
  }

  #write(text: string): void {
    if (this.#output === undefined || this.#output === '-') this.#ctx.out(text);
    else this.#written.push(text);
  }

  #writeFile(path: string, text: string): void {
    if (path === '-') this.#ctx.out(text);
    else this.#ctx.fs.write(path, text);
  }

  #flush(): void {
    const output = this.#output;
    if (output === undefined || output === '-' || this.#written.length === 0) return;
    const name =
      output === REMOTE_NAME
        ? (this.report.urlEffective.split('?')[0]?.split('/').at(-1) ?? '')
        : output;
    this.report.outputName = name;
    this.#ctx.fs.write(name, this.#written.join(''));
  }

  #verbose(text: string): void {
    if (this.#options.isVerbose) this.#ctx.err(`* ${text}\n`);
  }

  #elapsedNs(): number {
    return this.#ctx.sim.nowNs() - this.#startNs;
  }

  #elapsedMs(): number {
    return Math.floor(this.#elapsedNs() / NS_PER_MS);
  }

  /** The limit for name lookup and connecting, from the start of the transfer. */
  #connectLimitNs(): number {
    const { connectTimeoutSec } = this.#options;
    return connectTimeoutSec > 0 ? Math.round(connectTimeoutSec * NS_PER_SEC) : CONNECT_TIMEOUT_NS;
  }

  #leftNs(limitNs: number): number {
    return Math.min(limitNs, this.#deadlineNs - this.#startNs);
  }

  /** How long to wait for the server; undefined = for ever. */
  #waitNs(): number | undefined {
    if (!Number.isFinite(this.#deadlineNs)) return undefined;
    return Math.max(this.#deadlineNs - this.#ctx.sim.nowNs(), 0) + POLL_NS;
  }
}

function methodOf(options: CurlOptions): string {
  if (options.method !== undefined) return options.method;
  if (options.isHeadOnly) return 'HEAD';
  return options.data.length > 0 && !options.isGet ? 'POST' : 'GET';
}

/** `-H 'Name: value'` replaces, `-H 'Name:'` removes, `-H 'Name;'` sends it empty. */
function applyHeader(headers: HttpHeaders, header: string): void {
  const empty = /^([^:;]+);$/.exec(header);
  if (empty !== null) {
    headers.set(empty[1] ?? '', '');
    return;
  }
  const colon = header.indexOf(':');
  if (colon <= 0) return;
  const name = header.slice(0, colon);
  const value = header.slice(colon + 1).trim();
  if (value === '') headers.delete(name);
  else if (/^host$/i.test(name)) headers.set(name, value);
  else {
    // One's own header stands behind those of curl and in place of them.
    if (/^(user-agent|accept|referer|authorization)$/i.test(name)) headers.delete(name);
    headers.append(name, value);
  }
}

function bindError(errno: Errno): CurlError {
  return {
    code: 45,
    message: `bind failed with errno ${errnoNumber(errno)}: ${errnoText(errno)}`,
  };
}

function effectiveUrl(url: Url, text: string): string {
  const withScheme = text.includes('://') ? text : `${url.scheme}://${text}`;
  return /^[a-z]+:\/\/[^/?#]+$/i.test(withScheme) ? `${withScheme}/` : withScheme;
}

function emptyReport(method: string): TransferReport {
  return {
    urlEffective: '',
    method,
    scheme: 'http',
    exitCode: 0,
    message: '',
    httpCode: 0,
    contentType: '',
    remoteIp: '',
    remotePort: 0,
    localIp: '',
    localPort: 0,
    numConnects: 0,
    numRedirects: 0,
    numHeaders: 0,
    redirectUrl: '',
    sizeDownload: 0,
    sizeUpload: 0,
    sizeHeader: 0,
    sizeRequest: 0,
    sizeExpected: -1,
    nameLookupNs: 0,
    connectNs: 0,
    startTransferNs: 0,
    redirectNs: 0,
    totalNs: 0,
    outputName: '',
    urlIndex: 0,
  };
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64(text: string): string {
  const bytes = payloadBytes(slicePayload(payloadFromText(text), 0));
  let result = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const a = bytes[index] ?? 0;
    const b = bytes[index + 1] ?? 0;
    const c = bytes[index + 2] ?? 0;
    const left = bytes.length - index;
    result += BASE64[a >> 2];
    result += BASE64[((a & 3) << 4) | (b >> 4)];
    result += left > 1 ? BASE64[((b & 15) << 2) | (c >> 6)] : '=';
    result += left > 2 ? BASE64[c & 63] : '=';
  }
  return result;
}
