/**
 * Rolling updates: the arithmetic as a table, and whole rollouts against an API server.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Deployment, Pod, ReplicaSet } from '@podwire/api';
import fc from 'fast-check';
import { fenceposts, proportionalScale, scaleDownOld } from './deployment-math.ts';
import { Harness, SEC } from './harness.suite.ts';

function deployment(replicas: number, strategy: object = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
      },
      ...strategy,
    },
  } as Deployment;
}

function replicaSet(name: string, replicas: number, available: number, max?: number): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: 'default',
      ...(max === undefined
        ? {}
        : { annotations: { 'deployment.kubernetes.io/max-replicas': String(max) } }),
    },
    spec: { replicas, selector: {}, template: { spec: { containers: [] } } },
    status: { replicas, availableReplicas: available },
  };
}

test('surge and unavailability for 25 % (control-plane A.2)', () => {
  for (const [replicas, surge, unavailable, most, least] of [
    [1, 1, 0, 2, 1],
    [2, 1, 0, 3, 2],
    [3, 1, 0, 4, 3],
    [4, 1, 1, 5, 3],
    [5, 2, 1, 7, 4],
    [10, 3, 2, 13, 8],
  ] as const) {
    const posts = fenceposts(deployment(replicas));
    assert.deepEqual(posts, { maxSurge: surge, maxUnavailable: unavailable });
    assert.equal(replicas + posts.maxSurge, most);
    assert.equal(replicas - posts.maxUnavailable, least);
  }
});

test('when both resolve to 0, one pod may be unavailable', () => {
  const rollingUpdate = { maxSurge: 0, maxUnavailable: '10%' };
  const posts = fenceposts(deployment(5, { strategy: { type: 'RollingUpdate', rollingUpdate } }));
  assert.deepEqual(posts, { maxSurge: 0, maxUnavailable: 1 });
});

test('unhealthy old replicas go first, then healthy ones down to the least available', () => {
  const rows: [string, ReplicaSet[], ReplicaSet, [string, number][]][] = [
    ['nothing new is available yet', [replicaSet('a', 10, 10)], replicaSet('n', 3, 0), [['a', 8]]],
    ['no room', [replicaSet('a', 8, 8)], replicaSet('n', 5, 0), []],
    ['unhealthy first', [replicaSet('a', 8, 4)], replicaSet('n', 5, 3), [['a', 5]]],
    ['new ones are ready', [replicaSet('a', 8, 8)], replicaSet('n', 5, 5), [['a', 3]]],
  ];
  for (const [name, old, fresh, expected] of rows) {
    const resizes = scaleDownOld(deployment(10), old, fresh);
    assert.deepEqual(
      resizes.map(({ set, replicas }) => [set.metadata.name, replicas]),
      expected,
      name,
    );
  }
});

test('scaling during a rollout keeps the total and the proportions', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 4 }),
      fc.integer({ min: 1, max: 60 }),
      (sizes, replicas) => {
        const before = sizes.reduce((sum, size) => sum + size, 0);
        const sets = sizes.map((size, index) => replicaSet(`r${index}`, size, size, before));
        const wanted = deployment(replicas);
        const after = proportionalScale(wanted, sets);
        const total = after.reduce((sum, { replicas: size }) => sum + size, 0);
        assert.ok(after.every(({ replicas: size }) => size >= 0));
        assert.equal(total, replicas + fenceposts(wanted).maxSurge);
      },
    ),
  );
});

test('a rollout of 10 replicas goes 0→3, 10→8, 3→5, … and ends complete', () => {
  const harness = new Harness({ nodes: ['n1', 'n2', 'n3'], readyDelayNs: 2 * SEC });
  harness.create('deployments', deployment(10));
  harness.world.runFor(30 * SEC);
  const first = harness.get<Deployment>('deployments', 'default', 'web');
  assert.equal(first.status?.readyReplicas, 10);
  assert.equal(
    first.status?.conditions?.find((c) => c.type === 'Progressing')?.reason,
    'NewReplicaSetAvailable',
  );
  assert.equal(first.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
  harness.patch('deployments', 'default', 'web', {
    spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } },
  });
  harness.world.runFor(60 * SEC);
  const done = harness.get<Deployment>('deployments', 'default', 'web');
  assert.equal(done.metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  assert.equal(done.status?.updatedReplicas, 10);
  assert.equal(done.status?.availableReplicas, 10);
  assert.equal(done.status?.replicas, 10);
  const scaled = harness
    .events('ScalingReplicaSet')
    .map((text) => text.replace(/web-[0-9a-z]+/, 'RS'));
  assert.deepEqual(scaled.slice(0, 4), [
    'Scaled up replica set RS from 0 to 10',
    'Scaled up replica set RS from 0 to 3',
    'Scaled down replica set RS from 10 to 8',
    'Scaled up replica set RS from 3 to 5',
  ]);
  const sizes = harness
    .list<ReplicaSet>('replicasets')
    .map(({ spec }) => spec.replicas ?? 0)
    .sort((a, b) => a - b);
  assert.deepEqual(sizes, [0, 10]);
  assert.ok(harness.list<Pod>('pods').every(({ spec }) => spec.containers[0]?.image === 'nginx:2'));
});

test('rolling back reuses the old ReplicaSet under a new revision', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('deployments', deployment(2));
  harness.world.runFor(10 * SEC);
  const [original] = harness.names('replicasets');
  for (const image of ['nginx:2', 'nginx:1']) {
    harness.patch('deployments', 'default', 'web', {
      spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
    });
    harness.world.runFor(20 * SEC);
  }
  const sets = harness.list<ReplicaSet>('replicasets');
  assert.equal(sets.length, 2);
  const reused = sets.find(({ metadata }) => metadata.name === original);
  assert.equal(reused?.spec.replicas, 2);
  assert.equal(reused?.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
  assert.equal(reused?.metadata.annotations?.['deployment.kubernetes.io/revision-history'], '1');
});

test('Recreate waits for the last old pod', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('deployments', deployment(3, { strategy: { type: 'Recreate' } }));
  harness.world.runFor(10 * SEC);
  harness.patch('deployments', 'default', 'web', {
    spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } },
  });
  harness.world.runFor(SEC / 20);
  assert.ok(harness.list<Pod>('pods').every(({ spec }) => spec.containers[0]?.image === 'nginx:1'));
  harness.world.runFor(10 * SEC);
  const pods = harness.list<Pod>('pods');
  assert.equal(pods.length, 3);
  assert.ok(pods.every(({ spec }) => spec.containers[0]?.image === 'nginx:2'));
});

test('a stuck rollout reports ProgressDeadlineExceeded after the deadline', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('deployments', deployment(1, { progressDeadlineSeconds: 60 }));
  harness.isBroken = () => true;
  harness.world.runFor(50 * SEC);
  const reasonNow = (): string | undefined =>
    harness
      .get<Deployment>('deployments', 'default', 'web')
      .status?.conditions?.find(({ type }) => type === 'Progressing')?.reason;
  assert.equal(reasonNow(), 'ReplicaSetUpdated');
  harness.world.runFor(20 * SEC);
  assert.equal(reasonNow(), 'ProgressDeadlineExceeded');
});

test('paused: scaling works, a new template waits', () => {
  const harness = new Harness({ nodes: ['n1'] });
  harness.create('deployments', deployment(2));
  harness.world.runFor(10 * SEC);
  harness.patch('deployments', 'default', 'web', {
    spec: {
      paused: true,
      replicas: 4,
      template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } },
    },
  });
  harness.world.runFor(10 * SEC);
  const paused = harness.get<Deployment>('deployments', 'default', 'web');
  const progressing = paused.status?.conditions?.find(({ type }) => type === 'Progressing');
  assert.equal(progressing?.reason, 'DeploymentPaused');
  assert.equal(harness.list('replicasets').length, 1);
  assert.equal(harness.list('pods').length, 4);
  harness.patch('deployments', 'default', 'web', { spec: { paused: false } });
  harness.world.runFor(20 * SEC);
  assert.equal(harness.list('replicasets').length, 2);
  assert.equal(harness.get<Deployment>('deployments', 'default', 'web').status?.updatedReplicas, 4);
});

test('the world falls idle once the rollout is complete', () => {
  const harness = new Harness({ kubelets: false });
  harness.create('deployments', deployment(0));
  harness.world.runFor(5 * SEC);
  assert.equal(harness.world.runFor(100 * SEC), 0);
});

test('over a slow link the rollout makes exactly the pods that it needs', () => {
  const harness = new Harness({ nodes: ['n1', 'n2'], latencyNs: SEC / 50 });
  harness.create('deployments', deployment(10));
  harness.world.runFor(30 * SEC);
  assert.equal(harness.list('pods').length, 10);
  assert.equal(harness.events('SuccessfulCreate').length, 10);
  harness.patch('deployments', 'default', 'web', {
    spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } },
  });
  let most = 0;
  for (let step = 0; step < 600; step++) {
    harness.world.runFor(SEC / 10);
    const active = harness
      .list<Pod>('pods')
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    most = Math.max(most, active.length);
  }
  assert.ok(most <= 13, `${most} pods at once`);
  const done = harness.get<Deployment>('deployments', 'default', 'web');
  assert.equal(done.status?.updatedReplicas, 10);
  assert.equal(done.status?.replicas, 10);
  const writes = harness.server.store.version;
  harness.world.runFor(9 * SEC);
  // Only the two leases are renewed.
  assert.ok(harness.server.store.version - writes <= 2);
});
