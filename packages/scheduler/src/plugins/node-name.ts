/**
 * NodeName: a pod that names its node goes nowhere else.
 */
import { type Plugin, unresolvable } from '../framework.ts';

const NAME = 'NodeName';
const OTHER_NODE = unresolvable(NAME, "node(s) didn't match the requested node name");

export const nodeName: Plugin = {
  name: NAME,
  preFilter({ snapshot, pod }) {
    const wanted = pod.pod.spec.nodeName ?? '';
    if (wanted === '') return undefined;
    return { filter: (slot) => (snapshot.info(slot).name === wanted ? undefined : OTHER_NODE) };
  },
};
