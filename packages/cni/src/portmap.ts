/**
 * hostPort: the CNI plugin `portmap`, as rules for iptables-restore.
 *
 * From PREROUTING and OUTPUT only local destinations come to CNI-HOSTPORT-DNAT; one chain per container
 * marks what must be masqueraded (from 127.0.0.1, or from the pod itself) and rewrites the destination.
 * Source: containernetworking/plugins plugins/meta/portmap/portmap_iptables.go (shared/facts: pod-network §6).
 */
import { hashText } from '@podwire/base';
import type { PortMapping } from './cni.ts';

const MARK = '0x2000/0x2000';

/** The chains that all containers of a node share; safe to restore again. */
export function portmapBaseRules(): string {
  return [
    '*nat',
    ':CNI-HOSTPORT-DNAT - [0:0]',
    ':CNI-HOSTPORT-SETMARK - [0:0]',
    ':CNI-HOSTPORT-MASQ - [0:0]',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
    `-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark ${MARK}`,
    `-A CNI-HOSTPORT-MASQ -m mark --mark ${MARK} -j MASQUERADE`,
    'COMMIT',
    '',
  ].join('\n');
}

/** Name of a container's chain: CNI-DN- and 21 hexadecimal digits of a hash of network and container. */
export function portmapChain(network: string, containerId: string): string {
  const text = `${network}/${containerId}`;
  const hex = [1, 2, 3].map((seed) => hashText(text, seed).toString(16).padStart(8, '0')).join('');
  return `CNI-DN-${hex.slice(0, 21)}`;
}

/** Rules for one sandbox; empty when it maps no port. */
export function portmapAddRules(
  network: string,
  containerId: string,
  podIP: string,
  podCidr: string,
  mappings: readonly PortMapping[],
): string {
  if (mappings.length === 0) return '';
  const chain = portmapChain(network, containerId);
  const comment = `-m comment --comment "dnat name: \\"${network}\\" id: \\"${containerId}\\""`;
  const lines = ['*nat', `:${chain} - [0:0]`];
  for (const protocol of ['tcp', 'udp', 'sctp'] as const) {
    const ports = mappings.filter((mapping) => mapping.protocol === protocol);
    if (ports.length === 0) continue;
    const list = ports.map((mapping) => mapping.hostPort).join(',');
    lines.push(
      `-A CNI-HOSTPORT-DNAT -p ${protocol} ${comment} -m multiport --dports ${list} -j ${chain}`,
    );
  }
  for (const mapping of mappings) {
    const to = `${hostDestination(mapping)}-p ${mapping.protocol} -m ${mapping.protocol} --dport ${mapping.hostPort}`;
    lines.push(`-A ${chain} -s ${podCidr} ${to} -j CNI-HOSTPORT-SETMARK`);
    lines.push(`-A ${chain} -s 127.0.0.1/32 ${to} -j CNI-HOSTPORT-SETMARK`);
    lines.push(`-A ${chain} ${to} -j DNAT --to-destination ${podIP}:${mapping.containerPort}`);
  }
  lines.push('COMMIT', '');
  return lines.join('\n');
}

function hostDestination(mapping: PortMapping): string {
  const hostIP = mapping.hostIP ?? '';
  return hostIP === '' || hostIP === '0.0.0.0' ? '' : `-d ${hostIP}/32 `;
}
