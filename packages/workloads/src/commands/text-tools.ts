/**
 * Programs that read text by lines: head, tail, grep, wc, sort, uniq, cut, tr (coreutils 9.1, grep 3.8).
 */
import { type Proc, Signal } from '@podwire/engine';
import { utf8Encode } from '@podwire/wire';
import { type Command, type CommandContext, finished } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { posixRegExp } from '../posix-regex.ts';

/** A command that does not wait. */
function plain(run: (ctx: CommandContext, argv: readonly string[]) => number): Command {
  return (ctx, argv) => finished(run(ctx, argv));
}

/** Named files or standard input; undefined, with a message, when a file is not there. */
export function inputOf(
  ctx: CommandContext,
  files: readonly string[],
  name: string,
): string | undefined {
  if (files.length === 0) return ctx.stdin ?? '';
  let text = '';
  for (const file of files) {
    const read = file === '-' ? (ctx.stdin ?? '') : ctx.fs.read(file);
    if (read === undefined) {
      ctx.err(`${name}: ${file}: No such file or directory\n`);
      return undefined;
    }
    text += read;
  }
  return text;
}

/** The lines of a text; a line break at its end begins none. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function writeLines(ctx: CommandContext, lines: readonly string[]): void {
  ctx.out(lines.map((line) => `${line}\n`).join(''));
}

/** What a program of coreutils says of an option that it does not know. */
function usageError(ctx: CommandContext, name: string, { error = '' }: Getopt): number {
  ctx.err(`${name}: ${error}\nTry '${name} --help' for more information.\n`);
  return name === 'sort' ? 2 : 1;
}

/** A first `-3` is `-n3`. */
function withCount(argv: readonly string[]): string[] {
  return argv.slice(1).map((word, at) => (at === 0 ? word.replace(/^-(\d+)$/, '-n$1') : word));
}

const LONG_COUNTS: ReadonlyMap<string, string> = new Map([
  ['lines', 'n'],
  ['bytes', 'c'],
  ['quiet', 'q'],
  ['follow', 'f'],
]);

function hasBadCount(ctx: CommandContext, getopt: Getopt, name: string): boolean {
  for (const [letter, what] of [
    ['n', 'lines'],
    ['c', 'bytes'],
  ] as const) {
    const count = getopt.value(letter);
    if (count === undefined || /^[-+]?\d+$/.test(count)) continue;
    ctx.err(`${name}: invalid number of ${what}: '${count}'\n`);
    return true;
  }
  return false;
}

export const head: Command = plain((ctx, argv) => {
  const getopt = new Getopt(withCount(argv), 'n:c:q', LONG_COUNTS);
  if (getopt.error !== undefined) return usageError(ctx, 'head', getopt);
  const text = inputOf(ctx, getopt.operands, 'head');
  if (text === undefined) return 1;
  if (hasBadCount(ctx, getopt, 'head')) return 1;
  // A negative count leaves so many out at the end.
  if (getopt.has('c')) ctx.out(text.slice(0, Number(getopt.value('c'))));
  else writeLines(ctx, linesOf(text).slice(0, Number(getopt.value('n') ?? '10')));
  return 0;
});

export function* tail(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const getopt = new Getopt(withCount(argv), 'n:c:fFq', LONG_COUNTS);
  if (getopt.error !== undefined) return usageError(ctx, 'tail', getopt);
  const files = getopt.operands.filter((file) => file !== '/dev/null');
  const text = files.length === 0 && getopt.operands.length > 0 ? '' : inputOf(ctx, files, 'tail');
  if (text === undefined) return 1;
  if (hasBadCount(ctx, getopt, 'tail')) return 1;
  const given = getopt.value('c') ?? getopt.value('n') ?? '10';
  const count = Math.abs(Number(given));
  // `+N` begins with the N-th, anything else means the last ones.
  const from = given.startsWith('+') ? Math.max(0, count - 1) : count === 0 ? Infinity : -count;
  if (getopt.has('c')) ctx.out(text.slice(from));
  else writeLines(ctx, linesOf(text).slice(from));
  // `tail -f /dev/null` is the usual way to keep a container alive.
  if (getopt.has('f') || getopt.has('F')) yield* new Signal().wait();
  return 0;
}

const LONG_GREP: ReadonlyMap<string, string> = new Map([
  ['ignore-case', 'i'],
  ['invert-match', 'v'],
  ['count', 'c'],
  ['quiet', 'q'],
  ['silent', 'q'],
  ['extended-regexp', 'E'],
  ['fixed-strings', 'F'],
  ['line-number', 'n'],
  ['only-matching', 'o'],
  ['word-regexp', 'w'],
  ['line-regexp', 'x'],
  ['regexp', 'e'],
  ['after-context', 'A'],
  ['before-context', 'B'],
  ['context', 'C'],
  ['max-count', 'm'],
]);

