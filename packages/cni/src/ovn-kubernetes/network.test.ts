/**
 * Two nodes joined by Geneve: walks as measured on OVN 23.03, and megaflows against the full walk.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Ip, NS_PER_SEC, cidr, formatIp, ip } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  Lab,
  type LabHost,
  type NetNs,
  createVethPair,
  icmpOpen,
  tcpConnect,
} from '@podwire/netstack';
import { IpProto, Packet } from '@podwire/wire';
import {
  InternalPort,
  Word,
  extractHeaders,
  groupOfRows,
  newKey,
  signatureOf,
  translate,
} from '@podwire/ovn';
import { NodeNetwork } from './network.ts';
import { HAIRPIN_IP, type OvnPeer, gatewayIp, macOf, managementIp, nodeIdOf } from './topology.ts';

const CLUSTER = cidr('10.244.0.0/16');
const VIP = ip('10.96.0.10');
const DEAD_VIP = ip('10.96.0.11');

function peer(name: string, subnet: string, nodeIp: string): OvnPeer {
  const network = cidr(subnet);
  return { name, id: nodeIdOf(CLUSTER, 24, network), subnet: network, nodeIp: ip(nodeIp) };
}

const N1 = peer('n1', '10.244.0.0/24', '192.0.2.1');
const N2 = peer('n2', '10.244.1.0/24', '192.0.2.2');

interface TestNode {
  readonly host: LabHost;
  readonly network: NodeNetwork;
  readonly pods: Map<string, NetNs>;
}

/** Two nodes with br-ex on one segment, and pods a (n1), b and c (n2); 10.96.0.10:80 is b, c on 8080. */
function twoNodes(): { readonly lab: Lab; readonly n1: TestNode; readonly n2: TestNode } {
  const lab = new Lab();
  const hosts = [lab.host('n1'), lab.host('n2')] as const;
  const nics = lab.segment('eth0', hosts);
  const [n1, n2] = [N1, N2].map((self, at): TestNode => {
    const host = hosts[at] as LabHost;
    const uplink = nics[at];
    assert.ok(uplink !== undefined);
    const { ns } = host;
    const other = self === N1 ? N2 : N1;
    const made: { network?: NodeNetwork } = {};
    const bridge = new InternalPort(ns, 'br-ex', uplink.mac, 1500, (skb) => {
      made.network?.fromHost(skb);
    });
    ns.addAddress(bridge, { ip: self.nodeIp, prefixLen: 24 });
    ns.setUp(bridge, true);
    const network = new NodeNetwork(ns, {
      self,
      clusterNetwork: CLUSTER,
      serviceNetwork: cidr('10.96.0.0/12'),
      nodeNetwork: cidr('192.0.2.0/24'),
      nextHop: 0,
      podMtuBytes: 1400,
      uplink,
      bridge,
      peers: {
        ofAddress: (address) => ((address ^ other.subnet.ip) >>> 8 === 0 ? other : undefined),
        byId: (id) => (id === other.id ? other : undefined),
        byName: (name) => (name === other.name ? other : undefined),
      },
      services: { onSwitch: SERVICES, onRouter: SERVICES, isExternal: () => false },
    });
    made.network = network;
    ns.addAddress(network.management, { ip: managementIp(self.subnet), prefixLen: 24 });
    ns.setUp(network.management, true);
    return { host, network, pods: new Map() };
  });
  assert.ok(n1 !== undefined && n2 !== undefined);
  addPod(n1, 'a', ip('10.244.0.3'), N1);
  addPod(n2, 'b', ip('10.244.1.3'), N2);
  addPod(n2, 'c', ip('10.244.1.4'), N2);
  return { lab, n1, n2 };
}

const SERVICES = groupOfRows('services', HAIRPIN_IP, [
  {
    name: 'web',
    proto: IpProto.tcp,
    vips: new Map([
      [
        `${formatIp(VIP)}:80`,
        ['10.244.1.3', '10.244.1.4'].map((text) => ({ ip: ip(text), port: 8080 })),
      ],
    ]),
    affinitySec: 0,
    skipSnat: false,
  },
  {
    name: 'dead',
    proto: IpProto.tcp,
    vips: new Map([[`${formatIp(DEAD_VIP)}:80`, []]]),
    affinitySec: 0,
    skipSnat: false,
  },
]);

