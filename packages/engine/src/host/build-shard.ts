/**
 * Lets a world module build a shard's part of the world; it may load modules for that, so it may be a promise.
 */
import type { Shard, ShardContext, ShardWorld } from '../shard.ts';

export type BuildShard = (spec: unknown, context: ShardContext) => ShardWorld | Promise<ShardWorld>;

export async function buildShard(shard: Shard, build: BuildShard, spec: unknown): Promise<void> {
  shard.adopt(await build(spec, shard.context));
}
