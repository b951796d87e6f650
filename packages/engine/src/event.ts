/**
 * What lies in the event queue, and the order of it.
 *
 * Events run in the order of (atNs, destination, source, source's sequence number). Nothing about
 * threads, arrival or memory enters the key. What an actor schedules for itself comes after all that
 * others send it for the same instant: as the destination's last source, in its own sequence. So a
 * key can only grow while events run, also when an event schedules another one for the present time.
 */
import type { ActorId, Message } from './host.ts';

/** Called with the argument that was scheduled with it; one function may serve many events. */
export type Callback = (argument: unknown) => void;

/** A callback, or a message for `receive`. */
export type EventBody = Callback | Message;

/** The source under which an actor's own events are sorted: after every other actor's. */
export const SELF_SOURCE = 0x7fffffff;

/** The key of an event that crosses from one shard to another. */
export interface Envelope {
  readonly atNs: number;
  readonly dst: ActorId;
  readonly src: ActorId;
  readonly srcSeq: number;
}
