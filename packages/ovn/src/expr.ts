/**
 * Match expressions of logical flows, compiled to keys and masks (ovn lib/expr.c).
 *
 * `ct.new && ip4.dst == 10.96.0.10 && tcp.dst == {80, 443}` becomes two conjunctions. The forms are those
 * that northd writes: comparisons with ==, !=, sets, masks, prefixes, predicates, !, &&, ||, parentheses.
 */
import { type Cidr, assert, ipv4Mask, parseIpv4, parseMac } from '@podwire/base';
import { type FlowKey, newKey } from './ovs/flow-key.ts';
import { FIELDS, type Field, PREDICATES } from './symbols.ts';

/** What names stand for in the datapath that the expression is about. */
export interface Names {
  /** Number of a port; what names one that is not here matches nothing. */
  port(name: string): number | undefined;
  /** Numbers of those ports of a group that are here (`@group`). */
  portGroup(name: string): readonly number[];
  /** `$set`. */
  addressSet(name: string): readonly Cidr[];
}

/** What must hold together. */
export interface Conjunction {
  readonly key: FlowKey;
  readonly mask: FlowKey;
}

export function compileMatch(text: string, names: Names): Conjunction[] {
  const parser = new Parser(text, names);
  const found = parser.whole();
  return found;
}

interface Value {
  readonly hi: number;
  readonly lo: number;
  readonly hiMask: number;
  readonly loMask: number;
}

const TOKEN = /\s*(?:("[^"]*")|(&&|\|\||==|!=|[!(){},])|([^\s!(){},=&|"]+))/y;

class Parser {
  readonly #tokens: string[] = [];
  readonly #text: string;
  readonly #names: Names;
  #at = 0;

  constructor(text: string, names: Names) {
    this.#text = text;
    this.#names = names;
    TOKEN.lastIndex = 0;
    const end = text.trimEnd().length;
    while (TOKEN.lastIndex < end) {
      const match = TOKEN.exec(text);
      assert(match !== null, `a match expression: ${text}`);
      this.#tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
    }
  }

  whole(): Conjunction[] {
    const result = this.#or(false);
    assert(this.#at === this.#tokens.length, `a whole match expression: ${this.#text}`);
    return result;
  }

  // What is negated is so by De Morgan: `!` reaches the comparisons, and what they need stays needed.

  #or(isNegated: boolean): Conjunction[] {
    let left = this.#and(isNegated);
    while (this.#take('||')) left = join(left, this.#and(isNegated), !isNegated);
    return left;
  }

  #and(isNegated: boolean): Conjunction[] {
    let left = this.#not(isNegated);
    while (this.#take('&&')) left = join(left, this.#not(isNegated), isNegated);
    return left;
  }

  #not(isNegated: boolean): Conjunction[] {
    return this.#atom(this.#take('!') !== isNegated);
  }

