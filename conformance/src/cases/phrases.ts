/**
 * Expectations in words: outcomes, who answered in which proportion, whose address was seen.
 *
 * Each reader gives undefined for what it does not understand; the case is then unsupported.
 */
import { textOf } from './case-file.ts';
import { type Facts, findPod, podIP, podNetworkAddress } from './facts.ts';

/** Tells what does not hold; undefined when all does. */
export type Check<T> = (seen: T) => string | undefined;

/** Outcome words, and other spellings of them. */
const OUTCOMES: ReadonlyMap<string, string> = new Map([
  ...[
    'ok',
    'refused',
    'timeout',
    'no-route',
    'nxdomain',
    'nodata',
    'reset',
    'http',
    'servfail',
    'dns-refused',
    'dns-error',
    'ttl-exceeded',
    'frag-needed',
    'message-too-long',
    'port-unreachable',
    'host-unreachable',
    'prohibited',
    'tls-error',
    'badvers',
    'formerr',
    'notimp',
    'error',
    'unreachable',
  ].map((word): [string, string] => [word, word]),
  ['success', 'ok'],
  ['connection refused', 'refused'],
  ['connection reset', 'reset'],
  ['no route', 'no-route'],
  ['no route to host', 'no-route'],
  ['no-route-to-host', 'no-route'],
  ['net-unreachable', 'no-route'],
  ['network unreachable', 'no-route'],
  ['host unreachable', 'host-unreachable'],
  ['dropped', 'timeout'],
  ['no answer', 'timeout'],
  ['hangs', 'timeout'],
  ['fail', 'failure'],
  ['failure', 'failure'],
  ['fails', 'failure'],
  ['not ok', 'failure'],
  ['anything but ok', 'failure'],
]);

export function outcomeWord(text: string): string | undefined {
  return OUTCOMES.get(text.trim().toLowerCase());
}

/** `ok`, `refused|timeout`, `timeout or no-route`: the words that are allowed. */
export function outcomeWords(text: string): readonly string[] | undefined {
  const words = text.split(/\||\/|,|\bor\b/).map((part) => outcomeWord(part));
  return words.every((word) => word !== undefined) ? words : undefined;
}

export function hasOutcome(seen: readonly string[], allowed: readonly string[]): boolean {
  return allowed.some((word) => (word === 'failure' ? !seen.includes('ok') : seen.includes(word)));
}

export interface OutcomeClause {
  readonly words: readonly string[];
  /** Pods that answer in these tries. */
  readonly pods?: readonly string[];
  readonly share?: Range;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Other ways to say a clause, in the words that `outcomeClauses` reads. */
function plainClause(text: string): string {
  return text
    .trim()
    .replace(/^(?:the )?(?:rest|others) ([a-z-]+(?: or [a-z-]+)*)$/, '$1')
    .replace(
      /^((?:about |roughly )?(?:half|most|some|all|\d+ ?%))(?: are)? ([a-z-]+.*)$/,
      '$2 in $1 of the tries',
    )
    .replace(/^([a-z-]+) \(([\w.-]+)\)/, '$1 for $2')
    .replace(/ (?:when|if) ([\w.-]+) is (?:chosen|picked|drawn|hit)\b/, ' for $1')
    .replace(/ for ((?:about |roughly )?[\w ]+ of )/, ' in $1')
    .replace(
      / in (all|each|every|most|some) (tries|requests|cases|attempts|connections)\b/,
      ' in $1 of the $2',
    );
}

/** "ok from w2 in about half of the tries, timeout or no-route for w1". */
export function outcomeClauses(text: string): readonly OutcomeClause[] | undefined {
  const clauses: OutcomeClause[] = [];
  const parts = text.replaceAll(/\) or /g, '), ').split(/[,;] |, and | and /);
  for (const part of parts) {
    const match =
      /^([a-z-]+(?:(?: or |\|)[a-z-]+)*)(?: (from|for|to|towards) ([\w.|-]+(?:(?: or |, )[\w.-]+)*))?(?: in ((?:about |roughly )?[\w %-]+?) of (?:the |all )?(?:tries|requests|cases|attempts|connections))?(?: (?:otherwise|else|in the (?:others|rest)|for the (?:others|rest)))?$/.exec(
        plainClause(part),
      );
    const words = match === null ? undefined : outcomeWords(match[1] ?? '');
    if (match === null || words === undefined) return undefined;
    const share = match[4] === undefined ? undefined : shareOf(match[4]);
    if (match[4] !== undefined && share === undefined) return undefined;
    // Who does not answer cannot be seen.
    const isSeen = match[2] === 'from' || (match[2] !== undefined && words.includes('ok'));
    const pods = isSeen ? (match[3] ?? '').split(/ or |, |\|/) : undefined;
    clauses.push({
      words,
      ...(pods === undefined ? {} : { pods }),
      ...(share === undefined ? {} : { share }),
    });
  }
  return clauses.length < 2 && clauses[0]?.share === undefined ? undefined : clauses;
}

