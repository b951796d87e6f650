/**
 * ReplicaSet controller: keeps so many pods of a template.
 *
 * From: ReplicaSets, Pods. To: Pods, the ReplicaSet's status, events. Copies pkg/controller/replicaset (1.32).
 */
import {
  type ApiResponse,
  type Informer,
  type Pod,
  type ReplicaSet,
  type ReplicaSetStatus,
  type WorkQueue,
  controllerOf,
  formatTime,
  isOk,
  jsonEqual,
  keyOf,
  matchesSelector,
  messageOf,
  objectOf,
  selectorOf,
  selectorOfMap,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { ControllerContext, Outcome } from './context.ts';
import { Expectations } from './expectations.ts';
import { LabelTest, claimCandidates, indexByOwner } from './owner-index.ts';
import {
  claim,
  createPod,
  deletePod,
  isNamespaceTerminating,
  podFromTemplate,
} from './pod-control.ts';
import {
  availableAtNs,
  compareVictims,
  podIsActive,
  podCondition,
  podIsAvailable,
  podIsReady,
  podIsTerminal,
} from './pod-state.ts';

/** Creations or deletions in one sync. */
const BURST = 500;
const COMPONENT = 'replicaset-controller';

export function startReplicaSetController(context: ControllerContext): void {
  new ReplicaSetController(context).start();
}

class ReplicaSetController {
  readonly #context: ControllerContext;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #expectations = new Expectations();
  /** By set: the version that this controller wrote last. */
  readonly #written = new Map<string, string | undefined>();
  #queue: WorkQueue | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#replicaSets = context.informer('replicasets');
    this.#pods = context.informer('pods');
  }

  start(): void {
    const queue = this.#context.reconcile('replicaset', ['replicasets', 'pods'], (key) =>
      this.#sync(key),
    );
    this.#queue = queue;
    indexByOwner(this.#pods);
    this.#replicaSets.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? 'default']);
    indexByOwner(this.#replicaSets);
    this.#replicaSets.subscribe({
      add: (set) => {
        queue.add(keyOf(set));
      },
      update: (set, old) => {
        if (!this.#isOwnStatus(set, old)) queue.add(keyOf(set));
      },
      delete: (set) => {
        queue.add(keyOf(set));
        this.#expectations.forget(keyOf(set));
        this.#written.delete(keyOf(set));
      },
    });
    this.#pods.subscribe({
      add: (pod) => {
        const key = this.#ownerKey(pod);
        if (key === undefined) {
          this.#enqueueMatching(pod);
          return;
        }
        if (pod.metadata.deletionTimestamp === undefined) this.#expectations.created(key);
        else this.#expectations.deleted(key, uidOf(pod));
        queue.add(key);
      },
      update: (pod, old) => {
        this.#podUpdated(pod, old, queue);
      },
      delete: (pod) => {
        const key = this.#ownerKey(pod);
        if (key === undefined) return;
        this.#expectations.deleted(key, uidOf(pod));
        queue.add(key);
      },
    });
  }

  /** The status that this controller wrote comes back: there is nothing new to do. */
  #isOwnStatus(set: ReplicaSet, old: ReplicaSet): boolean {
    if (this.#written.get(keyOf(set)) !== set.metadata.resourceVersion) return false;
    const { generation, deletionTimestamp, labels } = set.metadata;
    return (
      generation === old.metadata.generation &&
      deletionTimestamp === old.metadata.deletionTimestamp &&
      jsonEqual(labels, old.metadata.labels)
    );
  }

  #podUpdated(pod: Pod, old: Pod, queue: WorkQueue): void {
    if (isSameReplica(pod, old)) return;
    const [key, oldKey] = [this.#ownerKey(pod), this.#ownerKey(old)];
    if (oldKey !== undefined && oldKey !== key) queue.add(oldKey);
    if (key === undefined) {
      const isSame = jsonEqual(pod.metadata.labels, old.metadata.labels) && oldKey === undefined;
      if (!isSame) this.#enqueueMatching(pod);
      return;
    }
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#expectations.deleted(key, uidOf(pod));
    }
    queue.add(key);
    const set = this.#replicaSets.items.get(key);
    const seconds = set?.spec.minReadySeconds ?? 0;
    if (seconds > 0 && podIsReady(pod) && !podIsReady(old)) {
      queue.addAfter(key, (seconds + 1) * NS_PER_SEC);
    }
  }

  #ownerKey(pod: Pod): string | undefined {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return undefined;
    return `${pod.metadata.namespace ?? 'default'}/${owner.name}`;
  }

  /** An orphan may be adopted by any set that matches it. */
  #enqueueMatching(pod: Pod): void {
    if (controllerOf(pod) !== undefined) return;
    for (const set of this.#replicaSets.byIndex('namespace', pod.metadata.namespace ?? 'default')) {
      const selector = selectorOf(set.spec.selector);
      if (matchesSelector(selector, pod.metadata.labels)) this.#queue?.add(keyOf(set));
    }
  }

  *#sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const set = this.#replicaSets.get(namespace, name);
    if (set === undefined) {
      this.#expectations.forget(key);
      return 'done';
    }
    const isMet = this.#expectations.isMet(key, this.#context.nowNs);
    const selector = selectorOf(set.spec.selector);
    const candidates = claimCandidates(this.#pods, set).filter(podIsActive);
    const pods = yield* claim(this.#context, 'pods', set, selector, candidates);
    let failure: ApiResponse | undefined;
    if (isMet && set.metadata.deletionTimestamp === undefined) {
      failure = yield* this.#manage(set, key, pods);
    }
    const status = this.#status(set, pods, failure);
    if (!jsonEqual(status, set.status)) {
      const response = yield* this.#context.update(
        'replicasets',
        { ...set, status } as ReplicaSet,
        'status',
      );
      if (response.code === 404) return 'done';
      if (!isOk(response)) return 'retry';
      this.#written.set(key, objectOf(response)?.metadata.resourceVersion);
    }
    this.#requeueForAvailability(set, key, pods);
    return failure === undefined ? 'done' : 'retry';
  }

  /** Creates what is missing or deletes what is too much; the first failure, if any. */
  *#manage(set: ReplicaSet, key: string, pods: readonly Pod[]): Proc<ApiResponse | undefined> {
    const difference = pods.length - (set.spec.replicas ?? 1);
    const recorder = this.#context.recorder(COMPONENT);
    if (difference < 0) {
      const count = Math.min(-difference, BURST);
      this.#expectations.set(key, this.#context.nowNs, count);
      const pod = podFromTemplate(set, set.spec.template);
      const { createdCount, failure } = yield* slowStart(this.#context, count, () =>
        createPod(this.#context, recorder, set, pod),
      );
      for (let missing = createdCount; missing < count; missing++) this.#expectations.created(key);
      return failure !== undefined && isNamespaceTerminating(failure) ? undefined : failure;
    }
    if (difference === 0) return undefined;
    const victims = this.#victims(set, pods, Math.min(difference, BURST));
    this.#expectations.set(key, this.#context.nowNs, 0, victims.map(uidOf));
    const responses = yield* this.#context.parallel(
      'replicaset/delete',
      victims.map((pod) => deletePod(this.#context, recorder, set, pod)),
    );
    let failure: ApiResponse | undefined;
    for (const [index, response] of responses.entries()) {
      const pod = victims[index];
      if (response === undefined || pod === undefined || isOk(response)) continue;
      this.#expectations.deleted(key, uidOf(pod));
      if (response.code !== 404) failure ??= response;
    }
    return failure;
  }

  #victims(set: ReplicaSet, pods: readonly Pod[], count: number): Pod[] {
    if (count >= pods.length) return [...pods];
    const ranks = new Map<string, number>();
    for (const pod of this.#family(set)) {
      const node = pod.spec.nodeName ?? '';
      if (podIsActive(pod)) ranks.set(node, (ranks.get(node) ?? 0) + 1);
    }
    const nowNs = this.#context.nowNs;
    return [...pods].sort((a, b) => compareVictims(a, b, ranks, nowNs)).slice(0, count);
  }

  /** The pods of all sets with the same controller. */
  #family(set: ReplicaSet): Pod[] {
    const owner = controllerOf(set);
    const sets = owner === undefined ? [set] : this.#replicaSets.byIndex('owner', owner.uid);
    return sets.flatMap((member) => [...this.#pods.byIndex('owner', member.metadata.uid ?? '')]);
  }

  #status(
    set: ReplicaSet,
    pods: readonly Pod[],
    failure: ApiResponse | undefined,
  ): ReplicaSetStatus {
    const nowNs = this.#context.nowNs;
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const template = new LabelTest(selectorOfMap(set.spec.template.metadata?.labels));
    let [fullyLabeledReplicas, readyReplicas, availableReplicas] = [0, 0, 0];
    for (const pod of pods) {
      if (template.matches(pod.metadata.labels)) fullyLabeledReplicas++;
      if (!podIsReady(pod)) continue;
      readyReplicas++;
      if (podIsAvailable(pod, minReadySeconds, nowNs)) availableReplicas++;
    }
    const before = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    const others = (set.status?.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure');
    const reason = pods.length < (set.spec.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete';
    const failed = before ?? {
      type: 'ReplicaFailure',
      status: 'True' as const,
      lastTransitionTime: formatTime(nowNs),
      reason,
      message: failure === undefined ? '' : messageOf(failure),
    };
    const conditions = failure === undefined ? others : [...others, failed];
    const { generation } = set.metadata;
    return {
      replicas: pods.length,
      ...(fullyLabeledReplicas === 0 ? {} : { fullyLabeledReplicas }),
      ...(readyReplicas === 0 ? {} : { readyReplicas }),
      ...(availableReplicas === 0 ? {} : { availableReplicas }),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(conditions.length === 0 ? {} : { conditions }),
    };
  }

  /** Pods become available by time alone. */
  #requeueForAvailability(set: ReplicaSet, key: string, pods: readonly Pod[]): void {
    const seconds = set.spec.minReadySeconds ?? 0;
    if (seconds === 0) return;
    const nowNs = this.#context.nowNs;
    let nextNs = Infinity;
    for (const pod of pods) {
      const atNs = availableAtNs(pod, seconds);
      if (atNs !== undefined && atNs > nowNs) nextNs = Math.min(nextNs, atNs);
    }
    if (nextNs !== Infinity) this.#queue?.addAfter(key, nextNs - nowNs);
  }
}

