/**
 * What a program has sent and the peer has not acknowledged: a list of payload pieces.
 *
 * Pieces are handed on by reference; a segment is a slice of them.
 */
import { type Payload, EMPTY_PAYLOAD, concatPayloads, slicePayload } from '@podwire/wire';

interface Piece {
  /** Place of its first byte in the stream. */
  readonly start: number;
  readonly payload: Payload;
}

export class SendQueue {
  #pieces: Piece[] = [];
  #head = 0;
  /** Place behind the last byte. */
  end = 1;

  push(payload: Payload): void {
    if (payload.lenBytes === 0) return;
    this.#pieces.push({ start: this.end, payload });
    this.end += payload.lenBytes;
  }

  /** The bytes from place `from` up to, not including, place `to`. */
  slice(from: number, to: number): Payload {
    if (from >= to) return EMPTY_PAYLOAD;
    const parts: Payload[] = [];
    for (let index = this.#indexOf(from); index < this.#pieces.length; index++) {
      const piece = this.#pieces[index];
      if (piece === undefined || piece.start >= to) break;
      parts.push(slicePayload(piece.payload, from - piece.start, to - piece.start));
    }
    return concatPayloads(parts);
  }

  /** Forgets what lies before the place. */
  dropBefore(position: number): void {
    for (;;) {
      const piece = this.#pieces[this.#head];
      if (piece === undefined || piece.start + piece.payload.lenBytes > position) break;
      this.#head++;
    }
    if (this.#head === this.#pieces.length) this.clear();
    else if (this.#head > 32 && this.#head * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    if (this.#pieces.length > 0) this.#pieces = [];
    this.#head = 0;
  }

  /** The last piece that starts at or before the place, by bisection. */
  #indexOf(position: number): number {
    let low = this.#head;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#pieces[middle]?.start ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
