/**
 * The Kubernetes API as data: kinds, decoding, defaults, validation, store, server, clients.
 */
export {
  type ApiClient,
  type OnEvents,
  type ApiHandler,
  LocalApiClient,
  type WatchHandle,
  type WatchSink,
  transportFailure,
} from './client.ts';
export {
  decodeStruct,
  formatPath,
  isRecord,
  type DecodeProblem,
  type Decoded,
  type Path,
} from './codec.ts';
export { base64 } from './defaults/other.ts';
export { pullPolicyOf } from './defaults/pod.ts';
export {
  type DecodeOptions,
  type DecodeResult,
  type DecodedObject,
  decodeManifests,
} from './decode.ts';
export { INTERNAL_REGISTRY } from './defaults/openshift.ts';
export { EventRecorder, referenceTo } from './event-recorder.ts';
export {
  Informer,
  type InformerHandlers,
  type InformerOptions,
  type Lister,
  type Place as InformerPlace,
} from './informer.ts';
export {
  type Mutable,
  compareText,
  controllerOf,
  controllerRef,
  draft,
  jsonEqual,
  keyOf,
  makeKey,
  splitKey,
} from './object.ts';
export {
  PatchProblem,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicPatch,
  diffMergePatch,
  diffStrategicPatch,
  threeWayPatch,
} from './patch.ts';
export { type QosClass, qosOf } from './qos.ts';
export { canonicalQuantity, compareQuantity, isQuantity } from './quantity.ts';
export { type RateLimit, withRateLimit } from './rate-limit.ts';
export {
  type ApiBody,
  type ApiRequest,
  type ApiResponse,
  type FieldValidation,
  type PatchType,
  type RequestQuery,
  type Verb,
  type WatchEvent,
  isList,
  isOk,
  isStatus,
  itemsOf,
  messageOf,
  objectOf,
  reasonOf,
} from './request.ts';
export {
  type RestRequest,
  fromRest,
  parseRestPath,
  responseFromRest,
  responseToRest,
  restPath,
  toRest,
  watchEventsOf,
} from './rest.ts';
export type { FieldDesc, StructDesc, TypeShape } from './schema/field-type.ts';
export { SCHEMA } from './schema/schema.ts';
export { SCHEME } from './kinds.ts';
export {
  type KindInfo,
  type KindOrigin,
  Scheme,
  apiVersionOf,
  isServed,
  qualifiedResource,
} from './scheme.ts';
export {
  type FieldTerm,
  type Requirement,
  SELECT_EVERYTHING,
  SELECT_NOTHING,
  type Selector,
  formatFieldSelector,
  formatSelector,
  matchesSelector,
  parseFieldSelector,
  parseSelector,
  selectorOf,
  selectorOfMap,
} from './selector.ts';
export { ApiServer, type ApiServerOptions } from './server.ts';
export { Store, type StoreEvent, type StoreListener } from './store.ts';
export {
  formatMicroTime,
  formatNanoTime,
  formatTime,
  parseTime,
} from './time.ts';
export type {
  Build,
  BuildCommonSpec,
  BuildConfig,
  BuildPhase,
  BuildStatus,
  BuildTrigger,
} from './types/build.ts';
export type { ConfigMap, Secret, ServiceAccount } from './types/config.ts';
export type {
  DaemonSet,
  DaemonSetSpec,
  DaemonSetStatus,
  DaemonSetUpdateStrategy,
} from './types/daemonset.ts';
export type {
  Deployment,
  DeploymentSpec,
  DeploymentStatus,
  DeploymentStrategy,
  RollingUpdateDeployment,
} from './types/deployment.ts';
export type {
  DeploymentConfig,
  DeploymentConfigDetails,
  DeploymentTrigger,
} from './types/deploymentconfig.ts';
export type {
  EndpointAddress,
  EndpointSubset,
  Endpoints,
  EndpointsPort,
  ObjectReference,
} from './types/endpoints.ts';
export type {
  Endpoint,
  EndpointConditions,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
} from './types/endpointslice.ts';
export type { KubeEvent } from './types/event.ts';
export type {
  HttpIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressSpec,
  IngressTls,
  PathType,
  ServiceBackendPort,
} from './types/ingress.ts';
export type {
  Image,
  ImageMetadata,
  ImageStream,
  ImageStreamTag,
  NamedTagEvents,
  TagEvent,
  TagReference,
} from './types/image.ts';
export type { CronJob, CronJobSpec, Job, JobSpec } from './types/job.ts';
export type { Lease, LeaseSpec } from './types/lease.ts';
export type {
  Condition,
  ConditionStatus,
  DeleteOptions,
  IntOrString,
  KubeList,
  KubeObject,
  LabelSelector,
  LabelSelectorRequirement,
  ListMeta,
  MicroTime,
  ObjectMeta,
  OwnerReference,
  PropagationPolicy,
  Quantity,
  ResourceList,
  Status,
  StatusCause,
  StatusDetails,
  StringMap,
  TemplateMeta,
  Time,
} from './types/meta.ts';
export type { Namespace } from './types/namespace.ts';
export type {
  ContainerImage,
  Node,
  NodeAddress,
  NodeCondition,
  NodeSpec,
  NodeStatus,
  NodeSystemInfo,
  Taint,
  TaintEffect,
} from './types/node.ts';
export type {
  Affinity,
  Container,
  ContainerPort,
  ContainerState,
  ContainerStateTerminated,
  ContainerStateWaiting,
  ContainerStatus,
  DnsPolicy,
  DownwardItem,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  EphemeralContainer,
  HostAlias,
  HttpGetAction,
  HttpHeader,
  KeyToPath,
  Lifecycle,
  LifecycleHandler,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  PodAffinity,
  PodAffinityTerm,
  PodCondition,
  PodDnsConfig,
  PodPhase,
  PodSecurityContext,
  PodSpec,
  PodStatus,
  PodTemplateSpec,
  PreferredSchedulingTerm,
  Probe,
  ProbeHandler,
  Protocol,
  ResourceRequirements,
  SecurityContext,
  TcpSocketAction,
  Toleration,
  TopologySpreadConstraint,
  Volume,
  VolumeMount,
  VolumeProjection,
  WeightedPodAffinityTerm,
} from './types/pod.ts';
export type {
  PodDisruptionBudget,
  PodDisruptionBudgetSpec,
  PodDisruptionBudgetStatus,
} from './types/poddisruptionbudget.ts';
export type {
  EndpointPublishingStrategy,
  IngressController,
  IngressControllerCondition,
  IngressControllerSpec,
} from './types/ingresscontroller.ts';
export type { IpAddressPool, L2Advertisement, ServiceAllocation } from './types/metallb.ts';
export type { PriorityClass } from './types/priorityclass.ts';
export type { Project, ProjectRequest } from './types/project.ts';
export type { ReplicationController } from './types/replicationcontroller.ts';
export type {
  ReplicaSet,
  ReplicaSetSpec,
  ReplicaSetStatus,
  WorkloadCondition,
} from './types/replicaset.ts';
export type {
  IpFamilyName,
  LoadBalancerIngress,
  Service,
  ServicePort,
  ServiceSpec,
  ServiceStatus,
  ServiceType,
} from './types/service.ts';
export type {
  ControllerRevision,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetStatus,
  StatefulSetUpdateStrategy,
} from './types/statefulset.ts';
export type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
  StorageClass,
  TopologySelectorTerm,
} from './types/storage.ts';
export type {
  InsecureEdgePolicy,
  Route,
  RouteHeaderAction,
  RouteIngress,
  RouteIngressCondition,
  RouteSpec,
  RouteTarget,
  RouteTls,
  TlsTermination,
} from './types/route.ts';
export type { Binding, Eviction, Scale } from './types/subresource.ts';
export { portNameProblems } from './validate/names.ts';
export { WorkQueue, type WorkQueueOptions } from './workqueue.ts';
export { type Change, type ObjectView, ObjectViews } from './object-view.ts';
export { type WatchBatch, type Watcher } from './watch-group.ts';
export {
  GO_EXPONENT,
  GO_FLOAT,
  type Place,
  type YamlDocument,
  type YamlResult,
  goYamlTags,
  readYaml,
} from './yaml.ts';
