/**
 * The event loop of one shard: its actors, their events, virtual time.
 *
 * `runUntil` runs all events before a horizon, in the order of event.ts. Messages to actors of other
 * shards leave through `onRemote` with their envelope and come in through `deliver`. Who computes
 * horizons: round.ts; who runs a single shard: test-world.ts.
 */
import { AssertionError, Rng, assert } from '@podwire/base';
import { type ActorDigest, RollingDigest } from './digest.ts';
import { EventQueue } from './event-queue.ts';
import { type Callback, type Envelope, SELF_SOURCE } from './event.ts';
import { guarded } from './guard.ts';
import type { Actor, ActorFactory, ActorId, HostSim, Message } from './host.ts';
import { type Proc, type Process, ProcessDriver, ProcessError } from './process.ts';
import { QueuedTimer, type Timer } from './timer.ts';

export interface KernelOptions {
  /** Seed of the run; every stream is `seed/actor name/purpose`. */
  readonly seed: string;
  /** Declared least delays by source and destination; undefined: every pair may talk, 1 ns apart. */
  readonly minDelays?: MinDelays;
  /** Takes messages to actors that are not of this kernel. */
  readonly onRemote?: (envelope: Envelope, message: Message) => void;
  /** Passes messages inside the shard through their encoding too; a test of what is shared by mistake. */
  readonly recode?: (message: Message) => Message;
  /** Hears of a stop request. */
  readonly onStop?: (atNs: number) => void;
}

/** The world's declared least delays. */
export interface MinDelays {
  /** By receiver, of the pairs that were declared for this sender. */
  minDelaysFrom(from: ActorId): ReadonlyMap<ActorId, number>;
  /** The greatest of all, at least 1. */
  readonly greatestNs: number;
}

