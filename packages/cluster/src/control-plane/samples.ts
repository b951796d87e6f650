/**
 * What an OpenShift cluster has from the start: its own namespaces, and the image streams of the cluster samples
 * operator; and what the registries outside answer when more images are imported.
 */
import type { ApiRequest, ImageMetadata, ImageStream } from '@podwire/api';
import { type RegistryImage, hexOf } from '@podwire/controllers';
import {
  BUILDER_STREAMS,
  type BuilderStream,
  type BuilderTag,
  builderImage,
  findImage,
} from '@podwire/workloads';

const NAMESPACES = ['openshift', 'openshift-image-registry'];

/** When the images of the samples were made, as virtual time counts: some weeks before the cluster. */
const CREATED = '2025-11-03T09:00:00Z';

/** An image of a registry outside of the cluster; undefined: nobody has it. */
export function lookUpImage(reference: string): RegistryImage | undefined {
  const found = findImage(reference);
  if (found === undefined || !found.isKnown) return undefined;
  const { image } = found;
  const known = builderImage(found.reference.repository);
  const digest = found.reference.digest ?? `sha256:${hexOf(`image ${reference}`, 64)}`;
  const metadata: ImageMetadata = {
    kind: 'DockerImage',
    apiVersion: '1.0',
    Id: digest,
    Created: CREATED,
    Size: image.sizeBytes,
    Config: {
      ExposedPorts: Object.fromEntries(image.exposedPorts.map((port) => [`${port}/tcp`, {}])),
      ...(known === undefined ? {} : { Labels: labelsOf(known) }),
      Env: image.env.map(([key, value]) => `${key}=${value}`),
      Cmd: image.cmd,
      ...(image.entrypoint.length === 0 ? {} : { Entrypoint: image.entrypoint }),
      User: image.user,
    },
  };
  return { digest, metadata };
}

function labelsOf(tag: BuilderTag): { readonly [key: string]: string } {
  return {
    'io.k8s.description': tag.about,
    'io.k8s.display-name': tag.title,
    'io.openshift.expose-services': tag.ports
      .slice(0, 1)
      .map((port) => `${port}:http`)
      .join(','),
    'io.openshift.tags': tag.keywords,
    ...(tag.isBuilder ? { 'io.openshift.s2i.scripts-url': 'image:///usr/libexec/s2i' } : {}),
  };
}

/** The requests that fill a new cluster, in order. */
export function openshiftObjects(createdAt: string): readonly ApiRequest[] {
  const requests: ApiRequest[] = NAMESPACES.map((name) => ({
    verb: 'create',
    resource: 'namespaces',
    body: { metadata: { name } },
  }));
  const images = new Set<string>();
  for (const stream of BUILDER_STREAMS) {
    for (const { image } of stream.tags) {
      const found = lookUpImage(image);
      if (found === undefined || images.has(found.digest)) continue;
      images.add(found.digest);
      requests.push({
        verb: 'create',
        resource: 'images',
        body: {
          metadata: { name: found.digest },
          dockerImageReference: digested(image, found),
          dockerImageMetadata: found.metadata,
          dockerImageMetadataVersion: '1.0',
        },
      });
    }
    const object = streamObject(stream, createdAt);
    const place = { resource: 'imagestreams', namespace: 'openshift' } as const;
    requests.push({ verb: 'create', ...place, body: object });
    requests.push({
      verb: 'update',
      ...place,
      subresource: 'status',
      name: stream.name,
      body: object,
    });
  }
  return requests;
}

function digested(image: string, found: RegistryImage): string {
  return `${image.replace(/:[^/:]*$/, '')}@${found.digest}`;
}

function streamObject(stream: BuilderStream, createdAt: string): ImageStream {
  const latest = stream.tags.find(({ tag }) => tag === stream.latest);
  const tags = [...stream.tags, ...(latest === undefined ? [] : [{ ...latest, tag: 'latest' }])];
  const name = stream.name;
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: {
      name,
      namespace: 'openshift',
      annotations: {
        'openshift.io/display-name': stream.displayName,
        'samples.operator.openshift.io/version': '4.19.0',
      },
      labels: { 'samples.operator.openshift.io/managed': 'true' },
    },
    spec: {
      lookupPolicy: { local: false },
      tags: tags.map((tag) => ({
        name: tag.tag,
        annotations: {
          description: tag.about,
          iconClass: `icon-${name}`,
          'openshift.io/display-name': tag.title,
          tags: tag.keywords,
        },
        from:
          tag.tag === 'latest'
            ? { kind: 'ImageStreamTag', name: stream.latest }
            : { kind: 'DockerImage', name: tag.image },
        generation: 2,
        importPolicy: {},
        referencePolicy: { type: 'Local' },
      })),
    },
    status: {
      dockerImageRepository: `image-registry.openshift-image-registry.svc:5000/openshift/${name}`,
      tags: tags.flatMap((tag) => {
        const found = lookUpImage(tag.image);
        if (found === undefined) return [];
        const item = {
          created: createdAt,
          dockerImageReference: digested(tag.image, found),
          image: found.digest,
          generation: 2,
        };
        return [{ tag: tag.tag, items: [item] }];
      }),
    },
  };
}
