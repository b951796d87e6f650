/**
 * What the nodes of one shard hold once instead of each: derived from objects that they have seen alike.
 */
import { ServiceHistory } from '@podwire/kubelet';
import type { SharedWorld } from '../shared-world.ts';

export interface SharedByNodes {
  /** What their kubelets have seen of the Services. */
  readonly services: ServiceHistory;
}

const SHARED = new WeakMap<SharedWorld, SharedByNodes>();

export function sharedByNodes(world: SharedWorld): SharedByNodes {
  let shared = SHARED.get(world);
  if (shared === undefined) {
    shared = { services: new ServiceHistory() };
    SHARED.set(world, shared);
  }
  return shared;
}
