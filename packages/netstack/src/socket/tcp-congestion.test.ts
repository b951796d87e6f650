/**
 * Recovery against RFC 6937: what goes out while losses are mended is in proportion to what arrives. And the window
 * after an idle time, as tcp_cwnd_restart() leaves it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Congestion } from './tcp-congestion.ts';
import { INIT_CWND, SSTHRESH_INFINITE } from './tcp-constants.ts';
import { RtxQueue } from './tcp-rtx-queue.ts';

/** A sender with endless data, in segments of one byte. */
class Sender {
  readonly queue = new RtxQueue();
  readonly congestion = new Congestion();
  una = 0;
  sndNxt = 0;
  /** Segments that went out since the loss was found. */
  sentCount = 0;

  send(): void {
    while (this.queue.inFlight < this.congestion.cwnd) {
      const lost = this.queue.nextLost();
      if (lost === undefined) {
        this.queue.push(this.sndNxt, this.sndNxt + 1, 1, 0);
        this.sndNxt++;
      } else {
        this.queue.sentAgain(lost, 0);
      }
      this.congestion.onTransmit(1);
      this.sentCount++;
    }
    this.congestion.onSent(this.queue.packetsOut, true, this.una, this.sndNxt);
  }

  acknowledge(una: number, sackTo: number): void {
    const sacked = sackTo > una ? this.queue.sack(una + 1, sackTo, 0) : 0;
    const acked = this.queue.acknowledge(una, 0).segments;
    this.una = una;
    const { sndNxt } = this;
    const isDuplicate = acked === 0;
    this.congestion.onAck(this.queue, {
      acked,
      sacked,
      isDuplicate,
      isSackOn: true,
      una,
      sndNxt,
      nowMs: 0,
    });
    this.send();
  }
}

test('new segments count as well: a recovery brings what is under way down to ssthresh', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 300 }), (size) => {
      const sender = new Sender();
      const { congestion, queue } = sender;
      sender.send();
      for (let una = 1; congestion.cwnd < size; una++) sender.acknowledge(una, 0);
      const prior = congestion.cwnd;
      const { una, sndNxt } = sender;
      assert.ok(prior >= INIT_CWND);
      // The first segment under way is lost, the others arrive one by one.
      for (let to = una + 2; to <= sndNxt; to++) {
        const before = congestion.state;
        if (before === 'open') sender.sentCount = 0;
        sender.acknowledge(una, to);
        if (congestion.state !== 'recovery') continue;
        assert.ok(sender.sentCount <= Math.ceil((congestion.ssthresh * (to - una)) / prior) + 1);
      }
      assert.equal(congestion.state, 'recovery');
      assert.ok(queue.inFlight <= congestion.ssthresh, `${queue.inFlight} of ${prior}`);
      sender.acknowledge(sender.sndNxt, 0);
      assert.equal(congestion.state, 'open');
    }),
    { numRuns: 30 },
  );
});

const RTO_NS = 200_000_000;

test('an idle window halves with each timeout, down to the initial one', () => {
  const rows: [cwnd: number, idleNs: number, after: number][] = [
    [100, RTO_NS, 100],
    [100, RTO_NS + 1, 50],
    [100, 2 * RTO_NS, 50],
    [100, 2 * RTO_NS + 1, 25],
    [100, 60 * RTO_NS, INIT_CWND],
    [4, 60 * RTO_NS, 4],
  ];
  for (const [cwnd, idleNs, after] of rows) {
    const congestion = new Congestion();
    congestion.cwnd = cwnd;
    congestion.onIdle(idleNs, RTO_NS);
    assert.equal(congestion.cwnd, after, `${cwnd} after ${idleNs}`);
  }
});

test('the threshold remembers three quarters of the window', () => {
  const congestion = new Congestion();
  assert.equal(congestion.ssthresh, SSTHRESH_INFINITE);
  congestion.cwnd = 100;
  congestion.ssthresh = 20;
  congestion.onIdle(10 * RTO_NS, RTO_NS);
  assert.equal(congestion.ssthresh, 75);
});
