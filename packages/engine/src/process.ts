/**
 * Processes: simulated programs that wait, written as generators.
 *
 * A process yields what it waits for and is resumed by its host; it reads like blocking code, stays
 * deterministic and can be cancelled (`finally` blocks run). Calls between processes are `yield*`.
 */
import { assert } from '@podwire/base';
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
  /** Whether `cancel` came before its end. */
  readonly isCancelled: boolean;
  /** Stops it where it waits; its `finally` blocks run, and may wait themselves. */
  cancel(): void;
  /** Becomes signalled when the process ends. */
  readonly done: Signal;
}

/**
 * Drives one process: takes steps, arms what it waits for, ends it.
 *
 * What a process throws is podwire's fault; it leaves through the event loop with the process's name.
 */
export class ProcessDriver<T> implements Process<T> {
  readonly name: string;
  readonly done: Signal = new Signal();
  readonly #sim: HostSim;
  readonly #proc: Proc<T>;
  #state: 'ready' | 'running' | 'waiting' | 'done' = 'ready';
  #wait: Wait | undefined;
  #isCancelled = false;
  #result: T | undefined;

  constructor(sim: HostSim, name: string, proc: Proc<T>) {
    this.#sim = sim;
    this.name = name;
    this.#proc = proc;
    sim.schedule(0, () => {
      if (this.#state === 'ready') this.#take(() => this.#proc.next('signal'));
    });
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  get result(): T | undefined {
    return this.#result;
  }

  cancel(): void {
    if (this.#state === 'done' || this.#isCancelled) return;
    this.#isCancelled = true;
    // A process that cancels itself runs on to where it next waits.
    if (this.#state === 'running') return;
    this.#wait?.disarm();
    this.#wait = undefined;
    this.#unwind();
  }

  #unwind(): void {
    // The generator type wants a value to return; nobody sees it, as a cancelled process has no result.
    this.#take(() => this.#proc.return(undefined as T));
  }

  #take(step: () => IteratorResult<Wait, T>): void {
    const wasCancelled = this.#isCancelled;
    this.#state = 'running';
    let outcome: IteratorResult<Wait, T>;
    try {
      outcome = step();
    } catch (error) {
      this.#state = 'done';
      throw new ProcessError(this.name, error);
    }
    if (outcome.done === true) {
      this.#state = 'done';
      if (!this.#isCancelled) this.#result = outcome.value;
      this.done.notify();
      return;
    }
    this.#state = 'waiting';
    if (this.#isCancelled && !wasCancelled) this.#unwind();
    else this.#await(outcome.value);
  }

  #await(wait: Wait): void {
    this.#wait = wait;
    wait.arm(this.#sim, (reason) => {
      assert(this.#wait === wait, `process ${this.name} is woken once, by what it waits for`);
      this.#wait = undefined;
      this.#take(() => this.#proc.next(reason));
    });
  }
}

/** An exception that left a process. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
  readonly process: string;

  constructor(process: string, cause: unknown) {
    super(`process ${process}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.process = process;
  }
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
  /** The waits in order, linked to each other: a signal that nobody waits for is two words. */
  #first: SignalWait | undefined = undefined;
  #last: SignalWait | undefined = undefined;

  /** `yield* signal.wait(timeoutNs)`: how the wait ended. Without a timeout it may wait for ever. */
  *wait(timeoutNs?: number): Proc<WakeReason> {
    return yield new SignalWait(this, timeoutNs);
  }

  /** One wait for the next notify, for those who build waits of their own. */
  once(timeoutNs?: number): Wait {
    return new SignalWait(this, timeoutNs);
  }

  get hasWaiters(): boolean {
    return this.#first !== undefined;
  }

  notify(): void {
    let waiter = this.#first;
    if (waiter === undefined) return;
    this.#first = undefined;
    this.#last = undefined;
    while (waiter !== undefined) {
      const { next }: SignalWait = waiter;
      waiter.fire();
      waiter = next;
    }
  }

  /** Called by a wait that begins. */
  append(waiter: SignalWait): void {
    waiter.previous = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
  }

  /** Called by a wait that ends before the signal came. */
  remove(waiter: SignalWait): void {
    const { previous, next } = waiter;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    waiter.previous = undefined;
    waiter.next = undefined;
  }
}

class SignalWait implements Wait {
  previous: SignalWait | undefined = undefined;
  next: SignalWait | undefined = undefined;
  readonly #signal: Signal;
  readonly #timeoutNs: number | undefined;
  #isLinked = false;
  #timer: Timer | undefined;
  #sim: HostSim | undefined;
  #wake: ((reason: WakeReason) => void) | undefined;

  constructor(signal: Signal, timeoutNs: number | undefined) {
    this.#signal = signal;
    this.#timeoutNs = timeoutNs;
  }

  arm(sim: HostSim, wake: (reason: WakeReason) => void): void {
    this.#sim = sim;
    this.#wake = wake;
    this.#signal.append(this);
    this.#isLinked = true;
    if (this.#timeoutNs !== undefined) {
      this.#timer = sim.after(this.#timeoutNs, () => {
        this.#unlink();
        wake('timeout');
      });
    }
  }

  /** The signal came; it has let go of this wait. */
  fire(): void {
    this.#isLinked = false;
    this.previous = undefined;
    this.next = undefined;
    this.#timer?.cancel();
    this.#timer = this.#sim?.after(0, () => {
      this.#wake?.('signal');
    });
  }

  disarm(): void {
    this.#unlink();
    this.#timer?.cancel();
  }

  #unlink(): void {
    if (!this.#isLinked) return;
    this.#isLinked = false;
    this.#signal.remove(this);
  }
}

/**
 * Waits for the first of several signals: its index, or 'timeout'. Signals that were notified at the
 * same instant: the one notified first.
 */
export function* waitAny(signals: readonly Signal[], timeoutNs?: number): Proc<number | 'timeout'> {
  const wait = new AnyWait(signals, timeoutNs);
  const reason = yield wait;
  return reason === 'timeout' ? 'timeout' : wait.which;
}

class AnyWait implements Wait {
  readonly #parts: Wait[];
  which = 0;

  constructor(signals: readonly Signal[], timeoutNs: number | undefined) {
    this.#parts = signals.map((signal) => signal.once());
    if (timeoutNs !== undefined) this.#parts.push(new SleepWait(timeoutNs));
  }

  arm(sim: HostSim, wake: (reason: WakeReason) => void): void {
    for (const [index, part] of this.#parts.entries()) {
      part.arm(sim, (reason) => {
        this.which = index;
        for (const other of this.#parts) if (other !== part) other.disarm();
        wake(reason);
      });
    }
  }

  disarm(): void {
    for (const part of this.#parts) part.disarm();
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
