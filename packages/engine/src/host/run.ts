/**
 * Runs a world: builds its shards on the main thread and in workers, keeps them going until the run is
 * over, collects.
 *
 * Shard 0 is the main thread's own; it runs in slices, so that Ctrl-C and progress get their turn. With
 * no worker it is the only one. Workers are piscina's: it starts them, bounds their memory and tells
 * when one dies. However a run ends, no thread is left behind.
 */
import { availableParallelism } from 'node:os';
import { MessageChannel, type Transferable } from 'node:worker_threads';
import { type Remote, wrap } from 'comlink';
import { assert, must } from '@podwire/base';
import { combineDigests } from '../digest.ts';
import { type ActorPlacement, type LinkDeclaration, Lookahead, type WorldPlan } from '../plan.ts';
import { type Rounds, RunState, createRoundMemory } from '../round.ts';
import type { Shard, ShardResult, ShardStats } from '../shard.ts';
import { type BuildShard, buildShard } from './build-shard.ts';
import { messageEndpoint } from './endpoint.ts';
import { type FailureReport, describeFailure } from './failure-report.ts';
import { ShardFailure } from './shard-failure.ts';
import {
  type RingTable,
  type ShardSetup,
  type WorkerCalls,
  type WorkerSetup,
  createRings,
  createShard,
} from './shard-setup.ts';
import { WorkerPool } from './worker-pool.ts';

export interface RunOptions {
  /** A module that exports `build: BuildShard`; loaded by every worker. */
  readonly moduleUrl: string;
  /** The main thread's module, where it builds what workers never do; else the same. */
  readonly loadMain?: () => Promise<{ readonly build: BuildShard }>;
  /** What `build` gets; cloned into every worker. */
  readonly spec: unknown;
  readonly seed: string;
  /** Shard 0 is the main thread; 1 to `workerCount` are workers. */
  readonly actors: readonly ActorPlacement[];
  readonly links: readonly LinkDeclaration[];
  readonly workerCount: number;
  /** Live objects for the main thread's shard (`ShardContext.main`). */
  readonly main?: unknown;
  /** Stops the run at this time at the latest. */
  readonly untilNs?: number;
  /** Ends the run early, with what there is. */
  readonly signal?: AbortSignal;
  /** Threads that were started beforehand, or served another run. Those of a run that failed are ended. */
  readonly pool?: WorkerPool | undefined;
  /** Heap of each worker of the run's own pool; beyond it the run ends with a ShardFailure. */
  readonly workerHeapMbytes?: number;
  /**
   * Encodes and decodes messages inside a shard too. The digest must stay the same: what sender and
   * receiver share by mistake shows.
   */
  readonly encodeAlways?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  /** Called once the shards run. */
  readonly onStart?: (control: RunControl) => void;
}

export interface Progress {
  /** Of the shard that is furthest ahead. */
  readonly virtualNs: number;
  readonly events: number;
}

/** What can be asked while a run goes on. */
export interface RunControl {
  inspect(shard: number, query: unknown): Promise<unknown>;
  readonly progress: Progress;
}

export type RunEnd = 'idle' | 'stopped' | 'aborted';

export interface RunResult {
  readonly end: RunEnd;
  /** 16 hexadecimal digits; equal digests mean equal runs. An aborted run's says nothing. */
  readonly digest: string;
  readonly events: number;
  /** The stop, or the time of the last event. */
  readonly virtualNs: number;
  readonly shards: readonly ShardStats[];
  /** What each shard's world collected, by shard. */
  readonly collected: readonly unknown[];
}

/** The main thread looks at its event loop at least this often while its own shard runs. */
const SLICE_MS = 8;
const SLICE_EVENT_COUNT = 1024;
const PROGRESS_EVERY_MS = 100;
/** About 20 µs of looking: as long as going to sleep and being woken would take. */
const SPIN_COUNT = 2000;

export async function runWorld(options: RunOptions): Promise<RunResult> {
  const run = new Run(options);
  try {
    return await run.go();
  } finally {
    await run.dispose();
  }
}

