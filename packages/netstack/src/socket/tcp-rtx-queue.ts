/**
 * Segments under way: sent and not yet acknowledged (the retransmission queue), with the kernel's counts.
 *
 * packets in flight = out - (sacked + lost) + retransmitted, as tcp_packets_in_flight().
 */
import { DUP_THRESHOLD } from './tcp-constants.ts';

export interface RtxSegment {
  /** Places [start, end) of the stream; a FIN takes the last place. */
  readonly start: number;
  readonly end: number;
  sentAtNs: number;
  sacked: boolean;
  lost: boolean;
  /** Sent again since it was marked lost. */
  retrans: boolean;
  /** Ever sent again: no round-trip time may be taken from it (Karn). */
  everRetrans: boolean;
}

export class RtxQueue {
  #segments: RtxSegment[] = [];
  #head = 0;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;

  get packetsOut(): number {
    return this.#segments.length - this.#head;
  }

  get inFlight(): number {
    return this.packetsOut - this.sackedOut - this.lostOut + this.retransOut;
  }

  get first(): RtxSegment | undefined {
    return this.#segments[this.#head];
  }

  push(start: number, end: number, sentAtNs: number): void {
    this.#segments.push({
      start,
      end,
      sentAtNs,
      sacked: false,
      lost: false,
      retrans: false,
      everRetrans: false,
    });
  }

  /**
   * Removes what lies before `una`; returns how many segments left and when the oldest of them was sent,
   * -1 when one of them was sent more than once (no round-trip time may be taken then).
   */
  acknowledge(una: number): { segments: number; sentAtNs: number } {
    let segments = 0;
    let sentAtNs = -1;
    let isClean = true;
    for (;;) {
      const segment = this.#segments[this.#head];
      if (segment === undefined || segment.end > una) break;
      this.#forget(segment);
      if (segment.everRetrans) isClean = false;
      else if (!segment.sacked && sentAtNs < 0) sentAtNs = segment.sentAtNs;
      if (!segment.sacked) segments++;
      this.#head++;
    }
    if (this.#head > 64 && this.#head * 2 > this.#segments.length) {
      this.#segments = this.#segments.slice(this.#head);
      this.#head = 0;
    }
    return { segments, sentAtNs: isClean ? sentAtNs : -1 };
  }

  /** Marks what a SACK block covers; returns how many segments are newly known to have arrived. */
  sack(left: number, right: number): number {
    let count = 0;
    for (let index = this.#head; index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined || segment.start >= right) break;
      if (segment.start < left || segment.end > right || segment.sacked) continue;
      this.#forget(segment);
      segment.lost = false;
      segment.retrans = false;
      segment.sacked = true;
      this.sackedOut++;
      count++;
    }
    return count;
  }

  /** Marks lost what has at least three sacked segments above it (tcp_mark_head_lost). */
  markLostBySack(): void {
    let above = 0;
    for (let index = this.#segments.length - 1; index >= this.#head; index--) {
      const segment = this.#segments[index];
      if (segment === undefined) break;
      if (segment.sacked) above++;
      else if (above >= DUP_THRESHOLD && !segment.lost) this.#markLost(segment);
    }
  }

  markHeadLost(): void {
    const segment = this.first;
    if (segment !== undefined && !segment.sacked && !segment.lost) this.#markLost(segment);
  }

  /** After a timeout all that is not known to have arrived counts as lost. */
  markAllLost(): void {
    for (let index = this.#head; index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined || segment.sacked) continue;
      if (segment.retrans) {
        segment.retrans = false;
        this.retransOut--;
      }
      if (!segment.lost) this.#markLost(segment);
    }
  }

  /** The next lost segment that was not sent again yet. */
  nextLost(): RtxSegment | undefined {
    if (this.lostOut <= this.retransOut) return undefined;
    for (let index = this.#head; index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment?.lost === true && !segment.retrans) return segment;
    }
    return undefined;
  }

  sentAgain(segment: RtxSegment, nowNs: number): void {
    segment.sentAtNs = nowNs;
    segment.everRetrans = true;
    if (segment.lost && !segment.retrans) {
      segment.retrans = true;
      this.retransOut++;
    }
  }

  /** Cuts segments longer than `mss` and marks the pieces lost: the path took less than thought. */
  refragment(mss: number): void {
    const pieces: RtxSegment[] = [];
    for (let index = this.#head; index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined) break;
      if (segment.sacked || segment.end - segment.start <= mss) {
        pieces.push(segment);
        continue;
      }
      this.#forget(segment);
      for (let start = segment.start; start < segment.end; start += mss) {
        const piece: RtxSegment = {
          ...segment,
          start,
          end: Math.min(start + mss, segment.end),
          lost: false,
          retrans: false,
          everRetrans: true,
        };
        this.#markLost(piece);
        pieces.push(piece);
      }
    }
    this.#segments = pieces;
    this.#head = 0;
  }

  clear(): void {
    this.#segments = [];
    this.#head = 0;
    this.sackedOut = 0;
    this.lostOut = 0;
    this.retransOut = 0;
  }

  #markLost(segment: RtxSegment): void {
    segment.lost = true;
    this.lostOut++;
  }

  #forget(segment: RtxSegment): void {
    if (segment.sacked) this.sackedOut--;
    if (segment.lost) this.lostOut--;
    if (segment.retrans) this.retransOut--;
  }
}
