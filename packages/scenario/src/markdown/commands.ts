/**
 * What is typed in a block: commands with the lines that continue them, here-documents, and after a prompt the output that
 * the document shows.
 */
import { splitCommandLine } from '../command-line.ts';

export interface TypedCommand {
  /** As written, on one line. */
  readonly text: string;
  readonly line: number;
  /** Of a here-document. */
  readonly stdin: string;
  /** Where that begins; 0 without one. */
  readonly stdinLine: number;
  /** Whether the here-document's mark is quoted: then nothing is put in for variables. */
  readonly isLiteral: boolean;
  /** The file that `cat > FILE <<EOF` writes; then nothing is run. */
  readonly writes: string | undefined;
  /** What the document shows below it; undefined: nothing. */
  readonly output: string | undefined;
}

/** Languages whose blocks are typed. */
const SHELLS: ReadonlySet<string> = new Set([
  'bash',
  'sh',
  'shell',
  'zsh',
  'console',
  'shell-session',
  'shellsession',
  'sh-session',
  'terminal',
]);

export function isShell(language: string): boolean {
  return SHELLS.has(language);
}

/** `$ `, `[user@host dir]$ `, `user@host:~$ `; `# ` only of root with a place before it. */
const PROMPT = /^(?:\$ |\[[^\]]*\][$#] |[\w.-]+@[\w.-]+:\S*[$#] )/;

/** Whether a block shows prompts: then lines without one are output. */
export function hasPrompts(text: string): boolean {
  return text.split('\n').some((line) => PROMPT.test(line));
}

export function typedCommands(text: string, firstLine: number): readonly TypedCommand[] {
  const isPrompted = hasPrompts(text);
  const lines = text.replace(/\n$/, '').split('\n');
  const commands: TypedCommand[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const isCommand = isPrompted ? PROMPT.test(line) : isWorthTyping(line);
    if (!isCommand) {
      at++;
      continue;
    }
    const start = at;
    let typed = line.replace(PROMPT, '');
    at++;
    while (at < lines.length && isUnfinished(typed)) {
      typed += `\n${(lines[at] ?? '').replace(/^> /, '')}`;
      at++;
    }
    const here = readHereDocument(typed, lines, at);
    const stdinLine = here.stdin === '' ? 0 : firstLine + at;
    at = here.next;
    let output: string | undefined;
    if (isPrompted) {
      const shown: string[] = [];
      while (at < lines.length && !PROMPT.test(lines[at] ?? '')) {
        shown.push(lines[at] ?? '');
        at++;
      }
      if (shown.some((each) => each.trim() !== '')) output = shown.join('\n');
    }
    if (!isWorthTyping(here.command)) continue;
    commands.push({
      text: here.command.replaceAll('\\\n', ' ').trim(),
      line: firstLine + start,
      stdin: here.stdin,
      stdinLine,
      isLiteral: here.isLiteral,
      writes: here.writes,
      output,
    });
  }
  return commands;
}

function isWorthTyping(line: string): boolean {
  return line.trim() !== '' && !line.trim().startsWith('#');
}

/** A backslash at the end, or a quote that is open. */
function isUnfinished(typed: string): boolean {
  if (typed.endsWith('\\')) return true;
  const { problem } = splitCommandLine(typed);
  return problem?.message.includes('is not closed') === true;
}

interface Here {
  readonly command: string;
  readonly stdin: string;
  readonly isLiteral: boolean;
  readonly writes: string | undefined;
  readonly next: number;
}

/** `kubectl apply -f - <<EOF`, `cat <<EOF | kubectl apply -f -`, `cat > FILE <<EOF`. */
function readHereDocument(typed: string, lines: readonly string[], from: number): Here {
  const match = /<<(-?)\s*(['"]?)(\w+)\2/.exec(typed);
  if (match === null) {
    return { command: typed, stdin: '', isLiteral: true, writes: undefined, next: from };
  }
  const [, dash, quote = '', mark = ''] = match;
  const end = lines.findIndex((line, index) => index >= from && line.trim() === mark);
  const last = end < 0 ? lines.length : end;
  const body = lines.slice(from, last);
  // `<<-` takes the tabs at the beginning of lines away.
  const stdin = `${(dash === '-' ? body.map((line) => line.replace(/^\t+/, '')) : body).join('\n')}\n`;
  const rest = typed.replace(match[0], ' ').trim();
  const piped = /^cat\s*(?:-\s*)?\|\s*(.*)$/s.exec(rest)?.[1];
  const writes = /^(?:cat|tee)\s*>?\s*([\w./-]+)\s*$/.exec(rest)?.[1];
  return { command: piped ?? rest, stdin, isLiteral: quote !== '', writes, next: last + 1 };
}

/** The command of a value that is one `$(command)`, quoted or not; undefined when it is something else. */
export function wholeSubstitution(value: string): string | undefined {
  const text = value.trim().replace(/^"(.*)"$/s, '$1');
  const found = findSubstitution(text);
  return found?.start === 0 && found.end === text.length ? found.inner : undefined;
}

/** The first `$(command)` outside single quotes. */
export function findSubstitution(
  text: string,
): { readonly start: number; readonly end: number; readonly inner: string } | undefined {
  let isSingle = false;
  let isDouble = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && !isSingle) at++;
    else if (char === "'" && !isDouble) isSingle = !isSingle;
    else if (char === '"' && !isSingle) isDouble = !isDouble;
    else if (char === '$' && text[at + 1] === '(' && !isSingle) {
      const end = closingParenthesis(text, at + 1);
      return end === undefined
        ? undefined
        : { start: at, end: end + 1, inner: text.slice(at + 2, end) };
    }
  }
  return undefined;
}

/** Where the parenthesis that opens at `from` is closed; undefined: nowhere. */
function closingParenthesis(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  return undefined;
}
