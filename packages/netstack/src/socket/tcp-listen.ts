/**
 * A listening socket: takes SYNs, keeps connections until a program accepts them.
 */
import type { Ip } from '@podwire/base';
import { type Proc, Signal } from '@podwire/engine';
import { type DropReason, traceOf } from '@podwire/trace';
import { type Packet, TcpFlag } from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { Errno } from './errno.ts';
import type { SocketRow } from './socket-table.ts';
import { TcpConn } from './tcp-conn.ts';
import { MSS_DEFAULT, SOMAXCONN } from './tcp-constants.ts';
import { restartRto, sendReset, sendSyn, syncMss } from './tcp-output.ts';
import { tcpTable } from './tcp-table.ts';

export class TcpListener {
  readonly ns: NetNs;
  readonly localIp: Ip;
  readonly localPort: number;
  readonly backlog: number;
  /** Shown by ss. */
  process: string | undefined = undefined;
  /** Connections whose handshake is under way. */
  readonly #opening = new Set<TcpConn>();
  /** Established, waiting for accept(). */
  readonly #ready: TcpConn[] = [];
  readonly #acceptable = new Signal();
  #isClosed = false;

  constructor(ns: NetNs, localIp: Ip, localPort: number, backlog: number | undefined) {
    this.ns = ns;
    this.localIp = localIp;
    this.localPort = localPort;
    this.backlog = Math.min(backlog ?? SOMAXCONN, SOMAXCONN);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The next connection whose handshake is complete. */
  *accept(timeoutNs?: number): Proc<TcpConn | 'timeout' | Errno> {
    const clock = this.ns.sim;
    const deadlineNs = timeoutNs === undefined ? undefined : clock.nowNs() + timeoutNs;
    for (;;) {
      if (this.#isClosed) return 'EINVAL';
      const conn = this.#ready.shift();
      if (conn !== undefined) {
        conn.listener = undefined;
        return conn;
      }
      const leftNs = deadlineNs === undefined ? undefined : deadlineNs - clock.nowNs();
      if (leftNs !== undefined && leftNs <= 0) return 'timeout';
      yield* this.#acceptable.wait(leftNs);
    }
  }

  /** Stops listening: connections that nobody accepted are reset (inet_csk_listen_stop). */
  close(): void {
    if (this.#isClosed) return;
    this.forget();
    for (const conn of this.#opening) conn.finish(undefined);
    for (const conn of this.#ready.splice(0)) {
      conn.listener = undefined;
      sendReset(conn);
      conn.finish(undefined);
    }
  }

  /** Gives the port back without a word. */
  forget(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    tcpTable(this.ns).removeListener(this);
    this.ns.sockets.tcpPorts.release(this.localIp, this.localPort);
    this.#acceptable.notify();
  }

  /** A SYN for this socket; a drop reason when it may not come in. */
  onSyn(packet: Packet): DropReason | undefined {
    // sk_acceptq_is_full(): one more than the backlog fits.
    if (this.#ready.length > this.backlog) return 'TCP_LISTEN_OVERFLOW';
    const conn = new TcpConn(
      this.ns,
      {
        localIp: packet.dst,
        localPort: packet.dstPort,
        remoteIp: packet.src,
        remotePort: packet.srcPort,
      },
      'SYN_RECV',
      traceOf(packet.traceId),
    );
    conn.process = this.process;
    conn.listener = this;
    takeSynOptions(conn, packet);
    tcpTable(this.ns).add(conn);
    this.#opening.add(conn);
    sendSyn(conn);
    restartRto(conn);
    conn.arm();
    return undefined;
  }

  /** The handshake's last segment: false when there is no room, and the client will try again. */
  onEstablished(conn: TcpConn): boolean {
    if (this.#ready.length > this.backlog) return false;
    this.#opening.delete(conn);
    this.#ready.push(conn);
    this.#acceptable.notify();
    return true;
  }

  onConnectionGone(conn: TcpConn): void {
    this.#opening.delete(conn);
  }

  row(): SocketRow {
    const row = {
      netid: 'tcp',
      state: 'LISTEN',
      recvQ: this.#ready.length,
      sendQ: this.backlog,
      localIp: this.localIp,
      localPort: this.localPort,
      remoteIp: 0,
      remotePort: 0,
    } as const;
    return this.process === undefined ? row : { ...row, process: this.process };
  }
}

/** Takes over what the peer's SYN (or SYN-ACK) announces. */
export function takeSynOptions(conn: TcpConn, packet: Packet): void {
  conn.irs = packet.seq;
  conn.rcvNxt = 1;
  conn.peerMssBytes = packet.optMss > 0 ? packet.optMss : MSS_DEFAULT;
  conn.isSackOn = packet.optSackOk;
  conn.isTimestampsOn = packet.optTsVal >= 0;
  conn.isWscaleOn = packet.optWscale >= 0;
  conn.sndWscale = conn.isWscaleOn ? Math.min(packet.optWscale, 14) : 0;
  if (conn.isTimestampsOn) conn.tsRecent = packet.optTsVal;
  conn.sndWindowBytes = packet.window;
  conn.sndWindowMaxBytes = packet.window;
  conn.lastReceiveNs = conn.ns.sim.nowNs();
  if ((packet.tcpFlags & TcpFlag.ack) === 0) conn.sndWl1 = 0;
  syncMss(conn);
}
