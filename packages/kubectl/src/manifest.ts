/**
 * Files → objects, as kubectl reads them: documents split at `---`, YAML to JSON, lists opened.
 *
 * What a field means is the server's to judge; here only the type must be known. The error texts are goyaml's
 * and cli-runtime's. Not modelled: kustomize, URLs.
 */
import { type KindInfo, type KubeObject, SCHEME, goYamlTags } from '@podwire/api';
import { type Document, LineCounter, type YAMLError, parseAllDocuments } from 'yaml';
import type { KubectlContext } from './context.ts';
import { type Failure, fail } from './failure.ts';
import { type Json, isRecord, listAt, textAt } from './json-value.ts';

/** An object of a file. */
export interface Manifest {
  readonly info: KindInfo;
  readonly object: KubeObject;
  readonly source: string;
}

export interface ReadOptions {
  readonly recursive: boolean;
  /** Kubectl's own check that apiVersion and kind are there names itself `validating`. */
  readonly isValidated: boolean;
}

/** The objects of all files, and what went wrong; kubectl goes on after a bad file. */
export function readManifests(
  ctx: KubectlContext,
  names: readonly string[],
  options: ReadOptions,
): { readonly manifests: readonly Manifest[]; readonly failures: readonly Failure[] } {
  const manifests: Manifest[] = [];
  const failures: Failure[] = [];
  for (const name of names) {
    const files = ctx.readFile(name, { recursive: options.recursive });
    if (files === undefined) {
      failures.push(fail(`the path ${JSON.stringify(name)} does not exist`));
      continue;
    }
    if (files.length === 0) {
      failures.push(
        fail(`error reading [${name}]: recognized file extensions are [.json .yaml .yml]`),
      );
    }
    for (const file of files) {
      const source = file.name === '-' ? 'STDIN' : file.name;
      const parsed = parseManifests(file.text, source, options);
      manifests.push(...parsed.manifests);
      failures.push(...parsed.failures);
    }
  }
  return { manifests, failures };
}

export function parseManifests(
  text: string,
  source: string,
  options: ReadOptions,
): { readonly manifests: readonly Manifest[]; readonly failures: readonly Failure[] } {
  const manifests: Manifest[] = [];
  const failures: Failure[] = [];
  for (const part of splitDocuments(text)) {
    const value = toJson(part);
    if ('error' in value) {
      const where = source === 'STDIN' ? 'error parsing STDIN' : `error parsing ${source}`;
      failures.push(fail(`${where}: error converting YAML to JSON: ${value.error}`));
      return { manifests, failures };
    }
    if (value.json === null || value.json === undefined) continue;
    const problem = addObject(value.json, source, options, manifests);
    if (problem !== undefined) failures.push(problem);
  }
  return { manifests, failures };
}

function addObject(
  json: Json,
  source: string,
  options: ReadOptions,
  manifests: Manifest[],
): Failure | undefined {
  if (!isRecord(json)) {
    return fail(
      `error parsing ${source}: json: cannot unmarshal ${typeName(json)} into Go value of type unstructured.detector`,
    );
  }
  const apiVersion = textAt(json, 'apiVersion');
  const kind = textAt(json, 'kind');
  if (apiVersion === '' || kind === '') return missingType(json, source, options);
  if (kind === 'List' || (kind.endsWith('List') && Array.isArray(json['items']))) {
    for (const item of listAt(json, 'items')) {
      const problem = addObject(item, source, options, manifests);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  const info = SCHEME.byKind(apiVersion, kind);
  if (info === undefined) {
    const name = textAt(json, 'metadata', 'name');
    const namespace = textAt(json, 'metadata', 'namespace');
    return fail(
      `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(namespace)} from ${JSON.stringify(source)}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}\nensure CRDs are installed first`,
    );
  }
  const metadata = isRecord(json['metadata']) ? json['metadata'] : {};
  const object = { ...json, metadata } as unknown as KubeObject;
  manifests.push({ info, object, source });
  return undefined;
}

function missingType(json: Json, source: string, options: ReadOptions): Failure {
  const missing: string[] = [];
  if (textAt(json, 'apiVersion') === '') missing.push('apiVersion not set');
  if (textAt(json, 'kind') === '') missing.push('kind not set');
  const list = missing.length === 1 ? (missing[0] ?? '') : `[${missing.join(', ')}]`;
  if (options.isValidated) {
    return fail(
      `error validating ${JSON.stringify(source)}: error validating data: ${list}; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  }
  return fail(`unable to decode ${JSON.stringify(source)}: Object 'Kind' is missing`);
}

function typeName(value: Json): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** At lines that are `---` and maybe blanks (YAMLDocumentDecoder's separator). */
function splitDocuments(text: string): string[] {
  return text.replaceAll('\r\n', '\n').split(/^---(?:[ \t].*)?$/m);
}

/** How many aliases a document may open: as a guard against alias bombs. */
const MAX_ALIASES = 100;

/** One document as JSON; `error` is goyaml's text. */
export function toJson(text: string): { readonly json: Json } | { readonly error: string } {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    uniqueKeys: false,
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    resolveKnownTags: false,
    customTags: goYamlTags,
    logLevel: 'silent',
  });
  const [document] = Array.isArray(documents) ? (documents as Document.Parsed[]) : [];
  if (document === undefined) return { json: null };
  const [problem] = document.errors;
  if (problem !== undefined) return { error: goYamlError(problem, lines) };
  let json: Json;
  try {
    json = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    return { error: `yaml: ${error instanceof Error ? error.message : 'document cannot be read'}` };
  }
  return { json: plainJson(json) };
}

/** JSON data alone: no big integers, no objects of classes. */
function plainJson(value: Json): Json {
  if (Array.isArray(value)) return (value as Json[]).map(plainJson);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (!isPlainObject(value)) return null;
  const copy: Record<string, Json> = {};
  for (const [key, part] of Object.entries(value)) {
    Object.defineProperty(copy, key, {
      value: plainJson(part),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return copy;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * goyaml counts the line of a scanner's problem from 1 and of a parser's from 0; where it finds a key without its
 * colon only at the next token, it names that line.
 */
function goYamlError(problem: YAMLError, lines: LineCounter): string {
  const { line } = lines.linePos(problem.pos[0]);
  const scanner = (text: string, at: number): string => `yaml: line ${at}: ${text}`;
  switch (problem.code) {
    case 'TAB_AS_INDENT':
      return scanner('found character that cannot start any token', line);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return scanner('mapping values are not allowed in this context', line);
    case 'MISSING_CHAR':
      if (/quote/.test(problem.message)) {
        return scanner('found unexpected end of stream', lines.linePos(problem.pos[1]).line);
      }
      return scanner("could not find expected ':'", line + 1);
    case 'MULTILINE_IMPLICIT_KEY':
      return scanner("could not find expected ':'", line + 1);
    case 'BAD_ALIAS':
      return `yaml: ${problem.message.replace(/^.*?(\S+)$/, "unknown anchor '$1' referenced")}`;
    case 'BAD_INDENT':
    case 'UNEXPECTED_TOKEN':
      if (/flow|\]|\}/.test(problem.message)) {
        return scanner("did not find expected ',' or ']'", Math.max(1, line - 1));
      }
      return scanner('did not find expected key', Math.max(1, line - 1));
    default:
      return scanner(problem.message, line);
  }
}
