/**
 * Processes: waits, signals, cancellation, exceptions.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulationError } from './kernel.ts';
import { type Proc, Signal, sleep, waitAny, waitUntil } from './process.ts';
import { TestWorld } from './test-world.ts';

test('a process sleeps in virtual time and returns a value', () => {
  const world = new TestWorld();
  const sim = world.addHost('a');
  const seen: number[] = [];
  const child = sim.spawn(
    'child',
    (function* (): Proc<string> {
      yield* sleep(5);
      seen.push(sim.nowNs());
      return 'value';
    })(),
  );
  const parent = sim.spawn(
    'parent',
    (function* (): Proc<void> {
      yield* waitUntil(child.done, () => child.isDone, sim);
      seen.push(sim.nowNs());
    })(),
  );
  world.runToIdle();
  assert.deepEqual(seen, [5, 5]);
  assert.equal(child.result, 'value');
  assert.equal(parent.isDone, true);
});

test('the first step is an event at the present time', () => {
  const world = new TestWorld();
  const sim = world.addHost('a');
  let isStarted = false;
  sim.spawn(
    'p',
    (function* (): Proc<void> {
      isStarted = true;
      yield* sleep(1);
    })(),
  );
  assert.equal(isStarted, false);
  world.run(1);
  assert.equal(isStarted, true);
});

test('a signal wakes all that wait, in the order of waiting; later waiters wait on', () => {
  const world = new TestWorld();
  const sim = world.addHost('a');
  const signal = new Signal();
  const order: string[] = [];
  for (const name of ['x', 'y', 'z']) {
    sim.spawn(
      name,
      (function* (): Proc<void> {
        for (;;) {
          const why = yield* signal.wait();
          order.push(`${name}:${why}`);
        }
      })(),
    );
  }
  world.run(1);
  signal.notify();
  world.run(2);
  assert.deepEqual(order, ['x:signal', 'y:signal', 'z:signal']);
  assert.equal(world.runToIdle(), 0);
});

test('a wait with a timeout ends once, by whichever comes first', () => {
  const rows: [number, number, string][] = [
    [10, 5, 'signal@5'],
    [5, 10, 'timeout@5'],
  ];
  for (const [timeoutNs, notifyNs, expected] of rows) {
    const world = new TestWorld();
    const sim = world.addHost('a');
    const signal = new Signal();
    const seen: string[] = [];
    sim.spawn(
      'p',
      (function* (): Proc<void> {
        const why = yield* signal.wait(timeoutNs);
        seen.push(`${why}@${sim.nowNs()}`);
      })(),
    );
    sim.schedule(notifyNs, () => signal.notify());
    world.runToIdle();
    assert.deepEqual(seen, [expected]);
  }
});

test('waitAny tells which signal came, and forgets the others', () => {
  const world = new TestWorld();
  const sim = world.addHost('a');
  const signals = [new Signal(), new Signal()];
  const seen: (number | 'timeout')[] = [];
  sim.spawn(
    'p',
    (function* (): Proc<void> {
      seen.push(yield* waitAny(signals, 100));
      seen.push(yield* waitAny(signals, 100));
      seen.push(yield* waitAny(signals, 100));
    })(),
  );
  sim.schedule(3, () => signals[1]?.notify());
  sim.schedule(6, () => signals[0]?.notify());
  world.runToIdle();
  assert.deepEqual(seen, [1, 0, 'timeout']);
  assert.equal(signals[0]?.hasWaiters, false);
  assert.equal(sim.nowNs(), 106);
});

test('both signals of a waitAny at the same instant wake it once', () => {
  const world = new TestWorld();
  const sim = world.addHost('a');
  const signals = [new Signal(), new Signal()];
  const seen: (number | 'timeout')[] = [];
  sim.spawn(
    'p',
    (function* (): Proc<void> {
      seen.push(yield* waitAny(signals, 100));
    })(),
  );
  sim.schedule(3, () => {
    signals[1]?.notify();
    signals[0]?.notify();
  });
  world.runToIdle();
  assert.deepEqual(seen, [1]);
});

test('cancel runs finally blocks, which may wait', () => {
  const world = new TestWorld();
  const sim = world.addHost('a');
  const seen: string[] = [];
  const process = sim.spawn(
    'p',
    (function* (): Proc<string> {
      try {
        yield* sleep(1000);
        return 'never';
      } finally {
        seen.push(`closing@${sim.nowNs()}`);
        yield* sleep(7);
        seen.push(`closed@${sim.nowNs()}`);
      }
    })(),
  );
  sim.schedule(10, () => process.cancel());
  world.runToIdle();
  assert.deepEqual(seen, ['closing@10', 'closed@17']);
  assert.equal(process.isDone, true);
  assert.equal(process.isCancelled, true);
  assert.equal(process.result, undefined);
  assert.equal(sim.nowNs(), 17);
});

test('a process cancelled before its first step never runs', () => {
  const world = new TestWorld();
  const sim = world.addHost('a');
  let isStarted = false;
  const process = sim.spawn(
    'p',
    (function* (): Proc<void> {
      isStarted = true;
      yield* sleep(1);
    })(),
  );
  process.cancel();
  world.runToIdle();
  assert.equal(isStarted, false);
  assert.equal(process.isDone, true);
});

test('a process that cancels itself ends where it next waits', () => {
  let cancel = (): void => undefined;
  const world = new TestWorld();
  const sim = world.addHost('a');
  const seen: string[] = [];
  const process = sim.spawn(
    'p',
    (function* (): Proc<void> {
      try {
        cancel();
        seen.push('still here');
        yield* sleep(1);
        seen.push('never');
      } finally {
        seen.push('finally');
      }
    })(),
  );
  cancel = (): void => process.cancel();
  world.runToIdle();
  assert.deepEqual(seen, ['still here', 'finally']);
  assert.equal(process.isDone, true);
});

test('an exception names process, host and virtual time', () => {
  const world = new TestWorld();
  const sim = world.addHost('node-7');
  sim.spawn(
    'kubelet',
    (function* (): Proc<void> {
      yield* sleep(42);
      throw new Error('boom');
    })(),
  );
  assert.throws(
    () => world.runToIdle(),
    (error: unknown) => {
      assert.ok(error instanceof SimulationError);
      assert.equal(error.host, 'node-7');
      assert.equal(error.atNs, 42);
      assert.equal(error.process, 'kubelet');
      assert.equal(error.message, 'node-7 at 42 ns: process kubelet: boom');
      return true;
    },
  );
});