function addPod({ host, network, pods }: TestNode, name: string, address: Ip, self: OvnPeer): void {
  const ns = host.pod(name);
  const [hostEnd, eth0] = createVethPair(host.ns, `v${name}`, ns, 'eth0', {
    mtuBytes: 1400,
    macB: macOf(address),
  });
  host.ns.setUp(hostEnd, true);
  ns.addAddress(eth0, { ip: address, prefixLen: 24 });
  ns.setUp(eth0, true);
  ns.addRoute({ dst: 'default', via: gatewayIp(self.subnet) });
  network.addPod(`default_${name}`, { mac: macOf(address), ip: address }, hostEnd);
  pods.set(name, ns);
}

function tcp(src: string, dst: Ip, srcPort: number, dstPort: number): Packet {
  const packet = new Packet();
  packet.etherType = 0x0800;
  packet.ethSrc = macOf(ip(src));
  packet.ethDst = macOf(gatewayIp(N1.subnet));
  packet.src = ip(src);
  packet.dst = dst;
  packet.proto = IpProto.tcp;
  packet.ttlHops = 64;
  packet.srcPort = srcPort;
  packet.dstPort = dstPort;
  return packet;
}

test('a megaflow says of every packet that it covers what a full walk says', () => {
  const { n1 } = twoNodes();
  const node = n1.network.ovn;
  const addresses = [
    '10.244.0.3',
    '10.244.1.3',
    '10.244.2.9',
    '192.0.2.1',
    '192.0.2.9',
    '10.96.0.10',
  ];
  const value = fc.record({
    physPort: fc.constantFrom(2, 3, 4, 5),
    src: fc.constantFrom(...addresses.slice(0, 3)),
    dst: fc.constantFrom(...addresses),
    srcPort: fc.nat(3),
    dstPort: fc.constantFrom(80, 81),
    ctState: fc.constantFrom(0, 0x21, 0x22, 0x2a),
    steps: fc.nat(3),
  });
  fc.assert(
    fc.property(value, value, (one, other) => {
      const keyOf = (of: typeof one): ReturnType<typeof newKey> => {
        const key = newKey();
        extractHeaders(tcp(of.src, ip(of.dst), of.srcPort, of.dstPort), key);
        key[Word.physPort] = of.physPort;
        return key;
      };
      let [left, right] = [keyOf(one), keyOf(other)];
      // As far as both go the same way, through recirculations too.
      for (let step = 0; step <= one.steps; step++) {
        const found = translate(node, left);
        const twin = right.map((bits, word) => {
          const mask = found.mask[word] as number;
          return (bits & ~mask) | ((left[word] as number) & mask);
        });
        const walked = translate(node, twin);
        assert.equal(signatureOf(walked), signatureOf(found));
        assert.deepEqual(walked.mask, found.mask);
        const next = found.actions.find((action) => action.kind === 'recirc');
        if (next === undefined) return;
        left = left.slice();
        right = twin.slice();
        for (const key of [left, right]) {
          key[Word.recirc] = next.id;
          key[Word.ctState] = one.ctState;
        }
      }
    }),
    { numRuns: 300 },
  );
});

function* ping(ns: NetNs, dst: string, ttlHops?: number): Proc<string> {
  const socket = icmpOpen(ns);
  assert.ok(typeof socket !== 'string');
  const problem = socket.sendEcho(ip(dst), {
    seq: 1,
    ...(ttlHops === undefined ? {} : { ttl: ttlHops }),
  });
  const result = problem ?? (yield* socket.recv(2 * NS_PER_SEC));
  socket.close();
  if (typeof result === 'string') return result;
  if (result.kind === 'reply') return `reply from ${formatIp(result.fromIp)} ttl ${result.ttl}`;
  return `${result.icmpType}/${result.icmpCode} from ${formatIp(result.fromIp)}`;
}

function* connect(ns: NetNs, dst: Ip, port: number): Proc<string> {
  const conn = tcpConnect(ns, { ip: dst, port });
  if (typeof conn === 'string') return conn;
  return (yield* conn.connected(NS_PER_SEC)) ?? 'connected';
}

