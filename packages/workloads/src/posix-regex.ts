/**
 * Regular expressions as grep and sed read them (POSIX basic and extended, with GNU's additions), as JavaScript's.
 */

const CLASSES: ReadonlyMap<string, string> = new Map([
  ['alpha', 'A-Za-z'],
  ['digit', '0-9'],
  ['alnum', 'A-Za-z0-9'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['space', '\\s'],
  ['blank', ' \\t'],
  ['punct', '!-\\/:-@\\[-`{-~'],
  ['xdigit', '0-9A-Fa-f'],
]);

export interface PosixOptions {
  readonly isExtended: boolean;
  /** No letter of the text means anything (grep -F). */
  readonly isFixed?: boolean;
  readonly flags?: string;
}

/** The expression; undefined when it is malformed. */
export function posixRegExp(text: string, options: PosixOptions): RegExp | undefined {
  const { isExtended, isFixed = false, flags = '' } = options;
  const source = isFixed
    ? text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    : translate(text, isExtended);
  if (source === undefined) return undefined;
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

/** In a basic expression `\(`, `\|`, `\+` mean what `(`, `|`, `+` mean in an extended one, and the other way round. */
function translate(text: string, isExtended: boolean): string | undefined {
  let source = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '[') {
      const end = bracketEnd(text, at);
      if (end > text.length) return undefined;
      source += bracket(text.slice(at, end));
      at = end - 1;
    } else if (char === '\\') {
      const next = text[++at] ?? '\\';
      if (!isExtended && '(){}|+?'.includes(next)) source += next;
      else if (next === '<' || next === '>') source += '\\b';
      else
        source +=
          /[A-Za-z0-9]/.test(next) && !'bBwWsS123456789'.includes(next) ? next : `\\${next}`;
    } else if (!isExtended && '(){}|+?'.includes(char)) source += `\\${char}`;
    else if (!isExtended && char === '*' && (source === '' || source === '^')) source += '\\*';
    else if (char === '/') source += '\\/';
    else source += char;
  }
  return source;
}

/** Where a bracket expression ends, beyond the text when it does not: a `]` that is its first character belongs to it. */
function bracketEnd(text: string, from: number): number {
  let at = from + 1;
  if (text[at] === '^') at++;
  if (text[at] === ']') at++;
  while (at < text.length && text[at] !== ']') {
    if (text.startsWith('[:', at)) at = text.indexOf(':]', at) + 1;
    at++;
  }
  return at + 1;
}

function bracket(text: string): string {
  const isNegated = text[1] === '^';
  const inner = text.slice(isNegated ? 2 : 1, -1);
  const source = inner.replaceAll(/\[:(\w+):\]|[\\[\]]/g, (found, name: string | undefined) =>
    name === undefined ? `\\${found}` : (CLASSES.get(name) ?? found),
  );
  return `[${isNegated ? '^' : ''}${source}]`;
}
