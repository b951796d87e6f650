/**
 * Match expressions in the forms that northd writes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidr, ip, mac } from '@podwire/base';
import { EtherType, IpProto, Packet } from '@podwire/wire';
import { type Names, compileMatch } from './expr.ts';
import {
  Ct,
  type FlowKey,
  Word,
  equalUnder,
  extractHeaders,
  maskWords,
  newKey,
} from './ovs/flow-key.ts';

const PORTS = new Map([
  ['client', 5],
  ['server', 6],
]);

const NAMES: Names = {
  port: (name) => PORTS.get(name) ?? 0,
  portGroup: (name) => (name === 'clients' ? [5, 7] : []),
  addressSet: (name) => (name === 'pods' ? [cidr('10.244.0.3/32'), cidr('10.244.1.0/24')] : []),
};

function matches(text: string, key: FlowKey): boolean {
  return compileMatch(text, NAMES).some((one) =>
    equalUnder(key, one.key, one.mask, maskWords(one.mask)),
  );
}

function sample(): FlowKey {
  const packet = new Packet();
  packet.etherType = EtherType.ipv4;
  packet.ethDst = mac('0a:58:0a:f4:00:01');
  packet.ethSrc = mac('0a:58:0a:f4:00:03');
  packet.src = ip('10.244.0.3');
  packet.dst = ip('10.96.0.10');
  packet.proto = IpProto.tcp;
  packet.ttlHops = 64;
  packet.srcPort = 40_000;
  packet.dstPort = 80;
  const key = newKey();
  extractHeaders(packet, key);
  key[Word.inPort] = 5;
  key[Word.ctState] = Ct.trk | Ct.new;
  key[Word.ctMark] = 2;
  return key;
}

const ROWS: readonly (readonly [text: string, isMatch: boolean])[] = [
  ['1', true],
  ['0', false],
  ['ip', true],
  ['arp', false],
  ['ip4.dst == 10.96.0.10', true],
  ['ip4.dst == 10.96.0.0/12', true],
  ['ip4.dst == 10.112.0.0/12', false],
  ['ct.new && ip4.dst == 10.96.0.10 && tcp.dst == 80', true],
  ['ct.new && ip4.dst == 10.96.0.10 && udp.dst == 80', false],
  ['tcp.dst == {79, 80}', true],
  ['tcp.dst != {79, 81}', true],
  ['tcp.dst != {79, 80}', false],
  ['!ct.est && ct.trk', true],
  ['!ct.trk || !ct.rpl', true],
  ['(!ct.trk || ct.rpl) && ip', false],
  ['inport == "client"', true],
  ['inport != "client"', false],
  ['inport == {"client", "server"}', true],
  ['eth.dst == 0a:58:0a:f4:00:01', true],
  ['eth.dst != 0a:58:0a:f4:00:01', false],
  ['eth.mcast', false],
  ['!eth.mcast', true],
  ['ip.ttl == {0, 1}', false],
  ['!ip.later_frag', true],
  ['ct_mark.natted == 1', true],
  ['ct_mark == 1', false],
  ['reg0[2] == 1', false],
  ['inport == @clients', true],
  ['inport != @clients', false],
  ['inport == @nobody', false],
  ['ip4.src == $pods', true],
  ['ip4.src == {$pods, 192.0.2.1}', true],
  ['ip4.dst == $pods', false],
  ['ip4.src != $pods', false],
  ['!(ip4.src == $pods && tcp.dst == 80)', false],
  ['!(ip4.src == $pods && tcp.dst == 81)', true],
  ['!(udp || ip4.dst == 10.96.0.11)', true],
  ['ct.inv || (ct.est && ct.rpl)', false],
];

for (const [text, isMatch] of ROWS) {
  test(`${text} ${isMatch ? 'matches' : 'does not match'}`, () => {
    assert.equal(matches(text, sample()), isMatch);
  });
}

test('what contradicts itself is nothing', () => {
  assert.deepEqual(compileMatch('tcp && udp', NAMES), []);
});

test('of a packet that conntrack has not seen nothing is said about its connection', () => {
  const key = sample();
  key[Word.ctState] = 0;
  for (const text of ['ct.est', '!ct.est', '!ct.new', 'ct.inv'])
    assert.ok(!matches(text, key), text);
  assert.ok(matches('!ct.trk', key));
});
