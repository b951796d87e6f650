/**
 * Judges arriving segments (RFC 9293, 3.10.7, with RFC 5961's challenge acknowledgments).
 *
 * From: ip/local-in.ts. To: the connection's queues, an answer by tcp-output.ts, and a named end.
 */
import { NS_PER_MS, formatIp } from '@podwire/base';
import { type DropReason, traceOf } from '@podwire/trace';
import { type Packet, TcpFlag, slicePayload } from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';
import type { Errno } from './errno.ts';
import type { TcpConn } from './tcp-conn.ts';
import { NEVER } from './tcp-constants.ts';
import {
  acknowledge,
  restartRto,
  sendAck,
  sendChallengeAck,
  sendPending,
  sendReset,
  sendResetFor,
  sendSyn,
  sendTimeWaitAck,
  timestampMs,
} from './tcp-output.ts';
import { takeSynOptions } from './tcp-listen.ts';
import { positionOf } from './tcp-seq.ts';
import { type TimeWait, tcpTable, timeWaitEndNs } from './tcp-table.ts';

/** A TCP segment for this namespace: judged once the costs of its way have passed, in order of arrival. */
export function tcpReceive(ns: NetNs, skb: Skb): void {
  const table = tcpTable(ns);
  const nowNs = ns.sim.nowNs();
  const atNs = Math.max(nowNs + skb.costNs, table.judgedUntilNs);
  if (atNs <= nowNs) {
    judgeSegment(ns, skb);
    return;
  }
  table.judgedUntilNs = atNs;
  skb.costNs = 0;
  const { ledger } = ns.host;
  ledger.underWay++;
  ns.sim.schedule(atNs - nowNs, () => {
    ledger.underWay--;
    judgeSegment(ns, skb);
  });
}

/** The packet ends here. */
function judgeSegment(ns: NetNs, skb: Skb): void {
  const reason = ns.isDestroyed ? 'SOCKET_CLOSE' : receiveSegment(ns, skb.packet);
  if (skb.packet.traceId !== 0) traceSocket(ns, skb, reason);
  endPacket(ns, skb, reason ?? 'delivered');
}

function traceSocket(ns: NetNs, skb: Skb, reason: DropReason | undefined): void {
  const packet = skb.packet;
  const entry = tcpTable(ns).find(packet.dst, packet.dstPort, packet.src, packet.srcPort);
  const state =
    entry === undefined ? 'no connection' : entry.kind === 'conn' ? entry.state : entry.substate;
  const key = `${formatIp(packet.dst)}:${packet.dstPort} < ${formatIp(packet.src)}:${packet.srcPort}`;
  traceStep(
    ns,
    packet,
    'socket',
    reason === undefined ? `tcp ${state}` : `tcp ${state}, ${reason}`,
    { key },
    skb.costNs,
  );
}

function receiveSegment(ns: NetNs, packet: Packet): DropReason | undefined {
  const table = tcpTable(ns);
  const entry = table.find(packet.dst, packet.dstPort, packet.src, packet.srcPort);
  if (entry?.kind === 'conn') return receiveOnConnection(entry, packet);
  const listener = table.findListener(packet.dst, packet.dstPort);
  const flags = packet.tcpFlags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst | TcpFlag.fin);
  if (entry !== undefined) {
    const isNewer = ((packet.seq - entry.rcvNxtSeq) | 0) > 0;
    if (flags !== TcpFlag.syn || !isNewer || listener === undefined) {
      return receiveInTimeWait(ns, entry, packet);
    }
    table.remove(entry);
  }
  if (listener === undefined) {
    sendResetFor(ns, packet);
    return 'NO_SOCKET';
  }
  if ((flags & TcpFlag.rst) !== 0) return 'TCP_FLAGS';
  if ((flags & TcpFlag.ack) !== 0) {
    sendResetFor(ns, packet);
    return 'TCP_FLAGS';
  }
  if (flags !== TcpFlag.syn) return 'TCP_FLAGS';
  return listener.onSyn(packet);
}

