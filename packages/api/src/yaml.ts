/**
 * YAML text → JSON data with the place of every value.
 *
 * Kubernetes reads YAML through sigs.k8s.io/yaml, which follows YAML 1.1 as go-yaml v2 does: `on` and `yes` are true,
 * `0777` is octal, `<<` merges; but a time such as `12:30` or `2001-01-01` stays text. A lone `y` or `n` stays text too:
 * recorded cases have namespaces and taints of that name. So: npm `yaml`, schema 1.1,
 * without the tags for base-60 numbers, timestamps, binary, sets and ordered maps.
 */
import {
  LineCounter,
  type Node as YamlNode,
  type Tags,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
} from 'yaml';
import type { Diagnostic, DiagnosticCode } from '@podwire/base';
import { setOwn } from './object.ts';

/** Values that aliases may bring into one file; go-yaml's excessive-aliasing check is of this order. */
const ALIASED_VALUES_MAX = 100_000;
/** Mistakes after which the parser still knows where it is. */
const HARMLESS: ReadonlySet<string> = new Set([
  'BAD_ALIAS',
  'BAD_DQ_ESCAPE',
  'DUPLICATE_KEY',
  'NON_STRING_KEY',
  'TAG_RESOLVE_FAILED',
]);
/** Deeper documents are refused (encoding/json's own limit is 10,000). */
const DEPTH_MAX = 500;

export interface Place {
  readonly line: number;
  readonly col: number;
}

export interface YamlDocument {
  readonly value: unknown;
  /** By path (`spec.ports[0].port`): where its value begins. */
  readonly places: ReadonlyMap<string, Place>;
  /** By path: where its key begins. */
  readonly keyPlaces: ReadonlyMap<string, Place>;
}

export interface YamlResult {
  /** Documents that are not empty. */
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly Diagnostic[];
  /** The first problem as go-yaml words it: what `kubectl` prints after `error converting YAML to JSON: `. */
  readonly goText: string | undefined;
}

/**
 * Which plain scalars go-yaml's resolve() takes for fractions: underscores separate digits, but after a leading
 * point it hands the text to ParseFloat as it is, which knows none.
 */
