/**
 * traceroute (Linux's modern one, and busybox's form) and tracepath.
 */
import { type Ip, NS_PER_MS, NS_PER_SEC, formatIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { icmpOpen, udpOpen } from '@podwire/netstack';
import { payloadOfFill } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { resolve } from '../resolve.ts';

/** What a probe learned. */
interface Hop {
  readonly fromIp: Ip;
  readonly rttNs: number;
  /** `!H`, `!N`, `!X`, … behind the time; '' for none. */
  readonly mark: string;
  readonly isFinal: boolean;
  readonly mtu?: number;
}

/** First UDP port of probes. */
const BASE_PORT = 33434;

const USAGE = `Usage:
  traceroute [ -46dFITnreAUDV ] [ -f first_ttl ] [ -m max_ttl ] [ -N squeries ] [ -p port ] [ -w wait ] [ -q nqueries ] host [ packetlen ]
`;

export function* traceroute(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const getopt = new Getopt(argv.slice(1), '46nIUFf:m:q:w:p:N:s:');
  if (getopt.error !== undefined || getopt.operands.length === 0) {
    if (getopt.error !== undefined) ctx.err(`traceroute: ${getopt.error}\n`);
    ctx.err(USAGE);
    return 2;
  }
  const target = getopt.operands[0] ?? '';
  const resolved = yield* resolve(ctx, target, 4);
  const ip = resolved.addresses[0];
  if (ip === undefined) {
    ctx.err(
      ctx.isBusybox === true
        ? `traceroute: bad address '${target}'\n`
        : `${target}: ${resolved.errorText}\nCannot handle "host" cmdline arg \`${target}' on position 1 (argc 1)\n`,
    );
    return ctx.isBusybox === true ? 1 : 2;
  }
  const maxHops = Number(getopt.value('m') ?? '30');
  const probes = Number(getopt.value('q') ?? '3');
  const waitNs = Math.round(Number(getopt.value('w') ?? '5') * NS_PER_SEC);
  const sizeBytes = Number(getopt.operands[1] ?? (ctx.isBusybox === true ? '46' : '60'));
  const isIcmp = getopt.has('I');
  const names = hostNames(ctx, getopt.has('n'));
  ctx.out(
    `traceroute to ${target} (${formatIp(ip)}), ${maxHops} hops max, ${sizeBytes} byte packets\n`,
  );
  const prober = isIcmp
    ? icmpProber(ctx, ip, sizeBytes)
    : udpProber(ctx, ip, sizeBytes, Number(getopt.value('p') ?? BASE_PORT));
  try {
    for (let ttl = Number(getopt.value('f') ?? '1'); ttl <= maxHops; ttl++) {
      ctx.out(`${String(ttl).padStart(2)} `);
      let last: Ip | undefined;
      let isFinal = false;
      for (let probe = 0; probe < probes; probe++) {
        const hop = yield* prober.probe(ttl, waitNs);
        if (typeof hop === 'string') {
          ctx.out(hop === 'timeout' ? ' *' : ` ${hop}`);
          continue;
        }
        if (hop.fromIp !== last) ctx.out(` ${names(hop.fromIp)}`);
        last = hop.fromIp;
        ctx.out(
          `  ${(hop.rttNs / NS_PER_MS).toFixed(3)} ms${hop.mark === '' ? '' : ` ${hop.mark}`}`,
        );
        isFinal ||= hop.isFinal;
      }
      ctx.out('\n');
      if (isFinal) return 0;
    }
    return 0;
  } finally {
    prober.close();
  }
}

/** Without -n the real one asks for names; names of /etc/hosts are shown, others as addresses. */
function hostNames(ctx: CommandContext, isNumeric: boolean): (ip: Ip) => string {
  const known = new Map<string, string>();
  for (const line of (ctx.fs.read('/etc/hosts') ?? '').split('\n')) {
    const [address, name] = line.trim().split(/\s+/);
    if (address !== undefined && name !== undefined && !known.has(address))
      known.set(address, name);
  }
  return (ip) => {
    const text = formatIp(ip);
    return isNumeric ? text : `${known.get(text) ?? text} (${text})`;
  };
}

interface Prober {
  probe(ttl: number, waitNs: number): Proc<Hop | 'timeout' | '!H' | '!N'>;
  close(): void;
}

function udpProber(ctx: CommandContext, ip: Ip, sizeBytes: number, basePort: number): Prober {
  let port = basePort;
  return {
    *probe(ttl, waitNs) {
      const socket = udpOpen(ctx.ns);
      if (typeof socket === 'string') return 'timeout';
      try {
        socket.connect(ip, port++);
        const sentNs = ctx.sim.nowNs();
        const errno = socket.send(payloadOfFill(Math.max(sizeBytes - 28, 0), 0x40), {
          ttl,
          ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
        });
        if (errno !== undefined) return errno === 'EHOSTUNREACH' ? '!H' : '!N';
        const untilNs = sentNs + waitNs;
        for (;;) {
          const error = socket.takeError();
          if (error !== undefined) {
            return {
              fromIp: error.fromIp,
              rttNs: ctx.sim.nowNs() - sentNs,
              ...judge(error.icmpType, error.icmpCode, error.mtu),
            };
          }
          const leftNs = untilNs - ctx.sim.nowNs();
          if (leftNs <= 0) return 'timeout';
          yield* socket.readable.wait(leftNs);
          const received = socket.tryRecv();
          if (received !== undefined && typeof received !== 'string') {
            // A server took it: that is the end, too.
            return { fromIp: ip, rttNs: ctx.sim.nowNs() - sentNs, mark: '', isFinal: true };
          }
        }
      } finally {
        socket.close();
      }
    },
    close: () => {},
  };
}

function icmpProber(ctx: CommandContext, ip: Ip, sizeBytes: number): Prober {
  const socket = icmpOpen(ctx.ns);
  let seq = 0;
  return {
    *probe(ttl, waitNs) {
      seq++;
      const sentNs = ctx.sim.nowNs();
      const errno = socket.sendEcho(ip, {
        seq,
        ttl,
        sizeBytes: Math.max(sizeBytes - 28, 0),
        ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
      });
      if (errno !== undefined) return errno === 'EHOSTUNREACH' ? '!H' : '!N';
      const untilNs = sentNs + waitNs;
      for (;;) {
        const leftNs = untilNs - ctx.sim.nowNs();
        if (leftNs <= 0) return 'timeout';
        const result = yield* socket.recv(leftNs);
        if (result === 'timeout') return 'timeout';
        if (result.seq !== seq) continue;
        const rttNs = result.atNs - sentNs;
        if (result.kind === 'reply')
          return { fromIp: result.fromIp, rttNs, mark: '', isFinal: true };
        return {
          fromIp: result.fromIp,
          rttNs,
          ...judge(result.icmpType, result.icmpCode, result.mtu),
        };
      }
    },
    close: () => {
      socket.close();
    },
  };
}

/** The mark of an ICMP error, and whether the path ends there. */
function judge(
  icmpType: number,
  icmpCode: number,
  mtu: number | undefined,
): { mark: string; isFinal: boolean } {
  if (icmpType === 11) return { mark: '', isFinal: false };
  switch (icmpCode) {
    case 3:
      return { mark: '', isFinal: true };
    case 0:
      return { mark: '!N', isFinal: true };
    case 1:
      return { mark: '!H', isFinal: true };
    case 2:
      return { mark: '!P', isFinal: true };
    case 4:
      return { mark: `!F-${mtu ?? 0}`, isFinal: true };
    case 9:
    case 10:
    case 13:
      return { mark: '!X', isFinal: true };
    default:
      return { mark: `!<${icmpCode}>`, isFinal: true };
  }
}

/** tracepath: finds the path MTU as it goes. */
export function* tracepath(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const getopt = new Getopt(argv.slice(1), '46nbm:l:p:');
  const target = getopt.operands[0];
  if (getopt.error !== undefined || target === undefined) {
    ctx.err('\nUsage\n  tracepath [options] <destination>\n\nFor more details see tracepath(8).\n');
    return 255;
  }
  const resolved = yield* resolve(ctx, target, 4);
  const ip = resolved.addresses[0];
  if (ip === undefined) {
    ctx.err(`tracepath: ${target}: ${resolved.errorText}\n`);
    return 1;
  }
  const maxHops = Number(getopt.value('m') ?? '30');
  let mtu = ctx.ns.pathMtu(ip) || 1500;
  ctx.out(` 1?: [LOCALHOST]${' '.repeat(22)}pmtu ${mtu}\n`);
  let port = 44444;
  for (let ttl = 1; ttl <= maxHops; ttl++) {
    const socket = udpOpen(ctx.ns);
    if (typeof socket === 'string') return 1;
    try {
      socket.connect(ip, port++);
      const sentNs = ctx.sim.nowNs();
      socket.send(payloadOfFill(mtu - 28), {
        ttl,
        dontFragment: true,
        ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
      });
      const error = socket.takeError() ?? (yield* waitForError(socket, 3 * NS_PER_SEC));
      const head = `${String(ttl).padStart(2)}:  `;
      if (error === undefined) {
        ctx.out(`${head}no reply\n`);
        continue;
      }
      if (error.mtu !== undefined && error.mtu < mtu) {
        mtu = error.mtu;
        ctx.out(`${head}${formatIp(error.fromIp).padEnd(52)}pmtu ${mtu}\n`);
        ttl--;
        continue;
      }
      const time = `${((ctx.sim.nowNs() - sentNs) / NS_PER_MS).toFixed(3)}ms`;
      const verdict = judge(error.icmpType, error.icmpCode, error.mtu);
      const reached =
        error.icmpType === 3 && error.icmpCode === 3 ? ' reached' : ` ${verdict.mark}`;
      ctx.out(`${head}${formatIp(error.fromIp).padEnd(52)}${time}${reached.trimEnd()}\n`);
      if (verdict.isFinal) {
        ctx.out(`     Resume: pmtu ${mtu} hops ${ttl} back ${ttl}\n`);
        return 0;
      }
    } finally {
      socket.close();
    }
  }
  ctx.out(`     Too many hops: pmtu ${mtu}\n     Resume: pmtu ${mtu}\n`);
  return 0;
}

function* waitForError(
  socket: Exclude<ReturnType<typeof udpOpen>, string>,
  waitNs: number,
): Proc<ReturnType<typeof socket.takeError>> {
  const untilNs = socket.ns.sim.nowNs() + waitNs;
  for (;;) {
    const error = socket.takeError();
    if (error !== undefined) return error;
    const leftNs = untilNs - socket.ns.sim.nowNs();
    if (leftNs <= 0) return undefined;
    yield* socket.readable.wait(leftNs);
  }
}
