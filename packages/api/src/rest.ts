/**
 * Requests as HTTP and back: the real paths, parameters and bodies of the Kubernetes API.
 */
import type {
  ApiRequest,
  ApiResponse,
  PatchType,
  RequestQuery,
  Verb,
  WatchEvent,
} from './request.ts';
import { SCHEME, type Scheme } from './scheme.ts';
import type { ApiBody } from './request.ts';
import { isRecord } from './codec.ts';

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  /** What is sent as JSON; undefined when there is nothing. */
  readonly body: unknown;
}

const METHODS: { readonly [V in Verb]: RestRequest['method'] } = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** The HTTP form of a request; undefined when the resource is unknown. */
export function toRest(request: ApiRequest, scheme: Scheme = SCHEME): RestRequest | undefined {
  const url = restPath(request, scheme);
  if (url === undefined) return undefined;
  const headers = new Map([['accept', 'application/json']]);
  const { body } = request;
  if (body !== undefined) {
    const type =
      request.verb === 'patch'
        ? `application/${request.patchType ?? 'strategic-merge-patch'}${request.patchType === 'apply-patch' ? '+yaml' : '+json'}`
        : 'application/json';
    headers.set('content-type', type);
  }
  return { method: METHODS[request.verb], url, headers, body };
}

/** `/api/v1/namespaces/default/pods/web/status?fieldManager=kubectl`; undefined when the resource is unknown. */
export function restPath(request: ApiRequest, scheme: Scheme = SCHEME): string | undefined {
  const info = scheme.byResource(request.resource);
  if (info === undefined) return undefined;
  const base = info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const parts: string[] = [base];
  if (info.isNamespaced && request.namespace !== undefined && request.namespace !== '') {
    parts.push('namespaces', encodeURIComponent(request.namespace));
  }
  parts.push(info.plural);
  // A watch of one object is a list with a field selector, as kubectl sends it.
  const isWatch = request.verb === 'watch';
  if (request.name !== undefined && !isWatch) parts.push(encodeURIComponent(request.name));
  if (request.subresource !== undefined && request.subresource !== '')
    parts.push(request.subresource);
  const query = queryOf(request);
  return parts.join('/') + (query === '' ? '' : `?${query}`);
}

function queryOf(request: ApiRequest): string {
  const query = request.query ?? {};
  const pairs: [string, string][] = [];
  const add = (name: string, value: string | number | boolean | undefined): void => {
    if (value !== undefined && value !== '') pairs.push([name, String(value)]);
  };
  add('allowWatchBookmarks', query.allowWatchBookmarks);
  add('continue', query.continue);
  add('dryRun', query.dryRun);
  add('fieldManager', request.fieldManager);
  const byName =
    request.verb === 'watch' && request.name !== undefined ? `metadata.name=${request.name}` : '';
  add('fieldSelector', [query.fieldSelector ?? '', byName].filter((part) => part !== '').join(','));
  add('fieldValidation', query.fieldValidation);
  add('force', query.force);
  add('gracePeriodSeconds', query.gracePeriodSeconds);
  add('labelSelector', query.labelSelector);
  add('limit', query.limit);
  add('propagationPolicy', query.propagationPolicy);
  add('resourceVersion', query.resourceVersion);
  add('timeoutSeconds', query.timeoutSeconds);
  if (request.verb === 'watch') add('watch', true);
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** The request behind a method and URL; undefined when the path leads to no resource. */
export function parseRestPath(
  method: string,
  url: string,
  scheme: Scheme = SCHEME,
): ApiRequest | undefined {
  const [path, queryText] = splitOnce(url, '?');
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart);
  if (parts.includes(undefined)) return undefined;
  const words = parts as string[];
  const isCore = words[0] === 'api';
  if (!isCore && words[0] !== 'apis') return undefined;
  const group = isCore ? '' : (words[1] ?? '');
  const version = words[isCore ? 1 : 2] ?? '';
  let rest = words.slice(isCore ? 2 : 3);
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length > 2 && !isNamespaceSub(rest)) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [plural = '', name, ...sub] = rest;
  const info = scheme.kinds.find(
    (each) => each.plural === plural && each.group === group && each.version === version,
  );
  if (info === undefined || sub.length > 1) return undefined;
  if (namespace !== undefined && !info.isNamespaced) return undefined;
  const parameters = parseQuery(queryText);
  const verb = verbOf(method, name !== undefined, parameters.get('watch'));
  if (verb === undefined) return undefined;
  const query = queryFrom(parameters);
  const fieldManager = parameters.get('fieldManager');
  return {
    verb,
    resource: scheme.byResource(plural) === info ? plural : `${plural}.${group}`,
    ...(sub[0] === undefined ? {} : { subresource: sub[0] }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(query).length === 0 ? {} : { query }),
    ...(fieldManager === undefined ? {} : { fieldManager }),
  };
}

/** `/namespaces/NAME/status` is a subresource of the namespace, not a resource inside it. */
function isNamespaceSub(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize');
}

