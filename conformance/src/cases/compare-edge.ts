/**
 * Rules of `expect` for the edge: redirects, cookies, what the backend was asked, which pod port answered.
 */
import { type Fields, isFields, textOf } from './case-file.ts';
import type { JudgeContext, Rule } from './compare.ts';
import { type Facts, findPod } from './facts.ts';
import type { Observation } from './observe.ts';

export const EDGE_RULES: readonly (readonly [string, Rule])[] = [
  ['location', { judge: judgeLocation }],
  ['pathSeenByBackend', perAnswer((value, seen) => differs('path', value, seen.target))],
  ['backendPort', perAnswer((value, seen) => differs('port', value, seen.backendPort))],
  ['headersSeenByBackend', { judge: judgeBackendHeaders }],
  ['responseHeader', perAnswer(judgeResponseHeader)],
  ['setCookie', perAnswer((value, seen) => judgeCookie(textOf(value), seen, true))],
  ['setCookieAttributes', perAnswer((value, seen) => judgeCookie(textOf(value), seen, false))],
];

function perAnswer(check: (value: unknown, seen: Observation) => string | undefined): Rule {
  return {
    judge: (value, seen) => {
      const problem = seen.map((one) => check(value, one)).find((text) => text !== undefined);
      return problem === undefined ? [] : [problem];
    },
  };
}

function differs(what: string, expected: unknown, actual: unknown): string | undefined {
  if (textOf(expected) === textOf(actual ?? '')) return undefined;
  return `the backend's ${what} is ${textOf(actual ?? 'unknown')}, expected ${textOf(expected)}`;
}

/** `locationMatch` lets the last slash be there or not. */
function judgeLocation(
  value: unknown,
  seen: readonly Observation[],
  _context: JudgeContext,
  expect: Fields,
): string[] {
  const plain = (text: string): string =>
    expect['locationMatch'] === undefined ? text : text.replace(/\/$/, '');
  return seen.flatMap(({ headers }) => {
    const actual = headers?.get('location') ?? '';
    return plain(actual) === plain(textOf(value))
      ? []
      : [`location is "${actual}", expected ${textOf(value)}`];
  });
}

/** A text, the sender by `client`, or the values of all fields of that name. */
function judgeBackendHeaders(
  value: unknown,
  seen: readonly Observation[],
  { sender }: JudgeContext,
): string[] {
  if (!isFields(value)) return ['headers are not a mapping'];
  const wanted = (text: unknown): string =>
    textOf(text) === 'client' ? (sender[0] ?? '') : textOf(text);
  return seen.flatMap(({ askedHeaders = [] }) =>
    Object.entries(value).flatMap(([name, expected]) => {
      const actual = askedHeaders
        .filter(([field]) => field.toLowerCase() === name.toLowerCase())
        .map(([, text]) => text);
      const list = Array.isArray(expected) ? expected.map(wanted) : [wanted(expected)];
      return actual.join('\n') === list.join('\n')
        ? []
        : [`the backend saw ${name}: ${actual.join(' | ')}, expected ${list.join(' | ')}`];
    }),
  );
}

function judgeResponseHeader(value: unknown, { headers }: Observation): string | undefined {
  const [name = '', ...rest] = textOf(value).split(': ');
  const expected = rest.join(': ');
  const actual = headers?.get(name.toLowerCase());
  return actual === expected
    ? undefined
    : `header ${name} is ${actual ?? 'missing'}, expected ${expected}`;
}

/** `NAME=...; Path=/x; HttpOnly`: the name and the attributes, or the attributes alone. */
function judgeCookie(
  expected: string,
  { headers }: Observation,
  isWhole: boolean,
): string | undefined {
  const actual = headers?.get('set-cookie');
  if (actual === undefined) return 'no cookie is set';
  const parts = (text: string): string[] => text.split(/; */).map((part) => part.trim());
  const [given = '', ...attributes] = parts(actual);
  const wanted = parts(expected);
  const name = isWhole ? (wanted.shift() ?? '').split('=')[0] : given.split('=')[0];
  const sorted = (list: readonly string[]): string => [...list].sort().join('; ');
  const isRight = given.split('=')[0] === name && sorted(attributes) === sorted(wanted);
  return isRight ? undefined : `the cookie is ${actual}, expected ${expected}`;
}

/** "20 on port 8080 and 20 on port 9090": how often each of the pods' ports answers. */
export function portCounts(text: string): ReadonlyMap<string, number> | undefined {
  const parts = text.split(' and ').map((part) => /^(\d+) on port (\d+)$/.exec(part.trim()));
  const counts = new Map<string, number>();
  for (const part of parts) {
    if (part === null) return undefined;
    counts.set(part[2] ?? '', Number(part[1]));
  }
  return counts;
}

export function judgePorts(
  expected: ReadonlyMap<string, number>,
  seen: readonly Observation[],
): string[] {
  return [...expected].flatMap(([port, count]) => {
    const actual = seen.filter(({ backendPort }) => backendPort === port).length;
    return actual === count ? [] : [`port ${port} answered ${actual} times, expected ${count}`];
  });
}

export const ONE_COOKIE: RegExp = /^only the first response sets a cookie$/;

export function judgeOneCookie(seen: readonly Observation[]): string[] {
  const setting = seen.flatMap(({ headers }, index) =>
    headers?.has('set-cookie') === true ? [index + 1] : [],
  );
  if (setting.join() === '1') return [];
  const told = setting.length === 0 ? 'none' : setting.join(', ');
  return [`responses with a cookie: ${told} of ${seen.length}, expected the first one`];
}

export const ON_ANNOUNCER: RegExp = /^the one on the announcing node$/;

export function judgeAnnouncer(seen: readonly Observation[], facts: Facts): string[] {
  const announcers = facts.announcers ?? [];
  return [...new Set(seen.map(({ backend }) => backend))].flatMap((backend = '') => {
    const node = findPod(facts, backend)?.spec.nodeName ?? 'no node';
    if (announcers.includes(node)) return [];
    return [`${backend} is on ${node}, announced from ${announcers.join(', ') || 'nowhere'}`];
  });
}
