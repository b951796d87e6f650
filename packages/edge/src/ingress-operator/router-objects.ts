/**
 * The objects that the ingress operator makes for an IngressController (cluster-ingress-operator pkg/operator/controller/
 * ingress: deployment.go, internal_service.go, load_balancer_service.go, nodeport_service.go).
 */
import {
  type EndpointPublishingStrategy,
  type IngressController,
  type IngressControllerSpec,
  formatSelector,
  selectorOf,
} from '@podwire/api';
import { hexOf, sha256 } from '@podwire/base';

export const OPERATOR_NAMESPACE = 'openshift-ingress-operator';
export const ROUTER_NAMESPACE = 'openshift-ingress';
/** Where a user's ConfigMap of error pages is looked for. */
export const CONFIG_NAMESPACE = 'openshift-config';
export const ROUTER_IMAGE = 'registry.redhat.io/openshift4/ose-haproxy-router:v4.14';
export const OWNER_LABEL = 'ingresscontroller.operator.openshift.io/owning-ingresscontroller';
const DEPLOYMENT_LABEL = 'ingresscontroller.operator.openshift.io/deployment-ingresscontroller';
/** Tells the pods of one configuration from those of the last. */
const HASH_LABEL = 'ingresscontroller.operator.openshift.io/hash';
const PAGES_FOLDER = '/var/lib/haproxy/conf/error_code_pages';

/** What the platform says where an IngressController is silent. */
export interface RouterPlatform {
  readonly domain: string;
  readonly publishing: EndpointPublishingStrategy;
  readonly replicas: number;
  /** Nodes of the default router; undefined: any. */
  readonly nodes: readonly string[] | undefined;
}

export function publishingOf(
  { spec }: IngressController,
  platform: RouterPlatform,
): EndpointPublishingStrategy {
  return spec.endpointPublishingStrategy ?? platform.publishing;
}

export function domainOf({ spec }: IngressController, platform: RouterPlatform): string {
  return spec.domain ?? platform.domain;
}

export function routerLabels(name: string): Readonly<Record<string, string>> {
  return { [DEPLOYMENT_LABEL]: name };
}

function metadata(name: string, owner: string): object {
  return { name, namespace: ROUTER_NAMESPACE, labels: { [OWNER_LABEL]: owner } };
}

interface RouterPorts {
  readonly http: number;
  readonly https: number;
  readonly stats: number;
}

function portsOf(controller: IngressController, platform: RouterPlatform): RouterPorts {
  const { type, hostNetwork } = publishingOf(controller, platform);
  const own = type === 'HostNetwork' ? hostNetwork : undefined;
  return {
    http: own?.httpPort ?? 80,
    https: own?.httpsPort ?? 443,
    stats: own?.statsPort ?? 1936,
  };
}

/** What routers know by their environment; router-settings.ts reads it. */
export function routerEnvironment(
  controller: IngressController,
  platform: RouterPlatform,
  hasPage: (key: string) => boolean,
): readonly { readonly name: string; readonly value: string }[] {
  const { spec } = controller;
  const { name } = controller.metadata;
  const domain = domainOf(controller, platform);
  const ports = portsOf(controller, platform);
  const entries: (readonly [name: string, value: string | undefined])[] = [
    ['NAMESPACE_LABELS', selectorText(spec.namespaceSelector)],
    ['ROUTER_ALLOW_WILDCARD_ROUTES', flag(allowsWildcards(spec))],
    ['ROUTER_BACKEND_CHECK_INTERVAL', spec.tuningOptions?.healthCheckInterval],
    ['ROUTER_CANONICAL_HOSTNAME', `router-${name}.${domain}`],
    ['ROUTER_DEFAULT_SERVER_TIMEOUT', spec.tuningOptions?.serverTimeout],
    ['ROUTER_DISABLE_NAMESPACE_OWNERSHIP_CHECK', flag(sharesHosts(spec))],
    ['ROUTER_DOMAIN', domain],
    ...(['404', '503'] as const).map((status): readonly [string, string | undefined] => {
      const file = `error-page-${status}.http`;
      return [`ROUTER_ERRORFILE_${status}`, hasPage(file) ? `${PAGES_FOLDER}/${file}` : undefined];
    }),
    ['ROUTER_SERVICE_HTTPS_PORT', String(ports.https)],
    ['ROUTER_SERVICE_HTTP_PORT', String(ports.http)],
    ['ROUTER_SERVICE_NAME', name],
    ['ROUTER_SERVICE_NAMESPACE', ROUTER_NAMESPACE],
    ['ROUTER_SET_FORWARDED_HEADERS', forwardedText(spec)],
    ['ROUTE_LABELS', selectorText(spec.routeSelector)],
    ['STATS_PORT', String(ports.stats)],
  ];
  return entries.flatMap(([key, value]) => (value === undefined ? [] : [{ name: key, value }]));
}

function selectorText(selector: IngressControllerSpec['routeSelector']): string | undefined {
  return selector === undefined ? undefined : formatSelector(selectorOf(selector));
}

function flag(isOn: boolean): string | undefined {
  return isOn ? 'true' : undefined;
}

function allowsWildcards({ routeAdmission }: IngressControllerSpec): boolean {
  return routeAdmission?.wildcardPolicy === 'WildcardsAllowed';
}

