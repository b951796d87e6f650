/**
 * The kinds of the API: names, scope, subresources, defaults, rules. Beside its types and its schema table, one entry
 * here (or in openshift-kinds.ts) is all that a kind needs.
 */
import { defaultIngressClass, defaultRoute } from './defaults/edge.ts';
import {
  defaultClaim,
  defaultEndpointSlice,
  defaultEndpoints,
  defaultNamespace,
  defaultNode,
  defaultPriorityClass,
  defaultSecret,
  defaultStorageClass,
  defaultVolume,
} from './defaults/other.ts';
import { defaultReplicationController } from './defaults/openshift.ts';
import { defaultPod } from './defaults/pod.ts';
import { defaultService } from './defaults/service.ts';
import {
  defaultCronJob,
  defaultDaemonSet,
  defaultDeployment,
  defaultJob,
  defaultReplicaSet,
  defaultStatefulSet,
} from './defaults/workload.ts';
import {
  validateIngress,
  validateIngressClass,
  validateIngressClassUpdate,
  validateNewIngress,
} from './validate/ingress.ts';
import { dns1123Label } from './validate/names.ts';
import {
  validateBudget,
  validateClaim,
  validateClaimUpdate,
  validateConfigMap,
  validateConfigMapUpdate,
  validateEndpointSlice,
  validateEndpointSliceUpdate,
  validateEndpoints,
  validateEndpointsUpdate,
  validateEvent,
  validateLease,
  validateNode,
  validateNodeUpdate,
  validatePriorityClass,
  validatePriorityClassUpdate,
  validateSecret,
  validateSecretUpdate,
} from './validate/other.ts';
import { validateReplicationController } from './validate/openshift.ts';
import { validatePod, validatePodUpdate } from './validate/pod.ts';
import { validateRoute, validateRouteUpdate } from './validate/route.ts';
import { serviceWarnings, validateService, validateServiceUpdate } from './validate/service.ts';
import {
  validateCronJob,
  validateDaemonSet,
  validateDaemonSetUpdate,
  validateDeployment,
  validateDeploymentUpdate,
  validateJob,
  validateReplicaSet,
  validateReplicaSetUpdate,
  validateStatefulSet,
  validateStatefulSetUpdate,
} from './validate/workload.ts';
import { OPENSHIFT_KINDS } from './openshift-kinds.ts';
import { type KindInfo, Scheme, entry } from './scheme.ts';

