/**
 * One transfer of curl: name, connection, request, answer, redirects, and what -v and the progress meter tell of it.
 *
 * From: curl.ts, for each URL and each retry. To: the network; connections that may be used again go back to the session.
 */
import { type Ip, NS_PER_MS, NS_PER_SEC, formatIp, ipFamily, parseIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  type Errno,
  type ByteStream,
  HttpConnection,
  type HttpFailure,
  type TcpConn,
  errnoText,
  tcpConnect,
} from '@podwire/netstack';
import {
  type HttpResponseHead,
  type Payload,
  concatPayloads,
  emitHttpHead,
  payloadText,
} from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { resolve } from '../resolve.ts';
import { type Url, parseUrl, resolveLocation } from '../url.ts';
import type { CookieJar, CookiePlace } from './cookie-jar.ts';
import { type CurlError, bindError, connectPlace, localEnd } from './curl-connect.ts';
import { type CurlOptions, REMOTE_NAME } from './curl-options.ts';
import { METER_HEAD, type TransferReport, emptyReport, meterLine } from './curl-report.ts';
import { cookiePlace, effectiveUrl, methodOf, requestOf } from './curl-request.ts';
import { handshakeTls } from './curl-tls.ts';

/** DEFAULT_CONNECT_TIMEOUT of lib/connect.h. */
const CONNECT_TIMEOUT_NS = 300 * NS_PER_SEC;
/** curl's poll wakes in the millisecond behind its limit. */
const POLL_NS = NS_PER_MS;
/** `-#` when all has come, on 79 columns. */
const PROGRESS_BAR: string = `\r${'#'.repeat(72)} 100.0%`;

export interface PooledConnection {
  readonly http: HttpConnection<ByteStream>;
  /** Below TLS, where there is any. */
  readonly tcp: TcpConn;
  readonly key: string;
  readonly number: number;
  /** Name in messages. */
  readonly shownHost: string;
}

/** What the transfers of a command line share. */
export interface CurlSession {
  readonly cookies: CookieJar | undefined;
  /** An idle connection to the place, taken out of the pool. */
  takeConnection(key: string): PooledConnection | undefined;
  giveConnection(pooled: PooledConnection): void;
  nextConnectionNumber(): number;
  cachedAddresses(key: string): readonly Ip[] | undefined;
  cacheAddresses(key: string, addresses: readonly Ip[]): void;
}

export class Transfer {
  readonly report: TransferReport;
  readonly #ctx: CommandContext;
  readonly #options: CurlOptions;
  readonly #output: string | undefined;
  readonly #run: CurlSession;
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
    run: CurlSession,
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
    const place = connectPlace(this.#options, url);
    if (place.isRedirected) {
      this.#verbose(`Connecting to hostname: ${place.host}`);
      this.#verbose(`Connecting to port: ${place.port}`);
    }
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
      const bound = localEnd(this.#ctx, this.#options);
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
    const request = requestOf(this.#ctx, this.#options, url, {
      method,
      isBodyDropped: this.#isBodyDropped,
      cookies: this.#run.cookies,
    });
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
    this.#readHead(headText, cookiePlace(options, url), isFailed);
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
