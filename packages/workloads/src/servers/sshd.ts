/**
 * ssh without its cryptography: a command goes over TCP port 22, its output and exit status come back.
 *
 * The first line in each direction is ssh's version string; then the client sends one line of JSON with
 * argv, the server one line per piece of output and one with the exit status. Not modelled: keys, users,
 * terminals, the real packet format.
 */
import { type Proc, type Process } from '@podwire/engine';
import { type Errno, type NetNs, type TcpConn, tcpListen } from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import type { OutputStream } from '../context.ts';

export const SSH_PORT = 22;
export const SSH_VERSION = 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7';

/** What the client asks for. */
export interface SshRequest {
  readonly argv: readonly string[];
}

/** One line of the answer. */
export type SshMessage =
  | { readonly stream: OutputStream; readonly text: string }
  | { readonly exitCode: number };

/** Runs a command on the host; `traceId` is 0 when its packets are not traced. */
export type SshRun = (
  argv: readonly string[],
  traceId: number,
) => Proc<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;

/** Serves ssh on the host; the errno when the port cannot be had. */
export function startSshd(
  ns: NetNs,
  run: SshRun,
  port: number = SSH_PORT,
): { stop: () => void } | Errno {
  const listener = tcpListen(ns, { port, process: '("sshd",pid=612,fd=3)' });
  if (typeof listener === 'string') return listener;
  const sessions = new Map<TcpConn, Process<void>>();
  function* session(conn: TcpConn): Proc {
    try {
      yield* serveSession(conn, run);
    } finally {
      sessions.delete(conn);
      conn.close();
    }
  }
  function* accept(): Proc {
    if (typeof listener === 'string') return;
    for (;;) {
      const conn = yield* listener.accept();
      if (typeof conn === 'string') return;
      sessions.set(conn, ns.sim.spawn('sshd-session', session(conn)));
    }
  }
  const acceptor = ns.sim.spawn('sshd', accept());
  return {
    stop: () => {
      acceptor.cancel();
      listener.close();
      for (const running of sessions.values()) running.cancel();
    },
  };
}

function* serveSession(conn: TcpConn, run: SshRun): Proc {
  conn.send(payloadFromText(`${SSH_VERSION}\r\n`));
  const lines = new LineReader(conn);
  const version = yield* lines.next();
  if (version?.startsWith('SSH-2.0-') !== true) return;
  const line = yield* lines.next();
  if (line === undefined) return;
  const request = parseRequest(line);
  if (request === undefined) return;
  const result = yield* run(request.argv, conn.traceId);
  const messages: SshMessage[] = [];
  if (result.stdout !== '') messages.push({ stream: 'stdout', text: result.stdout });
  if (result.stderr !== '') messages.push({ stream: 'stderr', text: result.stderr });
  messages.push({ exitCode: result.exitCode });
  for (const message of messages) conn.send(payloadFromText(`${JSON.stringify(message)}\n`));
}

function parseRequest(line: string): SshRequest | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('argv' in value)) return undefined;
    const { argv } = value;
    if (!Array.isArray(argv) || !argv.every((word) => typeof word === 'string')) return undefined;
    return { argv };
  } catch {
    return undefined;
  }
}

/** Reads a connection line by line. */
export class LineReader {
  readonly #conn: TcpConn;
  #pending = '';

  constructor(conn: TcpConn) {
    this.#conn = conn;
  }

  /** The next line without its end; undefined when the connection ended. */
  *next(timeoutNs?: number): Proc<string | undefined> {
    for (;;) {
      const newline = this.#pending.indexOf('\n');
      if (newline >= 0) {
        const line = this.#pending.slice(0, newline).replace(/\r$/, '');
        this.#pending = this.#pending.slice(newline + 1);
        return line;
      }
      const received = yield* this.#conn.read(timeoutNs);
      if (typeof received === 'string') return undefined;
      this.#pending += payloadText(received);
    }
  }
}
