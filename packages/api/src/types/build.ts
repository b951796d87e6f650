/**
 * BuildConfig and Build (build.openshift.io/v1).
 */
import type { KubeObject, StringMap, Time } from './meta.ts';
import type { ObjectReference } from './endpoints.ts';
import type { EnvVar, ResourceRequirements } from './pod.ts';

export interface BuildSource {
  readonly type?: 'Git' | 'Dockerfile' | 'Binary' | 'Image' | 'None';
  readonly git?: { readonly uri: string; readonly ref?: string };
  readonly contextDir?: string;
  readonly dockerfile?: string;
  readonly binary?: { readonly asFile?: string };
  readonly sourceSecret?: { readonly name?: string };
}

export interface SourceUser {
  readonly name?: string;
  readonly email?: string;
}

export interface SourceRevision {
  readonly type: 'Git';
  readonly git?: {
    readonly commit?: string;
    readonly author?: SourceUser;
    readonly committer?: SourceUser;
    readonly message?: string;
  };
}

export interface BuildStrategy {
  readonly type?: 'Source' | 'Docker' | 'Custom' | 'JenkinsPipeline';
  readonly sourceStrategy?: {
    readonly from: ObjectReference;
    readonly env?: readonly EnvVar[];
    readonly incremental?: boolean;
    readonly forcePull?: boolean;
  };
  readonly dockerStrategy?: {
    readonly from?: ObjectReference;
    readonly env?: readonly EnvVar[];
    readonly dockerfilePath?: string;
  };
  readonly customStrategy?: unknown;
  readonly jenkinsPipelineStrategy?: unknown;
}

/** What BuildConfig and Build share. */
export interface BuildCommonSpec {
  readonly serviceAccount?: string;
  readonly source: BuildSource;
  readonly revision?: SourceRevision;
  readonly strategy: BuildStrategy;
  readonly output: { readonly to?: ObjectReference };
  readonly resources?: ResourceRequirements;
  readonly completionDeadlineSeconds?: number;
  readonly nodeSelector?: StringMap | null;
}

interface WebHook {
  readonly secret?: string;
  readonly allowEnv?: boolean;
}

export interface BuildTrigger {
  readonly type: string;
  readonly github?: WebHook;
  readonly generic?: WebHook;
  readonly imageChange?: {
    readonly from?: ObjectReference;
    readonly lastTriggeredImageID?: string;
    readonly paused?: boolean;
  };
}

export interface BuildConfig extends KubeObject {
  readonly apiVersion: 'build.openshift.io/v1';
  readonly kind: 'BuildConfig';
  readonly spec: BuildCommonSpec & {
    readonly triggers?: readonly BuildTrigger[];
    readonly runPolicy?: 'Serial' | 'SerialLatestOnly' | 'Parallel';
    readonly successfulBuildsHistoryLimit?: number;
    readonly failedBuildsHistoryLimit?: number;
  };
  readonly status?: {
    readonly lastVersion: number;
    readonly imageChangeTriggers?: readonly {
      readonly lastTriggeredImageID?: string;
      readonly from?: { readonly namespace?: string; readonly name?: string };
      readonly lastTriggerTime?: Time;
    }[];
  };
}

export type BuildPhase =
  | 'New'
  | 'Pending'
  | 'Running'
  | 'Complete'
  | 'Failed'
  | 'Error'
  | 'Cancelled';

export interface BuildTriggerCause {
  readonly message?: string;
  readonly imageChangeBuild?: { readonly imageID?: string; readonly fromRef?: ObjectReference };
}

export interface BuildStatus {
  readonly phase: BuildPhase;
  readonly cancelled?: boolean;
  readonly reason?: string;
  readonly message?: string;
  readonly startTimestamp?: Time;
  readonly completionTimestamp?: Time;
  readonly duration?: number;
  readonly outputDockerImageReference?: string;
  readonly config?: ObjectReference;
  readonly output?: { readonly to?: { readonly imageDigest?: string } };
  readonly stages?: readonly {
    readonly name: string;
    readonly startTime?: Time;
    readonly durationMilliseconds?: number;
  }[];
  readonly logSnippet?: string;
}

export interface Build extends KubeObject {
  readonly apiVersion: 'build.openshift.io/v1';
  readonly kind: 'Build';
  readonly spec: BuildCommonSpec & { readonly triggeredBy?: readonly BuildTriggerCause[] | null };
  readonly status?: BuildStatus;
}
