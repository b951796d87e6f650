/**
 * DeploymentConfig (apps.openshift.io/v1), which rolls out ReplicationControllers.
 */
import type { IntOrString, KubeObject, StringMap } from './meta.ts';
import type { ObjectReference } from './endpoints.ts';
import type { PodTemplateSpec } from './pod.ts';
import type { WorkloadCondition } from './replicaset.ts';

export interface DeploymentConfigStrategy {
  readonly type?: 'Rolling' | 'Recreate' | 'Custom';
  readonly rollingParams?: {
    readonly updatePeriodSeconds?: number;
    readonly intervalSeconds?: number;
    readonly timeoutSeconds?: number;
    readonly maxUnavailable?: IntOrString;
    readonly maxSurge?: IntOrString;
  };
  readonly recreateParams?: { readonly timeoutSeconds?: number };
  readonly activeDeadlineSeconds?: number;
}

export interface DeploymentTrigger {
  readonly type: string;
  readonly imageChangeParams?: {
    readonly automatic?: boolean;
    readonly containerNames?: readonly string[];
    readonly from: ObjectReference;
    readonly lastTriggeredImage?: string;
  };
}

export interface DeploymentConfigDetails {
  readonly message?: string;
  readonly causes: readonly {
    readonly type: string;
    readonly imageTrigger?: { readonly from: ObjectReference };
  }[];
}

export interface DeploymentConfig extends KubeObject {
  readonly apiVersion: 'apps.openshift.io/v1';
  readonly kind: 'DeploymentConfig';
  readonly spec: {
    readonly strategy?: DeploymentConfigStrategy;
    readonly minReadySeconds?: number;
    readonly triggers?: readonly DeploymentTrigger[];
    readonly replicas: number;
    readonly revisionHistoryLimit?: number;
    readonly test?: boolean;
    readonly paused?: boolean;
    readonly selector?: StringMap;
    readonly template: PodTemplateSpec;
  };
  readonly status?: {
    readonly latestVersion: number;
    readonly observedGeneration: number;
    readonly replicas: number;
    readonly updatedReplicas: number;
    readonly availableReplicas: number;
    readonly unavailableReplicas: number;
    readonly readyReplicas?: number;
    readonly details?: DeploymentConfigDetails;
    readonly conditions?: readonly WorkloadCondition[];
  };
}