const FRACTIONS: ReadonlyMap<string, number> = new Map([
  ['half', 1 / 2],
  ['a half', 1 / 2],
  ['a third', 1 / 3],
  ['one third', 1 / 3],
  ['two thirds', 2 / 3],
  ['a quarter', 1 / 4],
  ['one quarter', 1 / 4],
  ['three quarters', 3 / 4],
  ['a fifth', 1 / 5],
  ['1/2', 1 / 2],
  ['1/3', 1 / 3],
  ['2/3', 2 / 3],
  ['1/4', 1 / 4],
]);

/** How far a share may lie from what is "about" right: a quarter of the whole. */
const ABOUT = 0.25;

/** "about half", "30%", "all", "most", "some". */
function shareOf(text: string): Range | undefined {
  const words = text.trim().replace(/^(about|roughly|around|approximately|~)\s*/, '');
  if (/^(all|every|each|100 ?%)$/.test(words)) return { min: 1, max: 1 };
  if (/^(none|no|0 ?%)$/.test(words)) return { min: 0, max: 0 };
  if (words === 'most') return { min: 0.5, max: 1 };
  if (words === 'some') return { min: Number.EPSILON, max: 1 - Number.EPSILON };
  const percent = /^(\d+(?:\.\d+)?) ?%$/.exec(words)?.[1];
  const least = /^at least (\d+) ?%$/.exec(words)?.[1];
  if (least !== undefined) return { min: Number(least) / 100, max: 1 };
  const most = /^at most (\d+) ?%$/.exec(words)?.[1];
  if (most !== undefined) return { min: 0, max: Number(most) / 100 };
  const value = FRACTIONS.get(words) ?? (percent === undefined ? undefined : Number(percent) / 100);
  return value === undefined ? undefined : { min: value - ABOUT, max: value + ABOUT };
}

export interface Answered {
  /** Names in order of the answers. */
  readonly backends: readonly string[];
  /** Who may answer, where the case says so. */
  readonly expected: readonly string[];
}

const SAME =
  /^(?:always|all|only)? ?(?:(?:from|by) )?(?:the same(?: one| pod)?(?: every time| for (?:all|both))?|one and the same|a single one|one pod|exactly one|one (?:single )?pod answers all(?: \d+)?)$/i;

/** What `distribution` says. */
export function distributionCheck(text: string): Check<Answered> | undefined {
  const phrase = text.trim().replace(/\.$/, '').toLowerCase();
  if (SAME.test(phrase) || phrase === 'sticky') return allSame;
  if (/^(any|not constrained|whatever)$/.test(phrase)) return () => undefined;
  if (
    /^(all|all of them|each|every one|both|all appear|both appear|(?:each|both|all) at least once|all are used|both are used|all (?:\w+ )?(?:pods )?answer|at least one answer from each)$/.test(
      phrase,
    )
  ) {
    return eachBetween({ min: 1, max: Number.POSITIVE_INFINITY }, 'count');
  }
  if (
    /^(random(?:ly)?|even(?:ly)?|uniform(?:ly)?|equal(?:ly)?|(?:about|roughly|approximately) (?:equal(?:ly)?|even(?:ly)?|half each|half and half)|(?:about )?(?:half|a third|one third|a quarter) each|each about (?:equal|the same)|spread(?: evenly)?)$/.test(
      phrase,
    )
  ) {
    return even;
  }
  if (
    /^(?:round[- ]robin|exactly equal(?:ly)?|(?:strictly|exactly) alternating|strict rotation|in turn)$/.test(
      phrase,
    )
  )
    return exactlyEven;
  const more =
    /^(?:at least|not less than) (\d+|two|three)(?: of them| different(?: ones)?| pods)?$/.exec(
      phrase,
    );
  const several =
    /^(?:more than one(?: pod)?|several(?: pods)?|not (?:always|all from) the same(?: one| pod)?|not all from one(?: pod)?|different ones)$/.test(
      phrase,
    );
  if (more !== null || several) return differentAtLeast(numberWord(more?.[1] ?? '2'));
  const mixed = /^(.+), order not a strict rotation$/.exec(phrase)?.[1];
  if (mixed !== undefined) return noRotation(distributionCheck(mixed));
  const together = /^(\S+) together (.+)$/.exec(phrase);
  if (together !== null) return ofGroup(together[1] ?? '', together[2] ?? '');
  const each = /^each (.+)$/.exec(phrase)?.[1];
  if (each !== undefined) return eachCheck(each);
  return namedChecks(text);
}