function verbOf(method: string, hasName: boolean, watch: string | undefined): Verb | undefined {
  switch (method.toUpperCase()) {
    case 'GET':
      if (watch === 'true' || watch === '1') return 'watch';
      return hasName ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return hasName ? 'update' : undefined;
    case 'PATCH':
      return hasName ? 'patch' : undefined;
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

function queryFrom(parameters: ReadonlyMap<string, string>): RequestQuery {
  const query: Record<string, unknown> = {};
  for (const name of ['labelSelector', 'fieldSelector', 'resourceVersion', 'continue']) {
    const value = parameters.get(name);
    if (value !== undefined) query[name] = value;
  }
  for (const name of ['limit', 'gracePeriodSeconds', 'timeoutSeconds']) {
    const value = parameters.get(name);
    if (value !== undefined && /^-?\d+$/.test(value)) query[name] = Number(value);
  }
  for (const name of ['allowWatchBookmarks', 'force']) {
    const value = parameters.get(name);
    if (value === 'true' || value === '1') query[name] = true;
  }
  if (parameters.get('dryRun') === 'All') query['dryRun'] = 'All';
  const validation = parameters.get('fieldValidation');
  if (validation === 'Strict' || validation === 'Warn' || validation === 'Ignore') {
    query['fieldValidation'] = validation;
  }
  const policy = parameters.get('propagationPolicy');
  if (policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') {
    query['propagationPolicy'] = policy;
  }
  return query as RequestQuery;
}

function parseQuery(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const [name, value] = splitOnce(pair, '=');
    const plainName = decodePart(name.replaceAll('+', ' '));
    const plainValue = decodePart(value.replaceAll('+', ' '));
    if (plainName !== undefined && plainValue !== undefined) parameters.set(plainName, plainValue);
  }
  return parameters;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function decodePart(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The whole request behind an HTTP message: path, patch type, and the body's JSON value, undefined without one. */
export function fromRest(
  method: string,
  url: string,
  contentType: string,
  body: unknown,
  scheme: Scheme = SCHEME,
): ApiRequest | undefined {
  const request = parseRestPath(method, url, scheme);
  if (request === undefined) return undefined;
  const patchType = request.verb === 'patch' ? patchTypeOf(contentType) : undefined;
  const typed: ApiRequest = patchType === undefined ? request : { ...request, patchType };
  return body === undefined ? typed : { ...typed, body };
}

function patchTypeOf(contentType: string): PatchType | undefined {
  const match = /^application\/(json-patch|merge-patch|strategic-merge-patch|apply-patch)\+/.exec(
    contentType,
  );
  return match === null ? undefined : (match[1] as PatchType);
}

/** The HTTP form of an answer; its body is sent as JSON with a line end. */
export function responseToRest(response: ApiResponse): {
  status: number;
  headers: ReadonlyMap<string, string>;
  body: ApiBody;
} {
  const headers = new Map([['content-type', 'application/json']]);
  const warnings = (response.warnings ?? []).map((text) => `299 - ${JSON.stringify(text)}`);
  if (warnings.length > 0) headers.set('warning', warnings.join(', '));
  return { status: response.code, headers, body: response.body };
}

/**
 * The answer behind an HTTP message: `body` is its JSON value. One that is no API object becomes a Status with
 * the body's text, as client-go makes one.
 */
export function responseFromRest(
  status: number,
  warning: string | undefined,
  body: unknown,
  bodyText: () => string,
): ApiResponse {
  if (isRecord(body) && typeof body['kind'] === 'string' && warning === undefined) {
    return { code: status, body: body as unknown as ApiBody };
  }
  const isObject = isRecord(body) && typeof body['kind'] === 'string';
  const fallback = (): ApiBody => ({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: status < 300 ? 'Success' : 'Failure',
    message: bodyText().trim(),
    code: status,
  });
  const warnings = [...(warning ?? '').matchAll(/299 \S+ ("(?:[^"\\]|\\.)*")/g)].map(
    (match) => JSON.parse(match[1] ?? '""') as string,
  );
  return {
    code: status,
    body: isObject ? (body as unknown as ApiBody) : fallback(),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

const EVENT_TYPES: ReadonlySet<unknown> = new Set([
  'ADDED',
  'MODIFIED',
  'DELETED',
  'BOOKMARK',
  'ERROR',
]);

/** Lists that were found to be events: many watchers get the same. */
const known = new WeakSet<readonly unknown[]>();

/** The events among the JSON values of a watch stream; the list itself when all are. */
export function watchEventsOf(values: readonly unknown[]): readonly WatchEvent[] {
  if (known.has(values)) return values as readonly WatchEvent[];
  if (!values.every(isWatchEvent)) return values.filter(isWatchEvent);
  known.add(values);
  return values;
}

function isWatchEvent(value: unknown): value is WatchEvent {
  return isRecord(value) && EVENT_TYPES.has(value['type']) && isRecord(value['object']);
}
