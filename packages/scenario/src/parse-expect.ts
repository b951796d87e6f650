/**
 * A step's `expect`.
 */
import { parseSelector } from '@podwire/api';
import { evaluateJsonPath } from '@podwire/kubectl';
import type { Field } from './field.ts';
import { parseRange, parseShare, parseShareRange } from './quantities.ts';
import type {
  BackendExpectation,
  Expectation,
  JsonExpectation,
  TextExpectation,
} from './scenario.ts';

export function parseExpect(field: Field): Expectation | undefined {
  if (!field.exists) return undefined;
  const json = field.get('json');
  const successes = field.get('successes');
  const range = successes.textOrNumber;
  const parsedRange = range === undefined ? undefined : parseRange(range);
  if (range !== undefined && parsedRange === undefined) {
    badExpectation(successes, `${String(range)} is not a range such as 3..7`);
  }
  return {
    pos: field.source.posOf(field.path),
    exit: field.get('exit').number,
    output: parseText(field.isText ? field : field.get('output')),
    stderr: parseText(field.get('stderr')),
    json: (json.isMap ? [json] : json.items).flatMap(parseJson),
    status: field.get('status').number,
    backends: parseBackends(field.get('backends')),
    source: field.get('source').text,
    withinNs: field.get('within').durationNs,
    atLeastNs: field.get('atLeast').durationNs,
    successes: parsedRange,
  };
}

function parseText(field: Field): TextExpectation | undefined {
  if (!field.exists) return undefined;
  const texts = (key: string): readonly string[] =>
    field.get(key).texts.flatMap((item) => item.text ?? []);
  const patterns = (key: string): readonly RegExp[] =>
    field.get(key).texts.flatMap((item) => parsePattern(item) ?? []);
  return {
    contains: field.text === undefined ? texts('contains') : [field.text],
    notContains: texts('notContains'),
    matches: patterns('matches'),
    notMatches: patterns('notMatches'),
    equals: field.get('equals').anyText,
    lines: field.get('lines').number,
  };
}

/** `^` and `$` stand for the ends of lines. */
function parsePattern(field: Field): RegExp | undefined {
  try {
    return new RegExp(field.text ?? '', 'm');
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*\/m?: /, '') : 'malformed';
    badExpectation(field, `not a regular expression: ${reason}`);
    return undefined;
  }
}

function parseJson(field: Field): JsonExpectation[] {
  const path = field.get('path').text;
  if (path === undefined) return [];
  const problem = evaluateJsonPath(path, {});
  if (typeof problem === 'string' && problem.startsWith('error parsing')) {
    badExpectation(field.get('path'), problem);
  }
  const pattern = field.get('matches');
  const matches = pattern.isText ? parsePattern(pattern) : undefined;
  const exists = field.get('exists').boolean;
  const hasEquals = field.has('equals');
  const says = hasEquals || pattern.isText || exists !== undefined;
  return [
    {
      path,
      ...(hasEquals ? { equals: field.get('equals').value } : {}),
      ...(matches === undefined ? {} : { matches }),
      // A path alone must exist.
      ...(says ? (exists === undefined ? {} : { exists }) : { exists: true }),
    },
  ];
}

function parseBackends(field: Field): BackendExpectation | undefined {
  if (!field.exists) return undefined;
  const list = field.isMap ? field.get('names') : field;
  const names = list.items.flatMap((item) => item.text ?? []);
  const selector = field.get('selector');
  if (selector.text !== undefined) {
    const parsed = parseSelector(selector.text);
    if (typeof parsed === 'string') badExpectation(selector, parsed);
  }
  const each = field.get('each');
  const range = each.text === undefined ? undefined : parseShareRange(each.text);
  if (each.text !== undefined && range === undefined) {
    badExpectation(each, `"${each.text}" is not a share such as ">= 20%" or "20%..50%"`);
  }
  return {
    names: names.length === 0 ? undefined : names,
    selector: selector.text,
    namespace: field.get('namespace').text ?? 'default',
    count: field.get('count').number,
    eachPercentMin: range?.min,
    eachPercentMax: range?.max,
    shares: field.get('share').entries.flatMap(([prefix, value]) => {
      const share = value.text === undefined ? undefined : parseShare(value.text);
      if (share !== undefined) return [{ prefix, ...share }];
      if (value.isText)
        badExpectation(value, `"${value.text ?? ''}" is not a share such as "20% ± 5%"`);
      return [];
    }),
    same: field.get('same').boolean ?? false,
  };
}

function badExpectation(field: Field, message: string): void {
  field.add({ code: 'PW3003', message });
}
