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

  push(start: number, sentAtNs: number): void {
    const fresh = { sacked: false, lost: false, retrans: false, everRetrans: false };
    this.segments.push({ start, end: start + LEN, sentAtNs, ...fresh });
  }

  acknowledge(una: number, nowNs: number): void {
    for (const one of this.segments) if (one.end <= una && !one.sacked) this.#deliver(one, nowNs);
    this.segments = this.segments.filter((one) => one.end > una);
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
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), count: fc.nat(8) }) },
  fc.record({ kind: fc.constant('ack' as const), share: fc.nat(100) }),
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
            for (let number = 0; number < one.count; number++, next += LEN) {
              queue.push(next, next + LEN, nowNs);
              twin.push(next, nowNs);
            }
            break;
          case 'ack': {
            const una = placeAt(one.share);
            queue.acknowledge(una, nowNs);
            twin.acknowledge(una, nowNs);
            break;
          }
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
        assert.equal(queue.nextLost()?.start, twin.nextLost()?.start);
      }
    }),
    { numRuns: 400 },
  );
});
