/**
 * Makes segments and hands them to the IP layer.
 *
 * From: tcp-conn.ts (a program sends or reads), tcp-input.ts (acknowledgments), tcp-timer.ts.
 * To:   ns.output() in ip/local-out.ts.
 */
import { NS_PER_MS } from '@podwire/base';
import { traceOf } from '@podwire/trace';
import { EMPTY_PAYLOAD, type Packet, type Payload, TcpFlag } from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { Errno } from './errno.ts';
import type { TcpConn } from './tcp-conn.ts';
import {
  DELACK_NS,
  GSO_MAX_BYTES,
  INVALID_RATELIMIT_NS,
  MSS_MIN,
  NEVER,
  PACING_SHIFT,
  RTO_MAX_NS,
  TIMESTAMPS_LEN_BYTES,
  TSO_RTT_LOG,
  TSO_SEGMENTS_MIN,
  WINDOW_SCALE,
} from './tcp-constants.ts';
import { newTcpPacket, routeMtuBytes, sendPacket, tcpHeadersLenBytes } from './tcp-io.ts';
import type { RtxSegment } from './tcp-rtx-queue.ts';
import { seqOf } from './tcp-seq.ts';
import { isThrottled, pacingRate } from './tcp-small-queue.ts';
import type { TimeWait } from './tcp-table.ts';

/** Sends (or repeats) the SYN, or the SYN-ACK of a passive opening. */
export function sendSyn(conn: TcpConn): Errno | undefined {
  const packet = newSegment(conn, 0, TcpFlag.syn);
  const mss =
    routeMtuBytes(conn.ns, conn.localIp, conn.remoteIp) - tcpHeadersLenBytes(conn.remoteIp);
  packet.optMss = mss;
  if (conn.state === 'SYN_SENT') {
    packet.optSackOk = true;
    packet.optWscale = WINDOW_SCALE;
    stampTime(conn, packet);
    packet.optTsEcr = 0;
  } else {
    packet.tcpFlags |= TcpFlag.ack;
    packet.ack = seqOf(conn.irs, conn.rcvNxt);
    packet.optSackOk = conn.isSackOn;
    if (conn.isWscaleOn) packet.optWscale = WINDOW_SCALE;
    if (conn.isTimestampsOn) stampTime(conn, packet);
  }
  // The window of a SYN is never scaled.
  packet.window = Math.min(conn.rcvWindowBytes, 0xffff);
  conn.rcvEdge = Math.max(conn.rcvEdge, conn.rcvNxt + packet.window);
  conn.sndNxt = Math.max(conn.sndNxt, 1);
  return sendPacket(conn.ns, packet);
}

/** Data bytes per segment: what the peer takes and what the route takes, options taken off. */
export function syncMss(conn: TcpConn): void {
  const route = routeMtuBytes(conn.ns, conn.localIp, conn.remoteIp);
  const bytes = Math.min(conn.peerMssBytes, route - tcpHeadersLenBytes(conn.remoteIp));
  const options = conn.isTimestampsOn ? TIMESTAMPS_LEN_BYTES : 0;
  conn.mssBytes = Math.max(bytes - options, MSS_MIN);
}

/** Sends what the windows allow: first what is lost, then what is new; then the FIN. */
export function sendPending(conn: TcpConn): void {
  if (conn.state === 'SYN_SENT' || conn.state === 'SYN_RECV' || conn.state === 'CLOSED') return;
  resendLost(conn);
  restartAfterIdle(conn);
  const { rtx, congestion, sendQueue } = conn;
  const firstNew = conn.sndNxt;
  const segmentsMax = conn.sndNxt < sendQueue.end ? tsoSegments(conn) : 0;
  while (conn.sndNxt < sendQueue.end && rtx.inFlight < congestion.cwnd) {
    const start = conn.sndNxt;
    const end = endOfNext(conn, Math.min(segmentsMax, congestion.cwnd - rtx.inFlight));
    if (end <= start || isThrottled(conn, end - start, 1, resume)) break;
    conn.sndNxt = end;
    congestion.onTransmit(rtx.push(start, end, conn.mssBytes, conn.ns.sim.nowNs()));
    if (!sendData(conn, start, end)) return;
  }
  if (conn.sndNxt > firstNew) {
    const isLimiting = rtx.inFlight >= congestion.cwnd;
    congestion.onSent(rtx.packetsOut, isLimiting, conn.sndUna, conn.sndNxt);
  }
  if (conn.isFinQueued) sendFin(conn);
  if (rtx.packetsOut > 0) {
    conn.persistAtNs = NEVER;
    if (conn.rtoAtNs === NEVER) restartRto(conn);
  } else if (conn.sndNxt < sendQueue.end && conn.persistAtNs === NEVER) {
    armPersist(conn);
  }
  conn.arm();
}

