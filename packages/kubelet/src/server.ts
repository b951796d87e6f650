/**
 * The kubelet's server on port 10250: exec and container logs, as the API server asks for them.
 *
 * The real exchange streams over SPDY or WebSocket; here a command's output comes as one JSON object when
 * it has ended, and logs come as text, followed when asked. Source: pkg/kubelet/server/server.go.
 */
import { NS_PER_SEC } from '@podwire/base';
import { formatNanoTime } from '@podwire/api';
import { type Proc, sleep } from '@podwire/engine';
import {
  type Errno,
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  type HttpWrite,
  httpServe,
} from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import type { ContainerRun } from './container.ts';
import type { Kubelet } from './kubelet.ts';
import type { LogLine, NodeRuntime } from './runtime.ts';

export const KUBELET_PORT = 10250;
/** Carries the number of a traced command through the API server. */
export const TRACE_HEADER = 'X-Podwire-Trace';

/** What a finished command was, as it travels back. */
export interface ExecAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly http: readonly { readonly status: number }[];
  /** Set when the command did not start: the message of containerd's ExecSync. */
  readonly startError?: string;
}

export function serveKubelet(kubelet: Kubelet): HttpServer | Errno {
  const { ns } = kubelet.node;
  return httpServe(ns, { port: KUBELET_PORT, process: 'kubelet' }, (request) => {
    return answer(kubelet, request);
  });
}

function* answer(kubelet: Kubelet, request: HttpRequest): Proc<HttpResponse> {
  const [verb, namespace, pod, container] = request.path
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part));
  if (verb === 'healthz') return text(200, 'ok');
  if (verb !== 'exec' && verb !== 'containerLogs') return text(404, '404 page not found');
  const worker = kubelet.findPod(namespace ?? '', pod ?? '');
  if (worker === undefined)
    return text(404, `pod "${pod ?? ''}" not found in namespace "${namespace ?? ''}"`);
  const record = worker.find(container ?? '');
  if (record === undefined) {
    return text(
      400,
      `container ${container ?? ''} not found in pod ${pod ?? ''}_${namespace ?? ''}`,
    );
  }
  const query = parseQuery(request.query);
  if (verb === 'containerLogs') {
    const isPrevious = first(query, 'previous') === 'true';
    const run = isPrevious ? record.previous : record.current;
    if (run === undefined) {
      return isPrevious
        ? text(
            400,
            `previous terminated container "${container ?? ''}" in pod "${pod ?? ''}" not found`,
          )
        : text(
            400,
            `container "${container ?? ''}" in pod "${pod ?? ''}" is waiting to start: ${record.waiting?.reason ?? 'ContainerCreating'}`,
          );
    }
    return logs(kubelet.node, run, query);
  }
  const run = record.current;
  if (run === undefined || run.finishedAtNs !== undefined) {
    return text(400, `container not found ("${container ?? ''}")`);
  }
  return yield* exec(kubelet.node, run, query, request);
}

function* exec(
  node: NodeRuntime,
  run: ContainerRun,
  query: ReadonlyMap<string, readonly string[]>,
  request: HttpRequest,
): Proc<HttpResponse> {
  let stdout = '';
  let stderr = '';
  let startError: string | undefined;
  const http: { status: number }[] = [];
  const exitCode = yield* node.exec({
    spec: run.spec,
    program: run.program,
    argv: query.get('command') ?? [],
    stdin: payloadText(request.body),
    traceId: Number(request.headers.get(TRACE_HEADER) ?? 0),
    out: (piece) => {
      stdout += piece;
    },
    err: (piece) => {
      stderr += piece;
    },
    onHttp: (status) => {
      http.push({ status });
    },
    onStartError: (text) => {
      startError = `error executing command in container: failed to exec in container: failed to start exec "${execId(node)}": ${text}`;
    },
  });
  const result: ExecAnswer = {
    exitCode,
    stdout,
    stderr,
    http,
    ...(startError === undefined ? {} : { startError }),
  };
  return {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: payloadFromText(JSON.stringify(result)),
  };
}

/** containerd gives each exec an id of 32 random bytes. */
function execId(node: NodeRuntime): string {
  const rng = node.sim.rng('exec-ids');
  return Array.from({ length: 32 }, () => rng.below(256).toString(16).padStart(2, '0')).join('');
}

function logs(
  node: NodeRuntime,
  run: ContainerRun,
  query: ReadonlyMap<string, readonly string[]>,
): HttpResponse {
  const print = (line: LogLine): string =>
    first(query, 'timestamps') === 'true'
      ? `${formatNanoTime(line.atNs)} ${line.text}\n`
      : `${line.text}\n`;
  const since = first(query, 'sinceSeconds');
  const sinceNs = since === undefined ? -1 : node.sim.nowNs() - Number(since) * NS_PER_SEC;
  const tail = first(query, 'tailLines');
  let lines = run.spec.lines.filter((line) => line.atNs >= sinceNs);
  if (tail !== undefined) lines = Number(tail) === 0 ? [] : lines.slice(-Number(tail));
  if (first(query, 'follow') !== 'true') return text(200, lines.map(print).join(''));
  const next = run.spec.lines.length;
  return {
    status: 200,
    headers: [['Content-Type', 'text/plain']],
    body: (write) => follow(run, lines.map(print).join(''), next, print, write),
  };
}

/** Looks for new lines each 100 ms while the container runs, as the log reader's poll does. */
function* follow(
  run: ContainerRun,
  head: string,
  from: number,
  print: (line: LogLine) => string,
  write: HttpWrite,
): Proc {
  if (head !== '' && write(payloadFromText(head)) !== undefined) return;
  let next = from;
  while (run.finishedAtNs === undefined || next < run.spec.lines.length) {
    const fresh = run.spec.lines.slice(next);
    next = run.spec.lines.length;
    if (fresh.length > 0 && write(payloadFromText(fresh.map(print).join(''))) !== undefined) return;
    if (run.finishedAtNs !== undefined) return;
    yield* sleep(NS_PER_SEC / 10);
  }
}

function text(status: number, body: string): HttpResponse {
  return { status, headers: [['Content-Type', 'text/plain']], body: payloadFromText(body) };
}

function parseQuery(query: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const [key = '', value = ''] = part.split('=', 2);
    const name = decodeURIComponent(key);
    const list = found.get(name) ?? [];
    list.push(decodeURIComponent(value));
    found.set(name, list);
  }
  return found;
}

function first(query: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  return query.get(name)?.[0];
}
