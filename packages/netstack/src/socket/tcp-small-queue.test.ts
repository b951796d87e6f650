// What of a connection may wait at the host's own NIC, and that the rest follows as soon as there is room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS_PER_SEC, ip } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { payloadFromText, trainLenBytes } from '@podwire/wire';
import { Lab } from '../lab.ts';
import { GSO_MAX_BYTES } from './tcp-constants.ts';
import { SmallQueue } from './tcp-small-queue.ts';
import { TcpConn, tcpConnect, tcpListen } from './tcp.ts';

const DATA_BYTES = 4_000_000;
const CLIENTS = 20;

test('a queue forgets what has left', () => {
  const queue = new SmallQueue();
  queue.push(100, 10);
  queue.push(200, 20);
  const seen = [0, 9, 10, 19, 20, 21].map((nowNs) => [queue.bytesAt(nowNs), queue.nextLeavesNs]);
  assert.deepEqual(seen, [
    [300, 10],
    [300, 10],
    [200, 20],
    [200, 20],
    [0, undefined],
    [0, undefined],
  ]);
  queue.push(50, 30);
  assert.equal(queue.bytesAt(25), 50);
});

interface Watched {
  readonly waitsMaxBytes: number;
  readonly receivedBytes: number;
  /** Part of the time in which the line was busy. */
  readonly busyShare: number;
}

/** Connections that all send at once over a line of 100 Mbit/s; `isNode`: as programs of the NIC's own host. */
function sendOverSlowLine(isNode: boolean): Watched {
  const lab = new Lab('small queue');
  const from = lab.host('from');
  const to = lab.host('to');
  const [nic, other] = lab.segment('eth0', [from, to]);
  assert.ok(nic !== undefined && other !== undefined);
  from.ns.addAddress(nic, '192.0.2.1/24');
  to.ns.addAddress(other, '192.0.2.2/24');
  const send = nic.transmit;
  const waiting: { lenBytes: number; leavesNs: number }[] = [];
  let idleAtNs = 0;
  let busyNs = 0;
  let waitsMaxBytes = 0;
  nic.transmit = (packet, delayNs) => {
    const nowNs = from.sim.nowNs();
    const lenBytes = trainLenBytes(packet);
    const lineNs = lenBytes * 80;
    busyNs += lineNs;
    idleAtNs = Math.max(idleAtNs, nowNs + delayNs) + lineNs;
    while (waiting[0] !== undefined && waiting[0].leavesNs <= nowNs) waiting.shift();
    waiting.push({ lenBytes, leavesNs: idleAtNs });
    waitsMaxBytes = Math.max(
      waitsMaxBytes,
      waiting.reduce((sum, each) => sum + each.lenBytes, 0),
    );
    send(packet, idleAtNs - nowNs);
    // Whose packets went through another namespace are nobody's here: no word comes back to their socket.
    return isNode ? idleAtNs : nowNs;
  };

  const listener = tcpListen(to.ns, { port: 80 });
  assert.ok(typeof listener !== 'string');
  let receivedBytes = 0;
  let lastNs = 0;
  const take = function* (conn: TcpConn): Proc {
    for (;;) {
      const part = yield* conn.read();
      if (typeof part === 'string') return;
      receivedBytes += part.lenBytes;
      lastNs = to.sim.nowNs();
    }
  };
  to.sim.spawn(
    'server',
    (function* () {
      for (;;) {
        const conn = yield* listener.accept();
        if (conn instanceof TcpConn) to.sim.spawn('take', take(conn));
      }
    })(),
  );
  const body = payloadFromText('x'.repeat(DATA_BYTES / CLIENTS));
  for (let client = 0; client < CLIENTS; client++) {
    from.sim.spawn(
      'client',
      (function* () {
        const conn = tcpConnect(from.ns, { ip: ip('192.0.2.2'), port: 80 });
        assert.ok(typeof conn !== 'string');
        yield* conn.connected();
        conn.send(body);
        conn.close();
      })(),
    );
  }
  lab.world.runFor(20 * NS_PER_SEC);
  return { waitsMaxBytes, receivedBytes, busyShare: busyNs / lastNs };
}

test('data waits in its socket while two packets of it wait at the NIC, and the line never rests', () => {
  const node = sendOverSlowLine(true);
  assert.equal(node.receivedBytes, DATA_BYTES);
  assert.ok(node.busyShare > 0.98, `the line is busy ${node.busyShare} of the time`);
  const orphaned = sendOverSlowLine(false);
  assert.equal(orphaned.receivedBytes, DATA_BYTES);
  assert.ok(node.waitsMaxBytes < CLIENTS * 3 * GSO_MAX_BYTES);
  assert.ok(
    node.waitsMaxBytes * 2 < orphaned.waitsMaxBytes,
    `${node.waitsMaxBytes} bytes wait, without the limit ${orphaned.waitsMaxBytes}`,
  );
});
