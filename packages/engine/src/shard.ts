/**
 * One shard: a kernel, the rings to and from other shards, and its part in the rounds.
 *
 * A world module supplies what the engine does not know: how to build the shard's actors, and how
 * messages become bytes. host/ supplies threads.
 */
import { assert, must } from '@podwire/base';
import type { ActorDigest } from './digest.ts';
import type { Envelope } from './event.ts';
import type { Message } from './host.ts';
import { Kernel, type MinDelays } from './kernel.ts';
import type { ActorPlacement } from './plan.ts';
import type { RingReader, RingWriter } from './ring.ts';
import { RunState, type Rounds } from './round.ts';

/** Turns messages into bytes for other threads. What is decoded must be as good as what was sent. */
export interface MessageCodec {
  /** The bytes are good until the next message is encoded. */
  encode(message: Message): Uint8Array;
  /** The bytes are the message's own; views of them may be kept. */
  decode(bytes: Uint8Array): Message;
  /**
   * A codec for one way between two shards, at one of its ends. It may remember what crossed: messages are decoded
   * in the order in which they were encoded. Absent: this codec serves all ways.
   */
  lane?(): MessageCodec;
}

/** What a world module gets to build one shard. */
export interface ShardContext {
  readonly shard: number;
  readonly shardCount: number;
  readonly seed: string;
  /** All actors of the world; those of this shard must be created in its kernel. */
  readonly actors: readonly ActorPlacement[];
  readonly kernel: Kernel;
  /** What the caller of `runWorld` passed for the main thread's shard; undefined in workers. */
  readonly main: unknown;
}

/** What a world module's `build` returns. */
export interface ShardWorld {
  readonly codec: MessageCodec;
  /** Results after the run; must survive structured cloning. */
  collect(): unknown;
  /** Answers a question between two rounds; must not change anything. */
  inspect?(query: unknown): unknown;
}

export interface ShardStats {
  readonly shard: number;
  readonly events: number;
  readonly rounds: number;
  readonly nowNs: number;
  readonly sentCount: number;
  readonly sentBytes: number;
  readonly receivedCount: number;
}

/** What a shard hands over when the run is over. */
export interface ShardResult {
  readonly digests: readonly ActorDigest[];
  readonly stats: ShardStats;
  readonly collected: unknown;
}

/** Events between two looks at whether the run was ended. */
const SLICE_EVENT_COUNT = 8192;

export interface ShardOptions {
  readonly shard: number;
  readonly shardCount: number;
  readonly seed: string;
  readonly actors: readonly ActorPlacement[];
  readonly minDelays: MinDelays;
  readonly rounds: Rounds;
  /** By shard; undefined where no link leads. */
  readonly writers: readonly (RingWriter | undefined)[];
  readonly readers: readonly (RingReader | undefined)[];
  readonly main?: unknown;
  /** Messages inside the shard are encoded and decoded as well. */
  readonly encodeAlways?: boolean;
}

export class Shard {
  readonly kernel: Kernel;
  readonly rounds: Rounds;
  readonly #options: ShardOptions;
  readonly #shardOf = new Map<number, number>();
  readonly #sentNs: Float64Array;
  /** Messages sent while the world was being built, before its codec was known. */
  readonly #early: { envelope: Envelope; message: Message }[] = [];
  /** Codecs of the ways to and from other shards. */
  readonly #outgoing: MessageCodec[] = [];
  readonly #incoming: MessageCodec[] = [];
  #world: ShardWorld | undefined;
  #roundCount = 0;
  #sentCount = 0;
  #sentBytes = 0;
  #receivedCount = 0;
  #isInRound = false;

