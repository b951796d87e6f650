/**
 * Connection tracking through the hooks: states, timeouts, what leaves an entry and what does not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, ip } from '@podwire/base';
import { clonePacket } from '@podwire/wire';
import {
  type PacketSpec,
  type TestNs,
  forwardThrough,
  icmpErrorAbout,
  makePacket,
  makeTestNs,
} from '../netfilter/test-ns.ts';
import { CtState } from '../skb.ts';
import { formatEntries } from './list.ts';

const CLIENT = '198.51.100.7';
const SERVER = '192.0.2.10';
const there = (flags: string): PacketSpec => ({
  src: CLIENT,
  dst: SERVER,
  sport: 4000,
  dport: 80,
  flags,
});
const back = (flags: string): PacketSpec => ({
  src: SERVER,
  dst: CLIENT,
  sport: 80,
  dport: 4000,
  flags,
});

function tracking(): TestNs {
  const of = makeTestNs();
  of.tables.enableTracking();
  return of;
}

function pass(of: TestNs, spec: PacketSpec): number {
  return forwardThrough(of, makePacket(spec))?.ctState ?? -1;
}

function list(of: TestNs): string[] {
  return formatEntries(of.tables.conntrack, of.world.nowNs);
}

/** Segments in order, what rules see of each, and the entry's state and seconds left afterwards. */
const TCP_LIFE: readonly (readonly [PacketSpec, number, string])[] = [
  [there('S'), CtState.new, '120 SYN_SENT'],
  [there('S'), CtState.new, '120 SYN_SENT'],
  [back('SA'), CtState.established, '60 SYN_RECV'],
  [there('A'), CtState.established, '432000 ESTABLISHED'],
  [there('F' + 'A'), CtState.established, '120 FIN_WAIT'],
  [back('A'), CtState.established, '60 CLOSE_WAIT'],
  [back('FA'), CtState.established, '30 LAST_ACK'],
  [there('A'), CtState.established, '120 TIME_WAIT'],
  [there('S'), CtState.new, '120 SYN_SENT'],
];

test('a TCP connection takes the states and timeouts of the kernel', () => {
  const of = tracking();
  for (const [spec, state, want] of TCP_LIFE) {
    assert.equal(pass(of, spec), state, want);
    const [entry = ''] = list(of);
    assert.equal(entry.slice(0, `tcp      6 ${want}`.length), `tcp      6 ${want}`);
  }
});

test('what conntrack -L prints', () => {
  const of = tracking();
  pass(of, there('S'));
  assert.deepEqual(list(of), [
    'tcp      6 120 SYN_SENT src=198.51.100.7 dst=192.0.2.10 sport=4000 dport=80 [UNREPLIED] src=192.0.2.10 dst=198.51.100.7 sport=80 dport=4000 mark=0 use=1',
  ]);
  pass(of, back('SA'));
  pass(of, there('A'));
  assert.deepEqual(list(of), [
    'tcp      6 432000 ESTABLISHED src=198.51.100.7 dst=192.0.2.10 sport=4000 dport=80 src=192.0.2.10 dst=198.51.100.7 sport=80 dport=4000 [ASSURED] mark=0 use=1',
  ]);
});

test('segments without a connection: an ACK is picked up, SYN-ACK, FIN and RST are INVALID', () => {
  for (const [flags, state] of [
    ['A', CtState.new],
    ['SA', CtState.invalid],
    ['FA', CtState.invalid],
    ['R', CtState.invalid],
    ['', CtState.invalid],
    ['SF', CtState.invalid],
  ] as const) {
    const of = tracking();
    assert.equal(pass(of, there(flags)), state, flags);
    assert.equal(list(of).length, flags === 'A' ? 1 : 0);
  }
  const of = tracking();
  of.ns.sysctl.set('net.netfilter.nf_conntrack_tcp_loose', 0);
  assert.equal(pass(of, there('A')), CtState.invalid);
});

test('a reset that answers a SYN removes the entry at once', () => {
  const of = tracking();
  pass(of, there('S'));
  assert.equal(pass(of, back('RA')), CtState.established);
  assert.deepEqual(list(of), []);
});

