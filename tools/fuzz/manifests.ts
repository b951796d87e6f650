/**
 * Random manifests: workloads of several kinds with their services, all of which come up in a healthy
 * cluster that has room for them.
 */
import type { Rng } from '../../packages/base/src/index.ts';

/** A workload and what the audit asks of it. */
export interface App {
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly replicas: number;
  readonly hasHostPort: boolean;
  /** Port of its service that answers HTTP; undefined for headless services. */
  readonly httpPort: number | undefined;
  readonly serviceType: ServiceType;
}

type ServiceType = 'ClusterIP' | 'NodePort' | 'headless';
type Json = Readonly<Record<string, unknown>>;

/** What an image listens on; both answer HTTP on their first port. */
interface Server {
  readonly image: string;
  readonly args: readonly string[] | undefined;
  readonly port: number;
  readonly udpPort: number | undefined;
}

const SERVERS: readonly Server[] = [
  { image: 'nginx:1.27', args: undefined, port: 80, udpPort: undefined },
  { image: 'httpd:2.4', args: undefined, port: 80, udpPort: undefined },
  {
    image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
    args: ['netexec', '--http-port=8080', '--udp-port=8081'],
    port: 8080,
    udpPort: 8081,
  },
  { image: 'traefik/whoami', args: undefined, port: 80, udpPort: undefined },
];

export interface Manifests {
  /** A Service of type LoadBalancer, and the app behind it. */
  readonly front?: { readonly name: string; readonly app: App };
  readonly apps: readonly App[];
  readonly serviceNames: readonly string[];
  readonly text: string;
}

export function drawManifests(rng: Rng, nodeCount: number): Manifests {
  const documents: Json[] = [];
  const apps: App[] = [];
  const count = rng.between(1, 3);
  for (let index = 0; index < count; index++) {
    const app = drawApp(rng, `app-${index}`, nodeCount);
    const server = rng.pick(SERVERS);
    documents.push(workloadOf(rng, app, server));
    const service = serviceOf(rng, app, server, index);
    documents.push(service);
    apps.push({
      ...app,
      httpPort: app.serviceType === 'headless' ? undefined : SERVICE_PORT,
    });
  }
  documents.push(toolbox());
  if (rng.below(3) === 0) {
    documents.push({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'elsewhere' },
      spec: { type: 'ExternalName', externalName: 'www.example.org' },
    });
  }
  const serviceNames = documents
    .filter((one) => one['kind'] === 'Service')
    .map((one) => (one['metadata'] as { readonly name: string }).name);
  // JSON is YAML.
  return { apps, serviceNames, text: documents.map((one) => JSON.stringify(one)).join('\n---\n') };
}

/** The same with a Service of type LoadBalancer before the first app that answers HTTP, and the pool for it. */
export function withFront(
  manifests: Manifests,
  rng: Rng,
  balancer: 'cloud' | 'metallb',
): Manifests {
  const app = manifests.apps.find(({ httpPort }) => httpPort !== undefined);
  if (app === undefined) return manifests;
  const name = 'front';
  const metallb = { apiVersion: 'metallb.io/v1beta1' };
  const metadata = { name: 'pool', namespace: 'metallb-system' };
  const addresses = ['192.168.10.200-192.168.10.203'];
  const documents: Json[] = [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: {
        type: 'LoadBalancer',
        selector: { app: app.name },
        externalTrafficPolicy: rng.pick(['Cluster', 'Local']),
        ports: [{ name: 'http', port: SERVICE_PORT, targetPort: 'http' }],
      },
    },
    ...(balancer === 'cloud'
      ? []
      : [
          { ...metallb, kind: 'IPAddressPool', metadata, spec: { addresses } },
          { ...metallb, kind: 'L2Advertisement', metadata },
        ]),
  ];
  return {
    ...manifests,
    front: { name, app },
    serviceNames: [...manifests.serviceNames, name],
    text: [manifests.text, ...documents.map((one) => JSON.stringify(one))].join('\n---\n'),
  };
}

