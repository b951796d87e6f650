/**
 * sed as people put it behind a pipe (sed 4.9): `s`, `p`, `d` and `q`, with line numbers, `$`, ranges and expressions before
 * them.
 *
 * Not modelled: the hold space, labels, `y`, `i`, `a`, `c`, -i; a script with them is refused.
 */
import { type Command, finished } from '../context.ts';
import { Getopt } from '../getopt.ts';
import { posixRegExp } from '../posix-regex.ts';
import { inputOf, linesOf } from './text-tools.ts';

/** A line number, the last line, or a line that an expression finds. */
type Address = number | '$' | RegExp;

interface SedCommand {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly isNegated: boolean;
  readonly action:
    | { readonly kind: 'p' | 'd' | 'q' }
    | {
        readonly kind: 's';
        readonly expression: RegExp;
        readonly replacement: string;
        readonly prints: boolean;
      };
}

export const sed: Command = (ctx, argv) => finished(run(ctx, argv));

function run(ctx: Parameters<Command>[0], argv: readonly string[]): number {
  const long = new Map([
    ['quiet', 'n'],
    ['silent', 'n'],
    ['expression', 'e'],
    ['regexp-extended', 'E'],
  ]);
  const getopt = new Getopt(argv.slice(1), 'nrEe:', long);
  const scripts = [...getopt.values('e')];
  if (scripts.length === 0) scripts.push(...getopt.operands.splice(0, 1));
  if (getopt.error !== undefined || scripts.length === 0) {
    ctx.err('Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n');
    return 1;
  }
  const isExtended = getopt.has('E') || getopt.has('r');
  const commands: SedCommand[] = [];
  for (const script of scripts) {
    const read = parseScript(script, isExtended);
    if (read === undefined) {
      ctx.err(`sed: script ${script} is not modelled by podwire\n`);
      return 1;
    }
    commands.push(...read);
  }
  const text = inputOf(ctx, getopt.operands, 'sed');
  if (text === undefined) return 2;
  ctx.out(edit(linesOf(text), commands, !getopt.has('n')));
  return 0;
}

function edit(lines: readonly string[], commands: readonly SedCommand[], prints: boolean): string {
  const open = new Set<SedCommand>();
  let out = '';
  for (const [index, line] of lines.entries()) {
    let space = line;
    let isDeleted = false;
    let isLast = false;
    for (const command of commands) {
      const place = { number: index + 1, isLast: index === lines.length - 1, text: space };
      if (isMeant(command, place, open) === command.isNegated) continue;
      const { action } = command;
      if (action.kind === 's') {
        const isChanged = space.search(action.expression) >= 0;
        space = space.replace(action.expression, action.replacement);
        if (isChanged && action.prints) out += `${space}\n`;
      } else if (action.kind === 'p') out += `${space}\n`;
      else {
        isDeleted = action.kind === 'd';
        isLast = action.kind === 'q';
        break;
      }
    }
    if (!isDeleted && prints) out += `${space}\n`;
    if (isLast) break;
  }
  return out;
}

interface Place {
  readonly number: number;
  readonly isLast: boolean;
  readonly text: string;
}

function isMeant(command: SedCommand, place: Place, open: Set<SedCommand>): boolean {
  const { from, to } = command;
  if (from === undefined) return true;
  if (to === undefined) return isAt(from, place);
  if (open.has(command)) {
    if (isAt(to, place) || (typeof to === 'number' && place.number >= to)) open.delete(command);
    return typeof to !== 'number' || place.number <= to;
  }
  if (!isAt(from, place)) return false;
  if (typeof to !== 'number' || to > place.number) open.add(command);
  return true;
}

function isAt(address: Address, { number, isLast, text }: Place): boolean {
  if (address === '$') return isLast;
  return typeof address === 'number' ? number === address : text.search(address) >= 0;
}

