/**
 * The runtime state of one container of a pod, as the kubelet remembers it between two looks.
 */
import type { Container, ContainerState, ContainerStatus } from '@podwire/api';
import type { HostSim, Wait } from '@podwire/engine';
import type { ContainerSpec } from './container-spec.ts';
import type { ImageInfo, RunningProgram } from './runtime.ts';

/** What one start of the container was; the last two are kept for logs and status. */
export interface ContainerRun {
  readonly containerId: string;
  readonly attempt: number;
  readonly program: RunningProgram;
  readonly spec: ContainerSpec;
  readonly startedAtNs: number;
  finishedAtNs: number | undefined;
  exitCode: number | undefined;
  reason: string;
}

export class ContainerRecord {
  readonly container: Container;
  readonly kind: 'init' | 'sidecar' | 'app';
  current: ContainerRun | undefined;
  previous: ContainerRun | undefined;
  restartCount = 0;
  /** Why it is not running: reason and message of state.waiting. */
  waiting: { reason: string; message?: string } | undefined;
  isStarted = false;
  isReady = false;
  /** Set when it will not be started again. */
  isFinished = false;
  image: ImageInfo | undefined;
  #exit: Wait | undefined;

  constructor(container: Container, kind: ContainerRecord['kind'], isInitialized: boolean) {
    this.container = container;
    this.kind = kind;
    this.waiting = { reason: isInitialized ? 'ContainerCreating' : 'PodInitializing' };
  }

  get isRunning(): boolean {
    return this.current !== undefined && this.current.finishedAtNs === undefined;
  }

  /** Calls back when the present run has ended. */
  watch(sim: HostSim, onEnd: () => void): void {
    const program = this.current?.program;
    if (program === undefined || program.exitCode !== undefined) {
      onEnd();
      return;
    }
    this.#exit = program.exited.once();
    this.#exit.arm(sim, {
      wake: () => {
        this.#exit = undefined;
        onEnd();
      },
    });
  }

  unwatch(): void {
    this.#exit?.disarm();
    this.#exit = undefined;
  }

  /** The status entry, with times printed by `time`. */
  status(time: (ns: number) => string): ContainerStatus {
    const run = this.current;
    return {
      name: this.container.name,
      image: this.image?.reference ?? this.container.image ?? '',
      imageID: this.image === undefined ? '' : imageId(this.image),
      ready: this.kind === 'init' ? this.isFinished && this.current?.exitCode === 0 : this.isReady,
      restartCount: this.restartCount,
      started: this.isRunning && this.isStarted,
      state: this.#state(time),
      lastState: this.#lastState(time),
      ...(run === undefined ? {} : { containerID: `containerd://${run.containerId}` }),
    };
  }

  #state(time: (ns: number) => string): ContainerState {
    const run = this.current;
    if (this.waiting !== undefined) return { waiting: { ...this.waiting } };
    if (run === undefined) return { waiting: { reason: 'ContainerCreating' } };
    if (run.finishedAtNs === undefined) return { running: { startedAt: time(run.startedAtNs) } };
    return terminated(run, time);
  }

  #lastState(time: (ns: number) => string): ContainerState {
    const run = this.waiting !== undefined ? this.current : this.previous;
    return run?.finishedAtNs === undefined ? {} : terminated(run, time);
  }
}

/** Repository and digest: what the runtime resolved the tag to. */
function imageId({ reference, digest }: ImageInfo): string {
  if (digest === undefined) return reference;
  const name = /^(.*?)(?::[^:/]*)?(?:@.*)?$/.exec(reference)?.[1] ?? reference;
  return `${name}@sha256:${digest}`;
}

function terminated(run: ContainerRun, time: (ns: number) => string): ContainerState {
  return {
    terminated: {
      exitCode: run.exitCode ?? 0,
      reason: run.reason,
      startedAt: time(run.startedAtNs),
      finishedAt: time(run.finishedAtNs ?? run.startedAtNs),
      containerID: `containerd://${run.containerId}`,
    },
  };
}
