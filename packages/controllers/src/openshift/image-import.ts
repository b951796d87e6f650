/**
 * Imports the images that an ImageStream's tags name: their digests and metadata into Images, their history into
 * the stream's status.
 *
 * From: ImageStreams. To: Images, the status of ImageStreams. Copies openshift-controller-manager pkg/image/controller
 * and openshift-apiserver pkg/image (ImageStreamImport). Not modelled: scheduled imports, credentials.
 */
import {
  type Image,
  type ImageStream,
  type Informer,
  type NamedTagEvents,
  type TagReference,
  formatTime,
  jsonEqual,
  splitKey,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from '../context.ts';
import type { RegistryImage } from './options.ts';
import { latestImage, withoutTag } from './reference.ts';

export function startImageImportController(context: ControllerContext): void {
  const streams: Informer<ImageStream> = context.informer('imagestreams');
  const queue = context.reconcile('imageimport', ['imagestreams'], sync);
  enqueueChanges(streams, queue);

  function* sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const stream = streams.get(namespace, name);
    if (stream === undefined || stream.metadata.deletionTimestamp !== undefined) return 'done';
    let tags = stream.status?.tags ?? [];
    for (const reference of stream.spec?.tags ?? []) {
      const known = tags.find(({ tag }) => tag === reference.name);
      if (!needsImport(reference, known)) continue;
      const imported = yield* importTag(stream, reference);
      tags = [...tags.filter(({ tag }) => tag !== reference.name), withHistory(imported, known)];
    }
    if (jsonEqual(tags, stream.status?.tags ?? [])) return 'done';
    const status = { ...stream.status, tags };
    const response = yield* context.update(
      'imagestreams',
      { ...stream, status } as ImageStream,
      'status',
    );
    return isSettled(response) ? 'done' : 'retry';
  }

  function* importTag(stream: ImageStream, reference: TagReference): Proc<NamedTagEvents> {
    const { from, generation = 1 } = reference;
    const created = formatTime(context.nowNs);
    if (from?.kind === 'ImageStreamTag') {
      const own = { ...from, name: qualified(stream.metadata.name, from.name ?? '') };
      const event = latestImage(streams, own, stream.metadata.namespace ?? 'default');
      return event === undefined
        ? { tag: reference.name, items: null }
        : { tag: reference.name, items: [{ ...event, created, generation }] };
    }
    const name = from?.name ?? '';
    const found = context.options.openshift?.lookUpImage(name);
    if (found === undefined) return failedImport(reference, name, created);
    const digested = `${withoutTag(name)}@${found.digest}`;
    yield* createImage(context, digested, found);
    return {
      tag: reference.name,
      items: [{ created, dockerImageReference: digested, image: found.digest, generation }],
    };
  }
}

/** Stores an image; one of the same digest is there already. */
export function* createImage(
  context: ControllerContext,
  reference: string,
  found: RegistryImage,
): Proc {
  const image: Image = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'Image',
    metadata: { name: found.digest },
    dockerImageReference: reference,
    dockerImageMetadata: found.metadata,
    dockerImageMetadataVersion: '1.0',
  };
  yield* context.create('images', image);
}

function needsImport(reference: TagReference, known: NamedTagEvents | undefined): boolean {
  const { from, generation = 1 } = reference;
  if (from === undefined || reference.reference === true) return false;
  if (known === undefined) return true;
  const seen = [known.items?.[0]?.generation, known.conditions?.[0]?.generation];
  return !seen.some((each) => each !== undefined && each >= generation);
}

/** The newest image first, before those that the tag had. */
function withHistory(now: NamedTagEvents, before: NamedTagEvents | undefined): NamedTagEvents {
  const items = [...(now.items ?? []), ...(before?.items ?? [])];
  return { ...now, items: items.length === 0 ? null : items };
}

function failedImport(reference: TagReference, name: string, atTime: string): NamedTagEvents {
  const { generation = 1 } = reference;
  return {
    tag: reference.name,
    items: null,
    conditions: [
      {
        type: 'ImportSuccess',
        status: 'False',
        lastTransitionTime: atTime,
        reason: 'NotFound',
        message: `dockerimage.image.openshift.io ${JSON.stringify(name)} not found`,
        generation,
      },
    ],
  };
}

/** A bare `7.4` means a tag of the same stream. */
function qualified(stream: string, name: string): string {
  return name.includes(':') ? name : `${stream}:${name}`;
}
