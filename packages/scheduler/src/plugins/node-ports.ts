/**
 * NodePorts: the host ports of a pod must be free on its node.
 */
import { type Plugin, unschedulable } from '../framework.ts';

const NAME = 'NodePorts';

export const nodePorts: Plugin = {
  name: NAME,
  preFilter(cycle) {
    return cycle.pod.hostPorts.length === 0 ? { kind: 'skip' } : undefined;
  },
  filter(cycle, { usedPorts }) {
    if (!cycle.pod.hostPorts.some((port) => usedPorts.conflicts(port))) return undefined;
    return unschedulable(NAME, "node(s) didn't have free ports for the requested pod ports");
  },
};
