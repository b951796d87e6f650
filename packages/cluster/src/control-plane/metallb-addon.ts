/**
 * MetalLB as an add-on: the objects of its manifests (metallb/metallb 0.16 config/manifests/metallb-native.yaml).
 */
import type { KubeObject } from '@podwire/api';
import { METALLB_NAMESPACE, SPEAKER_LABELS } from '@podwire/edge';

const VERSION = 'v0.16.1';

/** Objects in the order in which they are to be created; what makes pods comes last. */
export function metallbAddon(): readonly KubeObject[] {
  const objects: object[] = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: METALLB_NAMESPACE,
        labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
      },
    },
    workload('Deployment', 'controller', { app: 'metallb', component: 'controller' }, {}),
    workload('DaemonSet', 'speaker', SPEAKER_LABELS, {
      hostNetwork: true,
      terminationGracePeriodSeconds: 2,
      tolerations: [
        { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule', operator: 'Exists' },
      ],
    }),
  ];
  return objects as KubeObject[];
}

function workload(
  kind: 'Deployment' | 'DaemonSet',
  name: 'controller' | 'speaker',
  labels: object,
  podSpec: object,
): object {
  const container = {
    name,
    image: `quay.io/metallb/${name}:${VERSION}`,
    args: ['--port=7472', '--log-level=info'],
    ports: [{ name: 'monitoring', containerPort: 7472 }],
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: METALLB_NAMESPACE, labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...podSpec, containers: [container] } },
    },
  };
}
