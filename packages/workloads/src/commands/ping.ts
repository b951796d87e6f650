/**
 * ping of iputils and of busybox.
 */
import {
  EPOCH_UNIX_SEC,
  type Ip,
  NS_PER_MS,
  NS_PER_SEC,
  NS_PER_US,
  formatIp,
  parseIp,
} from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { type EchoResult, type PingSocket, errnoText, icmpOpen, udpOpen } from '@podwire/netstack';
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
  /** Behind the address in the first line: ` from 10.0.0.1 eth0:`. */
  readonly fromText: string;
  /** `-b`. */
  readonly allowsBroadcast: boolean;
  /** `-O`. */
  readonly tellsOutstanding: boolean;
  /** `-D`. */
  readonly hasTimestamps: boolean;
  readonly isQuiet: boolean;
  readonly isFlood: boolean;
  readonly isNumeric: boolean;
}

const IPUTILS_USAGE = `
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
  -a                 use audible ping
  -A                 use adaptive ping
  -B                 sticky source address
  -c <count>         stop after <count> replies
  -C                 call connect() syscall on socket creation
  -D                 print timestamps
  -d                 use SO_DEBUG socket option
  -e <identifier>    define identifier for ping session, default is random for
                     SOCK_RAW and kernel defined for SOCK_DGRAM
                     Imply using SOCK_RAW (for IPv4 only for identifier 0)
  -f                 flood ping
  -h                 print help and exit
  -I <interface>     either interface name or address
  -i <interval>      seconds between sending each packet
  -L                 suppress loopback of multicast packets
  -l <preload>       send <preload> number of packages while waiting replies
  -m <mark>          tag the packets going out
  -M <pmtud opt>     define mtu discovery, can be one of <do|dont|want>
  -n                 no dns name resolution
  -O                 report outstanding replies
  -p <pattern>       contents of padding byte
  -q                 quiet output
  -Q <tclass>        use quality of service <tclass> bits
  -s <size>          use <size> as number of data bytes to be sent
  -S <size>          use <size> as SO_SNDBUF socket option value
  -t <ttl>           define time to live
  -U                 print user-to-user latency
  -v                 verbose output
  -V                 print version and exit
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response

IPv4 options:
  -4                 use IPv4
  -b                 allow pinging broadcast
  -R                 record route
  -T <timestamp>     define timestamp, can be one of <tsonly|tsandaddr|tsprespec>

IPv6 options:
  -6                 use IPv6
  -F <flowlabel>     define flow label, default is random
  -N <nodeinfo opt>  use icmp6 node info query, try <help> as argument

For more details see ping(8).
`;

const VERSION = `ping from iputils 20221126
libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes
`;

/** Options of the real ping that have no effect here: refused, not ignored. */
const NOT_MODELLED = 'aABCdeLlmpQRSTUvFN';

const BUSYBOX_USAGE = `BusyBox v1.37.0 multi-call binary.

Usage: ping [OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST

	-4,-6		Force IP or IPv6 name resolution
	-c CNT		Send only CNT pings
	-s SIZE		Send SIZE data bytes in packets (default 56)
	-i SECS		Interval
	-A		Ping as soon as reply is received
	-t TTL		Set TTL
	-I IFACE/IP	Source interface or IP address
	-W SEC		Seconds to wait for the first response (default 10)
			(after all -c CNT packets are sent)
	-w SEC		Seconds until ping exits (default:infinite)
			(can exit earlier with -c CNT)
	-q		Quiet, only display output at start/finish
	-p HEXBYTE	Payload pattern
`;

/** Where connect() asks for the route, as ping does before it sends. */
const PROBE_PORT = 1025;
/** Requests with fewer bytes have no room for the time of day, and so no time is told. */
const TIMED_BYTES = 16;

