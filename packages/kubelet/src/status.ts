/**
 * Computes a pod's status from its containers, as the kubelet's generateAPIPodStatus does.
 */
import { type Pod, type PodCondition, type PodStatus, jsonEqual } from '@podwire/api';
import type { ContainerRecord } from './container.ts';

export interface StatusInput {
  readonly pod: Pod;
  readonly initContainers: readonly ContainerRecord[];
  readonly containers: readonly ContainerRecord[];
  readonly hasSandbox: boolean;
  readonly podIP: string | undefined;
  readonly hostIP: string;
  readonly startTime: string;
  readonly now: string;
  readonly time: (ns: number) => string;
  /** Set when the kubelet itself ended the pod (eviction, admission). */
  readonly failure?: { readonly reason: string; readonly message: string };
}

export function podStatus(input: StatusInput): PodStatus {
  const { pod, initContainers, containers, time } = input;
  const phase = input.failure === undefined ? podPhase(pod, initContainers, containers) : 'Failed';
  const { podIP } = input;
  return {
    phase,
    conditions: conditions(input, phase),
    hostIP: input.hostIP,
    hostIPs: [{ ip: input.hostIP }],
    startTime: input.startTime,
    qosClass: qosClass(pod),
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    ...(initContainers.length === 0
      ? {}
      : { initContainerStatuses: initContainers.map((record) => record.status(time)) }),
    containerStatuses: containers.map((record) => record.status(time)),
    ...input.failure,
  };
}

/** Phase of the pod (kubelet_pods.go getPhase). */
export function podPhase(
  pod: Pod,
  initContainers: readonly ContainerRecord[],
  containers: readonly ContainerRecord[],
): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  const policy = pod.spec.restartPolicy ?? 'Always';
  for (const record of initContainers) {
    if (record.kind === 'sidecar') continue;
    if (record.isFinished && record.current?.exitCode !== 0 && policy === 'Never') return 'Failed';
    if (!record.isFinished) return 'Pending';
  }
  let running = 0;
  let stopped = 0;
  let failed = 0;
  let waitingFirst = 0;
  for (const record of containers) {
    const everRan = record.current !== undefined;
    if (record.isRunning) running++;
    else if (record.isFinished) {
      stopped++;
      if (record.current?.exitCode !== 0) failed++;
    } else if (everRan) running++;
    else waitingFirst++;
  }
  if (waitingFirst > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (policy === 'Always') return 'Running';
  return failed === 0 ? 'Succeeded' : 'Failed';
}

function conditions(input: StatusInput, phase: string): PodCondition[] {
  const { pod, initContainers, containers } = input;
  const initialized = initContainers.every((record) =>
    record.kind === 'sidecar'
      ? record.isStarted
      : record.isFinished && record.current?.exitCode === 0,
  );
  const ended = phase === 'Succeeded' || phase === 'Failed';
  const unready = [...initContainers.filter((record) => record.kind === 'sidecar'), ...containers]
    .filter((record) => !record.isReady)
    .map((record) => record.container.name);
  const notReady = ended
    ? { reason: phase === 'Failed' ? 'PodFailed' : 'PodCompleted' }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${unready.join(' ')}]`,
      };
  const containersReady = !ended && unready.length === 0 && initialized;
  const gates = (pod.spec.readinessGates ?? []).map((gate) => gate.conditionType);
  const failing = gates.filter((type) => !hasTrueCondition(pod, type));
  const wanted: PodCondition[] = [
    condition('PodReadyToStartContainers', input.hasSandbox && input.podIP !== undefined),
    initialized
      ? condition('Initialized', true)
      : condition('Initialized', false, {
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${initContainers
            .filter((record) => !record.isFinished && !record.isStarted)
            .map((record) => record.container.name)
            .join(' ')}]`,
        }),
    containersReady && failing.length > 0
      ? condition('Ready', false, {
          reason: 'ReadinessGatesNotReady',
          message: failing
            .map(
              (type) => `corresponding condition of pod readiness gate "${type}" does not exist.`,
            )
            .join(', '),
        })
      : condition('Ready', containersReady, notReady),
    condition('ContainersReady', containersReady, notReady),
    condition('PodScheduled', true),
  ];
  const own = new Set(wanted.map((entry) => entry.type));
  const foreign = (pod.status?.conditions ?? []).filter((entry) => !own.has(entry.type));
  return [...wanted.map((entry) => keepTransition(entry, pod, input.now)), ...foreign];
}

function condition(
  type: string,
  isTrue: boolean,
  why: { reason?: string; message?: string } = {},
): PodCondition {
  return isTrue ? { type, status: 'True' } : { type, status: 'False', ...why };
}

function keepTransition(entry: PodCondition, pod: Pod, now: string): PodCondition {
  const before = pod.status?.conditions?.find((old) => old.type === entry.type);
  const kept = before?.status === entry.status ? before.lastTransitionTime : undefined;
  return { ...entry, lastTransitionTime: kept ?? now };
}

function hasTrueCondition(pod: Pod, type: string): boolean {
  return (pod.status?.conditions ?? []).some(
    (entry) => entry.type === type && entry.status === 'True',
  );
}

/** Guaranteed, Burstable or BestEffort (control-plane facts, A.9). */
export function qosClass(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const container of all) {
    const requests = container.resources?.requests ?? {};
    const limits = container.resources?.limits ?? {};
    for (const resource of ['cpu', 'memory']) {
      const request = requests[resource];
      const limit = limits[resource];
      if (request !== undefined || limit !== undefined) any = true;
      if (limit === undefined || (request !== undefined && String(request) !== String(limit))) {
        guaranteed = false;
      }
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** Whether two statuses say the same; the API server orders the fields its own way. */
export function sameStatus(left: PodStatus, right: PodStatus | undefined): boolean {
  return right !== undefined && jsonEqual(left, right);
}
