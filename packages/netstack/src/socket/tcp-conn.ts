/**
 * One TCP connection: its state, and what a program may do with it.
 *
 * Segments come in through tcp-input.ts and go out through tcp-output.ts; tcp-timer.ts wakes it. As in
 * RFC 9293 and Linux; all places in the two streams are plain numbers (tcp-seq.ts).
 */
import type { Ip } from '@podwire/base';
import { type Proc, Signal, type Timer } from '@podwire/engine';
import { type Payload, concatPayloads } from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { SkbOwner } from '../skb.ts';
import type { Errno } from './errno.ts';
import type { SocketRow } from './socket-table.ts';
import { Congestion } from './tcp-congestion.ts';
import {
  MSS_DEFAULT,
  NEVER,
  QUICK_ACKS,
  RTO_INIT_NS,
  RTO_MAX_NS,
  RTO_MIN_NS,
  WINDOW_INIT_BYTES,
  WINDOW_MAX_BYTES,
  WINDOW_SCALE,
} from './tcp-constants.ts';
import type { TcpListener } from './tcp-listen.ts';
import { sendFin, sendPending, sendReset, sendWindowUpdate } from './tcp-output.ts';
import { ReassemblyQueue } from './tcp-reassembly.ts';
import { RtxQueue } from './tcp-rtx-queue.ts';
import { SendQueue } from './tcp-send-queue.ts';
import { seqOf } from './tcp-seq.ts';
import { SmallQueue } from './tcp-small-queue.ts';
import { type TcpEntry, tcpTable, timeWaitEndNs } from './tcp-table.ts';
import { runTimers } from './tcp-timer.ts';

export type TcpState =
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT1'
  | 'FIN_WAIT2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'CLOSED';

/** As ss prints the states. */
const SS_STATE: Readonly<Record<TcpState, string>> = {
  SYN_SENT: 'SYN-SENT',
  SYN_RECV: 'SYN-RECV',
  ESTABLISHED: 'ESTAB',
  FIN_WAIT1: 'FIN-WAIT-1',
  FIN_WAIT2: 'FIN-WAIT-2',
  CLOSE_WAIT: 'CLOSE-WAIT',
  CLOSING: 'CLOSING',
  LAST_ACK: 'LAST-ACK',
  CLOSED: 'UNCONN',
};

export interface Keepalive {
  readonly idleNs: number;
  readonly intervalNs: number;
  readonly count: number;
}

export class TcpConn implements SkbOwner {
  readonly kind = 'conn';
  readonly ns: NetNs;
  readonly localIp: Ip;
  readonly localPort: number;
  readonly remoteIp: Ip;
  readonly remotePort: number;
  /** Next connection of the same hash (tcp-table.ts). */
  chain: TcpEntry | undefined = undefined;
  state: TcpState;
  traceId: number;
  /** Shown by ss. */
  process: string | undefined = undefined;

  // What the program has still to learn.
  pendingError: Errno | undefined = undefined;
  /** An ICMP error about an established connection: told only when it dies of silence. */
  softError: Errno | undefined = undefined;
  /** The program closed it; what remains is the protocol's business. */
  isOrphan = false;
  /** Set until accept() hands it out. */
  listener: TcpListener | undefined = undefined;
  readonly readable: Signal = new Signal();
  readonly writable: Signal = new Signal();

  // Sending. Places: 0 = SYN, 1 = first byte.
  readonly iss: number;
  sndUna = 0;
  sndNxt = 0;
  sndWindowBytes = 0;
  /** Place of the segment that last told the window (SND.WL1). */
  sndWl1 = 0;
  /** Largest window the peer ever told: what half a window means for a sender. */
  sndWindowMaxBytes = 0;
  sndWscale = 0;
  /** Bytes of data per segment, options taken off. */
  mssBytes: number = MSS_DEFAULT;
  peerMssBytes: number = MSS_DEFAULT;
  readonly sendQueue: SendQueue = new SendQueue();
  readonly rtx: RtxQueue = new RtxQueue();
  readonly congestion: Congestion = new Congestion();
  isFinQueued = false;
  isFinSent = false;
  lastSendNs = 0;
  /** What of it waits at the host's NIC, once something did. */
  atNic: SmallQueue | undefined = undefined;
  /** Data stays here until some of that has left (TSQ_THROTTLED). */
  isThrottled = false;

