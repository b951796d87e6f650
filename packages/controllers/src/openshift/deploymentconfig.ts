/**
 * DeploymentConfigs: a new revision when the template or an image of a trigger changes, rolled out by a
 * ReplicationController of its own.
 *
 * From: DeploymentConfigs, ReplicationControllers, ImageStreams, deployer pods. To: ReplicationControllers, deployer pods, the
 * status of DeploymentConfigs. Copies openshift-controller-manager pkg/apps/{deploymentconfig,deployment,imagetrigger}. What the
 * real deployer pod tells the API server itself, the scaling, is told here while it runs. Not modelled: hooks, custom
 * strategies, pruning of old revisions.
 */
import {
  type DeploymentConfig,
  type DeploymentConfigDetails,
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
import { DEPLOYER, deployerPod, revisionOf } from './deployment-revision.ts';
import { latestImage, streamTagOf } from './reference.ts';
import { withConditions } from './deploymentconfig-status.ts';

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
    if (config.spec.paused !== true) {
      const triggered = yield* this.#trigger(config, revisions);
      if (triggered !== undefined) return triggered;
    }
    const version = config.status?.latestVersion ?? 0;
    const latest = revisions.find((revision) => versionOf(revision) === version);
    if (version > 0 && latest === undefined) {
      const response = yield* this.#context.create(
        'replicationcontrollers',
        revisionOf(config, version),
      );
      return isOk(response) || response.code === 409 ? 'done' : 'retry';
    }
    const old = revisions.filter((revision) => revision !== latest);
    const rolled = latest === undefined ? 'done' : yield* this.#rollOut(config, latest, old);
    if (rolled === 'retry') return rolled;
    return yield* this.#writeStatus(config, latest, revisions);
  }

  #revisionsOf(config: DeploymentConfig): ReplicationController[] {
    return [...this.#revisions.items.values()].filter(
      (revision) => controllerOf(revision)?.uid === config.metadata.uid,
    );
  }

  /** A new revision when one is due; undefined when none is. */
  *#trigger(
    config: DeploymentConfig,
    revisions: readonly ReplicationController[],
  ): Proc<Outcome | undefined> {
    const { spec, status, metadata } = config;
    let { template } = spec;
    let image: DeploymentConfigDetails['causes'][number] | undefined;
    const triggers = (spec.triggers ?? []).map((trigger) => {
      const params = trigger.imageChangeParams;
      if (trigger.type !== 'ImageChange' || params === undefined) return trigger;
      const found = latestImage(this.#streams, params.from, metadata.namespace ?? 'default');
      const reference = found?.dockerImageReference;
      const isNew = reference !== undefined && reference !== params.lastTriggeredImage;
      if (!isNew || (params.automatic !== true && params.lastTriggeredImage !== undefined)) {
        return trigger;
      }
      const containers = template.spec.containers.map((container) =>
        (params.containerNames ?? []).includes(container.name)
          ? { ...container, image: reference }
          : container,
      );
      template = { ...template, spec: { ...template.spec, containers } };
      image ??= { type: 'ImageChange', imageTrigger: { from: { ...params.from } } };
      return { ...trigger, imageChangeParams: { ...params, lastTriggeredImage: reference } };
    });
    if (image !== undefined) {
      const changed = { ...config, spec: { ...spec, template, triggers } } as DeploymentConfig;
      const response = yield* this.#context.update('deploymentconfigs', changed);
      // The change comes back as an event, and makes a revision as any other.
      return isSettled(response) ? 'done' : 'retry';
    }
    const waits = triggers.some(
      ({ type, imageChangeParams }) =>
        type === 'ImageChange' && imageChangeParams?.lastTriggeredImage === undefined,
    );
    if (waits) return undefined;
    const version = status?.latestVersion ?? 0;
    const hasConfigTrigger = triggers.some(({ type }) => type === 'ConfigChange');
    const hasImageTrigger = triggers.some(({ type }) => type === 'ImageChange');
    if (!hasConfigTrigger && !hasImageTrigger) return undefined;
    const latest = revisions.find((revision) => versionOf(revision) === version);
    const encoded = latest?.metadata.annotations?.[DEPLOYER.encoded];
    const isSame = encoded === JSON.stringify(spec.template);
    if (version > 0 && (isSame || latest === undefined)) return undefined;
    const causes = hasImageTrigger
      ? triggers.flatMap(({ imageChangeParams }) =>
          imageChangeParams === undefined
            ? []
            : [{ type: 'ImageChange', imageTrigger: { from: imageChangeParams.from } }],
        )
      : [{ type: 'ConfigChange' }];
    const details = { message: hasImageTrigger ? 'image change' : 'config change', causes };
    const next = { ...status, latestVersion: version + 1, details };
    const response = yield* this.#context.update(
      'deploymentconfigs',
      { ...config, status: next } as DeploymentConfig,
      'status',
    );
    return isSettled(response) ? 'done' : 'retry';
  }

  /** Brings the newest revision on by one step, or keeps it at its size. */
  *#rollOut(
    config: DeploymentConfig,
    latest: ReplicationController,
    old: readonly ReplicationController[],
  ): Proc<Outcome> {
    const phase = phaseOf(latest);
    const desired = config.spec.replicas;
    const { namespace, name } = latest.metadata;
    const pod = this.#pods.get(namespace, `${name}-deploy`);
    switch (phase) {
      case 'New': {
        const response = yield* this.#context.create('pods', deployerPod(latest, desired));
        if (!isOk(response) && response.code !== 409) return 'retry';
        this.#context
          .recorder(COMPONENT)
          .event(
            config,
            'Normal',
            'DeploymentCreated',
            `Created new replication controller ${JSON.stringify(name)} for version ${versionOf(latest)}`,
          );
        return yield* this.#setPhase(latest, 'Pending');
      }
      case 'Pending':
        if (pod?.status?.phase !== 'Running' && pod?.status?.phase !== 'Succeeded') return 'done';
        return yield* this.#setPhase(latest, 'Running');
      case 'Running':
        if (this.#isOverdue(config, latest)) {
          yield* this.#scale(latest, 0);
          const [before] = old.filter((each) => phaseOf(each) === 'Complete').toSorted(newestFirst);
          if (before !== undefined) yield* this.#scale(before, desired);
          return yield* this.#setPhase(latest, 'Failed');
        }
        return yield* this.#step(config, latest, old, pod);
      case 'Complete':
        return yield* this.#scale(latest, desired);
      default:
        return 'done';
    }
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
    const oldSize = left.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
    const isDone =
      left.length === 0 &&
      (latest.spec.replicas ?? 0) === desired &&
      (latest.status?.availableReplicas ?? 0) >= desired;
    if (isDone) {
      return pod?.status?.phase === 'Succeeded'
        ? yield* this.#setPhase(latest, 'Complete')
        : 'done';
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
    const room = Math.max(0, desired + surge - oldSize - size);
    const grown = yield* this.#scale(latest, Math.min(desired, size + room));
    if (grown === 'retry') return grown;
    const available = [latest, ...left].reduce(
      (sum, { status }) => sum + (status?.availableReplicas ?? 0),
      0,
    );
    let spare = Math.max(0, available - (desired - maxMissing));
    for (const each of left.toSorted(newestFirst).reverse()) {
      const cut = Math.min(spare, each.spec.replicas ?? 0);
      spare -= cut;
      if (cut > 0) yield* this.#scale(each, (each.spec.replicas ?? 0) - cut);
    }
    return 'done';
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

function phaseOf({ metadata }: ReplicationController): string {
  return metadata.annotations?.[DEPLOYER.phase] ?? '';
}

export function versionOf({ metadata }: ReplicationController): number {
  return Number(metadata.annotations?.[DEPLOYER.version] ?? 0);
}

function newestFirst(a: ReplicationController, b: ReplicationController): number {
  return versionOf(b) - versionOf(a);
}
