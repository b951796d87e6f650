/**
 * Schema of operator.openshift.io: IngressController (github.com/openshift/api operator/v1 types_ingress.go). What is
 * not modelled has the type `json`.
 */
import type { StructTable } from './field-type.ts';
import { HEAD } from './meta-schema.ts';

export const OPERATOR_SCHEMA: StructTable = {
  IngressController: {
    ...HEAD,
    spec: 'IngressControllerSpec',
    status: 'IngressControllerStatus',
  },
  IngressControllerSpec: {
    domain: 'string',
    httpErrorCodePages: 'ConfigMapNameReference',
    replicas: '*int32',
    endpointPublishingStrategy: '*EndpointPublishingStrategy',
    defaultCertificate: '*LocalObjectReference',
    namespaceSelector: '*LabelSelector',
    routeSelector: '*LabelSelector',
    nodePlacement: '*IngressNodePlacement',
    tlsSecurityProfile: '*json',
    clientTLS: '*json',
    routeAdmission: '*RouteAdmissionPolicy',
    logging: '*json',
    httpHeaders: '*IngressControllerHTTPHeaders',
    httpEmptyRequestsPolicy: 'string',
    httpCompression: '*json',
    tuningOptions: 'IngressControllerTuningOptions',
    unsupportedConfigOverrides: '*json',
    idleConnectionTerminationPolicy: 'string',
  },
  ConfigMapNameReference: { name: 'string' },
  EndpointPublishingStrategy: {
    type: 'string!',
    loadBalancer: '*LoadBalancerStrategy',
    hostNetwork: '*HostNetworkStrategy',
    private: '*json',
    nodePort: '*json',
  },
  LoadBalancerStrategy: {
    scope: 'string',
    allowedSourceRanges: '[]string',
    providerParameters: '*json',
    dnsManagementPolicy: 'string',
  },
  HostNetworkStrategy: {
    protocol: 'string',
    httpPort: 'int32',
    httpsPort: 'int32',
    statsPort: 'int32',
  },
  IngressNodePlacement: { nodeSelector: '*LabelSelector', tolerations: '[]Toleration' },
  RouteAdmissionPolicy: { namespaceOwnership: 'string', wildcardPolicy: 'string' },
  IngressControllerHTTPHeaders: {
    forwardedHeaderPolicy: 'string',
    uniqueId: '*json',
    headerNameCaseAdjustments: '[]string',
    actions: '*json',
  },
  IngressControllerTuningOptions: {
    headerBufferBytes: 'int32',
    headerBufferMaxRewriteBytes: 'int32',
    threadCount: 'int32',
    clientTimeout: '*string',
    clientFinTimeout: '*string',
    serverTimeout: '*string',
    serverFinTimeout: '*string',
    tunnelTimeout: '*string',
    connectTimeout: '*string',
    tlsInspectDelay: '*string',
    healthCheckInterval: '*string',
    maxConnections: 'int32',
    reloadInterval: 'string',
  },
  IngressControllerStatus: {
    availableReplicas: 'int32!',
    selector: 'string!',
    domain: 'string!',
    endpointPublishingStrategy: '*EndpointPublishingStrategy',
    conditions: '[]WorkloadCondition @type',
    tlsProfile: '*json',
    observedGeneration: 'int64',
    namespaceSelector: '*LabelSelector',
    routeSelector: '*LabelSelector',
  },
};
