/**
 * kube-proxy on a small emulated network: rules come, change and stay; packets follow them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng, formatIp, ip, must } from '@podwire/base';
import {
  ApiServer,
  type EndpointSlice,
  type KubeObject,
  LocalApiClient,
  type Service,
  Store,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  Lab,
  type LabHost,
  conntrackList,
  iptablesRestore,
  iptablesSave,
  payloadFromText,
  payloadText,
  udpOpen,
} from '@podwire/netstack';
import { type KubeProxy, startKubeProxy } from './index.ts';

const SECOND = 1_000_000_000;

interface World {
  readonly lab: Lab;
  readonly client: LabHost;
  readonly node: LabHost;
  readonly proxy: KubeProxy;
  create(object: KubeObject): void;
  replace(object: KubeObject): void;
  remove(resource: string, name: string): void;
}

/** client 192.0.2.7 — node 192.0.2.1 / 10.244.1.1 — pods 10.244.1.5 and .6. */
function makeWorld(): World {
  const lab = new Lab('kubeproxy');
  const client = lab.host('client');
  const node = lab.host('node-1');
  const pods = lab.host('pods');
  lab.segment('eth0', [client, node]);
  lab.segment('cni0', [node, pods]);
  const add = (host: LabHost, dev: string, text: string): void => {
    host.ns.addAddress(must(host.ns.dev(dev), 'the device'), text);
  };
  add(client, 'eth0', '192.0.2.7/24');
  add(node, 'eth0', '192.0.2.1/24');
  add(node, 'cni0', '10.244.1.1/24');
  add(pods, 'cni0', '10.244.1.5/24');
  add(pods, 'cni0', '10.244.1.6/24');
  client.ns.addRoute({ dst: 'default', via: ip('192.0.2.1') });
  pods.ns.addRoute({ dst: 'default', via: ip('10.244.1.1') });
  // Without a route towards the cluster IP, "network unreachable" would come before any REJECT.
  node.ns.addRoute({ dst: 'default', via: ip('192.0.2.254') });
  node.ns.sysctl.set('net.ipv4.ip_forward', 1);
  for (const address of ['10.244.1.5', '10.244.1.6']) {
    pods.sim.spawn('echo', echo(pods, address));
  }
  const rng = new Rng('api');
  const server = new ApiServer(new Store(rng), { clock: node.sim, rng });
  const created = server.handle({ verb: 'create', resource: 'nodes', body: NODE, query: {} });
  assert.equal(created.code, 201);
  const proxy = startKubeProxy(node.sim, node.ns, new LocalApiClient(server), {
    nodeName: 'node-1',
    clusterCIDR: '10.244.0.0/16',
  });
  const resourceOf = (object: KubeObject): string =>
    object.kind === 'Service' ? 'services' : 'endpointslices';
  const ask = (verb: 'create' | 'update', body: KubeObject): void => {
    const { name } = body.metadata;
    const named = verb === 'update' ? { name } : {};
    const response = server.handle({
      verb,
      resource: resourceOf(body),
      namespace: 'default',
      ...named,
      body,
      query: {},
    });
    assert.ok(response.code < 300, JSON.stringify(response.body));
  };
  return {
    lab,
    client,
    node,
    proxy,
    create: (object) => {
      ask('create', object);
    },
    replace: (object) => {
      ask('update', object);
    },
    remove: (resource, name) => {
      server.handle({ verb: 'delete', resource, namespace: 'default', name, query: {} });
    },
  };
}

const NODE: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
};

function* echo(host: LabHost, address: string): Proc {
  const socket = udpOpen(host.ns, { ip: ip(address), port: 5353 });
  if (typeof socket === 'string') return;
  for (;;) {
    const got = yield* socket.recv();
    if (typeof got === 'string') continue;
    const text = `${address} saw ${formatIp(got.fromIp)}`;
    socket.sendTo(got.fromIp, got.fromPort, payloadFromText(text));
  }
}

/** One question from a fixed port; what came back. */
function askUdp(world: World, from: LabHost, to: string, port: number, sport: number): string {
  function* run(): Proc<string> {
    const socket = udpOpen(from.ns, { port: sport });
    if (typeof socket === 'string') return socket;
    const refused = socket.connect(ip(to), port) ?? socket.send(payloadFromText('?'));
    const got = refused ?? (yield* socket.recv(SECOND));
    socket.close();
    return typeof got === 'string' ? got : payloadText(got.payload);
  }
  return world.lab.run(from, run());
}

const DNS: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'dns', namespace: 'default' },
  spec: {
    type: 'NodePort',
    clusterIP: '10.96.0.53',
    ports: [{ port: 53, protocol: 'UDP', targetPort: 5353, nodePort: 30053 }],
  },
};

function slice(...addresses: string[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'dns-1',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'dns' },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'node-1' })),
    ports: [{ name: '', port: 5353, protocol: 'UDP' }],
  };
}

