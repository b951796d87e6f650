/**
 * Programs behind pipes, against what grep 3.8, sed 4.9, coreutils 9.1 and jq 1.6 print for the same input.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPods } from '../test-pods.ts';
import { jq } from './jq.ts';
import { parseJq } from './jq-program.ts';

const PODS = 'NAME  READY\\nweb-a 1/1\\nweb-b 0/1\\ndb    1/1\\n';

const ROWS: readonly (readonly [line: string, out: string, exit: number])[] = [
  ['head -n 2', 'NAME  READY\nweb-a 1/1\n', 0],
  ['head -2', 'NAME  READY\nweb-a 1/1\n', 0],
  ['head -n -1', 'NAME  READY\nweb-a 1/1\nweb-b 0/1\n', 0],
  ['head -c 4', 'NAME', 0],
  ['tail -n 1', 'db    1/1\n', 0],
  ['tail -n +2', 'web-a 1/1\nweb-b 0/1\ndb    1/1\n', 0],
  ['tail -n 0', '', 0],
  ['tail --lines=1', 'db    1/1\n', 0],
  ['grep web', 'web-a 1/1\nweb-b 0/1\n', 0],
  ['grep -v web', 'NAME  READY\ndb    1/1\n', 0],
  ['grep -c web', '2\n', 0],
  ['grep -n web', '2:web-a 1/1\n3:web-b 0/1\n', 0],
  ['grep -i name', 'NAME  READY\n', 0],
  ['grep nothing', '', 1],
  ['grep -q db', '', 0],
  ["grep 'a\\|d'", 'web-a 1/1\ndb    1/1\n', 0],
  ["grep 'a|d'", '', 1],
  ["grep -E 'a|d'", 'web-a 1/1\ndb    1/1\n', 0],
  ['egrep "a|d"', 'web-a 1/1\ndb    1/1\n', 0],
  ["grep -F '/1'", 'web-a 1/1\nweb-b 0/1\ndb    1/1\n', 0],
  ["grep -o '[0-9]/[0-9]'", '1/1\n0/1\n1/1\n', 0],
  ["grep -oE '[[:digit:]]'", '1\n1\n0\n1\n1\n1\n', 0],
  ['grep -w we', '', 1],
  ['grep -x "db    1/1"', 'db    1/1\n', 0],
  ['grep -A1 web-a', 'web-a 1/1\nweb-b 0/1\n', 0],
  ['grep -e NAME -e db', 'NAME  READY\ndb    1/1\n', 0],
  ['grep -n -B1 -e web-a -e db', '1-NAME  READY\n2:web-a 1/1\n3-web-b 0/1\n4:db    1/1\n', 0],
  ["grep '('", '', 1],
  ["grep -E '('", '', 2],
  ["grep '[a'", '', 2],
  ['grep -m1 web', 'web-a 1/1\n', 0],
  ['grep -c -m 1 web', '1\n', 0],
  ['wc -L', '11\n', 0],
  ["printf 'é\\n' | wc -cm", '      2       3\n', 0],
  ['tail -n x', '', 1],
  ['head -c x', '', 1],
  ['cut -f0', '', 1],
  ['cut -c3-1', '', 1],
  ['cut -c2-3', 'AM\neb\neb\nb \n', 0],
  ['tail -n +2 | sort -s -k 2', 'db    1/1\nweb-b 0/1\nweb-a 1/1\n', 0],
  ["sed 's/web/\\1/'", '', 1],
  ['wc -l', '4\n', 0],
  ['wc', '      4       8      42\n', 0],
  ['wc -lw', '      4       8\n', 0],
  ['sort', 'NAME  READY\ndb    1/1\nweb-a 1/1\nweb-b 0/1\n', 0],
  ['sort -r', 'web-b 0/1\nweb-a 1/1\ndb    1/1\nNAME  READY\n', 0],
  ['sort -k2', 'db    1/1\nNAME  READY\nweb-b 0/1\nweb-a 1/1\n', 0],
  ['tail -n +2 | sort -k 2 -u', 'db    1/1\nweb-b 0/1\nweb-a 1/1\n', 0],
  ['sort -k x', '', 2],
  ["tail -n +2 | sed 's/.* //' | sort | uniq -c", '      1 0/1\n      2 1/1\n', 0],
  ["tail -n +2 | sed 's/.* //' | sort | uniq -d", '1/1\n', 0],
  ["cut -d ' ' -f 1", 'NAME\nweb-a\nweb-b\ndb\n', 0],
  ["cut -d'/' -f2", 'NAME  READY\n1\n1\n1\n', 0],
  ["cut -s -d'/' -f2-", '1\n1\n1\n', 0],
  ['cut -c1-3', 'NAM\nweb\nweb\ndb \n', 0],
  ['cut -f', '', 1],
  ["tr -s ' '", 'NAME READY\nweb-a 1/1\nweb-b 0/1\ndb 1/1\n', 0],
  ['tr a-z A-Z | tail -n 1', 'DB    1/1\n', 0],
  ["tr -d '[:space:]'", 'NAMEREADYweb-a1/1web-b0/1db1/1', 0],
  ['sed 1d', 'web-a 1/1\nweb-b 0/1\ndb    1/1\n', 0],
  ['sed -n 2p', 'web-a 1/1\n', 0],
  ["sed -n '2,3p'", 'web-a 1/1\nweb-b 0/1\n', 0],
  ["sed -n '$p'", 'db    1/1\n', 0],
  ["sed '/web/d'", 'NAME  READY\ndb    1/1\n', 0],
  ["sed '/web/!d'", 'web-a 1/1\nweb-b 0/1\n', 0],
  ["sed -n '/web-b/,$p'", 'web-b 0/1\ndb    1/1\n', 0],
  ['sed 2q', 'NAME  READY\nweb-a 1/1\n', 0],
  ["sed -n 's/web-\\(.\\) .*/pod \\1/p'", 'pod a\npod b\n', 0],
  ["sed -nE 's/web-(.) .*/pod \\1/p'", 'pod a\npod b\n', 0],
  ["sed -e 1d -e 's/e/[&]/g' | head -1", 'w[e]b-a 1/1\n', 0],
  ["sed 's|1/1|ok|; s/web/x/'", 'NAME  READY\nx-a ok\nx-b 0/1\ndb    ok\n', 0],
  ['sed y/a/b/', '', 1],
];

