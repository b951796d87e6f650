/**
 * ACLs as packets meet them: pods `client` and `server` on one logical switch, TCP, UDP and ICMP between them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ip, NS_PER_SEC, cidr, ip, mac } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  Lab,
  type LabHost,
  type NetNs,
  createVethPair,
  httpServe,
  icmpOpen,
  payloadFromText,
  tcpConnect,
  tcpListen,
  udpOpen,
} from '@podwire/netstack';
import { IpProto } from '@podwire/wire';
import type { Acl, AddressSet, LogicalSwitch, PortGroup } from '../nb.ts';
import { OvnNode } from '../node.ts';
import { groupOfRows } from './load-balancer.ts';

const CLIENT = ip('192.0.2.3');
const SERVER = ip('192.0.2.4');
const VIP = ip('198.51.100.10');

interface Net {
  readonly lab: Lab;
  readonly host: LabHost;
  readonly node: OvnNode;
  readonly client: NetNs;
  readonly server: NetNs;
  readonly put: (acls: readonly Acl[]) => void;
}

/** One switch with both pods; the service 198.51.100.10:80 is the server's port 8080. */
function net(acls: readonly Acl[], hasBalancer = false): Net {
  const lab = new Lab();
  const host = lab.host('n1');
  const config = { chassis: 'n1', encapIp: ip('203.0.113.1'), encapOf: () => undefined };
  const node = new OvnNode(host.ns, config);
  const vips = new Map([['198.51.100.10:80', [{ ip: SERVER, port: 8080 }]]]);
  const web = { name: 'web', proto: IpProto.tcp, vips, affinitySec: 0, skipSnat: false };
  const group = groupOfRows('services', ip('169.254.169.5'), [web]);
  const row = (rows: readonly Acl[]): LogicalSwitch => ({
    name: 'sw',
    tunnelKey: 1,
    ports: [],
    acls: rows,
    ...(hasBalancer && { loadBalancerGroup: group }),
  });
  node.putSwitch(row(acls));
  const pod = (name: string, address: Ip): NetNs => {
    const ns = host.pod(name);
    const macB = mac('0a:58:00:00:00:00') + address;
    const options = { mtuBytes: 1400, macB };
    const [outer, eth0] = createVethPair(host.ns, `v${name}`, ns, 'eth0', options);
    host.ns.setUp(outer, true);
    ns.addAddress(eth0, { ip: address, prefixLen: 24 });
    ns.setUp(eth0, true);
    // The service's address is reached without a router: it is on the link.
    ns.addRoute({ dst: '198.51.100.0/24', dev: eth0 });
    ns.neigh.set(eth0, VIP, mac('0a:58:00:00:00:00') + SERVER);
    const addresses = [{ mac: macB, ip: address }];
    node.putPort('sw', { name, type: '', addresses, portSecurity: addresses }, node.attach(outer));
    return ns;
  };
  const [client, server] = [pod('client', CLIENT), pod('server', SERVER)];
  httpServe(server, { port: 8080 }, () => ({ status: 200 }));
  return {
    lab,
    host,
    node,
    client,
    server,
    put: (rows) => {
      node.putSwitch(row(rows));
    },
  };
}

function* tcpTo(ns: NetNs, address: Ip, port: number): Proc<string> {
  const conn = tcpConnect(ns, { ip: address, port });
  if (typeof conn === 'string') return conn;
  const outcome = (yield* conn.connected(NS_PER_SEC)) ?? 'connected';
  conn.abort();
  return outcome;
}

/** A closed UDP port: the server's own "port unreachable" is what comes back when nothing stops either way. */
function* udpTo(ns: NetNs, address: Ip): Proc<string> {
  const socket = udpOpen(ns);
  assert.ok(typeof socket !== 'string');
  socket.connect(address, 53);
  socket.send(payloadFromText('hello'));
  const got = yield* socket.recv(NS_PER_SEC);
  socket.close();
  return typeof got === 'string' ? got : 'answered';
}

