/**
 * The watches of an API server: those that ask for the same are a group with one log of events.
 *
 * From: store.ts, an event at a time. To: whoever serves the watch, who takes all that its watcher has not had yet.
 * At 5,000 nodes the same event goes to 5,000 watchers; a watcher is no more than a place in its group's log, and
 * those that take the same stretch of it get the same batch object, so that it is put on the wire once.
 */
import { assert } from '@podwire/base';
import type { WatchEvent } from './request.ts';
import type { StoreEvent } from './store.ts';

/** Events that one or many watchers take together; the same object for all that take the same stretch. */
export interface WatchBatch {
  readonly events: readonly WatchEvent[];
  /** What it is on the wire, kept here by who serves the watches. */
  wire?: object;
}

/** A watch that runs: says when there is something to take. */
export interface Watcher {
  /**
   * What came since the last time, or the first part of it; undefined when nothing did. Once it has taken all,
   * `onReady` will be called again.
   */
  take(): WatchBatch | undefined;
  /** Whether what was taken last was only a part. */
  readonly isBehind: boolean;
  stop(): void;
}

/**
 * Batches end where the number of an event is a multiple of this, so that watchers which fell behind by different
 * lengths soon take the same batches, and none is larger than a connection likes to take.
 */
const PAGE_EVENTS = 128;
/** The first length at which a log is cut; then at twice what was left. */
const CUT_MIN = 256;

export class WatchGroup {
  readonly #seen: (event: StoreEvent) => WatchEvent | undefined;
  readonly #members = new Set<GroupWatcher>();
  /** Those that have taken everything and want to hear of the next event. */
  #idle: GroupWatcher[] = [];
  #log: WatchEvent[] = [];
  /** Number of the log's first event. */
  #first = 0;
  #cutAt = CUT_MIN;
  /** Batches up to the present end, by the number of their first event. */
  readonly #batches = new Map<number, WatchBatch>();
  /** Batches that end with their page. */
  readonly #pages = new Map<number, WatchBatch>();

  /** `seen` is how a store event looks through the group's filter; undefined: not at all. */
  constructor(seen: (event: StoreEvent) => WatchEvent | undefined) {
    this.#seen = seen;
  }

  get size(): number {
    return this.#members.size;
  }

  get end(): number {
    return this.#first + this.#log.length;
  }

  /** A store event happened. */
  event(event: StoreEvent): void {
    const seen = this.#seen(event);
    if (seen === undefined) return;
    if (this.#log.length >= this.#cutAt) this.#cut();
    this.#log.push(seen);
    this.#batches.clear();
    const woken = this.#idle;
    this.#idle = [];
    for (const watcher of woken) watcher.wake();
  }

  /** A new member: first gets `past`, then what happens from now on. */
  join(past: readonly WatchEvent[], onReady: () => void, onLast: () => void): Watcher {
    const watcher = new GroupWatcher(this, past, this.end, onReady, onLast);
    this.#members.add(watcher);
    if (past.length > 0) watcher.wake();
    else this.#idle.push(watcher);
    return watcher;
  }

  leave(watcher: GroupWatcher): void {
    this.#members.delete(watcher);
  }

  rest(watcher: GroupWatcher): void {
    this.#idle.push(watcher);
  }

  /** The events from a number up to the end of its page, as far as they are there. */
  batch(from: number): WatchBatch {
    assert(from >= this.#first && from < this.end, 'a batch lies in the log');
    const pageEnd = from - (from % PAGE_EVENTS) + PAGE_EVENTS;
    const batches = pageEnd <= this.end ? this.#pages : this.#batches;
    let batch = batches.get(from);
    if (batch === undefined) {
      batch = { events: this.#log.slice(from - this.#first, pageEnd - this.#first) };
      batches.set(from, batch);
    }
    return batch;
  }

  /** Forgets what every member has taken. */
  #cut(): void {
    let least = this.end;
    for (const { next } of this.#members) least = Math.min(least, next);
    this.#log = this.#log.slice(least - this.#first);
    this.#first = least;
    for (const from of this.#pages.keys()) if (from < least) this.#pages.delete(from);
    this.#cutAt = Math.max(CUT_MIN, 2 * this.#log.length);
  }
}

class GroupWatcher implements Watcher {
  readonly #group: WatchGroup;
  readonly #onReady: () => void;
  readonly #onLast: () => void;
  #past: readonly WatchEvent[];
  /** Number of the next event of the group's log. */
  next: number;
  #isStopped = false;

  constructor(
    group: WatchGroup,
    past: readonly WatchEvent[],
    next: number,
    onReady: () => void,
    onLast: () => void,
  ) {
    this.#group = group;
    this.#past = past;
    this.next = next;
    this.#onReady = onReady;
    this.#onLast = onLast;
  }

  wake(): void {
    if (!this.#isStopped) this.#onReady();
  }

  take(): WatchBatch | undefined {
    if (this.#isStopped) return undefined;
    const group = this.#group;
    let batch: WatchBatch;
    if (this.#past.length > 0) {
      batch = { events: this.#past };
      this.#past = [];
    } else {
      if (!this.isBehind) return undefined;
      batch = group.batch(this.next);
      this.next += batch.events.length;
    }
    if (!this.isBehind) group.rest(this);
    return batch;
  }

  get isBehind(): boolean {
    return !this.#isStopped && this.next < this.#group.end;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#group.leave(this);
    if (this.#group.size === 0) this.#onLast();
  }
}