/** tcp_timewait_state_process(). */
function receiveInTimeWait(ns: NetNs, entry: TimeWait, packet: Packet): DropReason | undefined {
  const flags = packet.tcpFlags;
  const ahead = (packet.seq - entry.rcvNxtSeq) | 0;
  if ((flags & TcpFlag.rst) !== 0) {
    if (ahead === 0) tcpTable(ns).remove(entry);
    return 'TCP_RESET';
  }
  if (entry.substate === 'TIME_WAIT' || (flags & TcpFlag.syn) !== 0 || ahead < 0) {
    if (entry.substate === 'TIME_WAIT' && (flags & TcpFlag.fin) !== 0) {
      entry.expiresAtNs = timeWaitEndNs(ns);
    }
    if (packet.payload.lenBytes > 0 || (flags & (TcpFlag.syn | TcpFlag.fin)) !== 0 || ahead < 0) {
      sendTimeWaitAck(ns, entry);
    }
    return 'TCP_OLD_SEQUENCE';
  }
  if (packet.payload.lenBytes > 0) {
    // New data for a program that closed the connection.
    tcpTable(ns).remove(entry);
    sendResetFor(ns, packet);
    return 'TCP_ABORT_ON_DATA';
  }
  if ((flags & TcpFlag.fin) === 0) return undefined;
  if (ahead > 0) return 'TCP_INVALID_SEQUENCE';
  entry.substate = 'TIME_WAIT';
  entry.rcvNxtSeq = (entry.rcvNxtSeq + 1) % 0x100000000;
  if (packet.optTsVal >= 0) entry.tsRecent = packet.optTsVal;
  entry.expiresAtNs = timeWaitEndNs(ns);
  sendTimeWaitAck(ns, entry);
  return undefined;
}

function receiveOnConnection(conn: TcpConn, packet: Packet): DropReason | undefined {
  if (packet.traceId !== 0) conn.traceId = traceOf(packet.traceId);
  if (conn.state === 'SYN_SENT') return receiveInSynSent(conn, packet);
  const flags = packet.tcpFlags;
  const position = positionOf(conn.irs, packet.seq, conn.rcvNxt);
  const end = position + packet.payload.lenBytes + ((flags & TcpFlag.fin) !== 0 ? 1 : 0);

  const unacceptable = judgeSequence(conn, packet, position, end);
  if (unacceptable !== undefined) return unacceptable;
  if ((flags & TcpFlag.rst) !== 0) return receiveReset(conn, position);
  if ((flags & TcpFlag.syn) !== 0) {
    sendChallengeAck(conn);
    return 'TCP_INVALID_SEQUENCE';
  }
  if ((flags & TcpFlag.ack) === 0) return 'TCP_FLAGS';

  conn.lastReceiveNs = conn.ns.sim.nowNs();
  conn.keepaliveProbes = 0;
  const ackPosition = positionOf(conn.iss, packet.ack, conn.sndUna);
  if (conn.state === 'SYN_RECV' || conn.sndUna === 0) {
    const refused = completePassiveOpen(conn, packet, ackPosition);
    if (refused !== undefined) return refused;
  }
  if (ackPosition > conn.sndNxt) {
    sendChallengeAck(conn);
    return 'TCP_INVALID_SEQUENCE';
  }
  if (conn.isTimestampsOn && packet.optTsVal >= 0 && position <= conn.rcvNxt) {
    conn.tsRecent = packet.optTsVal;
  }
  takeAck(conn, packet, position, ackPosition, end > position);
  if (afterAck(conn) === 'gone') return undefined;
  return takeData(conn, packet, position);
}

