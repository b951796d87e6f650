/**
 * `kubectl logs`: of a container, of all containers, of all pods that a selector or workload matches.
 */
import { type Pod, parseTime } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc, Process } from '@podwire/engine';
import type { Command } from '../command.ts';
import { SELECTOR_FLAG } from '../command.ts';
import type { LogsRequest, LogsResult } from '../context.ts';
import { type Failure, fail, failVerbatim, isFailure } from '../failure.ts';
import { boolFlag, durationFlag, intFlag, textFlag } from '../flags.ts';
import { buildLogPod, printBuildLog } from '../oc/build.ts';
import { chooseContainer, podKind, podsOf } from '../pod-choice.ts';
import type { Call, Session } from '../session.ts';

/** Lines per pod with a selector, where nothing else is asked for. */
const SELECTOR_TAIL = 10;

export const logsCommand: Command = {
  path: 'logs',
  aliases: ['log'],
  flags: [
    SELECTOR_FLAG,
    textFlag('container', 'c'),
    boolFlag('follow', 'f'),
    boolFlag('previous', 'p'),
    boolFlag('timestamps'),
    boolFlag('all-containers'),
    boolFlag('all-pods'),
    boolFlag('prefix'),
    boolFlag('ignore-errors'),
    boolFlag('insecure-skip-tls-verify-backend'),
    intFlag('tail', -1),
    intFlag('max-log-requests', 5),
    intFlag('limit-bytes', 0),
    durationFlag('since'),
    textFlag('since-time'),
    durationFlag('pod-running-timeout', '20s'),
  ],
  check(call: Call): Failure | undefined {
    const { flags, args } = call;
    const isSelecting = flags.text('selector') !== '';
    if (args.length === 0 && !isSelecting) {
      return fail(
        "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples",
      );
    }
    if (isSelecting && args.length > 0) {
      return fail('only a selector (-l) or a POD name is allowed');
    }
    if (args.length > 2) {
      return fail(
        "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples",
      );
    }
    if (flags.bool('all-containers') && flags.text('container') !== '') {
      return fail(
        `--all-containers=true should not be specified with container name ${flags.text('container')}`,
      );
    }
    if (flags.has('since') && flags.has('since-time')) {
      return fail('at most one of `sinceTime` or `sinceSeconds` may be specified');
    }
    if (flags.int('tail') < -1) {
      return fail('--tail must be greater than or equal to -1');
    }
    return undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const build = yield* buildLogPod(session, call.args[0] ?? '', call.flags.bool('follow'));
    if (isFailure(build)) return session.failed(build);
    if (build !== undefined) {
      const problem = yield* printBuildLog(session, build, call.flags.bool('follow'));
      return problem === undefined ? 0 : session.failed(problem);
    }
    const pods = yield* choosePods(session, call);
    if (isFailure(pods)) return session.failed(pods);
    if (pods.length === 0) {
      session.err(`No resources found in ${session.namespace} namespace.\n`);
      return 0;
    }
    const sources = sourcesOf(session, call, pods);
    if (isFailure(sources)) return session.failed(sources);
    return yield* printLogs(session, call, sources);
  },
};

function* choosePods(session: Session, call: Call): Proc<readonly Pod[] | Failure> {
  const { flags, args } = call;
  const labelSelector = flags.text('selector');
  if (labelSelector !== '') {
    const listed = yield* session.list(podKind(), { namespace: session.namespace, labelSelector });
    return isFailure(listed) ? listed : (listed.items as readonly Pod[]);
  }
  const word = args[0] ?? '';
  const found = yield* podsOf(session, word);
  if (isFailure(found)) return found;
  if (found.isPod || flags.bool('all-pods')) return found.pods;
  const [first] = found.pods;
  if (first === undefined) return fail('timed out waiting for the condition');
  if (found.pods.length > 1) {
    session.err(`Found ${found.pods.length} pods, using pod/${first.metadata.name}\n`);
  }
  return [first];
}

interface LogSource {
  readonly pod: Pod;
  readonly container: string;
}

