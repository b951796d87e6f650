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

/** Who waits: a process, or a wait made of several. */
export interface Waker {
  wake(reason: WakeReason, wait: Wait): void;
}

/** What a process yields: arms itself, and calls `wake` once. `disarm` forgets it. */
export interface Wait {
  arm(sim: HostSim, waker: Waker): void;
  disarm(): void;
}

export type Proc<T = void> = Generator<Wait, T, WakeReason>;

/** A part of a process that is one wait: `yield*` it. */
export type Waiting<T = void> = Iterable<Wait, T, WakeReason>;

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
export class ProcessDriver<T> implements Process<T>, Waker {
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
    sim.schedule(0, begin, this);
  }

  /** Takes the first step. */
  begin(): void {
    if (this.#state === 'ready') this.#step('signal');
  }

  wake(reason: WakeReason, wait: Wait): void {
    assert(this.#wait === wait, `process ${this.name} is woken once, by what it waits for`);
    this.#wait = undefined;
    this.#step(reason);
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
    this.#step('cancel');
  }

  #step(how: WakeReason | 'cancel'): void {
    const wasCancelled = this.#isCancelled;
    this.#state = 'running';
    let outcome: IteratorResult<Wait, T>;
    try {
      // The generator type wants a value to return; nobody sees it, as a cancelled process has no result.
      outcome = how === 'cancel' ? this.#proc.return(undefined as T) : this.#proc.next(how);
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
    if (this.#isCancelled && !wasCancelled) this.#step('cancel');
    else {
      this.#wait = outcome.value;
      outcome.value.arm(this.#sim, this);
    }
  }
}

function begin(process: ProcessDriver<unknown>): void {
  process.begin();
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
export function sleep(delayNs: number): Waiting {
  return new SleepWait(delayNs);
}

/**
 * A wait that can be delegated to: it yields itself once and returns why it ended. Written out, since a
 * generator for each would cost more than the wait.
 */
abstract class SingleWait<T> implements Wait, Waiting<T>, Iterator<Wait, T, WakeReason> {
  #isYielded = false;

  abstract arm(sim: HostSim, waker: Waker): void;
  abstract disarm(): void;
  abstract outcome(reason: WakeReason): T;

  [Symbol.iterator](): this {
    return this;
  }

  next(reason: WakeReason = 'signal'): IteratorResult<Wait, T> {
    if (this.#isYielded) return { done: true, value: this.outcome(reason) };
    this.#isYielded = true;
    return { done: false, value: this };
  }
}

class SleepWait extends SingleWait<void> {
  readonly #delayNs: number;
  #timer: Timer | undefined;
  #waker: Waker | undefined;

  constructor(delayNs: number) {
    super();
    this.#delayNs = delayNs;
  }

  arm(sim: HostSim, waker: Waker): void {
    this.#waker = waker;
    this.#timer = sim.after(this.#delayNs, timeOut, this);
  }

  disarm(): void {
    this.#timer?.cancel();
  }

  timeOut(): void {
    this.#waker?.wake('timeout', this);
  }

  outcome(): void {
    // Only time ends it.
  }
}

/**
 * Something that processes wait for. `notify` wakes all that wait now, each by an event of its own at
 * the present time, in the order in which they began to wait; a later waiter waits for the next notify.
 * So a waiter always tests its condition in a loop.
 */
export class Signal {
  // Those that wait, as a list in the order in which they came.
  #first: SignalWait | undefined;
  #last: SignalWait | undefined;

  /** `yield* signal.wait(timeoutNs)`: how the wait ended. Without a timeout it may wait for ever. */
  wait(timeoutNs?: number): Waiting<WakeReason> {
    return new SignalWait(this, timeoutNs);
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
    this.#first = undefined;
    this.#last = undefined;
    while (waiter !== undefined) {
      const { follower } = waiter;
      waiter.fire();
      waiter = follower;
    }
  }

  /** Called by a wait that begins. */
  add(waiter: SignalWait): void {
    const last = this.#last;
    waiter.leader = last;
    if (last === undefined) this.#first = waiter;
    else last.follower = waiter;
    this.#last = waiter;
  }

  /** Called by a wait that ends before a notify. */
  remove(waiter: SignalWait): void {
    const { leader, follower } = waiter;
    if (follower === undefined) this.#last = leader;
    else follower.leader = leader;
    if (leader === undefined) this.#first = follower;
    else leader.follower = follower;
    waiter.leader = undefined;
    waiter.follower = undefined;
  }
}

class SignalWait extends SingleWait<WakeReason> {
  // Neighbours in the signal's list.
  leader: SignalWait | undefined = undefined;
  follower: SignalWait | undefined = undefined;
  readonly #signal: Signal;
  readonly #timeoutNs: number | undefined;
  #timer: Timer | undefined;
  #sim: HostSim | undefined;
  /** Undefined before `arm` and when nobody waits any longer. */
  #waker: Waker | undefined;
  #isListed = false;

  constructor(signal: Signal, timeoutNs: number | undefined) {
    super();
    this.#signal = signal;
    this.#timeoutNs = timeoutNs;
  }

  arm(sim: HostSim, waker: Waker): void {
    this.#sim = sim;
    this.#waker = waker;
    this.#signal.add(this);
    this.#isListed = true;
    if (this.#timeoutNs !== undefined) this.#timer = sim.after(this.#timeoutNs, timeOut, this);
  }

  /** The signal was notified and has taken this wait out of its list. */
  fire(): void {
    this.#isListed = false;
    this.leader = undefined;
    this.follower = undefined;
    this.#timer?.cancel();
    this.#sim?.schedule(0, wakeBySignal, this);
  }

  timeOut(): void {
    this.#unlist();
    this.#wake('timeout');
  }

  wakeBySignal(): void {
    this.#wake('signal');
  }

  disarm(): void {
    this.#unlist();
    this.#timer?.cancel();
    this.#waker = undefined;
  }

  outcome(reason: WakeReason): WakeReason {
    return reason;
  }

  #wake(reason: WakeReason): void {
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake(reason, this);
  }

  #unlist(): void {
    if (!this.#isListed) return;
    this.#isListed = false;
    this.#signal.remove(this);
  }
}

function timeOut(wait: SleepWait | SignalWait): void {
  wait.timeOut();
}

function wakeBySignal(wait: SignalWait): void {
  wait.wakeBySignal();
}

/**
 * Waits for the first of several signals: its index, or 'timeout'. Signals that were notified at the
 * same instant: the one notified first.
 */
export function waitAny(
  signals: readonly Signal[],
  timeoutNs?: number,
): Waiting<number | 'timeout'> {
  return new AnyWait(signals, timeoutNs);
}

class AnyWait extends SingleWait<number | 'timeout'> implements Waker {
  readonly #parts: Wait[];
  #waker: Waker | undefined;
  #which = 0;

  constructor(signals: readonly Signal[], timeoutNs: number | undefined) {
    super();
    this.#parts = signals.map((signal) => signal.once());
    if (timeoutNs !== undefined) this.#parts.push(new SleepWait(timeoutNs));
  }

  arm(sim: HostSim, waker: Waker): void {
    this.#waker = waker;
    for (const part of this.#parts) part.arm(sim, this);
  }

  wake(reason: WakeReason, part: Wait): void {
    this.#which = this.#parts.indexOf(part);
    for (const other of this.#parts) if (other !== part) other.disarm();
    this.#waker?.wake(reason, this);
  }

  disarm(): void {
    for (const part of this.#parts) part.disarm();
  }

  outcome(reason: WakeReason): number | 'timeout' {
    return reason === 'timeout' ? 'timeout' : this.#which;
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