  // Options agreed on.
  isSackOn = false;
  isTimestampsOn = false;
  isWscaleOn = false;
  readonly tsOffset: number;
  tsRecent = 0;

  // Receiving.
  irs = 0;
  rcvNxt = 0;
  rcvWindowBytes: number = WINDOW_INIT_BYTES;
  /** Right edge told to the peer: it never moves back. */
  rcvEdge = 0;
  #rcvQueue: Payload[] = [];
  rcvQueuedBytes = 0;
  readonly ahead: ReassemblyQueue = new ReassemblyQueue();
  /** Place of the peer's FIN, once seen. */
  finAt: number = NEVER;
  isFinReceived = false;
  #readSinceBytes = 0;
  #readSinceNs = 0;

  // Acknowledging.
  quickAcks: number = QUICK_ACKS;
  isPingpong = false;
  unackedBytes = 0;
  lastChallengeNs: number = Number.NEGATIVE_INFINITY;

  // Timers: deadlines, and one engine timer at or before the earliest (tcp-timer.ts).
  rtoAtNs: number = NEVER;
  persistAtNs: number = NEVER;
  delackAtNs: number = NEVER;
  keepaliveAtNs: number = NEVER;
  retries = 0;
  probes = 0;
  synSentAtNs = 0;
  keepalive: Keepalive | undefined = undefined;
  keepaliveProbes = 0;
  lastReceiveNs = 0;
  rtoNs: number = RTO_INIT_NS;
  /** Smoothed round-trip time, 0 = none yet. */
  srttNs = 0;
  #rttVarNs = 0;
  #timer: Timer | undefined = undefined;

  constructor(
    ns: NetNs,
    ends: { localIp: Ip; localPort: number; remoteIp: Ip; remotePort: number },
    state: TcpState,
    traceId: number,
  ) {
    this.ns = ns;
    this.localIp = ends.localIp;
    this.localPort = ends.localPort;
    this.remoteIp = ends.remoteIp;
    this.remotePort = ends.remotePort;
    this.state = state;
    this.traceId = traceId;
    const rng = ns.sim.rng('tcp');
    this.iss = rng.uint32();
    this.tsOffset = rng.uint32();
  }

  // ---- what a program calls ----

