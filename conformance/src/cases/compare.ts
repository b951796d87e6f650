/**
 * Holds what a probe saw against what it expects; pure.
 *
 * Every key of `expect` has a rule here. `expectProblem` says before the run which one has none.
 */
import { type Fields, isFields, textOf } from './case-file.ts';
import { DNS_RULES } from './compare-dns.ts';
import {
  EDGE_RULES,
  ON_ANNOUNCER,
  ONE_COOKIE,
  judgeAnnouncer,
  judgeOneCookie,
  judgePorts,
  portCounts,
} from './compare-edge.ts';
import { type Facts, findPod, podIP } from './facts.ts';
import type { Observation } from './observe.ts';
import {
  countBackends,
  distributionCheck,
  hasOutcome,
  isNamed,
  outcomeClauses,
  outcomeWords,
  sourceCheck,
  tellCounts,
} from './phrases.ts';
import { withoutPlaceholders } from './placeholders.ts';

export interface JudgeContext {
  readonly facts: Facts;
  /** The sender's own addresses. */
  readonly sender: readonly string[];
  /** Who answered earlier probes, by probe. */
  readonly earlier: readonly (readonly string[])[];
}

export interface Rule {
  /** What is wrong with the expectation itself, before anything runs. */
  readonly problem?: (value: unknown, expect: Fields) => string | undefined;
  /** What does not hold, one sentence each. */
  readonly judge: (
    value: unknown,
    seen: readonly Observation[],
    context: JudgeContext,
    expect: Fields,
  ) => readonly string[];
}

/** Keys that explain or that are read elsewhere. */
const PASSED: ReadonlySet<string> = new Set([
  'note',
  'why',
  'interval',
  'senderIP',
  'after seconds',
  'compareCase',
  'at',
  'locationMatch',
  'certificateFor',
]);

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['outcome', { problem: outcomeProblem, judge: judgeOutcome }],
  ['backends', { problem: backendsProblem, judge: judgeBackends }],
  ['distribution', { problem: distributionProblem, judge: judgeDistribution }],
  ['sourceIPSeen', { problem: sourceProblem, judge: judgeSource }],
  ['status', each((value, seen) => same('HTTP status', value, seen.status))],
  ['header', { judge: judgeHeaders }],
  ['headers', { judge: judgeHeaders }],
  ['body', each(judgeBody)],
  ['contains', each((value, seen) => containsAll(value, output(seen)))],
  ['notContains', each((value, seen) => containsNone(value, output(seen)))],
  ['output', each((value, seen) => judgeText('output', value, output(seen)))],
  ['stdout', each((value, seen) => judgeText('stdout', value, seen.stdout))],
  ['lines', each((value, seen) => containsLines(value, seen.stdout))],
  ['exitCode', each((value, seen) => same('exit status', value, seen.exitCode))],
  ['curlExit', each((value, seen) => same("curl's exit status", value, seen.exitCode))],
  ['errorText', each(judgeErrorText)],
  ['ttl', each(judgeTtl)],
  ['mtu', each((value, seen) => same('MTU', value, seen.mtu))],
  ['from', { judge: judgeFrom }],
  ['seconds', { problem: secondsProblem, judge: judgeSeconds }],
  ['maxSeconds', each((value, seen) => atMost('seconds', seen.seconds, Number(value)))],
  ['minSeconds', each((value, seen) => atLeast('seconds', seen.seconds, Number(value)))],
  ...DNS_RULES,
  ...EDGE_RULES,
]);

