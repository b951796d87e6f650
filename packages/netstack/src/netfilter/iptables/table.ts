/**
 * One table of a namespace: its own chains, over chains that many namespaces share.
 *
 * What a table shows is what a copy of its own would: a shared chain becomes the namespace's own when a
 * packet first comes through it (for its counters) or when it is edited. Chains that are shared may be
 * replaced as a whole (`adopt`), as an iptables-restore does that writes them.
 */
import { BASE_CHAINS, Chain, type ChainGroup, type SharedChain } from './chain.ts';
import type { Rule, TableName } from './rule.ts';

/** Chains that never change, by name. They may be made when first asked for. */
export interface SharedChains {
  get(name: string): SharedChain | undefined;
  /** Whether this very group is among them. */
  hasGroup(group: ChainGroup): boolean;
  values(): Iterable<SharedChain>;
  /** Some rule needs connections tracked. */
  readonly needsConntrack: boolean;
  /** Some rule names this list of the `recent` match. */
  namesRecentList(list: string): boolean;
}

/** How shared chains take the place of others: all their names are in `written`, or owned. */
export interface AdoptOptions {
  /** Written each time, so their counters start at 0 even when their rules are the same. */
  readonly written: readonly string[];
  /** Names of chains that only the writer makes: what it no longer has goes away. */
  readonly owns: (name: string) => boolean;
  /** All chains are written, not only those that differ. */
  readonly isFull: boolean;
}

export class Table {
  readonly name: TableName;
  readonly chains: TableChains;

  constructor(name: TableName, chains?: TableChains) {
    this.name = name;
    this.chains = chains ?? new TableChains();
    if (chains === undefined) {
      for (const chain of BASE_CHAINS[name]) this.chains.set(chain, new Chain(chain, 'ACCEPT'));
    }
  }

  /** The same table for an edit, which copies the chains that it changes (table-edit.ts). */
  copy(): Table {
    return new Table(this.name, this.chains.copy());
  }
}

const NO_JUMPS: readonly string[] = [];
const OWNED_JUMPS = new WeakMap<
  AdoptOptions['owns'],
  WeakMap<readonly Rule[], readonly string[]>
>();

/** Chains of an owner that rules jump to; remembered, since a daemon asks at each of its syncs. */
export function ownedJumps(rules: readonly Rule[], owns: AdoptOptions['owns']): readonly string[] {
  let known = OWNED_JUMPS.get(owns);
  if (known === undefined) {
    known = new WeakMap();
    OWNED_JUMPS.set(owns, known);
  }
  let jumps = known.get(rules);
  if (jumps === undefined) {
    const goals = rules.map((rule) => rule.jumpTo).filter((goal) => goal !== undefined);
    jumps = goals.some(owns) ? goals.filter(owns) : NO_JUMPS;
    known.set(rules, jumps);
  }
  return jumps;
}

/** The namespace's own, or the mark of a shared chain that was deleted here. */
type Own = Chain | Deleted;

class Deleted {
  readonly origin: SharedChain;
  isOf: SharedChains | undefined;

  constructor(origin: SharedChain, isOf: SharedChains) {
    this.origin = origin;
    this.isOf = isOf;
  }
}

export class TableChains {
  readonly #own: Map<string, Own>;
  #shared: SharedChains | undefined;

  constructor(own: Map<string, Own> = new Map(), shared?: SharedChains) {
    this.#own = own;
    this.#shared = shared;
  }

  get shared(): SharedChains | undefined {
    return this.#shared;
  }

  get(name: string): Chain | undefined {
    const own = this.#find(name);
    if (own !== undefined) return own instanceof Chain ? own : undefined;
    const shared = this.#shared?.get(name);
    return shared === undefined ? undefined : this.#take(shared);
  }

  /** The chain that a rule of `from` jumps to. */
  next(from: Chain, name: string): Chain | undefined {
    const own = this.#find(name);
    if (own !== undefined) return own instanceof Chain ? own : undefined;
    const shared = from.origin?.group?.get(name) ?? this.#shared?.get(name);
    return shared === undefined ? undefined : this.#take(shared);
  }

  has(name: string): boolean {
    const own = this.#find(name);
    return own === undefined ? this.#shared?.get(name) !== undefined : own instanceof Chain;
  }

  set(name: string, chain: Chain): void {
    this.#own.set(name, chain);
  }

  delete(name: string): void {
    const shared = this.#shared?.get(name);
    if (shared === undefined || this.#shared === undefined) this.#own.delete(name);
    else this.#own.set(name, new Deleted(shared, this.#shared));
  }

  /** All chains; shared ones that are not the namespace's own yet as they are, without counters. */
  *values(): IterableIterator<Chain> {
    yield* this.own();
    for (const shared of this.#shared?.values() ?? []) {
      if (!this.#own.has(shared.name)) yield new Chain(shared.name, undefined, shared);
    }
  }

  *keys(): IterableIterator<string> {
    for (const chain of this.values()) yield chain.name;
  }

  /** Chains that are the namespace's own: those that packets came through, and those that it has alone. */
  *own(): IterableIterator<Chain> {
    for (const name of Array.from(this.#own.keys())) {
      const own = this.#find(name);
      if (own instanceof Chain) yield own;
    }
  }

  /** Chains that say something of their own: not those that are only copies of shared ones. */
  *unshared(): IterableIterator<Chain> {
    for (const own of this.#own.values()) if (own instanceof Chain && !own.isAsShared) yield own;
  }

  /** Takes all user-defined chains away. */
  flush(isBase: (name: string) => boolean): void {
    for (const name of this.#own.keys()) if (!isBase(name)) this.#own.delete(name);
    this.#shared = undefined;
  }

  copy(): TableChains {
    return new TableChains(new Map(this.#own), this.#shared);
  }

  /**
   * Puts shared chains in the place of the present ones. It costs what the namespace's own chains are:
   * what the shared ones say is looked at when it is needed.
   */
  adopt(shared: SharedChains, { written, owns, isFull }: AdoptOptions): void {
    for (const name of written) this.#own.delete(name);
    for (const [name, own] of this.#own) {
      if ((isFull || own.origin === undefined) && owns(name)) this.#own.delete(name);
    }
    this.#shared = shared;
  }

  #take(shared: SharedChain): Chain {
    const chain = new Chain(shared.name, undefined, shared);
    chain.isOf = this.#shared;
    this.#own.set(shared.name, chain);
    return chain;
  }

  /**
   * What the namespace has of its own under a name. When the shared chains were replaced since, and this
   * one is another now, it was written: the copy, edited or not, is gone.
   */
  #find(name: string): Own | undefined {
    const own = this.#own.get(name);
    if (own?.origin === undefined || own.isOf === this.#shared) return own;
    const { group } = own.origin;
    const isStill =
      group === undefined
        ? this.#shared?.get(name) === own.origin
        : this.#shared?.hasGroup(group) === true;
    if (!isStill) {
      this.#own.delete(name);
      return undefined;
    }
    own.isOf = this.#shared;
    return own;
  }
}