function sourcesOf(session: Session, call: Call, pods: readonly Pod[]): LogSource[] | Failure {
  const { flags, args } = call;
  const given = flags.text('container') || (args[1] ?? '');
  const sources: LogSource[] = [];
  for (const pod of pods) {
    if (flags.bool('all-containers')) {
      const init = pod.spec.initContainers ?? [];
      const order = [...init, ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])];
      for (const { name } of order) sources.push({ pod, container: name });
      continue;
    }
    const container = chooseContainer(session, pod, given, false);
    if (isFailure(container)) {
      return given === ''
        ? container
        : fail(`container ${given} is not valid for pod ${pod.metadata.name}`);
    }
    sources.push({ pod, container });
  }
  const limit = flags.int('max-log-requests');
  if (flags.bool('follow') && sources.length > limit) {
    return fail(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${limit}, use --max-log-requests to increase the limit`,
    );
  }
  return sources;
}

function* printLogs(session: Session, call: Call, sources: readonly LogSource[]): Proc<number> {
  if (call.flags.bool('follow') && sources.length > 1)
    return yield* followAll(session, call, sources);
  for (const source of sources) {
    const printer = new LinePrinter(session, call, source);
    const result = yield* session.ctx.logs(requestOf(session, call, source), (text) => {
      printer.write(text);
    });
    printer.end();
    const problem = failureIn(result);
    if (problem === undefined) continue;
    if (call.flags.bool('ignore-errors')) session.err(`error: ${result.error ?? ''}\n`);
    else return session.failed(problem);
  }
  return 0;
}

/** Several streams at once, line by line as they come. */
function* followAll(session: Session, call: Call, sources: readonly LogSource[]): Proc<number> {
  const streams: Process<LogsResult>[] = [];
  try {
    for (const source of sources) {
      const printer = new LinePrinter(session, call, source);
      streams.push(
        session.ctx.sim.spawn(
          'kubectl-logs',
          session.ctx.logs(requestOf(session, call, source), (text) => {
            printer.write(text);
          }),
        ),
      );
    }
    for (const stream of streams) {
      while (!stream.isDone) yield* stream.done.wait();
      const problem = failureIn(stream.result ?? {});
      if (problem !== undefined && !call.flags.bool('ignore-errors'))
        return session.failed(problem);
    }
    return 0;
  } finally {
    for (const stream of streams) stream.cancel();
  }
}

function failureIn(result: LogsResult): Failure | undefined {
  if (result.error === undefined) return undefined;
  const reason = result.reason ?? (result.error.endsWith('not found') ? 'NotFound' : 'BadRequest');
  const told = reason === '' ? '' : ` (${reason})`;
  return failVerbatim(`Error from server${told}: ${result.error}`);
}

function requestOf(session: Session, call: Call, { pod, container }: LogSource): LogsRequest {
  const { flags } = call;
  const isSelecting = flags.text('selector') !== '' && !flags.has('tail') && !flags.bool('follow');
  const tailLines = isSelecting ? SELECTOR_TAIL : flags.int('tail');
  const sinceSeconds = sinceOf(session, call);
  return {
    namespace: pod.metadata.namespace ?? session.namespace,
    pod: pod.metadata.name,
    container,
    follow: flags.bool('follow'),
    timestamps: flags.bool('timestamps'),
    previous: flags.bool('previous'),
    ...(tailLines < 0 ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
  };
}

function sinceOf(session: Session, call: Call): number | undefined {
  const at = parseTime(call.flags.text('since-time'));
  const ns = at === undefined ? call.flags.durationNs('since') : session.nowNs() - at;
  return ns <= 0 ? undefined : Math.max(1, Math.ceil(ns / NS_PER_SEC));
}

/** Prints a stream; with `--prefix` each line says where it comes from. */
class LinePrinter {
  readonly #session: Session;
  readonly #prefix: string;
  #rest = '';

  constructor(session: Session, call: Call, { pod, container }: LogSource) {
    this.#session = session;
    this.#prefix = call.flags.bool('prefix') ? `[pod/${pod.metadata.name}/${container}] ` : '';
  }

  write(text: string): void {
    if (this.#prefix === '') {
      this.#session.out(text);
      return;
    }
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.#session.out(lines.map((line) => `${this.#prefix}${line}\n`).join(''));
  }

  end(): void {
    if (this.#rest !== '') this.#session.out(`${this.#prefix}${this.#rest}`);
    this.#rest = '';
  }
}
