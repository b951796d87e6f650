/**
 * Chooses the address and port of a new NAT binding (nf_nat_core.c get_unique_tuple).
 *
 * The old port is kept where the resulting tuple is free. Otherwise a free one is searched in the
 * range, or in the old port's class: 1-511, 600-1023, 1024-65535.
 */
import { type Ip, type Rng, compareIp, isIpv4, ipToBytes } from '@podwire/base';
import { IpProto } from '@podwire/wire';
import { type CtEntry, CtStatus } from '../conntrack/entry.ts';
import { TcpState } from '../conntrack/tcp-state.ts';
import type { Conntrack } from '../conntrack/track.ts';
import { type TupleFields, copyTuple, invertTuple } from '../conntrack/tuple.ts';
import { jhash2 } from './jhash.ts';
import type { NatManip, NatRange } from './range.ts';

/** NF_NAT_MAX_ATTEMPTS, NF_NAT_HARDER_THRESH. */
const MAX_ATTEMPTS = 128;
const HARDER_ATTEMPTS = 32;

export interface NatSearch {
  readonly conntrack: Conntrack;
  readonly entry: CtEntry;
  readonly range: NatRange;
  readonly manip: NatManip;
  readonly rng: Rng;
  readonly nowNs: number;
  /** Source bindings of other entries with this source (nf_nat_bysource). */
  bySource(tuple: TupleFields): Iterable<CtEntry>;
}

/** Rewrites `tuple`, the direction as it stands now, into the one that the connection gets. */
export function uniqueTuple(search: NatSearch, tuple: TupleFields): void {
  const { range, manip } = search;
  if (manip === 'src' && range.isRandom !== true) {
    if (isInRange(tuple, range)) {
      if (!isUsed(search, tuple)) return;
    } else if (takeSameSource(search, tuple)) return;
  }
  chooseAddress(search, tuple);
  if (range.isRandom !== true && isPortFine(search, tuple)) return;
  choosePort(search, tuple);
}

function isInRange(tuple: TupleFields, range: NatRange): boolean {
  const { addresses, ports } = range;
  if (addresses !== undefined) {
    if (compareIp(tuple.src, addresses.from) < 0) return false;
    if (compareIp(tuple.src, addresses.to) > 0) return false;
  }
  return ports === undefined || portInRange(tuple, 'src', ports);
}

function portInRange(
  tuple: TupleFields,
  manip: NatManip,
  ports: { from: number; to: number },
): boolean {
  if (!hasPorts(tuple.proto)) return true;
  const port = manip === 'src' || isIcmp(tuple.proto) ? tuple.srcPort : tuple.dstPort;
  return port >= ports.from && port <= ports.to;
}

/** A source that is mapped already keeps its mapping (find_appropriate_src). */
function takeSameSource(search: NatSearch, tuple: TupleFields): boolean {
  const candidate: TupleFields = { src: 0, dst: 0, proto: 0, srcPort: 0, dstPort: 0 };
  for (const other of search.bySource(tuple)) {
    if (other === search.entry || other.expiresAtNs <= search.nowNs) continue;
    invertTuple(candidate, other.reply);
    candidate.dst = tuple.dst;
    candidate.dstPort = tuple.dstPort;
    if (!isInRange(candidate, search.range)) continue;
    copyTuple(tuple, { ...candidate, proto: tuple.proto });
    return !isUsed(search, tuple);
  }
  return false;
}

/** Spreads over an address range by a hash of the addresses (find_best_ips_proto). */
function chooseAddress(search: NatSearch, tuple: TupleFields): void {
  const { range, manip } = search;
  const { addresses } = range;
  if (addresses === undefined) return;
  let chosen = addresses.from;
  if (addresses.from !== addresses.to && isIpv4(addresses.from)) {
    const extra = range.isPersistent === true ? 0 : swapped(tuple.dst) ^ search.entry.zone;
    const hash = jhash2([swapped(tuple.src), 0, 0, 0], extra);
    const count = addresses.to - addresses.from + 1;
    chosen = addresses.from + Math.floor((hash * count) / 2 ** 32);
  }
  if (manip === 'src') tuple.src = chosen;
  else tuple.dst = chosen;
}

