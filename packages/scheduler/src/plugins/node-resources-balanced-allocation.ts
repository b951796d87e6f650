/**
 * NodeResourcesBalancedAllocation: cpu and memory should fill up evenly.
 *
 * Floating point as upstream: the standard deviation of two fractions is half their distance.
 */
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';

const RESOURCES = ['cpu', 'memory'] as const;

export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  score(cycle, node) {
    const fractions: number[] = [];
    for (const name of RESOURCES) {
      const capacity = node.allocatable(name);
      if (capacity === 0) continue;
      const requested = node.requested(name) + (cycle.pod.requests.get(name) ?? 0);
      fractions.push(Math.min(requested / capacity, 1));
    }
    const [first = 0, second = 0] = fractions;
    const deviation = fractions.length === 2 ? Math.abs((first - second) / 2) : 0;
    return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
  },
};