class Run {
  readonly #options: RunOptions;
  readonly #plan: WorldPlan;
  readonly #rounds: Rounds;
  readonly #main: Shard;
  readonly #setups: readonly ShardSetup[];
  readonly #workers: Worker[] = [];
  #pool: WorkerPool | undefined;
  #failure: ShardFailure | undefined;
  /** All workers have left their tasks. */
  #isOver = false;
  #progressTimer: NodeJS.Timeout | undefined;
  readonly #abort = (): void => {
    this.#rounds.end(RunState.aborted);
  };

  constructor(options: RunOptions) {
    const shardCount = options.workerCount + 1;
    const { seed, actors, links, moduleUrl, spec } = options;
    this.#options = options;
    this.#plan = { seed, actors, links, shardCount };
    const lookahead = new Lookahead(this.#plan);
    const memory = createRoundMemory({
      delayNs: lookahead.shardDelayNs,
      greatestNs: lookahead.greatestNs,
      shardCount,
      untilNs: options.untilNs ?? Infinity,
    });
    const rings = createRings(lookahead);
    const coreCount = availableParallelism();
    this.#setups = Array.from({ length: shardCount }, (_, shard) => ({
      shard,
      plan: this.#plan,
      memory,
      outgoing: ends(rings.outgoing, shard),
      incoming: ends(rings.incoming, shard),
      moduleUrl,
      spec,
      spinCount: coreCount > 1 ? SPIN_COUNT : 0,
      coreCount,
      encodeAlways: options.encodeAlways ?? false,
    }));
    const own = must(this.#setups[0], 'the main thread has a shard');
    this.#main = createShard(own, options.main);
    this.#rounds = this.#main.rounds;
  }

  async go(): Promise<RunResult> {
    const { signal, onProgress, onStart } = this.#options;
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted === true) this.#abort();
    this.#startWorkers();
    await Promise.all([
      this.#guardMain(() => this.#buildMain()),
      ...this.#workers.map((worker) => this.#call(worker, (calls) => calls.build())),
    ]);
    this.#throwFailure();
    if (onProgress !== undefined) {
      this.#progressTimer = setInterval(() => {
        onProgress(this.#progress());
      }, PROGRESS_EVERY_MS);
      this.#progressTimer.unref();
    }
    onStart?.(this.#control());
    await Promise.all([
      this.#guardMain(() => this.#runMain()),
      ...this.#workers.map((worker) => this.#call(worker, (calls) => calls.start())),
    ]);
    this.#throwFailure();
    const result = await this.#collect();
    this.#isOver = true;
    return result;
  }

  /** Leaves no thread, port or timer behind. */
  async dispose(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    clearInterval(this.#progressTimer);
    this.#rounds.end(RunState.aborted);
    for (const setup of this.#setups) {
      for (const one of [...setup.outgoing, ...setup.incoming]) one?.port.close();
    }
    for (const worker of this.#workers) worker.control.close();
    if (!this.#isOver || this.#pool !== this.#options.pool) await this.#pool?.destroy();
  }

  #startWorkers(): void {
    const { workerCount, workerHeapMbytes, pool } = this.#options;
    this.#pool = pool;
    if (workerCount === 0) return;
    this.#pool ??= new WorkerPool({ count: workerCount, heapMbytes: workerHeapMbytes });
    this.#pool.grow(workerCount);
    for (const setup of this.#setups.slice(1)) this.#workers.push(this.#startWorker(setup));
  }

  #startWorker(setup: ShardSetup): Worker {
    const pool = must(this.#pool, 'a pool');
    const { port1, port2 } = new MessageChannel();
    const task: WorkerSetup = { ...setup, control: port2 };
    const ports = [...setup.outgoing, ...setup.incoming].flatMap((one) =>
      one === undefined ? [] : [one.port],
    );
    const transferList: Transferable[] = [port2, ...ports];
    const { promise: death, resolve: die } = Promise.withResolvers<undefined>();
    const worker = {
      shard: setup.shard,
      control: port1,
      calls: wrap<WorkerCalls>(messageEndpoint(port1)),
      death,
    };
    port1.start();
    pool.run(task, transferList).then(
      () => {
        this.#workerEnded(setup.shard, undefined);
        die(undefined);
      },
      (error: unknown) => {
        this.#workerEnded(setup.shard, error);
        die(undefined);
      },
    );
    return worker;
  }

  /** A worker's task ended: by `leave`, or because its thread died. */
  #workerEnded(shard: number, error: unknown): void {
    if (error === undefined) return;
    const isMemory =
      error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.#fail(shard, isMemory ? 'out-of-memory' : 'exited', {
      message: error instanceof Error ? error.message : 'the thread is gone',
      stack: '',
      host: undefined,
      process: undefined,
      virtualNs: this.#rounds.progress(shard).clockNs,
    });
  }

  async #call(
    worker: Worker,
    call: (calls: Remote<WorkerCalls>) => Promise<FailureReport | undefined>,
  ): Promise<void> {
    const report = await Promise.race([call(worker.calls), worker.death]);
    if (report !== undefined) this.#fail(worker.shard, 'exception', report);
  }

  async #guardMain(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#fail(0, 'exception', describeFailure(error, this.#main.kernel.nowNs), error);
    }
  }

  #fail(
    shard: number,
    reason: ShardFailure['reason'],
    report: FailureReport,
    cause?: unknown,
  ): void {
    this.#rounds.end(RunState.failed);
    const hosts = this.#plan.actors.filter((actor) => actor.shard === shard);
    // The first failure is the one that counts; others follow from it.
    this.#failure ??= new ShardFailure({
      shard,
      reason,
      hosts: hosts.map((actor) => actor.name),
      report,
      cause,
    });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #buildMain(): Promise<void> {
    const { loadMain, moduleUrl, spec } = this.#options;
    const module = await (loadMain?.() ??
      (import(moduleUrl) as Promise<{ readonly build: BuildShard }>));
    await buildShard(this.#main, module.build, spec);
  }

  async #runMain(): Promise<void> {
    const rounds = this.#rounds;
    const { spinCount, coreCount } = must(this.#setups[0], 'the main thread has a shard');
    rounds.joinAwake();
    this.#main.join();
    let hasMore = false;
    let sliceEndMs = performance.now() + SLICE_MS;
    while (rounds.state === RunState.running) {
      const leftMs = sliceEndMs - performance.now();
      if (leftMs <= 0) {
        await turn();
        sliceEndMs = performance.now() + SLICE_MS;
      } else if (hasMore || rounds.waitForWake(spinCount, coreCount, leftMs)) {
        hasMore = this.#main.step(SLICE_EVENT_COUNT);
      }
    }
  }

  async #collect(): Promise<RunResult> {
    const own = this.#main.collect();
    const others = await Promise.all(
      this.#workers.map(async (worker) => {
        const result = await Promise.race([worker.calls.collect(), worker.death]);
        if (result !== undefined) await Promise.race([worker.calls.leave(), worker.death]);
        return result;
      }),
    );
    this.#throwFailure();
    const results: ShardResult[] = [own];
    for (const other of others) results.push(must(other, 'every shard hands over its result'));
    const state = this.#rounds.state;
    assert(state !== RunState.running && state !== RunState.failed, 'a run that is over');
    if (state === RunState.idle) assertNothingLeft(results);
    const lastNs = Math.max(...results.map((result) => result.stats.nowNs));
    return {
      end: state === RunState.idle ? 'idle' : state === RunState.stopped ? 'stopped' : 'aborted',
      digest: combineDigests(results.flatMap((result) => result.digests)),
      events: results.reduce((sum, result) => sum + result.stats.events, 0),
      virtualNs: state === RunState.stopped ? this.#rounds.stopNs : lastNs,
      shards: results.map((result) => result.stats),
      collected: results.map((result) => result.collected),
    };
  }

  #progress(): Progress {
    let events = 0;
    let virtualNs = 0;
    for (const { shard } of this.#setups) {
      const one = this.#rounds.progress(shard);
      events += one.events;
      virtualNs = Math.max(virtualNs, one.clockNs);
    }
    return { events, virtualNs };
  }

  #control(): RunControl {
    const progress = (): Progress => this.#progress();
    return {
      get progress(): Progress {
        return progress();
      },
      inspect: async (shard, query) => {
        if (shard === 0) return this.#main.inspect(query);
        const worker = must(this.#workers[shard - 1], 'a shard that exists');
        this.#rounds.wantAttention(shard);
        try {
          return await Promise.race([worker.calls.inspect(query), worker.death]);
        } finally {
          this.#rounds.releaseAttention(shard);
        }
      },
    };
  }
}

interface Worker {
  readonly shard: number;
  readonly control: MessageChannel['port1'];
  readonly calls: Remote<WorkerCalls>;
  /** Fulfilled when the worker's task is over. */
  readonly death: Promise<undefined>;
}

/** In a world that fell idle every message that left a shard has come to its receiver's. */
function assertNothingLeft(results: readonly ShardResult[]): void {
  let openCount = 0;
  for (const { stats } of results) openCount += stats.sentCount - stats.receivedCount;
  assert(openCount === 0, 'no message is left between shards when a run falls idle');
}

function ends(rings: RingTable, shard: number): RingTable[number] {
  return must(rings[shard], 'a row for every shard');
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
