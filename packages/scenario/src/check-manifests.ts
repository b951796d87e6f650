/**
 * Judges the manifests of a scenario: those that are applied first, and those that its commands name.
 *
 * What a command names may be wrong on purpose: then kubectl's own refusal is what the step expects, and
 * nothing is told. Otherwise a problem there is a warning for a run and an error for `podwire check`.
 */
import type { Diagnostic } from '@podwire/base';
import { type DecodedObject, type DecodeResult, decodeManifests } from '@podwire/api';
import type { FullCluster } from '@podwire/cluster';
import { findImage } from '@podwire/workloads';
import type { Field } from './field.ts';
import type { FileReader, ScenarioFiles } from './files.ts';
import type { Source } from './source.ts';
import { TrialServer } from './trial-server.ts';

export interface ManifestChecks {
  readonly source: Source;
  readonly files: ScenarioFiles;
  readonly cluster: FullCluster;
  readonly images: readonly { readonly name: string }[];
  readonly manifests: readonly {
    readonly path?: string;
    readonly inline?: string;
    readonly field: Field;
  }[];
  readonly named: readonly {
    readonly name: string;
    readonly field: Field;
    readonly mayFail: boolean;
  }[];
  readonly options: { readonly strict?: boolean; readonly isCheck?: boolean };
  /** Gets the texts that diagnostics point into. */
  readonly texts: Map<string, string>;
}

export function checkManifests(checks: ManifestChecks): void {
  const { source, files, options } = checks;
  const seen = new Set<string>();
  const server = new TrialServer({
    cluster: checks.cluster,
    makesNamespaces: false,
  });
  for (const manifest of checks.manifests) {
    if (manifest.inline !== undefined) {
      source.diagnostics.push(...checkInline(checks, server, manifest.inline, manifest.field));
    }
    for (const [file, text] of manifest.path === undefined
      ? []
      : files.manifestsOf(manifest.path)) {
      if (seen.has(file)) continue;
      seen.add(file);
      source.diagnostics.push(...checkFile(checks, server, file, text));
    }
  }
  for (const { name, mayFail } of checks.named) {
    if (mayFail) continue;
    for (const [file, text] of files.manifestsOf(name)) {
      if (seen.has(file)) continue;
      seen.add(file);
      // It is applied to a cluster that has changed by then: each file is judged by itself.
      const own = { cluster: checks.cluster, makesNamespaces: true };
      const found = checkFile(checks, new TrialServer(own), file, text);
      source.diagnostics.push(...asFound(options, found));
    }
  }
}

/**
 * Judges a manifest that stands in another text, `lineOffset` lines below its beginning; what applies it has a cluster of
 * its own by then.
 */
export function checkText(
  checks: Pick<ManifestChecks, 'cluster' | 'images' | 'options'>,
  text: string,
  { file, lineOffset }: { readonly file: string; readonly lineOffset: number },
): Diagnostic[] {
  const { cluster, options } = checks;
  const server = new TrialServer({ cluster, makesNamespaces: true });
  const strict = options.strict ?? false;
  return asFound(
    options,
    judge(checks, server, decodeManifests(text, file, { strict, lineOffset })),
  );
}

/** In a run a problem of what a command names is told, and the command's own refusal decides. */
function asFound(options: ManifestChecks['options'], found: readonly Diagnostic[]): Diagnostic[] {
  const isLenient = options.isCheck !== true && options.strict !== true;
  return isLenient ? found.map((each) => ({ ...each, severity: 'warning' })) : [...found];
}

function checkFile(
  checks: ManifestChecks,
  server: TrialServer,
  file: string,
  text: string,
): Diagnostic[] {
  const shown = checks.files.shownPath(file);
  checks.texts.set(shown, text);
  const strict = checks.options.strict ?? false;
  return judge(checks, server, decodeManifests(text, shown, { strict }));
}

