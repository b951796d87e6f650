/**
 * A worker thread as a shard: what piscina runs, one task per thread for the length of a run.
 *
 * Control calls arrive over comlink while the thread's event loop turns: before and after the rounds, and
 * between two of them when the main thread asks for attention. The rounds themselves block the thread.
 */
import { workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import { RunState } from '../round.ts';
import type { Shard } from '../shard.ts';
import { type BuildShard, buildShard } from './build-shard.ts';
import { messageEndpoint } from './endpoint.ts';
import { type FailureReport, describeFailure } from './failure-report.ts';
import { resolveOwnFiles } from './own-files.ts';
import { type WorkerCalls, type WorkerSetup, createShard } from './shard-setup.ts';
import type { WorkerPreload } from './worker-pool.ts';

resolveOwnFiles();
for (const url of (workerData as WorkerPreload).preload) {
  // Whoever needs the module imports it again and hears of the failure.
  import(url).catch(() => undefined);
}

// oxlint-disable-next-line import/no-default-export -- piscina calls the default export
export default function runWorker(setup: WorkerSetup): Promise<void> {
  const shard = createShard(setup);
  const { promise, resolve } = Promise.withResolvers<void>();
  const calls: WorkerCalls = {
    async build() {
      return await reporting(shard, async () => {
        const module = (await import(setup.moduleUrl)) as { build: BuildShard };
        await buildShard(shard, module.build, setup.spec);
      });
    },
    async start() {
      return await reporting(shard, async () => {
        await takePart(shard, setup);
      });
    },
    collect: () => shard.collect(),
    inspect: (query) => shard.inspect(query),
    leave: () => {
      for (const ends of [...setup.outgoing, ...setup.incoming]) ends?.port.close();
      // The answer to this call must leave before the port closes.
      setImmediate(() => {
        setup.control.close();
        resolve();
      });
    },
  };
  expose(calls, messageEndpoint(setup.control));
  setup.control.start();
  return promise;
}

async function takePart(shard: Shard, setup: WorkerSetup): Promise<void> {
  const { rounds } = shard;
  const { spinCount, coreCount } = setup;
  rounds.joinAwake();
  let hasMore = false;
  shard.join();
  while (rounds.state === RunState.running) {
    if (!hasMore) rounds.waitForWake(spinCount, coreCount);
    hasMore = shard.step();
    while (rounds.isAttentionWanted && rounds.state === RunState.running) await turn();
  }
}

/** One turn of the event loop, so that control calls are answered. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Ends the run for everybody when this shard fails, and says why. */
async function reporting(
  shard: Shard,
  run: () => Promise<void>,
): Promise<FailureReport | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    shard.rounds.end(RunState.failed);
    return describeFailure(error, shard.kernel.nowNs);
  }
}
