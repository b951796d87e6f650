/**
 * What jq's signs and functions find in a value.
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

/** Goes through what was found; the first error ends it. */
export function flatMap(found: Found, then: Filter): Found {
  const values: Json[] = [];
  for (const value of found.values) {
    const next = then(value);
    values.push(...next.values);
    if (next.error !== undefined) return { values, error: next.error };
  }
  return found.error === undefined ? { values } : { values, error: found.error };
}

export function piped(left: Filter, right: Filter): Filter {
  return (value) => flatMap(left(value), right);
}

export function both(left: Filter, right: Filter): Filter {
  return (value) => {
    const first = left(value);
    if (first.error !== undefined) return first;
    const second = right(value);
    return { ...second, values: [...first.values, ...second.values] };
  };
}

export function paired(left: Filter, right: Filter, combine: (a: Json, b: Json) => Found): Filter {
  return (value) => flatMap(right(value), (b) => flatMap(left(value), (a) => combine(a, b)));
}

export function gathered(filter: Filter): Filter {
  return (value) => {
    const { values, error } = filter(value);
    return error === undefined ? { values: [values] } : { values: [], error };
  };
}

export function field(name: string): Filter {
  return (value) => lookUp(value, name);
}

export function lookUp(value: Json, key: Json): Found {
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

export function iterate(value: Json): Found {
  if (Array.isArray(value)) return { values: value as readonly Json[] };
  if (isObject(value)) return { values: Object.values(value) };
  return failed(`Cannot iterate over ${shown(value)}`);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

export function isTrue(value: Json): boolean {
  return value !== null && value !== false;
}

export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function only(value: Json): Found {
  return { values: [value] };
}

function failed(error: string): Found {
  return { values: [], error };
}

/** As errors name a value: its type and how it begins. */
function shown(value: Json): string {
  const text = JSON.stringify(value);
  return `${typeOf(value)} (${text.length > 14 ? `${text.slice(0, 11)}...` : text})`;
}

export function add(a: Json, b: Json): Found {
  if (a === null) return only(b);
  if (b === null) return only(a);
  if (typeof a === 'number' && typeof b === 'number') return only(a + b);
  if (typeof a === 'string' && typeof b === 'string') return only(a + b);
  if (Array.isArray(a) && Array.isArray(b)) return only([...(a as Json[]), ...(b as Json[])]);
  if (isObject(a) && isObject(b)) return only({ ...a, ...b });
  return failed(`${shown(a)} and ${shown(b)} cannot be added`);
}

export const CONSTANTS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const TYPE_ORDER = ['null', 'false', 'true', 'number', 'string', 'array', 'object'];

function rank(value: Json): number {
  return TYPE_ORDER.indexOf(typeof value === 'boolean' ? String(value) : typeOf(value));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** jq's order of all values: by type, then within it; objects by their keys, then by what these hold. */
export function order(a: Json, b: Json): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return byText(a, b);
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a).toSorted(byText);
    return (
      order(keys, Object.keys(b).toSorted(byText)) ||
      order(
        keys.map((key) => a[key] ?? null),
        keys.map((key) => b[key] ?? null),
      )
    );
  }
  if (!Array.isArray(a) || !Array.isArray(b)) return 0;
  const [left, right] = [a as readonly Json[], b as readonly Json[]];
  for (const [index, item] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const difference = order(item, other);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** What a sign says of the order of two values. */
export const COMPARISONS: ReadonlyMap<string, (difference: number) => boolean> = new Map([
  ['==', (difference: number) => difference === 0],
  ['!=', (difference: number) => difference !== 0],
  ['<', (difference: number) => difference < 0],
  ['>', (difference: number) => difference > 0],
  ['<=', (difference: number) => difference <= 0],
  ['>=', (difference: number) => difference >= 0],
]);

function one(of: (value: Json) => Json): Filter {
  return (value) => ({ values: [of(value)] });
}

function lengthOf(value: Json): Found {
  if (value === null) return only(0);
  if (typeof value === 'string') return only(Array.from(value).length);
  if (Array.isArray(value)) return only(value.length);
  if (isObject(value)) return only(Object.keys(value).length);
  return typeof value === 'number'
    ? only(Math.abs(value))
    : failed(`${shown(value)} has no length`);
}

function keysOf(value: Json): Found {
  if (isObject(value)) return only(Object.keys(value).toSorted(byText));
  return Array.isArray(value)
    ? only(value.map((_, index) => index))
    : failed(`${shown(value)} has no keys`);
}

function numberOf(value: Json): Found {
  if (typeof value === 'number') return only(value);
  if (typeof value !== 'string') return failed(`${shown(value)} cannot be parsed as a number`);
  return value.trim() !== '' && Number.isFinite(Number(value))
    ? only(Number(value))
    : failed(
        `Invalid numeric literal at EOF at line 1, column ${value.length} (while parsing '${value}')`,
      );
}

function sortedList(value: Json): Found {
  return Array.isArray(value)
    ? only((value as readonly Json[]).toSorted(order))
    : failed(`${shown(value)} cannot be sorted, as it is not an array`);
}

function sumOf(value: Json): Found {
  let sum: Found = only(null);
  const items = iterate(value);
  if (items.error !== undefined) return items;
  for (const item of items.values) sum = flatMap(sum, (before) => add(before, item));
  return sum;
}

export const FUNCTIONS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['length', lengthOf],
  ['keys', keysOf],
  ['type', one(typeOf)],
  ['not', one((value) => !isTrue(value))],
  ['tostring', one(textOf)],
  ['tonumber', numberOf],
  ['empty', () => ({ values: [] })],
  ['first', (value) => lookUp(value, 0)],
  ['last', (value) => lookUp(value, -1)],
  ['sort', sortedList],
  ['add', sumOf],
]);