export const grep: Command = plain((ctx, argv) => {
  const getopt = new Getopt(argv.slice(1), 'ivcqEFnowxe:A:B:C:m:hs', LONG_GREP);
  const patterns = [...getopt.values('e')];
  if (patterns.length === 0) patterns.push(...getopt.operands.splice(0, 1));
  if (getopt.error !== undefined || patterns.length === 0) {
    const complaint = getopt.error === undefined ? '' : `grep: ${getopt.error}\n`;
    ctx.err(
      `${complaint}Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n`,
    );
    return 2;
  }
  const text = inputOf(ctx, getopt.operands, 'grep');
  if (text === undefined) return 2;
  const expressions: RegExp[] = [];
  for (const pattern of patterns.flatMap((each) => each.split('\n'))) {
    const expression = grepExpression(pattern, getopt, argv[0] === 'egrep');
    if (expression === undefined) {
      ctx.err(
        `grep: ${/\[[^\]]*$/.test(pattern) ? 'Unmatched [, [^, [:, [., or [=' : 'Invalid regular expression'}\n`,
      );
      return 2;
    }
    expressions.push(expression);
  }
  const lines = linesOf(text);
  const isFound = (line: string): boolean =>
    expressions.some((expression) => line.search(expression) >= 0) !== getopt.has('v');
  const most = Number(getopt.value('m') ?? 'Infinity');
  const found = lines.flatMap((line, index) => (isFound(line) ? [index] : [])).slice(0, most);
  if (getopt.has('c')) ctx.out(`${found.length}\n`);
  else if (!getopt.has('q')) writeLines(ctx, grepOutput(lines, found, expressions, getopt));
  return found.length > 0 ? 0 : 1;
});

function grepExpression(pattern: string, getopt: Getopt, isEgrep: boolean): RegExp | undefined {
  const flags = getopt.has('i') ? 'gi' : 'g';
  const isFixed = getopt.has('F');
  const inner = posixRegExp(pattern, { isExtended: isEgrep || getopt.has('E'), isFixed, flags });
  if (inner === undefined) return undefined;
  if (getopt.has('x')) return new RegExp(`^(?:${inner.source})$`, flags);
  return getopt.has('w') ? new RegExp(`(?<!\\w)(?:${inner.source})(?!\\w)`, flags) : inner;
}

function grepOutput(
  lines: readonly string[],
  found: readonly number[],
  expressions: readonly RegExp[],
  getopt: Getopt,
): string[] {
  const numbered = (index: number, sign: string, line: string): string =>
    getopt.has('n') ? `${index + 1}${sign}${line}` : line;
  if (getopt.has('o')) {
    return found.flatMap((index) =>
      expressions
        .flatMap((expression) => (lines[index] ?? '').match(expression) ?? [])
        .filter((part) => part !== '')
        .map((part) => numbered(index, ':', part)),
    );
  }
  const after = Number(getopt.value('A') ?? getopt.value('C') ?? '0');
  const before = Number(getopt.value('B') ?? getopt.value('C') ?? '0');
  const matching = new Set(found);
  const shown = new Set(
    found.flatMap((index) =>
      Array.from({ length: before + after + 1 }, (_, step) => index - before + step),
    ),
  );
  const out: string[] = [];
  let last = -1;
  for (const [index, line] of lines.entries()) {
    if (!shown.has(index)) continue;
    if (before + after > 0 && last >= 0 && index > last + 1) out.push('--');
    out.push(numbered(index, matching.has(index) ? ':' : '-', line));
    last = index;
  }
  return out;
}

export const wc: Command = plain((ctx, argv) => {
  const long = new Map([
    ['lines', 'l'],
    ['words', 'w'],
    ['bytes', 'c'],
    ['chars', 'm'],
    ['max-line-length', 'L'],
  ]);
  const getopt = new Getopt(argv.slice(1), 'lwcmL', long);
  if (getopt.error !== undefined) return usageError(ctx, 'wc', getopt);
  const text = inputOf(ctx, getopt.operands, 'wc');
  if (text === undefined) return 1;
  const counts = {
    l: text.split('\n').length - 1,
    w: text.split(/\s+/).filter((word) => word !== '').length,
    m: Array.from(text).length,
    c: utf8Encode(text).length,
    L: Math.max(0, ...linesOf(text).map((line) => Array.from(line).length)),
  };
  const asked = (['l', 'w', 'm', 'c', 'L'] as const).filter((letter) => getopt.has(letter));
  const kinds = asked.length === 0 ? (['l', 'w', 'c'] as const) : asked;
  const width = kinds.length === 1 ? 0 : 7;
  const name = getopt.operands[0] === undefined ? '' : ` ${getopt.operands[0]}`;
  ctx.out(`${kinds.map((kind) => String(counts[kind]).padStart(width)).join(' ')}${name}\n`);
  return 0;
});

