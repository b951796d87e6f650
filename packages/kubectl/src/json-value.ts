/**
 * JSON data as kubectl sees it: read by path, printed with sorted keys.
 */
import { compareText } from '@podwire/api';

export type Json = unknown;

export function isRecord(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of field names; undefined when a step is missing. */
export function at(value: Json, ...path: readonly string[]): Json {
  let current = value;
  for (const step of path) {
    if (!isRecord(current) || !Object.hasOwn(current, step)) return undefined;
    current = current[step];
  }
  return current;
}

export function textAt(value: Json, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : '';
}

export function numberAt(value: Json, ...path: readonly string[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
}

export function listAt(value: Json, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as Json[]) : [];
}

export function recordAt(value: Json, ...path: readonly string[]): Record<string, Json> {
  const found = at(value, ...path);
  return isRecord(found) ? found : {};
}

/** The entries of a map of strings, ordered by key. */
export function sortedEntries<T>(map: { readonly [key: string]: T } | undefined): [string, T][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => compareText(a, b));
}

/** Go's encoding/json: keys sorted, no blanks, `<`, `>` and `&` escaped. */
export function compactJson(value: Json): string {
  return writeJson(value, undefined, '');
}

/** `kubectl -o json`: the same with an indent of four. */
export function prettyJson(value: Json): string {
  return writeJson(value, '    ', '');
}

function writeJson(value: Json, indent: string | undefined, outer: string): string {
  if (Array.isArray(value)) {
    const items = value as Json[];
    if (items.length === 0) return '[]';
    return wrap(
      '[',
      ']',
      items.map((item) => writeJson(item ?? null, indent, outer + (indent ?? ''))),
    );
  }
  if (isRecord(value)) {
    const members = sortedEntries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => {
        const colon = indent === undefined ? ':' : ': ';
        return `${jsonString(key)}${colon}${writeJson(part, indent, outer + (indent ?? ''))}`;
      });
    return members.length === 0 ? '{}' : wrap('{', '}', members);
  }
  return typeof value === 'string' ? jsonString(value) : JSON.stringify(value ?? null);

  function wrap(open: string, close: string, parts: readonly string[]): string {
    if (indent === undefined) return `${open}${parts.join(',')}${close}`;
    const inner = outer + indent;
    return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${outer}${close}`;
  }
}

function jsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `k=v,k2=v2` in key order, `<none>` when there are none (labels.FormatLabels). */
export function formatLabels(labels: { readonly [key: string]: string } | undefined): string {
  const entries = sortedEntries(labels);
  return entries.length === 0
    ? '<none>'
    : entries.map(([key, value]) => `${key}=${value}`).join(',');
}
