/**
 * kube-proxy's configuration (kubeproxy.config.k8s.io/v1alpha1), as far as it changes rules or timing.
 */
import { NS_PER_SEC } from '@podwire/base';

/** How kube-proxy tells that a packet comes from a pod of this node. */
export type LocalDetector =
  | { readonly kind: 'cidr'; readonly cidr: string }
  /** BridgeInterface, or InterfaceNamePrefix with a `+` at the end. */
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'none' };

export interface KubeProxyOptions {
  readonly nodeName: string;
  /** Default `iptables`, the only one so far. */
  readonly mode?: 'iptables';
  readonly detectLocalMode?: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  readonly clusterCIDR?: string;
  /** This node's podCIDR, for NodeCIDR. */
  readonly podCIDR?: string;
  readonly bridgeInterface?: string;
  readonly interfaceNamePrefix?: string;
  readonly masqueradeAll?: boolean;
  readonly masqueradeBit?: number;
  readonly localhostNodePorts?: boolean;
  /** CIDRs, or `primary`; empty = all addresses. */
  readonly nodePortAddresses?: readonly string[];
  readonly syncPeriodNs?: number;
  readonly minSyncPeriodNs?: number;
  /** The kernel has nfnetlink_acct, as most have; kube-proxy before 1.31 never asks. */
  readonly hasNfacct?: boolean;
  /** For nf_conntrack_max = max(131072, 32768 per core). */
  readonly cpuCount?: number;
  /**
   * Proxies with the same scope watch the same API server, and share what they make of it. It stands for
   * the cluster in this thread; without it a proxy is alone.
   */
  readonly scope?: object;
}

/** What rules depend on: complete, and equal for equal nodes but for the last three. */
export interface ProxyConfig {
  readonly detector: LocalDetector;
  readonly masqueradeAll: boolean;
  readonly masqueradeMark: string;
  readonly localhostNodePorts: boolean;
  readonly nodePortAddresses: readonly string[];
  readonly hasNfacct: boolean;
  /** net.netfilter.nf_conntrack_tcp_be_liberal: leaves the INVALID rule out. */
  readonly isConntrackLiberal: boolean;
  readonly nodeName: string;
  readonly nodeIPs: readonly string[];
  readonly zone: string | undefined;
}

const DEFAULT_MASQUERADE_BIT = 14;
export const DEFAULT_SYNC_PERIOD_NS: number = 30 * NS_PER_SEC;
export const DEFAULT_MIN_SYNC_PERIOD_NS: number = NS_PER_SEC;

export function proxyConfig(
  options: KubeProxyOptions,
  node: { readonly nodeIPs?: readonly string[]; readonly zone?: string | undefined } = {},
): ProxyConfig {
  const bit = options.masqueradeBit ?? DEFAULT_MASQUERADE_BIT;
  return {
    detector: detectorOf(options),
    masqueradeAll: options.masqueradeAll ?? false,
    masqueradeMark: `0x${(2 ** bit).toString(16)}`,
    localhostNodePorts: options.localhostNodePorts ?? true,
    nodePortAddresses: options.nodePortAddresses ?? [],
    hasNfacct: options.hasNfacct ?? true,
    isConntrackLiberal: false,
    nodeName: options.nodeName,
    nodeIPs: node.nodeIPs ?? [],
    zone: node.zone,
  };
}

/** Without the value that its mode needs, detection is off. */
function detectorOf(options: KubeProxyOptions): LocalDetector {
  const cidr = (value: string | undefined): LocalDetector =>
    value === undefined || value === '' ? { kind: 'none' } : { kind: 'cidr', cidr: value };
  const dev = (value: string | undefined, end: string): LocalDetector =>
    value === undefined || value === ''
      ? { kind: 'none' }
      : { kind: 'interface', name: `${value}${end}` };
  switch (options.detectLocalMode ?? 'ClusterCIDR') {
    case 'ClusterCIDR':
      return cidr(options.clusterCIDR);
    case 'NodeCIDR':
      return cidr(options.podCIDR);
    case 'BridgeInterface':
      return dev(options.bridgeInterface, '');
    case 'InterfaceNamePrefix':
      return dev(options.interfaceNamePrefix, '+');
  }
}