export const GO_FLOAT: RegExp = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|[-+]\.[0-9][0-9_]*|\.[0-9]+)$/;
export const GO_EXPONENT: RegExp =
  /^(?:[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?|[-+]\.[0-9][0-9_]*|\.[0-9]+)[eE][-+]?[0-9]+$/;
const DROPPED_TAGS = ['timestamp', 'binary', 'omap', 'pairs', 'set'];

/** The tags of YAML 1.1 as go-yaml v2 has them, for `customTags` of npm `yaml`. */
export function goYamlTags(tags: Tags): Tags {
  const kept = tags.filter((tag) => {
    if (typeof tag === 'string') return !DROPPED_TAGS.includes(tag);
    if (tag.format === 'TIME') return false;
    return !DROPPED_TAGS.some((name) => tag.tag === `tag:yaml.org,2002:${name}`);
  });
  // The parser's own patterns take `.` and `e1` for numbers; Go wants digits.
  return kept.map((tag) => {
    if (typeof tag === 'string' || !('test' in tag)) return tag;
    if (tag.format === 'EXP') return { ...tag, test: GO_EXPONENT };
    return tag.test?.test('1.5') === true ? { ...tag, test: GO_FLOAT } : tag;
  }) as Tags;
}

/** Manifests are YAML 1.1, as Go reads them; scenario files are 1.2, as editors do. */
export function readYaml(text: string, file: string, version: '1.1' | '1.2' = '1.1'): YamlResult {
  const reader = new Reader(text, file);
  reader.read(version);
  return reader;
}

class Reader implements YamlResult {
  readonly documents: YamlDocument[] = [];
  readonly diagnostics: Diagnostic[] = [];
  goText: string | undefined;
  readonly #text: string;
  readonly #file: string;
  readonly #lines = new LineCounter();
  #aliased = 0;
  #isTooMuch = false;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  read(version: '1.1' | '1.2'): void {
    if (isNestedTooDeep(this.#text)) {
      this.#add('PW1105', 0, `nested more than ${DEPTH_MAX} levels deep`, undefined);
      this.goText ??= 'yaml: exceeded max depth of 10000';
      return;
    }
    const parsed = parseAllDocuments(this.#text, {
      version,
      ...(version === '1.1' ? { customTags: goYamlTags } : {}),
      lineCounter: this.#lines,
      prettyErrors: false,
      stringKeys: false,
      logLevel: 'silent',
    });
    if (!Array.isArray(parsed)) return;
    for (const document of parsed) {
      for (const error of document.errors) {
        this.#syntax(error.code, error.message, error.pos);
        // What comes after a broken structure follows from it: hundreds of lines that tell nothing.
        if (!HARMLESS.has(error.code)) break;
      }
      if (document.errors.length > 0) continue;
      const contents: unknown = document.contents;
      if (contents === null || (isScalar(contents) && contents.value === null)) continue;
      const places = new Map<string, Place>();
      const keyPlaces = new Map<string, Place>();
      const anchors = new Map<string, YamlNode>();
      const value = this.#value(contents as YamlNode, '', { places, keyPlaces, anchors }, 0, 0);
      if (this.#isTooMuch) return;
      this.documents.push({ value, places, keyPlaces });
    }
  }

  #value(
    node: YamlNode | null,
    path: string,
    to: Target,
    depth: number,
    aliasDepth: number,
  ): unknown {
    if (this.#isTooMuch) return null;
    if (node === null) return null;
    const at = this.#place(node);
    if (depth > DEPTH_MAX) {
      this.#isTooMuch = true;
      this.#add(
        'PW1105',
        node.range?.[0] ?? 0,
        `nested more than ${DEPTH_MAX} levels deep`,
        undefined,
      );
      return null;
    }
    if (aliasDepth > 0 && ++this.#aliased > ALIASED_VALUES_MAX) {
      this.#isTooMuch = true;
      this.#add(
        'PW1102',
        node.range?.[0] ?? 0,
        `aliases expand to more than ${ALIASED_VALUES_MAX} values`,
        'write the repeated parts out, or use fewer aliases of aliases',
      );
      this.goText ??= 'yaml: document contains excessive aliasing';
      return null;
    }
    if (aliasDepth === 0 || !to.places.has(path)) to.places.set(path, at);
    if (isAlias(node)) {
      const target = to.anchors.get(node.source);
      if (target === undefined) {
        this.#add(
          'PW1101',
          node.range?.[0] ?? 0,
          `no anchor is called ${JSON.stringify(node.source)}`,
          undefined,
        );
        this.goText ??= `yaml: unknown anchor '${node.source}' referenced`;
        return null;
      }
      return this.#value(target, path, to, depth + 1, aliasDepth + 1);
    }
    if ('anchor' in node && typeof node.anchor === 'string') to.anchors.set(node.anchor, node);
    if (isMap(node)) return this.#map(node, path, to, depth, aliasDepth);
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        this.#value(item as YamlNode | null, `${path}[${index}]`, to, depth + 1, aliasDepth),
      );
    }
    return isScalar(node) ? scalarValue(plainValue(node)) : null;
  }

  #map(
    node: YamlNode & { items: unknown[] },
    path: string,
    to: Target,
    depth: number,
    aliasDepth: number,
  ): unknown {
    const result: Record<string, unknown> = {};
    const merged: unknown[] = [];
    for (const pair of node.items) {
      if (!isPair(pair)) continue;
      const key = keyText(pair.key);
      if (key === undefined) {
        const start = rangeStart(pair.key) ?? node.range?.[0] ?? 0;
        this.#add(
          'PW1101',
          start,
          'a key must be plain text',
          'quote the key, or write the mapping in block form',
        );
        this.goText ??= 'yaml: invalid map key';
        continue;
      }
      if (key.isMerge) {
        merged.push(this.#value(pair.value as YamlNode | null, path, to, depth + 1, aliasDepth));
        continue;
      }
      const at = path === '' ? key.text : `${path}.${key.text}`;
      const place = this.#place(pair.key as YamlNode);
      if (aliasDepth === 0 || !to.keyPlaces.has(at)) to.keyPlaces.set(at, place);
      setOwn(
        result,
        key.text,
        this.#value(pair.value as YamlNode | null, at, to, depth + 1, aliasDepth),
      );
      if (pair.value === null) to.places.set(at, place);
    }
    for (const source of merged.flat()) {
      if (typeof source !== 'object' || source === null) continue;
      for (const [key, value] of Object.entries(source)) {
        if (!Object.hasOwn(result, key)) setOwn(result, key, value);
      }
    }
    return result;
  }

  #syntax(code: string, message: string, pos: readonly [number, number]): void {
    const [start, end] = pos;
    if (code === 'DUPLICATE_KEY') {
      const head = this.#text.slice(start, start + 200);
      const key = (/^[^:]*/.exec(head)?.[0] ?? '').replace(/["'\s]/g, '');
      const { line } = this.#placeAt(start);
      this.#add('PW1104', start, `the key ${JSON.stringify(key)} is written twice`, undefined);
      this.goText ??= `yaml: unmarshal errors:\n  line ${line}: key ${JSON.stringify(key)} already set in map`;
      return;
    }
    if (message.startsWith('Maximum call stack')) {
      this.#add('PW1105', start, `nested more than ${DEPTH_MAX} levels deep`, undefined);
      this.goText ??= 'yaml: exceeded max depth of 10000';
      return;
    }
    const spaced = missingSpace(this.#text, start, end);
    if (spaced !== undefined && (code === 'MULTILINE_IMPLICIT_KEY' || code === 'MISSING_CHAR')) {
      this.#add(
        'PW1101',
        spaced.at,
        `no space after the colon of ${JSON.stringify(spaced.key)}`,
        `write \`${spaced.key}: ${spaced.value}\``,
      );
      this.goText ??= this.#goSyntax(code, spaced.nextColon ?? end);
      return;
    }
    const { text, hint, at } = explain(code, message, start, end);
    this.#add('PW1101', at, text, hint);
    this.goText ??= this.#goSyntax(code, code === 'MISSING_CHAR' ? end : start);
  }

  /** go-yaml names the line of scanner problems as people count, but not the first one. */
  #goSyntax(code: string, offset: number): string {
    const line = this.#placeAt(offset).line;
    switch (code) {
      case 'MULTILINE_IMPLICIT_KEY':
      case 'BLOCK_AS_IMPLICIT_KEY':
        return `yaml: ${scannerLine(line)}mapping values are not allowed in this context`;
      case 'TAB_AS_INDENT':
        return `yaml: ${scannerLine(line)}found character that cannot start any token`;
      case 'MISSING_CHAR':
        return `yaml: ${scannerLine(line)}found unexpected end of stream`;
      case 'BAD_INDENT':
        return `yaml: ${scannerLine(line - 1)}did not find expected ',' or '}'`;
      default:
        return `yaml: ${scannerLine(line - 1)}did not find expected key`;
    }
  }

  #add(code: DiagnosticCode, offset: number, message: string, hint: string | undefined): void {
    const { line, col } = this.#placeAt(offset);
    this.diagnostics.push({
      severity: 'error',
      code,
      message,
      file: this.#file,
      line,
      col,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #place(node: unknown): Place {
    return this.#placeAt(rangeStart(node) ?? 0);
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), col: Math.max(col, 1) };
  }
}

