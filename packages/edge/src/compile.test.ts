/**
 * Which Ingress path or Route gets a request: a row for each rule of the real proxies.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Ingress, PathType, Route, Service } from '@podwire/api';
import { ip } from '@podwire/base';
import { TestWorld } from '@podwire/engine';
import type { ClusterView } from './endpoints.ts';
import { NOT_AVAILABLE_PAGE } from './haproxy-pages.ts';
import { md5Hex } from './md5.ts';
import { readNginxAnnotations } from './nginx-annotations.ts';
import { compileNginx } from './nginx-compile.ts';
import { admitRoutes } from './route-admission.ts';
import { compileRoutes, haproxyTime } from './route-compile.ts';

const rng = new TestWorld('edge').addHost('node-1').rng('test');

/** Services by name with their numbers of pods, all on port 80. */
function cluster(pods: Readonly<Record<string, number>>): ClusterView {
  return {
    service: (_, name) =>
      name in pods
        ? ({ spec: { ports: [{ port: 80, targetPort: 8080 }] } } as unknown as Service)
        : undefined,
    slices: (_, name) => {
      const index = Object.keys(pods).indexOf(name);
      const endpoints = Array.from({ length: pods[name] ?? 0 }, (_each, pod) => ({
        addresses: [`10.244.${index}.${pod + 2}`],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', name: `${name}-${pod + 1}` },
      }));
      return [
        { endpoints, ports: [{ name: '', port: 8080, protocol: 'TCP' }] },
      ] as unknown as readonly EndpointSlice[];
    },
  };
}

function ingress(
  paths: readonly (readonly [path: string, type: PathType])[],
  annotations: Readonly<Record<string, string>> = {},
): Ingress {
  const backend = { service: { name: 'web', port: { number: 80 } } };
  return {
    metadata: { name: 'x', namespace: 'default', annotations },
    spec: {
      rules: [
        {
          host: 'h.test',
          http: { paths: paths.map(([path, pathType]) => ({ path, pathType, backend })) },
        },
      ],
    },
  } as unknown as Ingress;
}

const PATHS: readonly [type: PathType, path: string, request: string, isMatch: boolean][] = [
  ['Prefix', '/', '/anything', true],
  ['Exact', '/foo', '/foo', true],
  ['Exact', '/foo', '/foo/', false],
  ['Exact', '/foo', '/FOO', false],
  ['Exact', '/foo/', '/foo', false],
  ['Prefix', '/foo', '/foo/', true],
  ['Prefix', '/foo/', '/foo', true],
  ['Prefix', '/aaa/bb', '/aaa/bbb', false],
  ['Prefix', '/aaa/bbb', '/aaa/bbb/ccc', true],
  ['Prefix', '/aaa/bbb', '/aaa/bbbxyz', false],
  ['Prefix', '/aaa', '/ccc', false],
  ['ImplementationSpecific', '/foo', '/foobar', true],
];

for (const [type, path, request, isMatch] of PATHS) {
  test(`nginx: ${type} ${path} ${isMatch ? 'takes' : 'leaves'} ${request}`, () => {
    const { table } = compileNginx([ingress([[path, type]])], cluster({ web: 1 }), rng);
    assert.equal(table.find('h.test', request) !== undefined, isMatch);
    assert.equal(table.find('other.test', request), undefined);
  });
}

test('nginx: the longest path wins, Exact beats Prefix, a slash that lacks is added', () => {
  const paths = [
    ['/', 'Prefix'],
    ['/aaa', 'Prefix'],
    ['/aaa/bbb/', 'Prefix'],
    ['/aaa', 'Exact'],
  ] as const;
  const { table } = compileNginx([ingress(paths)], cluster({ web: 1 }), rng);
  assert.equal(table.find('h.test', '/aaa/ccc')?.value.path, '/aaa');
  assert.equal(table.find('h.test', '/aaa/bbb/ccc')?.value.path, '/aaa/bbb/');
  assert.equal(table.find('h.test', '/aaa/bbb')?.value.addsSlash, true);
  assert.equal(table.find('h.test', '/zzz')?.value.path, '/');
});

test('nginx: with a rewrite the paths of a host are regular expressions', () => {
  const annotations = { 'nginx.ingress.kubernetes.io/rewrite-target': '/$2' };
  const made = ingress([['/something(/|$)(.*)', 'ImplementationSpecific']], annotations);
  const { table } = compileNginx([made], cluster({ web: 1 }), rng);
  assert.equal(table.find('h.test', '/SOMETHING/new')?.captures[2], 'new');
  assert.equal(table.find('h.test', '/other'), undefined);
});

test('nginx: the oldest Ingress has a path, of equally old ones the later by name', () => {
  const make = (name: string, creationTimestamp: string): Ingress => {
    const made = ingress([['/', 'Prefix']]);
    return { ...made, metadata: { ...made.metadata, name, creationTimestamp } };
  };
  const winner = (...list: readonly Ingress[]): string | undefined => {
    const named = list.map((each) => ({
      ...each,
      metadata: {
        ...each.metadata,
        annotations: { 'nginx.ingress.kubernetes.io/app-root': each.metadata.name },
      },
    }));
    const { table } = compileNginx(named, cluster({ web: 1 }), rng);
    return table.find('h.test', '/')?.value.annotations.appRoot;
  };
  const [old, late] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
  assert.equal(winner(make('b', late), make('a', old)), 'a');
  assert.equal(winner(make('a', old), make('b', old)), 'b');
});

function route(name: string, spec: object, metadata: object = {}): Route {
  const made = { host: 'h.test', to: { kind: 'Service', name: 'v1', weight: 100 }, ...spec };
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: made,
  } as unknown as Route;
}

