/**
 * Segments under way: sent and not yet acknowledged (the retransmission queue), with the kernel's counts.
 *
 * packets in flight = out - (sacked + lost) + retransmitted, as tcp_packets_in_flight(). What was sent again and is
 * overtaken by something sent later counts as lost once more (RACK, RFC 8985, with a reordering window of 0 as
 * Linux has it during recovery).
 *
 * What went out as a train stays one record until something of it is acknowledged, sacked or lost by itself, as the
 * kernel's queue holds whole packets and cuts them then (tcp_fragment): most trains are acknowledged as they were sent.
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

/** Segments of a train that nothing has happened to, of `mssBytes` each but for the last. */
interface Train {
  start: number;
  readonly end: number;
  readonly mssBytes: number;
  readonly sentAtNs: number;
}

export class RtxQueue {
  #segments: RtxSegment[] = [];
  #head = 0;
  /** Behind them, what was sent since; those before the head are gone. */
  #trains: Train[] = [];
  #trainsHead = 0;
  /** Segments of the trains. */
  #trainsCount = 0;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;
  /** No segment in front of this index waits to be sent again. */
  #firstLost = 0;
  /** All segments that end by here are sacked or marked lost. */
  #judgedTo = 0;
  /** The SACK block that was marked last. */
  #blockLeft = -1;
  #blockRight = -1;
  /** When the latest sent of all delivered segments was sent (rack.mstamp), and the least round trip. */
  #deliveredSentNs = -1;
  #minRttNs = Infinity;

  /** The least round trip seen; infinite before the first (tcp_min_rtt). */
  get minRttNs(): number {
    return this.#minRttNs;
  }

  get packetsOut(): number {
    return this.#segments.length - this.#head + this.#trainsCount;
  }

  get inFlight(): number {
    return this.packetsOut - this.sackedOut - this.lostOut + this.retransOut;
  }

  get first(): RtxSegment | undefined {
    this.#cutTrains();
    return this.#segments[this.#head];
  }

  /** Adds what was sent together, in segments of `mssBytes`; returns how many. */
  push(start: number, end: number, mssBytes: number, sentAtNs: number): number {
    const count = Math.ceil((end - start) / mssBytes);
    this.#trains.push({ start, end, mssBytes, sentAtNs });
    this.#trainsCount += count;
    return count;
  }

