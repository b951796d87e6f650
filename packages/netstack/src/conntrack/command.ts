/**
 * The `conntrack` command of conntrack-tools 1.4.7: -L, -D, -F, -C, with the filters people use.
 *
 * Not modelled: -E, -S, -I, -U.
 */
import { parseIp } from '@podwire/base';
import { IpProto } from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import { NetfilterTables } from '../netfilter/tables.ts';
import { type CtFilter, deleteEntries, findEntries, formatEntries, formatEntry } from './list.ts';
import type { Conntrack } from './track.ts';

/** Lines of `conntrack -L`; none where nothing is tracked. */
export function conntrackList(ns: NetNs, filter: CtFilter = {}): string[] {
  const conntrack = conntrackOf(ns);
  return conntrack === undefined ? [] : formatEntries(conntrack, ns.sim.nowNs(), filter);
}

/** Deletes entries; returns how many. */
export function conntrackDelete(ns: NetNs, filter: CtFilter): number {
  const conntrack = conntrackOf(ns);
  return conntrack === undefined ? 0 : deleteEntries(conntrack, ns.sim.nowNs(), filter).length;
}

export interface ConntrackResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const NAME = 'conntrack v1.4.7 (conntrack-tools): ';
const HELP = "Try `conntrack -h' or 'conntrack --help' for more information.\n";

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['tcp', IpProto.tcp],
  ['udp', IpProto.udp],
  ['icmp', IpProto.icmp],
  ['sctp', IpProto.sctp],
]);

/** Option → field of the filter. */
const IP_OPTIONS: ReadonlyMap<string, keyof CtFilter> = new Map([
  ['-s', 'origSrc'],
  ['--src', 'origSrc'],
  ['--orig-src', 'origSrc'],
  ['-d', 'origDst'],
  ['--dst', 'origDst'],
  ['--orig-dst', 'origDst'],
  ['-r', 'replySrc'],
  ['--reply-src', 'replySrc'],
  ['-q', 'replyDst'],
  ['--reply-dst', 'replyDst'],
]);
const NUMBER_OPTIONS: ReadonlyMap<string, keyof CtFilter> = new Map([
  ['--sport', 'origSrcPort'],
  ['--orig-port-src', 'origSrcPort'],
  ['--dport', 'origDstPort'],
  ['--orig-port-dst', 'origDstPort'],
  ['--reply-port-src', 'replySrcPort'],
  ['-w', 'zone'],
  ['--zone', 'zone'],
  ['-m', 'mark'],
  ['--mark', 'mark'],
]);

/** `argv` without the program's name. */
export function conntrackCommand(ns: NetNs, argv: readonly string[]): ConntrackResult {
  let action = '';
  const filter: Record<string, number | string | boolean> = {};
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    const value = argv[at + 1] ?? '';
    const ipField = IP_OPTIONS.get(word);
    const numberField = NUMBER_OPTIONS.get(word);
    if (/^-[LDFC]$|^--(dump|delete|flush|count)$/.test(word)) {
      action = word.startsWith('--') ? (LONG.get(word) ?? '') : word.slice(1);
    } else if (ipField !== undefined) {
      const ip = parseIp(value);
      if (ip === undefined) return usage(`Invalid IP address '${value}'`);
      filter[ipField] = ip;
      at++;
    } else if (numberField !== undefined) {
      filter[numberField] = Number(value);
      at++;
    } else if (word === '-p' || word === '--proto') {
      const proto = PROTOCOLS.get(value) ?? Number(value);
      if (Number.isNaN(proto)) return usage(`\`${value}' unsupported protocol`);
      filter['proto'] = proto;
      at++;
    } else if (word === '--state') {
      filter['tcpState'] = value;
      at++;
    } else if (word === '-n' || word === '--src-nat') filter['isSrcNat'] = true;
    else if (word === '-g' || word === '--dst-nat') filter['isDstNat'] = true;
    else if (word === '-f' || word === '--family') at++;
    else if (word !== 'conntrack') return usage(`unknown option \`${word}'`);
  }
  return runAction(ns, action, filter as CtFilter);
}

const LONG: ReadonlyMap<string, string> = new Map([
  ['--dump', 'L'],
  ['--delete', 'D'],
  ['--flush', 'F'],
  ['--count', 'C'],
]);

function runAction(ns: NetNs, action: string, filter: CtFilter): ConntrackResult {
  const conntrack = conntrackOf(ns);
  const nowNs = ns.sim.nowNs();
  switch (action) {
    case 'L': {
      const lines = conntrackList(ns, filter);
      return done(lines, `${NAME}${lines.length} flow entries have been shown.\n`);
    }
    case 'D': {
      const found = conntrack === undefined ? [] : deleteEntries(conntrack, nowNs, filter);
      const lines = found.map((entry) => formatEntry(entry, nowNs, false));
      const text = `${NAME}${lines.length} flow entries have been deleted.\n`;
      return { ...done(lines, text), exitCode: lines.length === 0 ? 1 : 0 };
    }
    case 'F':
      if (conntrack !== undefined) deleteEntries(conntrack, nowNs, {});
      return done([], `${NAME}connection tracking table has been emptied.\n`);
    case 'C':
      return done([`${conntrack === undefined ? 0 : findEntries(conntrack, nowNs).length}`], '');
    default:
      return usage('Need to specify a command');
  }
}

function conntrackOf(ns: NetNs): Conntrack | undefined {
  return ns.netfilter instanceof NetfilterTables ? ns.netfilter.conntrack : undefined;
}

function done(lines: readonly string[], stderr: string): ConntrackResult {
  return { exitCode: 0, stdout: lines.map((line) => `${line}\n`).join(''), stderr };
}

function usage(text: string): ConntrackResult {
  return { exitCode: 2, stdout: '', stderr: `${NAME}${text}\n${HELP}` };
}
