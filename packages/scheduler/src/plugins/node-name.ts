/**
 * NodeName: a pod that names its node goes nowhere else.
 */
import { type Plugin, unresolvable } from '../framework.ts';

const NAME = 'NodeName';

export const nodeName: Plugin = {
  name: NAME,
  filter(cycle, node) {
    const wanted = cycle.pod.pod.spec.nodeName ?? '';
    if (wanted === '' || wanted === node.name) return undefined;
    return unresolvable(NAME, "node(s) didn't match the requested node name");
  },
};
