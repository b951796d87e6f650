/**
 * The event queue: a hierarchical timing wheel with a sorted run of events at its front.
 *
 * The wheel reads a time as nine digits of 6 bits. An event lies at the level of the highest digit in
 * which its time differs from the base, in the bucket of that digit, in no order. The first bucket of the
 * lowest level holds what is next. When it holds few events, or one instant's, they are sorted into the
 * run; else the base moves to its beginning and its events fall to lower levels. So an event is moved a
 * few times however many there are, and the levels fit themselves to how dense they lie: an idle day is one
 * step. Why so, and against what it was measured: docs/adr/0017-timing-wheel.md.
 *
 * Everything before `#endNs` is in the run, everything else in the wheel. What is scheduled before
 * `#endNs` is sorted into the run; a run that grows long that way is cut, and its rear goes to the wheel.
 *
 * Buckets are opened only when they begin before the limit that the caller gives, so that what other
 * threads send, which is due at that limit or later, still finds its place in the wheel.
 *
 * All in one class, and keys in typed arrays: this is the innermost loop of a run.
 */
import { assert } from '@podwire/base';
import type { EventBody } from './event.ts';
import {
  DST_WORD,
  KEY_FLOATS,
  KEY_WORDS,
  KeySorter,
  NEXT_WORD,
  PREVIOUS_WORD,
  SEQ_FLOAT,
  SRC_WORD,
  isTieBefore,
} from './event-key.ts';

const BITS = 6;
const WAYS = 1 << BITS;
/** 54 bits of nanoseconds: more than a safe integer has. */
const LEVELS = 9;
/** Levels whose digits lie in the lower 30 bits of a time, which V8 keeps as a small integer. */
const LOW_LEVELS = 5;
const LOW_NS = 2 ** (LOW_LEVELS * BITS);
/** A bucket of up to so many events is sorted as it is. */
const SORT_MAX = 32;
/** A run of more is cut, unless it is of one instant. */
const RUN_MAX = 128;
const FIRST_CAPACITY = 256;
/** No slot, no bucket. */
const NONE = -1;

export class EventQueue {
  // Slots: a key (event-key.ts), a body, which is undefined when the event was cancelled, and its argument.
  #floats = new Float64Array(KEY_FLOATS * FIRST_CAPACITY);
  #words = new Int32Array(this.#floats.buffer);
  readonly #bodies: (EventBody | undefined)[] = [];
  readonly #arguments: unknown[] = [];
  #free = NONE;
  #slotCount = 0;
  #size = 0;
  // The run: times and slots, sorted, from head up to tail. It covers the bucket of its level at the base.
  #runAt = new Float64Array(FIRST_CAPACITY);
  #runSlot = new Int32Array(FIRST_CAPACITY);
  #runHead = 0;
  #runTail = 0;
  #runLevel = 0;
  readonly #sorter = new KeySorter();
  #endNs = 0;
  // The base: its digits above the lower levels', as a number and as a time, and the lower ones.
  #baseHigh = 0;
  #baseHighNs = 0;
  #baseLow = 0;
  // Buckets: level * WAYS + digit.
  readonly #first = new Int32Array(LEVELS * WAYS).fill(NONE);
  readonly #last = new Int32Array(LEVELS * WAYS).fill(NONE);
  readonly #counts = new Int32Array(LEVELS * WAYS);
  /** A bit for every bucket that holds something: two words per level; and one for every such level. */
  readonly #map = new Int32Array(LEVELS * 2);
  #levels = 0;
  // The full bucket where `nextNs` looked last, and what it found.
  #seenBucket = NONE;
  #seenNs = 0;

  // The event that `takeBefore` took out.
  atNs = 0;
  dst = 0;
  src = 0;
  srcSeq = 0;
  argument: unknown = undefined;

  /** Events that wait. */
  get size(): number {
    return this.#size;
  }

