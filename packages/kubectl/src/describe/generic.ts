/**
 * `kubectl describe` of kinds without a description of their own: all fields, with titles made of their names.
 */
import type { KubeObject } from '@podwire/api';
import { type Json, compactJson, isRecord, sortedEntries } from '../json-value.ts';
import type { DescribeWriter } from './writer.ts';

const SKIPPED: ReadonlySet<string> = new Set([
  '.metadata.name',
  '.metadata.namespace',
  '.metadata.labels',
  '.metadata.annotations',
  '.metadata.managedFields',
]);

export function describeGeneric(object: KubeObject, w: DescribeWriter): void {
  const { metadata } = object;
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  writeFields(w, 0, object as unknown as Record<string, Json>, '');
}

function writeFields(
  w: DescribeWriter,
  level: number,
  fields: Record<string, Json>,
  path: string,
): void {
  for (const [name, value] of sortedEntries(fields)) {
    const full = `${path}.${name}`;
    if (SKIPPED.has(full) || value === undefined) continue;
    const title = titleOf(name);
    if (isRecord(value)) {
      w.line(level, `${title}:`);
      writeFields(w, level + 1, value, full);
    } else if (Array.isArray(value)) {
      w.line(level, `${title}:`);
      for (const item of value as Json[]) {
        if (isRecord(item)) writeFields(w, level + 1, item, full);
        else w.line(level + 1, plain(item));
      }
    } else {
      w.field(level, title, plain(value));
    }
  }
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : compactJson(value);
}

const ACRONYMS: ReadonlySet<string> = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** `apiVersion` → `API Version`, `resourceVersion` → `Resource Version` (smartLabelFor). */
export function titleOf(name: string): string {
  const parts = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]+/g) ?? [name];
  return parts
    .filter((part) => part !== '_')
    .map((part) => {
      const upper = part.toUpperCase();
      return ACRONYMS.has(upper) ? upper : upper.slice(0, 1) + part.slice(1);
    })
    .join(' ');
}
