/**
 * A scenario as the runner sees it: complete, checked, free of YAML.
 *
 * parse.ts makes it from the file; its fields are the file's, with durations in nanoseconds, command lines as
 * words and files as texts.
 */
import type { ScaleRequest } from './scale/scale-plan.ts';
import type { SourcePos } from '@podwire/base';
import type {
  ClusterConfig,
  LinkSettings,
  ClientConfig,
  PodPlace,
  UpstreamZone,
} from '@podwire/cluster';
import type { ScenarioImage, SourceApp } from '@podwire/workloads';

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly file: string;
  readonly seed: string;
  readonly cluster: ClusterConfig;
  readonly underlay: UnderlaySettings;
  /** Images that the scenario defines. */
  readonly images: readonly ScenarioImage[];
  /** What applications answer that builds find in repositories. */
  readonly sources: readonly SourceApp[];
  /** Applied before the first step, in order. */
  readonly manifests: readonly ManifestSource[];
  readonly steps: readonly Step[];
  /** Virtual limit of the whole run. */
  readonly untilNs: number | undefined;
  /** Files of the scenario's folder that commands may name: path inside the folder → text. */
  readonly files: readonly (readonly [string, string])[];
  /** Whether steps begin only when the cluster serves (default), or at once. */
  readonly waitsForCluster: boolean;
  /** What was left out of a Markdown document, and why. */
  readonly notices: readonly string[];
}

export interface UnderlaySettings {
  readonly link: LinkSettings;
  /** By host. */
  readonly links: ReadonlyMap<string, LinkSettings>;
  /** Whether switches answer ARP for machines that they know. */
  readonly arpSuppression: boolean;
  readonly clients: readonly ClientConfig[] | undefined;
  readonly dns: readonly UpstreamZone[];
}

export interface ManifestSource {
  /** As `kubectl apply -f` gets it: a file or folder of the scenario, or inline text. */
  readonly path?: string;
  readonly inline?: string;
}

interface StepBase {
  readonly name: string;
  readonly pos: SourcePos;
  /** Virtual time since the start of the steps; undefined: right after the step before. */
  readonly atNs: number | undefined;
}

export interface RunStep extends StepBase {
  readonly kind: 'run';
  /** The line as written, for display. */
  readonly command: string;
  readonly argv: readonly string[];
  /** Host at whose console it is typed; kubectl and oc: the control plane. */
  readonly from: string;
  /** The command runs in this pod's container, as the runtime of its node does it; `from` is then unused. */
  readonly fromPod: PodPlace | undefined;
  readonly stdin: string;
  readonly timeoutNs: number;
  /** How often it is run; outputs are judged together. */
  readonly repeat: number;
  readonly intervalNs: number;
  /** Run again until the expectation holds or this time is over. */
  readonly retryNs: number | undefined;
  readonly expect: Expectation | undefined;
  /** Keeps the output, trimmed, under this name: `{{name}}` stands for it in later steps. */
  readonly save: string | undefined;
  /** Files that stand before the scenario's own of the same name: those that a document has shown so far. */
  readonly files?: readonly (readonly [string, string])[];
  /** What a Markdown document shows as the command's output. */
  readonly documented?: Documented;
  /** What reads its output, as typed behind the first `|`: the step's output is then what that prints. */
  readonly pipe?: string;
}

export interface Documented {
  readonly text: string;
  /** It must be the output, apart from what differs in every run. */
  readonly isStrict: boolean;
}

export interface WaitStep extends StepBase {
  readonly kind: 'wait';
  readonly delayNs: number | undefined;
  readonly condition: WaitCondition | undefined;
  readonly timeoutNs: number;
}

export interface WaitCondition {
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly selector?: string;
  readonly condition?: string;
  readonly field?: { readonly path: string; readonly equals: string };
  readonly count?: number;
}

export interface ScaleStep extends StepBase {
  readonly kind: 'scale';
  readonly request: ScaleRequest;
}

export interface FaultStep extends StepBase {
  readonly kind: 'fault';
  readonly fault: Fault;
}

/** Something breaks, or is mended. */
export type Fault =
  | { readonly kind: 'node'; readonly node: string; readonly on: boolean }
  | { readonly kind: 'link'; readonly host: string; readonly isUp: boolean }
  | { readonly kind: 'impair'; readonly host: string; readonly change: LinkSettings }
  | {
      readonly kind: 'partition';
      readonly name: string;
      readonly groups: readonly (readonly string[])[];
    }
  | { readonly kind: 'heal'; readonly name: string }
  | {
      readonly kind: 'kill-container';
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
    }
  | { readonly kind: 'kill-sandbox'; readonly namespace: string; readonly pod: string }
  | {
      readonly kind: 'component';
      readonly host: string;
      readonly component: string;
      readonly running: boolean;
    };

export type Step = RunStep | WaitStep | FaultStep | ScaleStep;

/** A text that must be there, must match, or must not. */
export interface TextExpectation {
  readonly contains: readonly string[];
  readonly notContains: readonly string[];
  readonly matches: readonly RegExp[];
  readonly notMatches: readonly RegExp[];
  readonly equals: string | undefined;
  /** Number of non-empty lines. */
  readonly lines: number | undefined;
}

export interface JsonExpectation {
  /** kubectl's jsonpath, with or without braces. */
  readonly path: string;
  readonly equals?: unknown;
  readonly matches?: RegExp;
  readonly exists?: boolean;
}

/** Which pods answered: judged by the pod names that occur in the outputs. */
export interface BackendExpectation {
  readonly names: readonly string[] | undefined;
  /** Label selector in `namespace` that every answering pod must match. */
  readonly selector: string | undefined;
  readonly namespace: string;
  /** Exactly so many different pods answered. */
  readonly count: number | undefined;
  /** Least and greatest share of each named pod, in percent. */
  readonly eachPercentMin: number | undefined;
  readonly eachPercentMax: number | undefined;
  /** Share by prefix of the pod's name, in percent with tolerance. */
  readonly shares: readonly {
    readonly prefix: string;
    readonly percent: number;
    readonly tolerance: number;
  }[];
  /** All answers came from one pod. */
  readonly same: boolean;
}

export interface Expectation {
  readonly pos: SourcePos;
  readonly exit: number | undefined;
  /** Standard output; of repeated runs all outputs joined. */
  readonly output: TextExpectation | undefined;
  readonly stderr: TextExpectation | undefined;
  readonly json: readonly JsonExpectation[];
  /** Status of the last HTTP answer that the command saw. */
  readonly status: number | undefined;
  readonly backends: BackendExpectation | undefined;
  /** An address, or the name of a host or pod (`pod NAMESPACE/NAME`), that must occur in the output as the client's. */
  readonly source: string | undefined;
  readonly withinNs: number | undefined;
  readonly atLeastNs: number | undefined;
  /** Of repeated runs: how many must exit 0. */
  readonly successes: { readonly min: number; readonly max: number } | undefined;
}
