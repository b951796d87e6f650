/**
 * Ratios say which side is better, whatever the unit; pairs change their order.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pairs, rowOf } from './peer.ts';

test('a ratio above 1 means that podwire is better', () => {
  const rate = rowOf('packets', 'per CPU s', [
    [300, 100],
    [200, 100],
    [400, 100],
  ]);
  assert.equal(rate.ratio, 3);
  assert.equal(rate.podwire, 300);
  assert.equal(rate.peer, 100);
  const time = rowOf('bring-up', 's', [[2, 10]], { isLessBetter: true });
  assert.equal(time.ratio, 5);
});

test('pairs are taken in turn, in changing order', () => {
  const order: string[] = [];
  const take = (side: string) => (): number => order.push(side);
  assert.deepEqual(pairs(3, take('a'), take('b')), [
    [1, 2],
    [4, 3],
    [5, 6],
  ]);
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b']);
});
