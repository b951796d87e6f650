/**
 * Node failure at exact virtual times (control-plane A.10), eviction rates, pod networks, cleaning up.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { KubeObject, Node, Pod, PodDisruptionBudget } from '@podwire/api';
import { Harness, SEC } from './harness.suite.ts';
import { toleranceSeconds } from './taint-eviction.ts';
import { zoneStateOf } from './zone-evictions.ts';

function replicaSet(replicas: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
      },
    },
  } as KubeObject;
}

const taintsOf = (node: Node): string[] =>
  (node.spec.taints ?? []).map(({ key, effect }) => `${key.split('/')[1] ?? ''}:${effect}`).sort();

test('a dead node: Unknown 50 s after the renewal was seen, NoExecute 5 s on, eviction 300 s later', () => {
  const harness = new Harness({ nodes: ['n1', 'n2'] });
  harness.create('replicasets', replicaSet(2));
  const { world } = harness;
  world.run(20.5 * SEC);
  const node = (): Node => harness.get<Node>('nodes', undefined, 'n1');
  const readyStatus = (): string | undefined =>
    node().status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const onNode = (): Pod | undefined =>
    harness.list<Pod>('pods').find(({ spec }) => spec.nodeName === 'n1');
  // The last renewal was at 20 s and was seen by the round at 20 s or the next.
  harness.dead.add('n1');
  world.run(69 * SEC);
  assert.equal(readyStatus(), 'True');
  world.run(75.5 * SEC);
  assert.equal(readyStatus(), 'Unknown');
  const marked = node().status?.conditions?.find(({ type }) => type === 'Ready');
  assert.equal(marked?.reason, 'NodeStatusUnknown');
  assert.equal(marked?.message, 'Kubelet stopped posting node status.');
  const markedAt = marked?.lastTransitionTime ?? '';
  assert.match(markedAt, /00:01:1[05]Z$/);
  const markedSec = 60 + Number(markedAt.slice(17, 19));
  assert.ok(taintsOf(node()).includes('unreachable:NoSchedule'));
  const lost = onNode();
  assert.equal(lost?.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
  assert.equal(lost?.status?.phase, 'Running');
  assert.deepEqual(harness.events('NodeNotReady').includes('Node is not ready'), true);
  world.run((markedSec + 5.5) * SEC);
  assert.deepEqual(taintsOf(node()), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
  world.run((markedSec + 304.5) * SEC);
  assert.equal(onNode()?.metadata.deletionTimestamp, undefined);
  world.run((markedSec + 305.5) * SEC);
  assert.notEqual(onNode()?.metadata.deletionTimestamp, undefined);
  const why = onNode()?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.equal(why?.reason, 'DeletionByTaintManager');
  assert.equal(harness.list('pods').length, 3, 'the replacement is there at once');
  harness.revive('n1');
  world.runFor(11 * SEC);
  assert.deepEqual(taintsOf(node()), []);
});

test('a node that comes back in time keeps its pods', () => {
  const harness = new Harness({ nodes: ['n1', 'n2'] });
  harness.create('replicasets', replicaSet(2));
  harness.world.run(20.5 * SEC);
  harness.dead.add('n1');
  harness.world.run(150 * SEC);
  harness.revive('n1');
  harness.world.run(600 * SEC);
  assert.equal(harness.list('pods').length, 2);
  assert.equal(
    harness.events('TaintManagerEviction').some((text) => text.startsWith('Marking')),
    false,
  );
});

test('quiet nodes cost a bounded number of events', () => {
  const harness = new Harness({ nodes: ['n1', 'n2', 'n3'] });
  harness.world.run(60 * SEC);
  const count = harness.world.runFor(600 * SEC);
  // 3 nodes × 60 renewals, each a few events; no polling besides.
  assert.ok(count < 3 * 60 * 8, `${count} events`);
});

test('zone states', () => {
  for (const [ready, notReady, expected] of [
    [3, 0, 'normal'],
    [1, 2, 'normal'],
    [2, 3, 'partial-disruption'],
    [3, 3, 'normal'],
    [0, 1, 'full-disruption'],
    [0, 5, 'full-disruption'],
  ] as const) {
    assert.equal(zoneStateOf(ready, notReady), expected, `${ready}/${notReady}`);
  }
});

test('how long taints are tolerated', () => {
  const taint = { key: 'k', effect: 'NoExecute' } as const;
  const other = { key: 'o', effect: 'NoExecute' } as const;
  const forSeconds = (tolerationSeconds: number): object => ({
    key: 'k',
    operator: 'Exists',
    tolerationSeconds,
  });
  assert.equal(toleranceSeconds([], [taint]), 0);
  assert.equal(toleranceSeconds([{ operator: 'Exists' }], [taint, other]), Infinity);
  assert.equal(toleranceSeconds([forSeconds(300)], [taint]), 300);
  assert.equal(toleranceSeconds([forSeconds(300), { operator: 'Exists' }], [taint]), 300);
  assert.equal(toleranceSeconds([forSeconds(300)], [taint, other]), 0);
});

test('nodes get parts of the pod network in order; a released part is used again', () => {
  const harness = new Harness({ nodes: ['n1', 'n2'], clusterCIDR: '10.244.0.0/16' });
  harness.world.runFor(SEC);
  const cidrOf = (name: string): string | undefined =>
    harness.get<Node>('nodes', undefined, name).spec.podCIDR;
  assert.equal(cidrOf('n1'), '10.244.0.0/24');
  assert.equal(cidrOf('n2'), '10.244.1.0/24');
  harness.delete('nodes', undefined, 'n1');
  harness.world.runFor(SEC);
  harness.addNode('n3');
  harness.world.runFor(SEC);
  assert.equal(cidrOf('n3'), '10.244.0.0/24');
});

test('pods of a deleted node are collected after the quarantine', () => {
  const harness = new Harness({ nodes: ['n1', 'n2'] });
  harness.create('replicasets', replicaSet(2));
  harness.world.run(10 * SEC);
  harness.dead.add('n1');
  harness.delete('nodes', undefined, 'n1');
  harness.world.run(50 * SEC);
  const orphans = (): number =>
    harness.list<Pod>('pods').filter(({ spec }) => spec.nodeName === 'n1').length;
  assert.equal(orphans(), 1);
  harness.world.run(81 * SEC);
  assert.equal(orphans(), 0);
});

test('a namespace is emptied and goes', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  harness.world.runFor(SEC);
  assert.deepEqual(harness.names('serviceaccounts', 'shop'), ['default']);
  assert.deepEqual(harness.names('configmaps', 'shop'), ['kube-root-ca.crt']);
  harness.create('replicasets', {
    ...replicaSet(2),
    metadata: { name: 'web', namespace: 'shop' },
  });
  harness.world.runFor(5 * SEC);
  assert.equal(harness.list('pods', 'shop').length, 2);
  harness.delete('namespaces', undefined, 'shop');
  harness.world.runFor(60 * SEC);
  assert.equal(harness.list('pods', 'shop').length, 0);
  assert.ok(!harness.names('namespaces').includes('shop'));
});

test('deletion in the background, in the foreground, and with orphans', () => {
  for (const [policy, podsAfter] of [
    ['Background', 0],
    ['Foreground', 0],
    ['Orphan', 2],
  ] as const) {
    const harness = new Harness({ nodes: ['n1'] });
    harness.create('replicasets', replicaSet(2));
    harness.world.runFor(5 * SEC);
    harness.delete('replicasets', 'default', 'web', { propagationPolicy: policy });
    const isThere = harness.list('replicasets').length;
    assert.equal(isThere, policy === 'Background' ? 0 : 1, policy);
    harness.world.runFor(20 * SEC);
    assert.equal(harness.list('replicasets').length, 0, policy);
    assert.equal(harness.list('pods').length, podsAfter, policy);
  }
});

test('a disruption budget counts what is healthy', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('replicasets', replicaSet(4));
  harness.create('poddisruptionbudgets', {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'default' },
    spec: { maxUnavailable: '30%', selector: { matchLabels: { app: 'web' } } },
  } as KubeObject);
  harness.world.runFor(5 * SEC);
  const { status } = harness.get<PodDisruptionBudget>('poddisruptionbudgets', 'default', 'web');
  assert.equal(status?.expectedPods, 4);
  assert.equal(status.desiredHealthy, 2);
  assert.equal(status.currentHealthy, 4);
  assert.equal(status.disruptionsAllowed, 2);
});
