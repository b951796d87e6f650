/**
 * nc: OpenBSD's netcat, and busybox's with its fewer options.
 */
import { type Ip, NS_PER_SEC, formatIp, parseIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  type Errno,
  type TcpConn,
  type UdpSocket,
  errnoText,
  tcpConnect,
  tcpListen,
  udpOpen,
} from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { resolve } from '../resolve.ts';

const USAGE = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`;

const BUSYBOX_USAGE = `BusyBox v1.37.0 multi-call binary.

Usage: nc [OPTIONS] HOST PORT  - connect
nc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen
`;

/** Services that -v names. */
const SERVICES: ReadonlyMap<number, string> = new Map([
  [7, 'echo'],
  [9, 'discard'],
  [13, 'daytime'],
  [21, 'ftp'],
  [22, 'ssh'],
  [23, 'telnet'],
  [25, 'smtp'],
  [53, 'domain'],
  [80, 'http'],
  [110, 'pop3'],
  [123, 'ntp'],
  [143, 'imap2'],
  [443, 'https'],
  [3306, 'mysql'],
  [5432, 'postgresql'],
  [6379, 'redis'],
  [8080, 'http-alt'],
]);

interface NcOptions {
  readonly isUdp: boolean;
  readonly isScan: boolean;
  readonly isVerbose: boolean;
  readonly timeoutNs: number | undefined;
  readonly localPort: number | undefined;
  readonly localIp: Ip | undefined;
  readonly isKept: boolean;
  readonly closesAfterInput: boolean;
  /** `-q`: how long after the end of the input it goes on. */
  readonly quitNs: number | undefined;
}

export function* nc(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const getopt = new Getopt(
    argv.slice(1),
    ctx.isBusybox === true ? 'e:klnp:uvw:zs:' : '46klnNp:q:s:uvw:zdW:i:',
  );
  const usage = ctx.isBusybox === true ? BUSYBOX_USAGE : USAGE;
  if (getopt.error !== undefined) {
    ctx.err(`nc: ${getopt.error}\n${usage}`);
    return 1;
  }
  const refused = (ctx.isBusybox === true ? 'e' : 'dWi').split('').find((one) => getopt.has(one));
  if (refused !== undefined) {
    ctx.err(`nc: option -${refused} is not modelled by podwire\n`);
    return 1;
  }
  const wait = getopt.value('w');
  if (wait !== undefined && !/^\d+$/.test(wait)) {
    ctx.err(
      ctx.isBusybox === true ? `nc: invalid number '${wait}'\n` : `nc: timeout invalid: ${wait}\n`,
    );
    return 1;
  }
  const options: NcOptions = {
    isUdp: getopt.has('u'),
    isScan: getopt.has('z'),
    isVerbose: getopt.has('v'),
    timeoutNs: wait === undefined ? undefined : Math.round(Number(wait) * NS_PER_SEC),
    localPort: getopt.has('p') ? Number(getopt.value('p')) : undefined,
    localIp: parseIp(getopt.value('s') ?? ''),
    isKept: getopt.has('k'),
    closesAfterInput: getopt.has('N'),
    quitNs: getopt.has('q') ? Math.max(Number(getopt.value('q')), 0) * NS_PER_SEC : undefined,
  };
  const isPortless = getopt.has('l')
    ? getopt.operands.length === 0 && !getopt.has('p')
    : getopt.operands.length === 1;
  if (isPortless && ctx.isBusybox !== true) {
    ctx.err('nc: missing port number\n');
    return 1;
  }
  if (getopt.has('l')) return yield* listen(ctx, getopt, options);
  const [target, ports] = getopt.operands;
  if (target === undefined || ports === undefined) {
    ctx.err(usage);
    return 1;
  }
  return yield* connectAll(ctx, target, ports, options);
}

function* connectAll(
  ctx: CommandContext,
  target: string,
  ports: string,
  options: NcOptions,
): Proc<number> {
  const resolved = yield* resolve(ctx, target, 'any');
  if (resolved.addresses.length === 0) {
    ctx.err(
      ctx.isBusybox === true
        ? `nc: bad address '${target}'\n`
        : `nc: getaddrinfo for host "${target}" port ${ports}: ${resolved.errorText}\n`,
    );
    return 1;
  }
  const service = [...SERVICES].find(([, name]) => name === ports)?.[0];
  const range = /^(\d+)(?:-(\d+))?$/.exec(service === undefined ? ports : String(service));
  if (range === null) {
    ctx.err(
      ctx.isBusybox === true ? `nc: bad port '${ports}'\n` : `nc: port number invalid: ${ports}\n`,
    );
    return 1;
  }
  const large = [range[1], range[2]].find((text) => Number(text ?? 0) > 65_535);
  if (large !== undefined) {
    ctx.err(
      ctx.isBusybox === true
        ? `nc: bad port '${large}'\n`
        : `nc: port number too large: ${large}\n`,
    );
    return 1;
  }
  let exitCode = 1;
  const last = Number(range[2] ?? range[1]);
  for (let port = Number(range[1]); port <= last; port++) {
    for (const ip of resolved.addresses) {
      const code = options.isUdp
        ? yield* connectUdp(ctx, target, ip, port, options)
        : yield* connectTcp(ctx, target, ip, port, options);
      if (code === 0) {
        exitCode = 0;
        break;
      }
    }
  }
  return exitCode;
}

function* connectTcp(
  ctx: CommandContext,
  target: string,
  ip: Ip,
  port: number,
  options: NcOptions,
): Proc<number> {
  const conn = tcpConnect(ctx.ns, {
    ip,
    port,
    ...(options.localPort === undefined ? {} : { localPort: options.localPort }),
    ...(options.localIp === undefined ? {} : { localIp: options.localIp }),
    ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
  });
  if (typeof conn === 'string') {
    const isBind = conn === 'EADDRINUSE' || conn === 'EADDRNOTAVAIL';
    if (isBind && ctx.isBusybox !== true) ctx.err(`nc: bind failed: ${errnoText(conn)}\n`);
    else if (options.isVerbose || ctx.isBusybox === true) {
      ctx.err(connectError(ctx, target, ip, port, 'tcp', conn));
    }
    return 1;
  }
  try {
    const outcome = yield* conn.connected(options.timeoutNs);
    if (outcome !== undefined) {
      if (options.isVerbose || ctx.isBusybox === true) {
        ctx.err(connectError(ctx, target, ip, port, 'tcp', outcome));
      }
      return 1;
    }
    if (options.isVerbose) ctx.err(connectedText(ctx, target, ip, port, 'tcp'));
    if (options.isScan) return 0;
    return yield* copyTcp(ctx, conn, options);
  } finally {
    conn.close();
  }
}

function connectError(
  ctx: CommandContext,
  target: string,
  ip: Ip,
  port: number,
  protocol: string,
  error: Errno | 'timeout',
): string {
  const text = error === 'timeout' ? 'Operation timed out' : errnoText(error);
  if (ctx.isBusybox === true) {
    return error === 'timeout'
      ? 'nc: timed out\n'
      : `nc: ${target} (${formatIp(ip)}:${port}): ${text}\n`;
  }
  const shown = parseIp(target) === undefined ? `${target} (${formatIp(ip)})` : target;
  return error === 'timeout'
    ? `nc: connect to ${shown} port ${port} (${protocol}) timed out: Operation now in progress\n`
    : `nc: connect to ${shown} port ${port} (${protocol}) failed: ${text}\n`;
}

function connectedText(
  ctx: CommandContext,
  target: string,
  ip: Ip,
  port: number,
  protocol: string,
): string {
  if (ctx.isBusybox === true) return `${target} (${formatIp(ip)}:${port}) open\n`;
  const shown = parseIp(target) === undefined ? `${target} (${formatIp(ip)})` : target;
  return `Connection to ${shown} ${port} port [${protocol}/${SERVICES.get(port) ?? '*'}] succeeded!\n`;
}

/** Sends standard input, prints what comes, until the peer closes or -w runs out. */
function* copyTcp(ctx: CommandContext, conn: TcpConn, options: NcOptions): Proc<number> {
  const input = ctx.stdin ?? '';
  if (input !== '') conn.send(payloadFromText(input));
  if (options.closesAfterInput || ctx.isBusybox === true) conn.closeWrite();
  for (;;) {
    const received = yield* conn.read(options.quitNs ?? options.timeoutNs);
    if (typeof received !== 'string') ctx.out(payloadText(received));
    else if (received === 'eof' || received === 'timeout') return 0;
    else {
      if (options.isVerbose) ctx.err(`nc: read failed: ${errnoText(received)}\n`);
      return 1;
    }
  }
}

function* connectUdp(
  ctx: CommandContext,
  target: string,
  ip: Ip,
  port: number,
  options: NcOptions,
): Proc<number> {
  const socket = udpOpen(ctx.ns, {
    ...(options.localPort === undefined ? {} : { port: options.localPort }),
    ...(options.localIp === undefined ? {} : { ip: options.localIp }),
  });
  if (typeof socket === 'string') {
    ctx.err(`nc: ${errnoText(socket)}\n`);
    return 1;
  }
  try {
    const error = socket.connect(ip, port);
    if (error !== undefined) {
      ctx.err(connectError(ctx, target, ip, port, 'udp', error));
      return 1;
    }
    if (options.isScan) return yield* scanUdp(ctx, socket, target, ip, port, options);
    const input = ctx.stdin ?? '';
    if (input !== '') socket.send(payloadFromText(input), traced(ctx));
    for (;;) {
      const received = yield* socket.recv(options.timeoutNs);
      if (received === 'timeout') return 0;
      if (typeof received === 'string') {
        if (options.isVerbose) ctx.err(`nc: read failed: ${errnoText(received)}\n`);
        return 1;
      }
      ctx.out(payloadText(received.payload));
    }
  } finally {
    socket.close();
  }
}

/** Seconds that Debian's nc waits for a refusal of a UDP probe (UDP_SCAN_TIMEOUT). */
const UDP_SCAN_SEC = 3;

/** udptest(): writes a byte each second; no refusal within the time means open. Without -v it asks nothing. */
function* scanUdp(
  ctx: CommandContext,
  socket: UdpSocket,
  target: string,
  ip: Ip,
  port: number,
  options: NcOptions,
): Proc<number> {
  if (!options.isVerbose) return 0;
  const waitNs = options.timeoutNs ?? UDP_SCAN_SEC * NS_PER_SEC;
  for (let leftNs = waitNs; leftNs > 0; leftNs -= NS_PER_SEC) {
    if (socket.send(payloadFromText('X'), traced(ctx)) !== undefined) return 1;
    const untilNs = ctx.sim.nowNs() + Math.min(leftNs, NS_PER_SEC);
    while (ctx.sim.nowNs() < untilNs) {
      const received = yield* socket.recv(untilNs - ctx.sim.nowNs());
      if (typeof received === 'string' && received !== 'timeout') return 1;
    }
  }
  if (socket.send(payloadFromText('X'), traced(ctx)) !== undefined) return 1;
  ctx.err(connectedText(ctx, target, ip, port, 'udp'));
  return 0;
}

function traced(ctx: CommandContext): { traceId?: number } {
  return ctx.traceId === undefined ? {} : { traceId: ctx.traceId };
}

function* listen(ctx: CommandContext, getopt: Getopt, options: NcOptions): Proc<number> {
  const operand = getopt.operands.at(-1);
  const port = options.localPort ?? Number(operand ?? '0');
  if (options.isUdp) {
    const socket = udpOpen(ctx.ns, { port });
    if (typeof socket === 'string') return listenFailed(ctx, socket);
    try {
      for (;;) {
        const received = yield* socket.recv();
        if (typeof received === 'string') return 1;
        ctx.out(payloadText(received.payload));
      }
    } finally {
      socket.close();
    }
  }
  const listener = tcpListen(ctx.ns, { port, process: '("nc",pid=7,fd=3)' });
  if (typeof listener === 'string') return listenFailed(ctx, listener);
  try {
    if (options.isVerbose)
      ctx.err(
        ctx.isBusybox === true
          ? `listening on [::]:${port} ...\n`
          : `Listening on 0.0.0.0 ${port}\n`,
      );
    for (;;) {
      const conn = yield* listener.accept();
      if (typeof conn === 'string') return 1;
      if (options.isVerbose) {
        ctx.err(`Connection received on ${formatIp(conn.remoteIp)} ${conn.remotePort}\n`);
      }
      const code = yield* serveOne(ctx, conn, options);
      if (!options.isKept) return code;
    }
  } finally {
    listener.close();
  }
}

function* serveOne(ctx: CommandContext, conn: TcpConn, options: NcOptions): Proc<number> {
  try {
    return yield* copyTcp(ctx, conn, options);
  } finally {
    conn.close();
  }
}

function listenFailed(ctx: CommandContext, error: Errno): number {
  ctx.err(ctx.isBusybox === true ? `nc: bind: ${errnoText(error)}\n` : `nc: ${errnoText(error)}\n`);
  return 1;
}