  /** Waits for the handshake: undefined = connected. */
  *connected(timeoutNs?: number): Proc<Errno | 'timeout' | undefined> {
    const deadlineNs = this.#deadline(timeoutNs);
    while (this.state === 'SYN_SENT' || this.state === 'SYN_RECV') {
      if ((yield* this.#waitFor(this.readable, deadlineNs)) === 'timeout') return 'timeout';
    }
    if (this.state !== 'CLOSED') return undefined;
    return this.#takeError() ?? (this.isFinReceived ? undefined : 'ECONNRESET');
  }

  /** Queues bytes; they go out as the windows allow. */
  send(payload: Payload): Errno | undefined {
    const error = this.#takeError();
    if (error !== undefined) return error;
    if (this.isFinQueued || this.isOrphan || this.state === 'CLOSED') return 'EPIPE';
    this.sendQueue.push(payload);
    if (this.state !== 'SYN_SENT' && this.state !== 'SYN_RECV') sendPending(this);
    return undefined;
  }

  /** Waits until all that was sent is acknowledged. */
  *drain(timeoutNs?: number): Proc<Errno | 'timeout' | undefined> {
    const deadlineNs = this.#deadline(timeoutNs);
    while (this.state !== 'CLOSED' && this.sndUna < this.sendQueue.end) {
      if ((yield* this.#waitFor(this.writable, deadlineNs)) === 'timeout') return 'timeout';
    }
    return this.state === 'CLOSED' && this.sndUna < this.sendQueue.end
      ? (this.#takeError() ?? 'EPIPE')
      : undefined;
  }

  /** Bytes that were sent by the program and not acknowledged yet. */
  get unsentBytes(): number {
    return this.sendQueue.end - Math.max(this.sndUna, 1);
  }

  /** All bytes that have come and were not read; waits for the first. */
  *read(timeoutNs?: number): Proc<Payload | 'eof' | 'timeout' | Errno> {
    const deadlineNs = this.#deadline(timeoutNs);
    for (;;) {
      const piece = this.tryRead();
      if (piece !== undefined) return piece;
      if ((yield* this.#waitFor(this.readable, deadlineNs)) === 'timeout') return 'timeout';
    }
  }

  /** As `read` without waiting; undefined when nothing has come. */
  tryRead(): Payload | 'eof' | Errno | undefined {
    const payload = this.takeReceived();
    if (payload !== undefined) return payload;
    const error = this.#takeError();
    if (error !== undefined) return error;
    return this.isFinReceived || this.state === 'CLOSED' ? 'eof' : undefined;
  }

  /** No more bytes from here: FIN behind what is queued (shutdown(SHUT_WR)). */
  closeWrite(): void {
    switch (this.state) {
      case 'SYN_SENT':
        this.finish(undefined);
        return;
      case 'SYN_RECV':
      case 'ESTABLISHED':
        this.state = 'FIN_WAIT1';
        break;
      case 'CLOSE_WAIT':
        this.state = 'LAST_ACK';
        break;
      case 'FIN_WAIT1':
      case 'FIN_WAIT2':
      case 'CLOSING':
      case 'LAST_ACK':
      case 'CLOSED':
        return;
    }
    this.isFinQueued = true;
    sendPending(this);
    sendFin(this);
  }

  /** Gives the connection up; unread bytes make it a reset (RFC 2525, 2.17). */
  close(): void {
    if (this.isOrphan) return;
    if (this.rcvQueuedBytes > 0) {
      this.abort();
      return;
    }
    this.isOrphan = true;
    this.keepaliveAtNs = NEVER;
    this.closeWrite();
    if (this.state === 'FIN_WAIT2') this.toTimeWait('FIN_WAIT2');
    this.readable.notify();
    this.writable.notify();
  }

  /** Ends it at once with a reset. */
  abort(): void {
    if (this.state === 'CLOSED') return;
    if (this.state !== 'SYN_SENT') sendReset(this);
    this.isOrphan = true;
    this.finish(undefined);
  }

  setKeepalive(keepalive: Keepalive | undefined): void {
    this.keepalive = keepalive;
    this.keepaliveProbes = 0;
    this.keepaliveAtNs = keepalive === undefined ? NEVER : this.ns.sim.nowNs() + keepalive.idleNs;
    this.arm();
  }

  row(): SocketRow {
    const row = {
      netid: 'tcp',
      state: SS_STATE[this.state],
      recvQ: this.rcvQueuedBytes,
      sendQ: Math.max(this.unsentBytes, 0),
      localIp: this.localIp,
      localPort: this.localPort,
      remoteIp: this.remoteIp,
      remotePort: this.remotePort,
    } as const;
    return this.process === undefined ? row : { ...row, process: this.process };
  }

  // ---- what the protocol calls ----

  /** Adds bytes that are in order. */
  receiveInOrder(payload: Payload): void {
    this.#rcvQueue.push(payload);
    this.rcvQueuedBytes += payload.lenBytes;
    this.rcvNxt += payload.lenBytes;
  }

  /** Takes what has come, without waiting. */
  takeReceived(): Payload | undefined {
    if (this.rcvQueuedBytes === 0) return undefined;
    const payload = concatPayloads(this.#rcvQueue);
    this.#rcvQueue = [];
    this.rcvQueuedBytes = 0;
    this.#growWindow(payload.lenBytes);
    if (this.state !== 'CLOSED' && !this.isFinReceived) sendWindowUpdate(this);
    return payload;
  }

  /** Free receive window right now. */
  get freeWindowBytes(): number {
    return Math.max(this.rcvWindowBytes - this.rcvQueuedBytes, 0);
  }

  /** Takes a round-trip time (RFC 6298 with the kernel's least variation). */
  sampleRtt(rttNs: number): void {
    if (this.srttNs === 0) {
      this.srttNs = Math.max(rttNs, 1);
      this.#rttVarNs = Math.floor(rttNs / 2);
    } else {
      const delta = Math.abs(this.srttNs - rttNs);
      this.#rttVarNs = Math.floor((3 * this.#rttVarNs + delta) / 4);
      this.srttNs = Math.max(Math.floor((7 * this.srttNs + rttNs) / 8), 1);
    }
    const marginNs = Math.max(4 * this.#rttVarNs, RTO_MIN_NS);
    this.rtoNs = Math.min(this.srttNs + marginNs, RTO_MAX_NS);
  }

  /** The connection is over: `error` is what the program learns next. */
  finish(error: Errno | undefined): void {
    if (this.state === 'CLOSED') return;
    this.state = 'CLOSED';
    if (!this.isOrphan) this.pendingError = error ?? this.pendingError;
    tcpTable(this.ns).remove(this);
    this.#release();
  }

  /** Leaves a record behind that answers for this connection (tcp_time_wait()). */
  toTimeWait(substate: 'FIN_WAIT2' | 'TIME_WAIT'): void {
    const table = tcpTable(this.ns);
    this.state = 'CLOSED';
    table.remove(this);
    table.addTimeWait({
      kind: 'time-wait',
      localIp: this.localIp,
      localPort: this.localPort,
      remoteIp: this.remoteIp,
      remotePort: this.remotePort,
      chain: undefined,
      substate,
      sndNxtSeq: seqOf(this.iss, this.sndNxt),
      rcvNxtSeq: seqOf(this.irs, this.rcvNxt),
      windowField: this.freeWindowBytes >>> (this.isWscaleOn ? WINDOW_SCALE : 0),
      tsOffset: this.isTimestampsOn ? this.tsOffset : -1,
      tsRecent: this.tsRecent,
      expiresAtNs: timeWaitEndNs(this.ns),
      traceId: this.traceId,
    });
    this.#release();
  }

  onQueued(lenBytes: number, leavesNs: number): void {
    if (leavesNs <= this.ns.sim.nowNs()) return;
    this.atNic ??= new SmallQueue();
    this.atNic.push(lenBytes, leavesNs);
  }

  /** Sees to it that the engine wakes this connection at its earliest deadline. */
  arm(): void {
    const atNs = Math.min(this.rtoAtNs, this.persistAtNs, this.delackAtNs, this.keepaliveAtNs);
    if (atNs === NEVER || this.state === 'CLOSED') return;
    if (this.#timer !== undefined) {
      if (this.#timer.isPending && this.#timer.atNs <= atNs) return;
      this.#timer.cancel();
    }
    this.#timer = this.ns.sim.after(Math.max(atNs - this.ns.sim.nowNs(), 0), () => {
      this.#timer = undefined;
      runTimers(this);
    });
  }

  #release(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.rtx.clear();
    this.ahead.clear();
    if (this.sndUna < this.sendQueue.end) this.sendQueue.clear();
    this.listener?.onConnectionGone(this);
    this.listener = undefined;
    this.readable.notify();
    this.writable.notify();
  }

  #takeError(): Errno | undefined {
    const error = this.pendingError;
    this.pendingError = undefined;
    return error;
  }

  /** The window doubles while the program reads more than one window per round trip (tcp_rcv_space_adjust). */
  #growWindow(lenBytes: number): void {
    this.#readSinceBytes += lenBytes;
    const nowNs = this.ns.sim.nowNs();
    if (nowNs - this.#readSinceNs < this.srttNs) return;
    if (this.#readSinceBytes * 2 > this.rcvWindowBytes) {
      this.rcvWindowBytes = Math.min(
        Math.max(this.#readSinceBytes * 2, this.rcvWindowBytes),
        WINDOW_MAX_BYTES,
      );
    }
    this.#readSinceBytes = 0;
    this.#readSinceNs = nowNs;
  }

  #deadline(timeoutNs: number | undefined): number | undefined {
    return timeoutNs === undefined ? undefined : this.ns.sim.nowNs() + timeoutNs;
  }

  *#waitFor(signal: Signal, deadlineNs: number | undefined): Proc<'signal' | 'timeout'> {
    if (deadlineNs === undefined) return yield* signal.wait();
    const leftNs = deadlineNs - this.ns.sim.nowNs();
    return leftNs <= 0 ? 'timeout' : yield* signal.wait(leftNs);
  }
}