/** Whether the segment lies in the receive window; answers when it does not. */
function judgeSequence(
  conn: TcpConn,
  packet: Packet,
  position: number,
  end: number,
): DropReason | undefined {
  const isReset = (packet.tcpFlags & TcpFlag.rst) !== 0;
  if (end < conn.rcvNxt || (end === conn.rcvNxt && position < end)) {
    if (conn.state === 'SYN_RECV' && (packet.tcpFlags & TcpFlag.syn) !== 0) {
      // The client did not get our SYN-ACK.
      sendSyn(conn);
      return 'TCP_OLD_SEQUENCE';
    }
    if (!isReset) {
      // The peer repeats itself: our acknowledgment got lost, or it probes.
      takeAckOfOldSegment(conn, packet);
      if (conn.state === 'CLOSED') return 'TCP_OLD_SEQUENCE';
      if (position < end) sendAck(conn);
      else sendChallengeAck(conn);
    }
    return 'TCP_OLD_SEQUENCE';
  }
  if (position > Math.max(conn.rcvEdge, conn.rcvNxt) && position > conn.rcvNxt) {
    if (!isReset) sendChallengeAck(conn);
    return 'TCP_INVALID_SEQUENCE';
  }
  return undefined;
}

/** An old segment's acknowledgment still counts (RFC 9293 asks for processing valid ACKs). */
function takeAckOfOldSegment(conn: TcpConn, packet: Packet): void {
  if ((packet.tcpFlags & TcpFlag.ack) === 0 || conn.state === 'SYN_RECV') return;
  const ackPosition = positionOf(conn.iss, packet.ack, conn.sndUna);
  if (ackPosition <= conn.sndUna || ackPosition > conn.sndNxt) return;
  takeAck(conn, packet, positionOf(conn.irs, packet.seq, conn.rcvNxt), ackPosition, true);
  afterAck(conn);
}

function receiveReset(conn: TcpConn, position: number): DropReason {
  if (position !== conn.rcvNxt) {
    sendChallengeAck(conn);
    return 'TCP_INVALID_SEQUENCE';
  }
  conn.finish(conn.state === 'SYN_RECV' ? 'ECONNREFUSED' : resetErrno(conn));
  return 'TCP_RESET';
}

/** tcp_reset(): a peer that had closed its side already leaves a broken pipe. */
function resetErrno(conn: TcpConn): Errno {
  return conn.state === 'CLOSE_WAIT' ? 'EPIPE' : 'ECONNRESET';
}

function receiveInSynSent(conn: TcpConn, packet: Packet): DropReason | undefined {
  const flags = packet.tcpFlags;
  const hasAck = (flags & TcpFlag.ack) !== 0;
  if (hasAck && positionOf(conn.iss, packet.ack, conn.sndUna) !== 1) {
    sendResetFor(conn.ns, packet);
    return 'TCP_INVALID_SEQUENCE';
  }
  if ((flags & TcpFlag.rst) !== 0) {
    if (!hasAck) return 'TCP_FLAGS';
    conn.finish('ECONNREFUSED');
    return 'TCP_RESET';
  }
  if ((flags & TcpFlag.syn) === 0) return 'TCP_FLAGS';
  takeSynOptions(conn, packet);
  if (!hasAck) {
    // Both sides open at once.
    conn.state = 'SYN_RECV';
    conn.retries = 0;
    sendSyn(conn);
    restartRto(conn);
    return undefined;
  }
  if (conn.retries === 0) conn.sampleRtt(conn.ns.sim.nowNs() - conn.synSentAtNs);
  establish(conn);
  conn.rcvEdge = Math.max(conn.rcvEdge, 1);
  sendAck(conn);
  conn.readable.notify();
  sendPending(conn);
  return undefined;
}

function completePassiveOpen(
  conn: TcpConn,
  packet: Packet,
  ackPosition: number,
): DropReason | undefined {
  if (ackPosition !== 1) {
    sendResetFor(conn.ns, packet);
    return 'TCP_INVALID_SEQUENCE';
  }
  if (conn.listener !== undefined && !conn.listener.onEstablished(conn)) {
    return 'TCP_LISTEN_OVERFLOW';
  }
  if (conn.retries === 0 && packet.optTsEcr >= 0) conn.sampleRtt(synAckRttNs(conn));
  establish(conn);
  conn.sndWindowBytes = packet.window * 2 ** conn.sndWscale;
  conn.sndWindowMaxBytes = conn.sndWindowBytes;
  conn.readable.notify();
  return undefined;
}

