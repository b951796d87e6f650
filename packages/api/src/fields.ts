/**
 * Which fields a field selector may name, and their values.
 */
import type { KindInfo } from './scheme.ts';
import type { KubeObject } from './types/meta.ts';
import { type FieldTerm, parseFieldSelector } from './selector.ts';
import { isRecord } from './codec.ts';

/** Beside metadata.name and metadata.namespace (control plane's *_strategy.go GetAttrs and conversion.go). */
const SELECTABLE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'Pod',
    new Set([
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.podIPs',
      'status.nominatedNodeName',
    ]),
  ],
  [
    'Event',
    new Set([
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'involvedObject.apiVersion',
      'involvedObject.resourceVersion',
      'involvedObject.fieldPath',
      'reason',
      'reportingComponent',
      'source',
      'type',
    ]),
  ],
  ['Node', new Set(['spec.unschedulable'])],
  ['Namespace', new Set(['status.phase'])],
  ['Secret', new Set(['type'])],
  ['ReplicaSet', new Set(['status.replicas'])],
  ['Job', new Set(['status.successful'])],
  ['Service', new Set(['spec.clusterIP', 'spec.type'])],
]);

/** Fields whose absence reads as something else than an empty text. */
const ZERO: ReadonlyMap<string, string> = new Map([
  ['spec.hostNetwork', 'false'],
  ['spec.unschedulable', 'false'],
  ['status.replicas', '0'],
]);

/** Parses a field selector for a kind; a string is why it is refused. */
export function fieldTermsOf(info: KindInfo, text: string): readonly FieldTerm[] | string {
  const terms = parseFieldSelector(text);
  if (typeof terms === 'string') return terms;
  for (const { field } of terms) {
    if (field === 'metadata.name' || field === 'metadata.namespace') continue;
    if (SELECTABLE.get(info.kind)?.has(field) !== true) {
      return `field label not supported: ${field}`;
    }
  }
  return terms;
}

export function matchesFields(terms: readonly FieldTerm[], object: KubeObject): boolean {
  return terms.every(
    ({ field, isEqual, value }) => (fieldValue(object, field) === value) === isEqual,
  );
}

function fieldValue(object: KubeObject, field: string): string {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'source') return pathValue(object, ['source', 'component']);
  let path = paths.get(field);
  if (path === undefined) {
    path = field.split('.');
    paths.set(field, path);
  }
  return pathValue(object, path) || (ZERO.get(field) ?? '');
}

/** The fields that can be selected, taken apart. */
const paths = new Map<string, readonly string[]>();

function pathValue(object: unknown, path: readonly string[]): string {
  let value = object;
  for (const part of path) value = isRecord(value) ? value[part] : undefined;
  if (Array.isArray(value))
    return value.map((each) => (isRecord(each) ? each['ip'] : each)).join(',');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}
