/**
 * Short TCP connections between pairs of hosts: connect, 1 kB there, end of both directions.
 */
import { assert } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { tcpConnect, tcpListen } from '@podwire/netstack';
import { payloadOfFill } from '@podwire/wire';
import type { Work } from '../measure.ts';
import { Star, type StarHost } from '../star.ts';

const PORT = 80;
const PAYLOAD_BYTES = 1000;
const WARM_UP_NS = 1_000_000_000;
/** Far longer than the connections take; shorter than an ARP entry is valid. */
const RUN_NS = 10_000_000_000;

/** Builds the star; what it returns opens the connections, after the first ARP exchange of each pair. */
export function prepareTcpShort(options: {
  readonly hostCount: number;
  readonly connectionsPerPair: number;
}): () => Work {
  const { hostCount, connectionsPerPair } = options;
  const star = new Star(hostCount);
  const half = Math.floor(hostCount / 2);
  let done = 0;
  let receivedBytes = 0;
  const connectAll = (count: number): void => {
    star.hosts.slice(0, half).forEach((server, pair) => {
      const client = star.hosts[pair + half];
      client?.sim.spawn(
        'client',
        connect(client, server, count, () => done++),
      );
    });
  };
  for (const server of star.hosts.slice(0, half)) {
    server.sim.spawn(
      'server',
      serve(server, (bytes) => (receivedBytes += bytes)),
    );
  }
  connectAll(1);
  star.world.runFor(WARM_UP_NS);
  const warmPackets = star.packets;
  done = 0;
  receivedBytes = 0;
  return () => {
    connectAll(connectionsPerPair);
    const events = star.world.runFor(RUN_NS);
    const wanted = half * connectionsPerPair;
    assert(done === wanted, `${done} of ${wanted} connections end well`);
    assert(receivedBytes === wanted * PAYLOAD_BYTES, 'every byte arrives');
    return { packets: star.packets - warmPackets, events, items: done };
  };
}

function* connect(client: StarHost, server: StarHost, count: number, onDone: () => void): Proc {
  const payload = payloadOfFill(PAYLOAD_BYTES);
  for (let number = 0; number < count; number++) {
    const conn = tcpConnect(client.ns, { ip: server.address, port: PORT });
    if (typeof conn === 'string') return;
    if ((yield* conn.connected()) !== undefined) return;
    conn.send(payload);
    conn.closeWrite();
    const end = yield* conn.read();
    conn.close();
    if (end === 'eof') onDone();
  }
}

function* serve(server: StarHost, onBytes: (count: number) => void): Proc {
  const listener = tcpListen(server.ns, { port: PORT });
  if (typeof listener === 'string') return;
  for (;;) {
    const conn = yield* listener.accept();
    if (typeof conn === 'string') return;
    for (;;) {
      const data = yield* conn.read();
      if (typeof data === 'string') break;
      onBytes(data.lenBytes);
    }
    conn.close();
  }
}
