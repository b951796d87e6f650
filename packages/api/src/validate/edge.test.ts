/**
 * Ingress, IngressClass and Route through the server: what it fills in, what it refuses and in which words.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestWorld } from '@podwire/engine';
import { messageOf, objectOf } from '../request.ts';
import { ApiServer } from '../server.ts';
import { Store } from '../store.ts';
import type { Ingress } from '../types/ingress.ts';
import type { KubeObject } from '../types/meta.ts';
import type { Route } from '../types/route.ts';

const WHERE = {
  ingresses: 'default',
  routes: 'default',
  ipaddresspools: 'default',
  ingressclasses: undefined,
} as const;

function server(): ApiServer {
  const sim = new TestWorld('edge').addHost('control-plane');
  return new ApiServer(new Store(sim.rng('store'), sim), {
    clock: sim,
    rng: sim.rng('api'),
    appsDomain: 'apps.ocp4.example.com',
  });
}

function create(api: ApiServer, resource: keyof typeof WHERE, body: object): string | KubeObject {
  const namespace = WHERE[resource];
  const place = namespace === undefined ? {} : { namespace };
  const response = api.handle({ verb: 'create', resource, body, ...place });
  return objectOf(response) ?? messageOf(response);
}

function textOf(answer: string | KubeObject): string {
  return typeof answer === 'string' ? answer : JSON.stringify(answer);
}

function ingress(spec: object, annotations = {}): object {
  return { metadata: { name: 'x', annotations }, spec };
}

function route(spec: object, name = 'x'): object {
  return { metadata: { name }, spec: { to: { name: 'svc' }, ...spec } };
}

function paths(...list: object[]): object {
  const backend = { service: { name: 'svc', port: { number: 80 } } };
  return { rules: [{ http: { paths: list.map((path) => ({ backend, ...path })) } }] };
}

/** A pool beside one of 10.0.0.0/30 that is there. */
function pool(...addresses: string[]): object {
  return { metadata: { name: 'x' }, spec: { addresses } };
}

const POOL_DENIED =
  'admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: ';

test('pools of MetalLB are judged by its webhook', () => {
  const rows: readonly (readonly [pool: object, message: string])[] = [
    [pool(), 'parsing address pool x: pool has no prefixes defined'],
    [
      pool('10.0.1.0/24', '10.0.2.1'),
      'parsing address pool x: invalid CIDR "10.0.2.1" in pool "x": invalid CIDR "10.0.2.1"',
    ],
    [
      pool('10.0.0.2-10.0.0.9'),
      'CIDR "10.0.0.2-10.0.0.9" in pool "x" overlaps with already defined CIDR "10.0.0.0/30"',
    ],
  ];
  const api = server();
  const there = { metadata: { name: 'there' }, spec: { addresses: ['10.0.0.0/30'] } };
  const made = create(api, 'ipaddresspools', there);
  assert.match(textOf(made), /"autoAssign":true,"avoidBuggyIPs":false/);
  for (const [body, message] of rows) {
    assert.equal(textOf(create(api, 'ipaddresspools', body)), POOL_DENIED + message);
  }
});

