/**
 * Splits a command line into words as a POSIX shell does: quotes, backslashes, blanks, comments.
 *
 * There is no shell behind a step, so what only a shell can do (pipes, redirections, lists of commands) is
 * a problem with a hint, not a word. Inside quotes, as in `sh -c '…'`, everything passes.
 */
export interface CommandWords {
  readonly words: readonly string[];
  readonly problem?: { readonly message: string; readonly hint?: string };
}

export function splitCommandLine(line: string): CommandWords {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < line.length) {
    const char = line[at] ?? '';
    if (char === "'" || char === '"') {
      const quoted = readQuoted(line, at);
      if (quoted === undefined)
        return { words, problem: { message: `the quote ${char} is not closed` } };
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (char === '\\') {
      const next = line[at + 1];
      if (next === undefined)
        return { words, problem: { message: 'the line ends with a backslash' } };
      // A backslash before a line break continues the line.
      if (next !== '\n') word = (word ?? '') + next;
      at += 2;
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
    } else if (char === '#' && word === undefined) {
      // A comment goes to the end of its line.
      const end = line.indexOf('\n', at);
      at = end < 0 ? line.length : end;
    } else {
      const problem = shellProblem(line, at);
      if (problem !== undefined) return { words, problem };
      word = (word ?? '') + char;
      at++;
    }
  }
  if (word !== undefined) words.push(word);
  if (words.length === 0) return { words, problem: { message: 'the command line is empty' } };
  return { words };
}

function readQuoted(line: string, start: number): { text: string; end: number } | undefined {
  const quote = line[start];
  let text = '';
  for (let at = start + 1; at < line.length; at++) {
    const char = line[at] ?? '';
    if (char === quote) return { text, end: at + 1 };
    const next = line[at + 1] ?? '';
    if (quote === '"' && char === '\\' && '"\\$`\n'.includes(next) && next !== '') {
      if (next !== '\n') text += next;
      at++;
    } else text += char;
  }
  return undefined;
}

function shellProblem(
  line: string,
  at: number,
): { readonly message: string; readonly hint?: string } | undefined {
  const rest = line.slice(at);
  if (rest.startsWith('&&') || rest.startsWith('||') || rest.startsWith(';')) {
    const sign = rest.startsWith(';') ? ';' : rest.slice(0, 2);
    return {
      message: `a step runs one command; "${sign}" would join two`,
      hint: 'write two steps',
    };
  }
  if (rest.startsWith('|')) {
    return {
      message: 'pipes are not supported in a step',
      hint: 'pick values with -o jsonpath=…, or judge the output with expect.output or expect.json',
    };
  }
  if (rest.startsWith('>') || rest.startsWith('<')) {
    return {
      message: `redirection "${rest[0]}" is not supported in a step`,
      hint: 'use stdin: for input and save: for output, or quote the character if it is part of a word',
    };
  }
  if (rest.startsWith('$(') || rest.startsWith('`')) {
    return {
      message: 'command substitution is not supported in a step',
      hint: 'save: the output of one step and write {{name}} in the next',
    };
  }
  if (rest.startsWith('&') && /^&(\s|$)/.test(rest)) {
    return {
      message: 'a step does not run in the background',
      hint: 'quote the & if it is part of a word',
    };
  }
  return undefined;
}

/** The commands of a pipeline: what stands between single `|` outside of quotes. */
export function splitPipeline(line: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (char === '\\') at++;
    else if (char === "'" || char === '"') {
      at = (readQuoted(line, at)?.end ?? line.length) - 1;
    } else if (char === '|' && line[at + 1] === '|') at++;
    else if (char === '#' && /^$|\s/.test(line[at - 1] ?? '')) {
      const end = line.indexOf('\n', at);
      at = (end < 0 ? line.length : end) - 1;
    } else if (char === '|') {
      parts.push(line.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, line.slice(from).trim()];
}