const KUBERNETES_KINDS: readonly KindInfo[] = [
  entry(
    'ConfigMap',
    'configmaps',
    { shortNames: ['cm'] },
    { validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
  ),
  entry(
    'Endpoints',
    'endpoints',
    { shortNames: ['ep'] },
    {
      createsOnUpdate: true,
      setDefaults: defaultEndpoints,
      validate: validateEndpoints,
      validateUpdate: validateEndpointsUpdate,
    },
  ),
  entry(
    'Event',
    'events',
    { shortNames: ['ev'] },
    { createsOnUpdate: true, validate: validateEvent },
  ),
  entry(
    'Namespace',
    'namespaces',
    {
      shortNames: ['ns'],
      isNamespaced: false,
      subresources: ['status', 'finalize'],
    },
    { nameRule: dns1123Label, setDefaults: defaultNamespace },
  ),
  entry(
    'Node',
    'nodes',
    { shortNames: ['no'], isNamespaced: false, subresources: ['status'] },
    {
      keepsStatusOnCreate: true,
      setDefaults: defaultNode,
      validate: validateNode,
      validateUpdate: validateNodeUpdate,
    },
  ),
  entry(
    'PersistentVolumeClaim',
    'persistentvolumeclaims',
    {
      shortNames: ['pvc'],
      subresources: ['status'],
    },
    { setDefaults: defaultClaim, validate: validateClaim, validateUpdate: validateClaimUpdate },
  ),
  entry(
    'PersistentVolume',
    'persistentvolumes',
    {
      shortNames: ['pv'],
      isNamespaced: false,
      subresources: ['status'],
    },
    { setDefaults: defaultVolume },
  ),
  entry(
    'Pod',
    'pods',
    {
      shortNames: ['po'],
      categories: ['all'],
      subresources: [
        'status',
        'binding',
        'eviction',
        'ephemeralcontainers',
        'log',
        'exec',
        'attach',
      ],
    },
    {
      hasGeneration: true,
      setDefaults: defaultPod,
      validate: validatePod,
      validateUpdate: validatePodUpdate,
    },
  ),
  entry(
    'ReplicationController',
    'replicationcontrollers',
    { shortNames: ['rc'], categories: ['all'], subresources: ['status', 'scale'] },
    {
      hasGeneration: true,
      setDefaults: defaultReplicationController,
      validate: validateReplicationController,
    },
  ),
  entry(
    'Secret',
    'secrets',
    {},
    { setDefaults: defaultSecret, validate: validateSecret, validateUpdate: validateSecretUpdate },
  ),
  entry('ServiceAccount', 'serviceaccounts', { shortNames: ['sa'] }),
  entry(
    'Service',
    'services',
    {
      shortNames: ['svc'],
      categories: ['all'],
      subresources: ['status'],
    },
    {
      nameRule: dns1123Label,
      setDefaults: defaultService,
      validate: validateService,
      validateUpdate: validateServiceUpdate,
      warnings: serviceWarnings,
    },
  ),
  entry('ControllerRevision', 'controllerrevisions', { group: 'apps' }),
  entry(
    'DaemonSet',
    'daemonsets',
    {
      group: 'apps',
      shortNames: ['ds'],
      categories: ['all'],
      subresources: ['status'],
    },
    {
      hasGeneration: true,
      setDefaults: defaultDaemonSet,
      validate: validateDaemonSet,
      validateUpdate: validateDaemonSetUpdate,
    },
  ),
  entry(
    'Deployment',
    'deployments',
    {
      group: 'apps',
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: ['status', 'scale'],
    },
    {
      hasGeneration: true,
      setDefaults: defaultDeployment,
      validate: validateDeployment,
      validateUpdate: validateDeploymentUpdate,
    },
  ),
  entry(
    'ReplicaSet',
    'replicasets',
    {
      group: 'apps',
      shortNames: ['rs'],
      categories: ['all'],
      subresources: ['status', 'scale'],
    },
    {
      hasGeneration: true,
      setDefaults: defaultReplicaSet,
      validate: validateReplicaSet,
      validateUpdate: validateReplicaSetUpdate,
    },
  ),
  entry(
    'StatefulSet',
    'statefulsets',
    {
      group: 'apps',
      shortNames: ['sts'],
      categories: ['all'],
      subresources: ['status', 'scale'],
    },
    {
      nameRule: dns1123Label,
      hasGeneration: true,
      setDefaults: defaultStatefulSet,
      validate: validateStatefulSet,
      validateUpdate: validateStatefulSetUpdate,
    },
  ),
  entry(
    'CronJob',
    'cronjobs',
    {
      group: 'batch',
      shortNames: ['cj'],
      categories: ['all'],
      subresources: ['status'],
      isModelled: false,
    },
    { hasGeneration: true, setDefaults: defaultCronJob, validate: validateCronJob },
  ),
  entry(
    'Job',
    'jobs',
    {
      group: 'batch',
      categories: ['all'],
      subresources: ['status'],
      isModelled: false,
    },
    { hasGeneration: true, setDefaults: defaultJob, validate: validateJob },
  ),
  entry(
    'Lease',
    'leases',
    { group: 'coordination.k8s.io' },
    { createsOnUpdate: true, validate: validateLease },
  ),
  entry(
    'EndpointSlice',
    'endpointslices',
    { group: 'discovery.k8s.io' },
    {
      hasGeneration: true,
      setDefaults: defaultEndpointSlice,
      validate: validateEndpointSlice,
      validateUpdate: validateEndpointSliceUpdate,
    },
  ),
  entry(
    'Ingress',
    'ingresses',
    { group: 'networking.k8s.io', shortNames: ['ing'], subresources: ['status'] },
    { hasGeneration: true, validate: validateNewIngress, validateUpdate: validateIngress },
  ),
  entry(
    'IngressClass',
    'ingressclasses',
    { group: 'networking.k8s.io', isNamespaced: false },
    {
      hasGeneration: true,
      setDefaults: defaultIngressClass,
      validate: validateIngressClass,
      validateUpdate: validateIngressClassUpdate,
    },
  ),
  entry(
    'PodDisruptionBudget',
    'poddisruptionbudgets',
    {
      group: 'policy',
      shortNames: ['pdb'],
      subresources: ['status'],
    },
    { hasGeneration: true, validate: validateBudget },
  ),
  entry(
    'Route',
    'routes',
    { group: 'route.openshift.io', categories: ['all'], subresources: ['status'] },
    { setDefaults: defaultRoute, validate: validateRoute, validateUpdate: validateRouteUpdate },
  ),
  entry(
    'PriorityClass',
    'priorityclasses',
    {
      group: 'scheduling.k8s.io',
      shortNames: ['pc'],
      isNamespaced: false,
    },
    {
      setDefaults: defaultPriorityClass,
      validate: validatePriorityClass,
      validateUpdate: validatePriorityClassUpdate,
    },
  ),
  entry(
    'StorageClass',
    'storageclasses',
    {
      group: 'storage.k8s.io',
      shortNames: ['sc'],
      isNamespaced: false,
    },
    { setDefaults: defaultStorageClass },
  ),
];

/** Every kind that the API server serves, in the order of `kubectl api-resources`. */
export const SCHEME: Scheme = new Scheme([...KUBERNETES_KINDS, ...OPENSHIFT_KINDS]);
