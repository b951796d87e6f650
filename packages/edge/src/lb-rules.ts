/**
 * A cloud's pass-through load balancers as rules: an address and port of a Service → node ports of healthy nodes.
 *
 * From: load-balancer.ts. To: the nat table of the balancer's machine. The client's address stays; the network
 * brings the answer back here, where it gets the balancer's address again.
 */
import type { Service } from '@podwire/api';

export interface LbTarget {
  readonly address: string;
  readonly port: number;
}

export interface LbPort {
  readonly vip: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** `ns/name:port`, for the rule's comment. */
  readonly name: string;
  /** Networks that may come in; none: all. */
  readonly sources: readonly string[];
  readonly targets: readonly LbTarget[];
}

/** The whole nat table, as iptables-restore takes it. What nobody serves ends at the machine's routes. */
export function lbRules(ports: readonly LbPort[], nodeNetwork: string): string {
  const chains: string[] = [];
  const rules: string[] = [];
  ports.forEach(({ vip, protocol, port, name, sources, targets }, index) => {
    if (targets.length === 0) return;
    const chain = `LB-${index + 1}`;
    chains.push(`:${chain} - [0:0]`);
    const from = sources.length === 0 ? [''] : sources.map((source) => `-s ${source} `);
    for (const source of from) {
      rules.push(
        `-A PREROUTING ${source}-d ${vip}/32 -p ${protocol} -m ${protocol} --dport ${port} -m comment --comment "load balancer of ${name}" -j ${chain}`,
      );
    }
    targets.forEach((target, at) => {
      const left = targets.length - at;
      const chance =
        left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
      const to = `${target.address}:${target.port}`;
      rules.push(`-A ${chain} ${chance}-p ${protocol} -j DNAT --to-destination ${to}`);
    });
  });
  // Machines beside the nodes would be answered directly: they are masqueraded.
  if (chains.length > 0)
    rules.push(`-A POSTROUTING -s ${nodeNetwork} -d ${nodeNetwork} -j MASQUERADE`);
  return [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':INPUT ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    ...chains,
    ...rules,
    'COMMIT',
    '',
  ].join('\n');
}

/** The ports of a Service that has an address. */
export function lbPorts(service: Service, vip: string, nodes: readonly string[]): LbPort[] {
  const { metadata, spec } = service;
  return (spec.ports ?? []).flatMap(({ name, protocol = 'TCP', port, nodePort = 0 }) => {
    if (nodePort === 0 || protocol === 'SCTP') return [];
    return [
      {
        vip,
        protocol: protocol === 'UDP' ? 'udp' : 'tcp',
        port,
        name: `${metadata.namespace ?? ''}/${metadata.name}:${name ?? port}`,
        sources: spec.loadBalancerSourceRanges ?? [],
        targets: nodes.map((address) => ({ address, port: nodePort })),
      } as const,
    ];
  });
}
