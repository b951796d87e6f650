/**
 * What a user says of the cluster's edge: which proxies run where, and the balancers of the cloud around it.
 */
import { cidrsOverlap, formatCidr, network, parseCidr } from '@podwire/base';
import type { KindOrigin } from '@podwire/api';
import type { RouterPlatform } from '@podwire/edge';
import type { ConfigProblem } from './cluster-config.ts';

/** How a proxy is reached: on its nodes' own ports 80 and 443, or by a Service of type LoadBalancer. */
export type Publishing = 'hostNetwork' | 'loadBalancer';

export interface ProxyConfig {
  /** Nodes that run it; default: the first. */
  readonly nodes?: readonly string[];
  readonly publish?: Publishing;
}

/** A cloud around the cluster, or MetalLB in it, whose pools are objects of the API. */
export type LoadBalancerProvider = 'cloud' | 'metallb';

export interface LoadBalancerConfig {
  readonly provider?: LoadBalancerProvider;
  /** Of a cloud. */
  readonly pool?: string;
}

export interface EdgeConfig {
  readonly ingressNginx?: ProxyConfig;
  readonly router?: ProxyConfig;
  /** `apps.ocp4.example.com`: below it Routes get their hosts. */
  readonly appsDomain?: string;
  /** Who gives addresses to Services of type LoadBalancer; none: they stay `<pending>`. */
  readonly loadBalancer?: LoadBalancerConfig;
}

export interface FullProxy {
  readonly nodes: readonly string[];
  readonly publish: Publishing;
}

export type FullLoadBalancer =
  /** Addresses that the cloud gives. */
  { readonly provider: 'cloud'; readonly pool: string } | { readonly provider: 'metallb' };

export interface FullEdge {
  readonly ingressNginx: FullProxy | undefined;
  readonly router: FullProxy | undefined;
  readonly appsDomain: string | undefined;
  readonly loadBalancer: FullLoadBalancer | undefined;
}

const APPS_DOMAIN = 'apps.ocp4.example.com';
const POOL = '203.0.113.0/24';

export function fullEdge(
  config: EdgeConfig | undefined,
  nodes: readonly string[],
  options: {
    readonly isOpenshift: boolean;
    readonly networks: readonly string[];
    readonly problems: ConfigProblem[];
  },
): FullEdge {
  const { isOpenshift, networks, problems } = options;
  const proxy = (name: 'ingressNginx' | 'router'): FullProxy | undefined => {
    const given = config?.[name];
    if (given === undefined) return undefined;
    const [first] = nodes;
    const wanted = given.nodes ?? (first === undefined ? [] : [first]);
    wanted.forEach((node, index) => {
      if (nodes.includes(node)) return;
      problems.push({
        path: `cluster.edge.${name}.nodes[${index}]`,
        code: 'PW4004',
        message: `there is no node called ${node}`,
        hint: `nodes: ${nodes.slice(0, 5).join(', ')}`,
      });
    });
    const publish = given.publish ?? 'hostNetwork';
    if (publish === 'loadBalancer' && config?.loadBalancer === undefined) {
      problems.push({
        path: `cluster.edge.${name}.publish`,
        code: 'PW4004',
        message: 'nobody gives addresses to Services of type LoadBalancer here',
        hint: 'add cluster.edge.loadBalancer: {}',
      });
    }
    return { nodes: wanted, publish };
  };
  const ingressNginx = proxy('ingressNginx');
  const router = proxy('router');
  const shared = ingressNginx?.nodes.find((node) => router?.nodes.includes(node));
  const areBothOnHost = [ingressNginx, router].every((each) => each?.publish === 'hostNetwork');
  if (shared !== undefined && areBothOnHost) {
    problems.push({
      path: 'cluster.edge.router.nodes',
      code: 'PW4004',
      message: `${shared} cannot give ports 80 and 443 to both ingress-nginx and the router`,
    });
  }
  return {
    ingressNginx,
    router,
    appsDomain:
      config?.appsDomain ?? (isOpenshift || router !== undefined ? APPS_DOMAIN : undefined),
    loadBalancer: loadBalancerOf(config?.loadBalancer, networks, problems),
  };
}

function loadBalancerOf(
  config: LoadBalancerConfig | undefined,
  networks: readonly string[],
  problems: ConfigProblem[],
): FullLoadBalancer | undefined {
  if (config === undefined) return undefined;
  const path = 'cluster.edge.loadBalancer.pool';
  if (config.provider === 'metallb') {
    if (config.pool === undefined) return { provider: 'metallb' };
    problems.push({
      path,
      code: 'PW4004',
      message: 'the pools of MetalLB are objects of the cluster',
      hint: 'apply an IPAddressPool and an L2Advertisement (metallb.io/v1beta1) in namespace metallb-system',
    });
    return undefined;
  }
  const text = config.pool ?? POOL;
  const pool = parseCidr(text);
  if (pool === undefined || network(pool) !== pool.ip) {
    problems.push({ path, code: 'PW4004', message: `"${text}" is not a network in CIDR form` });
    return undefined;
  }
  for (const other of networks) {
    const parsed = parseCidr(other);
    if (parsed === undefined || !cidrsOverlap(parsed, pool)) continue;
    problems.push({ path, code: 'PW4001', message: `${formatCidr(pool)} overlaps ${other}` });
  }
  return { provider: 'cloud', pool: text };
}

/** Whose kinds the cluster's API server has beside Kubernetes' own. */
export function kindOrigins(cluster: {
  readonly distribution: string;
  readonly edge: FullEdge;
}): readonly KindOrigin[] {
  const origins: KindOrigin[] = [];
  if (cluster.distribution === 'openshift') origins.push('openshift');
  if (cluster.edge.router !== undefined) origins.push('ingress-operator');
  if (cluster.edge.loadBalancer?.provider === 'metallb') origins.push('metallb');
  return origins;
}

/** Where routers run and how they are reached when their IngressController does not say. */
export function routerPlatform(cluster: {
  readonly nodes: readonly unknown[];
  readonly edge: FullEdge;
}): (name: string) => RouterPlatform {
  const { router, appsDomain = '', loadBalancer } = cluster.edge;
  return (name) => {
    const nodes = name === 'default' ? router?.nodes : undefined;
    return {
      domain: appsDomain,
      publishing: { type: loadBalancer === undefined ? 'HostNetwork' : 'LoadBalancerService' },
      // DetermineReplicas: two, but one where there is one worker.
      replicas: nodes?.length ?? Math.min(2, Math.max(1, cluster.nodes.length)),
      nodes,
    };
  };
}
