/**
 * Route (route.openshift.io/v1).
 */
import type { ConditionStatus, IntOrString, KubeObject } from './meta.ts';

export type TlsTermination = 'edge' | 'passthrough' | 'reencrypt';
export type InsecureEdgePolicy = 'None' | 'Allow' | 'Redirect';
export type WildcardPolicy = 'None' | 'Subdomain';

export interface RouteTarget {
  readonly kind: string;
  readonly name: string;
  readonly weight?: number;
}

export interface RouteTls {
  readonly termination?: TlsTermination;
  readonly certificate?: string;
  readonly key?: string;
  readonly caCertificate?: string;
  readonly destinationCACertificate?: string;
  readonly insecureEdgeTerminationPolicy?: InsecureEdgePolicy;
  readonly externalCertificate?: { readonly name?: string };
}

export interface RouteHeaderAction {
  readonly name: string;
  readonly action: { readonly type: 'Set' | 'Delete'; readonly set?: { readonly value: string } };
}

export interface RouteSpec {
  readonly host?: string;
  readonly subdomain?: string;
  readonly path?: string;
  readonly to: RouteTarget;
  readonly alternateBackends?: readonly RouteTarget[];
  readonly port?: { readonly targetPort: IntOrString };
  readonly tls?: RouteTls;
  readonly wildcardPolicy?: WildcardPolicy;
  readonly httpHeaders?: {
    readonly actions?: {
      readonly request?: readonly RouteHeaderAction[];
      readonly response?: readonly RouteHeaderAction[];
    };
  };
}

export interface RouteIngressCondition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** What one router made of the Route. */
export interface RouteIngress {
  readonly host?: string;
  readonly routerName?: string;
  readonly conditions?: readonly RouteIngressCondition[];
  readonly wildcardPolicy?: WildcardPolicy;
  readonly routerCanonicalHostname?: string;
}

export interface Route extends KubeObject {
  readonly apiVersion: 'route.openshift.io/v1';
  readonly kind: 'Route';
  readonly spec: RouteSpec;
  readonly status?: { readonly ingress?: readonly RouteIngress[] };
}
