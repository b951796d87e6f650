/**
 * ping of iputils and of busybox.
 */
import { type Ip, NS_PER_MS, NS_PER_SEC, NS_PER_US, formatIp, parseIp } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { type EchoResult, type PingSocket, errnoText, icmpOpen } from '@podwire/netstack';
import type { CommandContext } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { resolve } from '../resolve.ts';

interface PingOptions {
  readonly count: number | undefined;
  readonly intervalNs: number;
  readonly replyWaitNs: number;
  readonly deadlineNs: number | undefined;
  readonly ttl: number | undefined;
  readonly sizeBytes: number;
  readonly dontFragment: boolean | undefined;
  readonly fromIp: Ip | undefined;
  readonly isQuiet: boolean;
  readonly isFlood: boolean;
  readonly isNumeric: boolean;
}

const IPUTILS_USAGE = `
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
  -c <count>         stop after <count> replies
  -i <interval>      seconds between sending each packet
  -I <interface>     either interface name or address
  -M <pmtud opt>     define mtu discovery, can be one of <do|dont|want>
  -n                 no dns name resolution
  -q                 quiet output
  -s <size>          use <size> as number of data bytes to be sent
  -t <ttl>           define time to live
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response

For more details see ping(8).
`;

const BUSYBOX_USAGE = `BusyBox v1.37.0 multi-call binary.

Usage: ping [OPTIONS] HOST
`;

export function* ping(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const isBusybox = ctx.isBusybox === true;
  const spec = isBusybox ? '46c:i:I:qs:t:w:W:A' : '46c:i:I:M:nqs:t:w:W:fOAvbLDUR';
  const getopt = new Getopt(argv.slice(1), spec);
  if (getopt.error !== undefined) {
    ctx.err(`ping: ${getopt.error}\n${isBusybox ? BUSYBOX_USAGE : IPUTILS_USAGE}`);
    return isBusybox ? 1 : 2;
  }
  const target = getopt.operands[0];
  if (target === undefined) {
    ctx.err(isBusybox ? BUSYBOX_USAGE : `ping: usage error: Destination address required\n`);
    return isBusybox ? 1 : 2;
  }
  const options = readOptions(ctx, getopt);
  if (typeof options === 'string') {
    ctx.err(`ping: ${options}\n`);
    return isBusybox ? 1 : 2;
  }
  const numeric = parseIp(target);
  const resolved = yield* resolve(ctx, target, getopt.has('6') ? 6 : 4);
  const ip = resolved.addresses[0];
  if (ip === undefined) {
    ctx.err(
      isBusybox
        ? `ping: bad address '${target}'\n`
        : `ping: ${target}: ${resolved.errorText === '' ? 'Name or service not known' : resolved.errorText}\n`,
    );
    return isBusybox ? 1 : 2;
  }
  const socket = icmpOpen(ctx.ns);
  try {
    const name = numeric === undefined ? resolved.canonicalName.replace(/\.$/, '') : target;
    const run = new PingRun(ctx, socket, options, {
      target,
      name,
      ip,
      isNumeric: numeric !== undefined,
    });
    return yield* run.run(isBusybox);
  } finally {
    socket.close();
  }
}

function readOptions(ctx: CommandContext, getopt: Getopt): PingOptions | string {
  const number = (option: string): number | undefined => {
    const text = getopt.value(option);
    return text === undefined ? undefined : Number(text);
  };
  for (const option of ['c', 'i', 's', 't', 'w', 'W']) {
    const text = getopt.value(option);
    if (text !== undefined && !/^\d+(\.\d+)?$/.test(text)) return `invalid argument: '${text}'`;
  }
  const ttl = number('t');
  if (ttl !== undefined && (ttl < 1 || ttl > 255))
    return `invalid argument: '${ttl}': out of range: 0 <= value <= 255`;
  if (number('c') === 0)
    return "invalid argument: '0': out of range: 1 <= value <= 9223372036854775807";
  const mode = getopt.value('M');
  if (mode !== undefined && !['do', 'dont', 'want', 'probe'].includes(mode)) {
    return `wrong value for -M: do, dont, want, probe are valid ones.`;
  }
  const source = getopt.value('I');
  const dev = source === undefined ? undefined : ctx.ns.devs.get(source);
  const fromIp =
    source === undefined
      ? undefined
      : dev === undefined
        ? parseIp(source)
        : ctx.ns.primaryAddress(dev);
  if (source !== undefined && fromIp === undefined) return `unknown iface: ${source}`;
  const deadline = number('w');
  return {
    count: number('c'),
    intervalNs: Math.round((number('i') ?? (getopt.has('f') ? 0.01 : 1)) * NS_PER_SEC),
    replyWaitNs: Math.round((number('W') ?? 10) * NS_PER_SEC),
    deadlineNs: deadline === undefined ? undefined : Math.round(deadline * NS_PER_SEC),
    ttl,
    sizeBytes: number('s') ?? 56,
    dontFragment: mode === 'do' || mode === 'probe' ? true : mode === 'dont' ? false : undefined,
    fromIp,
    isQuiet: getopt.has('q'),
    isFlood: getopt.has('f'),
    isNumeric: getopt.has('n'),
  };
}

