/**
 * Mutated manifests through decoder and server: every one ends in an answer, and what is stored stays readable.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Rng } from '@podwire/base';
import { decodeStruct } from './codec.ts';
import { decodeManifests } from './decode.ts';
import { jsonEqual } from './object.ts';
import { ApiServer } from './server.ts';
import { Store } from './store.ts';
import type { KubeObject } from './types/meta.ts';

const TEMPLATE = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'c',
        image: 'nginx',
        ports: [{ name: 'http', containerPort: 80 }],
        env: [
          { name: 'A', value: '1' },
          { name: 'B', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
        resources: { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '1Gi' } },
        readinessProbe: { httpGet: { path: '/', port: 'http' } },
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
      },
    ],
    initContainers: [{ name: 'i', image: 'busybox', restartPolicy: 'Always' }],
    volumes: [{ name: 'v', configMap: { name: 'cm' } }],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
        ],
      },
    },
    tolerations: [{ operator: 'Exists' }],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
    dnsConfig: { nameservers: ['192.0.2.1'], searches: ['example.org'] },
  },
};
const selector = { matchLabels: { app: 'web' } };
const MANIFESTS: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Pod', ...TEMPLATE },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: { replicas: 2, selector, template: TEMPLATE },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    spec: { serviceName: 's', selector, template: TEMPLATE },
  },
  { apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { selector, template: TEMPLATE } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    spec: {
      type: 'NodePort',
      selector: { app: 'web' },
      ports: [{ name: 'a', port: 80, nodePort: 30080 }],
    },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.1.2'], conditions: { ready: true } }],
    ports: [{ port: 80 }],
  },
  {
    apiVersion: 'v1',
    kind: 'Node',
    spec: { podCIDR: '10.244.1.0/24', taints: [{ key: 'k', effect: 'NoSchedule' }] },
  },
  { apiVersion: 'v1', kind: 'Secret', stringData: { a: 'b' }, data: { c: 'ZA==' } },
].map((rest) => ({
  ...rest,
  metadata: { name: 'x', namespace: 'default', labels: { app: 'web' } },
})) as never;

const PLURALS = new Map([
  ['Pod', 'pods'],
  ['Deployment', 'deployments'],
  ['StatefulSet', 'statefulsets'],
  ['DaemonSet', 'daemonsets'],
  ['Service', 'services'],
  ['EndpointSlice', 'endpointslices'],
  ['Node', 'nodes'],
  ['Secret', 'secrets'],
]);

/** Replaces, removes or doubles something at a random place. */
function mutate(value: unknown, pick: number, wrong: unknown): unknown {
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const copy = structuredClone(value);
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      const holder = node as Record<string, unknown>;
      places.push({ holder, key });
      visit(holder[key]);
    }
  };
  visit(copy);
  const place = places[pick % places.length];
  if (place === undefined) return copy;
  const { holder, key } = place;
  if (wrong === 'remove') delete holder[key];
  else if (wrong === 'misspell') holder[`${key}x`] = holder[key];
  else holder[key] = wrong;
  return copy;
}

const wrongs = fc.constantFrom<unknown>(
  'remove',
  'misspell',
  null,
  '',
  'A_b',
  'None',
  '999Gi',
  0,
  -1,
  70000,
  1.5,
  true,
  [],
  {},
  [null],
  [[]],
  [{}],
  { a: { b: 1 } },
  'ü',
  '-'.repeat(300),
);
const mutations = fc.array(fc.tuple(fc.nat(200), wrongs), { minLength: 1, maxLength: 3 });

function server(): ApiServer {
  const rng = new Rng('fuzz.test');
  return new ApiServer(new Store(rng), { clock: { nowNs: () => 0 }, rng });
}

test('mutated objects: an answer each, and what is stored decodes to itself', () => {
  const api = server();
  fc.assert(
    fc.property(fc.nat(MANIFESTS.length - 1), mutations, (which, changes) => {
      const manifest = MANIFESTS[which] as KubeObject;
      const resource = PLURALS.get(manifest.kind) ?? '';
      let body: unknown = manifest;
      for (const [pick, wrong] of changes) body = mutate(body, pick, wrong);
      const namespace = manifest.kind === 'Node' ? {} : { namespace: 'default' };
      const made = api.handle({ verb: 'create', resource, ...namespace, body });
      assert.ok([201, 400, 403, 404, 409, 422, 500].includes(made.code), String(made.code));
      if (made.code !== 201) return;
      const stored = made.body as KubeObject;
      const again = decodeStruct(manifest.kind, JSON.parse(JSON.stringify(stored)));
      assert.deepEqual(again.problems, []);
      assert.ok(jsonEqual(again.value, stored), JSON.stringify([again.value, stored]));
      const { name } = stored.metadata;
      api.handle({ verb: 'patch', resource, ...namespace, name, body });
      const query = { gracePeriodSeconds: 0 } as const;
      api.handle({
        verb: 'patch',
        resource,
        ...namespace,
        name,
        body: { metadata: { finalizers: null } },
      });
      api.handle({ verb: 'delete', resource, ...namespace, name, query });
    }),
    { numRuns: 800 },
  );
});

test('the order of the keys changes neither what is decoded nor what is wrong', () => {
  fc.assert(
    fc.property(fc.nat(MANIFESTS.length - 1), mutations, (which, changes) => {
      const { kind } = MANIFESTS[which] as KubeObject;
      let body: unknown = MANIFESTS[which];
      for (const [pick, wrong] of changes) body = mutate(body, pick, wrong);
      const plain = decodeStruct(kind, body);
      const turned = decodeStruct(kind, reversed(body));
      assert.equal(JSON.stringify(turned.value), JSON.stringify(plain.value));
      assert.deepEqual(new Set(turned.problems), new Set(plain.problems));
      // An unknown key leads past the known forms, through all fields of the struct.
      const whole = decodeStruct(kind, { ...(body as object), unknownField: 1 });
      assert.equal(JSON.stringify(whole.value), JSON.stringify(plain.value));
    }),
    { numRuns: 500 },
  );
});

/** The same data with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const turned = Object.entries(value).map(([key, part]): [string, unknown] => [
    key,
    reversed(part),
  ]);
  return Object.fromEntries(turned.reverse());
}

test('mutated text: diagnostics with places', () => {
  const texts = MANIFESTS.map((manifest) => JSON.stringify(manifest, null, 2));
  fc.assert(
    fc.property(
      fc.nat(texts.length - 1),
      fc.array(
        fc.tuple(
          fc.nat(4000),
          fc.nat(5),
          fc.constantFrom('', ':', '{', '}', '"', '\n', '\t', '- ', '&a ', '*a'),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      (which, edits) => {
        let text = texts[which] ?? '';
        for (const [at, cut, put] of edits) {
          const place = at % text.length;
          text = text.slice(0, place) + put + text.slice(place + cut);
        }
        const lines = text.split('\n').length;
        for (const { line, col } of decodeManifests(text, 'f.yaml').diagnostics) {
          assert.ok(line >= 0 && line <= lines + 1 && col >= 0);
        }
      },
    ),
    { numRuns: 400 },
  );
});
