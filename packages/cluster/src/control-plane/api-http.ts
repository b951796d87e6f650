/**
 * The API server's door: HTTP on port 6443 of the control plane, watches as streams, exec and logs passed
 * on to the kubelet of the pod's node.
 *
 * Source: the REST paths of k8s.io/apiserver; pod subresources of pkg/registry/core/pod/rest.
 */
import { NS_PER_MS, NS_PER_SEC, parseIp } from '@podwire/base';
import {
  type ApiRequest,
  type ApiServer,
  type Node,
  type Pod,
  type ApiResponse,
  fromRest,
  responseToRest,
} from '@podwire/api';
import { type Proc, Signal, sleep, waitAny } from '@podwire/engine';
import { KUBELET_PORT, TRACE_HEADER } from '@podwire/kubelet';
import {
  HttpConnection,
  type HttpFailure,
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  type Http2Stream,
  type HttpWrite,
  type NetNs,
  type TcpConn,
  errnoText,
  httpConnect,
  httpServe,
  serveHttp2,
} from '@podwire/netstack';
import { API_PORT } from '../api-client.ts';
import { type Served, WatchDispatch } from './watch-dispatch.ts';
import {
  HttpHeaders,
  JsonSource,
  isHttp2Start,
  payloadFromSource,
  payloadFromText,
  payloadJson,
  payloadText,
} from '@podwire/wire';

/** What a request costs the server: typical of an idle one with etcd on an SSD (a write waits for its log). */
const READ_NS = 1 * NS_PER_MS;
const WRITE_NS = 4 * NS_PER_MS;
/** What waits in a connection's send queue before its watch is held back (net.ipv4.tcp_wmem's largest). */
const UNSENT_BYTES_MAX = 4_194_304;
const DIAL_TIMEOUT_NS = 30 * NS_PER_SEC;
const HEALTH_PATHS: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz']);

export function serveApi(
  ns: NetNs,
  server: ApiServer,
): { readonly http: HttpServer; readonly dispatch: WatchDispatch } {
  const dispatch = new WatchDispatch(ns.sim);
  const http = httpServe(
    ns,
    {
      port: API_PORT,
      process: 'kube-apiserver',
      other: (conn, first) =>
        isHttp2Start(first)
          ? serveHttp2(conn, first, (request, stream) =>
              answer(ns, server, request, (watch) => watchStream(server, dispatch, watch, stream)),
            )
          : undefined,
    },
    (request, conn) =>
      answer(ns, server, request, (watch) => watchResponse(server, dispatch, watch, conn)),
  );
  if (typeof http === 'string') throw new Error(`API server cannot listen: ${http}`);
  return { http, dispatch };
}

function* answer(
  ns: NetNs,
  server: ApiServer,
  request: HttpRequest,
  openWatch: (request: ApiRequest) => HttpResponse | undefined,
): Proc<HttpResponse | undefined> {
  if (HEALTH_PATHS.has(request.path)) {
    return { status: 200, body: payloadFromText('ok') };
  }
  const body = payloadJson(request.body);
  if (body === undefined && request.body.lenBytes > 0) {
    return refuse(400, 'BadRequest', 'the body of the request is not JSON');
  }
  const contentType = request.headers.get('Content-Type') ?? '';
  const decoded = fromRest(request.method, request.target, contentType, body?.value);
  if (decoded === undefined) {
    return { status: 404, body: payloadFromText('404 page not found\n') };
  }
  const isStream = decoded.subresource === 'exec' || decoded.subresource === 'log';
  if (decoded.resource === 'pods' && isStream) {
    return yield* toKubelet(ns, server, decoded, request);
  }
  if (decoded.verb === 'watch') return openWatch(decoded);
  const isRead = decoded.verb === 'get' || decoded.verb === 'list';
  yield* sleep(isRead ? READ_NS : WRITE_NS);
  return restResponse(server.handle(decoded));
}

