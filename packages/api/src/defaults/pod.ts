/**
 * Defaults of pods and pod templates (pkg/apis/core/v1/defaults.go).
 */
import { type Draft, child, ensure, items, setDefault, text } from '../draft.ts';

export function defaultPod(pod: Draft): void {
  const spec = ensure(pod, 'spec');
  // Only of pods, not of templates: a limit stands for a missing request.
  for (const list of ['containers', 'initContainers']) {
    for (const container of items(spec, list)) {
      if (Object.isFrozen(container)) continue;
      const resources = child(container, 'resources');
      const limits = child(resources, 'limits');
      if (resources === undefined || limits === undefined || Object.isFrozen(resources)) continue;
      resources['requests'] = { ...limits, ...child(resources, 'requests') };
    }
  }
  setDefault(spec, 'enableServiceLinks', true);
  defaultPodSpec(spec);
}

export function defaultPodTemplate(template: Draft): void {
  ensure(template, 'metadata');
  defaultPodSpec(ensure(template, 'spec'));
}

export function defaultPodSpec(spec: Draft): void {
  if (Object.isFrozen(spec)) return;
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (text(spec, 'serviceAccountName') === '' && text(spec, 'serviceAccount') !== '') {
    spec['serviceAccountName'] = spec['serviceAccount'];
  } else if (text(spec, 'serviceAccountName') !== '') {
    spec['serviceAccount'] = spec['serviceAccountName'];
  }
  const isHostNetwork = spec['hostNetwork'] === true;
  for (const volume of items(spec, 'volumes')) defaultVolume(volume);
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of items(spec, list)) defaultContainer(container, isHostNetwork);
  }
}

function defaultContainer(container: Draft, isHostNetwork: boolean): void {
  for (const port of items(container, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    if (isHostNetwork) setDefault(port, 'hostPort', port['containerPort']);
  }
  if (Object.isFrozen(container)) return;
  setDefault(container, 'resources', {});
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', pullPolicyOf(text(container, 'image')));
  for (const env of items(container, 'env')) {
    const fieldRef = child(child(env, 'valueFrom'), 'fieldRef');
    if (fieldRef !== undefined) setDefault(fieldRef, 'apiVersion', 'v1');
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = child(container, name);
    if (probe === undefined) continue;
    setDefault(probe, 'timeoutSeconds', 1);
    setDefault(probe, 'periodSeconds', 10);
    setDefault(probe, 'successThreshold', 1);
    setDefault(probe, 'failureThreshold', 3);
    defaultHttpGet(child(probe, 'httpGet'));
    const grpc = child(probe, 'grpc');
    if (grpc !== undefined) setDefault(grpc, 'service', '');
  }
  const lifecycle = child(container, 'lifecycle');
  for (const name of ['postStart', 'preStop']) {
    defaultHttpGet(child(child(lifecycle, name), 'httpGet'));
  }
}

function defaultHttpGet(httpGet: Draft | undefined): void {
  if (httpGet === undefined) return;
  setDefault(httpGet, 'path', '/');
  setDefault(httpGet, 'scheme', 'HTTP');
}

/** Always for the tag `latest` and for no tag, IfNotPresent for others and for digests. */
export function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent';
  const colon = image.lastIndexOf(':');
  const tag = colon > image.lastIndexOf('/') ? image.slice(colon + 1) : '';
  return tag === '' || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

const VOLUME_SOURCES = [
  'hostPath',
  'emptyDir',
  'secret',
  'nfs',
  'persistentVolumeClaim',
  'downwardAPI',
  'configMap',
  'projected',
  'csi',
  'ephemeral',
  'image',
  'iscsi',
  'gcePersistentDisk',
  'awsElasticBlockStore',
];

/** 0644. */
const FILE_MODE = 420;

function defaultVolume(volume: Draft): void {
  if (Object.isFrozen(volume)) return;
  if (VOLUME_SOURCES.every((source) => volume[source] === undefined)) volume['emptyDir'] = {};
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const found = child(volume, source);
    if (found !== undefined) setDefault(found, 'defaultMode', FILE_MODE);
  }
  const hostPath = child(volume, 'hostPath');
  if (hostPath !== undefined) setDefault(hostPath, 'type', '');
  const itemsOfDownward = items(child(volume, 'downwardAPI'), 'items');
  for (const source of items(child(volume, 'projected'), 'sources')) {
    const token = child(source, 'serviceAccountToken');
    if (token !== undefined) setDefault(token, 'expirationSeconds', 3600);
    itemsOfDownward.push(...items(child(source, 'downwardAPI'), 'items'));
  }
  for (const item of itemsOfDownward) {
    const fieldRef = child(item, 'fieldRef');
    if (fieldRef !== undefined) setDefault(fieldRef, 'apiVersion', 'v1');
  }
}
