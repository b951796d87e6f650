/**
 * Cluster DNS: the CoreDNS-like server, the pod's resolver and its files.
 */
export {
  ClusterIndex,
  type ClusterView,
  type ViewEndpoint,
  type ViewPort,
  type ViewService,
  type ViewSlice,
} from './cluster-view.ts';
export {
  type Corefile,
  type CorefileEnv,
  type CorefileError,
  type Directive,
  type ServerBlock,
  formatCorefileError,
  parseCorefile,
  unfoldCorefile,
} from './corefile.ts';
export { PLUGIN_ORDER } from './chain.ts';
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
export { formatRecord, parseRecord } from './record-text.ts';
export { addressOfReverseName, reverseName } from './reverse.ts';
export { type DnsServer, type DnsServerOptions, startDnsServer } from './server.ts';
export {
  type UpstreamDns,
  type UpstreamOptions,
  type UpstreamZone,
  isZoneRecord,
  startUpstreamDns,
} from './upstream.ts';
