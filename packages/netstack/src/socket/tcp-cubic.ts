/**
 * CUBIC, Linux's default congestion control (RFC 9438, net/ipv4/tcp_cubic.c), with HyStart for the end of
 * slow start. Integers throughout, in the kernel's units.
 *
 * tcp-congestion.ts asks it by how much to grow and to shrink. Windows are in segments, times in
 * milliseconds (HZ = 1000), round trips in microseconds.
 */

/** Multiplicative decrease 0.7 = 717 / 1024 (beta, BICTCP_BETA_SCALE). */
const BETA = 717;
const BETA_SCALE = 1024;
/** C = 0.4 as bic_scale 41 * 10 over 2^10, with time in 1024ths of a second (BICTCP_HZ = 10). */
const CUBE_RTT_SCALE = 410;
const TICKS_PER_SEC = 1024;
/** 2^(10 + 3 * BICTCP_HZ). */
const CUBE_SHIFT = 2 ** 40;
/** TCP's growth that CUBIC must not fall behind: 8 * (1024 + beta) / 3 / (1024 - beta). */
const FRIENDLY_SCALE = Math.floor(Math.floor((8 * (BETA_SCALE + BETA)) / 3) / (BETA_SCALE - BETA));
/** Growth is reckoned anew after this long even when the window stays (HZ / 32). */
const UPDATE_MS = 31;

/** hystart_low_window, hystart_ack_delta_us, HYSTART_MIN_SAMPLES, HYSTART_DELAY_MIN and _MAX. */
const HYSTART_WINDOW = 16;
const HYSTART_ACK_DELTA_US = 2000;
const HYSTART_SAMPLES = 8;
const HYSTART_DELAY_MIN_US = 4000;
const HYSTART_DELAY_MAX_US = 16_000;
/** What a sender's own batching may add to an ACK train: at most a millisecond (hystart_ack_delay). */
const HYSTART_BATCH_US_MAX = 1000;
const BATCH_BYTES = 4 * 65_536;

/** What an acknowledgment tells of the path. */
export interface RttSample {
  readonly nowUs: number;
  readonly rttUs: number;
  /** Place acknowledged and place sent, to tell rounds apart. */
  readonly una: number;
  readonly sndNxt: number;
  readonly cwnd: number;
  readonly isSlowStart: boolean;
  /** For the pacing rate: smoothed round trip and bytes of a segment. */
  readonly srttUs: number;
  readonly mssBytes: number;
}

export class Cubic {
  /** Acknowledged segments for one more in the window. */
  #perIncrease = 0;
  #lastMaxCwnd = 0;
  #lastCwnd = 0;
  #lastMs = 0;
  #originCwnd = 0;
  /** Time to the origin, in 1024ths of a second. */
  #timeToOrigin = 0;
  /** Least round trip seen; 0 = none. */
  #delayMinUs = 0;
  /** Start of this epoch of growth; -1: the next acknowledgment begins one. */
  #epochStartMs = -1;
  #ackCount = 0;
  /** The window that Reno would have. */
  #renoCwnd = 0;

  // HyStart
  #isFound = false;
  #roundStartUs = 0;
  #roundEnd = -1;
  #lastAckUs = 0;
  #roundRttUs = Infinity;
  #sampleCount = 0;

  /** The window after a loss (cubictcp_recalc_ssthresh). */
  shrink(cwnd: number): number {
    this.#epochStartMs = -1;
    // Fast convergence: who lost below his last maximum makes room for others.
    this.#lastMaxCwnd =
      cwnd < this.#lastMaxCwnd ? Math.floor((cwnd * (BETA_SCALE + BETA)) / (2 * BETA_SCALE)) : cwnd;
    return Math.max(Math.floor((cwnd * BETA) / BETA_SCALE), 2);
  }

  /** A timeout: all that was learned is void (bictcp_reset). */
  reset(): void {
    this.#perIncrease = 0;
    this.#lastMaxCwnd = 0;
    this.#lastCwnd = 0;
    this.#lastMs = 0;
    this.#originCwnd = 0;
    this.#timeToOrigin = 0;
    this.#delayMinUs = 0;
    this.#epochStartMs = -1;
    this.#ackCount = 0;
    this.#renoCwnd = 0;
    this.#isFound = false;
    this.#roundEnd = -1;
  }