for (const [line, out, exit] of ROWS) {
  test(line, () => {
    const pods = new TestPods(['client']);
    const result = pods.exec(pods.client('client'), `printf "${PODS}" | ${line}`);
    assert.deepEqual([result.stdout, result.exitCode], [out, exit], result.stderr);
  });
}

const LIST = {
  items: [
    { metadata: { name: 'web', labels: { app: 'web', 'a/b': 'c' } }, spec: { replicas: 2 } },
    {
      metadata: { name: 'db', labels: {} },
      spec: { replicas: 1, ports: [{ port: 80 }, { port: 443 }] },
    },
  ],
};

function ask(argv: readonly string[], input: string): { out: string; err: string; exit: number } {
  let out = '';
  let err = '';
  const ctx = {
    stdin: input,
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
  } as unknown as Parameters<typeof jq>[0];
  const { value } = jq(ctx, ['jq', ...argv]).next();
  return { out, err, exit: value as number };
}

test('jq refuses what has no meaning', () => {
  const rows: readonly (readonly [program: string, error: string])[] = [
    ['.nope | keys', 'null (null) has no keys'],
    ['true | length', 'boolean (true) has no length'],
    ['.nope | startswith("w")', 'startswith() requires string inputs'],
    ['.items | has("kind")', 'Cannot check whether array has a string key'],
    ['.items[0] + "a"', 'object ({"metadata"...) and string ("a") cannot be added'],
    ['.items | join(",")', 'string ("") and object ({"metadata"...) cannot be added'],
  ];
  for (const [program, error] of rows) {
    const done = ask([program], `${JSON.stringify(LIST)}\n`);
    assert.deepEqual(
      [done.out, done.err, done.exit],
      ['', `jq: error (at <stdin>:1): ${error}\n`, 5],
      program,
    );
  }
  assert.equal(ask(['"x\\("'], '1').exit, 3);
});

