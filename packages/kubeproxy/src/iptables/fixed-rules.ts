/**
 * The rules that do not depend on Services: base chains, jumps to them, masquerading, forwarding.
 */
import { cidrContains, parseCidr, parseIp } from '@podwire/base';
import type { ProxyConfig } from '../config.ts';

export interface Jump {
  readonly table: 'filter' | 'nat';
  readonly from: string;
  /** The rule as iptables takes it, with its target. */
  readonly words: readonly string[];
}

const NEW_ONLY = ['-m', 'conntrack', '--ctstate', 'NEW'];

function jump(
  table: Jump['table'],
  from: string,
  to: string,
  comment: string,
  isNewOnly = false,
): Jump {
  const words = [
    ...(isNewOnly ? NEW_ONLY : []),
    ...(comment === '' ? [] : ['-m', 'comment', '--comment', comment]),
    '-j',
    to,
  ];
  return { table, from, words };
}

const PORTALS = 'kubernetes service portals';
const VISIBLE = 'kubernetes externally-visible service portals';
const FIREWALL = 'kubernetes load balancer firewall';

/** In the order in which they are prepended: the last one ends on top. */
export const JUMPS: readonly Jump[] = [
  jump('filter', 'INPUT', 'KUBE-EXTERNAL-SERVICES', VISIBLE, true),
  jump('filter', 'FORWARD', 'KUBE-EXTERNAL-SERVICES', VISIBLE, true),
  jump('filter', 'INPUT', 'KUBE-NODEPORTS', 'kubernetes health check service ports'),
  jump('filter', 'FORWARD', 'KUBE-SERVICES', PORTALS, true),
  jump('filter', 'OUTPUT', 'KUBE-SERVICES', PORTALS, true),
  jump('filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'),
  jump('filter', 'INPUT', 'KUBE-PROXY-FIREWALL', FIREWALL, true),
  jump('filter', 'OUTPUT', 'KUBE-PROXY-FIREWALL', FIREWALL, true),
  jump('filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', FIREWALL, true),
  jump('nat', 'PREROUTING', 'KUBE-SERVICES', PORTALS),
  jump('nat', 'OUTPUT', 'KUBE-SERVICES', PORTALS),
  jump('nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'),
  jump('filter', 'INPUT', 'KUBE-FIREWALL', ''),
  jump('filter', 'OUTPUT', 'KUBE-FIREWALL', ''),
];

export const FILTER_CHAINS: readonly string[] = [
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-FIREWALL',
  'KUBE-FORWARD',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
  'KUBE-SERVICES',
];

export const NAT_CHAINS: readonly string[] = [
  'KUBE-MARK-MASQ',
  'KUBE-NODEPORTS',
  'KUBE-POSTROUTING',
  'KUBE-SERVICES',
];

export const CANARY_CHAIN = 'KUBE-PROXY-CANARY';
export const CANARY_TABLES = ['mangle', 'nat', 'filter'] as const;

/** Blocks packets to 127/8 from elsewhere, which route_localnet would let in. */
export function firewallRules(): string[] {
  return [
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
  ];
}

export function forwardRules(config: ProxyConfig): string[] {
  const mark = config.masqueradeMark;
  const account = config.hasNfacct ? ' -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts' : '';
  return [
    ...(config.isConntrackLiberal
      ? []
      : [`-A KUBE-FORWARD -m conntrack --ctstate INVALID${account} -j DROP`]),
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark}/${mark} -j ACCEPT`,
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ];
}

export function masqueradeRules(config: ProxyConfig): string[] {
  const mark = config.masqueradeMark;
  return [
    `-A KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --set-xmark ${mark}/0x0`,
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    `-A KUBE-MARK-MASQ -j MARK --set-xmark ${mark}/${mark}`,
  ];
}

/** Ends nat KUBE-SERVICES: what is for this node may be for a node port. */
export function nodePortJumps(config: ProxyConfig): string[] {
  const comment =
    '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
  const addresses = nodePortIPs(config);
  if (addresses !== undefined) {
    return addresses.map((ip) => `-A KUBE-SERVICES -d ${ip}/32 ${comment} -j KUBE-NODEPORTS`);
  }
  const notLocalhost = config.localhostNodePorts ? '' : '! -d 127.0.0.0/8 ';
  return [
    `-A KUBE-SERVICES ${notLocalhost}${comment} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
  ];
}

/** The node addresses that node ports are narrowed to; undefined = all local addresses. */
export function nodePortIPs(config: ProxyConfig): string[] | undefined {
  const wanted = config.nodePortAddresses;
  if (wanted.length === 0 || wanted.includes('0.0.0.0/0')) return undefined;
  if (wanted.includes('primary')) return config.nodeIPs.slice(0, 1);
  const networks = wanted.map(parseCidr).filter((cidr) => cidr !== undefined);
  return config.nodeIPs.filter((text) => {
    const ip = parseIp(text);
    return ip !== undefined && networks.some((cidr) => cidrContains(cidr, ip));
  });
}

/** What the kubelet programs at its start: its canary, and KUBE-FIREWALL with its jumps. */
export function kubeletFirewallRules(): string {
  return [
    '*mangle',
    ':KUBE-KUBELET-CANARY - [0:0]',
    'COMMIT',
    '*filter',
    ':KUBE-FIREWALL - [0:0]',
    ...firewallRules(),
    '-I INPUT -j KUBE-FIREWALL',
    '-I OUTPUT -j KUBE-FIREWALL',
    'COMMIT',
    '',
  ].join('\n');
}
