/**
 * The kinds of the API: names, scope, subresources, defaults, rules. Beside its types and its schema table, one entry
 * here is all that a kind needs.
 */
import { defaultAddressPool, defaultIngressClass, defaultRoute } from './defaults/edge.ts';
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
import {
  defaultBuild,
  defaultBuildConfig,
  defaultDeploymentConfig,
  defaultImageStream,
  defaultReplicationController,
} from './defaults/openshift.ts';
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
import type { Draft } from './draft.ts';
import type { KubeObject } from './types/meta.ts';
import type { FieldError } from './validate/field-error.ts';
import {
  validateIngress,
  validateIngressClass,
  validateIngressClassUpdate,
  validateNewIngress,
} from './validate/ingress.ts';
import { validateIngressController } from './validate/ingresscontroller.ts';
import { denyAddressPool } from './validate/metallb.ts';
import { type NameRule, dns1123Label, dns1123Subdomain } from './validate/names.ts';
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
import {
  anyName,
  imageStreamName,
  projectName,
  validateBuild,
  validateBuildConfig,
  validateBuildUpdate,
  validateDeploymentConfig,
  validateImage,
  validateImageStream,
  validateReplicationController,
} from './validate/openshift.ts';
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

/** What is done to objects of a kind on their way into the store. */
export interface KindStrategy {
  readonly nameRule: NameRule;
  /** Whether `metadata.generation` counts changes of what is not metadata or status. */
  readonly hasGeneration: boolean;
  /** A create keeps the status that the client sent. */
  readonly keepsStatusOnCreate: boolean;
  /** PUT of a missing name creates it. */
  readonly createsOnUpdate: boolean;
  setDefaults?(object: Draft): void;
  validate?(object: KubeObject): FieldError[];
  /** Without it an update is validated as a new object. */
  validateUpdate?(object: KubeObject, old: KubeObject): FieldError[];
  /** A validating webhook's refusal; `others` are the objects of the kind that are there. */
  deny?(object: KubeObject, others: readonly KubeObject[]): string | undefined;
  warnings?(object: KubeObject): string[];
}

/** Kubernetes itself, OpenShift's own API server, or the CRDs of its ingress operator and of MetalLB. */
export type KindOrigin = 'kubernetes' | 'openshift' | 'ingress-operator' | 'metallb';

export interface KindInfo {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
  /** False: the object is stored and served, but nothing in the model acts on it (PW2005). */
  readonly isModelled: boolean;
  /** Whose it is: a cluster without that part does not know the kind. */
  readonly origin: KindOrigin;
  /** A view of other objects (openshift-views.ts): it is not stored and cannot be watched. */
  readonly isView: boolean;
  readonly strategy: KindStrategy;
}

type KindEntry = Partial<Omit<KindInfo, 'kind' | 'plural' | 'strategy'>>;

function entry(
  kind: string,
  plural: string,
  rest: KindEntry = {},
  strategy: Partial<KindStrategy> = {},
): KindInfo {
  return {
    group: '',
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    isNamespaced: true,
    categories: [],
    subresources: [],
    isModelled: true,
    origin: 'kubernetes',
    isView: false,
    ...rest,
    strategy: {
      nameRule: dns1123Subdomain,
      hasGeneration: false,
      keepsStatusOnCreate: false,
      createsOnUpdate: false,
      ...strategy,
    },
  };
}

const ALL = ['all'];