/** Alternate backends of a Route and the weights of its servers, as HAProxy was seen to be given them. */
const WEIGHTS: readonly [
  weights: readonly [number, number],
  pods: readonly [number, number],
  servers: readonly number[],
][] = [
  [
    [75, 25],
    [1, 2],
    [256, 42, 42],
  ],
  [
    [90, 10],
    [1, 2],
    [256, 14, 14],
  ],
  [
    [20, 10],
    [3, 4],
    [256, 256, 256, 96, 96, 96, 96],
  ],
  [
    [256, 1],
    [1, 4],
    [256, 1, 1, 1, 1],
  ],
  [
    [1, 1],
    [1, 4],
    [256, 64, 64, 64, 64],
  ],
  [
    [10, 90],
    [2, 0],
    [1, 1],
  ],
  [
    [0, 90],
    [1, 2],
    [0, 1, 1],
  ],
];

const DEFAULTS = { forwarded: 'append', serverTimeoutNs: 30_000_000_000 } as const;
const STRICT = { allowsWildcards: false, sharesHosts: false };

for (const [[first, second], [pods1, pods2], expected] of WEIGHTS) {
  test(`router: weights ${first}:${second} over ${pods1} and ${pods2} pods`, () => {
    const made = route('r', {
      to: { kind: 'Service', name: 'v1', weight: first },
      alternateBackends: [{ kind: 'Service', name: 'v2', weight: second }],
    });
    const [backend] = compileRoutes(
      [made],
      cluster({ v1: pods1, v2: pods2 }),
      rng,
      DEFAULTS,
    ).backends;
    const servers = backend?.balancer.servers ?? [];
    assert.deepEqual(
      servers.map(({ weight }) => weight),
      expected,
    );
    const total = expected.reduce((sum, weight) => sum + weight, 0);
    const counts = servers.map(() => 0);
    for (let turn = 0; turn < total; turn++) {
      const server = backend?.balancer.pick(ip('192.0.2.1'), () => true);
      const at = servers.findIndex(({ key }) => key === server?.key);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    if (backend?.balancer.algorithm === 'roundrobin') assert.deepEqual(counts, expected);
  });
}

test('router: the longer path wins, element by element', () => {
  const routes = ['', '/foo', '/foo/bar', '/sub/'].map((path) => route(`r${path}`, { path }));
  const { http } = compileRoutes(routes, cluster({ v1: 1 }), rng, DEFAULTS);
  const servedBy = (path: string): string | undefined => {
    const value = http.find('h.test', path)?.value;
    return value?.kind === 'serve' ? value.backend.route.spec.path : undefined;
  };
  assert.equal(servedBy('/foo/bar/x'), '/foo/bar');
  assert.equal(servedBy('/foo/barx'), '/foo');
  assert.equal(servedBy('/foox'), '');
  assert.equal(servedBy('/FOO'), '');
  assert.equal(servedBy('/sub'), '');
  assert.equal(servedBy('/sub/x'), '/sub/');
});

test('router: who owns a host', () => {
  const later = '2026-01-02T00:00:00Z';
  const verdicts = admitRoutes(
    [
      route('thief', {}, { namespace: 'other', creationTimestamp: later }),
      route('twin', {}, { creationTimestamp: later }),
      route('path', { path: '/p' }, { creationTimestamp: later }),
      route('owner', {}),
      route('wild', { host: 'w.test', wildcardPolicy: 'Subdomain' }),
      route('nohost', { host: '' }),
    ],
    STRICT,
  );
  const messages = new Map(
    verdicts.map(({ route: { metadata }, refused }) => [
      metadata.name,
      refused === undefined ? '' : `${refused.reason}: ${refused.message}`,
    ]),
  );
  assert.equal(messages.get('owner'), '');
  assert.equal(messages.get('path'), '');
  assert.equal(
    messages.get('thief'),
    'HostAlreadyClaimed: a route in another namespace holds h.test and is older than thief',
  );
  assert.equal(
    messages.get('twin'),
    'HostAlreadyClaimed: route owner already exposes h.test and is older',
  );
  assert.equal(messages.get('wild'), 'RouteNotAdmitted: wildcard routes are not allowed');
  assert.match(messages.get('nohost') ?? '', /^NoHostValue/);
});

test('router: cookie names and values, page and times are those of a real router', () => {
  assert.equal(md5Hex(''), 'd41d8cd98f00b204e9800998ecf8427e');
  assert.equal(md5Hex(' phpweb:hello'), 'a6ae4497542ff88baf8d6394728a752a');
  assert.equal(md5Hex('pod:pod1:hello:http:10.128.0.1:8080'), 'eefae8587cd6c6af0c533e7ad83eeffc');
  assert.equal(NOT_AVAILABLE_PAGE.length, 2410);
  assert.equal(haproxyTime('2s'), 2_000_000_000);
  assert.equal(haproxyTime('2'), undefined);
});

test('source ranges: a list with an item that is none lets nobody in', () => {
  const rangesOf = (text: string): readonly (number | undefined)[] => {
    const { allowed, denied } = readNginxAnnotations(
      ingress([['/', 'Prefix']], {
        'nginx.ingress.kubernetes.io/whitelist-source-range': text,
        'nginx.ingress.kubernetes.io/denylist-source-range': text,
      }),
    );
    return [allowed?.length, denied?.length];
  };
  assert.deepEqual(rangesOf(''), [0, 0]);
  assert.deepEqual(rangesOf('192.0.2.0/24, 198.51.100.7'), [2, 2]);
  assert.deepEqual(rangesOf('192.0.2.0/24,office'), [undefined, undefined]);
});
