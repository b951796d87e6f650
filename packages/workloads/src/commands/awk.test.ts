/**
 * awk behind a pipe, against what mawk 1.3.4 prints for the same lines.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPods } from '../test-pods.ts';

const FILE = 'NAME  TYPE      PORT\\nweb   ClusterIP 80\\n  db NodePort 5432\\n';

const ROWS: readonly (readonly [program: string, out: string])[] = [
  ["'{print $2}'", 'TYPE\nClusterIP\nNodePort\n'],
  ["'{ print $1, $3 }'", 'NAME PORT\nweb 80\ndb 5432\n'],
  ['\'NR>1{print $1 ":" $NF}\'', 'web:80\ndb:5432\n'],
  ["'/Node/'", '  db NodePort 5432\n'],
  ["'!/Node/ {print NR; print NF}'", '1\n3\n2\n3\n'],
  ["'$3 > 100 {print $1}'", 'NAME\ndb\n'],
  ['\'$2 == "ClusterIP" {print}\'', 'web   ClusterIP 80\n'],
  ["'$1 ~ /^w/ {print $9}'", '\n'],
  ["-F o '{print $2}'", '\n\ndeP\n'],
];

for (const [program, out] of ROWS) {
  test(`awk ${program}`, () => {
    const pods = new TestPods(['client']);
    const client = pods.client('client');
    const result = pods.exec(client, `printf "${FILE}" | awk ${program}`);
    assert.deepEqual([result.stdout, result.exitCode], [out, 0], result.stderr);
  });
}

test('what is not modelled is refused', () => {
  const pods = new TestPods(['client']);
  const result = pods.exec(pods.client('client'), "echo a | awk 'BEGIN { n = 0 } { n += $1 }'");
  assert.equal(result.exitCode, 2);
  assert.match(result.stderr, /is not modelled by podwire/);
});
