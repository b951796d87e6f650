/**
 * Rounds, in one thread: shards are stepped in a random order, so that every interleaving of rounds can
 * happen, with messages lying unread for as long as the protocol allows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Rng, must } from '@podwire/base';
import { combineDigests } from './digest.ts';
import type { Message } from './host.ts';
import { Lookahead } from './plan.ts';
import { RingReader, RingWriter, createRing } from './ring.ts';
import { Rounds, RunState, createRoundMemory } from './round.ts';
import { Shard } from './shard.ts';

interface Token extends Message {
  readonly kind: 'token';
  readonly hopsLeft: number;
}

const codec = {
  encode: (message: Message) => Uint8Array.of((message as Token).hopsLeft),
  decode: (bytes: Uint8Array): Token => ({ kind: 'token', hopsLeft: bytes[0] ?? 0 }),
};

interface World {
  readonly shardOf: readonly number[];
  readonly links: readonly { from: number; to: number; minDelayNs: number }[];
  readonly seed: number;
  readonly stopAtNs: number | undefined;
}

/** Runs a world with its shards stepped in an order drawn from `order`. */
async function run(world: World, shardOf: readonly number[], order: Rng): Promise<unknown> {
  const shardCount = Math.max(...shardOf) + 1;
  const actors = shardOf.map((shard, id) => ({ id, name: `a${id}`, shard }));
  const lookahead = new Lookahead({ seed: 's', actors, links: world.links, shardCount });
  const memory = createRoundMemory({
    delayNs: lookahead.shardDelayNs,
    greatestNs: lookahead.greatestNs,
    shardCount,
    untilNs: Infinity,
  });
  const rings = Array.from({ length: shardCount * shardCount }, () => {
    const buffer = createRing(128);
    const moved: SharedArrayBuffer[] = [];
    return {
      writer: new RingWriter(buffer, (next) => moved.push(next)),
      reader: new RingReader(buffer, () => must(moved.shift(), 'a bigger ring')),
    };
  });
  const everyShard = Array.from({ length: shardCount }, (_, shard) => shard);
  const shards: Shard[] = [];
  for (let shard = 0; shard < shardCount; shard++) {
    const one = new Shard({
      shard,
      shardCount,
      seed: `s${world.seed}`,
      actors,
      minDelays: lookahead,
      rounds: new Rounds(memory, shard),
      writers: everyShard.map((to) => rings[shard * shardCount + to]?.writer),
      readers: everyShard.map((from) => rings[from * shardCount + shard]?.reader),
    });
    const { context } = one;
    for (const { id, name } of actors.filter((actor) => actor.shard === shard)) {
      context.kernel.createActor(id, name, (sim) => {
        const ways = world.links.filter((link) => link.from === id);
        const pass = (hopsLeft: number): void => {
          if (ways.length === 0 || hopsLeft === 0) return;
          const way = sim.rng('way').pick(ways);
          const message: Token = { kind: 'token', hopsLeft: hopsLeft - 1 };
          sim.send(way.to, way.minDelayNs + sim.rng('way').below(3), message);
        };
        sim.schedule(sim.rng('start').below(30), () => pass(12));
        if (id === 0 && world.stopAtNs !== undefined) {
          const { stopAtNs } = world;
          sim.schedule(20, () => sim.requestStop(20 + stopAtNs + sim.stopAheadNs));
        }
        return { receive: (message) => pass((message as Token).hopsLeft) };
      });
    }
    one.adopt({ codec, collect: () => undefined });
    shards.push(one);
  }
  for (const shard of order.shuffle([...shards])) shard.join();
  const rounds = must(shards[0], 'a shard').rounds;
  for (let idle = 0; rounds.state === RunState.running; idle++) {
    assert.ok(idle < 100_000, 'some shard can always go on');
    // A slice of one event now and then leaves a shard in the middle of its round while others go on.
    order.pick(shards).step(order.ppm(300_000) ? 1 : 100);
  }
  return {
    state: rounds.state,
    digest: combineDigests(shards.flatMap((shard) => shard.kernel.digests())),
  };
}

const worlds = fc.integer({ min: 1, max: 7 }).chain((actorCount) =>
  fc.record({
    shardOf: fc.array(fc.nat(4), { minLength: actorCount, maxLength: actorCount }),
    links: fc.array(
      fc.record({
        from: fc.nat(actorCount - 1),
        to: fc.nat(actorCount - 1),
        minDelayNs: fc.integer({ min: 1, max: 20 }),
      }),
      { maxLength: 14 },
    ),
    seed: fc.nat(),
    stopAtNs: fc.option(fc.nat(60), { nil: undefined }),
    order: fc.nat(),
  }),
);

test('any order of rounds gives the same run as one shard alone, and none gets stuck', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async ({ order, ...world }) => {
      const alone = await run(
        world,
        world.shardOf.map(() => 0),
        new Rng(`${order}`),
      );
      assert.deepEqual(await run(world, world.shardOf, new Rng(`${order}`)), alone);
    }),
    { numRuns: 300 },
  );
});

test('a shard with nothing to do is not woken, and idle time is skipped', async () => {
  const world = {
    shardOf: [0, 1, 2],
    links: [
      { from: 0, to: 1, minDelayNs: 10 },
      { from: 1, to: 0, minDelayNs: 10 },
      { from: 1, to: 2, minDelayNs: 10 },
    ],
  };
  const actors = world.shardOf.map((shard, id) => ({ id, name: `a${id}`, shard }));
  const lookahead = new Lookahead({ seed: 's', actors, links: world.links, shardCount: 3 });
  const memory = createRoundMemory({
    delayNs: lookahead.shardDelayNs,
    greatestNs: lookahead.greatestNs,
    shardCount: 3,
    untilNs: Infinity,
  });
  const rounds = [0, 1, 2].map((shard) => new Rounds(memory, shard));
  const [a, b, c] = rounds;
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const report = (nextNs: number) => ({
    nextNs,
    stopNs: Infinity,
    sentNs: new Float64Array(3).fill(Infinity),
    clockNs: 0,
    events: 0,
  });
  c.finish(report(Infinity));
  b.finish(report(2_000_000));
  a.finish(report(1_000_000));
  // Shard 0 alone may go on, straight to its first event and 20 ns (its own echo) beyond.
  assert.deepEqual([a.takeGrant(), b.takeGrant(), c.takeGrant()], [true, false, false]);
  assert.equal(a.horizonNs, 1_000_020);
  assert.equal(c.takeWake(), false);
  a.finish(report(Infinity));
  assert.deepEqual([a.takeGrant(), b.takeGrant(), c.takeGrant()], [false, true, false]);
  b.finish(report(Infinity));
  assert.equal(b.state, RunState.idle);
});
