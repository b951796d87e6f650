/**
 * TaintToleration: NoSchedule and NoExecute taints bar a node, PreferNoSchedule ones cost points.
 */
import { MAX_NODE_SCORE, type Plugin, normalizeByMax } from '../framework.ts';

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  preFilter({ snapshot, shape }) {
    if (snapshot.gates.barredCount === 0) return undefined;
    return { filter: (slot) => shape.template.barredBy(snapshot.gateOf(slot)) };
  },
  preScore({ snapshot, shape }) {
    if (snapshot.gates.unwelcomeCount === 0) return MAX_NODE_SCORE;
    return {
      score: ({ slots, count }, scores) => {
        for (let at = 0; at < count; at++) {
          scores[at] = shape.template.unwelcomeCount(snapshot.gateOf(slots[at] ?? 0));
        }
        normalizeByMax(scores, count, true);
      },
    };
  },
};
