/**
 * Splitting of command lines.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { splitCommandLine } from './command-line.ts';

const LINES: readonly (readonly [string, readonly string[]])[] = [
  ['kubectl get  pods', ['kubectl', 'get', 'pods']],
  ['a "b c" d', ['a', 'b c', 'd']],
  ["a 'b \"c' d", ['a', 'b "c', 'd']],
  ['a b\\ c', ['a', 'b c']],
  ['a "b\\"c\\\\" \\d', ['a', 'b"c\\', 'd']],
  ["a ''", ['a', '']],
  ['a -o jsonpath={.spec.clusterIP}', ['a', '-o', 'jsonpath={.spec.clusterIP}']],
  ['a \\\n  b', ['a', 'b']],
  ["sh -c 'a | b > c; d && e'", ['sh', '-c', 'a | b > c; d && e']],
  ['curl http://x/?a=1&b=2', ['curl', 'http://x/?a=1&b=2']],
];

const PROBLEMS: readonly (readonly [string, RegExp])[] = [
  ['a | b', /pipes/],
  ['a || b', /"\|\|" would join/],
  ['a && b', /"&&" would join/],
  ['a; b', /";" would join/],
  ['a > b', /redirection ">"/],
  ['a 2>&1', /redirection/],
  ['a $(b)', /command substitution/],
  ['a `b`', /command substitution/],
  ['a &', /background/],
  ['', /empty/],
  ["a 'b", /not closed/],
  ['a \\', /backslash/],
];

describe('splitCommandLine', () => {
  for (const [line, words] of LINES) {
    test(line, () => {
      assert.deepEqual(splitCommandLine(line), { words });
    });
  }

  for (const [line, expected] of PROBLEMS) {
    test(`refuses ${JSON.stringify(line)}`, () => {
      assert.match(splitCommandLine(line).problem?.message ?? '', expected);
    });
  }

  test('gives quoted words back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
        assert.deepEqual(splitCommandLine(line).words, words);
      }),
    );
  });
});
