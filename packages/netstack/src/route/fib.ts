/**
 * The forwarding information base: rules, tables, routes, and the lookup (net/ipv4/fib_*.c).
 *
 * Called by ip/rcv.ts and ip/local-out.ts for every packet; the answer is the matched route itself.
 * A small table is a list; a big one keeps a hash map per prefix length and asks them from long to short.
 * Checked against a linear twin in fib.test.ts.
 */
import { type Ip, ipv4Mask, isIpv4 } from '@podwire/base';
import type { Dev } from '../dev/dev.ts';
import type { WaitingPeers } from './waiting-peers.ts';

export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'unreachable'
  | 'prohibit'
  | 'blackhole'
  | 'throw';

/** Numbers of the well-known tables (enum rt_class_t). */
export const RouteTable = { default: 253, main: 254, local: 255 } as const;

/** One route, never changed once it is in a table. */
export interface Route {
  readonly table: number;
  /** The network's first address. */
  readonly dst: Ip;
  readonly prefixLen: number;
  readonly type: RouteType;
  readonly dev: Dev | undefined;
  /** 0 = the destination is on the link. */
  readonly gateway: Ip;
  readonly scope: number;
  readonly metric: number;
  readonly tos: number;
  /** Preferred source (`src`), 0 = none. */
  readonly prefSrc: Ip;
  /** Route's own MTU, 0 = the device's. */
  readonly mtuBytes: number;
  /** As `ip route` prints it: kernel, boot, static, bird, … */
  readonly protocol: string;
  readonly isOnlink: boolean;
}

/** What a lookup finds; undefined = no route. */
export type FibResult = Route;

export interface FibRule {
  readonly priority: number;
  readonly table: number;
  readonly action: 'lookup' | 'unreachable' | 'prohibit' | 'blackhole';
  readonly from?: { readonly ip: Ip; readonly prefixLen: number };
  readonly to?: { readonly ip: Ip; readonly prefixLen: number };
  readonly iif?: string;
  readonly oif?: string;
  readonly fwmark?: number;
  readonly fwmask?: number;
  readonly tos?: number;
  readonly isNot?: boolean;
}

const DEFAULT_RULES: readonly FibRule[] = [
  { priority: 0, table: RouteTable.local, action: 'lookup' },
  { priority: 32766, table: RouteTable.main, action: 'lookup' },
  { priority: 32767, table: RouteTable.default, action: 'lookup' },
];

const RULE_ANSWERS: Readonly<Record<'unreachable' | 'prohibit' | 'blackhole', Route>> = {
  unreachable: ruleAnswer('unreachable'),
  prohibit: ruleAnswer('prohibit'),
  blackhole: ruleAnswer('blackhole'),
};

/** Destinations kept in the cache of plain lookups before it starts over. */
const CACHE_LIMIT = 4096;

export class Fib {
  readonly tables: Map<number, FibTable> = new Map();
  /** Of them, those that the rules of birth name. */
  #local: FibTable | undefined;
  #main: FibTable | undefined;
  #default: FibTable | undefined;
  #rules: readonly FibRule[] = DEFAULT_RULES;
  /** True while only the three rules of birth exist: lookups then depend on the destination alone. */
  #isPlain = true;
  /** Answers of plain lookups; undefined while there are none. */
  #cache: Map<Ip, Route | undefined> | undefined;
  /** Changes with every change of routes and rules. */
  version = 0;
  /** Routes that come into being when a packet looks for them. */
  waitingPeers: WaitingPeers | undefined = undefined;

  get rules(): readonly FibRule[] {
    return this.#rules;
  }

  table(id: number): FibTable {
    let table = this.tables.get(id);
    if (table === undefined) {
      table = new FibTable(id);
      this.tables.set(id, table);
      if (id === RouteTable.local) this.#local = table;
      else if (id === RouteTable.main) this.#main = table;
      else if (id === RouteTable.default) this.#default = table;
    }
    return table;
  }

  insert(route: Route): void {
    this.touch();
    this.table(route.table).insert(route);
  }

  remove(route: Route): void {
    this.touch();
    this.tables.get(route.table)?.remove(route);
  }

  addRule(rule: FibRule): void {
    this.touch();
    const at = this.#rules.findIndex((other) => other.priority > rule.priority);
    this.#rules = this.#rules.toSpliced(at < 0 ? this.#rules.length : at, 0, rule);
    this.#isPlain = false;
  }

  removeRule(rule: FibRule): void {
    this.touch();
    this.#rules = this.#rules.filter((other) => other !== rule);
    this.#isPlain = false;
  }

