/**
 * Changes to one table, collected and put in force at once, as iptables-nft does at COMMIT.
 *
 * Only chains that change are copied, so that a small change to a big table costs little.
 */
import type { IpFamily } from '@podwire/base';
import type { NetfilterTables } from '../tables.ts';
import { BASE_CHAINS, Chain, type Policy } from './chain.ts';
import { type ParsedRule, type RuleError, parseRule } from './parse.ts';
import type { Rule, TableName } from './rule.ts';
import { Table, type TableChains } from './table.ts';

export const NO_CHAIN = 'No chain/target/match by that name.';
export const NO_RULE = 'Bad rule (does a matching rule exist in that chain?).';

/** How a command fails: `lookup` errors are worded by errno, the others by the parser or the kernel. */
export type EditError =
  | RuleError
  | { readonly kind: 'lookup'; readonly text: string }
  | { readonly kind: 'not-listed'; readonly text: string }
  | { readonly kind: 'missing-chain'; readonly text: string };

/** Chain names may have up to 28 characters (XT_EXTENSION_MAXNAMELEN). */
const MAX_CHAIN_NAME = 29;

export class TableEdit {
  readonly name: TableName;
  readonly #tables: NetfilterTables;
  readonly #table: Table;
  readonly #owned: Set<Chain> = new Set();
  readonly #newJumps: Set<string> = new Set();
  #referenced: Set<string> | undefined;

  constructor(tables: NetfilterTables, name: TableName) {
    this.name = name;
    this.#tables = tables;
    this.#table = tables.tables.get(name)?.copy() ?? new Table(name);
  }

  get chains(): TableChains {
    return this.#table.chains;
  }

  isBase(chain: string): boolean {
    return BASE_CHAINS[this.name].includes(chain);
  }

  /** Empties the table: no rules, no user-defined chains. */
  flushTable(): void {
    this.#table.chains.flush((name) => this.isBase(name));
    for (const name of BASE_CHAINS[this.name]) this.#own(name)?.replace([]);
  }

  /** Declares a chain: made when absent, emptied when there (iptables-restore's `:CHAIN -`). */
  declareChain(name: string): EditError | undefined {
    const problem = nameProblem(name);
    if (problem !== undefined) return { kind: 'parameter', text: problem };
    this.#referenced = undefined;
    const fresh = new Chain(name, undefined);
    this.#owned.add(fresh);
    this.#table.chains.set(name, fresh);
    return undefined;
  }

  newChain(name: string): EditError | undefined {
    if (this.chains.has(name)) return { kind: 'lookup', text: 'Chain already exists.' };
    return this.declareChain(name);
  }

  setPolicy(name: string, policy: Policy, counters?: readonly [number, number]): void {
    const chain = this.#own(name);
    if (chain === undefined) return;
    chain.policy = policy;
    if (counters !== undefined) [chain.policyPackets, chain.policyBytes] = counters;
  }

  flush(name: string): EditError | undefined {
    const chain = this.#own(name);
    if (chain === undefined) return { kind: 'lookup', text: NO_CHAIN };
    chain.replace([]);
    return undefined;
  }

  zero(name: string): EditError | undefined {
    const chain = this.#own(name);
    if (chain === undefined) return { kind: 'lookup', text: NO_CHAIN };
    chain.zero();
    return undefined;
  }

  deleteChain(name: string): EditError | undefined {
    const chain = this.chains.get(name);
    if (chain === undefined) return { kind: 'lookup', text: NO_CHAIN };
    if (this.isBase(name) || chain.rules.length > 0 || this.#isReferenced(name)) {
      return {
        kind: 'kernel',
        text: `CHAIN_DEL failed (Device or resource busy): chain ${name}`,
      };
    }
    this.#table.chains.delete(name);
    return undefined;
  }

