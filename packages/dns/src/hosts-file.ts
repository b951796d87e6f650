/**
 * /etc/hosts: what kubelet writes into a pod, and how resolvers look into it.
 */
import type { HostAlias } from '@podwire/api';
import { type Ip, ipFamily, parseIp } from '@podwire/base';

export interface HostsEntry {
  readonly ip: Ip;
  /** The first is the canonical name. */
  readonly names: readonly string[];
}

export function parseHostsFile(text: string): HostsEntry[] {
  const entries: HostsEntry[] = [];
  for (const line of text.split('\n')) {
    const [address, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    const ip = address === undefined ? undefined : parseIp(address);
    if (ip !== undefined && names.length > 0) entries.push({ ip, names });
  }
  return entries;
}

/** Addresses of a name, in the file's order, without duplicates. */
export function lookupHosts(
  entries: readonly HostsEntry[],
  name: string,
  family: 4 | 6 | undefined,
): Ip[] {
  const wanted = bareLower(name);
  const found = new Set<Ip>();
  for (const entry of entries) {
    if (family !== undefined && ipFamily(entry.ip) !== family) continue;
    if (entry.names.some((candidate) => bareLower(candidate) === wanted)) found.add(entry.ip);
  }
  return [...found];
}

/** The first name of the line that has the name and the address. */
export function canonicalHostsName(entries: readonly HostsEntry[], name: string, ip: Ip): string {
  const wanted = bareLower(name);
  const entry = entries.find(
    (line) => line.ip === ip && line.names.some((candidate) => bareLower(candidate) === wanted),
  );
  return entry?.names[0] ?? name;
}

/** The canonical name of an address, for reverse lookups. */
export function lookupHostsByIp(entries: readonly HostsEntry[], ip: Ip): string | undefined {
  return entries.find((entry) => entry.ip === ip)?.names[0];
}

function bareLower(name: string): string {
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

export interface PodHosts {
  readonly podIPs: readonly string[];
  readonly hostname: string;
  /** `subdomain.namespace.svc.cluster.local`, when the pod has a subdomain. */
  readonly hostDomain: string | undefined;
  readonly hostAliases: readonly HostAlias[];
}

/** The file of a pod with a network of its own (kubelet_pods.go managedHostsFileContent). */
export function podHostsFile(pod: PodHosts): string {
  let text = '# Kubernetes-managed hosts file.\n';
  text += '127.0.0.1\tlocalhost\n';
  text += '::1\tlocalhost ip6-localhost ip6-loopback\n';
  text += 'fe00::0\tip6-localnet\n';
  text += 'fe00::0\tip6-mcastprefix\n';
  text += 'fe00::1\tip6-allnodes\n';
  text += 'fe00::2\tip6-allrouters\n';
  for (const ip of pod.podIPs) {
    const fqdn =
      pod.hostDomain === undefined || pod.hostDomain === ''
        ? ''
        : `${pod.hostname}.${pod.hostDomain}\t`;
    text += `${ip}\t${fqdn}${pod.hostname}\n`;
  }
  return text + aliasLines(pod.hostAliases);
}

/** The file of a pod in the node's network: the node's own with the aliases. */
export function hostNetworkHostsFile(nodeFile: string, hostAliases: readonly HostAlias[]): string {
  return `# Kubernetes-managed hosts file (host network).\n${nodeFile}${aliasLines(hostAliases)}`;
}

function aliasLines(hostAliases: readonly HostAlias[]): string {
  if (hostAliases.length === 0) return '';
  let text = '\n# Entries added by HostAliases.\n';
  for (const { ip, hostnames } of hostAliases) {
    text += `${ip}\t${(hostnames ?? []).join('\t')}\n`;
  }
  return text;
}
