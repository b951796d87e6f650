/**
 * TCP between two namespaces over a link that may lose and reorder.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ip, NS_PER_MS, NS_PER_SEC, Rng, ip, mac } from '@podwire/base';
import { type HostSim, type Message, type Proc, TestWorld, sleep } from '@podwire/engine';
import { PacketLedger, Recorder } from '@podwire/trace';
import {
  type Packet,
  type Payload,
  TcpFlag,
  clonePacket,
  concatPayloads,
  describePacket,
  payloadBytes,
  payloadFromBytes,
  payloadFromText,
  payloadOfFill,
  payloadText,
} from '@podwire/wire';
import fc from 'fast-check';
import { type Nic, createNic } from '../dev/nic.ts';
import { NetNs } from '../netns.ts';
import type { SocketRow } from './socket-table.ts';
import { type TcpConn, type TcpListener, tcpConnect, tcpIcmpError, tcpListen } from './tcp.ts';
import { tcpTable } from './tcp-table.ts';

interface Frame extends Message {
  readonly packet: Packet;
}

const DELAY_NS = 1 * NS_PER_MS;
const A: Ip = ip('192.0.2.1');
const B: Ip = ip('192.0.2.2');

/** What the link does with a packet: drop it, or deliver it after so much. */
type LinkRule = (packet: Packet, from: 'a' | 'b') => number | 'drop';

class Pair {
  readonly world: TestWorld;
  readonly a: NetNs;
  readonly b: NetNs;
  readonly sent: { readonly atNs: number; readonly from: 'a' | 'b'; readonly packet: Packet }[] =
    [];
  rule: LinkRule = () => DELAY_NS;
  readonly #ledgers: PacketLedger[] = [];

  constructor(seed = 'tcp', mtuBytes = 1500) {
    this.world = new TestWorld(seed);
    const nics: Nic[] = [];
    const make = (name: 'a' | 'b', other: number, address: string): NetNs => {
      const sim: HostSim = this.world.addHost(name, () => ({
        receive: (message: Message): void => {
          nics[name === 'a' ? 0 : 1]?.receive((message as Frame).packet);
        },
      }));
      const ledger = new PacketLedger();
      this.#ledgers.push(ledger);
      const ns = new NetNs({ sim, recorder: new Recorder(), ledger }, name);
      const nic = createNic(
        ns,
        'eth0',
        mac(`02:00:00:00:00:0${other + 1}`),
        mtuBytes,
        (packet, waitNs) => {
          this.sent.push({ atNs: sim.nowNs() + waitNs, from: name, packet });
          const verdict = this.rule(packet, name);
          if (verdict === 'drop') ledger.end('LINK_LOSS');
          else sim.send(other, verdict + waitNs, { kind: 'frame', packet } as Frame);
          return sim.nowNs() + waitNs;
        },
      );
      nics.push(nic);
      ns.setUp(nic, true);
      ns.setUp(ns.lo, true);
      ns.addAddress(nic, `${address}/24`);
      return ns;
    };
    this.a = make('a', 1, '192.0.2.1');
    this.b = make('b', 0, '192.0.2.2');
  }

  run<T>(ns: NetNs, proc: Proc<T>, withinNs = 7200 * NS_PER_SEC): T {
    const process = ns.sim.spawn('test', proc);
    const untilNs = this.world.nowNs + withinNs;
    while (!process.isDone && this.world.nowNs < untilNs) this.world.runFor(50 * NS_PER_MS);
    assert.ok(process.isDone, 'the process ends in time');
    return process.result as T;
  }

  get tcp(): { readonly atNs: number; readonly from: 'a' | 'b'; readonly packet: Packet }[] {
    return this.sent.filter((entry) => entry.packet.proto === 6);
  }

  assertBalance(): void {
    let born = 0;
    let ended = 0;
    for (const ledger of this.#ledgers) {
      born += ledger.born;
      ended += ledger.ended;
    }
    assert.equal(ended, born, 'every packet ends once');
  }
}

function conn(value: TcpConn | string): TcpConn {
  assert.ok(typeof value !== 'string', 'a connection');
  return value;
}

