/**
 * How a command of a document is taken: whether it is typed at all, again, or may fail.
 */
import { splitCommandLine } from '../command-line.ts';
import type { Expectation } from '../scenario.ts';

/** Programs of nodes and images that nobody types at a laptop. */
export const NOT_TYPED: ReadonlySet<string> = new Set([
  'docker',
  'crictl',
  'nginx',
  'httpd',
  'python',
  'python3',
  'mkdir',
  'touch',
]);

/** An output that shows that the command failed. */
export const SHOWS_FAILURE: RegExp =
  /^(?:error: |Error from server|curl: \(\d+\)|command terminated with exit code|Unable to connect|The connection to the server|--> Failed)/m;

/** Verbs that change nothing: they may be asked again. */
const LOOKS: ReadonlySet<string> = new Set([
  'get',
  'describe',
  'logs',
  'exec',
  'rsh',
  'wait',
  'status',
  'events',
  'top',
]);

/** Whether a command only looks: the reader would type it again until things are ready. */
export function isLook(argv: readonly string[]): boolean {
  const [program = '', verb = '', sub = ''] = argv;
  if (program !== 'kubectl' && program !== 'oc') return true;
  return LOOKS.has(verb) || (verb === 'rollout' && sub === 'status');
}

/** What may succeed or fail. */
export function anyOutcome(pos: Expectation['pos']): Expectation {
  return {
    pos,
    exit: undefined,
    output: undefined,
    stderr: {
      contains: [],
      notContains: [],
      matches: [],
      notMatches: [],
      equals: undefined,
      lines: undefined,
    },
    json: [],
    status: undefined,
    backends: undefined,
    source: undefined,
    withinNs: undefined,
    atLeastNs: undefined,
    successes: undefined,
  };
}

/**
 * Why nobody waits for a command's end: it goes on until a reader stops it. `logs -f` may end, when its container does.
 */
export function endlessReason(argv: readonly string[]): string | undefined {
  const [program = '', verb = ''] = argv;
  const has = (...flags: readonly string[]): boolean => argv.some((word) => flags.includes(word));
  const isWatch =
    (program === 'kubectl' || program === 'oc') &&
    verb === 'get' &&
    has('-w', '--watch', '--watch=true', '--watch-only');
  const isPing = program === 'ping' && !argv.some((word) => word.startsWith('-c'));
  const isTail = program === 'tail' && has('-f', '-F', '--follow');
  return isWatch || isPing || isTail ? 'it goes on until somebody stops it' : undefined;
}

/** Whether a command follows a log that may never end: it is stopped after a while, and that is right. */
export function mayGoOn([program = '', verb = '', ...rest]: readonly string[]): boolean {
  const isFollowing = rest.some((word) => word === '-f' || word.startsWith('--follow'));
  const isBuild = rest.some((word) => /^(?:bc|buildconfigs?|builds?)\//.test(word));
  return (program === 'kubectl' || program === 'oc') && verb === 'logs' && isFollowing && !isBuild;
}

/** Programs that read text and write text. */
const READERS: ReadonlySet<string> = new Set([
  'awk',
  'cat',
  'cut',
  'egrep',
  'grep',
  'head',
  'jq',
  'sed',
  'sort',
  'tail',
  'tr',
  'uniq',
  'wc',
]);

/** Why nothing can be piped into a command; undefined when it can. */
export function readerProblem(text: string): string | undefined {
  const { words, problem } = splitCommandLine(text);
  if (problem !== undefined) return problem.message;
  const [program = ''] = words;
  return READERS.has(program)
    ? undefined
    : `nothing can be piped into ${program}, only into ${[...READERS].join(', ')}`;
}
