/**
 * Resources of OpenShift that are views of others: Project of Namespace, ProjectRequest as the way to a new one,
 * ImageStreamTag of ImageStream and Image.
 *
 * From: server.ts, for kinds with `isView`. Each answer is made of what the store has; a write becomes one of the
 * object behind the view (openshift-apiserver pkg/project, pkg/image).
 */
import type { ApiRequest, ApiResponse } from './request.ts';
import type { KindInfo } from './scheme.ts';
import type { Store } from './store.ts';
import type { Image, ImageStream, ImageStreamTag } from './types/image.ts';
import type { KubeList, KubeObject, Status } from './types/meta.ts';
import type { Namespace } from './types/namespace.ts';
import type { Project } from './types/project.ts';
import { isRecord } from './codec.ts';
import { alreadyExists, invalid, methodNotAllowed, notFound } from './errors.ts';
import { matchesSelector, parseSelector } from './selector.ts';
import { validateMeta } from './validate/meta.ts';
import { projectName } from './validate/openshift.ts';

/** What a view needs of the server around it. */
export interface ViewServer {
  readonly store: Store;
  handle(request: ApiRequest): ApiResponse;
  kind(resource: string): KindInfo;
}

export function handleView(server: ViewServer, info: KindInfo, request: ApiRequest): ApiResponse {
  switch (info.kind) {
    case 'Project':
      return handleProject(server, info, request);
    case 'ProjectRequest':
      return requestProject(server, request);
    default:
      return handleImageStreamTag(server, info, request);
  }
}

function handleProject(server: ViewServer, info: KindInfo, request: ApiRequest): ApiResponse {
  switch (request.verb) {
    case 'get':
    case 'delete': {
      const { resource: _, ...rest } = request;
      const answered = server.handle({ ...rest, resource: 'namespaces' });
      if (answered.code === 404) return notFound(info, request.name ?? '');
      return asProjects(answered);
    }
    case 'list':
      return asProjects(server.handle({ ...request, resource: 'namespaces' }));
    case 'update':
    case 'patch':
    case 'create':
    case 'watch':
    case 'deletecollection':
      return methodNotAllowed();
  }
}

function asProjects(answered: ApiResponse): ApiResponse {
  const { body } = answered;
  if ('items' in body) {
    const items = (body.items as readonly Namespace[]).map(projectOf);
    const list: KubeList = {
      kind: 'ProjectList',
      apiVersion: 'project.openshift.io/v1',
      metadata: body.metadata,
      items,
    };
    return { ...answered, body: list };
  }
  if (body.kind !== 'Namespace') return answered;
  return { ...answered, body: projectOf(body as Namespace) };
}

/** A namespace as the project that it is. */
export function projectOf(namespace: Namespace): Project {
  const finalizers = namespace.spec?.finalizers;
  const phase = namespace.status?.phase;
  return {
    apiVersion: 'project.openshift.io/v1',
    kind: 'Project',
    metadata: namespace.metadata,
    spec: finalizers === undefined ? {} : { finalizers },
    status: phase === undefined ? {} : { phase },
  };
}

/** Who asks: podwire has one user, who may do everything. */
export const REQUESTER = 'kube:admin';

function requestProject(server: ViewServer, request: ApiRequest): ApiResponse {
  const project = server.kind('projects');
  // `list` asks whether projects may be requested at all.
  if (request.verb === 'list') {
    const body: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    return { code: 200, body };
  }
  if (request.verb !== 'create') return methodNotAllowed();
  const body = isRecord(request.body) ? request.body : {};
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const textOf = (key: string): string => (typeof body[key] === 'string' ? body[key] : '');
  const errors = validateMeta({ name }, false, projectName);
  if (errors.length > 0) {
    return invalid('project.openshift.io', 'ProjectRequest', name, errors);
  }
  if (server.store.get('namespaces', undefined, name) !== undefined) {
    const refused = alreadyExists({ ...project, plural: 'project' }, name);
    return refused;
  }
  const made = server.handle({
    verb: 'create',
    resource: 'namespaces',
    body: {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        annotations: {
          'openshift.io/description': textOf('description'),
          'openshift.io/display-name': textOf('displayName'),
          'openshift.io/requester': REQUESTER,
        },
      },
    },
    ...(request.query === undefined ? {} : { query: request.query }),
  });
  return asProjects(made);
}

function handleImageStreamTag(
  server: ViewServer,
  info: KindInfo,
  request: ApiRequest,
): ApiResponse {
  const { store } = server;
  switch (request.verb) {
    case 'get': {
      const name = request.name ?? '';
      const found = tagOf(store, request.namespace ?? 'default', name);
      return found === undefined ? notFound(info, name) : { code: 200, body: found };
    }
    case 'list': {
      const selector = parseSelector(request.query?.labelSelector ?? '');
      const streams = store.list('imagestreams', request.namespace) as readonly ImageStream[];
      const items = streams
        .filter(
          ({ metadata }) =>
            typeof selector !== 'string' && matchesSelector(selector, metadata.labels),
        )
        .flatMap((stream) => tagsOf(store, stream));
      const body: KubeList = {
        kind: 'ImageStreamTagList',
        apiVersion: 'image.openshift.io/v1',
        metadata: { resourceVersion: String(store.version) },
        items,
      };
      return { code: 200, body };
    }
    case 'delete':
    case 'create':
    case 'update':
    case 'patch':
    case 'watch':
    case 'deletecollection':
      return methodNotAllowed();
  }
}

function tagOf(store: Store, namespace: string, name: string): ImageStreamTag | undefined {
  const [streamName = '', tag = ''] = name.split(':');
  const stream = store.get('imagestreams', namespace, streamName) as ImageStream | undefined;
  return tagsOf(store, stream).find((each) => each.metadata.name === `${streamName}:${tag}`);
}

function tagsOf(store: Store, stream: ImageStream | undefined): ImageStreamTag[] {
  if (stream === undefined) return [];
  const { metadata, spec, status } = stream;
  return (status?.tags ?? []).flatMap(({ tag, items }) => {
    const event = items?.[0];
    if (event === undefined) return [];
    const reference = spec?.tags?.find((each) => each.name === tag);
    const image = store.get('images', undefined, event.image) as Image | undefined;
    const known: KubeObject | undefined = image;
    return [
      {
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStreamTag',
        metadata: {
          ...metadata,
          name: `${metadata.name}:${tag}`,
          creationTimestamp: event.created,
        },
        ...(reference === undefined ? {} : { tag: reference }),
        generation: event.generation,
        lookupPolicy: spec?.lookupPolicy ?? { local: false },
        image: {
          apiVersion: 'image.openshift.io/v1',
          kind: 'Image',
          metadata: known?.metadata ?? { name: event.image },
          ...image,
          // In the words of the stream: by way of the internal registry where it was pushed there.
          dockerImageReference: event.dockerImageReference,
        },
      } satisfies ImageStreamTag,
    ];
  });
}
