/**
 * VolumeZone: a bound volume's zone and region labels must match the node's.
 */
import { type Plugin, unresolvable } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { podClaims } from './volume-claims.ts';

const NAME = 'VolumeZone';
const TOPOLOGY_LABELS = [
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
] as const;
/** The stable name that a node may carry instead of the older label. */
const TRANSLATED: ReadonlyMap<string, string> = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
]);

export const volumeZone: Plugin = {
  name: NAME,
  preFilter(cycle) {
    const hasVolumes = (cycle.pod.pod.spec.volumes ?? []).some(
      (volume) => volume.persistentVolumeClaim !== undefined,
    );
    return hasVolumes ? undefined : { kind: 'skip' };
  },
  filter(cycle, node) {
    const { objects } = cycle.snapshot;
    if (!TOPOLOGY_LABELS.some((label) => node.label(label) !== undefined)) return undefined;
    const claims = podClaims(objects, cycle.pod.pod);
    if (typeof claims === 'string') return undefined;
    for (const claim of claims.bound) {
      const labels = objects.volume(claim.spec.volumeName ?? '')?.metadata.labels ?? {};
      for (const label of TOPOLOGY_LABELS) {
        const value = labels[label];
        if (value === undefined) continue;
        // Several zones of one volume are joined by two underscores.
        const found = nodeTopology(node, label);
        if (found === undefined || !value.split('__').includes(found)) {
          return unresolvable(NAME, 'node(s) had no available volume zone');
        }
      }
    }
    return undefined;
  },
};

function nodeTopology(node: NodeInfo, label: string): string | undefined {
  const stable = TRANSLATED.get(label);
  return node.label(label) ?? (stable === undefined ? undefined : node.label(stable));
}
