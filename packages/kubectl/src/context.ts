/**
 * What a kubectl process is given: the API client, files, its outputs, and streams into containers.
 *
 * `cluster` builds one per command line on the control-plane host; `scenario` supplies files and stdin.
 */
import type { ApiClient, ImageMetadata, KindOrigin } from '@podwire/api';
import type { HostSim, Proc } from '@podwire/engine';

/** What was typed. */
export type Program = 'kubectl' | 'oc';

export interface ManifestFile {
  /** As error texts name it: the path that was asked for, or the file inside the folder. */
  readonly name: string;
  readonly text: string;
}

export interface ReadFileOptions {
  /** `-R`: folders inside the folder too. */
  readonly recursive?: boolean;
}

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly argv: readonly string[];
  /** Empty when kubectl was called without `-i`. */
  readonly stdin: string;
  readonly tty: boolean;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when the command never ran: the server's message, printed after `error: `. */
  readonly error?: string;
  /** Set when the container's runtime could not start the command: kubelet's message. */
  readonly startError?: string;
}

export interface LogsRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly follow: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly timestamps: boolean;
  readonly previous: boolean;
}

export interface LogsResult {
  /** Set when there is no log: the server's message. */
  readonly error?: string;
  /** The reason of the refusal (`BadRequest`, `NotFound`); guessed from the message when it is unset. */
  readonly reason?: string;
}

export interface KubectlContext {
  /** Default `kubectl`; `oc` has its own verbs besides. */
  readonly program?: Program;
  /** Whose kinds the cluster serves beside Kubernetes' own; default all. */
  readonly origins?: readonly KindOrigin[];
  /** What the registries outside of the cluster say of an image, as `oc new-app` asks them. */
  readonly lookUpImage?: (reference: string) => ImageMetadata | undefined;
  readonly sim: HostSim;
  readonly client: ApiClient;
  /** The namespace of the current context. */
  readonly namespace: string;
  /** Of the current context, as `config current-context` prints it. */
  readonly contextName?: string;
  /** `https://192.168.10.10:6443`, for `cluster-info` and `config view`. */
  readonly serverUrl?: string;
  /** What stands behind `-i`. */
  readonly stdin?: string;
  /** Changes the namespace of the current context for the command lines that follow. */
  readonly setNamespace?: (namespace: string) => void;
  /**
   * A file, a folder (all .yaml, .yml and .json in it, sorted), `-` = stdin. Undefined when there is none.
   */
  readFile(name: string, options?: ReadFileOptions): readonly ManifestFile[] | undefined;
  out(text: string): void;
  err(text: string): void;
  /** Runs a command in a container, through API server and kubelet. */
  exec(request: ExecRequest): Proc<ExecResult>;
  /** Reads a container's log; `follow` runs until the container ends. */
  logs(request: LogsRequest, onText: (text: string) => void): Proc<LogsResult>;
}
