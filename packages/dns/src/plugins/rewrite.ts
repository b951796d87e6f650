/**
 * `rewrite`: asks another question than was asked, and may put the names in the answer back.
 */
import type { Proc } from '@podwire/engine';
import {
  DNS_TYPES,
  type DnsData,
  type DnsQuestion,
  type DnsRecord,
  absoluteDnsName,
  dnsNamesEqual,
} from '@podwire/wire';
import type { Directive } from '../corefile.ts';
import {
  type DnsHandler,
  type DnsOutcome,
  type DnsPlugin,
  type DnsRequest,
  type PluginSetup,
  withQuestion,
} from '../plugin.ts';

const NAME = 'rewrite';

/** How one rule changes a name; undefined: it does not match. */
type NameChange = (name: string) => string | undefined;

interface Rule {
  readonly goesOn: boolean;
  readonly change: (question: DnsQuestion) => DnsQuestion | undefined;
  /** Turns names of the answer back; given the asked and the rewritten name. */
  readonly revert: 'names' | 'names-and-values' | undefined;
  readonly answerRules: readonly AnswerRule[];
  readonly ttl: ((seconds: number) => number) | undefined;
}

interface AnswerRule {
  readonly field: 'name' | 'value';
  readonly change: NameChange;
}

export function rewritePlugin(setup: PluginSetup): DnsPlugin | undefined {
  const rules = setup.directives.flatMap((directive) => parseRule(setup, directive));
  if (rules.length === 0) return undefined;
  return {
    name: NAME,
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      let current = request.question;
      const applied: { rule: Rule; from: string; to: string }[] = [];
      for (const rule of rules) {
        const changed = rule.change(current);
        if (changed === undefined) continue;
        applied.push({ rule, from: current.name, to: changed.name });
        current = changed;
        if (!rule.goesOn) break;
      }
      if (applied.length === 0) return yield* next(request);
      const outcome = yield* next(withQuestion(request, current));
      if (outcome.kind !== 'answered') return outcome;
      let { answers, additionals, authorities } = outcome.message;
      for (const { rule, from, to } of applied.reverse()) {
        const back = (records: readonly DnsRecord[]): DnsRecord[] =>
          records.map((record) => revertRecord(record, rule, from, to));
        answers = back(answers);
        additionals = back(additionals);
        authorities = back(authorities);
      }
      const questions = request.message.questions;
      return {
        ...outcome,
        message: { ...outcome.message, questions, answers, additionals, authorities },
      };
    },
  };
}

function parseRule(setup: PluginSetup, directive: Directive): Rule[] {
  const { line } = directive;
  let args = [...directive.args];
  let goesOn = false;
  if (args[0] === 'stop' || args[0] === 'continue') {
    goesOn = args[0] === 'continue';
    args = args.slice(1);
  }
  const [field, ...rest] = args;
  switch (field) {
    case 'name':
      return parseNameRule(setup, directive, rest, goesOn);
    case 'type':
    case 'class': {
      const [from, to] = rest.map((word) => word.toUpperCase());
      if (from === undefined || to === undefined) break;
      if (field === 'type' && (!DNS_TYPES.has(from) || !DNS_TYPES.has(to))) {
        setup.error(line, `invalid type ${from} or ${to}`);
        return [];
      }
      const change = (question: DnsQuestion): DnsQuestion | undefined =>
        question[field] === from ? { ...question, [field]: to } : undefined;
      return [{ goesOn, change, revert: undefined, answerRules: [], ttl: undefined }];
    }
    case 'ttl': {
      const [matcher, pattern, value] =
        rest.length === 3 ? rest : ['exact', rest[0] ?? '', rest[1] ?? ''];
      const change = nameChange(matcher ?? '', pattern ?? '', pattern ?? '');
      const ttl = ttlChange(value ?? '');
      if (change === undefined || ttl === undefined) break;
      const keep = (question: DnsQuestion): DnsQuestion | undefined =>
        change(question.name) === undefined ? undefined : question;
      return [{ goesOn, change: keep, revert: undefined, answerRules: [], ttl }];
    }
    case 'edns0':
    case 'rcode':
    case 'cname':
      setup.warn(line, `rewrite ${field} is not modelled`);
      return [];
    default:
      setup.error(line, `invalid rule type "${field ?? ''}"`);
      return [];
  }
  setup.error(line, `too few arguments for a ${field} rule`);
  return [];
}