/** Somebody answers twice in a row. */
function noRotation(check: Check<Answered> | undefined): Check<Answered> | undefined {
  if (check === undefined) return undefined;
  return (seen) => {
    const hasPair = seen.backends.some((name, index) => name === seen.backends[index + 1]);
    return check(seen) ?? (hasPair ? undefined : 'the pods answer in strict rotation');
  };
}

/** Pods of a service count as one: `v1 within 10 of 384`. */
function ofGroup(group: string, words: string): Check<Answered> | undefined {
  const check = distributionCheck(`${group} ${words}`);
  if (check === undefined) return undefined;
  return ({ backends, expected }) =>
    check({
      backends: backends.map((name) => (name.startsWith(`${group}-`) ? group : name)),
      expected,
    });
}

function numberWord(text: string): number {
  return (
    new Map([
      ['two', 2],
      ['three', 3],
      ['once', 1],
      ['twice', 2],
    ]).get(text) ?? Number(text)
  );
}

/** Behind "each": "at least 2 times", "between 25% and 75%", "about 33 %", "exactly 10 times". */
function eachCheck(text: string): Check<Answered> | undefined {
  const range = rangeOf(text);
  return range === undefined ? undefined : eachBetween(range.range, range.unit);
}

function rangeOf(
  text: string,
): { readonly range: Range; readonly unit: 'count' | 'share' } | undefined {
  const more = /^more than (\d+)(?: times?)?$/.exec(text)?.[1];
  if (more !== undefined) {
    return { range: { min: Number(more) + 1, max: Number.POSITIVE_INFINITY }, unit: 'count' };
  }
  const near = /^within (\d+) of (\d+)$/.exec(text);
  if (near !== null) {
    const [width, middle] = [Number(near[1]), Number(near[2])];
    return { range: { min: middle - width, max: middle + width }, unit: 'count' };
  }
  const least = /^at least (once|twice|\d+)(?: times?)?$/.exec(text)?.[1];
  if (least !== undefined) {
    return { range: { min: numberWord(least), max: Number.POSITIVE_INFINITY }, unit: 'count' };
  }
  const most = /^at most (once|twice|\d+)(?: times?)?$/.exec(text)?.[1];
  if (most !== undefined) return { range: { min: 0, max: numberWord(most) }, unit: 'count' };
  const exact = /^(?:exactly )?(once|twice|\d+)(?: times?)?$/.exec(text)?.[1];
  if (exact !== undefined) {
    return { range: { min: numberWord(exact), max: numberWord(exact) }, unit: 'count' };
  }
  const percents =
    /^(?:between |from )?(\d+(?:\.\d+)?) ?%? ?(?:and|to|-|–|\.\.) ?(\d+(?:\.\d+)?) ?%$/.exec(text);
  if (percents !== null) {
    const range = { min: Number(percents[1]) / 100, max: Number(percents[2]) / 100 };
    return { range, unit: 'share' };
  }
  const times = /^(?:between |from )?(\d+) ?(?:and|to|-|–|\.\.) ?(\d+)(?: times)?$/.exec(text);
  if (times !== null)
    return { range: { min: Number(times[1]), max: Number(times[2]) }, unit: 'count' };
  const share = shareOf(text);
  return share === undefined ? undefined : { range: share, unit: 'share' };
}

