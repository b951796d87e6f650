/**
 * JSON data → an object of a kind, as the API server's decoder sees it.
 *
 * Unknown fields are dropped and named, wrong types are told in the words of Go's encoding/json, zero values are
 * left out, fields come in schema order (so that objects of a kind share one shape). Data that is frozen came
 * out of the store and is taken as it is.
 */
import { QUANTITY_PROBLEM, canonicalQuantity } from './quantity.ts';
import type { FieldDesc, StructDesc, TypeShape } from './schema/field-type.ts';
import { SCHEMA } from './schema/schema.ts';
import { compareText, setOwn } from './object.ts';
import { parseTime } from './time.ts';

/** A place inside an object: field names, map keys and list indexes. */
export type Path = readonly (string | number)[];

export interface DecodeProblem {
  readonly kind: 'unknown' | 'type';
  readonly path: Path;
  /** `unknown field "spec.x"` without the words before the quote, or Go's sentence. */
  readonly text: string;
  /** Of an unknown field: the struct that does not have it. */
  readonly struct: string;
}

export interface Decoded {
  readonly value: unknown;
  /** Ordered as the server meets them: keys by name, list items by index. */
  readonly problems: readonly DecodeProblem[];
}

/** Decodes a value as the named struct. */
export function decodeStruct(structName: string, value: unknown): Decoded {
  const decoder = new Decoder();
  const decoded = decoder.struct(SCHEMA.struct(structName), value, structName);
  decoder.problems.sort((a, b) => comparePath(a.path, b.path));
  return { value: decoded, problems: decoder.problems };
}

