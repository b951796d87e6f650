/**
 * Which shard runs which actor.
 *
 * Shard 0 is the main thread's own: it runs the operator and what all nodes talk to, which is the control
 * plane, the switches, the router and the outside hosts. It has most of their code loaded anyway, from
 * reading the scenario. The nodes are in workers, one thread each (`node`) or spread evenly over the given
 * number of threads. With `--workers 0` shard 0 runs everything.
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
  const nodeCount = spec.cluster.nodes.length;
  const threads = workers === 'node' ? nodeCount : Math.min(workers, nodeCount);
  let nodeIndex = 0;
  const shardOf = spec.actors.map((actor) => {
    if (threads === 0 || actor.kind !== 'host' || actor.role !== 'node') return 0;
    return 1 + (nodeIndex++ % threads);
  });
  return { shardCount: 1 + threads, shardOf };
}
