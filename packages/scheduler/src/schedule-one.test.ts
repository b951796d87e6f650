/**
 * The scheduler's process against an API server: binding, conditions, events, back-off, preemption, gates.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  ApiServer,
  type KubeEvent,
  LocalApiClient,
  type Pod,
  Store,
  itemsOf,
  messageOf,
  objectOf,
} from '@podwire/api';
import { NS_PER_SEC, Rng, must } from '@podwire/base';
import { type HostSim, TestWorld } from '@podwire/engine';
import { type Scheduler, type SchedulerOptions, startScheduler } from './schedule-one.ts';

const SEC = NS_PER_SEC;

class Cluster {
  readonly world = new TestWorld('scheduler');
  readonly sim: HostSim = this.world.addHost('control-plane');
  readonly server = new ApiServer(new Store(new Rng('store')), {
    clock: this.sim,
    rng: new Rng('api'),
    admission: { taintsNewNodes: false },
  });
  readonly scheduler: Scheduler;

  constructor(options: SchedulerOptions = {}) {
    this.scheduler = startScheduler(this.sim, new LocalApiClient(this.server), options);
  }

  node(name: string, cpu = '4'): void {
    const allocatable = { cpu, memory: '8Gi', pods: '110' };
    const metadata = { name, labels: { 'kubernetes.io/hostname': name } };
    const body = { apiVersion: 'v1', kind: 'Node', metadata, spec: {}, status: { allocatable } };
    this.server.handle({ verb: 'create', resource: 'nodes', body });
    this.server.handle({
      verb: 'patch',
      resource: 'nodes',
      subresource: 'status',
      name,
      patchType: 'merge-patch',
      body: { status: { allocatable } },
    });
  }

  pod(name: string, cpu: string, spec: object = {}): void {
    const containers = [{ name: 'c', image: 'img', resources: { requests: { cpu } } }];
    const response = this.server.handle({
      verb: 'create',
      resource: 'pods',
      namespace: 'default',
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers, ...spec } },
    });
    assert.equal(response.code, 201, messageOf(response));
  }

  get(name: string): Pod {
    const place = { resource: 'pods', namespace: 'default', name };
    return must(
      objectOf<Pod>(this.server.handle({ verb: 'get', ...place })),
      `pod ${name} is there`,
    );
  }

  delete(name: string): void {
    this.server.handle({
      verb: 'delete',
      resource: 'pods',
      namespace: 'default',
      name,
      query: { gracePeriodSeconds: 0 },
    });
  }

  events(reason: string): string[] {
    const all = itemsOf<KubeEvent>(this.server.handle({ verb: 'list', resource: 'events' })) ?? [];
    return all
      .filter((event) => event.reason === reason)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ message = '' }) => message);
  }
}

test('a pod is bound and the event says so', () => {
  const cluster = new Cluster();
  cluster.node('n1');
  cluster.pod('p', '1');
  cluster.world.runFor(SEC);
  assert.equal(cluster.get('p').spec.nodeName, 'n1');
  assert.deepEqual(cluster.events('Scheduled'), ['Successfully assigned default/p to n1']);
});

test('a pod that does not fit says why, and is placed when room comes, after its back-off', () => {
  const cluster = new Cluster();
  cluster.node('n1', '1');
  cluster.pod('a', '1');
  cluster.world.runFor(SEC);
  cluster.pod('b', '1');
  cluster.world.runFor(SEC / 2);
  const text =
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
  const condition = cluster
    .get('b')
    .status?.conditions?.find(({ type }) => type === 'PodScheduled');
  assert.equal(condition?.status, 'False');
  assert.equal(condition.reason, 'Unschedulable');
  assert.equal(condition.message, text);
  assert.deepEqual(cluster.events('FailedScheduling'), [text]);
  cluster.delete('a');
  // Rejected at about 1.0 s, it backs off for 1 s; the round at 3 s lets it go.
  cluster.world.run(2.9 * SEC);
  assert.equal(cluster.get('b').spec.nodeName, undefined);
  cluster.world.run(3.1 * SEC);
  assert.equal(cluster.get('b').spec.nodeName, 'n1');
});

test('an idle scheduler has no events; one with a waiting pod only its rounds', () => {
  const cluster = new Cluster();
  cluster.node('n1', '1');
  cluster.world.runFor(5 * SEC);
  assert.equal(cluster.world.runFor(1000 * SEC), 0);
  cluster.pod('big', '2');
  cluster.world.runFor(10 * SEC);
  assert.equal(cluster.events('FailedScheduling').length, 1);
  // Flushed by the 30-second round once it has waited for more than five minutes.
  const count = cluster.world.runFor(280 * SEC);
  assert.equal(count, 0);
  cluster.world.runFor(60 * SEC);
  const all = itemsOf<KubeEvent>(cluster.server.handle({ verb: 'list', resource: 'events' })) ?? [];
  assert.equal(all.find(({ reason }) => reason === 'FailedScheduling')?.count, 2);
});

test('a node that appears helps only pods that it could help', () => {
  const cluster = new Cluster();
  cluster.node('n1', '1');
  cluster.world.runFor(SEC);
  cluster.pod('big', '3');
  cluster.world.runFor(5 * SEC);
  cluster.node('n2', '2');
  cluster.world.runFor(5 * SEC);
  assert.equal(cluster.scheduler.queue.counts().get('unschedulable'), 1);
  cluster.node('n3', '4');
  cluster.world.runFor(5 * SEC);
  assert.equal(cluster.get('big').spec.nodeName, 'n3');
});

test('preemption: the victim gets its grace, the pod the promise, then the place', () => {
  const cluster = new Cluster();
  cluster.node('n1', '1');
  cluster.server.handle({
    verb: 'create',
    resource: 'priorityclasses',
    body: { metadata: { name: 'high' }, value: 1000 },
  });
  cluster.pod('low', '1');
  cluster.world.runFor(SEC);
  cluster.pod('top', '1', { priorityClassName: 'high' });
  cluster.world.runFor(SEC);
  const low = cluster.get('low');
  assert.notEqual(low.metadata.deletionTimestamp, undefined);
  const target = low.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.equal(target?.reason, 'PreemptionByScheduler');
  const top = cluster.get('top');
  assert.equal(top.status?.nominatedNodeName, 'n1');
  assert.equal(
    top.status.conditions?.find(({ type }) => type === 'PodScheduled')?.message,
    '0/1 nodes are available: 1 Insufficient cpu.',
  );
  assert.deepEqual(cluster.events('Preempted'), [
    `Preempted by pod ${top.metadata.uid ?? ''} on node n1`,
  ]);
  cluster.delete('low');
  cluster.world.runFor(5 * SEC);
  assert.equal(cluster.get('top').spec.nodeName, 'n1');
});

test('gated pods and pods of other schedulers are left alone', () => {
  const cluster = new Cluster();
  cluster.node('n1');
  cluster.pod('gated', '1', { schedulingGates: [{ name: 'example.org/wait' }] });
  cluster.pod('foreign', '1', { schedulerName: 'other' });
  cluster.world.runFor(5 * SEC);
  assert.equal(cluster.get('gated').status?.conditions?.[0]?.reason, 'SchedulingGated');
  assert.equal(cluster.get('foreign').status?.conditions, undefined);
  cluster.server.handle({
    verb: 'patch',
    resource: 'pods',
    namespace: 'default',
    name: 'gated',
    patchType: 'json-patch',
    body: [{ op: 'remove', path: '/spec/schedulingGates' }],
  });
  cluster.world.runFor(SEC);
  assert.equal(cluster.get('gated').spec.nodeName, 'n1');
  assert.equal(cluster.get('foreign').spec.nodeName, undefined);
});

test('higher priority goes first, then who came first; equal seeds make equal runs', () => {
  const run = (): [string[], string] => {
    const cluster = new Cluster();
    cluster.server.handle({
      verb: 'create',
      resource: 'priorityclasses',
      body: { metadata: { name: 'high' }, value: 1000 },
    });
    for (const name of ['n1', 'n2', 'n3']) cluster.node(name);
    for (const name of ['a', 'b', 'c']) cluster.pod(name, '1');
    cluster.pod('d', '1', { priorityClassName: 'high' });
    cluster.world.runFor(SEC);
    return [cluster.events('Scheduled'), cluster.world.digest];
  };
  const [first, digest] = run();
  const order = first.map((text) => /default\/(\w+)/.exec(text)?.[1]);
  assert.deepEqual(order, ['d', 'a', 'b', 'c']);
  assert.deepEqual(run(), [first, digest]);
});

test('a limit of requests spaces the bindings', () => {
  const cluster = new Cluster({ qps: 10, burst: 20 });
  cluster.node('n1');
  cluster.world.runFor(10 * SEC);
  for (let number = 0; number < 25; number++) cluster.pod(`p${number}`, '10m');
  const bound = (): number => cluster.events('Scheduled').length;
  cluster.world.runFor(0.05 * SEC);
  assert.equal(bound(), 20);
  cluster.world.runFor(0.2 * SEC);
  assert.equal(bound(), 22);
  cluster.world.runFor(SEC);
  assert.equal(bound(), 25);
});
