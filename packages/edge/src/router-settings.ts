/**
 * What the ingress operator tells a router by its environment (desiredRouterDeployment of cluster-ingress-operator
 * pkg/operator/controller/ingress/deployment.go; openshift/router pkg/cmd/infra/router).
 */
import { type Selector, parseSelector } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type ForwardedPolicy, forwardedPolicy, haproxyTime } from './route-compile.ts';

export interface RouterSettings {
  /** Name of the IngressController, `default`. */
  readonly name: string;
  /** `apps.ocp4.example.com`. */
  readonly domain: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly statsPort: number;
  /** Of a shard; undefined: all Routes, Routes of all namespaces. */
  readonly routeSelector: Selector | undefined;
  readonly namespaceSelector: Selector | undefined;
  readonly allowsWildcards: boolean;
  /** Namespaces may have paths of one host. */
  readonly sharesHosts: boolean;
  readonly forwarded: ForwardedPolicy;
  readonly serverTimeoutNs: number;
  readonly checkIntervalNs: number;
  /** Files with whole answers, by status. */
  readonly errorFiles: ReadonlyMap<503 | 404, string>;
}

export function routerSettings(env: ReadonlyMap<string, string>): RouterSettings {
  const text = (name: string): string => env.get(name) ?? '';
  const port = (name: string, usual: number): number => Number(env.get(name) ?? usual);
  const selector = (name: string): Selector | undefined => {
    const parsed = text(name) === '' ? undefined : parseSelector(text(name));
    return typeof parsed === 'string' ? undefined : parsed;
  };
  const errorFiles = new Map<503 | 404, string>();
  for (const status of [503, 404] as const) {
    const file = env.get(`ROUTER_ERRORFILE_${status}`);
    if (file !== undefined) errorFiles.set(status, file);
  }
  return {
    name: env.get('ROUTER_SERVICE_NAME') ?? 'default',
    domain: text('ROUTER_DOMAIN'),
    httpPort: port('ROUTER_SERVICE_HTTP_PORT', 80),
    httpsPort: port('ROUTER_SERVICE_HTTPS_PORT', 443),
    statsPort: port('STATS_PORT', 1936),
    routeSelector: selector('ROUTE_LABELS'),
    namespaceSelector: selector('NAMESPACE_LABELS'),
    allowsWildcards: text('ROUTER_ALLOW_WILDCARD_ROUTES') === 'true',
    sharesHosts: text('ROUTER_DISABLE_NAMESPACE_OWNERSHIP_CHECK') === 'true',
    forwarded: forwardedPolicy(env.get('ROUTER_SET_FORWARDED_HEADERS')) ?? 'append',
    serverTimeoutNs: haproxyTime(env.get('ROUTER_DEFAULT_SERVER_TIMEOUT')) ?? 30 * NS_PER_SEC,
    checkIntervalNs: haproxyTime(env.get('ROUTER_BACKEND_CHECK_INTERVAL')) ?? 5 * NS_PER_SEC,
    errorFiles,
  };
}
