/**
 * The notation in which the schema tables write a field's type, and its parsed form.
 *
 * It is Go's, shortened: `string`, `int32`, `*bool`, `[]Container`, `map[string]string`, `PodSpec`. As in Go's JSON
 * a zero value is left out of the stored object; `*` keeps an explicit zero, `!` (no omitempty) always writes it.
 * `string:Protocol` is a string whose Go type has a name. Behind a blank: `@name` the merge key of a list in a
 * strategic merge patch, `@set` a list of primitives that is merged as a set, `~` retainKeys.
 */
import { must } from '@podwire/base';

export type ScalarType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'bytes'
  | 'json';

export type TypeShape =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType; readonly goName: string }
  | { readonly kind: 'struct'; readonly name: string; readonly goName: string }
  | { readonly kind: 'list'; readonly item: TypeShape; readonly goName: string }
  | { readonly kind: 'map'; readonly item: TypeShape; readonly goName: string };

export interface FieldDesc {
  readonly name: string;
  readonly shape: TypeShape;
  readonly isPointer: boolean;
  /** Written even when zero. */
  readonly isAlways: boolean;
  /** Of a list of structs in a strategic merge patch. */
  readonly mergeKey: string | undefined;
  /** A list of primitives that is merged as a set. */
  readonly isMergedSet: boolean;
  readonly retainsKeys: boolean;
}

/** One struct: its fields as written in the tables. */
export interface StructTable {
  readonly [structName: string]: { readonly [field: string]: string };
}

export interface StructDesc {
  readonly name: string;
  readonly fields: readonly FieldDesc[];
  readonly byName: ReadonlyMap<string, FieldDesc>;
}

const SCALARS: ReadonlyMap<string, readonly [ScalarType, string]> = new Map([
  ['string', ['string', 'string']],
  ['int32', ['int32', 'int32']],
  ['int64', ['int64', 'int64']],
  ['bool', ['bool', 'bool']],
  ['Quantity', ['quantity', 'resource.Quantity']],
  ['IntOrString', ['intOrString', 'intstr.IntOrString']],
  ['Time', ['time', 'v1.Time']],
  ['MicroTime', ['microTime', 'v1.MicroTime']],
  ['bytes', ['bytes', '[]uint8']],
  ['json', ['json', 'runtime.RawExtension']],
]);

/** Parses one field of a table. */
export function parseField(name: string, text: string): FieldDesc {
  const [type = '', ...marks] = text.split(' ');
  const isAlways = type.endsWith('!');
  const bare = isAlways ? type.slice(0, -1) : type;
  const isPointer = bare.startsWith('*');
  const merge = marks.find((mark) => mark.startsWith('@'))?.slice(1);
  return {
    name,
    shape: parseShape(isPointer ? bare.slice(1) : bare),
    isPointer,
    isAlways,
    mergeKey: merge === 'set' ? undefined : merge,
    isMergedSet: merge === 'set',
    retainsKeys: marks.includes('~'),
  };
}

function parseShape(text: string): TypeShape {
  if (text.startsWith('[]')) {
    const item = parseShape(text.slice(2));
    return { kind: 'list', item, goName: `[]${item.goName}` };
  }
  if (text.startsWith('map[string]')) {
    const item = parseShape(text.slice('map[string]'.length));
    const goName =
      item.goName === 'resource.Quantity' ? 'v1.ResourceList' : `map[string]${item.goName}`;
    return { kind: 'map', item, goName };
  }
  if (text.startsWith('string:')) {
    return { kind: 'scalar', scalar: 'string', goName: `v1.${text.slice('string:'.length)}` };
  }
  const scalar = SCALARS.get(text);
  if (scalar !== undefined) return { kind: 'scalar', scalar: scalar[0], goName: scalar[1] };
  return { kind: 'struct', name: text, goName: `v1.${text}` };
}

/** All structs by name. */
export class Schema {
  readonly #structs = new Map<string, StructDesc>();

  constructor(tables: readonly StructTable[]) {
    for (const table of tables) {
      for (const [name, fields] of Object.entries(table)) {
        const parsed = Object.entries(fields).map(([field, text]) => parseField(field, text));
        const byName = new Map(parsed.map((field) => [field.name, field]));
        this.#structs.set(name, { name, fields: parsed, byName });
      }
    }
  }

  has(name: string): boolean {
    return this.#structs.has(name);
  }

  struct(name: string): StructDesc {
    return must(this.#structs.get(name), `the schema has a struct ${name}`);
  }

  names(): Iterable<string> {
    return this.#structs.keys();
  }
}
