/**
 * Moves a TCP entry on by one segment (nf_conntrack_tcp_packet).
 *
 * Not modelled: the window check (tcp_in_window); a segment outside the window is not INVALID. What the
 * check remembers for timeouts and for judging resets is kept.
 */
import { type Packet, TcpFlag } from '@podwire/wire';
import { type CtEntry, CtStatus, type TcpSeen } from './entry.ts';
import { TcpIndex, TcpState, nextTcpState, tcpIndex } from './tcp-state.ts';
import type { CtConf } from './timeout.ts';

/** `repeat`: the entry was an old connection's and is to be killed; look up again. */
export type TrackResult = 'accept' | 'invalid' | 'repeat' | 'kill';

/** Flag sets that a TCP may send (tcp_valid_flags), PSH, ECE and CWR left out. */
const VALID_FLAGS: ReadonlySet<number> = new Set([
  TcpFlag.syn,
  TcpFlag.syn | TcpFlag.urg,
  TcpFlag.syn | TcpFlag.ack,
  TcpFlag.rst,
  TcpFlag.rst | TcpFlag.ack,
  TcpFlag.fin | TcpFlag.ack,
  TcpFlag.fin | TcpFlag.ack | TcpFlag.urg,
  TcpFlag.ack,
  TcpFlag.ack | TcpFlag.urg,
]);

export function trackTcp(
  ct: CtEntry,
  packet: Packet,
  isReply: boolean,
  nowNs: number,
  conf: CtConf,
): TrackResult {
  if (!VALID_FLAGS.has(packet.tcpFlags & ~TcpFlag.psh & 0x3f)) return 'invalid';
  const index = tcpIndex(packet);
  if (!ct.isConfirmed && !startTcp(ct, packet, index, conf)) return 'invalid';
  const tcp = ct.tcp;
  if (tcp === undefined) return 'invalid';
  const sender = isReply ? tcp.reply : tcp.orig;
  const receiver = isReply ? tcp.orig : tcp.reply;
  const old = tcp.state;
  let next = nextTcpState(isReply, index, old);

  if (next === TcpState.invalid) return 'invalid';
  if (next === TcpState.synSent && old >= TcpState.timeWait) {
    const wasAborted = tcp.lastReply === isReply && tcp.lastIndex === TcpIndex.rst;
    if (sender.didCloseFirst || receiver.didCloseFirst || wasAborted) return 'repeat';
    next = TcpState.ignore;
  }
  if (next === TcpState.ignore) {
    const answersIgnoredSyn =
      index === TcpIndex.synAck &&
      tcp.lastIndex === TcpIndex.syn &&
      tcp.lastReply !== isReply &&
      packet.ack === tcp.lastEnd;
    if (!answersIgnoredSyn) {
      noteIgnored(ct, packet, index, isReply);
      return 'accept';
    }
    // Both ends are in step and the entry is not: get in step from what was noted.
    receiver.end = tcp.lastEnd;
    receiver.didCloseFirst = false;
    receiver.hasUnackedData = false;
    Object.assign(sender, newSeen());
    tcp.expectsChallengeAck = false;
    next = TcpState.synRecv;
  } else if (next === TcpState.timeWait) {
    const isChallenge =
      old === TcpState.lastAck &&
      index === TcpIndex.ack &&
      tcp.lastReply !== isReply &&
      tcp.lastIndex === TcpIndex.syn &&
      tcp.expectsChallengeAck;
    if (isChallenge) {
      tcp.expectsChallengeAck = false;
      return 'accept';
    }
  } else if (next === TcpState.synSent2) {
    tcp.isSimultaneousOpen = true;
  } else if (next === TcpState.synRecv) {
    if (isReply && index === TcpIndex.ack && tcp.isSimultaneousOpen) next = TcpState.established;
  } else if (next === TcpState.close && index === TcpIndex.rst) {
    const judged = judgeReset(ct, packet, isReply, conf);
    if (judged === 'invalid') return 'invalid';
    if (judged === 'keep') next = old;
  }

  noteInWindow(ct, packet, index, isReply);
  tcp.lastIndex = index;
  tcp.lastReply = isReply;
  tcp.state = next;
  if (old !== next && next === TcpState.finWait) sender.didCloseFirst = true;
  return refreshTcp(ct, index, old, next, nowNs, conf);
}

/** First segment of an entry (tcp_new): only a SYN, or an ACK where loose pickup is allowed. */
function startTcp(ct: CtEntry, packet: Packet, index: number, conf: CtConf): boolean {
  const next = nextTcpState(false, index, TcpState.none);
  if (next >= TcpState.invalid) return false;
  if (next !== TcpState.synSent && !conf.isLoose) return false;
  if (ct.tcp !== undefined) return true;
  ct.tcp = {
    state: TcpState.none,
    lastReply: false,
    lastIndex: TcpIndex.none,
    lastSeq: 0,
    lastAck: 0,
    lastEnd: 0,
    lastWindow: packet.window,
    retransCount: 0,
    expectsChallengeAck: false,
    isSimultaneousOpen: false,
    orig: newSeen(),
    reply: newSeen(),
  };
  ct.tcp.orig.end = segmentEnd(packet);
  return true;
}

function newSeen(): TcpSeen {
  return { end: 0, hasUnackedData: false, maxAck: 0, hasMaxAck: false, didCloseFirst: false };
}

