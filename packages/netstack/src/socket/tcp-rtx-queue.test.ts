/**
 * The retransmission queue against a twin that looks at every segment each time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RtxQueue, type RtxSegment } from './tcp-rtx-queue.ts';

const LEN = 10;

/** The obvious version: rules of the header of tcp-rtx-queue.ts, by scans. */
class Twin {
  segments: RtxSegment[] = [];
  #deliveredNs = -1;
  #minRttNs = Infinity;

  push(start: number, end: number, sentAtNs: number): void {
    const fresh = { sacked: false, lost: false, retrans: false, everRetrans: false };
    for (let from = start; from < end; from += LEN) {
      this.segments.push({ start: from, end: Math.min(from + LEN, end), sentAtNs, ...fresh });
    }
  }

  acknowledge(una: number, nowNs: number): ReturnType<RtxQueue['acknowledge']> {
    const gone = this.segments.filter((one) => one.end <= una);
    for (const one of gone) if (!one.sacked) this.#deliver(one, nowNs);
    this.segments = this.segments.slice(gone.length);
    const once = gone.filter((one) => !one.sacked && !one.everRetrans).map((one) => one.sentAtNs);
    return {
      segments: gone.filter((one) => !one.sacked).length,
      sentAtNs: gone.some((one) => one.everRetrans) ? -1 : (once[0] ?? -1),
      lastSentAtNs: once.at(-1) ?? -1,
    };
  }

  get minRttNs(): number {
    return this.#minRttNs;
  }

  sack(left: number, right: number, nowNs: number): number {
    const news = this.segments.filter(
      (one) => one.start >= left && one.end <= right && !one.sacked,
    );
    for (const one of news) {
      this.#deliver(one, nowNs);
      Object.assign(one, { sacked: true, lost: false, retrans: false });
    }
    return news.length;
  }

  markLostBySack(): void {
    this.segments.forEach((one, index) => {
      const above = this.segments.slice(index + 1).filter((other) => other.sacked).length;
      if (!one.sacked && above >= 3) one.lost = true;
    });
  }

  markOvertaken(): void {
    for (const one of this.segments) if (one.sentAtNs < this.#deliveredNs) one.retrans = false;
  }

  nextLost(): RtxSegment | undefined {
    return this.segments.find((one) => one.lost && !one.retrans);
  }

  #deliver(one: RtxSegment, nowNs: number): void {
    const rttNs = nowNs - one.sentAtNs;
    if (one.everRetrans && rttNs < this.#minRttNs) return;
    if (!one.everRetrans) this.#minRttNs = Math.min(this.#minRttNs, rttNs);
    this.#deliveredNs = Math.max(this.#deliveredNs, one.sentAtNs);
  }

  get inFlight(): number {
    return this.segments.filter((one) => !one.sacked && (!one.lost || one.retrans)).length;
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      trains: fc.array(fc.integer({ min: 1, max: 8 * LEN }), { maxLength: 4 }),
    }),
  },
  fc.record({ kind: fc.constant('ack' as const), share: fc.nat(100), behind: fc.nat(LEN - 1) }),
  fc.record({ kind: fc.constant('look' as const) }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('sack' as const),
      from: fc.nat(100),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resend' as const), count: fc.nat(5) }) },
  fc.record({ kind: fc.constant('timeout' as const) }),
);

test('hints change nothing', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queue = new RtxQueue();
      const twin = new Twin();
      let nowNs = 0;
      let next = 0;
      for (const one of steps) {
        nowNs += 7;
        const count = twin.segments.length;
        const placeAt = (share: number): number =>
          twin.segments[Math.floor((share * count) / 101)]?.start ?? next;
        switch (one.kind) {
          case 'push':
            for (const lenBytes of one.trains) {
              const segments = queue.push(next, next + lenBytes, LEN, nowNs);
              assert.equal(segments, Math.ceil(lenBytes / LEN));
              twin.push(next, next + lenBytes, nowNs);
              next += lenBytes;
            }
            break;
          case 'ack': {
            // Also within a segment.
            const una = Math.min(placeAt(one.share) + one.behind, next);
            assert.deepEqual(queue.acknowledge(una, nowNs), twin.acknowledge(una, nowNs));
            break;
          }
          case 'look':
            assert.equal(queue.first?.start, twin.segments[0]?.start);
            break;
          case 'sack': {
            const left = placeAt(one.from);
            const right = Math.min(left + one.count * LEN, next);
            assert.equal(queue.sack(left, right, nowNs), twin.sack(left, right, nowNs));
            queue.markLostBySack();
            twin.markLostBySack();
            queue.markOvertaken();
            twin.markOvertaken();
            break;
          }
          case 'resend':
            for (let number = 0; number < one.count; number++) {
              const segment = queue.nextLost();
              const same = twin.nextLost();
              assert.equal(segment?.start, same?.start);
              if (segment === undefined || same === undefined) break;
              queue.sentAgain(segment, nowNs);
              Object.assign(same, { sentAtNs: nowNs, everRetrans: true, retrans: true });
            }
            break;
          case 'timeout':
            queue.markAllLost();
            for (const each of twin.segments) {
              if (!each.sacked) Object.assign(each, { lost: true, retrans: false });
            }
            break;
        }
        assert.equal(queue.packetsOut, twin.segments.length);
        assert.equal(queue.inFlight, twin.inFlight);
        assert.equal(queue.minRttNs, twin.minRttNs);
        assert.equal(queue.nextLost()?.start, twin.nextLost()?.start);
      }
    }),
    { numRuns: 400 },
  );
});
