/**
 * The stack end to end: hosts, pods, bridges and routes, as measured on Linux 6.18 in network namespaces.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_MS, NS_PER_SEC, formatIp, ip } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { payloadOfFill, payloadText, payloadFromText } from '@podwire/wire';
import { ipCommand } from './command/ip-command.ts';
import { createVxlan } from './dev/vxlan.ts';
import { addPod, twoNodes } from './lab-pods.ts';
import { Lab } from './lab.ts';
import type { NetNs } from './netns.ts';
import { type EchoOptions, type EchoResult, icmpOpen } from './socket/ping.ts';
import { udpOpen } from './socket/udp.ts';

function* ping(
  ns: NetNs,
  dst: string,
  options: Partial<EchoOptions> = {},
): Proc<EchoResult | string> {
  const socket = icmpOpen(ns);
  const problem = socket.sendEcho(ip(dst), { seq: 1, ...options });
  const result = problem ?? (yield* socket.recv(5 * NS_PER_SEC));
  socket.close();
  return result;
}

function text(result: EchoResult | string): string {
  if (typeof result === 'string') return result;
  if (result.kind === 'reply') return `reply from ${formatIp(result.fromIp)} ttl ${result.ttl}`;
  return `${result.icmpType}/${result.icmpCode} from ${formatIp(result.fromIp)}${result.mtu === undefined ? '' : ` mtu ${result.mtu}`}`;
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : 'a datagram';
}

function settled(lab: Lab): void {
  lab.world.runFor(120 * NS_PER_SEC);
  assert.equal(lab.ended, lab.born, 'every packet ended once');
}

test('pods of one node reach each other by the bridge: TTL 64', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.0.3'))), 'reply from 10.1.0.3 ttl 64');
  settled(lab);
});

test('pods of two nodes reach each other by two routers: TTL 62', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.1.2'))), 'reply from 10.1.1.2 ttl 62');
  settled(lab);
});

test('a pod reaches itself, its loopback and its gateway', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.0.2'))), 'reply from 10.1.0.2 ttl 64');
  assert.equal(text(lab.run(n1, ping(a.ns, '127.0.0.1'))), 'reply from 127.0.0.1 ttl 64');
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.0.1'))), 'reply from 10.1.0.1 ttl 64');
  settled(lab);
});

test('hops of a traceroute: TTL 1, 2, 3', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  const hop = (ttl: number): string => text(lab.run(n1, ping(a.ns, '10.1.1.2', { ttl })));
  assert.equal(hop(1), '11/0 from 10.1.0.1');
  assert.equal(hop(2), '11/0 from 10.100.0.2');
  assert.equal(hop(3), 'reply from 10.1.1.2 ttl 62');
  settled(lab);
});

test('a neighbour that does not answer: host unreachable after 3.06 s', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  const before = lab.world.nowNs;
  const result = lab.run(n1, ping(a.ns, '10.1.0.99'));
  assert.equal(text(result), '3/1 from 10.1.0.2');
  const tookMs = typeof result === 'string' ? 0 : (result.atNs - before) / NS_PER_MS;
  assert.ok(tookMs > 3050 && tookMs < 3070, `${tookMs} ms`);
  const shown = ipCommand(a.ns, ['neigh']);
  assert.equal(shown.stdout, '10.1.0.99 dev eth0 FAILED \n');
  // Behind a router: its own neighbour fails, it answers from the address towards the sender.
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.1.99'))), '3/1 from 10.100.0.2');
  settled(lab);
});

test('routes that refuse, here and at a router', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  for (const [type, dst] of [
    ['unreachable', '10.50.0.0/16'],
    ['prohibit', '10.51.0.0/16'],
    ['blackhole', '10.52.0.0/16'],
  ] as const) {
    n1.ns.addRoute({ dst, type });
  }
  const from = (dst: string): string => text(lab.run(n1, ping(a.ns, dst)));
  assert.equal(from('10.50.0.1'), '3/1 from 10.1.0.1');
  assert.equal(from('10.51.0.1'), '3/13 from 10.1.0.1');
  assert.equal(from('10.52.0.1'), 'timeout');
  assert.equal(text(lab.run(n1, ping(n1.ns, '10.50.0.1'))), 'EHOSTUNREACH');
  assert.equal(text(lab.run(n1, ping(n1.ns, '10.51.0.1'))), 'EACCES');
  assert.equal(text(lab.run(n1, ping(n1.ns, '10.52.0.1'))), 'EINVAL');
  assert.equal(text(lab.run(n1, ping(n1.ns, '192.0.2.1'))), 'ENETUNREACH');
  lab.world.runFor(20 * NS_PER_SEC);
  assert.equal(from('192.0.2.1'), '3/0 from 10.1.0.1');
  settled(lab);
});

test('a "no route" error costs two tokens: a client that retries each second is soon told nothing', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  const answers: string[] = [];
  lab.run(
    n1,
    (function* (): Proc {
      const socket = icmpOpen(a.ns);
      for (let seq = 1; seq <= 8; seq++) {
        socket.sendEcho(ip('192.0.2.1'), { seq });
        const got = yield* socket.recv(NS_PER_SEC);
        answers.push(got === 'timeout' ? '-' : 'net');
        if (got !== 'timeout') yield* socket.recv(NS_PER_SEC);
      }
      socket.close();
    })(),
  );
  assert.deepEqual(answers, ['net', 'net', 'net', 'net', '-', '-', '-', '-']);
  settled(lab);
});

test('too big for the way: DF set gives 3/4 with the MTU, then a local error; DF off fragments', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  const nic = n1.nics.get('eth0');
  assert.ok(nic !== undefined);
  nic.mtuBytes = 1400;
  const big = { sizeBytes: 1472 };
  assert.equal(
    text(lab.run(n1, ping(a.ns, '10.1.1.2', { ...big, dontFragment: true }))),
    '3/4 from 10.1.0.1 mtu 1400',
  );
  assert.equal(
    text(lab.run(n1, ping(a.ns, '10.1.1.2', { ...big, dontFragment: true }))),
    'EMSGSIZE',
  );
  assert.equal(a.ns.pathMtu(ip('10.1.1.2')), 1400);
  assert.equal(
    text(lab.run(n1, ping(a.ns, '10.1.1.2', { ...big, dontFragment: false }))),
    'reply from 10.1.1.2 ttl 62',
  );
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.1.2', big))), 'reply from 10.1.1.2 ttl 62');
  lab.world.runFor(601 * NS_PER_SEC);
  assert.equal(a.ns.pathMtu(ip('10.1.1.2')), 1500);
  settled(lab);
});

test('a veth end with a smaller MTU drops what is above it by more than a VLAN tag', () => {
  const lab = new Lab();
  const { n1, a, b } = twoNodes(lab);
  b.eth0.mtuBytes = 1400;
  const at = (len: number): string =>
    text(lab.run(n1, ping(a.ns, '10.1.0.3', { sizeBytes: len - 28, dontFragment: true })));
  assert.equal(at(1400), 'reply from 10.1.0.3 ttl 64');
  assert.equal(at(1404), 'reply from 10.1.0.3 ttl 64');
  assert.equal(at(1405), 'timeout');
  assert.equal(n1.ledger.ends.get('PKT_TOO_BIG'), 1);
  // The sender's own peer: told at once.
  a.hostEnd.mtuBytes = 1400;
  assert.equal(at(1450), 'ENOBUFS');
  settled(lab);
});

test('UDP: datagrams, a closed port, a connected socket learns of it once', () => {
  const lab = new Lab();
  const { n1, n2, a, c } = twoNodes(lab);
  const server = udpOpen(c.ns, { port: 53 });
  assert.ok(typeof server !== 'string');
  n2.sim.spawn(
    'server',
    (function* (): Proc {
      for (;;) {
        const got = yield* server.recv();
        if (typeof got === 'string') return;
        server.sendTo(
          got.fromIp,
          got.fromPort,
          payloadFromText(`echo ${payloadText(got.payload)}`),
        );
      }
    })(),
  );
  const seen = lab.run(
    n1,
    (function* (): Proc<string[]> {
      const lines: string[] = [];
      const socket = udpOpen(a.ns);
      if (typeof socket === 'string') return [socket];
      socket.sendTo(ip('10.1.1.2'), 53, payloadFromText('one'));
      const got = yield* socket.recv(NS_PER_SEC);
      lines.push(typeof got === 'string' ? got : `${payloadText(got.payload)} ttl ${got.ttl}`);
      // 20,000 bytes: fragments both ways.
      socket.sendTo(ip('10.1.1.2'), 53, payloadOfFill(20_000));
      const large = yield* socket.recv(NS_PER_SEC);
      lines.push(typeof large === 'string' ? large : String(large.payload.lenBytes));
      socket.sendTo(ip('10.1.1.2'), 54, payloadFromText('two'));
      lines.push(word(yield* socket.recv(NS_PER_SEC)));
      socket.close();
      const connected = udpOpen(a.ns);
      if (typeof connected === 'string') return [connected];
      connected.connect(ip('10.1.1.2'), 54);
      lines.push(String(connected.send(payloadFromText('three'))));
      lines.push(word(yield* connected.recv(NS_PER_SEC)));
      lines.push(String(connected.send(payloadFromText('four'))));
      lines.push(String(connected.takeError()?.icmpCode));
      connected.close();
      return lines;
    })(),
  );
  assert.deepEqual(seen, [
    'echo one ttl 62',
    '20005',
    'timeout',
    'undefined',
    'ECONNREFUSED',
    'undefined',
    '3',
  ]);
  assert.equal(udpOpen(c.ns, { port: 53 }), 'EADDRINUSE');
  assert.equal(udpOpen(c.ns, { ip: ip('10.9.9.9'), port: 99 }), 'EADDRNOTAVAIL');
  settled(lab);
});

test('a full receive buffer drops datagrams', () => {
  const lab = new Lab();
  const { a, n1 } = twoNodes(lab);
  const server = udpOpen(a.ns, { ip: ip('127.0.0.1'), port: 99 });
  const client = udpOpen(a.ns);
  assert.ok(typeof server !== 'string' && typeof client !== 'string');
  for (let count = 0; count < 300; count++) {
    client.sendTo(ip('127.0.0.1'), 99, payloadOfFill(400));
  }
  lab.world.runFor(NS_PER_SEC);
  assert.equal(n1.ledger.ends.get('SOCKET_RCVBUFF'), 300 - Math.floor(212_992 / 976));
  settled(lab);
});

test('proxy ARP: a /32 pod with the gateway 169.254.1.1 that nobody has', () => {
  const lab = new Lab();
  const { n1, br1, c } = twoNodes(lab);
  const pod = addPod(n1, br1, 'cali', '10.1.0.9/32', '0.0.0.0');
  br1.removePort(pod.hostEnd);
  ipCommand(pod.ns, ['route', 'add', '169.254.1.1', 'dev', 'eth0', 'scope', 'link']);
  assert.equal(ipCommand(pod.ns, ['route', 'add', 'default', 'via', '169.254.1.1']).stderr, '');
  n1.ns.addRoute({ dst: '10.1.0.9', dev: pod.hostEnd, scope: 253 });
  assert.equal(text(lab.run(n1, ping(pod.ns, '10.1.1.2'))), '3/1 from 10.1.0.9');
  n1.ns.sysctl.set('net.ipv4.conf.veth-cali.proxy_arp', 1);
  n1.ns.sysctl.set('net.ipv4.neigh.veth-cali.proxy_delay', 0);
  // 169.254.1.1 is answered because the node has a route to it by another device.
  n1.ns.addRoute({ dst: 'default', via: ip('10.100.0.2') });
  assert.equal(text(lab.run(n1, ping(pod.ns, '10.1.1.2'))), 'reply from 10.1.1.2 ttl 62');
  assert.equal(c.ns.neigh.list().length, 1);
  settled(lab);
});

test('hairpin: a frame for the port it came from is dropped unless hairpin is on', () => {
  const lab = new Lab();
  const { n1, a, b } = twoNodes(lab);
  lab.run(n1, ping(a.ns, '10.1.0.3'));
  // Two MACs behind one port: teach the bridge that b is behind a's port.
  const own = n1.ns.dev('veth-a')?.port;
  assert.ok(own !== undefined);
  own.bridge.addFdb(b.eth0.mac, own);
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.0.3'))), 'timeout');
  assert.ok((n1.ledger.ends.get('BRIDGE_NO_EGRESS_PORT') ?? 0) >= 1);
  own.hairpin = true;
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.0.3'))), 'timeout');
  settled(lab);
});

test('VXLAN with entries as flannel sets them: TTL 62, nothing asked on the wire', () => {
  const lab = new Lab();
  const { n1, n2, a } = twoNodes(lab);
  const make = (ns: NetNs, self: string, cidr: string) => {
    const lower = ns.dev('eth0');
    assert.ok(lower !== undefined);
    const dev = createVxlan(ns, 'flannel.1', {
      vni: 1,
      local: ip(self),
      dev: lower,
      learning: false,
    });
    ns.addAddress(dev, cidr);
    ns.setUp(dev, true);
    return dev;
  };
  const v1 = make(n1.ns, '10.100.0.1', '10.1.0.0/32');
  const v2 = make(n2.ns, '10.100.0.2', '10.1.1.0/32');
  assert.equal(v1.mtuBytes, 1450);
  const join = (
    ns: NetNs,
    dev: typeof v1,
    peer: typeof v1,
    net: string,
    vtep: string,
    node: string,
  ) => {
    ns.replaceRoute({ dst: net, via: ip(vtep), dev, isOnlink: true });
    ns.neigh.set(dev, ip(vtep), peer.mac);
    dev.addFdb(peer.mac, { ip: ip(node) });
  };
  join(n1.ns, v1, v2, '10.1.1.0/24', '10.1.1.0', '10.100.0.2');
  join(n2.ns, v2, v1, '10.1.0.0/24', '10.1.0.0', '10.100.0.1');
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.1.2'))), 'reply from 10.1.1.2 ttl 62');
  const df = { sizeBytes: 1472, dontFragment: true };
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.1.2', df))), '3/4 from 10.1.0.1 mtu 1450');
  // MTU above the underlying device's − 50: refused when bound, two outer fragments when forced.
  assert.match(
    ipCommand(n1.ns, ['link', 'set', 'flannel.1', 'mtu', '1500']).stderr,
    /Invalid argument/,
  );
  v1.mtuBytes = 1500;
  v2.mtuBytes = 1500;
  a.ns.pathMtus.clear();
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.1.2', df))), 'reply from 10.1.1.2 ttl 62');
  // A missing FDB entry: dropped silently at the sender.
  v1.delFdb(v2.mac);
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.1.2'))), 'timeout');
  assert.equal(n1.ledger.ends.get('VXLAN_NO_REMOTE'), 1);
  // A wrong VNI: dropped at the receiver.
  v1.addFdb(v2.mac, { ip: ip('10.100.0.2'), vni: 7 });
  assert.equal(text(lab.run(n1, ping(a.ns, '10.1.1.2'))), 'timeout');
  assert.equal(n2.ledger.ends.get('VXLAN_VNI_NOT_FOUND'), 1);
  settled(lab);
});

test('a packet from an address of our own, and from the wrong side, is refused', () => {
  const lab = new Lab();
  const { n1, n2, a, c } = twoNodes(lab);
  // c claims an address of node 1: martian there.
  const spoof = (src: string): void => {
    const packet = c.ns.newPacket();
    packet.proto = 1;
    packet.icmpType = 8;
    packet.src = ip(src);
    packet.dst = ip('10.1.0.2');
    c.ns.output(packet);
  };
  lab.run(n2, ping(c.ns, '10.1.0.2'));
  spoof('10.100.0.1');
  lab.world.runFor(NS_PER_SEC);
  assert.equal(n1.ledger.ends.get('IP_LOCAL_SOURCE'), 1);
  n2.ns.sysctl.set('net.ipv4.conf.all.rp_filter', 1);
  spoof('10.1.0.77');
  lab.world.runFor(NS_PER_SEC);
  assert.equal(n2.ledger.ends.get('IP_RPFILTER'), 1);
  assert.ok(a.ns !== c.ns);
  settled(lab);
});

test('REACHABLE turns STALE without events, is used, and is probed', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  lab.run(n1, ping(a.ns, '10.1.0.3'));
  const state = (): string => {
    const neigh = a.ns.neigh.get(a.eth0, ip('10.1.0.3'));
    return neigh === undefined ? '-' : a.ns.neigh.stateOf(neigh);
  };
  assert.equal(state(), 'REACHABLE');
  lab.world.runFor(60 * NS_PER_SEC);
  assert.equal(state(), 'STALE');
  lab.run(n1, ping(a.ns, '10.1.0.3'));
  assert.equal(state(), 'DELAY');
  lab.world.runFor(6 * NS_PER_SEC);
  assert.equal(state(), 'REACHABLE');
  settled(lab);
});

test('the trace names the route, neighbour and FDB entry that decided', () => {
  const lab = new Lab();
  const { n1, a } = twoNodes(lab);
  lab.run(n1, ping(a.ns, '10.1.1.2'));
  lab.run(n1, ping(a.ns, '10.1.1.2', { traceId: 7, seq: 2 }));
  const steps = lab.steps();
  const rules = steps.map((step) => step.rule).filter((rule) => rule !== undefined);
  assert.ok(rules.includes('default via 10.1.0.1 dev eth0'));
  assert.ok(rules.includes('10.1.1.0/24 via 10.100.0.2 dev eth0'));
  assert.ok(rules.includes('10.1.1.0/24 dev cni0 proto kernel scope link src 10.1.1.1'));
  assert.ok(rules.some((rule) => rule.startsWith('10.100.0.2 dev eth0 lladdr')));
  assert.ok(rules.some((rule) => rule.endsWith('master cni0')));
  assert.equal(steps.filter((step) => step.end !== undefined).length, 2);
  settled(lab);
});
