/**
 * The expectations about DNS: records, message, lookups, resolv.conf.
 */
import { type Fields, isFields, textOf } from './case-file.ts';
import type { Rule } from './compare.ts';
import { findPod, podIP } from './facts.ts';
import type { DnsSeen, Observation, ResolverSeen } from './observe.ts';

/** Fields of a record before its data: name, TTL, class, type. */
const HEAD_FIELDS = 4;

export const DNS_RULES: readonly (readonly [string, Rule])[] = [
  ['answer', { judge: judgeAnswer }],
  ['answerData', { judge: judgeAnswerData }],
  ['answerContains', { judge: judgeContains }],
  [
    'authority',
    onDns((value, dns, expect) => sameRecords('authority', value, dns.authority, expect)),
  ],
  [
    'additional',
    onDns((value, dns, expect) => sameRecords('additional', value, dns.additional, expect)),
  ],
  ['answerCount', onDns((value, dns) => sameNumber('answers', value, dns.answer.length))],
  [
    'authorityCount',
    onDns((value, dns) => sameNumber('authority records', value, dns.authority.length)),
  ],
  [
    'additionalCount',
    onDns((value, dns) => sameNumber('additional records', value, dns.additional.length)),
  ],
  [
    'additionalAddresses',
    onDns((value, dns) =>
      sameNumber('additional addresses', value, dns.additional.filter(isAddress).length),
    ),
  ],
  ['answerOrder', { problem: orderProblem, judge: judgeOrder }],
  ['srvWeight', onDns(judgeWeight)],
  ['flags', onDns(judgeFlags)],
  ['messageSize', onDns(judgeSize)],
  ['transport', { problem: transportProblem, judge: onDns(judgeTransport).judge }],
  ['rcode', onDns((value, dns) => sameText('rcode', value, dns.status))],
  ['udpSize', onDns((value, dns) => sameNumber('UDP size offered', value, dns.udpSize))],
  ['queries', onResolver(judgeQueries)],
  ['packetsSent', onResolver((value, seen) => sameNumber('queries sent', value, seen.packetsSent))],
  ['lookups', onResolver((value, seen) => sameNumber('lookups', value, seen.queries.length))],
  ['addresses', onResolver((value, seen) => sameList('addresses', value, seen.addresses, false))],
  ['nameservers', onResolvConf((conf) => conf.nameservers, true)],
  ['search', onResolvConf((conf) => conf.search, true)],
  ['options', onResolvConf((conf) => conf.options, false)],
];

function onDns(check: (value: unknown, dns: DnsSeen, expect: Fields) => string | undefined): Rule {
  return {
    judge: (value, seen, _context, expect) =>
      first(seen, ({ dns }) =>
        dns === undefined ? 'there is no DNS answer' : check(value, dns, expect),
      ),
  };
}

function onResolver(check: (value: unknown, seen: ResolverSeen) => string | undefined): Rule {
  return {
    judge: (value, seen) =>
      first(seen, ({ resolver }) =>
        resolver === undefined ? 'there is no lookup' : check(value, resolver),
      ),
  };
}

function onResolvConf(
  pick: (conf: NonNullable<Observation['resolvConf']>) => readonly string[],
  isOrdered: boolean,
): Rule {
  return {
    judge: (value, seen) =>
      first(seen, ({ resolvConf }) =>
        resolvConf === undefined
          ? 'that is no resolv.conf'
          : sameList('resolv.conf', value, pick(resolvConf), isOrdered),
      ),
  };
}

function first(
  seen: readonly Observation[],
  check: (one: Observation) => string | undefined,
): string[] {
  const problem = seen.map(check).find((text) => text !== undefined);
  return problem === undefined ? [] : [problem];
}

function texts(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value.map(String) : [textOf(value)];
}

function judgeAnswer(
  value: unknown,
  seen: readonly Observation[],
  { facts }: Parameters<Rule['judge']>[2],
  expect: Fields,
): string[] {
  // "IP of w1" stands for the pod's address.
  const expected = texts(value).map((text) => {
    const pod = /^(?:IP|address) of (\S+)$/.exec(text)?.[1];
    return pod === undefined ? text : (podIP(findPod(facts, pod)) ?? text);
  });
  return first(seen, (one) => {
    if (one.dns !== undefined) return sameRecords('answer', expected, one.dns.answer, expect);
    const text = one.stdout.trim();
    const [phrase = ''] = expected;
    const parts = /^contains (.+)$/s.exec(phrase)?.[1]?.split(' and ');
    if (parts !== undefined) {
      const missing = parts.find((part) => !text.includes(part));
      return missing === undefined ? undefined : `the output has no ${missing}: ${text}`;
    }
    const least = /^(\d+) or more$/.exec(phrase)?.[1];
    if (least !== undefined) {
      const isEnough = /^\d+$/.test(text) && Number(text) >= Number(least);
      return isEnough ? undefined : `answer is ${text}, expected ${phrase}`;
    }
    return text === expected.join('\n').trim()
      ? undefined
      : `answer is ${text}, expected ${expected.join(' ')}`;
  });
}