/** The SYN-ACK's timer tells when it left. */
function synAckRttNs(conn: TcpConn): number {
  return conn.ns.sim.nowNs() - (conn.rtoAtNs - conn.rtoNs);
}

function establish(conn: TcpConn): void {
  if (conn.state === 'SYN_SENT' || conn.state === 'SYN_RECV') conn.state = 'ESTABLISHED';
  conn.sndUna = 1;
  conn.retries = 0;
  conn.rtoAtNs = NEVER;
  conn.lastSendNs = conn.ns.sim.nowNs();
}

/** What the acknowledgment number, the window and the SACK blocks tell. */
function takeAck(
  conn: TcpConn,
  packet: Packet,
  position: number,
  ackPosition: number,
  hasData: boolean,
): void {
  const windowBytes = packet.window * 2 ** conn.sndWscale;
  // tcp_may_update_window().
  const isWindowNews =
    ackPosition > conn.sndUna ||
    position > conn.sndWl1 ||
    (position === conn.sndWl1 && (windowBytes > conn.sndWindowBytes || windowBytes === 0));
  const isDuplicate =
    ackPosition === conn.sndUna &&
    !hasData &&
    windowBytes === conn.sndWindowBytes &&
    conn.rtx.packetsOut > 0;
  if (isWindowNews && ackPosition >= conn.sndUna) {
    conn.sndWindowBytes = windowBytes;
    conn.sndWindowMaxBytes = Math.max(conn.sndWindowMaxBytes, windowBytes);
    conn.sndWl1 = position;
    conn.probes = 0;
    if (windowBytes > 0) conn.persistAtNs = NEVER;
  }
  let acked = 0;
  if (ackPosition > conn.sndUna) {
    conn.sndUna = ackPosition;
    const gone = conn.rtx.acknowledge(ackPosition, conn.ns.sim.nowNs());
    acked = gone.segments;
    if (gone.sentAtNs >= 0) {
      conn.sampleRtt(conn.ns.sim.nowNs() - gone.sentAtNs);
      tellRtt(conn, gone.lastSentAtNs);
    } else if (conn.isTimestampsOn && packet.optTsEcr >= 0) {
      conn.sampleRtt(echoedRttNs(conn, packet));
    }
    conn.sendQueue.dropBefore(ackPosition);
    conn.retries = 0;
    conn.softError = undefined;
    if (conn.rtx.packetsOut > 0) restartRto(conn);
    else conn.rtoAtNs = NEVER;
    conn.writable.notify();
  }
  const sacked = takeSack(conn, packet);
  if (acked > 0 || sacked > 0 || isDuplicate) {
    conn.congestion.onAck(conn.rtx, {
      acked,
      sacked,
      isDuplicate,
      isSackOn: conn.isSackOn,
      una: conn.sndUna,
      sndNxt: conn.sndNxt,
      nowMs: Math.floor(conn.ns.sim.nowNs() / NS_PER_MS),
    });
  }
}

/** Congestion control learns the round trip of the segment that was sent last. */
function tellRtt(conn: TcpConn, sentAtNs: number): void {
  const nowNs = conn.ns.sim.nowNs();
  const sample = {
    nowUs: Math.floor(nowNs / 1000),
    rttUs: Math.floor((nowNs - sentAtNs) / 1000),
    una: conn.sndUna,
    sndNxt: conn.sndNxt,
    srttUs: Math.floor(conn.srttNs / 1000),
    mssBytes: conn.mssBytes,
  };
  conn.congestion.onRtt(sample, Math.floor(nowNs / NS_PER_MS));
}

/** The round trip by the echoed timestamp (RFC 7323), good after retransmissions, too. */
function echoedRttNs(conn: TcpConn, packet: Packet): number {
  const sinceMs = (timestampMs(conn.ns, conn.tsOffset) - packet.optTsEcr) | 0;
  return Math.max(sinceMs, 1) * NS_PER_MS;
}

