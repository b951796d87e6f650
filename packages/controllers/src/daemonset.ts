/**
 * DaemonSet controller: one pod on every node that suits.
 *
 * From: DaemonSets, Pods, Nodes, ControllerRevisions. To: Pods (bound by the default scheduler through a required
 * node affinity to their node's name), status, events. Copies pkg/controller/daemon (1.32).
 */
import {
  type ControllerRevision,
  type DaemonSet,
  type DaemonSetStatus,
  type Informer,
  type Node,
  type NodeSelectorTerm,
  type Pod,
  type PodSpec,
  type Toleration,
  type WorkQueue,
  controllerOf,
  isOk,
  jsonEqual,
  keyOf,
  selectorOf,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges } from './context.ts';
import { Expectations } from './expectations.ts';
import { scaledValue } from './int-or-percent.ts';
import { matchesNodeAffinity, untoleratedTaint } from './node-match.ts';
import { claimCandidates, indexByOwner } from './owner-index.ts';
import { claim, createPod, deletePod, podFromTemplate } from './pod-control.ts';
import { podIsAvailable, podIsReady, podIsTerminal } from './pod-state.ts';
import { slowStart } from './replicaset.ts';
import { ensureRevision, revisionsOf, truncateHistory } from './revision-history.ts';

const BURST = 250;
const COMPONENT = 'daemonset-controller';
const REVISION_LABEL = 'controller-revision-hash';
const FAILED_BACKOFF_FIRST_NS = NS_PER_SEC;
const FAILED_BACKOFF_MAX_NS = 900 * NS_PER_SEC;

const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const HOST_NETWORK_TOLERATION: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

export function startDaemonSetController(context: ControllerContext): void {
  new DaemonSetController(context).start();
}

/** The spec of a daemon's pod on one node: tolerations and the affinity that ties it there. */
export function daemonPodSpec(set: DaemonSet, nodeName: string): PodSpec {
  const { spec } = set.spec.template;
  const tolerations = daemonTolerations(spec);
  const nodeAffinity = spec.affinity?.nodeAffinity;
  const terms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }];
  const tied: NodeSelectorTerm[] = (terms ?? [{}]).map((term) => ({ ...term, matchFields }));
  return {
    ...spec,
    tolerations,
    affinity: {
      ...spec.affinity,
      nodeAffinity: {
        ...nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: tied },
      },
    },
  };
}

function daemonTolerations(spec: PodSpec): Toleration[] {
  const tolerations = [...(spec.tolerations ?? [])];
  const added = spec.hostNetwork === true ? [...TOLERATIONS, HOST_NETWORK_TOLERATION] : TOLERATIONS;
  for (const toleration of added) {
    const isThere = tolerations.some(
      ({ key, effect }) => key === toleration.key && effect === toleration.effect,
    );
    if (!isThere) tolerations.push(toleration);
  }
  return tolerations;
}

/** Whether a daemon pod belongs on the node, and whether one that is there may stay. */
export function daemonFits(
  set: DaemonSet,
  node: Node,
): { readonly shouldRun: boolean; readonly shouldContinue: boolean } {
  const { spec } = set.spec.template;
  const isNamed = spec.nodeName === undefined || spec.nodeName === node.metadata.name;
  if (!isNamed || !matchesNodeAffinity(spec, node)) {
    return { shouldRun: false, shouldContinue: false };
  }
  const tolerations = daemonTolerations(spec);
  const bars = untoleratedTaint(node.spec.taints, tolerations, ['NoSchedule', 'NoExecute']);
  if (bars === undefined) return { shouldRun: true, shouldContinue: true };
  const evicts = untoleratedTaint(node.spec.taints, tolerations, ['NoExecute']);
  return { shouldRun: false, shouldContinue: evicts === undefined };
}

/** Whether nothing changed that decides which daemons a node gets. */
function isSamePlace(node: Node, old: Node): boolean {
  return jsonEqual(node.spec, old.spec) && jsonEqual(node.metadata.labels, old.metadata.labels);
}