function listen(ns: NetNs, port = 80, backlog?: number): TcpListener {
  const listener = tcpListen(ns, backlog === undefined ? { port } : { port, backlog });
  assert.ok(typeof listener !== 'string');
  return listener;
}

function* accept(listener: TcpListener): Proc<TcpConn> {
  return conn(yield* listener.accept());
}

function* readAll(from: TcpConn): Proc<Payload | string> {
  const parts: Payload[] = [];
  for (;;) {
    const part = yield* from.read();
    if (part === 'eof') return concatPayloads(parts);
    if (typeof part === 'string') return part;
    parts.push(part);
  }
}

test('handshake, data both ways, orderly end', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const server = pair.b.sim.spawn(
    'server',
    (function* () {
      const peer = yield* accept(listener);
      const request = yield* peer.read();
      assert.ok(typeof request !== 'string');
      assert.equal(payloadText(request), 'hello');
      peer.send(payloadFromText('world'));
      peer.close();
      return peer;
    })(),
  );
  const answer = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      assert.equal(yield* client.connected(), undefined);
      assert.equal(client.state, 'ESTABLISHED');
      client.send(payloadFromText('hello'));
      const all = yield* readAll(client);
      client.close();
      return all;
    })(),
  );
  assert.equal(typeof answer === 'string' ? answer : payloadText(answer), 'world');
  pair.world.runFor(NS_PER_SEC);
  assert.ok(server.isDone);
  const flags = pair.tcp.slice(0, 3).map((entry) => describePacket(entry.packet));
  assert.match(flags[0] ?? '', /Flags \[S\]/);
  assert.match(flags[1] ?? '', /Flags \[S\.\]/);
  assert.match(flags[2] ?? '', /Flags \[\.\]/);
  const syn = pair.tcp[0]?.packet;
  assert.equal(syn?.optMss, 1460);
  assert.equal(syn?.window, 64240);
  pair.assertBalance();
});

test('nobody listens: refused at once', () => {
  const pair = new Pair();
  const result = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 81 }));
      const startNs = pair.a.sim.nowNs();
      const error = yield* client.connected();
      return { error, ms: Math.floor((pair.a.sim.nowNs() - startNs) / NS_PER_MS) };
    })(),
  );
  assert.equal(result.error, 'ECONNREFUSED');
  assert.ok(result.ms <= 4);
  pair.assertBalance();
});

test('no route: ENETUNREACH from connect itself', () => {
  const pair = new Pair();
  assert.equal(tcpConnect(pair.a, { ip: ip('198.51.100.1'), port: 80 }), 'ENETUNREACH');
});

test('neighbour does not answer: EHOSTUNREACH after about 3 s', () => {
  const pair = new Pair();
  const result = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: ip('192.0.2.9'), port: 80 }));
      const error = yield* client.connected();
      return { error, atNs: pair.a.sim.nowNs() };
    })(),
  );
  assert.equal(result.error, 'EHOSTUNREACH');
  assert.ok(result.atNs >= 3 * NS_PER_SEC && result.atNs < 3.2 * NS_PER_SEC, String(result.atNs));
});

test('a SYN that nobody answers is repeated as Linux 6.18 does, and given up', () => {
  const pair = new Pair();
  pair.rule = (packet) => (packet.proto === 6 ? 'drop' : DELAY_NS);
  const result = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      const error = yield* client.connected();
      return { error, atNs: pair.a.sim.nowNs() };
    })(),
  );
  assert.equal(result.error, 'ETIMEDOUT');
  assert.equal(Math.round(result.atNs / NS_PER_MS), 134_120);
  // The first waits for ARP: its round trip is not part of the timer.
  const times = pair.tcp.slice(1).map((entry) => Math.round(entry.atNs / NS_PER_MS));
  assert.deepEqual(times, [1030, 2060, 3080, 4100, 5130, 7140, 11240, 19430, 35810, 68580]);
});

