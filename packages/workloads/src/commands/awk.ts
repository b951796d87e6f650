/**
 * awk as people put it behind a pipe: patterns, and `print` of fields, numbers and texts.
 *
 * Not modelled: assignments, arrays, functions, printf, control flow; a program with them is refused.
 */
import { type Command, finished } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { inputOf, linesOf } from './text-tools.ts';

interface Line {
  readonly text: string;
  readonly fields: readonly string[];
  readonly number: number;
}

type Value = (line: Line) => string;

interface AwkRule {
  readonly matches: (line: Line) => boolean;
  /** One list of values for each print. */
  readonly prints: readonly (readonly Value[])[];
}

export const awk: Command = (ctx, argv) => finished(run(ctx, argv));

function run(ctx: Parameters<Command>[0], argv: readonly string[]): number {
  const getopt = new Getopt(argv.slice(1), 'F:', new Map(), true);
  const [program, ...files] = getopt.operands;
  if (getopt.error !== undefined || program === undefined) {
    ctx.err("usage: awk [-F fs] 'prog' [file ...]\n");
    return 2;
  }
  const rules = parseAwk(program);
  if (rules === undefined) {
    ctx.err(`awk: program ${program} is not modelled by podwire\n`);
    return 2;
  }
  const text = inputOf(ctx, files, 'awk');
  if (text === undefined) return 2;
  const separator = getopt.value('F');
  for (const [index, line] of linesOf(text).entries()) {
    const here = { text: line, fields: fieldsOf(line, separator), number: index + 1 };
    for (const { matches, prints } of rules) {
      if (!matches(here)) continue;
      for (const values of prints) {
        ctx.out(`${values.map((value) => value(here)).join(' ')}\n`);
      }
    }
  }
  return 0;
}

/** Without -F, runs of blanks are between fields and none before the first (POSIX awk, "Regular Expressions"). */
function fieldsOf(line: string, separator: string | undefined): string[] {
  if (separator === undefined || separator === ' ') {
    return line.split(/[ \t]+/).filter((field) => field !== '');
  }
  if (line === '') return [];
  if (separator === 't') return line.split('\t');
  return separator.length === 1 ? line.split(separator) : line.split(new RegExp(separator));
}

const TOKEN =
  /\s*(?:(\/(?:[^/\\]|\\.)+\/)|("(?:[^"\\]|\\.)*")|(\$(?:\d+|NF))|(NR|NF|print)\b|(\d+)|(==|!=|<=|>=|!~|[<>~,;{}!]))/y;

function tokensOf(program: string): string[] | undefined {
  const tokens: string[] = [];
  const text = program.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (found === null) return undefined;
    tokens.push(found[0].trim());
  }
  return tokens;
}

/** The rules of a program; undefined when something else than these forms stands there. */
export function parseAwk(program: string): readonly AwkRule[] | undefined {
  const tokens = tokensOf(program);
  if (tokens === undefined || tokens.length === 0) return undefined;
  const rules: AwkRule[] = [];
  while (tokens.length > 0) {
    const matches = tokens[0] === '{' ? (): boolean => true : parsePattern(tokens);
    if (matches === undefined) return undefined;
    const prints = tokens[0] === '{' ? parsePrints(tokens) : [[(line: Line): string => line.text]];
    if (prints === undefined) return undefined;
    rules.push({ matches, prints });
    while (tokens[0] === ';') tokens.shift();
  }
  return rules;
}

function parsePattern(tokens: string[]): AwkRule['matches'] | undefined {
  if (tokens[0] === '!') {
    tokens.shift();
    const inner = parsePattern(tokens);
    return inner === undefined ? undefined : (line): boolean => !inner(line);
  }
  const first = tokens.shift() ?? '';
  if (first.startsWith('/')) {
    const expression = regexOf(first);
    return expression === undefined ? undefined : (line): boolean => expression.test(line.text);
  }
  const left = valueOf(first);
  const operator = tokens.shift() ?? '';
  const right = tokens.shift() ?? '';
  if (left === undefined) return undefined;
  if (operator === '~' || operator === '!~') {
    const expression = regexOf(right);
    if (expression === undefined) return undefined;
    return (line): boolean => expression.test(left(line)) === (operator === '~');
  }
  const value = valueOf(right);
  if (value === undefined || !/^(?:[=!<>]=|[<>])$/.test(operator)) return undefined;
  // Compared as numbers when both look so.
  const isText = right.startsWith('"');
  return (line): boolean => compare(left(line), operator, value(line), isText);
}

function compare(left: string, operator: string, right: string, isText: boolean): boolean {
  const isNumber = (text: string): boolean => /^\s*-?\d+(\.\d+)?\s*$/.test(text);
  const asNumbers = !isText && isNumber(left) && isNumber(right);
  const order = asNumbers
    ? Math.sign(Number(left) - Number(right))
    : left < right
      ? -1
      : left > right
        ? 1
        : 0;
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

function parsePrints(tokens: string[]): AwkRule['prints'] | undefined {
  tokens.shift();
  const prints: Value[][] = [];
  for (;;) {
    const word = tokens.shift();
    if (word === '}') return prints;
    if (word === ';') continue;
    if (word !== 'print') return undefined;
    const values = parseList(tokens);
    if (values === undefined) return undefined;
    prints.push(values.length === 0 ? [(line): string => line.text] : values);
  }
}

/** Values with commas between them; those beside each other are one. */
function parseList(tokens: string[]): Value[] | undefined {
  const lists: Value[][] = [];
  let isOpen = true;
  while (tokens[0] !== undefined && tokens[0] !== ';' && tokens[0] !== '}') {
    const token = tokens.shift() ?? '';
    if (token === ',') {
      if (isOpen) return undefined;
      isOpen = true;
      continue;
    }
    const value = valueOf(token);
    if (value === undefined) return undefined;
    if (isOpen) lists.push([value]);
    else lists.at(-1)?.push(value);
    isOpen = false;
  }
  if (isOpen && lists.length > 0) return undefined;
  return lists.map(
    (parts): Value =>
      (line) =>
        parts.map((part) => part(line)).join(''),
  );
}

function valueOf(token: string): Value | undefined {
  if (token.startsWith('"')) {
    const text = token
      .slice(1, -1)
      .replaceAll(/\\(.)/g, (_all, mark: string) =>
        mark === 'n' ? '\n' : mark === 't' ? '\t' : mark,
      );
    return () => text;
  }
  if (/^\d+$/.test(token)) return () => token;
  switch (token) {
    case 'NR':
      return ({ number }) => String(number);
    case 'NF':
      return ({ fields }) => String(fields.length);
    case '$0':
      return ({ text }) => text;
    case '$NF':
      return ({ text, fields }) => fields.at(-1) ?? text;
    default: {
      const index = /^\$(\d+)$/.exec(token)?.[1];
      return index === undefined ? undefined : ({ fields }) => fields[Number(index) - 1] ?? '';
    }
  }
}

function regexOf(token: string): RegExp | undefined {
  if (!token.startsWith('/') || token.length < 3) return undefined;
  try {
    return new RegExp(token.slice(1, -1));
  } catch {
    return undefined;
  }
}
