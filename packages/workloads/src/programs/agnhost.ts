/**
 * agnhost: the test image of Kubernetes, the subcommands that scenarios use.
 *
 * netexec, serve-hostname, pause, porter, connect, and the flags of each; others end with agnhost's own
 * "unknown command".
 */
import { NS_PER_SEC, clock, formatIp, isoDate, parseDurationNs } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import {
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  type TcpConn,
  errnoText,
  httpConnect,
  httpServe,
  tcpConnect,
  udpOpen,
} from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import { type CommandContext, finished } from '../context.ts';
import { resolve } from '../resolve.ts';
import {
  clientOf,
  goErrno,
  goNotFound,
  goResponse,
  now,
  parseQuery,
  processLabel,
} from '../servers/http.ts';
import { startTcpServer } from '../servers/tcp-echo.ts';
import { netexecAnswer, startUdpServer } from '../servers/udp-echo.ts';
import { type Flags, parseGoFlags } from './go-flags.ts';

/** Exit status of a Go program that a SIGTERM ends. */
const GO_TERMINATED = 2;

export function agnhost(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const name = argv[1] ?? 'pause';
  const rest = argv.slice(2);
  switch (name) {
    case 'pause':
      return pause(ctx);
    case 'netexec':
      return withFlags(ctx, rest, NETEXEC_FLAGS, netexec);
    case 'serve-hostname':
      return withFlags(ctx, rest, SERVE_HOSTNAME_FLAGS, serveHostname);
    case 'porter':
      return porter(ctx);
    case 'connect':
      return withFlags(ctx, rest, CONNECT_FLAGS, connect);
    case '--version':
      return says(
        ctx.out,
        `agnhost version ${ctx.env.get('PODWIRE_IMAGE_VERSION') ?? '2.53'}\n`,
        0,
      );
    default:
      return says(
        ctx.err,
        `Error: unknown command "${name}" for "app"\nRun 'app --help' for usage.\n`,
        1,
      );
  }
}

/** Prints and ends. */
function* says(print: (text: string) => void, text: string, exitCode: number): Proc<number> {
  print(text);
  return yield* finished(exitCode);
}

function* pause(ctx: CommandContext): Proc<number> {
  ctx.out('Paused\n');
  yield* ctx.signals.untilTerminated();
  return GO_TERMINATED;
}

/** The process of the subcommand itself: an idle server is no deeper than it need be. */
function withFlags(
  ctx: CommandContext,
  args: readonly string[],
  defaults: ReadonlyMap<string, string>,
  run: (ctx: CommandContext, flags: Flags) => Proc<number>,
): Proc<number> {
  const flags = parseGoFlags(args, defaults);
  return typeof flags === 'string' ? says(ctx.err, `Error: ${flags}\n`, 1) : run(ctx, flags);
}

const NETEXEC_FLAGS: ReadonlyMap<string, string> = new Map([
  ['http-port', '8080'],
  ['udp-port', '8081'],
  ['sctp-port', '-1'],
  ['http-override', ''],
  ['udp-listen-addresses', ''],
  ['delay-shutdown', '0'],
  ['tls-cert-file', ''],
  ['tls-private-key-file', ''],
]);

function* netexec(ctx: CommandContext, flags: Flags): Proc<number> {
  const httpPort = Number(flags.get('http-port'));
  const udpPort = Number(flags.get('udp-port'));
  const state = { hasExited: false, exitCode: 0 };
  const exit = (code: number): void => {
    state.hasExited = true;
    state.exitCode = code;
    ctx.signals.changed.notify();
  };
  if ((flags.get('tls-cert-file') ?? '') !== '') {
    ctx.err('agnhost: TLS is not emulated\n');
    return 1;
  }
  const override = flags.get('http-override') ?? '';
  const server = httpServe(
    ctx.ns,
    { port: httpPort, process: processLabel('agnhost') },
    function* (request, conn) {
      return yield* netexecHttp(ctx, request, conn, exit, override);
    },
  );
  if (typeof server === 'string') {
    goLog(ctx, `listen tcp :${httpPort}: bind: ${goErrno(server)}`);
    return 1;
  }
  log(ctx, `Started HTTP server on port ${httpPort}`);
  const udp =
    udpPort > 0
      ? startUdpServer(
          ctx,
          { port: udpPort },
          netexecAnswer(ctx, (from) => `${formatIp(from.fromIp)}:${from.fromPort}`),
        )
      : undefined;
  try {
    if (typeof udp === 'string') {
      goLog(ctx, `listen udp :${udpPort}: bind: ${goErrno(udp)}`);
      return 1;
    }
    if (udpPort > 0) log(ctx, `Started UDP server on port  ${udpPort}`);
    while (!state.hasExited && !ctx.signals.isTerminated) yield* ctx.signals.changed.wait();
    if (state.hasExited) return state.exitCode;
    const delaySec = Number(flags.get('delay-shutdown'));
    if (delaySec <= 0) return GO_TERMINATED;
    log(ctx, `Sleeping ${delaySec} seconds before shutdown`);
    yield* sleep(delaySec * NS_PER_SEC);
    return 0;
  } finally {
    server.close();
    if (typeof udp === 'object') udp.stop();
  }
}

