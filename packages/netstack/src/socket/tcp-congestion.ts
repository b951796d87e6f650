/**
 * Congestion control: slow start, CUBIC (tcp-cubic.ts), the kernel's states and its proportional rate reduction.
 *
 * All in segments. Not modelled: tail loss probe, the reordering timer, pacing (docs/fidelity.md).
 */
import { DUP_THRESHOLD, INIT_CWND, SSTHRESH_INFINITE } from './tcp-constants.ts';
import { Cubic, type RttSample } from './tcp-cubic.ts';
import type { RtxQueue } from './tcp-rtx-queue.ts';

/** tcp_ca_state. */
export type CaState = 'open' | 'recovery' | 'loss';

export class Congestion {
  state: CaState = 'open';
  cwnd: number = INIT_CWND;
  ssthresh: number = SSTHRESH_INFINITE;
  /** Place that must be acknowledged before the state is `open` again. */
  #highPosition = 0;
  readonly #cubic = new Cubic();
  #grown = 0;
  /** The window was what kept the sender back, and the most that was out in this round. */
  #isLimiting = false;
  #outMax = 0;
  #usageEnd = 0;
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
      nowMs: number;
    },
  ): void {
    this.#dupAcks = ack.isDuplicate ? this.#dupAcks + 1 : ack.acked > 0 ? 0 : this.#dupAcks;
    if (this.state !== 'open' && ack.una >= this.#highPosition) {
      if (this.state === 'recovery') this.cwnd = this.ssthresh;
      this.state = 'open';
    }
    const inFlight = queue.inFlight;
    if (ack.isSackOn) {
      if (ack.sacked > 0) queue.markLostBySack();
      if (this.state !== 'open') queue.markOvertaken();
    } else if (this.#dupAcks === DUP_THRESHOLD || (this.state === 'recovery' && ack.acked > 0)) {
      queue.markHeadLost();
    }
    const isMoreLost = queue.inFlight < inFlight;
    if (this.state === 'open' && queue.lostOut > 0) this.#enterRecovery(queue, ack.sndNxt);
    if (this.state === 'recovery') {
      this.#reduce(queue, ack.acked + ack.sacked, ack.acked > 0 && !isMoreLost);
    } else if (ack.acked > 0) this.#grow(ack.acked, ack.nowMs);
  }

  /** A retransmission timer ran out. */
  onTimeout(queue: RtxQueue, sndNxt: number): void {
    if (this.state !== 'loss') {
      this.ssthresh = this.#cubic.shrink(this.cwnd);
      this.#highPosition = sndNxt;
    }
    this.#cubic.reset();
    queue.markAllLost();
    this.state = 'loss';
    this.cwnd = 1;
    this.#dupAcks = 0;
  }

  /** Segments went out, lost ones again or new ones: both use up what a recovery lets out. */
  onTransmit(segments: number): void {
    if (this.state === 'recovery') this.#prrOut += segments;
  }

  /** After an idle time the window halves for each timeout that has passed (tcp_cwnd_restart). */
  onIdle(idleNs: number, rtoNs: number): void {
    if (this.state === 'open') {
      this.ssthresh = Math.max(this.ssthresh, (this.cwnd >> 1) + (this.cwnd >> 2));
    }
    const least = Math.min(this.cwnd, INIT_CWND);
    for (let leftNs = idleNs - rtoNs; leftNs > 0 && this.cwnd > least; leftNs -= rtoNs) {
      this.cwnd >>= 1;
    }
    this.cwnd = Math.max(this.cwnd, least);
  }

  /** Sending starts again with nothing under way. */
  onResume(idleMs: number): void {
    this.#cubic.resume(idleMs);
  }

  /** A round-trip time was measured; slow start may end by it. */
  onRtt(sample: Omit<RttSample, 'cwnd' | 'isSlowStart'>, nowMs: number): void {
    const { cwnd } = this;
    if (this.#cubic.onRtt({ ...sample, cwnd, isSlowStart: this.isSlowStart }, nowMs)) {
      this.ssthresh = cwnd;
    }
  }

  get isSlowStart(): boolean {
    return this.cwnd < this.ssthresh;
  }

  /** Segments went out: whether it was the window that kept back more (tcp_cwnd_validate). */
  onSent(packetsOut: number, isLimiting: boolean, una: number, sndNxt: number): void {
    const isMore = !this.#isLimiting && packetsOut > this.#outMax;
    if (una < this.#usageEnd && !isLimiting && !isMore) return;
    this.#isLimiting = isLimiting;
    this.#outMax = packetsOut;
    this.#usageEnd = sndNxt;
  }

  #enterRecovery(queue: RtxQueue, sndNxt: number): void {
    this.state = 'recovery';
    this.#highPosition = sndNxt;
    this.#priorCwnd = this.cwnd;
    this.ssthresh = this.#cubic.shrink(this.cwnd);
    this.#prrDelivered = 0;
    this.#prrOut = 0;
    this.cwnd = queue.inFlight + 1;
  }

  /** tcp_cwnd_reduction(), RFC 6937. `isMending`: what came in was missing, and nothing more is. */
  #reduce(queue: RtxQueue, delivered: number, isMending: boolean): void {
    if (delivered <= 0) return;
    this.#prrDelivered += delivered;
    const delta = this.ssthresh - queue.inFlight;
    const wanted =
      delta < 0
        ? Math.ceil((this.ssthresh * this.#prrDelivered) / this.#priorCwnd) - this.#prrOut
        : Math.min(
            delta,
            Math.max(this.#prrDelivered - this.#prrOut, delivered) + (isMending ? 1 : 0),
          );
    this.cwnd = queue.inFlight + Math.max(wanted, this.#prrOut === 0 ? 1 : 0);
  }

  #grow(acked: number, nowMs: number): void {
    // tcp_is_cwnd_limited(): a window that is not used does not grow.
    const isUsed = this.#isLimiting || (this.isSlowStart && this.cwnd < 2 * this.#outMax);
    if (!isUsed) return;
    let left = acked;
    if (this.isSlowStart) {
      const step = Math.min(left, this.ssthresh - this.cwnd);
      this.cwnd += step;
      left -= step;
      if (left === 0) return;
    }
    const per = this.#cubic.perIncrease(this.cwnd, left, nowMs);
    // tcp_cong_avoid_ai(): credit from a time of slower growth counts once.
    if (this.#grown >= per) {
      this.#grown = 0;
      this.cwnd++;
    }
    this.#grown += left;
    const steps = Math.floor(this.#grown / per);
    this.#grown -= steps * per;
    this.cwnd += steps;
  }
}
