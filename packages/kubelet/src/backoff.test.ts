/**
 * Restart back-off: 10 s, 20, 40, 80, 160, 300, 300; reset after 10 minutes of peace.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC } from '@podwire/base';
import { Backoff } from './backoff.ts';

test('doubles to five minutes', () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 7 }, () => backoff.next('c', 0) / NS_PER_SEC);
  assert.deepEqual(delays, [10, 20, 40, 80, 160, 300, 300]);
});

test('is forgotten after ten minutes without failure', () => {
  const backoff = new Backoff();
  backoff.next('c', 0);
  backoff.next('c', 0);
  assert.equal(backoff.currentNs('c', 600 * NS_PER_SEC), 20 * NS_PER_SEC);
  assert.equal(backoff.currentNs('c', 601 * NS_PER_SEC), 0);
  assert.equal(backoff.next('c', 601 * NS_PER_SEC), 10 * NS_PER_SEC);
});
