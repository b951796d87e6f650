/**
 * One try of a probe: HTTP, TCP or exec, from the node to the pod's address.
 *
 * Texts as kubelet's pkg/probe prints them.
 */
import { parseIp } from '@podwire/base';
import type { Container, Probe } from '@podwire/api';
import { type Proc, waitUntil } from '@podwire/engine';
import { HttpConnection, errnoText, httpConnect, isErrno, tcpConnect } from '@podwire/netstack';
import type { ContainerRecord } from './container.ts';
import type { PodWorker } from './pod-worker.ts';
import type { ProbeOutcome } from './prober.ts';
import type { NodeRuntime } from './runtime.ts';

const DEADLINE = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

export interface ProbeTry {
  readonly node: NodeRuntime;
  readonly worker: PodWorker;
  readonly record: ContainerRecord;
  readonly container: Container;
  readonly probe: Probe;
  readonly timeoutNs: number;
}

export function* tryProbe(attempt: ProbeTry): Proc<ProbeOutcome> {
  const { probe } = attempt;
  if (probe.exec !== undefined) return yield* tryExec(attempt, probe.exec.command ?? []);
  if (probe.httpGet !== undefined) return yield* tryHttp(attempt, probe.httpGet);
  if (probe.tcpSocket !== undefined) {
    return yield* tryTcp(attempt, probe.tcpSocket.host, probe.tcpSocket.port);
  }
  if (probe.grpc !== undefined) return yield* tryTcp(attempt, undefined, probe.grpc.port);
  return { ok: true };
}

function* tryHttp(attempt: ProbeTry, action: NonNullable<Probe['httpGet']>): Proc<ProbeOutcome> {
  const host = action.host ?? attempt.worker.sandbox?.podIP ?? '';
  const port = portNumber(attempt.container, action.port);
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const path = action.path === undefined || action.path === '' ? '/' : action.path;
  const url = `${scheme}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  const address = parseIp(host);
  if (address === undefined) return { ok: false, text: `Get "${url}": no address` };
  const headers = (action.httpHeaders ?? []).map((header): [string, string] => [
    header.name,
    header.value,
  ]);
  const failed = (why: string): ProbeOutcome => ({ ok: false, text: `Get "${url}": ${why}` });
  const deadlineNs = attempt.node.sim.nowNs() + attempt.timeoutNs;
  const { timeoutNs } = attempt;
  const connection = yield* httpConnect(attempt.node.ns, { ip: address, port, timeoutNs });
  if (!(connection instanceof HttpConnection)) {
    if (connection.reason === 'timeout') return failed(DEADLINE);
    const errno = connection.errno === undefined ? '' : goErrno(errnoText(connection.errno));
    return failed(`dial tcp ${host}:${port}: connect: ${errno}`);
  }
  try {
    const leftNs = deadlineNs - attempt.node.sim.nowNs();
    const reply = yield* connection.request(
      {
        method: 'GET',
        target: path.startsWith('/') ? path : `/${path}`,
        headers: [
          ['Host', `${host}:${port}`],
          ['User-Agent', 'kube-probe/1.36'],
          ['Accept', '*/*'],
          ['Connection', 'close'],
          ...headers,
        ],
      },
      leftNs,
    );
    if (reply.kind === 'reply') {
      if (reply.status >= 200 && reply.status < 400) return { ok: true };
      return { ok: false, text: `HTTP probe failed with statuscode: ${reply.status}` };
    }
    if (reply.reason === 'timeout') return failed(DEADLINE);
    if (reply.errno === undefined) return failed('EOF');
    return failed(`read tcp ${host}:${port}: read: ${goErrno(errnoText(reply.errno))}`);
  } finally {
    connection.close();
  }
}

function* tryTcp(
  attempt: ProbeTry,
  hostOption: string | undefined,
  portOption: number | string,
): Proc<ProbeOutcome> {
  const host = hostOption ?? attempt.worker.sandbox?.podIP ?? '';
  const port = portNumber(attempt.container, portOption);
  const address = parseIp(host);
  const dial = `dial tcp ${host}:${port}`;
  if (address === undefined) return { ok: false, text: `${dial}: no address` };
  const conn = tcpConnect(attempt.node.ns, { ip: address, port });
  if (isErrno(conn)) return { ok: false, text: `${dial}: connect: ${goErrno(errnoText(conn))}` };
  const outcome = yield* conn.connected(attempt.timeoutNs);
  if (outcome === undefined) {
    conn.close();
    return { ok: true };
  }
  conn.abort();
  if (outcome === 'timeout') return { ok: false, text: `${dial}: i/o timeout` };
  return { ok: false, text: `${dial}: connect: ${goErrno(errnoText(outcome))}` };
}

function* tryExec(attempt: ProbeTry, argv: readonly string[]): Proc<ProbeOutcome> {
  const run = attempt.record.current;
  if (run === undefined) return { ok: false, text: 'container is not running' };
  let output = '';
  let exitCode: number | undefined;
  const process = attempt.node.sim.spawn(
    'exec probe',
    (function* (): Proc {
      exitCode = yield* attempt.node.exec({
        spec: run.spec,
        program: run.program,
        argv,
        stdin: '',
        traceId: 0,
        out: (text) => {
          output += text;
        },
        err: (text) => {
          output += text;
        },
      });
    })(),
  );
  const done = yield* waitUntil(
    process.done,
    () => process.isDone,
    attempt.node.sim,
    attempt.timeoutNs,
  );
  if (!done) {
    process.cancel();
    return {
      ok: false,
      text: `command timed out: "${argv.join(' ')}" timed out after ${attempt.timeoutNs / 1e9}s`,
    };
  }
  return exitCode === 0 ? { ok: true } : { ok: false, text: output };
}

/** A port by number, or by name among the container's ports. */
function portNumber(container: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  const named = (container.ports ?? []).find((entry) => entry.name === port);
  return named?.containerPort ?? Number(port);
}

/** Go prints errno texts in lower case. */
function goErrno(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
