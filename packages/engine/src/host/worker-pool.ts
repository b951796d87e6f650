/**
 * Threads for workers, owned by piscina: it starts them, bounds their memory and tells when one dies.
 *
 * They may be started before it is known how many a run needs, so that they load their modules while the
 * main thread still reads the scenario.
 */
import { getCompileCacheDir } from 'node:module';
import type { Transferable } from 'node:worker_threads';
import { Piscina } from 'piscina';

export interface WorkerPoolOptions {
  /** Threads to start at once; `grow` adds more. */
  readonly count: number;
  /** Modules that threads load before they are asked to. */
  readonly preload?: readonly string[];
  /** Heap of each thread. */
  readonly heapMbytes?: number | undefined;
}

/** What threads find in `workerData`. */
export interface WorkerPreload {
  readonly preload: readonly string[];
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #pools: { readonly piscina: Piscina; free: number }[] = [];

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.grow(options.count);
  }

  /** Makes sure of so many threads without a task. */
  grow(freeCount: number): void {
    const free = this.#pools.reduce((sum, pool) => sum + pool.free, 0);
    if (free < freeCount) this.#pools.push(this.#start(freeCount - free));
  }

  /** Fulfilled when the task ends; rejected when its thread dies. */
  async run(task: unknown, transferList: Transferable[]): Promise<void> {
    this.grow(1);
    const pool = this.#pools.find((each) => each.free > 0);
    if (pool === undefined) throw new Error('a free thread after growing');
    pool.free--;
    await pool.piscina.run(task, { transferList });
    pool.free++;
  }

  /** Ends all threads, whatever they do. */
  async destroy(): Promise<void> {
    await Promise.all(this.#pools.splice(0).map(({ piscina }) => piscina.destroy()));
  }

  #start(count: number): { piscina: Piscina; free: number } {
    const { preload = [], heapMbytes } = this.#options;
    const cache = process.env['NODE_COMPILE_CACHE'] ?? getCompileCacheDir();
    const workerData: WorkerPreload = { preload };
    const piscina = new Piscina({
      filename: new URL('./worker-shard.ts', import.meta.url).href,
      // Exactly so many: piscina would start another thread for a task while those are not yet ready.
      minThreads: count,
      maxThreads: count,
      concurrentTasksPerWorker: 1,
      // Between tasks piscina would block the thread and with it comlink's port.
      atomics: 'disabled',
      workerData,
      env: cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: cache },
      ...(heapMbytes === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: heapMbytes } }),
    });
    // Deaths are told by the tasks; piscina also emits those that hit a thread without one.
    piscina.on('error', () => undefined);
    return { piscina, free: count };
  }
}