/** Batches of 1, 2, 4, 8, …; the next only when all of the last one succeeded. */
export function* slowStart(
  context: ControllerContext,
  count: number,
  create: (index: number) => Proc<ApiResponse>,
): Proc<{ createdCount: number; failure: ApiResponse | undefined }> {
  let createdCount = 0;
  for (let size = 1, at = 0; at < count; size *= 2) {
    const batch = Math.min(size, count - at);
    const procs = Array.from({ length: batch }, (_, index) => create(at + index));
    const responses = yield* context.parallel('create', procs);
    const failure = responses.find((response) => response !== undefined && !isOk(response));
    createdCount += responses.filter((response) => response !== undefined && isOk(response)).length;
    if (failure !== undefined) return { createdCount, failure };
    at += batch;
  }
  return { createdCount, failure: undefined };
}

/** Whether a ReplicaSet sees no difference: where the pod runs and how its containers do is not its concern. */
function isSameReplica(pod: Pod, old: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === old.metadata.deletionTimestamp &&
    podIsTerminal(pod) === podIsTerminal(old) &&
    readyTime(pod) === readyTime(old) &&
    jsonEqual(pod.metadata.labels, old.metadata.labels) &&
    jsonEqual(pod.metadata.ownerReferences, old.metadata.ownerReferences)
  );
}

function readyTime(pod: Pod): string | undefined {
  const ready = podCondition(pod, 'Ready');
  return ready?.status === 'True' ? (ready.lastTransitionTime ?? '') : undefined;
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}
