/**
 * Services on one bridge: what bridge-nf-call-iptables, hairpin and masquerade change. Measured on Linux
 * 6.18 with iptables-nft 1.8.9: 0 → timeout, 1 → works; a pod that reaches itself needs hairpin on and
 * masquerade.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, formatIp, ip } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { payloadFromText } from '@podwire/wire';
import { twoNodes } from '../lab-pods.ts';
import { Lab, type LabHost } from '../lab.ts';
import { iptablesRestore } from '../netfilter/iptables/restore.ts';
import type { NetNs } from '../netns.ts';
import { udpOpen } from '../socket/udp.ts';

const SERVICE = '10.96.0.10';

function rules(node: LabHost, backend: string, masquerade = false): void {
  const masq = masquerade ? '-A POSTROUTING -p udp --dport 53 -j MASQUERADE\n' : '';
  const problem = iptablesRestore(
    node.ns,
    `*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -d ${SERVICE}/32 -p udp -m udp --dport 53 -j DNAT --to-destination ${backend}:53\n${masq}COMMIT\n`,
    {},
  );
  assert.equal(problem, undefined);
}

/** Answers with the source address that it saw, from the address that was asked. */
function serve(node: LabHost, ns: NetNs): void {
  const socket = udpOpen(ns, { port: 53 });
  assert.ok(typeof socket !== 'string');
  node.sim.spawn(
    'server',
    (function* (): Proc {
      for (;;) {
        const got = yield* socket.recv();
        if (typeof got === 'string') return;
        const seen = `${formatIp(got.fromIp)} ttl ${got.ttl}`;
        socket.sendTo(got.fromIp, got.fromPort, payloadFromText(seen));
      }
    })(),
  );
}

function* ask(ns: NetNs, dst: string): Proc<string> {
  const socket = udpOpen(ns);
  if (typeof socket === 'string') return socket;
  socket.connect(ip(dst), 53);
  socket.send(payloadFromText('?'));
  const got = yield* socket.recv(5 * NS_PER_SEC);
  socket.close();
  if (typeof got === 'string') return got;
  return `${new TextDecoder().decode(got.payload.chunks[0]?.bytes)}, ttl ${got.ttl}`;
}

test('bridge-nf-call-iptables 1: DNAT to a pod of the same bridge stays on the bridge', () => {
  const lab = new Lab();
  const { n1, a, b } = twoNodes(lab);
  rules(n1, '10.1.0.3');
  serve(n1, b.ns);
  // Bridged both ways: no router lowered the TTL, and the client's address is kept.
  assert.equal(lab.run(n1, ask(a.ns, SERVICE)), '10.1.0.2 ttl 64, ttl 64');
  lab.world.runFor(100 * NS_PER_SEC);
  assert.equal(lab.ended, lab.born);
});

test('bridge-nf-call-iptables 0: the answer goes straight back and is not un-DNATed', () => {
  const lab = new Lab();
  const { n1, a, b } = twoNodes(lab);
  n1.ns.sysctl.set('net.bridge.bridge-nf-call-iptables', 0);
  rules(n1, '10.1.0.3');
  serve(n1, b.ns);
  assert.equal(lab.run(n1, ask(a.ns, SERVICE)), 'timeout');
  lab.world.runFor(100 * NS_PER_SEC);
  assert.equal(lab.ended, lab.born);
});

test('DNAT to a pod of another node is routed: TTL 62', () => {
  const lab = new Lab();
  const { n1, n2, a, c } = twoNodes(lab);
  rules(n1, '10.1.1.2');
  serve(n2, c.ns);
  assert.equal(lab.run(n1, ask(a.ns, SERVICE)), '10.1.0.2 ttl 62, ttl 62');
  lab.world.runFor(100 * NS_PER_SEC);
  assert.equal(lab.ended, lab.born);
});

for (const [hairpin, masquerade, expected] of [
  [false, true, 'timeout'],
  [true, false, 'timeout'],
  [true, true, '10.1.0.1 ttl 64, ttl 64'],
] as const) {
  test(`a pod reaches itself by a service: hairpin ${hairpin}, masquerade ${masquerade}`, () => {
    const lab = new Lab();
    const { n1, a } = twoNodes(lab);
    rules(n1, '10.1.0.2', masquerade);
    serve(n1, a.ns);
    const port = a.hostEnd.port;
    assert.ok(port !== undefined);
    port.hairpin = hairpin;
    assert.equal(lab.run(n1, ask(a.ns, SERVICE)), expected);
    lab.world.runFor(100 * NS_PER_SEC);
    assert.equal(lab.ended, lab.born);
  });
}

test('a promiscuous bridge is no substitute for hairpin while br_netfilter filters', () => {
  const lab = new Lab();
  const { n1, a, br1 } = twoNodes(lab);
  rules(n1, '10.1.0.2', true);
  serve(n1, a.ns);
  br1.isPromisc = true;
  assert.equal(lab.run(n1, ask(a.ns, SERVICE)), 'timeout');
  n1.ns.sysctl.set('net.bridge.bridge-nf-call-iptables', 0);
  // Without it the packet is routed out of the bridge, where hairpin plays no part.
  assert.equal(lab.run(n1, ask(a.ns, SERVICE)), '10.1.0.1 ttl 63, ttl 63');
  br1.isPromisc = false;
  assert.equal(lab.run(n1, ask(a.ns, SERVICE)), '10.1.0.1 ttl 63, ttl 63');
  lab.world.runFor(100 * NS_PER_SEC);
  assert.equal(lab.ended, lab.born);
});