/** "w1 about 75 %, w2 about 25 %", "w1 never". */
function namedChecks(text: string): Check<Answered> | undefined {
  const checks: Check<Answered>[] = [];
  const parts = text
    .replaceAll(/(between [\d.]+ ?%?) and /g, '$1 to ')
    .split(/[,;] ?(?:and )?| and /);
  for (const part of parts) {
    const match = /^([\w.-]+):? (.+)$/.exec(part.trim());
    if (match === null) return undefined;
    const [, name = '', words = ''] = match;
    const only = /^(?:only)$/.test(name);
    const range = /^(?:never|not at all)$/.test(words)
      ? { range: { min: 0, max: 0 }, unit: 'count' as const }
      : rangeOf(words);
    if (only || range === undefined) return undefined;
    checks.push(nameBetween(name, range.range, range.unit));
  }
  return (seen) => checks.map((check) => check(seen)).find((problem) => problem !== undefined);
}

export function countBackends(backends: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of backends) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

export function tellCounts(backends: readonly string[]): string {
  return [...countBackends(backends)].map(([name, count]) => `${name} ${count}×`).join(', ');
}

function allSame({ backends }: Answered): string | undefined {
  if (new Set(backends).size <= 1) return undefined;
  return `answers from ${tellCounts(backends)}, expected always the same one`;
}

function differentAtLeast(least: number): Check<Answered> {
  return ({ backends }) => {
    const size = new Set(backends).size;
    if (size >= least) return undefined;
    return `answers from ${tellCounts(backends)}, expected at least ${least} different ones`;
  };
}

function eachBetween(range: Range, unit: 'count' | 'share'): Check<Answered> {
  return (seen) => {
    const names = seen.expected.length > 0 ? seen.expected : [...new Set(seen.backends)];
    return names
      .map((name) => nameBetween(name, range, unit)(seen))
      .find((problem) => problem !== undefined);
  };
}

function nameBetween(name: string, range: Range, unit: 'count' | 'share'): Check<Answered> {
  return ({ backends }) => {
    const count = [...countBackends(backends)]
      .filter(([pod]) => isNamed(pod, name))
      .reduce((sum, [, times]) => sum + times, 0);
    const value = unit === 'count' ? count : count / Math.max(1, backends.length);
    if (value >= range.min && value <= range.max) return undefined;
    const show = (number: number): string =>
      unit === 'count' ? textOf(number) : `${Math.round(number * 100)} %`;
    return `${name} answered ${show(value)} (${tellCounts(backends)}), expected ${show(range.min)} to ${show(range.max)}`;
  };
}

/** Within four standard deviations of an even spread. */
function even(seen: Answered): string | undefined {
  const names = seen.expected.length > 0 ? seen.expected : [...new Set(seen.backends)];
  const share = 1 / Math.max(1, names.length);
  const total = seen.backends.length;
  const width = (4 * Math.sqrt(total * share * (1 - share)) + 1) / Math.max(1, total);
  return eachBetween({ min: share - width, max: share + width }, 'share')(seen);
}

function exactlyEven(seen: Answered): string | undefined {
  const names = seen.expected.length > 0 ? seen.expected : [...new Set(seen.backends)];
  const share = seen.backends.length / Math.max(1, names.length);
  return eachBetween({ min: Math.floor(share), max: Math.ceil(share) }, 'count')(seen);
}

/** A pod's own name, or that of its controller before the generated end. */
export function isNamed(pod: string, expected: string): boolean {
  const stem = expected.replace(/-?\*$/, '');
  return (
    pod === expected || (stem !== expected && pod.startsWith(stem)) || isOfController(pod, stem)
  );
}

function isOfController(pod: string, name: string): boolean {
  if (!pod.startsWith(`${name}-`)) return false;
  return /^(?:[a-z0-9]{6,10}-)?[bcdfghjklmnpqrstvwxz2456789]{5}$|^\d+$/.test(
    pod.slice(name.length + 1),
  );
}

export interface SourceContext {
  readonly facts: Facts;
  /** The sender's own addresses. */
  readonly sender: readonly string[];
}

