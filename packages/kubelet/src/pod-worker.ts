/**
 * One pod's life on this node: sandbox, init containers, containers, restarts, probes, termination.
 *
 * From: kubelet.ts, one worker per pod uid. To: the status manager (status.ts computes, kubelet.ts sends),
 * and the runtime. What comes up, backs off or goes down is a process (kubelet's syncPod and computePodActions,
 * written as what they do over time); a pod that runs is none, its containers' ends are watched.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Container, EventRecorder, Pod, PodStatus, Probe } from '@podwire/api';
import { formatTime, referenceTo } from '@podwire/api';
import { type Proc, type Process, Signal, sleep, waitUntil } from '@podwire/engine';
import { Backoff } from './backoff.ts';
import { type ContainerRun, ContainerRecord } from './container.ts';
import { type ContainerSpec, containerSpec } from './container-spec.ts';
import type { EnvFacts, References } from './env.ts';
import type { KubeletOptions } from './options.ts';
import type { PodResolvConf } from './pod-files.ts';
import { tryProbe } from './probe.ts';
import { ContainerProber, type ProbeKind } from './prober.ts';
import { ensureImage } from './pull.ts';
import type { NodeRuntime } from './runtime.ts';
import { type Sandbox, createSandbox, removeSandbox } from './sandbox.ts';
import type { Moment, ServiceHistory } from './service-history.ts';
import { podPhase, podStatus } from './status.ts';
import { mountProblem } from './volumes.ts';

export interface PodWorkerHost {
  readonly node: NodeRuntime;
  readonly options: KubeletOptions;
  readonly events: EventRecorder;
  readonly nodeIPText: string;
  /** A 64-digit identity for a sandbox or container. */
  newId(): string;
  /** Something of the pod changed; its status is to be looked at. */
  changed(worker: PodWorker): void;
  /** Returns while the kubelet runs; waits while it is stopped: nothing is started meanwhile. */
  whileRunning(): Proc<unknown>;
  /** Values that environment variables and volumes refer to. */
  readonly references: References;
  readonly services: {
    readonly history: ServiceHistory;
    /** What this node has seen of the Services. */
    now(): Moment;
  };
  resolvConf(pod: Pod): PodResolvConf;
}

const MIN_GRACE_AFTER_PRESTOP_NS = 2 * NS_PER_SEC;

export class PodWorker {
  readonly uid: string;
  pod: Pod;
  sandbox: Sandbox | undefined;
  readonly initContainers: ContainerRecord[];
  readonly containers: ContainerRecord[];
  isTerminating = false;
  isTerminated = false;
  readonly host: PodWorkerHost;
  #backoff: Backoff | undefined;
  /** Of containers that have probes. */
  #probers: Map<ContainerRecord, ContainerProber> | undefined;
  /** Containers that come up or go down now; one that runs needs no process. */
  #processes: Process[] = [];
  readonly #changed = new Signal();
  #sandboxAttempt = 0;
  #graceEndNs = 0;
  #isStopTold = false;
  /** Runs whose preStop hook has been called. */
  #preStopped: Set<ContainerRun> | undefined;
  #startTimeNs: number;
  #failure: { reason: string; message: string } | undefined;
  /** Brings the pod up, or ends it; a pod that is up has none. */
  #main: Process | undefined;

  constructor(host: PodWorkerHost, pod: Pod) {
    this.host = host;
    this.pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.#startTimeNs = host.node.sim.nowNs();
    const inits = pod.spec.initContainers ?? [];
    const noInits = inits.length === 0;
    this.initContainers = inits.map(
      (container) =>
        new ContainerRecord(
          container,
          container.restartPolicy === 'Always' ? 'sidecar' : 'init',
          false,
        ),
    );
    this.containers = pod.spec.containers.map(
      (container) => new ContainerRecord(container, 'app', noInits),
    );
    this.#main = host.node.sim.spawn(`pod ${this.label}`, this.#run());
    host.changed(this);
  }

  get label(): string {
    return `${this.namespace}/${this.pod.metadata.name}`;
  }

  get namespace(): string {
    return this.pod.metadata.namespace ?? 'default';
  }

