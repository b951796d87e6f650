/**
 * IngressController (operator.openshift.io/v1): the fields that are modelled.
 */
import type { ConditionStatus, KubeObject, LabelSelector } from './meta.ts';
import type { Toleration } from './pod.ts';

export type PublishingStrategy =
  | 'LoadBalancerService'
  | 'HostNetwork'
  | 'Private'
  | 'NodePortService';

export interface EndpointPublishingStrategy {
  readonly type: PublishingStrategy;
  readonly hostNetwork?: {
    readonly httpPort?: number;
    readonly httpsPort?: number;
    readonly statsPort?: number;
  };
  readonly loadBalancer?: {
    readonly scope?: string;
    readonly allowedSourceRanges?: readonly string[];
  };
}

export interface IngressControllerSpec {
  readonly domain?: string;
  readonly replicas?: number;
  readonly endpointPublishingStrategy?: EndpointPublishingStrategy;
  /** A ConfigMap in openshift-config with `error-page-503.http` and `error-page-404.http`. */
  readonly httpErrorCodePages?: { readonly name?: string };
  readonly namespaceSelector?: LabelSelector;
  readonly routeSelector?: LabelSelector;
  readonly nodePlacement?: {
    readonly nodeSelector?: LabelSelector;
    readonly tolerations?: readonly Toleration[];
  };
  readonly routeAdmission?: {
    readonly namespaceOwnership?: 'Strict' | 'InterNamespaceAllowed';
    readonly wildcardPolicy?: 'WildcardsAllowed' | 'WildcardsDisallowed';
  };
  readonly httpHeaders?: { readonly forwardedHeaderPolicy?: string };
  readonly tuningOptions?: {
    readonly serverTimeout?: string;
    readonly healthCheckInterval?: string;
  };
}

export interface IngressControllerCondition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface IngressController extends KubeObject {
  readonly spec: IngressControllerSpec;
  readonly status?: {
    readonly availableReplicas?: number;
    readonly selector?: string;
    readonly domain?: string;
    readonly endpointPublishingStrategy?: EndpointPublishingStrategy;
    readonly conditions?: readonly IngressControllerCondition[];
    readonly observedGeneration?: number;
  };
}