class PingRun {
  readonly #ctx: CommandContext;
  readonly #socket: PingSocket;
  readonly #options: PingOptions;
  readonly #to: { target: string; name: string; ip: Ip; isNumeric: boolean };
  readonly #sentNs = new Map<number, number>();
  readonly #answered = new Set<number>();
  readonly #times: number[] = [];
  #sent = 0;
  #received = 0;
  #errors = 0;
  #duplicates = 0;
  #startNs = 0;

  constructor(
    ctx: CommandContext,
    socket: PingSocket,
    options: PingOptions,
    to: { target: string; name: string; ip: Ip; isNumeric: boolean },
  ) {
    this.#ctx = ctx;
    this.#socket = socket;
    this.#options = options;
    this.#to = to;
  }

  *run(isBusybox: boolean): Proc<number> {
    const { target, ip } = this.#to;
    const { sizeBytes, count } = this.#options;
    this.#startNs = this.#ctx.sim.nowNs();
    const address = formatIp(ip);
    this.#ctx.out(
      isBusybox
        ? `PING ${target} (${address}): ${sizeBytes} data bytes\n`
        : `PING ${this.#to.isNumeric ? target : this.#to.name} (${address}) ${sizeBytes}(${sizeBytes + 28}) bytes of data.\n`,
    );
    const first = isBusybox ? 0 : 1;
    for (let seq = first; count === undefined || seq < count + first; seq++) {
      if (this.#isOver()) break;
      const isFatal = this.#send(seq, isBusybox);
      if (isFatal) return isBusybox ? 1 : 2;
      const isLast = count !== undefined && seq === count + first - 1;
      const waitNs = isLast ? this.#options.replyWaitNs : this.#options.intervalNs;
      yield* this.#collect(waitNs, isLast, isBusybox);
      if (this.#ctx.signals.isTerminated) break;
    }
    return this.#finish(isBusybox);
  }

  #isOver(): boolean {
    const { deadlineNs } = this.#options;
    return deadlineNs !== undefined && this.#ctx.sim.nowNs() - this.#startNs >= deadlineNs;
  }

