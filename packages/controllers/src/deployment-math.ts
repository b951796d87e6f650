/**
 * The arithmetic of rollouts: how far a Deployment may go above and below its replicas.
 *
 * Pure. Copies pkg/controller/deployment/util and rolling.go.
 */
import type { Deployment, ReplicaSet } from '@podwire/api';
import { compareText, parseTime } from '@podwire/api';
import { scaledValue } from './int-or-percent.ts';

export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY_ANNOTATION = 'deployment.kubernetes.io/revision-history';
export const DESIRED_ANNOTATION = 'deployment.kubernetes.io/desired-replicas';
export const MAX_ANNOTATION = 'deployment.kubernetes.io/max-replicas';

export interface Fenceposts {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

export function replicasOf(object: Deployment | ReplicaSet): number {
  return object.spec.replicas ?? 1;
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== 'Recreate';
}

/** Surge rounds up, unavailability down; if both come to nothing, one pod may be unavailable. */
export function fenceposts(deployment: Deployment): Fenceposts {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge: surge = '25%', maxUnavailable: unavailable = '25%' } =
    deployment.spec.strategy?.rollingUpdate ?? {};
  const maxSurge = scaledValue(surge, replicas, 'up');
  const maxUnavailable = scaledValue(unavailable, replicas, 'down');
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

/** How many pods may be missing: never more than there should be. */
export function maxUnavailableOf(deployment: Deployment): number {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).maxUnavailable, replicas);
}

export function sumReplicas(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0);
}

export function sumAvailable(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
}

/** The size that the new ReplicaSet may have now. */
export function newReplicaCount(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  currentOfNew: number,
): number {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return replicas;
  const most = replicas + fenceposts(deployment).maxSurge;
  const current = sumReplicas(all);
  if (current >= most) return currentOfNew;
  return currentOfNew + Math.min(most - current, replicas - currentOfNew);
}

/** A new size for a ReplicaSet. */
export interface Resize {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** What to take from the old ReplicaSets now: unhealthy replicas first, then healthy ones, the oldest set first. */
export function scaleDownOld(
  deployment: Deployment,
  oldSets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): Resize[] {
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  if (sumReplicas(oldSets) === 0) return [];
  const leastAvailable = replicasOf(deployment) - maxUnavailableOf(deployment);
  const newUnavailable =
    newSet === undefined ? 0 : replicasOf(newSet) - (newSet.status?.availableReplicas ?? 0);
  const mostToRemove = sumReplicas(all) - leastAvailable - newUnavailable;
  if (mostToRemove <= 0) return [];
  const sizes = new Map(oldSets.map((set) => [set, replicasOf(set)]));
  const byAge = [...oldSets].sort(compareAge);
  let removed = 0;
  for (const set of byAge) {
    const unhealthy = replicasOf(set) - (set.status?.availableReplicas ?? 0);
    const count = Math.min(mostToRemove - removed, unhealthy);
    if (count <= 0) continue;
    sizes.set(set, replicasOf(set) - count);
    removed += count;
  }
  let toRemove = sumAvailable(all) - leastAvailable;
  for (const set of byAge) {
    const size = sizes.get(set) ?? 0;
    const count = Math.min(size, toRemove);
    if (count <= 0) continue;
    sizes.set(set, size - count);
    toRemove -= count;
  }
  const resizes: Resize[] = [];
  for (const set of byAge) {
    const replicas = sizes.get(set) ?? 0;
    if (replicas !== replicasOf(set)) resizes.push({ set, replicas });
  }
  return resizes;
}

/** Distributes a change of scale during a rollout over the ReplicaSets in proportion to their sizes. */
export function proportionalScale(deployment: Deployment, active: readonly ReplicaSet[]): Resize[] {
  const replicas = replicasOf(deployment);
  const allowed = replicas > 0 ? replicas + fenceposts(deployment).maxSurge : 0;
  const toAdd = allowed - sumReplicas(active);
  const sorted = [...active].sort((left, right) => {
    const bySize = replicasOf(right) - replicasOf(left);
    if (bySize !== 0) return bySize;
    return toAdd > 0 ? compareAge(right, left) : compareAge(left, right);
  });
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const set of sorted) {
    const share = toAdd === 0 ? 0 : proportion(deployment, set, toAdd, added);
    sizes.set(set, replicasOf(set) + share);
    added += share;
  }
  const [largest] = sorted;
  if (largest !== undefined && toAdd !== 0) {
    sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  }
  return sorted.map((set) => ({ set, replicas: sizes.get(set) ?? 0 }));
}

function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  const size = replicasOf(set);
  if (size === 0 || toAdd === added) return 0;
  const replicas = replicasOf(deployment);
  const allowed = toAdd - added;
  let share = -size;
  if (replicas !== 0) {
    const mostBefore = Number(set.metadata.annotations?.[MAX_ANNOTATION] ?? 0);
    const base = mostBefore > 0 ? mostBefore : (deployment.status?.replicas ?? 0);
    const most = replicas + fenceposts(deployment).maxSurge;
    share = base === 0 ? 0 : roundHalfAway((size * most) / base) - size;
  }
  return toAdd > 0 ? Math.min(share, allowed) : Math.max(share, allowed);
}

/** Go's integer.RoundToInt32. */
function roundHalfAway(value: number): number {
  return value < 0 ? Math.trunc(value - 0.5) : Math.trunc(value + 0.5);
}

/** Older first; of equal age by name. */
export function compareAge(left: ReplicaSet, right: ReplicaSet): number {
  const a = parseTime(left.metadata.creationTimestamp ?? '') ?? 0;
  const b = parseTime(right.metadata.creationTimestamp ?? '') ?? 0;
  return a === b ? compareText(left.metadata.name, right.metadata.name) : a - b;
}

export function revisionOf(object: Deployment | ReplicaSet): number {
  const text = object.metadata.annotations?.[REVISION_ANNOTATION] ?? '';
  return /^\d+$/.test(text) ? Number(text) : 0;
}
