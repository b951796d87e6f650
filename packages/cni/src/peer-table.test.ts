/**
 * A node whose entries wait for first use against one that has them all at once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NS_PER_SEC, Rng, cidr, formatIp, ip, mac } from '@podwire/base';
import { ApiServer, LocalApiClient, ObjectViews, Store } from '@podwire/api';
import { TestWorld } from '@podwire/engine';
import {
  NetNs,
  type StackHost,
  Vxlan,
  bridgeCommand,
  createNic,
  formatRoute,
  ipCommand,
} from '@podwire/netstack';
import { PacketLedger, Recorder } from '@podwire/trace';
import { BridgePlugin } from './bridge/plugin.ts';
import type { CniPlugin, NodeContext } from './cni.ts';
import { emptyHostLocalDisk } from './ipam/host-local.ts';
import { VxlanPlugin } from './vxlan/plugin.ts';

type Provider = 'bridge' | 'vxlan';

/** The API and two machines that both take themselves for node-0. */
class Bench {
  readonly world: TestWorld = new TestWorld('peers');
  readonly server: ApiServer;
  readonly lazy: NetNs;
  readonly eager: NetNs;
  readonly plugins: CniPlugin[] = [];

  constructor(provider: Provider) {
    const sim = this.world.addHost('api');
    this.server = new ApiServer(new Store(new Rng('uid')), { clock: sim, rng: new Rng('api') });
    this.addNode(0);
    const views = new ObjectViews();
    [this.lazy, this.eager] = [
      this.#machine('lazy', provider, views),
      this.#machine('eager', provider, views),
    ];
    this.settle();
  }

  #machine(name: string, provider: Provider, views: ObjectViews): NetNs {
    const sim = this.world.addHost(name);
    const host: StackHost = { sim, recorder: new Recorder(), ledger: new PacketLedger() };
    const ns = new NetNs(host, 'node');
    const nic = createNic(ns, 'eth0', mac('02:00:00:00:00:01'), 1500, () => 0);
    ns.addAddress(nic, '192.168.10.10/24');
    ns.setUp(nic, true);
    ipCommand(ns, ['route', 'add', 'default', 'via', '192.168.10.1', 'dev', 'eth0']);
    const client = Object.assign(new LocalApiClient(this.server), { views });
    const context: NodeContext = {
      sim,
      ns,
      nodeName: 'node-0',
      nodeIP: ip('192.168.10.10'),
      uplinkName: 'eth0',
      client,
      clusterCIDR: cidr('10.244.0.0/16'),
      nodeNetworks: [cidr('192.168.10.0/24')],
      disk: emptyHostLocalDisk(),
      podGateway: 'first',
    };
    this.plugins.push(provider === 'vxlan' ? new VxlanPlugin(context) : new BridgePlugin(context));
    return ns;
  }

  /** Time for the watches; one machine looks at all its entries. */
  settle(): void {
    this.world.runFor(NS_PER_SEC / 10);
    ipCommand(this.eager, ['route', 'show']);
  }

  addNode(number: number): void {
    this.#ask('create', number, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `node-${number}` },
      spec: { podCIDR: `10.244.${number}.0/24`, podCIDRs: [`10.244.${number}.0/24`] },
      status: { addresses: [{ type: 'InternalIP', address: address(number) }] },
    });
  }

  announce(number: number, version: number): void {
    const data = { VNI: 1, VtepMAC: vtep(number, version) };
    const annotations = {
      'flannel.alpha.coreos.com/backend-data': JSON.stringify(data),
      'flannel.alpha.coreos.com/public-ip': address(number),
    };
    this.#ask('patch', number, { metadata: { annotations } });
  }

  removeNode(number: number): void {
    this.#ask('delete', number, undefined);
  }

  #ask(verb: 'create' | 'patch' | 'delete', number: number, body: object | undefined): void {
    const answer = this.server.handle({
      verb,
      resource: 'nodes',
      ...(verb === 'create' ? {} : { name: `node-${number}` }),
      ...(verb === 'patch' ? { patchType: 'merge-patch' as const } : {}),
      ...(body === undefined ? {} : { body }),
    });
    assert.ok([200, 201, 404, 409].includes(answer.code), JSON.stringify(answer.body));
  }
}