/** Inline text begins on the line after its `|`, indented. */
function checkInline(
  checks: ManifestChecks,
  server: TrialServer,
  text: string,
  field: Field,
): Diagnostic[] {
  const { source } = checks;
  const start = source.posOf(field.path);
  const lines = source.text.split('\n');
  const isBlock = /[|>][-+0-9]*\s*(#.*)?$/.test(lines[start.line - 1] ?? '');
  const first = lines.slice(start.line).find((line) => line.trim() !== '') ?? '';
  const indent = isBlock ? first.length - first.trimStart().length : 0;
  const lineOffset = isBlock ? start.line : start.line - 1;
  const strict = checks.options.strict ?? false;
  const found = judge(checks, server, decodeManifests(text, source.file, { strict, lineOffset }));
  return found.map((each) =>
    each.line === 0
      ? { ...each, line: start.line, col: start.col }
      : { ...each, col: each.col + indent },
  );
}

function judge(
  checks: Pick<ManifestChecks, 'images' | 'options'>,
  server: TrialServer,
  decoded: DecodeResult,
): Diagnostic[] {
  const found = [...decoded.diagnostics];
  if (!found.some((each) => each.severity === 'error')) {
    for (const object of decoded.objects) found.push(...server.create(object));
  }
  if (checks.options.isCheck !== true) return found;
  const own = new Set(checks.images.map((image) => image.name));
  for (const object of decoded.objects) found.push(...unknownImages(object, own));
  return found;
}

interface PodSpecLike {
  readonly containers?: unknown;
  readonly initContainers?: unknown;
  readonly template?: { readonly spec?: PodSpecLike };
}

function unknownImages(decoded: DecodedObject, own: ReadonlySet<unknown>): Diagnostic[] {
  const spec = (decoded.object as { readonly spec?: PodSpecLike }).spec;
  if (typeof spec !== 'object' || spec === null) return [];
  const template = spec.template?.spec;
  const pod = decoded.info?.kind === 'Pod' ? spec : template;
  const prefix = decoded.info?.kind === 'Pod' ? 'spec' : 'spec.template.spec';
  if (typeof pod !== 'object' || pod === null) return [];
  const found: Diagnostic[] = [];
  for (const list of ['initContainers', 'containers'] as const) {
    const containers = pod[list];
    if (!Array.isArray(containers)) continue;
    containers.forEach((container: unknown, index) => {
      const image = (container as { image?: unknown } | null)?.image;
      if (typeof image !== 'string' || own.has(image) || isKnownImage(image)) return;
      const path = `${prefix}.${list}[${index}].image`;
      found.push({
        severity: 'warning',
        code: 'PW2007',
        message: `image ${image} is not in the catalogue: it runs as a listener on the container's ports`,
        ...decoded.posOf(path),
        path,
        hint: 'define it under images: of the scenario to give it answers',
      });
    });
  }
  return found;
}

function isKnownImage(reference: string): boolean {
  return findImage(reference)?.isKnown === true;
}

/** A file of manifests that is named by itself; undefined when it is none, but maybe a scenario. */
export function checkManifestFile(
  reader: FileReader,
  file: string,
  options: { readonly strict: boolean },
):
  | {
      readonly objectCount: number;
      readonly diagnostics: readonly Diagnostic[];
      readonly texts: ReadonlyMap<string, string>;
    }
  | undefined {
  const opened = reader.open(file);
  if (opened.kind !== 'file' || !/^(apiVersion|kind)\s*:|^\s*\{\s*"/m.test(opened.text))
    return undefined;
  if (/^steps\s*:/m.test(opened.text)) return undefined;
  const decoded = decodeManifests(opened.text, file, options);
  const server = new TrialServer({ makesNamespaces: true });
  const isReadable = !decoded.diagnostics.some((each) => each.severity === 'error');
  const refusals = isReadable ? decoded.objects.flatMap((object) => server.create(object)) : [];
  const images = decoded.objects.flatMap((object) => unknownImages(object, new Set()));
  return {
    objectCount: decoded.objects.length,
    diagnostics: [...decoded.diagnostics, ...refusals, ...images],
    texts: new Map([[file, opened.text]]),
  };
}
