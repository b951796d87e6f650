/**
 * An image that a build inside of the cluster made: a builder image with an application in it.
 */
import { canonicalImageName, parseImageReference } from '@podwire/base';
import { builderImage } from './builder-catalogue.ts';
import { findImage } from './image-catalogue.ts';
import type { ImageInfo } from './image-info.ts';
import type { ScenarioImage } from './scenario-image.ts';

/** What a repository's application answers; a scenario says it. */
export interface SourceApp {
  /** Address of the repository. */
  readonly git: string;
  readonly contextDir?: string;
  /** `{pod}`, `{namespace}` and `{node}` stand for where it runs. */
  readonly body: string;
}

/** What the labels of a built image tell. */
export interface BuiltImage {
  readonly builder: string;
  readonly git: string;
  readonly contextDir: string;
  readonly digest: string;
}

const DEFAULT_BODY = 'hello from {pod}\n';
/** Layers that the application adds to its builder's. */
const APP_BYTES = 1_000_000;

/** Where source-to-image puts the application. */
const APP_PAGE = '/opt/app-root/src/index.html';

/** The text that the application of a built image answers with. */
export function appBody(built: BuiltImage, sources: readonly SourceApp[]): string {
  const same = sources.filter(({ git }) => withoutSuffix(git) === withoutSuffix(built.git));
  const exact = same.find(({ contextDir = '' }) => contextDir === built.contextDir);
  return (exact ?? same.find(({ contextDir }) => contextDir === undefined))?.body ?? DEFAULT_BODY;
}

function withoutSuffix(git: string): string {
  return git.replace(/\/$/, '').replace(/\.git$/, '');
}

export function builtImageInfo(reference: string, built: BuiltImage): ImageInfo {
  const parsed = parseImageReference(reference);
  const found = findImage(built.builder);
  return {
    reference: parsed === undefined ? reference : canonicalImageName(parsed),
    sizeBytes: (found?.image.sizeBytes ?? 0) + APP_BYTES,
    digest: built.digest.replace(/^sha256:/, ''),
    entrypoint: found?.image.entrypoint ?? [],
    cmd: found?.image.cmd ?? [],
  };
}

/** Whether the builder's own web server serves the application's pages. */
export function servesPages(built: BuiltImage): boolean {
  return /^(php|httpd)-/.test(findImage(built.builder)?.image.name ?? '');
}

/** The page of an application, where the builder's web server finds it. */
export function appFiles(body: string): ReadonlyMap<string, string> {
  return new Map([[APP_PAGE, body]]);
}

/** The application as a server of its own, for languages that bring theirs. */
export function appServer(built: BuiltImage, body: string): ScenarioImage {
  const { repository = '' } = parseImageReference(built.builder) ?? {};
  const [port = 8080] = builderImage(repository)?.ports ?? [];
  return {
    name: repository.slice(repository.lastIndexOf('/') + 1),
    ports: [{ port, protocol: 'TCP' }],
    answers: [{ path: '*', answer: { body } }],
  };
}
