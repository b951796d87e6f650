/**
 * Holds a scenario's data against the published schema, and says what is wrong in words and at its place.
 *
 * The schema is written for this: instead of rival branches it names several types for one value, so every
 * problem that ajv finds is one a person has. Where it has branches (`anyOf`), the second is always a
 * parameter, whose findings are left out.
 */
import type { ErrorObject } from 'ajv';
import { suggest } from '@podwire/base';
import schema from '../schema/scenario.schema.json' with { type: 'json' };
import { validate } from './gen/validate-scenario.js';
import type { Path, Source } from './source.ts';

/** The published schema, as `podwire schema` prints it. */
export const SCENARIO_SCHEMA: Readonly<Record<string, unknown>> = schema;

export function checkSchema(source: Source, value: unknown): void {
  if (validate(value)) return;
  const seen = new Set<string>();
  for (const error of validate.errors ?? []) {
    const finding = describe(error, value);
    if (finding === undefined) continue;
    const key = `${error.instancePath} ${finding.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const { path, message, hint, isKey } = finding;
    source.add(path, { code: 'PW3001', message, hint, isKey: isKey ?? false });
  }
}

interface SchemaFinding {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly isKey?: boolean;
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly patternErrorMessage?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly { readonly required?: readonly string[] }[];
}

function describe(error: ErrorObject, root: unknown): SchemaFinding | undefined {
  const { schemaPath, keyword, params, data } = error;
  if (schemaPath.includes('definitions/parameter/') || schemaPath.includes('/oneOf/'))
    return undefined;
  const path = pathOf(error.instancePath, root);
  const parent = (error.parentSchema ?? {}) as SchemaNode;
  const at = (message: string, hint?: string): SchemaFinding => ({ path, message, hint });
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = Object.keys(parent.properties ?? {});
      const near = suggest(key, known);
      const hint = near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`;
      return {
        path: [...path, key],
        message: `unknown field ${JSON.stringify(key)}`,
        hint,
        isKey: true,
      };
    }
    case 'required':
      return at(`${String(params['missingProperty'])} is missing`);
    case 'dependencies': {
      const { property, missingProperty } = params;
      return {
        path: [...path, String(property)],
        message: `${String(property)} belongs to ${String(missingProperty)}, which is not there`,
        isKey: true,
      };
    }
    case 'oneOf': {
      // What is no mapping fulfils every branch; its type is told already.
      if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
      const names = (parent.oneOf ?? []).flatMap((branch) => branch.required ?? []);
      const given = names.filter((name) => Object.hasOwn(data, name));
      const one = `exactly one of ${names.join(', ')} is needed`;
      return at(given.length === 0 ? one : `${one}; here are ${given.join(' and ')}`);
    }
    case 'anyOf':
    case 'propertyNames':
      return undefined;
    case 'enum': {
      const values = (parent.enum ?? []).map(String);
      const near = typeof data === 'string' ? suggest(data, values) : undefined;
      const hint = near === undefined ? undefined : `did you mean ${near}?`;
      return at(`${show(data)} is not one of ${values.join(', ')}`, hint);
    }
    case 'type': {
      const types = [parent.type ?? []].flat();
      const isMixed = parent.patternErrorMessage?.startsWith('must be a') === true;
      if (isMixed) return at(`${show(data)} ${parent.patternErrorMessage}`);
      const isBare = types.includes('string') && ['number', 'boolean'].includes(typeof data);
      const hint = isBare ? `in quotes it is text: '${String(data)}'` : undefined;
      return at(`${show(data)} must be ${types.map(typeName).join(' or ')}`, hint);
    }
    case 'pattern': {
      const text = parent.patternErrorMessage ?? error.message ?? 'is malformed';
      const value = error.propertyName ?? data;
      return at(`${show(value)} ${text}`);
    }
    case 'minimum':
    case 'maximum':
      return at(
        `${show(data)} must be ${keyword === 'minimum' ? 'at least' : 'at most'} ${String(params['limit'])}`,
      );
    case 'minItems':
      return at(`needs at least ${String(params['limit'])} entries`);
    default:
      return at(error.message ?? keyword);
  }
}

function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(value) ? Number(key) : key;
    path.push(step);
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  return path;
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['integer', 'a whole number'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a mapping'],
]);

function typeName(type: string): string {
  return TYPE_NAMES.get(type) ?? type;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