function* netexecHttp(
  ctx: CommandContext,
  request: HttpRequest,
  conn: TcpConn,
  exit: (code: number) => void,
  override: string,
): Proc<HttpResponse | undefined> {
  log(ctx, `GET ${request.target}`);
  const query = parseQuery(request.query);
  const one = (name: string): string => query.get(name)?.[0] ?? '';
  switch (override !== '' && request.path === '/' ? override : request.path) {
    case '/':
      return goResponse(ctx, 200, `NOW: ${isoDate(now(ctx))} ${clock(now(ctx))} +0000 UTC`);
    case '/hostname':
    case '/hostName':
      return goResponse(ctx, 200, ctx.hostname);
    case '/clientip':
      return goResponse(ctx, 200, clientOf(conn));
    case '/echo': {
      const code = one('code');
      return goResponse(ctx, code === '' ? 200 : Number(code), one('msg'));
    }
    case '/header': {
      return goResponse(ctx, 200, request.headers.get(one('key')) ?? '');
    }
    case '/healthz':
      return goResponse(ctx, 200, '');
    case '/exit': {
      const timeoutNs = parseDurationNs(one('timeout')) ?? 0;
      ctx.sim.schedule(Math.max(timeoutNs, 1_000_000), () => {
        exit(Number(one('code')) || 0);
      });
      return goResponse(ctx, 200, '');
    }
    case '/shutdown':
    case '/shutDown':
    case '/quit':
      exit(0);
      return goResponse(ctx, 200, '');
    case '/dial':
      return goResponse(ctx, 200, yield* dial(ctx, query));
    case '/redirect': {
      const code = Number(one('code') || '302');
      return { status: code, headers: [['Location', one('location')]], body: payloadFromText('') };
    }
    default:
      return goNotFound(ctx);
  }
}

/** `/dial?host=&port=&protocol=&request=&tries=`: asks another agnhost and reports as JSON. */
function* dial(ctx: CommandContext, query: Map<string, string[]>): Proc<string> {
  const one = (name: string, fallback: string): string => query.get(name)?.[0] ?? fallback;
  const host = one('host', '');
  const port = Number(one('port', '0'));
  const path = one('request', 'hostname');
  const tries = Number(one('tries', '1'));
  const responses: string[] = [];
  const errors: string[] = [];
  for (let turn = 0; turn < tries; turn++) {
    const resolved = yield* resolve(ctx, host, 'any');
    const ip = resolved.addresses[0];
    if (ip === undefined) {
      errors.push(`dial tcp: lookup ${host}: no such host`);
    } else if (one('protocol', 'http') === 'udp') {
      const answer = yield* askUdp(ctx, ip, port, path);
      if (answer === undefined)
        errors.push(`reading from udp connection failed. err:'i/o timeout'`);
      else responses.push(answer);
    } else {
      const answer = yield* askHttp(ctx, ip, port, `/${path}`);
      if (answer.isError) errors.push(answer.text);
      else responses.push(answer.text);
    }
  }
  const parts: string[] = [];
  if (errors.length > 0) parts.push(`"errors":${JSON.stringify(errors)}`);
  if (responses.length > 0) parts.push(`"responses":${JSON.stringify(responses)}`);
  return `{${parts.join(',')}}`;
}

/** Client timeout of /dial. */
const DIAL_TIMEOUT_NS = 5 * NS_PER_SEC;

function* askHttp(
  ctx: CommandContext,
  ip: number,
  port: number,
  target: string,
): Proc<{ isError: boolean; text: string }> {
  const place = `${formatIp(ip)}:${port}`;
  const connection = yield* httpConnect(ctx.ns, { ip, port, timeoutNs: DIAL_TIMEOUT_NS });
  if ('kind' in connection) {
    const text =
      connection.errno === undefined ? 'i/o timeout' : `connect: ${goErrno(connection.errno)}`;
    return { isError: true, text: `Get "http://${place}${target}": dial tcp ${place}: ${text}` };
  }
  const reply = yield* connection.request(
    { method: 'GET', target, headers: [['Host', place]] },
    DIAL_TIMEOUT_NS,
  );
  connection.close();
  return reply.kind === 'reply'
    ? { isError: false, text: payloadText(reply.body) }
    : { isError: true, text: `Get "http://${place}${target}": ${reply.message}` };
}

function* askUdp(
  ctx: CommandContext,
  ip: number,
  port: number,
  text: string,
): Proc<string | undefined> {
  const socket = udpOpen(ctx.ns, {});
  if (typeof socket === 'string') return undefined;
  try {
    socket.connect(ip, port);
    socket.send(payloadFromText(text));
    const received = yield* socket.recv(DIAL_TIMEOUT_NS);
    return typeof received === 'string' ? undefined : payloadText(received.payload);
  } finally {
    socket.close();
  }
}