/** Every fourth node is behind the router. */
function address(number: number): string {
  return number % 4 === 3 ? `192.168.20.${number}` : `192.168.10.${10 + number}`;
}

function vtep(number: number, version: number): string {
  return `02:11:00:00:0${version}:0${number}`;
}

/** What a machine does with packets to a pod of this node. */
function way(ns: NetNs, number: number, version: number): string {
  const route = ns.lookup(ip(`10.244.${number}.7`));
  const tunnel = ns.dev('flannel.1');
  if (route === undefined) return 'no way';
  if (!(tunnel instanceof Vxlan) || route.dev !== tunnel) return formatRoute(route);
  const neigh = ns.neigh.macOf(tunnel, route.gateway);
  const remote = tunnel.lookupFdb(mac(vtep(number, version)))?.remotes[0]?.ip;
  return `${formatRoute(route)} ${neigh} ${remote === undefined ? '-' : formatIp(remote)}`;
}

function shown(ns: NetNs): string[] {
  const texts = [
    ipCommand(ns, ['route', 'show']).stdout,
    ipCommand(ns, ['neigh', 'show']).stdout,
    bridgeCommand(ns, ['fdb', 'show', 'dev', 'flannel.1']).stdout,
  ];
  return texts.flatMap((text) => text.split('\n')).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

const step = fc.record({
  what: fc.constantFrom(
    ...(['add', 'announce', 'announce', 'remove', 'look', 'look', 'look', 'mac'] as const),
    ...(['down', 'delete', 'list', 'stop'] as const),
  ),
  number: fc.integer({ min: 1, max: 4 }),
  version: fc.integer({ min: 1, max: 2 }),
});

for (const provider of ['vxlan', 'bridge'] as const) {
  test(`entries that wait and entries that are there are the same, ${provider}`, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 12, maxLength: 40 }), (steps) => {
        const bench = new Bench(provider);
        for (const number of [1, 2, 3]) {
          bench.addNode(number);
          bench.announce(number, 1);
        }
        bench.settle();
        const both = [bench.lazy, bench.eager];
        const same = (of: (ns: NetNs) => unknown, message: string): void => {
          const [left, right] = both.map(of);
          assert.deepEqual(left, right, message);
        };
        for (const [at, { what, number, version }] of steps.entries()) {
          const device = provider === 'vxlan' ? 'flannel.1' : 'eth0';
          if (what === 'add') bench.addNode(number);
          else if (what === 'announce') bench.announce(number, version);
          else if (what === 'remove') bench.removeNode(number);
          else if (what === 'mac') {
            same((ns) => {
              const tunnel = ns.dev('flannel.1');
              const entry =
                tunnel instanceof Vxlan ? tunnel.lookupFdb(mac(vtep(number, version))) : undefined;
              return entry?.remotes;
            }, `step ${at}`);
          } else if (what === 'down' && at % 5 === 0) {
            for (const ns of both) {
              ipCommand(ns, ['link', 'set', device, 'down']);
              ipCommand(ns, ['link', 'set', device, 'up']);
            }
          } else if (what === 'delete' && at % 3 === 0) {
            same((ns) => ipCommand(ns, ['route', 'del', `10.244.${number}.0/24`]), `step ${at}`);
          } else if (what === 'list' && at % 5 === 0) same(shown, `step ${at}`);
          else if (what === 'stop' && at % 7 === 0) for (const one of bench.plugins) one.stop();
          bench.settle();
          if (what === 'look') same((ns) => way(ns, number, version), `step ${at}`);
        }
        for (let number = 1; number < 5; number++) {
          same((ns) => way(ns, number, 1), `to node ${number}`);
        }
        same(shown, 'in the end');
      }),
      { numRuns: 150 },
    );
  });
}
