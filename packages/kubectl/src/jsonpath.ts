/**
 * kubectl's JSONPath templates (client-go util/jsonpath): text, `{.a.b}`, `[*]`, slices, unions, filters,
 * recursive descent, `{range}…{end}`, quoted text.
 */
import { compactJson, isRecord, sortedEntries, type Json } from './json-value.ts';

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly nodes: readonly Node[] }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'identifier'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly step?: number }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'union'; readonly nodes: readonly Node[] }
  | {
      readonly kind: 'filter';
      readonly left: Node;
      readonly right: Node;
      readonly operator: FilterOperator;
    }
  | { readonly kind: 'literal'; readonly value: string | number | boolean };

type FilterOperator = 'exists' | '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A parsed template. */
export interface JsonPath {
  readonly template: string;
  readonly root: readonly Node[];
}

export interface JsonPathError {
  readonly error: string;
}

/** `name` is what kubectl calls the template in its errors. */
export function parseJsonPath(template: string): JsonPath | JsonPathError {
  const parser = new Parser(template);
  const problem = parser.run();
  return problem === undefined
    ? { template, root: parser.root }
    : { error: `error parsing jsonpath ${template}, ${problem}` };
}

/**
 * `.metadata.name`, `metadata.name`, `{.metadata.name}` all become `{.metadata.name}`
 * (get.RelaxedJSONPathExpression), for --sort-by and custom-columns.
 */
