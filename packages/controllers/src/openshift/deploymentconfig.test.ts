/**
 * DeploymentConfigs against an API server: which revisions they make, which of them serves.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeploymentConfig, KubeObject, Pod, ReplicationController } from '@podwire/api';
import { Harness, SEC } from '../harness.suite.ts';
import { phaseOf } from './deployment-revision.ts';
import { revisionDue, withTriggeredImages } from './deploymentconfig-trigger.ts';

function config(spec: object = {}, status?: object): DeploymentConfig {
  return {
    apiVersion: 'apps.openshift.io/v1',
    kind: 'DeploymentConfig',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { app: 'web' },
      triggers: [{ type: 'ConfigChange' }],
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
      },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  } as unknown as DeploymentConfig;
}

function start(): Harness {
  return new Harness({ nodes: ['n1'], openshift: { lookUpImage: () => undefined } });
}

/** Deployer pods end after a while, as the program in them does. */
function runFor(harness: Harness, seconds: number): void {
  for (let step = 0; step < seconds; step++) {
    harness.world.runFor(SEC);
    for (const { metadata, status } of harness.list<Pod>('pods', 'default')) {
      if (!metadata.name.endsWith('-deploy') || status?.phase !== 'Running') continue;
      harness.patch('pods', 'default', metadata.name, { status: { phase: 'Succeeded' } }, 'status');
    }
  }
}

function sizes(harness: Harness): string[] {
  return harness
    .list<ReplicationController>('replicationcontrollers', 'default')
    .map((each) => `${each.metadata.name} ${phaseOf(each)} ${each.spec.replicas ?? 0}`);
}

function setImage(harness: Harness, image: string): void {
  harness.patch('deploymentconfigs', 'default', 'web', {
    spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
  });
}

test('a new template takes over from the revision before', () => {
  const harness = start();
  harness.create('deploymentconfigs', config() as KubeObject);
  runFor(harness, 20);
  assert.deepEqual(sizes(harness), ['web-1 Complete 2']);
  setImage(harness, 'nginx:2');
  runFor(harness, 30);
  assert.deepEqual(sizes(harness), ['web-1 Complete 0', 'web-2 Complete 2']);
  assert.deepEqual(harness.events('DeploymentCreated'), [
    'Created new replication controller "web-1" for version 1',
    'Created new replication controller "web-2" for version 2',
  ]);
});

test('a rollout that is overtaken is cancelled', () => {
  const harness = start();
  harness.create('deploymentconfigs', config() as KubeObject);
  runFor(harness, 20);
  harness.isBroken = ({ spec }) => spec.containers[0]?.image === 'nginx:bad';
  setImage(harness, 'nginx:bad');
  runFor(harness, 20);
  assert.match(sizes(harness)[1] ?? '', /^web-2 Running [12]$/);
  setImage(harness, 'nginx:3');
  runFor(harness, 30);
  assert.deepEqual(sizes(harness), ['web-1 Complete 0', 'web-2 Failed 0', 'web-3 Complete 2']);
  assert.deepEqual(harness.events('DeploymentCancelled'), [
    'Cancelled deployment "web-2" superceded by version 3',
  ]);
});

test('a rollout that fails leaves the revision before in its place, which is still scaled', () => {
  const harness = start();
  const strategy = { type: 'Rolling', rollingParams: { timeoutSeconds: 60 } };
  harness.create('deploymentconfigs', config({ strategy }) as KubeObject);
  runFor(harness, 20);
  harness.isBroken = ({ spec }) => spec.containers[0]?.image === 'nginx:bad';
  setImage(harness, 'nginx:bad');
  runFor(harness, 90);
  assert.deepEqual(sizes(harness), ['web-1 Complete 2', 'web-2 Failed 0']);
  harness.patch('deploymentconfigs', 'default', 'web', { spec: { replicas: 3 } });
  runFor(harness, 10);
  assert.deepEqual(sizes(harness), ['web-1 Complete 3', 'web-2 Failed 0']);
});

test('old revisions are kept up to the limit', () => {
  const harness = start();
  harness.create('deploymentconfigs', config({ revisionHistoryLimit: 1 }) as KubeObject);
  runFor(harness, 20);
  for (const image of ['nginx:2', 'nginx:3', 'nginx:4']) {
    setImage(harness, image);
    runFor(harness, 30);
  }
  assert.deepEqual(sizes(harness), ['web-3 Complete 0', 'web-4 Complete 2']);
});

test('what a revision is made for', () => {
  const imageChange = (lastTriggeredImage?: string): object => ({
    type: 'ImageChange',
    imageChangeParams: {
      automatic: true,
      containerNames: ['c'],
      from: { kind: 'ImageStreamTag', name: 'web:latest' },
      ...(lastTriggeredImage === undefined ? {} : { lastTriggeredImage }),
    },
  });
  const both = [{ type: 'ConfigChange' }, imageChange('nginx:1')];
  const first = config().spec.template;
  const latest = {
    metadata: {
      name: 'web-1',
      annotations: { 'openshift.io/encoded-deployment-config': JSON.stringify(first) },
    },
    spec: { template: first },
  } as unknown as ReplicationController;
  const images = { ...first, spec: { containers: [{ name: 'c', image: 'nginx:2' }] } };
  const env = {
    ...first,
    spec: { containers: [{ name: 'c', image: 'nginx:1', env: [{ name: 'A', value: 'b' }] }] },
  };
  const rows: readonly (readonly [object, object | undefined, string | undefined])[] = [
    [{}, undefined, 'config change'],
    [{ triggers: [] }, undefined, undefined],
    [{ triggers: [imageChange()] }, undefined, undefined],
    [{ triggers: both }, undefined, 'config change'],
    [{}, { latestVersion: 1 }, undefined],
    [{ template: env }, { latestVersion: 1 }, 'config change'],
    [{ template: images, triggers: both }, { latestVersion: 1 }, 'image change'],
    // Without a trigger for it, a change waits for `oc rollout latest`.
    [{ template: env, triggers: [imageChange('nginx:1')] }, { latestVersion: 1 }, undefined],
  ];
  for (const [spec, status, expected] of rows) {
    const due = revisionDue(config(spec, status), status === undefined ? undefined : latest);
    assert.equal(due?.message, expected, JSON.stringify(spec));
  }
  const found = { dockerImageReference: 'nginx:2' } as never;
  const changed = withTriggeredImages(config({ triggers: both }), () => found);
  assert.equal(changed?.spec.template.spec.containers[0]?.image, 'nginx:2');
  assert.equal(
    withTriggeredImages(config({ triggers: both }), () => undefined),
    undefined,
  );
});
