/**
 * Manifest files → objects with places, and everything that is wrong with them.
 *
 * From: files, directories' files, inline text of scenarios, stdin. To: `kubectl` verbs and `podwire check`. Objects come
 * out as written (the server drops unknown fields and sets defaults); diagnostics carry file, line, column and path.
 */
import { type Diagnostic, type DiagnosticCode, type SourcePos, suggest } from '@podwire/base';
import { type DecodeProblem, decodeStruct, formatPath, isRecord } from './codec.ts';
import { jsonEqual } from './object.ts';
import { SCHEME } from './kinds.ts';
import { type KindInfo, type Scheme, apiVersionOf } from './scheme.ts';
import { SCHEMA } from './schema/schema.ts';
import type { KubeObject } from './types/meta.ts';
import { type Place, type YamlDocument, readYaml } from './yaml.ts';

/** A manifest file beyond this is refused unread; the API server takes 3 MB per request. */
const FILE_CHARS_MAX = 16 * 1024 * 1024;

export interface DecodeOptions {
  /** Unknown kinds and fields are errors, not warnings. */
  readonly strict?: boolean;
  readonly scheme?: Scheme;
  /** Added to line numbers: for text that lies inside another file. */
  readonly lineOffset?: number;
}

export interface DecodedObject {
  readonly object: KubeObject;
  /** undefined: the kind is unknown. */
  readonly info: KindInfo | undefined;
  /** Where the object begins. */
  readonly pos: SourcePos;
  /** The place of a field as in `spec.ports[0].port`, or of the nearest field around it. */
  posOf(path: string): SourcePos;
}

export interface DecodeResult {
  readonly objects: readonly DecodedObject[];
  readonly diagnostics: readonly Diagnostic[];
  /** Of malformed YAML: what `kubectl` prints after `error converting YAML to JSON: `. */
  readonly goText?: string;
}

export function decodeManifests(
  text: string,
  file: string,
  options: DecodeOptions = {},
): DecodeResult {
  if (text.length > FILE_CHARS_MAX) {
    const megabytes = (text.length / 1024 / 1024).toFixed(1);
    const message = `file is too large: ${megabytes} MB, at most ${FILE_CHARS_MAX / 1024 / 1024} MB are read`;
    return {
      objects: [],
      diagnostics: [{ severity: 'error', code: 'PW1002', message, file, line: 0, col: 0 }],
    };
  }
  const yaml = readYaml(text, file);
  const decoder = new ManifestDecoder(file, options);
  for (const document of yaml.documents) decoder.document(document);
  const offset = options.lineOffset ?? 0;
  const diagnostics = [
    ...yaml.diagnostics.map((each) => shift(each, offset)),
    ...decoder.diagnostics,
  ];
  return {
    objects: decoder.objects,
    diagnostics,
    ...(yaml.goText === undefined ? {} : { goText: yaml.goText }),
  };
}

function shift(diagnostic: Diagnostic, offset: number): Diagnostic {
  return diagnostic.line === 0 ? diagnostic : { ...diagnostic, line: diagnostic.line + offset };
}