  /** Time of the first event, Infinity when there is none. */
  get nextNs(): number {
    this.#dropCancelled();
    if (this.#runHead < this.#runTail) return this.#runAt[this.#runHead] as number;
    if (this.#levels === 0) return Infinity;
    const bucket = this.#firstBucket();
    if (bucket === this.#seenBucket) return this.#seenNs;
    const atNs = this.#leastOf(bucket);
    if ((this.#counts[bucket] as number) > SORT_MAX) {
      this.#seenBucket = bucket;
      this.#seenNs = atNs;
    }
    return atNs;
  }

  /** Returns the slot, which `cancel` needs. */
  push(
    atNs: number,
    dst: number,
    src: number,
    srcSeq: number,
    body: EventBody,
    argument?: unknown,
  ): number {
    const slot = this.#takeSlot();
    const floats = this.#floats;
    const words = this.#words;
    floats[KEY_FLOATS * slot] = atNs;
    floats[KEY_FLOATS * slot + SEQ_FLOAT] = srcSeq;
    words[KEY_WORDS * slot + DST_WORD] = dst;
    words[KEY_WORDS * slot + SRC_WORD] = src;
    this.#bodies[slot] = body;
    this.#arguments[slot] = argument;
    this.#size++;
    if (atNs >= this.#endNs) this.#link(atNs, slot);
    else {
      this.#insert(atNs, slot);
      if (this.#runTail - this.#runHead > RUN_MAX && this.#runLevel > 0) this.#cutRun();
    }
    return slot;
  }

  /**
   * Takes out the first event if it is due before the limit, and leaves its key and argument in `atNs`,
   * `dst`, `src`, `srcSeq`, `argument`. Undefined when there is none.
   */
  takeBefore(limitNs: number): EventBody | undefined {
    for (;;) {
      if (this.#runHead === this.#runTail && !this.#openBucket(limitNs)) return undefined;
      const head = this.#runHead;
      const atNs = this.#runAt[head] as number;
      if (atNs >= limitNs) return undefined;
      const slot = this.#runSlot[head] as number;
      this.#runHead = head + 1;
      const body = this.#bodies[slot];
      if (body !== undefined) {
        this.atNs = atNs;
        this.srcSeq = this.#floats[KEY_FLOATS * slot + SEQ_FLOAT] as number;
        this.dst = this.#words[KEY_WORDS * slot + DST_WORD] as number;
        this.src = this.#words[KEY_WORDS * slot + SRC_WORD] as number;
        this.argument = this.#arguments[slot];
        this.#size--;
        this.#freeSlot(slot);
        return body;
      }
      this.#freeSlot(slot);
    }
  }

  /** Forgets an event that waits. Slots are used again: only who knows that it waits may cancel. */
  cancel(slot: number): void {
    assert(this.#bodies[slot] !== undefined, 'an event that waits is cancelled');
    this.#size--;
    const atNs = this.#floats[KEY_FLOATS * slot] as number;
    if (atNs >= this.#endNs) {
      this.#unlink(atNs, slot);
      this.#freeSlot(slot);
    } else {
      // In the run: dropped when its turn comes.
      this.#bodies[slot] = undefined;
      this.#arguments[slot] = undefined;
    }
  }

  #takeSlot(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#words[KEY_WORDS * free + NEXT_WORD] as number;
      return free;
    }
    const slot = this.#slotCount++;
    if (KEY_FLOATS * slot === this.#floats.length) {
      const floats = new Float64Array(this.#floats.length * 2);
      floats.set(this.#floats);
      this.#floats = floats;
      this.#words = new Int32Array(floats.buffer);
    }
    return slot;
  }

  #freeSlot(slot: number): void {
    this.#bodies[slot] = undefined;
    this.#arguments[slot] = undefined;
    this.#words[KEY_WORDS * slot + NEXT_WORD] = this.#free;
    this.#free = slot;
  }

  /** Brings the first bucket, or what falls out of it, into the empty run; false when it begins too late. */
  #openBucket(limitNs: number): boolean {
    while (this.#levels !== 0) {
      const bucket = this.#firstBucket();
      const level = bucket >>> BITS;
      if (!this.#moveBase(level, bucket & (WAYS - 1), limitNs)) return false;
      const first = this.#first[bucket] as number;
      const count = this.#counts[bucket] as number;
      this.#noteEmpty(bucket);
      this.#runLevel = level;
      this.#endNs = this.#baseHighNs + this.#baseLow;
      if (count <= SORT_MAX || level === 0) {
        this.#endNs += 2 ** (BITS * level);
        this.#fillRun(first, count);
        return true;
      }
      this.#scatter(first);
    }
    return false;
  }

  #firstBucket(): number {
    const level = lowestBit(this.#levels);
    const half = this.#map[2 * level] === 0 ? 1 : 0;
    return level * WAYS + half * 32 + lowestBit(this.#map[2 * level + half] as number);
  }

  /** Moves the base to the beginning of a bucket, unless that is at the limit or later. */
  #moveBase(level: number, digit: number, limitNs: number): boolean {
    if (level < LOW_LEVELS) {
      const shift = level * BITS;
      const low = (this.#baseLow & ~((WAYS << shift) - 1)) | (digit << shift);
      if (this.#baseHighNs + low >= limitNs) return false;
      this.#baseLow = low;
      return true;
    }
    const shift = (level - LOW_LEVELS) * BITS;
    const high = (this.#baseHigh & ~((WAYS << shift) - 1)) | (digit << shift);
    if (high * LOW_NS >= limitNs) return false;
    this.#baseHigh = high;
    this.#baseHighNs = high * LOW_NS;
    this.#baseLow = 0;
    return true;
  }

  /** The bucket of a time that is not before the base. */
  #bucketOf(atNs: number): number {
    const lowNs = atNs - this.#baseHighNs;
    if (lowNs < LOW_NS) {
      const level = highestDigit(lowNs ^ this.#baseLow);
      return level * WAYS + ((lowNs >>> (level * BITS)) & (WAYS - 1));
    }
    const high = Math.floor(atNs / LOW_NS);
    const level = highestDigit(high ^ this.#baseHigh);
    return (level + LOW_LEVELS) * WAYS + ((high >>> (level * BITS)) & (WAYS - 1));
  }

  #link(atNs: number, slot: number): void {
    const words = this.#words;
    const bucket = this.#bucketOf(atNs);
    const last = this.#last[bucket] as number;
    words[KEY_WORDS * slot + NEXT_WORD] = NONE;
    words[KEY_WORDS * slot + PREVIOUS_WORD] = last;
    this.#last[bucket] = slot;
    if (last === NONE) {
      this.#first[bucket] = slot;
      const word = bucket >>> 5;
      this.#map[word] = (this.#map[word] as number) | (1 << (bucket & 31));
      this.#levels |= 1 << (bucket >>> BITS);
    } else words[KEY_WORDS * last + NEXT_WORD] = slot;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    if (bucket === this.#seenBucket && atNs < this.#seenNs) this.#seenNs = atNs;
  }

  #unlink(atNs: number, slot: number): void {
    const words = this.#words;
    const bucket = this.#bucketOf(atNs);
    const next = words[KEY_WORDS * slot + NEXT_WORD] as number;
    const previous = words[KEY_WORDS * slot + PREVIOUS_WORD] as number;
    if (next === NONE) this.#last[bucket] = previous;
    else words[KEY_WORDS * next + PREVIOUS_WORD] = previous;
    if (previous === NONE) this.#first[bucket] = next;
    else words[KEY_WORDS * previous + NEXT_WORD] = next;
    const count = (this.#counts[bucket] as number) - 1;
    this.#counts[bucket] = count;
    if (count === 0) this.#noteEmpty(bucket);
    else if (bucket === this.#seenBucket && atNs === this.#seenNs) this.#seenBucket = NONE;
  }

  #noteEmpty(bucket: number): void {
    this.#first[bucket] = NONE;
    this.#last[bucket] = NONE;
    this.#counts[bucket] = 0;
    if (bucket === this.#seenBucket) this.#seenBucket = NONE;
    const map = this.#map;
    const word = bucket >>> 5;
    const left = (map[word] as number) & ~(1 << (bucket & 31));
    map[word] = left;
    if (left === 0 && map[word ^ 1] === 0) this.#levels &= ~(1 << (bucket >>> BITS));
  }

  /** Puts the events of a bucket where they belong now that the base is its beginning. */
  #scatter(first: number): void {
    const words = this.#words;
    const floats = this.#floats;
    let slot = first;
    while (slot !== NONE) {
      const next = words[KEY_WORDS * slot + NEXT_WORD] as number;
      this.#link(floats[KEY_FLOATS * slot] as number, slot);
      slot = next;
    }
  }

  #leastOf(bucket: number): number {
    const words = this.#words;
    let least = Infinity;
    let slot = this.#first[bucket] as number;
    while (slot !== NONE) {
      least = Math.min(least, this.#floats[KEY_FLOATS * slot] as number);
      slot = words[KEY_WORDS * slot + NEXT_WORD] as number;
    }
    return least;
  }

  #fillRun(first: number, count: number): void {
    if (count > this.#runAt.length) this.#growRun(count);
    const words = this.#words;
    const floats = this.#floats;
    const at = this.#runAt;
    const slots = this.#runSlot;
    let index = 0;
    for (let slot = first; slot !== NONE; slot = words[KEY_WORDS * slot + NEXT_WORD] as number) {
      at[index] = floats[KEY_FLOATS * slot] as number;
      slots[index] = slot;
      index++;
    }
    this.#runHead = 0;
    this.#runTail = count;
    if (count > 1) this.#sorter.sort(at, slots, count, words, floats);
  }

  /** Puts an event into the run where it belongs, from the nearer end. */
  #insert(atNs: number, slot: number): void {
    const head = this.#runHead;
    const middle = (head + this.#runTail) >> 1;
    // Before the head is room once something was taken.
    const isNearHead = head > 0 && middle < this.#runTail && !this.#isBefore(middle, atNs, slot);
    if (!isNearHead && this.#runTail === this.#runAt.length) this.#makeRoom();
    const at = this.#runAt;
    const slots = this.#runSlot;
    let index: number;
    if (isNearHead) {
      index = --this.#runHead;
      while (this.#isBefore(index + 1, atNs, slot)) {
        at[index] = at[index + 1] as number;
        slots[index] = slots[index + 1] as number;
        index++;
      }
    } else {
      index = this.#runTail++;
      while (index > this.#runHead && !this.#isBefore(index - 1, atNs, slot)) {
        at[index] = at[index - 1] as number;
        slots[index] = slots[index - 1] as number;
        index--;
      }
    }
    at[index] = atNs;
    slots[index] = slot;
  }

  /** Whether the event at `index` of the run comes before another one. */
  #isBefore(index: number, atNs: number, slot: number): boolean {
    const ownNs = this.#runAt[index] as number;
    if (ownNs !== atNs) return ownNs < atNs;
    return isTieBefore(this.#words, this.#floats, this.#runSlot[index] as number, slot);
  }

  /** The run has reached the end of its arrays: moves it to their beginning, or makes them bigger. */
  #makeRoom(): void {
    const length = this.#runTail - this.#runHead;
    if (length * 2 > this.#runAt.length) this.#growRun(this.#runAt.length * 2);
    this.#runAt.copyWithin(0, this.#runHead, this.#runTail);
    this.#runSlot.copyWithin(0, this.#runHead, this.#runTail);
    this.#runHead = 0;
    this.#runTail = length;
  }

  #growRun(count: number): void {
    let capacity = this.#runAt.length;
    while (capacity < count) capacity *= 2;
    const at = new Float64Array(capacity);
    const slots = new Int32Array(capacity);
    at.set(this.#runAt);
    slots.set(this.#runSlot);
    this.#runAt = at;
    this.#runSlot = slots;
  }

  /** Leaves in the run what lies in its first bucket of a lower level, so low that it gets short. */
  #cutRun(): void {
    const firstNs = this.#runAt[this.#runHead] as number;
    // Scheduled from outside for before the base: the wheel knows no buckets there.
    if (firstNs < this.#baseHighNs + this.#baseLow) return;
    while (this.#runTail - this.#runHead > RUN_MAX && this.#runLevel > 0) {
      const unitNs = 2 ** (BITS * --this.#runLevel);
      const baseNs = firstNs - (firstNs % unitNs);
      this.#baseHigh = Math.floor(baseNs / LOW_NS);
      this.#baseHighNs = this.#baseHigh * LOW_NS;
      this.#baseLow = baseNs - this.#baseHighNs;
      this.#endNs = baseNs + unitNs;
      this.#returnRear();
    }
  }

  /** Gives to the wheel what lies in the run and no longer belongs there. */
  #returnRear(): void {
    while (this.#runTail > this.#runHead) {
      const atNs = this.#runAt[this.#runTail - 1] as number;
      if (atNs < this.#endNs) return;
      const slot = this.#runSlot[--this.#runTail] as number;
      if (this.#bodies[slot] === undefined) this.#freeSlot(slot);
      else this.#link(atNs, slot);
    }
  }

  #dropCancelled(): void {
    while (this.#runHead < this.#runTail) {
      const slot = this.#runSlot[this.#runHead] as number;
      if (this.#bodies[slot] !== undefined) return;
      this.#runHead++;
      this.#freeSlot(slot);
    }
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** The highest digit of up to 30 bits that is not zero; 0 when all are. The product divides by 6. */
function highestDigit(bits: number): number {
  return ((31 - Math.clz32(bits | 1)) * 43) >>> 8;
}