export function* ping(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const isBusybox = ctx.isBusybox === true;
  const spec = isBusybox
    ? '46c:i:I:qs:t:w:W:Ap:'
    : 'aABc:CDde:fhI:i:Ll:m:M:nOp:qQ:s:S:t:UvVw:W:46bRT:F:N:';
  const getopt = new Getopt(argv.slice(1), spec);
  if (getopt.error !== undefined) {
    ctx.err(`ping: ${getopt.error}\n${isBusybox ? BUSYBOX_USAGE : IPUTILS_USAGE}`);
    return isBusybox ? 1 : 2;
  }
  if (!isBusybox && getopt.has('V')) {
    ctx.out(VERSION);
    return 0;
  }
  if (!isBusybox && getopt.has('h')) {
    ctx.err(IPUTILS_USAGE);
    return 2;
  }
  const refused = (isBusybox ? 'Ap' : NOT_MODELLED).split('').find((option) => getopt.has(option));
  if (refused !== undefined) {
    ctx.err(`ping: option -${refused} is not modelled by podwire\n`);
    return isBusybox ? 1 : 2;
  }
  const target = getopt.operands.at(-1);
  if (target === undefined) {
    ctx.err(isBusybox ? BUSYBOX_USAGE : `ping: usage error: Destination address required\n`);
    return 1;
  }
  const options = readOptions(ctx, getopt);
  if (typeof options === 'string') {
    ctx.err(`ping: ${options}\n`);
    return isBusybox || options.startsWith('invalid argument: ') ? 1 : 2;
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
  const problem = isBusybox ? undefined : connectProblem(ctx, ip, options);
  if (problem !== undefined) {
    ctx.err(`ping: ${problem}\n`);
    return 2;
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

/** connect() on a UDP socket of its own: no route, or a broadcast address. */
function connectProblem(ctx: CommandContext, ip: Ip, options: PingOptions): string | undefined {
  const isBroadcast = [...ctx.ns.devs.values()].some((dev) =>
    ctx.ns.addressesOf(dev).some((address) => address.broadcast === ip),
  );
  const socket = udpOpen(ctx.ns);
  if (typeof socket === 'string') return undefined;
  const errno = isBroadcast ? 'EACCES' : socket.connect(ip, PROBE_PORT);
  socket.close();
  if (errno === undefined) return undefined;
  if (errno !== 'EACCES') return `connect: ${errnoText(errno)}`;
  if (!options.allowsBroadcast) {
    return 'Do you want to ping broadcast? Then -b. If not, check your local firewall rules';
  }
  ctx.err('WARNING: pinging broadcast address\n');
  return undefined;
}

function readOptions(ctx: CommandContext, getopt: Getopt): PingOptions | string {
  const number = (option: string): number | undefined => {
    const text = getopt.value(option);
    return text === undefined ? undefined : Number(text);
  };
  for (const option of ['c', 'i', 's', 't', 'w', 'W']) {
    const text = getopt.value(option);
    if (text !== undefined && !/^\d+(\.\d+)?$/.test(text)) {
      return ctx.isBusybox === true ? `invalid number '${text}'` : `invalid argument: '${text}'`;
    }
  }
  const ttl = number('t');
  if (ttl !== undefined && (ttl < 1 || ttl > 255))
    return `invalid argument: '${ttl}': out of range: 0 <= value <= 255`;
  if (number('c') === 0)
    return "invalid argument: '0': out of range: 1 <= value <= 9223372036854775807";
  const mode = getopt.value('M');
  if (mode !== undefined && !['do', 'dont', 'want', 'probe'].includes(mode)) {
    return `invalid -M argument: ${mode}`;
  }
  const source = getopt.value('I');
  const dev = source === undefined ? undefined : ctx.ns.devs.get(source);
  const fromIp =
    source === undefined
      ? undefined
      : dev === undefined
        ? parseIp(source)
        : ctx.ns.primaryAddress(dev);
  if (source !== undefined && fromIp === undefined) {
    return ctx.isBusybox === true
      ? `unknown interface ${source}`
      : `SO_BINDTODEVICE ${source}: No such device`;
  }
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
    fromText:
      source === undefined || fromIp === undefined
        ? ''
        : ` from ${formatIp(fromIp)} ${dev === undefined ? '' : source}:`,
    allowsBroadcast: getopt.has('b'),
    tellsOutstanding: getopt.has('O'),
    hasTimestamps: getopt.has('D'),
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
  #pipeSize = 0;
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
        : `PING ${this.#to.isNumeric ? target : this.#to.name} (${address})${this.#options.fromText} ${sizeBytes}(${sizeBytes + 28}) bytes of data.\n`,
    );
    const first = isBusybox ? 0 : 1;
    for (let seq = first; count === undefined || seq < count + first; seq++) {
      if (this.#isOver()) break;
      const before = seq - 1;
      if (this.#options.tellsOutstanding && seq > first && !this.#answered.has(before & 0xffff)) {
        this.#ctx.out(`${this.#stamp()}no answer yet for icmp_seq=${before}\n`);
      }
      const errorsBefore = this.#errors;
      const isFatal = this.#send(seq, isBusybox);
      // An error of its own is followed by the usual pause.
      if (this.#errors > errorsBefore) yield* sleep(this.#options.intervalNs);
      if (isFatal) return isBusybox ? 1 : 2;
      const isLast = count !== undefined && seq === count + first - 1;
      if (this.#errors > errorsBefore && !isLast) continue;
      const waitNs = isLast ? this.#options.replyWaitNs : this.#options.intervalNs;
      yield* this.#collect(waitNs, isLast, isBusybox);
      // Replies and errors together make up the count.
      if (!isBusybox && count !== undefined && this.#received + this.#errors >= count) break;
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
    if (this.#options.isFlood && !this.#options.isQuiet) this.#ctx.out('.');
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
    const fullNs = this.#ctx.sim.nowNs() + waitNs;
    // busybox looks at -w only before it sends.
    const untilNs = isBusybox && isLast ? fullNs : this.#limit(fullNs);
    const { count } = this.#options;
    const isComplete = (): boolean =>
      !isBusybox && count !== undefined && this.#received + this.#errors >= count;
    while (!((isLast && this.#answered.size >= this.#sent) || isComplete())) {
      const leftNs = untilNs - this.#ctx.sim.nowNs();
      if (leftNs <= 0) return;
      const result = yield* this.#socket.recv(leftNs);
      if (result === 'timeout') return;
      this.#take(result, isBusybox);
      if (this.#options.isFlood) return;
    }
    if (isLast || isComplete()) return;
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
      // busybox hears of no errors and goes on waiting.
      if (isBusybox) return;
      this.#errors++;
      this.#answered.add(result.seq);
      this.#acknowledge(result.seq);
      if (!this.#options.isQuiet) {
        this.#ctx.out(`${this.#stamp()}From ${from} icmp_seq=${result.seq} ${icmpText(result)}\n`);
      }
      return;
    }
    if (sentNs === undefined) return;
    const isDuplicate = this.#answered.has(result.seq);
    this.#answered.add(result.seq);
    if (isDuplicate) this.#duplicates++;
    else this.#received++;
    this.#acknowledge(result.seq);
    const rttNs = result.atNs - sentNs;
    const isTimed = isBusybox || this.#options.sizeBytes >= TIMED_BYTES;
    if (isTimed) this.#times.push(rttNs);
    if (this.#options.isQuiet) return;
    if (this.#options.isFlood) {
      this.#ctx.out('\b \b');
      return;
    }
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
    const time = isTimed ? ` time=${roundTrip(rttNs)} ms` : '';
    this.#ctx.out(
      `${this.#stamp()}${size} bytes from ${named}: icmp_seq=${result.seq} ttl=${result.ttl}${time}${mark}\n`,
    );
  }

  /** How many requests were under way together at most. */
  #acknowledge(seq: number): void {
    const behind = (this.#sent - seq) & 0xffff;
    if (behind < 0x8000) this.#pipeSize = Math.max(this.#pipeSize, behind + 1);
  }

  /** `-D`: the time of day in front of the line. */
  #stamp(): string {
    if (!this.#options.hasTimestamps) return '';
    const seconds = EPOCH_UNIX_SEC + this.#ctx.sim.nowNs() / NS_PER_SEC;
    return `[${seconds.toFixed(6)}] `;
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
    const { deadlineNs, count } = this.#options;
    const isShort =
      !isBusybox && deadlineNs !== undefined && count !== undefined && this.#received < count;
    return this.#received > 0 && !isShort ? 0 : 1;
  }

  #printTimes(isBusybox: boolean): void {
    const times = this.#times;
    if (times.length === 0) {
      const pipe = this.#pipeSize > 1 ? `pipe ${this.#pipeSize}` : '';
      if (!isBusybox) this.#ctx.out(`${pipe}\n`);
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
        : `rtt min/avg/max/mdev = ${ms(least)}/${ms(average)}/${ms(most)}/${ms(deviation)} ms${this.#pipeSize > 1 ? `, pipe ${this.#pipeSize}` : ''}\n`,
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
