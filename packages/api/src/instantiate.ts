/**
 * POST buildconfigs/NAME/instantiate and deploymentconfigs/NAME/instantiate: a Build, or a new revision.
 *
 * Copies openshift-apiserver pkg/build/generator and pkg/apps/apiserver/registry/instantiate.
 */
import type { ApiRequest, ApiResponse } from './request.ts';
import type { Store } from './store.ts';
import type { Build, BuildConfig } from './types/build.ts';
import type { DeploymentConfig } from './types/deploymentconfig.ts';
import type { ObjectReference } from './types/endpoints.ts';
import type { ImageStream, TagEvent } from './types/image.ts';
import type { EnvVar } from './types/pod.ts';
import { isRecord } from './codec.ts';
import { badRequest, failure } from './errors.ts';
import { formatTime } from './time.ts';

interface Instantiation {
  readonly store: Store;
  readonly nowNs: number;
  /** Creates an object as a client would. */
  readonly create: (resource: string, object: object) => ApiResponse;
}

/** The newest image of a tag, by reference to `STREAM:TAG`. */
export function latestTagEvent(
  store: Store,
  from: ObjectReference | undefined,
  namespace: string,
): TagEvent | undefined {
  if (from?.kind !== 'ImageStreamTag') return undefined;
  const [stream = '', tag = 'latest'] = (from.name ?? '').split(':');
  const found = store.get('imagestreams', from.namespace ?? namespace, stream) as
    | ImageStream
    | undefined;
  return found?.status?.tags?.find((each) => each.tag === tag)?.items?.[0];
}

export function instantiateBuild(
  object: BuildConfig,
  request: ApiRequest,
  { store, nowNs, create }: Instantiation,
): ApiResponse {
  const body = isRecord(request.body) ? request.body : {};
  const { metadata, spec, status } = object;
  const namespace = metadata.namespace ?? 'default';
  const from = spec.strategy.sourceStrategy?.from ?? spec.strategy.dockerStrategy?.from;
  const event = latestTagEvent(store, from, namespace);
  if (from?.kind === 'ImageStreamTag' && event === undefined) {
    const [stream = '', tag = ''] = (from.name ?? '').split(':');
    const missing = store.get('imagestreams', from.namespace ?? namespace, stream) === undefined;
    const why = missing
      ? `Error resolving ImageStreamTag ${from.name ?? ''} in namespace ${from.namespace ?? namespace}: imagestreams.image.openshift.io ${JSON.stringify(stream)} not found`
      : `Error resolving ImageStreamTag ${from.name ?? ''} in namespace ${from.namespace ?? namespace}: unable to find latest tagged image for tag ${JSON.stringify(tag)}`;
    return failure(422, 'Invalid', why);
  }
  if (spec.source.type === 'Binary') {
    return badRequest(
      `cannot instantiate build configuration ${metadata.name} without binary input`,
    );
  }
  const version = (status?.lastVersion ?? 0) + 1;
  const {
    triggers: _,
    runPolicy,
    successfulBuildsHistoryLimit: __,
    failedBuildsHistoryLimit: ___,
    ...common
  } = spec;
  const buildName = `${metadata.name}-${version}`;
  const given = Array.isArray(body['triggeredBy']) ? (body['triggeredBy'] as object[]) : [];
  const build = {
    apiVersion: 'build.openshift.io/v1',
    kind: 'Build',
    metadata: {
      name: buildName,
      namespace,
      labels: {
        ...metadata.labels,
        buildconfig: metadata.name,
        'openshift.io/build-config.name': metadata.name,
        'openshift.io/build.start-policy': runPolicy ?? 'Serial',
      },
      annotations: {
        'openshift.io/build-config.name': metadata.name,
        'openshift.io/build.number': String(version),
      },
      ownerReferences: [
        {
          apiVersion: 'build.openshift.io/v1',
          kind: 'BuildConfig',
          name: metadata.name,
          uid: metadata.uid ?? '',
          controller: true,
        },
      ],
    },
    spec: {
      ...common,
      serviceAccount: spec.serviceAccount ?? 'builder',
      ...(isRecord(body['revision']) ? { revision: body['revision'] } : {}),
      strategy: strategyWith(spec.strategy, event, envOf(body)),
      triggeredBy: given,
    },
    status: {
      phase: 'New',
      config: { kind: 'BuildConfig', namespace, name: metadata.name },
    },
  } as unknown as Build;
  const made = create('builds', build);
  if (made.code !== 201 || request.query?.dryRun === 'All') return made;
  const imageChangeTriggers = (spec.triggers ?? [])
    .filter(({ type }) => type === 'ImageChange')
    .map(({ imageChange }) => {
      const watched = imageChange?.from ?? from;
      const seen = latestTagEvent(store, watched, namespace);
      return {
        ...(seen === undefined ? {} : { lastTriggeredImageID: seen.dockerImageReference }),
        from: {
          ...(watched?.namespace === undefined ? {} : { namespace: watched.namespace }),
          name: watched?.name ?? '',
        },
        lastTriggerTime: formatTime(nowNs),
      };
    });
  store.put('buildconfigs', {
    ...object,
    status: {
      lastVersion: version,
      ...(imageChangeTriggers.length === 0 ? {} : { imageChangeTriggers }),
    },
  } as BuildConfig);
  return made;
}

/** The variables of a BuildRequest: each replaces one of its name. */
function envOf(body: Readonly<Record<string, unknown>>): readonly EnvVar[] {
  return Array.isArray(body['env']) ? (body['env'] as readonly EnvVar[]) : [];
}

/** A build names the very image that it starts from, and has what its request adds to the environment. */
function strategyWith(
  strategy: BuildConfig['spec']['strategy'],
  event: TagEvent | undefined,
  more: readonly EnvVar[],
): object {
  const change = (before: { readonly env?: readonly EnvVar[] } | undefined): object => {
    const names = new Set(more.map(({ name }) => name));
    const env = [...(before?.env ?? []).filter(({ name }) => !names.has(name)), ...more];
    return {
      ...(more.length === 0 ? {} : { env }),
      ...(event === undefined
        ? {}
        : { from: { kind: 'DockerImage', name: event.dockerImageReference } }),
    };
  };
  const { sourceStrategy, dockerStrategy } = strategy;
  if (sourceStrategy !== undefined) {
    return { ...strategy, sourceStrategy: { ...sourceStrategy, ...change(sourceStrategy) } };
  }
  if (dockerStrategy === undefined) return strategy;
  return { ...strategy, dockerStrategy: { ...dockerStrategy, ...change(dockerStrategy) } };
}

/** `oc rollout latest`: the next revision, made by hand. */
export function instantiateDeployment(
  object: DeploymentConfig,
  request: ApiRequest,
  { store }: Instantiation,
): ApiResponse {
  const { metadata, spec, status } = object;
  if (spec.paused === true) {
    return badRequest(`cannot deploy a paused deployment config ${JSON.stringify(metadata.name)}`);
  }
  const changed = {
    ...object,
    status: {
      ...status,
      latestVersion: (status?.latestVersion ?? 0) + 1,
      details: { message: 'manual change', causes: [{ type: 'Manual' }] },
    },
  } as DeploymentConfig;
  if (request.query?.dryRun === 'All') return { code: 201, body: changed };
  return { code: 201, body: store.put('deploymentconfigs', changed) };
}