  #atom(isNegated: boolean): Conjunction[] {
    if (this.#take('(')) {
      const inner = this.#or(isNegated);
      assert(this.#take(')'), `a closed group: ${this.#text}`);
      return inner;
    }
    const name = this.#next();
    if (name === '1') return isNegated ? [] : [ALWAYS];
    if (name === '0') return isNegated ? [ALWAYS] : [];
    const predicate = PREDICATES.get(name);
    if (predicate !== undefined) {
      const negated = isNegated ? predicate.replace('==', '!=') : predicate;
      return new Parser(negated, this.#names).whole();
    }
    const field = FIELDS.get(name);
    assert(field !== undefined, `a known field, ${name}, in ${this.#text}`);
    const compare = this.#take('==') ? '==' : this.#take('!=') ? '!=' : undefined;
    const prereq =
      field.prereq === undefined ? [ALWAYS] : new Parser(field.prereq, this.#names).whole();
    if (compare === undefined) {
      return product(prereq, [conjunctionOf(field, { ...ZERO, lo: isNegated ? 0 : 1, loMask: 1 })]);
    }
    const values = this.#values(field);
    const isDifferent = (compare === '!=') !== isNegated;
    const terms = isDifferent
      ? values.map((value) => differs(field, value)).reduce(product, [ALWAYS])
      : values.map((value) => conjunctionOf(field, value));
    return product(prereq, terms);
  }

  #values(field: Field): Value[] {
    if (!this.#take('{')) return this.#value(field);
    const values: Value[] = [];
    do {
      values.push(...this.#value(field));
    } while (this.#take(','));
    assert(this.#take('}'), `a closed set: ${this.#text}`);
    return values;
  }

  /** One constant, or those that a group or set stands for. */
  #value(field: Field): Value[] {
    const token = this.#next();
    if (field.isPort === true) {
      const keys = token.startsWith('@')
        ? this.#names.portGroup(token.slice(1))
        : [this.#names.port(token.slice(1, -1))];
      return keys
        .filter((key) => key !== undefined)
        .map((key) => ({ hi: 0, lo: key, hiMask: 0, loMask: 0xffffffff }));
    }
    if (!token.startsWith('$')) return [readValue(token, field)];
    return this.#names.addressSet(token.slice(1)).map(({ ip, prefixLen }) => {
      const loMask = ipv4Mask(prefixLen);
      return { hi: 0, lo: (ip & loMask) >>> 0, hiMask: 0, loMask };
    });
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    assert(token !== undefined, `more of a match expression: ${this.#text}`);
    return token;
  }
}

const ZERO: Value = { hi: 0, lo: 0, hiMask: 0, loMask: 0 };
const ALWAYS: Conjunction = { key: newKey(), mask: newKey() };

/** A constant as northd writes it: a number, an address with an optional mask or prefix length, a MAC address. */
export function readValue(token: string, field: Field): Value {
  const [text = '', maskText] = token.split('/');
  const mac = parseMac(text);
  if (mac !== undefined) {
    const mask = maskText === undefined ? 0xffffffffffff : (parseMac(maskText) ?? 0);
    const hi = (value: number): number => Math.floor(value / 0x100000000);
    return { hi: hi(mac), lo: mac % 0x100000000, hiMask: hi(mask), loMask: mask % 0x100000000 };
  }
  const address = parseIpv4(text);
  if (address !== undefined) {
    const loMask = maskText === undefined ? 0xffffffff : ipv4Mask(Number(maskText));
    return { hi: 0, lo: (address & loMask) >>> 0, hiMask: 0, loMask };
  }
  const number = Number(text);
  assert(Number.isInteger(number), `a constant: ${token}`);
  return { hi: 0, lo: number, hiMask: 0, loMask: widthMask(field.width) };
}

function widthMask(width: number): number {
  return width >= 32 ? 0xffffffff : 2 ** width - 1;
}

function conjunctionOf(field: Field, value: Value): Conjunction {
  const key = newKey();
  const mask = newKey();
  key[field.word] = value.lo << field.shift;
  mask[field.word] = value.loMask << field.shift;
  if (field.hiWord !== undefined) {
    key[field.hiWord] = value.hi;
    mask[field.hiWord] = value.hiMask;
  }
  return { key, mask };
}

/** Not equal: another value in one of the bits. */
function differs(field: Field, value: Value): Conjunction[] {
  const found: Conjunction[] = [];
  for (let at = 0; at < 48; at++) {
    const isHi = at >= 32;
    const bitMask = 2 ** (isHi ? at - 32 : at);
    const fieldMask = isHi ? value.hiMask : value.loMask;
    if ((fieldMask & bitMask) >>> 0 === 0) continue;
    const own = isHi ? value.hi : value.lo;
    const flipped = (own & bitMask) >>> 0 === 0 ? bitMask : 0;
    found.push(
      conjunctionOf(
        field,
        isHi
          ? { ...ZERO, hi: flipped, hiMask: bitMask }
          : { ...ZERO, lo: flipped, loMask: bitMask },
      ),
    );
  }
  return found;
}

function join(
  left: readonly Conjunction[],
  right: readonly Conjunction[],
  isEither: boolean,
): Conjunction[] {
  return isEither ? [...left, ...right] : product(left, right);
}

function product(left: readonly Conjunction[], right: readonly Conjunction[]): Conjunction[] {
  const found: Conjunction[] = [];
  for (const one of left) {
    for (const other of right) {
      const both = merge(one, other);
      if (both !== undefined) found.push(both);
    }
  }
  return found;
}

/** Both; undefined when they contradict each other. */
function merge(one: Conjunction, other: Conjunction): Conjunction | undefined {
  const key = newKey();
  const mask = newKey();
  for (let word = 0; word < key.length; word++) {
    const a = one.mask[word] as number;
    const b = other.mask[word] as number;
    if ((((one.key[word] as number) ^ (other.key[word] as number)) & a & b) !== 0) return undefined;
    key[word] = (one.key[word] as number) | (other.key[word] as number);
    mask[word] = a | b;
  }
  return { key, mask };
}