/** `-k 2,3`, `-k2n`: from one field to another, counted from 1. */
const SORT_KEY = /^(\d+)(?:\.\d+)?([nrfh]*)(?:,(\d+)(?:\.\d+)?([nrfh]*))?$/;

export const sort: Command = plain((ctx, argv) => {
  const getopt = new Getopt(argv.slice(1), 'nrufhk:t:Vs');
  if (getopt.error !== undefined) return usageError(ctx, 'sort', getopt);
  const text = inputOf(ctx, getopt.operands, 'sort');
  if (text === undefined) return 2;
  const key = SORT_KEY.exec(getopt.value('k') ?? '');
  if (key === null && getopt.has('k')) {
    ctx.err(
      `sort: invalid number at field start: invalid count at start of '${getopt.value('k') ?? ''}'\n`,
    );
    return 2;
  }
  const flags = `${key?.[2] ?? ''}${key?.[4] ?? ''}`;
  const has = (letter: string): boolean => getopt.has(letter) || flags.includes(letter);
  const separator = getopt.value('t');
  const keyOf = (line: string): string => {
    if (key === null) return line;
    // Without -t a field begins with the blanks before it.
    const fields = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
    const last = key[3] === undefined ? fields.length : Number(key[3]);
    return fields.slice(Number(key[1]) - 1, last).join(separator ?? '');
  };
  const isNumeric = has('n') || has('h');
  const compare = (a: string, b: string): number => {
    const [left, right] = [keyOf(a), keyOf(b)];
    if (isNumeric) return leadingNumber(left, has('h')) - leadingNumber(right, has('h'));
    if (has('V')) return compareVersions(left, right);
    return has('f') ? byUnits(left.toUpperCase(), right.toUpperCase()) : byUnits(left, right);
  };
  const sign = has('r') ? -1 : 1;
  // Equal keys are told apart by the whole line, unless only one of them is wanted, or the order they came in.
  const rest = (a: string, b: string): number =>
    getopt.has('u') || getopt.has('s') ? 0 : byUnits(a, b);
  const sorted = linesOf(text).toSorted((a, b) => sign * (compare(a, b) || rest(a, b)));
  const unique = sorted.filter(
    (line, index) => index === 0 || compare(sorted[index - 1] ?? '', line) !== 0,
  );
  writeLines(ctx, getopt.has('u') ? unique : sorted);
  return 0;
});

/** In the C locale: by code units. */
function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const UNITS = 'KMGTPE';