function* pingTo(ns: NetNs, address: Ip): Proc<string> {
  const socket = icmpOpen(ns);
  assert.ok(typeof socket !== 'string');
  const got = socket.sendEcho(address, { seq: 1 }) ?? (yield* socket.recv(NS_PER_SEC));
  socket.close();
  if (typeof got === 'string') return 'timeout';
  return got.kind === 'reply' ? 'reply' : `${got.icmpType}/${got.icmpCode}`;
}

const to = (priority: number, match: string, action: Acl['action']): Acl => {
  return { direction: 'to-lport', priority, match, action };
};
const from = (priority: number, match: string, action: Acl['action'], afterLb = false): Acl => {
  const acl: Acl = { direction: 'from-lport', priority, match, action };
  return afterLb ? { ...acl, isAppliedAfterLb: true } : acl;
};
const TO_SERVER = 'outport == "server" && ip4';
const FROM_CLIENT = 'inport == "client" && ip4';
const FROM_SERVER = 'inport == "server" && ip4';

/** Rows: the ACLs, and what the client meets by TCP 8080, by UDP and by ping. */
const ROWS: readonly (readonly [what: string, acls: readonly Acl[], answers: string])[] = [
  ['no ACL: all passes', [], 'connected ECONNREFUSED reply'],
  ['drop on the way in', [to(1000, TO_SERVER, 'drop')], 'timeout timeout timeout'],
  ['drop on the way out', [from(1000, FROM_CLIENT, 'drop')], 'timeout timeout timeout'],
  [
    'reject on the way in: reset, port unreachable for the rest',
    [to(1000, TO_SERVER, 'reject')],
    'ECONNREFUSED ECONNREFUSED 3/3',
  ],
  ['reject on the way out', [from(1000, FROM_CLIENT, 'reject')], 'ECONNREFUSED ECONNREFUSED 3/3'],
  [
    'the higher priority decides',
    [to(1000, TO_SERVER, 'drop'), to(1001, `${TO_SERVER} && tcp.dst == 8080`, 'allow-related')],
    'connected timeout timeout',
  ],
  [
    'answers of what is allowed pass a drop of the other direction; related errors, too',
    [
      to(1001, TO_SERVER, 'allow-related'),
      from(1000, FROM_SERVER, 'drop'),
      to(1000, 'outport == "client" && ip4', 'drop'),
    ],
    'connected ECONNREFUSED reply',
  ],
  [
    'of allow, which is not stateful, they pass as well where another ACL is',
    [
      to(1001, TO_SERVER, 'allow'),
      from(1000, FROM_SERVER, 'drop'),
      to(1, 'outport == "nobody" && ip4', 'allow-related'),
    ],
    'connected ECONNREFUSED reply',
  ],
  [
    'without any stateful ACL nothing is remembered: answers are judged by themselves',
    [to(1001, TO_SERVER, 'allow'), from(1000, FROM_SERVER, 'drop')],
    'timeout timeout timeout',
  ],
  [
    'allow-stateless lets past conntrack, one way only',
    [
      to(1002, `${TO_SERVER} && tcp`, 'allow-stateless'),
      from(1002, `${FROM_CLIENT} && tcp`, 'allow-stateless'),
      from(1000, FROM_SERVER, 'drop'),
      to(1001, TO_SERVER, 'allow-related'),
    ],
    'timeout ECONNREFUSED reply',
  ],
  [
    'sets and groups',
    [
      to(1000, 'outport == @servers && ip', 'drop'),
      to(1001, 'ip4.src == {$clients, 203.0.113.9} && outport == @servers && tcp', 'allow-related'),
    ],
    'connected timeout timeout',
  ],
  [
    'sources that are excluded',
    [to(1000, 'outport == @servers && ip4.src != $others', 'drop')],
    'timeout timeout timeout',
  ],
];

for (const [what, acls, answers] of ROWS) {
  test(what, () => {
    const { lab, host, node, client } = net(acls);
    node.putPortGroup({ name: 'servers', ports: ['server'], acls: [] });
    node.putAddressSet({ name: 'clients', addresses: [{ ip: CLIENT, prefixLen: 32 }] });
    node.putAddressSet({ name: 'others', addresses: [cidr('203.0.113.0/24')] });
    const got = [
      lab.run(host, tcpTo(client, SERVER, 8080)),
      lab.run(host, udpTo(client, SERVER)),
      lab.run(host, pingTo(client, SERVER)),
    ];
    assert.equal(got.join(' '), answers);
    lab.world.runFor(60 * NS_PER_SEC);
    assert.equal(lab.ended, lab.born, 'every packet ended once');
  });
}

