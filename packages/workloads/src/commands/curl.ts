/**
 * curl 7.88.1, over http. Messages, timings and exit codes as recorded (facts: what the user sees).
 *
 * https goes through curl-tls.ts; HTTP/2 is offered, but never chosen.
 */
import { type Ip, NS_PER_SEC, parseIp, unixSec } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import type { CommandContext } from '../context.ts';
import { CookieJar } from './cookie-jar.ts';
import type { CurlError } from './curl-connect.ts';
import { type CurlOptions, expandUrl, parseCurlOptions } from './curl-options.ts';
import { type TransferReport, formatWriteOut } from './curl-report.ts';
import { CURL_VERSION } from './curl-request.ts';
import { type CurlSession, type PooledConnection, Transfer } from './curl-transfer.ts';

const TRY_HELP = "curl: try 'curl --help' or 'curl --manual' for more information\n";

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

class CurlRun implements CurlSession {
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
