/**
 * VolumeZone: a bound volume's zone and region labels must match the node's.
 */
import type { PersistentVolumeClaim } from '@podwire/api';
import type { ClusterObjects } from '../cluster-objects.ts';
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

const OTHER_ZONE = unresolvable(NAME, 'node(s) had no available volume zone');

export const volumeZone: Plugin = {
  name: NAME,
  preFilter({ snapshot, pod }) {
    const { objects } = snapshot;
    const { volumes = [] } = pod.pod.spec;
    if (!volumes.some((volume) => volume.persistentVolumeClaim !== undefined)) return undefined;
    const claims = podClaims(objects, pod.pod);
    if (typeof claims === 'string') return undefined;
    return {
      filter: (slot) =>
        suitsZone(claims.bound, snapshot.info(slot), objects) ? undefined : OTHER_ZONE,
    };
  },
};

function suitsZone(
  bound: readonly PersistentVolumeClaim[],
  node: NodeInfo,
  objects: ClusterObjects,
): boolean {
  if (!TOPOLOGY_LABELS.some((label) => node.label(label) !== undefined)) return true;
  for (const claim of bound) {
    const labels = objects.volume(claim.spec.volumeName ?? '')?.metadata.labels ?? {};
    for (const label of TOPOLOGY_LABELS) {
      const value = labels[label];
      if (value === undefined) continue;
      // Several zones of one volume are joined by two underscores.
      const found = nodeTopology(node, label);
      if (found === undefined || !value.split('__').includes(found)) return false;
    }
  }
  return true;
}

function nodeTopology(node: NodeInfo, label: string): string | undefined {
  const stable = TRANSLATED.get(label);
  return node.label(label) ?? (stable === undefined ? undefined : node.label(stable));
}