class ManifestDecoder {
  readonly objects: DecodedObject[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #file: string;
  readonly #scheme: Scheme;
  readonly #offset: number;
  readonly #unknown: 'error' | 'warning';

  constructor(file: string, options: DecodeOptions) {
    this.#file = file;
    this.#scheme = options.scheme ?? SCHEME;
    this.#offset = options.lineOffset ?? 0;
    this.#unknown = options.strict === true ? 'error' : 'warning';
  }

  document(document: YamlDocument): void {
    this.#object(document.value, '', document);
  }

  #object(value: unknown, prefix: string, document: YamlDocument): void {
    if (!isRecord(value)) {
      const found = Array.isArray(value) ? 'a list' : `the text ${JSON.stringify(value)}`;
      this.#add(
        'error',
        'PW1103',
        `a manifest is a mapping with apiVersion and kind, not ${found}`,
        prefix,
        document,
      );
      return;
    }
    const { apiVersion, kind } = value;
    if (typeof kind !== 'string' || kind === '') {
      this.#missing(value, 'kind', "Object 'Kind' is missing", prefix, document);
      return;
    }
    if (typeof apiVersion !== 'string' || apiVersion === '') {
      const known = this.#scheme.kinds.find((info) => info.kind === kind);
      const hint = known === undefined ? undefined : `write \`apiVersion: ${apiVersionOf(known)}\``;
      this.#missing(value, 'apiVersion', "Object 'apiVersion' is missing", prefix, document, hint);
      return;
    }
    if ((kind === 'List' || kind.endsWith('List')) && Array.isArray(value['items'])) {
      for (const [index, item] of value['items'].entries()) {
        this.#object(item, `${prefix}${prefix === '' ? '' : '.'}items[${index}]`, document);
      }
      return;
    }
    const info = this.#scheme.byKind(apiVersion, kind);
    if (info === undefined) this.#unknownKind(apiVersion, kind, prefix, document);
    else this.#check(info, value, prefix, document);
    const posOf = (path: string): SourcePos => this.#pos(join(prefix, path), document);
    const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
    const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
    const object = { ...value, apiVersion, kind, metadata: { ...metadata, name } };
    if (!Object.hasOwn(metadata, 'name')) Reflect.deleteProperty(object.metadata, 'name');
    this.objects.push({ object: object as unknown as KubeObject, info, pos: posOf(''), posOf });
  }

  #missing(
    value: Record<string, unknown>,
    field: string,
    message: string,
    prefix: string,
    document: YamlDocument,
    hint?: string,
  ): void {
    const near = suggest(field, Object.keys(value));
    const glued = Object.keys(value).find((key) => key.startsWith(`${field}:`));
    const text =
      glued === undefined
        ? near === undefined
          ? hint
          : `did you mean \`${field}\` where it says \`${near}\`?`
        : `write \`${field}: ${glued.slice(field.length + 1)}\`, with a space after the colon`;
    this.#add('error', 'PW2006', message, prefix, document, text);
  }

  #unknownKind(apiVersion: string, kind: string, prefix: string, document: YamlDocument): void {
    const message = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
    const same = this.#scheme.kinds.find((info) => info.kind === kind);
    if (same !== undefined) {
      const hint = `${kind} is in \`apiVersion: ${apiVersionOf(same)}\``;
      this.#add(this.#unknown, 'PW2001', message, join(prefix, 'apiVersion'), document, hint);
      return;
    }
    const near = suggest(
      kind,
      this.#scheme.kinds.map((info) => info.kind),
    );
    const hint = near === undefined ? undefined : `did you mean ${near}?`;
    this.#add(this.#unknown, 'PW2001', message, join(prefix, 'kind'), document, hint);
  }

  #check(
    info: KindInfo,
    value: Record<string, unknown>,
    prefix: string,
    document: YamlDocument,
  ): void {
    for (const problem of decodeStruct(info.kind, value).problems) {
      const path = formatPath(problem.path);
      if (problem.kind === 'unknown') {
        const message = `unknown field ${JSON.stringify(problem.text)}`;
        this.#addAtKey(
          this.#unknown,
          'PW2002',
          message,
          join(prefix, path),
          document,
          fieldHint(problem),
        );
      } else {
        const given = valueAt(value, problem.path);
        this.#add(
          'error',
          'PW2003',
          problem.text,
          join(prefix, path),
          document,
          typeHint(given, problem),
        );
      }
    }
    if (!info.isModelled) {
      const message = `${info.kind} is accepted, but nothing runs it`;
      this.#add('warning', 'PW2005', message, join(prefix, 'kind'), document);
    }
  }

  #add(
    severity: 'error' | 'warning',
    code: DiagnosticCode,
    message: string,
    path: string,
    document: YamlDocument,
    hint?: string,
  ): void {
    this.#push(severity, code, message, path, this.#pos(path, document), hint);
  }

  #addAtKey(
    severity: 'error' | 'warning',
    code: DiagnosticCode,
    message: string,
    path: string,
    document: YamlDocument,
    hint?: string,
  ): void {
    const place = document.keyPlaces.get(path);
    const pos = place === undefined ? this.#pos(path, document) : this.#at(place);
    this.#push(severity, code, message, path, pos, hint);
  }

  #push(
    severity: 'error' | 'warning',
    code: DiagnosticCode,
    message: string,
    path: string,
    pos: SourcePos,
    hint: string | undefined,
  ): void {
    this.diagnostics.push({
      severity,
      code,
      message,
      ...pos,
      ...(path === '' ? {} : { path }),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #pos(path: string, document: YamlDocument): SourcePos {
    let part = path;
    for (;;) {
      const place = document.places.get(part);
      if (place !== undefined) return this.#at(place);
      if (part === '') return this.#at({ line: 1, col: 1 });
      part = parentOf(part);
    }
  }

  #at(place: Place): SourcePos {
    return { file: this.#file, line: place.line + this.#offset, col: place.col };
  }
}

function join(prefix: string, path: string): string {
  if (prefix === '') return path;
  return path === '' ? prefix : `${prefix}.${path}`;
}

function parentOf(path: string): string {
  const cut = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
  return cut <= 0 ? '' : path.slice(0, cut);
}

function valueAt(value: unknown, path: DecodeProblem['path']): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[part];
  }
  return found;
}

function fieldHint(problem: DecodeProblem): string | undefined {
  const wrong = String(problem.path.at(-1) ?? '');
  const glued = /^([A-Za-z]+):(.+)$/.exec(wrong);
  if (glued !== null) return `write \`${glued[1]}: ${glued[2]}\`, with a space after the colon`;
  const near = suggest(wrong, SCHEMA.struct(problem.struct).byName.keys());
  return near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`;
}

function typeHint(given: unknown, problem: DecodeProblem): string | undefined {
  const wantsNumber = /of type int(32|64)$/.test(problem.text);
  if (wantsNumber && typeof given === 'string' && /^-?\d+$/.test(given)) {
    return `write ${given} without quotes`;
  }
  const wantsText = /of type (string|v1\.[A-Za-z]+)$/.test(problem.text);
  if (wantsText && (typeof given === 'number' || typeof given === 'boolean')) {
    return 'put the value in quotes: YAML reads it as a number or as true or false';
  }
  if (isRecord(given) && jsonEqual(problem.path, ['spec', 'selector', 'matchLabels'])) {
    return "a Service's selector is a plain map of labels, without matchLabels";
  }
  return undefined;
}
