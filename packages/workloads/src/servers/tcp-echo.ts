/**
 * Plain TCP servers: one process that accepts, one per connection.
 */
import type { Proc, Process } from '@podwire/engine';
import { type Errno, type TcpConn, tcpListen } from '@podwire/netstack';
import type { CommandContext } from '../context.ts';
import { processLabel } from './http.ts';

/** Serves one connection; it is closed afterwards. */
export type TcpServe = (conn: TcpConn) => Proc;

export interface TcpServerHandle {
  readonly port: number;
  readonly stop: () => void;
}

/** Listens and serves; `stop` closes the listener and all connections. */
export function startTcpServer(
  ctx: CommandContext,
  options: { readonly ip?: number; readonly port: number; readonly program: string },
  serve: TcpServe,
): TcpServerHandle | Errno {
  const { ip, port, program } = options;
  const process = processLabel(program);
  const listener = tcpListen(ctx.ns, ip === undefined ? { port, process } : { ip, port, process });
  if (typeof listener === 'string') return listener;
  const serving = new Map<TcpConn, Process<void>>();
  function* one(conn: TcpConn): Proc {
    try {
      yield* serve(conn);
    } finally {
      serving.delete(conn);
      conn.close();
    }
  }
  function* accept(): Proc {
    for (;;) {
      const conn = yield* listenerAccept();
      if (conn === undefined) return;
      serving.set(conn, ctx.sim.spawn(`${program}-connection`, one(conn)));
    }
  }
  function* listenerAccept(): Proc<TcpConn | undefined> {
    if (typeof listener === 'string') return undefined;
    const conn = yield* listener.accept();
    return typeof conn === 'string' ? undefined : conn;
  }
  const acceptor = ctx.sim.spawn(`${program}:${port}`, accept());
  return {
    port: listener.localPort,
    stop: () => {
      acceptor.cancel();
      listener.close();
      for (const running of serving.values()) running.cancel();
    },
  };
}

/** Sends back what comes. */
export function* echo(conn: TcpConn): Proc {
  for (;;) {
    const received = yield* conn.read();
    if (typeof received === 'string') return;
    if (conn.send(received) !== undefined) return;
  }
}

/** Reads and forgets: a server whose protocol nobody speaks here. */
export function* discard(conn: TcpConn): Proc {
  while (typeof (yield* conn.read()) !== 'string');
}