  /** Sends one request; true when ping gives up altogether. */
  #send(seq: number, isBusybox: boolean): boolean {
    const { ttl, sizeBytes, dontFragment, fromIp } = this.#options;
    const errno = this.#socket.sendEcho(this.#to.ip, {
      seq: seq & 0xffff,
      sizeBytes,
      ...(ttl === undefined ? {} : { ttl }),
      ...(dontFragment === undefined ? {} : { dontFragment }),
      ...(fromIp === undefined ? {} : { fromIp }),
      ...(this.#ctx.traceId === undefined ? {} : { traceId: this.#ctx.traceId }),
    });
    this.#sent++;
    this.#sentNs.set(seq & 0xffff, this.#ctx.sim.nowNs());
    if (errno === undefined) return false;
    if (isBusybox) {
      this.#ctx.err(`ping: sendto: ${errnoText(errno)}\n`);
      return true;
    }
    if (errno === 'EMSGSIZE') {
      this.#errors++;
      this.#ctx.err(
        `ping: local error: message too long, mtu=${this.#ctx.ns.pathMtu(this.#to.ip)}\n`,
      );
      return false;
    }
    if (
      errno === 'ENETUNREACH' ||
      errno === 'EACCES' ||
      errno === 'EINVAL' ||
      errno === 'EHOSTUNREACH'
    ) {
      this.#ctx.err(`ping: ${seq === 1 ? 'connect' : 'sendmsg'}: ${errnoText(errno)}\n`);
      return seq === 1;
    }
    this.#ctx.err(`ping: sendmsg: ${errnoText(errno)}\n`);
    return false;
  }

  /** Takes replies for a while; with the last request only until all have come. */
  *#collect(waitNs: number, isLast: boolean, isBusybox: boolean): Proc {
    const untilNs = this.#limit(this.#ctx.sim.nowNs() + waitNs);
    while (!(isLast && this.#answered.size >= this.#sent)) {
      const leftNs = untilNs - this.#ctx.sim.nowNs();
      if (leftNs <= 0) return;
      const result = yield* this.#socket.recv(leftNs);
      if (result === 'timeout') return;
      this.#take(result, isBusybox);
      if (this.#options.isFlood) return;
    }
    if (isLast) return;
    const leftNs = untilNs - this.#ctx.sim.nowNs();
    if (leftNs > 0) yield* sleep(leftNs);
  }

  #limit(untilNs: number): number {
    const { deadlineNs } = this.#options;
    return deadlineNs === undefined ? untilNs : Math.min(untilNs, this.#startNs + deadlineNs);
  }

  #take(result: EchoResult, isBusybox: boolean): void {
    const sentNs = this.#sentNs.get(result.seq);
    const from = formatIp(result.fromIp);
    if (result.kind === 'error') {
      this.#errors++;
      this.#answered.add(result.seq);
      if (!this.#options.isQuiet && !isBusybox) {
        this.#ctx.out(`From ${from} icmp_seq=${result.seq} ${icmpText(result)}\n`);
      }
      return;
    }
    if (sentNs === undefined) return;
    const isDuplicate = this.#answered.has(result.seq);
    this.#answered.add(result.seq);
    if (isDuplicate) this.#duplicates++;
    else this.#received++;
    const rttNs = result.atNs - sentNs;
    this.#times.push(rttNs);
    if (this.#options.isQuiet) return;
    const size = this.#options.sizeBytes + 8;
    const mark = isDuplicate ? ' (DUP!)' : '';
    if (isBusybox) {
      this.#ctx.out(
        `${size} bytes from ${from}: seq=${result.seq} ttl=${result.ttl} time=${(rttNs / NS_PER_MS).toFixed(3)} ms${mark}\n`,
      );
      return;
    }
    const named =
      this.#to.isNumeric || this.#options.isNumeric ? from : `${this.#to.name} (${from})`;
    this.#ctx.out(
      `${size} bytes from ${named}: icmp_seq=${result.seq} ttl=${result.ttl} time=${roundTrip(rttNs)} ms${mark}\n`,
    );
  }

  #finish(isBusybox: boolean): number {
    const totalMs = Math.floor((this.#ctx.sim.nowNs() - this.#startNs) / NS_PER_MS);
    const loss = this.#sent === 0 ? 0 : ((this.#sent - this.#received) * 100) / this.#sent;
    const title = this.#to.isNumeric || isBusybox ? this.#to.target : this.#to.name;
    this.#ctx.out(`\n--- ${title} ping statistics ---\n`);
    const duplicates = this.#duplicates > 0 ? `, +${this.#duplicates} duplicates` : '';
    if (isBusybox) {
      this.#ctx.out(
        `${this.#sent} packets transmitted, ${this.#received} packets received${duplicates}, ${Math.floor(loss)}% packet loss\n`,
      );
    } else {
      const errors = this.#errors > 0 ? `, +${this.#errors} errors` : '';
      const lossText = String(Number(loss.toPrecision(6)));
      this.#ctx.out(
        `${this.#sent} packets transmitted, ${this.#received} received${duplicates}${errors}, ${lossText}% packet loss, time ${totalMs}ms\n`,
      );
    }
    this.#printTimes(isBusybox);
    return this.#received > 0 ? 0 : 1;
  }

  #printTimes(isBusybox: boolean): void {
    const times = this.#times;
    if (times.length === 0) {
      if (!isBusybox) this.#ctx.out('\n');
      return;
    }
    const sum = times.reduce((total, time) => total + time, 0);
    const average = sum / times.length;
    const squares = times.reduce((total, time) => total + time * time, 0) / times.length;
    const deviation = Math.sqrt(Math.max(squares - average * average, 0));
    const ms = (ns: number): string => (Math.floor(ns / NS_PER_US) / 1000).toFixed(3);
    const [least, most] = [Math.min(...times), Math.max(...times)];
    this.#ctx.out(
      isBusybox
        ? `round-trip min/avg/max = ${ms(least)}/${ms(average)}/${ms(most)} ms\n`
        : `rtt min/avg/max/mdev = ${ms(least)}/${ms(average)}/${ms(most)}/${ms(deviation)} ms\n`,
    );
  }
}

/** iputils' digits: three significant figures from 1 ms to 100 ms, whole numbers above. */
function roundTrip(ns: number): string {
  const micros = Math.floor(ns / NS_PER_US);
  if (micros >= 100_000) return String(Math.floor((micros + 500) / 1000));
  if (micros >= 10_000) return (Math.floor((micros + 50) / 100) / 10).toFixed(1);
  if (micros >= 1000) return (Math.floor((micros + 5) / 10) / 100).toFixed(2);
  return (micros / 1000).toFixed(3);
}

/** pr_icmph() of iputils. */
export function icmpText(error: {
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly mtu?: number;
}): string {
  if (error.icmpType === 11) {
    return error.icmpCode === 0 ? 'Time to live exceeded' : 'Frag reassembly time exceeded';
  }
  if (error.icmpType === 3) {
    switch (error.icmpCode) {
      case 0:
        return 'Destination Net Unreachable';
      case 1:
        return 'Destination Host Unreachable';
      case 2:
        return 'Destination Protocol Unreachable';
      case 3:
        return 'Destination Port Unreachable';
      case 4:
        return `Frag needed and DF set (mtu = ${error.mtu ?? 0})`;
      case 9:
        return 'Destination Net Prohibited';
      case 10:
        return 'Destination Host Prohibited';
      case 13:
        return 'Packet filtered';
      default:
        return `Dest Unreachable, Bad Code: ${error.icmpCode}`;
    }
  }
  return `Bad ICMP type: ${error.icmpType}`;
}
