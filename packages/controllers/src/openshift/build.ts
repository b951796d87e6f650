/**
 * Carries builds through: New, a pod, Pending, Running, then Complete with the image pushed, or Failed.
 *
 * From: Builds, their pods, ImageStreams. To: pods, the status of Builds, Images, the status of ImageStreams. Copies
 * openshift-controller-manager pkg/build/controller/build. What the real build pod tells the API server itself (the
 * commit, the pushed image) is told here, at the moment when the pod has done it.
 */
import {
  type Build,
  type BuildConfig,
  type BuildStatus,
  type Image,
  type ImageStream,
  type Informer,
  type Pod,
  controllerOf,
  formatTime,
  isOk,
  keyOf,
  messageOf,
  objectOf,
  parseTime,
  splitKey,
} from '@podwire/api';
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from '../context.ts';
import {
  baseImage,
  buildCommit,
  buildDigest,
  buildPod,
  buildPodName,
  outputReference,
} from './build-pod.ts';
import { isBuildDone, prunable, turnOf } from './build-policy.ts';
import { createImage } from './image-import.ts';
import { withoutTag } from './reference.ts';

const COMPONENT = 'build-controller';

export function startBuildController(context: ControllerContext): void {
  new BuildController(context).start();
}

class BuildController {
  readonly #context: ControllerContext;
  readonly #builds: Informer<Build>;
  readonly #pods: Informer<Pod>;
  readonly #streams: Informer<ImageStream>;
  readonly #images: Informer<Image>;
  readonly #configs: Informer<BuildConfig>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#builds = context.informer('builds');
    this.#pods = context.informer('pods');
    this.#streams = context.informer('imagestreams');
    this.#images = context.informer('images');
    this.#configs = context.informer('buildconfigs');
  }

  start(): void {
    const resources = ['builds', 'buildconfigs', 'pods', 'imagestreams', 'images'];
    const queue = this.#context.reconcile('build', resources, (key) => this.#sync(key));
    enqueueChanges(this.#builds, queue);
    // Builds of one configuration wait for each other.
    this.#builds.subscribe({
      update: (build) => {
        if (!isBuildDone(build.status?.phase)) return;
        for (const other of this.#siblings(build)) queue.add(keyOf(other));
      },
      delete: (build) => {
        for (const other of this.#siblings(build)) queue.add(keyOf(other));
      },
    });
    const podChanged = (pod: Pod): void => {
      const owner = controllerOf(pod);
      if (owner?.kind === 'Build')
        queue.add(`${pod.metadata.namespace ?? 'default'}/${owner.name}`);
    };
    this.#pods.subscribe({ add: podChanged, update: podChanged, delete: podChanged });
    this.#streams.subscribe({
      add: () => {
        for (const build of this.#builds.items.values()) {
          if (build.status?.phase === 'New') queue.add(keyOf(build));
        }
      },
    });
  }

  #siblings(build: Build): Build[] {
    const config = build.status?.config?.name;
    return [...this.#builds.items.values()].filter(
      (other) =>
        other !== build &&
        other.metadata.namespace === build.metadata.namespace &&
        other.status?.config?.name === config,
    );
  }

  *#sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const build = this.#builds.get(namespace, name);
    if (build === undefined || build.metadata.deletionTimestamp !== undefined) return 'done';
    const phase = build.status?.phase ?? 'New';
    if (isBuildDone(phase)) return yield* this.#prune(build);
    const pod = this.#pods.get(namespace, buildPodName(build));
    if (build.status?.cancelled === true) return yield* this.#cancel(build, pod);
    if (phase === 'New')
      return pod === undefined ? yield* this.#begin(build) : yield* this.#pending(build);
    if (pod === undefined) {
      return yield* this.#write(build, {
        phase: 'Error',
        reason: 'BuildPodDeleted',
        message: 'The pod for this build was deleted before the build completed.',
        completionTimestamp: formatTime(this.#context.nowNs),
      });
    }
    return yield* this.#follow(build, pod);
  }

  /** Deletes the oldest builds of the configuration when there are more than it keeps. */
  *#prune(build: Build): Proc<Outcome> {
    const { namespace } = build.metadata;
    const config = this.#configs.get(namespace, build.status?.config?.name ?? '');
    if (config === undefined) return 'done';
    for (const old of prunable(config, [build, ...this.#siblings(build)])) {
      const response = yield* this.#context.delete('builds', old);
      if (!isSettled(response)) return 'retry';
    }
    return 'done';
  }

  /** Creates the pod, unless an older build of the same configuration is under way. */
  *#begin(build: Build): Proc<Outcome> {
    const { mayBegin, cancels } = turnOf(build, this.#siblings(build));
    for (const older of cancels) {
      const status = { ...older.status, cancelled: true };
      const cancelled = { ...older, status } as Build;
      const response = yield* this.#context.update('builds', cancelled, 'status');
      if (!isSettled(response)) return 'retry';
    }
    // The end of the others comes back as events.
    if (!mayBegin) return 'done';
    const { to } = build.spec.output;
    const stream = to?.kind === 'ImageStreamTag' ? this.#outputStream(build) : undefined;
    const output = outputReference(build, stream?.status?.dockerImageRepository);
    if (to !== undefined && output === undefined) {
      return yield* this.#write(build, {
        reason: 'InvalidOutputReference',
        message: 'Output image could not be resolved.',
      });
    }
    const response = yield* this.#context.create('pods', buildPod(build, output ?? ''));
    if (isOk(response) || response.code === 409) return yield* this.#pending(build, output);
    this.#context
      .recorder(COMPONENT)
      .event(build, 'Warning', 'FailedCreate', `Error creating: ${messageOf(response)}`);
    const told = yield* this.#write(build, {
      reason: 'CannotCreateBuildPod',
      message: 'Failed creating build pod.',
    });
    return told === 'retry' ? told : 'retry';
  }

  *#pending(build: Build, output?: string): Proc<Outcome> {
    return yield* this.#write(
      build,
      {
        phase: 'Pending',
        ...(output === undefined ? {} : { outputDockerImageReference: output }),
      },
      ['reason', 'message'],
    );
  }

  *#follow(build: Build, pod: Pod): Proc<Outcome> {
    const told = yield* this.#tellCommit(build, pod);
    if (told !== undefined) return told;
    const startTimestamp = build.status?.startTimestamp ?? pod.status?.startTime;
    const started = startTimestamp === undefined ? {} : { startTimestamp };
    const recorder = this.#context.recorder(COMPONENT);
    const key = keyOf(build);
    switch (pod.status?.phase) {
      case 'Running': {
        if (build.status?.phase === 'Running') return 'done';
        recorder.event(build, 'Normal', 'BuildStarted', `Build ${key} is now running`);
        return yield* this.#write(build, { phase: 'Running', ...started });
      }
      case 'Succeeded': {
        const pushed = yield* this.#push(build);
        if (pushed === 'retry') return pushed;
        recorder.event(build, 'Normal', 'BuildCompleted', `Build ${key} completed successfully`);
        const to =
          build.spec.output.to === undefined
            ? {}
            : { output: { to: { imageDigest: buildDigest(build) } } };
        return yield* this.#write(build, {
          phase: 'Complete',
          ...started,
          ...this.#ended(startTimestamp),
          ...to,
          stages: stagesOf(pod),
        });
      }
      case 'Failed': {
        recorder.event(build, 'Normal', 'BuildFailed', `Build ${key} failed`);
        return yield* this.#write(build, {
          phase: 'Failed',
          reason: 'GenericBuildFailed',
          message: 'Generic Build failure - check logs for details.',
          ...started,
          ...this.#ended(startTimestamp),
        });
      }
      default:
        return 'done';
    }
  }

  #ended(startTimestamp: string | undefined): Partial<BuildStatus> {
    const completionTimestamp = formatTime(this.#context.nowNs);
    const startNs = parseTime(startTimestamp ?? '');
    const endNs = parseTime(completionTimestamp);
    if (startNs === undefined || endNs === undefined) return { completionTimestamp };
    return { completionTimestamp, duration: endNs - startNs };
  }

  /** Once the source is there, the build knows its commit; undefined when there is nothing to tell. */
  *#tellCommit(build: Build, pod: Pod): Proc<Outcome | undefined> {
    const commit = buildCommit(build);
    if (commit === undefined || build.spec.revision !== undefined) return undefined;
    const clone = pod.status?.initContainerStatuses?.find(({ name }) => name === 'git-clone');
    if (clone?.state?.terminated?.exitCode !== 0) return undefined;
    const revision = { type: 'Git' as const, git: { commit } };
    const response = yield* this.#context.update('builds', {
      ...build,
      spec: { ...build.spec, revision },
    } as Build);
    // The change comes back as an event.
    return isSettled(response) ? 'done' : 'retry';
  }

  /** What pushing to the internal registry does: an Image, and an event on top of the tag's history. */
  *#push(build: Build): Proc<Outcome> {
    const { to } = build.spec.output;
    if (to?.kind !== 'ImageStreamTag') return 'done';
    const stream = this.#outputStream(build);
    const repository = stream?.status?.dockerImageRepository;
    if (stream === undefined || repository === undefined) return 'done';
    const digest = buildDigest(build);
    const reference = `${withoutTag(repository)}@${digest}`;
    yield* createImage(this.#context, reference, {
      digest,
      metadata: this.#metadata(build, digest),
    });
    const tag = (to.name ?? '').split(':')[1] ?? 'latest';
    const tags = stream.status?.tags ?? [];
    const known = tags.find((each) => each.tag === tag);
    if (known?.items?.[0]?.image === digest) return 'done';
    const event = {
      created: formatTime(this.#context.nowNs),
      dockerImageReference: reference,
      image: digest,
      generation: 1,
    };
    const response = yield* this.#context.update(
      'imagestreams',
      {
        ...stream,
        status: {
          ...stream.status,
          tags: [
            { tag, items: [event, ...(known?.items ?? [])] },
            ...tags.filter((each) => each.tag !== tag),
          ],
        },
      } as ImageStream,
      'status',
    );
    return isOk(response) ? 'done' : 'retry';
  }

  /** The builder's own, with what the build adds to its labels. */
  #metadata(build: Build, digest: string): NonNullable<Image['dockerImageMetadata']> {
    const base = baseImage(build);
    const found = this.#images.items.get(base.split('@')[1] ?? '')?.dockerImageMetadata;
    const { source } = build.spec;
    return {
      ...found,
      Id: digest,
      Created: formatTime(this.#context.nowNs),
      Config: {
        ...found?.Config,
        Labels: {
          ...found?.Config?.Labels,
          'io.openshift.build.commit.id': buildCommit(build) ?? '',
          'io.openshift.build.name': build.metadata.name,
          'io.openshift.build.namespace': build.metadata.namespace ?? 'default',
          'io.openshift.build.source-context-dir': source.contextDir ?? '',
          'io.openshift.build.source-location': source.git?.uri ?? '',
          'io.openshift.s2i.build.image': base,
        },
      },
    };
  }

  #outputStream(build: Build): ImageStream | undefined {
    const { to } = build.spec.output;
    const [name = ''] = (to?.name ?? '').split(':');
    return this.#streams.get(to?.namespace ?? build.metadata.namespace, name);
  }

  *#cancel(build: Build, pod: Pod | undefined): Proc<Outcome> {
    if (pod !== undefined) yield* this.#context.delete('pods', pod);
    this.#context
      .recorder(COMPONENT)
      .event(build, 'Normal', 'BuildCancelled', `Build ${keyOf(build)} has been cancelled`);
    return yield* this.#write(build, {
      phase: 'Cancelled',
      reason: 'CancelledBuild',
      message: 'The build was cancelled by the user.',
      completionTimestamp: formatTime(this.#context.nowNs),
    });
  }

  *#write(
    build: Build,
    change: Partial<BuildStatus>,
    dropped: readonly (keyof BuildStatus)[] = [],
  ): Proc<Outcome> {
    const before = Object.fromEntries(
      Object.entries(build.status ?? {}).filter(
        ([key]) => !dropped.includes(key as keyof BuildStatus),
      ),
    );
    const status = { ...before, ...change } as BuildStatus;
    const response = yield* this.#context.update('builds', { ...build, status } as Build, 'status');
    if (objectOf(response) === undefined && response.code !== 404) return 'retry';
    return 'done';
  }
}

/** How long each part of the pod took, under the names of real build stages. */
function stagesOf(pod: Pod): NonNullable<BuildStatus['stages']> {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state }) => {
    const ended = state?.terminated;
    const startNs = parseTime(ended?.startedAt ?? '');
    const endNs = parseTime(ended?.finishedAt ?? '');
    const stage = STAGES.get(name);
    if (stage === undefined || startNs === undefined || endNs === undefined) return [];
    return [
      {
        name: stage,
        startTime: formatTime(Math.floor(startNs / NS_PER_SEC) * NS_PER_SEC),
        durationMilliseconds: Math.round((endNs - startNs) / NS_PER_MS),
      },
    ];
  });
}

const STAGES: ReadonlyMap<string, string> = new Map([
  ['git-clone', 'FetchInputs'],
  ['sti-build', 'Build'],
  ['docker-build', 'Build'],
]);
