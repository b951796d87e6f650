/**
 * Pods in `kubectl get` (pkg/printers/internalversion printPod): the STATUS column sums up phase, containers
 * and deletion.
 */
import type { ContainerStatus, KubeObject, Pod, PodStatus } from '@podwire/api';
import { parseTime } from '@podwire/api';
import { humanDuration } from '../human-duration.ts';
import { age } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

export const podPrinter: TablePrinter = {
  columns: columns('Name|Ready|Status|Restarts|Age', 'IP|Node|Nominated Node|Readiness Gates'),
  cells(object: KubeObject, nowNs: number): string[] {
    const pod = object as Pod;
    const summary = summarizePod(pod);
    return [
      pod.metadata.name,
      `${summary.ready}/${summary.total}`,
      summary.status,
      restartsCell(summary, nowNs),
      age(pod, nowNs),
      orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP),
      orNone(pod.spec.nodeName),
      orNone(pod.status?.nominatedNodeName),
      readinessGatesCell(pod),
    ];
  },
};

export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  /** Virtual time of the last restart's end; undefined when there was none. */
  readonly lastRestartNs: number | undefined;
}

export function summarizePod(pod: Pod): PodSummary {
  const status: PodStatus = pod.status ?? {};
  const phase = status.phase ?? '';
  let reason = status.reason !== undefined && status.reason !== '' ? status.reason : phase;
  for (const condition of status.conditions ?? []) {
    if (condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated') {
      reason = 'SchedulingGated';
    }
  }
  const sidecars = new Set(
    (pod.spec.initContainers ?? [])
      .filter((container) => container.restartPolicy === 'Always')
      .map((container) => container.name),
  );
  const init = judgeInit(pod, status, sidecars);
  const counter = new RestartCounter();
  let { ready } = init;
  if (init.reason !== undefined) reason = init.reason;
  if (init.reason === undefined || isConditionTrue(status, 'Initialized')) {
    for (const container of status.initContainerStatuses ?? []) {
      if (sidecars.has(container.name)) counter.add(container);
    }
    const main = judgeContainers(status, counter, reason);
    ready += main.ready;
    reason = main.reason;
  } else {
    for (const container of init.seen) counter.add(container);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') reason = 'Terminating';
  }
  return {
    ready,
    total: pod.spec.containers.length + sidecars.size,
    status: reason,
    restarts: counter.count,
    lastRestartNs: counter.lastNs,
  };
}

class RestartCounter {
  count = 0;
  lastNs: number | undefined;

  add(container: ContainerStatus): void {
    this.count += container.restartCount;
    const finishedAt = container.lastState?.terminated?.finishedAt;
    const at = finishedAt === undefined ? undefined : parseTime(finishedAt);
    if (at !== undefined && (this.lastNs === undefined || at > this.lastNs)) this.lastNs = at;
  }
}

/** Init containers up to the first that is not done; `reason` is set while they hold the pod up. */
function judgeInit(
  pod: Pod,
  status: PodStatus,
  sidecars: ReadonlySet<string>,
): { reason: string | undefined; ready: number; seen: readonly ContainerStatus[] } {
  const total = pod.spec.initContainers?.length ?? 0;
  const seen: ContainerStatus[] = [];
  let ready = 0;
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    seen.push(container);
    const { terminated, waiting } = container.state ?? {};
    if (terminated !== undefined && terminated.exitCode === 0) continue;
    if (sidecars.has(container.name) && container.started === true) {
      if (container.ready) ready++;
      continue;
    }
    if (terminated !== undefined) return { reason: `Init:${endOf(terminated)}`, ready, seen };
    const why = waiting?.reason ?? '';
    if (why !== '' && why !== 'PodInitializing') return { reason: `Init:${why}`, ready, seen };
    return { reason: `Init:${index}/${total}`, ready, seen };
  }
  return { reason: undefined, ready, seen };
}

function judgeContainers(
  status: PodStatus,
  counter: RestartCounter,
  before: string,
): { reason: string; ready: number } {
  let reason = before;
  let ready = 0;
  let hasRunning = false;
  for (const container of [...(status.containerStatuses ?? [])].reverse()) {
    counter.add(container);
    const { terminated, waiting, running } = container.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
    else if (terminated !== undefined) reason = endOf(terminated);
    else if (container.ready && running !== undefined) {
      hasRunning = true;
      ready++;
    }
  }
  if (reason === 'Completed' && hasRunning) {
    reason = isConditionTrue(status, 'Ready') ? 'Running' : 'NotReady';
  }
  return { reason, ready };
}

function endOf(terminated: { reason?: string; signal?: number; exitCode: number }): string {
  if (terminated.reason !== undefined && terminated.reason !== '') return terminated.reason;
  return terminated.signal !== undefined && terminated.signal !== 0
    ? `Signal:${terminated.signal}`
    : `ExitCode:${terminated.exitCode}`;
}

function isConditionTrue(status: PodStatus, type: string): boolean {
  return (status.conditions ?? []).some((c) => c.type === type && c.status === 'True');
}

function restartsCell(summary: PodSummary, nowNs: number): string {
  if (summary.restarts === 0 || summary.lastRestartNs === undefined)
    return String(summary.restarts);
  return `${summary.restarts} (${humanDuration(nowNs - summary.lastRestartNs)} ago)`;
}

function readinessGatesCell(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) => isConditionTrue(pod.status ?? {}, gate.conditionType)).length;
  return `${met}/${gates.length}`;
}

function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? '<none>' : text;
}