/** Rows: who pings what, and what comes back (measured on OVN 23.03 with three nodes). */
const WALKS: readonly (readonly [
  what: string,
  from: string,
  dst: string,
  ttlHops: number | undefined,
  answer: string,
])[] = [
  [
    'a pod of another node: one router',
    'a',
    '10.244.1.3',
    undefined,
    'reply from 10.244.1.3 ttl 63',
  ],
  [
    'a pod of the same node: no router',
    'b',
    '10.244.1.4',
    undefined,
    'reply from 10.244.1.4 ttl 64',
  ],
  ['the gateway', 'a', '10.244.0.1', undefined, 'reply from 10.244.0.1 ttl 254'],
  [
    'the own node, by the management port',
    'a',
    '192.0.2.1',
    undefined,
    'reply from 192.0.2.1 ttl 64',
  ],
  [
    'the other node, by the gateway router',
    'a',
    '192.0.2.2',
    undefined,
    'reply from 192.0.2.2 ttl 62',
  ],
  ['the gateway with one hop', 'a', '10.244.0.1', 1, 'reply from 10.244.0.1 ttl 254'],
  ['another node with one hop', 'a', '10.244.1.3', 1, '11/0 from 10.244.0.1'],
  ['an address that no pod has', 'a', '10.244.1.77', undefined, 'timeout'],
  ['an address in no subnet', 'a', '10.244.9.9', undefined, 'timeout'],
  ['a service, which answers no ping', 'a', '10.96.0.10', undefined, 'timeout'],
];

for (const [what, from, dst, ttlHops, answer] of WALKS) {
  test(`ping ${what}: ${answer}`, () => {
    const { lab, n1, n2 } = twoNodes();
    const ns = n1.pods.get(from) ?? n2.pods.get(from);
    const { host } = n1.pods.has(from) ? n1 : n2;
    assert.ok(ns !== undefined);
    const got = lab.run(host, ping(ns, dst, ttlHops));
    assert.equal(/time|AGAIN/i.test(got) ? 'timeout' : got, answer);
    lab.world.runFor(60 * NS_PER_SEC);
    assert.equal(lab.ended, lab.born, 'every packet ended once');
  });
}

test('a service without endpoints refuses at once, an unknown port is silent', () => {
  const { lab, n1 } = twoNodes();
  const ns = n1.pods.get('a');
  assert.ok(ns !== undefined);
  assert.equal(lab.run(n1.host, connect(ns, DEAD_VIP, 80)), 'ECONNREFUSED');
  assert.equal(lab.run(n1.host, connect(ns, VIP, 81)), 'timeout');
});

test('connections to a service reach both backends, whose port refuses with the address of the service', () => {
  const { lab, n1, n2 } = twoNodes();
  const ns = n1.pods.get('a');
  assert.ok(ns !== undefined);
  for (let round = 0; round < 12; round++) {
    assert.equal(lab.run(n1.host, connect(ns, VIP, 80)), 'ECONNREFUSED');
  }
  for (const name of ['b', 'c']) {
    const eth0 = n2.pods.get(name)?.dev('eth0');
    assert.ok((eth0?.stats.rxPackets ?? 0) > 1, `${name} was asked`);
  }
});

test('an established kind of packet is a hit; a change of the tables judges it anew and keeps it', () => {
  const { lab, n1 } = twoNodes();
  const ns = n1.pods.get('a');
  assert.ok(ns !== undefined);
  lab.run(n1.host, ping(ns, '10.244.1.3'));
  const { stats } = n1.network.ovn.datapath;
  const { misses } = stats;
  lab.run(n1.host, ping(ns, '10.244.1.3'));
  assert.equal(stats.misses, misses);
  n1.network.ovn.changed('own');
  lab.run(n1.host, ping(ns, '10.244.1.3'));
  assert.equal(stats.misses, misses);
  assert.ok(stats.revalidations > 0);
  lab.world.runFor(11 * NS_PER_SEC);
  lab.run(n1.host, ping(ns, '10.244.1.3'));
  assert.ok(stats.misses > misses, 'idle for longer than 10 s');
});
