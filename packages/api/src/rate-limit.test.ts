/**
 * The token bucket of client-go's flowcontrol: a burst, then one request per interval, and a rest fills it again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_MS, NS_PER_SEC, must } from '@podwire/base';
import { type Proc, TestWorld, sleep } from '@podwire/engine';
import type { ApiClient } from './client.ts';
import { deleted } from './errors.ts';
import { withRateLimit } from './rate-limit.ts';
import { SCHEME } from './kinds.ts';

test('50 per second after a burst of 100, as a kubelet writes events', () => {
  const world = new TestWorld();
  const sim = world.addHost('node');
  const sentMs: number[] = [];
  const plain: ApiClient = {
    *request() {
      sentMs.push(sim.nowNs() / NS_PER_MS);
      yield* sleep(0);
      return deleted(must(SCHEME.byResource('events'), 'a resource'), 'one', undefined);
    },
    *watch() {
      yield* sleep(0);
      return undefined;
    },
  };
  const client = withRateLimit(sim, plain, { qps: 50, burst: 100 });
  const send = function* (count: number): Proc {
    for (let at = 0; at < count; at++) {
      yield* client.request({ verb: 'create', resource: 'events' });
    }
  };
  const program = function* (): Proc {
    yield* send(103);
    yield* sleep(NS_PER_SEC);
    yield* send(52);
  };
  sim.spawn('program', program());
  world.runToIdle();
  assert.deepEqual(sentMs.slice(99, 103), [0, 20, 40, 60]);
  assert.deepEqual(sentMs.slice(103 + 49), [1060, 1080, 1100]);
});
