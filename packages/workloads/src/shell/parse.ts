/**
 * Parses the subset of the POSIX shell that containers' commands use.
 *
 * Lists (`;`, newline, `&`, `&&`, `||`), pipes, `if`, `while`, `until`, `for`, groups, functions no;
 * redirections of whole outputs. Words stay as written; expand.ts expands them when they run.
 */

export interface Redirect {
  /** 1 = stdout, 2 = stderr, 0 = stdin. */
  readonly fd: 0 | 1 | 2;
  readonly kind: 'write' | 'append' | 'read' | 'dup';
  /** File name word, or for `dup` the other descriptor. */
  readonly target: string;
}

export type ShellCommand =
  | {
      readonly kind: 'simple';
      readonly assignments: readonly (readonly [string, string])[];
      readonly words: readonly string[];
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'loop';
      readonly isUntil: boolean;
      readonly condition: ShellList;
      readonly body: ShellList;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'for';
      readonly name: string;
      readonly words: readonly string[];
      readonly body: ShellList;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly condition: ShellList; readonly body: ShellList }[];
      readonly otherwise: ShellList | undefined;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'group';
      readonly body: ShellList;
      readonly isSubshell: boolean;
      readonly redirects: readonly Redirect[];
    };

export interface Pipeline {
  readonly commands: readonly ShellCommand[];
  readonly isNegated: boolean;
}

/** What stands behind a pipeline. */
export type ListOperator = ';' | '&' | '&&' | '||';

export interface ShellList {
  readonly items: readonly { readonly pipeline: Pipeline; readonly operator: ListOperator }[];
}

export interface ShellSyntaxError {
  readonly kind: 'syntax-error';
  readonly message: string;
}

interface Token {
  readonly kind: 'word' | 'operator' | 'redirect';
  readonly text: string;
  readonly fd?: 0 | 1 | 2;
}

/** Parses a script. */
export function parseShell(script: string): ShellList | ShellSyntaxError {
  const tokens = tokenize(script);
  if (typeof tokens === 'string') return { kind: 'syntax-error', message: tokens };
  const parser = new Parser(tokens);
  const list = parser.list([]);
  if (parser.error !== undefined) return { kind: 'syntax-error', message: parser.error };
  if (parser.peek() !== undefined) {
    return { kind: 'syntax-error', message: `syntax error: unexpected "${parser.peek()?.text}"` };
  }
  return list;
}

const RESERVED: ReadonlySet<string> = new Set([
  'then',
  'else',
  'elif',
  'fi',
  'do',
  'done',
  '}',
  ')',
]);

function tokenize(script: string): Token[] | string {
  const tokens: Token[] = [];
  let at = 0;
  while (at < script.length) {
    const char = script[at] ?? '';
    if (char === '\\' && script[at + 1] === '\n') {
      at += 2;
    } else if (char === ' ' || char === '\t' || char === '\r') {
      at++;
    } else if (char === '#') {
      while (at < script.length && script[at] !== '\n') at++;
    } else if (char === '\n') {
      tokens.push({ kind: 'operator', text: ';' });
      at++;
    } else {
      const redirect = /^(?:(&)>|([012])?(>>|>|<)(?:&([012-]))?)/.exec(script.slice(at));
      if (redirect !== null && redirect[0] !== '') {
        at += redirect[0].length;
        pushRedirect(tokens, redirect);
        continue;
      }
      const operator = /^(&&|\|\||;;|[;&|()])/.exec(script.slice(at));
      if (operator !== null) {
        tokens.push({ kind: 'operator', text: operator[0] });
        at += operator[0].length;
        continue;
      }
      const end = wordEnd(script, at);
      if (end < 0) return 'syntax error: unterminated quoted string';
      tokens.push({ kind: 'word', text: script.slice(at, end) });
      at = end;
    }
  }
  return tokens;
}

