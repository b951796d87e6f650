/**
 * CUBIC's curve and HyStart, against the formulas of RFC 9438 and what tcp_cubic.c says of its constants.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Cubic, type RttSample, cubeRoot } from './tcp-cubic.ts';

test('cube roots are exact', () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.nat(1000), (root, more) => {
      const value = root * root * root + Math.min(more, 3 * root * root);
      assert.equal(cubeRoot(value), root);
    }),
  );
});

test('a loss takes three tenths, and a second one below the maximum leaves room for others', () => {
  const cubic = new Cubic();
  assert.equal(cubic.shrink(1000), 700);
  assert.equal(cubic.shrink(700), 490);
  assert.equal(new Cubic().shrink(2), 2);
});

/** Grows by acknowledgments of whole windows, one per round trip, and tells the window after each. */
function grow(cubic: Cubic, start: number, rttMs: number, spanMs: number): number[] {
  const windows: number[] = [];
  let cwnd = start;
  let credit = 0;
  for (let ms = 0; ms < spanMs; ms += rttMs) {
    for (let acked = 0; acked < Math.floor(windows.at(-1) ?? start); acked++) {
      const per = cubic.perIncrease(cwnd, 1, ms);
      if (++credit >= per) {
        credit = 0;
        cwnd++;
      }
    }
    windows.push(cwnd);
  }
  return windows;
}

test('the window is back at its maximum after K = cbrt(0.3 Wmax / C), flat there, steep beyond', () => {
  const cubic = new Cubic();
  const max = 1000;
  const after = cubic.shrink(max);
  const rttMs = 100;
  const windows = grow(cubic, after, rttMs, 16_000);
  const kMs = Math.cbrt((0.3 * max) / 0.4) * 1000;
  const at = (ms: number): number => windows[Math.round(ms / rttMs)] ?? 0;
  assert.ok(Math.abs(at(kMs) - max) < 12, `${at(kMs)} at ${kMs} ms`);
  const [first, middle, last] = [
    at(1000) - after,
    at(kMs) - at(kMs - 1000),
    at(15_000) - at(14_000),
  ];
  assert.ok(first > 10 * middle && last > 10 * middle, `${first} ${middle} ${last}`);
});

test('on short paths it grows as Reno would, not slower', () => {
  const cubic = new Cubic();
  const after = cubic.shrink(40);
  const windows = grow(cubic, after, 2, 400);
  // 3 (1 - beta) / (1 + beta) = 0.53 segments per round trip.
  const grown = (windows.at(-1) ?? 0) - after;
  assert.ok(grown > 85 && grown < 120, `${grown} in 200 round trips`);
});

const SAMPLE: RttSample = {
  nowUs: 0,
  rttUs: 40_000,
  una: 0,
  sndNxt: 100,
  cwnd: 64,
  isSlowStart: true,
  srttUs: 40_000,
  mssBytes: 1448,
};

test('HyStart ends slow start when round trips grow by an eighth, at least 4 ms', () => {
  const run = (laterUs: number): boolean => {
    const cubic = new Cubic();
    let isFound = false;
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 10; index++) {
        // Spaced out, so that no train is seen.
        const nowUs = round * 400_000 + index * 3000;
        const rttUs = round === 0 ? 40_000 : laterUs;
        const una = round === 0 ? 1 : 101;
        isFound ||= cubic.onRtt({ ...SAMPLE, nowUs, rttUs, una, sndNxt: una + 99 }, 0);
      }
    }
    return isFound;
  };
  assert.equal(run(44_000), false);
  assert.equal(run(46_000), true);
});

test('HyStart ends slow start when the ACKs of a round come for longer than half a round trip', () => {
  const cubic = new Cubic();
  let foundAtUs = 0;
  for (let nowUs = 0; nowUs < 40_000 && foundAtUs === 0; nowUs += 500) {
    if (cubic.onRtt({ ...SAMPLE, nowUs, una: 1 }, 0)) foundAtUs = nowUs;
  }
  assert.ok(foundAtUs > 20_000 && foundAtUs <= 21_000, `${foundAtUs} µs`);
});

test('the ACKs of a round are a train from its first on, not from where the least window is reached', () => {
  const run = (reachedUs: number): number => {
    const cubic = new Cubic();
    for (let nowUs = 0; nowUs < 40_000; nowUs += 500) {
      const cwnd = nowUs < reachedUs ? 15 : 16;
      if (cubic.onRtt({ ...SAMPLE, nowUs, una: 1, cwnd }, 0)) return nowUs;
    }
    return -1;
  };
  assert.equal(run(1000), run(0));
  assert.equal(run(10_000), -1);
});
