/**
 * The congestion window after an idle time, as tcp_cwnd_restart() leaves it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Congestion } from './tcp-congestion.ts';
import { INIT_CWND, SSTHRESH_INFINITE } from './tcp-constants.ts';

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
