/**
 * ReplicaSets, StatefulSets and DaemonSets against an API server.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { DaemonSet, KubeObject, Pod, ReplicaSet, StatefulSet } from '@podwire/api';
import { controllerOf } from '@podwire/api';
import { Harness, SEC } from './harness.suite.ts';

function workload(kind: string, spec: object, image = 'nginx:1'): KubeObject {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image }] },
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } }, template, ...spec },
  } as KubeObject;
}

test('a ReplicaSet adopts orphans that match and replaces pods that it releases', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'orphan', namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
  } as KubeObject);
  const set = harness.create<ReplicaSet>('replicasets', workload('ReplicaSet', { replicas: 3 }));
  harness.world.runFor(5 * SEC);
  assert.equal(harness.list('pods').length, 3);
  const orphan = harness.get<Pod>('pods', 'default', 'orphan');
  assert.equal(controllerOf(orphan)?.uid, set.metadata.uid);
  harness.patch('pods', 'default', 'orphan', { metadata: { labels: { app: 'debug' } } });
  harness.world.runFor(5 * SEC);
  assert.equal(controllerOf(harness.get<Pod>('pods', 'default', 'orphan')), undefined);
  assert.equal(harness.list('pods').length, 4);
  const status = harness.get<ReplicaSet>('replicasets', 'default', 'web').status;
  assert.deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    observedGeneration: 1,
  });
});

test('a terminating pod is replaced at once', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('replicasets', workload('ReplicaSet', { replicas: 2 }));
  harness.world.runFor(5 * SEC);
  const [victim = ''] = harness.names('pods');
  harness.dead.add('n1');
  harness.delete('pods', 'default', victim);
  harness.world.runFor(SEC);
  const pods = harness.list<Pod>('pods');
  assert.equal(pods.length, 3);
  assert.equal(pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length, 2);
});

test('minReadySeconds delays availability', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('replicasets', workload('ReplicaSet', { replicas: 1, minReadySeconds: 10 }));
  const available = (): number | undefined =>
    harness.get<ReplicaSet>('replicasets', 'default', 'web').status?.availableReplicas;
  harness.world.runFor(5 * SEC);
  assert.equal(available(), undefined);
  harness.world.runFor(10 * SEC);
  assert.equal(available(), 1);
});

test('a StatefulSet starts its pods one after the other and stops them backwards', () => {
  const harness = new Harness({ nodes: ['n1'], readyDelayNs: 2 * SEC });
  const spec = { serviceName: 'web', replicas: 3, ordinals: { start: 1 } };
  harness.create('statefulsets', workload('StatefulSet', spec));
  harness.world.runFor(SEC);
  assert.deepEqual(harness.names('pods'), ['web-1']);
  harness.world.runFor(2 * SEC);
  assert.deepEqual(harness.names('pods'), ['web-1', 'web-2']);
  harness.world.runFor(5 * SEC);
  assert.deepEqual(harness.names('pods'), ['web-1', 'web-2', 'web-3']);
  const pod = harness.get<Pod>('pods', 'default', 'web-2');
  assert.equal(pod.spec.hostname, 'web-2');
  assert.equal(pod.spec.subdomain, 'web');
  assert.equal(pod.metadata.labels?.['apps.kubernetes.io/pod-index'], '2');
  assert.equal(pod.metadata.labels?.['statefulset.kubernetes.io/pod-name'], 'web-2');
  const { status } = harness.get<StatefulSet>('statefulsets', 'default', 'web');
  assert.equal(pod.metadata.labels?.['controller-revision-hash'], status?.currentRevision);
  assert.equal(status?.readyReplicas, 3);
  harness.patch('statefulsets', 'default', 'web', { spec: { replicas: 1 } });
  harness.world.runFor(SEC / 50);
  const leaving = harness
    .list<Pod>('pods')
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  assert.deepEqual(
    leaving.map(({ metadata }) => metadata.name),
    ['web-3'],
  );
  harness.world.runFor(5 * SEC);
  assert.deepEqual(harness.names('pods'), ['web-1']);
});

test('a StatefulSet rolls from the highest ordinal down to the partition', () => {
  const harness = new Harness({ nodes: ['n1'] });
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
  const spec = { serviceName: 'web', replicas: 3, updateStrategy };
  harness.create('statefulsets', workload('StatefulSet', spec));
  harness.world.runFor(10 * SEC);
  const images = (): (string | undefined)[] =>
    harness.list<Pod>('pods').map((pod) => pod.spec.containers[0]?.image);
  harness.patch('statefulsets', 'default', 'web', {
    spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } },
  });
  harness.world.runFor(20 * SEC);
  assert.deepEqual(images(), ['nginx:1', 'nginx:2', 'nginx:2']);
  harness.patch('statefulsets', 'default', 'web', {
    spec: { updateStrategy: { rollingUpdate: { partition: 0 } } },
  });
  harness.world.runFor(20 * SEC);
  assert.deepEqual(images(), ['nginx:2', 'nginx:2', 'nginx:2']);
  const { status } = harness.get<StatefulSet>('statefulsets', 'default', 'web');
  assert.equal(status?.currentRevision, status?.updateRevision);
});

test('Parallel pods come all at once', () => {
  const harness = new Harness({ nodes: ['n1'] });
  const spec = { serviceName: 'web', replicas: 3, podManagementPolicy: 'Parallel' };
  harness.create('statefulsets', workload('StatefulSet', spec));
  harness.world.runFor(SEC / 2);
  assert.equal(harness.list('pods').length, 3);
});

test('a DaemonSet has one pod on every node, new ones included, and rolls one by one', () => {
  const harness = new Harness({ nodes: ['n1', 'n2'] });
  harness.create('daemonsets', workload('DaemonSet', {}));
  harness.world.runFor(5 * SEC);
  const nodes = new Set(harness.list<Pod>('pods').map(({ spec }) => spec.nodeName));
  assert.deepEqual(nodes, new Set(['n1', 'n2']));
  assert.equal(harness.list('pods').length, 2);
  harness.addNode('n3');
  harness.world.runFor(5 * SEC);
  const pods = harness.list<Pod>('pods');
  assert.equal(pods.length, 3);
  const keys = (pods[0]?.spec.tolerations ?? []).map(
    ({ key, effect }) => `${key ?? ''}:${effect ?? ''}`,
  );
  assert.ok(keys.includes('node.kubernetes.io/unschedulable:NoSchedule'));
  assert.ok(keys.includes('node.kubernetes.io/unreachable:NoExecute'));
  harness.patch('daemonsets', 'default', 'web', {
    spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } },
  });
  harness.world.runFor(SEC / 20);
  const leaving = (): number =>
    harness.list<Pod>('pods').filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .length;
  assert.equal(leaving(), 1);
  harness.world.runFor(20 * SEC);
  const { status } = harness.get<DaemonSet>('daemonsets', 'default', 'web');
  assert.equal(status?.updatedNumberScheduled, 3);
  assert.equal(status?.numberAvailable, 3);
});
