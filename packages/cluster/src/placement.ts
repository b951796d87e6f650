/**
 * Which shard runs which actor.
 *
 * Shard 0 is the main thread's own. With `--workers 0` it runs everything; otherwise it runs the operator
 * alone, shard 1 begins with what all nodes talk to (control plane, router, switches, outside hosts), and
 * the nodes follow: one thread each (`node`), or spread evenly over the given number of threads.
 */
import type { WorldSpec } from './world-spec.ts';

export type Workers = number | 'node';

/** Up to so many nodes get a thread each by default. */
export const NODE_THREADS_MAX = 16;

export interface Placement {
  readonly shardCount: number;
  /** Shard of each actor. */
  readonly shardOf: readonly number[];
}

export function defaultWorkers(nodeCount: number, cores: number): Workers {
  return nodeCount <= NODE_THREADS_MAX ? 'node' : Math.max(1, cores);
}

export function placeActors(spec: WorldSpec, workers: Workers): Placement {
  if (workers === 0) return { shardCount: 1, shardOf: spec.actors.map(() => 0) };
  const nodeCount = spec.cluster.nodes.length;
  const threads = workers === 'node' ? nodeCount + 1 : workers;
  let nodeIndex = 0;
  const shardOf = spec.actors.map((actor) => {
    if (actor.kind === 'operator') return 0;
    if (actor.kind !== 'host' || actor.role !== 'node') return 1;
    const index = nodeIndex++;
    return workers === 'node' ? 2 + index : 1 + ((index + 1) % threads);
  });
  return { shardCount: 1 + threads, shardOf };
}
