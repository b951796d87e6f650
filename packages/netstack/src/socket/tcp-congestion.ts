/**
 * Congestion control: slow start and Reno, with the kernel's states and its proportional rate reduction.
 *
 * All in segments. Not modelled: CUBIC, RACK, tail loss probe (docs/fidelity.md).
 */
import { DUP_THRESHOLD, INIT_CWND, SSTHRESH_INFINITE } from './tcp-constants.ts';
import type { RtxQueue } from './tcp-rtx-queue.ts';

/** tcp_ca_state. */
export type CaState = 'open' | 'recovery' | 'loss';

export class Congestion {
  state: CaState = 'open';
  cwnd: number = INIT_CWND;
  ssthresh: number = SSTHRESH_INFINITE;
  /** Place that must be acknowledged before the state is `open` again. */
  #highPosition = 0;
  #grown = 0;
  #priorCwnd = 0;
  #prrDelivered = 0;
  #prrOut = 0;
  #dupAcks = 0;

  /**
   * Judges an acknowledgment. `acked`: segments that left the queue; `sacked`: newly sacked ones;
   * `isDuplicate`: it moved nothing while data is under way. `sndNxt` = highest place sent.
   */
  onAck(
    queue: RtxQueue,
    ack: {
      acked: number;
      sacked: number;
      isDuplicate: boolean;
      isSackOn: boolean;
      una: number;
      sndNxt: number;
    },
  ): void {
    this.#dupAcks = ack.isDuplicate ? this.#dupAcks + 1 : ack.acked > 0 ? 0 : this.#dupAcks;
    if (this.state !== 'open' && ack.una >= this.#highPosition) {
      if (this.state === 'recovery') this.cwnd = this.ssthresh;
      this.state = 'open';
    }
    if (ack.isSackOn) {
      if (ack.sacked > 0) queue.markLostBySack();
    } else if (this.#dupAcks === DUP_THRESHOLD || (this.state === 'recovery' && ack.acked > 0)) {
      queue.markHeadLost();
    }
    if (this.state === 'open' && queue.lostOut > 0) this.#enterRecovery(queue, ack.sndNxt);
    if (this.state === 'recovery') this.#reduce(queue, ack.acked + ack.sacked);
    else if (ack.acked > 0) this.#grow(ack.acked);
  }

  /** A retransmission timer ran out. */
  onTimeout(queue: RtxQueue, sndNxt: number): void {
    if (this.state !== 'loss') {
      this.ssthresh = Math.max(Math.floor(this.cwnd / 2), 2);
      this.#highPosition = sndNxt;
    }
    queue.markAllLost();
    this.state = 'loss';
    this.cwnd = 1;
    this.#dupAcks = 0;
  }

  /** A lost segment went out again. */
  onRetransmit(): void {
    if (this.state === 'recovery') this.#prrOut++;
  }

  /** A connection that was idle for longer than a timeout starts again slowly (RFC 2861). */
  onIdle(): void {
    this.cwnd = Math.min(this.cwnd, INIT_CWND);
  }

  #enterRecovery(queue: RtxQueue, sndNxt: number): void {
    this.state = 'recovery';
    this.#highPosition = sndNxt;
    this.#priorCwnd = this.cwnd;
    this.ssthresh = Math.max(Math.floor(this.cwnd / 2), 2);
    this.#prrDelivered = 0;
    this.#prrOut = 0;
    this.cwnd = queue.inFlight + 1;
  }

  /** tcp_cwnd_reduction(). */
  #reduce(queue: RtxQueue, delivered: number): void {
    if (delivered <= 0) return;
    this.#prrDelivered += delivered;
    const delta = this.ssthresh - queue.inFlight;
    const wanted =
      delta < 0
        ? Math.ceil((this.ssthresh * this.#prrDelivered) / this.#priorCwnd) - this.#prrOut
        : Math.min(delta, Math.max(this.#prrDelivered - this.#prrOut, delivered) + 1);
    this.cwnd = queue.inFlight + Math.max(wanted, this.#prrOut === 0 ? 1 : 0);
  }

  #grow(acked: number): void {
    let left = acked;
    if (this.cwnd < this.ssthresh) {
      const step = Math.min(left, this.ssthresh - this.cwnd);
      this.cwnd += step;
      left -= step;
    }
    this.#grown += left;
    while (this.#grown >= this.cwnd) {
      this.#grown -= this.cwnd;
      this.cwnd++;
    }
  }
}
