/**
 * EndpointSlices and Endpoints (services §5): the layout as tables and properties, and the controllers.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type Endpoint,
  type EndpointSlice,
  type Endpoints,
  type KubeObject,
  type Node,
  type Pod,
  type Service,
  jsonEqual,
} from '@podwire/api';
import fc from 'fast-check';
import { endpointOf, endpointPorts } from './endpoints-of-pod.ts';
import { endpointKey, planSlices } from './endpointslice-math.ts';
import { Harness, SEC } from './harness.suite.ts';

function service(spec: object, metadata: object = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  } as Service;
}

function webPod(name: string, ready = true, deleted = false, spec: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      labels: { app: 'web' },
      uid: name,
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...spec },
    status: {
      phase: 'Running',
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  } as Pod;
}

test('conditions of an endpoint', () => {
  for (const [ready, deleted, publishes, expected] of [
    [true, false, false, { ready: true, serving: true, terminating: false }],
    [false, false, false, { ready: false, serving: false, terminating: false }],
    [true, true, false, { ready: false, serving: true, terminating: true }],
    [false, true, false, { ready: false, serving: false, terminating: true }],
    [false, false, true, { ready: true, serving: false, terminating: false }],
    [true, true, true, { ready: true, serving: true, terminating: true }],
  ] as const) {
    const owner = service({ publishNotReadyAddresses: publishes });
    const endpoint = endpointOf(owner, webPod('p', ready, deleted), 'IPv4', undefined);
    assert.deepEqual(endpoint?.conditions, expected);
  }
});

test('an endpoint that still holds is kept, another is what a new one would be', () => {
  const owner = service({});
  const state = fc.record({
    ip: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    ready: fc.boolean(),
    deleted: fc.boolean(),
    nodeName: fc.constantFrom(undefined, 'n1', 'n2'),
    hostname: fc.constantFrom(undefined, '', 'h'),
    uid: fc.constantFrom('u', 'v'),
    zone: fc.constantFrom(undefined, 'z'),
  });
  const endpointAt = (
    at: typeof state extends fc.Arbitrary<infer T> ? T : never,
    before?: Endpoint,
  ): Endpoint | undefined => {
    const { ip, ready, deleted, nodeName, hostname, uid, zone } = at;
    const pod = webPod('p', ready, deleted, { nodeName, hostname, subdomain: 'web' });
    const labels = zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone };
    const node = { metadata: { name: 'n', labels } } as Node;
    const own = {
      ...pod,
      metadata: { ...pod.metadata, uid },
      status: { ...pod.status, podIPs: [{ ip }] },
    } as Pod;
    return endpointOf(owner, own, 'IPv4', node, before);
  };
  fc.assert(
    fc.property(state, state, fc.boolean(), (first, second, isMarked) => {
      const made = endpointAt(first);
      assert.ok(made !== undefined);
      const before: Endpoint = isMarked ? { ...made, hints: { forZones: [] } } : made;
      const fresh = endpointAt(second);
      const kept = endpointAt(second, before);
      assert.deepEqual(kept, fresh);
      assert.equal(kept === before, jsonEqual(before, fresh));
    }),
    { numRuns: 500 },
  );
});

test('ports resolve on each pod: numbers as they are, names by container and protocol', () => {
  const pod = webPod('p', true, false, {
    containers: [
      { name: 'c', image: 'x', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] },
    ],
  });
  const port = (fields: object): object[] => endpointPorts(service({ ports: [fields] }), pod);
  assert.deepEqual(port({ port: 80 }), [{ name: '', protocol: 'TCP', port: 80 }]);
  assert.deepEqual(port({ port: 80, targetPort: 81 }), [{ name: '', protocol: 'TCP', port: 81 }]);
  assert.deepEqual(port({ name: 'w', port: 80, targetPort: 'http' }), [
    { name: 'w', protocol: 'TCP', port: 8080 },
  ]);
  assert.deepEqual(port({ port: 80, targetPort: 'http', protocol: 'UDP' }), []);
  assert.deepEqual(port({ port: 80, targetPort: 'missing' }), []);
});

test('planned slices hold exactly what is wanted, none too full, and no change means no write', () => {
  const endpoint = (id: number): Endpoint => ({ addresses: [`10.0.0.${id}`] });
  const slice = (name: string, ids: readonly number[]): EndpointSlice => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name },
    addressType: 'IPv4',
    endpoints: ids.map(endpoint),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (before, after, most) => {
        const existing: EndpointSlice[] = [];
        for (let at = 0; at < before.length; at += most) {
          existing.push(slice(`s${at}`, before.slice(at, at + most)));
        }
        const wanted = new Map(after.map((id) => [endpointKey(endpoint(id)), endpoint(id)]));
        const plan = planSlices(existing, wanted, most);
        const result = new Map(existing.map((each) => [each, each.endpoints]));
        for (const { slice: changed, endpoints } of plan.update) result.set(changed, endpoints);
        for (const gone of plan.remove) result.delete(gone);
        const all = [...result.values(), ...plan.create];
        assert.ok(all.every((endpoints) => endpoints.length <= most && endpoints.length > 0));
        const keys = all.flat().map(endpointKey).sort();
        assert.deepEqual(keys, [...wanted.keys()].sort());
        const isSame = before.length === after.length && before.every((id) => after.includes(id));
        if (isSame) assert.equal(plan.update.length + plan.create.length + plan.remove.length, 0);
      },
    ),
  );
});

test('250 pods make 3 slices, and an idle cluster writes nothing more', () => {
  const harness = new Harness({ kubelets: false });
  harness.create('services', service({}));
  for (let index = 0; index < 250; index++) {
    const name = `p${index}`;
    harness.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'nginx:1' }], nodeName: 'n1' },
    } as KubeObject);
    harness.setPodReady('default', name, index);
  }
  harness.world.runFor(5 * SEC);
  const slices = (): readonly EndpointSlice[] =>
    harness
      .list<EndpointSlice>('endpointslices', 'default')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web');
  const sizes = slices().map(({ endpoints }) => endpoints.length);
  assert.deepEqual(
    sizes.sort((a, b) => a - b),
    [50, 100, 100],
  );
  const version = harness.server.store.version;
  harness.patch('services', 'default', 'web', { metadata: { annotations: { a: 'b' } } });
  harness.world.runFor(20 * SEC);
  assert.equal(harness.server.store.version, version + 1, 'only the annotation was written');
  const [slice] = slices();
  assert.match(slice?.metadata.name ?? '', /^web-[a-z0-9]{5}$/);
  assert.equal(
    slice?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
    'endpointslice-controller.k8s.io',
  );
  const old = harness.get<Endpoints>('endpoints', 'default', 'web');
  assert.equal(old.subsets?.[0]?.addresses?.length, 250);
});

test('a Service without pods has a placeholder slice; pods fill it', () => {
  const harness = new Harness({ nodes: ['n1'], zones: ['a'] });
  harness.create('services', service({ clusterIP: 'None', trafficDistribution: 'PreferClose' }));
  harness.world.runFor(SEC);
  const slices = (): readonly EndpointSlice[] =>
    harness
      .list<EndpointSlice>('endpointslices', 'default')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web');
  assert.equal(slices().length, 1);
  assert.deepEqual(slices()[0]?.ports ?? [], []);
  assert.equal(slices()[0]?.metadata.labels?.['service.kubernetes.io/headless'], '');
  harness.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'nginx:1' }], hostname: 'h', subdomain: 'web' },
  } as KubeObject);
  harness.world.runFor(5 * SEC);
  assert.equal(slices().length, 1);
  const endpoint = slices()[0]?.endpoints[0];
  assert.equal(endpoint?.hostname, 'h');
  assert.equal(endpoint?.nodeName, 'n1');
  assert.equal(endpoint?.zone, 'a');
  assert.deepEqual(endpoint?.hints, { forZones: [{ name: 'a' }] });
});

test('hand-made Endpoints are mirrored', () => {
  const harness = new Harness();
  harness.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db', namespace: 'default' },
    spec: { ports: [{ port: 5432 }] },
  } as KubeObject);
  harness.create('endpoints', {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'db', namespace: 'default' },
    subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 5432 }] }],
  } as KubeObject);
  harness.world.runFor(5 * SEC);
  const slice = harness
    .list<EndpointSlice>('endpointslices', 'default')
    .find(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'db');
  assert.deepEqual(slice?.endpoints, [{ addresses: ['192.0.2.7'], conditions: { ready: true } }]);
  harness.delete('endpoints', 'default', 'db');
  harness.world.runFor(5 * SEC);
  assert.ok(!harness.names('endpointslices').some((name) => name.startsWith('db-')));
});
