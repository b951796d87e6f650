/**
 * What a container has printed, line by line with its time, as the runtime's log file keeps it.
 */
import { Signal } from '@podwire/engine';

export interface LogLine {
  readonly atNs: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the newline. */
  readonly text: string;
}

/** Characters kept per container; older lines go first, as with the runtime's rotation. */
const LOG_CHARS_MAX = 1 << 20;

export class LogBuffer {
  #lines: LogLine[] = [];
  #chars = 0;
  /** Beginnings of lines whose newline has not come. */
  readonly #partial = { stdout: '', stderr: '' };
  /** Notified for every new line, and once the container has ended. */
  readonly changed: Signal = new Signal();
  /** Number of lines that were dropped from the front. */
  droppedCount = 0;
  isClosed = false;
  readonly #sink: ((line: LogLine) => void) | undefined;

  /** With a sink, lines go there and are not kept. */
  constructor(sink?: (line: LogLine) => void) {
    this.#sink = sink;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  append(stream: 'stdout' | 'stderr', text: string, atNs: number): void {
    const parts = (this.#partial[stream] + text).split('\n');
    this.#partial[stream] = parts.pop() ?? '';
    if (parts.length === 0) return;
    for (const part of parts) this.#push({ atNs, stream, text: part });
    this.changed.notify();
  }

  /** The container has ended: an unfinished line counts as one. */
  close(atNs: number): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream] !== '') this.#push({ atNs, stream, text: this.#partial[stream] });
      this.#partial[stream] = '';
    }
    this.isClosed = true;
    this.changed.notify();
  }

  /** Everything as `kubectl logs` prints it. */
  text(): string {
    return this.#lines.map((line) => `${line.text}\n`).join('');
  }

  #push(line: LogLine): void {
    if (this.#sink !== undefined) {
      this.#sink(line);
      return;
    }
    this.#lines.push(line);
    this.#chars += line.text.length + 1;
    if (this.#chars <= LOG_CHARS_MAX * 1.25) return;
    let drop = 0;
    while (this.#chars > LOG_CHARS_MAX && drop < this.#lines.length - 1) {
      this.#chars -= (this.#lines[drop]?.text.length ?? 0) + 1;
      drop++;
    }
    this.#lines = this.#lines.slice(drop);
    this.droppedCount += drop;
  }
}
