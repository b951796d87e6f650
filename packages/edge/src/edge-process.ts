/**
 * The life of a program of the edge as its container sees it: it runs, is killed or asked to end, and has an exit code.
 */
import { Signal } from '@podwire/engine';

export interface EdgeProgram {
  /** The process is gone at once. */
  stop(): void;
  /** SIGTERM. */
  terminate(): void;
  readonly exited: Signal;
  readonly exitCode: number | undefined;
}

export abstract class EdgeProcess implements EdgeProgram {
  readonly exited: Signal = new Signal();
  #exitCode: number | undefined = undefined;

  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  stop(): void {
    this.end(137);
  }

  terminate(): void {
    this.end(0);
  }

  /** Gives back what the process has; called once. */
  protected abstract release(): void;

  protected end(exitCode: number): void {
    if (this.#exitCode !== undefined) return;
    this.#exitCode = exitCode;
    this.release();
    this.exited.notify();
  }
}