test('SYN-ACKs are repeated five times, then forgotten', () => {
  const pair = new Pair();
  listen(pair.b);
  pair.rule = (packet, from) =>
    from === 'a' && packet.proto === 6 && packet.tcpFlags !== TcpFlag.syn ? 'drop' : DELAY_NS;
  conn(tcpConnect(pair.a, { ip: B, port: 80 }));
  pair.world.runFor(200 * NS_PER_SEC);
  const synAcks = pair.tcp.filter(
    (entry) => entry.from === 'b' && (entry.packet.tcpFlags & TcpFlag.syn) !== 0,
  );
  assert.equal(synAcks.length, 6);
  assert.deepEqual(
    tcpTable(pair.b)
      .rows()
      .map((row: SocketRow) => row.state),
    ['LISTEN'],
  );
});

test('data without acknowledgment: RTO doubles from 200 ms, ETIMEDOUT after 15 tries', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  let cut = false;
  pair.rule = (packet) => (cut && packet.proto === 6 ? 'drop' : DELAY_NS);
  const result = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* client.connected();
      yield* accept(listener);
      cut = true;
      const startNs = pair.a.sim.nowNs();
      client.send(payloadFromText('lost'));
      const error = yield* client.read();
      return { error, sec: (pair.a.sim.nowNs() - startNs) / NS_PER_SEC };
    })(),
  );
  assert.equal(result.error, 'ETIMEDOUT');
  assert.ok(result.sec > 900 && result.sec < 960, String(result.sec));
  const copies = pair.tcp.filter((entry) => entry.packet.payload.lenBytes === 4);
  assert.equal(copies.length, 16);
});

test('a reset ends both: ECONNRESET for the reader, once', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const result = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* client.connected();
      const peer = yield* accept(listener);
      peer.abort();
      const first = yield* client.read();
      const second = yield* client.read();
      return [first, second, client.send(payloadFromText('x'))];
    })(),
  );
  assert.deepEqual(result, ['ECONNRESET', 'eof', 'EPIPE']);
  pair.assertBalance();
});

test('closing with unread bytes resets', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const result = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* client.connected();
      client.send(payloadFromText('unread'));
      const peer = yield* accept(listener);
      yield* sleep(10 * NS_PER_MS);
      peer.close();
      return yield* client.read();
    })(),
  );
  assert.equal(result, 'ECONNRESET');
});

test('half-close: the other direction goes on', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const server = pair.b.sim.spawn(
    'server',
    (function* () {
      const peer = yield* accept(listener);
      const all = yield* readAll(peer);
      assert.ok(typeof all !== 'string');
      peer.send(payloadOfFill(100_000));
      peer.close();
      return all.lenBytes;
    })(),
  );
  const result = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* client.connected();
      client.send(payloadFromText('request'));
      client.closeWrite();
      const all = yield* readAll(client);
      client.close();
      return typeof all === 'string' ? all : all.lenBytes;
    })(),
  );
  assert.equal(result, 100_000);
  assert.equal(server.result, 7);
  pair.world.runFor(NS_PER_SEC);
  // The client sent its FIN first: it is the one in TIME_WAIT.
  assert.deepEqual(
    tcpTable(pair.a)
      .rows()
      .map((row) => row.state),
    ['TIME-WAIT'],
  );
  assert.deepEqual(
    tcpTable(pair.b)
      .rows()
      .map((row) => row.state),
    ['LISTEN'],
  );
  pair.world.runFor(61 * NS_PER_SEC);
  assert.deepEqual(tcpTable(pair.a).rows(), []);
});

test('both close at once: CLOSING, then TIME_WAIT on both sides', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* client.connected();
      const peer = yield* accept(listener);
      client.close();
      peer.close();
    })(),
  );
  pair.world.runFor(NS_PER_SEC);
  assert.deepEqual(
    tcpTable(pair.a)
      .rows()
      .map((row) => row.state),
    ['TIME-WAIT'],
  );
  assert.deepEqual(
    tcpTable(pair.b)
      .rows()
      .map((row) => row.state),
    ['LISTEN', 'TIME-WAIT'],
  );
});

