/**
 * One line of progress on stderr, only where a person watches.
 */
import yoctoSpinner, { type Spinner } from 'yocto-spinner';
import { NS_PER_SEC } from '@podwire/base';

export class ProgressLine {
  #spinner: Spinner | undefined;
  readonly #title: string;
  #what = 'starting';
  /** However the process ends, the terminal gets its cursor back. */
  readonly #onExit = (): void => {
    this.stop();
  };

  /** Does nothing unless stderr is a terminal. */
  constructor(title: string, isWanted: boolean) {
    this.#title = title;
    if (!isWanted || !process.stderr.isTTY) return;
    this.#spinner = yoctoSpinner({ text: title, stream: process.stderr, handleSignals: false });
    this.#spinner.start();
    process.on('exit', this.#onExit);
  }

  /** What is being done. */
  say(what: string): void {
    this.#what = what;
  }

  update(progress: { readonly virtualNs: number; readonly events: number }): void {
    if (this.#spinner === undefined) return;
    const seconds = (progress.virtualNs / NS_PER_SEC).toFixed(1);
    this.#spinner.text = `${this.#title}: ${this.#what} · ${seconds} s virtual · ${progress.events} events`;
  }

  /** Clears the line before other output; it comes back with the next turn. */
  clear(): void {
    this.#spinner?.clear();
  }

  stop(): void {
    process.off('exit', this.#onExit);
    this.#spinner?.stop();
    this.#spinner = undefined;
  }
}
