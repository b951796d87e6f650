/**
 * The workloads do what they say, and the yardstick does not change.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile } from './measure.ts';
import { runReference } from './reference.ts';
import { prepareTcpShort } from './workloads/tcp-short.ts';
import { prepareUdpStar } from './workloads/udp-star.ts';

test('every datagram arrives, the same way each time', () => {
  const options = { hostCount: 5, datagramsPerHost: 20 };
  const work = prepareUdpStar(options)();
  assert.equal(work.items, 100);
  assert.ok(work.packets >= 100 && work.events > work.packets);
  assert.deepEqual(prepareUdpStar(options)(), work);
});

test('every connection ends', () => {
  const work = prepareTcpShort({ hostCount: 4, connectionsPerPair: 3 })();
  assert.equal(work.items, 6);
  // Handshake 3, data and its end at least 4.
  assert.ok(work.packets >= 6 * 7);
});

test('the reference loop computes what it always did', () => {
  assert.equal(runReference(100_000), REFERENCE_100_000);
});

test('median and quantiles', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(quantile([1, 2, 3, 4, 5], 0.25), 2);
});

const REFERENCE_100_000 = 204832406;
