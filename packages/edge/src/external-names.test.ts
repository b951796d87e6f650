/**
 * Services of type ExternalName behind an Ingress: which address and port, and what happens when a name changes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '@podwire/api';
import { type Ip, NS_PER_SEC, formatIp, ip } from '@podwire/base';
import { TestWorld, sleep } from '@podwire/engine';
import { type ClusterView, externalEndpoints } from './endpoints.ts';
import { ExternalNames } from './external-names.ts';

const VIEW: ClusterView = {
  service: () => undefined,
  slices: () => [],
  addressesOf: (name) => (name === 'web.example.org' ? [ip('192.0.2.1'), ip('192.0.2.2')] : []),
};

function service(externalName: string, ports?: readonly object[]): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'ext', namespace: 'default' },
    spec: { type: 'ExternalName', externalName, ...(ports === undefined ? {} : { ports }) },
  } as unknown as Service;
}

const PORTS = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'named', port: 81, targetPort: 'web' },
];

const ROWS: readonly (readonly [
  name: string,
  service: Service,
  port: { readonly name?: string; readonly number?: number },
  expected: string,
])[] = [
  [
    'no port listed: the one that is asked for',
    service('web.example.org'),
    { number: 8000 },
    '192.0.2.1:8000 192.0.2.2:8000',
  ],
  [
    'a listed port: its target port',
    service('web.example.org', PORTS),
    { number: 80 },
    '192.0.2.1:8080 192.0.2.2:8080',
  ],
  ['by name', service('web.example.org', PORTS), { name: 'http' }, '192.0.2.1:8080 192.0.2.2:8080'],
  ['a port that is not listed', service('web.example.org', PORTS), { number: 82 }, ''],
  [
    'a target port with a name means nothing',
    service('web.example.org', PORTS),
    { number: 81 },
    '',
  ],
  ['an address', service('192.0.2.9'), { number: 80 }, '192.0.2.9:80'],
  ['the machine itself', service('localhost'), { number: 80 }, ''],
  ['a loopback address', service('127.0.0.1'), { number: 80 }, ''],
  ['a name that does not resolve', service('gone.example.org'), { number: 80 }, ''],
];

for (const [name, made, port, expected] of ROWS) {
  test(`external name: ${name}`, () => {
    const found = externalEndpoints(made, port, VIEW);
    assert.equal(found.map((each) => `${formatIp(each.ip)}:${each.port}`).join(' '), expected);
  });
}

test('names are looked up again, and forgotten with their Service', () => {
  const world = new TestWorld('names');
  const sim = world.addHost('node-1');
  let answer: readonly Ip[] = [ip('192.0.2.1')];
  let asked = 0;
  let changes = 0;
  const names = new ExternalNames(
    sim,
    function* () {
      asked++;
      yield* sleep(1000);
      return answer;
    },
    () => {
      changes++;
    },
  );
  assert.deepEqual(names.addressesOf('a.example.org'), []);
  world.runFor(NS_PER_SEC);
  assert.deepEqual(names.addressesOf('a.example.org'), answer);
  answer = [ip('192.0.2.2')];
  world.runFor(60 * NS_PER_SEC);
  assert.deepEqual([names.addressesOf('a.example.org'), changes], [answer, 2]);
  names.keep(new Set());
  const before = asked;
  world.runFor(120 * NS_PER_SEC);
  assert.equal(asked, before);
});
