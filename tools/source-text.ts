/**
 * Blanks comments, and also the contents of strings, in TypeScript source text, so that the
 * checks in tidy.ts can look for words with plain patterns. Every other character keeps its place.
 *
 * A scanner and not a parser: it only has to know where comments, strings, templates and regular
 * expressions begin and end.
 */

export interface BlankedSource {
  /** Comments are spaces. */
  readonly withoutComments: string;
  /** Comments and what stands in strings, templates and regular expressions are spaces. */
  readonly codeOnly: string;
}

/** After one of these a slash begins a regular expression, otherwise it divides. */
const BEFORE_REGEXP =
  /(?:^|[(,=:[!&|?{};*%<>~^]|(?<!\+)\+|(?<!-)-|\b(?:return|typeof|case|in|of|do|else|void))$/;
/** Enough to hold the longest of those words and what stands before it. */
const LOOK_BACK = 12;

export function blankSource(text: string): BlankedSource {
  const withoutComments = text.split('');
  const codeOnly = text.split('');
  const characters = text.split('');
  /** One entry per open template substitution: how many braces are open inside it. */
  const templateDepths: number[] = [];
  let codeBefore = '';
  let at = 0;

  const blank = (target: string[], from: number, to: number): void => {
    for (let i = from; i < to; i += 1) if (target[i] !== '\n') target[i] = ' ';
  };
  const skipTemplate = (from: number): number => {
    let i = from;
    while (i < characters.length) {
      if (characters[i] === '\\') i += 2;
      else if (characters[i] === '`') return i + 1;
      else if (characters[i] === '$' && characters[i + 1] === '{') {
        templateDepths.push(0);
        return i + 2;
      } else i += 1;
    }
    return i;
  };

  while (at < characters.length) {
    const character = characters[at] ?? '';
    const next = characters[at + 1] ?? '';
    const start = at;
    if (character === '/' && (next === '/' || next === '*')) {
      at = next === '/' ? endOfLine(characters, at) : endOfBlock(characters, at);
      blank(withoutComments, start, at);
      blank(codeOnly, start, at);
      continue;
    }
    if (character === "'" || character === '"') {
      at = endOfQuoted(characters, at);
      blank(codeOnly, start + 1, at - 1);
    } else if (character === '`') {
      at = skipTemplate(at + 1);
      blank(codeOnly, start + 1, at - 1);
    } else if (character === '/' && BEFORE_REGEXP.test(codeBefore.trimEnd())) {
      at = endOfRegExp(characters, at);
      blank(codeOnly, start + 1, at - 1);
    } else {
      at += 1;
      const depth = templateDepths.at(-1);
      if (depth === undefined) {
        // Not inside a template.
      } else if (character === '{') {
        templateDepths.splice(-1, 1, depth + 1);
      } else if (character === '}' && depth > 0) {
        templateDepths.splice(-1, 1, depth - 1);
      } else if (character === '}') {
        templateDepths.pop();
        at = skipTemplate(at);
        blank(codeOnly, start + 1, at - 1);
      }
    }
    if (character.trim() !== '' || !codeBefore.endsWith(' ')) {
      codeBefore = `${codeBefore}${character}`.slice(-LOOK_BACK);
    }
  }
  return { withoutComments: withoutComments.join(''), codeOnly: codeOnly.join('') };
}

function endOfLine(characters: readonly string[], from: number): number {
  const end = characters.indexOf('\n', from);
  return end === -1 ? characters.length : end;
}

function endOfBlock(characters: readonly string[], from: number): number {
  for (let i = from + 2; i < characters.length; i += 1) {
    if (characters[i] === '*' && characters[i + 1] === '/') return i + 2;
  }
  return characters.length;
}

function endOfQuoted(characters: readonly string[], from: number): number {
  const quote = characters[from];
  for (let i = from + 1; i < characters.length; i += 1) {
    if (characters[i] === '\\') i += 1;
    else if (characters[i] === quote) return i + 1;
  }
  return characters.length;
}

function endOfRegExp(characters: readonly string[], from: number): number {
  let inClass = false;
  for (let i = from + 1; i < characters.length; i += 1) {
    if (characters[i] === '\\') i += 1;
    else if (characters[i] === '[') inClass = true;
    else if (characters[i] === ']') inClass = false;
    else if (characters[i] === '/' && !inClass) return i + 1;
  }
  return characters.length;
}
