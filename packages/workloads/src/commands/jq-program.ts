/**
 * A jq program: from its text to what it finds in a value.
 */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** What a filter finds, in order; an error ends it after what was found before. */
export interface Found {
  readonly values: readonly Json[];
  readonly error?: string;
}

export type Filter = (value: Json) => Found;

/** The filter of a program; undefined: it is not modelled, or no program. */
export function parseJq(text: string): Filter | undefined {
  const tokens = tokenize(text);
  if (tokens === undefined) return undefined;
  const parser = new Parser(tokens);
  const filter = parser.pipe();
  return parser.isAtEnd ? filter : undefined;
}

const TOKEN =
  /\s*(?:(?<field>\.[A-Za-z_]\w*)|(?<text>"(?:[^"\\]|\\.)*")|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_]\w*)|(?<sign>==|!=|<=|>=|\.\.|[.[\](){}|,:?<>+*/-]))/y;

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
              word === 'and' ? isTrue(a) && isTrue(b) : isTrue(a) || isTrue(b),
            );
    }
  }

  #comparison(): Filter | undefined {
    const left = this.#sum();
    const compare = COMPARISONS.get(this.#peek() ?? '');
    if (left === undefined || compare === undefined) return left;
    this.#at++;
    const right = this.#sum();
    return right === undefined ? undefined : paired(left, right, compare);
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
    for (const part of raw.slice(1, -1).split(/(\\\([^)]*\))/)) {
      const inner = /^\\\((.*)\)$/s.exec(part)?.[1];
      const next = inner === undefined ? parseJq(`"${part}"`) : parseJq(inner);
      if (next === undefined) return undefined;
      filter = paired(filter, next, (a, b) => `${textOf(a)}${textOf(b)}`);
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

/** Goes through what was found; the first error ends it. */
function flatMap(found: Found, then: Filter): Found {
  const values: Json[] = [];
  for (const value of found.values) {
    const next = then(value);
    values.push(...next.values);
    if (next.error !== undefined) return { values, error: next.error };
  }
  return found.error === undefined ? { values } : { values, error: found.error };
}

function piped(left: Filter, right: Filter): Filter {
  return (value) => flatMap(left(value), right);
}

function both(left: Filter, right: Filter): Filter {
  return (value) => {
    const first = left(value);
    if (first.error !== undefined) return first;
    const second = right(value);
    return { ...second, values: [...first.values, ...second.values] };
  };
}

function paired(left: Filter, right: Filter, combine: (a: Json, b: Json) => Json): Filter {
  return (value) =>
    flatMap(right(value), (b) => flatMap(left(value), (a) => ({ values: [combine(a, b)] })));
}

function gathered(filter: Filter): Filter {
  return (value) => {
    const { values, error } = filter(value);
    return error === undefined ? { values: [values] } : { values: [], error };
  };
}

function field(name: string): Filter {
  return (value) => lookUp(value, name);
}

function lookUp(value: Json, key: Json): Found {
  if (value === null) return { values: [null] };
  if (typeof key === 'string') {
    if (!isObject(value)) {
      return {
        values: [],
        error: `Cannot index ${typeOf(value)} with string ${JSON.stringify(key)}`,
      };
    }
    return { values: [Object.hasOwn(value, key) ? (value[key] ?? null) : null] };
  }
  if (typeof key !== 'number' || !Array.isArray(value)) {
    return { values: [], error: `Cannot index ${typeOf(value)} with ${typeOf(key)}` };
  }
  const list = value as readonly Json[];
  return { values: [list.at(Math.floor(key)) ?? null] };
}

function iterate(value: Json): Found {
  if (Array.isArray(value)) return { values: value as readonly Json[] };
  if (isObject(value)) return { values: Object.values(value) };
  const shown = value === null ? 'null (null)' : `${typeOf(value)} (${JSON.stringify(value)})`;
  return { values: [], error: `Cannot iterate over ${shown}` };
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function isTrue(value: Json): boolean {
  return value !== null && value !== false;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function add(a: Json, b: Json): Json {
  if (a === null) return b;
  if (b === null) return a;
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (Array.isArray(a) && Array.isArray(b)) return [...(a as Json[]), ...(b as Json[])];
  return textOf(a) + textOf(b);
}

const CONSTANTS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const equal = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);
const isLess = (a: Json, b: Json): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a < b : textOf(a) < textOf(b);

const COMPARISONS: ReadonlyMap<string, (a: Json, b: Json) => Json> = new Map([
  ['==', equal],
  ['!=', (a: Json, b: Json) => !equal(a, b)],
  ['<', isLess],
  ['>', (a: Json, b: Json) => isLess(b, a)],
  ['<=', (a: Json, b: Json) => !isLess(b, a)],
  ['>=', (a: Json, b: Json) => !isLess(a, b)],
]);

function one(of: (value: Json) => Json): Filter {
  return (value) => ({ values: [of(value)] });
}

function lengthOf(value: Json): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  return typeof value === 'number' ? Math.abs(value) : 0;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const FUNCTIONS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['length', one(lengthOf)],
  [
    'keys',
    one((value) =>
      isObject(value)
        ? Object.keys(value).toSorted(byText)
        : Array.from({ length: lengthOf(value) }, (_, index) => index),
    ),
  ],
  ['type', one(typeOf)],
  ['not', one((value) => !isTrue(value))],
  ['tostring', one(textOf)],
  ['tonumber', one((value) => Number(value))],
  ['empty', () => ({ values: [] })],
  ['first', (value) => lookUp(value, 0)],
  ['last', (value) => lookUp(value, -1)],
  [
    'sort',
    one((value) =>
      Array.isArray(value)
        ? (value as readonly Json[]).toSorted((a, b) => (isLess(a, b) ? -1 : isLess(b, a) ? 1 : 0))
        : value,
    ),
  ],
  ['add', one((value) => iterate(value).values.reduce<Json>(add, null))],
]);

const WITH_ARGUMENT: ReadonlyMap<string, (argument: Filter) => Filter> = new Map<
  string,
  (argument: Filter) => Filter
>([
  [
    'select',
    (argument) => (value) =>
      flatMap(argument(value), (kept) => ({ values: isTrue(kept) ? [value] : [] })),
  ],
  ['map', (argument) => gathered(piped(iterate, argument))],
  [
    'has',
    (argument) => (value) =>
      flatMap(argument(value), (key) => ({
        values: [
          isObject(value) ? Object.hasOwn(value, textOf(key)) : Number(key) < lengthOf(value),
        ],
      })),
  ],
  [
    'join',
    (argument) => (value) =>
      flatMap(argument(value), (between) => ({
        values: [
          iterate(value)
            .values.map((each) => (each === null ? '' : textOf(each)))
            .join(textOf(between)),
        ],
      })),
  ],
  [
    'startswith',
    (argument) => (value) =>
      flatMap(argument(value), (start) => ({ values: [textOf(value).startsWith(textOf(start))] })),
  ],
  [
    'contains',
    (argument) => (value) =>
      flatMap(argument(value), (part) => ({ values: [textOf(value).includes(textOf(part))] })),
  ],
]);