  renameChain(from: string, to: string): EditError | undefined {
    const chain = this.#own(from);
    if (chain === undefined || this.isBase(from)) return { kind: 'lookup', text: NO_CHAIN };
    if (this.chains.has(to)) return { kind: 'lookup', text: 'File exists.' };
    const problem = this.declareChain(to);
    if (problem !== undefined) return problem;
    this.chains.get(to)?.replace(chain.rules);
    for (const name of this.chains.keys()) {
      const body = this.chains.get(name);
      if (body === undefined || !body.rules.some((rule) => rule.jumpTo === from)) continue;
      this.#own(name)?.replace(
        body.rules.map((rule) => (rule.jumpTo === from ? retarget(rule, to) : rule)),
        (index) => index,
      );
    }
    this.#table.chains.delete(from);
    return undefined;
  }

  parse(chain: string, words: readonly string[], line?: string): ParsedRule | RuleError {
    // What a rule of a base chain may ask depends on the chain.
    const where = this.isBase(chain) ? `${this.name} ${chain}` : this.name;
    const key = `${where} ${line ?? words.join('\u0000')}`;
    const cached = CACHE.get(key);
    if (cached !== undefined) return cached;
    const family: IpFamily = 4;
    const parsed = parseRule(words, {
      family,
      table: this.name,
      chain,
      isChain: (name) => this.chains.has(name),
    });
    if ('rules' in parsed) remember(key, parsed);
    return parsed;
  }

  append(name: string, parsed: ParsedRule, useCounters: boolean): EditError | undefined {
    const chain = this.#own(name);
    if (chain === undefined) return { kind: 'lookup', text: NO_CHAIN };
    this.#add(chain, chain.rules.length, parsed, useCounters);
    return undefined;
  }

  /** Appends many rules at once: one new array instead of one per rule. */
  appendAll(name: string, rules: readonly Rule[]): EditError | undefined {
    const chain = this.#own(name);
    if (chain === undefined) return { kind: 'lookup', text: NO_CHAIN };
    for (const rule of rules) if (rule.jumpTo !== undefined) this.#newJumps.add(rule.jumpTo);
    if (chain.rules.length === 0) chain.replace([...rules]);
    else chain.insert(chain.rules.length, rules);
    return undefined;
  }

  insert(name: string, at: number, parsed: ParsedRule): EditError | undefined {
    const chain = this.#own(name);
    if (chain === undefined) return { kind: 'lookup', text: NO_CHAIN };
    if (at > chain.rules.length) return { kind: 'lookup', text: 'Index of insertion too big.' };
    this.#add(chain, at, parsed, true);
    return undefined;
  }

  replaceAt(name: string, at: number, parsed: ParsedRule): EditError | undefined {
    const chain = this.#own(name);
    if (chain === undefined || at >= chain.rules.length) {
      return { kind: 'lookup', text: 'Index of replacement too big.' };
    }
    chain.removeAt(at);
    this.#add(chain, at, parsed, true);
    return undefined;
  }

  deleteAt(name: string, at: number): EditError | undefined {
    const chain = this.#own(name);
    if (chain === undefined || at >= chain.rules.length) {
      return { kind: 'lookup', text: 'Index of deletion too big.' };
    }
    chain.removeAt(at);
    return undefined;
  }

  deleteRule(name: string, parsed: ParsedRule): EditError | undefined {
    const chain = this.#own(name);
    for (const rule of parsed.rules) {
      const at = chain?.rules.findIndex((one) => one.text === rule.text) ?? -1;
      if (chain === undefined || at < 0) return { kind: 'lookup', text: NO_RULE };
      chain.removeAt(at);
    }
    return undefined;
  }

  hasRule(name: string, parsed: ParsedRule): boolean {
    const chain = this.chains.get(name);
    return parsed.rules.every(
      (rule) => chain?.rules.some((one) => one.text === rule.text) === true,
    );
  }

  /** Puts the changes in force, unless a new rule jumps nowhere. */
  commit(): EditError | undefined {
    for (const name of this.#newJumps) {
      if (!this.chains.has(name)) {
        return { kind: 'missing-chain', text: `Chain '${name}' does not exist` };
      }
    }
    this.#tables.commit(this.#table);
    return undefined;
  }

  #add(chain: Chain, at: number, parsed: ParsedRule, useCounters: boolean): void {
    for (const rule of parsed.rules) if (rule.jumpTo !== undefined) this.#newJumps.add(rule.jumpTo);
    chain.insert(at, parsed.rules);
    if (!useCounters || (parsed.packets === 0 && parsed.bytes === 0)) return;
    parsed.rules.forEach((_, index) => {
      chain.setCounters(at + index, parsed.packets, parsed.bytes);
    });
  }

  /** Gathered once for a run of deletions: deleting empty chains changes no reference. */
  #isReferenced(name: string): boolean {
    if (this.#referenced === undefined) {
      this.#referenced = new Set();
      for (const chain of this.chains.values()) {
        for (const rule of chain.rules) {
          if (rule.jumpTo !== undefined) this.#referenced.add(rule.jumpTo);
        }
      }
    }
    return this.#referenced.has(name);
  }

  /** The chain as this edit's own copy. */
  #own(name: string): Chain | undefined {
    this.#referenced = undefined;
    const chain = this.chains.get(name);
    if (chain === undefined || this.#owned.has(chain)) return chain;
    const copy = chain.copy();
    this.#owned.add(copy);
    this.#table.chains.set(name, copy);
    return copy;
  }
}

/**
 * Rules by table (and base chain) and text: the same line means the same rule in every namespace of this
 * thread. A cache of immutable values, so it cannot be told from reading each line anew.
 */
const CACHE = new Map<string, ParsedRule>();
const CACHE_MAX = 20_000;

function remember(key: string, parsed: ParsedRule): void {
  const isPerRule = parsed.rules.some((rule) => rule.matches.some((match) => match.isPerRule));
  if (
    isPerRule ||
    parsed.rules.some((rule) => rule.target === undefined && rule.jumpTo === undefined)
  ) {
    return;
  }
  if (CACHE.size >= CACHE_MAX) CACHE.clear();
  CACHE.set(key, parsed);
}

function retarget(rule: Rule, to: string): Rule {
  const goal = `${rule.isGoto ? '-g' : '-j'} ${rule.jumpTo ?? ''}`;
  const text = `${rule.text.slice(0, rule.text.length - goal.length)}${rule.isGoto ? '-g' : '-j'} ${to}`;
  return { ...rule, jumpTo: to, text };
}

function nameProblem(name: string): string | undefined {
  if (name.length >= MAX_CHAIN_NAME) {
    return `chain name \`${name}' too long (must be under ${MAX_CHAIN_NAME} chars)`;
  }
  if (name.startsWith('-') || name.startsWith('!')) {
    return `chain name not allowed to start with \`${name.charAt(0)}'\n`;
  }
  if (TARGET_NAMES.has(name)) return `chain name may not clash with target name\n`;
  return undefined;
}

const TARGET_NAMES: ReadonlySet<string> = new Set([
  'ACCEPT',
  'DROP',
  'RETURN',
  'QUEUE',
  'REJECT',
  'DNAT',
  'SNAT',
  'MASQUERADE',
  'REDIRECT',
  'MARK',
  'LOG',
]);
