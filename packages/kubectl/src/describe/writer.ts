/**
 * The text of `kubectl describe` while it is written: indent levels, columns by tabs, parts that fix their columns.
 */
import type { StringMap } from '@podwire/api';
import { sortedEntries } from '../json-value.ts';
import { DESCRIBE_TABS, alignTabs } from '../tabwriter.ts';

/** Annotations longer than this are cut or put on lines of their own (describe.go maxAnnotationLen). */
const ANNOTATION_MAX = 140;

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export class DescribeWriter {
  #done = '';
  #open = '';

  /** Text at a level; each level indents by two. */
  write(level: number, text: string): void {
    this.#open += '  '.repeat(level) + text;
  }

  line(level: number, text: string): void {
    this.write(level, `${text}\n`);
  }

  /** `Name:` in its column, then the value. */
  field(level: number, name: string, value: string | number | boolean): void {
    this.line(level, `${name}:\t${value}`);
  }

  /** Columns of what follows do not depend on what went before. */
  flush(): void {
    this.#done += alignTabs(this.#open, DESCRIBE_TABS);
    this.#open = '';
  }

  text(): string {
    this.flush();
    return this.#done;
  }

  /** A title, then one entry a line in the second column. */
  list(level: number, title: string, entries: readonly string[]): void {
    const indent = '  '.repeat(level);
    if (entries.length === 0) {
      this.#open += `${indent}${title}:\t<none>\n`;
      return;
    }
    for (const [index, entry] of entries.entries()) {
      this.#open += index === 0 ? `${indent}${title}:\t${entry}\n` : `${indent}\t${entry}\n`;
    }
  }

  /** printLabelsMultiline. The title carries its own indent. */
  labels(title: string, labels: StringMap | undefined): void {
    const entries = sortedEntries(labels).map(([key, value]) => `${key}=${value}`);
    if (entries.length === 0) {
      this.#open += `${title}:\t<none>\n`;
      return;
    }
    this.#open += entries
      .map((entry, index) => `${index === 0 ? `${title}:` : ''}\t${entry}\n`)
      .join('');
  }

  annotations(title: string, annotations: StringMap | undefined): void {
    const entries = sortedEntries(annotations).filter(([key]) => key !== LAST_APPLIED);
    if (entries.length === 0) {
      this.#open += `${title}:\t<none>\n`;
      return;
    }
    this.#open += `${title}:\t`;
    for (const [index, [key, raw]] of entries.entries()) {
      const value = raw.endsWith('\n') ? raw.slice(0, -1) : raw;
      if (index > 0) this.#open += '\t';
      if (value.length + key.length + 2 > ANNOTATION_MAX || value.includes('\n')) {
        this.#open += `${key}:\n`;
        for (const line of value.split('\n')) this.#open += `\t  ${shorten(line)}\n`;
      } else {
        this.#open += `${key}: ${value}\n`;
      }
    }
  }
}

function shorten(text: string): string {
  const limit = ANNOTATION_MAX - 2;
  return text.length > limit ? `${text.slice(0, limit)}...` : text;
}
