/**
 * The shell subset: parsing, control flow, expansion, redirection.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NS_PER_SEC } from '@podwire/base';
import { TestPods } from '../test-pods.ts';
import { parseShell } from './parse.ts';

const ROWS: readonly (readonly [string, string, number])[] = [
  ['echo a; echo b', 'a\nb\n', 0],
  ['true && echo yes || echo no', 'yes\n', 0],
  ['false && echo yes || echo no', 'no\n', 0],
  ['false; echo $?', '1\n', 0],
  ['! false', '', 0],
  ['exit 7; echo never', '', 7],
  ['X=1; Y="$X 2"; echo "$Y"', '1 2\n', 0],
  ['echo "${NONE:-default}" ${NONE-other} ${#HOSTNAME}', 'default other 6\n', 0],
  ['echo \'$HOSTNAME\' "$HOSTNAME"', '$HOSTNAME client\n', 0],
  ['for i in 1 2 3; do echo -n $i,; done', '1,2,3,', 0],
  ['for i in $(seq 1 3); do echo $((i * 2)); done', '2\n4\n6\n', 0],
  ['i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done; echo $i', '3\n', 0],
  ['i=0; until [ $i -ge 2 ]; do i=$((i+1)); done; echo $i', '2\n', 0],
  ['if [ -f /etc/hosts ]; then echo here; else echo gone; fi', 'here\n', 0],
  ['if false; then echo a; elif true; then echo b; else echo c; fi', 'b\n', 0],
  ['while true; do echo once; break; done', 'once\n', 0],
  ['for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo $i; done', '1\n3\n', 0],
  ['echo hi > /tmp/f; echo ho >> /tmp/f; cat /tmp/f', 'hi\nho\n', 0],
  ['cat /nosuch 2>/dev/null || echo failed', 'failed\n', 0],
  ['cat /nosuch 2>&1', 'cat: /nosuch: No such file or directory\n', 1],
  ['printf "%s-%s\\n" a b', 'a-b\n', 0],
  ['echo one two | wc -w', '2\n', 0],
  ['printf "b\\na\\nb\\n" | grep -c b', '2\n', 0],
  ['cat < /etc/hostname', 'client\n', 0],
  ['(exit 3); echo $?', '3\n', 0],
  ['{ echo a; echo b; } | head -1', 'a\n', 0],
  ['set -e; false; echo never', '', 1],
  ['nosuchcommand', '', 127],
  ['A=1 env | grep ^A=', 'A=1\n', 0],
  ['sh -c \'echo "$0 $1"\' name arg', 'name arg\n', 0],
  ['sleep 1 & wait; echo done', 'done\n', 0],
  ['echo "a\\"b"', 'a"b\n', 0],
  ['echo a # comment', 'a\n', 0],
  ['eval "echo x y"', 'x y\n', 0],
];

const pods = new TestPods(['client']);
const client = pods.client('client');

for (const [script, out, code] of ROWS) {
  test(script, () => {
    const result = pods.exec(client, script);
    assert.deepEqual([result.stdout, result.exitCode], [out, code], result.stderr);
  });
}

test('syntax errors', () => {
  for (const script of ['if true', 'echo "open', 'while true; do', ')', 'echo a &&& b']) {
    const result = pods.exec(client, script);
    assert.equal(result.exitCode, 2, script);
    assert.match(result.stderr, /syntax error/);
  }
});

test('sleep takes virtual time, also in a loop that does nothing else', () => {
  const before = pods.lab.world.nowNs;
  pods.exec(client, 'for i in 1 2 3; do sleep 10; done');
  assert.ok(pods.lab.world.nowNs - before >= 30 * NS_PER_SEC);
});

test('property: any text parses or is a syntax error, and never throws', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'ab $"\'\\`(){}<>|&;\n!#=12-'.split('')) }),
      (text) => {
        parseShell(text);
      },
    ),
    { numRuns: 500 },
  );
});
