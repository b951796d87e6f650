/**
 * The event queue against a sorted array.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SELF_SOURCE } from './event.ts';
import { EventQueue } from './event-queue.ts';

type Key = readonly [at: number, dst: number, src: number, seq: number];

function compareKeys(left: Key, right: Key): number {
  for (let index = 0; index < 4; index++) {
    const by = (left[index] ?? 0) - (right[index] ?? 0);
    if (by !== 0) return by;
  }
  return 0;
}

const nothing = (): void => undefined;

/** The plain twin: all events in one array, sorted whenever it is asked. */
class PlainQueue {
  readonly #entries: { key: Key; slot: number }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  get nextNs(): number {
    return this.#sorted()[0]?.key[0] ?? Infinity;
  }

  push(key: Key, slot: number): void {
    this.#entries.push({ key, slot });
  }

  takeBefore(limitNs: number): Key | undefined {
    const first = this.#sorted()[0];
    if (first === undefined || first.key[0] >= limitNs) return undefined;
    this.#entries.shift();
    return first.key;
  }

  /** Slot of the event at a place in the order. */
  remove(index: number): number | undefined {
    return this.#sorted().splice(index, 1)[0]?.slot;
  }

  #sorted(): { key: Key; slot: number }[] {
    return this.#entries.sort((left, right) => compareKeys(left.key, right.key));
  }
}

/** Both queues at once; every answer is compared. */
class Pair {
  readonly queue = new EventQueue();
  readonly plain = new PlainQueue();
  nowNs = 0;
  #seq = 0;

  push(delayNs: number, dst: number, src: number): void {
    const key: Key = [this.nowNs + delayNs, dst, src, this.#seq++];
    this.plain.push(key, this.queue.push(...key, nothing, key));
  }

  take(limitNs: number): boolean {
    const { queue, plain } = this;
    const expected = plain.takeBefore(limitNs);
    const body = queue.takeBefore(limitNs);
    assert.equal(body, expected === undefined ? undefined : nothing);
    assert.equal(queue.size, plain.size);
    if (expected === undefined) return false;
    assert.deepEqual([queue.atNs, queue.dst, queue.src, queue.srcSeq], expected);
    assert.equal(queue.argument, expected);
    [this.nowNs] = expected;
    return true;
  }

  cancel(index: number): void {
    const slot = this.plain.remove(index);
    if (slot !== undefined) this.queue.cancel(slot);
  }

  lookAhead(): void {
    assert.equal(this.queue.nextNs, this.plain.nextNs);
  }
}

/** From now to days from now, with many equal ones. */
const delays = fc.oneof(
  fc.constantFrom(0, 1, 50_000, 50_000, 1_000_000_000, 86_400_000_000_000),
  fc.nat(40),
  fc.nat(5000),
  fc.nat(3_000_000),
  fc.nat(2 ** 31 - 1).map((value) => value * 4096),
);

const pushes = fc.record({
  kind: fc.constant('push' as const),
  delayNs: delays,
  dst: fc.nat(3),
  src: fc.constantFrom(0, 1, 2, SELF_SOURCE),
  count: fc.constantFrom(1, 1, 1, 3, 40, 150),
  stepNs: fc.constantFrom(0, 0, 1, 7, 1000),
});

const steps = fc.oneof(
  { weight: 4, arbitrary: pushes },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('until' as const), spanNs: delays }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), index: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
);

test('events come out in the order of their keys, however pushes, takes and cancels mix', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), (list) => {
      const pair = new Pair();
      for (const step of list) {
        switch (step.kind) {
          case 'push':
            // Backwards, so that they come in disorder.
            for (let index = step.count; index > 0; index--) {
              pair.push(step.delayNs + index * step.stepNs, (step.dst + index) % 5, step.src);
            }
            break;
          case 'take':
            for (let index = 0; index < step.count; index++) pair.take(Infinity);
            break;
          case 'until': {
            // As a shard does between two rounds: what others send is due at the horizon or later.
            const limitNs = pair.nowNs + step.spanNs;
            while (pair.take(limitNs));
            pair.lookAhead();
            pair.nowNs = limitNs;
            break;
          }
          case 'cancel':
            pair.cancel(step.index);
            break;
          case 'look':
            pair.lookAhead();
        }
      }
      while (pair.take(Infinity)) pair.lookAhead();
      assert.equal(pair.queue.nextNs, Infinity);
    }),
  );
});

test('two equal keys assert', () => {
  const queue = new EventQueue();
  queue.push(1, 2, 3, 4, nothing);
  queue.push(1, 2, 3, 4, nothing);
  assert.throws(() => queue.takeBefore(Infinity), /two events with the same key/);
});

test('slots of cancelled events are used again', () => {
  const queue = new EventQueue();
  const slots = new Set<number>();
  for (let index = 0; index < 20_000; index++) {
    const slot = queue.push(index * 1000, 0, 0, index, nothing);
    slots.add(slot);
    if (index % 100 !== 0) queue.cancel(slot);
  }
  assert.equal(queue.size, 200);
  assert.equal(slots.size, 201);
  let count = 0;
  while (queue.takeBefore(Infinity) !== undefined) {
    assert.equal(queue.atNs, 100_000 * count);
    count++;
  }
  assert.equal(count, 200);
});

test('what looks at the next time again and again does not walk a full bucket each time', () => {
  const queue = new EventQueue();
  for (let index = 0; index < 50_000; index++) queue.push(1e9 + index, 0, 0, index, nothing);
  let seen = 0;
  for (let round = 0; round < 50_000; round++) {
    queue.push(round, 1, 0, round, nothing);
    queue.takeBefore(round + 1);
    seen += queue.nextNs;
  }
  assert.equal(seen, 50_000 * 1e9);
});