/** Some of its data has left the NIC: on with the rest (tcp_tsq_handler). */
function resume(conn: TcpConn): void {
  conn.isThrottled = false;
  sendPending(conn);
}

/** Where the next packet of new data ends, of at most so many segments; where it begins when none may go out. */
function endOfNext(conn: TcpConn, segments: number): number {
  const { sendQueue, mssBytes, sndNxt } = conn;
  const windowEnd = conn.sndUna + conn.sndWindowBytes;
  const end = Math.min(sndNxt + segments * mssBytes, sendQueue.end, windowEnd);
  if (end < windowEnd || end === sendQueue.end) return end;
  // Cut by the window: whole segments first (tcp_mss_split_point).
  const lenBytes = end - sndNxt;
  if (lenBytes >= mssBytes) return end - (lenBytes % mssBytes);
  // Sender side of silly window avoidance: no small segment only because the window is small.
  const isSilly = lenBytes < conn.sndWindowMaxBytes / 2 && conn.rtx.packetsOut > 0;
  return isSilly ? sndNxt : end;
}

/**
 * Most segments of one packet (tcp_tso_autosize, tcp_cwnd_test): what the pacing rate sends in a millisecond, more
 * over short round trips, and never more than half of the congestion window.
 */
function tsoSegments(conn: TcpConn): number {
  const { mssBytes, srttNs, congestion } = conn;
  const most = Math.max(Math.floor(GSO_MAX_BYTES / mssBytes), 1);
  const half = Math.max(congestion.cwnd >>> 1, 1);
  if (srttNs === 0) return Math.min(most, half);
  const shift = Math.floor(Math.min(conn.rtx.minRttNs, srttNs) / 1000) >>> TSO_RTT_LOG;
  const nearBytes = shift < 32 ? GSO_MAX_BYTES >>> shift : 0;
  const paced = Math.floor((pacingRate(conn) / 2 ** PACING_SHIFT + nearBytes) / mssBytes);
  return Math.min(Math.max(paced, TSO_SEGMENTS_MIN), most, half);
}

/** The FIN, once all data went out. */
export function sendFin(conn: TcpConn): void {
  if (conn.isFinSent || conn.state === 'CLOSED' || conn.sndNxt < conn.sendQueue.end) return;
  if (conn.sndUna === 0) return;
  conn.isFinSent = true;
  const start = conn.sndNxt;
  conn.sndNxt = start + 1;
  conn.rtx.push(start, start + 1, 1, conn.ns.sim.nowNs());
  const packet = newSegment(conn, start, TcpFlag.fin | TcpFlag.ack);
  finishAck(conn, packet);
  sendPacket(conn.ns, packet);
  if (conn.rtoAtNs === NEVER) restartRto(conn);
  conn.arm();
}

/** Sends one segment of the retransmission queue again. */
export function resend(conn: TcpConn, segment: RtxSegment): void {
  conn.rtx.sentAgain(segment, conn.ns.sim.nowNs());
  if (segment.end - segment.start > conn.mssBytes) {
    conn.rtx.refragment(conn.mssBytes);
    resendLost(conn);
    return;
  }
  sendData(conn, segment.start, segment.end);
}

/** Sends what is marked lost, as far as the congestion window allows. */
export function resendLost(conn: TcpConn): void {
  for (;;) {
    if (conn.state === 'CLOSED' || conn.rtx.inFlight >= conn.congestion.cwnd) return;
    const segment = conn.rtx.nextLost();
    if (segment === undefined) return;
    if (isThrottled(conn, segment.end - segment.start, 2, resume)) return;
    conn.congestion.onTransmit(1);
    resend(conn, segment);
  }
}

/** A pure acknowledgment. */
export function sendAck(conn: TcpConn): void {
  const packet = newSegment(conn, conn.sndNxt, TcpFlag.ack);
  finishAck(conn, packet);
  sendPacket(conn.ns, packet);
}

