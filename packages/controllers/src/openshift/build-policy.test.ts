/**
 * Whose turn it is among the builds of a configuration, and which of them are kept.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Build, BuildConfig } from '@podwire/api';
import { prunable, turnOf } from './build-policy.ts';

function build(number: number, phase: string, policy = 'Serial'): Build {
  return {
    metadata: {
      name: `web-${number}`,
      creationTimestamp: `2026-01-01T00:0${number}:00Z`,
      labels: { 'openshift.io/build.start-policy': policy },
      annotations: { 'openshift.io/build.number': String(number) },
    },
    status: { phase },
  } as unknown as Build;
}

function names(builds: readonly Build[]): string {
  return builds.map(({ metadata }) => metadata.name).join(' ');
}

test('turns', () => {
  const rows: readonly (readonly [
    policy: string,
    phases: readonly string[],
    mayBegin: boolean,
    cancels: string,
  ])[] = [
    ['Serial', ['Complete', 'Failed'], true, ''],
    ['Serial', ['Complete', 'Running'], false, ''],
    ['Serial', ['New', 'Pending'], false, ''],
    ['Parallel', ['New', 'Running'], true, ''],
    ['SerialLatestOnly', ['Running', 'New'], false, 'web-2'],
    ['SerialLatestOnly', ['Pending', 'New'], false, 'web-1 web-2'],
    ['SerialLatestOnly', ['Cancelled', 'Complete'], true, ''],
  ];
  for (const [policy, phases, mayBegin, cancels] of rows) {
    const others = phases.map((phase, index) => build(index + 1, phase, policy));
    const turn = turnOf(build(3, 'New', policy), others);
    assert.equal(turn.mayBegin, mayBegin, `${policy} ${phases.join(' ')}`);
    assert.equal(names(turn.cancels), cancels, `${policy} ${phases.join(' ')}`);
  }
  assert.equal(turnOf(build(1, 'New'), [build(2, 'New')]).mayBegin, true);
});

test('the newest are kept, completed ones and others apart', () => {
  const builds = [
    build(1, 'Complete'),
    build(2, 'Failed'),
    build(3, 'Complete'),
    build(4, 'Error'),
    build(5, 'Complete'),
    build(6, 'Running'),
  ];
  const config = (spec: object): BuildConfig => ({ spec }) as BuildConfig;
  const both = { successfulBuildsHistoryLimit: 1, failedBuildsHistoryLimit: 1 };
  assert.equal(names(prunable(config(both), builds)), 'web-3 web-1 web-2');
  assert.equal(
    names(prunable(config({ successfulBuildsHistoryLimit: 0 }), builds)),
    'web-5 web-3 web-1',
  );
  assert.equal(names(prunable(config({}), builds)), '');
});