test('UDP: 30 s, and 120 s once both sides have spoken for more than two seconds', () => {
  const of = tracking();
  const udp = (spec: PacketSpec): PacketSpec => ({ ...spec, proto: 'udp' });
  assert.equal(pass(of, udp(there(''))), CtState.new);
  assert.equal(pass(of, udp(back(''))), CtState.established);
  assert.match(list(of)[0] ?? '', /^udp {6}17 30 /);
  of.world.runFor(3 * NS_PER_SEC);
  assert.equal(pass(of, udp(there(''))), CtState.established);
  assert.match(list(of)[0] ?? '', /^udp {6}17 120 .*\[ASSURED\]/);
  of.world.runFor(121 * NS_PER_SEC);
  assert.deepEqual(list(of), []);
  assert.equal(pass(of, udp(there(''))), CtState.new);
});

test('ICMP: echo by identifier; an answer without a question is INVALID', () => {
  const of = tracking();
  const ping: PacketSpec = { src: CLIENT, dst: SERVER, proto: 'icmp', icmpType: 8, id: 5 };
  const pong: PacketSpec = { src: SERVER, dst: CLIENT, proto: 'icmp', icmpType: 0, id: 5 };
  assert.equal(pass(of, pong), CtState.invalid);
  assert.equal(pass(of, ping), CtState.new);
  assert.equal(pass(of, { ...pong, id: 6 }), CtState.invalid);
  assert.equal(pass(of, pong), CtState.established);
  assert.deepEqual(list(of), [
    'icmp     1 30 src=198.51.100.7 dst=192.0.2.10 type=8 code=0 id=5 src=192.0.2.10 dst=198.51.100.7 type=0 code=0 id=5 mark=0 use=1',
  ]);
});

test('an ICMP error is RELATED to the connection it quotes, and INVALID when it quotes none', () => {
  const of = tracking();
  const asked = makePacket({ ...there('S'), proto: 'udp' });
  assert.equal(forwardThrough(of, icmpErrorAbout(asked, SERVER))?.ctState, CtState.invalid);
  forwardThrough(of, clonePacket(asked));
  assert.equal(forwardThrough(of, icmpErrorAbout(asked, SERVER))?.ctState, CtState.related);
});

test('a dropped first packet leaves no entry, an untracked one neither', () => {
  const of = tracking();
  of.tables.table('filter').chains.get('FORWARD')?.replace([]);
  const chain = of.tables.table('filter').chains.get('FORWARD');
  assert.ok(chain !== undefined);
  chain.policy = 'DROP';
  assert.equal(pass(of, there('S')), -1);
  assert.deepEqual(list(of), []);
});

test('a full table drops new connections, after giving up one that is not assured', () => {
  const of = tracking();
  of.ns.sysctl.set('net.netfilter.nf_conntrack_max', 2);
  const establish = (sport: number): void => {
    pass(of, { ...there('S'), sport });
    pass(of, { ...back('SA'), dport: sport });
    pass(of, { ...there('A'), sport });
  };
  establish(1001);
  establish(1002);
  assert.equal(pass(of, { ...there('S'), sport: 1003 }), -1);
  assert.equal(of.ns.host.ledger.ends.get('NF_CONNTRACK_FULL'), 1);
  assert.equal(pass(of, { ...back('A'), dport: 1001 }), CtState.established);
  const other = tracking();
  other.ns.sysctl.set('net.netfilter.nf_conntrack_max', 2);
  for (const sport of [1001, 1002, 1003]) pass(other, { ...there('S'), sport });
  assert.equal(list(other).length, 2);
});

test('zones keep equal tuples apart', () => {
  const of = tracking();
  forwardThrough(of, makePacket(there('S')));
  const entry = of.tables.conntrack.table.find(
    { src: ip(CLIENT), dst: ip(SERVER), proto: 6, srcPort: 4000, dstPort: 80 },
    9,
    0,
  );
  assert.equal(entry, undefined);
});
