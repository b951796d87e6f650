/**
 * Label and field selectors: parsed from query text or from a LabelSelector, matched, printed.
 *
 * Grammar and error texts follow k8s.io/apimachinery/pkg/labels and pkg/fields.
 */
import type { LabelSelector, StringMap } from './types/meta.ts';
import { compareText } from './object.ts';

export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  /** Sorted; for `gt` and `lt` one integer. */
  readonly values: readonly string[];
}

/** All requirements must hold. An empty selector matches everything. */
export interface Selector {
  readonly requirements: readonly Requirement[];
  /** A selector that matches nothing, as a missing LabelSelector. */
  readonly isNothing: boolean;
}

export const SELECT_EVERYTHING: Selector = { requirements: [], isNothing: false };
export const SELECT_NOTHING: Selector = { requirements: [], isNothing: true };

/** Parses `app=web,tier in (a, b),!legacy`; a string is the reason why it cannot be parsed. */
export function parseSelector(text: string): Selector | string {
  const tokens = tokenize(text);
  const requirements: Requirement[] = [];
  let at = 0;
  const peek = (): string => tokens[at] ?? '';
  if (tokens.length === 0) return SELECT_EVERYTHING;
  for (;;) {
    const parsed = parseRequirement();
    if (typeof parsed === 'string') return parsed;
    requirements.push(parsed);
    if (at >= tokens.length) break;
    if (peek() !== ',') return `found '${peek()}', expected: ',' or 'end of string'`;
    at++;
    if (at >= tokens.length) return "found '', expected: identifier after ','";
  }
  requirements.sort((a, b) => compareText(a.key, b.key));
  return { requirements, isNothing: false };

  function parseRequirement(): Requirement | string {
    const isNegated = peek() === '!';
    if (isNegated) at++;
    const key = peek();
    if (key === '' || isSymbol(key))
      return `found '${key}', expected: !, identifier, or 'end of string'`;
    const problem = labelKeyProblem(key);
    if (problem !== undefined) return `key: Invalid value: ${JSON.stringify(key)}: ${problem}`;
    at++;
    if (isNegated) return { key, operator: '!', values: [] };
    const operator = peek();
    if (operator === '' || operator === ',') return { key, operator: 'exists', values: [] };
    at++;
    switch (operator) {
      case '=':
      case '==':
      case '!=':
      case '>':
      case '<': {
        const value = isSymbol(peek()) ? '' : peek();
        if (value !== '') at++;
        return finish(key, operator, [value]);
      }
      case 'in':
      case 'notin': {
        if (peek() !== '(') return `found '${peek()}' expected: '('`;
        at++;
        const values: string[] = [];
        for (;;) {
          const token = peek();
          if (token === ')') {
            if (values.length === 0 || tokens[at - 1] === ',') values.push('');
            at++;
            break;
          }
          if (token === '') return "found '', expected: ',', ')' or identifier";
          if (token === ',') {
            if (tokens[at - 1] === ',' || tokens[at - 1] === '(') values.push('');
            at++;
            continue;
          }
          if (isSymbol(token)) return `found '${token}', expected: ',', ')' or identifier`;
          if (at > 0 && !['(', ','].includes(tokens[at - 1] ?? '')) {
            return `found '${token}', expected: ',' or ')'`;
          }
          values.push(token);
          at++;
        }
        return finish(key, operator, values);
      }
      default:
        return `found '${operator}', expected: in, notin, =, ==, !=, gt, lt`;
    }
  }
}

function finish(key: string, operator: string, values: string[]): Requirement | string {
  if (operator === '>' || operator === '<') {
    if (!/^[+-]?\d+$/.test(values[0] ?? '')) {
      return `values[0]: Invalid value: ${JSON.stringify(values[0] ?? '')}: for 'Gt', 'Lt' operators, the value must be an integer`;
    }
    return { key, operator: operator === '>' ? 'gt' : 'lt', values };
  }
  for (const [index, value] of values.entries()) {
    const problem = labelValueProblem(value);
    if (problem !== undefined) {
      return `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${problem}`;
    }
  }
  const sorted = [...new Set(values)].sort(compareText);
  return { key, operator: operator as SelectorOperator, values: sorted };
}

const SYMBOLS: ReadonlySet<string> = new Set(['(', ')', ',', '!', '=', '==', '!=', '>', '<']);

function isSymbol(token: string): boolean {
  return SYMBOLS.has(token);
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === ' ' || char === '\t' || char === '\r' || char === '\n') {
      at++;
    } else if ('(),!=<>'.includes(char)) {
      const pair = text.slice(at, at + 2);
      const token = pair === '==' || pair === '!=' ? pair : char;
      tokens.push(token);
      at += token.length;
    } else {
      let end = at;
      while (end < text.length && !' \t\r\n(),!=<>'.includes(text[end] ?? '')) end++;
      tokens.push(text.slice(at, end));
      at = end;
    }
  }
  return tokens;
}

/** Selectors of what is frozen: those of stored objects are asked for at every sync. */
const bySelector = new WeakMap<LabelSelector, Selector>();
const byMap = new WeakMap<StringMap, Selector>();

/** The selector of a LabelSelector: a missing one selects nothing, an empty one everything. */
export function selectorOf(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return SELECT_NOTHING;
  if (!Object.isFrozen(selector)) return makeSelector(selector);
  let made = bySelector.get(selector);
  if (made === undefined) {
    made = makeSelector(selector);
    bySelector.set(selector, made);
  }
  return made;
}

