/**
 * The runner of scheduler case files itself: what agrees, what is told apart, what is unsupported.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type CaseResult, runSchedulerCaseFile } from './scheduler-cases.ts';

const NODE = `apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.io/hostname: n1}}
status: {allocatable: {cpu: '1', memory: 1Gi, pods: '10'}}
`;
const POD = `apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: img}]}
`;

function run(entry: object): CaseResult | undefined {
  const complete = { name: 'case', manifests: NODE, schedule: POD, ...entry };
  return runSchedulerCaseFile({ cases: [complete] }, 'test.yaml')[0];
}

test('outcomes', () => {
  for (const [entry, outcome] of [
    [{ expect: { feasible: ['n1'], chosen: ['n1'] } }, 'agree'],
    [{ expect: { feasible: ['n2'] } }, 'disagree'],
    [{ expect: { untouched: true } }, 'disagree'],
    [{ schedule: `${POD}# comment\n`, expect: { chosen: 'n1' } }, 'agree'],
    [
      {
        schedule: POD.replace('spec: {', 'spec: {schedulerName: x, '),
        expect: { untouched: true },
      },
      'agree',
    ],
    [{ expect: { colour: 'blue' } }, 'unsupported'],
    [{ expect: {}, steps: [] }, 'unsupported'],
    [{ manifests: 'apiVersion: x/v1\nkind: Y\nmetadata: {name: y}\n', expect: {} }, 'unsupported'],
  ] as const) {
    assert.equal(run(entry)?.outcome, outcome, JSON.stringify(entry));
  }
});

test('a gated pod has the condition of its gate', () => {
  const schedule = POD.replace('spec: {', 'spec: {schedulingGates: [{name: example.org/g}], ');
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  const expect = { feasible: [], reason: 'SchedulingGated', message };
  assert.equal(run({ schedule, expect })?.outcome, 'agree');
});

test('the overhead of a RuntimeClass counts', () => {
  const runtimeClass = `---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: heavy}
handler: heavy
overhead: {podFixed: {cpu: '2'}}
`;
  const schedule = POD.replace('spec: {', 'spec: {runtimeClassName: heavy, ');
  const message =
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
  const result = run({ manifests: NODE + runtimeClass, schedule, expect: { message } });
  assert.equal(result?.outcome, 'agree', result?.actual);
});

test('formulas that do not hold are told', () => {
  const formulas = { backoffSeconds: { 1: 1, 2: 3 }, weights: { TaintToleration: 3 } };
  const [result] = runSchedulerCaseFile({ formulas, cases: [] }, 'test.yaml');
  assert.equal(result?.name, 'formulas.backoffSeconds');
  assert.equal(result.expected, '2: 3');
  assert.equal(result.actual, '2: 2');
});