/** `spec.ports[0].name`; a map key or annotation with dots is written as it is. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

function comparePath(left: Path, right: Path): number {
  for (let at = 0; at < left.length && at < right.length; at++) {
    const a = left[at] ?? '';
    const b = right[at] ?? '';
    if (a === b) continue;
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    return compareText(String(a), String(b));
  }
  return left.length - right.length;
}

class Decoder {
  readonly problems: DecodeProblem[] = [];
  readonly #path: (string | number)[] = [];
  /** encoding/json's field stack: struct fields only, no indexes and no map keys. */
  readonly #fields: string[] = [];

  struct(desc: StructDesc, value: unknown, owner: string): unknown {
    if (!isRecord(value)) {
      this.#wrong(value, owner, `v1.${desc.name}`);
      return undefined;
    }
    if (Object.isFrozen(value)) return value;
    const result: Record<string, unknown> = {};
    const steps = stepsFor(desc, value) ?? desc.fields;
    for (const field of steps) {
      const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
      if (given !== undefined) {
        const right = isPlainScalar(field.shape, given);
        const decoded = right ? given : this.#inside(desc, field, given);
        if (decoded !== undefined && !isLeftOut(field, decoded)) {
          result[field.name] = decoded;
          continue;
        }
      }
      const zero = this.#absent(field);
      if (zero !== undefined) result[field.name] = zero;
    }
    if (steps === desc.fields) this.#findUnknown(desc, Object.keys(value));
    return result;
  }

  #findUnknown(desc: StructDesc, keys: readonly string[]): void {
    for (const key of keys) {
      if (desc.byName.has(key)) continue;
      const path = [...this.#path, key];
      this.problems.push({ kind: 'unknown', path, text: formatPath(path), struct: desc.name });
    }
  }

  /** A field that is no scalar, or a wrong one; problems name the way to it. */
  #inside(desc: StructDesc, field: FieldDesc, given: unknown): unknown {
    if (given === null) return undefined;
    this.#path.push(field.name);
    this.#fields.push(field.name);
    const decoded = this.#value(field.shape, given, desc.name);
    this.#fields.pop();
    this.#path.pop();
    return decoded;
  }

  /** What stands for a field that is not there: a struct by value and what is always written; else nothing. */
  #absent(field: FieldDesc): unknown {
    if (field.isPointer) return undefined;
    const { shape } = field;
    if (shape.kind === 'struct') return this.struct(SCHEMA.struct(shape.name), {}, shape.name);
    if (!field.isAlways) return undefined;
    return shape.kind === 'list' ? [] : zeroOf(shape);
  }

  #value(shape: TypeShape, value: unknown, owner: string): unknown {
    switch (shape.kind) {
      case 'scalar':
        return this.#scalar(shape, value, owner);
      case 'struct':
        return this.struct(SCHEMA.struct(shape.name), value, owner);
      case 'list': {
        if (!Array.isArray(value)) {
          this.#wrong(value, owner, shape.goName);
          return undefined;
        }
        if (Object.isFrozen(value)) return value;
        const items: unknown[] = [];
        for (let index = 0; index < value.length; index++) {
          this.#path.push(index);
          const item: unknown = value[index];
          items.push(this.#item(shape.item, item, owner));
          this.#path.pop();
        }
        return items;
      }
      case 'map': {
        if (!isRecord(value)) {
          this.#wrong(value, owner, shape.goName);
          return undefined;
        }
        if (Object.isFrozen(value)) return value;
        const result: Record<string, unknown> = {};
        for (const key of sortedKeys(value)) {
          const given = value[key];
          if (given === undefined) continue;
          if (isPlainScalar(shape.item, given)) {
            setOwn(result, key, given);
            continue;
          }
          this.#path.push(key);
          const decoded = this.#item(shape.item, given, owner);
          if (decoded !== undefined) setOwn(result, key, decoded);
          this.#path.pop();
        }
        return result;
      }
    }
  }

  /** null inside a list or map is the zero value. */
  #item(shape: TypeShape, value: unknown, owner: string): unknown {
    if (value !== null) return this.#value(shape, value, owner);
    return shape.kind === 'struct' ? this.#value(shape, {}, owner) : zeroOf(shape);
  }

  #scalar(shape: TypeShape & { kind: 'scalar' }, value: unknown, owner: string): unknown {
    switch (shape.scalar) {
      case 'string':
        if (typeof value === 'string') return value;
        break;
      case 'bool':
        if (typeof value === 'boolean') return value;
        break;
      case 'int32':
      case 'int64':
        if (typeof value === 'number') return this.#integer(shape, value, owner);
        break;
      case 'quantity': {
        if (typeof value === 'string' || typeof value === 'number') {
          const canonical = canonicalQuantity(String(value).trim());
          if (canonical !== undefined) return canonical;
        }
        this.#problem(QUANTITY_PROBLEM);
        return undefined;
      }
      case 'intOrString':
        if (typeof value === 'string') return value;
        if (typeof value === 'number' && isInt32(value)) return value;
        this.#problem(`json: cannot unmarshal ${jsonWord(value)} into Go value of type int32`);
        return undefined;
      case 'time':
      case 'microTime':
        if (typeof value === 'string') {
          if (parseTime(value) !== undefined) return value;
          const layout =
            shape.scalar === 'time'
              ? '2006-01-02T15:04:05Z07:00'
              : '2006-01-02T15:04:05.000000Z07:00';
          this.#problem(
            `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(value)} as "2006"`,
          );
          return undefined;
        }
        this.#problem(`json: cannot unmarshal ${jsonWord(value)} into Go value of type string`);
        return undefined;
      case 'bytes':
        if (typeof value === 'string') {
          const at = base64ProblemAt(value);
          if (at === undefined) return value;
          this.#problem(`illegal base64 data at input byte ${at}`);
          return undefined;
        }
        break;
      case 'json':
        return copyPlain(value);
    }
    this.#wrong(value, owner, shape.goName);
    return undefined;
  }

  #integer(shape: TypeShape & { kind: 'scalar' }, value: number, owner: string): unknown {
    const fits = shape.scalar === 'int32' ? isInt32(value) : Number.isInteger(value);
    if (fits) return value === 0 ? 0 : value;
    this.#wrong(value, owner, shape.goName, `number ${String(value)}`);
    return undefined;
  }

  #wrong(value: unknown, owner: string, goName: string, word: string = jsonWord(value)): void {
    const place =
      this.#fields.length === 0
        ? `value of type ${goName}`
        : `struct field ${owner}.${this.#fields.join('.')} of type ${goName}`;
    this.#problem(`json: cannot unmarshal ${word} into Go ${place}`);
  }

  #problem(text: string): void {
    this.problems.push({ kind: 'type', path: [...this.#path], text, struct: '' });
  }
}

/**
 * What there is to do for objects of a struct with the same keys in the same order, as a tree by key: the fields that
 * they have and those that stand in for absent ones, in schema order. Bodies that programs send have few such forms.
 */
interface Form {
  readonly steps: readonly FieldDesc[];
  readonly next: Map<string, Form>;
}

const forms = new Map<StructDesc, Form>();

/** undefined: the object has a key that the struct does not have. */
function stepsFor(desc: StructDesc, value: object): readonly FieldDesc[] | undefined {
  let form = formOfNothing(desc);
  for (const key in value) {
    const next: Form | undefined = form.next.get(key) ?? longerForm(desc, form, key);
    if (next === undefined) return undefined;
    form = next;
  }
  return form.steps;
}

function formOfNothing(desc: StructDesc): Form {
  let form = forms.get(desc);
  if (form === undefined) {
    form = { steps: desc.fields.filter(hasStandIn), next: new Map() };
    forms.set(desc, form);
  }
  return form;
}

function longerForm(desc: StructDesc, form: Form, key: string): Form | undefined {
  const field = desc.byName.get(key);
  if (field === undefined) return undefined;
  const steps = desc.fields.filter((each) => each === field || form.steps.includes(each));
  const next = { steps, next: new Map<string, Form>() };
  form.next.set(key, next);
  return next;
}

/** Whether something stands for the field when it is absent. */
function hasStandIn({ isPointer, isAlways, shape }: FieldDesc): boolean {
  return !isPointer && (isAlways || shape.kind === 'struct');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What encoding/json calls the kind of a value. */
export function jsonWord(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Whether a value is right as it stands; all others are looked at closely. */
function isPlainScalar(shape: TypeShape, value: unknown): boolean {
  if (shape.kind !== 'scalar') return false;
  switch (shape.scalar) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int32':
      // The bits of a small integer are the integer; -0 is written 0.
      return (value as number) === ((value as number) | 0) && !Object.is(value, -0);
    default:
      return false;
  }
}

/** Zero values are left out, unless the field is a pointer or always written. */
function isLeftOut(field: FieldDesc, value: unknown): boolean {
  return !field.isPointer && !field.isAlways && isZero(value, field.shape);
}

function sortedKeys(map: object): string[] {
  const keys = Object.keys(map);
  for (let at = 1; at < keys.length; at++) {
    if (compareText(keys[at - 1] ?? '', keys[at] ?? '') > 0) return keys.sort(compareText);
  }
  return keys;
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value >= -2_147_483_648 && value <= 2_147_483_647;
}

function isZero(value: unknown, shape: TypeShape): boolean {
  switch (shape.kind) {
    case 'scalar':
      return value === '' || value === 0 || value === false;
    case 'list':
      return Array.isArray(value) && value.length === 0;
    case 'map':
      return isRecord(value) && Object.keys(value).length === 0;
    case 'struct':
      return false;
  }
}

function zeroOf(shape: TypeShape): unknown {
  if (shape.kind === 'struct') return {};
  if (shape.kind !== 'scalar') return undefined;
  switch (shape.scalar) {
    case 'string':
    case 'bytes':
      return '';
    case 'int32':
    case 'int64':
    case 'intOrString':
      return 0;
    case 'bool':
      return false;
    case 'quantity':
      return '0';
    case 'time':
    case 'microTime':
    case 'json':
      return undefined;
  }
}

function copyPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return value.map(copyPlain);
  const result: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) setOwn(result, key, copyPlain(part));
  return result;
}

/** Where standard base64 goes wrong; undefined when it is right. */
function base64ProblemAt(text: string): number | undefined {
  const clean = text.replace(/[\r\n]/g, '');
  const body = /^[A-Za-z0-9+/]*/.exec(clean)?.[0].length ?? 0;
  const padding = clean.slice(body);
  if (padding !== '' && !/^={1,2}$/.test(padding)) return body;
  if (clean.length % 4 !== 0) return body;
  return undefined;
}