class DaemonSetController {
  readonly #context: ControllerContext;
  readonly #sets: Informer<DaemonSet>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #expectations = new Expectations();
  /** By set and node: how often its pod has failed and when it may be replaced. */
  readonly #failures = new Map<string, { delayNs: number; atNs: number }>();
  #queue: WorkQueue | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = context.informer('daemonsets');
    this.#pods = context.informer('pods');
    this.#nodes = context.informer('nodes');
    this.#revisions = context.informer('controllerrevisions');
  }

  start(): void {
    const resources = ['daemonsets', 'pods', 'nodes', 'controllerrevisions'];
    const queue = this.#context.reconcile('daemonset', resources, (key) => this.#sync(key));
    this.#queue = queue;
    indexByOwner(this.#pods);
    indexByOwner(this.#revisions);
    enqueueChanges(this.#sets, queue);
    const ownerKey = (pod: Pod): string | undefined => {
      const owner = controllerOf(pod);
      if (owner?.kind !== 'DaemonSet') return undefined;
      return `${pod.metadata.namespace ?? 'default'}/${owner.name}`;
    };
    this.#pods.subscribe({
      add: (pod) => {
        const key = ownerKey(pod);
        if (key === undefined) return;
        if (pod.metadata.deletionTimestamp === undefined) this.#expectations.created(key);
        queue.add(key);
      },
      update: (pod) => {
        const key = ownerKey(pod);
        if (key !== undefined) queue.add(key);
      },
      delete: (pod) => {
        const key = ownerKey(pod);
        if (key === undefined) return;
        this.#expectations.deleted(key, pod.metadata.uid ?? '');
        queue.add(key);
      },
    });
    const nodeChanged = (node: Node, old?: Node): void => {
      if (old !== undefined && isSamePlace(node, old)) return;
      for (const set of this.#sets.items.values()) {
        const now = daemonFits(set, node);
        if (old === undefined || !jsonEqual(now, daemonFits(set, old))) queue.add(keyOf(set));
      }
    };
    this.#nodes.subscribe({
      add: nodeChanged,
      update: nodeChanged,
      delete: (node) => {
        nodeChanged(node);
      },
    });
  }

  *#sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const set = this.#sets.get(namespace, name);
    if (set === undefined) {
      this.#expectations.forget(key);
      return 'done';
    }
    const selector = selectorOf(set.spec.selector);
    if (selector.requirements.length === 0) {
      const text = 'This daemon set is selecting all pods. A non-empty selector is required.';
      this.#context.recorder(COMPONENT).event(set, 'Warning', 'SelectingAll', text);
      return 'done';
    }
    if (set.metadata.deletionTimestamp !== undefined) return 'done';
    const existing = revisionsOf(this.#revisions, set);
    const revision = yield* ensureRevision(this.#context, set, existing, {}, REVISION_LABEL);
    if (revision === undefined) return 'retry';
    const hash = revision.metadata.labels?.[REVISION_LABEL] ?? '';
    const candidates = claimCandidates(this.#pods, set);
    const pods = yield* claim(this.#context, 'pods', set, selector, candidates);
    const byNode = podsByNode(pods);
    let outcome: Outcome = 'done';
    if (this.#expectations.isMet(key, this.#context.nowNs)) {
      outcome = yield* this.#manage(set, key, byNode, hash);
      if (outcome === 'done' && this.#expectations.isMet(key, this.#context.nowNs)) {
        yield* this.#rollOut(set, key, byNode, hash);
      }
    }
    const inUse = new Set([revision.metadata.name]);
    for (const pod of pods) {
      inUse.add(`${set.metadata.name}-${pod.metadata.labels?.[REVISION_LABEL] ?? ''}`);
    }
    yield* truncateHistory(this.#context, existing, inUse, set.spec.revisionHistoryLimit ?? 10);
    const written = yield* this.#writeStatus(set, byNode, hash);
    return outcome === 'retry' ? 'retry' : written;
  }

  /** Creates where a pod is missing, deletes where it does not belong or has failed. */
  *#manage(
    set: DaemonSet,
    key: string,
    byNode: ReadonlyMap<string, readonly Pod[]>,
    hash: string,
  ): Proc<Outcome> {
    const toCreate: string[] = [];
    const toDelete: Pod[] = [];
    for (const node of this.#nodes.items.values()) {
      const { shouldRun, shouldContinue } = daemonFits(set, node);
      const pods = byNode.get(node.metadata.name) ?? [];
      if (shouldRun && pods.length === 0) toCreate.push(node.metadata.name);
      if (!shouldContinue) {
        toDelete.push(...pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined));
        continue;
      }
      const running: Pod[] = [];
      for (const pod of pods) {
        if (pod.metadata.deletionTimestamp !== undefined) continue;
        if (!podIsTerminal(pod)) running.push(pod);
        else if (this.#mayReplaceFailed(set, key, node.metadata.name, pod)) toDelete.push(pod);
      }
      // Only the oldest stays; during a surge an old and a new one may stand side by side.
      if (running.length > 1 && maxSurgeOf(set, byNode.size) === 0) {
        running.sort((a, b) => compareCreation(a, b));
        toDelete.push(...running.slice(1));
      }
    }
    // A node that is gone takes its pods along by pod garbage collection.
    return yield* this.#apply(set, key, toCreate.slice(0, BURST), toDelete.slice(0, BURST), hash);
  }

  #mayReplaceFailed(set: DaemonSet, key: string, nodeName: string, pod: Pod): boolean {
    const id = `${set.metadata.uid ?? ''}/${nodeName}`;
    const nowNs = this.#context.nowNs;
    const known = this.#failures.get(id);
    if (known !== undefined && known.atNs > nowNs) {
      this.#queue?.addAfter(key, known.atNs - nowNs);
      return false;
    }
    const delayNs = Math.min(
      (known?.delayNs ?? FAILED_BACKOFF_FIRST_NS / 2) * 2,
      FAILED_BACKOFF_MAX_NS,
    );
    this.#failures.set(id, { delayNs, atNs: nowNs + delayNs });
    const isFailed = pod.status?.phase === 'Failed';
    const text = `Found ${isFailed ? 'failed' : 'succeeded'} daemon pod ${keyOf(pod)} on node ${nodeName}, will try to ${isFailed ? 'kill' : 'delete'} it`;
    const reason = isFailed ? 'FailedDaemonPod' : 'SucceededDaemonPod';
    const type = isFailed ? 'Warning' : 'Normal';
    this.#context.recorder(COMPONENT).event(set, type, reason, text);
    return true;
  }

  *#apply(
    set: DaemonSet,
    key: string,
    toCreate: readonly string[],
    toDelete: readonly Pod[],
    hash: string,
  ): Proc<Outcome> {
    if (toCreate.length + toDelete.length === 0) return 'done';
    const recorder = this.#context.recorder(COMPONENT);
    const uids = toDelete.map(({ metadata }) => metadata.uid ?? '');
    this.#expectations.set(key, this.#context.nowNs, toCreate.length, uids);
    const { createdCount, failure } = yield* slowStart(this.#context, toCreate.length, (index) =>
      createPod(this.#context, recorder, set, daemonPod(set, toCreate[index] ?? '', hash)),
    );
    for (let missing = createdCount; missing < toCreate.length; missing++) {
      this.#expectations.created(key);
    }
    const responses = yield* this.#context.parallel(
      'daemonset/delete',
      toDelete.map((pod) => deletePod(this.#context, recorder, set, pod)),
    );
    let outcome: Outcome = failure === undefined ? 'done' : 'retry';
    for (const [index, response] of responses.entries()) {
      if (response === undefined || isOk(response)) continue;
      this.#expectations.deleted(key, uids[index] ?? '');
      if (response.code !== 404) outcome = 'retry';
    }
    return outcome;
  }

  /** Replaces outdated pods; at most maxUnavailable at a time, or maxSurge beside them. */
  *#rollOut(
    set: DaemonSet,
    key: string,
    byNode: ReadonlyMap<string, readonly Pod[]>,
    hash: string,
  ): Proc {
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const nodes = [...this.#nodes.items.values()].filter((node) => daemonFits(set, node).shouldRun);
    const surge = maxSurgeOf(set, nodes.length);
    if (surge > 0) {
      yield* this.#surge(set, key, nodes, byNode, hash, surge);
      return;
    }
    const { maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
    const most = Math.max(1, scaledValue(maxUnavailable, nodes.length, 'up'));
    const broken: Pod[] = [];
    const healthy: Pod[] = [];
    let unavailableCount = 0;
    for (const node of nodes) {
      const alive = (byNode.get(node.metadata.name) ?? []).filter(
        (pod) => pod.metadata.deletionTimestamp === undefined && !podIsTerminal(pod),
      );
      const [pod] = alive;
      if (pod === undefined || alive.length > 1) {
        unavailableCount++;
        continue;
      }
      const isAvailable = this.#isAvailable(set, pod);
      if (!isAvailable) unavailableCount++;
      if (pod.metadata.labels?.[REVISION_LABEL] === hash) continue;
      (isAvailable ? healthy : broken).push(pod);
    }
    const left = Math.max(0, most - unavailableCount);
    yield* this.#apply(set, key, [], [...broken, ...healthy.slice(0, left)], hash);
  }

  *#surge(
    set: DaemonSet,
    key: string,
    nodes: readonly Node[],
    byNode: ReadonlyMap<string, readonly Pod[]>,
    hash: string,
    surge: number,
  ): Proc {
    const toCreate: string[] = [];
    const toDelete: Pod[] = [];
    let surging = 0;
    const candidates: string[] = [];
    for (const node of nodes) {
      const alive = (byNode.get(node.metadata.name) ?? []).filter((pod) => !podIsTerminal(pod));
      const old = alive.find((pod) => pod.metadata.labels?.[REVISION_LABEL] !== hash);
      const fresh = alive.find((pod) => pod.metadata.labels?.[REVISION_LABEL] === hash);
      if (old === undefined) continue;
      if (fresh !== undefined) {
        surging++;
        if (this.#isAvailable(set, fresh) && old.metadata.deletionTimestamp === undefined) {
          toDelete.push(old);
        }
      } else if (!this.#isAvailable(set, old)) {
        toCreate.push(node.metadata.name);
      } else {
        candidates.push(node.metadata.name);
      }
    }
    toCreate.push(...candidates.slice(0, Math.max(0, surge - surging)));
    yield* this.#apply(set, key, toCreate, toDelete, hash);
  }

  #isAvailable(set: DaemonSet, pod: Pod): boolean {
    const seconds = set.spec.minReadySeconds ?? 0;
    if (podIsAvailable(pod, seconds, this.#context.nowNs)) return true;
    if (podIsReady(pod)) this.#queue?.addAfter(keyOf(set), seconds * NS_PER_SEC);
    return false;
  }

  *#writeStatus(
    set: DaemonSet,
    byNode: ReadonlyMap<string, readonly Pod[]>,
    hash: string,
  ): Proc<Outcome> {
    let [desired, current, misscheduled, ready, available, updated] = [0, 0, 0, 0, 0, 0];
    for (const node of this.#nodes.items.values()) {
      const { shouldRun } = daemonFits(set, node);
      const pods = byNode.get(node.metadata.name) ?? [];
      if (!shouldRun) {
        if (pods.length > 0) misscheduled++;
        continue;
      }
      desired++;
      const [pod] = [...pods].sort(compareCreation);
      if (pod === undefined) continue;
      current++;
      if (podIsReady(pod)) {
        ready++;
        if (this.#isAvailable(set, pod)) available++;
      }
      if (pods.some((other) => other.metadata.labels?.[REVISION_LABEL] === hash)) updated++;
    }
    const { generation } = set.metadata;
    const optional = {
      updatedNumberScheduled: updated,
      numberAvailable: available,
      numberUnavailable: desired - available,
    };
    const status: DaemonSetStatus = {
      currentNumberScheduled: current,
      numberMisscheduled: misscheduled,
      desiredNumberScheduled: desired,
      numberReady: ready,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...Object.fromEntries(Object.entries(optional).filter(([, count]) => count > 0)),
    };
    if (jsonEqual(status, set.status)) return 'done';
    const response = yield* this.#context.update(
      'daemonsets',
      { ...set, status } as DaemonSet,
      'status',
    );
    return isOk(response) || response.code === 404 ? 'done' : 'retry';
  }
}

function daemonPod(set: DaemonSet, nodeName: string, hash: string): Pod {
  const base = podFromTemplate(set, set.spec.template);
  const generation = set.metadata.generation;
  return {
    ...base,
    metadata: {
      ...base.metadata,
      labels: {
        ...base.metadata.labels,
        [REVISION_LABEL]: hash,
        ...(generation === undefined ? {} : { 'pod-template-generation': String(generation) }),
      },
    },
    spec: daemonPodSpec(set, nodeName),
  };
}

/** The node a daemon's pod is on, or is meant for. */
function targetNodeOf(pod: Pod): string {
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') return pod.spec.nodeName;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    for (const { key, values } of matchFields)
      if (key === 'metadata.name') return values?.[0] ?? '';
  }
  return '';
}

function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNodeOf(pod);
    const there = byNode.get(node);
    if (there === undefined) byNode.set(node, [pod]);
    else there.push(pod);
  }
  return byNode;
}

function maxSurgeOf(set: DaemonSet, nodeCount: number): number {
  if (set.spec.updateStrategy?.type === 'OnDelete') return 0;
  return scaledValue(set.spec.updateStrategy?.rollingUpdate?.maxSurge, nodeCount, 'up');
}

function compareCreation(left: Pod, right: Pod): number {
  const [a, b] = [left.metadata.creationTimestamp ?? '', right.metadata.creationTimestamp ?? ''];
  if (a !== b) return a < b ? -1 : 1;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}