  /** Sending starts again after a pause: it does not count as time of growth (CA_EVENT_TX_START). */
  resume(idleMs: number): void {
    if (this.#epochStartMs >= 0) this.#epochStartMs += idleMs;
  }

  /** How many acknowledged segments make the window grow by one (bictcp_update). */
  perIncrease(cwnd: number, acked: number, nowMs: number): number {
    this.#ackCount += acked;
    if (this.#lastCwnd === cwnd && nowMs - this.#lastMs <= UPDATE_MS) return this.#perIncrease;
    // The curve is followed once a millisecond; Reno's count goes on.
    if (this.#epochStartMs < 0 || nowMs !== this.#lastMs) {
      this.#lastCwnd = cwnd;
      this.#lastMs = nowMs;
      if (this.#epochStartMs < 0) this.#begin(cwnd, acked, nowMs);
      this.#perIncrease = this.#followCurve(cwnd, nowMs);
    }
    this.#perIncrease = Math.max(Math.min(this.#perIncrease, this.#renoPerIncrease(cwnd)), 2);
    return this.#perIncrease;
  }

  /** Takes a round-trip time; true when slow start must end here (HyStart). */
  onRtt(sample: RttSample, nowMs: number): boolean {
    // For a second after a loss samples are not trusted: queues are still full.
    if (this.#epochStartMs >= 0 && nowMs - this.#epochStartMs < 1000) return false;
    const rttUs = Math.max(sample.rttUs, 1);
    if (this.#delayMinUs === 0 || rttUs < this.#delayMinUs) this.#delayMinUs = rttUs;
    if (this.#isFound || !sample.isSlowStart) return false;
    // Rounds are told apart below the least window, too: a train is one from its round's first ACK on.
    if (sample.una > this.#roundEnd) this.#beginRound(sample);
    if (sample.cwnd < HYSTART_WINDOW) return false;
    this.#isFound = this.#isPathFull(sample, rttUs);
    return this.#isFound;
  }

  #begin(cwnd: number, acked: number, nowMs: number): void {
    this.#epochStartMs = nowMs;
    this.#ackCount = acked;
    this.#renoCwnd = cwnd;
    if (this.#lastMaxCwnd <= cwnd) {
      this.#timeToOrigin = 0;
      this.#originCwnd = cwnd;
    } else {
      const missing = this.#lastMaxCwnd - cwnd;
      this.#timeToOrigin = cubeRoot(Math.floor(CUBE_SHIFT / CUBE_RTT_SCALE) * missing);
      this.#originCwnd = this.#lastMaxCwnd;
    }
  }

  /** W(t) = C * (t - K)^3 + Wmax, one round trip ahead. */
  #followCurve(cwnd: number, nowMs: number): number {
    const sinceMs = nowMs - this.#epochStartMs + Math.ceil(this.#delayMinUs / 1000);
    const ticks = Math.floor((sinceMs * TICKS_PER_SEC) / 1000);
    const offset = Math.abs(ticks - this.#timeToOrigin);
    const delta = Math.floor((CUBE_RTT_SCALE * offset * offset * offset) / CUBE_SHIFT);
    const target = this.#originCwnd + (ticks < this.#timeToOrigin ? -delta : delta);
    const per = target > cwnd ? Math.floor(cwnd / (target - cwnd)) : 100 * cwnd;
    // Without a loss so far there is no reason to wait longer than twenty acknowledgments.
    return this.#lastMaxCwnd === 0 ? Math.min(per, 20) : per;
  }

  #renoPerIncrease(cwnd: number): number {
    const step = Math.max(Math.floor((cwnd * FRIENDLY_SCALE) / 8), 1);
    if (this.#ackCount > step) {
      const steps = Math.ceil(this.#ackCount / step) - 1;
      this.#ackCount -= steps * step;
      this.#renoCwnd += steps;
    }
    return this.#renoCwnd > cwnd ? Math.floor(cwnd / (this.#renoCwnd - cwnd)) : Infinity;
  }

  /** bictcp_hystart_reset(). */
  #beginRound({ nowUs, sndNxt }: RttSample): void {
    this.#roundStartUs = nowUs;
    this.#lastAckUs = nowUs;
    this.#roundEnd = sndNxt;
    this.#roundRttUs = Infinity;
    this.#sampleCount = 0;
  }

  /** hystart_update(): a train of ACKs longer than half a round trip, or a round trip that grows. */
  #isPathFull(sample: RttSample, rttUs: number): boolean {
    const { nowUs } = sample;
    if (nowUs - this.#lastAckUs <= HYSTART_ACK_DELTA_US) {
      this.#lastAckUs = nowUs;
      const trainUs = Math.floor((this.#delayMinUs + batchUs(sample)) / 2);
      if (nowUs - this.#roundStartUs > trainUs) return true;
    }
    this.#roundRttUs = Math.min(this.#roundRttUs, rttUs);
    if (this.#sampleCount < HYSTART_SAMPLES) {
      this.#sampleCount++;
      return false;
    }
    const slackUs = Math.floor(this.#delayMinUs / 8);
    const allowedUs = Math.min(Math.max(slackUs, HYSTART_DELAY_MIN_US), HYSTART_DELAY_MAX_US);
    return this.#roundRttUs > this.#delayMinUs + allowedUs;
  }
}

/** Time of the largest batch at the pacing rate, twice the window per round trip. */
function batchUs({ cwnd, mssBytes, srttUs }: RttSample): number {
  const bytesPerRound = 2 * cwnd * mssBytes;
  return Math.min(HYSTART_BATCH_US_MAX, Math.floor((BATCH_BYTES * srttUs) / bytesPerRound));
}

/** The greatest integer whose cube is not above the value. */
export function cubeRoot(value: number): number {
  let root = 0;
  for (let bit = 2 ** 17; bit >= 1; bit /= 2) {
    const next = root + bit;
    if (next * next * next <= value) root = next;
  }
  return root;
}