interface Target {
  readonly places: Map<string, Place>;
  readonly keyPlaces: Map<string, Place>;
  readonly anchors: Map<string, YamlNode>;
}

function scannerLine(line: number): string {
  return line <= 1 ? '' : `line ${line}: `;
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  const range: unknown = node.range;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

/** The value of a scalar, with `y` and `n` as text. */
function plainValue(node: { readonly value: unknown; readonly source?: string }): unknown {
  const { value, source } = node;
  return typeof value === 'boolean' && source?.length === 1 ? source : value;
}

/** Keys become text as sigs.k8s.io/yaml makes JSON of them. */
function keyText(key: unknown): { text: string; isMerge: boolean } | undefined {
  if (!isScalar(key)) return undefined;
  const value = plainValue(key);
  if (value === '<<' || typeof value === 'symbol') {
    return { text: '<<', isMerge: key.type === undefined || key.type === 'PLAIN' };
  }
  if (value === null || value === undefined) return { text: 'null', isMerge: false };
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return undefined;
  }
  return { text: String(value), isMerge: false };
}

function scalarValue(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return value;
    case 'bigint':
      return Number(value);
    default:
      return null;
  }
}

/** A line such as `kind:Service` in or before the text that the parser could not read. */
function missingSpace(
  text: string,
  start: number,
  end: number,
): { at: number; key: string; value: string; nextColon: number | undefined } | undefined {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const part = text.slice(lineStart, Math.max(end, start));
  const match = /^([ \t]*(?:- )?)([A-Za-z][A-Za-z0-9_.-]*):([^\s:/][^\n]*)$/m.exec(part);
  if (match === null) return undefined;
  const [whole, indent = '', key = '', value = ''] = match;
  const at = lineStart + match.index + indent.length;
  const colon = text.indexOf(':', lineStart + match.index + whole.length);
  return { at, key, value: value.trim(), nextColon: colon < 0 ? undefined : colon };
}

