/**
 * Images that a scenario defines: what they answer, how slowly, how often they fail, whom they call.
 *
 * The data type is validated by `scenario`; here it runs.
 */
import { NS_PER_SEC, formatIp } from '@podwire/base';
import { type Proc, type Process, Signal, sleep } from '@podwire/engine';
import {
  type HttpRequest,
  type Certificate,
  type HttpResponse,
  type HttpServeOptions,
  type HttpServer,
  type TcpConn,
  TlsStream,
  httpServe,
  isTlsStart,
  serveRequests,
  tlsAccept,
  tlsReadHello,
} from '@podwire/netstack';
import {
  type Payload,
  emitHttpHead,
  HttpHeaders,
  httpReason,
  payloadFromText,
  payloadOfFill,
} from '@podwire/wire';
import { type CommandContext, type ContainerPort, changedContext } from './context.ts';
import { fetchUrl } from './fetch.ts';
import {
  clientOf,
  goResponse,
  numberedErrno,
  parseQuery,
  processLabel,
  requestLine,
} from './servers/http.ts';
import { startUdpServer } from './servers/udp-echo.ts';

export interface ScenarioAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  /**
   * Text of the body; `{pod}`, `{namespace}`, `{node}`, `{client}`, `{port}`, `{path}`, `{target}`, `{headers}`,
   * `{calls}` are filled in.
   * Default: the pod's name.
   */
  readonly body?: string;
  /** Instead of a text: so many bytes. */
  readonly bodyBytes?: number;
  readonly delayNs?: number;
  /** Up to so much more, evenly spread. */
  readonly delayJitterNs?: number;
}

/** How a request fails: an error status, a reset, a close without or in the middle of an answer, silence. */
export type ScenarioFailureKind = 'status' | 'reset' | 'empty' | 'truncate' | 'hang';

export interface ScenarioFailure {
  readonly kind: ScenarioFailureKind;
  /** Chance per request in parts per million. */
  readonly ratioPpm: number;
  /** For `status`; default 500. */
  readonly status?: number;
}

export interface ScenarioCall {
  readonly url: string;
  /** Default GET. */
  readonly method?: string;
  /** Default 30 s. */
  readonly timeoutNs?: number;
  /** A failed call makes the answer 502. Default true. */
  readonly isRequired?: boolean;
}

export interface ScenarioImage {
  readonly name: string;
  /** Default: what the container declares. */
  readonly ports?: readonly ContainerPort[];
  /** By path, `*` for all others. */
  readonly answers?: readonly { readonly path: string; readonly answer: ScenarioAnswer }[];
  readonly failures?: readonly ScenarioFailure[];
  readonly calls?: readonly ScenarioCall[];
  readonly areCallsParallel?: boolean;
  readonly sizeBytes?: number;
  /** Time between start and listening. */
  readonly startupNs?: number;
  /** A parameter of the query that tells how many seconds the answer takes. */
  readonly delayParameter?: string;
  /** Ports that speak TLS, with what they show. */
  readonly certificates?: ReadonlyMap<number, Certificate>;
  /** Reaction to SIGTERM: default ends at once with 0. */
  readonly onTerm?: 'exit' | 'ignore' | { readonly exitAfterNs: number };
}

const CALL_TIMEOUT_NS = 30_000_000_000;

export function parseScenarioImages(
  images: readonly ScenarioImage[],
): ReadonlyMap<string, ScenarioImage> {
  return new Map(images.map((image) => [image.name, image]));
}

/** Runs an image as a container's main process. */
export function* runScenarioImage(ctx: CommandContext, image: ScenarioImage): Proc<number> {
  if ((image.startupNs ?? 0) > 0) yield* sleep(image.startupNs ?? 0);
  const servers: HttpServer[] = [];
  const udp: { stop: () => void }[] = [];
  try {
    for (const { port, protocol } of image.ports ?? ctx.containerPorts) {
      const opened =
        protocol === 'UDP'
          ? startUdpServer(ctx, { port }, ({ fromIp }) => answerDatagram(ctx, image, fromIp))
          : httpServe(ctx.ns, listenOptions(ctx, image, port), (request, conn) =>
              serve(ctx, image, request, conn),
            );
      if (typeof opened === 'string') {
        ctx.err(`${image.name}: bind() to 0.0.0.0:${port} failed (${numberedErrno(opened)})\n`);
        return 1;
      }
      if ('stop' in opened) udp.push(opened);
      else servers.push(opened);
    }
    yield* ctx.signals.untilTerminated();
    const onTerm = image.onTerm ?? 'exit';
    if (onTerm === 'ignore') yield* new Signal().wait();
    else if (typeof onTerm === 'object') yield* sleep(onTerm.exitAfterNs);
    return 0;
  } finally {
    for (const server of servers) server.close();
    for (const server of udp) server.stop();
  }
}

/** A port with a certificate takes connections that begin TLS. */
function listenOptions(ctx: CommandContext, image: ScenarioImage, port: number): HttpServeOptions {
  const process = processLabel(image.name);
  const certificate = image.certificates?.get(port);
  if (certificate === undefined) return { port, process };
  const secured = function* (conn: TcpConn, first: Payload): Proc {
    const hello = yield* tlsReadHello(conn, first);
    const stream = typeof hello === 'string' ? hello : yield* tlsAccept(conn, hello, certificate);
    if (stream instanceof TlsStream) {
      yield* serveRequests(stream, (request, { tcp }) => serve(ctx, image, request, tcp));
    } else conn.close();
  };
  return {
    port,
    process,
    other: (conn, first) => (isTlsStart(first) ? secured(conn, first) : undefined),
  };
}