function leadingNumber(text: string, isHuman: boolean): number {
  const match = /^\s*(-?\d+(?:\.\d+)?)([KMGTPE]?)/i.exec(text);
  if (match === null) return 0;
  const power = isHuman && match[2] !== '' ? UNITS.indexOf((match[2] ?? '').toUpperCase()) + 1 : 0;
  return Number(match[1]) * 1024 ** power;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/(\d+)/)) as [string[], string[]];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index] ?? '', right[index] ?? ''];
    const order = index % 2 === 1 ? Number(one) - Number(other) : byUnits(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

export const uniq: Command = plain((ctx, argv) => {
  const getopt = new Getopt(argv.slice(1), 'cdui');
  if (getopt.error !== undefined) return usageError(ctx, 'uniq', getopt);
  const text = inputOf(ctx, getopt.operands.slice(0, 1), 'uniq');
  if (text === undefined) return 1;
  const runs: { readonly line: string; count: number }[] = [];
  const same = (line: string): string => (getopt.has('i') ? line.toLowerCase() : line);
  for (const line of linesOf(text)) {
    const run = runs.at(-1);
    if (run !== undefined && same(run.line) === same(line)) run.count++;
    else runs.push({ line, count: 1 });
  }
  const shown = runs.filter(({ count }) =>
    getopt.has('d') ? count > 1 : getopt.has('u') ? count === 1 : true,
  );
  writeLines(
    ctx,
    shown.map(({ line, count }) =>
      getopt.has('c') ? `${String(count).padStart(7)} ${line}` : line,
    ),
  );
  return 0;
});

export const cut: Command = plain((ctx, argv) => {
  const long = new Map([
    ['delimiter', 'd'],
    ['fields', 'f'],
    ['characters', 'c'],
    ['bytes', 'b'],
    ['only-delimited', 's'],
  ]);
  const getopt = new Getopt(argv.slice(1), 'd:f:c:b:s', long);
  if (getopt.error !== undefined) return usageError(ctx, 'cut', getopt);
  const list = getopt.value('f') ?? getopt.value('c') ?? getopt.value('b');
  if (list === undefined) {
    ctx.err(
      "cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.\n",
    );
    return 1;
  }
  const isMeant = rangesOf(list);
  if (typeof isMeant === 'string') {
    const what = getopt.has('f') ? 'field' : 'byte/character position';
    const problem =
      isMeant === 'zero'
        ? `${what}s are numbered from 1`
        : isMeant === 'decreasing'
          ? 'invalid decreasing range'
          : `invalid ${what} value '${list}'`;
    ctx.err(`cut: ${problem}\nTry 'cut --help' for more information.\n`);
    return 1;
  }
  const text = inputOf(ctx, getopt.operands, 'cut');
  if (text === undefined) return 1;
  const delimiter = getopt.value('d') ?? '\t';
  const lines = linesOf(text).flatMap((line) => {
    if (!getopt.has('f'))
      return [
        Array.from(line)
          .filter((_, index) => isMeant(index + 1))
          .join(''),
      ];
    if (!line.includes(delimiter)) return getopt.has('s') ? [] : [line];
    return [
      line
        .split(delimiter)
        .filter((_, index) => isMeant(index + 1))
        .join(delimiter),
    ];
  });
  writeLines(ctx, lines);
  return 0;
});

/** `1,3-5,7-`: whether a place is among them. */
function rangesOf(list: string): ((at: number) => boolean) | 'malformed' | 'zero' | 'decreasing' {
  const ranges: (readonly [number, number])[] = [];
  for (const part of list.split(',')) {
    const match = /^(\d*)(-?)(\d*)$/.exec(part);
    if (match === null || part === '' || part === '-') return 'malformed';
    const first = match[1] === '' ? 1 : Number(match[1]);
    const last = match[2] === '' ? first : match[3] === '' ? Infinity : Number(match[3]);
    if (first === 0) return 'zero';
    if (last < first) return 'decreasing';
    ranges.push([first, last]);
  }
  return (at) => ranges.some(([first, last]) => at >= first && at <= last);
}

export const tr: Command = plain((ctx, argv) => {
  const getopt = new Getopt(argv.slice(1), 'dsc');
  if (getopt.error !== undefined) return usageError(ctx, 'tr', getopt);
  const [first, second] = getopt.operands;
  if (first === undefined || (second === undefined && !getopt.has('d') && !getopt.has('s'))) {
    ctx.err(
      first === undefined
        ? "tr: missing operand\nTry 'tr --help' for more information.\n"
        : `tr: missing operand after '${first}'\nTwo strings must be given when translating.\nTry 'tr --help' for more information.\n`,
    );
    return 1;
  }
  const from = charactersOf(first);
  const to = charactersOf(second ?? '');
  const isIn = (char: string): boolean => from.includes(char) !== getopt.has('c');
  let text = '';
  let last = '';
  for (const char of ctx.stdin ?? '') {
    if (getopt.has('d') && isIn(char)) continue;
    const isTranslated = !getopt.has('d') && second !== undefined && isIn(char);
    const at = getopt.has('c') ? to.length - 1 : from.indexOf(char);
    const next = isTranslated ? (to[Math.min(at, to.length - 1)] ?? char) : char;
    const squeezed = getopt.has('s') && (second === undefined ? isIn(next) : to.includes(next));
    if (squeezed && next === last) continue;
    text += next;
    last = next;
  }
  ctx.out(text);
  return 0;
});

const SETS: ReadonlyMap<string, string> = new Map([
  ['lower', 'abcdefghijklmnopqrstuvwxyz'],
  ['upper', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  ['digit', '0123456789'],
  ['space', ' \t\n\r\f\v'],
  ['blank', ' \t'],
]);

/** `a-z`, `[:space:]`, `\n`. */
function charactersOf(text: string): string[] {
  const named = text
    .replaceAll(/\[:(\w+):\]/g, (all, name: string) => SETS.get(name) ?? all)
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t');
  return Array.from(
    named.replaceAll(/(.)-(.)/g, (all, first: string, last: string) => {
      const [low, high] = [first.charCodeAt(0), last.charCodeAt(0)];
      if (high < low) return all;
      return Array.from({ length: high - low + 1 }, (_, step) =>
        String.fromCharCode(low + step),
      ).join('');
    }),
  );
}
