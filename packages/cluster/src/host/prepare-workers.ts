/**
 * Starts threads for nodes before the cluster is known: they load what a node runs meanwhile.
 */
import { availableParallelism } from 'node:os';
import { WorkerPool } from '@podwire/engine/host';
import type { Workers } from '../placement.ts';

/** A small cluster's nodes; a run that needs more threads starts more. */
const THREADS_MAX = 3;

/** Undefined where a run will need no threads. */
export function prepareWorkers(workers: Workers | undefined): WorkerPool | undefined {
  if (workers === 0) return undefined;
  const wanted = workers === undefined || workers === 'node' ? THREADS_MAX : workers;
  return new WorkerPool({
    count: Math.min(wanted, THREADS_MAX, availableParallelism()),
    preload: [new URL('./node-worker.ts', import.meta.url).href],
  });
}