  /** The status to report now. */
  status(): PodStatus {
    return podStatus({
      pod: this.pod,
      initContainers: this.initContainers,
      containers: this.containers,
      hasSandbox: this.sandbox !== undefined,
      podIP: this.sandbox?.podIP ?? this.pod.status?.podIP,
      hostIP: this.host.nodeIPText,
      startTime: formatTime(this.#startTimeNs),
      now: formatTime(this.host.node.sim.nowNs()),
      time: formatTime,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    });
  }

  /** Starts graceful termination; again with an earlier end only shortens it. */
  terminate(graceNs: number): void {
    const { sim } = this.host.node;
    const endNs = sim.nowNs() + graceNs;
    if (this.isTerminated || (this.isTerminating && endNs >= this.#graceEndNs)) return;
    this.isTerminating = true;
    this.#graceEndNs = endNs;
    this.#cancelAll();
    // Readiness is still probed; nothing is restarted any more.
    for (const prober of this.#probers?.values() ?? []) prober.stopRestarts();
    this.#main = sim.spawn(`terminate ${this.label}`, this.#terminate(graceNs));
  }

  /** The pod object is gone or the node reboots: everything ends at once. */
  destroy(): void {
    this.isTerminating = true;
    this.#cancelAll();
    this.#stopProbers();
    for (const record of this.#records()) record.current?.program.kill();
    if (this.sandbox !== undefined) removeSandbox(this.host.node, this.sandbox);
    this.sandbox = undefined;
    this.isTerminated = true;
  }

  /** Kills the pause process: all containers end, a new sandbox with a new address follows. */
  killSandbox(): void {
    const sandbox = this.sandbox;
    if (sandbox === undefined || this.isTerminating) return;
    this.#cancelAll();
    this.#stopProbers();
    for (const record of this.#records()) {
      const run = record.current;
      if (run !== undefined && run.finishedAtNs === undefined) {
        run.program.kill();
        this.#noteExit(record, run, 137, 'Error');
      }
      if (run !== undefined) record.restartCount++;
      record.isStarted = false;
      record.isReady = false;
      record.isFinished = false;
      record.waiting = { reason: 'ContainerCreating' };
    }
    removeSandbox(this.host.node, sandbox);
    this.sandbox = undefined;
    this.#event(
      'Normal',
      'SandboxChanged',
      'Pod sandbox changed, it will be killed and re-created.',
    );
    this.#main = this.host.node.sim.spawn(`pod ${this.label}`, this.#run());
    this.#touch();
  }

  /** Kills one container's main process, as a crash would. */
  killContainer(name: string): boolean {
    const record = this.find(name);
    if (record === undefined || !record.isRunning) return false;
    record.current?.program.kill();
    return true;
  }

  find(name: string): ContainerRecord | undefined {
    return [...this.containers, ...this.initContainers].find(
      (record) => record.container.name === name,
    );
  }

  *#run(): Proc {
    yield* this.#makeSandbox();
    for (const record of this.initContainers) {
      if (record.kind === 'sidecar') {
        this.#start(record);
        yield* waitUntil(this.#changed, () => record.isStarted, this.host.node.sim);
        continue;
      }
      yield* this.#runToEnd(record);
      if (record.current?.exitCode !== 0) {
        for (const app of this.containers) app.waiting = { reason: 'PodInitializing' };
        this.#touch();
        return;
      }
    }
    for (const record of this.containers) record.waiting = { reason: 'ContainerCreating' };
    for (const record of this.containers) yield* this.#startInTurn(record);
    this.#main = undefined;
    this.#processes = this.#processes.filter((process) => !process.isDone);
    this.#endWhenOver();
  }

  /** A finished pod gives its address back; status.podIP still shows it. */
  #endWhenOver(): void {
    if (this.#main !== undefined || this.isTerminating || !this.#isOver()) return;
    for (const record of this.initContainers) {
      if (record.isRunning) record.current?.program.terminate();
    }
    if (this.sandbox !== undefined) removeSandbox(this.host.node, this.sandbox);
    this.sandbox = undefined;
    this.#touch();
  }

  #isOver(): boolean {
    const phase = podPhase(this.pod, this.initContainers, this.containers);
    return phase === 'Succeeded' || phase === 'Failed';
  }

  *#makeSandbox(): Proc {
    const { node, options } = this.host;
    for (;;) {
      yield* this.host.whileRunning();
      const unmounted = mountProblem(this.pod, this.facts(''));
      if (unmounted !== undefined) {
        this.#event('Warning', 'FailedMount', unmounted);
        yield* sleep(options.mountRetryNs);
        continue;
      }
      const notReady = node.cni.notReady();
      if (notReady !== undefined && this.pod.spec.hostNetwork !== true) {
        this.#event('Warning', 'NetworkNotReady', `network is not ready: ${notReady}`);
        yield* sleep(options.sandboxRetryNs);
        continue;
      }
      const id = this.host.newId();
      const made = yield* createSandbox(node, options, this.pod, id, this.#sandboxAttempt);
      if (!('error' in made)) {
        this.sandbox = made;
        this.#sandboxAttempt++;
        this.#touch();
        return;
      }
      this.#event(
        'Warning',
        'FailedCreatePodSandBox',
        `Failed to create pod sandbox: ${made.error}`,
      );
      yield* sleep(options.sandboxRetryNs);
    }
  }

  /** The next container begins when this one runs, or was found unable to. */
  *#startInTurn(record: ContainerRecord): Proc {
    const before = record.current;
    this.#start(record);
    const isPast = (): boolean =>
      record.current !== before || record.waiting?.reason !== 'ContainerCreating';
    yield* waitUntil(this.#changed, isPast, this.host.node.sim);
  }

  #start(record: ContainerRecord): void {
    this.#spawn(`container ${this.label}/${record.container.name}`, this.#startAndWatch(record));
  }

  #spawn(name: string, proc: Proc): Process {
    const process = this.host.node.sim.spawn(name, proc);
    this.#processes = this.#processes.filter((other) => !other.isDone);
    this.#processes.push(process);
    return process;
  }

