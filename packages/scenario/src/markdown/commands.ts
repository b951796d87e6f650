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
  readonly writes: string | undefined;
  readonly next: number;
}

/** `kubectl apply -f - <<EOF`, `cat <<EOF | kubectl apply -f -`, `cat > FILE <<EOF`. */
function readHereDocument(typed: string, lines: readonly string[], from: number): Here {
  const match = /<<-?\s*(['"]?)(\w+)\1/.exec(typed);
  if (match === null) return { command: typed, stdin: '', writes: undefined, next: from };
  const mark = match[2] ?? '';
  const end = lines.findIndex((line, index) => index >= from && line.trim() === mark);
  const last = end < 0 ? lines.length : end;
  const stdin = `${lines.slice(from, last).join('\n')}\n`;
  const rest = typed.replace(match[0], ' ').trim();
  const piped = /^cat\s*(?:-\s*)?\|\s*(.*)$/s.exec(rest)?.[1];
  const writes = /^(?:cat|tee)\s*>?\s*([\w./-]+)\s*$/.exec(rest)?.[1];
  return { command: piped ?? rest, stdin, writes, next: last + 1 };
}
