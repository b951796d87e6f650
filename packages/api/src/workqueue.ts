/**
 * A queue of keys with deduplication, delayed adds and a rate limit (client-go util/workqueue).
 *
 * A key that is being processed is not handed out again; when it was added meanwhile it comes back after
 * `done`. The rate limit is per key: 5 ms · 2^failures, at most 1000 s.
 */
import { type HostSim, type Proc, Signal } from '@podwire/engine';
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';
import type { Timer } from '@podwire/engine';

/** client-go DefaultTypedControllerRateLimiter. */
const RATE_BASE_NS = 5 * NS_PER_MS;
const RATE_MAX_NS = 1000 * NS_PER_SEC;

export interface WorkQueueOptions {
  readonly baseDelayNs?: number;
  readonly maxDelayNs?: number;
}

export class WorkQueue {
  readonly #sim: HostSim;
  readonly #baseNs: number;
  readonly #maxNs: number;
  /** Waiting keys, in order. */
  readonly #ready = new Set<string>();
  readonly #processing = new Set<string>();
  /** Added again while being processed. */
  readonly #dirty = new Set<string>();
  readonly #delayed = new Map<string, Timer>();
  readonly #failures = new Map<string, number>();
  /** Workers that wait for a key, each with a signal of its own: a key wakes one of them. */
  #idle: Signal[] = [];

  constructor(sim: HostSim, options: WorkQueueOptions = {}) {
    this.#sim = sim;
    this.#baseNs = options.baseDelayNs ?? RATE_BASE_NS;
    this.#maxNs = options.maxDelayNs ?? RATE_MAX_NS;
  }

  /** Number of keys that wait now. */
  get length(): number {
    return this.#ready.size;
  }

  get isIdle(): boolean {
    return this.#ready.size === 0 && this.#processing.size === 0 && this.#delayed.size === 0;
  }

  add(key: string): void {
    if (this.#processing.has(key)) {
      this.#dirty.add(key);
      return;
    }
    if (this.#ready.has(key)) return;
    this.#ready.add(key);
    this.#wakeOne();
  }

  /** Adds the key later; of several delays for one key the earliest counts. */
  addAfter(key: string, delayNs: number): void {
    if (delayNs <= 0) {
      this.add(key);
      return;
    }
    const waiting = this.#delayed.get(key);
    if (waiting !== undefined) {
      if (waiting.atNs <= this.#sim.nowNs() + delayNs) return;
      waiting.cancel();
    }
    const timer = this.#sim.after(delayNs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, timer);
  }

  /** Adds the key after its back-off, which grows with every call until `forget`. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(this.#baseNs * 2 ** failures, this.#maxNs));
  }

  /** How often the key was added by addRateLimited since the last `forget`. */
  numRequeues(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Waits for the next key; `done` must follow. */
  *get(): Proc<string> {
    for (;;) {
      const next = this.tryGet();
      if (next !== undefined) return next;
      const signal = new Signal();
      this.#idle.push(signal);
      let isWoken = false;
      try {
        yield* signal.wait();
        isWoken = true;
      } finally {
        // A worker that was cancelled after its call leaves the key to another.
        if (!isWoken && this.#ready.size > 0) this.#wakeOne();
      }
    }
  }

  #wakeOne(): void {
    for (;;) {
      const signal = this.#idle.shift();
      if (signal === undefined) return;
      if (!signal.hasWaiters) continue;
      signal.notify();
      return;
    }
  }

  /** The next key if one waits. */
  tryGet(): string | undefined {
    for (const key of this.#ready) {
      this.#ready.delete(key);
      this.#processing.add(key);
      return key;
    }
    return undefined;
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.delete(key)) this.add(key);
  }
}