const REFUSED: readonly [what: keyof typeof WHERE, body: object, message: string][] = [
  [
    'ingresses',
    ingress({}),
    'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified',
  ],
  [
    'ingresses',
    ingress(paths({ path: '/' })),
    'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
  ],
  [
    'ingresses',
    ingress(paths({ path: 'foo', pathType: 'Prefix' })),
    'spec.rules[0].http.paths[0].path: Invalid value: "foo": must be an absolute path',
  ],
  [
    'ingresses',
    ingress(paths({ path: '/a//b', pathType: 'Exact' })),
    `spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain '//'`,
  ],
  [
    'ingresses',
    ingress(paths({ path: '/', pathType: 'Regex' })),
    'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
  ],
  [
    'ingresses',
    ingress(paths({ path: '/', pathType: 'Prefix', backend: { service: { name: 'svc' } } })),
    'spec.rules[0].http.paths[0].backend: Required value: port name or number is required',
  ],
  [
    'ingresses',
    ingress({ rules: [{ host: '192.0.2.1' }] }),
    'spec.rules[0].host: Invalid value: "192.0.2.1": must be a DNS name, not an IP address',
  ],
  [
    'ingresses',
    ingress(
      { ...paths({ path: '/', pathType: 'Prefix' }), ingressClassName: 'a' },
      { 'kubernetes.io/ingress.class': 'b' },
    ),
    'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
  ],
  ['ingressclasses', { metadata: { name: 'x' }, spec: {} }, 'spec.controller: Required value'],
  [
    'ingressclasses',
    { metadata: { name: 'x' }, spec: { controller: 'nginx' } },
    'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  ['routes', route({ path: 'foo' }), 'spec.path: Invalid value: "foo": path must begin with /'],
  [
    'routes',
    route({ to: { name: 'svc', weight: 300 } }),
    'spec.to.weight: Invalid value: 300: weight must be an integer between 0 and 256',
  ],
  [
    'routes',
    route({ path: '/x', tls: { termination: 'passthrough' } }),
    'spec.path: Invalid value: "/x": passthrough termination does not support paths',
  ],
  [
    'routes',
    route({ tls: { termination: 'passthrough', insecureEdgeTerminationPolicy: 'Allow' } }),
    'spec.tls.insecureEdgeTerminationPolicy: Invalid value: "Allow": invalid value for InsecureEdgeTerminationPolicy option, acceptable values are None, Redirect, or empty',
  ],
  [
    'routes',
    route({ tls: { termination: 'edgy' } }),
    'spec.tls.termination: Unsupported value: "edgy": supported values: "edge", "passthrough", "reencrypt"',
  ],
];

test('what is wrong is refused in the words of the API server', () => {
  const api = server();
  for (const [resource, body, message] of REFUSED) {
    const answered = create(api, resource, body);
    assert.equal(typeof answered, 'string', message);
    assert.ok(textOf(answered).endsWith(` is invalid: ${message}`), textOf(answered));
  }
});

test('wildcard hosts have one form', () => {
  const api = server();
  for (const host of ['*', 'foo.*.com', '*foo.com']) {
    const answered = create(api, 'ingresses', ingress({ rules: [{ host }] }));
    assert.match(textOf(answered), /a wildcard DNS-1123 subdomain must start with '\*\.'/, host);
  }
  assert.ok(
    typeof create(api, 'ingresses', ingress({ rules: [{ host: '*.foo.com' }] })) !== 'string',
  );
});

test('an Ingress without a class gets the newest default class', () => {
  const api = server();
  for (const [name, annotations] of [
    ['plain', {}],
    ['nginx', { 'ingressclass.kubernetes.io/is-default-class': 'true' }],
  ] as const) {
    const spec = { controller: 'k8s.io/ingress-nginx' };
    create(api, 'ingressclasses', { metadata: { name, annotations }, spec });
  }
  const made = create(api, 'ingresses', ingress(paths({ path: '/', pathType: 'Prefix' })));
  assert.equal((made as Ingress).spec.ingressClassName, 'nginx');
});

test('a Route without a host gets one below the apps domain', () => {
  const api = server();
  const made = create(api, 'routes', route({}, 'hello.v1')) as Route;
  assert.equal(made.spec.host, 'hello-v1-default.apps.ocp4.example.com');
  assert.equal(made.metadata.annotations?.['openshift.io/host.generated'], 'true');
  assert.deepEqual(made.spec.to, { kind: 'Service', name: 'svc', weight: 100 });
  assert.equal(made.spec.wildcardPolicy, 'None');
  const long = create(api, 'routes', route({}, 'n'.repeat(60)));
  assert.match(textOf(long), /spec\.host: Invalid value: .*must be no more than 63 bytes/);
});
