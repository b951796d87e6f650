/**
 * ReplicationController (v1): the ReplicaSet of old, with a plain map as its selector.
 */
import type { KubeObject, StringMap } from './meta.ts';
import type { PodTemplateSpec } from './pod.ts';
import type { ReplicaSetStatus } from './replicaset.ts';

export interface ReplicationController extends KubeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'ReplicationController';
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly selector?: StringMap;
    readonly template: PodTemplateSpec;
  };
  readonly status?: ReplicaSetStatus;
}
