/**
 * Patches: JSON merge patch (RFC 7386), JSON patch (RFC 6902), strategic merge patch, and the three-way patch of
 * `kubectl apply`.
 *
 * Nothing is changed in place: a result shares what the patch does not touch. Merge keys come from the schema tables
 * (`@name`); a list without one is replaced whole.
 */
import { isRecord, jsonWord } from './codec.ts';
import { compareText, jsonEqual, setOwn } from './object.ts';
import type { FieldDesc, StructDesc, TypeShape } from './schema/field-type.ts';
import { SCHEMA } from './schema/schema.ts';

type Json = Record<string, unknown>;

/** A patch that cannot be applied, in the server's words. */
export class PatchProblem {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** RFC 7386: null deletes, objects merge, all else replaces. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const base = isRecord(target) ? target : {};
  const result: Json = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, applyMergePatch(base[key], value));
  }
  return result;
}

/** The merge patch that turns one value into the other; undefined when they are equal. */
export function diffMergePatch(before: unknown, after: unknown): unknown {
  if (jsonEqual(before, after)) return undefined;
  if (!isRecord(before) || !isRecord(after)) return after;
  const patch: Json = {};
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) setOwn(patch, key, null);
  }
  for (const [key, value] of Object.entries(after)) {
    const part = Object.hasOwn(before, key) ? diffMergePatch(before[key], value) : value;
    if (part !== undefined) setOwn(patch, key, part);
  }
  return patch;
}

// JSON patch

export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    return new PatchProblem('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  let result = target;
  for (const operation of patch) {
    if (!isRecord(operation)) return new PatchProblem('Invalid JSON Patch');
    result = applyOperation(result, operation);
    if (result instanceof PatchProblem) return result;
  }
  return result;
}

function applyOperation(target: unknown, operation: Json): unknown {
  const path = parsePointer(operation['path']);
  const verb = operation['op'];
  if (path === undefined) return new PatchProblem('Invalid JSON Patch');
  switch (verb) {
    case 'add':
      return edit(target, path, 'add', operation['value']);
    case 'replace':
      return edit(target, path, 'replace', operation['value']);
    case 'remove':
      return edit(target, path, 'remove', undefined);
    case 'test': {
      const found = look(target, path);
      return jsonEqual(found ?? null, operation['value'] ?? null)
        ? target
        : new PatchProblem(`testing value ${String(operation['path'])} failed: test failed`);
    }
    case 'copy':
    case 'move': {
      const from = parsePointer(operation['from']);
      if (from === undefined) return new PatchProblem('Invalid JSON Patch');
      const value = look(target, from);
      if (value === undefined) return missing(verb, String(operation['from']));
      const base = verb === 'move' ? edit(target, from, 'remove', undefined) : target;
      return base instanceof PatchProblem ? base : edit(base, path, 'add', value);
    }
    default:
      return new PatchProblem(`Unexpected kind: ${String(verb)}`);
  }
}

