/**
 * The engine's rim: runs a world on the main thread and in workers.
 */
export { resolveOwnFiles } from './own-files.ts';
export type { BuildShard } from './build-shard.ts';
export {
  type Progress,
  type RunControl,
  type RunEnd,
  type RunOptions,
  type RunResult,
  runWorld,
} from './run.ts';
export { type FailureReason, ShardFailure } from './shard-failure.ts';
export { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';
