/**
 * A connection handed on as it is: passthrough Routes, where TLS is the pod's business.
 *
 * Both directions are pumped by a process each; the end of one side ends the other.
 */
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import { type NetNs, TcpConn, tcpConnect } from '@podwire/netstack';
import type { Payload } from '@podwire/wire';
import type { Balancer, Server } from './balance.ts';

/** HAProxy: `timeout connect 5s`, `retries 3`, and the pause before a server is tried again. */
const CONNECT_NS = 5 * NS_PER_SEC;
const RETRIES = 3;
const RETRY_PAUSE_NS = NS_PER_SEC;

/** `first` was read of the client's stream and goes before the rest. */
export function* tunnel(
  ns: NetNs,
  client: TcpConn,
  first: Payload,
  balancer: Balancer,
  isUp: (key: string) => boolean,
): Proc {
  const backend = yield* connect(ns, client, balancer, isUp);
  if (backend === undefined) {
    client.close();
    return;
  }
  backend.send(first);
  const back = ns.sim.spawn('tunnel', pump(backend, client));
  try {
    yield* pump(client, backend);
  } finally {
    if (!back.isDone) {
      backend.close();
      client.close();
    }
  }
}

function* connect(
  ns: NetNs,
  client: TcpConn,
  balancer: Balancer,
  isUp: (key: string) => boolean,
): Proc<TcpConn | undefined> {
  let last: Server | undefined;
  for (let retry = 0; retry <= RETRIES; retry++) {
    const server: Server | undefined =
      balancer.pick(client.remoteIp, ({ key }) => isUp(key) && key !== last?.key) ?? last;
    if (server === undefined) return undefined;
    if (server === last) yield* sleep(RETRY_PAUSE_NS);
    last = server;
    const { ip, port } = server.endpoint;
    const conn = tcpConnect(ns, { ip, port, traceId: client.traceId });
    if (!(conn instanceof TcpConn)) continue;
    if ((yield* conn.connected(CONNECT_NS)) === undefined) return conn;
    conn.close();
  }
  return undefined;
}

function* pump(from: TcpConn, to: TcpConn): Proc {
  for (;;) {
    const piece = yield* from.read();
    if (typeof piece === 'string') {
      to.close();
      if (piece !== 'eof') from.abort();
      return;
    }
    if (to.send(piece) !== undefined) {
      from.close();
      return;
    }
  }
}