test('base chains and jumps stand in the order of a first start', () => {
  const world = makeWorld();
  world.lab.world.runFor(SECOND);
  const lines = iptablesSave(world.node.ns).split('\n');
  const jumps = (chain: string): string[] =>
    lines
      .filter((line) => line.startsWith(`-A ${chain} `))
      .map((line) => /-j (\S+)/.exec(line)?.[1] ?? '');
  assert.deepEqual(jumps('FORWARD'), [
    'KUBE-PROXY-FIREWALL',
    'KUBE-FORWARD',
    'KUBE-SERVICES',
    'KUBE-EXTERNAL-SERVICES',
  ]);
  assert.deepEqual(jumps('INPUT'), [
    'KUBE-FIREWALL',
    'KUBE-PROXY-FIREWALL',
    'KUBE-NODEPORTS',
    'KUBE-EXTERNAL-SERVICES',
  ]);
  const outputs = jumps('OUTPUT');
  assert.deepEqual(outputs, [
    'KUBE-FIREWALL',
    'KUBE-PROXY-FIREWALL',
    'KUBE-SERVICES',
    'KUBE-SERVICES',
  ]);
  assert.equal(lines.filter((line) => line.startsWith(':KUBE-PROXY-CANARY')).length, 3);
  assert.equal(world.node.ns.sysctl.get('net.ipv4.conf.all.route_localnet'), 1);
});

test('a Service appears, moves, loses its endpoints and goes; packets follow', () => {
  const world = makeWorld();
  const { lab, client, node } = world;
  world.create(DNS);
  lab.world.runFor(2 * SECOND);
  assert.equal(askUdp(world, client, '10.96.0.53', 53, 4000), 'ECONNREFUSED');
  assert.equal(askUdp(world, client, '192.0.2.1', 30053, 4000), 'ECONNREFUSED');

  world.create(slice('10.244.1.5'));
  lab.world.runFor(2 * SECOND);
  assert.equal(askUdp(world, client, '10.96.0.53', 53, 4000), '10.244.1.5 saw 10.244.1.1');
  assert.equal(askUdp(world, client, '192.0.2.1', 30053, 4001), '10.244.1.5 saw 10.244.1.1');
  assert.equal(askUdp(world, node, '10.96.0.53', 53, 4002), '10.244.1.5 saw 10.244.1.1');

  // The same client port moves with the next sync: kube-proxy forgets its UDP connections.
  world.replace(slice('10.244.1.6'));
  lab.world.runFor(2 * SECOND);
  assert.equal(askUdp(world, client, '10.96.0.53', 53, 4000), '10.244.1.6 saw 10.244.1.1');
  assert.ok(conntrackList(node.ns).every((line) => !line.includes('src=10.244.1.5')));

  // Without endpoints old flows stay; only new ones are refused.
  world.replace(slice());
  lab.world.runFor(2 * SECOND);
  assert.equal(askUdp(world, client, '10.96.0.53', 53, 4000), '10.244.1.6 saw 10.244.1.1');
  assert.equal(askUdp(world, client, '10.96.0.53', 53, 4003), 'ECONNREFUSED');

  world.remove('services', 'dns');
  lab.world.runFor(2 * SECOND);
  assert.ok(!iptablesSave(node.ns).includes('default/dns'));
});

test('syncs are at least a second apart, a quiet proxy makes no events, and stop leaves the rules', () => {
  const world = makeWorld();
  const { lab, proxy } = world;
  world.create(DNS);
  lab.world.runFor(5 * SECOND);
  const before = proxy.syncCount;
  world.create(slice('10.244.1.5'));
  lab.world.runFor(SECOND / 2);
  assert.equal(proxy.syncCount, before + 1);
  for (const address of ['10.244.1.6', '10.244.1.5', '10.244.1.6']) {
    world.replace(slice(address));
    lab.world.runFor(SECOND / 10);
  }
  assert.equal(proxy.syncCount, before + 1);
  lab.world.runFor(2 * SECOND);
  assert.equal(proxy.syncCount, before + 2);
  assert.ok(proxy.isSettled);
  lab.world.runFor(10 * SECOND);
  assert.equal(lab.world.runFor(3600 * SECOND), 0);
  proxy.stop();
  assert.ok(iptablesSave(world.node.ns).includes('default/dns'));
});

test('flushed tables are noticed by the canary and written again', () => {
  const world = makeWorld();
  world.create(DNS);
  world.create(slice('10.244.1.5'));
  world.lab.world.runFor(5 * SECOND);
  const whole = iptablesSave(world.node.ns);
  const tables = ['nat', 'filter', 'mangle'] as const;
  for (const table of tables) flush(world, table);
  assert.ok(!iptablesSave(world.node.ns).includes('KUBE-SERVICES'));
  world.lab.world.runFor(32 * SECOND);
  assert.equal(iptablesSave(world.node.ns), whole);
});

function flush(world: World, table: 'nat' | 'filter' | 'mangle'): void {
  assert.equal(iptablesRestore(world.node.ns, `*${table}\nCOMMIT\n`), undefined);
}
