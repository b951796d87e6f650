/**
 * The edge as add-ons: ingress-nginx's manifests, the default IngressController of OpenShift, MetalLB.
 */
import type { KubeObject } from '@podwire/api';
import { OPERATOR_NAMESPACE, ROUTER_NAMESPACE } from '@podwire/edge';
import type { FullCluster } from '../cluster-config.ts';
import type { FullProxy } from '../edge-config.ts';
import { metallbAddon } from './metallb-addon.ts';

export const NGINX_IMAGE = 'registry.k8s.io/ingress-nginx/controller:v1.15.0';

/** Objects in the order in which they are to be created; what makes pods comes last. */
export function edgeAddon({ edge }: FullCluster): readonly KubeObject[] {
  const objects: object[] = [];
  if (edge.ingressNginx !== undefined) objects.push(...ingressNginx(edge.ingressNginx));
  if (edge.router !== undefined) objects.push(...openshiftRouter(edge.router, edge.appsDomain));
  if (edge.loadBalancer?.provider === 'metallb') objects.push(...metallbAddon());
  return objects as KubeObject[];
}

const PORTS = [
  { name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' },
  { name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' },
];

function ingressNginx(proxy: FullProxy): object[] {
  const labels = {
    'app.kubernetes.io/name': 'ingress-nginx',
    'app.kubernetes.io/component': 'controller',
  };
  const name = 'ingress-nginx-controller';
  const isPublished = proxy.publish === 'loadBalancer';
  const args = ['/nginx-ingress-controller', '--ingress-class=nginx'];
  if (isPublished) args.push(`--publish-service=$(POD_NAMESPACE)/${name}`);
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ingress-nginx' } },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx', labels },
      spec: { controller: 'k8s.io/ingress-nginx' },
    },
    ...(isPublished ? [publishing(name, 'ingress-nginx', labels)] : []),
    daemonSet(name, 'ingress-nginx', labels, proxy, {
      name: 'controller',
      image: NGINX_IMAGE,
      args,
      env: [{ name: 'POD_NAMESPACE', value: 'ingress-nginx' }],
      readinessProbe: probe('/healthz', 10_254),
      livenessProbe: probe('/healthz', 10_254),
    }),
  ];
}

/** The ingress operator makes the router of the IngressController. */
function openshiftRouter(proxy: FullProxy, domain: string | undefined): object[] {
  const type = proxy.publish === 'loadBalancer' ? 'LoadBalancerService' : 'HostNetwork';
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPERATOR_NAMESPACE } },
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: ROUTER_NAMESPACE,
        labels: { 'policy-group.network.openshift.io/ingress': '' },
      },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'openshift-default' },
      spec: { controller: 'openshift.io/ingress-to-route' },
    },
    {
      apiVersion: 'operator.openshift.io/v1',
      kind: 'IngressController',
      metadata: { name: 'default', namespace: OPERATOR_NAMESPACE },
      spec: {
        ...(domain === undefined ? {} : { domain }),
        replicas: proxy.nodes.length,
        endpointPublishingStrategy: { type },
      },
    },
  ];
}

function probe(path: string, port: number): object {
  return { httpGet: { path, port, scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 1 };
}

function publishing(name: string, namespace: string, selector: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', selector, ports: PORTS },
  };
}

/** One pod on each of the proxy's nodes, there in spite of any taint. */
function daemonSet(
  name: string,
  namespace: string,
  labels: object,
  { nodes, publish }: FullProxy,
  container: object,
): object {
  const isOnHost = publish === 'hostNetwork';
  const ports = [
    { name: 'http', containerPort: 80, protocol: 'TCP' },
    { name: 'https', containerPort: 443, protocol: 'TCP' },
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...(isOnHost ? { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' } : {}),
          tolerations: [{ operator: 'Exists' }],
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  {
                    matchExpressions: [
                      { key: 'kubernetes.io/hostname', operator: 'In', values: nodes },
                    ],
                  },
                ],
              },
            },
          },
          containers: [{ ...container, imagePullPolicy: 'IfNotPresent', ports }],
        },
      },
    },
  };
}
