/**
 * Ctrl-C and SIGTERM: the first ends the run in order, a second one at once.
 */
import { ExitCode } from './exit-code.ts';

export class Interruption {
  readonly #controller = new AbortController();
  readonly #onSignal = (): void => {
    if (this.isInterrupted) process.exit(ExitCode.interrupted);
    this.#controller.abort();
  };

  constructor() {
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isInterrupted(): boolean {
    return this.signal.aborted;
  }

  dispose(): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }
}