function sharesHosts({ routeAdmission }: IngressControllerSpec): boolean {
  return routeAdmission?.namespaceOwnership === 'InterNamespaceAllowed';
}

const FORWARDED: ReadonlyMap<string, string> = new Map([
  ['Append', 'append'],
  ['Replace', 'replace'],
  ['IfNone', 'if-none'],
  ['Never', 'never'],
]);

function forwardedText({ httpHeaders }: IngressControllerSpec): string {
  return FORWARDED.get(httpHeaders?.forwardedHeaderPolicy ?? '') ?? 'append';
}

/**
 * Routers of one controller never share a node; where they hold none of its ports, new ones may stand beside those that
 * they are to replace.
 */
export function routerDeployment(
  controller: IngressController,
  platform: RouterPlatform,
  hasPage: (key: string) => boolean,
): object {
  const { name } = controller.metadata;
  const { spec } = controller;
  const isOnHost = publishingOf(controller, platform).type === 'HostNetwork';
  const labels = routerLabels(name);
  const ports = portsOf(controller, platform);
  const hasPages = ['404', '503'].some((status) => hasPage(`error-page-${status}.http`));
  const replicas = spec.replicas ?? platform.replicas;
  const nodes = spec.nodePlacement === undefined ? platform.nodes : undefined;
  const placement = spec.nodePlacement?.nodeSelector?.matchLabels;
  const container = {
    name: 'router',
    image: ROUTER_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    env: routerEnvironment(controller, platform, hasPage),
    ports: [
      { name: 'http', containerPort: ports.http, protocol: 'TCP' },
      { name: 'https', containerPort: ports.https, protocol: 'TCP' },
      { name: 'metrics', containerPort: ports.stats, protocol: 'TCP' },
    ],
    readinessProbe: probe('/healthz/ready', ports.stats),
    livenessProbe: probe('/healthz', ports.stats),
    ...(hasPages ? { volumeMounts: [{ name: 'error-pages', mountPath: PAGES_FOLDER }] } : {}),
  };
  const affinity = nodes === undefined ? undefined : onNodes(nodes, replicas);
  const hash = hexOf(sha256(JSON.stringify([container, placement, affinity]))).slice(0, 8);
  const rivals = isOnHost ? labels : { ...labels, [HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(`router-${name}`, name),
    spec: {
      replicas,
      selector: { matchLabels: labels },
      // A host's ports are taken until the old pod is gone.
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: isOnHost
          ? { maxSurge: 0, maxUnavailable: '25%' }
          : { maxSurge: '25%', maxUnavailable: '50%' },
      },
      template: {
        metadata: { labels: { ...labels, [HASH_LABEL]: hash } },
        spec: {
          ...(isOnHost ? { hostNetwork: true } : {}),
          dnsPolicy: isOnHost ? 'ClusterFirstWithHostNet' : 'ClusterFirst',
          ...(placement === undefined ? {} : { nodeSelector: placement }),
          tolerations: spec.nodePlacement?.tolerations ?? (nodes === undefined ? [] : ANY_TAINT),
          affinity: {
            ...(affinity === undefined ? {} : { nodeAffinity: affinity }),
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                {
                  topologyKey: 'kubernetes.io/hostname',
                  labelSelector: { matchLabels: rivals },
                },
              ],
            },
          },
          containers: [container],
          ...(hasPages
            ? { volumes: [{ name: 'error-pages', configMap: { name: pagesName(name) } }] }
            : {}),
        },
      },
    },
  };
}

const ANY_TAINT = [{ operator: 'Exists' }];

/** On these nodes, and on others only those that find no place there. */
function onNodes(nodes: readonly string[], replicas: number): object {
  const here = { key: 'kubernetes.io/hostname', operator: 'In', values: nodes };
  const term = { matchExpressions: [here] };
  return replicas > nodes.length
    ? { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: term }] }
    : { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } };
}

function probe(path: string, port: number): object {
  return { httpGet: { path, port, scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 1 };
}

/** The operator's copy of the ConfigMap with error pages. */
export function pagesName(name: string): string {
  return `${name}-errorpages`;
}

export function pagesConfigMap(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(pagesName(name), name), data };
}

const PORTS = [
  { name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' },
  { name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' },
];

/** The Service within the cluster, and the one by which clients outside come. */
export function routerServices(
  controller: IngressController,
  platform: RouterPlatform,
): readonly object[] {
  const { name } = controller.metadata;
  const selector = routerLabels(name);
  const publishing = publishingOf(controller, platform);
  const internal = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(`router-internal-${name}`, name),
    spec: {
      type: 'ClusterIP',
      selector,
      ports: [...PORTS, { name: 'metrics', port: 1936, protocol: 'TCP', targetPort: 'metrics' }],
    },
  };
  const published = (serviceName: string, type: string, more: object): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(serviceName, name),
    spec: { type, externalTrafficPolicy: 'Local', selector, ports: PORTS, ...more },
  });
  switch (publishing.type) {
    case 'LoadBalancerService': {
      const ranges = publishing.loadBalancer?.allowedSourceRanges ?? [];
      const more = ranges.length === 0 ? {} : { loadBalancerSourceRanges: ranges };
      return [internal, published(`router-${name}`, 'LoadBalancer', more)];
    }
    case 'NodePortService':
      return [internal, published(`router-nodeport-${name}`, 'NodePort', {})];
    case 'HostNetwork':
    case 'Private':
      return [internal];
  }
}