test('ACLs of a port group are in force on the switch of its ports, and follow its members', () => {
  const { lab, host, node, client } = net([], true);
  const acls = [to(1000, 'outport == @pg && ip', 'reject')];
  const put = (...ports: readonly string[]): void => {
    const row: PortGroup = { name: 'pg', ports, acls };
    node.putPortGroup(row);
  };
  const ask = (): string => lab.run(host, tcpTo(client, SERVER, 8080));
  put();
  assert.equal(ask(), 'connected');
  put('server');
  assert.equal(ask(), 'ECONNREFUSED');
  put('client');
  assert.equal(ask(), 'connected');
});

test('an address set changes under the ACLs that name it', () => {
  const { lab, host, node, client } = net([
    to(1000, TO_SERVER, 'drop'),
    to(1001, `${TO_SERVER} && ip4.src == $allowed`, 'allow-related'),
  ]);
  const put = (addresses: AddressSet['addresses']): void => {
    node.putAddressSet({ name: 'allowed', addresses });
  };
  put([]);
  assert.equal(lab.run(host, tcpTo(client, SERVER, 8080)), 'timeout');
  put([{ ip: CLIENT, prefixLen: 32 }]);
  assert.equal(lab.run(host, tcpTo(client, SERVER, 8080)), 'connected');
});

test('before load balancing an ACL sees the service, after it the backend', () => {
  const rows: readonly (readonly [acls: readonly Acl[], answer: string])[] = [
    [[from(1000, `${FROM_CLIENT} && ip4.dst == 198.51.100.10`, 'drop')], 'timeout'],
    [[from(1000, `${FROM_CLIENT} && ip4.dst == 192.0.2.4`, 'drop')], 'connected'],
    [[from(1000, `${FROM_CLIENT} && ip4.dst == 198.51.100.10`, 'drop', true)], 'connected'],
    [[from(1000, `${FROM_CLIENT} && ip4.dst == 192.0.2.4`, 'drop', true)], 'timeout'],
  ];
  for (const [acls, answer] of rows) {
    const { lab, host, client } = net(acls, true);
    assert.equal(lab.run(host, tcpTo(client, VIP, 80)), answer, JSON.stringify(acls));
  }
});

test('a connection that is no longer allowed stops both ways, and goes on when it is allowed again', () => {
  const allow = [to(1001, TO_SERVER, 'allow-related'), to(1000, TO_SERVER, 'drop')];
  const { lab, host, client, server, put } = net(allow);
  const listener = tcpListen(server, { port: 9000 });
  assert.ok(typeof listener !== 'string');
  const talk = function* (): Proc<string[]> {
    const conn = tcpConnect(client, { ip: SERVER, port: 9000 });
    assert.ok(typeof conn !== 'string');
    yield* conn.connected(NS_PER_SEC);
    const other = yield* listener.accept();
    assert.ok(typeof other !== 'string');
    const said: string[] = [];
    const hear = function* (what: string): Proc {
      const got = yield* conn.read(NS_PER_SEC);
      said.push(`${what}: ${typeof got === 'string' ? got : 'heard'}`);
    };
    other.send(payloadFromText('one'));
    yield* hear('allowed');
    put([to(1000, TO_SERVER, 'drop')]);
    // The client's own packet meets the drop, which marks the connection.
    conn.send(payloadFromText('are you there'));
    yield* conn.drain(NS_PER_SEC);
    other.send(payloadFromText('two'));
    yield* hear('dropped');
    put(allow);
    yield* conn.drain(5 * NS_PER_SEC);
    yield* hear('allowed again');
    return said;
  };
  assert.deepEqual(lab.run(host, talk()), [
    'allowed: heard',
    'dropped: timeout',
    'allowed again: heard',
  ]);
});
