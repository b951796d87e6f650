/**
 * Kinds that are not Kubernetes' own: OpenShift's, its ingress operator's, MetalLB's.
 */
import { defaultAddressPool } from './defaults/edge.ts';
import {
  defaultBuild,
  defaultBuildConfig,
  defaultDeploymentConfig,
  defaultImageStream,
} from './defaults/openshift.ts';
import { validateIngressController } from './validate/ingresscontroller.ts';
import { denyAddressPool } from './validate/metallb.ts';
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
} from './validate/openshift.ts';
import { type KindInfo, entry } from './scheme.ts';

export const OPENSHIFT_KINDS: readonly KindInfo[] = [
  entry(
    'DeploymentConfig',
    'deploymentconfigs',
    {
      group: 'apps.openshift.io',
      shortNames: ['dc'],
      categories: ['all'],
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
      categories: ['all'],
      subresources: ['status', 'instantiate'],
      origin: 'openshift',
    },
    { hasGeneration: true, setDefaults: defaultBuildConfig, validate: validateBuildConfig },
  ),
  entry(
    'Build',
    'builds',
    {
      group: 'build.openshift.io',
      categories: ['all'],
      subresources: ['status'],
      origin: 'openshift',
    },
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
      categories: ['all'],
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
