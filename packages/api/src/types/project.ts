/**
 * Project and ProjectRequest (project.openshift.io/v1): a project is a view of a namespace.
 */
import type { KubeObject } from './meta.ts';

export interface Project extends KubeObject {
  readonly apiVersion: 'project.openshift.io/v1';
  readonly kind: 'Project';
  readonly spec?: { readonly finalizers?: readonly string[] };
  readonly status?: { readonly phase?: 'Active' | 'Terminating' };
}

export interface ProjectRequest extends KubeObject {
  readonly apiVersion: 'project.openshift.io/v1';
  readonly kind: 'ProjectRequest';
  readonly displayName?: string;
  readonly description?: string;
}
