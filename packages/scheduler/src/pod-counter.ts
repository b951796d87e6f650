/**
 * Counts pods that a predicate holds for: by node, and by domain of a topology.
 *
 * Kept up to date pod by pod, so a cycle reads a count instead of looking at the pods of all nodes. A count by
 * domain includes the nodes that its Eligibility allows; it is made anew after a change of the nodes.
 */
import type { Eligibility } from './eligibility.ts';
import type { PodShape } from './pod-info.ts';
import { EMPTY_DOMAIN, type Topology } from './topology.ts';

/** A counter keeps no more sums by domain than this: rare selectors of nodes come and go. */
const DOMAIN_COUNTS_MAX = 16;
/** From this share of the slots on, an array takes less room than a map. */
const DENSE_SHARE = 1 / 16;

export class PodCounter {
  readonly matches: (shape: PodShape) => boolean;
  /** Pods that are being deleted count no more. */
  readonly skipsLeaving: boolean;
  readonly #sparse = new Map<number, number>();
  #dense: Int32Array | undefined;
  total = 0;
  /** The one that was asked for last comes last. */
  readonly #domainCounts = new Map<string, DomainCounts>();
  /** When it was asked for last, in cycles: old ones are dropped. */
  usedAt = 0;

  constructor(matches: (shape: PodShape) => boolean, skipsLeaving: boolean) {
    this.matches = matches;
    this.skipsLeaving = skipsLeaving;
  }

  /** Pods on this node. */
  on(slot: number): number {
    return (this.#dense === undefined ? this.#sparse.get(slot) : this.#dense[slot]) ?? 0;
  }

  add(slot: number, delta: number, capacity: number): void {
    this.total += delta;
    const count = this.on(slot) + delta;
    if (this.#dense !== undefined && slot < this.#dense.length) {
      this.#dense[slot] = count;
    } else {
      this.#undense();
      if (count === 0) this.#sparse.delete(slot);
      else this.#sparse.set(slot, count);
      if (this.#sparse.size > capacity * DENSE_SHARE) this.#makeDense(capacity);
    }
    for (const counts of this.#domainCounts.values()) counts.add(slot, delta);
  }

  /** The counts by domain over the nodes that are eligible. */
  byDomain(topology: Topology, eligibility: Eligibility): DomainCounts {
    const text = `${topology.key} ${eligibility.text}`;
    let counts = this.#domainCounts.get(text);
    if (counts === undefined) {
      const [oldest] = this.#domainCounts.keys();
      if (oldest !== undefined && this.#domainCounts.size >= DOMAIN_COUNTS_MAX) {
        this.#domainCounts.delete(oldest);
      }
      counts = new DomainCounts(this, topology, eligibility);
    } else if (this.#domainCounts.size > 1) {
      this.#domainCounts.delete(text);
    }
    this.#domainCounts.set(text, counts);
    counts.sync();
    return counts;
  }

  /** For counts that lie in no column: writes them into one of zeros, or the zeros back. */
  spread(column: Int32Array, isBack: boolean): void {
    for (const [slot, count] of this.#sparse) column[slot] = isBack ? 0 : count;
  }

  /** The counts as a column, if they lie in one. */
  get column(): Int32Array | undefined {
    return this.#dense;
  }

  /** Calls `visit` for each node that has any. */
  forEachNode(visit: (slot: number, count: number) => void): void {
    for (const [slot, count] of this.#sparse) visit(slot, count);
    this.#dense?.forEach((count, slot) => {
      if (count !== 0) visit(slot, count);
    });
  }

  #makeDense(capacity: number): void {
    const dense = new Int32Array(capacity);
    for (const [slot, count] of this.#sparse) dense[slot] = count;
    this.#dense = dense;
    this.#sparse.clear();
  }

  /** The table has grown beyond the array. */
  #undense(): void {
    const dense = this.#dense;
    if (dense === undefined) return;
    this.#dense = undefined;
    dense.forEach((count, slot) => {
      if (count !== 0) this.#sparse.set(slot, count);
    });
  }
}

export class DomainCounts {
  readonly #counter: PodCounter;
  readonly topology: Topology;
  readonly #eligibility: Eligibility;
  /** Only what is not 0. */
  readonly #counts = new Map<number, number>();
  /** How many domains have each count; kept once a minimum was asked for. */
  #histogram: Map<number, number> | undefined;
  #minimum: number | undefined;
  #builtAt = -1;

  constructor(counter: PodCounter, topology: Topology, eligibility: Eligibility) {
    this.#counter = counter;
    this.topology = topology;
    this.#eligibility = eligibility;
  }

  /** No eligible node has any. */
  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  /** Nodes without the label share the domain of the empty value, if they are eligible at all. */
  get(domain: number): number {
    return this.#counts.get(domain < 0 ? EMPTY_DOMAIN : domain) ?? 0;
  }

  /** The least count over the domains; 0 when there are fewer domains than `minDomains`. */
  minimum(minDomains: number): number {
    const domainCount = this.#eligibility.domainCount(this.topology);
    if (domainCount < minDomains || this.#counts.size < domainCount) return 0;
    if (this.#minimum !== undefined) return this.#minimum;
    let histogram = this.#histogram;
    if (histogram === undefined) {
      histogram = new Map();
      for (const count of this.#counts.values()) {
        histogram.set(count, (histogram.get(count) ?? 0) + 1);
      }
      this.#histogram = histogram;
    }
    let least = Infinity;
    for (const count of histogram.keys()) least = Math.min(least, count);
    this.#minimum = least;
    return least;
  }

  /** Makes the counts anew if nodes have changed. */
  sync(): void {
    const { version } = this.#eligibility;
    if (this.#builtAt === version) return;
    this.#builtAt = version;
    this.#counts.clear();
    this.#histogram = undefined;
    this.#minimum = undefined;
    this.#counter.forEachNode((slot, count) => {
      this.add(slot, count);
    });
  }

  add(slot: number, delta: number): void {
    if (this.#builtAt !== this.#eligibility.version || !this.#eligibility.includes(slot)) return;
    const domain = Math.max(this.topology.domainOf[slot] ?? EMPTY_DOMAIN, EMPTY_DOMAIN);
    const before = this.#counts.get(domain) ?? 0;
    const now = before + delta;
    if (now === 0) this.#counts.delete(domain);
    else this.#counts.set(domain, now);
    const histogram = this.#histogram;
    if (histogram === undefined) return;
    this.#minimum = undefined;
    if (before !== 0) {
      const left = (histogram.get(before) ?? 0) - 1;
      if (left === 0) histogram.delete(before);
      else histogram.set(before, left);
    }
    if (now !== 0) histogram.set(now, (histogram.get(now) ?? 0) + 1);
  }
}
