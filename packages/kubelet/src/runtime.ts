/**
 * What the kubelet asks of its node: namespaces, images and programs (the CRI's part, in short).
 *
 * `cluster` gives the implementation, on `workloads` and `netstack`.
 */
import type { Ip } from '@podwire/base';
import type { CniPlugin } from '@podwire/cni';
import type { HostSim, Proc, Signal } from '@podwire/engine';
import type { NetNs } from '@podwire/netstack';

export interface ImageInfo {
  /** Full reference with tag, as `docker.io/library/nginx:1.27`. */
  readonly reference: string;
  readonly sizeBytes: number;
  /** Hexadecimal digest. */
  readonly digest?: string;
  /** What it runs when the container does not say. */
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** Text of the registry's refusal; undefined when it can be pulled. */
  readonly pullError?: string;
}

/** One line of a container's log. */
export interface LogLine {
  readonly atNs: number;
  readonly text: string;
  readonly stream: 'stdout' | 'stderr';
}

export interface RunningProgram {
  /** undefined while it runs. 128 + signal number when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Notified when it ends. */
  readonly exited: Signal;
  /** SIGTERM: the program may go on, finish, or ignore it, as the real one does. */
  terminate(): void;
  /** SIGKILL. */
  kill(): void;
}

/** Everything that a container's program sees of its pod. */
export interface ProgramSpec {
  readonly ns: NetNs;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly containerName: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly podUid: string;
  readonly podIP: string;
  readonly hostname: string;
  readonly env: ReadonlyMap<string, string>;
  readonly resolvConf: string;
  readonly hosts: string;
  /** The files of the container's volumes as they are now, by absolute path. */
  readonly files: () => ReadonlyMap<string, string>;
  readonly ports: readonly { readonly port: number; readonly protocol: 'TCP' | 'UDP' | 'SCTP' }[];
  readonly log: (text: string, stream?: 'stdout' | 'stderr') => void;
}

export interface ExecRequest {
  readonly spec: ProgramSpec;
  readonly program: RunningProgram;
  readonly argv: readonly string[];
  readonly stdin: string;
  /** Trace number of the packets that the command sends; 0 = none. */
  readonly traceId: number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Hears of each HTTP answer that the command saw. */
  readonly onHttp?: (status: number) => void;
  /** Hears why the runtime could not start the command; without it that goes to standard error. */
  readonly onStartError?: (text: string) => void;
}

export interface NodeRuntime {
  readonly sim: HostSim;
  readonly ns: NetNs;
  readonly nodeName: string;
  readonly nodeIP: Ip;
  readonly cni: CniPlugin;
  /** Images on the node's disk by reference. They survive a reboot. */
  readonly pulledImages: Map<string, ImageInfo>;
  createPodNs(name: string): NetNs;
  imageInfo(image: string): ImageInfo;
  /** Asks for what `imageInfo` must know of images in the cluster's own registry. */
  askRegistry?(image: string): Proc;
  startProgram(spec: ProgramSpec): RunningProgram;
  /** Runs a command inside a container; the exit code. */
  exec(request: ExecRequest): Proc<number>;
}