export function relaxedJsonPath(text: string): string | JsonPathError {
  if (text === '') return { error: '' };
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(text);
  if (match === null) {
    return {
      error: `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    };
  }
  const spec = match[1] !== undefined && match[1] !== '' ? match[1] : (match[2] ?? '');
  return `{.${spec}}`;
}

/** Prints a template for an object: kubectl allows missing keys. */
export function executeJsonPath(path: JsonPath, data: Json): string | JsonPathError {
  const results = findResults(path, data);
  if ('error' in results) return results;
  return results.groups.map((group) => group.map(printValue).join(' ')).join('');
}

/** The values that a path finds, group by group (one per `{…}`). */
export function findResults(
  path: JsonPath,
  data: Json,
): { readonly groups: readonly (readonly Json[])[] } | JsonPathError {
  const machine = new Machine(data);
  const problem = machine.runRoot(path.root);
  return problem === undefined ? { groups: machine.groups } : { error: problem };
}

/** The values at a path written with or without braces; a sentence when the path is wrong. */
export function evaluateJsonPath(
  text: string,
  data: unknown,
): { readonly values: readonly unknown[] } | string {
  const bare = text.startsWith('[') || text.startsWith('.') ? text : `.${text}`;
  const path = parseJsonPath(text.includes('{') ? text : `{${bare}}`);
  if ('error' in path) return path.error;
  const found = findResults(path, data as Json);
  if ('error' in found) return found.error;
  return { values: found.groups.flat() };
}

function printValue(value: Json): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : compactJson(value);
}

class Parser {
  readonly root: Node[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): string | undefined {
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at);
      if (open < 0) {
        this.root.push({ kind: 'text', text: this.#text.slice(this.#at) });
        return undefined;
      }
      if (open > this.#at) this.root.push({ kind: 'text', text: this.#text.slice(this.#at, open) });
      this.#at = open + 1;
      const nodes: Node[] = [];
      const problem = this.#action(nodes);
      if (problem !== undefined) return problem;
      this.root.push({ kind: 'list', nodes });
    }
    return undefined;
  }

  #action(nodes: Node[]): string | undefined {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === '\n') return 'unclosed action';
      if (char === '}') {
        this.#at++;
        return undefined;
      }
      if (this.#text.startsWith('[', this.#at)) {
        const problem = this.#brackets(nodes);
        if (problem !== undefined) return problem;
        continue;
      }
      if (char === ' ' || char === '\t' || char === '@' || char === '$') {
        this.#at++;
        continue;
      }
      if (char === '"' || char === "'") {
        const text = this.#quoted(char);
        if (text === undefined) return 'unterminated quoted string';
        nodes.push({ kind: 'text', text });
        continue;
      }
      if (char === '.') {
        if (this.#text[this.#at + 1] === '.') {
          this.#at += 2;
          nodes.push({ kind: 'recursive' });
          const next = this.#text[this.#at] ?? '';
          if (/[\p{L}\p{N}_]/u.test(next)) this.#field(nodes);
        } else {
          this.#at++;
          this.#field(nodes);
        }
        continue;
      }
      if (/[+\-\d]/.test(char)) {
        const number = /^[+-]?[\d.]*/.exec(this.#text.slice(this.#at))?.[0] ?? '';
        this.#at += number.length;
        if (!/^[+-]?\d+(\.\d+)?$/.test(number)) return `cannot parse number ${number}`;
        nodes.push({ kind: 'literal', value: Number(number) });
        continue;
      }
      if (/[\p{L}_]/u.test(char)) {
        const word = /^[\p{L}\p{N}_]+/u.exec(this.#text.slice(this.#at))?.[0] ?? '';
        this.#at += word.length;
        if (word === 'true' || word === 'false') {
          nodes.push({ kind: 'literal', value: word === 'true' });
        } else {
          nodes.push({ kind: 'identifier', name: word });
        }
        continue;
      }
      return `unrecognized character in action: U+${(char.codePointAt(0) ?? 0)
        .toString(16)
        .toUpperCase()
        .padStart(4, '0')} '${char}'`;
    }
  }

  #field(nodes: Node[]): void {
    let name = '';
    for (;;) {
      const char = this.#text[this.#at];
      if (char === '\\' && this.#at + 1 < this.#text.length) {
        name += this.#text[this.#at + 1] ?? '';
        this.#at += 2;
      } else if (char === undefined || ' \t\n.,[])(}{@&!=<>|"\''.includes(char)) {
        break;
      } else {
        name += char;
        this.#at++;
      }
    }
    if (name === '*') nodes.push({ kind: 'wildcard' });
    else if (name !== '') nodes.push({ kind: 'field', name });
  }

  #quoted(quote: string): string | undefined {
    let text = '';
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) return undefined;
      this.#at++;
      if (char === quote) return text;
      if (char === '\\') {
        const next = this.#text[this.#at] ?? '';
        this.#at++;
        text += UNESCAPES.get(next) ?? next;
      } else {
        text += char;
      }
    }
  }

  #brackets(nodes: Node[]): string | undefined {
    const close = this.#matching(this.#at);
    if (close < 0) return 'unterminated array';
    const inner = this.#text.slice(this.#at + 1, close).trim();
    this.#at = close + 1;
    if (inner.startsWith('?(') && inner.endsWith(')'))
      return parseFilter(inner.slice(2, -1), nodes);
    if (inner.startsWith('?')) return 'unterminated filter';
    return parseArray(inner, nodes);
  }

  #matching(open: number): number {
    let depth = 0;
    let quote = '';
    for (let at = open; at < this.#text.length; at++) {
      const char = this.#text[at] ?? '';
      if (quote !== '') {
        if (char === '\\') at++;
        else if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === '[') depth++;
      else if (char === ']') {
        depth--;
        if (depth === 0) return at;
      }
    }
    return -1;
  }
}

const UNESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['a', '\u0007'],
]);

function parseArray(inner: string, nodes: Node[]): string | undefined {
  if (inner === '*') {
    nodes.push({ kind: 'wildcard' });
    return undefined;
  }
  const parts = splitTopLevel(inner, ',');
  if (parts.length > 1) {
    const branches: Node[] = [];
    for (const part of parts) {
      const branch: Node[] = [];
      const problem = parseArray(part.trim(), branch);
      if (problem !== undefined) return problem;
      branches.push({ kind: 'list', nodes: branch });
    }
    nodes.push({ kind: 'union', nodes: branches });
    return undefined;
  }
  // client-go reads a quoted key as a path of its own: dots in it need a backslash.
  const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(inner);
  if (quoted !== null) {
    const parsed = parseOperand(`.${quoted[1] ?? quoted[2] ?? ''}`);
    if (typeof parsed === 'string') return parsed;
    nodes.push(parsed);
    return undefined;
  }
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(inner);
  if (slice === null || inner === '') return `invalid array index ${inner}`;
  if (slice[2] === undefined) {
    nodes.push({ kind: 'index', index: Number(slice[1]) });
    return undefined;
  }
  const number = (text: string | undefined): number | undefined =>
    text === undefined || text === '' ? undefined : Number(text);
  const [from, to, step] = [number(slice[1]), number(slice[2]), number(slice[3])];
  nodes.push({
    kind: 'slice',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(step === undefined ? {} : { step }),
  });
  return undefined;
}

function parseFilter(inner: string, nodes: Node[]): string | undefined {
  const operator = findOperator(inner);
  const leftText = operator === undefined ? inner : inner.slice(0, operator.at);
  const left = parseOperand(leftText.trim());
  if (typeof left === 'string') return left;
  if (operator === undefined) {
    nodes.push({ kind: 'filter', left, right: { kind: 'text', text: '' }, operator: 'exists' });
    return undefined;
  }
  const right = parseOperand(inner.slice(operator.at + operator.name.length).trim());
  if (typeof right === 'string') return right;
  nodes.push({ kind: 'filter', left, right, operator: operator.name });
  return undefined;
}

function findOperator(
  text: string,
): { readonly at: number; readonly name: Exclude<FilterOperator, 'exists'> } | undefined {
  let quote = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '[' || char === '(') depth++;
    else if (char === ']' || char === ')') depth--;
    else if (depth === 0) {
      const pair = text.slice(at, at + 2);
      if (pair === '==' || pair === '!=' || pair === '<=' || pair === '>=')
        return { at, name: pair };
      if (char === '<' || char === '>') return { at, name: char };
    }
  }
  return undefined;
}

function parseOperand(text: string): Node | string {
  const parser = new Parser(`{${text}}`);
  const problem = parser.run();
  if (problem !== undefined) return problem;
  return parser.root[0] ?? { kind: 'text', text: '' };
}

function splitTopLevel(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quote = '';
  let depth = 0;
  let part = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '[' || char === '(') depth++;
    else if (char === ']' || char === ')') depth--;
    if (char === separator && quote === '' && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      part += char;
    }
  }
  parts.push(part);
  return parts;
}

/** Walks a template; a string is what went wrong. */
class Machine {
  readonly groups: Json[][] = [];
  readonly #data: Json;

  constructor(data: Json) {
    this.#data = data;
  }

  runRoot(nodes: readonly Node[]): string | undefined {
    return this.#run(nodes, [this.#data]);
  }

  #run(nodes: readonly Node[], current: readonly Json[]): string | undefined {
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at];
      if (node === undefined) break;
      if (node.kind === 'list' && isIdentifier(node, 'range')) {
        const end = findEnd(nodes, at);
        if (end < 0) return 'not in range, nothing to end';
        const found = evalList(node.nodes.slice(1), current);
        if (typeof found === 'string') return found;
        for (const item of found) {
          const problem = this.#run(nodes.slice(at + 1, end), [item]);
          if (problem !== undefined) return problem;
        }
        at = end;
        continue;
      }
      if (node.kind === 'list' && isIdentifier(node, 'end')) return 'not in range, nothing to end';
      const found = evalNode(node, current);
      if (typeof found === 'string') return found;
      this.groups.push(found);
    }
    return undefined;
  }
}

function isIdentifier(node: Node & { kind: 'list' }, name: string): boolean {
  const [first] = node.nodes;
  return first?.kind === 'identifier' && first.name === name;
}

function findEnd(nodes: readonly Node[], range: number): number {
  let depth = 0;
  for (let at = range; at < nodes.length; at++) {
    const node = nodes[at];
    if (node?.kind !== 'list') continue;
    if (isIdentifier(node, 'range')) depth++;
    if (isIdentifier(node, 'end')) depth--;
    if (depth === 0) return at;
  }
  return -1;
}

function evalList(nodes: readonly Node[], current: readonly Json[]): Json[] | string {
  let values: Json[] = [...current];
  for (const node of nodes) {
    const found = evalNode(node, values);
    if (typeof found === 'string') return found;
    values = found;
  }
  return values;
}

function evalNode(node: Node, current: readonly Json[]): Json[] | string {
  switch (node.kind) {
    case 'text':
      return [node.text];
    case 'literal':
      return current.map(() => node.value);
    case 'list':
      return evalList(node.nodes, current);
    case 'identifier':
      return `unrecognized identifier ${node.name}`;
    case 'field':
      return evalField(node.name, current);
    case 'index':
      return evalIndex(node.index, current);
    case 'slice':
      return evalSlice(node, current);
    case 'wildcard':
      return current.flatMap(children);
    case 'recursive':
      return current.flatMap(descend);
    case 'union': {
      const values: Json[] = [];
      for (const branch of node.nodes) {
        const found = evalNode(branch, current);
        if (typeof found === 'string') return found;
        values.push(...found);
      }
      return values;
    }
    case 'filter':
      return evalFilter(node, current);
  }
}

function evalField(name: string, current: readonly Json[]): Json[] {
  const found: Json[] = [];
  for (const value of current) {
    if (isRecord(value) && Object.hasOwn(value, name) && value[name] !== undefined) {
      found.push(value[name]);
    }
  }
  return found;
}

function evalIndex(index: number, current: readonly Json[]): Json[] | string {
  const found: Json[] = [];
  for (const value of current) {
    if (value === null || value === undefined) continue;
    if (!Array.isArray(value)) return `${goString(value)} is not array or slice`;
    const list = value as Json[];
    const at = index < 0 ? list.length + index : index;
    if (at < 0 || at >= list.length) {
      return `array index out of bounds: index ${index}, length ${list.length}`;
    }
    found.push(list[at]);
  }
  return found;
}

function evalSlice(
  slice: { readonly from?: number; readonly to?: number; readonly step?: number },
  current: readonly Json[],
): Json[] | string {
  const found: Json[] = [];
  for (const value of current) {
    if (value === null || value === undefined) continue;
    if (!Array.isArray(value)) return `${goString(value)} is not array or slice`;
    const list = value as Json[];
    const { length } = list;
    const fix = (bound: number): number => (bound < 0 ? bound + length : bound);
    const from = fix(slice.from ?? 0);
    const to = Math.min(fix(slice.to ?? length), length);
    if (from >= length && length > 0 && slice.from !== undefined && slice.from >= length) {
      return `array index out of bounds: index ${from}, length ${length}`;
    }
    const step = slice.step ?? 1;
    if (step <= 0) return 'step must be > 0';
    for (let at = Math.max(0, from); at < to; at += step) found.push(list[at]);
  }
  return found;
}

function children(value: Json): Json[] {
  if (Array.isArray(value)) return value as Json[];
  return isRecord(value) ? sortedEntries(value).map(([, part]) => part) : [];
}

function descend(value: Json): Json[] {
  const found: Json[] = [];
  if (typeof value === 'object' && value !== null) {
    found.push(value);
    for (const part of children(value)) found.push(...descend(part));
  }
  return found;
}

function evalFilter(node: Node & { kind: 'filter' }, current: readonly Json[]): Json[] | string {
  const found: Json[] = [];
  for (const value of current) {
    if (!Array.isArray(value)) {
      if (value === null || value === undefined) continue;
      return `${goString(value)} is not array or slice and cannot be filtered`;
    }
    for (const item of value as Json[]) {
      const lefts = evalNode(node.left, [item]);
      if (typeof lefts === 'string') return lefts;
      if (node.operator === 'exists') {
        if (lefts.length > 0) found.push(item);
        continue;
      }
      if (lefts.length === 0) continue;
      if (lefts.length > 1) return 'can only compare one element at a time';
      const rights = evalNode(node.right, [item]);
      if (typeof rights === 'string') return rights;
      if (rights.length === 0) continue;
      if (rights.length > 1) return 'can only compare one element at a time';
      if (holds(lefts[0], node.operator, rights[0])) found.push(item);
    }
  }
  return found;
}

function holds(left: Json, operator: FilterOperator, right: Json): boolean {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  const isComparable =
    (typeof left === 'number' && typeof right === 'number') ||
    (typeof left === 'string' && typeof right === 'string');
  if (!isComparable) return false;
  const [a, b] = [left as number, right as number];
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case 'exists':
      return true;
  }
}

/** Go's %v of JSON data: `map[a:1 b:[x y]]`. */
export function goString(value: Json): string {
  if (Array.isArray(value)) return `[${(value as Json[]).map(goString).join(' ')}]`;
  if (isRecord(value)) {
    return `map[${sortedEntries(value)
      .map(([key, part]) => `${key}:${goString(part)}`)
      .join(' ')}]`;
  }
  if (value === null || value === undefined) return '<nil>';
  return typeof value === 'string' ? value : compactJson(value);
}

/** Go's %#v of JSON data, as the debug text of a failed template shows it. */
export function goSyntax(value: Json): string {
  if (Array.isArray(value)) return `[]interface {}{${(value as Json[]).map(goSyntax).join(', ')}}`;
  if (isRecord(value)) {
    return `map[string]interface {}{${sortedEntries(value)
      .map(([key, part]) => `${JSON.stringify(key)}:${goSyntax(part)}`)
      .join(', ')}}`;
  }
  if (value === null || value === undefined) return 'interface {}(nil)';
  return typeof value === 'string' ? JSON.stringify(value) : compactJson(value);
}
