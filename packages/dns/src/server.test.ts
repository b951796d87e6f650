// The server in a pod: start, readiness, answers by UDP and TCP, reload, SIGTERM.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiClient, type KubeObject, type WatchEvent } from '@podwire/api';
import { NS_PER_MS, NS_PER_SEC, formatIp, ip } from '@podwire/base';
import { type Proc, Signal, sleep } from '@podwire/engine';
import { Lab, type LabHost, httpConnect } from '@podwire/netstack';
import { payloadText } from '@podwire/wire';
import { KUBEADM_COREFILE } from './dns-lab.ts';
import { dnsQuery } from './dns-query.ts';
import { type DnsServer, startDnsServer } from './server.ts';
import { startUpstreamDns } from './upstream.ts';

/** An API that lists what it has after a while and then shows what is added. */
class FakeApi implements ApiClient {
  readonly objects = new Map<string, KubeObject[]>();
  readonly #changed = new Signal();
  readonly #delayNs: number;
  #version = 1;

  constructor(delayNs: number, objects: readonly (readonly [string, KubeObject])[]) {
    this.#delayNs = delayNs;
    for (const [resource, object] of objects) this.add(resource, object);
  }

  add(resource: string, object: KubeObject): void {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    const list = this.objects.get(resource) ?? [];
    list.push({ ...object, metadata });
    this.objects.set(resource, list);
    this.#changed.notify();
  }

  *request(request: { readonly resource: string }): Proc<never> {
    yield* sleep(this.#delayNs);
    const items = [...(this.objects.get(request.resource) ?? [])];
    const body = {
      apiVersion: 'v1',
      kind: 'List',
      metadata: { resourceVersion: String(this.#version) },
      items,
    };
    return { code: 200, body } as never;
  }

  *watch(
    request: { readonly resource: string },
    onEvent: (event: WatchEvent) => void,
  ): Proc<undefined> {
    let known = (this.objects.get(request.resource) ?? []).length;
    for (;;) {
      yield* this.#changed.wait();
      const list = this.objects.get(request.resource) ?? [];
      for (const object of list.slice(known)) onEvent({ type: 'ADDED', object });
      known = list.length;
    }
  }
}

const OBJECTS: readonly (readonly [string, KubeObject])[] = [
  ['namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'phpweb' } }],
  ['services', service('hello', '10.96.10.20')],
];

function service(name: string, clusterIP: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'phpweb' },
    spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }] },
  } as never;
}

interface World {
  readonly lab: Lab;
  readonly client: LabHost;
  readonly host: LabHost;
  readonly api: FakeApi;
  readonly server: DnsServer;
  readonly log: string[];
  corefile: string;
}

function world(apiDelayNs = 300 * NS_PER_MS, corefile = KUBEADM_COREFILE): World {
  const lab = new Lab('dns-server');
  const client = lab.host('client');
  const host = lab.host('dns');
  const upstream = lab.host('upstream');
  lab.segment('eth0', [client, host, upstream]);
  for (const [one, address] of [
    [client, '10.0.0.1/24'],
    [host, '10.0.0.2/24'],
    [upstream, '10.0.0.53/24'],
  ] as const) {
    const dev = one.ns.devs.get('eth0');
    assert.ok(dev !== undefined);
    one.ns.addAddress(dev, address);
    one.ns.setUp(one.ns.lo, true);
  }
  startUpstreamDns(upstream.sim, upstream.ns, {
    zones: [
      { zone: 'example.com', records: ['www 300 IN A 93.184.216.34'] },
      { zone: 'quiet.test', behaviour: 'silent' },
    ],
  });
  const api = new FakeApi(apiDelayNs, OBJECTS);
  const log: string[] = [];
  const made: { corefile: string } = { corefile };
  const server = startDnsServer(host.sim, host.ns, {
    client: api,
    corefile: () => made.corefile,
    resolvConf: 'nameserver 10.0.0.53\n',
    podIP: ip('10.0.0.2'),
    log: (line) => log.push(line),
  });
  return Object.assign(made, { lab, client, host, api, server, log });
}

function ask(world: World, name: string, more: object = {}): string {
  const { client, lab } = world;
  const server = { ip: ip('10.0.0.2'), port: 53 };
  const result = lab.run(
    client,
    dnsQuery(client.ns, { name, type: 'A', server, tries: 1, ...more }),
  );
  if (result.reply === undefined) return result.failures.map((one) => one.why).join(', ');
  if (result.reply.rcode !== 'NOERROR') return result.reply.rcode;
  return result.reply.answers
    .map((one) => (one.data.kind === 'address' ? formatIp(one.data.ip) : one.type))
    .join(' ');
}

function get(world: World, port: number, path: string): string {
  const { client, lab } = world;
  return lab.run(client, fetch(client, port, path));
}

