/**
 * The fast evaluator: the same walk, but in long chains it goes straight to the next rule that could match.
 *
 * A chain's index sorts its rules by destination network, a map for each mask that occurs, and those without
 * one by protocol and destination port. The rules between are counted, not visited: each would have failed at
 * its address or protocol test, which calls no match extension, or at its port, which calls a known number.
 * So verdict, counters and cost equal those of walk.ts; fast.test.ts holds the two against each other.
 */
import { type Ip, isIpv4 } from '@podwire/base';
import { IpProto, ipLenBytes, isLaterFragment } from '@podwire/wire';
import type { Chain } from './chain.ts';
import type { PortMatch } from './matches/ports.ts';
import type { AddressTest, Rule, RuleContext } from './rule.ts';
import type { WalkNotes } from './walk-memo.ts';
import { type WalkResult, type Walker, endByPolicy, testRule, traceRule } from './walk.ts';

/** Shorter chains are walked as they are. */
const MIN_INDEXED_RULES = 12;
const MAX_DEPTH = 16;

export const walkFast: Walker = (table, base, context, notes) => {
  const stack: { chain: Chain; at: number }[] = [];
  const result: WalkResult = {
    verdict: 'accept',
    rule: undefined,
    chain: base,
    visited: 0,
    called: 0,
    jumped: 0,
  };
  const bytes = ipLenBytes(context.packet);
  let chain = base;
  let at = 0;
  for (;;) {
    const from = at;
    at = nextCandidate(chain, at, context, result, notes);
    const rule = chain.rules[at];
    if (rule === undefined) {
      result.visited += Math.max(0, chain.rules.length - from);
      const back = stack.pop();
      if (back === undefined) return endByPolicy(base, bytes, result);
      chain = back.chain;
      at = back.at;
      continue;
    }
    result.visited += at - from + 1;
    at++;
    notes?.noteRule(rule, context);
    if (!testRule(rule, context, result)) continue;
    chain.count(at - 1, bytes);
    notes?.noteCount(chain, at - 1);
    if (context.packet.traceId !== 0) traceRule(table, chain, rule, context);
    const target = rule.target;
    if (target !== undefined) {
      const verdict = target.verdict ?? target.run(context);
      if (verdict === 'continue') continue;
      if (verdict === 'return') {
        at = Number.MAX_SAFE_INTEGER;
        continue;
      }
      result.verdict = verdict;
      result.rule = rule;
      result.chain = chain;
      return result;
    }
    if (rule.jumpTo === undefined) continue;
    const next = table.chains.get(rule.jumpTo);
    if (next === undefined || stack.length >= MAX_DEPTH) continue;
    if (!rule.isGoto) stack.push({ chain, at });
    result.jumped++;
    chain = next;
    at = 0;
  }
};

/** The first rule from `at` on that the packet might pass; counts the extensions of those passed over. */
function nextCandidate(
  chain: Chain,
  at: number,
  context: RuleContext,
  result: WalkResult,
  notes: WalkNotes | undefined,
): number {
  const rules = chain.rules;
  if (rules.length < MIN_INDEXED_RULES || at >= rules.length) return at;
  const index = indexOf(rules);
  notes?.noteIndex();
  const packet = context.packet;
  const { proto } = packet;
  // A later fragment has no ports: every port match fails, as for port -1.
  const port = isLaterFragment(packet) ? -1 : packet.dstPort;
  let next = firstFrom(index.general, at);
  const { dst } = packet;
  for (const { mask, places } of index.byDst) {
    const place = firstFrom(places.get(mask === WHOLE ? dst : (dst & mask) >>> 0), at);
    if (place < next) next = place;
  }
  const place = firstFrom(index.byPort.get(proto * 65_536 + port), at);
  if (place < next) next = place;
  // Rules with this very port are candidates, so none of them lies between.
  const calls = index.calls.get(proto);
  if (calls !== undefined) {
    result.called += (calls[Math.min(next, rules.length)] ?? 0) - (calls[at] ?? 0);
  }
  return next;
}