function judgeAnswerData(
  value: unknown,
  seen: readonly Observation[],
  _context: Parameters<Rule['judge']>[2],
  expect: Fields,
): string[] {
  return first(seen, ({ dns }) => {
    if (dns === undefined) return 'there is no DNS answer';
    return sameSet('answer data', texts(value), dns.answer.map(dataOf), expect);
  });
}

function judgeContains(
  value: unknown,
  seen: readonly Observation[],
  _context: Parameters<Rule['judge']>[2],
  expect: Fields,
): string[] {
  return first(seen, ({ dns }) => {
    const lines = dns?.answer ?? [];
    const missing = texts(value).find(
      (text) => !lines.some((line) => matches(text, isWhole(text) ? line : dataOf(line), expect)),
    );
    return missing === undefined ? undefined : `the answer has no ${missing}: ${lines.join(' · ')}`;
  });
}

function sameRecords(
  what: string,
  value: unknown,
  lines: readonly string[],
  expect: Fields,
): string | undefined {
  if (typeof value === 'number') return sameNumber(what, value, lines.length);
  const expected = texts(value);
  if (expected.length === 1 && /^SOA$/i.test(expected[0] ?? '')) {
    const isSoa = lines.length === 1 && lines[0]?.split(' ')[3] === 'SOA';
    return isSoa ? undefined : `${what} is ${lines.join(' · ')}, expected one SOA`;
  }
  const isData = expected.length > 0 && !expected.some(isWhole);
  return sameSet(what, expected, isData ? lines.map(dataOf) : lines, expect);
}

/** A record with its owner, TTL, class and type. */
function isWhole(text: string): boolean {
  return /^\S+\s+\S+\s+(?:IN|CH)\s+[A-Z]+/.test(text);
}

function dataOf(line: string): string {
  return line.split(' ').slice(HEAD_FIELDS).join(' ');
}

/** As sets, each record once; letters' case counts only where the case says so. */
function sameSet(
  what: string,
  expected: readonly string[],
  actual: readonly string[],
  expect: Fields,
): string | undefined {
  const left = [...actual];
  for (const text of expected) {
    const at = left.findIndex((line) => matches(text, line, expect));
    if (at < 0) return tellSets(what, expected, actual);
    left.splice(at, 1);
  }
  return left.length === 0 ? undefined : tellSets(what, expected, actual);
}

function tellSets(what: string, expected: readonly string[], actual: readonly string[]): string {
  const told = actual.length === 0 ? 'empty' : actual.join(' · ');
  return `${what} is ${told}, expected ${expected.length === 0 ? 'nothing' : expected.join(' · ')}`;
}

