/**
 * The Corefile: server blocks with their zones, ports and directives (Caddyfile syntax).
 *
 * Reads tokens, expands `{$ENV}`, snippets and `import`, and normalises zones; what the directives mean
 * is the plugins' business. Errors read as CoreDNS prints them.
 */
import { parseIp } from '@podwire/base';
import { absoluteDnsName } from '@podwire/wire';
import { reverseZones } from './reverse.ts';

export interface CorefileError {
  readonly line: number;
  readonly message: string;
}

/** One line of a directive or of a block inside it. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  /** The lines between braces; undefined when there are none. */
  readonly block: readonly Directive[] | undefined;
}

export interface ServerBlock {
  /** Zones in lower case, ending in a dot, per port. */
  readonly keys: readonly { readonly zone: string; readonly port: number }[];
  readonly directives: readonly Directive[];
  readonly line: number;
}

export interface Corefile {
  readonly blocks: readonly ServerBlock[];
  readonly errors: readonly CorefileError[];
}

/** Values of `{$NAME}`. */
export type CorefileEnv = ReadonlyMap<string, string>;

export const COREFILE_DEFAULT_PORT = 53;

export function parseCorefile(text: string, env: CorefileEnv = new Map()): Corefile {
  return new CorefileParser(tokenize(text, env)).parse();
}

/**
 * Unfolds a Corefile that was written on one line, with `;` between directives, into the form with a
 * line each that CoreDNS takes.
 */
export function unfoldCorefile(text: string): string {
  let depth = 0;
  const lines: string[] = [];
  let line = '';
  const flush = (): void => {
    if (line.trim() !== '') lines.push('    '.repeat(depth) + line.trim());
    line = '';
  };
  for (const part of text.split(/(\{(?=\s)|\}(?=\s|;|$)|;|\n)/)) {
    if (part === '{') {
      line += '{';
      flush();
      depth++;
    } else if (part === '}') {
      flush();
      depth = Math.max(0, depth - 1);
      line = '}';
      flush();
    } else if (part === ';' || part === '\n') flush();
    else line += part;
  }
  flush();
  return `${lines.join('\n')}\n`;
}

/** The error in CoreDNS's words. */
export function formatCorefileError(error: CorefileError, file = 'Corefile'): string {
  return `${file}:${error.line} - Error during parsing: ${error.message}`;
}

interface Token {
  readonly text: string;
  readonly line: number;
}

/** Words, quoted strings and braces; `#` at the start of a word begins a comment. */
function tokenize(text: string, env: CorefileEnv): Token[] {
  const tokens: Token[] = [];
  for (const [index, source] of text.split('\n').entries()) {
    const line = index + 1;
    const pattern = /\s+|#.*$|"((?:[^"\\]|\\.)*)"|(\S+)/y;
    for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
      const word = match[1]?.replaceAll('\\"', '"') ?? match[2];
      if (word !== undefined) tokens.push({ text: expandEnv(word, env), line });
      if (pattern.lastIndex >= source.length) break;
    }
  }
  return tokens;
}

function expandEnv(word: string, env: CorefileEnv): string {
  return word.replaceAll(
    /\{\$([^{}]+)\}|\{%([^{}%]+)%\}/g,
    (_, unix: string | undefined, windows: string | undefined) =>
      env.get(unix ?? windows ?? '') ?? '',
  );
}

class CorefileParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  readonly #snippets = new Map<string, readonly Directive[]>();
  readonly #blocks: ServerBlock[] = [];
  readonly #errors: CorefileError[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Corefile {
    while (this.#at < this.#tokens.length && this.#errors.length === 0) this.#serverBlock();
    this.#checkDuplicates();
    return { blocks: this.#blocks, errors: this.#errors };
  }

  #serverBlock(): void {
    const first = this.#tokens[this.#at];
    if (first === undefined) return;
    if (first.text === 'import') {
      this.#at++;
      this.#fail(first.line, 'import of files between server blocks is not supported');
      return;
    }
    const names: Token[] = [];
    let token: Token | undefined;
    for (token = this.#next(); token !== undefined && token.text !== '{'; token = this.#next()) {
      if (token.text === '}') {
        this.#fail(token.line, "Unexpected '}' because no matching opening brace");
        return;
      }
      names.push(token);
      // Without braces the file is one block: the first line names it, the rest are its directives.
      const following = this.#tokens[this.#at];
      if (following !== undefined && following.line > token.line && !token.text.endsWith(',')) {
        if (following.text === '{') continue;
        this.#addBlock(names, this.#directives(false), first.line);
        return;
      }
    }
    if (token === undefined) {
      this.#addBlock(names, [], first.line);
      return;
    }
    const directives = this.#directives(true);
    const snippet = /^\(([^()]+)\)$/.exec(names[0]?.text ?? '');
    if (snippet !== null && names.length === 1) {
      if (this.#snippets.has(snippet[1] ?? '')) {
        this.#fail(first.line, `redeclaration of previously declared snippet ${snippet[1]}`);
      }
      this.#snippets.set(snippet[1] ?? '', directives);
      return;
    }
    this.#addBlock(names, directives, first.line);
  }

  #addBlock(names: readonly Token[], directives: readonly Directive[], line: number): void {
    const keys = names.flatMap((token) =>
      token.text
        .split(',')
        .filter((name) => name !== '')
        .flatMap((name) => this.#key(name, token.line)),
    );
    this.#blocks.push({ keys, directives, line });
  }

  /** `zone`, `zone:port`, `dns://zone:port`, `:port`, `10.0.0.0/8`. */
  #key(text: string, line: number): { zone: string; port: number }[] {
    const scheme = /^([a-z]+):\/\/(.*)$/.exec(text);
    if (scheme !== null && scheme[1] !== 'dns') {
      this.#fail(line, `transport ${scheme[1]}:// is not supported, only dns://`);
      return [];
    }
    const rest = scheme?.[2] ?? text;
    const match = /^(.*?)(?::(\d+))?$/.exec(rest);
    const name = match?.[1] ?? '';
    const port = match?.[2] === undefined ? COREFILE_DEFAULT_PORT : Number(match[2]);
    if (port < 1 || port > 65535) {
      this.#fail(line, `invalid port ${port}`);
      return [];
    }
    return normalizeZone(name).map((zone) => ({ zone, port }));
  }

  /** Directives up to the closing brace, or to the end of the file. */
  #directives(isBraced: boolean): Directive[] {
    const list: Directive[] = [];
    for (;;) {
      const token = this.#next();
      if (token === undefined) {
        const line = this.#tokens.at(-1)?.line ?? 1;
        if (isBraced) this.#fail(line, "Unexpected EOF while looking for '}'");
        return list;
      }
      if (token.text === '}') {
        if (!isBraced) this.#fail(token.line, "Unexpected '}' because no matching opening brace");
        return list;
      }
      if (token.text === '{') {
        this.#fail(token.line, "Unexpected next token after '{' on same line");
        return list;
      }
      const directive = this.#directive(token);
      if (directive.name === 'import') list.push(...this.#imported(directive));
      else list.push(directive);
    }
  }

  #directive(first: Token): Directive {
    const args: string[] = [];
    let { line } = first;
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined || token.line !== line || token.text === '}') break;
      this.#at++;
      if (token.text === '{') {
        return { name: first.text, args, line: first.line, block: this.#directives(true) };
      }
      // A backslash at the end of a line joins the next one.
      if (token.text === '\\') line = this.#tokens[this.#at]?.line ?? line;
      else args.push(token.text);
    }
    return { name: first.text, args, line: first.line, block: undefined };
  }

  #imported(directive: Directive): readonly Directive[] {
    const name = directive.args[0] ?? '';
    const snippet = this.#snippets.get(name);
    if (snippet === undefined) {
      this.#fail(directive.line, `File to import not found: ${name}`);
      return [];
    }
    const values = directive.args.slice(1);
    return values.length === 0 ? snippet : snippet.map((line) => withArgs(line, values));
  }

  #checkDuplicates(): void {
    const seen = new Set<string>();
    for (const block of this.#blocks) {
      for (const { zone, port } of block.keys) {
        const key = `dns://${zone}:${port}`;
        if (seen.has(key)) this.#fail(block.line, `cannot serve ${key} - it is already defined`);
        seen.add(key);
      }
    }
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #fail(line: number, message: string): void {
    this.#errors.push({ line, message });
    this.#at = this.#tokens.length;
  }
}

/** Snippets may take arguments: `{args[0]}`. */
function withArgs(directive: Directive, values: readonly string[]): Directive {
  const fill = (text: string): string =>
    text.replaceAll(
      /\{args\[(\d+)\]\}|\{args\.(\d+)\}/g,
      (_, a: string | undefined, b: string | undefined) => values[Number(a ?? b)] ?? '',
    );
  return {
    ...directive,
    args: directive.args.map(fill),
    block: directive.block?.map((line) => withArgs(line, values)),
  };
}

/** A zone as it is compared: lower case, absolute; a network becomes its reverse zones. */
export function normalizeZone(name: string): string[] {
  if (name === '' || name === '.') return ['.'];
  const slash = name.indexOf('/');
  if (slash > 0 && parseIp(name.slice(0, slash)) !== undefined) {
    const zones = reverseZones(name);
    if (zones !== undefined) return zones;
  }
  return [absoluteDnsName(name).toLowerCase()];
}
