/**
 * ConfigMap, Secret and ServiceAccount (v1).
 */
import type { KubeObject, StringMap } from './meta.ts';
import type { ObjectReference } from './endpoints.ts';

export interface ConfigMap extends KubeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly immutable?: boolean;
  readonly data?: StringMap;
  readonly binaryData?: StringMap;
}

export interface Secret extends KubeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly immutable?: boolean;
  /** Values in base64. */
  readonly data?: StringMap;
  readonly type?: string;
}

export interface ServiceAccount extends KubeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'ServiceAccount';
  readonly secrets?: readonly ObjectReference[];
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
  readonly automountServiceAccountToken?: boolean;
}
