/**
 * NodeUnschedulable: a cordoned node takes only pods that tolerate it.
 */
import { type Plugin, unresolvable } from '../framework.ts';

const NAME = 'NodeUnschedulable';
const CORDONED = unresolvable(NAME, 'node(s) were unschedulable');

export const nodeUnschedulable: Plugin = {
  name: NAME,
  preFilter({ snapshot, shape }) {
    if (snapshot.gates.cordonedCount === 0 || shape.template.toleratesCordon) return undefined;
    return { filter: (slot) => (snapshot.gateOf(slot).isCordoned ? CORDONED : undefined) };
  },
};
