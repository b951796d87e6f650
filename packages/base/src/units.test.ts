/**
 * Durations, quantities, random streams, the heap, suggestions.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Heap,
  Rng,
  formatDurationNs,
  parseDurationNs,
  parseQuantityMilli,
  suggest,
} from './index.ts';

test('durations in Go form', () => {
  const rows: [string, number, string][] = [
    ['0', 0, '0s'],
    ['250ms', 250_000_000, '250ms'],
    ['1m30s', 90e9, '1m30s'],
    ['1.5h', 5400e9, '1h30m0s'],
    ['10us', 10_000, '10µs'],
  ];
  for (const [text, ns, printed] of rows) {
    assert.equal(parseDurationNs(text), ns);
    assert.equal(formatDurationNs(ns), printed);
  }
  for (const text of ['', '10', 's', '1d', '-1s', '1 s'])
    assert.equal(parseDurationNs(text), undefined);
});

test('quantities in thousandths', () => {
  const rows: [string, number | undefined][] = [
    ['500m', 500],
    ['2', 2000],
    ['0.5', 500],
    ['1Gi', 2 ** 30 * 1000],
    ['1k', 1_000_000],
    ['1e3', 1_000_000],
    ['100n', 1],
    ['', undefined],
    ['1Kb', undefined],
    ['abc', undefined],
  ];
  for (const [text, milli] of rows) assert.equal(parseQuantityMilli(text), milli, text);
});

test('a stream is its name, and forks are independent of draws', () => {
  const one = new Rng('seed/node-1/x');
  const two = new Rng('seed/node-1/x');
  const fork = one.fork('y').uint32();
  assert.equal(one.uint32(), two.uint32());
  two.uint32();
  assert.equal(two.fork('y').uint32(), fork);
  assert.notEqual(new Rng('seed/node-2/x').uint32(), new Rng('seed/node-1/x').uint32());
});

test('draws stay in their bounds and reach them', () => {
  const rng = new Rng('bounds');
  const seen = new Set<number>();
  for (let index = 0; index < 500; index++) seen.add(rng.between(3, 9));
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [3, 4, 5, 6, 7, 8, 9],
  );
  const wide = rng.between(0, 2 ** 45);
  assert.ok(Number.isSafeInteger(wide) && wide <= 2 ** 45);
});

test('the heap gives its items in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (items) => {
      const heap = new Heap<number>((a, b) => a < b);
      for (const item of items) heap.push(item);
      const out = items.map(() => heap.pop());
      assert.deepEqual(
        out,
        items.toSorted((a, b) => a - b),
      );
      assert.equal(heap.size, 0);
    }),
  );
});

test('suggestions for near misses only', () => {
  assert.equal(suggest('targetport', ['port', 'targetPort', 'nodePort']), 'targetPort');
  assert.equal(suggest('selectr', ['selector', 'ports']), 'selector');
  assert.equal(suggest('wiat', ['wait', 'run']), 'wait');
  assert.equal(suggest('fail', ['wait', 'run']), undefined);
  assert.equal(suggest('banana', ['selector', 'ports']), undefined);
});