  /**
   * Removes what lies before `una`; returns how many segments left, when the last and the oldest of them were sent,
   * the latter -1 when one of them was sent more than once (no round-trip time may be taken then).
   */
  acknowledge(
    una: number,
    nowNs: number,
  ): { segments: number; sentAtNs: number; lastSentAtNs: number } {
    let segments = 0;
    let sentAtNs = -1;
    let lastSentAtNs = -1;
    let isClean = true;
    for (;;) {
      const segment = this.#segments[this.#head];
      if (segment === undefined || segment.end > una) break;
      this.#forget(segment);
      if (!segment.sacked) this.#noteDelivered(segment, nowNs);
      if (segment.everRetrans) isClean = false;
      else if (!segment.sacked) {
        if (sentAtNs < 0) sentAtNs = segment.sentAtNs;
        lastSentAtNs = segment.sentAtNs;
      }
      if (!segment.sacked) segments++;
      this.#head++;
    }
    if (this.#head === this.#segments.length) {
      for (;;) {
        const train = this.#trains[this.#trainsHead];
        const count = train === undefined ? 0 : segmentsBefore(train, una);
        if (train === undefined || count === 0) break;
        this.#noteArrived(train.sentAtNs, nowNs);
        if (sentAtNs < 0) sentAtNs = train.sentAtNs;
        lastSentAtNs = train.sentAtNs;
        segments += count;
        this.#trainsCount -= count;
        if (una < train.end) {
          train.start += count * train.mssBytes;
          break;
        }
        this.#trainsHead++;
      }
      this.#compactTrains();
      if (this.#head > 0) this.#segments = [];
      this.#firstLost = 0;
      this.#head = 0;
    } else if (this.#head > 64 && this.#head * 2 > this.#segments.length) {
      this.#segments = this.#segments.slice(this.#head);
      this.#firstLost -= this.#head;
      this.#head = 0;
    }
    return { segments, sentAtNs: isClean ? sentAtNs : -1, lastSentAtNs };
  }

  /** Marks what a SACK block covers; returns how many segments are newly known to have arrived. */
  sack(left: number, right: number, nowNs: number): number {
    this.#cutTrains();
    let count = 0;
    // A block that has only grown: what it covered before is marked.
    const isGrown = left === this.#blockLeft && right >= this.#blockRight;
    const from = this.#indexOf(isGrown ? this.#blockRight : left);
    this.#blockLeft = left;
    this.#blockRight = right;
    for (let index = from; index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined || segment.start >= right) break;
      if (segment.start < left || segment.end > right || segment.sacked) continue;
      this.#forget(segment);
      this.#noteDelivered(segment, nowNs);
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
    this.#cutTrains();
    let above = 0;
    let judgedTo = this.#judgedTo;
    for (let index = this.#segments.length - 1; index >= this.#head; index--) {
      const segment = this.#segments[index];
      if (segment === undefined || segment.end <= this.#judgedTo) break;
      if (above >= DUP_THRESHOLD) {
        judgedTo = Math.max(judgedTo, segment.end);
        if (!segment.sacked && !segment.lost) this.#markLost(segment, index);
      }
      if (segment.sacked) above++;
    }
    this.#judgedTo = judgedTo;
  }

  /** What was sent again before something that has arrived was sent is lost again (tcp_rack_detect_loss). */
  markOvertaken(): void {
    if (this.retransOut === 0) return;
    for (let index = this.#head; index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined) break;
      if (!segment.retrans || segment.sentAtNs >= this.#deliveredSentNs) continue;
      segment.retrans = false;
      this.retransOut--;
      this.#firstLost = Math.min(this.#firstLost, index);
    }
  }

  markHeadLost(): void {
    const segment = this.first;
    if (segment !== undefined && !segment.sacked && !segment.lost) {
      this.#markLost(segment, this.#head);
    }
  }

  /** After a timeout all that is not known to have arrived counts as lost. */
  markAllLost(): void {
    this.#cutTrains();
    for (let index = this.#head; index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined || segment.sacked) continue;
      if (segment.retrans) {
        segment.retrans = false;
        this.retransOut--;
      }
      if (!segment.lost) this.#markLost(segment, index);
    }
    this.#firstLost = this.#head;
  }

  /** The next lost segment that was not sent again yet. */
  nextLost(): RtxSegment | undefined {
    if (this.lostOut <= this.retransOut) return undefined;
    for (
      this.#firstLost = Math.max(this.#firstLost, this.#head);
      this.#firstLost < this.#segments.length;
      this.#firstLost++
    ) {
      const segment = this.#segments[this.#firstLost];
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

  /**
   * Cuts segments longer than `mss` and marks the pieces lost: the path took less than thought. Segments from
   * `unsentFrom` on never left.
   */
  refragment(mss: number, unsentFrom: number = Infinity): void {
    this.#cutTrains();
    const pieces: RtxSegment[] = [];
    for (let index = this.#head; index < this.#segments.length; index++) {
      const segment = this.#segments[index];
      if (segment === undefined) break;
      if (segment.sacked || segment.end - segment.start <= mss) {
        if (segment.start >= unsentFrom && !segment.lost) this.#markLost(segment, 0);
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
        this.#markLost(piece, 0);
        pieces.push(piece);
      }
    }
    this.#segments = pieces;
    this.#head = 0;
    this.#firstLost = 0;
  }

  clear(): void {
    this.#segments = [];
    this.#head = 0;
    this.#trains = [];
    this.#trainsHead = 0;
    this.#trainsCount = 0;
    this.#firstLost = 0;
    this.sackedOut = 0;
    this.lostOut = 0;
    this.retransOut = 0;
  }

  /** Something happens to single segments: trains become such. */
  #cutTrains(): void {
    if (this.#trainsCount === 0) return;
    for (let index = this.#trainsHead; index < this.#trains.length; index++) {
      const { start, end, mssBytes, sentAtNs } = this.#trains[index] as Train;
      for (let from = start; from < end; from += mssBytes) {
        this.#segments.push({
          start: from,
          end: Math.min(from + mssBytes, end),
          sentAtNs,
          sacked: false,
          lost: false,
          retrans: false,
          everRetrans: false,
        });
      }
    }
    this.#trains = [];
    this.#trainsHead = 0;
    this.#trainsCount = 0;
  }

  #compactTrains(): void {
    if (this.#trainsHead === this.#trains.length) {
      if (this.#trainsHead > 0) this.#trains = [];
      this.#trainsHead = 0;
    } else if (this.#trainsHead > 64 && this.#trainsHead * 2 > this.#trains.length) {
      this.#trains = this.#trains.slice(this.#trainsHead);
      this.#trainsHead = 0;
    }
  }

  #markLost(segment: RtxSegment, index: number): void {
    segment.lost = true;
    this.lostOut++;
    this.#firstLost = Math.min(this.#firstLost, index);
  }

  /** tcp_rack_advance(): an answer that came too soon is the first sending's, and tells nothing. */
  #noteDelivered(segment: RtxSegment, nowNs: number): void {
    if (!segment.everRetrans) this.#noteArrived(segment.sentAtNs, nowNs);
    else if (nowNs - segment.sentAtNs >= this.#minRttNs) {
      this.#deliveredSentNs = Math.max(this.#deliveredSentNs, segment.sentAtNs);
    }
  }

  /** What was sent once, at that time, has arrived. */
  #noteArrived(sentAtNs: number, nowNs: number): void {
    this.#minRttNs = Math.min(this.#minRttNs, nowNs - sentAtNs);
    this.#deliveredSentNs = Math.max(this.#deliveredSentNs, sentAtNs);
  }

  /** The first segment that starts at or behind a place. */
  #indexOf(position: number): number {
    let low = this.#head;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle]?.start ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forget(segment: RtxSegment): void {
    if (segment.sacked) this.sackedOut--;
    if (segment.lost) this.lostOut--;
    if (segment.retrans) this.retransOut--;
  }
}

/** How many of a train's segments end by a place. */
function segmentsBefore({ start, end, mssBytes }: Train, una: number): number {
  if (una >= end) return Math.ceil((end - start) / mssBytes);
  return una <= start ? 0 : Math.floor((una - start) / mssBytes);
}
