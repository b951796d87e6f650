/**
 * Cluster DNS: the CoreDNS-like server, the pod's resolver and its files.
 */
export {
  type DnsQueryOptions,
  type DnsQueryResult,
  type DnsTryFailure,
  dnsQuery,
} from './dns-query.ts';
export { DNS_PORT, type DnsServerAddress } from './exchange.ts';
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
export {
  type AddressType,
  GAI_CODES,
  type GaiError,
  type GetaddrinfoOptions,
  type Libc,
  type LookupStep,
  type QueryOutcome,
  type ResolverFiles,
  formatOutcome,
  searchNames,
} from './lookup-run.ts';
export { type GetaddrinfoResult, getaddrinfo } from './resolver.ts';
