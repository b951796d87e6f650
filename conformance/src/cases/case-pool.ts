/**
 * The pool of worker threads that run cases; piscina owns the threads.
 */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { type CaseResult, textOf } from './case-file.ts';
import type { CaseTask } from './run-case.ts';

/** Heap of a thread; a case's world takes a few tens of megabytes. */
const HEAP_MBYTES = 1024;

export class CasePool {
  readonly #pool: Piscina<CaseTask, CaseResult>;

  constructor(jobs: number = availableParallelism()) {
    this.#pool = new Piscina({
      filename: new URL('./case-worker.ts', import.meta.url).href,
      name: 'run',
      minThreads: 1,
      maxThreads: jobs,
      idleTimeout: 1000,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MBYTES },
    });
  }

  /** A case that podwire breaks over disagrees, and the others go on. */
  async run(task: CaseTask, name: string): Promise<CaseResult> {
    try {
      return await this.#pool.run(task);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : textOf(error);
      return { name, outcome: 'disagree', reason: `podwire failed: ${reason}`, probes: 0 };
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