function parsePointer(pointer: unknown): string[] | undefined {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function look(target: unknown, path: readonly string[]): unknown {
  let value = target;
  for (const part of path) {
    if (Array.isArray(value)) value = /^\d+$/.test(part) ? value[Number(part)] : undefined;
    else if (isRecord(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

function missing(verb: string, path: string): PatchProblem {
  return new PatchProblem(
    `${verb} operation does not apply: doc is missing path: ${JSON.stringify(path).slice(1, -1)}: missing value`,
  );
}

function edit(
  target: unknown,
  path: readonly string[],
  verb: 'add' | 'replace' | 'remove',
  value: unknown,
): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return verb === 'remove' ? null : value;
  const pointer = `/${path.join('/')}`;
  if (Array.isArray(target)) {
    const isEnd = part === '-' && rest.length === 0 && verb === 'add';
    if (!isEnd && !/^(0|[1-9]\d*)$/.test(part)) return missing(verb, pointer);
    const index = isEnd ? target.length : Number(part);
    const limit = verb === 'add' && rest.length === 0 ? target.length : target.length - 1;
    if (index > limit) return missing(verb, pointer);
    const copy: unknown[] = [...(target as unknown[])];
    if (rest.length > 0) {
      const inner = edit(copy[index], rest, verb, value);
      if (inner instanceof PatchProblem) return inner;
      copy[index] = inner;
    } else if (verb === 'add') copy.splice(index, 0, value);
    else if (verb === 'remove') copy.splice(index, 1);
    else copy[index] = value;
    return copy;
  }
  if (!isRecord(target)) return missing(verb, pointer);
  const copy: Json = { ...target };
  if (rest.length > 0) {
    if (!Object.hasOwn(copy, part)) return missing(verb, pointer);
    const inner = edit(copy[part], rest, verb, value);
    if (inner instanceof PatchProblem) return inner;
    setOwn(copy, part, inner);
    return copy;
  }
  if (verb !== 'add' && !Object.hasOwn(copy, part)) return missing(verb, pointer);
  if (verb === 'remove') delete copy[part];
  else setOwn(copy, part, value);
  return copy;
}

// Strategic merge patch

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PRIMITIVE = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

/** Applies a strategic merge patch to an object of the named struct. */
export function applyStrategicPatch(structName: string, target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) {
    return new PatchProblem(
      `json: cannot unmarshal ${jsonWord(patch)} into Go value of type map[string]interface {}`,
    );
  }
  const struct = SCHEMA.has(structName) ? SCHEMA.struct(structName) : undefined;
  return mergeStruct(struct, isRecord(target) ? target : {}, patch);
}

function mergeStruct(struct: StructDesc | undefined, target: Json, patch: Json): unknown {
  if (hasDirective(patch)) return mergeDirected(struct, target, patch);
  const result: Json = { ...target };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) {
      if (Object.hasOwn(result, key)) delete result[key];
      continue;
    }
    const merged = mergeField(struct?.byName.get(key), result[key], value, undefined);
    if (merged instanceof PatchProblem) return merged;
    setOwn(result, key, merged);
  }
  return result;
}

/** `$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`: most patches have none. */
function hasDirective(patch: Json): boolean {
  for (const key in patch) if (key.startsWith('$')) return true;
  return false;
}

function mergeDirected(struct: StructDesc | undefined, target: Json, patch: Json): unknown {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return without(patch, DIRECTIVE);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    return new PatchProblem(`Unknown patch type found: ${JSON.stringify(directive)}`);
  }
  let result: Json = { ...target };
  const retained = patch[RETAIN_KEYS];
  if (Array.isArray(retained)) {
    result = Object.fromEntries(Object.entries(result).filter(([key]) => retained.includes(key)));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(SET_ORDER)) continue;
    if (key.startsWith(DELETE_PRIMITIVE)) {
      const field = key.slice(DELETE_PRIMITIVE.length);
      const list = result[field];
      if (Array.isArray(list) && Array.isArray(value)) {
        result[field] = list.filter((item) => !value.includes(item));
      }
      continue;
    }
    if (value === null) {
      delete result[key];
      continue;
    }
    const merged = mergeField(struct?.byName.get(key), result[key], value, orderOf(patch, key));
    if (merged instanceof PatchProblem) return merged;
    setOwn(result, key, merged);
  }
  // An order may come without changes of the list itself.
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(SET_ORDER)) continue;
    const field = key.slice(SET_ORDER.length);
    const list = result[field];
    if (!Array.isArray(list) || Object.hasOwn(patch, field)) continue;
    setOwn(
      result,
      field,
      sortByOrder(list, orderOf(patch, field), struct?.byName.get(field)?.mergeKey),
    );
  }
  return result;
}

function orderOf(patch: Json, field: string): unknown[] | undefined {
  const order = patch[SET_ORDER + field];
  return Array.isArray(order) ? order : undefined;
}

function mergeField(
  field: FieldDesc | undefined,
  target: unknown,
  value: unknown,
  order: unknown[] | undefined,
): unknown {
  if (isRecord(value)) {
    const shape = field?.shape;
    const inner = shape?.kind === 'struct' ? SCHEMA.struct(shape.name) : undefined;
    return mergeStruct(inner, isRecord(target) ? target : {}, value);
  }
  if (!Array.isArray(value)) return value;
  const before = Array.isArray(target) ? target : [];
  if (field?.isMergedSet === true) {
    const union = [...before, ...value.filter((item) => !before.includes(item))];
    return sortByOrder(union, order, undefined);
  }
  if (field?.mergeKey === undefined) return value.map((item) => withoutDirective(item));
  return mergeList(field, field.mergeKey, before, value, order);
}

function mergeList(
  field: FieldDesc,
  mergeKey: string,
  before: readonly unknown[],
  patch: readonly unknown[],
  order: unknown[] | undefined,
): unknown {
  if (patch.some(isReplaceAll)) {
    return patch.filter((item) => !(isRecord(item) && item[DIRECTIVE] === 'replace'));
  }
  const itemShape: TypeShape | undefined =
    field.shape.kind === 'list' ? field.shape.item : undefined;
  const struct = itemShape?.kind === 'struct' ? SCHEMA.struct(itemShape.name) : undefined;
  let result = [...before];
  for (const item of patch) {
    if (!isRecord(item)) {
      return new PatchProblem(`expected a map in the list ${field.name}, got a ${jsonWord(item)}`);
    }
    const key = item[mergeKey];
    if (key === undefined) {
      return new PatchProblem(
        `map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`,
      );
    }
    const isSame = (each: unknown): boolean => isRecord(each) && each[mergeKey] === key;
    if (item[DIRECTIVE] === 'delete') {
      result = result.filter((each) => !isSame(each));
      continue;
    }
    const index = result.findIndex(isSame);
    if (item[DIRECTIVE] === 'replace') {
      const whole = without(item, DIRECTIVE);
      if (index < 0) result.push(whole);
      else result[index] = whole;
      continue;
    }
    const merged = mergeStruct(struct, index < 0 ? {} : (result[index] as Json), item);
    if (merged instanceof PatchProblem) return merged;
    if (index < 0) result.push(merged);
    else result[index] = merged;
  }
  return order === undefined ? result : sortByOrder(result, order, mergeKey);
}

