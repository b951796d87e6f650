/**
 * NodePorts: the host ports of a pod must be free on its node.
 */
import { type Plugin, unschedulable } from '../framework.ts';

const NAME = 'NodePorts';
const IN_USE = unschedulable(NAME, "node(s) didn't have free ports for the requested pod ports");

export const nodePorts: Plugin = {
  name: NAME,
  preFilter({ snapshot, shape }) {
    const { hostPorts } = shape.template;
    if (hostPorts.length === 0) return undefined;
    return {
      filter: (slot) => {
        const { usedPorts } = snapshot.info(slot);
        if (usedPorts === undefined) return undefined;
        return hostPorts.some((port) => usedPorts.conflicts(port)) ? IN_USE : undefined;
      },
    };
  },
};
