/**
 * Ctrl-C and SIGTERM: the first ends the run in order, a second one at once.
 *
 * Before a run, and after it, they end the process as they end any other.
 */
import { ExitCode } from './exit-code.ts';

export class Interruption {
  readonly #controller = new AbortController();
  #status: ExitCode | undefined;
  readonly #onInterrupt = (): void => {
    this.#end(ExitCode.interrupted);
  };
  readonly #onTerminate = (): void => {
    this.#end(ExitCode.terminated);
  };

  constructor() {
    process.on('SIGINT', this.#onInterrupt);
    process.on('SIGTERM', this.#onTerminate);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit status of what was interrupted; undefined while nothing was. */
  get status(): ExitCode | undefined {
    return this.#status;
  }

  dispose(): void {
    process.off('SIGINT', this.#onInterrupt);
    process.off('SIGTERM', this.#onTerminate);
  }

  #end(status: ExitCode): void {
    if (this.#status !== undefined) process.exit(status);
    this.#status = status;
    this.#controller.abort();
  }
}
