/**
 * What goes between a client and the API server, without its transport.
 *
 * `rest.ts` turns these into HTTP and back; `server.ts` answers them; `client.ts` says how a process asks.
 */
import type { KubeList, KubeObject, PropagationPolicy, Status } from './types/meta.ts';

export type Verb =
  | 'get'
  | 'list'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'watch';

/** The content type of a PATCH without `application/` and `+json`. */
export type PatchType = 'json-patch' | 'merge-patch' | 'strategic-merge-patch' | 'apply-patch';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface RequestQuery {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Of a watch: events after it. Unset or `0`: the present objects first, as ADDED. */
  readonly resourceVersion?: string;
  readonly limit?: number;
  readonly continue?: string;
  /** `All`: do everything but store it. */
  readonly dryRun?: 'All';
  readonly fieldValidation?: FieldValidation;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: PropagationPolicy;
  readonly timeoutSeconds?: number;
  readonly allowWatchBookmarks?: boolean;
  /** Of a server-side apply. */
  readonly force?: boolean;
}

export interface ApiRequest {
  readonly verb: Verb;
  /** The plural, as `pods`; `NAME.GROUP` where the plural alone would be ambiguous. */
  readonly resource: string;
  readonly subresource?: string;
  /** Unset for cluster-scoped kinds and for all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  /** The object, patch or DeleteOptions, as parsed from JSON. */
  readonly body?: unknown;
  readonly query?: RequestQuery;
  readonly patchType?: PatchType;
  readonly fieldManager?: string;
}

export type ApiBody = KubeObject | KubeList | Status;

export interface ApiResponse {
  /** The HTTP status; 0 when the request did not get through, with the reason as `body.message`. */
  readonly code: number;
  readonly body: ApiBody;
  /** Texts of `Warning: 299` headers. */
  readonly warnings?: readonly string[];
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubeObject }
  | { readonly type: 'ERROR'; readonly object: Status };

/** Whether the request was done. */
export function isOk(response: ApiResponse): boolean {
  return response.code >= 200 && response.code < 300;
}

export function isStatus(body: ApiBody): body is Status {
  return body.kind === 'Status' && !('items' in body);
}

export function isList(body: ApiBody): body is KubeList {
  return 'items' in body && Array.isArray(body.items);
}

/** The object of a successful answer, seen as the kind that was asked for; undefined when it is not one object. */
export function objectOf<T extends KubeObject>(response: ApiResponse): T | undefined {
  const { body } = response;
  return isOk(response) && !isStatus(body) && !isList(body) ? (body as T) : undefined;
}

/** The objects of a successful list; undefined when the answer is not a list. */
export function itemsOf<T extends KubeObject>(response: ApiResponse): readonly T[] | undefined {
  const { body } = response;
  return isOk(response) && isList(body) ? (body.items as readonly T[]) : undefined;
}

/** The reason of a failed answer (`NotFound`, `Conflict`, …); empty when there is none. */
export function reasonOf(response: ApiResponse): string {
  return isStatus(response.body) ? (response.body.reason ?? '') : '';
}

/** The message of a failed answer. */
export function messageOf(response: ApiResponse): string {
  return isStatus(response.body) ? (response.body.message ?? '') : '';
}
