/**
 * Deployment controller: one ReplicaSet per template, scaled up and down against each other.
 *
 * From: Deployments, ReplicaSets, Pods. To: ReplicaSets, the Deployment's status and revision, events.
 * One sync does at most one of: scale the new ReplicaSet, or the old ones; then it waits for the next change.
 * Copies pkg/controller/deployment (1.32).
 */
import {
  type Deployment,
  type DeploymentStatus,
  type Informer,
  type ObjectMeta,
  type Pod,
  type ReplicaSet,
  type StringMap,
  type WorkQueue,
  controllerOf,
  controllerRef,
  isOk,
  jsonEqual,
  keyOf,
  matchesSelector,
  messageOf,
  objectOf,
  reasonOf,
  selectorOf,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges } from './context.ts';
import {
  DESIRED_ANNOTATION,
  MAX_ANNOTATION,
  REVISION_ANNOTATION,
  REVISION_HISTORY_ANNOTATION,
  compareAge,
  fenceposts,
  isRollingUpdate,
  newReplicaCount,
  proportionalScale,
  replicasOf,
  revisionOf,
  scaleDownOld,
} from './deployment-math.ts';
import {
  conditionOf,
  countedStatus,
  hasDeadline,
  isComplete,
  newCondition,
  progressDeadlineNs,
  rolloutStatus,
  withCondition,
} from './deployment-status.ts';
import { podTemplateHash } from './hash.ts';
import { claimCandidates, indexByOwner } from './owner-index.ts';
import { claim } from './pod-control.ts';
import { podIsTerminal } from './pod-state.ts';

const HASH_LABEL = 'pod-template-hash';
const COMPONENT = 'deployment-controller';
/** Annotations of the Deployment that are not copied to its ReplicaSets. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION_ANNOTATION,
  REVISION_HISTORY_ANNOTATION,
  DESIRED_ANNOTATION,
  MAX_ANNOTATION,
  'deprecated.deployment.rollback.to',
]);

export function startDeploymentController(context: ControllerContext): void {
  new DeploymentController(context).start();
}

/** The ReplicaSets of a Deployment, by role. */
interface Sets {
  readonly newSet: ReplicaSet | undefined;
  readonly oldSets: readonly ReplicaSet[];
}

