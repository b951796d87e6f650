/**
 * Commands that show and change the namespace: ip, ss, bridge, netstat, ifconfig, route, arp, iptables,
 * conntrack, sysctl. The work is netstack's; here are their command lines.
 */
import { IP_ANY, clock, dayName, formatIp, formatMac, ipv4Mask, monthName } from '@podwire/base';
import {
  type CommandResult,
  bridgeCommand,
  conntrackCommand,
  ipCommand,
  iptables,
  iptablesRestore,
  iptablesSave,
  ssCommand,
  ssRows,
} from '@podwire/netstack';
import { type Command, type CommandContext, finished } from '../context.ts';
import { now } from '../servers/http.ts';

/** A command that prints a result. */
function resultOf(run: (ctx: CommandContext, args: readonly string[]) => CommandResult): Command {
  return (ctx, argv) => {
    const result = run(ctx, argv.slice(1));
    ctx.out(result.stdout);
    ctx.err(result.stderr);
    return finished(result.exitCode);
  };
}

function ok(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' };
}

function fail(exitCode: number, stderr: string): CommandResult {
  return { exitCode, stdout: '', stderr };
}

export const ip: Command = resultOf((ctx, args) => {
  const result = ipCommand(ctx.ns, args);
  return ctx.isBusybox === true ? asBusybox(result) : result;
});

const BUSYBOX_IP_USAGE = `BusyBox v1.37.0 multi-call binary.

Usage: ip [OPTIONS] address|route|link|tunnel|neigh|rule [ARGS]

OPTIONS := -f[amily] inet|inet6|link | -o[neline]

ip addr add|del IFADDR dev IFACE | show|flush [dev IFACE] [to PREFIX]
ip route list|flush|add|del|change|append|replace|test ROUTE
ip link set IFACE [up|down] [arp on|off] [multicast on|off]
	[promisc on|off] [mtu NUM] [name NAME] [qlen NUM] [address MAC]
	[master IFACE | nomaster] [netns PID]
ip tunnel add|change|del|show [NAME]
	[mode ipip|gre|sit] [remote ADDR] [local ADDR] [ttl TTL]
ip neigh show|flush [to PREFIX] [dev DEV] [nud STATE]
ip rule [list] | add|del SELECTOR ACTION
`;

/** What busybox's `ip` says instead: no state and group of links, no protocol of routes, its own complaints. */
function asBusybox(result: CommandResult): CommandResult {
  const missing = /^(?:Device|Cannot find device) "(\S+)"/.exec(result.stderr)?.[1];
  if (missing !== undefined) return fail(1, `ip: can't find device '${missing}'\n`);
  if (/^Object "|^Usage: ip/.test(result.stderr)) return fail(1, BUSYBOX_IP_USAGE);
  const stdout = result.stdout
    .replace(
      /^(\d+: .* qdisc \S+)(?: master (\S+))? state \S+ (?:group default )?/gm,
      (_all, head: string, master?: string) =>
        master === undefined ? `${head} ` : `${head} master ${master} `,
    )
    .replace(/ link-netnsid \d+/g, '')
    .replace(/ uid 0 \n    cache[^\n]*\n/g, ' \n')
    .replace(/^([^\s:]+(?: via \S+)?(?: dev \S+)?) proto \w+/gm, '$1')
    .replace(/^([^\s:]+ (?:via|dev) .*?) src /gm, '$1  src ');
  return { ...result, stdout };
}
export const bridge: Command = resultOf((ctx, args) => bridgeCommand(ctx.ns, args));
export const ss: Command = resultOf((ctx, args) => ssCommand(ctx.ns, args));
export const conntrack: Command = resultOf((ctx, args) => conntrackCommand(ctx.ns, args));

/** Only root of the host may change rules: containers lack CAP_NET_ADMIN. */
function lacksAdmin(ctx: CommandContext): boolean {
  return ctx.podName !== undefined;
}

const NO_PERMISSION = (name: string): CommandResult =>
  fail(
    4,
    `${name} v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n`,
  );

export const iptablesCommand: Command = resultOf((ctx, args) =>
  lacksAdmin(ctx) ? NO_PERMISSION('iptables') : iptables(ctx.ns, args),
);

const TABLES = ['filter', 'nat', 'mangle', 'raw', 'security'] as const;

export const iptablesSaveCommand: Command = resultOf((ctx, args) => {
  if (lacksAdmin(ctx)) return NO_PERMISSION('iptables-save');
  let counters = false;
  let table: (typeof TABLES)[number] | undefined;
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? '';
    if (word === '-c' || word === '--counters') counters = true;
    else if (word === '-t' || word === '--table') {
      const name = args[++index] ?? '';
      table = TABLES.find((known) => known === name);
      if (table === undefined) return fail(1, `Table \`${name}' does not exist\n`);
    } else return fail(1, `Unknown arguments found on commandline\n`);
  }
  const time = now(ctx);
  const day = String(time.day).padStart(2);
  const date = `${dayName(time)} ${monthName(time)} ${day} ${clock(time)} ${time.year}`;
  return ok(iptablesSave(ctx.ns, { counters, date, ...(table === undefined ? {} : { table }) }));
});

