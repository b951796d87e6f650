/**
 * What a worker needs to become a shard, and the calls it then answers.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { must } from '@podwire/base';
import { Lookahead, type WorldPlan } from '../plan.ts';
import { RingReader, RingWriter, createRing } from '../ring.ts';
import { type RoundMemory, Rounds } from '../round.ts';
import { Shard, type ShardResult } from '../shard.ts';
import type { FailureReport } from './failure-report.ts';

/** One shard's ends of its rings; by the number of the other shard, undefined where no link leads. */
export interface RingEnds {
  readonly buffer: SharedArrayBuffer;
  /** Over which bigger rings are handed on. */
  readonly port: MessagePort;
}

/** The task that piscina hands to a worker. */
export interface ShardSetup {
  readonly shard: number;
  readonly plan: WorldPlan;
  readonly memory: RoundMemory;
  readonly outgoing: readonly (RingEnds | undefined)[];
  readonly incoming: readonly (RingEnds | undefined)[];
  readonly moduleUrl: string;
  readonly spec: unknown;
  /** Looks before a waiting thread goes to sleep, while no more threads are awake than there are cores. */
  readonly spinCount: number;
  readonly coreCount: number;
  readonly encodeAlways: boolean;
}

export interface WorkerSetup extends ShardSetup {
  /** Comlink's port. */
  readonly control: MessagePort;
}

/** The control calls. */
export interface WorkerCalls {
  /** Loads the world module and builds the shard's actors. */
  build(): Promise<FailureReport | undefined>;
  /** Takes part in rounds until the run is over. */
  start(): Promise<FailureReport | undefined>;
  collect(): ShardResult;
  /** Answered between two rounds. */
  inspect(query: unknown): unknown;
  /** Lets the worker's task end. */
  leave(): void;
}

/** Every ordered pair of shards that a link joins gets a ring and a channel. */
export function createRings(lookahead: Lookahead): { outgoing: RingTable; incoming: RingTable } {
  const count = lookahead.shardCount;
  const outgoing: RingTable = table(count);
  const incoming: RingTable = table(count);
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      if (from === to || !lookahead.hasDirect(from, to)) continue;
      const { port1, port2 } = new MessageChannel();
      const buffer = createRing();
      (outgoing[from] as RingTable[number])[to] = { buffer, port: port1 };
      (incoming[to] as RingTable[number])[from] = { buffer, port: port2 };
    }
  }
  return { outgoing, incoming };
}

export type RingTable = (RingEnds | undefined)[][];

function table(count: number): RingTable {
  return Array.from({ length: count }, () => Array.from({ length: count }, () => undefined));
}

/** Makes the shard on its thread. */
export function createShard(setup: ShardSetup, main?: unknown): Shard {
  const { shard, plan, memory } = setup;
  return new Shard({
    shard,
    shardCount: plan.shardCount,
    seed: plan.seed,
    actors: plan.actors,
    minDelays: new Lookahead(plan),
    rounds: new Rounds(memory, shard),
    writers: setup.outgoing.map((ends) =>
      ends === undefined
        ? undefined
        : new RingWriter(ends.buffer, (buffer) => {
            ends.port.postMessage(buffer);
          }),
    ),
    readers: setup.incoming.map((ends) =>
      ends === undefined
        ? undefined
        : new RingReader(ends.buffer, () => {
            const handedOver = must(receiveMessageOnPort(ends.port), 'a ring that was handed over');
            return handedOver.message as SharedArrayBuffer;
          }),
    ),
    main,
    encodeAlways: setup.encodeAlways,
  });
}