/** A watch that is a stream of HTTP/2: the dispatcher writes it, no process waits for its end. */
function watchStream(
  server: ApiServer,
  dispatch: WatchDispatch,
  request: ApiRequest,
  stream: Http2Stream,
): HttpResponse | undefined {
  const { conn } = stream;
  let isOpen = false;
  const watcher = server.openWatch(request, () => {
    if (isOpen) dispatch.ready(self);
  });
  if ('code' in watcher) return restResponse(watcher);
  stream.sendHead(200, [['content-type', 'application/json']]);
  stream.onGone = () => {
    watcher.stop();
  };
  let isHeld = false;
  const awaitRoom = function* (): Proc {
    while (!stream.isGone && conn.unsentBytes > UNSENT_BYTES_MAX) yield* conn.writable.wait();
    isHeld = false;
    if (!stream.isGone) dispatch.ready(self);
  };
  const self: Served = {
    watcher,
    isFull: () => {
      if (!isHeld && conn.unsentBytes > UNSENT_BYTES_MAX) {
        isHeld = true;
        conn.ns.sim.spawn('watch held', awaitRoom());
      }
      return isHeld;
    },
    write: (payload) => {
      stream.write(payload);
    },
  };
  isOpen = true;
  dispatch.ready(self);
  return undefined;
}

/**
 * A stream of events over HTTP/1.1. The dispatcher writes it; the process of the connection only waits for the end of its
 * client, as a request's context does in the real server, and for room when the connection was full.
 */
function watchResponse(
  server: ApiServer,
  dispatch: WatchDispatch,
  request: ApiRequest,
  conn: TcpConn,
): HttpResponse {
  let served: Served | undefined;
  let isReady = false;
  const watcher = server.openWatch(request, () => {
    isReady = true;
    if (served !== undefined) dispatch.ready(served);
  });
  if ('code' in watcher) return restResponse(watcher);
  return {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: function* (write: HttpWrite): Proc {
      let isHeld = false;
      const held = new Signal();
      const isFull = (): boolean => {
        isHeld = conn.unsentBytes > UNSENT_BYTES_MAX;
        if (isHeld) held.notify();
        return isHeld;
      };
      const self: Served = { watcher, isFull, write };
      served = self;
      if (isReady) dispatch.ready(self);
      try {
        while (!conn.isFinReceived && conn.state !== 'CLOSED') {
          yield* waitAny([conn.readable, isHeld ? conn.writable : held]);
          if (isHeld && !isFull()) dispatch.ready(self);
        }
      } finally {
        watcher.stop();
      }
    },
  };
}

