/**
 * Segments that arrived ahead of a hole, kept until the hole is filled (tcp_ofo_queue).
 */
import { type Payload, slicePayload } from '@podwire/wire';

interface Ahead {
  readonly start: number;
  readonly end: number;
  readonly payload: Payload;
}

/** Most blocks that fit beside timestamps. */
const SACK_BLOCKS_MAX = 3;

export class ReassemblyQueue {
  /** In order of start; pieces do not overlap. */
  #pieces: Ahead[] = [];
  lenBytes = 0;
  /** Start of the piece that arrived last: its block is announced first (RFC 2018). */
  #latestStart = -1;

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Keeps what is new of the segment; false when all of it was here already. */
  insert(start: number, payload: Payload): boolean {
    const end = start + payload.lenBytes;
    const kept: Ahead[] = [];
    let at = start;
    for (const piece of this.#pieces) {
      if (piece.end <= at || piece.start >= end) continue;
      if (piece.start > at) kept.push(cut(at, piece.start, start, payload));
      at = piece.end;
    }
    if (at < end) kept.push(cut(at, end, start, payload));
    if (kept.length === 0) return false;
    for (const piece of kept) this.#add(piece);
    this.#latestStart = kept[0]?.start ?? start;
    return true;
  }

  /** Takes the bytes that follow on `position`, if they are here. */
  takeAt(position: number): Payload | undefined {
    for (;;) {
      const first = this.#pieces[0];
      if (first === undefined || first.start > position) return undefined;
      this.#pieces.shift();
      this.lenBytes -= first.payload.lenBytes;
      if (first.end > position) return slicePayload(first.payload, position - first.start);
    }
  }

  /** Blocks of what is here as [start, end) places, the latest first. */
  blocks(): [number, number][] {
    const blocks: [number, number][] = [];
    for (const piece of this.#pieces) {
      const last = blocks.at(-1);
      if (last !== undefined && last[1] === piece.start) last[1] = piece.end;
      else blocks.push([piece.start, piece.end]);
    }
    const latest = blocks.findIndex(
      (block) => block[0] <= this.#latestStart && this.#latestStart < block[1],
    );
    if (latest > 0) blocks.unshift(...blocks.splice(latest, 1));
    return blocks.slice(0, SACK_BLOCKS_MAX);
  }

  clear(): void {
    this.#pieces = [];
    this.lenBytes = 0;
  }

  #add(piece: Ahead): void {
    let index = this.#pieces.length;
    while (index > 0 && (this.#pieces[index - 1]?.start ?? 0) > piece.start) index--;
    this.#pieces.splice(index, 0, piece);
    this.lenBytes += piece.payload.lenBytes;
  }
}

function cut(from: number, to: number, start: number, payload: Payload): Ahead {
  return { start: from, end: to, payload: slicePayload(payload, from - start, to - start) };
}