function pushRedirect(tokens: Token[], match: RegExpExecArray): void {
  if (match[1] === '&') {
    tokens.push({ kind: 'redirect', text: '>', fd: 1 });
    tokens.push({ kind: 'word', text: '&both' });
    return;
  }
  const operator = match[3] ?? '>';
  const fd = match[2] === undefined ? (operator === '<' ? 0 : 1) : (Number(match[2]) as 0 | 1 | 2);
  tokens.push({ kind: 'redirect', text: match[4] === undefined ? operator : 'dup', fd });
  if (match[4] !== undefined) tokens.push({ kind: 'word', text: match[4] });
}

/** End of the word that starts at `start`; quotes and substitutions are kept whole. */
function wordEnd(script: string, start: number): number {
  let at = start;
  while (at < script.length) {
    const char = script[at] ?? '';
    if (/[\s;&|<>()]/.test(char)) break;
    if (char === '\\') {
      at += 2;
    } else if (char === "'") {
      const close = script.indexOf("'", at + 1);
      if (close < 0) return -1;
      at = close + 1;
    } else if (char === '"') {
      at = doubleQuoteEnd(script, at + 1);
      if (at < 0) return -1;
    } else if (char === '`') {
      const close = script.indexOf('`', at + 1);
      if (close < 0) return -1;
      at = close + 1;
    } else if (char === '$' && (script[at + 1] === '(' || script[at + 1] === '{')) {
      at = bracketEnd(script, at + 1);
      if (at < 0) return -1;
    } else {
      at++;
    }
  }
  return at;
}

function doubleQuoteEnd(script: string, start: number): number {
  for (let at = start; at < script.length; at++) {
    const char = script[at];
    if (char === '\\') at++;
    else if (char === '"') return at + 1;
    else if (char === '$' && script[at + 1] === '(') {
      const end = bracketEnd(script, at + 1);
      if (end < 0) return -1;
      at = end - 1;
    }
  }
  return -1;
}