export const iptablesRestoreCommand: Command = resultOf((ctx, args) => {
  if (lacksAdmin(ctx)) return NO_PERMISSION('iptables-restore');
  const file = args.find((word) => !word.startsWith('-'));
  const text = file === undefined ? ctx.stdin : ctx.fs.read(file);
  if (text === undefined)
    return fail(1, `Can't open ${file ?? 'stdin'}: No such file or directory\n`);
  const error = iptablesRestore(ctx.ns, text, {
    noflush: args.includes('-n') || args.includes('--noflush'),
    counters: args.includes('-c') || args.includes('--counters'),
  });
  return error === undefined ? ok('') : fail(error.exitCode, `${error.text.trimEnd()}\n`);
});

export const nft: Command = resultOf(() =>
  fail(1, 'nft: nftables rule sets are not emulated; use iptables-save\n'),
);

export const tcpdump: Command = resultOf(() =>
  fail(1, 'tcpdump: not emulated here; use podwire run --pcap FILE or --trace STEP\n'),
);

export const sysctl: Command = resultOf((ctx, args) => {
  const isWrite = args.some((word) => word.includes('=')) || args.includes('-w');
  const isValueOnly = args.includes('-n');
  const words = args.filter((word) => !word.startsWith('-'));
  let stdout = '';
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = (equals < 0 ? word : word.slice(0, equals)).replaceAll('/', '.');
    if (isWrite && equals >= 0) {
      if (lacksAdmin(ctx)) {
        return fail(255, `sysctl: permission denied on key "${name}"\n`);
      }
      ctx.ns.sysctl.set(name, word.slice(equals + 1));
      stdout += `${name} = ${word.slice(equals + 1)}\n`;
      continue;
    }
    const value = ctx.ns.sysctl.get(name);
    if (value === undefined) {
      return fail(
        255,
        `sysctl: cannot stat /proc/sys/${name.replaceAll('.', '/')}: No such file or directory\n`,
      );
    }
    stdout += isValueOnly ? `${value}\n` : `${name} = ${value}\n`;
  }
  return ok(stdout);
});

export const netstat: Command = resultOf((ctx, args) => {
  const letters = args.join('').replaceAll('-', '');
  const unknown = /[^tulnaprWe]/.exec(letters)?.[0];
  if (unknown !== undefined) return fail(1, `netstat: invalid option -- '${unknown}'\n`);
  if (letters.includes('r')) return ok(routeTable(ctx, 'netstat'));
  const isAny = !letters.includes('t') && !letters.includes('u');
  const rows = ssRows(ctx.ns, {
    tcp: isAny || letters.includes('t'),
    udp: isAny || letters.includes('u'),
    isListening: letters.includes('l'),
    isAll: letters.includes('a'),
  });
  const hasProcess = letters.includes('p');
  const stateWidth = ctx.isBusybox === true ? 12 : 11;
  const what = letters.includes('l')
    ? 'only servers'
    : letters.includes('a')
      ? 'servers and established'
      : 'w/o servers';
  let text = `Active Internet connections (${what})\nProto Recv-Q Send-Q Local Address           Foreign Address         ${'State'.padEnd(stateWidth)}${hasProcess ? ' PID/Program name' : ''}\n`;
  for (const row of rows) {
    const local = `${formatIp(row.localIp)}:${row.localPort}`;
    const remote =
      row.remoteIp === IP_ANY ? '0.0.0.0:*' : `${formatIp(row.remoteIp)}:${row.remotePort}`;
    const state = row.netid === 'udp' ? '' : (NETSTAT_STATES.get(row.state) ?? row.state);
    const process = /\("([^"]+)",pid=(\d+)/.exec(row.process ?? '');
    const owner = hasProcess ? ` ${process === null ? '-' : `${process[2]}/${process[1]}`}` : '';
    text += `${row.netid.padEnd(5)} ${String(row.recvQ).padStart(6)} ${String(row.sendQ).padStart(6)} ${local.padEnd(23)} ${remote.padEnd(23)} ${state.padEnd(stateWidth)}${owner}`;
    text += '\n';
  }
  return ok(text);
});