/** The commands of a script, with `;` or line breaks between them; undefined: one is not modelled. */
function parseScript(script: string, isExtended: boolean): SedCommand[] | undefined {
  const commands: SedCommand[] = [];
  let rest = script.trimStart();
  while (rest !== '') {
    const first = readAddress(rest, isExtended);
    let second: ReturnType<typeof readAddress>;
    let tail = first?.rest ?? rest;
    if (first !== undefined && tail.startsWith(',')) {
      second = readAddress(tail.slice(1), isExtended);
      if (second === undefined) return undefined;
      tail = second.rest;
    }
    const isNegated = tail.startsWith('!');
    const action = readAction(isNegated ? tail.slice(1) : tail, isExtended);
    if (action === undefined) return undefined;
    commands.push({ from: first?.address, to: second?.address, isNegated, action: action.action });
    const ended = /^\s*(?:[;\n]\s*|$)/.exec(action.rest);
    if (ended === null) return undefined;
    rest = action.rest.slice(ended[0].length);
  }
  return commands;
}

function readAddress(
  text: string,
  isExtended: boolean,
): { readonly address: Address; readonly rest: string } | undefined {
  const number = /^\d+/.exec(text);
  if (number !== null) return { address: Number(number[0]), rest: text.slice(number[0].length) };
  if (text.startsWith('$')) return { address: '$', rest: text.slice(1) };
  if (!text.startsWith('/')) return undefined;
  const part = readDelimited(text, 1, '/');
  const expression = part === undefined ? undefined : posixRegExp(part.text, { isExtended });
  return part === undefined || expression === undefined
    ? undefined
    : { address: expression, rest: text.slice(part.end) };
}

function readAction(
  text: string,
  isExtended: boolean,
): { readonly action: SedCommand['action']; readonly rest: string } | undefined {
  const [letter = ''] = text;
  if (letter === 'p' || letter === 'd' || letter === 'q') {
    return { action: { kind: letter }, rest: text.slice(1) };
  }
  if (letter !== 's') return undefined;
  const delimiter = text[1] ?? '';
  const pattern = readDelimited(text, 2, delimiter);
  const replacement =
    pattern === undefined ? undefined : readDelimited(text, pattern.end, delimiter);
  if (pattern === undefined || replacement === undefined) return undefined;
  const flags = /^[gpiI]*/.exec(text.slice(replacement.end))?.[0] ?? '';
  const expression = posixRegExp(pattern.text, {
    isExtended,
    flags: `${flags.includes('g') ? 'g' : ''}${/i/i.test(flags) ? 'i' : ''}`,
  });
  if (expression === undefined) return undefined;
  const groups = (new RegExp(`${expression.source}|`).exec('')?.length ?? 1) - 1;
  const escaped = [...replacement.text.matchAll(/\\(.)/gs)].map((match) => Number(match[1]));
  const highest = Math.max(0, ...escaped.filter((digit) => digit > 0));
  if (highest > groups) return undefined;
  return {
    action: {
      kind: 's',
      expression,
      replacement: replacementOf(replacement.text),
      prints: flags.includes('p'),
    },
    rest: text.slice(replacement.end + flags.length),
  };
}

/** Up to the delimiter, which a backslash takes as a letter. */
function readDelimited(
  text: string,
  from: number,
  delimiter: string,
): { readonly text: string; readonly end: number } | undefined {
  let read = '';
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === delimiter) return { text: read, end: at + 1 };
    if (char === '\\') {
      const next = text[++at] ?? '';
      read += next === delimiter ? next : `\\${next}`;
    } else read += char;
  }
  return undefined;
}

/** `&` and `\1` as JavaScript writes them. */
function replacementOf(text: string): string {
  return text.replaceAll(/\\(.)|[&$]/gs, (all, escaped: string | undefined) => {
    if (all === '&') return '$&';
    if (all === '$') return '$$';
    if (escaped === 'n') return '\n';
    if (escaped === 't') return '\t';
    return /\d/.test(escaped ?? '') ? `$${escaped ?? ''}` : (escaped ?? '');
  });
}
