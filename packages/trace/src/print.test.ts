/**
 * Walks as text: order of steps, one block per packet.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatWalks, mergeSteps } from './print.ts';
import type { Step } from './step.ts';
import { traceOf, walkId } from './walk-id.ts';

function step(traceId: number, host: string, atNs: number, verdict: string): Step {
  return { traceId, host, where: host, atNs, verdict, stage: 'forward', packet: `p${traceId}` };
}

function told(steps: readonly Step[]): string[] {
  return steps.map(({ host, atNs, verdict }) => `${host} ${atNs} ${verdict}`);
}

test('steps of hosts are merged by time, equal times by host name', () => {
  const merged = mergeSteps([
    [step(1, 'b', 10, 'one'), step(1, 'b', 30, 'two')],
    [step(2, 'a', 10, 'three'), step(2, 'a', 20, 'four')],
  ]);
  assert.deepEqual(told(merged), ['a 10 three', 'b 10 one', 'a 20 four', 'b 30 two']);
});

test('a walk keeps its order on a host where costs ran ahead of the clock', () => {
  const merged = mergeSteps([
    [step(1, 'a', 50, 'queued'), step(1, 'a', 40, 'resolved'), step(1, 'a', 60, 'sent')],
    [step(2, 'b', 45, 'other')],
  ]);
  assert.deepEqual(told(merged), ['b 45 other', 'a 50 queued', 'a 50 resolved', 'a 60 sent']);
});

test('each walk is a block of its own, with times from the first step of all', () => {
  const end: Step = { ...step(2, 'b', 3000, 'drop'), stage: 'end', end: 'NO_SOCKET' };
  const text = formatWalks([step(1, 'a', 1000, 'to eth0'), step(2, 'b', 2000, 'to eth1'), end]);
  assert.equal(
    text,
    [
      'packet 1: p1',
      '  a',
      '       +0.000 µs  forward: to eth0',
      '',
      'packet 2: p2',
      '  b',
      '       +1.000 µs  forward: to eth1',
      '       +2.000 µs  end: drop (NO_SOCKET)',
    ].join('\n'),
  );
});

test('packets of earlier attempts are left out, whole', () => {
  const late = step(1, 'a', 3000, 'late');
  const text = formatWalks(
    [step(1, 'a', 1000, 'early'), step(2, 'b', 2000, 'to eth1'), late],
    1500,
  );
  assert.equal(text, ['packet 1: p2', '  b', '       +0.000 µs  forward: to eth1'].join('\n'));
});

test('walk numbers are distinct by host and serial, and tell their trace', () => {
  const ids = [walkId(3, 1, 1), walkId(3, 1, 2), walkId(3, 2, 1), walkId(4, 1, 1)];
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids.map(traceOf), [3, 3, 3, 4]);
  assert.equal(traceOf(walkId(walkId(3, 1, 1), 2, 1)), 3);
});