function* fetch(client: LabHost, port: number, path: string): Proc<string> {
  const http = yield* httpConnect(client.ns, { ip: ip('10.0.0.2'), port });
  if (!('request' in http)) return http.message;
  const reply = yield* http.request({ method: 'GET', target: path });
  http.close();
  return reply.kind === 'reply' ? `${reply.status} ${payloadText(reply.body)}` : reply.message;
}

test('before the API is there: no DNS, /health OK, /ready names the plugin that waits', () => {
  const made = world(2 * NS_PER_SEC);
  made.lab.world.runFor(100 * NS_PER_MS);
  assert.equal(ask(made, 'hello.phpweb.svc.cluster.local.'), 'connection refused');
  assert.equal(get(made, 8080, '/health'), '200 OK');
  assert.equal(get(made, 8181, '/ready'), '503 kubernetes');
  made.lab.world.runFor(3 * NS_PER_SEC);
  assert.equal(get(made, 8181, '/ready'), '200 OK');
  assert.equal(ask(made, 'hello.phpweb.svc.cluster.local.'), '10.96.10.20');
});

test('after 5 s without the API it serves all the same', () => {
  const made = world(1000 * NS_PER_SEC);
  made.lab.world.runFor(6 * NS_PER_SEC);
  assert.equal(ask(made, 'hello.phpweb.svc.cluster.local.'), 'SERVFAIL');
  assert.match(made.log.join('\n'), /starting server with unsynced Kubernetes API/);
});

test('answers by UDP and TCP, from the API and from upstream, live', () => {
  const made = world();
  made.lab.world.runFor(NS_PER_SEC);
  assert.equal(ask(made, 'hello.phpweb.svc.cluster.local.'), '10.96.10.20');
  assert.equal(ask(made, 'hello.phpweb.svc.cluster.local.', { tcp: true }), '10.96.10.20');
  assert.equal(ask(made, 'www.example.com.'), '93.184.216.34');
  assert.equal(ask(made, 'www.example.com.', { tcp: true }), '93.184.216.34');
  assert.equal(ask(made, 'late.phpweb.svc.cluster.local.'), 'NXDOMAIN');
  made.api.add('services', service('late', '10.96.10.70'));
  made.lab.world.runFor(10 * NS_PER_MS);
  assert.equal(ask(made, 'late.phpweb.svc.cluster.local.'), '10.96.10.70');
  assert.match(get(made, 9153, '/metrics'), /coredns_dns_requests_total\{.*\} \d/);
});

test('a silent upstream is SERVFAIL after the tries', () => {
  const made = world();
  made.lab.world.runFor(NS_PER_SEC);
  const startNs = made.lab.world.nowNs;
  assert.equal(ask(made, 'x.quiet.test.', { timeoutSec: 10 }), 'SERVFAIL');
  const seconds = (made.lab.world.nowNs - startNs) / NS_PER_SEC;
  assert.ok(seconds > 5 && seconds < 7, `${seconds} s`);
});

test('a changed Corefile is taken over, a broken one is not', () => {
  const made = world();
  made.lab.world.runFor(NS_PER_SEC);
  made.corefile = KUBEADM_COREFILE.replace(
    '    loop\n',
    '    hosts {\n        192.0.2.7 seven.test\n        fallthrough\n    }\n',
  );
  made.lab.world.runFor(50 * NS_PER_SEC);
  assert.equal(ask(made, 'seven.test.'), '192.0.2.7');
  assert.equal(ask(made, 'hello.phpweb.svc.cluster.local.'), '10.96.10.20');
  made.corefile = '.:53 {\n nonsense\n}\n';
  made.lab.world.runFor(50 * NS_PER_SEC);
  assert.equal(ask(made, 'seven.test.'), '192.0.2.7');
  assert.match(
    made.log.join('\n'),
    /Corefile:2 - Error during parsing: Unknown directive 'nonsense'/,
  );
});

test('SIGTERM: lame duck for 5 s, then gone', () => {
  const made = world();
  made.lab.world.runFor(NS_PER_SEC);
  made.server.terminate();
  assert.equal(ask(made, 'hello.phpweb.svc.cluster.local.'), '10.96.10.20');
  assert.match(get(made, 8181, '/ready'), /^503/);
  assert.equal(get(made, 8080, '/health'), '200 OK');
  made.lab.world.runFor(6 * NS_PER_SEC);
  assert.equal(made.server.exitCode, 0);
  assert.equal(ask(made, 'hello.phpweb.svc.cluster.local.'), 'connection refused');
});

test('a Corefile that cannot be read ends the process', () => {
  const made = world(NS_PER_MS, '.:53 {\n');
  made.lab.world.runFor(NS_PER_SEC);
  assert.equal(made.server.exitCode, 1);
});