function* serve(
  ctx: CommandContext,
  image: ScenarioImage,
  request: HttpRequest,
  conn: TcpConn,
): Proc<HttpResponse | undefined> {
  const answer = findAnswer(image, request.path);
  const rng = ctx.sim.rng(`image/${image.name}`);
  const failure = image.failures?.find((candidate) => rng.ppm(candidate.ratioPpm));
  const jitterNs = answer?.delayJitterNs ?? 0;
  const delayNs = (answer?.delayNs ?? 0) + (jitterNs > 0 ? rng.between(0, jitterNs) : 0);
  const askedNs = askedDelayNs(image, request);
  if (delayNs + askedNs > 0) yield* sleep(delayNs + askedNs);
  if (failure !== undefined && failure.kind !== 'status') {
    ctx.out(`${clientOf(conn)} "${requestLine(request)}" fails: ${failure.kind}\n`);
    yield* failRequest(conn, failure.kind);
    return undefined;
  }
  // What a traced request makes it ask is traced with it.
  const { traceId } = conn;
  const calls = yield* makeCalls(traceId === 0 ? ctx : changedContext(ctx, { traceId }), image);
  const status =
    failure?.kind === 'status'
      ? (failure.status ?? 500)
      : calls.isBroken
        ? 502
        : answer === undefined
          ? 404
          : (answer.status ?? 200);
  const text = fill(ctx, answer?.body ?? '{pod}', conn.remoteIp, {
    path: request.path,
    target: request.target,
    port: String(conn.localPort),
    headers: [...request.headers.entries()].map(([name, value]) => `${name}: ${value}`).join('\n'),
    calls: calls.text,
  });
  const body =
    answer?.bodyBytes === undefined ? payloadFromText(text) : payloadOfFill(answer.bodyBytes);
  const response = goResponse(
    ctx,
    status,
    status === (answer?.status ?? 200) ? body : `${status} ${httpReason(status)}\n`,
  );
  ctx.out(`${clientOf(conn)} "${requestLine(request)}" ${status}\n`);
  if (answer?.headers === undefined) return response;
  const headers = new HttpHeaders(Array.isArray(response.headers) ? response.headers : []);
  for (const [name, value] of answer.headers) headers.set(name, value);
  return { ...response, headers };
}

/** The text for all paths, which has no path here; without one the pod's name. */
function answerDatagram(ctx: CommandContext, image: ScenarioImage, fromIp: number): Payload {
  const text = findAnswer(image, '*')?.body ?? '{pod}';
  return payloadFromText(fill(ctx, text, fromIp, { path: '', calls: '' }));
}

function findAnswer(image: ScenarioImage, path: string): ScenarioAnswer | undefined {
  const answers = image.answers;
  if (answers === undefined || answers.length === 0) return {};
  return (
    answers.find((entry) => entry.path === path) ?? answers.find((entry) => entry.path === '*')
  )?.answer;
}

function* failRequest(conn: TcpConn, kind: Exclude<ScenarioFailureKind, 'status'>): Proc {
  switch (kind) {
    case 'reset':
      conn.abort();
      return;
    case 'empty':
      conn.close();
      return;
    case 'truncate':
      conn.send(
        emitHttpHead({
          kind: 'response',
          version: 'HTTP/1.1',
          status: 200,
          reason: 'OK',
          headers: new HttpHeaders([['Content-Length', '100']]),
        }),
      );
      conn.send(payloadFromText('abc'));
      conn.close();
      return;
    case 'hang':
      // Holds the connection until the client gives up.
      while (typeof (yield* conn.read()) !== 'string');
      conn.close();
      return;
  }
}

function* makeCalls(
  ctx: CommandContext,
  image: ScenarioImage,
): Proc<{ isBroken: boolean; text: string }> {
  const calls = image.calls ?? [];
  const results: string[] = [];
  let isBroken = false;
  const one = function* (call: ScenarioCall, index: number): Proc {
    const fetched = yield* fetchUrl(ctx, call.url, {
      method: call.method ?? 'GET',
      timeoutNs: call.timeoutNs ?? CALL_TIMEOUT_NS,
    });
    results[index] = fetched.error ?? fetched.body.trimEnd();
    if ((fetched.error !== undefined || fetched.status >= 500) && call.isRequired !== false) {
      isBroken = true;
    }
  };
  if (image.areCallsParallel === true) {
    const running: Process<void>[] = calls.map((call, index) =>
      ctx.sim.spawn(`call ${call.url}`, one(call, index)),
    );
    try {
      for (const process of running) while (!process.isDone) yield* process.done.wait();
    } finally {
      for (const process of running) process.cancel();
    }
  } else {
    for (const [index, call] of calls.entries()) yield* one(call, index);
  }
  return { isBroken, text: results.join(' ') };
}

function askedDelayNs({ delayParameter }: ScenarioImage, { query }: HttpRequest): number {
  if (delayParameter === undefined) return 0;
  const seconds = Number(parseQuery(query).get(delayParameter)?.[0] ?? '0');
  return Number.isFinite(seconds) ? Math.round(seconds * NS_PER_SEC) : 0;
}

function fill(
  ctx: CommandContext,
  text: string,
  clientIp: number,
  values: Readonly<Record<string, string>>,
): string {
  const own = {
    pod: ctx.podName ?? ctx.hostname,
    namespace: ctx.namespace ?? '',
    node: ctx.nodeName ?? '',
    client: formatIp(clientIp),
    ...values,
  };
  let filled = text;
  for (const [name, value] of Object.entries(own)) filled = filled.replaceAll(`{${name}}`, value);
  return filled;
}
