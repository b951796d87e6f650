/**
 * Runs one kubectl command line on the control plane's machine.
 *
 * Files are those that the scenario sent along; exec and logs are HTTP requests to the API server, which
 * passes them to the pod's kubelet.
 */
import { ip } from '@podwire/base';
import type { ApiClient } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  type ExecResult,
  type LogsRequest,
  type LogsResult,
  type ManifestFile,
  runKubectl,
} from '@podwire/kubectl';
import { type ExecAnswer, TRACE_HEADER } from '@podwire/kubelet';
import { HttpConnection, type HttpFailure, errnoText, httpConnect } from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import type { CommandResult, ControlRequest, HttpSeen } from '../control.ts';
import type { EmulatedHost } from '../emulated-host.ts';
import { API_PORT } from '../api-client.ts';
import { kindOrigins } from '../edge-config.ts';
import { lookUpImage } from './samples.ts';

export interface KubectlCommand {
  readonly program: 'kubectl' | 'oc';
  readonly host: EmulatedHost;
  readonly client: ApiClient;
  readonly args: readonly string[];
  readonly request: Extract<ControlRequest, { op: 'exec' }>;
  readonly namespace: string;
  readonly setNamespace: (namespace: string) => void;
}

export function* runKubectlCommand(command: KubectlCommand): Proc<CommandResult> {
  const { host, client, args, request } = command;
  const startedNs = host.sim.nowNs();
  const http: HttpSeen[] = [];
  let stdout = '';
  let stderr = '';
  const exitCode = yield* runKubectl(
    {
      program: command.program,
      origins: kindOrigins(host.world.spec.cluster),
      lookUpImage: (reference) => lookUpImage(reference)?.metadata,
      sim: host.sim,
      client,
      namespace: command.namespace,
      setNamespace: command.setNamespace,
      serverUrl: `https://${host.world.spec.cluster.controlPlaneAddress}:${API_PORT}`,
      stdin: request.stdin,
      readFile: (name, options) => readFile(request, name, options?.recursive === true),
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      exec: function* (exec): Proc<ExecResult> {
        const answer = yield* execInPod(command, exec);
        if ('error' in answer) return { exitCode: 1, stdout: '', stderr: '', error: answer.error };
        http.push(...answer.http);
        return answer;
      },
      logs: (logs, onText) => readLogs(command, logs, onText),
    },
    args,
  );
  return { exitCode, stdout, stderr, startedNs, endedNs: host.sim.nowNs(), http };
}

/** A file, the files of a folder, or standard input, of what was sent along with the command. */
function readFile(
  request: KubectlCommand['request'],
  name: string,
  isRecursive: boolean,
): ManifestFile[] | undefined {
  if (name === '-') return [{ name: 'STDIN', text: request.stdin }];
  const clean = name.replace(/^\.\//, '').replace(/\/$/, '');
  const exact = request.files.find(([path]) => path === clean);
  if (exact !== undefined) return [{ name, text: exact[1] }];
  const prefix = clean === '.' || clean === '' ? '' : `${clean}/`;
  const inside = request.files.filter(
    ([path]) =>
      path.startsWith(prefix) && (isRecursive || !path.slice(prefix.length).includes('/')),
  );
  if (inside.length === 0) return undefined;
  // A folder of manifests may hold other files; one without any is for `create configmap --from-file`.
  const manifests = inside.filter(([path]) => /\.(ya?ml|json)$/.test(path));
  const chosen = manifests.length > 0 ? manifests : inside;
  return chosen.map(([path, text]) => ({ name: path, text }));
}

function* connect(host: EmulatedHost): Proc<HttpConnection | HttpFailure> {
  const address = ip(host.world.spec.cluster.controlPlaneAddress);
  return yield* httpConnect(host.ns, { ip: address, port: API_PORT });
}

function* execInPod(
  command: KubectlCommand,
  exec: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly argv: readonly string[];
    readonly stdin: string;
  },
): Proc<ExecAnswer | { readonly error: string }> {
  const connection = yield* connect(command.host);
  if (!(connection instanceof HttpConnection)) return { error: failureText(connection) };
  const query = [
    `container=${encodeURIComponent(exec.container)}`,
    ...exec.argv.map((word) => `command=${encodeURIComponent(word)}`),
    'stdout=true',
    'stderr=true',
  ].join('&');
  const { traceId } = command.request;
  const reply = yield* connection.request({
    method: 'POST',
    target: `/api/v1/namespaces/${exec.namespace}/pods/${exec.pod}/exec?${query}`,
    headers: [
      ['Host', 'kubernetes'],
      ...(traceId === 0 ? [] : ([[TRACE_HEADER, String(traceId)]] as const)),
    ],
    body: payloadFromText(exec.stdin),
  });
  connection.close();
  if (reply.kind === 'failure') return { error: failureText(reply) };
  const text = payloadText(reply.body);
  if (reply.status !== 200) return { error: statusMessage(text) };
  return JSON.parse(text) as ExecAnswer;
}

function* readLogs(
  command: KubectlCommand,
  logs: LogsRequest,
  onText: (text: string) => void,
): Proc<LogsResult> {
  const connection = yield* connect(command.host);
  if (!(connection instanceof HttpConnection)) return { error: failureText(connection) };
  const query = new Map<string, string>([['container', logs.container]]);
  if (logs.follow) query.set('follow', 'true');
  if (logs.previous) query.set('previous', 'true');
  if (logs.timestamps) query.set('timestamps', 'true');
  if (logs.tailLines !== undefined) query.set('tailLines', String(logs.tailLines));
  if (logs.sinceSeconds !== undefined) query.set('sinceSeconds', String(logs.sinceSeconds));
  const text = [...query].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  try {
    const head = yield* connection.open({
      method: 'GET',
      target: `/api/v1/namespaces/${logs.namespace}/pods/${logs.pod}/log?${text}`,
      headers: [['Host', 'kubernetes']],
    });
    if (head.kind === 'failure') return { error: failureText(head) };
    let refusal = '';
    for (;;) {
      const part = yield* connection.readBody();
      if (part === 'end' || part === 'timeout') break;
      if ('kind' in part) break;
      if (head.status === 200) onText(payloadText(part));
      else refusal += payloadText(part);
    }
    return head.status === 200 ? {} : refusalOf(refusal);
  } finally {
    connection.close();
  }
}

function statusMessage(text: string): string {
  return refusalOf(text).error;
}

/** Message and reason of a Status; a body that is none is its own message. */
function refusalOf(text: string): { readonly error: string; readonly reason?: string } {
  try {
    const { message = text, reason } = JSON.parse(text) as { message?: string; reason?: string };
    return reason === undefined ? { error: message } : { error: message, reason };
  } catch {
    return { error: text };
  }
}

function failureText(failure: HttpFailure): string {
  return failure.errno === undefined ? failure.message : errnoText(failure.errno);
}
