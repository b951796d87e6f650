/**
 * `--sort-by`: by a field, numbers and quantities by value, text in natural order (kubectl pkg/cmd/get/sorter.go).
 */
import { parseQuantityMilli } from '@podwire/base';
import { type Failure, fail } from './failure.ts';
import { findResults, parseJsonPath, relaxedJsonPath } from './jsonpath.ts';
import type { Json } from './json-value.ts';
import type { Found } from './session.ts';

export function sortObjects(found: readonly Found[], by: string): readonly Found[] | Failure {
  const relaxed = relaxedJsonPath(by);
  if (typeof relaxed !== 'string') return fail(relaxed.error);
  const path = parseJsonPath(relaxed);
  if ('error' in path) return fail(path.error);
  const keyed = found.map((item) => {
    const results = findResults(path, item.object);
    return { item, key: 'error' in results ? undefined : results.groups.flat()[0] };
  });
  if (keyed.length > 0 && keyed.every(({ key }) => key === undefined)) {
    return fail(
      `couldn't find any field with path ${JSON.stringify(relaxed)} in the list of objects`,
    );
  }
  return keyed.sort((a, b) => compareValues(a.key, b.key)).map(({ item }) => item);
}

function compareValues(left: Json, right: Json): number {
  if (left === undefined || right === undefined) {
    return left === right ? 0 : left === undefined ? -1 : 1;
  }
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') {
    const [a, b] = [parseQuantityMilli(left), parseQuantityMilli(right)];
    if (a !== undefined && b !== undefined) return a - b;
    return naturalCompare(left, right);
  }
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  return 0;
}

/** Runs of digits compare by value: `web-2` before `web-10`. */
export function naturalCompare(left: string, right: string): number {
  const a = left.match(/\d+|\D+/g) ?? [];
  const b = right.match(/\d+|\D+/g) ?? [];
  for (let at = 0; at < a.length && at < b.length; at++) {
    const x = a[at] ?? '';
    const y = b[at] ?? '';
    if (x === y) continue;
    const isNumber = /^\d/.test(x) && /^\d/.test(y);
    if (isNumber && Number(x) !== Number(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}