/** The item `{$patch: replace}` alone: the list is replaced by the others. */
function isReplaceAll(item: unknown): boolean {
  return isRecord(item) && item[DIRECTIVE] === 'replace' && Object.keys(item).length === 1;
}

/** Listed items in the given order; the others keep their place after the one they stood behind. */
function sortByOrder(
  list: readonly unknown[],
  order: unknown[] | undefined,
  mergeKey: string | undefined,
): unknown[] {
  if (order === undefined) return [...list];
  const keyOf = (item: unknown): unknown =>
    mergeKey !== undefined && isRecord(item) ? item[mergeKey] : item;
  const wanted = order.map(keyOf);
  const listed = wanted.flatMap((key) => list.filter((item) => keyOf(item) === key).slice(0, 1));
  const rest = list.filter((item) => !wanted.includes(keyOf(item)));
  const result = [...listed];
  for (const item of rest) {
    const at = list.indexOf(item);
    const previous = at === 0 ? -1 : result.indexOf(list[at - 1]);
    result.splice(previous < 0 && at > 0 ? result.length : previous + 1, 0, item);
  }
  return result;
}

function without(value: Json, key: string): Json {
  const { [key]: _, ...rest } = value;
  return rest;
}

function withoutDirective(value: unknown): unknown {
  return isRecord(value) && Object.hasOwn(value, DIRECTIVE) ? without(value, DIRECTIVE) : value;
}

function goMap(value: Json): string {
  const parts = Object.keys(value)
    .sort(compareText)
    .map((key) => `${key}:${goValue(value[key])}`);
  return `map[${parts.join(' ')}]`;
}

function goValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

// Differences as strategic merge patches

interface DiffOptions {
  readonly ignoreDeletions: boolean;
  readonly ignoreChangesAndAdditions: boolean;
}

/** The strategic merge patch that turns one object of the struct into the other; `{}` when they are equal. */
export function diffStrategicPatch(structName: string, before: unknown, after: unknown): Json {
  const struct = SCHEMA.has(structName) ? SCHEMA.struct(structName) : undefined;
  return diffStruct(struct, asRecord(before), asRecord(after), {
    ignoreDeletions: false,
    ignoreChangesAndAdditions: false,
  });
}

/**
 * What `kubectl apply` sends: changes from the live object to the new manifest, and deletions of what the manifest
 * had when it was last applied (strategicpatch.CreateThreeWayMergePatch).
 */
export function threeWayPatch(
  structName: string,
  original: unknown,
  modified: unknown,
  current: unknown,
): Json {
  const struct = SCHEMA.has(structName) ? SCHEMA.struct(structName) : undefined;
  const changes = diffStruct(struct, asRecord(current), asRecord(modified), {
    ignoreDeletions: true,
    ignoreChangesAndAdditions: false,
  });
  const deletions = diffStruct(struct, asRecord(original), asRecord(modified), {
    ignoreDeletions: false,
    ignoreChangesAndAdditions: true,
  });
  return joinPatches(struct, deletions, changes);
}

/** The same for kinds without a schema: JSON merge patches. */
export function threeWayJsonPatch(original: unknown, modified: unknown, current: unknown): Json {
  return threeWayPatch('', original, modified, current);
}

