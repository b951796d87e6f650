/**
 * resolv.conf: reading and writing it, its options, and what kubelet puts into a pod's.
 *
 * The rules are kubelet's (pkg/kubelet/network/dns: GetPodDNS), its limits those of Kubernetes 1.28 and later.
 */
import type { DnsPolicy, PodDnsConfig } from '@podwire/api';

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  /** As written: `ndots:5`, `rotate`. */
  readonly options: readonly string[];
}

/** What glibc and musl read from the options; limits as in resolv.conf(5). */
export interface ResolverOptions {
  readonly ndots: number;
  readonly timeoutSec: number;
  readonly attempts: number;
  readonly rotate: boolean;
  readonly singleRequest: boolean;
  readonly edns0: boolean;
  readonly useVc: boolean;
}

/** Reads resolv.conf; of several `search` or `domain` lines the last counts, as in the resolvers. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let search: readonly string[] = [];
  const options: string[] = [];
  for (const line of text.split('\n')) {
    if (/^\s*[#;]/.test(line)) continue;
    const [keyword, ...words] = line.trim().split(/\s+/);
    switch (keyword) {
      case 'nameserver':
        if (words[0] !== undefined) nameservers.push(words[0]);
        break;
      case 'search':
        search = words.map(withoutTrailingDot);
        break;
      case 'domain':
        if (words[0] !== undefined) search = [withoutTrailingDot(words[0])];
        break;
      case 'options':
        options.push(...words);
        break;
      default:
        break;
    }
  }
  return { nameservers, search, options };
}

function withoutTrailingDot(domain: string): string {
  return domain.length > 1 && domain.endsWith('.') ? domain.slice(0, -1) : domain;
}

/** The file as container runtimes write it: search, nameservers, options. */
export function formatResolvConf(conf: ResolvConf): string {
  let text = '';
  if (conf.search.length > 0) text += `search ${conf.search.join(' ')}\n`;
  for (const nameserver of conf.nameservers) text += `nameserver ${nameserver}\n`;
  if (conf.options.length > 0) text += `options ${conf.options.join(' ')}\n`;
  return text;
}

/** RES_MAXNDOTS, RES_MAXRETRANS, RES_MAXRETRY of glibc. */
const NDOTS_MAX = 15;
const TIMEOUT_SEC_MAX = 30;
const ATTEMPTS_MAX = 5;

export function resolverOptions(conf: ResolvConf): ResolverOptions {
  const number = (name: string, fallback: number, most: number): number => {
    let value = fallback;
    for (const option of conf.options) {
      const match = /^([a-z-]+):(\d+)$/.exec(option);
      if (match?.[1] === name) value = Math.min(Number(match[2]), most);
    }
    return value;
  };
  const has = (name: string): boolean => conf.options.includes(name);
  return {
    ndots: number('ndots', 1, NDOTS_MAX),
    timeoutSec: Math.max(number('timeout', 5, TIMEOUT_SEC_MAX), 1),
    attempts: Math.max(number('attempts', 2, ATTEMPTS_MAX), 1),
    rotate: has('rotate'),
    singleRequest: has('single-request') || has('single-request-reopen'),
    edns0: has('edns0'),
    useVc: has('use-vc'),
  };
}

/** What kubelet knows of its cluster. */
export interface ClusterDnsConfig {
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
}

export interface PodDnsRequest {
  /** `name_namespace(uid)`, as kubelet's messages name a pod. */
  readonly pod: string;
  readonly namespace: string;
  readonly policy: DnsPolicy | undefined;
  readonly hostNetwork: boolean;
  readonly dnsConfig: PodDnsConfig | undefined;
}

/** A Warning that kubelet records on the pod. */
export interface PodDnsEvent {
  readonly reason: 'DNSConfigForming' | 'MissingClusterDNS';
  readonly message: string;
}

export interface PodDns {
  readonly conf: ResolvConf;
  readonly events: readonly PodDnsEvent[];
}

/** Limits of validation.MaxDNSNameservers and its neighbours. */
const NAMESERVERS_MAX = 3;
const SEARCH_PATHS_MAX = 32;
const SEARCH_CHARS_MAX = 2048;
const SEARCH_PATH_CHARS_MAX = 255;

/** The resolv.conf of a pod's sandbox; `node` is the file that kubelet's `resolvConf` names. */
export function podResolvConf(
  request: PodDnsRequest,
  cluster: ClusterDnsConfig,
  node: ResolvConf,
): PodDns {
  const events: PodDnsEvent[] = [];
  const base = baseConf(request, cluster, withoutRootSearch(node), events);
  const extra = request.dnsConfig;
  const conf: ResolvConf = {
    nameservers: unique([...base.nameservers, ...(extra?.nameservers ?? [])]),
    search: unique([...base.search, ...(extra?.searches ?? [])]),
    options: mergeOptions(base.options, extra?.options ?? []),
  };
  return { conf: withinLimits(conf, events), events };
}

function baseConf(
  request: PodDnsRequest,
  cluster: ClusterDnsConfig,
  node: ResolvConf,
  events: PodDnsEvent[],
): ResolvConf {
  switch (request.policy ?? 'ClusterFirst') {
    case 'None':
      return { nameservers: [], search: [], options: [] };
    case 'Default':
      return node;
    case 'ClusterFirst':
      if (request.hostNetwork) return node;
      break;
    case 'ClusterFirstWithHostNet':
      break;
  }
  if (cluster.clusterDNS.length === 0) {
    const message =
      'kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.';
    events.push({ reason: 'MissingClusterDNS', message: `pod: "${request.pod}". ${message}` });
    return node;
  }
  const { clusterDomain } = cluster;
  const own =
    clusterDomain === ''
      ? []
      : [`${request.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return {
    nameservers: cluster.clusterDNS,
    search: unique([...own, ...node.search]),
    options: ['ndots:5'],
  };
}

/** Kubelet drops a search entry of `.` when it reads the node's file. */
function withoutRootSearch(node: ResolvConf): ResolvConf {
  return { ...node, search: node.search.filter((domain) => domain !== '.') };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** The pod's value of an option wins; an option without a value is written as its name alone. */
function mergeOptions(
  base: readonly string[],
  own: readonly { readonly name?: string; readonly value?: string }[],
): string[] {
  const merged = new Map<string, string | undefined>();
  for (const option of base) {
    const colon = option.indexOf(':');
    if (colon < 0) merged.set(option, undefined);
    else merged.set(option.slice(0, colon), option.slice(colon + 1));
  }
  for (const { name, value } of own) if (name !== undefined && name !== '') merged.set(name, value);
  return [...merged].map(([name, value]) =>
    value === undefined || value === '' ? name : `${name}:${value}`,
  );
}

function withinLimits(conf: ResolvConf, events: PodDnsEvent[]): ResolvConf {
  let { nameservers } = conf;
  if (nameservers.length > NAMESERVERS_MAX) {
    nameservers = nameservers.slice(0, NAMESERVERS_MAX);
    const message = `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${nameservers.join(' ')}`;
    events.push({ reason: 'DNSConfigForming', message });
  }
  const fitting = conf.search
    .slice(0, SEARCH_PATHS_MAX)
    .filter((domain) => domain.length <= SEARCH_PATH_CHARS_MAX);
  let search = fitting;
  while (search.join(' ').length > SEARCH_CHARS_MAX) search = search.slice(0, -1);
  if (search.length < conf.search.length) {
    const message = `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${search.join(' ')}`;
    events.push({ reason: 'DNSConfigForming', message });
  }
  return { ...conf, nameservers, search };
}