test('jq finds values', () => {
  const rows: readonly (readonly [argv: readonly string[], out: string])[] = [
    [['-c', '.items[0].spec'], '{"replicas":2}\n'],
    [['.items[0].spec'], '{\n  "replicas": 2\n}\n'],
    [['.items[].metadata.name'], '"web"\n"db"\n'],
    [['-r', '.items[].metadata.name'], 'web\ndb\n'],
    [['-r', '.items[-1].metadata["name"]'], 'db\n'],
    [['-r', '.items[0].metadata.labels["a/b"]'], 'c\n'],
    [['-r', '.items[0].metadata.labels."a/b"'], 'c\n'],
    [['.items | length'], '2\n'],
    [['.nope.more'], 'null\n'],
    [['-r', '.items[] | select(.spec.replicas > 1) | .metadata.name'], 'web\n'],
    [['-r', '.items[] | select(.metadata.name == "db") | .spec.ports[].port'], '80\n443\n'],
    [['-r', '.items[] | "\\(.metadata.name)=\\(.spec.replicas)"'], 'web=2\ndb=1\n'],
    [['-r', '.items[].metadata | .name + "!"'], 'web!\ndb!\n'],
    [['-c', '.items | map(.spec.replicas)'], '[2,1]\n'],
    [['-c', '.items[0].metadata.labels | keys'], '["a/b","app"]\n'],
    [['.items[1].spec.ports[0].port, .items[0].spec.replicas'], '80\n2\n'],
    [['.items[0].spec.ports[]?'], ''],
    [['-r', '[.items[].metadata.name] | join(",")'], 'web,db\n'],
    [['-c', '[]'], '[]\n'],
    [['-r', '"\\(."items" | length) \\(.items | map(.metadata.name) | join(","))"'], '2 web,db\n'],
    [['-c', '.items | map(.spec.ports > 1)'], '[false,true]\n'],
    [['-c', '[.items[].metadata.labels] | add'], '{"app":"web","a/b":"c"}\n'],
    [['.items[0].metadata | contains({"name":"w"})'.replace('{"name":"w"}', '.')], 'true\n'],
  ];
  for (const [argv, out] of rows) {
    const done = ask(argv, JSON.stringify(LIST));
    assert.deepEqual([done.out, done.err, done.exit], [out, '', 0], argv.join(' '));
  }
});

test('jq complains', () => {
  const rows: readonly (readonly [
    argv: readonly string[],
    input: string,
    err: string,
    exit: number,
  ])[] = [
    [['.a.b'], '{"a":1}\n', 'jq: error (at <stdin>:1): Cannot index number with string "b"\n', 5],
    [['.a[]'], '{}\n', 'jq: error (at <stdin>:1): Cannot iterate over null (null)\n', 5],
    [['.'], 'oops\n', 'parse error: Invalid numeric literal at line 2, column 0\n', 4],
    [['.a |'], '{}', 'jq: program .a | is not modelled by podwire\n', 3],
    [['-e', '.a'], '{"a":false}', '', 1],
    [['.'], '', '', 0],
  ];
  for (const [argv, input, err, exit] of rows) {
    const done = ask(argv, input);
    assert.deepEqual([done.err, done.exit], [err, exit], argv.join(' '));
  }
  assert.equal(parseJq('.a = 1'), undefined);
  assert.equal(parseJq('..'), undefined);
});
