/**
 * wget: GNU's 1.21 and busybox's, as far as people fetch pages with it.
 */
import { NS_PER_SEC, clock, formatIp, isoDate } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { type HttpFailure, type HttpReply, errnoText, httpConnect } from '@podwire/netstack';
import { type Payload, payloadFromText, payloadText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { resolve } from '../resolve.ts';
import { now } from '../servers/http.ts';
import { type Url, parseUrl, resolveLocation } from '../url.ts';

interface WgetOptions {
  readonly isQuiet: boolean;
  readonly isSpider: boolean;
  readonly showsHeaders: boolean;
  readonly output: string | undefined;
  readonly timeoutNs: number;
  readonly tries: number;
  readonly headers: readonly string[];
  readonly postData: string | undefined;
  readonly userAgent: string | undefined;
}

/** Read timeout of both: 900 s. */
const READ_TIMEOUT_SEC = 900;
const REDIRECTS_MAX = 20;

const BUSYBOX_USAGE = `BusyBox v1.37.0 multi-call binary.

Usage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]
	[--post-data STR | --post-file FILE] [-Y on/off]
	[--no-check-certificate] [-P DIR] [-U AGENT] URL...

Retrieve files via HTTP or FTP

	--spider	Only check URL existence: $? is 0 if exists
	--header STR	Add STR (of form 'header: value') to headers
	--post-data STR	Send STR using POST method
	--post-file FILE	Send FILE using POST method
	--no-check-certificate	Don't validate the server's certificate
	-c		Continue retrieval of aborted transfer
	-q		Quiet
	-P DIR		Save to DIR (default .)
	-S    		Show server response
	-O FILE		Save to FILE ('-' for stdout)
	-o LOGFILE	Log messages to FILE
	-U STR		Use STR for User-Agent header
	-Y on/off	Use proxy
`;

export function* wget(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const spec = ctx.isBusybox === true ? 'cqSO:T:t:P:U:Y:H:D:s' : 'cqSO:T:t:P:U:vdH:D:snK';
  const long = new Map([
    ['quiet', 'q'],
    ['output-document', 'O'],
    ['timeout', 'T'],
    ['tries', 't'],
    ['server-response', 'S'],
    ['header', 'H'],
    ['post-data', 'D'],
    ['spider', 's'],
    ['user-agent', 'U'],
    ...(ctx.isBusybox === true
      ? []
      : ([
          ['no-check-certificate', 'K'],
          ['no-verbose', 'n'],
        ] as const)),
  ]);
  const options = new Getopt(argv.slice(1), spec, long);
  if (options.error !== undefined) {
    ctx.err(
      ctx.isBusybox === true
        ? `wget: ${options.error}\n${BUSYBOX_USAGE}`
        : `wget: ${options.error}\nUsage: wget [OPTION]... [URL]...\n\nTry \`wget --help' for more options.\n`,
    );
    return ctx.isBusybox === true ? 1 : 2;
  }
  if (options.operands.length === 0) {
    ctx.err(
      ctx.isBusybox === true
        ? BUSYBOX_USAGE
        : "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n",
    );
    return 1;
  }
  const refused = ['c', 'P', 'Y'].find((option) => options.has(option));
  if (refused !== undefined) {
    ctx.err(`wget: option -${refused} is not modelled by podwire\n`);
    return ctx.isBusybox === true ? 1 : 2;
  }
  const settings: WgetOptions = {
    isQuiet: options.has('q'),
    isSpider: options.has('s'),
    showsHeaders: options.has('S'),
    output: options.value('O'),
    timeoutNs: Math.round(Number(options.value('T') ?? READ_TIMEOUT_SEC) * NS_PER_SEC),
    tries: Number(options.value('t') ?? '20'),
    headers: options.values('H'),
    postData: options.value('D'),
    userAgent: options.value('U'),
  };
  let exitCode = 0;
  for (const url of options.operands) {
    const code =
      ctx.isBusybox === true
        ? yield* busyboxFetch(ctx, url, settings)
        : yield* gnuFetch(ctx, url, settings);
    if (code !== 0) exitCode = code;
  }
  return exitCode;
}

function requestOf(
  url: Url,
  options: WgetOptions,
  agent: string,
  isBusybox: boolean,
): Parameters<typeof send>[2] {
  const data = options.postData;
  return {
    ...(data === undefined ? {} : { body: payloadFromText(data) }),
    method: options.postData !== undefined ? 'POST' : options.isSpider ? 'HEAD' : 'GET',
    target: url.target,
    headers: [
      ['Host', url.authority],
      ['User-Agent', options.userAgent ?? agent],
      ...(isBusybox ? [['Connection', 'close'] as const] : [['Accept', '*/*'] as const]),
      ...options.headers.map((header): [string, string] => {
        const colon = header.indexOf(':');
        return [header.slice(0, colon), header.slice(colon + 1).trim()];
      }),
      ...(isBusybox ? [] : [['Connection', 'close'] as const]),
      ...(data === undefined
        ? []
        : [
            ['Content-Type', 'application/x-www-form-urlencoded'] as const,
            ['Content-Length', String(payloadFromText(data).lenBytes)] as const,
          ]),
    ],
  };
}

function* send(
  ctx: CommandContext,
  place: { readonly ip: number; readonly port: number },
  request: {
    readonly method: string;
    readonly target: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly body?: Payload;
  },
  timeoutNs: number,
  onConnected: () => void,
): Proc<HttpReply | HttpFailure> {
  const connection = yield* httpConnect(ctx.ns, {
    ...place,
    timeoutNs,
    ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
  });
  if ('kind' in connection) {
    return connection.reason === 'timeout'
      ? { ...connection, reason: 'connect', errno: 'ETIMEDOUT' }
      : connection;
  }
  onConnected();
  try {
    return yield* connection.request(request, timeoutNs);
  } finally {
    connection.close();
  }
}

function* gnuFetch(ctx: CommandContext, text: string, options: WgetOptions): Proc<number> {
  const say = (line: string): void => {
    if (!options.isQuiet) ctx.err(line);
  };
  let target = text.includes('://') ? text : `http://${text}`;
  if (options.isSpider) say('Spider mode enabled. Check if remote file exists.\n');
  for (let turn = 0; turn <= REDIRECTS_MAX; turn++) {
    const url = parseUrl(target);
    if (typeof url === 'string' || url.scheme !== 'http') {
      ctx.err(
        `${target}: ${typeof url === 'string' ? 'Invalid host name.' : 'HTTPS support not emulated.'}\n`,
      );
      return 1;
    }
    const stamp = `${isoDate(now(ctx))} ${clock(now(ctx))}`;
    say(`--${stamp}--  ${target}\n`);
    const isNumeric = /^[\d.]+$/.test(url.host);
    if (!isNumeric) say(`Resolving ${url.host} (${url.host})... `);
    const resolved = yield* resolve(ctx, url.host, 'any');
    if (resolved.addresses.length === 0) {
      say(`failed: ${resolved.errorText}.\n`);
      ctx.err(`wget: unable to resolve host address ‘${url.host}’\n`);
      return 4;
    }
    if (!isNumeric) say(`${resolved.addresses.map(formatIp).join(', ')}\n`);
    const result = yield* gnuTries(ctx, url, resolved.addresses, options, say);
    if (result === undefined) return 4;
    ctx.onHttp?.(result.status);
    const location = result.headers.get('Location');
    if (result.status >= 300 && result.status < 400 && location !== undefined) {
      target = resolveLocation(url, location);
      say(`Location: ${location} [following]\n`);
      continue;
    }
    return finishGnu(ctx, url, result, options, say);
  }
  say(`${REDIRECTS_MAX} redirections exceeded.\n`);
  return 8;
}

function* gnuTries(
  ctx: CommandContext,
  url: Url,
  addresses: readonly number[],
  options: WgetOptions,
  say: (line: string) => void,
): Proc<HttpReply | undefined> {
  for (let turn = 1; ; turn++) {
    let failure: HttpFailure | undefined;
    for (const ip of addresses) {
      const isNumeric = url.host === formatIp(ip);
      const shown = isNumeric
        ? `${url.host}:${url.port}`
        : `${url.host} (${url.host})|${formatIp(ip)}|:${url.port}`;
      say(`Connecting to ${shown}... `);
      const request = requestOf(url, options, 'Wget/1.21.3', false);
      const result = yield* send(ctx, { ip, port: url.port }, request, options.timeoutNs, () => {
        say('connected.\nHTTP request sent, awaiting response... ');
      });
      if (result.kind === 'reply') {
        say(`${result.status} ${result.head.reason}\n`);
        return result;
      }
      failure = result;
      if (result.reason !== 'connect') break;
      say(`failed: ${errnoText(result.errno ?? 'ECONNREFUSED')}.\n`);
    }
    if (failure?.reason === 'connect' && failure.errno !== 'ETIMEDOUT') return undefined;
    if (failure?.reason === 'closed') say('No data received.\n');
    else if (failure?.reason === 'timeout') say('Read error (Connection timed out) in headers.\n');
    else if (failure?.reason === 'reset') {
      say(`Read error (${errnoText(failure.errno ?? 'ECONNRESET')}) in headers.\n`);
    }
    if (options.tries > 0 && turn >= options.tries) {
      say('Giving up.\n\n');
      return undefined;
    }
    say('Retrying.\n\n');
    yield* sleep(Math.min(turn, 10) * NS_PER_SEC);
    say(
      `--${isoDate(now(ctx))} ${clock(now(ctx))}--  (try:${String(turn + 1).padStart(2)})  http://${url.authority}${url.target}\n`,
    );
  }
}

function finishGnu(
  ctx: CommandContext,
  url: Url,
  reply: HttpReply,
  options: WgetOptions,
  say: (line: string) => void,
): number {
  const stamp = `${isoDate(now(ctx))} ${clock(now(ctx))}`;
  if (options.showsHeaders) {
    ctx.err(`  ${reply.head.version} ${reply.status} ${reply.head.reason}\n`);
    for (const [name, value] of reply.headers.entries()) ctx.err(`  ${name}: ${value}\n`);
  }
  if (options.isSpider) {
    if (reply.status >= 400) {
      say('Remote file does not exist -- broken link!!!\n\n');
      return 8;
    }
    say('Remote file exists.\n\n');
    return 0;
  }
  if (reply.status >= 400) {
    say(`${stamp} ERROR ${reply.status}: ${reply.head.reason}.\n\n`);
    return 8;
  }
  const body = payloadText(reply.body);
  const size = reply.body.lenBytes;
  const type = reply.headers.get('Content-Type');
  say(
    `Length: ${reply.headers.has('Content-Length') ? size : 'unspecified'}${type === undefined ? '' : ` [${type.split(';')[0]}]`}\n`,
  );
  const name = options.output ?? fileName(url);
  say(`Saving to: ‘${name === '-' ? 'STDOUT' : name}’\n\n`);
  if (name === '-') ctx.out(body);
  else ctx.fs.write(name, body);
  say(`     0K                                                       100% ${size}=0s\n\n`);
  say(
    name === '-'
      ? `${stamp} - written to stdout [${size}/${size}]\n\n`
      : `${stamp} - ‘${name}’ saved [${size}/${size}]\n\n`,
  );
  return 0;
}

function fileName(url: Url): string {
  const name = (url.target.split('?')[0] ?? '').split('/').at(-1) ?? '';
  return name === '' ? 'index.html' : name;
}

function* busyboxFetch(ctx: CommandContext, text: string, options: WgetOptions): Proc<number> {
  let target = text.includes('://') ? text : `http://${text}`;
  let connected: string | undefined;
  for (let turn = 0; turn <= REDIRECTS_MAX; turn++) {
    const url = parseUrl(target);
    if (typeof url === 'string' || url.scheme !== 'http') {
      ctx.err(`wget: not an http or ftp url: ${target}\n`);
      return 1;
    }
    const resolved = yield* resolve(ctx, url.host, 'any');
    const ip = resolved.addresses[0];
    if (ip === undefined) {
      ctx.err(`wget: bad address '${url.authority}'\n`);
      return 1;
    }
    if (!options.isQuiet && url.authority !== connected) {
      connected = url.authority;
      ctx.err(`Connecting to ${url.authority} (${formatIp(ip)}:${url.port})\n`);
    }
    const request = requestOf(url, options, 'Wget', true);
    const result = yield* send(ctx, { ip, port: url.port }, request, options.timeoutNs, () => {});
    if (result.kind === 'failure') {
      ctx.err(`wget: ${busyboxError(result, formatIp(ip))}\n`);
      return 1;
    }
    ctx.onHttp?.(result.status);
    if (options.showsHeaders) {
      ctx.err(`  ${result.head.version} ${result.status} ${result.head.reason}\n`);
      for (const [name, value] of result.headers.entries()) ctx.err(`  ${name}: ${value}\n`);
      ctx.err('  \n');
    }
    const location = result.headers.get('Location');
    if (result.status >= 300 && result.status < 400 && location !== undefined) {
      target = resolveLocation(url, location);
      continue;
    }
    if (result.status >= 400) {
      ctx.err(`wget: server returned error: HTTP/1.1 ${result.status} ${result.head.reason}\n`);
      return 1;
    }
    if (options.isSpider) {
      if (!options.isQuiet) ctx.err('remote file exists\n');
      return 0;
    }
    const name = options.output ?? fileName(url);
    const body = payloadText(result.body);
    if (name === '-') {
      if (!options.isQuiet) ctx.err('writing to stdout\n');
      ctx.out(body);
      if (!options.isQuiet) {
        ctx.err(
          `-                    100% |********************************| ${String(body.length).padStart(5)}  0:00:00 ETA\nwritten to stdout\n`,
        );
      }
    } else {
      if (!options.isQuiet) ctx.err(`saving to '${name}'\n`);
      ctx.fs.write(name, body);
      if (!options.isQuiet) {
        ctx.err(
          `${name.padEnd(20)} 100% |********************************| ${String(body.length).padStart(5)}  0:00:00 ETA\n'${name}' saved\n`,
        );
      }
    }
    return 0;
  }
  ctx.err('wget: too many redirections\n');
  return 1;
}

function busyboxError(failure: HttpFailure, place: string): string {
  switch (failure.reason) {
    case 'connect':
      return failure.errno === 'ETIMEDOUT'
        ? 'download timed out'
        : `can't connect to remote host (${place}): ${errnoText(failure.errno ?? 'ECONNREFUSED')}`;
    case 'timeout':
      return 'download timed out';
    case 'reset':
      return `error getting response: ${errnoText(failure.errno ?? 'ECONNRESET')}`;
    case 'closed':
    case 'protocol':
      return 'error getting response';
  }
}
