/**
 * A scenario file → a scenario, and everything that is wrong with it.
 *
 * Nothing is thrown: problems gather as diagnostics with their places, all at once. There is a scenario only
 * when no diagnostic is an error.
 */
import path from 'node:path';
import { type Diagnostic, suggest } from '@podwire/base';
import { DEFAULT_CLIENTS, type Provider } from '@podwire/cluster';
import { checkManifests } from './check-manifests.ts';
import { Field } from './field.ts';
import { type FileReader, ScenarioFiles, tooLarge } from './files.ts';
import { fillParameters } from './parameters.ts';
import { hostNames, parseCluster, parseUnderlay } from './parse-cluster.ts';
import { parseImages, parseSources } from './parse-images.ts';
import { type StepContext, parseStep } from './parse-step.ts';
import type { ManifestSource, Scenario } from './scenario.ts';
import { isMarkdown, loadTutorial } from './markdown/tutorial.ts';
import { checkSchema } from './schema.ts';
import { Source } from './source.ts';

export interface LoadOptions {
  /** Values of `--set`. */
  readonly set?: ReadonlyMap<string, string>;
  /** Overrides the scenario's seed. */
  readonly seed?: string;
  /** The pod network of clusters that name none. */
  readonly provider?: Provider;
  /** Unknown kinds and fields of manifests are errors. */
  readonly strict?: boolean;
  /** Whether the scenario is about to run, or only judged: then it is judged more thoroughly. */
  readonly isCheck?: boolean;
}

export interface LoadedScenario {
  readonly scenario: Scenario | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Texts that diagnostics point into, by their file name. */
  readonly texts: ReadonlyMap<string, string>;
}

const SCENARIO_FILE = 'scenario.yaml';

/** Loads a scenario file, a Markdown document, or the scenario.yaml of a folder. */
export function loadScenario(
  reader: FileReader,
  name: string,
  options: LoadOptions = {},
): LoadedScenario {
  const found = findFile(reader, name);
  if ('message' in found) {
    const diagnostic: Diagnostic = { severity: 'error', file: name, line: 0, col: 0, ...found };
    return { scenario: undefined, diagnostics: [diagnostic], texts: new Map() };
  }
  if (isMarkdown(found.file)) return loadTutorial(reader, found.file, found.text, options);
  const source = new Source(found.file, found.text);
  const texts = new Map([[found.file, found.text]]);
  const scenario = source.value === undefined ? undefined : parse(source, reader, options, texts);
  return {
    scenario: source.hasErrors ? undefined : scenario,
    diagnostics: source.diagnostics,
    texts,
  };
}

type Found =
  | { readonly file: string; readonly text: string }
  | { readonly code: 'PW1001' | 'PW1002'; readonly message: string; readonly hint?: string };

function findFile(reader: FileReader, name: string): Found {
  const opened = reader.open(name);
  switch (opened.kind) {
    case 'file':
      return { file: name, text: opened.text };
    case 'missing':
      return { code: 'PW1001', message: `cannot be read: ${opened.reason}` };
    case 'too-large':
      return { code: 'PW1002', message: tooLarge(name, opened.sizeBytes) };
    case 'folder': {
      const file = path.join(name, SCENARIO_FILE);
      if (opened.names.includes(SCENARIO_FILE)) return findFile(reader, file);
      const yaml = opened.names.filter((entry) => /\.ya?ml$/.test(entry));
      const near = suggest(SCENARIO_FILE, yaml) ?? yaml[0];
      return {
        code: 'PW1001',
        message: `the folder has no ${SCENARIO_FILE}`,
        ...(near === undefined
          ? {}
          : { hint: `name the file, for instance ${path.join(name, near)}` }),
      };
    }
  }
}

function parse(
  source: Source,
  reader: FileReader,
  options: LoadOptions,
  texts: Map<string, string>,
): Scenario {
  const value = fillParameters(source, options.set ?? new Map());
  checkSchema(source, value);
  const root = new Field(source, [], value);
  const { config, full } = parseCluster(root.get('cluster'), options.provider);
  const underlay = parseUnderlay(root.get('underlay'), full);
  const images = parseImages(root.get('images'));
  const files = new ScenarioFiles(reader, path.dirname(source.file));
  const manifests = parseManifests(root.get('manifests'), files);
  const clients = underlay.clients ?? DEFAULT_CLIENTS;
  const seed = options.seed ?? String(root.get('seed').textOrNumber ?? 1);
  const context: StepContext = {
    seed,
    cluster: full,
    hosts: hostNames(full, underlay.clients),
    partitions: new Set(),
    defaultHost: clients[0]?.name ?? 'control-plane',
    saved: new Set(),
    files,
    named: [],
  };
  const steps = root.get('steps').items.flatMap((item) => parseStep(item, context) ?? []);
  checkManifests({
    source,
    files,
    cluster: full,
    images,
    manifests,
    named: context.named,
    options,
    texts,
  });
  return {
    name: root.get('name').text ?? '',
    description: root.get('description').text?.trim() ?? '',
    file: source.file,
    seed,
    cluster: config,
    underlay,
    images,
    sources: parseSources(root.get('sources')),
    manifests: manifests.map(({ field: _, ...manifest }) => manifest),
    steps,
    untilNs: root.get('until').durationNs,
    files: [...files.texts],
    waitsForCluster: root.get('waitForCluster').boolean ?? true,
    notices: [],
  };
}

type PlacedManifest = ManifestSource & { readonly field: Field };

function parseManifests(field: Field, files: ScenarioFiles): readonly PlacedManifest[] {
  return field.items.flatMap((item): PlacedManifest[] => {
    const inline = item.get('inline').text;
    if (inline !== undefined) return [{ inline, field: item.get('inline') }];
    if (item.text === undefined || !files.add(item.text, item)) return [];
    const found = files.manifestsOf(item.text);
    if (found.length === 0) {
      item.add({ code: 'PW1001', message: `${item.text} holds no .yaml, .yml or .json file` });
    }
    return [{ path: item.text, field: item }];
  });
}