function takeSack(conn: TcpConn, packet: Packet): number {
  const blocks = packet.optSack;
  if (blocks === undefined || !conn.isSackOn) return 0;
  let count = 0;
  for (let index = 0; index + 1 < blocks.length; index += 2) {
    const left = positionOf(conn.iss, blocks[index] ?? 0, conn.sndUna);
    const right = positionOf(conn.iss, blocks[index + 1] ?? 0, conn.sndUna);
    if (left >= conn.sndUna && right <= conn.sndNxt)
      count += conn.rtx.sack(left, right, conn.ns.sim.nowNs());
  }
  return count;
}

/** State changes that an acknowledgment of our FIN brings, and what may go out now. */
function afterAck(conn: TcpConn): 'gone' | undefined {
  const isFinAcked = conn.isFinSent && conn.sndUna === conn.sndNxt;
  if (isFinAcked) {
    if (conn.state === 'LAST_ACK') {
      conn.finish(undefined);
      return 'gone';
    }
    if (conn.state === 'CLOSING') {
      conn.toTimeWait('TIME_WAIT');
      return 'gone';
    }
    if (conn.state === 'FIN_WAIT1') conn.state = 'FIN_WAIT2';
  }
  sendPending(conn);
  return conn.state === 'CLOSED' ? 'gone' : undefined;
}

/** Data and FIN of an acceptable segment. */
function takeData(conn: TcpConn, packet: Packet, position: number): DropReason | undefined {
  const lenBytes = packet.payload.lenBytes;
  const hasFin = (packet.tcpFlags & TcpFlag.fin) !== 0;
  if (lenBytes === 0 && !hasFin) {
    if (conn.isOrphan && conn.state === 'FIN_WAIT2') conn.toTimeWait('FIN_WAIT2');
    return undefined;
  }
  if (conn.isFinReceived) {
    sendAck(conn);
    return 'TCP_OLD_SEQUENCE';
  }
  const end = position + lenBytes;
  if (conn.isOrphan && end > conn.rcvNxt && lenBytes > 0) {
    // Nobody is left to read it (tcp_rcv_state_process: data after close).
    sendReset(conn);
    conn.finish(undefined);
    return 'TCP_ABORT_ON_DATA';
  }
  if (hasFin) conn.finAt = end;
  if (end > conn.rcvNxt && lenBytes > 0) {
    const overEdge = end - Math.max(conn.rcvEdge, conn.rcvNxt);
    if (overEdge >= lenBytes) {
      // A probe of a closed window: tell where we are.
      sendAck(conn);
      return 'TCP_OVERWINDOW';
    }
    if (position > conn.rcvNxt) {
      conn.ahead.insert(position, packet.payload);
      conn.unackedBytes = 0;
      sendAck(conn);
      return undefined;
    }
    conn.receiveInOrder(slicePayload(packet.payload, conn.rcvNxt - position));
    conn.unackedBytes += lenBytes;
    takeAhead(conn);
    conn.readable.notify();
  }
  if (conn.rcvNxt === conn.finAt) {
    receiveFin(conn);
    return undefined;
  }
  if (hasFin && position > conn.rcvNxt) sendAck(conn);
  acknowledge(conn);
  return undefined;
}

/** What had arrived ahead and now follows on. */
function takeAhead(conn: TcpConn): void {
  for (;;) {
    const payload = conn.ahead.takeAt(conn.rcvNxt);
    if (payload === undefined) return;
    conn.receiveInOrder(payload);
    conn.unackedBytes += conn.mssBytes + 1;
  }
}

function receiveFin(conn: TcpConn): void {
  conn.rcvNxt++;
  conn.isFinReceived = true;
  conn.unackedBytes = 0;
  sendAck(conn);
  switch (conn.state) {
    case 'SYN_RECV':
    case 'ESTABLISHED':
      conn.state = 'CLOSE_WAIT';
      break;
    case 'FIN_WAIT1':
      conn.state = 'CLOSING';
      break;
    case 'FIN_WAIT2':
      conn.toTimeWait('TIME_WAIT');
      break;
    case 'SYN_SENT':
    case 'CLOSE_WAIT':
    case 'CLOSING':
    case 'LAST_ACK':
    case 'CLOSED':
      break;
  }
  conn.readable.notify();
}