function parseNameRule(
  setup: PluginSetup,
  directive: Directive,
  args: readonly string[],
  goesOn: boolean,
): Rule[] {
  const { line } = directive;
  const matchers = ['exact', 'prefix', 'suffix', 'substring', 'regex'];
  const hasMatcher = args.length > 2 && matchers.includes(args[0] ?? '');
  const [matcher, from, to, ...options] = hasMatcher ? args : ['exact', ...args];
  const changeName = nameChange(matcher ?? '', from ?? '', to ?? '');
  if (from === undefined || to === undefined || changeName === undefined) {
    setup.error(line, `too few arguments for a name rule`);
    return [];
  }
  let revert: Rule['revert'] = matcher === 'exact' ? 'names' : undefined;
  const answerRules: AnswerRule[] = [];
  for (let at = 0; at < options.length; ) {
    if (options[at] !== 'answer') {
      setup.error(line, `exceeded the number of arguments for a ${matcher} rule`);
      break;
    }
    const kind = options[at + 1];
    if (kind === 'auto') {
      revert = 'names-and-values';
      at += 2;
      continue;
    }
    const isNamed = kind === 'name' || kind === 'value';
    const change = nameChange(
      'regex',
      options[at + (isNamed ? 2 : 1)] ?? '',
      options[at + (isNamed ? 3 : 2)] ?? '',
    );
    if (change === undefined) setup.error(line, 'invalid regex pattern in a name rule');
    else answerRules.push({ field: kind === 'value' ? 'value' : 'name', change });
    at += isNamed ? 4 : 3;
  }
  const change = (question: DnsQuestion): DnsQuestion | undefined => {
    const name = changeName(question.name);
    return name === undefined ? undefined : { ...question, name };
  };
  return [{ goesOn, change, revert, answerRules, ttl: undefined }];
}

function nameChange(matcher: string, from: string, to: string): NameChange | undefined {
  switch (matcher) {
    case 'exact':
      return (name) =>
        dnsNamesEqual(name, absoluteDnsName(from)) ? absoluteDnsName(to) : undefined;
    case 'prefix':
      return (name) =>
        name.toLowerCase().startsWith(from.toLowerCase())
          ? to + name.slice(from.length)
          : undefined;
    case 'suffix': {
      const suffix = absoluteDnsName(from).toLowerCase();
      return (name) =>
        name.toLowerCase().endsWith(suffix)
          ? name.slice(0, name.length - suffix.length) + absoluteDnsName(to)
          : undefined;
    }
    case 'substring':
      return (name) =>
        name.toLowerCase().includes(from.toLowerCase())
          ? name.toLowerCase().replaceAll(from.toLowerCase(), to)
          : undefined;
    case 'regex': {
      const pattern = compile(from);
      if (pattern === undefined) return undefined;
      return (name) => {
        const match = pattern.exec(name.toLowerCase());
        if (match === null) return undefined;
        // {1} stands for what the first group matched.
        return absoluteDnsName(
          to.replaceAll(/\{(\d+)\}/g, (_, group: string) => match[Number(group)] ?? ''),
        );
      };
    }
    default:
      return undefined;
  }
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}

/** `30`, or a range `30-60`, `30-`, `-60`. */
function ttlChange(text: string): ((seconds: number) => number) | undefined {
  const match = /^(\d*)(-?)(\d*)$/.exec(text);
  if (match === null || text === '' || text === '-') return undefined;
  const least = match[1] === '' ? 0 : Number(match[1]);
  if (match[2] === '') return () => least;
  const most = match[3] === '' ? 2 ** 31 - 1 : Number(match[3]);
  return (seconds) => Math.min(Math.max(seconds, least), most);
}

function revertRecord(record: DnsRecord, rule: Rule, from: string, to: string): DnsRecord {
  let { name, data, ttlSec } = record;
  if (rule.revert !== undefined && dnsNamesEqual(name, to)) name = from;
  if (rule.revert === 'names-and-values') {
    data = mapTarget(data, (target) => (dnsNamesEqual(target, to) ? from : target));
  }
  for (const { field, change } of rule.answerRules) {
    if (field === 'name') name = change(name) ?? name;
    else data = mapTarget(data, (target) => change(target) ?? target);
  }
  if (rule.ttl !== undefined) ttlSec = rule.ttl(ttlSec);
  return { ...record, name, data, ttlSec };
}

function mapTarget(data: DnsData, change: (target: string) => string): DnsData {
  switch (data.kind) {
    case 'name':
    case 'srv':
    case 'mx':
      return { ...data, target: change(data.target) };
    default:
      return data;
  }
}
