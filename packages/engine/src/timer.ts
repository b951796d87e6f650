/**
 * A handle on something that happens later.
 */
import type { Callback } from './event.ts';

export interface Timer {
  readonly atNs: number;
  /** Forgets it; harmless when it has run already. */
  cancel(): void;
  readonly isPending: boolean;
}

/** Where timers wait. */
interface TimerQueue {
  cancel(slot: number): void;
}

/** A timer in the event queue, as its event's argument. */
export class QueuedTimer implements Timer {
  readonly atNs: number;
  /** Of the event; -1 when it has run or was cancelled. */
  slot = -1;
  readonly #queue: TimerQueue;
  #run: Callback | undefined;
  #argument: unknown;

  constructor(queue: TimerQueue, atNs: number, run: Callback, argument: unknown) {
    this.#queue = queue;
    this.atNs = atNs;
    this.#run = run;
    this.#argument = argument;
  }

  get isPending(): boolean {
    return this.slot >= 0;
  }

  cancel(): void {
    if (this.slot < 0) return;
    this.#queue.cancel(this.slot);
    this.#end();
  }

  /** Called once by the event loop when the time has come. */
  fire(): void {
    const run = this.#run;
    const argument = this.#argument;
    this.#end();
    run?.(argument);
  }

  /** Forgets what it held, since its owner may keep it. */
  #end(): void {
    this.slot = -1;
    this.#run = undefined;
    this.#argument = undefined;
  }
}
