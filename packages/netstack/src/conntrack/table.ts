/**
 * The hash table of a namespace's tracked connections.
 *
 * Expiry is evaluated when an entry is met: an idle entry costs no event. What nobody meets is swept
 * when the table has doubled since the last sweep, and before it is counted or listed.
 */
import { type CtEntry, CtStatus } from './entry.ts';
import { type CtTuple, type TupleFields, sameTuple, tupleHash } from './tuple.ts';

/** Entries looked at for one to evict when the table is full (early_drop looks at 8 buckets of about 2). */
const EARLY_DROP_LOOKS = 16;
const FIRST_SWEEP_COUNT = 1024;
const FIRST_BUCKETS = 16;

export class CtTable {
  /** Confirmed entries in order of creation. */
  readonly entries: Set<CtEntry> = new Set();
  /** Called with each entry that goes, by the NAT layer. */
  onRemove: ((entry: CtEntry) => void) | undefined = undefined;
  /** Chains of tuples by the low bits of their hash; a power of two of them, at least one per tuple. */
  #buckets: (CtTuple | undefined)[] = [];
  #sweepAtCount = FIRST_SWEEP_COUNT;

  /** The direction with this tuple in the zone, unless it has expired. */
  find(fields: TupleFields, zone: number, nowNs: number): CtTuple | undefined {
    const buckets = this.#buckets;
    if (buckets.length === 0) return undefined;
    const hash = tupleHash(fields, zone);
    let tuple = buckets[hash & (buckets.length - 1)];
    while (tuple !== undefined) {
      if (tuple.hash === hash && sameTuple(tuple, fields) && tuple.entry.zone === zone) {
        if (tuple.entry.expiresAtNs > nowNs) return tuple;
        this.remove(tuple.entry);
        return this.find(fields, zone, nowNs);
      }
      tuple = tuple.next;
    }
    return undefined;
  }

  insert(entry: CtEntry, nowNs: number): void {
    if (this.entries.size >= this.#sweepAtCount) {
      this.sweep(nowNs);
      this.#sweepAtCount = Math.max(FIRST_SWEEP_COUNT, this.entries.size * 2);
    }
    entry.status |= CtStatus.confirmed;
    this.entries.add(entry);
    if (this.entries.size * 2 > this.#buckets.length) this.#growBuckets();
    this.#link(entry.orig);
    this.#link(entry.reply);
  }

  remove(entry: CtEntry): void {
    entry.status |= CtStatus.dying;
    this.onRemove?.(entry);
    if (!this.entries.delete(entry)) return;
    this.#unlink(entry.orig);
    this.#unlink(entry.reply);
  }

  /** Forgets all that has expired. */
  sweep(nowNs: number): void {
    for (const entry of this.entries) {
      if (entry.expiresAtNs <= nowNs) this.remove(entry);
    }
  }

  /** The table is full: evicts an entry that is not assured; false when none was found. */
  earlyDrop(nowNs: number): boolean {
    let looks = 0;
    for (const entry of this.entries) {
      if (entry.expiresAtNs <= nowNs || !entry.isAssured) {
        this.remove(entry);
        return true;
      }
      if (++looks >= EARLY_DROP_LOOKS) break;
    }
    const before = this.entries.size;
    this.sweep(nowNs);
    return this.entries.size < before;
  }

  #link(tuple: CtTuple): void {
    tuple.hash = tupleHash(tuple, tuple.entry.zone);
    const at = tuple.hash & (this.#buckets.length - 1);
    tuple.next = this.#buckets[at];
    this.#buckets[at] = tuple;
  }

  #unlink(tuple: CtTuple): void {
    const at = tuple.hash & (this.#buckets.length - 1);
    let other = this.#buckets[at];
    if (other === tuple) this.#buckets[at] = tuple.next;
    else {
      while (other !== undefined && other.next !== tuple) other = other.next;
      if (other !== undefined) other.next = tuple.next;
    }
    tuple.next = undefined;
  }

  /** Twice as many, and all tuples of the table hung up anew; the one that comes is not yet among them. */
  #growBuckets(): void {
    const old = this.#buckets;
    const count = Math.max(FIRST_BUCKETS, old.length * 2);
    this.#buckets = Array.from({ length: count }, () => undefined);
    for (const first of old) {
      let tuple = first;
      while (tuple !== undefined) {
        const next: CtTuple | undefined = tuple.next;
        const at = tuple.hash & (count - 1);
        tuple.next = this.#buckets[at];
        this.#buckets[at] = tuple;
        tuple = next;
      }
    }
  }
}