function noteIgnored(ct: CtEntry, packet: Packet, index: number, isReply: boolean): void {
  const tcp = ct.tcp;
  if (tcp === undefined) return;
  tcp.lastIndex = index;
  tcp.lastReply = isReply;
  tcp.lastSeq = packet.seq;
  tcp.lastEnd = segmentEnd(packet);
  tcp.lastWindow = packet.window;
  if (index === TcpIndex.syn && !isReply) {
    tcp.expectsChallengeAck = tcp.state === TcpState.lastAck;
  }
  if (tcp.state === TcpState.synSent && index === TcpIndex.ack && isReply) tcp.lastAck = packet.ack;
}

/** `keep`: the reset does not match exactly, so a challenge ACK may still save the connection. */
function judgeReset(
  ct: CtEntry,
  packet: Packet,
  isReply: boolean,
  conf: CtConf,
): 'close' | 'keep' | 'invalid' {
  const tcp = ct.tcp;
  if (tcp === undefined) return 'invalid';
  const isClosing = tcp.state >= TcpState.finWait && tcp.state <= TcpState.close;
  if (isClosing) return 'close';
  const receiver = isReply ? tcp.orig : tcp.reply;
  if (!receiver.hasMaxAck || tcp.lastIndex === TcpIndex.syn) return 'close';
  const isEstablished = tcp.state === TcpState.established;
  if (packet.seq === 0 && !isEstablished) return 'close';
  if (isBefore(packet.seq, receiver.maxAck) && !conf.ignoresInvalidRst) return 'invalid';
  if (!isEstablished || packet.seq === receiver.maxAck) return 'close';
  const isPartOfTrain =
    tcp.lastIndex === TcpIndex.ack && tcp.lastReply === isReply && packet.seq === tcp.lastEnd;
  return isPartOfTrain ? 'close' : 'keep';
}

/** What the end of tcp_in_window remembers. */
function noteInWindow(ct: CtEntry, packet: Packet, index: number, isReply: boolean): void {
  const tcp = ct.tcp;
  if (tcp === undefined) return;
  const sender = isReply ? tcp.reply : tcp.orig;
  const receiver = isReply ? tcp.orig : tcp.reply;
  const end = segmentEnd(packet);
  if (sender.end === 0 || (index === TcpIndex.syn && tcp.state <= TcpState.synRecv)) {
    sender.end = end;
  }
  const hasAck = (packet.tcpFlags & TcpFlag.ack) !== 0;
  if (hasAck && (!sender.hasMaxAck || isBefore(sender.maxAck, packet.ack))) {
    sender.maxAck = packet.ack;
    sender.hasMaxAck = true;
  }
  if (isBefore(sender.end, end)) {
    sender.end = end;
    sender.hasUnackedData = true;
  }
  if (hasAck && packet.ack === receiver.end) receiver.hasUnackedData = false;
  if (index !== TcpIndex.ack) {
    tcp.lastWindow = packet.window;
    return;
  }
  const isRepeat =
    tcp.lastReply === isReply &&
    tcp.lastSeq === packet.seq &&
    tcp.lastAck === packet.ack &&
    tcp.lastEnd === end &&
    tcp.lastWindow === packet.window;
  tcp.retransCount = isRepeat ? tcp.retransCount + 1 : 0;
  tcp.lastSeq = packet.seq;
  tcp.lastAck = packet.ack;
  tcp.lastEnd = end;
  tcp.lastWindow = packet.window;
}

function refreshTcp(
  ct: CtEntry,
  index: number,
  old: number,
  next: number,
  nowNs: number,
  conf: CtConf,
): TrackResult {
  const tcp = ct.tcp;
  if (tcp === undefined) return 'invalid';
  let timeoutNs = conf.tcpNs[next] ?? 0;
  const hasUnacked = tcp.orig.hasUnackedData || tcp.reply.hasUnackedData;
  if (tcp.retransCount >= conf.maxRetransCount && timeoutNs > conf.retransNs) {
    timeoutNs = conf.retransNs;
  } else if (index === TcpIndex.rst) {
    timeoutNs = conf.tcpNs[TcpState.close] ?? 0;
  } else if (hasUnacked && timeoutNs > conf.unackedNs) {
    timeoutNs = conf.unackedNs;
  } else if (tcp.lastWindow === 0 && timeoutNs > conf.retransNs) {
    timeoutNs = conf.retransNs;
  }
  if (!ct.hasSeenReply) {
    if (index === TcpIndex.rst) return 'kill';
    if (index === TcpIndex.syn && old === TcpState.synSent) return 'accept';
    if (next === TcpState.established && timeoutNs > conf.unackedNs) timeoutNs = conf.unackedNs;
  } else if (
    !ct.isAssured &&
    (old === TcpState.synRecv || old === TcpState.established) &&
    next === TcpState.established
  ) {
    ct.status |= CtStatus.assured;
  }
  ct.expiresAtNs = nowNs + timeoutNs;
  return 'accept';
}

function segmentEnd(packet: Packet): number {
  const syn = (packet.tcpFlags & TcpFlag.syn) === 0 ? 0 : 1;
  const fin = (packet.tcpFlags & TcpFlag.fin) === 0 ? 0 : 1;
  return (packet.seq + packet.payload.lenBytes + syn + fin) >>> 0;
}

function isBefore(left: number, right: number): boolean {
  return ((left - right) | 0) < 0;
}
