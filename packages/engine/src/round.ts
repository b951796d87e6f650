/**
 * Rounds: how shards stay in step without a barrier.
 *
 * Each shard runs *rounds*: it is granted a horizon H, takes in what others sent it, runs all its events
 * before H, makes what it sent visible, and finishes the round. Whoever finishes computes, under one
 * lock, the horizons of all shards that wait, and wakes those that have something to do before theirs.
 * There is no coordinator thread and no barrier; a shard with nothing to do sleeps, a shard that is
 * alone in having work is granted round after round by itself, idle time costs nothing.
 *
 * What the lock protects, for each shard s:
 *   phase[s]    waiting or running
 *   next[s]     waiting: time of its first event. Running: the same when its round was granted.
 *   inbound[s]  least time of the messages that were sent to s by rounds that finished since s was last
 *               granted; they may lie unread in a ring.
 *   first[s]    = min(next[s], inbound[s])
 *   horizon[s]  of its present or last round
 * and D(i, j) is the lookahead of plan.ts, closed over all ways, with D(j, j) the shortest cycle.
 *
 * Granting: a waiting shard j may run up to
 *   H = min( min over all i of first[i] + D(i, j),            what can still reach it, its own echo too
 *            min over i != j of first[i] + greatest delay,    so that nobody runs ahead of a stop
 *            the requested stop )
 * if first[j] < H. Then phase[j] = running, next[j] = first[j], inbound[j] = Infinity.
 *
 * Invariants, and why they hold:
 * 1. A shard runs no event before min over k of first[k] + D(k, it) (with 0 to itself) at any earlier
 *    moment: its events come from its own queue (first), from rings (inbound, or a running sender's
 *    next plus its delay), or from further away (the closure).
 * 2. So a message that arrives after j was granted H is due at H or later: 1 with the triangle inequality
 *    of D. Horizons never go back, and no message is ever late. `Kernel.deliver` asserts it.
 * 3. first[s] is exact for a waiting shard: a message is counted in inbound from its sender's finish to
 *    its receiver's next grant. The grant comes before the receiver reads its rings and the finish after
 *    the sender's commit, both under the lock, so all messages that inbound forgets are read.
 * 4. A stop at S is requested by an event at t with S >= t + greatest delay. While that event's shard r
 *    ran or waited for it, first[r] <= t, so no other shard was granted a horizon beyond S; r itself stops
 *    at S by its kernel. All shards run exactly the events before S.
 *
 * No deadlock: D is positive. When all shards wait and the least first[m] is finite and before the stop,
 * every term of m's horizon is above first[m], so m is granted; when it is not, the run is over. A running
 * shard never waits for another (rings never refuse), so it finishes and somebody computes again.
 *
 * Memory order: all fields are plain and written under the lock, whose atomics order them; a shard reads
 * its own horizon after it saw its grant word change, and nobody writes it until the shard finishes.
 */
import { assert } from '@podwire/base';

/** Why a run is over. */
export const RunState = { running: 0, idle: 1, stopped: 2, aborted: 3, failed: 4 } as const;
export type RunState = (typeof RunState)[keyof typeof RunState];

const LOCK_WORD = 0;
const STATE_WORD = 1;
/** Threads that run or spin: when they are more than the cores, those that wait go to sleep at once. */
const AWAKE_WORD = 2;
/** Shards' wake words, each pair alone in a cache line: one bumped for any news, the next for a grant. */
const WAKE_WORD = 16;
const WAKE_STRIDE = 16;
const GRANT_OFFSET = 1;
/** How many control calls wait for the shard's thread to look at its event loop. */
const ATTENTION_OFFSET = 2;

const LOCK_FREE = 0;
const LOCK_HELD = 1;
const LOCK_CONTENDED = 2;
/** A lock is held for a microsecond; after this long its holder must have died. */
const LOCK_TIMEOUT_MS = 20_000;

const WAITING = 0;
const RUNNING = 1;

/** Floats per shard: phase, next, inbound, horizon, clock, events, rounds. */
const FIELDS = 8;
const PHASE = 0;
const NEXT = 1;
const INBOUND = 2;
const HORIZON = 3;
const CLOCK = 4;
const EVENTS = 5;
const ROUNDS = 6;

export interface RoundMemory {
  readonly words: SharedArrayBuffer;
  readonly fields: SharedArrayBuffer;
  /** Lookahead.shardDelayNs. */
  readonly delayNs: Float64Array;
  readonly greatestNs: number;
  readonly shardCount: number;
}

/** `untilNs`: a stop known beforehand, or Infinity. */
export function createRoundMemory(options: {
  delayNs: Float64Array;
  greatestNs: number;
  shardCount: number;
  untilNs: number;
}): RoundMemory {
  const { delayNs, greatestNs, shardCount, untilNs } = options;
  assert(delayNs.length === shardCount * shardCount, 'a lookahead for every pair');
  const words = new SharedArrayBuffer(4 * (WAKE_WORD + WAKE_STRIDE * shardCount));
  const fields = new SharedArrayBuffer(8 * (1 + FIELDS * shardCount));
  const view = new Float64Array(fields);
  view[0] = untilNs;
  for (let shard = 0; shard < shardCount; shard++) {
    // Until a shard has finished its building, it counts as running from time 0.
    view[1 + shard * FIELDS + PHASE] = RUNNING;
    view[1 + shard * FIELDS + INBOUND] = Infinity;
  }
  return { words, fields, delayNs, greatestNs, shardCount };
}

