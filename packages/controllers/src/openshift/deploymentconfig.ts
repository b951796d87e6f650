/**
 * DeploymentConfigs: a new revision when the template or an image of a trigger changes, rolled out by a
 * ReplicationController of its own.
 *
 * From: DeploymentConfigs, ReplicationControllers, ImageStreams, deployer pods. To: ReplicationControllers, deployer pods, the
 * status of DeploymentConfigs. Copies openshift-controller-manager pkg/apps/{deploymentconfig,deployment,imagetrigger}. What the
 * real deployer pod tells the API server itself, the scaling, is told here while it runs. Not modelled: hooks, custom
 * strategies.
 */
import {
  type DeploymentConfig,
  type ImageStream,
  type Informer,
  type Pod,
  type ReplicationController,
  type WorkQueue,
  controllerOf,
  isOk,
  jsonEqual,
  keyOf,
  parseTime,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from '../context.ts';
import { scaledValue } from '../int-or-percent.ts';
import {
  DEPLOYER,
  deployerPod,
  isCancelled,
  isTerminated,
  newestFirst,
  phaseOf,
  revisionOf,
  versionOf,
} from './deployment-revision.ts';
import { withConditions } from './deploymentconfig-status.ts';
import { revisionDue, withTriggeredImages } from './deploymentconfig-trigger.ts';
import { latestImage, streamTagOf } from './reference.ts';

const COMPONENT = 'deploymentconfig-controller';
/** rollingParams.timeoutSeconds where nothing is said. */
const TIMEOUT_SECONDS = 600;

export function startDeploymentConfigController(context: ControllerContext): void {
  new DeploymentConfigController(context).start();
}

class DeploymentConfigController {
  readonly #context: ControllerContext;
  readonly #configs: Informer<DeploymentConfig>;
  readonly #revisions: Informer<ReplicationController>;
  readonly #pods: Informer<Pod>;
  readonly #streams: Informer<ImageStream>;
  #queue: WorkQueue | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#configs = context.informer('deploymentconfigs');
    this.#revisions = context.informer('replicationcontrollers');
    this.#pods = context.informer('pods');
    this.#streams = context.informer('imagestreams');
  }

  start(): void {
    const resources = ['deploymentconfigs', 'replicationcontrollers', 'pods', 'imagestreams'];
    const queue = this.#context.reconcile('deploymentconfig', resources, (key) => this.#sync(key));
    this.#queue = queue;
    enqueueChanges(this.#configs, queue);
    const revisionChanged = (revision: ReplicationController): void => {
      const owner = controllerOf(revision);
      if (owner?.kind !== 'DeploymentConfig') return;
      queue.add(`${revision.metadata.namespace ?? 'default'}/${owner.name}`);
    };
    this.#revisions.subscribe({
      add: revisionChanged,
      update: revisionChanged,
      delete: revisionChanged,
    });
    const podChanged = ({ metadata }: Pod): void => {
      const name = metadata.annotations?.[DEPLOYER.config];
      if (name !== undefined) queue.add(`${metadata.namespace ?? 'default'}/${name}`);
    };
    this.#pods.subscribe({ add: podChanged, update: podChanged });
    const streamChanged = (stream: ImageStream): void => {
      const key = keyOf(stream);
      for (const config of this.#configs.items.values()) {
        const own = config.metadata.namespace ?? 'default';
        const isMeant = (config.spec.triggers ?? []).some(
          ({ imageChangeParams: params }) =>
            params !== undefined && streamTagOf(params.from, own).key === key,
        );
        if (isMeant) queue.add(keyOf(config));
      }
    };
    this.#streams.subscribe({ add: streamChanged, update: streamChanged });
  }

  *#sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const config = this.#configs.get(namespace, name);
    if (config === undefined || config.metadata.deletionTimestamp !== undefined) return 'done';
    const revisions = this.#revisionsOf(config);
    for (const revision of revisions) {
      if (isCancelled(revision) && !isTerminated(revision)) {
        const ended = yield* this.#endCancelled(revision);
        if (ended === 'retry') return ended;
      }
    }
    const version = config.status?.latestVersion ?? 0;
    const latest = revisions.find((revision) => versionOf(revision) === version);
    if (config.spec.paused !== true) {
      const triggered = yield* this.#trigger(config, latest);
      if (triggered !== undefined) return triggered;
      if (version > 0 && latest === undefined) return yield* this.#begin(config, revisions);
    }
    // What is paused stays as it is, once no deployer pod works on it any more.
    const rests = latest === undefined || (config.spec.paused === true && isTerminated(latest));
    const rolled = rests ? 'done' : yield* this.#rollOut(config, latest, revisions);
    if (rolled === 'retry') return rolled;
    return yield* this.#writeStatus(config, latest, revisions);
  }

  /** Makes the revision of the newest version, once no older rollout is under way. */
  *#begin(config: DeploymentConfig, revisions: readonly ReplicationController[]): Proc<Outcome> {
    const version = config.status?.latestVersion ?? 0;
    const running = revisions.filter((revision) => !isTerminated(revision));
    const recorder = this.#context.recorder(COMPONENT);
    for (const revision of running) {
      if (isCancelled(revision)) continue;
      const response = yield* this.#context.patch('replicationcontrollers', revision, {
        metadata: {
          annotations: {
            [DEPLOYER.cancelled]: 'true',
            [DEPLOYER.reason]: 'newer deployment was found running',
          },
        },
      });
      if (!isSettled(response)) return 'retry';
      const text = `Cancelled deployment ${JSON.stringify(revision.metadata.name)} superceded by version ${version}`;
      recorder.event(config, 'Normal', 'DeploymentCancelled', text);
    }
    if (running.length > 0) {
      const text = `Deployment of version ${version} awaiting cancellation of older running deployments`;
      recorder.event(config, 'Normal', 'DeploymentAwaitingCancellation', text);
      // The end of each comes back as an event.
      return 'done';
    }
    // Not with images that nobody knows.
    if (config.spec.template.spec.containers.some(({ image = '' }) => image.trim() === '')) {
      return yield* this.#writeStatus(config, undefined, revisions);
    }
    const made = revisionOf(config, version);
    const response = yield* this.#context.create('replicationcontrollers', made);
    if (!isOk(response)) return response.code === 409 ? 'done' : 'retry';
    const name = JSON.stringify(made.metadata.name);
    const text = `Created new replication controller ${name} for version ${version}`;
    recorder.event(config, 'Normal', 'DeploymentCreated', text);
    return yield* this.#prune(config, revisions);
  }

  /** Where a real deployer pod is told that its time is over, it is deleted here. */
  *#endCancelled(revision: ReplicationController): Proc<Outcome> {
    const { namespace, name } = revision.metadata;
    const pod = this.#pods.get(namespace, `${name}-deploy`);
    if (pod !== undefined && pod.metadata.deletionTimestamp === undefined) {
      const response = yield* this.#context.delete('pods', pod);
      if (!isSettled(response)) return 'retry';
    }
    return yield* this.#setPhase(revision, 'Failed');
  }

  /** Deletes old revisions beyond revisionHistoryLimit, the oldest first; those with pods stay. */
  *#prune(config: DeploymentConfig, revisions: readonly ReplicationController[]): Proc<Outcome> {
    const { revisionHistoryLimit: limit } = config.spec;
    if (limit === undefined) return 'done';
    const active = activeOf(revisions);
    const newest = active === undefined ? (config.status?.latestVersion ?? 0) : versionOf(active);
    const old = revisions
      .filter((revision) => versionOf(revision) < newest)
      .toSorted(newestFirst)
      .slice(limit);
    for (const revision of old.toReversed()) {
      if ((revision.spec.replicas ?? 0) !== 0) continue;
      const response = yield* this.#context.delete('replicationcontrollers', revision);
      if (!isSettled(response)) return 'retry';
    }
    return 'done';
  }

  #revisionsOf(config: DeploymentConfig): ReplicationController[] {
    return [...this.#revisions.items.values()].filter(
      (revision) => controllerOf(revision)?.uid === config.metadata.uid,
    );
  }

  /** New images in the template, or a new version when one is due; undefined when nothing is. */
  *#trigger(
    config: DeploymentConfig,
    latest: ReplicationController | undefined,
  ): Proc<Outcome | undefined> {
    const { namespace = 'default' } = config.metadata;
    const changed = withTriggeredImages(config, (from) =>
      latestImage(this.#streams, from, namespace),
    );
    if (changed !== undefined) {
      const response = yield* this.#context.update('deploymentconfigs', changed);
      // The change comes back as an event, and makes a revision as any other.
      return isSettled(response) ? 'done' : 'retry';
    }
    const details = revisionDue(config, latest);
    if (details === undefined) return undefined;
    const latestVersion = (config.status?.latestVersion ?? 0) + 1;
    const status = { ...config.status, latestVersion, details };
    const response = yield* this.#context.update(
      'deploymentconfigs',
      { ...config, status } as DeploymentConfig,
      'status',
    );
    return isSettled(response) ? 'done' : 'retry';
  }

  /** Brings the newest revision on by one step, or keeps all at their sizes. */
  *#rollOut(
    config: DeploymentConfig,
    latest: ReplicationController,
    revisions: readonly ReplicationController[],
  ): Proc<Outcome> {
    const { namespace, name } = latest.metadata;
    const pod = this.#pods.get(namespace, `${name}-deploy`);
    if (isTerminated(latest)) return yield* this.#keepSizes(config, revisions);
    if (isCancelled(latest)) return 'done';
    if (pod?.status?.phase === 'Failed') return yield* this.#setPhase(latest, 'Failed');
    switch (phaseOf(latest)) {
      case 'New': {
        const response = yield* this.#context.create(
          'pods',
          deployerPod(latest, config.spec.replicas),
        );
        if (!isOk(response) && response.code !== 409) return 'retry';
        return yield* this.#setPhase(latest, 'Pending');
      }
      case 'Pending':
        if (pod?.status?.phase !== 'Running' && pod?.status?.phase !== 'Succeeded') return 'done';
        return yield* this.#setPhase(latest, 'Running');
      case 'Running': {
        if (this.#isOverdue(config, latest)) return yield* this.#setPhase(latest, 'Failed');
        const old = revisions.filter((revision) => revision !== latest);
        return yield* this.#step(config, latest, old, pod);
      }
      default:
        return 'done';
    }
  }

  /** The newest revision that was rolled out well has the configuration's size, all others none. */
  *#keepSizes(
    config: DeploymentConfig,
    revisions: readonly ReplicationController[],
  ): Proc<Outcome> {
    const active = activeOf(revisions);
    for (const revision of revisions) {
      const before = revision.spec.replicas ?? 0;
      const isActive = revision === active && config.spec.test !== true;
      const wanted = isActive ? config.spec.replicas : 0;
      if (before === wanted) continue;
      const scaled = yield* this.#scale(revision, wanted);
      if (scaled === 'retry') return scaled;
      const name = JSON.stringify(revision.metadata.name);
      const text = `Scaled replication controller ${name} from ${before} to ${wanted}`;
      this.#context
        .recorder(COMPONENT)
        .event(config, 'Normal', 'ReplicationControllerScaled', text);
    }
    return yield* this.#prune(config, revisions);
  }

  *#step(
    config: DeploymentConfig,
    latest: ReplicationController,
    old: readonly ReplicationController[],
    pod: Pod | undefined,
  ): Proc<Outcome> {
    const { replicas: desired, strategy } = config.spec;
    const left = old.filter(
      ({ spec, status }) => (spec.replicas ?? 0) + (status?.replicas ?? 0) > 0,
    );
    const isDone =
      left.length === 0 &&
      (latest.spec.replicas ?? 0) === desired &&
      (latest.status?.availableReplicas ?? 0) >= desired;
    if (isDone) {
      return pod?.status?.phase === 'Succeeded'
        ? yield* this.#setPhase(latest, 'Complete')
        : 'done';
    }
    // What an older rollout left behind goes first.
    const active = activeOf(old);
    for (const each of left) {
      if (each === active) continue;
      const scaled = yield* this.#scale(each, 0);
      if (scaled === 'retry') return scaled;
    }
    if (strategy?.type === 'Recreate') {
      for (const each of left) yield* this.#scale(each, 0);
      return left.length > 0 ? 'done' : yield* this.#scale(latest, desired);
    }
    const params = strategy?.rollingParams;
    const surge = scaledValue(params?.maxSurge ?? '25%', desired, 'up');
    const missing = scaledValue(params?.maxUnavailable ?? '25%', desired, 'down');
    // Both zero would never move.
    const maxMissing = surge === 0 && missing === 0 ? 1 : missing;
    const size = latest.spec.replicas ?? 0;
    const oldSize = active?.spec.replicas ?? 0;
    const room = Math.max(0, desired + surge - oldSize - size);
    const grown = yield* this.#scale(latest, Math.min(desired, size + room));
    if (grown === 'retry') return grown;
    if (active === undefined) return 'done';
    const available = (each: ReplicationController): number => each.status?.availableReplicas ?? 0;
    const spare = available(latest) + available(active) - (desired - maxMissing);
    const cut = Math.min(Math.max(0, spare), oldSize);
    return cut > 0 ? yield* this.#scale(active, oldSize - cut) : 'done';
  }

  #isOverdue(config: DeploymentConfig, latest: ReplicationController): boolean {
    const params = config.spec.strategy?.rollingParams ?? config.spec.strategy?.recreateParams;
    const limitNs = (params?.timeoutSeconds ?? TIMEOUT_SECONDS) * NS_PER_SEC;
    const startNs = parseTime(latest.metadata.creationTimestamp ?? '') ?? this.#context.nowNs;
    const leftNs = startNs + limitNs - this.#context.nowNs;
    if (leftNs > 0) this.#queue?.addAfter(keyOf(config), leftNs);
    return leftNs <= 0;
  }

  *#scale(revision: ReplicationController, replicas: number): Proc<Outcome> {
    if ((revision.spec.replicas ?? 0) === replicas) return 'done';
    const response = yield* this.#context.patch('replicationcontrollers', revision, {
      spec: { replicas },
    });
    return isSettled(response) ? 'done' : 'retry';
  }

  *#setPhase(revision: ReplicationController, phase: string): Proc<Outcome> {
    const response = yield* this.#context.patch('replicationcontrollers', revision, {
      metadata: { annotations: { [DEPLOYER.phase]: phase } },
    });
    return isSettled(response) ? 'done' : 'retry';
  }

  *#writeStatus(
    config: DeploymentConfig,
    latest: ReplicationController | undefined,
    revisions: readonly ReplicationController[],
  ): Proc<Outcome> {
    const status = withConditions(config, latest, revisions, this.#context.nowNs);
    if (jsonEqual(status, config.status)) return 'done';
    const response = yield* this.#context.update(
      'deploymentconfigs',
      { ...config, status } as DeploymentConfig,
      'status',
    );
    return isSettled(response) ? 'done' : 'retry';
  }
}

/** The newest revision that was rolled out well: it serves. */
function activeOf(revisions: readonly ReplicationController[]): ReplicationController | undefined {
  const [active] = revisions.filter((each) => phaseOf(each) === 'Complete').toSorted(newestFirst);
  return active;
}
