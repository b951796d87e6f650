/**
 * What of a tool's output must agree, and what is by its nature different: clocks, random numbers, versions.
 */
import type { Recording } from './world.ts';

interface Printed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\d+(\.\d+)? ?ms\b/g, 'N ms'],
  [/\d+ milliseconds/g, 'N milliseconds'],
  [/0x[0-9a-f]+ \[serially\]/g, '0xN [serially]'],
  [/\d+ msec\b/g, 'N msec'],
  [/id: \d+/g, 'id: N'],
  [/WHEN: .*/g, 'WHEN: …'],
  [/COOKIE: [0-9a-f]+/g, 'COOKIE: …'],
  [/DiG [\w.~+-]+/g, 'DiG …'],
  [/BusyBox v\S+( \([^)]*\))?/g, 'BusyBox …'],
  [/(mdev|max) = [\d./]+ ms/g, '$1 = N ms'],
  [/(mdev|max) = [\d./]+\/N ms/g, '$1 = N ms'],
  [/, ipg\/ewma [\d./]+ ms/g, ''],
  [/, ipg\/ewma [\d./]+\/N ms/g, ''],
  [/time=N ms/g, 'time=N ms'],
  // Counters of rules: what else the world has seen.
  [/^((?:\d+ )? *)\d+ +\d+ (?=[A-Z])/gm, '$1N N '],
  [/\[\d+:\d+\]/g, '[N:N]'],
  [/^# (Generated|Completed).*$/gm, '# $1 …'],
  [/lladdr [0-9a-f:]{17}/g, 'lladdr …'],
  [/[0-9a-f]{2}(:[0-9a-f]{2}){5}/g, 'MAC'],
  [/@if\d+/g, ''],
  // The peer's number stood in the column that -br pads.
  [/^(\S+) +(UP|DOWN|UNKNOWN) {2,}/gm, '$1 $2 '],
  [/OpenSSL\/3\.0\.\d+/g, 'OpenSSL/3.0'],
  [/OpenSSL\/3\.0: error/g, 'OpenSSL/3.0: error'],
  // The progress meter: sizes stay, speeds and clocks go; how often it is redrawn is a matter of time.
  [/\r( *\d+ +\S+ +\d+ +\S+ +\d+ +\S+) [^\r\n]*/g, '\r$1 …'],
  // It is redrawn before anything has come; that line says nothing.
  [/\r +0 +0 +0 +0 +0 +0 …/g, ''],
  [/(\r[^\r\n]*…)(?=\r)/g, ''],
];

export function masked(text: string): string {
  let result = text;
  for (const [pattern, replacement] of MASKS) result = result.replace(pattern, replacement);
  return result;
}

/** Differences in words, one a line; '' when they agree. */
export function differences(real: Recording, ours: Printed): string {
  let text = '';
  if (real.exitCode !== ours.exitCode) {
    text += `exit code ${ours.exitCode}, not ${real.exitCode}\n`;
  }
  const order = real.line.startsWith('ss ') ? sortedLines : (printed: string): string => printed;
  text += streamDifference('stdout', order(masked(real.stdout)), order(masked(ours.stdout)));
  text += streamDifference('stderr', masked(real.stderr), masked(ours.stderr));
  const slackMs = 800 + real.elapsedMs * 0.1;
  if (Math.abs(real.elapsedMs - ours.elapsedMs) > slackMs) {
    text += `took ${Math.round(ours.elapsedMs)} ms, not ${real.elapsedMs} ms\n`;
  }
  return text;
}

/** Sockets come in the order of a hash table. */
function sortedLines(text: string): string {
  return text.split('\n').toSorted().join('\n');
}

function streamDifference(name: string, real: string, ours: string): string {
  if (real === ours) return '';
  const [left, right] = [real.split('\n'), ours.split('\n')];
  let text = `${name}:\n`;
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    if (left[index] === right[index]) continue;
    if (left[index] !== undefined) text += `  real ${JSON.stringify(left[index])}\n`;
    if (right[index] !== undefined) text += `  ours ${JSON.stringify(right[index])}\n`;
  }
  return text;
}
