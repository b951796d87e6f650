/**
 * W3: short TCP connections over a star: connect, a request, an answer, the end of both directions.
 *
 * Every host serves, and is a client that opens its connections one after the other, each to a host that
 * is drawn among the others. The server closes first, as a server of HTTP/1.0 does.
 */
import { assert } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type TcpConn, type TcpListener, tcpConnect, tcpListen } from '@podwire/netstack';
import { type Payload, payloadOfFill } from '@podwire/wire';
import { Lan, type LanHost } from './lan.ts';
import type { Outcome, ParameterValues, Workload } from './workload.ts';

const PORT = 80;
/** Far longer than any number of connections takes. */
const RUN_NS = 1_000_000_000_000;

export const shortConnections: Workload = {
  name: 'short-connections',
  what: 'TCP connections with one request and one answer between random hosts of a star',
  parameters: [
    { name: 'hosts', what: 'hosts on the switch', default: 64, min: 2, max: 4000, smoke: 8 },
    { name: 'connections', what: 'connections of all hosts together', default: 20_000, smoke: 80 },
    { name: 'request', what: 'bytes of a request', default: 1024 },
    { name: 'answer', what: 'bytes of an answer', default: 4096 },
  ],
  variants: [{}],
  rounds: 5,
  warmUps: 1,
  prepare,
};

interface Exchange {
  readonly request: Payload;
  readonly answer: Payload;
}

function prepare(values: ParameterValues): () => Outcome {
  const connections = values.number('connections');
  const exchange: Exchange = {
    request: payloadOfFill(values.number('request')),
    answer: payloadOfFill(values.number('answer')),
  };
  const lan = Lan.star(values.number('hosts'));
  const { hosts } = lan;
  for (const host of hosts) {
    const listener = tcpListen(host.ns, { port: PORT });
    assert(typeof listener !== 'string', 'the port is free');
    host.sim.spawn('server', serve(host, listener, exchange));
  }
  const packetsBefore = lan.packets;
  return () => {
    let done = 0;
    let atNs = 0;
    hosts.forEach((host, index) => {
      const count =
        Math.floor(connections / hosts.length) + (index < connections % hosts.length ? 1 : 0);
      const onDone = (): void => {
        done++;
        atNs = lan.world.nowNs;
      };
      host.sim.spawn('client', connectInTurn({ hosts, index, count, exchange, onDone }));
    });
    const startNs = lan.world.nowNs;
    let events = 0;
    while (done < connections && lan.world.nowNs - startNs < RUN_NS) {
      events += lan.world.runFor(STEP_NS);
    }
    assert(done === connections, `${done} of ${connections} connections end well`);
    const segments = lan.packets - packetsBefore;
    return {
      work: { connections: done, segments, events, virtualMs: Math.round((atNs - startNs) / 1e6) },
      counted: 'connections',
      digest: lan.world.digest,
    };
  };
}

/** How often it is looked whether all are done. */
const STEP_NS = 10_000_000;

function* connectInTurn(options: {
  readonly hosts: readonly LanHost[];
  readonly index: number;
  readonly count: number;
  readonly exchange: Exchange;
  readonly onDone: () => void;
}): Proc {
  const { hosts, index, count, exchange, onDone } = options;
  const host = hosts[index];
  assert(host !== undefined, 'a client');
  const dice = host.sim.rng('short-connections');
  for (let number = 0; number < count; number++) {
    const drawn = dice.below(hosts.length - 1);
    const server = hosts[drawn < index ? drawn : drawn + 1];
    assert(server !== undefined, 'a server');
    const conn = tcpConnect(host.ns, { ip: server.address, port: PORT });
    if (typeof conn === 'string') return;
    if ((yield* conn.connected()) !== undefined) return;
    conn.send(exchange.request);
    const lenBytes = yield* readAll(conn, Infinity);
    conn.close();
    if (lenBytes === exchange.answer.lenBytes) onDone();
  }
}

function* serve(host: LanHost, listener: TcpListener, exchange: Exchange): Proc {
  for (;;) {
    const conn = yield* listener.accept();
    if (typeof conn === 'string') return;
    host.sim.spawn('answer', answer(conn, exchange));
  }
}

function* answer(conn: TcpConn, exchange: Exchange): Proc {
  yield* readAll(conn, exchange.request.lenBytes);
  conn.send(exchange.answer);
  conn.close();
}

/** Reads up to the end of the stream, or until there are so many bytes; tells how many there were. */
function* readAll(conn: TcpConn, wantedBytes: number): Proc<number> {
  let lenBytes = 0;
  while (lenBytes < wantedBytes) {
    const data = yield* conn.read();
    if (typeof data === 'string') break;
    lenBytes += data.lenBytes;
  }
  return lenBytes;
}