  /**
   * The route that a packet takes. `oif` restricts to routes of that device (a bound socket).
   * Rules run in order; a table without a match, or a throw route, goes on to the next rule.
   */
  lookup(dst: Ip, src: Ip = 0, iif?: Dev, tos = 0, mark = 0, oif?: Dev): Route | undefined {
    if (!isIpv4(dst)) return undefined;
    if (this.#isPlain && tos === 0 && oif === undefined) {
      // A few routes are walked faster than a cache of many destinations is read.
      if (this.#main?.isSmall !== false && this.#local?.isSmall !== false) {
        return this.#walkPlain(dst);
      }
      const cached = this.#cache?.get(dst);
      if (cached !== undefined || this.#cache?.has(dst) === true) return cached;
      const route = this.#walkPlain(dst);
      if (this.#cache === undefined || this.#cache.size >= CACHE_LIMIT) this.#cache = new Map();
      this.#cache.set(dst, route);
      return route;
    }
    return this.#walk(dst, src, iif, tos, mark, oif);
  }

  /** What a lookup finds may have changed. */
  touch(): void {
    this.version++;
    this.#cache = undefined;
  }

  /** A walk by the three rules of birth. */
  #walkPlain(dst: Ip): Route | undefined {
    this.waitingPeers?.forAddress(dst);
    return answerOf(this.#local, dst) ?? answerOf(this.#main, dst) ?? answerOf(this.#default, dst);
  }

  #walk(
    dst: Ip,
    src: Ip,
    iif: Dev | undefined,
    tos: number,
    mark: number,
    oif: Dev | undefined,
  ): Route | undefined {
    this.waitingPeers?.forAddress(dst);
    for (const rule of this.#rules) {
      if (!ruleMatches(rule, dst, src, iif, tos, mark, oif)) continue;
      if (rule.action !== 'lookup') return RULE_ANSWERS[rule.action];
      const route = this.tables.get(rule.table)?.lookup(dst, tos, oif);
      if (route !== undefined && route.type !== 'throw') return route;
    }
    return undefined;
  }
}

function answerOf(table: FibTable | undefined, dst: Ip): Route | undefined {
  const route = table?.lookup(dst, 0, undefined);
  return route?.type === 'throw' ? undefined : route;
}

/** A table with more routes keeps them in maps: a pod has six, a node one for each other node. */
const FEW_MAX = 12;

/** One routing table. */
export class FibTable {
  readonly id: number;
  /** All routes in the order in which a lookup tries them; undefined once they are many. */
  #few: Route[] | undefined = [];
  /** Of each of those, destination and mask in turn, as small integers: looking does not touch the routes. */
  #keys: number[] = [];
  #many: RouteMaps | undefined;

  constructor(id: number) {
    this.id = id;
  }

  get isSmall(): boolean {
    return this.#few !== undefined;
  }

