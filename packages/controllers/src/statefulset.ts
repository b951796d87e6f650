/**
 * StatefulSet controller: pods with stable names, in order.
 *
 * From: StatefulSets, Pods, ControllerRevisions. To: Pods, claims of volumeClaimTemplates, status, events.
 * Copies pkg/controller/statefulset (1.32).
 */
import {
  type ControllerRevision,
  type Informer,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
  type StatefulSetStatus,
  type WorkQueue,
  controllerOf,
  isOk,
  jsonEqual,
  keyOf,
  matchesSelector,
  messageOf,
  selectorOf,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges } from './context.ts';
import { claimCandidates, indexByOwner } from './owner-index.ts';
import { claim, podFromTemplate } from './pod-control.ts';
import { podIsAvailable, podIsReady, podIsTerminal } from './pod-state.ts';
import {
  ensureRevision,
  revisionsOf,
  templateOfRevision,
  truncateHistory,
} from './revision-history.ts';

const COMPONENT = 'statefulset-controller';
const REVISION_LABEL = 'controller-revision-hash';

export function startStatefulSetController(context: ControllerContext): void {
  new StatefulSetController(context).start();
}

interface Revisions {
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
}

class StatefulSetController {
  readonly #context: ControllerContext;
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Informer<Pod>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #revisions: Informer<ControllerRevision>;
  #queue: WorkQueue | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = context.informer('statefulsets');
    this.#pods = context.informer('pods');
    this.#claims = context.informer('persistentvolumeclaims');
    this.#revisions = context.informer('controllerrevisions');
  }

  start(): void {
    const resources = ['statefulsets', 'pods', 'persistentvolumeclaims', 'controllerrevisions'];
    const queue = this.#context.reconcile('statefulset', resources, (key) => this.#sync(key));
    this.#queue = queue;
    indexByOwner(this.#pods);
    indexByOwner(this.#revisions);
    enqueueChanges(this.#sets, queue);
    const enqueueOwner = (pod: Pod): void => {
      const owner = controllerOf(pod);
      const namespace = pod.metadata.namespace ?? 'default';
      if (owner?.kind === 'StatefulSet') queue.add(`${namespace}/${owner.name}`);
      if (owner !== undefined) return;
      for (const set of this.#sets.items.values()) {
        if (set.metadata.namespace !== namespace || !isMember(set, pod)) continue;
        if (matchesSelector(selectorOf(set.spec.selector), pod.metadata.labels)) {
          queue.add(keyOf(set));
        }
      }
    };
    this.#pods.subscribe({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  }

  *#sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const set = this.#sets.get(namespace, name);
    if (set === undefined) return 'done';
    const selector = selectorOf(set.spec.selector);
    const candidates = claimCandidates(this.#pods, set).filter((pod) => isMember(set, pod));
    const pods = yield* claim(this.#context, 'pods', set, selector, candidates);
    const existing = revisionsOf(this.#revisions, set);
    const update = yield* ensureRevision(this.#context, set, existing);
    if (update === undefined) return 'retry';
    const current =
      existing.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    const revisions: Revisions = { current, update };
    const isDeleted = set.metadata.deletionTimestamp !== undefined;
    const failure = isDeleted ? undefined : yield* this.#converge(set, pods, revisions);
    const written = yield* this.#writeStatus(set, pods, revisions);
    if (written === 'retry' || failure !== undefined) return 'retry';
    const inUse = new Set([current.metadata.name, update.metadata.name]);
    for (const pod of pods) inUse.add(revisionOf(pod));
    const limit = set.spec.revisionHistoryLimit ?? 10;
    yield* truncateHistory(this.#context, existing, inUse, limit);
    return 'done';
  }

  /** One step towards the wanted pods; a text is what went wrong. */
  *#converge(
    set: StatefulSet,
    pods: readonly Pod[],
    revisions: Revisions,
  ): Proc<string | undefined> {
    const start = set.spec.ordinals?.start ?? 0;
    const end = start + (set.spec.replicas ?? 1);
    const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]));
    const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
    for (let ordinal = start; ordinal < end; ordinal++) {
      const step = yield* this.#ensurePod(set, byOrdinal.get(ordinal), ordinal, revisions);
      if (step === 'failed') return `pod ${ordinal} of ${set.metadata.name} could not be created`;
      if (step === 'waiting' && isOrdered) return undefined;
    }
    const condemned = pods
      .filter((pod) => ordinalOf(pod) < start || ordinalOf(pod) >= end)
      .sort((a, b) => ordinalOf(b) - ordinalOf(a));
    const firstUnhealthy = pods
      .filter((pod) => !isHealthy(pod))
      .sort((a, b) => ordinalOf(a) - ordinalOf(b))[0];
    for (const pod of condemned) {
      if (pod.metadata.deletionTimestamp !== undefined) {
        if (isOrdered) return undefined;
        continue;
      }
      // An unhealthy pod below must come back first, unless it is itself the one to go.
      if (isOrdered && firstUnhealthy !== undefined && firstUnhealthy !== pod) return undefined;
      yield* this.#delete(set, pod);
      if (isOrdered) return undefined;
    }
    yield* this.#rollOut(set, byOrdinal, { start, end }, revisions);
    return undefined;
  }

  *#ensurePod(
    set: StatefulSet,
    pod: Pod | undefined,
    ordinal: number,
    revisions: Revisions,
  ): Proc<'ready' | 'waiting' | 'failed'> {
    if (pod === undefined) return yield* this.#create(set, ordinal, revisions);
    if (podIsTerminal(pod)) {
      if (pod.metadata.deletionTimestamp === undefined) {
        const text = `StatefulSet ${set.metadata.namespace ?? 'default'}/${set.metadata.name} is recreating ${pod.status?.phase === 'Failed' ? 'failed' : 'terminated'} Pod ${pod.metadata.name}`;
        const reason =
          pod.status?.phase === 'Failed' ? 'RecreatingFailedPod' : 'RecreatingTerminatedPod';
        this.#context.recorder(COMPONENT).event(set, 'Warning', reason, text);
        yield* this.#delete(set, pod);
      }
      return 'waiting';
    }
    if (pod.metadata.deletionTimestamp !== undefined) return 'waiting';
    const isReady = pod.status?.phase === 'Running' && podIsReady(pod);
    if (!isReady) return 'waiting';
    return this.#isAvailable(set, pod) ? 'ready' : 'waiting';
  }

  /** Available, or looked at again when it will be. */
  #isAvailable(set: StatefulSet, pod: Pod): boolean {
    const seconds = set.spec.minReadySeconds ?? 0;
    if (podIsAvailable(pod, seconds, this.#context.nowNs)) return true;
    if (podIsReady(pod)) this.#queue?.addAfter(keyOf(set), seconds * NS_PER_SEC);
    return false;
  }

  *#create(
    set: StatefulSet,
    ordinal: number,
    { current, update }: Revisions,
  ): Proc<'waiting' | 'failed'> {
    const { partition = 0 } = set.spec.updateStrategy?.rollingUpdate ?? {};
    const start = set.spec.ordinals?.start ?? 0;
    const isRolling = set.spec.updateStrategy?.type !== 'OnDelete';
    const revision = isRolling && ordinal < start + partition ? current : update;
    const template = templateOfRevision(revision) ?? set.spec.template;
    if (!(yield* this.#createClaims(set, ordinal))) return 'failed';
    const name = `${set.metadata.name}-${ordinal}`;
    const base = podFromTemplate(set, template);
    const pod: Pod = {
      ...base,
      metadata: {
        ...base.metadata,
        name,
        labels: {
          ...base.metadata.labels,
          'apps.kubernetes.io/pod-index': String(ordinal),
          [REVISION_LABEL]: revision.metadata.name,
          'statefulset.kubernetes.io/pod-name': name,
        },
      },
      spec: {
        ...template.spec,
        hostname: name,
        ...(set.spec.serviceName === undefined || set.spec.serviceName === ''
          ? {}
          : { subdomain: set.spec.serviceName }),
        ...this.#volumes(set, template.spec.volumes, ordinal),
      },
    };
    const response = yield* this.#context.create('pods', pod);
    const owner = set.metadata.name;
    const recorder = this.#context.recorder(COMPONENT);
    if (isOk(response)) {
      const text = `create Pod ${name} in StatefulSet ${owner} successful`;
      recorder.event(set, 'Normal', 'SuccessfulCreate', text);
      return 'waiting';
    }
    if (response.code === 409) return 'waiting';
    const text = `create Pod ${name} in StatefulSet ${owner} failed error: ${messageOf(response)}`;
    recorder.event(set, 'Warning', 'FailedCreate', text);
    return 'failed';
  }

  #volumes(
    set: StatefulSet,
    volumes: Pod['spec']['volumes'],
    ordinal: number,
  ): Pick<Pod['spec'], 'volumes'> {
    const templates = set.spec.volumeClaimTemplates ?? [];
    if (templates.length === 0) return {};
    const names = new Set(templates.map(({ metadata }) => metadata.name));
    const claims = templates.map(({ metadata }) => ({
      name: metadata.name,
      persistentVolumeClaim: { claimName: claimName(set, metadata.name, ordinal) },
    }));
    return { volumes: [...claims, ...(volumes ?? []).filter(({ name }) => !names.has(name))] };
  }

  *#createClaims(set: StatefulSet, ordinal: number): Proc<boolean> {
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const name = claimName(set, template.metadata.name, ordinal);
      const namespace = set.metadata.namespace ?? 'default';
      if (this.#claims.get(namespace, name) !== undefined) continue;
      const labels = { ...template.metadata.labels, ...set.spec.selector.matchLabels };
      const response = yield* this.#context.create('persistentvolumeclaims', {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { ...template.metadata, name, namespace, labels },
        spec: template.spec,
      } as PersistentVolumeClaim);
      if (!isOk(response) && response.code !== 409) return false;
    }
    return true;
  }

  /** Replaces outdated pods from the highest ordinal down, one at a time, each to be available first. */
  *#rollOut(
    set: StatefulSet,
    byOrdinal: ReadonlyMap<number, Pod>,
    range: { readonly start: number; readonly end: number },
    { update }: Revisions,
  ): Proc {
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const { partition = 0 } = set.spec.updateStrategy?.rollingUpdate ?? {};
    for (let ordinal = range.end - 1; ordinal >= range.start + partition; ordinal--) {
      const pod = byOrdinal.get(ordinal);
      if (pod === undefined) return;
      if (
        revisionOf(pod) !== update.metadata.name &&
        pod.metadata.deletionTimestamp === undefined
      ) {
        yield* this.#delete(set, pod);
        return;
      }
      if (!isHealthy(pod) || !this.#isAvailable(set, pod)) return;
    }
  }

  *#delete(set: StatefulSet, pod: Pod): Proc {
    const response = yield* this.#context.delete('pods', pod);
    const { name } = pod.metadata;
    const owner = set.metadata.name;
    const recorder = this.#context.recorder(COMPONENT);
    if (isOk(response)) {
      const text = `delete Pod ${name} in StatefulSet ${owner} successful`;
      recorder.event(set, 'Normal', 'SuccessfulDelete', text);
    } else if (response.code !== 404) {
      const text = `delete Pod ${name} in StatefulSet ${owner} failed error: ${messageOf(response)}`;
      recorder.event(set, 'Warning', 'FailedDelete', text);
    }
  }

  *#writeStatus(
    set: StatefulSet,
    pods: readonly Pod[],
    { current, update }: Revisions,
  ): Proc<Outcome> {
    const nowNs = this.#context.nowNs;
    const seconds = set.spec.minReadySeconds ?? 0;
    let [ready, available, ofCurrent, ofUpdate] = [0, 0, 0, 0];
    for (const pod of pods) {
      const isRunning = pod.status?.phase === 'Running' && podIsReady(pod);
      if (isRunning) ready++;
      if (isRunning && podIsAvailable(pod, seconds, nowNs)) available++;
      if (pod.metadata.deletionTimestamp !== undefined || podIsTerminal(pod)) continue;
      if (revisionOf(pod) === current.metadata.name) ofCurrent++;
      if (revisionOf(pod) === update.metadata.name) ofUpdate++;
    }
    const isDone =
      set.spec.updateStrategy?.type !== 'OnDelete' &&
      ofUpdate === pods.length &&
      ready === pods.length &&
      pods.length === (set.spec.replicas ?? 1);
    const currentName = isDone ? update.metadata.name : current.metadata.name;
    const { generation } = set.metadata;
    const counts = {
      readyReplicas: ready,
      currentReplicas: isDone ? ofUpdate : ofCurrent,
      updatedReplicas: ofUpdate,
    };
    const status: StatefulSetStatus = {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      replicas: pods.length,
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      currentRevision: currentName,
      updateRevision: update.metadata.name,
      collisionCount: set.status?.collisionCount ?? 0,
      availableReplicas: available,
    };
    if (jsonEqual(status, set.status)) return 'done';
    const response = yield* this.#context.update(
      'statefulsets',
      { ...set, status } as StatefulSet,
      'status',
    );
    return isOk(response) || response.code === 404 ? 'done' : 'retry';
  }
}

function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`;
}

/** The number at the end of the name. */
export function ordinalOf(pod: Pod): number {
  const match = /-(\d+)$/.exec(pod.metadata.name);
  return match === null ? -1 : Number(match[1]);
}

function isMember(set: StatefulSet, pod: Pod): boolean {
  const prefix = `${set.metadata.name}-`;
  return (
    pod.metadata.name.startsWith(prefix) && /^\d+$/.test(pod.metadata.name.slice(prefix.length))
  );
}

function revisionOf(pod: Pod): string {
  return pod.metadata.labels?.[REVISION_LABEL] ?? '';
}

function isHealthy(pod: Pod): boolean {
  return (
    pod.status?.phase === 'Running' &&
    podIsReady(pod) &&
    pod.metadata.deletionTimestamp === undefined
  );
}
