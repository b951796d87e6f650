/**
 * Diagnostics: what is wrong with a user's input, where, and what to do.
 *
 * Every code is registered in `diagnostic-codes.ts`; a test holds docs/errors.md against it.
 */
import type { DiagnosticCode } from './diagnostic-codes.ts';

export type Severity = 'error' | 'warning';

/** A place in a text: line and column count from 1. */
export interface SourcePos {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly file: string;
  /** 0 when the problem is the file as a whole. */
  readonly line: number;
  readonly col: number;
  /** The place in the document, as `spec.containers[0].image`. */
  readonly path?: string;
  readonly hint?: string;
}

/**
 * `file:line:col: error PW1203: message (path)`, the source line with a caret, the hint on a line of its own. Of a line
 * that is longer than `charsShown` the part around the place is shown.
 */
export function formatDiagnostic(
  diagnostic: Diagnostic,
  sourceLine?: string,
  charsShown: number = Number.POSITIVE_INFINITY,
): string {
  const { file, line, col, severity, code, message, path, hint } = diagnostic;
  const place = line > 0 ? `${file}:${line}:${col}` : file;
  let text = `${place}: ${severity} ${code}: ${message}${path === undefined ? '' : ` (${path})`}`;
  if (sourceLine !== undefined && line > 0) {
    const shown = windowAround(sourceLine.replaceAll('\t', ' '), col - 1, charsShown);
    text += `\n  ${shown.text}\n  ${' '.repeat(Math.max(0, shown.at))}^`;
  }
  if (hint !== undefined) text += `\n  hint: ${hint}`;
  return text;
}

/** So much of a line that the place is seen in the middle, `…` where something is left out. */
function windowAround(
  line: string,
  at: number,
  charsShown: number,
): { readonly text: string; readonly at: number } {
  if (line.length <= charsShown) return { text: line, at };
  const from = Math.max(0, Math.min(at - Math.floor(charsShown / 2), line.length - charsShown));
  const before = from > 0 ? '…' : '';
  const after = from + charsShown < line.length ? '…' : '';
  return {
    text: before + line.slice(from, from + charsShown) + after,
    at: at - from + before.length,
  };
}

/** The candidate closest to the word, if it is near enough to be a slip (Damerau-Levenshtein at most 2; 1 for short ones). */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = word.length <= 4 ? 2 : 3;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Optimal string alignment distance. */
export function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1;
      let value = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + cost,
      );
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        value = Math.min(value, (before[j - 2] ?? 0) + 1);
      }
      current.push(value);
    }
    before = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
