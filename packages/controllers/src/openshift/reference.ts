/**
 * Names of images: references by tag and by digest, digests and commits that podwire makes up.
 */
import { type ImageStream, type ObjectReference, type TagEvent, splitKey } from '@podwire/api';
import { Rng } from '@podwire/base';

/** Hexadecimal digits that follow from a text alone: the same in every run. */
export function hexOf(text: string, digits: number): string {
  const rng = new Rng(text);
  let hex = '';
  while (hex.length < digits) hex += rng.uint32().toString(16).padStart(8, '0');
  return hex.slice(0, digits);
}

/** The commit that a repository has at a ref. */
export function commitOf(uri: string, ref: string): string {
  return hexOf(`commit ${uri}#${ref}`, 40);
}

/** `registry/ns/name:tag` → `registry/ns/name`. */
export function withoutTag(reference: string): string {
  const at = reference.indexOf('@');
  const bare = at < 0 ? reference : reference.slice(0, at);
  const colon = bare.lastIndexOf(':');
  return colon > bare.lastIndexOf('/') ? bare.slice(0, colon) : bare;
}

/** Namespace, stream and tag of a reference to an ImageStreamTag. */
export function streamTagOf(
  from: ObjectReference,
  namespace: string,
): { readonly key: string; readonly tag: string } {
  const [name = '', tag = 'latest'] = (from.name ?? '').split(':');
  return { key: `${from.namespace ?? namespace}/${name}`, tag };
}

/** The newest image of a tag. */
export function latestImage(
  streams: { get(namespace: string | undefined, name: string): ImageStream | undefined },
  from: ObjectReference,
  ownNamespace: string,
): TagEvent | undefined {
  const { key, tag } = streamTagOf(from, ownNamespace);
  const { namespace, name } = splitKey(key);
  return streams.get(namespace, name)?.status?.tags?.find((each) => each.tag === tag)?.items?.[0];
}
