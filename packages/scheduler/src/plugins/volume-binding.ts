/**
 * VolumeBinding: a pod's claims must exist, be bound or be bindable, and suit the node.
 *
 * Not modelled: binding itself; volumes hold no data. A claim that waits for its first consumer stays Pending.
 */
import { type Plugin, unresolvable } from '../framework.ts';
import { claimConflicts, podClaims } from './volume-claims.ts';

const NAME = 'VolumeBinding';

export const volumeBinding: Plugin = {
  name: NAME,
  preFilter({ snapshot, pod }) {
    const { objects } = snapshot;
    if (pod.pod.spec.volumes === undefined) return undefined;
    const claims = podClaims(objects, pod.pod);
    if (typeof claims === 'string') return unresolvable(NAME, claims);
    if (claims.bound.length + claims.waiting.length + claims.immediate.length === 0) {
      return undefined;
    }
    if (claims.immediate.length > 0) {
      return unresolvable(NAME, 'pod has unbound immediate PersistentVolumeClaims');
    }
    return {
      filter: (slot) => {
        const reasons = claimConflicts(objects, claims, snapshot.info(slot));
        return reasons.length === 0 ? undefined : unresolvable(NAME, ...reasons);
      },
    };
  },
};