const SERVE_HOSTNAME_FLAGS: ReadonlyMap<string, string> = new Map([
  ['tcp', 'false'],
  ['udp', 'false'],
  ['http', 'true'],
  ['close', 'false'],
  ['port', '9376'],
]);

function* serveHostname(ctx: CommandContext, flags: Flags): Proc<number> {
  const port = Number(flags.get('port'));
  const stops: (() => void)[] = [];
  try {
    let error: string | undefined;
    if (flags.get('udp') === 'true') {
      const udp = startUdpServer(ctx, { port }, () => payloadFromText(`${ctx.hostname}\n`));
      if (typeof udp === 'string') error = `listen udp :${port}: bind: ${goErrno(udp)}`;
      else stops.push(udp.stop);
    }
    if (flags.get('tcp') === 'true') {
      const tcp = startTcpServer(ctx, { port, program: 'agnhost' }, function* (conn) {
        conn.send(payloadFromText(`${ctx.hostname}\n`));
        if (flags.get('close') !== 'true') yield* conn.read();
      });
      if (typeof tcp === 'string') error = `listen tcp :${port}: bind: ${goErrno(tcp)}`;
      else stops.push(tcp.stop);
    } else if (flags.get('http') === 'true') {
      const server = httpServe(ctx.ns, { port, process: processLabel('agnhost') }, () => {
        return goResponse(ctx, 200, ctx.hostname);
      });
      if (typeof server === 'string') error = `listen tcp :${port}: bind: ${goErrno(server)}`;
      else {
        stops.push(() => {
          server.close();
        });
      }
    }
    if (error !== undefined) {
      goLog(ctx, error);
      return 1;
    }
    log(ctx, `Serving on port ${port}.`);
    yield* ctx.signals.untilTerminated();
    return GO_TERMINATED;
  } finally {
    for (const stop of stops) stop();
  }
}

/** Answers on every port that has a SERVE_PORT_n variable with its value. */
function* porter(ctx: CommandContext): Proc<number> {
  const servers: HttpServer[] = [];
  try {
    for (const [name, value] of ctx.env) {
      const port = /^SERVE_PORT_(\d+)$/.exec(name)?.[1];
      if (port === undefined) continue;
      const server = httpServe(
        ctx.ns,
        { port: Number(port), process: processLabel('agnhost') },
        () => {
          return goResponse(ctx, 200, value);
        },
      );
      if (typeof server === 'string') {
        goLog(ctx, `listen tcp :${port}: bind: ${goErrno(server)}`);
        return 1;
      }
      servers.push(server);
    }
    log(ctx, 'porter started');
    yield* ctx.signals.untilTerminated();
    return GO_TERMINATED;
  } finally {
    for (const server of servers) server.close();
  }
}

const CONNECT_FLAGS: ReadonlyMap<string, string> = new Map([
  ['timeout', '0'],
  ['protocol', 'tcp'],
  ['udp-data', ''],
]);

/** `connect HOST:PORT`: prints TIMEOUT, REFUSED, DNS or OTHER. */
function* connect(ctx: CommandContext, flags: Flags): Proc<number> {
  const target = flags.args[0] ?? '';
  const colon = target.lastIndexOf(':');
  const timeoutNs = parseDurationNs(flags.get('timeout') ?? '0') ?? 0;
  const resolved = yield* resolve(ctx, target.slice(0, colon), 'any');
  const ip = resolved.addresses[0];
  if (ip === undefined) {
    ctx.err('DNS\n');
    return 1;
  }
  const conn = tcpConnect(ctx.ns, { ip, port: Number(target.slice(colon + 1)) });
  const error =
    typeof conn === 'string' ? conn : yield* conn.connected(timeoutNs > 0 ? timeoutNs : undefined);
  if (typeof conn !== 'string') conn.close();
  if (error === undefined) return 0;
  if (error === 'timeout' || error === 'ETIMEDOUT') ctx.err('TIMEOUT\n');
  else if (error === 'ECONNREFUSED') ctx.err('REFUSED\n');
  else ctx.err(`OTHER: ${errnoText(error)}\n`);
  return 1;
}

/** klog's line: `I0101 00:00:05.123456       1 log.go:245] text`. */
function log(ctx: CommandContext, text: string): void {
  ctx.err(`${klogHead(ctx, 'I')} log.go:245] ${text}\n`);
}

function goLog(ctx: CommandContext, text: string): void {
  ctx.err(`${klogHead(ctx, 'F')} log.go:245] ${text}\n`);
}

function klogHead(ctx: CommandContext, level: string): string {
  const time = now(ctx);
  const month = String(time.month).padStart(2, '0');
  const day = String(time.day).padStart(2, '0');
  const micros = String(Math.floor(time.nanosecond / 1000)).padStart(6, '0');
  return `${level}${month}${day} ${clock(time)}.${micros}       1`;
}