/** exec and log: checks the pod, then asks its kubelet and passes the answer back. */
function* toKubelet(
  ns: NetNs,
  server: ApiServer,
  decoded: ApiRequest,
  request: HttpRequest,
): Proc<HttpResponse> {
  const { namespace = 'default', name = '' } = decoded;
  const got = server.handle({ verb: 'get', resource: 'pods', namespace, name });
  if (got.code !== 200) return restResponse(got);
  const pod = got.body as Pod;
  const query = parseQuery(request.query);
  const container = chosenContainer(pod, query);
  if ('error' in container) return refuse(400, 'BadRequest', container.error);
  const nodeName = pod.spec.nodeName ?? '';
  if (nodeName === '') {
    return refuse(400, 'BadRequest', `pod ${name} does not have a host assigned`);
  }
  const address = nodeAddress(server, nodeName);
  const ip = address === undefined ? undefined : parseIp(address);
  if (ip === undefined)
    return refuse(500, 'InternalError', `no preferred addresses found; known addresses: []`);
  const verb = decoded.subresource === 'exec' ? 'exec' : 'containerLogs';
  const path = [verb, namespace, name, container.name].map(encodeURIComponent).join('/');
  const connection = yield* httpConnect(ns, { ip, port: KUBELET_PORT, timeoutNs: DIAL_TIMEOUT_NS });
  if (!(connection instanceof HttpConnection)) {
    return refuse(500, '', dialError(verb, address ?? '', path, connection));
  }
  const trace = request.headers.get(TRACE_HEADER);
  const head = yield* connection.open({
    method: verb === 'exec' ? 'POST' : 'GET',
    target: `/${path}?${request.query}`,
    headers: [
      ['Host', `${address ?? ''}:${KUBELET_PORT}`],
      ...(trace === undefined ? [] : ([[TRACE_HEADER, trace]] as const)),
    ],
    body: request.body,
  });
  if (head.kind === 'failure') {
    connection.close();
    return refuse(500, '', dialError(verb, address ?? '', path, head));
  }
  if (head.status !== 200) {
    const text = yield* readText(connection);
    connection.close();
    return refuse(head.status, head.status === 404 ? 'NotFound' : 'BadRequest', text);
  }
  return {
    status: 200,
    headers: [['Content-Type', head.headers.get('Content-Type') ?? 'text/plain']],
    body: function* (write: HttpWrite): Proc {
      try {
        for (;;) {
          const part = yield* connection.readBody();
          if (part === 'end' || part === 'timeout' || 'kind' in part) return;
          if (write(part) !== undefined) return;
        }
      } finally {
        connection.close();
      }
    },
  };
}

function* readText(connection: HttpConnection): Proc<string> {
  let text = '';
  for (;;) {
    const part = yield* connection.readBody();
    if (typeof part === 'string' || 'kind' in part) return text;
    text += payloadText(part);
  }
}

function chosenContainer(
  pod: Pod,
  query: ReadonlyMap<string, string>,
): { readonly name: string } | { readonly error: string } {
  const wanted = query.get('container');
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  if (wanted !== undefined && wanted !== '') {
    if (all.some((container) => container.name === wanted)) return { name: wanted };
    return { error: `container ${wanted} is not valid for pod ${pod.metadata.name}` };
  }
  const first = pod.spec.containers[0];
  if (pod.spec.containers.length > 1 || first === undefined) {
    const names = pod.spec.containers.map((container) => container.name).join(' ');
    return {
      error: `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names}]`,
    };
  }
  return { name: first.name };
}

function nodeAddress(server: ApiServer, nodeName: string): string | undefined {
  const got = server.handle({ verb: 'get', resource: 'nodes', name: nodeName });
  if (got.code !== 200) return undefined;
  const node = got.body as Node;
  return node.status?.addresses?.find((entry) => entry.type === 'InternalIP')?.address;
}

function dialError(verb: string, address: string, path: string, why: HttpFailure): string {
  const place = `${address}:${KUBELET_PORT}`;
  const cause =
    why.errno === undefined
      ? why.reason === 'timeout'
        ? `dial tcp ${place}: i/o timeout`
        : 'EOF'
      : `dial tcp ${place}: connect: ${lower(errnoText(why.errno))}`;
  if (verb === 'exec') return `error dialing backend: ${cause}`;
  return `Get "https://${place}/${path}": ${cause}`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function refuse(code: number, reason: string, message: string): HttpResponse {
  return restResponse({
    code,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason,
      message,
      code,
    },
  });
}

function restResponse(response: ApiResponse): HttpResponse {
  const { status, headers, body } = responseToRest(response);
  if (known?.of !== headers) known = { of: headers, fields: new HttpHeaders(headers) };
  return { status, headers: known.fields, body: payloadFromSource(new JsonSource(body, '\n')) };
}

/** The latest headers: those of nearly all answers are the same. */
let known: { readonly of: object; readonly fields: HttpHeaders } | undefined;

function parseQuery(query: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of query.split('&')) {
    const [key = '', value = ''] = part.split('=', 2);
    found.set(decodeURIComponent(key), decodeURIComponent(value));
  }
  return found;
}