/** What `sourceIPSeen` says: the addresses that are allowed, or forbidden. */
export function sourceCheck(
  text: string,
): ((context: SourceContext) => Check<string> | undefined) | undefined {
  const parts = text.split(/\||\bor\b/).map((part) => part.trim());
  const readers = parts.map(sourceReader);
  if (readers.some((reader) => reader === undefined)) return undefined;
  return (context) => {
    const rules = readers.map((reader) => reader?.(context));
    const known = rules.filter((rule) => rule !== undefined);
    if (known.length < rules.length) return undefined;
    return (seen) => {
      const isAllowed = known.some(({ isNot, addresses }) => addresses.includes(seen) !== isNot);
      if (isAllowed) return undefined;
      const told = known.map(
        ({ isNot, addresses }) => `${isNot ? 'not ' : ''}${addresses.join(' or ')}`,
      );
      return `the client's address seen is ${seen}, expected ${text} (${told.join(' or ')})`;
    };
  };
}

interface SourceRule {
  readonly isNot: boolean;
  readonly addresses: readonly string[];
}

function sourceReader(
  text: string,
): ((context: SourceContext) => SourceRule | undefined) | undefined {
  const isNot = /^not\b/.test(text);
  const words = text
    .replace(/^not\b\s*/, '')
    .replace(/\s*\([^)]*\)$/, '')
    .replace(/^(?:the |its )/, '')
    .trim();
  const rule = (find: (context: SourceContext) => string | undefined | readonly string[]) => {
    return (context: SourceContext): SourceRule | undefined => {
      const found = find(context);
      if (found === undefined) return undefined;
      return { isNot, addresses: typeof found === 'string' ? [found] : found };
    };
  };
  if (
    /^(?:client|sender|pod itself|sender itself|client itself|own address|pod IP|pod's own address|client's (?:own )?address|itself)$/i.test(
      words,
    )
  ) {
    return rule(({ sender }) => sender);
  }
  if (/^pod IP of the router$/.test(words)) {
    return rule(({ facts }) =>
      facts.pods
        .filter(({ metadata }) => metadata.namespace === 'openshift-ingress')
        .flatMap((pod) => podIP(pod) ?? []),
    );
  }
  if (/^(?:any|anything)$/.test(words)) return () => ({ isNot: true, addresses: [] });
  if (/^\d+\.\d+\.\d+\.\d+$/.test(words)) return rule(() => words);
  const node = /^(?:address of |node |primary address of )?(node-\d+)$/.exec(words)?.[1];
  if (node !== undefined) return rule(({ facts }) => nodeAddress(facts, node));
  const every = /^(?:an|any|some|one) (?:(?:of the )?address(?:es)?) of (node-\d+)$/.exec(
    words,
  )?.[1];
  if (every !== undefined) {
    return rule(({ facts }) =>
      [
        nodeAddress(facts, every),
        podNetworkAddress(facts, every, 1),
        podNetworkAddress(facts, every, 0),
      ].filter((address) => address !== undefined),
    );
  }
  const bridge =
    /^(?:address of (?:the )?)?(?:pod )?bridge (?:address|IP)?\s*(?:of|on)? ?(node-\d+)$/i.exec(
      words,
    )?.[1];
  if (bridge !== undefined) return rule(({ facts }) => podNetworkAddress(facts, bridge, 1));
  const tunnel =
    /^(?:address of (?:the )?)?(?:vxlan|tunnel|flannel\.1|overlay)(?: device)?(?: address| IP)?\s*(?:of|on)? ?(node-\d+)$/i.exec(
      words,
    )?.[1];
  if (tunnel !== undefined) return rule(({ facts }) => podNetworkAddress(facts, tunnel, 0));
  if (/^(?:(?:a|any|one of the) )?nodes?(?:'s)?(?: address)?$/.test(words)) {
    return rule(({ facts }) => facts.nodes.map(({ address }) => address));
  }
  const pod = /^(?:pod |(?:pod )?(?:IP|address) of (?:pod )?)([\w./-]+)$/.exec(words)?.[1];
  if (pod !== undefined) return rule(({ facts }) => podIP(findPod(facts, pod)));
  return undefined;
}

function nodeAddress(facts: Facts, node: string): string | undefined {
  return facts.nodes.find(({ name }) => name === node)?.address;
}
