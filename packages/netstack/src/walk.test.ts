/**
 * The walk of a packet as a golden text: pod → ClusterIP → pod of another node, VXLAN, iptables.
 *
 * docs/walks/clusterip-vxlan-iptables.md tells it file by file. To accept a changed walk, run with
 * UPDATE_GOLDEN=1 and read the difference.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { NS_PER_SEC, ip, mac } from '@podwire/base';
import { formatWalks } from '@podwire/trace';
import { payloadFromText } from '@podwire/wire';
import { type Vxlan, createVxlan } from './dev/vxlan.ts';
import { twoNodes } from './lab-pods.ts';
import { Lab } from './lab.ts';
import { iptablesRestore } from './netfilter/iptables/restore.ts';
import type { NetNs } from './netns.ts';
import { udpOpen } from './socket/udp.ts';

const GOLDEN = new URL('testdata/clusterip-vxlan-iptables.txt', import.meta.url);

const RULES = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-DNS - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "default/dns cluster IP" -m udp --dport 53 -j KUBE-SVC-DNS
-A KUBE-SVC-DNS -m comment --comment "default/dns -> 10.1.1.2:53" -p udp -m udp -j DNAT --to-destination 10.1.1.2:53
COMMIT
`;

function tunnel(ns: NetNs, self: string, vtep: string, address: string): Vxlan {
  const lower = ns.dev('eth0');
  assert.ok(lower !== undefined);
  const options = { vni: 1, local: ip(self), dev: lower, learning: false, mac: mac(address) };
  const dev = createVxlan(ns, 'flannel.1', options);
  ns.addAddress(dev, vtep);
  ns.setUp(dev, true);
  return dev;
}

function walk(): string {
  const lab = new Lab('walk');
  const { n1, n2, a, c } = twoNodes(lab);
  const v1 = tunnel(n1.ns, '10.100.0.1', '10.1.0.0/32', '02:00:00:00:ff:01');
  const v2 = tunnel(n2.ns, '10.100.0.2', '10.1.1.0/32', '02:00:00:00:ff:02');
  const join = (ns: NetNs, dev: Vxlan, peer: Vxlan, net: string, node: string): void => {
    ns.replaceRoute({ dst: net, via: ip(net.replace('/24', '')), dev, isOnlink: true });
    ns.neigh.set(dev, ip(net.replace('/24', '')), peer.mac);
    dev.addFdb(peer.mac, { ip: ip(node) });
  };
  join(n1.ns, v1, v2, '10.1.1.0/24', '10.100.0.2');
  join(n2.ns, v2, v1, '10.1.0.0/24', '10.100.0.1');
  assert.equal(iptablesRestore(n1.ns, RULES, {}), undefined);
  const server = udpOpen(c.ns, { port: 53 });
  const client = udpOpen(a.ns, { port: 40_000 });
  assert.ok(typeof server !== 'string' && typeof client !== 'string');
  // A first datagram fills the neighbour tables, so that the walk shows the path alone.
  client.sendTo(ip('10.96.0.10'), 53, payloadFromText('warm'));
  lab.world.runFor(60 * NS_PER_SEC);
  client.close();
  const fresh = udpOpen(a.ns, { port: 40_001 });
  assert.ok(typeof fresh !== 'string');
  for (const [ns, address] of [
    [a.ns, '10.1.0.1'],
    [n1.ns, '10.100.0.2'],
    [n2.ns, '10.1.1.2'],
  ] as const) {
    const known = ns.neigh.list().find((neigh) => neigh.ip === ip(address));
    assert.ok(known !== undefined);
    ns.neigh.set(known.dev, known.ip, known.mac);
  }
  fresh.sendTo(ip('10.96.0.10'), 53, payloadFromText('walk'), { traceId: 1 });
  lab.world.runFor(NS_PER_SEC);
  return `${formatWalks(lab.steps())}\n`;
}

test('the walk of a datagram to a ClusterIP is the golden one', () => {
  const text = walk();
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
  assert.equal(text, readFileSync(GOLDEN, 'utf8'));
});
