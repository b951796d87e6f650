/**
 * The last events of one resource, for watches that start in the past.
 *
 * From: store.ts, with every write. As the API server's watch cache (cacher/watch_cache.go): a ring that grows while it
 * is full of fresh events, shrinks while most of them are old, and forgets the oldest when it is full.
 */
import { NS_PER_SEC, must } from '@podwire/base';
import type { KubeObject } from './types/meta.ts';

/** DefaultEventFreshDuration: how far back a watch can start at least, however many events there are. */
const FRESH_NS = 75 * NS_PER_SEC;
/** defaultLowerBoundCapacity */
const CAPACITY_MIN = 100;
/** Not modelled: defaultUpperBoundCapacity is 102,400; fewer bound the memory of a large cluster's start. */
const CAPACITY_MAX = 25_600;

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  /** As it was before: for watches whose selector it enters or leaves. */
  readonly before: KubeObject | undefined;
  readonly version: number;
  /** When it was recorded. */
  readonly atNs: number;
}

export class WatchCache {
  /** The event with number n lies at n modulo the capacity. */
  #ring: (StoreEvent | undefined)[] = [];
  #capacity = CAPACITY_MIN;
  #first = 0;
  #end = 0;
  /** The version of the newest event that is not here any more. */
  #forgotten = 0;

  get forgotten(): number {
    return this.#forgotten;
  }

  push(event: StoreEvent): void {
    if (this.#end - this.#first === this.#capacity) {
      this.#resize(event.atNs);
      if (this.#end - this.#first === this.#capacity) this.#forgetFirst();
    }
    this.#ring[this.#end++ % this.#capacity] = event;
  }

  /** The events after `version`, the oldest first; versions before `forgotten` are not to be asked for. */
  since(version: number): StoreEvent[] {
    const events: StoreEvent[] = [];
    for (let number = this.#end - 1; number >= this.#first; number--) {
      const event = this.#at(number);
      if (event.version <= version) break;
      events.push(event);
    }
    return events.reverse();
  }

  /** Forgets all events up to a version. */
  compact(version: number): void {
    while (this.#first < this.#end && this.#at(this.#first).version <= version) this.#forgetFirst();
    this.#forgotten = Math.max(this.#forgotten, version);
  }

  /** resizeCacheLocked: called when the ring is full. */
  #resize(nowNs: number): void {
    const freshSinceNs = nowNs - FRESH_NS;
    const quarterBack = this.#end - Math.floor(this.#capacity / 4);
    if (this.#at(this.#first).atNs > freshSinceNs) {
      this.#move(Math.min(this.#capacity * 2, CAPACITY_MAX));
    } else if (this.#at(quarterBack).atNs < freshSinceNs) {
      this.#move(Math.max(Math.floor(this.#capacity / 2), CAPACITY_MIN));
    }
  }

  #move(capacity: number): void {
    if (capacity === this.#capacity) return;
    while (this.#end - this.#first > capacity) this.#forgetFirst();
    const kept: StoreEvent[] = [];
    for (let number = this.#first; number < this.#end; number++) kept.push(this.#at(number));
    this.#capacity = capacity;
    this.#ring = kept;
    this.#first = 0;
    this.#end = kept.length;
  }

  #forgetFirst(): void {
    this.#forgotten = this.#at(this.#first).version;
    this.#ring[this.#first++ % this.#capacity] = undefined;
  }

  #at(number: number): StoreEvent {
    return must(this.#ring[number % this.#capacity], 'the ring has its events');
  }
}