function makeSelector(selector: LabelSelector): Selector {
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]) => ({ key, operator: '=', values: [value] }),
  );
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const sorted = [...(values ?? [])].sort(compareText);
    switch (operator) {
      case 'In':
        requirements.push({ key, operator: 'in', values: sorted });
        break;
      case 'NotIn':
        requirements.push({ key, operator: 'notin', values: sorted });
        break;
      case 'Exists':
        requirements.push({ key, operator: 'exists', values: [] });
        break;
      case 'DoesNotExist':
        requirements.push({ key, operator: '!', values: [] });
        break;
      default:
        return SELECT_NOTHING;
    }
  }
  requirements.sort((a, b) => compareText(a.key, b.key));
  return { requirements, isNothing: false };
}

/** The selector of a map of labels, as a Service has it; an empty or missing map selects everything. */
export function selectorOfMap(labels: StringMap | undefined): Selector {
  if (labels === undefined || !Object.isFrozen(labels)) {
    return makeSelector({ matchLabels: labels ?? {} });
  }
  let made = byMap.get(labels);
  if (made === undefined) {
    made = makeSelector({ matchLabels: labels });
    byMap.set(labels, made);
  }
  return made;
}

export function matchesSelector(selector: Selector, labels: StringMap | undefined): boolean {
  if (selector.isNothing) return false;
  for (const requirement of selector.requirements) {
    // What a map of labels inherits (`constructor`) is no text.
    const value: unknown = labels?.[requirement.key];
    if (!matchesRequirement(requirement, typeof value === 'string' ? value : undefined)) {
      return false;
    }
  }
  return true;
}

export function matchesRequirement(requirement: Requirement, value: string | undefined): boolean {
  const { operator, values } = requirement;
  switch (operator) {
    case '=':
    case '==':
      return value === values[0];
    case '!=':
      return value !== values[0];
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
      return isInteger(value) && Number(value) > Number(values[0]);
    case 'lt':
      return isInteger(value) && Number(value) < Number(values[0]);
  }
}

function isInteger(value: string | undefined): value is string {
  return value !== undefined && /^[+-]?\d+$/.test(value);
}

/** As labels.Selector.String() prints it: `app=web,tier in (a,b),!legacy`. */
export function formatSelector(selector: Selector): string {
  return selector.requirements.map(formatRequirement).join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case '!':
      return `!${key}`;
    case 'exists':
      return key;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0] ?? ''}`;
    case 'lt':
      return `${key}<${values[0] ?? ''}`;
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${values[0] ?? ''}`;
  }
}

/** One term of a field selector. */
export interface FieldTerm {
  readonly field: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** Parses `spec.nodeName=n1,status.phase!=Failed`; a string is the reason why it cannot be parsed. */
export function parseFieldSelector(text: string): readonly FieldTerm[] | string {
  const terms: FieldTerm[] = [];
  for (const part of splitUnescaped(text)) {
    if (part === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
    if (match === null) return `invalid selector: '${part}'; can't understand '${part}'`;
    const [, field = '', operator = '', value = ''] = match;
    terms.push({ field, isEqual: operator !== '!=', value: value.replace(/\\(.)/gs, '$1') });
  }
  return terms;
}

function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') {
      part += char + (text[at + 1] ?? '');
      at++;
    } else if (char === ',') {
      parts.push(part);
      part = '';
    } else {
      part += char;
    }
  }
  parts.push(part);
  return parts;
}

export function formatFieldSelector(terms: readonly FieldTerm[]): string {
  return terms
    .map(({ field, isEqual, value }) => {
      const escaped = value.replace(/[\\,=]/g, (char) => `\\${char}`);
      return `${field}${isEqual ? '=' : '!='}${escaped}`;
    })
    .join(',');
}

const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const NO_PROBLEMS: readonly string[] = [];

const NAME_PART_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** Why a text is no label key (validation.IsQualifiedName), the first reason. */
export function labelKeyProblem(key: string): string | undefined {
  return labelKeyProblems(key)[0];
}

/** All reasons why a text is no label key (1.36 IsLabelKey). */
export function labelKeyProblems(key: string): readonly string[] {
  if (key.length <= 63 && NAME_PART.test(key)) return NO_PROBLEMS;
  const parts = key.split('/');
  const problems: string[] = [];
  const name = parts.at(-1) ?? '';
  if (parts.length > 2) {
    return [
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  }
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') problems.push('prefix part must be non-empty');
    else {
      if (prefix.length > 253) problems.push('prefix part must be no more than 253 bytes');
      if (!SUBDOMAIN.test(prefix)) {
        problems.push(
          "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        );
      }
    }
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push('name part must be no more than 63 bytes');
  if (!NAME_PART.test(name)) problems.push(NAME_PART_TEXT);
  return problems;
}

/** Why a text is no label value (validation.IsValidLabelValue). */
export function labelValueProblem(value: string): string | undefined {
  return labelValueProblems(value)[0];
}

export function labelValueProblems(value: string): readonly string[] {
  if (value === '' || (value.length <= 63 && NAME_PART.test(value))) return NO_PROBLEMS;
  const problems: string[] = [];
  if (value.length > 63) problems.push('must be no more than 63 bytes');
  if (value !== '' && !NAME_PART.test(value)) {
    problems.push(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    );
  }
  return problems;
}
