/**
 * One list per object against client-go's three caches, written as client-go has them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NS_PER_SEC } from '@podwire/base';
import { EventCorrelator, type EventKey } from './event-correlator.ts';

/** EventCorrelate of events_cache.go: an aggregator, a logger and a spam filter, each with keys of its own. */
class PlainCorrelator {
  readonly #similar = new Map<string, { messages: Set<string>; lastNs: number }>();
  readonly #counts = new Map<string, { name: string; count: number }>();
  readonly #buckets = new Map<string, { tokens: number; atNs: number }>();

  correlate(key: EventKey, nowNs: number, newName: () => string): object {
    const object = `${key.about.kind}|${key.about.namespace}|${key.about.name}|${key.about.uid}`;
    const reason = `${object}|${key.type}|${key.reason}`;
    let similar = this.#similar.get(reason);
    if (similar === undefined || nowNs - similar.lastNs > 600 * NS_PER_SEC) {
      similar = { messages: new Set(), lastNs: nowNs };
      this.#similar.set(reason, similar);
    }
    similar.lastNs = nowNs;
    similar.messages.add(key.message);
    const isCombined = similar.messages.size >= 10;
    if (isCombined) similar.messages.delete(similar.messages.values().next().value ?? '');
    const counted = `${reason}|${key.about.fieldPath}|${isCombined ? '*' : `=${key.message}`}`;
    const known = this.#counts.get(counted) ?? { name: newName(), count: 0 };
    known.count++;
    this.#counts.set(counted, known);
    const bucket = this.#buckets.get(object) ?? { tokens: 25, atNs: nowNs };
    this.#buckets.set(object, bucket);
    const refill = Math.floor((nowNs - bucket.atNs) / (300 * NS_PER_SEC));
    bucket.tokens = Math.min(25, bucket.tokens + refill);
    bucket.atNs += refill * 300 * NS_PER_SEC;
    const isSpam = bucket.tokens === 0;
    if (!isSpam) bucket.tokens--;
    const head = isCombined ? '(combined from similar events): ' : '';
    return { name: known.name, count: known.count, message: head + key.message, isSpam };
  }
}

const event = fc.record({
  uid: fc.constantFrom('a', 'b'),
  fieldPath: fc.constantFrom(undefined, 'spec.containers{c}', 'spec.containers{d}'),
  type: fc.constantFrom('Normal' as const, 'Warning' as const),
  reason: fc.constantFrom('Failed', 'Failed', 'Killing'),
  message: fc.nat(14).map(String),
  waitSec: fc.oneof(fc.nat(20), fc.constantFrom(299, 300, 599, 600, 601)),
});

test('the correlator counts, combines and drops as the three caches do', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 150 }), (events) => {
      const fast = new EventCorrelator();
      const plain = new PlainCorrelator();
      let nowNs = 0;
      for (const [number, one] of events.entries()) {
        nowNs += one.waitSec * NS_PER_SEC;
        const key: EventKey = {
          about: {
            kind: 'Pod',
            namespace: 'default',
            name: 'p',
            uid: one.uid,
            ...(one.fieldPath === undefined ? {} : { fieldPath: one.fieldPath }),
          },
          type: one.type,
          reason: one.reason,
          message: one.message,
        };
        const newName = (): string => String(number);
        const got = fast.correlate(key, nowNs, newName);
        const { message, isSpam } = got;
        assert.deepEqual(
          { name: got.counted.name, count: got.counted.count, message, isSpam },
          plain.correlate(key, nowNs, newName),
        );
      }
    }),
  );
});

test('the object longest without an event is forgotten when there are too many', () => {
  const correlator = new EventCorrelator();
  const heard = (uid: string): number =>
    correlator.correlate(
      { about: { kind: 'Pod', uid }, type: 'Normal', reason: 'Started', message: '' },
      0,
      () => uid,
    ).counted.count;
  for (let number = 0; number < 4096; number++) heard(`pod ${number}`);
  assert.equal(heard('pod 0'), 2);
  heard('pod 4096');
  assert.equal(heard('pod 0'), 3);
  assert.equal(heard('pod 1'), 1);
});
