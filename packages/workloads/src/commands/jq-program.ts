/**
 * A jq program: from its text to the filter that it is.
 */
import {
  type Filter,
  COMPARISONS,
  CONSTANTS,
  FUNCTIONS,
  WITH_ARGUMENT,
  add,
  both,
  field,
  flatMap,
  gathered,
  isTrue,
  iterate,
  lookUp,
  only,
  order,
  paired,
  piped,
  textOf,
} from './jq-filters.ts';

/** The filter of a program; undefined: it is not modelled, or no program. */
export function parseJq(text: string): Filter | undefined {
  const tokens = tokenize(text);
  if (tokens === undefined) return undefined;
  const parser = new Parser(tokens);
  const filter = parser.pipe();
  return parser.isAtEnd ? filter : undefined;
}

const TOKEN =
  /\s*(?:(?<field>\.[A-Za-z_]\w*)|(?<text>"(?:[^"\\]|\\[^(]|\\\((?:[^()"]|"[^"]*"|\([^()]*\))*\))*")|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_]\w*)|(?<sign>==|!=|<=|>=|\.\.|[.[\](){}|,:?<>+*/-]))/y;

interface Token {
  readonly kind: 'field' | 'text' | 'number' | 'word' | 'sign';
  readonly text: string;
}

function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const source = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const groups = TOKEN.exec(source)?.groups;
    if (groups === undefined) return undefined;
    for (const kind of ['field', 'text', 'number', 'word', 'sign'] as const) {
      const found = groups[kind];
      if (found !== undefined) tokens.push({ kind, text: found });
    }
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  pipe(): Filter | undefined {
    let left = this.#comma();
    while (left !== undefined && this.#takes('|')) {
      const right = this.#comma();
      left = right === undefined ? undefined : piped(left, right);
    }
    return left;
  }

  #comma(): Filter | undefined {
    let left = this.#logic();
    while (left !== undefined && this.#takes(',')) {
      const right = this.#logic();
      left = right === undefined ? undefined : both(left, right);
    }
    return left;
  }

  #logic(): Filter | undefined {
    let left = this.#comparison();
    for (;;) {
      const word = this.#peek();
      if (left === undefined || (word !== 'and' && word !== 'or')) return left;
      this.#at++;
      const right = this.#comparison();
      left =
        right === undefined
          ? undefined
          : paired(left, right, (a, b) =>
              only(word === 'and' ? isTrue(a) && isTrue(b) : isTrue(a) || isTrue(b)),
            );
    }
  }

  #comparison(): Filter | undefined {
    const left = this.#sum();
    const compare = COMPARISONS.get(this.#peek() ?? '');
    if (left === undefined || compare === undefined) return left;
    this.#at++;
    const right = this.#sum();
    return right === undefined
      ? undefined
      : paired(left, right, (a, b) => only(compare(order(a, b))));
  }

  /** `+` of numbers and texts. */
  #sum(): Filter | undefined {
    let left = this.#postfix();
    while (left !== undefined && this.#takes('+')) {
      const right = this.#postfix();
      left = right === undefined ? undefined : paired(left, right, add);
    }
    return left;
  }

  /** A term with `.field`, `[…]` and `?` behind it. */
  #postfix(): Filter | undefined {
    let filter = this.#term();
    while (filter !== undefined) {
      const token = this.#tokens[this.#at];
      if (token?.kind === 'field') {
        this.#at++;
        filter = piped(filter, field(token.text.slice(1)));
      } else if (token?.text === '.' && this.#tokens[this.#at + 1]?.kind === 'text') {
        this.#at++;
        const key = this.#text();
        filter = key === undefined ? undefined : piped(filter, field(key));
      } else if (token?.text === '[') {
        const step = this.#brackets();
        filter = step === undefined ? undefined : piped(filter, step);
      } else if (token?.text === '?') {
        this.#at++;
        const inner: Filter = filter;
        filter = (value) => ({ values: inner(value).values });
      } else return filter;
    }
    return filter;
  }

  #term(): Filter | undefined {
    const token = this.#tokens[this.#at];
    switch (token?.kind) {
      case 'field':
        this.#at++;
        return field(token.text.slice(1));
      case 'number': {
        this.#at++;
        const number = Number(token.text);
        return () => ({ values: [number] });
      }
      case 'text':
        return this.#interpolated();
      case 'word':
        this.#at++;
        return this.#call(token.text);
      case 'sign':
        break;
      case undefined:
        return undefined;
    }
    if (this.#takes('(')) {
      const inner = this.pipe();
      return this.#takes(')') ? inner : undefined;
    }
    if (this.#takes('[')) return this.#list();
    if (!this.#takes('.')) return undefined;
    // What stands behind the dot is read as of any other term.
    if (this.#tokens[this.#at]?.kind === 'text') {
      const key = this.#text();
      return key === undefined ? undefined : field(key);
    }
    return (value) => ({ values: [value] });
  }

  /** `[…]` gathers what is found. */
  #list(): Filter | undefined {
    if (this.#takes(']')) return () => ({ values: [[]] });
    const inner = this.pipe();
    return inner !== undefined && this.#takes(']') ? gathered(inner) : undefined;
  }

  #brackets(): Filter | undefined {
    this.#at++;
    if (this.#takes(']')) return iterate;
    const index = this.pipe();
    if (index === undefined || !this.#takes(']')) return undefined;
    return (value) => flatMap(index(value), (key) => lookUp(value, key));
  }

  #call(name: string): Filter | undefined {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return () => ({ values: [constant] });
    if (!this.#takes('(')) return FUNCTIONS.get(name);
    const argument = this.pipe();
    if (argument === undefined || !this.#takes(')')) return undefined;
    return WITH_ARGUMENT.get(name)?.(argument);
  }

  #text(): string | undefined {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'text') return undefined;
    try {
      return JSON.parse(token.text) as string;
    } catch {
      return undefined;
    }
  }

  /** `"\(.a): \(.b)"`. */
  #interpolated(): Filter | undefined {
    const raw = this.#tokens[this.#at]?.text ?? '';
    if (!raw.includes('\\(')) {
      const text = this.#text();
      return text === undefined ? undefined : () => ({ values: [text] });
    }
    this.#at++;
    let filter: Filter = () => ({ values: [''] });
    for (const part of raw.slice(1, -1).split(/(\\\((?:[^()"]|"[^"]*"|\([^()]*\))*\))/)) {
      const inner = /^\\\((.*)\)$/s.exec(part)?.[1];
      const next = inner === undefined ? parseJq(`"${part}"`) : parseJq(inner);
      if (next === undefined) return undefined;
      filter = paired(filter, next, (a, b) => only(`${textOf(a)}${textOf(b)}`));
    }
    return filter;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.text !== text) return false;
    this.#at++;
    return true;
  }
}
