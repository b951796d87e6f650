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
  #lines: LogLine[] | undefined;
  #chars = 0;
  /** Beginnings of lines whose newline has not come. */
  #partialOut = '';
  #partialErr = '';
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
    return this.#lines ?? [];
  }

  append(stream: 'stdout' | 'stderr', text: string, atNs: number): void {
    let rest = this.#takePartial(stream) + text;
    const hasLine = rest.includes('\n');
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      this.#push({ atNs, stream, text: rest.slice(0, end) });
      rest = rest.slice(end + 1);
    }
    if (stream === 'stdout') this.#partialOut = rest;
    else this.#partialErr = rest;
    if (hasLine) this.changed.notify();
  }

  /** The container has ended: an unfinished line counts as one. */
  close(atNs: number): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = this.#takePartial(stream);
      if (text !== '') this.#push({ atNs, stream, text });
    }
    this.isClosed = true;
    this.changed.notify();
  }

  /** Everything as `kubectl logs` prints it. */
  text(): string {
    return this.lines.map((line) => `${line.text}\n`).join('');
  }

  #takePartial(stream: 'stdout' | 'stderr'): string {
    const text = stream === 'stdout' ? this.#partialOut : this.#partialErr;
    if (stream === 'stdout') this.#partialOut = '';
    else this.#partialErr = '';
    return text;
  }

  #push(line: LogLine): void {
    if (this.#sink !== undefined) {
      this.#sink(line);
      return;
    }
    const lines = (this.#lines ??= []);
    lines.push(line);
    this.#chars += line.text.length + 1;
    if (this.#chars <= LOG_CHARS_MAX * 1.25) return;
    let drop = 0;
    while (this.#chars > LOG_CHARS_MAX && drop < lines.length - 1) {
      this.#chars -= (lines[drop]?.text.length ?? 0) + 1;
      drop++;
    }
    this.#lines = lines.slice(drop);
    this.droppedCount += drop;
  }
}
