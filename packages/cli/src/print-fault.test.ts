/**
 * What a person sees when podwire itself failed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShardFailure } from '@podwire/engine/host';
import { faultText } from './print-fault.ts';

test('a failed shard names its hosts, time, seed and how to replay', () => {
  const error = new ShardFailure({
    shard: 2,
    reason: 'out-of-memory',
    hosts: ['node-1'],
    report: {
      message: 'heap is full',
      stack: 'Error: heap is full\n    at x',
      host: 'node-1',
      process: 'kubelet',
      virtualNs: 12,
    },
    cause: undefined,
  });
  const text = faultText(error, { file: 's', seed: '7', workers: 2 });
  assert.match(text, /^podwire: internal error: worker 2 \(node-1\) ran out of memory at 12 ns/);
  assert.match(
    text,
    /hosts: node-1\n {2}at: node-1, process kubelet\n {2}virtual time: 12 ns\n {2}seed: 7\n/,
  );
  assert.match(text, /replay: podwire run s --seed 7 --workers 2\n/);
});

test('any other exception comes with its stack', () => {
  assert.match(
    faultText(new Error('no')),
    /^podwire: internal error: no\n {2}Error: no\n {2}\s+at /,
  );
});
