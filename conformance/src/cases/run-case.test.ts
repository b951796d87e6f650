/**
 * Whole cases in whole worlds: what is right agrees, the same with one thing wrong does not.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { CaseResult } from './case-file.ts';
import { runCase } from './run-case.ts';

const MANIFESTS = `
apiVersion: v1
kind: Pod
metadata: {name: w1, labels: {app: web}}
spec: {nodeName: node-2, containers: [{name: c, image: agnhost, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: c1}
spec: {nodeName: node-1, containers: [{name: c, image: agnhost}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;

function run(expect: object, more: object = {}): Promise<CaseResult> {
  const entry = {
    name: 'a-case',
    cluster: { nodes: 2, cni: 'bridge' },
    manifests: MANIFESTS,
    probes: [{ from: { pod: 'default/c1' }, request: 'curl http://{clusterIP:web}/', expect }],
    ...more,
  };
  return runCase({ entry, number: 1, clientTimeoutSec: 2, choice: {}, seed: '1' });
}

test('a service answers, from the pod that it selects, which sees its client', async () => {
  const result = await run({ outcome: 'ok', backends: ['w1'], sourceIPSeen: 'client' });
  assert.deepEqual(result, { name: 'a-case', outcome: 'agree', probes: 1 });
});

const WRONG: readonly (readonly [name: string, expect: object])[] = [
  ['outcome', { outcome: 'refused' }],
  ['backend', { outcome: 'ok', backends: ['c1'] }],
  ['source', { outcome: 'ok', sourceIPSeen: 'node-1' }],
];

for (const [name, expect] of WRONG) {
  test(`a wrong ${name} disagrees, with the walk of its packet`, async () => {
    const result = await run(expect);
    assert.equal(result.outcome, 'disagree');
    assert.match(result.actual ?? '', /expected/);
    assert.match(result.walk ?? '', /KUBE-SERVICES/);
    assert.equal(result.under, 'bridge, iptables');
  });
}

test('a step changes what later probes see', async () => {
  const probe = { from: { pod: 'default/c1' }, request: 'curl http://{clusterIP:web}/' };
  const result = await run(
    {},
    {
      steps: [{ do: 'label', pod: 'default/w1', labels: { app: null } }],
      probes: [
        { ...probe, after: 'start', expect: { outcome: 'ok' } },
        { ...probe, after: 'step 1', expect: { outcome: 'refused' } },
      ],
    },
  );
  assert.deepEqual(result, { name: 'a-case', outcome: 'agree', probes: 2 });
});

test("the API server's own text is asked for", async () => {
  const step = (error: string): object => ({
    manifests: 'kind: Service\napiVersion: v1\nmetadata: {name: a}\nspec: {}\n',
    steps: [{ do: 'apply', how: 'kubectl create -f', expect: { error } }],
    probes: [],
  });
  const right = await run({}, step('The Service "a" is invalid: spec.ports: Required value\n'));
  assert.equal(right.outcome, 'agree');
  const wrong = await run({}, step('The Service "a" is invalid: spec.ports: Forbidden\n'));
  assert.equal(wrong.outcome, 'disagree');
});

test('a kind that is not there makes the case unsupported', async () => {
  const manifests = 'apiVersion: example.org/v1\nkind: Gadget\nmetadata: {name: g}\n';
  const result = await run({ outcome: 'ok' }, { manifests });
  assert.equal(result.outcome, 'unsupported');
  assert.match(result.reason ?? '', /Gadget/);
});
