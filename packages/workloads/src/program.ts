/**
 * Runs a container: its main process, its output, its end.
 *
 * The kubelet starts one per container of a pod in the pod's namespace and stops it by signals; commands
 * by exec run beside the main process (run-command.ts). A process that is killed leaves by the `finally`
 * blocks of its generator, which close what it had open, as the kernel closes the sockets of the dead.
 */
import type { Ip } from '@podwire/base';
import { type HostSim, type Proc, type Process, Signal, type Timer } from '@podwire/engine';
import type { NetNs } from '@podwire/netstack';
import { ContainerView } from './container-view.ts';
import {
  type ContainerPort,
  type ExecContext,
  type NodeTools,
  type SignalState,
  wholeContext,
} from './context.ts';
import { type FoundImage, findImage } from './image-catalogue.ts';
import { LogBuffer, type LogLine } from './log-buffer.ts';
import { listener } from './programs/listener.ts';
import { ProcessTable } from './process-table.ts';
import { type ExecResult, findCommand, runCommand } from './run-command.ts';
import { type ScenarioImage, runScenarioImage } from './scenario-image.ts';

/** What surrounds a container. */
export interface ContainerContext {
  readonly sim: HostSim;
  /** The pod's namespace, or the node's. */
  readonly ns: NetNs;
  readonly podName: string;
  readonly namespace: string;
  readonly nodeName: string;
  readonly podIP: Ip;
  readonly hostname: string;
  readonly env: ReadonlyMap<string, string>;
  /** Contents of /etc/resolv.conf and /etc/hosts. */
  readonly resolvConf: string;
  readonly hosts: string;
  readonly containerPorts: readonly ContainerPort[];
  /** Further files: mounted volumes; a function gives them as they are now. */
  readonly files?: ReadonlyMap<string, string> | (() => ReadonlyMap<string, string>);
  /** Gets each line of output; then `RunningContainer.logs` stays empty. */
  readonly log?: ((line: LogLine) => void) | undefined;
  /** A pod that shares its process namespace gives one table to all containers. */
  readonly processes?: ProcessTable;
  readonly node?: NodeTools;
  readonly epochSec?: number;
  /** Images that the scenario defines, by name. */
  readonly scenarioImages?: ReadonlyMap<string, ScenarioImage> | undefined;
  /** Notices for the user: an unknown image, for instance. */
  readonly notice?: (text: string) => void;
}

export interface ContainerSpec {
  readonly image: string;
  /** Replaces the image's entrypoint and default arguments. */
  readonly command?: readonly string[];
  /** Replaces the image's default arguments. */
  readonly args?: readonly string[];
}

export type StopSignal = 'TERM' | 'KILL';

/** 128 + SIGKILL. */
const EXIT_KILLED = 137;

export class RunningContainer {
  readonly logs: LogBuffer;
  readonly startedNs: number;
  /** Undefined while it runs. */
  exitCode: number | undefined = undefined;
  finishedNs = 0;
  /** Set when it never started: the runtime's message (reason StartError, exit code 128). */
  startError: string | undefined = undefined;
  /** Notified once it has ended. */
  readonly exited: Signal = new Signal();
  readonly view: ContainerView;
  readonly #sim: HostSim;
  /** The main process's argv, as ps shows it. */
  readonly #argv: readonly string[];
  #processes: ProcessTable | undefined;
  #pid = 0;
  #process: Process<number> | undefined = undefined;
  #killTimer: Timer | undefined = undefined;

  constructor(ctx: ContainerContext, found: FoundImage | undefined, argv: readonly string[]) {
    this.logs = new LogBuffer(ctx.log);
    this.#sim = ctx.sim;
    this.view = new ContainerView(this, ctx, found);
    this.startedNs = ctx.sim.nowNs();
    this.#argv = argv;
    if (ctx.processes !== undefined) this.#enterProcess(ctx.processes);
  }

  /** The context in which exec runs commands. */
  get execContext(): ExecContext {
    return wholeContext(this.view);
  }

  get processes(): ProcessTable {
    return this.#processes ?? this.#enterProcess(new ProcessTable());
  }

  get isRunning(): boolean {
    return this.exitCode === undefined;
  }

