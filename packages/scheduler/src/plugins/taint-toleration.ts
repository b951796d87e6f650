/**
 * TaintToleration: NoSchedule and NoExecute taints bar a node, PreferNoSchedule ones cost points.
 */
import { type Plugin, normalizeByMax, unresolvable } from '../framework.ts';
import { findUntoleratedTaint, toleratesTaint } from './tolerations.ts';

const NAME = 'TaintToleration';

export const taintToleration: Plugin = {
  name: NAME,
  filter(cycle, { node }) {
    const taint = findUntoleratedTaint(node.spec.taints, cycle.pod.pod.spec.tolerations, [
      'NoSchedule',
      'NoExecute',
    ]);
    if (taint === undefined) return undefined;
    return unresolvable(NAME, `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`);
  },
  score(cycle, { node }) {
    const tolerations = (cycle.pod.pod.spec.tolerations ?? []).filter(
      ({ effect }) => effect === undefined || effect === 'PreferNoSchedule',
    );
    let count = 0;
    for (const taint of node.spec.taints ?? []) {
      if (taint.effect !== 'PreferNoSchedule') continue;
      if (!tolerations.some((toleration) => toleratesTaint(toleration, taint))) count++;
    }
    return count;
  },
  normalize(_cycle, scores) {
    normalizeByMax(scores, true);
  },
};
