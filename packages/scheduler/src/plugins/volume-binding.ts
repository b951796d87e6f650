/**
 * VolumeBinding: a pod's claims must exist, be bound or be bindable, and suit the node.
 *
 * Not modelled: binding itself; volumes hold no data. A claim that waits for its first consumer stays Pending.
 */
import { type Plugin, type PluginState, StateKey, unresolvable } from '../framework.ts';
import { type PodClaims, claimConflicts, podClaims } from './volume-claims.ts';

const NAME = 'VolumeBinding';

class ClaimState implements PluginState {
  readonly claims: PodClaims;

  constructor(claims: PodClaims) {
    this.claims = claims;
  }

  clone(): ClaimState {
    return this;
  }
}

const KEY = new StateKey<ClaimState>(NAME);

export const volumeBinding: Plugin = {
  name: NAME,
  preFilter(cycle) {
    const claims = podClaims(cycle.snapshot.objects, cycle.pod.pod);
    if (typeof claims === 'string') {
      return { kind: 'rejected', status: unresolvable(NAME, claims) };
    }
    if (claims.bound.length + claims.waiting.length + claims.immediate.length === 0) {
      return { kind: 'skip' };
    }
    if (claims.immediate.length > 0) {
      const status = unresolvable(NAME, 'pod has unbound immediate PersistentVolumeClaims');
      return { kind: 'rejected', status };
    }
    cycle.write(KEY, new ClaimState(claims));
    return undefined;
  },
  filter(cycle, node) {
    const claims = cycle.read(KEY)?.claims;
    if (claims === undefined) return undefined;
    const reasons = claimConflicts(cycle.snapshot.objects, claims, node);
    return reasons.length === 0 ? undefined : unresolvable(NAME, ...reasons);
  },
};