const NETSTAT_STATES: ReadonlyMap<string, string> = new Map([
  ['ESTAB', 'ESTABLISHED'],
  ['SYN-SENT', 'SYN_SENT'],
  ['SYN-RECV', 'SYN_RECV'],
  ['FIN-WAIT-1', 'FIN_WAIT1'],
  ['FIN-WAIT-2', 'FIN_WAIT2'],
  ['TIME-WAIT', 'TIME_WAIT'],
  ['CLOSE-WAIT', 'CLOSE_WAIT'],
  ['LAST-ACK', 'LAST_ACK'],
]);

export const route: Command = resultOf((ctx) => ok(routeTable(ctx, 'route')));

function routeTable(ctx: CommandContext, style: 'route' | 'netstat'): string {
  const columns =
    style === 'route' ? 'Flags Metric Ref    Use Iface' : 'Flags   MSS Window  irtt Iface';
  let text = `Kernel IP routing table\nDestination     Gateway         Genmask         ${columns}\n`;
  const shown = ipCommand(ctx.ns, ['route']).stdout;
  for (const line of shown.split('\n')) {
    const match =
      /^(?:(unreachable|prohibit|blackhole|throw) )?(default|[\d.]+)(?:\/(\d+))?(?: via ([\d.]+))?(?: dev (\S+))?(?:.* metric (\d+))?/.exec(
        line,
      );
    if (match === null) continue;
    const [, type, target = '', prefix, gateway, dev = '*', metric = '0'] = match;
    const isDefault = target === 'default';
    const mask = formatIp(ipv4Mask(isDefault ? 0 : Number(prefix ?? '32')));
    const isRefused = type === 'unreachable' || type === 'prohibit';
    const flags = isRefused
      ? '!'
      : `U${gateway === undefined ? '' : 'G'}${!isDefault && prefix === undefined ? 'H' : ''}`;
    text += `${(isDefault ? '0.0.0.0' : target).padEnd(15)} ${(gateway ?? '0.0.0.0').padEnd(15)} ${mask.padEnd(15)} ${flags.padEnd(5)} ${style === 'route' ? `${metric.padEnd(6)} 0        0` : '    0 0          0'} ${dev}\n`;
  }
  return text;
}

export const ifconfig: Command = resultOf((ctx, args) => {
  const only = args.find((word) => !word.startsWith('-'));
  let text = '';
  for (const dev of ctx.ns.devs.values()) {
    if (only !== undefined ? dev.name !== only : !dev.isUp) continue;
    const name = dev.name.padEnd(9);
    const isLoopback = dev === ctx.ns.lo;
    text += isLoopback
      ? `${name} Link encap:Local Loopback  \n`
      : `${name} Link encap:Ethernet  HWaddr ${formatMac(dev.mac).toUpperCase()}  \n`;
    for (const address of ctx.ns.addressesOf(dev)) {
      const broadcast = address.broadcast === 0 ? '' : `  Bcast:${formatIp(address.broadcast)}`;
      text += `          inet addr:${formatIp(address.ip)}${broadcast}  Mask:${formatIp(ipv4Mask(address.prefixLen))}\n`;
    }
    text += `          UP ${isLoopback ? 'LOOPBACK RUNNING' : 'BROADCAST RUNNING MULTICAST'}  MTU:${dev.mtuBytes}  Metric:1\n`;
    text += `          RX packets:${dev.stats.rxPackets} errors:0 dropped:${dev.stats.rxDropped} overruns:0 frame:0\n`;
    text += `          TX packets:${dev.stats.txPackets} errors:0 dropped:${dev.stats.txDropped} overruns:0 carrier:0\n`;
    text += `          RX bytes:${dev.stats.rxBytes}  TX bytes:${dev.stats.txBytes}\n\n`;
  }
  if (text === '' && only !== undefined) {
    return fail(1, `ifconfig: ${only}: error fetching interface information: Device not found\n`);
  }
  return ok(text);
});

export const arp: Command = resultOf((ctx) => {
  let text = '';
  for (const line of ipCommand(ctx.ns, ['neigh']).stdout.split('\n')) {
    const match = /^(\S+) dev (\S+)(?: lladdr (\S+))?/.exec(line);
    if (match === null) continue;
    const mac = match[3] === undefined ? '<incomplete>' : `${match[3]} [ether]`;
    text += `? (${match[1]}) at ${mac}  on ${match[2]}\n`;
  }
  return ok(text);
});