/** End of the bracket that opens at `open`, nested and quoted parts skipped. */
export function bracketEnd(script: string, open: number): number {
  const left = script[open];
  const right = left === '(' ? ')' : '}';
  let depth = 0;
  for (let at = open; at < script.length; at++) {
    const char = script[at];
    if (char === '\\') at++;
    else if (char === "'") {
      at = script.indexOf("'", at + 1);
      if (at < 0) return -1;
    } else if (char === left) depth++;
    else if (char === right && --depth === 0) return at + 1;
  }
  return -1;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  error: string | undefined = undefined;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** A list up to one of the given words (not taken). */
  list(until: readonly string[]): ShellList {
    const items: { pipeline: Pipeline; operator: ListOperator }[] = [];
    while (this.error === undefined) {
      while (this.peek()?.kind === 'operator' && this.peek()?.text === ';') this.#at++;
      const next = this.peek();
      if (next === undefined || until.includes(next.text)) break;
      if (next.text === ')' || (next.kind === 'word' && RESERVED.has(next.text))) break;
      const pipeline = this.#pipeline();
      const behind = this.peek();
      let operator: ListOperator = ';';
      if (behind?.kind === 'operator' && /^(;|&|&&|\|\|)$/.test(behind.text)) {
        operator = behind.text as ListOperator;
        this.#at++;
        if (operator === '&&' || operator === '||') this.#skipNewlines();
      }
      items.push({ pipeline, operator });
      if (behind === undefined) break;
    }
    return { items };
  }

  #skipNewlines(): void {
    while (this.peek()?.kind === 'operator' && this.peek()?.text === ';') this.#at++;
  }

  #pipeline(): Pipeline {
    const isNegated = this.peek()?.text === '!';
    if (isNegated) this.#at++;
    const commands = [this.#command()];
    while (this.error === undefined && this.peek()?.text === '|') {
      this.#at++;
      this.#skipNewlines();
      commands.push(this.#command());
    }
    return { commands, isNegated };
  }

  #command(): ShellCommand {
    switch (this.peek()?.kind === 'redirect' ? '' : (this.peek()?.text ?? '')) {
      case 'while':
      case 'until':
        return this.#loop();
      case 'for':
        return this.#for();
      case 'if':
        return this.#if();
      case '{':
        return this.#group('{', '}');
      case '(':
        return this.#group('(', ')');
      default:
        return this.#simple();
    }
  }

  #loop(): ShellCommand {
    const isUntil = this.#take()?.text === 'until';
    const condition = this.list(['do']);
    this.#expect('do');
    const body = this.list(['done']);
    this.#expect('done');
    return { kind: 'loop', isUntil, condition, body, redirects: this.#redirects() };
  }

  #for(): ShellCommand {
    this.#at++;
    const name = this.#take()?.text ?? '';
    const words: string[] = [];
    if (this.peek()?.text === 'in') {
      this.#at++;
      while (this.peek()?.kind === 'word') words.push(this.#take()?.text ?? '');
    }
    this.#skipNewlines();
    this.#expect('do');
    const body = this.list(['done']);
    this.#expect('done');
    return { kind: 'for', name, words, body, redirects: this.#redirects() };
  }

  #if(): ShellCommand {
    const branches: { condition: ShellList; body: ShellList }[] = [];
    let otherwise: ShellList | undefined;
    do {
      this.#at++;
      const condition = this.list(['then']);
      this.#expect('then');
      branches.push({ condition, body: this.list(['elif', 'else', 'fi']) });
    } while (this.error === undefined && this.peek()?.text === 'elif');
    if (this.peek()?.text === 'else') {
      this.#at++;
      otherwise = this.list(['fi']);
    }
    this.#expect('fi');
    return { kind: 'if', branches, otherwise, redirects: this.#redirects() };
  }

  #group(open: string, close: string): ShellCommand {
    this.#at++;
    const body = this.list([close]);
    this.#expect(close);
    return { kind: 'group', body, isSubshell: open === '(', redirects: this.#redirects() };
  }

  #simple(): ShellCommand {
    const assignments: [string, string][] = [];
    const words: string[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      const token = this.peek();
      if (token?.kind === 'redirect') {
        this.#redirect(redirects);
        continue;
      }
      if (token?.kind !== 'word') break;
      this.#at++;
      const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(token.text);
      if (assignment !== null && words.length === 0) {
        assignments.push([assignment[1] ?? '', assignment[2] ?? '']);
      } else {
        words.push(token.text);
      }
    }
    if (words.length === 0 && assignments.length === 0 && redirects.length === 0) {
      this.#fail();
    }
    return { kind: 'simple', assignments, words, redirects };
  }

  #redirects(): Redirect[] {
    const redirects: Redirect[] = [];
    while (this.peek()?.kind === 'redirect') this.#redirect(redirects);
    return redirects;
  }

  #redirect(into: Redirect[]): void {
    const operator = this.#take();
    const word = this.#take();
    if (operator === undefined || word?.kind !== 'word') {
      this.#fail();
      return;
    }
    const fd = operator.fd ?? 1;
    if (word.text === '&both') {
      const file = this.#take()?.text ?? '';
      into.push({ fd: 1, kind: 'write', target: file }, { fd: 2, kind: 'dup', target: '1' });
      return;
    }
    const kind =
      operator.text === 'dup'
        ? 'dup'
        : operator.text === '<'
          ? 'read'
          : operator.text === '>>'
            ? 'append'
            : 'write';
    into.push({ fd, kind, target: word.text });
  }

  #take(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #expect(text: string): void {
    if (this.error !== undefined) return;
    if (this.peek()?.text === text) this.#at++;
    else this.#fail(text);
  }

  #fail(expected?: string): void {
    const token = this.peek();
    const found = token === undefined ? 'end of file' : `"${token.text}"`;
    const hint = expected === undefined ? '' : ` (expecting "${expected}")`;
    this.error ??= `syntax error: unexpected ${found}${hint}`;
  }
}
