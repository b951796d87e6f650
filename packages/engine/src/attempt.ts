/**
 * A wait for something that may take several notifies, such as a message that comes in pieces.
 *
 * A generator that reads in a loop is resumed, with all that called it, for each piece. An attempt is a plain
 * function: it is called once at the start and after each notify, and the process goes on when it gave something.
 */
import type { HostSim } from './host.ts';
import type { Signal, Wait, Waiting, WakeReason, Waker } from './process.ts';

export interface Attempt<T> {
  /** Undefined: to be tried again after the next notify. */
  readonly take: () => T | undefined;
  /** What the wait gives when the time is over. */
  readonly timedOut: () => T;
  /** Without it the wait may take for ever. */
  readonly deadlineNs: number | undefined;
}

/** `yield* attempt(…)`: what `take` gave, or `timedOut` when the deadline came first. */
export function attempt<T extends object | string>(
  clock: { nowNs(): number },
  signal: Signal,
  what: Attempt<T>,
): Waiting<T> {
  return new AttemptWait(clock, signal, what);
}

class AttemptWait<T extends object | string>
  implements Wait, Waker, Waiting<T>, Iterator<Wait, T, WakeReason>
{
  readonly #clock: { nowNs(): number };
  readonly #signal: Signal;
  readonly #what: Attempt<T>;
  #sim: HostSim | undefined;
  #waker: Waker | undefined;
  #part: Wait | undefined;
  #result: T | undefined;

  constructor(clock: { nowNs(): number }, signal: Signal, what: Attempt<T>) {
    this.#clock = clock;
    this.#signal = signal;
    this.#what = what;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Wait, T> {
    this.#result ??= this.#try();
    const result = this.#result;
    return result === undefined ? { done: false, value: this } : { done: true, value: result };
  }

  arm(sim: HostSim, waker: Waker): void {
    this.#sim = sim;
    this.#waker = waker;
    this.#await(sim);
  }

  wake(reason: WakeReason): void {
    this.#part = undefined;
    this.#result = reason === 'timeout' ? this.#what.timedOut() : this.#try();
    if (this.#result !== undefined) this.#waker?.wake(reason, this);
    else if (this.#sim !== undefined) this.#await(this.#sim);
  }

  disarm(): void {
    this.#part?.disarm();
    this.#part = undefined;
  }

  /** A deadline that has come is no wait any more. */
  #try(): T | undefined {
    const { take, timedOut, deadlineNs } = this.#what;
    const taken = take();
    if (taken !== undefined || deadlineNs === undefined) return taken;
    return deadlineNs <= this.#clock.nowNs() ? timedOut() : undefined;
  }

  #await(sim: HostSim): void {
    const { deadlineNs } = this.#what;
    this.#part = this.#signal.once(
      deadlineNs === undefined ? undefined : deadlineNs - this.#clock.nowNs(),
    );
    this.#part.arm(sim, this);
  }
}