function explain(
  code: string,
  message: string,
  start: number,
  end: number,
): { text: string; hint: string | undefined; at: number } {
  switch (code) {
    case 'TAB_AS_INDENT':
      return { text: 'a tab in the indentation', hint: 'indent with spaces', at: start };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        text: 'a second colon on one line',
        hint: 'quote the value if the colon belongs to it, or begin a new line',
        at: start,
      };
    case 'MULTILINE_IMPLICIT_KEY':
      return {
        text: 'a key that goes over several lines',
        hint: 'is a colon missing on the line before, or is the indentation wrong?',
        at: start,
      };
    case 'MISSING_CHAR':
      return { text: lowerFirst(message), hint: undefined, at: Math.max(start, end - 1) };
    case 'BAD_INDENT':
    case 'BAD_ALIAS':
    case 'UNEXPECTED_TOKEN':
      if (/flow-(?:map|seq)-\w+ at node end/.test(message)) {
        return {
          text: 'a bracket in the middle of a text',
          hint: 'put the text in quotes: inside of {…} and […] the characters { } [ ] and , end it',
          at: start,
        };
      }
      return {
        text: lowerFirst(message),
        hint: 'is the indentation of this line that of its neighbours?',
        at: start,
      };
    default:
      return { text: lowerFirst(message), hint: undefined, at: start };
  }
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** Counts brackets, leading dashes and indentations, before a recursive parser sees the text. */
function isNestedTooDeep(text: string): boolean {
  let depth = 0;
  let lineDashes = 0;
  let isLineHead = true;
  let lineStart = 0;
  /** The indentations of the blocks that are open, by their first characters. */
  const indents: number[] = [];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 10:
        isLineHead = true;
        lineDashes = 0;
        lineStart = at + 1;
        break;
      case 91: // [
      case 123: // {
        depth++;
        isLineHead = false;
        if (depth > DEPTH_MAX) return true;
        break;
      case 93: // ]
      case 125: // }
        if (depth > 0) depth--;
        isLineHead = false;
        break;
      case 32:
      case 9:
        break;
      case 45: // -
      case 63: // ?
      case 58: // :
        if (isLineHead && ++lineDashes > DEPTH_MAX) return true;
        break;
      default:
        if (isLineHead) {
          while ((indents.at(-1) ?? -1) >= at - lineStart) indents.pop();
          if (indents.push(at - lineStart) > DEPTH_MAX) return true;
        }
        isLineHead = false;
    }
  }
  return false;
}