/** Podwire's own fault while an event ran: where and when. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  readonly host: string;
  readonly atNs: number;
  readonly process: string | undefined;

  constructor(host: string, atNs: number, cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause);
    super(`${host} at ${atNs} ns: ${text}`, { cause });
    this.host = host;
    this.atNs = atNs;
    this.process = cause instanceof ProcessError ? cause.process : undefined;
  }
}

export class Kernel {
  readonly seed: string;
  readonly queue: EventQueue = new EventQueue();
  readonly minDelays: MinDelays | undefined;
  readonly #onRemote: KernelOptions['onRemote'];
  readonly #recode: KernelOptions['recode'];
  readonly #onStop: KernelOptions['onStop'];
  readonly #actors = new Map<ActorId, LocalActor>();
  /** Actors by number, for the event loop; holes where actors live elsewhere. */
  readonly #byId: (LocalActor | undefined)[] = [];
  #nowNs = 0;
  #stopNs = Infinity;
  #events = 0;

  constructor(options: KernelOptions) {
    this.seed = options.seed;
    this.minDelays = options.minDelays;
    this.#onRemote = options.onRemote;
    this.#recode = options.recode;
    this.#onStop = options.onStop;
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  /** Events that ran. */
  get events(): number {
    return this.#events;
  }

  /** Earliest requested stop, Infinity when nobody asked. */
  get stopNs(): number {
    return this.#stopNs;
  }

  /** Time of the first event that is still to run, Infinity when there is none. */
  get nextEventNs(): number {
    return this.queue.nextNs;
  }

  get actors(): Iterable<HostSim> {
    return this.#actors.values();
  }

  createActor(id: ActorId, name: string, factory?: ActorFactory): HostSim {
    assert(Number.isInteger(id) && id >= 0 && id < SELF_SOURCE, 'an actor number');
    assert(!this.#actors.has(id), `actor ${id} exists once`);
    const local = new LocalActor(this, id, name);
    this.#actors.set(id, local);
    while (this.#byId.length <= id) this.#byId.push(undefined);
    this.#byId[id] = local;
    if (factory !== undefined) local.actor = guarded(() => factory(local));
    return local;
  }

  isLocal(id: ActorId): boolean {
    return this.#byId[id] !== undefined;
  }

  /**
   * Runs all events before the horizon and before the stop, at most `eventCountMax`; returns how many
   * ran. When it returns fewer than the most, none before the horizon is left.
   */
  runUntil(horizonNs: number, eventCountMax: number = Infinity): number {
    return guarded(() => this.#run(horizonNs, eventCountMax));
  }

  #run(horizonNs: number, eventCountMax: number): number {
    const { queue } = this;
    const byId = this.#byId;
    let count = 0;
    let current: LocalActor | undefined;
    try {
      while (count < eventCountMax) {
        // A stop may be requested by any event, so it is looked at before each.
        const body = queue.takeBefore(horizonNs < this.#stopNs ? horizonNs : this.#stopNs);
        if (body === undefined) break;
        const { atNs, src } = queue;
        assert(atNs >= this.#nowNs, 'time never goes back');
        this.#nowNs = atNs;
        current = byId[queue.dst];
        assert(current !== undefined, 'an event of an actor of this shard');
        current.noteEvent(atNs, src, queue.srcSeq);
        count++;
        if (typeof body === 'function') body(queue.argument);
        else current.receive(body, src === SELF_SOURCE ? current.id : src);
      }
    } catch (error) {
      throw new SimulationError(current?.name ?? 'shard', this.#nowNs, error);
    } finally {
      this.#events += count;
      // The last event's argument is not kept alive by the queue.
      queue.argument = undefined;
    }
    return count;
  }

  /** Moves the clock on when nothing happens before `atNs`. */
  advanceTo(atNs: number): void {
    assert(
      atNs >= this.#nowNs && atNs <= this.nextEventNs,
      'the clock moves on over idle time only',
    );
    this.#nowNs = atNs;
  }

  /** A message from another shard. */
  deliver(atNs: number, dst: ActorId, src: ActorId, srcSeq: number, message: Message): void {
    assert(atNs > this.#nowNs, 'a message arrives in the future of its receiver');
    assert(this.isLocal(dst), 'a message for an actor of this shard');
    this.queue.push(atNs, dst, src, srcSeq, message);
  }

  /** Routes a message of a local actor; called by `HostSim.send`. */
  route(sender: LocalActor, to: ActorId, delayNs: number, srcSeq: number, message: Message): void {
    const { id: from, leastDelays } = sender;
    assert(Number.isInteger(delayNs), 'a delay is a whole number of nanoseconds');
    const atNs = this.#nowNs + delayNs;
    if (to === from) {
      assert(delayNs >= 0, 'a delay is not negative');
      this.queue.push(atNs, to, SELF_SOURCE, srcSeq, message);
      return;
    }
    const least = leastDelays === undefined ? 1 : leastDelays.get(to);
    // Built only on failure: this is the packet path.
    if (least === undefined || delayNs < least) {
      const rule = least === undefined ? 'was not declared' : `takes at least ${least} ns`;
      throw new AssertionError(`a message from actor ${from} to ${to} ${rule}, not ${delayNs} ns`);
    }
    if (this.isLocal(to)) {
      const handedOver = this.#recode === undefined ? message : this.#recode(message);
      this.queue.push(atNs, to, from, srcSeq, handedOver);
      return;
    }
    assert(this.#onRemote !== undefined, 'a message goes to an actor that exists');
    this.#onRemote({ atNs, dst: to, src: from, srcSeq }, message);
  }

  requestStop(atNs: number): void {
    assert(atNs >= this.#nowNs + this.stopAheadNs, 'a stop is requested far enough ahead');
    if (atNs >= this.#stopNs) return;
    this.#stopNs = atNs;
    this.#onStop?.(atNs);
  }

  get stopAheadNs(): number {
    return this.minDelays?.greatestNs ?? 1;
  }

  /** Hashes of all actors of this shard. */
  digests(): ActorDigest[] {
    return [...this.#actors.values()].map((actor) => actor.snapshot());
  }
}

/** One actor of this shard: its `HostSim` and what the event loop keeps about it. */
class LocalActor implements HostSim {
  readonly id: ActorId;
  readonly name: string;
  actor: Actor | undefined;
  /** Declared least delays by receiver; undefined: 1 ns to everybody. */
  readonly leastDelays: ReadonlyMap<ActorId, number> | undefined;
  readonly #kernel: Kernel;
  readonly #digest: RollingDigest;
  readonly #streams = new Map<string, Rng>();
  #seq = 0;
  #events = 0;

  constructor(kernel: Kernel, id: ActorId, name: string) {
    this.#kernel = kernel;
    this.leastDelays = kernel.minDelays?.minDelaysFrom(id);
    this.id = id;
    this.name = name;
    this.#digest = new RollingDigest(name);
  }

  get stopAheadNs(): number {
    return this.#kernel.stopAheadNs;
  }

  nowNs(): number {
    return this.#kernel.nowNs;
  }

  after(delayNs: number, run: (argument: never) => void, argument?: unknown): Timer {
    const { queue } = this.#kernel;
    const timer = new QueuedTimer(queue, this.#due(delayNs), run as Callback, argument);
    timer.slot = queue.push(timer.atNs, this.id, SELF_SOURCE, this.#seq++, fireTimer, timer);
    return timer;
  }

  schedule(delayNs: number, run: (argument: never) => void, argument?: unknown): void {
    const atNs = this.#due(delayNs);
    this.#kernel.queue.push(atNs, this.id, SELF_SOURCE, this.#seq++, run as Callback, argument);
  }

  rng(purpose: string): Rng {
    let stream = this.#streams.get(purpose);
    if (stream === undefined) {
      stream = new Rng(`${this.#kernel.seed}/${this.name}/${purpose}`);
      this.#streams.set(purpose, stream);
    }
    return stream;
  }

  spawn<T>(name: string, proc: Proc<T>): Process<T> {
    return new ProcessDriver(this, name, proc);
  }

  send(to: ActorId, delayNs: number, message: Message): void {
    this.#kernel.route(this, to, delayNs, this.#seq++, message);
  }

  digest(value: number): void {
    this.#digest.fold(value);
  }

  requestStop(atNs: number): void {
    this.#kernel.requestStop(atNs);
  }

  receive(message: Message, from: ActorId): void {
    assert(this.actor !== undefined, 'a message goes to an actor that receives');
    this.actor.receive(message, from);
  }

  noteEvent(atNs: number, src: ActorId, srcSeq: number): void {
    this.#events++;
    this.#digest.foldEvent(atNs, src, srcSeq);
  }

  snapshot(): ActorDigest {
    const { high, low } = this.#digest;
    return { id: this.id, name: this.name, events: this.#events, high, low };
  }

  #due(delayNs: number): number {
    assert(delayNs >= 0 && Number.isInteger(delayNs), 'a delay is a whole number of nanoseconds');
    return this.#kernel.nowNs + delayNs;
  }
}

function fireTimer(timer: unknown): void {
  (timer as QueuedTimer).fire();
}