/** An IPv4 address as a little-endian machine reads it from the packet. */
function swapped(ip: Ip): number {
  const [a = 0, b = 0, c = 0, d = 0] = ipToBytes(ip);
  return ((d << 24) | (c << 16) | (b << 8) | a) >>> 0;
}

function isPortFine(search: NatSearch, tuple: TupleFields): boolean {
  const { range, manip } = search;
  const { ports } = range;
  if (ports === undefined) return !isUsed(search, tuple);
  if (range.basePort !== undefined || !portInRange(tuple, manip, ports)) return false;
  return ports.from === ports.to || !isUsed(search, tuple);
}

/** nf_nat_l4proto_unique_tuple: the last chance, and at worst a tuple that is taken. */
function choosePort(search: NatSearch, tuple: TupleFields): void {
  const { range, manip } = search;
  if (!hasPorts(tuple.proto)) return;
  const usesSource = manip === 'src' || isIcmp(tuple.proto);
  const old = usesSource ? tuple.srcPort : tuple.dstPort;
  if (range.ports === undefined && manip === 'dst' && !isIcmp(tuple.proto)) return;
  const least = leastPort(range, tuple.proto, old);
  const count = mostPort(range, tuple.proto, old) - least + 1;
  let offset = firstOffset(search, old);
  let attempts = Math.min(count, MAX_ATTEMPTS);
  for (;;) {
    for (let left = attempts; left > 0; left--, offset++) {
      const port = least + ((offset & 0xffff) % count);
      if (usesSource) tuple.srcPort = port;
      else tuple.dstPort = port;
      if (!isUsedHarder(search, tuple, left)) return;
    }
    if (attempts >= count || attempts < 16) return;
    attempts >>= 1;
    offset = search.rng.uint32() & 0xffff;
  }
}

function firstOffset(search: NatSearch, old: number): number {
  const { range, manip } = search;
  if (range.basePort !== undefined) return (old - range.basePort) & 0xffff;
  return range.isRandom === true || manip === 'src' ? search.rng.uint32() & 0xffff : 0;
}

function leastPort(range: NatRange, proto: number, old: number): number {
  if (range.ports !== undefined) return Math.min(range.ports.from, range.ports.to);
  if (isIcmp(proto)) return 0;
  return old >= 1024 ? 1024 : old < 512 ? 1 : 600;
}

function mostPort(range: NatRange, proto: number, old: number): number {
  if (range.ports !== undefined) return Math.max(range.ports.from, range.ports.to);
  if (isIcmp(proto) || old >= 1024) return 65535;
  return old < 512 ? 511 : 1023;
}

function hasPorts(proto: number): boolean {
  return proto === IpProto.tcp || proto === IpProto.udp || proto === IpProto.sctp || isIcmp(proto);
}

function isIcmp(proto: number): boolean {
  return proto === IpProto.icmp || proto === IpProto.icmpv6;
}

const reply: TupleFields = { src: 0, dst: 0, proto: 0, srcPort: 0, dstPort: 0 };

/** Whether answers to this tuple would meet another connection's (nf_nat_used_tuple). */
function isUsed(search: NatSearch, tuple: TupleFields): boolean {
  invertTuple(reply, tuple);
  return search.conntrack.holderOf(reply, search.entry, search.nowNs) !== undefined;
}

/** The last attempts for a TCP port evict a closed connection that holds it. */
function isUsedHarder(search: NatSearch, tuple: TupleFields, attemptsLeft: number): boolean {
  invertTuple(reply, tuple);
  const holder = search.conntrack.holderOf(reply, search.entry, search.nowNs);
  if (holder === undefined) return false;
  if (attemptsLeft > HARDER_ATTEMPTS || tuple.proto !== IpProto.tcp || !holder.isReply) return true;
  const other = holder.entry.tcp;
  const own = search.entry.tcp;
  if (other === undefined || own === undefined || own.state !== TcpState.synSent) return true;
  if (other.state < TcpState.timeWait || (holder.entry.status & CtStatus.srcNat) === 0) return true;
  if (((own.orig.end - other.orig.end) | 0) <= 0) return true;
  search.conntrack.remove(holder.entry);
  return false;
}