test('data after close is answered with a reset', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const result = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* client.connected();
      const peer = yield* accept(listener);
      peer.close();
      yield* sleep(10 * NS_PER_MS);
      client.send(payloadFromText('late'));
      yield* sleep(10 * NS_PER_MS);
      return { first: yield* client.read(), state: client.state };
    })(),
  );
  assert.equal(result.state, 'CLOSED');
  assert.equal(result.first, 'EPIPE');
});

test('a full backlog: the handshake ends later, when there is room', () => {
  const pair = new Pair();
  const listener = listen(pair.b, 80, 1);
  const states = (): string[] =>
    tcpTable(pair.b)
      .rows()
      .map((row) => row.state);
  const result = pair.run(
    pair.a,
    (function* () {
      const clients = [0, 1, 2].map(() => conn(tcpConnect(pair.a, { ip: B, port: 80 })));
      yield* sleep(100 * NS_PER_MS);
      const full = states();
      const fourth = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* sleep(100 * NS_PER_MS);
      const refused = fourth.state;
      yield* accept(listener);
      yield* accept(listener);
      yield* sleep(5 * NS_PER_SEC);
      return { full, refused, late: [...clients, fourth].map((client) => client.state) };
    })(),
  );
  // One more than the backlog is taken; the third client's last ACK was dropped.
  assert.deepEqual(result.full.toSorted(), ['ESTAB', 'ESTAB', 'LISTEN', 'SYN-RECV']);
  assert.equal(result.refused, 'SYN_SENT');
  assert.deepEqual(new Set(result.late), new Set(['ESTABLISHED']));
  assert.deepEqual(states().toSorted(), ['ESTAB', 'ESTAB', 'ESTAB', 'ESTAB', 'LISTEN']);
});

test('a slow reader closes the window; probes open it again', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const total = 400_000;
  const server = pair.b.sim.spawn(
    'server',
    (function* () {
      const peer = yield* accept(listener);
      yield* sleep(20 * NS_PER_SEC);
      const received = peer.rcvQueuedBytes;
      const all = yield* readAll(peer);
      return { received, lenBytes: typeof all === 'string' ? -1 : all.lenBytes };
    })(),
  );
  pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* client.connected();
      client.send(payloadOfFill(total));
      client.close();
      while (!server.isDone) yield* sleep(NS_PER_SEC);
    })(),
  );
  assert.equal(server.result?.lenBytes, total);
  assert.ok((server.result?.received ?? 0) <= 65_536, String(server.result?.received));
  assert.ok((server.result?.received ?? 0) > 60_000);
  pair.world.runFor(NS_PER_SEC);
  pair.assertBalance();
});

test('10 MB arrive whole, as chunks', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const total = 10_000_000;
  const server = pair.b.sim.spawn(
    'server',
    (function* () {
      const peer = yield* accept(listener);
      peer.send(payloadOfFill(total));
      peer.close();
    })(),
  );
  const lenBytes = pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      const all = yield* readAll(client);
      client.close();
      return typeof all === 'string' ? -1 : all.lenBytes;
    })(),
  );
  assert.equal(lenBytes, total);
  assert.ok(server.isDone);
  const data = pair.tcp.filter((entry) => entry.packet.payload.lenBytes > 0);
  assert.ok(data.length <= Math.ceil(total / 1448) + 1);
  pair.world.runFor(NS_PER_SEC);
  pair.assertBalance();
});

test('property: what was sent is what arrives, whatever the link loses or reorders', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 0, max: 150_000 }),
      fc.integer({ min: 1, max: 300_000 }),
      (seed, lossPpm, sizeBytes) => {
        const pair = new Pair(`loss-${seed}`);
        const rng = new Rng(`link-${seed}`);
        pair.rule = (packet) =>
          packet.proto === 6 && rng.ppm(lossPpm) ? 'drop' : DELAY_NS + rng.below(3) * NS_PER_MS;
        const bytes = new Uint8Array(sizeBytes);
        for (let index = 0; index < sizeBytes; index++) bytes[index] = rng.below(256);
        const listener = listen(pair.b);
        const server = pair.b.sim.spawn(
          'server',
          (function* () {
            const peer = yield* accept(listener);
            const all = yield* readAll(peer);
            if (typeof all !== 'string') peer.send(payloadFromText('done'));
            peer.close();
            return all;
          })(),
        );
        const answer = pair.run(
          pair.a,
          (function* () {
            const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
            const error = yield* client.connected();
            if (error !== undefined) return error;
            client.send(payloadFromBytes(bytes));
            client.closeWrite();
            const all = yield* readAll(client);
            client.close();
            return typeof all === 'string' ? all : payloadText(all);
          })(),
        );
        assert.equal(answer, 'done');
        const received = server.result;
        assert.ok(received !== undefined && typeof received !== 'string');
        assert.deepEqual(payloadBytes(received), bytes);
        pair.world.runFor(300 * NS_PER_SEC);
        pair.assertBalance();
      },
    ),
    { numRuns: 25 },
  );
});

