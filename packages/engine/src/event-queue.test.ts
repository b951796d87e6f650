/**
 * The event queue against a sorted array.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventQueue } from './event-queue.ts';
import { QueuedTimer } from './timer.ts';

type Key = [at: number, dst: number, src: number, seq: number];

function compareKeys(left: Key, right: Key): number {
  for (let index = 0; index < 4; index++) {
    const by = (left[index] ?? 0) - (right[index] ?? 0);
    if (by !== 0) return by;
  }
  return 0;
}

function popKey(queue: EventQueue): Key {
  queue.pop();
  return [queue.atNs, queue.dst, queue.src, queue.srcSeq];
}

const keys = fc.array(
  fc.record({ at: fc.nat(6), dst: fc.nat(3), src: fc.nat(3), isPop: fc.boolean() }),
  { maxLength: 400 },
);

test('events come out in the order of their keys, however pushes and pops mix', () => {
  fc.assert(
    fc.property(keys, (steps) => {
      const queue = new EventQueue();
      const plain: Key[] = [];
      let seq = 0;
      for (const step of steps) {
        const key: Key = [step.at, step.dst, step.src, seq++];
        queue.push(...key, () => undefined);
        plain.push(key);
        if (!step.isPop) continue;
        plain.sort(compareKeys);
        assert.deepEqual(popKey(queue), plain.shift());
      }
      plain.sort(compareKeys);
      for (const key of plain) {
        assert.equal(queue.nextNs, key[0]);
        assert.deepEqual(popKey(queue), key);
      }
      assert.equal(queue.nextNs, Infinity);
    }),
  );
});

test('two equal keys assert', () => {
  const queue = new EventQueue();
  queue.push(1, 2, 3, 4, () => undefined);
  assert.throws(() => queue.push(1, 2, 3, 4, () => undefined), /two events with the same key/);
});

test('cancelled timers never come out, and do not pile up', () => {
  const queue = new EventQueue();
  const live: number[] = [];
  let sizeMax = 0;
  for (let index = 0; index < 20_000; index++) {
    const timer = new QueuedTimer(index, () => undefined, queue);
    queue.push(index, 0, 0, index, timer);
    if (index % 100 === 0) live.push(index);
    else timer.cancel();
    if (!timer.isPending) timer.cancel();
    sizeMax = Math.max(sizeMax, queue.size);
  }
  assert.ok(sizeMax < 2048, `${sizeMax} entries for 200 live ones`);
  const seen: number[] = [];
  while (queue.nextNs !== Infinity) {
    queue.pop();
    seen.push(queue.atNs);
  }
  assert.deepEqual(seen, live);
  assert.equal(queue.size, 0);
});