/** Why the expectation cannot be judged here. */
export function expectProblem(expect: Fields): string | undefined {
  for (const [key, value] of Object.entries(expect)) {
    if (PASSED.has(key)) continue;
    const rule = RULES.get(key);
    if (rule === undefined) return `the expectation ${key} is not known`;
    const problem = rule.problem?.(value, expect);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What does not hold, one sentence each. */
export function judge(
  expect: Fields,
  seen: readonly Observation[],
  context: JudgeContext,
): readonly string[] {
  const problems: string[] = [];
  for (const [key, value] of Object.entries(expect)) {
    if (PASSED.has(key)) continue;
    problems.push(...(RULES.get(key)?.judge(value, seen, context, expect) ?? []));
  }
  return [...new Set(problems)];
}

/** A rule that must hold for every answer. */
export function each(
  check: (value: unknown, seen: Observation, expect: Fields) => string | undefined,
): Rule {
  return {
    judge: (value, seen, _context, expect) => {
      const problem = seen
        .map((one) => check(value, one, expect))
        .find((text) => text !== undefined);
      return problem === undefined ? [] : [problem];
    },
  };
}

function same(what: string, expected: unknown, actual: unknown): string | undefined {
  if (textOf(expected) === textOf(actual)) return undefined;
  return `${what} is ${actual === undefined ? 'missing' : textOf(actual)}, expected ${textOf(expected)}`;
}

function atMost(what: string, value: number, most: number): string | undefined {
  return value <= most ? undefined : `took ${value.toFixed(3)} ${what}, expected at most ${most}`;
}

function atLeast(what: string, value: number, least: number): string | undefined {
  return value >= least
    ? undefined
    : `took ${value.toFixed(3)} ${what}, expected at least ${least}`;
}

function output(seen: Observation): string {
  return `${seen.stdout}${seen.stderr}`;
}

function outcomeText(value: unknown): string {
  return Array.isArray(value) ? value.join('|') : textOf(value);
}

function outcomeProblem(value: unknown): string | undefined {
  const text = outcomeText(value);
  const isUnderstood = outcomeWords(text) !== undefined || outcomeClauses(text) !== undefined;
  return isUnderstood ? undefined : `the outcome "${text}" is not understood`;
}

function judgeOutcome(
  value: unknown,
  seen: readonly Observation[],
  context: JudgeContext,
): string[] {
  const text = outcomeText(value);
  const words = outcomeWords(text);
  if (words !== undefined) {
    const wrong = seen.findIndex(({ outcomes }) => !hasOutcome(outcomes, words));
    const one = seen[wrong];
    if (one === undefined) return [];
    const which = seen.length > 1 ? ` in try ${wrong + 1} of ${seen.length}` : '';
    return [`outcome ${tellOutcome(one)}${which}, expected ${text}`];
  }
  return judgeClauses(text, seen, context);
}

function judgeClauses(
  text: string,
  seen: readonly Observation[],
  _context: JudgeContext,
): string[] {
  const clauses = outcomeClauses(text) ?? [];
  const matched = clauses.map(() => 0);
  const problems: string[] = [];
  for (const one of seen) {
    const index = clauses.findIndex(
      ({ words, pods }) =>
        hasOutcome(one.outcomes, words) &&
        (pods === undefined || pods.some((name) => isNamed(one.backend ?? '', name))),
    );
    if (index < 0) problems.push(`outcome ${tellOutcome(one)}, expected ${text}`);
    else matched[index] = (matched[index] ?? 0) + 1;
  }
  clauses.forEach(({ share, words }, index) => {
    const part = (matched[index] ?? 0) / Math.max(1, seen.length);
    if (share === undefined || (part >= share.min && part <= share.max)) return;
    problems.push(
      `${words.join(' or ')} in ${Math.round(part * 100)} % of the tries, expected ${text}`,
    );
  });
  return problems.slice(0, 3);
}

export function tellOutcome(seen: Observation): string {
  const word = seen.outcomes[0] ?? 'nothing';
  const detail =
    seen.backend === undefined
      ? lastLine(seen.stderr.replaceAll(/^[*<>}{] ?.*$/gm, ''))
      : `from ${seen.backend}, which saw ${seen.sourceIP ?? 'nobody'}`;
  return detail === '' ? word : `${word} (${detail})`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

function backendsProblem(value: unknown): string | undefined {
  if (Array.isArray(value)) return undefined;
  if (typeof value !== 'string') return 'backends are neither a list nor a text';
  const isUnderstood =
    backendsPhrase(value) !== undefined ||
    earlierProbe(value) !== undefined ||
    distributionCheck(value) !== undefined ||
    namesIn(value) !== undefined;
  return isUnderstood ? undefined : `the backends "${value}" are not understood`;
}

/** "the same as before", "same as probe 1", "the same one as in probe 2": counted from 0, -1 the last. */
function earlierProbe(
  text: string,
): { readonly index: number; readonly isOther: boolean } | undefined {
  const match =
    /^(?:still )?(?:the )?(same|other|another)(?: one| pod)? (?:as|than) (?:in |of )?(?:(?:the )?probe (\d+)|(?:the )?(first|previous|last) (?:probe|one)|before(?: the step)?)$/i.exec(
      text
        .trim()
        .replace(/^the (?:one|pod) that answered before$/, 'the same as before')
        .replace(/^the other(?: one| pod)?$/, 'another than before'),
    );
  if (match === null) return undefined;
  const isOther = (match[1] ?? '').toLowerCase() !== 'same';
  if (match[2] !== undefined) return { index: Number(match[2]) - 1, isOther };
  return { index: match[3] === 'first' ? 0 : -1, isOther };
}

/** "not w1", "always the same one of w1, w2", "always the same one as in probe 1". */
function backendsPhrase(
  text: string,
): ((backends: readonly string[], context: JudgeContext) => string[]) | undefined {
  if (
    /^(?:any|one|either|all)(?: of)?(?: the| them)?(?: (?:two|three|four|\d+))?(?: pods)?$/.test(
      text,
    )
  ) {
    return () => [];
  }
  const others = /^(?:not|never|any but|all but) (.+)$/.exec(text)?.[1];
  const unwanted = others === undefined ? undefined : namesIn(others);
  if (unwanted !== undefined) {
    return (backends) => {
      const isHit = backends.some((pod) => unwanted.some((name) => isNamed(pod, bareName(name))));
      return isHit ? [`answers from ${tellCounts(backends)}, expected ${text}`] : [];
    };
  }
  const match = /^(always the same (?:one|pod))(?:,? (?:one )?of (.+)|,? (?:but )?(.+))$/.exec(
    text,
  );
  const same = match === null ? undefined : distributionCheck(match[1] ?? '');
  if (match === null || same === undefined) return undefined;
  const names = match[2] === undefined ? undefined : namesIn(match[2]);
  const rest = match[3] ?? '';
  const earlier = earlierProbe(rest.startsWith('as ') ? `the same ${rest}` : rest);
  const isOther = backendsPhrase(rest);
  if (names === undefined && earlier === undefined && isOther === undefined) return undefined;
  return (backends, context) => [
    ...asList(same({ backends, expected: [] })),
    ...(names === undefined ? [] : strangers(backends, names)),
    ...(earlier === undefined ? [] : judgeEarlier(earlier, backends, context)),
    ...(isOther === undefined ? [] : isOther(backends, context)),
  ];
}

function strangers(backends: readonly string[], names: readonly string[]): string[] {
  const strange = [...countBackends(backends).keys()].filter(
    (pod) => !names.some((name) => isNamed(pod, bareName(name))),
  );
  if (strange.length === 0) return [];
  return [`answers from ${tellCounts(backends)}, expected only ${names.join(', ')}`];
}

/** "w1", "only w1", "w1 or w2", "w1|w2", "one of w1, w2". */
function namesIn(text: string): readonly string[] | undefined {
  const names = text
    .replace(/^(?:only|always|any of|one of|either) /, '')
    .replace(/,? (?:only|always)$/, '')
    .split(/\||, ?| or | and /)
    .map((name) => name.trim());
  return names.every((name) => /^[a-z0-9][\w./*-]*$/.test(name)) ? names : undefined;
}

/** Who may answer, as the case names them. */
function expectedBackends(expect: Fields): readonly string[] {
  const { backends } = expect;
  if (Array.isArray(backends)) return backends.map((name) => bareName(textOf(name)));
  if (typeof backends !== 'string' || distributionCheck(backends) !== undefined) return [];
  return (namesIn(backends) ?? []).map(bareName);
}

function bareName(reference: string): string {
  return reference.slice(reference.indexOf('/') + 1);
}

function answered(seen: readonly Observation[]): string[] {
  return seen.map(({ backend }) => backend).filter((name) => name !== undefined);
}

function judgeBackends(
  value: unknown,
  seen: readonly Observation[],
  context: JudgeContext,
  expect: Fields,
): string[] {
  const backends = answered(seen);
  if (backends.length === 0) {
    const mayFail = !/\bok\b/.test(outcomeText(expect['outcome'] ?? 'ok'));
    return mayFail ? [] : ['no pod answered'];
  }
  if (typeof value === 'string') {
    const phrase = backendsPhrase(value);
    if (phrase !== undefined) return phrase(backends, context);
    const earlier = earlierProbe(value);
    if (earlier !== undefined) return judgeEarlier(earlier, backends, context);
    const check = distributionCheck(value);
    if (check !== undefined) return asList(check({ backends, expected: [] }));
  }
  return strangers(backends, expectedBackends(expect));
}

function judgeEarlier(
  { index, isOther }: { readonly index: number; readonly isOther: boolean },
  backends: readonly string[],
  context: JudgeContext,
): string[] {
  const before = context.earlier.at(index)?.at(-1);
  const isSame = backends.every((name) => name === before);
  if (before !== undefined && isSame !== isOther) return [];
  return [
    `answers from ${tellCounts(backends)}, expected ${isOther ? 'another than' : ''} ${before ?? 'nobody'}`,
  ];
}

function asList(problem: string | undefined): string[] {
  return problem === undefined ? [] : [problem];
}

function distributionProblem(value: unknown): string | undefined {
  const texts = distributionTexts(value);
  const bad = texts.find(
    (text) =>
      portCounts(text) === undefined &&
      !ONE_COOKIE.test(text) &&
      !ON_ANNOUNCER.test(text) &&
      distributionCheck(text) === undefined,
  );
  return bad === undefined ? undefined : `the distribution "${bad}" is not understood`;
}

/** A phrase, with what it says of cookies apart, or one for each name. */
function distributionTexts(value: unknown): readonly string[] {
  if (!isFields(value)) {
    const [phrase = '', ...rest] = textOf(value).split(
      /; (?=only the first response)|, (?=the one on the announcing node)/,
    );
    return [phrase, ...rest];
  }
  return Object.entries(value).map(([name, words]) => {
    return `${name} ${typeof words === 'number' ? `exactly ${words} times` : textOf(words)}`;
  });
}

function judgeDistribution(
  value: unknown,
  seen: readonly Observation[],
  { facts }: JudgeContext,
  expect: Fields,
): string[] {
  const spread = { backends: answered(seen), expected: expectedBackends(expect) };
  return distributionTexts(value).flatMap((text) => {
    const ports = portCounts(text);
    if (ports !== undefined) return judgePorts(ports, seen);
    if (ONE_COOKIE.test(text)) return judgeOneCookie(seen);
    if (ON_ANNOUNCER.test(text)) return judgeAnnouncer(seen, facts);
    return asList(distributionCheck(text)?.(spread));
  });
}

function sourceProblem(value: unknown): string | undefined {
  // A placeholder stands for an address.
  const isUnderstood = sourceCheck(withoutPlaceholders(textOf(value), '192.0.2.1')) !== undefined;
  return isUnderstood ? undefined : `the source "${textOf(value)}" is not understood`;
}

function judgeSource(
  value: unknown,
  seen: readonly Observation[],
  context: JudgeContext,
): string[] {
  const check = sourceCheck(textOf(value))?.(context);
  if (check === undefined) return [`nothing is known of ${textOf(value)}`];
  const sources = seen.map(({ sourceIP }) => sourceIP).filter((source) => source !== undefined);
  if (sources.length === 0) return ['no answer tells whom the pod saw'];
  return asList(sources.map(check).find((problem) => problem !== undefined));
}

function judgeHeaders(value: unknown, seen: readonly Observation[]): string[] {
  if (!isFields(value)) return ['headers are not a mapping'];
  return Object.entries(value).flatMap(([name, expected]) =>
    asList(
      seen
        .map(({ headers }) => same(`header ${name}`, expected, headers?.get(name.toLowerCase())))
        .find((problem) => problem !== undefined),
    ),
  );
}

function judgeBody(value: unknown, seen: Observation): string | undefined {
  const text = seen.body ?? '';
  const quoted = /^OpenShift page "(.+)"$/.exec(textOf(value))?.[1];
  if (quoted !== undefined) {
    return text.includes(quoted) ? undefined : `the body is ${shown(text)}`;
  }
  if (!isFields(value))
    return text.includes(textOf(value)) ? undefined : `the body is ${shown(text)}`;
  try {
    return partlyEqual('body', value, JSON.parse(text));
  } catch {
    return `the body is not JSON: ${shown(text)}`;
  }
}

/** Objects are compared by the fields that are expected; lists as a whole. */
export function partlyEqual(path: string, expected: unknown, actual: unknown): string | undefined {
  if (isFields(expected)) {
    if (!isFields(actual)) return `${path} is ${shown(actual)}, expected ${shown(expected)}`;
    return Object.entries(expected)
      .map(([key, value]) => partlyEqual(`${path}.${key}`, value, actual[key]))
      .find((problem) => problem !== undefined);
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return `${path} is ${shown(actual)}, expected ${shown(expected)}`;
    }
    return expected
      .map((value, index) => partlyEqual(`${path}[${index}]`, value, actual[index]))
      .find((problem) => problem !== undefined);
  }
  if (expected === null || expected === 'absent') {
    return actual === undefined || actual === null
      ? undefined
      : `${path} is ${shown(actual)}, expected none`;
  }
  if (expected === 'set' || expected === 'present' || expected === 'allocated') {
    return actual === undefined || actual === '' ? `${path} is missing` : undefined;
  }
  return expected === actual
    ? undefined
    : `${path} is ${shown(actual)}, expected ${shown(expected)}`;
}

export function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? 'missing');
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [textOf(value)];
}

function containsAll(value: unknown, text: string): string | undefined {
  const missing = textList(value).find((part) => !text.includes(part));
  return missing === undefined ? undefined : `the output has no ${shown(missing)}: ${shown(text)}`;
}

function containsNone(value: unknown, text: string): string | undefined {
  const found = textList(value).find((part) => text.includes(part));
  return found === undefined ? undefined : `the output has ${shown(found)}`;
}

function containsLines(value: unknown, text: string): string | undefined {
  const words = (line: string): string => line.trim().replaceAll(/\s+/g, ' ');
  const lines = new Set(text.split('\n').map(words));
  const missing = textList(value).find((line) => !lines.has(words(line)));
  return missing === undefined
    ? undefined
    : `the output has no line ${shown(missing)}: ${shown(text)}`;
}

/** A text that is the output, or the words "contains A and B". */
function judgeText(what: string, value: unknown, text: string): string | undefined {
  const expected = textOf(value);
  const parts = /^contains (.+)$/s.exec(expected)?.[1]?.split(/ and /);
  if (parts !== undefined) return containsAll(parts, text);
  if (text.trim() === expected.trim()) return undefined;
  return `${what} is ${shown(text.trim())}, expected ${shown(expected.trim())}`;
}

function judgeErrorText(value: unknown, seen: Observation): string | undefined {
  const text = `${output(seen)}\n${seen.resolver?.errorText ?? ''}`;
  const isFound = textOf(value)
    .split(/\|/)
    .some((part) => text.includes(part.trim()));
  return isFound
    ? undefined
    : `the error is ${shown(seen.resolver?.errorText ?? text)}, expected ${shown(value)}`;
}

/** What ping prints, or the TTL of all records of an answer. */
function judgeTtl(value: unknown, seen: Observation): string | undefined {
  if (seen.dns === undefined) return same('TTL', value, seen.ttl);
  const ttls = seen.dns.answer.map((line) => Number(line.split(' ')[1]));
  const range = /^(?:<=?|at most) ?(\d+)$/.exec(textOf(value))?.[1];
  const span = /^(\d+) ?(?:\.\.|-|–|to) ?(\d+)$/.exec(textOf(value));
  const isGood = (ttl: number): boolean => {
    if (range !== undefined) return ttl <= Number(range);
    if (span !== null) return ttl >= Number(span[1]) && ttl <= Number(span[2]);
    return ttl === Number(value);
  };
  return ttls.every(isGood) ? undefined : `TTLs are ${ttls.join(', ')}, expected ${textOf(value)}`;
}

/** The sender of an ICMP error: an address, or a pod's or node's name. */
function judgeFrom(
  value: unknown,
  seen: readonly Observation[],
  { facts }: JudgeContext,
): string[] {
  const expected = textOf(value)
    .split('|')
    .map((text) => {
      const name = text.trim();
      const node = facts.nodes.find((entry) => entry.name === name)?.address;
      return node ?? podIP(findPod(facts, name)) ?? name;
    });
  const wrong = seen.find(({ errorFrom }) => !expected.includes(errorFrom ?? ''));
  if (wrong === undefined) return [];
  return [`the error comes from ${wrong.errorFrom ?? 'nobody'}, expected ${expected.join(' or ')}`];
}

const SECONDS =
  /^(?:about |around |~)?(\d+(?:\.\d+)?)(?: ?(?:±|\+-|\+\/-) ?(\d+(?:\.\d+)?))?(?: ?s(?:econds)?)?$/;

/** "5 ±0.5", "3..4", "at most 1", "at least 3": from and to. */
function secondsRange(value: unknown): readonly [number, number] | undefined {
  const text = textOf(value);
  const span = /^(\d+(?:\.\d+)?) ?(?:\.\.|-|–|to) ?(\d+(?:\.\d+)?)(?: ?s(?:econds)?)?$/.exec(text);
  if (span !== null) return [Number(span[1]), Number(span[2])];
  const bound =
    /^(at most|less than|<=?|at least|more than|>=?) ?(\d+(?:\.\d+)?)(?: ?s(?:econds)?)?$/.exec(
      text,
    );
  if (bound !== null) {
    const isMost = /most|less|</.test(bound[1] ?? '');
    return isMost ? [0, Number(bound[2])] : [Number(bound[2]), Number.POSITIVE_INFINITY];
  }
  const match = SECONDS.exec(text);
  if (match === null) return undefined;
  const [middle, width] = [Number(match[1]), Number(match[2] ?? '0.5')];
  return [middle - width, middle + width];
}

function secondsProblem(value: unknown): string | undefined {
  const isUnderstood = secondsRange(value) !== undefined;
  return isUnderstood ? undefined : `the seconds "${textOf(value)}" are not understood`;
}

function judgeSeconds(value: unknown, seen: readonly Observation[]): string[] {
  const [least, most] = secondsRange(value) ?? [0, Number.POSITIVE_INFINITY];
  const wrong = seen.find(({ seconds }) => seconds < least || seconds > most);
  return wrong === undefined
    ? []
    : [`took ${wrong.seconds.toFixed(3)} s, expected ${textOf(value)} s`];
}