test('a path that takes less: ICMP shrinks the segments, the transfer goes on', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const server = pair.b.sim.spawn(
    'server',
    (function* () {
      return yield* readAll(yield* accept(listener));
    })(),
  );
  const narrow = 1000;
  pair.rule = (packet, from) => {
    if (from !== 'a' || packet.proto !== 6 || packet.payload.lenBytes <= narrow - 52) {
      return DELAY_NS;
    }
    // A router on the way: too big with DF.
    const quoted = clonePacket(packet);
    pair.a.sim.schedule(DELAY_NS, () => {
      pair.a.pathMtus.learn(B, narrow, pair.a.sim.nowNs());
      tcpIcmpError(pair.a, quoted, {
        errno: 'EMSGSIZE',
        fatal: false,
        fromIp: B,
        icmpType: 3,
        icmpCode: 4,
        mtuBytes: narrow,
      });
    });
    return 'drop';
  };
  pair.run(
    pair.a,
    (function* () {
      const client = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* client.connected();
      client.send(payloadOfFill(100_000));
      client.close();
      while (!server.isDone) yield* sleep(NS_PER_SEC / 10);
    })(),
  );
  const all = server.result;
  assert.equal(typeof all === 'string' ? all : all?.lenBytes, 100_000);
  assert.ok(pair.world.nowNs < 2 * NS_PER_SEC, `took ${pair.world.nowNs} ns`);
});

test('an idle connection costs no events; keepalive probes find a dead peer', () => {
  const pair = new Pair();
  const listener = listen(pair.b);
  const client = pair.run(
    pair.a,
    (function* () {
      const one = conn(tcpConnect(pair.a, { ip: B, port: 80 }));
      yield* one.connected();
      yield* accept(listener);
      return one;
    })(),
  );
  pair.world.runFor(130 * NS_PER_SEC);
  assert.equal(pair.world.runFor(1000 * NS_PER_SEC), 0);
  client.setKeepalive({ idleNs: 10 * NS_PER_SEC, intervalNs: NS_PER_SEC, count: 3 });
  pair.world.runFor(25 * NS_PER_SEC);
  assert.equal(client.state, 'ESTABLISHED');
  pair.rule = () => 'drop';
  pair.world.runFor(60 * NS_PER_SEC);
  assert.equal(client.state, 'CLOSED');
  assert.equal(client.pendingError, 'ETIMEDOUT');
});

test('binding twice, and to what is not here', () => {
  const pair = new Pair();
  listen(pair.b);
  assert.equal(tcpListen(pair.b, { port: 80 }), 'EADDRINUSE');
  assert.equal(tcpListen(pair.b, { ip: B, port: 80 }), 'EADDRINUSE');
  assert.equal(tcpListen(pair.b, { ip: A, port: 81 }), 'EADDRNOTAVAIL');
});

test('a listener on loopback is reached from its own host alone', () => {
  const pair = new Pair();
  const local = tcpListen(pair.b, { ip: ip('127.0.0.1'), port: 80 });
  assert.ok(typeof local !== 'string');
  const own = pair.run(
    pair.b,
    conn(tcpConnect(pair.b, { ip: ip('127.0.0.1'), port: 80 })).connected(),
  );
  const other = pair.run(pair.a, conn(tcpConnect(pair.a, { ip: B, port: 80 })).connected());
  assert.deepEqual([own, other], [undefined, 'ECONNREFUSED']);
});
