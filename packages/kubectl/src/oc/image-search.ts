/**
 * Which image an argument of `oc new-app` means: a tag of an image stream of the project, or of project `openshift`.
 *
 * Copies openshift/oc pkg/helpers/newapp/app (ImageStreamSearcher, PerfectMatchWeightedResolver) and its error texts.
 */
import {
  type Image,
  type ImageMetadata,
  type ImageStream,
  type KindInfo,
  SCHEME,
} from '@podwire/api';
import { must } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type Failure, failVerbatim, hasReason, isFailure } from '../failure.ts';
import type { Session } from '../session.ts';

export interface FoundStreamTag {
  readonly stream: ImageStream;
  readonly tag: string;
  readonly image: string;
  readonly dockerImageReference: string;
  readonly metadata: ImageMetadata | undefined;
}

export function kindOf(resource: string): KindInfo {
  return must(SCHEME.byResource(resource), `the scheme has ${resource}`);
}

const SAMPLES = 'openshift';

/** The tag that `[namespace/]stream[:tag]` means; undefined when no stream has the name. */
export function* searchStreams(
  session: Session,
  text: string,
): Proc<FoundStreamTag | Failure | undefined> {
  const match = /^(?:([a-z0-9-]+)\/)?([a-z0-9._-]+)(?::([\w.-]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, givenNamespace, name = '', givenTag] = match;
  const namespaces = givenNamespace === undefined ? [session.namespace, SAMPLES] : [givenNamespace];
  const candidates: Candidate[] = [];
  for (const namespace of namespaces) {
    const stream = yield* session.get<ImageStream>(kindOf('imagestreams'), namespace, name);
    if (isFailure(stream)) {
      if (hasReason(stream, 'NotFound')) continue;
      return stream;
    }
    const tag = givenTag ?? followLatest(stream);
    const event = stream.status?.tags?.find((each) => each.tag === tag)?.items?.[0];
    if (event === undefined) {
      for (const each of stream.status?.tags ?? []) candidates.push({ stream, tag: each.tag });
      if ((stream.status?.tags ?? []).length === 0) candidates.push({ stream, tag: '' });
      continue;
    }
    const image = yield* session.get<Image>(kindOf('images'), undefined, event.image);
    return {
      stream,
      tag,
      image: event.image,
      dockerImageReference: event.dockerImageReference,
      metadata: isFailure(image) ? undefined : image.dockerImageMetadata,
    };
  }
  return candidates.length === 0 ? undefined : notExact(text, candidates);
}

interface Candidate {
  readonly stream: ImageStream;
  readonly tag: string;
}

/** Without a tag, `latest` is meant, or the tag that it follows. */
function followLatest({ spec, status }: ImageStream): string {
  const from = spec?.tags?.find(({ name }) => name === 'latest')?.from;
  const target = from?.kind === 'ImageStreamTag' ? (from.name ?? '') : '';
  if (target === '' || target.includes(':')) return 'latest';
  return status?.tags?.some(({ tag }) => tag === target) === true ? target : 'latest';
}

/** More matches than these are only hinted at. */
const MATCHES_SHOWN = 5;

function notExact(text: string, candidates: readonly Candidate[]): Failure {
  const quoted = JSON.stringify(text);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) {
    const name = argumentOf(only);
    if (only.tag === '') {
      return failVerbatim(
        `error: no tags found on matching image stream: ${JSON.stringify(name)}\n\nThe image stream ${JSON.stringify(name)} exists, but it has no tags.\n\n  Use --allow-missing-imagestream-tags to use this image stream\n\n`,
      );
    }
    return failVerbatim(
      `error: only a partial match was found for ${quoted}: ${JSON.stringify(name)}\n\nThe argument ${quoted} only partially matched the following container image, OpenShift image stream, or template:\n\n${describeCandidate(only)}`,
    );
  }
  const shown = candidates.slice(0, MATCHES_SHOWN).map(describeCandidate).join('');
  const rest =
    candidates.length > MATCHES_SHOWN
      ? `To view a full list of matches, use 'oc new-app -S ${text}'\n`
      : '';
  return failVerbatim(
    `error: multiple images or templates matched ${quoted}: ${candidates.length}\n\nThe argument ${quoted} could apply to the following container images, OpenShift image streams, or templates:\n\n${shown}${rest}`,
  );
}

function argumentOf({ stream, tag }: Candidate): string {
  const { namespace = '', name } = stream.metadata;
  return `${namespace}/${name}${tag === '' ? '' : `:${tag}`}`;
}

function describeCandidate(candidate: Candidate): string {
  const { stream, tag } = candidate;
  const { namespace = '', name } = stream.metadata;
  return `* Image stream ${JSON.stringify(name)} (tag ${JSON.stringify(tag)}) in project ${JSON.stringify(namespace)}\n  Use --image-stream=${JSON.stringify(argumentOf(candidate))} to specify this image or template\n\n`;
}

/** What `oc new-app` says when nothing matches. */
export function noMatch(text: string, where: string): Failure {
  return failVerbatim(
    `error: unable to locate any ${where} with name ${JSON.stringify(text)}

The 'oc new-app' command will match arguments to the following types:

  1. Images tagged into image streams in the current project or the 'openshift' project
     - if you don't specify a tag, we'll add ':latest'
  2. Images in the Docker Hub, on remote registries, or on the local Docker engine
  3. Templates in the current project or the 'openshift' project
  4. Git repository URLs or local paths that point to Git repositories

--allow-missing-images can be used to point to an image that does not exist yet.

See 'oc new-app -h' for examples.
`,
  );
}
