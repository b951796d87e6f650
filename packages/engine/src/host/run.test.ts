/**
 * Whole runs: the same digest for every number of workers and every placement; every way to fail.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MessageWorldSpec, placeAtRandom, randomWorld } from './message-world.suite.ts';
import { type RunResult, runWorld } from './run.ts';
import { ShardFailure } from './shard-failure.ts';

const ACTOR_COUNT = 12;

async function runOn(
  spec: MessageWorldSpec,
  workerCount: number,
  more: { placement?: string; untilNs?: number; signal?: AbortSignal; encodeAlways?: boolean } = {},
): Promise<RunResult> {
  const { placement = 'p', ...rest } = more;
  const options = placeAtRandom(spec, {
    seed: 's',
    actorCount: ACTOR_COUNT,
    workerCount,
    placement,
  });
  return await runWorld({ ...options, ...rest });
}

function outcome(result: RunResult): unknown {
  const { end, digest, events, virtualNs, collected } = result;
  const received = collected.reduce<number>((sum, part) => sum + (part as number), 0);
  return { end, digest, events, virtualNs, received };
}

test('a world gives the same run on any number of workers, however it is placed', async () => {
  for (const seed of ['one', 'two']) {
    const spec = randomWorld(seed, ACTOR_COUNT);
    const inline = outcome(await runOn(spec, 0));
    assert.deepEqual(outcome(await runOn(spec, 0, { encodeAlways: true })), inline);
    for (const workerCount of [1, 2, 3, 5]) {
      const placement = `${seed}/${workerCount}`;
      const result = await runOn(spec, workerCount, { placement });
      assert.deepEqual(outcome(result), inline, placement);
      assert.equal(result.end, 'idle');
      assert.equal(result.shards.length, workerCount + 1);
    }
  }
});

test('another seed is another run', async () => {
  const spec = randomWorld('one', ACTOR_COUNT);
  const options = placeAtRandom(spec, {
    seed: 's',
    actorCount: ACTOR_COUNT,
    workerCount: 0,
    placement: 'p',
  });
  const first = await runWorld(options);
  const second = await runWorld({ ...options, seed: 't' });
  assert.notEqual(first.digest, second.digest);
});

test('a stop runs exactly the events before it, wherever it is requested', async () => {
  for (const host of ['host-0', 'host-7']) {
    const stop = { host, requestAtNs: 3000, aheadNs: 17 };
    const spec = { ...randomWorld('stop', ACTOR_COUNT), endless: true, stop };
    const inline = outcome(await runOn(spec, 0));
    for (const workerCount of [1, 3]) {
      const result = await runOn(spec, workerCount, { placement: host });
      assert.deepEqual(outcome(result), inline);
      assert.equal(result.end, 'stopped');
    }
  }
});

test('untilNs stops too', async () => {
  const spec = { ...randomWorld('until', ACTOR_COUNT), endless: true };
  const inline = await runOn(spec, 0, { untilNs: 5000 });
  assert.equal(inline.end, 'stopped');
  assert.equal(inline.virtualNs, 5000);
  assert.deepEqual(outcome(await runOn(spec, 2, { untilNs: 5000 })), outcome(inline));
});

test('an exception names the hosts, the host, and the virtual time', async () => {
  for (const workerCount of [0, 2]) {
    const fault = { host: 'host-3', atNs: 1500, kind: 'throw' };
    const spec = { ...randomWorld('fault', ACTOR_COUNT), endless: true, fault };
    await assert.rejects(runOn(spec, workerCount), (error: unknown) => {
      assert.ok(error instanceof ShardFailure);
      assert.equal(error.reason, 'exception');
      assert.equal(error.host, 'host-3');
      assert.ok(error.hosts.includes('host-3'));
      assert.equal(error.virtualNs, 1500);
      assert.match(error.message, /host-3 at 1500 ns: boom/);
      assert.match(error.details, /message-world/);
      return true;
    });
  }
});

test('a worker that exits ends the run', async () => {
  const fault = { host: 'host-3', atNs: 1500, kind: 'exit' };
  const spec = { ...randomWorld('fault', ACTOR_COUNT), endless: true, fault };
  await assert.rejects(runOn(spec, 2), (error: unknown) => {
    assert.ok(error instanceof ShardFailure);
    assert.equal(error.reason, 'exited');
    assert.ok(error.hosts.includes('host-3'));
    assert.match(
      error.message,
      /ended unexpectedly at \d+ ns of virtual time: worker exited with code: 3/,
    );
    return true;
  });
});

test('a worker that runs out of memory ends the run', async () => {
  const fault = { host: 'host-3', atNs: 1500, kind: 'memory' };
  const spec = { ...randomWorld('fault', ACTOR_COUNT), endless: true, fault };
  const options = placeAtRandom(spec, {
    seed: 's',
    actorCount: ACTOR_COUNT,
    workerCount: 2,
    placement: 'p',
  });
  await assert.rejects(runWorld({ ...options, workerHeapMbytes: 24 }), (error: unknown) => {
    assert.ok(error instanceof ShardFailure);
    assert.equal(error.reason, 'out-of-memory');
    assert.ok(error.hosts.includes('host-3'));
    return true;
  });
});

test('a world that cannot be built ends the run before it starts', async () => {
  for (const buildFault of [0, 1]) {
    await assert.rejects(
      runOn({ ...randomWorld('x', ACTOR_COUNT), buildFault }, 1),
      (error: unknown) => {
        assert.ok(error instanceof ShardFailure);
        assert.equal(error.shard, buildFault);
        assert.match(error.message, /cannot build/);
        return true;
      },
    );
  }
});

test('an abort ends endless runs, also one that never leaves an instant', async () => {
  for (const workerCount of [0, 2]) {
    for (const fault of [undefined, { host: 'host-3', atNs: 1500, kind: 'loop' }]) {
      const spec = { ...randomWorld('abort', ACTOR_COUNT), endless: true, ...(fault && { fault }) };
      const result = await runOn(spec, workerCount, { signal: AbortSignal.timeout(150) });
      assert.equal(result.end, 'aborted');
    }
  }
});

test('while a run goes on its shards can be asked', async () => {
  const spec = { ...randomWorld('ask', ACTOR_COUNT), endless: true };
  const options = placeAtRandom(spec, {
    seed: 's',
    actorCount: ACTOR_COUNT,
    workerCount: 1,
    placement: 'p',
  });
  const stop = new AbortController();
  const answers: unknown[] = [];
  let progress = 0;
  const result = await runWorld({
    ...options,
    signal: stop.signal,
    onProgress: () => {
      progress++;
    },
    onStart: (control) => {
      void (async () => {
        answers.push(await control.inspect(0, 'main'), await control.inspect(1, 'worker'));
        await new Promise((resolve) => setTimeout(resolve, 250));
        stop.abort();
      })();
    },
  });
  assert.deepEqual(answers, ['main: 1 actors', 'worker: 11 actors']);
  assert.equal(result.end, 'aborted');
  assert.ok(progress > 0);
});

test('a message to an actor that was not declared is podwire’s fault', async () => {
  const spec = randomWorld('x', ACTOR_COUNT);
  const options = placeAtRandom(spec, {
    seed: 's',
    actorCount: ACTOR_COUNT,
    workerCount: 1,
    placement: 'p',
  });
  await assert.rejects(runWorld({ ...options, links: [] }), /was not declared/);
});
