/**
 * An iptables rule as data, with its own text: what it tests, and what it does with a packet that passes.
 *
 * Rules are immutable and may be shared by namespaces; counters live in the chain, and what a match
 * remembers (limit, nth, recent) in the namespace's `RuleMemory`.
 */
import { type Cidr, type Ip, type Rng, cidrContains, isIpv4 } from '@podwire/base';
import type { Packet } from '@podwire/wire';
import type { Conntrack } from '../../conntrack/track.ts';
import type { Dev } from '../../dev/dev.ts';
import type { Nat } from '../../nat/nat.ts';
import type { NetNs } from '../../netns.ts';
import type { Skb } from '../../skb.ts';
import type { Hook } from '../hook.ts';
import type { PacketFields } from './packet-fields.ts';
import type { RecentList } from './matches/recent-list.ts';

export const TABLE_NAMES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** Everything that a match or target may look at. */
export interface RuleContext {
  readonly ns: NetNs;
  readonly memory: RuleMemory;
  readonly conntrack: Conntrack;
  readonly nat: Nat;
  skb: Skb;
  packet: Packet;
  hook: Hook;
  inDev: Dev | undefined;
  outDev: Dev | undefined;
  nowNs: number;
}

/** What rules remember between packets, per namespace. */
export interface RuleMemory {
  readonly rng: Rng;
  recentList(name: string): RecentList;
  /** The state of one stateful match, made on first use. */
  stateOf<T>(match: Match, make: () => T): T;
  countAccounting(name: string, bytes: number): void;
}

export interface Match {
  readonly name: string;
  /** As iptables-save prints it, without `-m NAME`: ` --dport 80`, or empty. */
  readonly text: string;
  /** The namespace must track connections. */
  readonly needsConntrack?: boolean;
  /** Remembers something of its own per rule, so the rule must not be shared. */
  readonly isPerRule?: boolean;
  /** Name of the recent list that it uses; the list goes with the last rule that names it. */
  readonly recentList?: string;
  /**
   * All that `test` looks at, as masks; the answer must be the same while those bits, rules, routes and
   * names of devices are. Unset: it looks at something else, or remembers.
   */
  readonly reads?: Partial<PacketFields>;
  test(context: RuleContext): boolean;
}

/** `continue`: the next rule; `drop` ends the packet; `stolen`: the target took it. */
export type TargetVerdict = 'accept' | 'drop' | 'return' | 'continue';

export interface Target {
  readonly name: string;
  /** As iptables-save prints it after `-j `. */
  readonly text: string;
  readonly needsConntrack?: boolean;
  /** For the plain verdicts ACCEPT, DROP and RETURN. */
  readonly verdict?: 'accept' | 'drop' | 'return';
  run(context: RuleContext): TargetVerdict;
}

/** `-s` or `-d`. */
export interface AddressTest {
  readonly network: Cidr;
  /** IPv4 mask, which need not be a prefix. */
  readonly mask: number;
  readonly isInverted: boolean;
  readonly text: string;
}

/** `-i` or `-o`; `eth+` is a prefix. */
export interface InterfaceTest {
  readonly name: string;
  readonly isPrefix: boolean;
  readonly isInverted: boolean;
  readonly text: string;
}

export interface Rule {
  readonly src: AddressTest | undefined;
  readonly dst: AddressTest | undefined;
  readonly inInterface: InterfaceTest | undefined;
  readonly outInterface: InterfaceTest | undefined;
  /** 0 = any. */
  readonly proto: number;
  readonly isProtoInverted: boolean;
  /** `-f`: only fragments after the first; `! -f`: only heads and whole packets. */
  readonly fragment: 'any' | 'later' | 'first';
  readonly matches: readonly Match[];
  readonly target: Target | undefined;
  /** A user-defined chain to jump to (`-j`) or to go to (`-g`). */
  readonly jumpTo: string | undefined;
  readonly isGoto: boolean;
  readonly needsConntrack: boolean;
  /** As iptables-save prints it behind `-A CHAIN `. */
  readonly text: string;
}

/** The tests that the kernel makes before any match extension (ip_packet_match). */
export function matchesHead(rule: Rule, context: RuleContext): boolean {
  const packet = context.packet;
  const { src, dst, inInterface, outInterface } = rule;
  if (src !== undefined && !testAddress(src, packet.src)) return false;
  if (dst !== undefined && !testAddress(dst, packet.dst)) return false;
  if (inInterface !== undefined && !testInterface(inInterface, context.inDev)) return false;
  if (outInterface !== undefined && !testInterface(outInterface, context.outDev)) return false;
  if (rule.proto !== 0 && (rule.proto === packet.proto) === rule.isProtoInverted) return false;
  if (rule.fragment === 'any') return true;
  return packet.fragOffsetBytes > 0 === (rule.fragment === 'later');
}

export function testAddress(test: AddressTest, ip: Ip): boolean {
  const isInside =
    isIpv4(ip) && isIpv4(test.network.ip)
      ? ((ip ^ test.network.ip) & test.mask) === 0
      : cidrContains(test.network, ip);
  return isInside !== test.isInverted;
}

export function testInterface(test: InterfaceTest, dev: Dev | undefined): boolean {
  const name = dev === undefined ? '' : dev.name;
  const isSame = test.isPrefix ? name.startsWith(test.name) : name === test.name;
  return isSame !== test.isInverted;
}
