/**
 * Judging of results: what holds, and the sentence for what does not.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CommandResult } from '@podwire/cluster';
import { judge } from './judge.ts';
import { load } from './memory-reader.suite.ts';
import type { RunStep } from './scenario.ts';

const FACTS = {
  pods: [
    pod('web-1', 'default', { app: 'web' }, '10.244.1.2'),
    pod('web-12', 'default', { app: 'web' }, '10.244.1.3'),
    pod('db', 'default', { app: 'db' }, '10.244.1.4'),
  ],
  hosts: [{ name: 'node-1', address: '192.168.10.11' }],
};

function pod(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  podIP: string,
): unknown {
  return { metadata: { name, namespace, labels }, status: { podIP } };
}

function ran(part: Partial<CommandResult> = {}): CommandResult {
  return {
    exitCode: 0,
    stdout: '',
    stderr: '',
    startedNs: 0,
    endedNs: 5_000_000,
    http: [],
    ...part,
  };
}

function stepWith(expect: string): RunStep {
  const { scenario, diagnostics } = load(
    `name: x\nsteps:\n  - run: true\n    ${expect === '' ? '' : `expect: ${expect}`}\n`.replace(
      'run: true',
      'run: hostname',
    ),
  );
  const step = scenario?.steps[0];
  assert.ok(step?.kind === 'run', JSON.stringify(diagnostics));
  return step;
}

const web = (name: string): CommandResult => ran({ stdout: `${name}\n` });

const HOLDS: readonly (readonly [expect: string, ...results: CommandResult[]])[] = [
  ['', ran()],
  ['abc', ran({ stdout: 'xabcx' })],
  ['{exit: 7}', ran({ exitCode: 7 })],
  ['{stderr: refused}', ran({ exitCode: 7, stderr: 'Connection refused' })],
  ["{output: {matches: '^b$', notMatches: '^c'}}", ran({ stdout: 'a\nb\n' })],
  ['{output: {equals: 5, lines: 1}}', ran({ stdout: '\n5\n' })],
  ['{json: {path: .a.b, equals: 1}}', ran({ stdout: '{"a":{"b":1}}' })],
  ['{json: [{path: .a, exists: false}]}', ran({ stdout: '{}' })],
  ['{status: 200}', ran({ http: [{ status: 301 }, { status: 200 }] })],
  ['{backends: {selector: app=web, count: 2, each: 50%..50%}}', web('web-1'), web('web-12')],
  ['{backends: [web-12]}', web('web-12')],
  ['{backends: {share: {web: 67% ± 1%}}}', web('web-1'), web('web-12'), web('db')],
  ['{source: node-1}', ran({ stdout: 'from 192.168.10.11:4711' })],
  ['{source: pod web-1}', ran({ stdout: '10.244.1.2' })],
  ['{within: 5ms, atLeast: 5ms}', ran()],
  ['{successes: 1..2}', ran(), ran({ exitCode: 28 })],
];

const FAILS: readonly (readonly [expect: string, sentence: RegExp, ...results: CommandResult[]])[] =
  [
    ['', /^exit status 1, expected 0 \(error: no\)$/, ran({ exitCode: 1, stderr: 'error: no\n' })],
    ['abc', /^output does not contain "abc"$/, ran({ stdout: 'ab' })],
    ['{output: {notContains: a}}', /^output contains "a"$/, ran({ stdout: 'a' })],
    ['{output: {lines: 2}}', /^output has 1 lines, expected 2$/, ran({ stdout: 'a' })],
    ['{json: {path: .a, equals: 1}}', /^\.a is 2, expected 1$/, ran({ stdout: '{"a":2}' })],
    ['{json: {path: .a}}', /^output is not JSON$/, ran({ stdout: 'a' })],
    ['{json: {path: .a}}', /^\.a does not exist$/, ran({ stdout: '{}' })],
    ['{status: 200}', /^no HTTP answer, expected 200$/, ran()],
    ['{backends: {selector: app=web}}', /^db answered, which does not match app=web$/, web('db')],
    ['{backends: {count: 2}}', /^1 pods answered, expected 2/, web('db')],
    [
      '{backends: {same: true}}',
      /^answers came from several pods \(web-1 1, db 1\)$/,
      web('web-1'),
      web('db'),
    ],
    [
      '{source: node-1}',
      /^the client's address seen is not node-1/,
      ran({ stdout: '192.168.10.110' }),
    ],
    ['{source: nowhere}', /^nothing is called nowhere$/, ran()],
    ['{within: 4ms}', /^took 0\.005 s, expected at most 4ms$/, ran()],
    ['{successes: 2}', /^1 of 2 runs succeeded, expected 2$/, ran(), ran({ exitCode: 28 })],
  ];

describe('judge', () => {
  for (const [expect, ...results] of HOLDS) {
    test(`holds: ${expect}`, () => {
      assert.deepEqual(judge(stepWith(expect), results, FACTS), []);
    });
  }
  for (const [expect, sentence, ...results] of FAILS) {
    test(`fails: ${expect}`, () => {
      const problems = judge(stepWith(expect), results, FACTS);
      assert.equal(problems.length, 1, problems.join('; '));
      assert.match(problems[0] ?? '', sentence);
    });
  }
});
