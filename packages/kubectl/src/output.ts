/**
 * `-o`: which form an answer takes.
 */
import type { KubeObject } from '@podwire/api';
import { type Failure, fail } from './failure.ts';
import type { Flags } from './flags.ts';
import {
  type JsonPath,
  executeJsonPath,
  findResults,
  goSyntax,
  parseJsonPath,
  relaxedJsonPath,
} from './jsonpath.ts';
import { type Json, compactJson, prettyJson } from './json-value.ts';
import { TABLE_TABS, alignTabs } from './tabwriter.ts';
import { emitYaml } from './yaml.ts';

export type Output =
  | { readonly kind: 'table'; readonly isWide: boolean }
  | { readonly kind: 'yaml' | 'json' | 'kyaml' | 'name' }
  | { readonly kind: 'jsonpath'; readonly path: JsonPath; readonly isJson: boolean }
  | { readonly kind: 'custom-columns'; readonly columns: readonly CustomColumn[] };

interface CustomColumn {
  readonly header: string;
  readonly path: JsonPath;
}

const FORMATS =
  'custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml';

/** Reads `-o`; `allowed` narrows the plain formats of commands that know fewer. */
export function outputOf(flags: Flags): Output | Failure {
  const text = flags.text('output');
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const argument = equals < 0 ? flags.text('template') : text.slice(equals + 1);
  switch (name) {
    case '':
      return { kind: 'table', isWide: false };
    case 'wide':
      return { kind: 'table', isWide: true };
    case 'yaml':
    case 'json':
    case 'name':
      return { kind: name };
    case 'jsonpath':
    case 'jsonpath-as-json': {
      if (argument === '') return fail(`template format specified but no template given`);
      const path = parseJsonPath(argument);
      if ('error' in path) return fail(path.error);
      return { kind: 'jsonpath', path, isJson: name === 'jsonpath-as-json' };
    }
    case 'custom-columns':
      return customColumns(argument);
    case 'go-template':
    case 'go-template-file':
    case 'template':
    case 'templatefile':
    case 'jsonpath-file':
    case 'custom-columns-file':
    case 'kyaml':
      return fail(`-o ${name} is not modelled; use -o jsonpath or -o custom-columns`);
    default:
      return fail(
        `unable to match a printer suitable for the output format ${JSON.stringify(text)}, allowed formats are: ${FORMATS}`,
      );
  }
}

function customColumns(spec: string): Output | Failure {
  if (spec === '') return fail('custom-columns format specified but no custom columns given');
  const columns: CustomColumn[] = [];
  for (const part of spec.split(',')) {
    const colon = part.indexOf(':');
    if (colon < 0) {
      return fail(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    }
    const relaxed = relaxedJsonPath(part.slice(colon + 1));
    if (typeof relaxed !== 'string') return fail(relaxed.error);
    const path = parseJsonPath(relaxed);
    if ('error' in path) return fail(path.error);
    columns.push({ header: part.slice(0, colon), path });
  }
  return { kind: 'custom-columns', columns };
}

/** Without managedFields, which kubectl hides. */
export function printable(object: Json): Json {
  const value = object as { metadata?: Record<string, Json> };
  if (value.metadata === undefined || !Object.hasOwn(value.metadata, 'managedFields'))
    return object;
  const { managedFields: _, ...metadata } = value.metadata;
  return { ...value, metadata };
}

/** An object or a `List` in YAML, JSON or by template. Tables and names are the callers' affair. */
export function printStructured(output: Output, value: Json): string | Failure {
  switch (output.kind) {
    case 'yaml':
    case 'kyaml':
      return emitYaml(value);
    case 'json':
      return `${prettyJson(value)}\n`;
    case 'jsonpath':
      return output.isJson ? jsonPathAsJson(output.path, value) : jsonPathText(output.path, value);
    case 'custom-columns':
    case 'table':
    case 'name':
      return '';
  }
}

function jsonPathText(path: JsonPath, value: Json): string | Failure {
  const text = executeJsonPath(path, value);
  return typeof text === 'string' ? text : templateFailure(path, value, text.error);
}

function jsonPathAsJson(path: JsonPath, value: Json): string | Failure {
  const results = findResults(path, value);
  if ('error' in results) return templateFailure(path, value, results.error);
  return `${prettyJson(results.groups.flat())}\n`;
}

function templateFailure(path: JsonPath, value: Json, why: string): Failure {
  return fail(
    `error executing jsonpath ${JSON.stringify(path.template)}: Error executing template: ${why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${path.template}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(value)}\n\n`,
  );
}

/** The rows of `-o custom-columns`. */
export function printCustomColumns(
  output: Output & { kind: 'custom-columns' },
  objects: readonly KubeObject[],
  hasHeader: boolean,
): string {
  const lines: string[] = [];
  if (hasHeader) lines.push(output.columns.map((column) => column.header).join('\t'));
  for (const object of objects) {
    lines.push(output.columns.map(({ path }) => customCell(path, object)).join('\t'));
  }
  return lines.length === 0 ? '' : alignTabs(`${lines.join('\n')}\n`, TABLE_TABS);
}

function customCell(path: JsonPath, object: KubeObject): string {
  const results = findResults(path, object);
  const values = 'error' in results ? [] : results.groups.flat();
  if (values.length === 0) return '<none>';
  return values.map((value) => (typeof value === 'string' ? value : goCell(value))).join(',');
}

/** custom-columns print with %v: `map[app:web]`, `[a b]`. */
function goCell(value: Json): string {
  if (Array.isArray(value)) return `[${(value as Json[]).map(goCell).join(' ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `map[${entries.map(([key, part]) => `${key}:${goCell(part)}`).join(' ')}]`;
  }
  if (value === null || value === undefined) return '<nil>';
  return typeof value === 'string' ? value : compactJson(value);
}

/** `kind: List` around objects, as `get -o yaml` of several has it. */
export function listOf(objects: readonly KubeObject[]): Json {
  return {
    apiVersion: 'v1',
    items: objects.map(printable),
    kind: 'List',
    metadata: { resourceVersion: '' },
  };
}
