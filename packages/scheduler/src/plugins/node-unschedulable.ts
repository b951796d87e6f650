/**
 * NodeUnschedulable: a cordoned node takes only pods that tolerate it.
 */
import { type Plugin, unresolvable } from '../framework.ts';
import { toleratesTaint } from './tolerations.ts';

const NAME = 'NodeUnschedulable';
const CORDON_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

export const nodeUnschedulable: Plugin = {
  name: NAME,
  filter(cycle, { node }) {
    if (node.spec.unschedulable !== true) return undefined;
    const tolerations = cycle.pod.pod.spec.tolerations ?? [];
    if (tolerations.some((toleration) => toleratesTaint(toleration, CORDON_TAINT)))
      return undefined;
    return unresolvable(NAME, 'node(s) were unschedulable');
  },
};
