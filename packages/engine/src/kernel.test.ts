/**
 * The event loop on one shard: order, stop, streams, guards, digest.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from './host.ts';
import { Kernel } from './kernel.ts';
import { TestWorld } from './test-world.ts';

interface Ping extends Message {
  readonly kind: 'ping';
  readonly text: string;
}

function ping(text: string): Ping {
  return { kind: 'ping', text };
}

test('events of one instant run by destination, then source, own events last', () => {
  const world = new TestWorld();
  const order: string[] = [];
  const hosts = ['a', 'b', 'c'].map((name) =>
    world.addHost(name, (sim) => ({
      receive(message, from): void {
        order.push(`${sim.name}<-${from}`);
        assert.equal(message.kind, 'ping');
      },
    })),
  );
  const [a, b, c] = hosts;
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  b.schedule(10, () => order.push('b itself'));
  c.send(b.id, 10, ping('1'));
  a.send(c.id, 10, ping('2'));
  c.send(a.id, 10, ping('3'));
  a.send(b.id, 10, ping('4'));
  a.send(a.id, 10, ping('5'));
  world.runToIdle();
  assert.deepEqual(order, ['a<-2', 'a<-0', 'b<-0', 'b<-2', 'b itself', 'c<-0']);
});

test('what is scheduled with delay 0 runs at the same time, after all that was due', () => {
  const world = new TestWorld();
  const order: string[] = [];
  const a = world.addHost('a', () => ({ receive: () => void order.push('message') }));
  const b = world.addHost('b');
  a.schedule(5, () => {
    order.push('first');
    a.schedule(0, () => order.push('third'));
  });
  a.schedule(5, () => order.push('second'));
  b.send(a.id, 5, ping(''));
  world.runToIdle();
  assert.deepEqual(order, ['message', 'first', 'second', 'third']);
  assert.equal(world.nowNs, 5);
});

test('a cancelled timer neither runs nor counts', () => {
  const world = new TestWorld();
  const a = world.addHost('a');
  const timer = a.after(5, () => assert.fail('cancelled'));
  assert.equal(timer.isPending, true);
  timer.cancel();
  assert.equal(timer.isPending, false);
  assert.equal(world.runToIdle(), 0);
  assert.equal(world.kernel.events, 0);
});

test('runUntil stops before its horizon and resumes', () => {
  const kernel = new Kernel({ seed: 's' });
  const sim = kernel.createActor(0, 'a');
  const seen: number[] = [];
  for (const at of [1, 5, 9, 10]) sim.schedule(at, () => seen.push(at));
  assert.equal(kernel.runUntil(9), 2);
  assert.equal(kernel.nextEventNs, 9);
  assert.equal(kernel.runUntil(100, 1), 1);
  assert.equal(kernel.runUntil(100), 1);
  assert.deepEqual(seen, [1, 5, 9, 10]);
});

test('a stop runs exactly the events before it', () => {
  const kernel = new Kernel({ seed: 's' });
  const sim = kernel.createActor(0, 'a');
  const seen: number[] = [];
  for (const at of [1, 5, 9, 10]) sim.schedule(at, () => seen.push(at));
  sim.schedule(2, () => sim.requestStop(9));
  kernel.runUntil(Infinity);
  assert.deepEqual(seen, [1, 5]);
  assert.equal(kernel.stopNs, 9);
});

test('streams depend on seed, host and purpose alone', () => {
  const draw = (seed: string, host: string, purpose: string): number =>
    new TestWorld(seed).addHost(host).rng(purpose).uint32();
  assert.equal(draw('1', 'a', 'x'), draw('1', 'a', 'x'));
  const different = new Set([
    draw('1', 'a', 'x'),
    draw('2', 'a', 'x'),
    draw('1', 'b', 'x'),
    draw('1', 'a', 'y'),
  ]);
  assert.equal(different.size, 4);
  const sim = new TestWorld('1').addHost('a');
  assert.equal(sim.rng('x'), sim.rng('x'));
});

test('inside an event Date.now and Math.random throw, outside they work', () => {
  const world = new TestWorld();
  const a = world.addHost('a');
  a.schedule(1, () => assert.throws(() => Date.now(), /takes time from its HostSim/));
  a.schedule(2, () => assert.throws(() => Math.random(), /draws from sim.rng/));
  world.runToIdle();
  assert.ok(Date.now() > 0);
  assert.ok(Math.random() < 1);
  a.schedule(3, () => {
    throw new Error('boom');
  });
  assert.throws(() => world.runToIdle(), /boom/);
  assert.ok(Date.now() > 0);
});

test('podwire’s own faults assert', () => {
  const world = new TestWorld();
  const a = world.addHost('a');
  const b = world.addHost('b');
  const rows: [string, () => void, RegExp][] = [
    ['negative delay', () => a.schedule(-1, () => undefined), /whole number/],
    ['fraction of a nanosecond', () => a.after(0.5, () => undefined), /whole number/],
    ['message without delay', () => a.send(b.id, 0, ping('')), /takes at least 1 ns/],
    ['nobody there', () => a.send(99, 5, ping('')), /an actor that exists/],
    ['stop in the past', () => a.requestStop(0), /far enough ahead/],
  ];
  for (const [name, run, pattern] of rows) assert.throws(run, pattern, name);
});

test('the digest sees time, order and folded values', () => {
  const digest = (act: (world: TestWorld) => void): string => {
    const world = new TestWorld();
    act(world);
    world.runToIdle();
    return world.digest;
  };
  const plain = digest((world) => world.addHost('a').schedule(1, () => undefined));
  assert.equal(
    plain,
    digest((world) => world.addHost('a').schedule(1, () => undefined)),
  );
  assert.match(plain, /^[0-9a-f]{16}$/);
  const others = [
    digest((world) => world.addHost('a').schedule(2, () => undefined)),
    digest((world) => world.addHost('b').schedule(1, () => undefined)),
    digest((world) => {
      const a = world.addHost('a');
      a.schedule(1, () => a.digest(7));
    }),
    digest((world) => {
      const a = world.addHost('a');
      a.schedule(1, () => a.digest(7 + 2 ** 40));
    }),
  ];
  assert.equal(new Set([plain, ...others]).size, 5);
});