  #cancelAll(): void {
    this.#main?.cancel();
    for (const process of this.#processes) process.cancel();
    this.#processes = [];
    for (const record of this.#records()) record.unwatch();
  }

  #stopProbers(): void {
    for (const prober of this.#probers?.values() ?? []) prober.stop();
    this.#probers = undefined;
  }

  #records(): ContainerRecord[] {
    return [...this.initContainers, ...this.containers];
  }

  /** Starts the container; from then on only its end is of interest. */
  *#startAndWatch(record: ContainerRecord): Proc {
    const run = yield* this.#bringUp(record);
    record.watch(this.host.node.sim, () => {
      this.#onEnd(record, run);
    });
  }

  #onEnd(record: ContainerRecord, run: ContainerRun): void {
    const isAgain = this.#noteEnd(record, run);
    this.#touch();
    if (isAgain) {
      const name = `container ${this.label}/${record.container.name}`;
      this.#spawn(name, this.#startAgain(record));
    } else this.#endWhenOver();
  }

  *#startAgain(record: ContainerRecord): Proc {
    yield* this.#backOff(record);
    record.restartCount++;
    yield* this.#startAndWatch(record);
  }

  /** An init container: until it has ended for good. */
  *#runToEnd(record: ContainerRecord): Proc {
    for (;;) {
      const run = yield* this.#bringUp(record);
      const { program } = run;
      yield* waitUntil(program.exited, () => program.exitCode !== undefined, this.host.node.sim);
      const isAgain = this.#noteEnd(record, run);
      this.#touch();
      if (!isAgain) return;
      yield* this.#backOff(record);
      record.restartCount++;
    }
  }

  /** Pulls the image and starts the container, as often as it takes. */
  *#bringUp(record: ContainerRecord): Proc<ContainerRun> {
    const { options } = this.host;
    const key = record.container.name;
    for (;;) {
      yield* this.host.whileRunning();
      yield* this.#pull(record);
      const spec = containerSpec(this, record);
      if ('error' in spec) {
        record.waiting = { reason: 'CreateContainerConfigError', message: spec.error };
        this.#event('Warning', 'Failed', `Error: ${spec.error}`, record.container.name);
        this.#touch();
        yield* sleep(options.sandboxRetryNs);
        continue;
      }
      for (const { reason, message } of this.host.resolvConf(this.pod).events) {
        this.#event('Warning', reason, message);
      }
      this.#event('Normal', 'Created', `Created container: ${key}`, key);
      yield* sleep(options.containerStartNs);
      const run = this.#launch(record, spec);
      this.#event('Normal', 'Started', `Started container ${key}`, key);
      this.#touch();
      return run;
    }
  }

  /** The container has ended; whether it is to be started again. */
  #noteEnd(record: ContainerRecord, run: ContainerRun): boolean {
    const exitCode = run.program.exitCode ?? 0;
    this.#noteExit(record, run, exitCode, exitCode === 0 ? 'Completed' : 'Error');
    this.#probers?.get(record)?.stop();
    this.#probers?.delete(record);
    record.isStarted = false;
    record.isReady = false;
    const isAgain = this.#restarts(record, exitCode);
    if (!isAgain) record.isFinished = true;
    return isAgain;
  }

  #restarts(record: ContainerRecord, exitCode: number): boolean {
    const policy = this.pod.spec.restartPolicy ?? 'Always';
    if (record.kind === 'sidecar') return true;
    if (record.kind === 'init') return exitCode !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  /** The first restart is immediate; then 10 s, 20 s, … with reason CrashLoopBackOff. */
  *#backOff(record: ContainerRecord): Proc {
    const { node } = this.host;
    const key = record.container.name;
    this.#backoff ??= new Backoff();
    const delayNs = this.#backoff.currentNs(key, node.sim.nowNs());
    this.#backoff.next(key, node.sim.nowNs());
    if (delayNs === 0) return;
    const owner = `${this.pod.metadata.name}_${this.namespace}(${this.uid})`;
    record.waiting = {
      reason: 'CrashLoopBackOff',
      message: `back-off ${goSeconds(delayNs)} restarting failed container=${key} pod=${owner}`,
    };
    this.#event(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${key} in pod ${owner}`,
      key,
    );
    this.#touch();
    yield* sleep(delayNs);
  }

  *#pull(record: ContainerRecord): Proc {
    record.image = yield* ensureImage({
      node: this.host.node,
      options: this.host.options,
      container: record.container,
      event: (type, reason, message) => {
        this.#event(type, reason, message, record.container.name);
      },
      waiting: (waiting) => {
        record.waiting = waiting;
        this.#touch();
      },
    });
  }

  #launch(record: ContainerRecord, spec: ContainerSpec): ContainerRun {
    const { node } = this.host;
    const run: ContainerRun = {
      containerId: this.host.newId(),
      attempt: record.restartCount,
      program: node.startProgram(spec),
      spec,
      startedAtNs: node.sim.nowNs(),
      finishedAtNs: undefined,
      exitCode: undefined,
      reason: '',
    };
    record.previous = record.current;
    record.current = run;
    record.waiting = undefined;
    const { startupProbe, readinessProbe, livenessProbe } = record.container;
    const hasProbes = (startupProbe ?? readinessProbe ?? livenessProbe) !== undefined;
    record.isStarted = startupProbe === undefined;
    record.isReady = record.isStarted && readinessProbe === undefined && record.kind !== 'init';
    if (hasProbes && record.kind !== 'init') this.#probe(record);
    return run;
  }

  #probe(record: ContainerRecord): void {
    const { node } = this.host;
    const { container } = record;
    const prober = new ContainerProber(
      {
        sim: node.sim,
        tryProbe: (target: Container, probe: Probe, timeoutNs: number) =>
          tryProbe({ node, worker: this, record, container: target, probe, timeoutNs }),
        onResult: (kind, isSuccess) => {
          this.#onProbe(record, kind, isSuccess);
        },
        onFailure: (kind, text) => {
          const word =
            kind === 'startup' ? 'Startup' : kind === 'liveness' ? 'Liveness' : 'Readiness';
          this.#event('Warning', 'Unhealthy', `${word} probe failed: ${text}`, container.name);
        },
      },
      container,
      `${this.label}/${container.name}`,
    );
    this.#probers ??= new Map();
    this.#probers.set(record, prober);
  }

  #onProbe(record: ContainerRecord, kind: ProbeKind, isSuccess: boolean): void {
    if (kind === 'readiness') record.isReady = isSuccess;
    else if (kind === 'startup' && isSuccess) {
      record.isStarted = true;
      if (record.container.readinessProbe === undefined) record.isReady = true;
    } else if (!isSuccess) {
      const name = record.container.name;
      const word = kind === 'startup' ? 'startup' : 'liveness';
      this.#event(
        'Normal',
        'Killing',
        `Container ${name} failed ${word} probe, will be restarted`,
        name,
      );
      const stopping = this.#stopContainer(record, this.#graceNs());
      this.#spawn(`kill ${this.label}/${name}`, stopping);
    }
    this.#touch();
  }

  #graceNs(): number {
    return (this.pod.spec.terminationGracePeriodSeconds ?? 30) * NS_PER_SEC;
  }

  /** preStop, TERM, and KILL when the grace is over; returns when the program has ended. */
  *#stopContainer(record: ContainerRecord, graceNs: number): Proc {
    const run = record.current;
    if (run === undefined || run.finishedAtNs !== undefined) return;
    const { node } = this.host;
    const startedNs = node.sim.nowNs();
    const preStop = record.container.lifecycle?.preStop;
    if (preStop !== undefined && graceNs > 0 && this.#preStopped?.has(run) !== true) {
      this.#preStopped ??= new Set();
      this.#preStopped.add(run);
      yield* this.#preStop(record, run, graceNs);
    }
    const leftNs = graceNs - (node.sim.nowNs() - startedNs);
    const ended = (): boolean => run.program.exitCode !== undefined;
    if (!ended() && graceNs > 0) {
      run.program.terminate();
      const waitNs = preStop === undefined ? leftNs : Math.max(leftNs, MIN_GRACE_AFTER_PRESTOP_NS);
      yield* waitUntil(run.program.exited, ended, node.sim, waitNs);
    }
    if (!ended()) {
      run.program.kill();
      yield* waitUntil(run.program.exited, ended, node.sim);
    }
  }

  *#preStop(record: ContainerRecord, run: ContainerRun, graceNs: number): Proc {
    const { node } = this.host;
    const handler = record.container.lifecycle?.preStop;
    if (handler?.sleep !== undefined) {
      yield* sleep(Math.min(handler.sleep.seconds * NS_PER_SEC, graceNs));
      return;
    }
    const done = new Signal();
    let isDone = false;
    const hook = node.sim.spawn(
      `preStop ${this.label}/${record.container.name}`,
      (function* (worker: PodWorker): Proc {
        if (handler?.exec !== undefined) {
          yield* node.exec({
            spec: run.spec,
            program: run.program,
            argv: handler.exec.command ?? [],
            stdin: '',
            traceId: 0,
            out: () => {},
            err: () => {},
          });
        } else if (handler?.httpGet !== undefined) {
          const probe: Probe = { httpGet: handler.httpGet };
          const { container } = record;
          yield* tryProbe({ node, worker, record, container, probe, timeoutNs: graceNs });
        }
        isDone = true;
        done.notify();
      })(this),
    );
    yield* waitUntil(done, () => isDone, node.sim, graceNs);
    hook.cancel();
  }

  *#terminate(graceNs: number): Proc {
    const stop = (record: ContainerRecord): Process => {
      const name = record.container.name;
      if (record.isRunning && !this.#isStopTold) {
        this.#event('Normal', 'Killing', `Stopping container ${name}`, name);
      }
      return this.#spawn(`stop ${this.label}/${name}`, this.#stopContainer(record, graceNs));
    };
    const stopping = this.containers.map(stop);
    this.#isStopTold = true;
    yield* this.#join(stopping);
    for (const record of this.initContainers.toReversed()) yield* this.#join([stop(record)]);
    for (const record of this.#records()) {
      const run = record.current;
      if (run === undefined || run.finishedAtNs !== undefined) continue;
      const exitCode = run.program.exitCode ?? 137;
      this.#noteExit(record, run, exitCode, exitCode === 0 ? 'Completed' : 'Error');
      record.isReady = false;
      record.isStarted = false;
    }
    this.#stopProbers();
    if (this.sandbox !== undefined) removeSandbox(this.host.node, this.sandbox);
    this.sandbox = undefined;
    this.isTerminated = true;
    this.host.changed(this);
  }

  *#join(processes: readonly Process[]): Proc {
    for (const process of processes) {
      yield* waitUntil(process.done, () => process.isDone, this.host.node.sim);
    }
  }

  #noteExit(record: ContainerRecord, run: ContainerRun, exitCode: number, reason: string): void {
    run.finishedAtNs = this.host.node.sim.nowNs();
    run.exitCode = exitCode;
    run.reason = reason;
    record.waiting = undefined;
  }

  /** What variables and files may say of the pod and its node. */
  facts(podIP: string): EnvFacts {
    const { node, references, nodeIPText } = this.host;
    return { podIP, hostIP: nodeIPText, nodeName: node.nodeName, references };
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    const fieldPath =
      container === undefined
        ? {}
        : {
            fieldPath: this.initContainers.some((record) => record.container.name === container)
              ? `spec.initContainers{${container}}`
              : `spec.containers{${container}}`,
          };
    this.host.events.event({ ...referenceTo(this.pod), ...fieldPath }, type, reason, message);
  }

  #touch(): void {
    this.#changed.notify();
    this.host.changed(this);
  }
}

/** A whole number of seconds as Go prints the duration: `10s`, `1m20s`, `5m0s`. */
function goSeconds(ns: number): string {
  const seconds = Math.round(ns / NS_PER_SEC);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
