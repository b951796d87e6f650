/**
 * The components that a fault can stop and start, by the names people use.
 */
import type { FullCluster } from './cluster-config.ts';

export const NODE_COMPONENTS = ['kubelet', 'kube-proxy', 'cni'] as const;
export const CONTROL_PLANE_COMPONENTS = ['controller-manager', 'scheduler'] as const;

/** What runs on a host of the cluster; nothing on machines outside it. */
export function componentsOf(cluster: FullCluster, host: string): readonly string[] {
  if (host === 'control-plane') return CONTROL_PLANE_COMPONENTS;
  if (!cluster.nodes.some(({ name }) => name === host)) return [];
  // OVN-Kubernetes balances Services itself.
  return cluster.provider === 'ovn-kubernetes'
    ? NODE_COMPONENTS.filter((name) => name !== 'kube-proxy')
    : NODE_COMPONENTS;
}
