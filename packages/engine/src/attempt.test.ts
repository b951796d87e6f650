/**
 * Attempts: tried at once, after each notify, and until the deadline.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attempt, attempt } from './attempt.ts';
import { Signal, sleep } from './process.ts';
import { TestWorld } from './test-world.ts';

function setUp(deadlineNs?: number): {
  readonly world: TestWorld;
  readonly signal: Signal;
  readonly given: string[];
  readonly seen: string[];
  readonly cancel: () => void;
} {
  const world = new TestWorld();
  const host = world.addHost('a');
  const signal = new Signal();
  const given: string[] = [];
  const seen: string[] = [];
  const what: Attempt<string> = {
    take: () => {
      seen.push(`try ${host.nowNs()}`);
      return given.shift();
    },
    timedOut: () => 'late',
    deadlineNs,
  };
  const process = host.spawn(
    'reader',
    (function* () {
      const result = yield* attempt(host, signal, what);
      seen.push(`${result} ${host.nowNs()}`);
    })(),
  );
  host.spawn(
    'notifier',
    (function* () {
      for (const word of ['', 'b']) {
        yield* sleep(10);
        if (word !== '') given.push(word);
        signal.notify();
      }
    })(),
  );
  return { world, signal, given, seen, cancel: () => process.cancel() };
}

test('what is there at once is given without a wait', () => {
  const { world, given, seen, signal } = setUp();
  given.push('a');
  world.runToIdle();
  assert.deepEqual(seen, ['try 0', 'a 0']);
  assert.equal(signal.hasWaiters, false);
});

test('a notify without a result goes on waiting, one with a result ends the wait', () => {
  const { world, seen } = setUp();
  world.runToIdle();
  assert.deepEqual(seen, ['try 0', 'try 10', 'try 20', 'b 20']);
});

test('the deadline ends it between two notifies, and one that has passed ends it at once', () => {
  const between = setUp(15);
  between.world.runToIdle();
  assert.deepEqual(between.seen, ['try 0', 'try 10', 'late 15']);
  const past = setUp(0);
  past.world.runToIdle();
  assert.deepEqual(past.seen, ['try 0', 'late 0']);
});

test('a process that is cancelled tries no more', () => {
  const { world, seen, signal, cancel } = setUp();
  world.run(15);
  cancel();
  world.runToIdle();
  assert.deepEqual(seen, ['try 0', 'try 10']);
  assert.equal(signal.hasWaiters, false);
});
