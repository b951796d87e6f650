/**
 * Nodes in `kubectl get`.
 */
import type { KubeObject, Node, NodeAddress } from '@podwire/api';
import { age } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

export const nodePrinter: TablePrinter = {
  columns: columns(
    'Name|Status|Roles|Age|Version',
    'Internal-IP|External-IP|OS-Image|Kernel-Version|Container-Runtime',
  ),
  cells(object: KubeObject, nowNs: number): string[] {
    const node = object as Node;
    const info = node.status?.nodeInfo;
    const roles = nodeRoles(node);
    return [
      node.metadata.name,
      nodeStatusCell(node),
      roles.length === 0 ? '<none>' : roles.join(','),
      age(node, nowNs),
      info?.kubeletVersion ?? '',
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      orUnknown(info?.osImage),
      orUnknown(info?.kernelVersion),
      orUnknown(info?.containerRuntimeVersion),
    ];
  },
};

function nodeStatusCell(node: Node): string {
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

/** From the labels `node-role.kubernetes.io/ROLE` and `kubernetes.io/role`, sorted. */
export function nodeRoles(node: Node): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) {
      roles.add(key.slice(ROLE_PREFIX.length));
    } else if (key === 'kubernetes.io/role' && value !== '') {
      roles.add(value);
    }
  }
  return [...roles].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function addressOf(node: Node, type: NodeAddress['type']): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}

function orUnknown(text: string | undefined): string {
  return text === undefined || text === '' ? '<unknown>' : text;
}
