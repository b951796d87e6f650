/**
 * traceroute (Linux's modern one, and busybox's form) and tracepath.
 */
import { type Ip, NS_PER_MS, NS_PER_SEC, formatIp } from '@podwire/base';
import { type Proc, type Process, Signal } from '@podwire/engine';
import { type PingSocket, errnoText, icmpOpen, udpOpen } from '@podwire/netstack';
import { payloadOfFill } from '@podwire/wire';
import type { CommandContext } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { resolve } from '../resolve.ts';
import { reverseLookup } from './nslookup.ts';

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
  traceroute [ -46dFITnreAUDV ] [ -f first_ttl ] [ -g gate,... ] [ -i device ] [ -m max_ttl ] [ -N squeries ] [ -p port ] [ -t tos ] [ -l flow_label ] [ -w MAX,HERE,NEAR ] [ -q nqueries ] [ -s src_addr ] [ -z sendwait ] [ --fwmark=num ] host [ packetlen ]
Options:
  -4                          Use IPv4
  -6                          Use IPv6
  -d  --debug                 Enable socket level debugging
  -F  --dont-fragment         Do not fragment packets
  -f first_ttl  --first=first_ttl
                              Start from the first_ttl hop (instead from 1)
  -g gate,...  --gateway=gate,...
                              Route packets through the specified gateway
                              (maximum 8 for IPv4 and 127 for IPv6)
  -I  --icmp                  Use ICMP ECHO for tracerouting
  -T  --tcp                   Use TCP SYN for tracerouting (default port is 80)
  -i device  --interface=device
                              Specify a network interface to operate with
  -m max_ttl  --max-hops=max_ttl
                              Set the max number of hops (max TTL to be
                              reached). Default is 30
  -N squeries  --sim-queries=squeries
                              Set the number of probes to be tried
                              simultaneously (default is 16)
  -n                          Do not resolve IP addresses to their domain names
  -p port  --port=port        Set the destination port to use. It is either
                              initial udp port value for "default" method
                              (incremented by each probe, default is 33434), or
                              initial seq for "icmp" (incremented as well,
                              default from 1), or some constant destination
                              port for other methods (with default of 80 for
                              "tcp", 53 for "udp", etc.)
  -t tos  --tos=tos           Set the TOS (IPv4 type of service) or TC (IPv6
                              traffic class) value for outgoing packets
  -l flow_label  --flowlabel=flow_label
                              Use specified flow_label for IPv6 packets
  -w MAX,HERE,NEAR  --wait=MAX,HERE,NEAR
                              Wait for a probe no more than HERE (default 3)
                              times longer than a response from the same hop,
                              or no more than NEAR (default 10) times than some
                              next hop, or MAX (default 5.0) seconds (float
                              point values allowed too)
  -q nqueries  --queries=nqueries
                              Set the number of probes per each hop. Default is
                              3
  -r                          Bypass the normal routing and send directly to a
                              host on an attached network
  -s src_addr  --source=src_addr
                              Use source src_addr for outgoing packets
  -z sendwait  --sendwait=sendwait
                              Minimal time interval between probes (default 0).
                              If the value is more than 10, then it specifies a
                              number in milliseconds, else it is a number of
                              seconds (float point values allowed too)
  -e  --extensions            Show ICMP extensions (if present), including MPLS
  -A  --as-path-lookups       Perform AS path lookups in routing registries and
                              print results directly after the corresponding
                              addresses
  -M name  --module=name      Use specified module (either builtin or external)
                              for traceroute operations. Most methods have
                              their shortcuts (\`-I' means \`-M icmp' etc.)
  -O OPTS,...  --options=OPTS,...
                              Use module-specific option OPTS for the
                              traceroute module. Several OPTS allowed,
                              separated by comma. If OPTS is "help", print info
                              about available options
  --sport=num                 Use source port num for outgoing packets. Implies
                              \`-N 1'
  --fwmark=num                Set firewall mark for outgoing packets
  -U  --udp                   Use UDP to particular port for tracerouting
                              (instead of increasing the port per each probe),
                              default port is 53
  -UL                         Use UDPLITE for tracerouting (default dest port
                              is 53)
  -D  --dccp                  Use DCCP Request for tracerouting (default port
                              is 33434)
  -P prot  --protocol=prot    Use raw packet of protocol prot for tracerouting
  --mtu                       Discover MTU along the path being traced. Implies
                              \`-F -N 1'
  --back                      Guess the number of hops in the backward path and
                              print if it differs
  -V  --version               Print version info and exit
  --help                      Read this help and exit

Arguments:
+     host          The host to traceroute to
      packetlen     The full packet length (default is the length of an IP
                    header plus 40). Can be ignored or increased to a minimal
                    allowed value
`;

const BUSYBOX_USAGE = `BusyBox v1.37.0 multi-call binary.

Usage: traceroute [-46Flnrv] [-f 1ST_TTL] [-m MAXTTL] [-q PROBES] [-p PORT]
	[-t TOS] [-w WAIT_SEC] [-s SRC_IP] [-i IFACE]
	[-z PAUSE_MSEC] HOST [BYTES]

Trace the route to HOST

	-4,-6	Force IP or IPv6 name resolution
	-F	Set don't fragment bit
	-l	Display TTL value of the returned packet
	-n	Print numeric addresses
	-r	Bypass routing tables, send directly to HOST
	-v	Verbose
	-f N	First number of hops (default 1)
	-m N	Max number of hops
	-q N	Number of probes per hop (default 3)
	-p N	Base UDP port number used in probes
		(default 33434)
	-s IP	Source address
	-i IFACE Source interface
	-t N	Type-of-service in probe packets (default 0)
	-w SEC	Wait for a response (default 3)
	-z MSEC	Wait before each send
`;

/** Probes under way together (-N), the longest wait for one, and its shares of others' times (-w MAX,HERE,NEAR). */
const SIMULTANEOUS = 16;
const WAIT_SEC = 5;
const HERE_FACTOR = 3;
const NEAR_FACTOR = 10;
/** DEF_WAIT_PREC: what is added to another probe's time before it is multiplied. */
const WAIT_PRECISION_NS = NS_PER_MS;
const BUSYBOX_WAIT_SEC = 3;

/** Options of the real ones that have no effect here: refused, not ignored. */
const NOT_MODELLED = '6dgirtlzeATDPVMOUs';
const BUSYBOX_NOT_MODELLED = '6lrvstiz';

interface TraceOptions {
  readonly maxHops: number;
  readonly firstTtl: number;
  readonly probeCount: number;
  readonly waitNs: number;
  readonly simultaneous: number;
  readonly isNumeric: boolean;
}

export function* traceroute(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const isBusybox = ctx.isBusybox === true;
  const spec = isBusybox
    ? '46Flnrvf:m:q:p:t:w:s:i:z:I'
    : '46dFITnreAUDVf:g:i:m:N:p:t:l:w:q:s:z:P:M:O:';
  const getopt = new Getopt(argv.slice(1), spec);
  if (getopt.error !== undefined) {
    if (isBusybox) ctx.err(`traceroute: ${getopt.error}\n${BUSYBOX_USAGE}`);
    else ctx.err(`Bad option \`-${getopt.badOption ?? ''}' (argc 1)\n`);
    return isBusybox ? 1 : 2;
  }
  if (getopt.operands.length === 0) {
    ctx.err(isBusybox ? BUSYBOX_USAGE : USAGE);
    return isBusybox ? 1 : 0;
  }
  const refused = (isBusybox ? BUSYBOX_NOT_MODELLED : NOT_MODELLED)
    .split('')
    .find((option) => getopt.has(option));
  if (refused !== undefined) {
    ctx.err(`traceroute: option -${refused} is not modelled by podwire\n`);
    return isBusybox ? 1 : 2;
  }
  const options = readOptions(argv, getopt, isBusybox);
  if (typeof options === 'string') {
    ctx.err(options);
    return isBusybox ? 1 : 2;
  }
  const target = getopt.operands[0] ?? '';
  const resolved = yield* resolve(ctx, target, 4);
  const ip = resolved.addresses[0];
  if (ip === undefined) {
    ctx.err(
      isBusybox
        ? `traceroute: bad address '${target}'\n`
        : `${target}: ${resolved.errorText}\nCannot handle "host" cmdline arg \`${target}' on position 1 (argc ${argv.indexOf(target)})\n`,
    );
    return isBusybox ? 1 : 2;
  }
  const sizeBytes = Number(getopt.operands[1] ?? (isBusybox ? '46' : '60'));
  ctx.out(
    `traceroute to ${target} (${formatIp(ip)}), ${options.maxHops} hops max, ${sizeBytes} byte packets`,
  );
  const dontFragment = getopt.has('F');
  const prober = getopt.has('I')
    ? icmpProber(ctx, ip, sizeBytes, dontFragment)
    : udpProber(ctx, ip, sizeBytes, Number(getopt.value('p') ?? BASE_PORT), dontFragment);
  return yield* new Trace(ctx, options, prober).run();
}

function readOptions(
  argv: readonly string[],
  getopt: Getopt,
  isBusybox: boolean,
): TraceOptions | string {
  for (const option of ['f', 'm', 'q', 'w', 'p', 'N']) {
    const text = getopt.value(option);
    if (text === undefined || /^\d+(\.\d+)?(,[\d.]+)*$/.test(text)) continue;
    return isBusybox
      ? `traceroute: invalid number '${text}'\n`
      : `Cannot handle \`-${option}' option with arg \`${text}' (argc ${argv.indexOf(text)})\n`;
  }
  const number = (option: string, fallback: number): number =>
    Number((getopt.value(option) ?? String(fallback)).split(',')[0]);
  return {
    maxHops: number('m', 30),
    firstTtl: number('f', 1),
    probeCount: number('q', 3),
    waitNs: Math.round(number('w', isBusybox ? BUSYBOX_WAIT_SEC : WAIT_SEC) * NS_PER_SEC),
    simultaneous: isBusybox ? 1 : number('N', SIMULTANEOUS),
    isNumeric: getopt.has('n'),
  };
}

/** One probe: when it went, and what came. */
interface Probe {
  readonly ttl: number;
  sentNs: number;
  process: Process<void> | undefined;
  /** undefined: nothing yet. */
  result: ProbeResult | undefined;
}

/** Sends up to N probes together and prints what they learn in order. */
class Trace {
  readonly #ctx: CommandContext;
  readonly #options: TraceOptions;
  readonly #prober: Prober;
  readonly #probes: Probe[] = [];
  readonly #changed: Signal = new Signal();
  readonly #names = new Map<Ip, string>();
  /** Probes that are wanted at all: those of the last hop and of the ones before it. */
  #end: number;
  #last: Ip | undefined;

  constructor(ctx: CommandContext, options: TraceOptions, prober: Prober) {
    this.#ctx = ctx;
    this.#options = options;
    this.#prober = prober;
    this.#end = Math.max(options.maxHops - options.firstTtl + 1, 0) * options.probeCount;
  }

  *run(): Proc<number> {
    try {
      for (let printed = 0; printed < this.#end; ) {
        this.#sendMore();
        const nextNs = this.#expire();
        const probe = this.#probes[printed];
        const result = probe?.result;
        if (probe === undefined || result === undefined) {
          yield* this.#changed.wait(Math.max(nextNs - this.#ctx.sim.nowNs(), 1));
          continue;
        }
        if (typeof result === 'object' && 'fatal' in result) {
          this.#ctx.err(`\n${result.fatal}\n`);
          return 1;
        }
        if (printed === 0) this.#ctx.out('\n');
        yield* this.#print(printed, probe.ttl, result);
        printed++;
      }
      return 0;
    } finally {
      for (const probe of this.#probes) probe.process?.cancel();
    }
  }

  #sendMore(): void {
    const { firstTtl, probeCount, simultaneous } = this.#options;
    let underWay = this.#probes.filter((probe) => probe.result === undefined).length;
    while (underWay < simultaneous && this.#probes.length < this.#end) {
      const ttl = firstTtl + Math.floor(this.#probes.length / probeCount);
      const sentNs = this.#ctx.sim.nowNs();
      const probe: Probe = { ttl, sentNs, process: undefined, result: undefined };
      this.#probes.push(probe);
      probe.process = this.#ctx.sim.spawn(`traceroute probe ${ttl}`, this.#follow(probe));
      underWay++;
    }
  }

  *#follow(probe: Probe): Proc {
    probe.result = yield* this.#prober.probe(probe.ttl, this.#options.waitNs);
    this.#changed.notify();
  }

  /** Gives up probes whose time is over; when the next one's will be. */
  #expire(): number {
    let nextNs = Number.POSITIVE_INFINITY;
    for (const [index, probe] of this.#probes.entries()) {
      if (probe.result !== undefined) continue;
      const untilNs = probe.sentNs + this.#limitNs(index);
      if (untilNs > this.#ctx.sim.nowNs()) {
        nextNs = Math.min(nextNs, untilNs);
        continue;
      }
      probe.process?.cancel();
      probe.result = 'timeout';
    }
    return Number.isFinite(nextNs) ? nextNs : this.#ctx.sim.nowNs() + this.#options.waitNs;
  }

  /** get_timeout(): three times what another of the same hop took, or ten times one further on. */
  #limitNs(index: number): number {
    const { probeCount, waitNs, simultaneous } = this.#options;
    if (simultaneous === 1) return waitNs;
    const first = index - (index % probeCount);
    const here = timeOf(this.#probes.slice(first, first + probeCount));
    if (here !== undefined) return Math.min((here + WAIT_PRECISION_NS) * HERE_FACTOR, waitNs);
    const near = timeOf(this.#probes.slice(index + 1));
    if (near !== undefined) return Math.min((near + WAIT_PRECISION_NS) * NEAR_FACTOR, waitNs);
    return waitNs;
  }

  *#print(index: number, ttl: number, result: Exclude<ProbeResult, { fatal: string }>): Proc {
    const { probeCount } = this.#options;
    const { out } = this.#ctx;
    if (index % probeCount === 0) {
      out(`${String(ttl).padStart(2)} `);
      this.#last = undefined;
    }
    if (result === 'timeout') {
      out(this.#ctx.isBusybox === true && index % probeCount > 0 ? '  *' : ' *');
    } else {
      if (result.fromIp !== this.#last) out(` ${yield* this.#name(result.fromIp)}`);
      this.#last = result.fromIp;
      const mark = result.mark === '' ? '' : ` ${result.mark}`;
      out(`  ${(result.rttNs / NS_PER_MS).toFixed(3)} ms${mark}`);
      if (result.isFinal) this.#end = (Math.floor(index / probeCount) + 1) * probeCount;
    }
    if ((index + 1) % probeCount === 0) out('\n');
  }

  /** The hop's name and address, as getnameinfo() has it. */
  *#name(ip: Ip): Proc<string> {
    const text = formatIp(ip);
    if (this.#options.isNumeric) return text;
    const known = this.#names.get(ip) ?? (yield* reverseLookup(this.#ctx, text)) ?? text;
    this.#names.set(ip, known);
    return `${known} (${text})`;
  }
}

/** How long the first answered one took. */
function timeOf(probes: readonly Probe[]): number | undefined {
  for (const { result } of probes) {
    if (typeof result === 'object' && 'rttNs' in result && result.rttNs > 0) return result.rttNs;
  }
  return undefined;
}

/** A local error ends the program. */
type ProbeResult = Hop | 'timeout' | { readonly fatal: string };

interface Prober {
  probe(ttl: number, waitNs: number): Proc<ProbeResult>;
}

function udpProber(
  ctx: CommandContext,
  ip: Ip,
  sizeBytes: number,
  basePort: number,
  dontFragment: boolean,
): Prober {
  let port = basePort;
  return {
    *probe(ttl, waitNs) {
      const socket = udpOpen(ctx.ns);
      if (typeof socket === 'string') return 'timeout';
      try {
        const refused = socket.connect(ip, port++);
        if (refused !== undefined) return { fatal: `connect: ${errnoText(refused)}` };
        const sentNs = ctx.sim.nowNs();
        const errno = socket.send(payloadOfFill(Math.max(sizeBytes - 28, 0), 0x40), {
          ttl,
          dontFragment,
          ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
        });
        if (errno !== undefined) return { fatal: `send: ${errnoText(errno)}` };
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
  };
}

function icmpProber(ctx: CommandContext, ip: Ip, sizeBytes: number, dontFragment: boolean): Prober {
  let lastSeq = 0;
  return {
    *probe(ttl, waitNs) {
      const socket = icmpOpen(ctx.ns);
      try {
        return yield* echo(socket, ++lastSeq, ttl, waitNs);
      } finally {
        socket.close();
      }
    },
  };

  function* echo(socket: PingSocket, seq: number, ttl: number, waitNs: number): Proc<ProbeResult> {
    const sentNs = ctx.sim.nowNs();
    const errno = socket.sendEcho(ip, {
      seq,
      ttl,
      dontFragment,
      sizeBytes: Math.max(sizeBytes - 28, 0),
      ...(ctx.traceId === undefined ? {} : { traceId: ctx.traceId }),
    });
    if (errno !== undefined) return { fatal: `sendto: ${errnoText(errno)}` };
    const untilNs = sentNs + waitNs;
    for (;;) {
      const leftNs = untilNs - ctx.sim.nowNs();
      if (leftNs <= 0) return 'timeout';
      const result = yield* socket.recv(leftNs);
      if (result === 'timeout') return 'timeout';
      if (result.seq !== seq) continue;
      const rttNs = result.atNs - sentNs;
      if (result.kind === 'reply') return { fromIp: result.fromIp, rttNs, mark: '', isFinal: true };
      return {
        fromIp: result.fromIp,
        rttNs,
        ...judge(result.icmpType, result.icmpCode, result.mtu),
      };
    }
  }
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
