/**
 * Whether an output is what the document shows, apart from what differs in every run: ages, hashes, addresses, the
 * generated parts of names.
 */

/** Lines that stand for any others. */
const ANY_LINES = '...';
const ELLIPSIS = /^\s*(?:\.\.\.|…|\[\.\.\.\]|\(\.\.\.\))\s*$/;

/** Whether the output is the one that is shown; blanks, empty lines and ellipses apart. */
export function isAsShown(output: string, shown: string): boolean {
  return matchLines(linesOf(output), linesOf(shown));
}

function linesOf(text: string): readonly string[] {
  return text
    .replaceAll(/\s+$/gm, '')
    .split('\n')
    .map((line) => (ELLIPSIS.test(line) ? ANY_LINES : normalized(line)))
    .filter((line) => line !== '');
}

/** As patterns with `*` are matched: what failed after an ellipsis is tried again with one more line left out. */
function matchLines(actual: readonly string[], shown: readonly string[]): boolean {
  let [at, shownAt] = [0, 0];
  let retry: { at: number; readonly shownAt: number } | undefined;
  while (at < actual.length) {
    if (shown[shownAt] === ANY_LINES) {
      shownAt++;
      retry = { at, shownAt };
    } else if (actual[at] === shown[shownAt]) {
      at++;
      shownAt++;
    } else if (retry !== undefined) {
      retry.at++;
      ({ at, shownAt } = retry);
    } else return false;
  }
  while (shown[shownAt] === ANY_LINES) shownAt++;
  return shownAt === shown.length;
}

const RULES: readonly (readonly [RegExp, string])[] = [
  [/\bsha256:[0-9a-f]+\b|\b[0-9a-f]{12,64}\b/g, '<hash>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\bimage [0-9a-f]{7}\b/g, 'image <hash>'],
  [/@[0-9a-f]{7}\b/g, '@<hash>'],
  // A ReplicaSet's pod, then a pod with one generated part.
  [/-[bcdf-hj-np-tv-z2456789]{6,10}-[bcdf-hj-np-tv-z2456789]{5}\b/g, '-<pod>'],
  [/-[bcdf-hj-np-tv-z2456789]{5}\b(?=\s|$)/g, '-<pod>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)/g, '<time>'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '<address>'],
  [
    /\b(?:about an? |less than a )?(?:\d+ )?(?:second|minute|hour|day|week|month|year)s?\b(?: ago| old)?/gi,
    '<age>',
  ],
  [/\b(?:\d+[dhms]){1,3}\b/g, '<age>'],
  [/\b3\d{4}\b(?=\/TCP|\/UDP)/g, '<port>'],
];

function normalized(line: string): string {
  let text = line.trim();
  for (const [pattern, mark] of RULES) text = text.replaceAll(pattern, mark);
  return text.replaceAll(/[ \t]+/g, ' ');
}
