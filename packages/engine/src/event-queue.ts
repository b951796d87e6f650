/**
 * The event queue: a four-ary heap over typed arrays.
 *
 * The heap proper holds times and slot numbers; the rest of a key and the body lie in slots that do
 * not move, so that sifting touches twelve bytes per level. Measured against a heap of objects in
 * bench: README.md.
 *
 * Cancelled timers stay where they are and are dropped when they come to the top, or all at once when
 * they are more than half of the heap.
 */
import { assert } from '@podwire/base';
import type { EventBody } from './event.ts';
import { QueuedTimer } from './timer.ts';

const FIRST_CAPACITY = 256;
/** Below this many entries void ones are not worth a sweep. */
const SWEEP_MIN = 1024;

export class EventQueue {
  // The heap, in heap order.
  #at = new Float64Array(FIRST_CAPACITY);
  #slot = new Int32Array(FIRST_CAPACITY);
  #size = 0;
  // Slots.
  #dst = new Int32Array(FIRST_CAPACITY);
  #src = new Int32Array(FIRST_CAPACITY);
  #seq = new Float64Array(FIRST_CAPACITY);
  #body: (EventBody | undefined)[] = [];
  #free = new Int32Array(FIRST_CAPACITY);
  #freeCount = 0;
  #slotCount = 0;
  #cancelled = 0;

  // The event that `pop` took out.
  atNs = 0;
  dst = 0;
  src = 0;
  srcSeq = 0;

  /** Entries, void ones included. */
  get size(): number {
    return this.#size;
  }

  /** Time of the first event, Infinity when there is none. */
  get nextNs(): number {
    if (this.#cancelled > 0) this.#dropVoidTop();
    return this.#size === 0 ? Infinity : (this.#at[0] as number);
  }

  push(atNs: number, dst: number, src: number, srcSeq: number, body: EventBody): void {
    let slot: number;
    if (this.#freeCount > 0) slot = this.#free[--this.#freeCount] as number;
    else {
      slot = this.#slotCount++;
      if (slot === this.#dst.length) this.#grow();
    }
    this.#dst[slot] = dst;
    this.#src[slot] = src;
    this.#seq[slot] = srcSeq;
    this.#body[slot] = body;
    this.#siftUp(this.#size++, atNs, slot);
  }

  /**
   * Takes the first event out and leaves its key in `atNs`, `dst`, `src`, `srcSeq`. The caller has looked
   * at `nextNs` before, so the first event is a live one.
   */
  pop(): EventBody {
    assert(this.#size > 0, 'an event to pop');
    const slot = this.#slot[0] as number;
    this.atNs = this.#at[0] as number;
    this.dst = this.#dst[slot] as number;
    this.src = this.#src[slot] as number;
    this.srcSeq = this.#seq[slot] as number;
    return this.#removeTop(slot);
  }

  /** A timer in the queue became void. */
  noteCancelled(): void {
    this.#cancelled++;
    if (this.#cancelled * 2 > this.#size && this.#size >= SWEEP_MIN) this.#sweep();
  }

  #removeTop(slot: number): EventBody {
    const body = this.#body[slot] as EventBody;
    this.#body[slot] = undefined;
    this.#free[this.#freeCount++] = slot;
    const last = --this.#size;
    if (last > 0) this.#siftDown(0, this.#at[last] as number, this.#slot[last] as number);
    return body;
  }

  #dropVoidTop(): void {
    while (this.#size > 0) {
      const slot = this.#slot[0] as number;
      const body = this.#body[slot];
      if (!(body instanceof QueuedTimer) || body.isPending) return;
      this.#cancelled--;
      this.#removeTop(slot);
    }
  }

  #sweep(): void {
    let kept = 0;
    for (let index = 0; index < this.#size; index++) {
      const slot = this.#slot[index] as number;
      const body = this.#body[slot];
      if (body instanceof QueuedTimer && !body.isPending) {
        this.#body[slot] = undefined;
        this.#free[this.#freeCount++] = slot;
        continue;
      }
      this.#at[kept] = this.#at[index] as number;
      this.#slot[kept] = slot;
      kept++;
    }
    this.#size = kept;
    this.#cancelled = 0;
    for (let index = (kept - 2) >> 2; index >= 0; index--) {
      this.#siftDown(index, this.#at[index] as number, this.#slot[index] as number);
    }
  }

  #siftUp(from: number, atNs: number, slot: number): void {
    const at = this.#at;
    const slots = this.#slot;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      const above = at[parent] as number;
      if (above < atNs) break;
      if (above === atNs && this.#tieBefore(slots[parent] as number, slot)) break;
      at[index] = above;
      slots[index] = slots[parent] as number;
      index = parent;
    }
    at[index] = atNs;
    slots[index] = slot;
  }

  #siftDown(from: number, atNs: number, slot: number): void {
    const at = this.#at;
    const slots = this.#slot;
    const size = this.#size;
    let index = from;
    for (;;) {
      const first = 4 * index + 1;
      if (first >= size) break;
      let child = first;
      let least = at[first] as number;
      const end = first + 4 < size ? first + 4 : size;
      for (let other = first + 1; other < end; other++) {
        const value = at[other] as number;
        if (value > least) continue;
        if (value === least && !this.#tieBefore(slots[other] as number, slots[child] as number)) {
          continue;
        }
        child = other;
        least = value;
      }
      if (least > atNs) break;
      if (least === atNs && this.#tieBefore(slot, slots[child] as number)) break;
      at[index] = least;
      slots[index] = slots[child] as number;
      index = child;
    }
    at[index] = atNs;
    slots[index] = slot;
  }

  /** The order of two events of the same instant; two equal keys are a fault of podwire. */
  #tieBefore(left: number, right: number): boolean {
    const byDst = (this.#dst[left] as number) - (this.#dst[right] as number);
    if (byDst !== 0) return byDst < 0;
    const bySrc = (this.#src[left] as number) - (this.#src[right] as number);
    if (bySrc !== 0) return bySrc < 0;
    const bySeq = (this.#seq[left] as number) - (this.#seq[right] as number);
    assert(bySeq !== 0, 'two events with the same key');
    return bySeq < 0;
  }

  #grow(): void {
    const capacity = this.#dst.length * 2;
    this.#at = widen(this.#at, new Float64Array(capacity));
    this.#slot = widen(this.#slot, new Int32Array(capacity));
    this.#dst = widen(this.#dst, new Int32Array(capacity));
    this.#src = widen(this.#src, new Int32Array(capacity));
    this.#seq = widen(this.#seq, new Float64Array(capacity));
    this.#free = widen(this.#free, new Int32Array(capacity));
  }
}

function widen<T extends Float64Array | Int32Array>(old: T, wide: T): T {
  wide.set(old);
  return wide;
}
