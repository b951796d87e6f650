/**
 * How a command of a document is taken: whether it is typed at all, again, or may fail.
 */
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