class DeploymentController {
  readonly #context: ControllerContext;
  readonly #deployments: Informer<Deployment>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  /** Deployments that a sync has written to before its final status, as the server answered. */
  readonly #written = new Map<string, Deployment>();
  #queue: WorkQueue | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#deployments = context.informer('deployments');
    this.#replicaSets = context.informer('replicasets');
    this.#pods = context.informer('pods');
  }

  start(): void {
    const resources = ['deployments', 'replicasets', 'pods'];
    const queue = this.#context.reconcile('deployment', resources, (key) => this.#sync(key));
    this.#queue = queue;
    indexByOwner(this.#replicaSets);
    indexByOwner(this.#pods);
    enqueueChanges(this.#deployments, queue);
    const enqueueOwner = (set: ReplicaSet): void => {
      const owner = controllerOf(set);
      if (owner?.kind === 'Deployment')
        queue.add(`${set.metadata.namespace ?? 'default'}/${owner.name}`);
      if (owner !== undefined) return;
      for (const deployment of this.#deployments.items.values()) {
        if (deployment.metadata.namespace !== set.metadata.namespace) continue;
        const selector = selectorOf(deployment.spec.selector);
        if (matchesSelector(selector, set.metadata.labels)) queue.add(keyOf(deployment));
      }
    };
    this.#replicaSets.subscribe({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
    // Recreate waits for the last old pod to go.
    this.#pods.subscribe({
      delete: (pod) => {
        const deployment = this.#deploymentOfPod(pod);
        if (deployment !== undefined && !isRollingUpdate(deployment)) queue.add(keyOf(deployment));
      },
    });
  }

  #deploymentOfPod(pod: Pod): Deployment | undefined {
    const set = controllerOf(pod);
    if (set?.kind !== 'ReplicaSet') return undefined;
    const { namespace } = pod.metadata;
    const owner = this.#replicaSets.get(namespace, set.name);
    const name = owner === undefined ? undefined : controllerOf(owner)?.name;
    return name === undefined ? undefined : this.#deployments.get(namespace, name);
  }

  *#sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const deployment = this.#deployments.get(namespace, name);
    if (deployment === undefined) return 'done';
    const selector = selectorOf(deployment.spec.selector);
    if (selector.requirements.length === 0) {
      const text = 'This deployment is selecting all pods. A non-empty selector is required.';
      this.#context.recorder(COMPONENT).event(deployment, 'Warning', 'SelectingAll', text);
      return 'done';
    }
    const candidates = claimCandidates(this.#replicaSets, deployment);
    const sets = yield* claim(this.#context, 'replicasets', deployment, selector, candidates);
    if (deployment.metadata.deletionTimestamp !== undefined) {
      return yield* this.#writeStatus(deployment, this.#split(deployment, sets), 'counts');
    }
    const paused = yield* this.#markPaused(deployment);
    if (paused !== undefined) return paused;
    const isScaling = sets.some(
      (set) =>
        replicasOf(set) > 0 &&
        set.metadata.annotations?.[DESIRED_ANNOTATION] !== undefined &&
        set.metadata.annotations[DESIRED_ANNOTATION] !== String(replicasOf(deployment)),
    );
    if (deployment.spec.paused === true || isScaling)
      return yield* this.#scaleOnly(deployment, sets);
    return isRollingUpdate(deployment)
      ? yield* this.#roll(deployment, sets)
      : yield* this.#recreate(deployment, sets);
  }

  /** The set whose template is the Deployment's; of several the oldest. */
  #split(deployment: Deployment, sets: readonly ReplicaSet[]): Sets {
    const newSet = [...sets].sort(compareAge).find((set) => hasTemplateOf(set, deployment));
    return { newSet, oldSets: sets.filter((set) => set !== newSet) };
  }

  /** Tells by the condition that a rollout was paused or resumed; an outcome means that it was written. */
  *#markPaused(deployment: Deployment): Proc<Outcome | undefined> {
    if (!hasDeadline(deployment)) return undefined;
    const condition = conditionOf(deployment.status, 'Progressing');
    if (condition?.reason === 'ProgressDeadlineExceeded') return undefined;
    const isMarked = condition?.reason === 'DeploymentPaused';
    const isPaused = deployment.spec.paused === true;
    if (isMarked === isPaused) return undefined;
    const nowNs = this.#context.nowNs;
    const fresh = isPaused
      ? newCondition(nowNs, 'Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused')
      : newCondition(nowNs, 'Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
    const conditions = withCondition(deployment.status?.conditions, fresh);
    const status = { ...deployment.status, conditions };
    const response = yield* this.#context.update(
      'deployments',
      { ...deployment, status } as Deployment,
      'status',
    );
    return isOk(response) || response.code === 404 ? 'done' : 'retry';
  }

  *#roll(deployment: Deployment, sets: readonly ReplicaSet[]): Proc<Outcome> {
    const ensured = yield* this.#ensureNewSet(deployment, sets);
    if (ensured === undefined) return 'retry';
    const { newSet, oldSets } = ensured;
    if (newSet === undefined) return 'retry';
    const current = replicasOf(newSet);
    const replicas = replicasOf(deployment);
    const target =
      current > replicas ? replicas : newReplicaCount(deployment, [...oldSets, newSet], current);
    if (current !== replicas && target !== current) {
      const scaled = yield* this.#scale(deployment, newSet, target);
      if (scaled === undefined) return 'retry';
      return yield* this.#writeStatus(deployment, { newSet: scaled, oldSets }, 'rollout');
    }
    const resizes = scaleDownOld(deployment, oldSets, newSet);
    let sizes: readonly ReplicaSet[] = oldSets;
    for (const { set, replicas: size } of resizes) {
      const scaled = yield* this.#scale(deployment, set, size);
      if (scaled === undefined) return 'retry';
      sizes = sizes.map((other) => (other === set ? scaled : other));
    }
    if (resizes.length === 0 && isComplete(deployment, deployment.status)) {
      yield* this.#cleanUp(deployment, oldSets);
    }
    return yield* this.#writeStatus(deployment, { newSet, oldSets: sizes }, 'rollout');
  }

  *#recreate(deployment: Deployment, sets: readonly ReplicaSet[]): Proc<Outcome> {
    const split = this.#split(deployment, sets);
    let hasScaled = false;
    for (const set of split.oldSets) {
      if (replicasOf(set) === 0) continue;
      if ((yield* this.#scale(deployment, set, 0)) === undefined) return 'retry';
      hasScaled = true;
    }
    if (hasScaled || this.#hasOldPods(split)) {
      return yield* this.#writeStatus(deployment, split, 'rollout');
    }
    const ensured = yield* this.#ensureNewSet(deployment, sets);
    if (ensured?.newSet === undefined) return 'retry';
    const replicas = replicasOf(deployment);
    let { newSet } = ensured;
    if (replicasOf(newSet) !== replicas) {
      const scaled = yield* this.#scale(deployment, newSet, replicas);
      if (scaled === undefined) return 'retry';
      newSet = scaled;
    } else if (isComplete(deployment, deployment.status)) {
      yield* this.#cleanUp(deployment, ensured.oldSets);
    }
    return yield* this.#writeStatus(deployment, { newSet, oldSets: ensured.oldSets }, 'rollout');
  }

  #hasOldPods({ oldSets }: Sets): boolean {
    if (oldSets.some((set) => (set.status?.replicas ?? 0) > 0)) return true;
    return oldSets.some(({ metadata }) =>
      this.#pods.byIndex('owner', metadata.uid ?? '').some((pod) => !podIsTerminal(pod)),
    );
  }

  /** Paused, or the number of replicas changed: sizes only, no new template. */
  *#scaleOnly(deployment: Deployment, sets: readonly ReplicaSet[]): Proc<Outcome> {
    let { newSet, oldSets } = this.#split(deployment, sets);
    if (newSet !== undefined) {
      const updated = yield* this.#updateNewSet(deployment, newSet, oldSets);
      if (updated === undefined) return 'retry';
      newSet = updated;
    }
    const all = newSet === undefined ? oldSets : [...oldSets, newSet];
    const active = all.filter((set) => replicasOf(set) > 0);
    const latest = newSet ?? [...oldSets].sort(compareAge).at(-1);
    const only = active.length === 0 ? latest : active.length === 1 ? active[0] : undefined;
    const replicas = replicasOf(deployment);
    let resizes: readonly { readonly set: ReplicaSet; readonly replicas: number }[] = [];
    if (only !== undefined) {
      resizes = [{ set: only, replicas }];
    } else if (newSet !== undefined && isSaturated(deployment, newSet)) {
      resizes = oldSets.filter((set) => replicasOf(set) > 0).map((set) => ({ set, replicas: 0 }));
    } else if (isRollingUpdate(deployment) && active.length > 0) {
      resizes = proportionalScale(deployment, active);
    }
    for (const { set, replicas: size } of resizes) {
      const scaled = yield* this.#scale(deployment, set, size);
      if (scaled === undefined) return 'retry';
      if (set === newSet) newSet = scaled;
      else oldSets = oldSets.map((other) => (other === set ? scaled : other));
    }
    if (deployment.spec.paused === true) yield* this.#cleanUp(deployment, oldSets);
    return yield* this.#writeStatus(deployment, { newSet, oldSets }, 'counts');
  }

  /** Finds or makes the ReplicaSet of the present template and brings its annotations up to date. */
  *#ensureNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): Proc<Sets | undefined> {
    const { newSet, oldSets } = this.#split(deployment, sets);
    if (newSet !== undefined) {
      const updated = yield* this.#updateNewSet(deployment, newSet, oldSets);
      return updated === undefined ? undefined : { newSet: updated, oldSets };
    }
    const created = yield* this.#createNewSet(deployment, oldSets);
    return created === undefined ? undefined : { newSet: created, oldSets };
  }

  *#updateNewSet(
    deployment: Deployment,
    newSet: ReplicaSet,
    oldSets: readonly ReplicaSet[],
  ): Proc<ReplicaSet | undefined> {
    const revision = Math.max(0, ...oldSets.map(revisionOf)) + 1;
    const annotations = newSetAnnotations(deployment, newSet.metadata.annotations, revision, false);
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
    let updated: ReplicaSet | undefined = newSet;
    const isSame =
      jsonEqual(annotations, newSet.metadata.annotations ?? {}) &&
      minReadySeconds === (newSet.spec.minReadySeconds ?? 0);
    if (!isSame) {
      const response = yield* this.#context.update('replicasets', {
        ...newSet,
        metadata: { ...newSet.metadata, annotations },
        spec: { ...newSet.spec, minReadySeconds },
      } as ReplicaSet);
      updated = objectOf<ReplicaSet>(response);
      if (updated === undefined) return undefined;
    }
    const isNoted = conditionOf(deployment.status, 'Progressing') !== undefined;
    const text = `Found new replica set "${newSet.metadata.name}"`;
    const reason = isNoted ? undefined : { reason: 'FoundNewReplicaSet', message: text };
    yield* this.#noteRevision(deployment, updated, reason);
    return updated;
  }

  *#createNewSet(
    deployment: Deployment,
    oldSets: readonly ReplicaSet[],
  ): Proc<ReplicaSet | undefined> {
    const { spec, metadata, status } = deployment;
    const hash = podTemplateHash(spec.template, status?.collisionCount);
    const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
    const replicas = newReplicaCount(deployment, oldSets, 0);
    const revision = Math.max(0, ...oldSets.map(revisionOf)) + 1;
    const wanted: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${metadata.name}-${hash}`,
        namespace: metadata.namespace ?? 'default',
        labels,
        annotations: newSetAnnotations(deployment, undefined, revision, true),
        ownerReferences: [controllerRef(deployment)],
      },
      spec: {
        replicas,
        minReadySeconds: spec.minReadySeconds ?? 0,
        selector: {
          ...spec.selector,
          matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash },
        },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    };
    const response = yield* this.#context.create('replicasets', wanted);
    const created = objectOf<ReplicaSet>(response);
    if (created === undefined) {
      if (reasonOf(response) === 'AlreadyExists') {
        yield* this.#resolveCollision(deployment, wanted.metadata.name);
        return undefined;
      }
      const message = `Failed to create new replica set "${wanted.metadata.name}": ${messageOf(response)}`;
      this.#context
        .recorder(COMPONENT)
        .event(deployment, 'Warning', 'ReplicaSetCreateError', message);
      if (hasDeadline(deployment)) {
        const failed = newCondition(
          this.#context.nowNs,
          'Progressing',
          'False',
          'ReplicaSetCreateError',
          message,
        );
        const conditions = withCondition(status?.conditions, failed);
        yield* this.#context.update(
          'deployments',
          { ...deployment, status: { ...status, conditions } } as Deployment,
          'status',
        );
      }
      return undefined;
    }
    if (replicas > 0) this.#tellScaled(deployment, created.metadata.name, 0, replicas);
    const message = `Created new replica set "${created.metadata.name}"`;
    yield* this.#noteRevision(deployment, created, { reason: 'NewReplicaSetCreated', message });
    return created;
  }

  /** The name is taken by another template: the next try hashes with a new number. */
  *#resolveCollision(deployment: Deployment, name: string): Proc {
    const other = this.#replicaSets.get(deployment.metadata.namespace, name);
    const isOurs = other !== undefined && controllerOf(other)?.uid === deployment.metadata.uid;
    // Our own set that the copy has not shown yet; or not known yet whose it is.
    if (other === undefined || (isOurs && hasTemplateOf(other, deployment))) return;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    const status = { ...deployment.status, collisionCount };
    yield* this.#context.update('deployments', { ...deployment, status } as Deployment, 'status');
  }

  /** Copies the revision to the Deployment and notes in its conditions where the new set came from. */
  *#noteRevision(
    deployment: Deployment,
    newSet: ReplicaSet,
    progress: { readonly reason: string; readonly message: string } | undefined,
  ): Proc {
    const revision = newSet.metadata.annotations?.[REVISION_ANNOTATION];
    const isSame = deployment.metadata.annotations?.[REVISION_ANNOTATION] === revision;
    if (!isSame) {
      const response = yield* this.#context.patch('deployments', deployment, {
        metadata: { annotations: { [REVISION_ANNOTATION]: revision } },
      });
      this.#noteWritten(objectOf<Deployment>(response));
    }
    if (progress === undefined || !hasDeadline(deployment)) return;
    const fresh = newCondition(
      this.#context.nowNs,
      'Progressing',
      'True',
      progress.reason,
      progress.message,
    );
    const conditions = withCondition(deployment.status?.conditions, fresh);
    const response = yield* this.#context.patch(
      'deployments',
      deployment,
      { status: { conditions } },
      'status',
    );
    this.#noteWritten(objectOf<Deployment>(response));
  }

  #noteWritten(deployment: Deployment | undefined): void {
    if (deployment !== undefined) this.#written.set(keyOf(deployment), deployment);
  }

  *#scale(deployment: Deployment, set: ReplicaSet, replicas: number): Proc<ReplicaSet | undefined> {
    const before = replicasOf(set);
    const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
    if (before === replicas && jsonEqual(annotations, set.metadata.annotations)) return set;
    const response = yield* this.#context.update('replicasets', {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, replicas },
    } as ReplicaSet);
    const updated = objectOf<ReplicaSet>(response);
    if (updated !== undefined && before !== replicas) {
      this.#tellScaled(deployment, set.metadata.name, before, replicas);
    }
    return updated;
  }

  #tellScaled(deployment: Deployment, name: string, from: number, to: number): void {
    const direction = to > from ? 'up' : 'down';
    const text = `Scaled ${direction} replica set ${name} from ${from} to ${to}`;
    this.#context.recorder(COMPONENT).event(deployment, 'Normal', 'ScalingReplicaSet', text);
  }

  /** Deletes old empty ReplicaSets beyond the history limit, the lowest revision first. */
  *#cleanUp(deployment: Deployment, oldSets: readonly ReplicaSet[]): Proc {
    const limit = deployment.spec.revisionHistoryLimit ?? 10;
    const alive = oldSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const excess = alive.length - limit;
    if (excess <= 0) return;
    const sorted = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b) || compareAge(a, b));
    for (const set of sorted.slice(0, excess)) {
      const isEmpty = (set.status?.replicas ?? 0) === 0 && replicasOf(set) === 0;
      const isSeen = (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
      if (isEmpty && isSeen) yield* this.#context.delete('replicasets', set);
    }
  }

  *#writeStatus(
    deployment: Deployment,
    { newSet, oldSets }: Sets,
    scope: 'counts' | 'rollout',
  ): Proc<Outcome> {
    // What this sync itself wrote has not come back yet; the status builds on the server's answer.
    const latest = this.#written.get(keyOf(deployment)) ?? deployment;
    this.#written.delete(keyOf(deployment));
    const all = newSet === undefined ? oldSets : [...oldSets, newSet];
    const make = scope === 'rollout' ? rolloutStatus : countedStatus;
    const nowNs = this.#context.nowNs;
    const status: DeploymentStatus = {
      ...make(latest, all, newSet, nowNs),
      ...(deployment.metadata.generation === undefined
        ? {}
        : { observedGeneration: deployment.metadata.generation }),
    };
    if (jsonEqual(status, latest.status ?? {})) {
      this.#requeueAtDeadline(latest, status);
      return 'done';
    }
    const response = yield* this.#context.update(
      'deployments',
      { ...latest, status } as Deployment,
      'status',
    );
    return isOk(response) || response.code === 404 ? 'done' : 'retry';
  }

  #requeueAtDeadline(deployment: Deployment, status: DeploymentStatus): void {
    const deadlineNs = progressDeadlineNs(deployment);
    const reason = conditionOf(deployment.status, 'Progressing')?.reason;
    if (deadlineNs === undefined || reason === 'ProgressDeadlineExceeded') return;
    if (isComplete(deployment, status)) return;
    const delayNs = Math.max(0, deadlineNs - this.#context.nowNs) + NS_PER_SEC;
    this.#queue?.addAfter(keyOf(deployment), delayNs);
  }
}

function hasTemplateOf(set: ReplicaSet, deployment: Deployment): boolean {
  const { metadata, spec } = set.spec.template;
  const { [HASH_LABEL]: _hash, ...labels } = metadata?.labels ?? {};
  const { template } = deployment.spec;
  return (
    jsonEqual(labels, template.metadata?.labels ?? {}) &&
    jsonEqual(metadata?.annotations ?? {}, template.metadata?.annotations ?? {}) &&
    jsonEqual(spec, template.spec)
  );
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const replicas = replicasOf(deployment);
  return (
    set.metadata.annotations?.[DESIRED_ANNOTATION] === String(replicas) &&
    replicasOf(set) === replicas &&
    (set.status?.availableReplicas ?? 0) === replicas
  );
}

function sizeAnnotations(deployment: Deployment): StringMap {
  const replicas = replicasOf(deployment);
  return {
    [DESIRED_ANNOTATION]: String(replicas),
    [MAX_ANNOTATION]: String(replicas + fenceposts(deployment).maxSurge),
  };
}

/** The annotations of the new set: the Deployment's, its revision, and on creation its sizes. */
function newSetAnnotations(
  deployment: Deployment,
  before: ObjectMeta['annotations'],
  revision: number,
  isNew: boolean,
): StringMap {
  const annotations: Record<string, string> = { ...before };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!OWN_ANNOTATIONS.has(key)) annotations[key] = value;
  }
  const known = Number(before?.[REVISION_ANNOTATION] ?? 0);
  if (known < revision) {
    annotations[REVISION_ANNOTATION] = String(revision);
    if (known > 0) {
      const history = (before?.[REVISION_HISTORY_ANNOTATION] ?? '').split(',').filter(Boolean);
      history.push(String(known));
      annotations[REVISION_HISTORY_ANNOTATION] = history.join(',');
    }
  }
  return isNew ? { ...annotations, ...sizeAnnotations(deployment) } : annotations;
}
