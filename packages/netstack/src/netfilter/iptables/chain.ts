/**
 * A chain of a table: its rules, its policy, its counters.
 *
 * The array of rules is replaced, never changed, so that a packet under way and an index built over it
 * stay right, and namespaces with the same rules may share it. Counters come into being when a rule
 * first counts.
 */
import { RuleCounters } from './rule-counters.ts';
import type { Rule, TableName } from './rule.ts';
import { type ChainIndex, indexOf } from './rule-index.ts';
import type { SharedChains } from './table.ts';

export type Policy = 'ACCEPT' | 'DROP';

/** A user-defined chain that many namespaces hold: it never changes. */
export interface SharedChain {
  readonly name: string;
  readonly rules: readonly Rule[];
  /** How many; known without making them. */
  readonly length: number;
  /** The index of a long chain, when whoever made it keeps one. */
  readonly index?: ChainIndex | undefined;
  readonly group?: ChainGroup | undefined;
}

/** Chains that come and go together, as those of one Service; their jumps are looked up here first. */
export interface ChainGroup {
  get(name: string): SharedChain | undefined;
}

/** Shorter chains are walked as they are. */
const MIN_INDEXED_RULES = 12;

export class Chain {
  readonly name: string;
  /** undefined for user-defined chains. */
  policy: Policy | undefined;
  policyPackets = 0;
  policyBytes = 0;
  /** The shared chain that this is the namespace's copy of, whether or not its rules were changed since. */
  readonly origin: SharedChain | undefined;
  /** The shared chains that last were seen to have the origin. */
  isOf: SharedChains | undefined;
  /** undefined while they are the origin's. */
  #rules: readonly Rule[] | undefined;
  #counters: RuleCounters | undefined;
  #index: ChainIndex | undefined;

  constructor(name: string, policy: Policy | undefined, origin?: SharedChain) {
    this.name = name;
    this.policy = policy;
    this.origin = origin;
    this.#rules = origin === undefined ? [] : undefined;
  }

  get rules(): readonly Rule[] {
    return this.#rules ?? this.origin?.rules ?? [];
  }

  get length(): number {
    return this.#rules?.length ?? this.origin?.length ?? 0;
  }

  /** Says what its origin says. */
  get isAsShared(): boolean {
    return this.#rules === undefined;
  }

  /** For the fast walk; undefined for a chain that is short enough to be walked. */
  get index(): ChainIndex | undefined {
    if (this.length < MIN_INDEXED_RULES) return undefined;
    this.#index ??= (this.isAsShared ? this.origin?.index : undefined) ?? indexOf(this.rules);
    return this.#index;
  }

  count(index: number, bytes: number): void {
    this.#counters ??= new RuleCounters(this.length);
    this.#counters.count(index, bytes);
  }

  countPolicy(bytes: number): void {
    this.policyPackets++;
    this.policyBytes += bytes;
  }

  packetsOf(index: number): number {
    return this.#counters?.packetsOf(index) ?? 0;
  }

  bytesOf(index: number): number {
    return this.#counters?.bytesOf(index) ?? 0;
  }

  setCounters(index: number, packets: number, bytes: number): void {
    this.#counters ??= new RuleCounters(this.length);
    this.#counters.set(index, packets, bytes);
  }

  zero(): void {
    this.#counters = undefined;
    this.policyPackets = 0;
    this.policyBytes = 0;
  }

  /** Replaces all rules; `keep[i]` is the old place of new rule i, whose counters stay. */
  replace(rules: readonly Rule[], keep?: (index: number) => number): void {
    const old = this.#counters;
    this.#rules = rules;
    this.#index = undefined;
    this.#counters = undefined;
    if (keep === undefined || old === undefined) return;
    const counters = new RuleCounters(rules.length);
    for (let index = 0; index < rules.length; index++) {
      const from = keep(index);
      if (old.packetsOf(from) === 0 && old.bytesOf(from) === 0) continue;
      counters.set(index, old.packetsOf(from), old.bytesOf(from));
    }
    this.#counters = counters;
  }

  insert(at: number, rules: readonly Rule[]): void {
    const count = rules.length;
    const next = [...this.rules.slice(0, at), ...rules, ...this.rules.slice(at)];
    this.replace(next, (index) => (index < at ? index : index < at + count ? -1 : index - count));
  }

  removeAt(at: number): void {
    const next = this.rules.filter((_, index) => index !== at);
    this.replace(next, (index) => (index < at ? index : index + 1));
  }

  copy(): Chain {
    const copy = new Chain(this.name, this.policy, this.origin);
    copy.policyPackets = this.policyPackets;
    copy.policyBytes = this.policyBytes;
    copy.isOf = this.isOf;
    copy.#rules = this.#rules;
    copy.#counters = this.#counters;
    return copy;
  }
}

/** Base chains of each table, in the order in which iptables-save lists them. */
export const BASE_CHAINS: Readonly<Record<TableName, readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};
