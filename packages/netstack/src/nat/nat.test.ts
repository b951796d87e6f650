/**
 * NAT through the hooks: bindings, ports, replies, errors.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NS_PER_SEC, formatIp } from '@podwire/base';
import type { Packet } from '@podwire/wire';
import { formatEntries } from '../conntrack/list.ts';
import { iptablesRestore } from '../netfilter/iptables/restore.ts';
import { iptablesSave } from '../netfilter/iptables/save.ts';
import {
  type PacketSpec,
  type TestNs,
  forwardThrough,
  icmpErrorAbout,
  makePacket,
  makeTestNs,
} from '../netfilter/test-ns.ts';
import { jhash2 } from './jhash.ts';

function withNat(...rules: string[]): TestNs {
  const of = makeTestNs();
  const error = iptablesRestore(of.ns, `*nat\n${rules.join('\n')}\nCOMMIT\n`);
  assert.equal(error, undefined, error?.text);
  return of;
}

const show = (packet: Packet | undefined): string =>
  packet === undefined
    ? 'dropped'
    : `${formatIp(packet.src)}:${packet.srcPort} > ${formatIp(packet.dst)}:${packet.dstPort}`;

function pass(of: TestNs, spec: PacketSpec): string {
  return show(forwardThrough(of, makePacket(spec))?.packet);
}

const CLIENT = '198.51.100.7';
const VIP = '10.96.0.10';
const POD = '10.244.1.5';

test('DNAT there, un-DNAT back, without asking the rules again', () => {
  const of = withNat(
    `-A PREROUTING -d ${VIP} -p tcp --dport 80 -j DNAT --to-destination ${POD}:8080`,
  );
  const there: PacketSpec = { src: CLIENT, dst: VIP, sport: 4000, dport: 80 };
  const back: PacketSpec = { src: POD, dst: CLIENT, sport: 8080, dport: 4000, flags: 'SA' };
  assert.equal(pass(of, there), `${CLIENT}:4000 > ${POD}:8080`);
  assert.equal(pass(of, back), `${VIP}:80 > ${CLIENT}:4000`);
  assert.equal(pass(of, { ...there, flags: 'A' }), `${CLIENT}:4000 > ${POD}:8080`);
  assert.match(iptablesSave(of.ns, { counters: true }), /\[1:40\] -A PREROUTING -d 10\.96\.0\.10/);
});

test('a retransmitted SYN keeps its backend though rules are random', () => {
  const of = withNat(
    '-A PREROUTING -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.244.1.5:8080',
    '-A PREROUTING -p tcp -j DNAT --to-destination 10.244.2.5:8080',
  );
  for (let sport = 1024; sport < 1064; sport++) {
    const spec: PacketSpec = { src: CLIENT, dst: VIP, sport };
    assert.equal(pass(of, spec), pass(of, spec));
  }
});

test('masquerade keeps the port when it is free, else takes another of its class', () => {
  const of = withNat('-A POSTROUTING -j MASQUERADE');
  const outDev = { ifindex: 2, name: 'eth0' };
  const send = (src: string, sport: number): Packet | undefined => {
    const packet = makePacket({ src, dst: '192.0.2.10', sport, proto: 'udp' });
    return forwardWith(of, packet, outDev);
  };
  assert.equal(show(send('10.244.1.1', 5000)), '192.0.2.254:5000 > 192.0.2.10:80');
  const clash = send('10.244.1.2', 5000);
  assert.equal(formatIp(clash?.src ?? 0), '192.0.2.254');
  assert.ok(clash !== undefined && clash.srcPort !== 5000 && clash.srcPort >= 1024);
  assert.equal(send('10.244.1.3', 600)?.srcPort, 600);
  const low = send('10.244.1.4', 600);
  assert.ok(low !== undefined && low.srcPort > 600 && low.srcPort < 1024);
});

function forwardWith(
  of: TestNs,
  packet: Packet,
  outDev: { ifindex: number; name: string },
): Packet | undefined {
  return forwardThrough(of, packet, outDev)?.packet;
}

test('--random-fully draws the port anew for each connection', () => {
  const of = withNat('-A POSTROUTING -j SNAT --to-source 192.0.2.254 --random-fully');
  const ports = new Set<string>();
  for (let index = 1; index <= 20; index++) {
    ports.add(pass(of, { src: `10.244.1.${index}`, dst: '192.0.2.10', sport: 5000 }));
  }
  assert.equal(ports.size, 20);
  assert.ok([...ports].filter((one) => one.includes(':5000 ')).length <= 1);
});

test('an ICMP error about a translated packet is translated back, quote and source', () => {
  const of = withNat(
    `-A PREROUTING -d ${VIP} -p udp --dport 53 -j DNAT --to-destination ${POD}:5353`,
  );
  const asked = makePacket({ src: CLIENT, dst: VIP, proto: 'udp', sport: 4000, dport: 53 });
  const seen = forwardThrough(of, asked)?.packet;
  assert.ok(seen !== undefined);
  const error = forwardThrough(of, icmpErrorAbout(seen, POD))?.packet;
  assert.equal(formatIp(error?.src ?? 0), VIP);
  assert.equal(formatIp(error?.dst ?? 0), CLIENT);
  assert.equal(show(error?.inner), `${CLIENT}:4000 > ${VIP}:53`);
});

test('without rules a nat table changes a source port only where replies would clash', () => {
  const of = withNat(`-A PREROUTING -d ${VIP} -p udp -j DNAT --to-destination ${POD}:80`);
  assert.equal(
    pass(of, { src: CLIENT, dst: VIP, proto: 'udp', sport: 4000, dport: 80 }),
    `${CLIENT}:4000 > ${POD}:80`,
  );
  const direct = pass(of, { src: CLIENT, dst: POD, proto: 'udp', sport: 4000, dport: 80 });
  assert.match(direct, new RegExp(`^${CLIENT}:(?!4000 )\\d+ > ${POD}:80$`));
});

test('entries of lost devices go, and entries expire without events', () => {
  const of = withNat('-A POSTROUTING -j MASQUERADE');
  forwardWith(of, makePacket({ src: '10.244.1.1', dst: '192.0.2.10' }), {
    ifindex: 2,
    name: 'eth0',
  });
  assert.equal(formatEntries(of.tables.conntrack, of.world.nowNs).length, 1);
  of.tables.nat.dropMasqueraded(2);
  assert.equal(formatEntries(of.tables.conntrack, of.world.nowNs).length, 0);
  pass(of, { src: '10.244.1.2', dst: '192.0.2.10' });
  of.world.runFor(121 * NS_PER_SEC);
  assert.equal(formatEntries(of.tables.conntrack, of.world.nowNs).length, 0);
});

test('DNAT then reply restores the tuple, whatever the addresses and ports', () => {
  const octet = fc.integer({ min: 1, max: 254 });
  const port = fc.integer({ min: 1, max: 65535 });
  fc.assert(
    fc.property(octet, octet, port, port, port, (a, b, sport, dport, target) => {
      const of = withNat(
        `-A PREROUTING -d 10.96.0.${a} -p udp -j DNAT --to-destination 10.244.0.${b}:${target}`,
        '-A POSTROUTING -j SNAT --to-source 192.0.2.254',
      );
      const there: PacketSpec = { src: CLIENT, dst: `10.96.0.${a}`, proto: 'udp', sport, dport };
      const seen = forwardThrough(of, makePacket(there))?.packet;
      assert.ok(seen !== undefined);
      const reply = makePacket({
        src: formatIp(seen.dst),
        dst: formatIp(seen.src),
        proto: 'udp',
        sport: seen.dstPort,
        dport: seen.srcPort,
      });
      assert.equal(
        show(forwardThrough(of, reply)?.packet),
        `10.96.0.${a}:${dport} > ${CLIENT}:${sport}`,
      );
    }),
    { numRuns: 60 },
  );
});

test('jhash2 as the kernel computes it', () => {
  assert.equal(jhash2([], 0), 0xdeadbeef);
  assert.equal(jhash2([0x12345678], 0), jhash2([0x12345678], 0));
  assert.notEqual(jhash2([1, 2, 3, 4], 0), jhash2([1, 2, 3, 4], 1));
});
