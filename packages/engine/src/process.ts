/**
 * Processes: simulated programs that wait, written as generators.
 *
 * A process yields what it waits for and is resumed by its host; it reads like blocking code, stays
 * deterministic and can be cancelled (`finally` blocks run). Calls between processes are `yield*`.
 */
import type { HostSim } from './host.ts';
import type { Timer } from './timer.ts';

/** Why a wait ended. */
export type WakeReason = 'signal' | 'timeout';

/** What a process yields: arms itself, and calls `wake` once. `disarm` forgets it. */
export interface Wait {
  arm(sim: HostSim, wake: (reason: WakeReason) => void): void;
  disarm(): void;
}

export type Proc<T = void> = Generator<Wait, T, WakeReason>;

/** A running process. */
export interface Process<T = unknown> {
  readonly name: string;
  readonly isDone: boolean;
  /** The returned value once it is done. */
  readonly result: T | undefined;
  /** Stops it where it waits; its `finally` blocks run. */
  cancel(): void;
  /** Becomes signalled when the process ends. */
  readonly done: Signal;
}

/** Waits for a span of virtual time: `yield* sleep(ns)`. */
export function* sleep(delayNs: number): Proc {
  yield new SleepWait(delayNs);
}

class SleepWait implements Wait {
  readonly #delayNs: number;
  #timer: Timer | undefined;

  constructor(delayNs: number) {
    this.#delayNs = delayNs;
  }

  arm(sim: HostSim, wake: (reason: WakeReason) => void): void {
    this.#timer = sim.after(this.#delayNs, () => {
      wake('timeout');
    });
  }

  disarm(): void {
    this.#timer?.cancel();
  }
}

/**
 * Something that processes wait for. `notify` wakes all that wait now, each by an event of its own at
 * the present time, in the order in which they began to wait; a later waiter waits for the next notify.
 * So a waiter always tests its condition in a loop.
 */
export class Signal {
  readonly #waiters = new Set<SignalWait>();

  /** `yield* signal.wait(timeoutNs)`: how the wait ended. Without a timeout it may wait for ever. */
  *wait(timeoutNs?: number): Proc<WakeReason> {
    return yield new SignalWait(this.#waiters, timeoutNs);
  }

  notify(): void {
    if (this.#waiters.size === 0) return;
    const woken = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of woken) waiter.fire();
  }
}

class SignalWait implements Wait {
  readonly #set: Set<SignalWait>;
  readonly #timeoutNs: number | undefined;
  #timer: Timer | undefined;
  #sim: HostSim | undefined;
  #wake: ((reason: WakeReason) => void) | undefined;
  #event: Timer | undefined;

  constructor(set: Set<SignalWait>, timeoutNs: number | undefined) {
    this.#set = set;
    this.#timeoutNs = timeoutNs;
  }

  arm(sim: HostSim, wake: (reason: WakeReason) => void): void {
    this.#sim = sim;
    this.#wake = wake;
    this.#set.add(this);
    if (this.#timeoutNs !== undefined) {
      this.#timer = sim.after(this.#timeoutNs, () => {
        this.#set.delete(this);
        wake('timeout');
      });
    }
  }

  fire(): void {
    this.#timer?.cancel();
    this.#event = this.#sim?.after(0, () => {
      this.#wake?.('signal');
    });
  }

  disarm(): void {
    this.#set.delete(this);
    this.#timer?.cancel();
    this.#event?.cancel();
  }
}

/** Waits until the condition holds; false when the timeout came first. */
export function* waitUntil(
  signal: Signal,
  condition: () => boolean,
  clock: { nowNs(): number },
  timeoutNs?: number,
): Proc<boolean> {
  const deadlineNs = timeoutNs === undefined ? undefined : clock.nowNs() + timeoutNs;
  while (!condition()) {
    const leftNs = deadlineNs === undefined ? undefined : deadlineNs - clock.nowNs();
    if (leftNs !== undefined && leftNs <= 0) return false;
    yield* signal.wait(leftNs);
  }
  return true;
}
