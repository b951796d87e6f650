/**
 * The data planes that `podwire bench forwarding` compares: how a cluster is configured for each.
 */
import type { ClusterConfig } from '@podwire/cluster';

export interface Plane {
  readonly name: string;
  readonly what: string;
  readonly cluster: Pick<ClusterConfig, 'provider' | 'proxyMode'>;
}

export const PLANES: readonly Plane[] = [
  {
    name: 'iptables',
    what: 'vxlan between nodes, kube-proxy in iptables mode',
    cluster: { provider: 'vxlan', proxyMode: 'iptables' },
  },
  {
    name: 'ovn',
    what: 'OVN-Kubernetes: Geneve between nodes, load balancers as flows',
    cluster: { provider: 'ovn-kubernetes' },
  },
];

export function planeOf(name: string): Plane | undefined {
  return PLANES.find((plane) => plane.name === name);
}