/** Answers a doubtful segment, at most every half second (RFC 5961). */
export function sendChallengeAck(conn: TcpConn): void {
  const nowNs = conn.ns.sim.nowNs();
  if (nowNs - conn.lastChallengeNs < INVALID_RATELIMIT_NS) return;
  conn.lastChallengeNs = nowNs;
  sendAck(conn);
}

/** Acknowledges received data now or, when the program may answer soon, later. */
export function acknowledge(conn: TcpConn): void {
  if (conn.unackedBytes === 0) return;
  const isQuick = conn.quickAcks > 0 && !conn.isPingpong;
  if (conn.unackedBytes > conn.mssBytes || isQuick || !conn.ahead.isEmpty) {
    if (conn.quickAcks > 0) conn.quickAcks--;
    sendAck(conn);
    return;
  }
  if (conn.delackAtNs === NEVER) {
    conn.delackAtNs = conn.ns.sim.nowNs() + DELACK_NS;
    conn.arm();
  }
}

/** Tells the peer that the program has read, when the window opened by two segments or twofold. */
export function sendWindowUpdate(conn: TcpConn): void {
  const toldBytes = conn.rcvEdge - conn.rcvNxt;
  const freeBytes = conn.freeWindowBytes;
  if (toldBytes * 2 <= conn.rcvWindowBytes && freeBytes >= 2 * Math.max(toldBytes, conn.mssBytes)) {
    sendAck(conn);
  }
}

/** A keepalive or zero-window probe: an old place, no data; the peer answers with an ACK. */
export function sendProbe(conn: TcpConn): void {
  const packet = newSegment(conn, conn.sndUna - 1, TcpFlag.ack);
  finishAck(conn, packet);
  sendPacket(conn.ns, packet);
}

/** Resets the connection from this side. */
export function sendReset(conn: TcpConn): void {
  const packet = newSegment(conn, conn.sndNxt, TcpFlag.rst | TcpFlag.ack);
  packet.ack = seqOf(conn.irs, conn.rcvNxt);
  packet.window = 0;
  sendPacket(conn.ns, packet);
}

/** Answers a segment that nobody wants with a reset (tcp_v4_send_reset). */
export function sendResetFor(ns: NetNs, segment: Packet): void {
  if ((segment.tcpFlags & TcpFlag.rst) !== 0) return;
  const packet = newTcpPacket(ns, segment.dst, segment.dstPort, segment.src, segment.srcPort);
  packet.traceId = traceOf(segment.traceId);
  packet.tcpFlags = TcpFlag.rst;
  if ((segment.tcpFlags & TcpFlag.ack) !== 0) {
    packet.seq = segment.ack;
  } else {
    const synFin = (segment.tcpFlags & TcpFlag.syn) + (segment.tcpFlags & TcpFlag.fin);
    packet.tcpFlags |= TcpFlag.ack;
    packet.ack = (segment.seq + segment.payload.lenBytes + (synFin > 0 ? 1 : 0)) % 0x100000000;
  }
  sendPacket(ns, packet);
}

/** An acknowledgment out of TIME_WAIT or FIN_WAIT2 without a program. */
export function sendTimeWaitAck(ns: NetNs, entry: TimeWait): void {
  const packet = newTcpPacket(ns, entry.localIp, entry.localPort, entry.remoteIp, entry.remotePort);
  packet.traceId = entry.traceId;
  packet.tcpFlags = TcpFlag.ack;
  packet.seq = entry.sndNxtSeq;
  packet.ack = entry.rcvNxtSeq;
  packet.window = Math.min(entry.windowField, 0xffff);
  if (entry.tsOffset >= 0) {
    packet.optTsVal = timestampMs(ns, entry.tsOffset);
    packet.optTsEcr = entry.tsRecent;
  }
  sendPacket(ns, packet);
}

/** Sets the retransmission timer anew, with the present back-off. */
export function restartRto(conn: TcpConn): void {
  conn.rtoAtNs = conn.ns.sim.nowNs() + backoffNs(conn, conn.retries);
}

/** Sets the zero-window timer. */
export function armPersist(conn: TcpConn): void {
  conn.persistAtNs = conn.ns.sim.nowNs() + backoffNs(conn, conn.probes);
}

function backoffNs(conn: TcpConn, times: number): number {
  return Math.min(conn.rtoNs * 2 ** Math.min(times, 20), RTO_MAX_NS);
}

