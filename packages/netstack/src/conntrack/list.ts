/**
 * `conntrack -L`, `-D` and `-C`: entries as conntrack-tools 1.4.7 prints them, and filters over them.
 */
import { type Ip, formatIp } from '@podwire/base';
import { IpProto } from '@podwire/wire';
import { type CtEntry, CtStatus } from './entry.ts';
import { TCP_STATES } from './tcp-state.ts';
import type { Conntrack } from './track.ts';
import type { CtTuple, TupleFields } from './tuple.ts';

/** What `-L` and `-D` may ask for; absent = any. */
export interface CtFilter {
  readonly proto?: number;
  readonly origSrc?: Ip;
  readonly origDst?: Ip;
  readonly origSrcPort?: number;
  readonly origDstPort?: number;
  readonly replySrc?: Ip;
  readonly replyDst?: Ip;
  readonly replySrcPort?: number;
  readonly zone?: number;
  readonly mark?: number;
  /** `--state`. */
  readonly tcpState?: string;
  /** `-n`: only those with a rewritten source; `-g`: with a rewritten destination. */
  readonly isSrcNat?: boolean;
  readonly isDstNat?: boolean;
  /** Any further condition. */
  readonly accepts?: (entry: CtEntry) => boolean;
}

const PROTO_NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  [IpProto.icmp, 'icmp'],
  [IpProto.tcp, 'tcp'],
  [IpProto.udp, 'udp'],
  [IpProto.icmpv6, 'icmpv6'],
  [IpProto.sctp, 'sctp'],
]);

/** Entries that pass the filter, oldest first. */
export function findEntries(conntrack: Conntrack, nowNs: number, filter: CtFilter = {}): CtEntry[] {
  conntrack.table.sweep(nowNs);
  return [...conntrack.table.entries].filter((entry) => passes(entry, filter));
}

/** One line per entry, as `conntrack -L` prints it. */
export function formatEntries(
  conntrack: Conntrack,
  nowNs: number,
  filter: CtFilter = {},
): string[] {
  return findEntries(conntrack, nowNs, filter).map((entry) =>
    formatEntry(entry, nowNs, conntrack.conf.hasAcct),
  );
}

/** Deletes what passes the filter; returns what was deleted. */
export function deleteEntries(conntrack: Conntrack, nowNs: number, filter: CtFilter): CtEntry[] {
  const found = findEntries(conntrack, nowNs, filter);
  for (const entry of found) conntrack.remove(entry);
  return found;
}

function passes(entry: CtEntry, filter: CtFilter): boolean {
  const { orig, reply } = entry;
  const wanted: readonly (readonly [number | undefined, number])[] = [
    [filter.proto, orig.proto],
    [filter.origSrc, orig.src],
    [filter.origDst, orig.dst],
    [filter.origSrcPort, orig.srcPort],
    [filter.origDstPort, orig.dstPort],
    [filter.replySrc, reply.src],
    [filter.replyDst, reply.dst],
    [filter.replySrcPort, reply.srcPort],
    [filter.zone, entry.zone],
    [filter.mark, entry.mark],
  ];
  if (wanted.some(([want, have]) => want !== undefined && want !== have)) return false;
  const state = entry.tcp === undefined ? undefined : TCP_STATES[entry.tcp.state];
  if (filter.tcpState !== undefined && filter.tcpState !== state) return false;
  if (filter.isSrcNat === true && (entry.status & CtStatus.srcNat) === 0) return false;
  if (filter.isDstNat === true && (entry.status & CtStatus.dstNat) === 0) return false;
  return filter.accepts === undefined || filter.accepts(entry);
}

/** `tcp      6 86399 ESTABLISHED src=… dst=… sport=… dport=… src=… … [ASSURED] mark=0 use=1`. */
export function formatEntry(entry: CtEntry, nowNs: number, hasAcct: boolean): string {
  const { orig, reply } = entry;
  const name = PROTO_NAMES.get(orig.proto) ?? 'unknown';
  const secondsLeft = Math.max(0, Math.floor((entry.expiresAtNs - nowNs) / 1e9));
  const parts = [`${name.padEnd(8)} ${orig.proto} ${secondsLeft}`];
  if (entry.tcp !== undefined) parts.push(TCP_STATES[entry.tcp.state] ?? 'NONE');
  parts.push(formatCtTuple(orig));
  if (hasAcct) parts.push(`packets=${entry.origPackets} bytes=${entry.origBytes}`);
  if (!entry.hasSeenReply) parts.push('[UNREPLIED]');
  parts.push(formatCtTuple(reply));
  if (hasAcct) parts.push(`packets=${entry.replyPackets} bytes=${entry.replyBytes}`);
  if (entry.isAssured) parts.push('[ASSURED]');
  parts.push(`mark=${entry.mark}`);
  if (entry.zone !== 0) parts.push(`zone=${entry.zone}`);
  parts.push('use=1');
  return parts.join(' ');
}

export function formatCtTuple(tuple: CtTuple | TupleFields): string {
  const addresses = `src=${formatIp(tuple.src)} dst=${formatIp(tuple.dst)}`;
  switch (tuple.proto) {
    case IpProto.icmp:
    case IpProto.icmpv6:
      return `${addresses} type=${tuple.dstPort >> 8} code=${tuple.dstPort & 255} id=${tuple.srcPort}`;
    case IpProto.tcp:
    case IpProto.udp:
    case IpProto.sctp:
      return `${addresses} sport=${tuple.srcPort} dport=${tuple.dstPort}`;
    default:
      return addresses;
  }
}