  constructor(options: ShardOptions) {
    this.#options = options;
    this.rounds = options.rounds;
    this.#sentNs = new Float64Array(options.shardCount).fill(Infinity);
    for (const { id, shard } of options.actors) this.#shardOf.set(id, shard);
    this.kernel = new Kernel({
      seed: options.seed,
      minDelays: options.minDelays,
      onRemote: (envelope, message) => {
        this.#sendOut(envelope, message);
      },
      ...(options.encodeAlways === true
        ? { recode: (message: Message) => this.#recode(message) }
        : {}),
    });
  }

  /** What a world module needs to build this shard's part; the result goes to `adopt`. */
  get context(): ShardContext {
    const { shard, shardCount, seed, actors, main } = this.#options;
    return { shard, shardCount, seed, actors, main, kernel: this.kernel };
  }

  /** Takes what the world module built. */
  adopt(world: ShardWorld): void {
    const { shard, actors } = this.#options;
    this.#world = world;
    for (const actor of actors) {
      const isHere = this.kernel.isLocal(actor.id);
      const word = isHere ? 'only on its own' : 'on its';
      assert(isHere === (actor.shard === shard), `actor ${actor.name} is built ${word} shard`);
    }
    for (const { envelope, message } of this.#early.splice(0)) this.#sendOut(envelope, message);
  }

  /** Takes part in the rounds: what was built is round zero. */
  join(): void {
    this.#finishRound();
  }

  /**
   * Runs a slice after news came: true when there is more to do at once, false when the shard must wait
   * for the next wake.
   */
  step(sliceEventCount: number = SLICE_EVENT_COUNT): boolean {
    if (this.rounds.state !== RunState.running) return false;
    if (!this.#isInRound) {
      if (!this.rounds.takeGrant()) return false;
      this.#isInRound = true;
      this.#drain();
    }
    const horizonNs = this.rounds.horizonNs;
    if (this.kernel.runUntil(horizonNs, sliceEventCount) === sliceEventCount) {
      this.rounds.note(this.kernel.nowNs, this.kernel.events);
      return true;
    }
    this.#isInRound = false;
    this.#finishRound();
    return false;
  }

  inspect(query: unknown): unknown {
    return this.#world?.inspect?.(query);
  }

  collect(): ShardResult {
    const world = must(this.#world, 'a shard that was built');
    return { digests: this.kernel.digests(), stats: this.stats, collected: world.collect() };
  }

  get stats(): ShardStats {
    return {
      shard: this.#options.shard,
      events: this.kernel.events,
      rounds: this.#roundCount,
      nowNs: this.kernel.nowNs,
      sentCount: this.#sentCount,
      sentBytes: this.#sentBytes,
      receivedCount: this.#receivedCount,
    };
  }

  #finishRound(): void {
    for (const writer of this.#options.writers) writer?.commit();
    this.#roundCount++;
    this.rounds.finish({
      nextNs: this.kernel.nextEventNs,
      stopNs: this.kernel.stopNs,
      sentNs: this.#sentNs,
      clockNs: this.kernel.nowNs,
      events: this.kernel.events,
    });
    this.#sentNs.fill(Infinity);
  }

  #recode(message: Message): Message {
    const codec = this.#world?.codec;
    return codec === undefined ? message : codec.decode(codec.encode(message));
  }

  #lane(codecs: MessageCodec[], shard: number): MessageCodec {
    let codec = codecs[shard];
    if (codec === undefined) {
      const { codec: common } = must(this.#world, 'a shard that was built');
      codec = common.lane?.() ?? common;
      codecs[shard] = codec;
    }
    return codec;
  }

  #drain(): void {
    for (const [shard, reader] of this.#options.readers.entries()) {
      if (reader === undefined) continue;
      const codec = this.#lane(this.#incoming, shard);
      this.#receivedCount += reader.drain(({ atNs, dst, src, srcSeq }, body) => {
        this.kernel.deliver(atNs, dst, src, srcSeq, codec.decode(body));
      });
    }
  }

  #sendOut(envelope: Envelope, message: Message): void {
    if (this.#world === undefined) {
      this.#early.push({ envelope, message });
      return;
    }
    const shard = must(this.#shardOf.get(envelope.dst), 'a message goes to an actor that exists');
    const writer = must(this.#options.writers[shard], 'a ring leads to every declared neighbour');
    const body = this.#lane(this.#outgoing, shard).encode(message);
    writer.write(envelope, body);
    this.#sentCount++;
    this.#sentBytes += body.length;
    if (envelope.atNs < (this.#sentNs[shard] as number)) this.#sentNs[shard] = envelope.atNs;
  }
}
