/**
 * What the shards agree on before a run: who exists, where, who may talk to whom and how fast.
 *
 * The lookahead from shard i to shard j is the least time after which something that happens in i can
 * be felt in j: the least declared delay over all ways from i to j, through other shards too. From a
 * shard to itself it is the shortest way out and back.
 */
import { assert } from '@podwire/base';
import type { ActorId } from './host.ts';
import type { MinDelays } from './kernel.ts';

const NOBODY: ReadonlyMap<ActorId, number> = new Map();

export interface ActorPlacement {
  readonly id: ActorId;
  readonly name: string;
  /** 0 is the main thread, 1 and up are workers. */
  readonly shard: number;
}

/** One direction in which messages may go. */
export interface LinkDeclaration {
  readonly from: ActorId;
  readonly to: ActorId;
  readonly minDelayNs: number;
}

export interface WorldPlan {
  readonly seed: string;
  readonly actors: readonly ActorPlacement[];
  readonly links: readonly LinkDeclaration[];
  /** Shards in all, the main thread's included. */
  readonly shardCount: number;
}

export class Lookahead implements MinDelays {
  readonly shardCount: number;
  readonly greatestNs: number;
  /** `[from * shardCount + to]`: over all ways, Infinity where there is none. */
  readonly shardDelayNs: Float64Array<ArrayBuffer>;
  readonly #rows = new Map<ActorId, Map<ActorId, number>>();
  readonly #direct: Float64Array;

  constructor(plan: WorldPlan) {
    const count = plan.shardCount;
    this.shardCount = count;
    const shardOf = new Map<ActorId, number>();
    for (const { id, name, shard } of plan.actors) {
      assert(!shardOf.has(id), `actor ${id} (${name}) is placed once`);
      assert(shard >= 0 && shard < count, `actor ${name} is placed on a shard that exists`);
      shardOf.set(id, shard);
    }
    this.#direct = new Float64Array(count * count).fill(Infinity);
    let greatest = 1;
    for (const { from, to, minDelayNs } of plan.links) {
      const fromShard = shardOf.get(from);
      const toShard = shardOf.get(to);
      assert(fromShard !== undefined && toShard !== undefined, 'a link joins actors that exist');
      assert(
        Number.isInteger(minDelayNs) && minDelayNs >= 1,
        `the link from actor ${from} to ${to} takes at least 1 ns`,
      );
      this.#declare(from, to, minDelayNs);
      greatest = Math.max(greatest, minDelayNs);
      if (fromShard === toShard) continue;
      const index = fromShard * count + toShard;
      this.#direct[index] = Math.min(this.#direct[index] as number, minDelayNs);
    }
    this.greatestNs = greatest;
    this.shardDelayNs = shortestWays(this.#direct, count);
  }

  minDelaysFrom(from: ActorId): ReadonlyMap<ActorId, number> {
    return this.#rows.get(from) ?? NOBODY;
  }

  /** Whether some actor of one shard may send to some actor of the other. */
  hasDirect(fromShard: number, toShard: number): boolean {
    return (this.#direct[fromShard * this.shardCount + toShard] as number) < Infinity;
  }

  #declare(from: ActorId, to: ActorId, minDelayNs: number): void {
    let row = this.#rows.get(from);
    if (row === undefined) {
      row = new Map();
      this.#rows.set(from, row);
    }
    row.set(to, Math.min(row.get(to) ?? Infinity, minDelayNs));
  }
}

/** Floyd-Warshall; the diagonal comes out as the shortest cycle. */
function shortestWays(direct: Float64Array, count: number): Float64Array<ArrayBuffer> {
  const ways = Float64Array.from(direct);
  for (let via = 0; via < count; via++) {
    for (let from = 0; from < count; from++) {
      const first = ways[from * count + via] as number;
      if (first === Infinity) continue;
      for (let to = 0; to < count; to++) {
        const sum = first + (ways[via * count + to] as number);
        if (sum < (ways[from * count + to] as number)) ways[from * count + to] = sum;
      }
    }
  }
  return ways;
}
