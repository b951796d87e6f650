/**
 * Informer, work queue and event recorder against a server in the same world.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rng } from '@podwire/base';
import { type HostSim, type Proc, TestWorld, sleep } from '@podwire/engine';
import { type ApiClient, LocalApiClient, transportFailure } from './client.ts';
import { EventRecorder } from './event-recorder.ts';
import { Informer } from './informer.ts';
import type { ApiRequest, ApiResponse, WatchEvent } from './request.ts';
import { ApiServer } from './server.ts';
import { Store } from './store.ts';
import type { ConfigMap } from './types/config.ts';
import type { KubeEvent } from './types/event.ts';
import { WorkQueue } from './workqueue.ts';

const SEC = 1_000_000_000;

function setup(): { world: TestWorld; sim: HostSim; server: ApiServer; client: LocalApiClient } {
  const world = new TestWorld('informer.test');
  const sim = world.addHost('control-plane');
  const rng = new Rng('informer.test');
  const server = new ApiServer(new Store(rng), { clock: sim, rng });
  return { world, sim, server, client: new LocalApiClient(server) };
}

function write(
  server: ApiServer,
  verb: 'create' | 'delete' | 'patch',
  name: string,
  data = '1',
): void {
  server.handle({
    verb,
    resource: 'configmaps',
    namespace: 'default',
    name,
    body: verb === 'delete' ? undefined : { metadata: { name }, data: { k: data } },
  });
}

describe('informer', () => {
  test('list, watch, handlers, index', () => {
    const { world, sim, server, client } = setup();
    write(server, 'create', 'a');
    const informer = new Informer<ConfigMap>(client, sim, { resource: 'configmaps' });
    informer.addIndex('data', (config) => [config.data?.['k'] ?? '']);
    const log: string[] = [];
    informer.subscribe({
      add: (config) => log.push(`+${config.metadata.name}`),
      update: (config, old) => log.push(`${old.data?.['k']}>${config.data?.['k']}`),
      delete: (config) => log.push(`-${config.metadata.name}`),
    });
    sim.spawn('informer', informer.run());
    world.run(SEC);
    assert.equal(informer.isSynced, true);
    write(server, 'create', 'b', '2');
    write(server, 'patch', 'a', '2');
    world.run(2 * SEC);
    assert.deepEqual(
      informer.byIndex('data', '2').map((config) => config.metadata.name),
      ['a', 'b'],
    );
    assert.deepEqual(informer.byIndex('data', '1'), []);
    write(server, 'delete', 'b');
    world.run(3 * SEC);
    assert.deepEqual(log, ['+a', '+b', '1>2', '-b']);
    assert.deepEqual([...informer.items.keys()], ['default/a']);
  });

  test('a lost transport and an expired version: list again with back-off', () => {
    const { world, sim, server, client } = setup();
    let isUp = false;
    let requests = 0;
    const flaky: ApiClient = {
      *request(request: ApiRequest): Proc<ApiResponse> {
        requests++;
        if (!isUp) return transportFailure('connection refused');
        return yield* client.request(request);
      },
      *watch(
        request: ApiRequest,
        onEvent: (event: WatchEvent) => void,
      ): Proc<ApiResponse | undefined> {
        if (isUp) yield* client.request({ verb: 'list', resource: 'pods' });
        const failed = client.watch(request, onEvent);
        const step = failed.next();
        if (step.done === true) return step.value;
        yield* sleep(5 * SEC);
        failed.return(undefined);
        return transportFailure('connection reset');
      },
    };
    const informer = new Informer<ConfigMap>(flaky, sim, { resource: 'configmaps' });
    sim.spawn('informer', informer.run());
    world.run(20 * SEC);
    assert.ok(requests >= 3 && requests <= 8, `${requests} requests while down`);
    isUp = true;
    world.run(80 * SEC);
    assert.equal(informer.isSynced, true);
    write(server, 'create', 'a');
    write(server, 'create', 'b');
    server.store.compact(server.store.version);
    world.run(300 * SEC);
    assert.deepEqual([...informer.items.keys()], ['default/a', 'default/b']);
  });
});

test('work queue: once each, again after done, back-off', () => {
  const { world, sim } = setup();
  const queue = new WorkQueue(sim);
  const log: string[] = [];
  sim.spawn(
    'worker',
    (function* (): Proc {
      for (;;) {
        const key = yield* queue.get();
        log.push(`${key}@${sim.nowNs() / 1e6}`);
        if (key === 'bad' && queue.numRequeues(key) < 3) queue.addRateLimited(key);
        queue.done(key);
      }
    })(),
  );
  queue.add('a');
  queue.add('a');
  queue.addAfter('late', 2e6);
  queue.addAfter('late', 1e6);
  queue.add('bad');
  world.run(SEC);
  assert.deepEqual(log, ['a@0', 'bad@0', 'late@1', 'bad@5', 'bad@15', 'bad@35']);
  assert.equal(queue.isIdle, true);
});

test('event recorder: equal events are counted, similar ones combined', () => {
  const { world, sim, server, client } = setup();
  const recorder = new EventRecorder(client, sim, 'kubelet', 'node-1');
  const about = { kind: 'Pod', apiVersion: 'v1', name: 'p', namespace: 'default', uid: 'u' };
  recorder.event(about, 'Warning', 'BackOff', 'Back-off restarting');
  recorder.event(about, 'Warning', 'BackOff', 'Back-off restarting');
  for (let at = 0; at < 12; at++) recorder.event(about, 'Normal', 'Pulled', `image ${at}`);
  world.run(SEC);
  const events = server.store.list('events', 'default') as readonly KubeEvent[];
  const counted = events.find((event) => event.reason === 'BackOff');
  assert.equal(counted?.count, 2);
  const combined = events.filter((event) =>
    event.message?.startsWith('(combined from similar events)'),
  );
  assert.equal(combined.length, 1);
  assert.equal(events.length, 11);
});
