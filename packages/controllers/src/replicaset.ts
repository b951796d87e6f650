/**
 * ReplicaSet controller: keeps so many pods of a template. ReplicationControllers are the same with another selector.
 *
 * From: ReplicaSets, ReplicationControllers, Pods. To: Pods, the set's status, events. Copies pkg/controller/replicaset
 * and pkg/controller/replication (1.32).
 */
import {
  type ApiResponse,
  type Informer,
  type Pod,
  type ReplicaSet,
  type ReplicaSetStatus,
  type Selector,
  type StringMap,
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
import { ReplicaTally, isSameReplica } from './replica-tally.ts';
import { orderVictims } from './victims.ts';
import { availableAtNs, podIsActive, podIsAvailable, podIsReady } from './pod-state.ts';

/** Creations or deletions in one sync. */
const BURST = 500;

/** What differs between the two kinds. */
interface Flavour {
  readonly kind: string;
  readonly resource: string;
  /** Name of the workers. */
  readonly queue: string;
  readonly component: string;
  readonly selector: (set: ReplicaSet) => Selector;
}

export function startReplicaSetController(context: ControllerContext): void {
  new ReplicaSetController(context, {
    kind: 'ReplicaSet',
    resource: 'replicasets',
    queue: 'replicaset',
    component: 'replicaset-controller',
    selector: ({ spec }) => selectorOf(spec.selector),
  }).start();
}

export function startReplicationController(context: ControllerContext): void {
  new ReplicaSetController(context, {
    kind: 'ReplicationController',
    resource: 'replicationcontrollers',
    queue: 'replicationcontroller',
    component: 'replication-controller',
    selector: ({ spec }) => selectorOfMap(spec.selector as StringMap | undefined),
  }).start();
}

class ReplicaSetController {
  readonly #context: ControllerContext;
  readonly #flavour: Flavour;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #tally: ReplicaTally;
  readonly #expectations = new Expectations();
  /** By set: the version that this controller wrote last. */
  readonly #written = new Map<string, string | undefined>();
  #queue: WorkQueue | undefined;

  constructor(context: ControllerContext, flavour: Flavour) {
    this.#context = context;
    this.#flavour = flavour;
    this.#tally = new ReplicaTally(flavour.kind);
    this.#replicaSets = context.informer(flavour.resource);
    this.#pods = context.informer('pods');
  }

  start(): void {
    const { queue: name, resource } = this.#flavour;
    const queue = this.#context.reconcile(name, [resource, 'pods'], (key) => this.#sync(key));
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
        if (this.#isOthers(pod)) return;
        this.#tally.put(pod);
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
        if (this.#isOthers(pod) && this.#isOthers(old)) return;
        this.#podUpdated(pod, old, queue);
      },
      delete: (pod) => {
        if (this.#isOthers(pod)) return;
        this.#tally.remove(pod);
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
    this.#tally.change(pod, old);
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

  /** A controller of another kind has it: none of this controller's business. */
  #isOthers(pod: Pod): boolean {
    const owner = controllerOf(pod);
    return owner !== undefined && owner.kind !== this.#flavour.kind;
  }

  #ownerKey(pod: Pod): string | undefined {
    const owner = controllerOf(pod);
    if (owner?.kind !== this.#flavour.kind) return undefined;
    return `${pod.metadata.namespace ?? 'default'}/${owner.name}`;
  }

  /** An orphan may be adopted by any set that matches it. */
  #enqueueMatching(pod: Pod): void {
    if (controllerOf(pod) !== undefined) return;
    for (const set of this.#replicaSets.byIndex('namespace', pod.metadata.namespace ?? 'default')) {
      const selector = this.#flavour.selector(set);
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
    const counts = this.#settledCounts(set, isMet);
    if (counts !== undefined) {
      return yield* this.#writeStatus(set, key, this.#status(set, counts, undefined));
    }
    const selector = this.#flavour.selector(set);
    const candidates = claimCandidates(this.#pods, set).filter(podIsActive);
    const pods = yield* claim(this.#context, 'pods', set, selector, candidates);
    let failure: ApiResponse | undefined;
    if (isMet && set.metadata.deletionTimestamp === undefined) {
      failure = yield* this.#manage(set, key, pods);
    }
    const status = this.#status(set, countPods(set, pods, this.#context.nowNs), failure);
    const written = yield* this.#writeStatus(set, key, status);
    if (written === 'retry') return written;
    this.#requeueForAvailability(set, key, pods);
    return failure === undefined ? 'done' : 'retry';
  }

  *#writeStatus(set: ReplicaSet, key: string, status: ReplicaSetStatus): Proc<Outcome> {
    if (jsonEqual(status, set.status)) return 'done';
    const updated = { ...set, status } as ReplicaSet;
    const response = yield* this.#context.update(this.#flavour.resource, updated, 'status');
    if (response.code === 404) return 'done';
    if (!isOk(response)) return 'retry';
    this.#written.set(key, objectOf(response)?.metadata.resourceVersion);
    return 'done';
  }

  /** The counts, when they alone tell that no pod is to be made, deleted, adopted or released. */
  #settledCounts(set: ReplicaSet, isMet: boolean): ReplicaCounts | undefined {
    if ((set.spec.minReadySeconds ?? 0) > 0) return undefined;
    const test = new LabelTest(this.#flavour.selector(set));
    const template = new LabelTest(selectorOfMap(set.spec.template.metadata?.labels));
    const counts = { replicas: 0, fullyLabeled: 0, ready: 0, available: 0 };
    for (const { labels, isReady, count } of this.#tally.of(set)) {
      if (!test.matches(labels)) return undefined;
      counts.replicas += count;
      if (template.matches(labels)) counts.fullyLabeled += count;
      if (isReady) counts.ready += count;
    }
    counts.available = counts.ready;
    const isManaged = isMet && set.metadata.deletionTimestamp === undefined;
    if (isManaged && counts.replicas !== (set.spec.replicas ?? 1)) return undefined;
    for (const orphan of this.#pods.byIndex('orphan', set.metadata.namespace ?? 'default')) {
      if (test.matches(orphan.metadata.labels)) return undefined;
    }
    return counts;
  }

  /** Creates what is missing or deletes what is too much; the first failure, if any. */
  *#manage(set: ReplicaSet, key: string, pods: readonly Pod[]): Proc<ApiResponse | undefined> {
    const difference = pods.length - (set.spec.replicas ?? 1);
    const recorder = this.#context.recorder(this.#flavour.component);
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
    return orderVictims(pods, ranks, this.#context.nowNs).slice(0, count);
  }

  /** The pods of all sets with the same controller. */
  #family(set: ReplicaSet): Pod[] {
    const owner = controllerOf(set);
    const sets = owner === undefined ? [set] : this.#replicaSets.byIndex('owner', owner.uid);
    return sets.flatMap((member) => [...this.#pods.byIndex('owner', member.metadata.uid ?? '')]);
  }

  #status(
    set: ReplicaSet,
    { replicas, fullyLabeled, ready, available }: ReplicaCounts,
    failure: ApiResponse | undefined,
  ): ReplicaSetStatus {
    const before = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    const others = (set.status?.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure');
    const reason = replicas < (set.spec.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete';
    const failed = before ?? {
      type: 'ReplicaFailure',
      status: 'True' as const,
      lastTransitionTime: formatTime(this.#context.nowNs),
      reason,
      message: failure === undefined ? '' : messageOf(failure),
    };
    const conditions = failure === undefined ? others : [...others, failed];
    const { generation } = set.metadata;
    return {
      replicas,
      ...(fullyLabeled === 0 ? {} : { fullyLabeledReplicas: fullyLabeled }),
      ...(ready === 0 ? {} : { readyReplicas: ready }),
      ...(available === 0 ? {} : { availableReplicas: available }),
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

interface ReplicaCounts {
  readonly replicas: number;
  readonly fullyLabeled: number;
  readonly ready: number;
  readonly available: number;
}

function countPods(set: ReplicaSet, pods: readonly Pod[], nowNs: number): ReplicaCounts {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const template = new LabelTest(selectorOfMap(set.spec.template.metadata?.labels));
  let [fullyLabeled, ready, available] = [0, 0, 0];
  for (const pod of pods) {
    if (template.matches(pod.metadata.labels)) fullyLabeled++;
    if (!podIsReady(pod)) continue;
    ready++;
    if (podIsAvailable(pod, minReadySeconds, nowNs)) available++;
  }
  return { replicas: pods.length, fullyLabeled, ready, available };
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}
