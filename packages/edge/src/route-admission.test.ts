/**
 * Who may have which host where wildcards are allowed and where hosts are shared, with the router's own messages.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '@podwire/api';
import { admitRoutes, servedHost } from './route-admission.ts';

/** `namespace/name host [wild] [/path]`, in the order of age. */
function routes(...texts: readonly string[]): Route[] {
  return texts.map((text, index) => {
    const [place = '', host = '', ...rest] = text.split(' ');
    const [namespace = '', name = ''] = place.split('/');
    const path = rest.find((word) => word.startsWith('/'));
    return {
      apiVersion: 'route.openshift.io/v1',
      kind: 'Route',
      metadata: { namespace, name, uid: name, creationTimestamp: `2026-01-01T00:00:0${index}Z` },
      spec: {
        host,
        to: { kind: 'Service', name: 'web' },
        ...(path === undefined ? {} : { path }),
        wildcardPolicy: rest.includes('wild') ? 'Subdomain' : 'None',
      },
    };
  });
}

const OTHERS = 'a route in another namespace holds host';

interface Row {
  readonly name: string;
  readonly routes: readonly string[];
  readonly sharesHosts?: boolean;
  /** The message for each; '' = admitted. */
  readonly verdicts: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    name: 'a wildcard keeps other namespaces out of its domain',
    routes: ['a/wild www.example.org wild', 'b/one x.example.org', 'b/deep x.y.example.org'],
    verdicts: ['', `${OTHERS} x.example.org`, ''],
  },
  {
    name: 'an older host of another namespace keeps a wildcard out',
    routes: ['a/one x.example.org', 'b/wild www.example.org wild', 'a/wild www.example.org wild'],
    verdicts: ['', `${OTHERS} www.example.org`, ''],
  },
  {
    name: 'within a namespace both live side by side',
    routes: ['a/wild www.example.org wild', 'a/one x.example.org', 'a/same www.example.org'],
    verdicts: ['', '', ''],
  },
  {
    name: 'two wildcards of one domain need different paths',
    routes: [
      'a/one www.example.org wild',
      'a/two web.example.org wild',
      'a/three web.example.org wild /p',
    ],
    verdicts: ['', 'wildcard route a/one has host *.example.org, blocking web.example.org', ''],
  },
  {
    name: 'the same host and path, in its own words',
    routes: ['a/one x.example.org', 'a/two x.example.org', 'b/three x.example.org /p'],
    verdicts: ['', 'route a/one has host x.example.org', `${OTHERS} x.example.org`],
  },
  {
    name: 'InterNamespaceAllowed: paths of a host in several namespaces',
    routes: ['a/one x.example.org', 'b/two x.example.org /p', 'b/three x.example.org'],
    sharesHosts: true,
    verdicts: ['', '', `${OTHERS} x.example.org`],
  },
];

for (const { name, routes: texts, sharesHosts = false, verdicts } of ROWS) {
  test(`router: ${name}`, () => {
    const admissions = admitRoutes(routes(...texts), { allowsWildcards: true, sharesHosts });
    assert.deepEqual(
      admissions.map(({ refused }) => refused?.message ?? ''),
      verdicts,
    );
  });
}

test('router: paths are shared without wildcards, too', () => {
  const policy = { allowsWildcards: false, sharesHosts: true };
  const texts = ['a/one x.example.org', 'b/two x.example.org /p', 'b/three x.example.org'];
  const admissions = admitRoutes(routes(...texts), policy);
  assert.deepEqual(
    admissions.map(({ refused }) => refused?.message ?? ''),
    ['', '', 'route one already exposes x.example.org and is older'],
  );
});

test('router: a wildcard is served one label below its domain', () => {
  const [wild, plain] = routes('a/wild WWW.example.org wild', 'a/one X.example.org');
  assert.ok(wild !== undefined && plain !== undefined);
  assert.deepEqual([servedHost(wild), servedHost(plain)], ['*.example.org', 'x.example.org']);
});
