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
import { SCHEME } from './kinds.ts';
import type { KindInfo, Scheme } from './scheme.ts';
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
  const { body } = request;
  const headers = body === undefined ? ACCEPT : headersOf(contentTypeOf(request));
  return { method: METHODS[request.verb], url, headers, body };
}

const ACCEPT: RestRequest['headers'] = new Map([['accept', 'application/json']]);
/** The headers of requests with a body by its content type: there are five. */
const headersByType = new Map<string, RestRequest['headers']>();

function headersOf(contentType: string): RestRequest['headers'] {
  let headers = headersByType.get(contentType);
  if (headers === undefined) {
    headers = new Map([...ACCEPT, ['content-type', contentType]]);
    headersByType.set(contentType, headers);
  }
  return headers;
}

function contentTypeOf(request: ApiRequest): string {
  if (request.verb !== 'patch') return 'application/json';
  const type = request.patchType ?? 'strategic-merge-patch';
  return `application/${type}${type === 'apply-patch' ? '+yaml' : '+json'}`;
}

/** `/api/v1/namespaces/default/pods/web/status?fieldManager=kubectl`; undefined when the resource is unknown. */
export function restPath(request: ApiRequest, scheme: Scheme = SCHEME): string | undefined {
  const info = scheme.byResource(request.resource);
  if (info === undefined) return undefined;
  let path = info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  if (info.isNamespaced && request.namespace !== undefined && request.namespace !== '') {
    path += `/namespaces/${encodePart(request.namespace)}`;
  }
  path += `/${info.plural}`;
  // A watch of one object is a list with a field selector, as kubectl sends it.
  const isWatch = request.verb === 'watch';
  if (request.name !== undefined && !isWatch) path += `/${encodePart(request.name)}`;
  if (request.subresource !== undefined && request.subresource !== '')
    path += `/${request.subresource}`;
  const query = queryOf(request);
  return query === '' ? path : `${path}?${query}`;
}

/** Names of objects are nearly always such as need no encoding. */
function encodePart(text: string): string {
  return /^[\w.-]*$/.test(text) ? text : encodeURIComponent(text);
}

function queryOf(request: ApiRequest): string {
  if (request.query === undefined && request.verb !== 'watch') {
    const { fieldManager = '' } = request;
    return fieldManager === '' ? '' : `fieldManager=${encodePart(fieldManager)}`;
  }
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

type Request = { -readonly [Field in keyof ApiRequest]: ApiRequest[Field] };

/** The request behind a method and URL; undefined when the path leads to no resource. */
export function parseRestPath(
  method: string,
  url: string,
  scheme: Scheme = SCHEME,
): Request | undefined {
  const [path, queryText] = splitOnce(url, '?');
  const words = wordsOf(path);
  if (words === undefined) return undefined;
  const isCore = words[0] === 'api';
  if (!isCore && words[0] !== 'apis') return undefined;
  const group = isCore ? '' : (words[1] ?? '');
  const version = words[isCore ? 1 : 2] ?? '';
  let at = isCore ? 2 : 3;
  let namespace: string | undefined;
  if (words[at] === 'namespaces' && words.length - at > 2 && !isNamespaceSub(words, at)) {
    namespace = words[at + 1];
    at += 2;
  }
  const plural = words[at] ?? '';
  const name = words[at + 1];
  const subresource = words[at + 2];
  const isWanted = (each: KindInfo): boolean =>
    each.plural === plural && each.group === group && each.version === version;
  const named = scheme.byResource(plural);
  const info = named !== undefined && isWanted(named) ? named : scheme.kinds.find(isWanted);
  if (info === undefined || words.length - at > 3) return undefined;
  if (namespace !== undefined && !info.isNamespaced) return undefined;
  const parameters = parametersOf(queryText);
  const verb = verbOf(method, name !== undefined, parameters.watch);
  if (verb === undefined) return undefined;
  const request: Request = { verb, resource: named === info ? plural : `${plural}.${group}` };
  if (subresource !== undefined) request.subresource = subresource;
  if (namespace !== undefined) request.namespace = namespace;
  if (name !== undefined) request.name = name;
  if (parameters.query !== undefined) request.query = parameters.query;
  if (parameters.fieldManager !== undefined) request.fieldManager = parameters.fieldManager;
  return request;
}

/** What a query says. */
interface Parameters {
  readonly watch: string | undefined;
  readonly query: RequestQuery | undefined;
  readonly fieldManager: string | undefined;
}

/** By the text of the query: programs ask with few different ones, those of lists and watches aside. */
const parametersByText = new Map<string, Parameters>();
const PARAMETERS_MAX = 256;

function parametersOf(text: string): Parameters {
  let parameters = parametersByText.get(text);
  if (parameters === undefined) {
    const given = parseQuery(text);
    const query = queryFrom(given);
    parameters = {
      watch: given.get('watch'),
      query: Object.keys(query).length > 0 ? query : undefined,
      fieldManager: given.get('fieldManager'),
    };
    if (parametersByText.size >= PARAMETERS_MAX) parametersByText.clear();
    parametersByText.set(text, parameters);
  }
  return parameters;
}

/** The parts of a path between its slashes, decoded; undefined when one cannot be. */
function wordsOf(path: string): string[] | undefined {
  const words: string[] = [];
  for (let from = 0; from < path.length; ) {
    const slash = path.indexOf('/', from);
    const to = slash < 0 ? path.length : slash;
    if (to > from) {
      const word = decodePart(path.slice(from, to));
      if (word === undefined) return undefined;
      words.push(word);
    }
    from = to + 1;
  }
  return words;
}

/** `/namespaces/NAME/status` is a subresource of the namespace, not a resource inside it. */
function isNamespaceSub(words: readonly string[], at: number): boolean {
  const sub = words[at + 2];
  return words.length - at === 3 && (sub === 'status' || sub === 'finalize');
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
  if (!text.includes('%')) return text;
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
  if (patchType !== undefined) request.patchType = patchType;
  if (body !== undefined) request.body = body;
  return request;
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
  const { code: status, body, warnings = [] } = response;
  if (warnings.length === 0) return { status, headers: JSON_TYPE, body };
  const texts = warnings.map((text) => `299 - ${JSON.stringify(text)}`);
  return { status, headers: new Map([...JSON_TYPE, ['warning', texts.join(', ')]]), body };
}

const JSON_TYPE: ReadonlyMap<string, string> = new Map([['content-type', 'application/json']]);

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

/** Long lists that were found to be events: many watchers get the same. A short one is sooner looked through. */
const known = new WeakSet<readonly unknown[]>();
const KNOWN_MIN = 32;

/** The events among the JSON values of a watch stream; the list itself when all are. */
export function watchEventsOf(values: readonly unknown[]): readonly WatchEvent[] {
  const isLong = values.length >= KNOWN_MIN;
  if (isLong && known.has(values)) return values as readonly WatchEvent[];
  if (!values.every(isWatchEvent)) return values.filter(isWatchEvent);
  if (isLong) known.add(values);
  return values;
}

function isWatchEvent(value: unknown): value is WatchEvent {
  return isRecord(value) && EVENT_TYPES.has(value['type']) && isRecord(value['object']);
}