  /** The main process; undefined when it never started. */
  get process(): Process<number> | undefined {
    return this.#process;
  }

  get signals(): SignalState {
    return this.view.signals;
  }

  /** Runs the main process. */
  start(name: string, main: Proc<number>): void {
    this.#process = this.#sim.spawn(name, this.#main(main));
  }

  /** Ends without having started. */
  failToStart(message: string): void {
    this.startError = message;
    this.#finish(128);
  }

  /** Sends a signal; after TERM, KILL follows when `graceNs` is over. Ended containers do not mind. */
  stop(signal: StopSignal, graceNs?: number): void {
    if (this.exitCode !== undefined) return;
    if (signal === 'KILL') {
      this.#process?.cancel();
      this.#finish(EXIT_KILLED);
      return;
    }
    this.view.signals.terminate();
    if (graceNs !== undefined && this.#killTimer === undefined) {
      this.#killTimer = this.#sim.after(graceNs, () => {
        this.stop('KILL');
      });
    }
  }

  /** Waits for the end; its exit code. */
  *wait(): Proc<number> {
    while (this.exitCode === undefined) yield* this.exited.wait();
    return this.exitCode;
  }

  /** Runs a command in the container; `onOutput` gets output as it comes. */
  exec(
    argv: readonly string[],
    options: Partial<Pick<ExecContext, 'isTty' | 'stdin' | 'traceId' | 'onOutput' | 'onHttp'>> = {},
  ): Proc<ExecResult> {
    return runCommand({ ...this.execContext, ...options }, argv);
  }

  *#main(main: Proc<number>): Proc<number> {
    const exitCode = yield* main;
    this.#finish(exitCode);
    return exitCode;
  }

  #finish(exitCode: number): void {
    if (this.exitCode !== undefined) return;
    this.#killTimer?.cancel();
    this.exitCode = exitCode;
    this.finishedNs = this.#sim.nowNs();
    this.#processes?.remove(this.#pid);
    this.logs.close(this.finishedNs);
    this.exited.notify();
  }

  /** The main process is the first in its table. */
  #enterProcess(table: ProcessTable): ProcessTable {
    this.#processes = table;
    this.#pid = table.add(this.#argv.join(' '), this.startedNs);
    if (this.exitCode !== undefined) table.remove(this.#pid);
    return table;
  }
}

/** Starts a container. Always gives one; it may have ended already with a `startError`. */
export function startContainer(ctx: ContainerContext, spec: ContainerSpec): RunningContainer {
  const scenarioImage = ctx.scenarioImages?.get(spec.image);
  const found = findImage(spec.image);
  const argv = found === undefined ? [] : mainArgv(found, spec);
  const image = scenarioImage === undefined ? found : undefined;
  const container = new RunningContainer(ctx, image, argv);
  const { view } = container;
  if (scenarioImage !== undefined && spec.command === undefined) {
    container.start(scenarioImage.name, runScenarioImage(view, scenarioImage));
    return container;
  }
  if (found?.isKnown === false && spec.command === undefined) {
    ctx.notice?.(
      `image "${spec.image}" is not in podwire's catalogue: the container listens on its declared ports and answers with the pod's name`,
    );
    container.start('listener', listener(view, ['listener']));
    return container;
  }
  const name = argv[0];
  if (name === undefined) {
    container.failToStart('no command specified');
    return container;
  }
  const program = findCommand(view, name);
  if (typeof program === 'string') {
    container.failToStart(
      `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${name}": ${
        name.includes('/')
          ? `stat ${name}: no such file or directory`
          : 'executable file not found in $PATH'
      }: unknown`,
    );
    return container;
  }
  container.start(name, program(view, argv));
  return container;
}

/** Kubernetes' rule: command replaces ENTRYPOINT and CMD, args replace CMD. */
function mainArgv(found: FoundImage, spec: ContainerSpec): string[] {
  const { image } = found;
  if (spec.command !== undefined && spec.command.length > 0) {
    return [...spec.command, ...(spec.args ?? [])];
  }
  const args = spec.args !== undefined && spec.args.length > 0 ? spec.args : image.cmd;
  // What scripts of the entrypoint do besides running their arguments concerns nobody here.
  return [...image.entrypoint, ...args];
}
