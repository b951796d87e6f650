/**
 * The ring against a plain list, and how far back it reaches.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC } from '@podwire/base';
import fc from 'fast-check';
import { type StoreEvent, WatchCache } from './watch-cache.ts';

const OBJECT = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };

function eventOf(version: number, atNs: number): StoreEvent {
  return { type: 'MODIFIED', object: OBJECT, before: OBJECT, version, atNs };
}

/** Events a second, for so many of them. */
function filled(count: number, perSec: number, cache = new WatchCache(), from = 0): WatchCache {
  for (let number = 1; number <= count; number++) {
    const version = from + number;
    cache.push(eventOf(version, Math.floor((version * NS_PER_SEC) / perSec)));
  }
  return cache;
}

test('of old events a hundred stay', () => {
  const cache = filled(5_000, 1);
  assert.equal(cache.forgotten, 4_900);
  assert.equal(cache.since(cache.forgotten).length, 100);
});

test('of fresh events all stay, up to the greatest capacity', () => {
  assert.equal(filled(25_600, 1_000).forgotten, 0);
  assert.equal(filled(30_000, 1_000).forgotten, 4_400);
});

test('what grew in a busy time shrinks in a quiet one', () => {
  const cache = filled(5_000, 1_000);
  const quietNs = 3600 * NS_PER_SEC;
  for (let number = 1; number <= 20_000; number++) {
    cache.push(eventOf(5_000 + number, quietNs + number * 10 * NS_PER_SEC));
  }
  assert.equal(cache.since(cache.forgotten).length, 100);
});

test('nothing of the last 75 seconds is forgotten, and what is kept is the end of what came', () => {
  const step = fc.record({
    count: fc.integer({ min: 1, max: 400 }),
    gapNs: fc.constantFrom(0, NS_PER_SEC / 100, NS_PER_SEC, 60 * NS_PER_SEC),
    compactTo: fc.option(fc.integer({ min: 0, max: 3_000 }), { freq: 10 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const cache = new WatchCache();
      let all: StoreEvent[] = [];
      let [version, nowNs, compactedTo] = [0, 0, 0];
      for (const { count, gapNs, compactTo } of steps) {
        for (let number = 0; number < count; number++) {
          version++;
          nowNs += gapNs;
          const event = eventOf(version, nowNs);
          all.push(event);
          cache.push(event);
        }
        if (compactTo !== null && compactTo <= version) {
          cache.compact(compactTo);
          compactedTo = Math.max(compactedTo, compactTo);
          all = all.filter((event) => event.version > compactTo);
        }
        const kept = cache.since(cache.forgotten);
        assert.deepEqual(kept, all.slice(all.length - kept.length));
        const lost = all.slice(0, all.length - kept.length);
        assert.equal(cache.forgotten, Math.max(compactedTo, lost.at(-1)?.version ?? 0));
        const fresh = lost.filter((event) => event.atNs > nowNs - 75 * NS_PER_SEC);
        assert.deepEqual(fresh, []);
        const middle = kept[Math.floor(kept.length / 2)]?.version ?? version;
        assert.deepEqual(
          cache.since(middle),
          kept.filter((event) => event.version > middle),
        );
      }
    }),
  );
});
