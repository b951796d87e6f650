/**
 * The bodies of subresources: Binding, Eviction, Scale.
 */
import type { DeleteOptions, KubeObject } from './meta.ts';
import type { ObjectReference } from './endpoints.ts';

/** POST pods/NAME/binding. */
export interface Binding extends KubeObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Binding';
  readonly target: ObjectReference;
}

/** POST pods/NAME/eviction. */
export interface Eviction extends KubeObject {
  readonly apiVersion: 'policy/v1';
  readonly kind: 'Eviction';
  readonly deleteOptions?: DeleteOptions;
}

/** GET, PUT and PATCH of …/NAME/scale. */
export interface Scale extends KubeObject {
  readonly apiVersion: 'autoscaling/v1';
  readonly kind: 'Scale';
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly replicas: number; readonly selector?: string };
}