/** Every kind that the API server serves, in the order of `kubectl api-resources`. */
const KINDS: readonly KindInfo[] = [
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
      categories: ALL,
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
    { shortNames: ['rc'], categories: ALL, subresources: ['status', 'scale'] },
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
      categories: ALL,
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
      categories: ALL,
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
      categories: ALL,
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
      categories: ALL,
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
      categories: ALL,
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
      categories: ALL,
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
      categories: ALL,
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
    { group: 'route.openshift.io', categories: ALL, subresources: ['status'] },
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
  entry(
    'DeploymentConfig',
    'deploymentconfigs',
    {
      group: 'apps.openshift.io',
      shortNames: ['dc'],
      categories: ALL,
      subresources: ['status', 'scale', 'instantiate'],
      origin: 'openshift',
    },
    {
      hasGeneration: true,
      setDefaults: defaultDeploymentConfig,
      validate: validateDeploymentConfig,
    },
  ),
  entry(
    'BuildConfig',
    'buildconfigs',
    {
      group: 'build.openshift.io',
      shortNames: ['bc'],
      categories: ALL,
      subresources: ['status', 'instantiate'],
      origin: 'openshift',
    },
    { hasGeneration: true, setDefaults: defaultBuildConfig, validate: validateBuildConfig },
  ),
  entry(
    'Build',
    'builds',
    { group: 'build.openshift.io', categories: ALL, subresources: ['status'], origin: 'openshift' },
    {
      hasGeneration: true,
      setDefaults: defaultBuild,
      validate: validateBuild,
      validateUpdate: validateBuildUpdate,
    },
  ),
  entry(
    'Image',
    'images',
    { group: 'image.openshift.io', isNamespaced: false, origin: 'openshift' },
    { nameRule: anyName, validate: validateImage },
  ),
  entry(
    'ImageStream',
    'imagestreams',
    {
      group: 'image.openshift.io',
      shortNames: ['is'],
      categories: ALL,
      subresources: ['status'],
      origin: 'openshift',
    },
    {
      nameRule: imageStreamName,
      hasGeneration: true,
      setDefaults: defaultImageStream,
      validate: validateImageStream,
    },
  ),
  entry(
    'ImageStreamTag',
    'imagestreamtags',
    { group: 'image.openshift.io', shortNames: ['istag'], origin: 'openshift', isView: true },
    { nameRule: anyName },
  ),
  entry(
    'ProjectRequest',
    'projectrequests',
    { group: 'project.openshift.io', isNamespaced: false, origin: 'openshift', isView: true },
    { nameRule: projectName },
  ),
  entry(
    'Project',
    'projects',
    { group: 'project.openshift.io', isNamespaced: false, origin: 'openshift', isView: true },
    { nameRule: projectName },
  ),
  entry(
    'BGPAdvertisement',
    'bgpadvertisements',
    { group: 'metallb.io', version: 'v1beta1', origin: 'metallb', isModelled: false },
    { hasGeneration: true },
  ),
  entry(
    'BGPPeer',
    'bgppeers',
    { group: 'metallb.io', version: 'v1beta2', origin: 'metallb', isModelled: false },
    { hasGeneration: true },
  ),
  entry(
    'IPAddressPool',
    'ipaddresspools',
    { group: 'metallb.io', version: 'v1beta1', origin: 'metallb', subresources: ['status'] },
    { hasGeneration: true, setDefaults: defaultAddressPool, deny: denyAddressPool },
  ),
  entry(
    'L2Advertisement',
    'l2advertisements',
    { group: 'metallb.io', version: 'v1beta1', origin: 'metallb', subresources: ['status'] },
    { hasGeneration: true },
  ),
  entry(
    'IngressController',
    'ingresscontrollers',
    {
      group: 'operator.openshift.io',
      origin: 'ingress-operator',
      subresources: ['status', 'scale'],
    },
    { hasGeneration: true, validate: validateIngressController },
  ),
];

/** Whether a server that has these parts knows the kind; undefined: it has all. */
export function isServed(info: KindInfo, origins: readonly KindOrigin[] | undefined): boolean {
  return origins === undefined || info.origin === 'kubernetes' || origins.includes(info.origin);
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(info: KindInfo): string {
  return info.group === '' ? info.version : `${info.group}/${info.version}`;
}

/** `deployments.apps`, or `pods`: how error texts and `-o name` call the resource. */
export function qualifiedResource(info: KindInfo): string {
  return info.group === '' ? info.plural : `${info.plural}.${info.group}`;
}

/** The lookups over a list of kinds. */
export class Scheme {
  readonly kinds: readonly KindInfo[];
  readonly #byGvk = new Map<string, KindInfo>();
  readonly #byPlural = new Map<string, KindInfo>();
  readonly #byName = new Map<string, KindInfo>();

  constructor(kinds: readonly KindInfo[]) {
    this.kinds = kinds;
    for (const info of kinds) {
      this.#byGvk.set(`${apiVersionOf(info)}/${info.kind}`, info);
      this.#byPlural.set(info.plural, info);
      this.#byPlural.set(qualifiedResource(info), info);
      const names = [info.plural, info.singular, ...info.shortNames];
      for (const name of names) {
        for (const suffix of ['', `.${info.group}`, `.${info.version}.${info.group}`]) {
          if (!this.#byName.has(name + suffix)) this.#byName.set(name + suffix, info);
        }
      }
    }
  }

  /** By `apps/v1` and `Deployment`. */
  byKind(apiVersion: string, kind: string): KindInfo | undefined {
    return this.#byGvk.get(`${apiVersion}/${kind}`);
  }

  /** By plural (`deployments`, `deployments.apps`). */
  byResource(resource: string): KindInfo | undefined {
    return this.#byPlural.get(resource);
  }

  /** By any word that kubectl accepts: plural, singular, short name, with or without group; any case. */
  find(word: string): KindInfo | undefined {
    return this.#byName.get(word.toLowerCase());
  }

  /** The kinds of a category, as `all`. */
  category(name: string): readonly KindInfo[] {
    return this.kinds.filter((info) => info.categories.includes(name));
  }
}

export const SCHEME: Scheme = new Scheme(KINDS);
