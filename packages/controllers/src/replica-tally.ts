/**
 * How many replicas each ReplicaSet (or ReplicationController) has, counted as pods come, change and go.
 *
 * A set of 1,000 pods is synced thousands of times during a rollout; to walk over its pods each time would make the
 * rollout's cost grow with the square of its size. When the counts alone tell that nothing is to be done, they are enough.
 */
import { type Pod, type ReplicaSet, type StringMap, controllerOf, jsonEqual } from '@podwire/api';
import { podCondition, podIsActive, podIsReady } from './pod-state.ts';

/** Active pods of a set that count alike; pods of one template share their labels. */
export interface ReplicaGroup {
  readonly labels: StringMap | undefined;
  readonly isReady: boolean;
  readonly count: number;
}

export class ReplicaTally {
  readonly #kind: string;
  readonly #tallies = new Map<string, Tally>();

  constructor(kind = 'ReplicaSet') {
    this.#kind = kind;
  }

  /** A pod as it is now. */
  put(pod: Pod): void {
    const owner = controllerOf(pod);
    if (owner?.kind !== this.#kind) return;
    let tally = this.#tallies.get(owner.uid);
    if (tally === undefined) {
      tally = new Tally();
      this.#tallies.set(owner.uid, tally);
    }
    tally.put(pod);
  }

  /** A pod that has changed so that it may count differently. */
  change(pod: Pod, old: Pod): void {
    if (controllerOf(old)?.uid !== controllerOf(pod)?.uid) this.remove(old);
    this.put(pod);
  }

  remove(pod: Pod): void {
    const uid = controllerOf(pod)?.uid;
    const tally = uid === undefined ? undefined : this.#tallies.get(uid);
    if (uid === undefined || tally === undefined) return;
    tally.remove(pod.metadata.uid);
    if (tally.isEmpty) this.#tallies.delete(uid);
  }

  /** The active pods that a set controls. */
  of({ metadata }: ReplicaSet): readonly ReplicaGroup[] {
    return this.#tallies.get(metadata.uid ?? '')?.groups ?? [];
  }
}

/** Whether a set sees no difference: where the pod runs and how its containers do is not its concern. */
export function isSameReplica(pod: Pod, old: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === old.metadata.deletionTimestamp &&
    podIsActive(pod) === podIsActive(old) &&
    readyTime(pod) === readyTime(old) &&
    jsonEqual(pod.metadata.labels, old.metadata.labels) &&
    jsonEqual(pod.metadata.ownerReferences, old.metadata.ownerReferences)
  );
}

function readyTime(pod: Pod): string | undefined {
  const ready = podCondition(pod, 'Ready');
  return ready?.status === 'True' ? (ready.lastTransitionTime ?? '') : undefined;
}

class Tally {
  /** Active pods by uid: the group that each was counted in. */
  readonly #counted = new Map<string | undefined, { count: number }>();
  readonly groups: { labels: StringMap | undefined; isReady: boolean; count: number }[] = [];

  get isEmpty(): boolean {
    return this.#counted.size === 0;
  }

  put(pod: Pod): void {
    const { uid, labels } = pod.metadata;
    this.remove(uid);
    if (!podIsActive(pod)) return;
    const isReady = podIsReady(pod);
    let group = this.groups.find(
      (each) =>
        each.isReady === isReady && (each.labels === labels || jsonEqual(each.labels, labels)),
    );
    if (group === undefined) {
      group = { labels, isReady, count: 0 };
      this.groups.push(group);
    }
    group.count++;
    this.#counted.set(uid, group);
  }

  remove(uid: string | undefined): void {
    const group = this.#counted.get(uid);
    if (group === undefined) return;
    this.#counted.delete(uid);
    group.count--;
    if (group.count > 0) return;
    this.groups.splice(
      this.groups.findIndex((each) => each === group),
      1,
    );
  }
}