export const WITH_ARGUMENT: ReadonlyMap<string, (argument: Filter) => Filter> = new Map<
  string,
  (argument: Filter) => Filter
>([
  [
    'select',
    (argument) => (value) =>
      flatMap(argument(value), (kept) => ({ values: isTrue(kept) ? [value] : [] })),
  ],
  ['map', (argument) => gathered(piped(iterate, argument))],
  ['has', (argument) => (value) => flatMap(argument(value), (key) => has(value, key))],
  ['join', (argument) => (value) => flatMap(argument(value), (between) => join(value, between))],
  [
    'startswith',
    (argument) => (value) =>
      flatMap(argument(value), (start) =>
        typeof value === 'string' && typeof start === 'string'
          ? only(value.startsWith(start))
          : failed('startswith() requires string inputs'),
      ),
  ],
  [
    'contains',
    (argument) => (value) =>
      flatMap(argument(value), (part) =>
        typeOf(value) === typeOf(part)
          ? only(contains(value, part))
          : failed(`${shown(value)} and ${shown(part)} cannot have their containment checked`),
      ),
  ],
]);

function has(value: Json, key: Json): Found {
  if (value === null) return only(false);
  if (isObject(value) && typeof key === 'string') return only(Object.hasOwn(value, key));
  if (Array.isArray(value) && typeof key === 'number') return only(key >= 0 && key < value.length);
  return failed(`Cannot check whether ${typeOf(value)} has a ${typeOf(key)} key`);
}

/** Numbers and truth values become text, null nothing. */
function join(value: Json, between: Json): Found {
  const items = iterate(value);
  if (items.error !== undefined) return items;
  let text: Found = only('');
  for (const [index, item] of items.values.entries()) {
    const part =
      item === null ? '' : ['number', 'boolean'].includes(typeof item) ? textOf(item) : item;
    const sign = index === 0 ? only('') : only(between);
    text = flatMap(text, (before) =>
      flatMap(sign, (mark) => flatMap(add(before, mark), (so) => add(so, part))),
    );
  }
  return text;
}

/** A text holds a text, a list an item that holds each, an object at each key what holds it. */
function contains(value: Json, part: Json): boolean {
  if (typeof value === 'string' && typeof part === 'string') return value.includes(part);
  if (Array.isArray(value) && Array.isArray(part)) {
    const items = value as readonly Json[];
    return (part as readonly Json[]).every((wanted) =>
      items.some((item) => typeOf(item) === typeOf(wanted) && contains(item, wanted)),
    );
  }
  if (isObject(value) && isObject(part)) {
    return Object.entries(part).every(([key, wanted]) => {
      const item = Object.hasOwn(value, key) ? value[key] : undefined;
      return item !== undefined && typeOf(item) === typeOf(wanted) && contains(item, wanted);
    });
  }
  return order(value, part) === 0;
}
