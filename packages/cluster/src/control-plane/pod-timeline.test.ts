// Times of pods as the API server saw them: percentiles over those that came so far.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '@podwire/base';
import { ApiServer, Store, isOk } from '@podwire/api';
import { PodTimeline, quantile } from './pod-timeline.ts';

const QUANTILES: readonly (readonly [readonly number[], number, number])[] = [
  [[], 50, 0],
  [[7], 50, 7],
  [[7], 99, 7],
  [[1, 2, 3, 4], 50, 2],
  [[1, 2, 3, 4], 99, 4],
  [Array.from({ length: 100 }, (_, index) => index + 1), 99, 99],
  [Array.from({ length: 1000 }, (_, index) => index + 1), 99, 990],
];

for (const [values, percent, expected] of QUANTILES) {
  test(`p${percent} of ${values.length} values is the nearest rank`, () => {
    assert.equal(quantile(values, percent), expected);
  });
}

class Cluster {
  atNs = 0;
  readonly #rng = new Rng('pod-timeline');
  readonly server = new ApiServer(new Store(this.#rng), {
    clock: { nowNs: () => this.atNs },
    rng: this.#rng,
  });

  create(name: string, labels: Readonly<Record<string, string>>): void {
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels },
      spec: { containers: [{ name: 'web', image: 'nginx' }] },
    };
    const pods = { resource: 'pods', namespace: 'default' };
    assert.ok(isOk(this.server.handle({ verb: 'create', ...pods, body })));
  }

  bind(name: string): void {
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { kind: 'Node', name: 'node-1' },
    };
    const pod = { resource: 'pods', namespace: 'default', name, subresource: 'binding' };
    assert.ok(isOk(this.server.handle({ verb: 'create', ...pod, body })));
  }

  ready(name: string, status: 'True' | 'False'): void {
    const body = { status: { conditions: [{ type: 'Ready', status }] } };
    const pod = { resource: 'pods', namespace: 'default', name, subresource: 'status' };
    const patch = { patchType: 'merge-patch', body } as const;
    assert.ok(isOk(this.server.handle({ verb: 'patch', ...pod, ...patch })));
  }
}

test('nothing has happened: all times are 0', () => {
  const cluster = new Cluster();
  const timeline = new PodTimeline(cluster.server, { nowNs: () => cluster.atNs }, 'app=web');
  assert.deepEqual([...new Set(Object.values(timeline.times()))], [0]);
  assert.equal(timeline.readyCount, 0);
});

test('pods of the selector are followed from created to bound and first Ready', () => {
  const cluster = new Cluster();
  const timeline = new PodTimeline(cluster.server, { nowNs: () => cluster.atNs }, 'app=web');
  const steps: readonly (readonly [number, () => void])[] = [
    [100, () => cluster.create('one', { app: 'web' })],
    [150, () => cluster.create('other', { app: 'db' })],
    [200, () => cluster.create('two', { app: 'web' })],
    [300, () => cluster.create('three', { app: 'web' })],
    [400, () => cluster.bind('one')],
    [450, () => cluster.bind('other')],
    [600, () => cluster.bind('two')],
    [1000, () => cluster.ready('one', 'True')],
    [1100, () => cluster.ready('one', 'False')],
    [1200, () => cluster.ready('one', 'True')],
  ];
  for (const [atNs, step] of steps) {
    cluster.atNs = atNs;
    step();
  }
  assert.equal(timeline.readyCount, 1);
  assert.deepEqual(timeline.times(), {
    count: 3,
    firstCreatedNs: 100,
    lastCreatedNs: 300,
    firstBoundNs: 400,
    lastBoundNs: 600,
    lastReadyNs: 1000,
    toBoundNsP50: 300,
    toBoundNsP99: 400,
    toReadyNsP50: 900,
    toReadyNsP99: 900,
  });
});
