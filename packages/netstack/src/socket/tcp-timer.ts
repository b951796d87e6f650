/**
 * What happens when a connection's time has come: retransmission, zero-window probe, delayed
 * acknowledgment, keepalive.
 *
 * A connection has one engine timer. Deadlines move without touching it when they move later; it is
 * then simply set again when it fires early (tcp-conn.ts `arm`).
 */
import type { TcpConn } from './tcp-conn.ts';
import {
  DATA_RETRIES,
  NEVER,
  ORPHAN_RETRIES,
  SYNACK_RETRIES,
  SYN_GIVE_UP_AT_NS,
  SYN_RETRY_AT_NS,
} from './tcp-constants.ts';
import {
  armPersist,
  resend,
  resendLost,
  restartRto,
  sendAck,
  sendProbe,
  sendReset,
  sendSyn,
} from './tcp-output.ts';

export function runTimers(conn: TcpConn): void {
  const nowNs = conn.ns.sim.nowNs();
  if (conn.delackAtNs <= nowNs) onDelack(conn);
  if (conn.rtoAtNs <= nowNs) onRto(conn);
  if (conn.persistAtNs <= nowNs) onPersist(conn);
  if (conn.keepaliveAtNs <= nowNs) onKeepalive(conn, nowNs);
  conn.arm();
}

function onDelack(conn: TcpConn): void {
  conn.delackAtNs = NEVER;
  // The program was not quick to answer: back to quick acknowledgments.
  conn.isPingpong = false;
  if (conn.unackedBytes > 0) sendAck(conn);
}

function onRto(conn: TcpConn): void {
  conn.rtoAtNs = NEVER;
  switch (conn.state) {
    case 'SYN_SENT':
      retrySyn(conn);
      return;
    case 'SYN_RECV':
      retrySynAck(conn);
      return;
    case 'CLOSED':
      return;
    case 'ESTABLISHED':
    case 'FIN_WAIT1':
    case 'FIN_WAIT2':
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
      retryData(conn);
      return;
  }
}

function retrySyn(conn: TcpConn): void {
  const retryAtNs = SYN_RETRY_AT_NS[conn.retries];
  conn.retries++;
  if (retryAtNs === undefined) {
    conn.finish(conn.softError ?? 'ETIMEDOUT');
    return;
  }
  sendSyn(conn);
  armSyn(conn);
}

/** Sets the timer of an active opening to its next retry. */
export function armSyn(conn: TcpConn): void {
  conn.rtoAtNs = conn.synSentAtNs + (SYN_RETRY_AT_NS[conn.retries] ?? SYN_GIVE_UP_AT_NS);
  conn.arm();
}

function retrySynAck(conn: TcpConn): void {
  if (conn.retries >= SYNACK_RETRIES) {
    conn.finish('ETIMEDOUT');
    return;
  }
  conn.retries++;
  sendSyn(conn);
  restartRto(conn);
}

function retryData(conn: TcpConn): void {
  const first = conn.rtx.first;
  if (first === undefined) return;
  if (conn.retries >= (conn.isOrphan ? ORPHAN_RETRIES : DATA_RETRIES)) {
    conn.finish(conn.softError ?? 'ETIMEDOUT');
    return;
  }
  conn.retries++;
  conn.congestion.onTimeout(conn.rtx, conn.sndNxt);
  // With a closed window the retransmission is itself the probe: it goes out all the same.
  const lost = conn.rtx.nextLost();
  if (lost === undefined) resend(conn, first);
  else resendLost(conn);
  restartRto(conn);
}

function onPersist(conn: TcpConn): void {
  conn.persistAtNs = NEVER;
  if (conn.sndNxt >= conn.sendQueue.end || conn.rtx.packetsOut > 0) return;
  if (conn.probes >= (conn.isOrphan ? ORPHAN_RETRIES : DATA_RETRIES)) {
    conn.finish(conn.softError ?? 'ETIMEDOUT');
    return;
  }
  conn.probes++;
  sendProbe(conn);
  armPersist(conn);
}

function onKeepalive(conn: TcpConn, nowNs: number): void {
  const keepalive = conn.keepalive;
  conn.keepaliveAtNs = NEVER;
  if (keepalive === undefined || conn.state === 'SYN_SENT' || conn.state === 'SYN_RECV') return;
  const idleUntilNs = conn.lastReceiveNs + keepalive.idleNs;
  if (nowNs < idleUntilNs || conn.rtx.packetsOut > 0) {
    conn.keepaliveProbes = 0;
    conn.keepaliveAtNs = Math.max(idleUntilNs, nowNs + keepalive.intervalNs);
    return;
  }
  if (conn.keepaliveProbes >= keepalive.count) {
    sendReset(conn);
    conn.finish(conn.softError ?? 'ETIMEDOUT');
    return;
  }
  conn.keepaliveProbes++;
  sendProbe(conn);
  conn.keepaliveAtNs = nowNs + keepalive.intervalNs;
}