interface ChainIndex {
  /** Places of rules by the network of `-d`, for each mask that occurs; WHOLE stands for one address. */
  readonly byDst: readonly {
    readonly mask: number;
    readonly places: ReadonlyMap<Ip, readonly number[]>;
  }[];
  /** Places of rules without `-d` that test one destination port, by protocol * 65536 + port. */
  readonly byPort: ReadonlyMap<number, readonly number[]>;
  /** Places of all others. */
  readonly general: readonly number[];
  /** By protocol: extensions that the port rules in front of a place call when their port is another. */
  readonly calls: ReadonlyMap<number, Float64Array>;
}

/** The mask of a single address, IPv6 ones too: their numbers are compared as they are. */
const WHOLE = 0xffffffff;

const INDEXES = new WeakMap<readonly Rule[], ChainIndex>();

function indexOf(rules: readonly Rule[]): ChainIndex {
  let index = INDEXES.get(rules);
  if (index === undefined) {
    index = buildIndex(rules);
    INDEXES.set(rules, index);
  }
  return index;
}

function buildIndex(rules: readonly Rule[]): ChainIndex {
  const byDst = new Map<number, Map<Ip, number[]>>();
  const byPort = new Map<number, number[]>();
  const general: number[] = [];
  const calls = new Map<number, Float64Array>();
  rules.forEach((rule, place) => {
    const { dst } = rule;
    const mask = dst === undefined || dst.isInverted ? undefined : maskOf(dst);
    if (dst !== undefined && mask !== undefined) {
      let places = byDst.get(mask);
      if (places === undefined) {
        places = new Map();
        byDst.set(mask, places);
      }
      push(places, mask === WHOLE ? dst.network.ip : (dst.network.ip & mask) >>> 0, place);
      return;
    }
    const port = dst === undefined ? onlyPort(rule) : undefined;
    if (port === undefined) {
      general.push(place);
      return;
    }
    push(byPort, rule.proto * 65_536 + port, place);
    let sums = calls.get(rule.proto);
    if (sums === undefined) {
      sums = new Float64Array(rules.length + 1);
      calls.set(rule.proto, sums);
    }
    sums[place + 1] = rule.matches.length;
  });
  for (const sums of calls.values()) {
    for (let place = 1; place < sums.length; place++) {
      sums[place] = (sums[place] ?? 0) + (sums[place - 1] ?? 0);
    }
  }
  return {
    byDst: Array.from(byDst, ([mask, places]) => ({ mask, places })),
    byPort,
    general,
    calls,
  };
}

/** The mask by which a rule's `-d` is found; undefined for IPv6 networks, which are visited. */
function maskOf(dst: AddressTest): number | undefined {
  if (isIpv4(dst.network.ip)) return dst.mask >>> 0;
  return dst.network.prefixLen === 128 ? WHOLE : undefined;
}

/**
 * The destination port of a rule that tests nothing but protocol, comments and, last, that one port. All
 * its extensions are called when only the port differs.
 */
function onlyPort(rule: Rule): number | undefined {
  if (rule.proto !== IpProto.tcp && rule.proto !== IpProto.udp) return undefined;
  if (rule.isProtoInverted || rule.fragment !== 'any') return undefined;
  if (rule.src !== undefined || rule.inInterface !== undefined || rule.outInterface !== undefined) {
    return undefined;
  }
  const last = rule.matches.at(-1);
  if (last === undefined || (last.name !== 'tcp' && last.name !== 'udp')) return undefined;
  if (rule.matches.slice(0, -1).some((match) => match.name !== 'comment')) return undefined;
  const { sport, dport, hasMore } = last as PortMatch;
  if (hasMore || sport !== undefined || dport === undefined || dport.isInverted) return undefined;
  return dport.range.from === dport.range.to ? dport.range.from : undefined;
}

function push(map: Map<number, number[]>, key: number, place: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [place]);
  else list.push(place);
}

/** The least place that is not below `at`; infinite when there is none. */
function firstFrom(places: readonly number[] | undefined, at: number): number {
  if (places === undefined) return Number.POSITIVE_INFINITY;
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return places[low] ?? Number.POSITIVE_INFINITY;
}