/** What a shard tells when it finishes a round. */
export interface RoundReport {
  /** Its first event, Infinity when it has none. */
  readonly nextNs: number;
  /** The earliest stop it knows of, Infinity when nobody asked. */
  readonly stopNs: number;
  /** Per shard the least time of the messages sent to it in this round, Infinity when none were. */
  readonly sentNs: Float64Array;
  readonly clockNs: number;
  readonly events: number;
}

export class Rounds {
  readonly shard: number;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #fields: Float64Array<SharedArrayBuffer>;
  readonly #delayNs: Float64Array;
  readonly #greatestNs: number;
  readonly #count: number;
  readonly #first: Float64Array;
  readonly #wakeWord: number;
  #seen = 0;
  #grantsTaken = 0;

  constructor(memory: RoundMemory, shard: number) {
    this.shard = shard;
    this.#words = new Int32Array(memory.words);
    this.#fields = new Float64Array(memory.fields);
    this.#delayNs = memory.delayNs;
    this.#greatestNs = memory.greatestNs;
    this.#count = memory.shardCount;
    this.#first = new Float64Array(memory.shardCount);
    this.#wakeWord = WAKE_WORD + WAKE_STRIDE * shard;
  }

  get state(): RunState {
    return Atomics.load(this.#words, STATE_WORD) as RunState;
  }

  /** The end of the present round; valid after a grant. */
  get horizonNs(): number {
    return this.#fields[1 + this.shard * FIELDS + HORIZON] as number;
  }

  /** Whether there is news: a grant, or a state other than running. It is taken note of. */
  takeWake(): boolean {
    const value = Atomics.load(this.#words, this.#wakeWord);
    if (value === this.#seen) return false;
    this.#seen = value;
    return true;
  }

  /** The requested stop, Infinity when nobody asked; exact once the run is over. */
  get stopNs(): number {
    return this.#fields[0] as number;
  }

  /** This shard's thread will block in `waitForWake`, so it counts among those awake. */
  joinAwake(): void {
    Atomics.add(this.#words, AWAKE_WORD, 1);
  }

  /**
   * Blocks until there is news: true. Or until the time is over, for a thread that has other things to look
   * after: false. Going to sleep and being woken costs some 25 µs, so the thread first looks `spinCount`
   * times, as long as there are cores for all that are awake.
   */
  waitForWake(spinCount: number, coreCount: number, timeoutMs: number = Infinity): boolean {
    const words = this.#words;
    for (let spin = 0; spin < spinCount; spin++) {
      if (this.takeWake()) return true;
      if ((spin & 31) === 0 && Atomics.load(words, AWAKE_WORD) > coreCount) break;
    }
    if (this.takeWake()) return true;
    Atomics.sub(words, AWAKE_WORD, 1);
    let isOver = false;
    let isNews = this.takeWake();
    while (!isNews && !isOver) {
      isOver = Atomics.wait(words, this.#wakeWord, this.#seen, timeoutMs) === 'timed-out';
      isNews = this.takeWake();
    }
    Atomics.add(words, AWAKE_WORD, 1);
    return isNews;
  }

  /** Ends this shard's round, or its building; grants and wakes whoever can go on. */
  finish(report: RoundReport): void {
    const fields = this.#fields;
    this.#lock();
    fields[0] = Math.min(fields[0] as number, report.stopNs);
    for (let shard = 0; shard < this.#count; shard++) {
      const sentNs = report.sentNs[shard] as number;
      const index = 1 + shard * FIELDS + INBOUND;
      if (sentNs < (fields[index] as number)) fields[index] = sentNs;
    }
    const own = 1 + this.shard * FIELDS;
    fields[own + PHASE] = WAITING;
    fields[own + NEXT] = report.nextNs;
    fields[own + CLOCK] = report.clockNs;
    fields[own + EVENTS] = report.events;
    fields[own + ROUNDS] = (fields[own + ROUNDS] as number) + 1;
    const { granted, state } = this.#evaluate();
    this.#unlock();
    if (state !== RunState.running) this.end(state);
    else for (const shard of granted) this.#announce(shard);
  }

  /** Ends the run for all shards; the first state counts. */
  end(state: RunState): void {
    Atomics.compareExchange(this.#words, STATE_WORD, RunState.running, state);
    for (let shard = 0; shard < this.#count; shard++) this.wake(shard);
  }

  /** Lets a shard look at its state. */
  wake(shard: number): void {
    const word = WAKE_WORD + WAKE_STRIDE * shard;
    Atomics.add(this.#words, word, 1);
    Atomics.notify(this.#words, word);
  }

  /** Whether this shard was granted a round since it last asked: a wake may also mean something else. */
  takeGrant(): boolean {
    const grants = Atomics.load(this.#words, this.#wakeWord + GRANT_OFFSET);
    if (grants === this.#grantsTaken) return false;
    this.#grantsTaken = grants;
    return true;
  }

  /** Whether a control call waits for this shard's event loop. */
  get isAttentionWanted(): boolean {
    return Atomics.load(this.#words, this.#wakeWord + ATTENTION_OFFSET) !== 0;
  }

  /** Asks a shard to turn its event loop between rounds, until `releaseAttention`. */
  wantAttention(shard: number): void {
    Atomics.add(this.#words, WAKE_WORD + WAKE_STRIDE * shard + ATTENTION_OFFSET, 1);
    this.wake(shard);
  }

  releaseAttention(shard: number): void {
    Atomics.sub(this.#words, WAKE_WORD + WAKE_STRIDE * shard + ATTENTION_OFFSET, 1);
  }

  /** Tells how far this shard is, in the middle of a round; for progress alone. */
  note(clockNs: number, events: number): void {
    const own = 1 + this.shard * FIELDS;
    this.#fields[own + CLOCK] = clockNs;
    this.#fields[own + EVENTS] = events;
  }

  /** A shard's clock and counts as of its last round; not exact while it runs. */
  progress(shard: number): { clockNs: number; events: number; rounds: number } {
    const at = 1 + shard * FIELDS;
    const fields = this.#fields;
    return {
      clockNs: fields[at + CLOCK] as number,
      events: fields[at + EVENTS] as number,
      rounds: fields[at + ROUNDS] as number,
    };
  }

  #announce(shard: number): void {
    const word = WAKE_WORD + WAKE_STRIDE * shard;
    Atomics.add(this.#words, word + GRANT_OFFSET, 1);
    if (shard === this.shard) Atomics.add(this.#words, word, 1);
    else this.wake(shard);
  }

  /** Computes the horizons of all waiting shards; under the lock. */
  #evaluate(): { granted: readonly number[]; state: RunState } {
    const fields = this.#fields;
    const first = this.#first;
    const count = this.#count;
    let leastNs = Infinity;
    let leastShard = -1;
    let secondNs = Infinity;
    let isAnyRunning = false;
    for (let shard = 0; shard < count; shard++) {
      const at = 1 + shard * FIELDS;
      const firstNs = Math.min(fields[at + NEXT] as number, fields[at + INBOUND] as number);
      first[shard] = firstNs;
      if (fields[at + PHASE] === RUNNING) isAnyRunning = true;
      if (firstNs < leastNs) {
        secondNs = leastNs;
        leastNs = firstNs;
        leastShard = shard;
      } else if (firstNs < secondNs) secondNs = firstNs;
    }
    const stopNs = fields[0] as number;
    if (!isAnyRunning && leastNs >= stopNs) {
      return { granted: [], state: stopNs < Infinity ? RunState.stopped : RunState.idle };
    }
    const granted: number[] = [];
    for (let shard = 0; shard < count; shard++) {
      const at = 1 + shard * FIELDS;
      const firstNs = first[shard] as number;
      if (fields[at + PHASE] === RUNNING || firstNs >= stopNs) continue;
      const othersNs = shard === leastShard ? secondNs : leastNs;
      let horizonNs = Math.min(stopNs, othersNs + this.#greatestNs);
      for (let from = 0; from < count && firstNs < horizonNs; from++) {
        const reachNs = (first[from] as number) + (this.#delayNs[from * count + shard] as number);
        if (reachNs < horizonNs) horizonNs = reachNs;
      }
      if (firstNs >= horizonNs) continue;
      fields[at + PHASE] = RUNNING;
      fields[at + NEXT] = firstNs;
      fields[at + INBOUND] = Infinity;
      fields[at + HORIZON] = horizonNs;
      granted.push(shard);
    }
    return { granted, state: RunState.running };
  }

  /** Three-state lock on a futex: an uncontended lock and unlock cost two atomic operations. */
  #lock(): void {
    const words = this.#words;
    let seen = Atomics.compareExchange(words, LOCK_WORD, LOCK_FREE, LOCK_HELD);
    while (seen !== LOCK_FREE) {
      if (
        seen === LOCK_CONTENDED ||
        Atomics.compareExchange(words, LOCK_WORD, LOCK_HELD, LOCK_CONTENDED) !== LOCK_FREE
      ) {
        const how = Atomics.wait(words, LOCK_WORD, LOCK_CONTENDED, LOCK_TIMEOUT_MS);
        assert(how !== 'timed-out', 'the lock of the rounds is released by its holder');
      }
      seen = Atomics.compareExchange(words, LOCK_WORD, LOCK_FREE, LOCK_CONTENDED);
    }
  }

  #unlock(): void {
    if (Atomics.sub(this.#words, LOCK_WORD, 1) === LOCK_HELD) return;
    Atomics.store(this.#words, LOCK_WORD, LOCK_FREE);
    Atomics.notify(this.#words, LOCK_WORD, 1);
  }
}
