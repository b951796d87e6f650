/**
 * What a list or a watch asks for: namespace, labels, fields, one name.
 *
 * Source: k8s.io/apiserver/pkg/storage/selection_predicate.go.
 */
import { badRequest } from './errors.ts';
import { fieldTermsOf, matchesFields } from './fields.ts';
import type { ApiRequest, ApiResponse, WatchEvent } from './request.ts';
import type { KindInfo } from './scheme.ts';
import {
  type FieldTerm,
  type Selector,
  SELECT_EVERYTHING,
  matchesSelector,
  parseSelector,
} from './selector.ts';
import type { Store, StoreEvent } from './store.ts';
import type { KubeObject } from './types/meta.ts';

export interface Selection {
  readonly labels: Selector;
  readonly fields: readonly FieldTerm[];
  readonly namespace: string | undefined;
}

/** What a request selects, or the answer to one whose selectors cannot be read. */
export function selectionOf(info: KindInfo, request: ApiRequest): Selection | ApiResponse {
  const { labelSelector, fieldSelector } = request.query ?? {};
  const labels =
    labelSelector === undefined || labelSelector === ''
      ? SELECT_EVERYTHING
      : parseSelector(labelSelector);
  if (typeof labels === 'string') return badRequest(`unable to parse requirement: ${labels}`);
  const fields =
    fieldSelector === undefined || fieldSelector === '' ? [] : fieldTermsOf(info, fieldSelector);
  if (typeof fields === 'string') return badRequest(fields);
  const name = request.name;
  const byName: FieldTerm[] =
    name === undefined ? [] : [{ field: 'metadata.name', isEqual: true, value: name }];
  return {
    labels,
    fields: [...fields, ...byName],
    namespace: spaceOf(info, request.namespace),
  };
}

/** What may match: one object, those of one node, those of a namespace, or all. */
export function candidates(
  store: Store,
  info: KindInfo,
  selection: Selection,
): readonly KubeObject[] {
  const only = onlyObject(info, selection);
  if (only !== undefined) {
    const found = store.get(info.plural, only.namespace, only.name);
    return found === undefined ? [] : [found];
  }
  const node = indexValue(selection);
  if (node !== undefined) return store.listByNode(info.plural, node);
  return store.list(info.plural, selection.namespace);
}

/** The namespace a request is about; undefined for kinds without, and for all. */
export function spaceOf(info: KindInfo, namespace: string | undefined): string | undefined {
  return info.isNamespaced && namespace !== '' ? namespace : undefined;
}

/** Whether an object is selected. */
export function matches(selection: Selection, object: KubeObject): boolean {
  if (selection.namespace !== undefined && object.metadata.namespace !== selection.namespace)
    return false;
  return (
    matchesSelector(selection.labels, object.metadata.labels) &&
    matchesFields(selection.fields, object)
  );
}

function equalTerm(selection: Selection, field: string): string | undefined {
  return selection.fields.find((term) => term.field === field && term.isEqual)?.value;
}

/** The object of a selection that only one can pass. */
export function onlyObject(
  info: KindInfo,
  selection: Selection,
): { readonly namespace: string | undefined; readonly name: string } | undefined {
  const name = equalTerm(selection, 'metadata.name');
  const { namespace } = selection;
  if (name === undefined || (info.isNamespaced && namespace === undefined)) return undefined;
  return { namespace, name };
}

/** The node of a selection `spec.nodeName=NODE`: kubelets ask for nothing else, and there are thousands of them. */
export function indexValue(selection: Selection): string | undefined {
  const node = equalTerm(selection, 'spec.nodeName');
  return node === '' ? undefined : node;
}

function isEverything(selection: Selection): boolean {
  const { labels, fields, namespace } = selection;
  return namespace === undefined && fields.length === 0 && labels.requirements.length === 0;
}

/** What a watch with a selection sees of an event: an object that enters is ADDED, one that leaves is DELETED. */
export function seenThrough(selection: Selection, event: StoreEvent): WatchEvent | undefined {
  const { type, object, before } = event;
  if (isEverything(selection)) return { type, object };
  const isIn = type !== 'DELETED' && matches(selection, object);
  const wasIn = before !== undefined && matches(selection, before);
  if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object };
  if (!wasIn) return undefined;
  if (type === 'DELETED') return { type, object };
  // It left the selection: its last matching state, with the version of the change.
  const { resourceVersion } = object.metadata;
  const metadata = {
    ...before.metadata,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return { type: 'DELETED', object: { ...before, metadata } };
}
