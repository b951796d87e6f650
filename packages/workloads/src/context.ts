/**
 * What a program sees of the machine it runs on: a container, a node, or a client outside.
 */
import { type HostSim, type Proc, Signal } from '@podwire/engine';
import type { NetNs } from '@podwire/netstack';
import type { ProcessTable } from './process-table.ts';

/** Which C library's resolver the programs of an image use; `none` = static binaries (Go's resolver acts as glibc). */
export type Libc = 'glibc' | 'musl' | 'none';

export type OutputStream = 'stdout' | 'stderr';

/** The files of a container or host that programs read and write: whole texts. */
export interface FileView {
  read(path: string): string | undefined;
  /** False when the path cannot be written. */
  write(path: string, text: string): boolean;
  /** Names in a folder, sorted; undefined when it is none. */
  list(path: string): readonly string[] | undefined;
}

/** Rows for crictl and docker, given by the node's kubelet. */
export interface CriPodRow {
  readonly id: string;
  readonly createdNs: number;
  readonly state: 'Ready' | 'NotReady';
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
}

export interface CriContainerRow {
  readonly id: string;
  readonly image: string;
  readonly imageId: string;
  readonly createdNs: number;
  readonly startedNs: number;
  readonly finishedNs?: number;
  readonly exitCode?: number;
  readonly state: 'Created' | 'Running' | 'Exited';
  readonly name: string;
  readonly attempt: number;
  readonly podId: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly podUid: string;
  readonly command: string;
}

/** What programs on a node can ask that containers cannot. */
export interface NodeTools {
  criPods(): readonly CriPodRow[];
  criContainers(): readonly CriContainerRow[];
  criImages?(): readonly {
    readonly name: string;
    readonly id: string;
    readonly sizeBytes: number;
  }[];
  /** Logs of a container by id or name prefix, for crictl and docker logs. */
  criLogs?(id: string): string | undefined;
}

export interface ExecContext {
  readonly sim: HostSim;
  readonly ns: NetNs;
  readonly hostname: string;
  readonly fs: FileView;
  readonly env: ReadonlyMap<string, string>;
  readonly libc: Libc;
  readonly processes: ProcessTable;
  /** Commands that exist here; undefined = all that podwire has. */
  readonly commands?: ReadonlySet<string> | undefined;
  /** Which family the applets belong to where two exist (nslookup, ping, wget). */
  readonly isBusybox?: boolean | undefined;
  readonly node?: NodeTools | undefined;
  /** Output goes to a terminal: curl then shows no progress meter. */
  readonly isTty?: boolean | undefined;
  readonly stdin?: string | undefined;
  /** Streams output as it comes. */
  readonly onOutput?: ((stream: OutputStream, text: string) => void) | undefined;
  /** Wall time of virtual zero. */
  readonly epochSec?: number | undefined;
  /** Makes the packets of the command traced ones. */
  readonly traceId?: number | undefined;
  /** Sends SIGTERM to the container's process 1 (`kill 1`). */
  readonly terminateMain?: (() => void) | undefined;
  /** Hears of each HTTP answer that a command saw. */
  readonly onHttp?: ((status: number) => void) | undefined;
  /** Given by containers: what agnhost and the echo servers answer with. */
  readonly podName?: string | undefined;
  readonly namespace?: string | undefined;
  readonly nodeName?: string | undefined;
}

/** A process's view: its context, and where its output and its signals go. */
export interface CommandContext extends ExecContext {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signals: SignalState;
  /** The command of a name on this machine, if there is one. */
  readonly find: (name: string) => Command | undefined;
  /** Ports that the container declares: what an unknown image listens on. */
  readonly containerPorts: readonly ContainerPort[];
}

export interface ContainerPort {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly name?: string;
}

/**
 * The context with parts of it changed. A container makes the parts of its programs' context when they are
 * asked for; this makes them all.
 */
export function changedContext(
  ctx: CommandContext,
  changes: Partial<CommandContext>,
): CommandContext {
  return {
    ...wholeContext(ctx),
    out: ctx.out,
    err: ctx.err,
    signals: ctx.signals,
    find: ctx.find,
    containerPorts: ctx.containerPorts,
    ...changes,
  };
}

/** All parts of a context, made now. */
export function wholeContext(ctx: ExecContext): ExecContext {
  return {
    sim: ctx.sim,
    ns: ctx.ns,
    hostname: ctx.hostname,
    fs: ctx.fs,
    env: ctx.env,
    libc: ctx.libc,
    processes: ctx.processes,
    commands: ctx.commands,
    isBusybox: ctx.isBusybox,
    node: ctx.node,
    isTty: ctx.isTty,
    stdin: ctx.stdin,
    onOutput: ctx.onOutput,
    epochSec: ctx.epochSec,
    traceId: ctx.traceId,
    terminateMain: ctx.terminateMain,
    onHttp: ctx.onHttp,
    podName: ctx.podName,
    namespace: ctx.namespace,
    nodeName: ctx.nodeName,
  };
}

/** A process that is over at once, for commands that need not wait. */
export function* finished<T>(value: T): Proc<T> {
  yield* [];
  return value;
}

/** A program by name: argv[0] is what it was called as; the value is its exit code. */
export type Command = (ctx: CommandContext, argv: readonly string[]) => Proc<number>;

/** Signals that a process was sent and may react to. */
export class SignalState {
  isTerminated = false;
  readonly changed: Signal = new Signal();

  terminate(): void {
    this.isTerminated = true;
    this.changed.notify();
  }

  /** Waits until the process is asked to end. */
  *untilTerminated(): Proc {
    while (!this.isTerminated) yield* this.changed.wait();
  }
}
