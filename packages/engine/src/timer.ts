/**
 * A handle on something that happens later.
 */
export interface Timer {
  readonly atNs: number;
  /** Forgets it; harmless when it has run already. */
  cancel(): void;
  readonly isPending: boolean;
}

/** Who wants to know that an entry of the event queue has become void. */
interface TimerOwner {
  noteCancelled(): void;
}

/** The timer as it lies in the event queue: cancelled ones stay there and are skipped when due. */
export class QueuedTimer implements Timer {
  readonly atNs: number;
  readonly #owner: TimerOwner;
  #run: (() => void) | undefined;

  constructor(atNs: number, run: () => void, owner: TimerOwner) {
    this.atNs = atNs;
    this.#run = run;
    this.#owner = owner;
  }

  get isPending(): boolean {
    return this.#run !== undefined;
  }

  cancel(): void {
    if (this.#run === undefined) return;
    this.#run = undefined;
    this.#owner.noteCancelled();
  }

  /** Called once by the event loop when the time has come. */
  fire(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.();
  }
}