  insert(route: Route): void {
    if (this.#few !== undefined && this.#few.length >= FEW_MAX) {
      this.#many = new RouteMaps();
      for (const one of this.#few) this.#many.insert(one);
      this.#few = undefined;
      this.#keys = [];
    }
    if (this.#few === undefined) this.#many?.insert(route);
    else {
      insertRoute(this.#few, route);
      this.#keys = keysOf(this.#few);
    }
  }

  remove(route: Route): void {
    if (this.#few === undefined) {
      this.#many?.remove(route);
      return;
    }
    const index = this.#few.indexOf(route);
    if (index < 0) return;
    this.#few.splice(index, 1);
    this.#keys = keysOf(this.#few);
  }

  /** Longest prefix, then exact TOS before any, then the least metric. */
  lookup(dst: Ip, tos: number, oif: Dev | undefined): Route | undefined {
    if (this.#few === undefined) return this.#many?.lookup(dst, tos, oif);
    const keys = this.#keys;
    for (let at = 0; at < keys.length; at += 2) {
      if (((dst ^ (keys[at] as number)) & (keys[at + 1] as number)) !== 0) continue;
      const route = this.#few[at >>> 1] as Route;
      if (isFor(route, tos, oif)) return route;
    }
    return undefined;
  }

  /** The routes of one network, in order of preference. */
  at(dst: Ip, prefixLen: number): readonly Route[] {
    if (this.#few === undefined) return this.#many?.at(dst, prefixLen) ?? [];
    return this.#few.filter((route) => route.dst === dst && route.prefixLen === prefixLen);
  }

  /** All routes in the kernel's order of listing: by network address, short prefixes first, then metric. */
  list(): Route[] {
    return (this.#few ?? this.#many?.all() ?? [])
      .map((route, index) => ({ route, index }))
      .sort(
        (a, b) =>
          a.route.dst - b.route.dst || a.route.prefixLen - b.route.prefixLen || a.index - b.index,
      )
      .map((entry) => entry.route);
  }
}

/** Routes in a hash map for each prefix length, asked from long to short. */
class RouteMaps {
  /** Routes by network address, per prefix length. */
  readonly #byLen: (Map<number, Route[]> | undefined)[] = [];
  /** Prefix lengths in use, long first. */
  #lens: number[] = [];

  insert(route: Route): void {
    let map = this.#byLen[route.prefixLen];
    if (map === undefined) {
      map = new Map();
      this.#byLen[route.prefixLen] = map;
      this.#lens = [...this.#lens, route.prefixLen].sort((a, b) => b - a);
    }
    const list = map.get(route.dst);
    if (list === undefined) map.set(route.dst, [route]);
    else insertRoute(list, route);
  }

  remove(route: Route): void {
    const map = this.#byLen[route.prefixLen];
    const list = map?.get(route.dst);
    const index = list?.indexOf(route) ?? -1;
    if (map === undefined || list === undefined || index < 0) return;
    list.splice(index, 1);
    if (list.length > 0) return;
    map.delete(route.dst);
    if (map.size > 0) return;
    this.#byLen[route.prefixLen] = undefined;
    this.#lens = this.#lens.filter((len) => len !== route.prefixLen);
  }

  lookup(dst: Ip, tos: number, oif: Dev | undefined): Route | undefined {
    for (const len of this.#lens) {
      const list = this.#byLen[len]?.get((dst & ipv4Mask(len)) >>> 0);
      if (list === undefined) continue;
      for (const route of list) if (isFor(route, tos, oif)) return route;
    }
    return undefined;
  }

  at(dst: Ip, prefixLen: number): readonly Route[] {
    return this.#byLen[prefixLen]?.get(dst) ?? [];
  }

  all(): Route[] {
    const all: Route[] = [];
    for (const len of this.#lens) {
      for (const list of this.#byLen[len]?.values() ?? []) all.push(...list);
    }
    return all;
  }
}

/** Behind those that go before it, and behind its equals: by prefix length and TOS, high first, then metric. */
function insertRoute(list: Route[], route: Route): void {
  const at = list.findIndex(
    (other) =>
      other.prefixLen < route.prefixLen ||
      (other.prefixLen === route.prefixLen &&
        (other.tos < route.tos || (other.tos === route.tos && other.metric > route.metric))),
  );
  list.splice(at < 0 ? list.length : at, 0, route);
}

function keysOf(routes: readonly Route[]): number[] {
  return routes.flatMap(({ dst, prefixLen }) => [dst | 0, ipv4Mask(prefixLen) | 0]);
}

function isFor(route: Route, tos: number, oif: Dev | undefined): boolean {
  if (route.tos !== 0 && route.tos !== tos) return false;
  return oif === undefined || route.dev === undefined || route.dev === oif;
}

function ruleMatches(
  rule: FibRule,
  dst: Ip,
  src: Ip,
  iif: Dev | undefined,
  tos: number,
  mark: number,
  oif: Dev | undefined,
): boolean {
  const matches =
    (rule.from === undefined || inNetwork(src, rule.from)) &&
    (rule.to === undefined || inNetwork(dst, rule.to)) &&
    (rule.iif === undefined || rule.iif === (iif?.name ?? 'lo')) &&
    (rule.oif === undefined || rule.oif === oif?.name) &&
    (rule.fwmark === undefined || (mark & (rule.fwmask ?? -1)) >>> 0 === rule.fwmark) &&
    (rule.tos === undefined || rule.tos === tos);
  return matches !== (rule.isNot ?? false);
}

function inNetwork(address: Ip, net: { readonly ip: Ip; readonly prefixLen: number }): boolean {
  return ((address ^ net.ip) & ipv4Mask(net.prefixLen)) === 0;
}

function ruleAnswer(type: RouteType): Route {
  return {
    table: 0,
    dst: 0,
    prefixLen: 0,
    type,
    dev: undefined,
    gateway: 0,
    scope: 0,
    metric: 0,
    tos: 0,
    prefSrc: 0,
    mtuBytes: 0,
    protocol: 'kernel',
    isOnlink: false,
  };
}
