/**
 * Where in a long chain the next rule stands that a packet could match.
 *
 * An index sorts rules by destination network, a map for each mask that occurs, and those without one by
 * protocol and destination port. The rules between are counted, not visited: each would have failed at its
 * address or protocol test, which calls no match extension, or at its port, which calls a known number.
 */
import { type Ip, isIpv4 } from '@podwire/base';
import { IpProto } from '@podwire/wire';
import type { PortMatch } from './matches/ports.ts';
import type { AddressTest, Rule } from './rule.ts';

/** What the fast walk asks of a long chain. */
export interface ChainIndex {
  readonly length: number;
  rule(place: number): Rule | undefined;
  /** The first place from `at` on whose rule the packet might pass; at least `length` when there is none. */
  next(at: number, dst: Ip, portKey: number): number;
  /** Extensions that the port rules of a protocol in front of a place call when their port is another. */
  callsBefore(proto: number, place: number): number;
}

/** Port -1 stands for a packet without ports: every port test fails. */
export function portKeyOf(proto: number, port: number): number {
  return proto * 65_536 + port;
}

/** The index of a list of rules as it stands; built once per list, whoever holds it. */
export function indexOf(rules: readonly Rule[]): FlatIndex {
  let index = INDEXES.get(rules);
  if (index === undefined) {
    index = new FlatIndex(rules);
    INDEXES.set(rules, index);
  }
  return index;
}

const INDEXES = new WeakMap<readonly Rule[], FlatIndex>();

export class FlatIndex implements ChainIndex {
  readonly rules: readonly Rule[];
  /** Places of rules by the network of `-d`. */
  readonly byDst: NetworkMap<number[]> = new NetworkMap();
  /** Places of rules without `-d` that test one destination port. */
  readonly byPort: Map<number, number[]> = new Map();
  /** Places of all others. */
  readonly general: number[] = [];
  /** By protocol: sums of calls in front of each place. */
  readonly calls: Map<number, Float64Array> = new Map();

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    rules.forEach((rule, place) => {
      this.#add(rule, place);
    });
    for (const sums of this.calls.values()) {
      for (let place = 1; place < sums.length; place++) {
        sums[place] = (sums[place] ?? 0) + (sums[place - 1] ?? 0);
      }
    }
  }

  get length(): number {
    return this.rules.length;
  }

  rule(place: number): Rule | undefined {
    return this.rules[place];
  }

  next(at: number, dst: Ip, portKey: number): number {
    let next = Math.min(firstFrom(this.general, at), firstFrom(this.byPort.get(portKey), at));
    for (const { mask, networks } of this.byDst.masks) {
      const place = firstFrom(networks.get(networkOf(dst, mask)), at);
      if (place < next) next = place;
    }
    return next;
  }

  callsBefore(proto: number, place: number): number {
    const sums = this.calls.get(proto);
    return sums === undefined ? 0 : (sums[Math.min(place, this.rules.length)] ?? 0);
  }

  #add(rule: Rule, place: number): void {
    const { dst } = rule;
    const mask = dst === undefined || dst.isInverted ? undefined : maskOf(dst);
    if (dst !== undefined && mask !== undefined) {
      push(this.byDst.of(mask), networkOf(dst.network.ip, mask), place);
      return;
    }
    const port = dst === undefined ? onlyPort(rule) : undefined;
    if (port === undefined) {
      this.general.push(place);
      return;
    }
    push(this.byPort, portKeyOf(rule.proto, port), place);
    let sums = this.calls.get(rule.proto);
    if (sums === undefined) {
      sums = new Float64Array(this.rules.length + 1);
      this.calls.set(rule.proto, sums);
    }
    sums[place + 1] = rule.matches.length;
  }
}

/** The mask of a single address, IPv6 ones too: their numbers are compared as they are. */
const WHOLE = 0xffffffff;

export function networkOf(dst: Ip, mask: number): Ip {
  return mask === WHOLE ? dst : (dst & mask) >>> 0;
}

/** Values by network: a map for each mask that occurs. */
export class NetworkMap<V> {
  readonly masks: { readonly mask: number; readonly networks: Map<Ip, V> }[] = [];

  of(mask: number): Map<Ip, V> {
    let found = this.masks.find((one) => one.mask === mask);
    if (found === undefined) {
      found = { mask, networks: new Map() };
      this.masks.push(found);
    }
    return found.networks;
  }
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

function push<K>(map: Map<K, number[]>, key: K, place: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [place]);
  else list.push(place);
}

/** The least place that is not below `at`; infinite when there is none. */
export function firstFrom(places: readonly number[] | undefined, at: number): number {
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