function asRecord(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function diffStruct(
  struct: StructDesc | undefined,
  before: Json,
  after: Json,
  options: DiffOptions,
): Json {
  const patch: Json = {};
  for (const key of Object.keys(before).sort(compareText)) {
    if (Object.hasOwn(after, key) && after[key] !== null) continue;
    if (!options.ignoreDeletions && before[key] !== null) setOwn(patch, key, null);
  }
  for (const key of Object.keys(after).sort(compareText)) {
    const value = after[key];
    if (value === undefined || value === null) continue;
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    const field = struct?.byName.get(key);
    if (old === undefined || old === null) {
      if (!options.ignoreChangesAndAdditions) {
        setOwn(patch, key, value);
        if (field?.retainsKeys === true && isRecord(value)) {
          setOwn(patch, key, { ...value, [RETAIN_KEYS]: Object.keys(value).sort(compareText) });
        }
      }
      continue;
    }
    if (isRecord(old) && isRecord(value)) {
      const shape = field?.shape;
      const inner = shape?.kind === 'struct' ? SCHEMA.struct(shape.name) : undefined;
      const part = diffStruct(inner, old, value, options);
      if (Object.keys(part).length === 0) continue;
      if (field?.retainsKeys === true) part[RETAIN_KEYS] = Object.keys(value).sort(compareText);
      setOwn(patch, key, part);
    } else if (Array.isArray(old) && Array.isArray(value)) {
      diffList(patch, key, field, old, value, options);
    } else if (!jsonEqual(old, value) && !options.ignoreChangesAndAdditions) {
      setOwn(patch, key, value);
    }
  }
  return patch;
}

function diffList(
  patch: Json,
  key: string,
  field: FieldDesc | undefined,
  before: readonly unknown[],
  after: readonly unknown[],
  options: DiffOptions,
): void {
  if (field?.isMergedSet === true) {
    const added = after.filter((item) => !before.includes(item));
    const removed = before.filter((item) => !after.includes(item));
    if (added.length > 0 && !options.ignoreChangesAndAdditions) setOwn(patch, key, added);
    if (removed.length > 0 && !options.ignoreDeletions) patch[DELETE_PRIMITIVE + key] = removed;
    const isChanged = !options.ignoreChangesAndAdditions && !jsonEqual(before, after);
    if (isChanged || (removed.length > 0 && !options.ignoreDeletions)) {
      patch[SET_ORDER + key] = after;
    }
    return;
  }
  const mergeKey = field?.mergeKey;
  const isKeyed =
    mergeKey !== undefined &&
    [...before, ...after].every((item) => isRecord(item) && item[mergeKey] !== undefined);
  if (field === undefined || mergeKey === undefined || !isKeyed) {
    if (!jsonEqual(before, after) && !options.ignoreChangesAndAdditions) setOwn(patch, key, after);
    return;
  }
  const itemShape = field.shape.kind === 'list' ? field.shape.item : undefined;
  const struct = itemShape?.kind === 'struct' ? SCHEMA.struct(itemShape.name) : undefined;
  const left = before as readonly Json[];
  const right = after as readonly Json[];
  const changes: Json[] = [];
  for (const item of right) {
    const old = left.find((each) => each[mergeKey] === item[mergeKey]);
    if (old === undefined) {
      if (!options.ignoreChangesAndAdditions) changes.push(item);
      continue;
    }
    const part = diffStruct(struct, old, item, options);
    if (Object.keys(part).length === 0) continue;
    const keyed: Json = { ...part, [mergeKey]: item[mergeKey] };
    if (field.retainsKeys) keyed[RETAIN_KEYS] = Object.keys(item).sort(compareText);
    changes.push(keyed);
  }
  if (!options.ignoreDeletions) {
    for (const old of left) {
      if (right.some((item) => item[mergeKey] === old[mergeKey])) continue;
      changes.push({ [DIRECTIVE]: 'delete', [mergeKey]: old[mergeKey] });
    }
  }
  const isMoved =
    !options.ignoreChangesAndAdditions &&
    !jsonEqual(
      right.map((item) => item[mergeKey]),
      left
        .filter((old) => right.some((item) => item[mergeKey] === old[mergeKey]))
        .map((old) => old[mergeKey]),
    );
  if (changes.length > 0) setOwn(patch, key, changes);
  if (changes.length > 0 || isMoved) {
    patch[SET_ORDER + key] = right.map((item) => ({ [mergeKey]: item[mergeKey] }));
  }
}

/** One patch that does what both do; they touch different things, except lists that both mention. */
function joinPatches(struct: StructDesc | undefined, first: Json, second: Json): Json {
  const result: Json = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const old = Object.hasOwn(result, key) ? result[key] : undefined;
    const field = struct?.byName.get(key);
    if (isRecord(old) && isRecord(value)) {
      const shape = field?.shape;
      const inner = shape?.kind === 'struct' ? SCHEMA.struct(shape.name) : undefined;
      setOwn(result, key, joinPatches(inner, old, value));
    } else if (Array.isArray(old) && Array.isArray(value) && field?.mergeKey !== undefined) {
      setOwn(result, key, joinLists(field, field.mergeKey, old as Json[], value as Json[]));
    } else {
      setOwn(result, key, value);
    }
  }
  return result;
}

function joinLists(field: FieldDesc, mergeKey: string, first: Json[], second: Json[]): Json[] {
  const itemShape = field.shape.kind === 'list' ? field.shape.item : undefined;
  const struct = itemShape?.kind === 'struct' ? SCHEMA.struct(itemShape.name) : undefined;
  const result = [...second];
  for (const item of first) {
    const index = result.findIndex((each) => each[mergeKey] === item[mergeKey]);
    if (index < 0) result.push(item);
    else result[index] = joinPatches(struct, item, result[index] ?? {});
  }
  return result;
}
