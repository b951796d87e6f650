/**
 * Cluster DNS: the CoreDNS-like server, the pod's resolver and its files.
 */
export {
  type HostsEntry,
  type PodHosts,
  hostNetworkHostsFile,
  lookupHosts,
  lookupHostsByIp,
  parseHostsFile,
  podHostsFile,
} from './hosts-file.ts';
export {
  type ClusterDnsConfig,
  type PodDns,
  type PodDnsEvent,
  type PodDnsRequest,
  type ResolvConf,
  type ResolverOptions,
  formatResolvConf,
  parseResolvConf,
  podResolvConf,
  resolverOptions,
} from './resolv-conf.ts';
