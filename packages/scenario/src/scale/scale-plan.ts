/**
 * What `podwire scale` builds: how many nodes, pods and services, and how they hang together.
 *
 * One service stands out: the one that is restarted, with up to 1,000 endpoints. The others share the pods that
 * are left; every pod belongs to a Deployment behind one Service, unless `endpoints` says that services take fewer.
 */
import type { ClusterConfig, Provider, ProxyMode } from '@podwire/cluster';
import type { KubeObject } from '@podwire/api';

export interface ScaleRequest {
  readonly nodes: number;
  readonly pods: number;
  readonly services: number;
  /** Endpoints per service; undefined: all pods are shared out. */
  readonly endpoints: number | undefined;
  readonly provider: Provider;
  readonly proxyMode: ProxyMode;
  readonly probes: number;
  readonly seed: string;
}

/** A Deployment, and the Service in front of it. */
export interface ScaleService {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly nodePort: number | undefined;
}

export interface ScalePlan {
  readonly request: ScaleRequest;
  readonly services: readonly ScaleService[];
  /** Deployments without a Service. */
  readonly plain: readonly ScaleService[];
  readonly restarted: ScaleService;
  readonly namespaces: readonly string[];
}

/** A problem of the request, by its flag. */
export interface ScaleProblem {
  readonly flag: string;
  readonly message: string;
  readonly hint: string;
}

/** Limits of a Kubernetes cluster: https://kubernetes.io/docs/setup/best-practices/cluster-large/. */
const NODES_MAX = 5_000;
const PODS_MAX = 150_000;
const SERVICES_MAX = 10_000;
/** kubelet's maxPods. */
const PODS_PER_NODE_MAX = 110;
/** The service that is restarted. */
const RESTARTED_MAX = 1_000;
/** Services of a namespace: its pods carry variables for each. */
const SERVICES_PER_NAMESPACE = 100;
/** Every tenth service is a NodePort, as far as the range goes. */
const NODE_PORT_EVERY = 10;
const NODE_PORT_FIRST = 30_000;
const NODE_PORT_COUNT = 2_768;
const POD_PORT = 8080;
export const POD_LABEL = 'scale.example.org/pod';
/** On every Service of a plan. */
export const SERVICE_LABEL = 'scale.example.org/service';

/** All that is wrong with the request; empty when it can be built. */
export function checkScale(request: ScaleRequest): readonly ScaleProblem[] {
  const { nodes, pods, services, endpoints } = request;
  const problems: ScaleProblem[] = [];
  const range = (flag: string, value: number, least: number, most: number): void => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    problems.push({
      flag,
      message: `${flag} ${value} is not a whole number from ${least} to ${most}`,
      hint: `the limits of a Kubernetes cluster are ${NODES_MAX} nodes, ${PODS_MAX} pods, ${SERVICES_MAX} services`,
    });
  };
  range('--nodes', nodes, 1, NODES_MAX);
  range('--pods', pods, 1, PODS_MAX);
  range('--services', services, 1, SERVICES_MAX);
  range('--probes', request.probes, 0, 1_000_000);
  if (problems.length > 0) return problems;
  // The DNS pods need room, too.
  if (pods > nodes * PODS_PER_NODE_MAX - 2) {
    problems.push({
      flag: '--pods',
      message: `${pods} pods do not fit on ${nodes} nodes: a kubelet runs up to ${PODS_PER_NODE_MAX}`,
      hint: `at least ${Math.ceil((pods + 2) / PODS_PER_NODE_MAX)} nodes are needed`,
    });
  }
  if (services > pods) {
    problems.push({
      flag: '--services',
      message: `${services} services need at least as many pods, not ${pods}`,
      hint: `ask for up to ${pods} services, or for more pods`,
    });
  }
  if (endpoints !== undefined && !(endpoints >= 1 && endpoints * services <= pods)) {
    problems.push({
      flag: '--endpoints',
      message: `${services} services of ${endpoints} endpoints each need ${services * endpoints} pods, not ${pods}`,
      hint: `up to ${Math.floor(pods / services)} endpoints per service are possible`,
    });
  }
  return problems;
}

export function planScale(request: ScaleRequest): ScalePlan {
  const { pods, services: count, endpoints } = request;
  const restartedReplicas =
    endpoints ?? Math.max(1, Math.min(RESTARTED_MAX, pods - (count - 1), Math.floor(pods / 5)));
  const others = count - 1;
  const shared = endpoints === undefined ? pods - restartedReplicas : endpoints * others;
  const services: ScaleService[] = [];
  const spaceOf = (index: number): string =>
    `team-${Math.floor(index / SERVICES_PER_NAMESPACE) + 1}`;
  for (let index = 0; index < count; index++) {
    // The first pods of an uneven share go to the first services.
    const replicas =
      index === 0 ? restartedReplicas : shareOf(shared, Math.max(others, 1), index - 1);
    const port = index % NODE_PORT_EVERY === 0 ? index / NODE_PORT_EVERY : NODE_PORT_COUNT;
    services.push({
      namespace: spaceOf(index),
      name: `app-${index + 1}`,
      replicas,
      nodePort: port < NODE_PORT_COUNT ? NODE_PORT_FIRST + port : undefined,
    });
  }
  const left = pods - services.reduce((sum, { replicas }) => sum + replicas, 0);
  const plain: ScaleService[] = [];
  for (let done = 0; done < left; done += RESTARTED_MAX) {
    plain.push({
      namespace: 'batch',
      name: `job-${plain.length + 1}`,
      replicas: Math.min(RESTARTED_MAX, left - done),
      nodePort: undefined,
    });
  }
  const namespaces = [...new Set([...services, ...plain].map(({ namespace }) => namespace))];
  const [restarted] = services;
  if (restarted === undefined) throw new Error('a plan has at least one service');
  return { request, services, plain, restarted, namespaces };
}

function shareOf(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

/** The cluster, with networks that hold the largest size. */
export function scaleCluster(request: ScaleRequest): ClusterConfig {
  return {
    nodes: request.nodes,
    provider: request.provider,
    // No node watches all others, as in clouds of that size.
    ...(request.provider === 'bridge' ? { podRoutes: 'router' } : {}),
    proxyMode: request.proxyMode,
    podNetwork: '10.128.0.0/11',
    nodeMaskSize: 24,
    nodeNetwork: '172.16.0.0/16',
    tuning: 'large',
  };
}

export function namespaceObject(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

export function deploymentObject({ namespace, name, replicas }: ScaleService): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name, labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, [POD_LABEL]: 'true' } },
        spec: {
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'agnhost',
              image: 'registry.k8s.io/e2e-test-images/agnhost:2.39',
              args: ['netexec', `--http-port=${POD_PORT}`],
              ports: [{ containerPort: POD_PORT }],
              resources: { requests: { cpu: '10m', memory: '16Mi' } },
            },
          ],
        },
      },
    },
  } as KubeObject;
}

export function serviceObject({ namespace, name, nodePort }: ScaleService): KubeObject {
  const port = { port: 80, targetPort: POD_PORT, ...(nodePort === undefined ? {} : { nodePort }) };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, labels: { [SERVICE_LABEL]: 'true' } },
    spec: {
      type: nodePort === undefined ? 'ClusterIP' : 'NodePort',
      selector: { app: name },
      ports: [port],
    },
  } as KubeObject;
}

export { POD_PORT };
