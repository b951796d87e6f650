/**
 * What simulated code sees of the engine: one `HostSim` per actor (a host, a switch, the operator).
 *
 * Everything that a piece of simulated code may know of time, randomness and the outside comes
 * through this interface. Actors share nothing; they meet only by messages.
 */
import type { Rng } from '@podwire/base';
import type { Clock } from './clock.ts';
import type { Proc, Process } from './process.ts';
import type { Timer } from './timer.ts';

/** Index of an actor in the world's list; the same in every shard. */
export type ActorId = number;

/**
 * What crosses from one actor to another. `kind` is the codec's to know; inside a shard the object
 * itself is handed over, between shards it is encoded, and the receiver must not be able to tell.
 */
export interface Message {
  readonly kind: string;
}

export interface HostSim extends Clock {
  readonly id: ActorId;
  readonly name: string;
  /**
   * Runs `run` with `argument` after `delayNs` (0 is allowed: after all that is already due now for this
   * actor). The argument lets one function serve all events of a kind, without a closure for each.
   */
  after<T>(delayNs: number, run: (argument: T) => void, argument: T): Timer;
  after(delayNs: number, run: () => void): Timer;
  /** The same, without a handle to cancel it: cheaper, for the packet path. */
  schedule<T>(delayNs: number, run: (argument: T) => void, argument: T): void;
  schedule(delayNs: number, run: () => void): void;
  /** A random stream of this actor, by purpose; the same purpose gives the same stream object. */
  rng(purpose: string): Rng;
  /** Starts a process; it takes its first step as an event at the present time. */
  spawn<T>(name: string, proc: Proc<T>): Process<T>;
  /**
   * Sends a message that arrives `delayNs` later. The delay must be at least the lookahead that the
   * world declared between the two actors, and at least 1 ns to any other actor.
   */
  send(to: ActorId, delayNs: number, message: Message): void;
  /** Folds a number into this actor's part of the run digest. */
  digest(value: number): void;
  /**
   * Ends the run for all shards: exactly the events before `atNs` run, which must be at least
   * `stopAheadNs` from now. Of several requests the earliest counts.
   */
  requestStop(atNs: number): void;
  /** The world's greatest declared delay between two actors, at least 1 ns. */
  readonly stopAheadNs: number;
}

/** An actor as the shard's event loop sees it. */
export interface Actor {
  receive(message: Message, from: ActorId): void;
}

/** Makes an actor on its `HostSim`; what it schedules there are its first events, at time 0. */
export type ActorFactory = (sim: HostSim) => Actor;
