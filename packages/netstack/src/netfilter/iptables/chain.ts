/**
 * A chain of a table: its rules, its policy, its counters.
 *
 * The array of rules is replaced, never changed, so that a packet under way and an index built over it
 * stay right, and namespaces with the same rules may share it. Counters come into being when a rule
 * first counts.
 */
import type { Rule, TableName } from './rule.ts';

export type Policy = 'ACCEPT' | 'DROP';

export class Chain {
  readonly name: string;
  /** undefined for user-defined chains. */
  policy: Policy | undefined;
  policyPackets = 0;
  policyBytes = 0;
  #rules: readonly Rule[] = [];
  #packets: Float64Array | undefined;
  #bytes: Float64Array | undefined;

  constructor(name: string, policy: Policy | undefined) {
    this.name = name;
    this.policy = policy;
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  count(index: number, bytes: number): void {
    if (this.#packets === undefined || this.#bytes === undefined) {
      this.#packets = new Float64Array(this.#rules.length);
      this.#bytes = new Float64Array(this.#rules.length);
    }
    this.#packets[index] = (this.#packets[index] ?? 0) + 1;
    this.#bytes[index] = (this.#bytes[index] ?? 0) + bytes;
  }

  countPolicy(bytes: number): void {
    this.policyPackets++;
    this.policyBytes += bytes;
  }

  packetsOf(index: number): number {
    return this.#packets?.[index] ?? 0;
  }

  bytesOf(index: number): number {
    return this.#bytes?.[index] ?? 0;
  }

  setCounters(index: number, packets: number, bytes: number): void {
    this.#packets ??= new Float64Array(this.#rules.length);
    this.#bytes ??= new Float64Array(this.#rules.length);
    this.#packets[index] = packets;
    this.#bytes[index] = bytes;
  }

  zero(): void {
    this.#packets = undefined;
    this.#bytes = undefined;
    this.policyPackets = 0;
    this.policyBytes = 0;
  }

  /** Replaces all rules; `keep[i]` is the old place of new rule i, whose counters stay. */
  replace(rules: readonly Rule[], keep?: (index: number) => number): void {
    const packets = this.#packets;
    const bytes = this.#bytes;
    this.#rules = rules;
    this.#packets = undefined;
    this.#bytes = undefined;
    if (keep === undefined || packets === undefined || bytes === undefined) return;
    this.#packets = new Float64Array(rules.length);
    this.#bytes = new Float64Array(rules.length);
    for (let index = 0; index < rules.length; index++) {
      const old = keep(index);
      this.#packets[index] = packets[old] ?? 0;
      this.#bytes[index] = bytes[old] ?? 0;
    }
  }

  insert(at: number, rules: readonly Rule[]): void {
    const count = rules.length;
    const next = [...this.#rules.slice(0, at), ...rules, ...this.#rules.slice(at)];
    this.replace(next, (index) => (index < at ? index : index < at + count ? -1 : index - count));
  }

  removeAt(at: number): void {
    const next = this.#rules.filter((_, index) => index !== at);
    this.replace(next, (index) => (index < at ? index : index + 1));
  }

  copy(): Chain {
    const copy = new Chain(this.name, this.policy);
    copy.policyPackets = this.policyPackets;
    copy.policyBytes = this.policyBytes;
    copy.#rules = this.#rules;
    copy.#packets = this.#packets;
    copy.#bytes = this.#bytes;
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

export class Table {
  readonly name: TableName;
  readonly chains: Map<string, Chain> = new Map();

  constructor(name: TableName) {
    this.name = name;
    for (const chain of BASE_CHAINS[name]) this.chains.set(chain, new Chain(chain, 'ACCEPT'));
  }

  /** A copy whose chains can be changed without the original's knowing: what a commit replaces. */
  copy(): Table {
    const copy = new Table(this.name);
    copy.chains.clear();
    for (const [name, chain] of this.chains) copy.chains.set(name, chain.copy());
    return copy;
  }
}