/** `<serial>` is any number. */
function matches(expected: string, actual: string, expect: Fields): boolean {
  const fold = (text: string): string =>
    expect['compareCase'] === true ? text : text.toLowerCase();
  const plain = fold(expected.trim().replaceAll(/\s+/g, ' '));
  if (!plain.includes('<')) return plain === fold(actual);
  const pattern = plain
    .split(/<[^>]*>/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('\\d+');
  return new RegExp(`^${pattern}$`).test(fold(actual));
}

function isAddress(line: string): boolean {
  return ['A', 'AAAA'].includes(line.split(' ')[3] ?? '');
}

const ANY_ORDER = /^(any|set|unordered|not checked)$/i;
const LISTED_ORDER =
  /^(as listed|listed|exact|this order|in this order|stable|fixed|as given|(?:always )?the same(?: every time)?|same every time)$/i;
const MIXED_ORDER = /^(random|shuffled|varies|permuted|differs|changes)\b/i;
const ALIAS_FIRST = /^CNAMEs? (?:comes? )?first$/i;

function orderProblem(value: unknown): string | undefined {
  const text = textOf(value);
  const isUnderstood = [ANY_ORDER, LISTED_ORDER, MIXED_ORDER, ALIAS_FIRST].some((p) =>
    p.test(text),
  );
  return isUnderstood ? undefined : `the answerOrder "${text}" is not understood`;
}

function judgeOrder(
  value: unknown,
  seen: readonly Observation[],
  _context: Parameters<Rule['judge']>[2],
  expect: Fields,
): string[] {
  const text = textOf(value);
  const orders = seen.map(({ dns }) => (dns?.answer ?? []).join('\n'));
  if (ANY_ORDER.test(text)) return [];
  if (ALIAS_FIRST.test(text)) {
    return first(seen, ({ dns }) => {
      const types = (dns?.answer ?? []).map((line) => line.split(' ')[3]);
      const last = types.lastIndexOf('CNAME');
      return types.slice(0, last).every((type) => type === 'CNAME')
        ? undefined
        : 'CNAMEs do not come first';
    });
  }
  if (MIXED_ORDER.test(text)) {
    const isMixed = seen.length < 2 || new Set(orders).size > 1;
    return isMixed ? [] : ['the order of the answers never changed'];
  }
  const expected = texts(expect['answer'] ?? expect['answerData']);
  return first(seen, ({ dns }) => {
    const lines = dns?.answer ?? [];
    const isKept = expected.every((line, index) => {
      const actual = lines[index] ?? '';
      return matches(line, isWhole(line) ? actual : dataOf(actual), expect);
    });
    if (new Set(orders).size > 1) return 'the order of the answers changed';
    return isKept ? undefined : `the order is ${lines.map(dataOf).join(' · ')}`;
  });
}

function judgeWeight(value: unknown, dns: DnsSeen): string | undefined {
  const weights = dns.answer
    .filter((line) => line.split(' ')[3] === 'SRV')
    .map((line) => dataOf(line).split(' ')[1]);
  const isGood = weights.length > 0 && weights.every((weight) => Number(weight) === Number(value));
  return isGood ? undefined : `SRV weights are ${weights.join(', ')}, expected ${textOf(value)}`;
}

/** Whoever measured may have sent no cookie: the server only sends it back. */
function judgeSize(value: unknown, dns: DnsSeen): string | undefined {
  const { messageSize, cookieSize } = dns;
  const bare = messageSize === undefined ? undefined : messageSize - cookieSize;
  const problem = sameNumber('bytes of message', value, messageSize);
  return problem === undefined || sameNumber('', value, bare) === undefined ? undefined : problem;
}

/** `tc`, `qr aa`, `[aa, not ra]`, `no tc`. */
function judgeFlags(value: unknown, dns: DnsSeen): string | undefined {
  const words = texts(value)
    .join(' ')
    .replaceAll(/\b(?:not|no|without) (\w+)/g, '!$1')
    .split(/[\s,]+/);
  const wrong = words.find((word) =>
    word.startsWith('!')
      ? dns.flags.includes(word.slice(1))
      : word !== '' && !dns.flags.includes(word),
  );
  return wrong === undefined
    ? undefined
    : `flags are ${dns.flags.join(' ')}, expected ${words.join(' ')}`;
}

const AFTER_TRUNCATION = /^TCP after (?:truncation|TC)$/i;

function transportProblem(value: unknown): string | undefined {
  const text = textOf(value);
  const isUnderstood = AFTER_TRUNCATION.test(text) || /^(UDP|TCP)(?: only)?$/i.test(text);
  return isUnderstood ? undefined : `the transport "${text}" is not understood`;
}

function judgeTransport(value: unknown, dns: DnsSeen): string | undefined {
  const text = textOf(value);
  const wanted = AFTER_TRUNCATION.test(text) ? 'TCP' : text.toUpperCase().replace(/ ONLY$/, '');
  if (dns.transport !== wanted)
    return `transport is ${dns.transport ?? 'unknown'}, expected ${text}`;
  if (AFTER_TRUNCATION.test(text) && !dns.isTcpRetry) return 'no truncated answer came before';
  return undefined;
}

function sameNumber(
  what: string,
  expected: unknown,
  actual: number | undefined,
): string | undefined {
  const text = textOf(expected);
  const value = actual ?? Number.NaN;
  const span = /^(\d+) ?(?:\.\.|-|–|to) ?(\d+)$/.exec(text);
  const least = /^(?:>=|at least) ?(\d+)$/.exec(text)?.[1];
  const most = /^(?:<=|at most) ?(\d+)$/.exec(text)?.[1];
  const isGood =
    span !== null
      ? value >= Number(span[1]) && value <= Number(span[2])
      : least !== undefined
        ? value >= Number(least)
        : most !== undefined
          ? value <= Number(most)
          : value === Number(text);
  return isGood ? undefined : `${actual ?? 'no'} ${what}, expected ${text}`;
}

function sameText(what: string, expected: unknown, actual: string): string | undefined {
  return textOf(expected).toUpperCase() === actual.toUpperCase()
    ? undefined
    : `${what} is ${actual}, expected ${textOf(expected)}`;
}

function sameList(
  what: string,
  value: unknown,
  actual: readonly string[],
  isOrdered: boolean,
): string | undefined {
  const expected = texts(value);
  const order = (list: readonly string[]): string =>
    (isOrdered ? list : [...list].sort()).join(' ');
  if (order(expected) === order(actual)) return undefined;
  return `${what} has ${actual.join(' ') || 'nothing'}, expected ${expected.join(' ') || 'nothing'}`;
}

/** Lookup steps in their order, each with what came of A and AAAA. */
function judgeQueries(value: unknown, seen: ResolverSeen): string | undefined {
  const told = (step: Fields): string => {
    const parts = ['A', 'AAAA'].filter((type) => step[type] !== undefined);
    return `${textOf(step['name'])} ${parts.map((type) => `${type} ${textOf(step[type])}`).join(', ')}`;
  };
  const actual = seen.queries.map((step) => told(step));
  if (typeof value === 'number') return sameNumber('lookups', value, actual.length);
  const expected = (Array.isArray(value) ? value : [value]).map((step: unknown) =>
    isFields(step) ? told(step) : textOf(step),
  );
  const isSame =
    expected.length === actual.length &&
    expected.every((text, index) => {
      const line = actual[index] ?? '';
      return (
        text.toLowerCase() === line.toLowerCase() ||
        text.toLowerCase() === line.split(' ')[0]?.toLowerCase()
      );
    });
  return isSame
    ? undefined
    : `lookups were ${actual.join(' · ')}, expected ${expected.join(' · ')}`;
}
