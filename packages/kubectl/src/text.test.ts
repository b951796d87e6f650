/**
 * Texts that kubectl makes by itself: flags, ages, tables, JSONPath.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { titleOf } from './describe/generic.ts';
import { boolFlag, parseFlags, textFlag } from './flags.ts';
import { humanDuration, longDate } from './human-duration.ts';
import { executeJsonPath, parseJsonPath } from './jsonpath.ts';
import { compactJson } from './json-value.ts';
import { toJson } from './manifest.ts';
import { parseKubectl } from './parse.ts';
import { naturalCompare } from './sort.ts';
import { DESCRIBE_TABS, TABLE_TABS, alignTabs } from './tabwriter.ts';
import { compareKeys, emitYaml } from './yaml.ts';

const SEC = 1_000_000_000;

test('human durations', () => {
  const table: readonly (readonly [number, string])[] = [
    [-5, '<invalid>'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [123, '2m3s'],
    [600, '10m'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600 + 300, '3h5m'],
    [8 * 3600, '8h'],
    [47 * 3600, '47h'],
    [51 * 3600, '2d3h'],
    [30 * 86_400, '30d'],
    [(2 * 365 + 10) * 86_400, '2y10d'],
    [9 * 365 * 86_400, '9y'],
  ];
  for (const [seconds, text] of table) assert.equal(humanDuration(seconds * SEC), text);
});

test('dates of describe', () => {
  assert.equal(longDate('2026-01-01T00:00:05Z'), 'Thu, 01 Jan 2026 00:00:05 +0000');
  assert.equal(longDate('2025-12-31T23:59:59Z'), 'Wed, 31 Dec 2025 23:59:59 +0000');
});

test('tabs: columns end where a line has no cell', () => {
  assert.equal(alignTabs('NAME\tAGE\nweb-1\t5s\n', TABLE_TABS), 'NAME    AGE\nweb-1   5s\n');
  assert.equal(
    alignTabs('A:\t1\nLonger:\t2\nno cell\nB:\t3\n', DESCRIBE_TABS),
    'A:       1\nLonger:  2\nno cell\nB:  3\n',
  );
  const widths: number[] = [];
  alignTabs('a-long-name\tx\n', TABLE_TABS, widths);
  assert.equal(alignTabs('b\ty\n', TABLE_TABS, widths), 'b             y\n');
});

test('jsonpath in kubectl’s dialect', () => {
  const data = {
    kind: 'List',
    items: [
      { metadata: { name: 'a', labels: { 'x.y/z': '1' } }, n: 1, tags: ['p', 'q'], ok: true },
      { metadata: { name: 'b' }, n: 2, tags: [] },
    ],
  };
  const table: readonly (readonly [string, string])[] = [
    ['{.kind}', 'List'],
    ['kind is {.kind}', 'kind is List'],
    ['{.items[*].metadata.name}', 'a b'],
    ['{.items[0].metadata.name}', 'a'],
    ['{.items[-1].metadata.name}', 'b'],
    ['{.items[0:1].metadata.name}', 'a'],
    ['{.items[::1].n}', '1 2'],
    ['{.items[0,1].n}', '1 2'],
    ['{range .items[*]}{.metadata.name}{"\\t"}{.n}{"\\n"}{end}', 'a\t1\nb\t2\n'],
    ['{.items[?(@.n==2)].metadata.name}', 'b'],
    ['{.items[?(@.metadata.name=="a")].n}', '1'],
    ['{.items[?(@.n>=1)].n}', '1 2'],
    ['{.items[?(@.ok)].n}', '1'],
    ['{.items[?(@.ok==true)].n}', '1'],
    ['{..name}', 'a b'],
    ['{.items[0].metadata.labels.x\\.y/z}', '1'],
    ["{.items[0].metadata.labels['x\\.y/z']}", '1'],
    ['{.items[0].tags}', '["p","q"]'],
    ['{.items[0].metadata}', '{"labels":{"x.y/z":"1"},"name":"a"}'],
    ['{.missing.path}', ''],
    ["{.items[*]['metadata.name', 'n']}", 'a b 1 2'],
    ['{$.kind}', 'List'],
    ['{@.kind}', 'List'],
  ];
  for (const [template, expected] of table) {
    const path = parseJsonPath(template);
    assert.ok(!('error' in path), template);
    assert.deepEqual(executeJsonPath(path, data), expected, template);
  }
  const path = parseJsonPath('{.items[5]}');
  assert.ok(!('error' in path));
  assert.deepEqual(executeJsonPath(path, data), {
    error: 'array index out of bounds: index 5, length 2',
  });
  assert.ok('error' in parseJsonPath('{.items'));
});

test('yaml as kubectl prints it', () => {
  const value = {
    b: ['x', { k: 1, a: 'yes' }],
    a: {
      t: '2026-01-01T00:00:00Z',
      n: '80',
      e: '',
      m: 'one\ntwo\n',
      o: 'one\ntwo',
      c: 'a: b',
      s: '*x',
      q: "it's",
    },
    10: 1,
    9: null,
    empty: {},
    none: [],
  };
  assert.equal(
    emitYaml(value),
    `"9": null
"10": 1
a:
  c: 'a: b'
  e: ""
  m: |
    one
    two
  "n": "80"
  o: |-
    one
    two
  q: it's
  s: '*x'
  t: "2026-01-01T00:00:00Z"
b:
- x
- a: "yes"
  k: 1
empty: {}
none: []
`,
  );
  assert.ok(compareKeys('item2', 'item10') < 0);
});

test('what is printed as YAML reads back as the same data', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc
          .string({ unit: 'grapheme', minLength: 1 })
          .filter((key) => key !== '__proto__' && key !== '<<'),
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.boolean(),
          fc.integer(),
          fc.array(fc.string()),
          fc.constant(null),
        ),
        { minKeys: 1 },
      ),
      (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        assert.deepEqual(toJson(emitYaml(plain)), { json: plain });
      },
    ),
    { numRuns: 300 },
  );
});

test('scalars read as goyaml reads them', () => {
  assert.deepEqual(
    toJson('[10:30, 2026-01-01, yes, off, 010, 0x10, ., 1_000, .5, .0_, -.5_, 1_0.5, ~]'),
    {
      json: ['10:30', '2026-01-01', true, false, 8, 16, '.', 1000, 0.5, '.0_', -0.5, 10.5, null],
    },
  );
});

test('json escapes as Go does', () => {
  assert.equal(
    compactJson({ b: '<&>', a: [1, null, 'é'] }),
    '{"a":[1,null,"é"],"b":"\\u003c\\u0026\\u003e"}',
  );
});

test('flags by the rules of pflag', () => {
  const specs = [textFlag('namespace', 'n'), boolFlag('stdin', 'i'), boolFlag('tty', 't')];
  const read = (...argv: string[]): unknown => {
    const parsed = parseFlags(specs, argv);
    if (typeof parsed === 'string') return parsed;
    return [parsed.flags.text('namespace'), parsed.flags.bool('stdin'), parsed.args, parsed.dashAt];
  };
  assert.deepEqual(read('-n', 'x', 'a'), ['x', false, ['a'], undefined]);
  assert.deepEqual(read('-nx', '-it', 'a', '--', '-z'), ['x', true, ['a', '-z'], 1]);
  assert.deepEqual(read('--namespace=x', '--stdin=false'), ['x', false, [], undefined]);
  assert.equal(read('--foo'), 'unknown flag: --foo');
  assert.equal(read('-z'), "unknown shorthand flag: 'z' in -z");
  assert.equal(read('-n'), "flag needs an argument: 'n' in -n");
  assert.equal(
    read('--stdin=maybe'),
    'invalid argument "maybe" for "-i, --stdin" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
  );
});

test('the static check names what is wrong and what may have been meant', () => {
  assert.deepEqual(parseKubectl(['get', 'pods', '-n', 'x']), { ok: true, errors: [] });
  assert.equal(parseKubectl(['-n', 'x', 'get', 'pods']).ok, true);
  assert.equal(parseKubectl(['get', 'pdos']).suggestion, 'did you mean "pods"?');
  assert.equal(parseKubectl(['get', 'pods', '--selectr=x']).suggestion, 'did you mean --selector?');
  assert.equal(parseKubectl(['rolout', 'status']).suggestion, 'did you mean "kubectl rollout"?');
  assert.equal(parseKubectl(['port-forward', 'x']).ok, false);
  assert.equal(parseKubectl(['exec', 'web', '--', 'ls', '-l']).ok, true);
});

test('no words make the check or the parser of manifests fall over', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom(
            'get',
            'pods',
            '-o',
            '--',
            '-A',
            'apply',
            '-f',
            'wait',
            '--for=condition=',
            'svc/a',
            '-l',
          ),
          fc.string(),
        ),
        { maxLength: 8 },
      ),
      (argv) => {
        assert.equal(typeof parseKubectl(argv).ok, 'boolean');
      },
    ),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.ok('json' in toJson(text) || 'error' in toJson(text));
    }),
  );
});

test('natural order', () => {
  assert.deepEqual(['web-10', 'web-9', 'web-1'].toSorted(naturalCompare), [
    'web-1',
    'web-9',
    'web-10',
  ]);
});

test('titles of generic descriptions', () => {
  assert.equal(titleOf('apiVersion'), 'API Version');
  assert.equal(titleOf('resourceVersion'), 'Resource Version');
  assert.equal(titleOf('uid'), 'UID');
});