const SERVICE_PORT = 8000;
/** Where people look into the cluster from: a shell on every node. */
export const TOOLBOX = 'toolbox';

function drawApp(rng: Rng, name: string, nodeCount: number): App {
  const kind = rng.pick(['Deployment', 'Deployment', 'StatefulSet', 'DaemonSet'] as const);
  // A port of the host is free once per node.
  const hasHostPort = kind === 'DaemonSet' && rng.below(2) === 0;
  const serviceType =
    kind === 'StatefulSet'
      ? ('headless' as const)
      : rng.pick(['ClusterIP', 'ClusterIP', 'NodePort', 'headless'] as const);
  const replicas = kind === 'DaemonSet' ? nodeCount : rng.between(0, 4);
  return { name, kind, replicas, hasHostPort, httpPort: undefined, serviceType };
}

function workloadOf(rng: Rng, app: App, server: Server): Json {
  const labels = { app: app.name };
  const container = {
    name: 'main',
    image: server.image,
    ...(server.args === undefined ? {} : { args: server.args }),
    ports: [
      {
        name: 'http',
        containerPort: server.port,
        // Apart from node ports and from each other.
        ...(app.hasHostPort ? { hostPort: 9000 + Number(app.name.slice(-1)) } : {}),
      },
    ],
    ...drawProbes(rng, server),
    ...(rng.below(3) === 0 ? { resources: { requests: { cpu: '50m', memory: '32Mi' } } } : {}),
  };
  const template = {
    metadata: { labels },
    spec: {
      containers: [container],
      ...(rng.below(2) === 0 ? { terminationGracePeriodSeconds: rng.pick([0, 1, 5, 30]) } : {}),
    },
  };
  return {
    apiVersion: 'apps/v1',
    kind: app.kind,
    metadata: { name: app.name },
    spec: {
      selector: { matchLabels: labels },
      template,
      ...(app.kind === 'DaemonSet' ? {} : { replicas: app.replicas }),
      ...(app.kind === 'StatefulSet' ? { serviceName: app.name, ...drawPodManagement(rng) } : {}),
    },
  };
}

function drawPodManagement(rng: Rng): Json {
  return rng.below(2) === 0 ? { podManagementPolicy: 'Parallel' } : {};
}

function drawProbes(rng: Rng, server: Server): Json {
  const probe = (): Json => {
    const check = rng.pick([
      { httpGet: { path: '/', port: 'http' } },
      { tcpSocket: { port: server.port } },
    ]);
    return { ...check, periodSeconds: rng.between(1, 10), timeoutSeconds: rng.between(1, 3) };
  };
  return {
    ...(rng.below(2) === 0 ? { readinessProbe: probe() } : {}),
    ...(rng.below(4) === 0 ? { livenessProbe: probe() } : {}),
    ...(rng.below(5) === 0 ? { startupProbe: probe() } : {}),
  };
}

function serviceOf(rng: Rng, app: App, server: Server, index: number): Json {
  const ports: Json[] = [
    {
      name: 'http',
      port: SERVICE_PORT,
      targetPort: rng.pick(['http', server.port]),
      ...(app.serviceType === 'NodePort' ? { nodePort: 30_100 + index } : {}),
    },
  ];
  if (server.udpPort !== undefined) {
    ports.push({ name: 'udp', protocol: 'UDP', port: 8001, targetPort: server.udpPort });
  }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: app.name },
    spec: {
      selector: { app: app.name },
      ports,
      ...(app.serviceType === 'headless' ? { clusterIP: 'None' } : {}),
      ...(app.serviceType === 'NodePort' ? { type: 'NodePort' } : {}),
      ...(rng.below(4) === 0 ? { sessionAffinity: 'ClientIP' } : {}),
    },
  };
}

function toolbox(): Json {
  const labels = { app: TOOLBOX };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: TOOLBOX },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            { name: 'main', image: 'nicolaka/netshoot', command: ['sleep', 'infinity'] },
          ],
        },
      },
    },
  };
}
