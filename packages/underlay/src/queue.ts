/**
 * The transmit queue of one direction of a link: when a frame leaves, and whether it still fits.
 *
 * Nothing is stored but the time at which the line falls idle: frames leave in order, so that time and
 * the rate say how much waits. Rates are kept exactly, by carrying the rest of each division.
 */
import { NS_PER_SEC, assert } from '@podwire/base';

/** IEEE 802.3: preamble and delimiter 8, check sequence 4, gap 12; a frame has at least 60 bytes before it. */
const LINE_OVERHEAD_BYTES = 24;
const FRAME_MIN_BYTES = 60;

export interface QueueLimits {
  /** 0: as fast as light. */
  readonly rateBytesPerSec: number;
  /** Most bytes that may wait, the frame in transmission included. */
  readonly queueBytes: number;
}

export class LineQueue {
  #limits: QueueLimits;
  #idleAtNs = 0;
  /** Rest of the last division, in byte-seconds times 10^9. */
  #rest = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** New limits hold for the frames to come; those that wait keep their times. */
  setLimits(limits: QueueLimits): void {
    this.#limits = limits;
    this.#rest = 0;
  }

  /** When the line falls idle. */
  get idleAtNs(): number {
    return this.#idleAtNs;
  }

  /** Bytes that wait or are being sent, line overhead included, rounded up. */
  backlogBytes(nowNs: number): number {
    if (this.#idleAtNs <= nowNs) return 0;
    return Math.ceil(((this.#idleAtNs - nowNs) * this.#limits.rateBytesPerSec) / NS_PER_SEC);
  }

  /**
   * Queues a frame: the time at which its last bit is out, or undefined when the queue is full. An idle
   * line takes a frame of any size.
   */
  push(nowNs: number, frameLenBytes: number): number | undefined {
    return this.#take(nowNs, Math.max(frameLenBytes, FRAME_MIN_BYTES) + LINE_OVERHEAD_BYTES);
  }

  /**
   * Queues frames that follow each other, all or none: the time at which the last bit of the last is out.
   * `lenBytes`: of all together; a last one that would be padded counts as it is.
   */
  pushTrain(nowNs: number, lenBytes: number, frames: number): number | undefined {
    return this.#take(nowNs, lenBytes + frames * LINE_OVERHEAD_BYTES);
  }

  /** Time that frames take on the line. */
  lineNs(lenBytes: number, frames = 1): number {
    const { rateBytesPerSec } = this.#limits;
    if (rateBytesPerSec === 0) return 0;
    return Math.floor(((lenBytes + frames * LINE_OVERHEAD_BYTES) * NS_PER_SEC) / rateBytesPerSec);
  }

  /** The line stays busy until then: its last frame came late. */
  holdUntil(atNs: number): void {
    if (atNs <= this.#idleAtNs) return;
    this.#idleAtNs = atNs;
    this.#rest = 0;
  }

  #take(nowNs: number, lineBytes: number): number | undefined {
    const { rateBytesPerSec, queueBytes } = this.#limits;
    if (rateBytesPerSec === 0) return nowNs;
    const isIdle = this.#idleAtNs <= nowNs;
    if (!isIdle && this.backlogBytes(nowNs) + lineBytes > queueBytes) return undefined;
    const work = lineBytes * NS_PER_SEC + (isIdle ? 0 : this.#rest);
    assert(Number.isSafeInteger(work), 'a frame whose time on the line can be computed');
    const spanNs = Math.floor(work / rateBytesPerSec);
    this.#rest = work - spanNs * rateBytesPerSec;
    this.#idleAtNs = (isIdle ? nowNs : this.#idleAtNs) + spanNs;
    return this.#idleAtNs;
  }
}
