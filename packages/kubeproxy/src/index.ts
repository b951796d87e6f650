/**
 * kube-proxy: Services and EndpointSlices turned into a node's rules.
 */
export {
  type KubeProxyOptions,
  type LocalDetector,
  type ProxyConfig,
  proxyConfig,
} from './config.ts';
export {
  type ChosenEndpoints,
  type EndpointInfo,
  chooseEndpoints,
  endpointsOf,
} from './endpoints.ts';
export { HEALTHZ_PORT, HealthServers } from './health.ts';
export { type EndpointsMap, type ServiceMap, buildIptables } from './iptables/build.ts';
export { JUMPS as KUBE_JUMPS, kubeletFirewallRules } from './iptables/fixed-rules.ts';
export { endpointChain, serviceChains } from './iptables/names.ts';
export { DurationHistogram, NetworkProgramming } from './metrics.ts';
export { type KubeProxy, type ProxyMetrics, startKubeProxy } from './proxier.ts';
export { Recent, type Standing } from './recent.ts';
export { InformerSight, type Seen, SeenVersions } from './seen.ts';
export {
  PROXY_SELECTOR,
  type ServicePortInfo,
  keyOfPort,
  portKey,
  servicePortsOf,
} from './service-map.ts';
export { serviceHealth } from './service-health.ts';
export {
  type ServiceEntry,
  type ServicePorts,
  type ServiceView,
  ServiceViews,
} from './service-view.ts';
