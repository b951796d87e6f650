/**
 * Starts builds of BuildConfigs: the first when the configuration is new, another when the image that it builds on
 * changes.
 *
 * From: BuildConfigs, ImageStreams. To: buildconfigs/NAME/instantiate. Copies openshift-controller-manager
 * pkg/build/controller/buildconfig and pkg/image/trigger/buildconfigs.
 */
import {
  type BuildConfig,
  type ImageStream,
  type Informer,
  isOk,
  keyOf,
  messageOf,
  splitKey,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges } from '../context.ts';
import { latestImage, streamTagOf } from './reference.ts';

export function startBuildConfigController(context: ControllerContext): void {
  const configs: Informer<BuildConfig> = context.informer('buildconfigs');
  const streams: Informer<ImageStream> = context.informer('imagestreams');
  const recorder = context.recorder('buildconfig-controller');
  const queue = context.reconcile('buildconfig', ['buildconfigs', 'imagestreams'], sync);
  enqueueChanges(configs, queue);
  const streamChanged = (stream: ImageStream): void => {
    const key = keyOf(stream);
    for (const config of configs.items.values()) {
      const own = config.metadata.namespace ?? 'default';
      const watches = imagesOf(config).some((from) => streamTagOf(from, own).key === key);
      if (watches) queue.add(keyOf(config));
    }
  };
  streams.subscribe({ add: streamChanged, update: streamChanged });

  function* sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const config = configs.get(namespace, name);
    if (config === undefined || config.metadata.deletionTimestamp !== undefined) return 'done';
    const cause = causeOf(config, streams);
    if (cause === undefined) return 'done';
    const response = yield* context.request({
      verb: 'create',
      resource: 'buildconfigs',
      subresource: 'instantiate',
      ...(namespace === undefined ? {} : { namespace }),
      name,
      body: {
        apiVersion: 'build.openshift.io/v1',
        kind: 'BuildRequest',
        metadata: { name, namespace },
        triggeredBy: [cause],
      },
    });
    if (isOk(response) || response.code === 404 || response.code === 409) return 'done';
    recorder.event(
      config,
      'Warning',
      'BuildConfigInstantiateFailed',
      `error instantiating Build from BuildConfig ${key} (0): ${messageOf(response)}`,
    );
    return 'retry';
  }
}

/** The tags whose changes start a build. */
function imagesOf(config: BuildConfig): { kind?: string; namespace?: string; name?: string }[] {
  const { triggers = [], strategy } = config.spec;
  const own = strategy.sourceStrategy?.from ?? strategy.dockerStrategy?.from;
  return triggers.flatMap(({ type, imageChange }) => {
    if (type !== 'ImageChange' || imageChange?.paused === true) return [];
    const from = imageChange?.from ?? own;
    return from?.kind === 'ImageStreamTag' ? [from] : [];
  });
}

/** Why a build is due now. */
function causeOf(config: BuildConfig, streams: Informer<ImageStream>): object | undefined {
  const { spec, status, metadata } = config;
  const isNew = (status?.lastVersion ?? 0) === 0;
  if (isNew && (spec.triggers ?? []).some(({ type }) => type === 'ConfigChange')) {
    return { message: 'Build configuration change' };
  }
  for (const from of imagesOf(config)) {
    const image = latestImage(streams, from, metadata.namespace ?? 'default');
    if (image === undefined) continue;
    const seen = status?.imageChangeTriggers?.find(
      (each) => each.from?.name === from.name,
    )?.lastTriggeredImageID;
    if (seen === image.dockerImageReference) continue;
    return {
      message: 'Image change',
      imageChangeBuild: { imageID: image.dockerImageReference, fromRef: from },
    };
  }
  return undefined;
}
