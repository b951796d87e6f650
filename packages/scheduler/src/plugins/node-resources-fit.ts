/**
 * NodeResourcesFit: a node must have what the pod asks for; the emptier one scores higher (LeastAllocated).
 */
import type { Node } from '@podwire/api';
import { MAX_NODE_SCORE, type Plugin, unschedulable } from '../framework.ts';
import type { NodeInfo, PodInfo } from '../node-info.ts';
import { amountOf } from '../resources.ts';

const NAME = 'NodeResourcesFit';
/** Equal weights. */
const SCORED = ['cpu', 'memory'] as const;

export const nodeResourcesFit: Plugin = {
  name: NAME,
  filter(cycle, node) {
    const missing = insufficientResources(cycle.pod, node);
    return missing.length === 0 ? undefined : unschedulable(NAME, ...missing);
  },
  score(cycle, node) {
    let sum = 0;
    let count = 0;
    for (const name of SCORED) {
      const capacity = node.allocatable(name);
      if (capacity === 0) continue;
      const requested = node.nonZeroRequested(name) + (cycle.pod.nonZeroRequests.get(name) ?? 0);
      sum += leastRequestedScore(requested, capacity);
      count++;
    }
    return count === 0 ? 0 : Math.trunc(sum / count);
  },
};

/** One text per resource that is short, `Too many pods` first. */
export function insufficientResources(pod: PodInfo, node: NodeInfo): string[] {
  const missing: string[] = [];
  if (node.pods.size + 1 > node.allocatable('pods')) missing.push('Too many pods');
  for (const [name, amount] of pod.requests) {
    if (amount === 0 || name === 'pods') continue;
    if (amount > node.allocatable(name) - node.requested(name))
      missing.push(`Insufficient ${name}`);
  }
  return missing;
}

function leastRequestedScore(requested: number, capacity: number): number {
  if (requested > capacity) return 0;
  return Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity);
}

/** Whether even the empty node would be too small. */
export function insufficientAllocatable(pod: PodInfo, node: Node): boolean {
  for (const [name, amount] of pod.requests) {
    if (amount > (amountOf(node.status?.allocatable, name) ?? 0)) return true;
  }
  return (amountOf(node.status?.allocatable, 'pods') ?? 0) < 1;
}