/** Sends the places [start, end) of the stream; false when the path takes less and pieces went out instead. */
function sendData(conn: TcpConn, start: number, end: number): boolean {
  const dataEnd = Math.min(end, conn.sendQueue.end);
  const payload: Payload = conn.sendQueue.slice(start, dataEnd);
  let flags = TcpFlag.ack;
  if (payload.lenBytes > 0 && dataEnd === conn.sendQueue.end) flags |= TcpFlag.psh;
  if (end > dataEnd) flags |= TcpFlag.fin;
  const packet = newSegment(conn, start, flags);
  packet.payload = payload;
  if (payload.lenBytes > conn.mssBytes) packet.gsoSizeBytes = conn.mssBytes;
  if (payload.lenBytes > 0 && conn.unackedBytes > 0) conn.isPingpong = true;
  finishAck(conn, packet);
  conn.lastSendNs = conn.ns.sim.nowNs();
  if (sendPacket(conn.ns, packet, conn) !== 'EMSGSIZE') return true;
  const before = conn.mssBytes;
  syncMss(conn);
  if (conn.mssBytes >= before) return true;
  conn.rtx.refragment(conn.mssBytes, start);
  if (conn.rtoAtNs === NEVER) restartRto(conn);
  resendLost(conn);
  conn.arm();
  return false;
}

/** After longer than a timeout without sending, the window gets smaller (tcp_slow_start_after_idle_check). */
function restartAfterIdle(conn: TcpConn): void {
  if (conn.rtx.packetsOut > 0 || conn.sndNxt >= conn.sendQueue.end) return;
  const idleNs = conn.ns.sim.nowNs() - conn.lastSendNs;
  const { sysctl } = conn.ns;
  if (idleNs > conn.rtoNs && sysctl.getNumber('net.ipv4.tcp_slow_start_after_idle') !== 0) {
    conn.congestion.onIdle(idleNs, conn.rtoNs);
  }
  conn.congestion.onResume(Math.floor(idleNs / NS_PER_MS));
}

function newSegment(conn: TcpConn, position: number, flags: number): Packet {
  const packet = newTcpPacket(
    conn.ns,
    conn.localIp,
    conn.localPort,
    conn.remoteIp,
    conn.remotePort,
  );
  packet.traceId = conn.traceId;
  packet.seq = seqOf(conn.iss, position);
  packet.tcpFlags = flags;
  packet.payload = EMPTY_PAYLOAD;
  return packet;
}

/** Fills in acknowledgment, window and options, and forgets that one was due. */
function finishAck(conn: TcpConn, packet: Packet): void {
  packet.ack = seqOf(conn.irs, conn.rcvNxt);
  packet.window = windowField(conn);
  if (conn.isTimestampsOn) stampTime(conn, packet);
  if (conn.isSackOn && !conn.ahead.isEmpty) {
    packet.optSack = conn.ahead
      .blocks()
      .flatMap(([left, right]) => [seqOf(conn.irs, left), seqOf(conn.irs, right)]);
  }
  conn.unackedBytes = 0;
  conn.delackAtNs = NEVER;
}

/** The window to tell: never less than told before (RFC 9293, 3.8.6.2.1), in units of the scale. */
function windowField(conn: TcpConn): number {
  const shift = conn.isWscaleOn ? WINDOW_SCALE : 0;
  const toldBytes = Math.max(conn.rcvEdge - conn.rcvNxt, 0);
  let bytes = conn.freeWindowBytes;
  // Receiver side of silly window avoidance: a window below one segment is told as closed.
  if (bytes < Math.min(conn.mssBytes, conn.rcvWindowBytes / 2)) bytes = 0;
  const field = Math.min(Math.max(bytes, toldBytes) >>> shift, 0xffff);
  conn.rcvEdge = Math.max(conn.rcvEdge, conn.rcvNxt + field * 2 ** shift);
  return field;
}

function stampTime(conn: TcpConn, packet: Packet): void {
  packet.optTsVal = timestampMs(conn.ns, conn.tsOffset);
  packet.optTsEcr = conn.tsRecent;
}

/** The millisecond clock of the timestamps option, from an offset of the connection's own. */
export function timestampMs(ns: NetNs, offset: number): number {
  return (Math.floor(ns.sim.nowNs() / NS_PER_MS) + offset) % 0x100000000;
}
