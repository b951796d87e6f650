/**
 * A one-way queue of messages between two shards in shared memory: one writer, one reader, no locks.
 *
 * What was written becomes visible by `commit`, once per round. A ring never refuses: when a message
 * does not fit, the writer makes a ring twice as big (or as big as the message needs), hands it over
 * beside the queue, and ends the old one with a mark that sends the reader there. So a writer never
 * waits for a reader, and no cycle of full rings can lock up.
 *
 * Layout: 64 bytes with the writer's position, 64 bytes with the reader's (each alone in its cache
 * line), then the data. Positions count bytes and wrap at 2^32; records are multiples of 8 bytes:
 *
 *   u32 length of the record   u32 length of the body   u32 dst   u32 src   f64 atNs   f64 srcSeq   body
 */
import { assert } from '@podwire/base';
import type { Envelope } from './event.ts';

const WRITER_WORD = 0;
const READER_WORD = 16;
const DATA_OFFSET = 128;
const RECORD_HEAD_BYTES = 32;
/** A record of this length says: go on in the next ring. */
const MOVED_MARK = 0xffffffff;
const MARK_BYTES = 8;

/** Room for some hundred full-sized frames; it grows when a round sends more. */
export const RING_BYTES: number = 64 * 1024;
const RING_BYTES_MAX = 2 ** 30;

export function createRing(capacityBytes: number = RING_BYTES): SharedArrayBuffer {
  assert(Number.isInteger(Math.log2(capacityBytes)), 'the size of a ring is a power of two');
  assert(capacityBytes <= RING_BYTES_MAX, 'a ring is at most 1 GiB');
  return new SharedArrayBuffer(DATA_OFFSET + capacityBytes);
}

/** The three views of a ring's memory. */
class RingMemory {
  readonly state: Int32Array;
  readonly words: Uint32Array;
  readonly floats: Float64Array;
  readonly bytes: Uint8Array;
  readonly capacity: number;

  constructor(buffer: SharedArrayBuffer) {
    this.state = new Int32Array(buffer, 0, DATA_OFFSET / 4);
    this.words = new Uint32Array(buffer, DATA_OFFSET);
    this.floats = new Float64Array(buffer, DATA_OFFSET);
    this.bytes = new Uint8Array(buffer, DATA_OFFSET);
    this.capacity = buffer.byteLength - DATA_OFFSET;
  }
}

export class RingWriter {
  #ring: RingMemory;
  readonly #handOver: (buffer: SharedArrayBuffer) => void;
  #at = 0;
  #committed = 0;

  /** `handOver` makes a bigger ring reachable for the reader, before the mark that sends it there. */
  constructor(buffer: SharedArrayBuffer, handOver: (buffer: SharedArrayBuffer) => void) {
    this.#ring = new RingMemory(buffer);
    this.#handOver = handOver;
  }

  write(envelope: Envelope, body: Uint8Array): void {
    const need = (RECORD_HEAD_BYTES + body.length + 7) & ~7;
    if (need + MARK_BYTES > this.#free()) this.#move(need);
    const { words, floats, capacity } = this.#ring;
    const mask = capacity - 1;
    let at = this.#at & mask;
    words[at >>> 2] = need;
    words[(at >>> 2) + 1] = body.length;
    at = (at + 8) & mask;
    words[at >>> 2] = envelope.dst;
    words[(at >>> 2) + 1] = envelope.src;
    at = (at + 8) & mask;
    floats[at >>> 3] = envelope.atNs;
    at = (at + 8) & mask;
    floats[at >>> 3] = envelope.srcSeq;
    at = (at + 8) & mask;
    this.#writeBody(at, body);
    this.#at = (this.#at + need) >>> 0;
  }

  /** Makes visible what was written since the last time. */
  commit(): void {
    if (this.#committed === this.#at) return;
    this.#committed = this.#at;
    Atomics.store(this.#ring.state, WRITER_WORD, this.#at | 0);
  }

  #free(): number {
    const read = Atomics.load(this.#ring.state, READER_WORD) >>> 0;
    return this.#ring.capacity - ((this.#at - read) >>> 0);
  }

  #writeBody(at: number, body: Uint8Array): void {
    const { bytes, capacity } = this.#ring;
    const untilEnd = capacity - at;
    if (body.length <= untilEnd) {
      bytes.set(body, at);
      return;
    }
    bytes.set(body.subarray(0, untilEnd), at);
    bytes.set(body.subarray(untilEnd), 0);
  }

  #move(need: number): void {
    let capacity = this.#ring.capacity * 2;
    while (capacity < need + MARK_BYTES) capacity *= 2;
    const buffer = createRing(capacity);
    this.#handOver(buffer);
    this.#ring.words[(this.#at & (this.#ring.capacity - 1)) >>> 2] = MOVED_MARK;
    this.#at = (this.#at + MARK_BYTES) >>> 0;
    this.commit();
    this.#ring = new RingMemory(buffer);
    this.#at = 0;
    this.#committed = 0;
  }
}

export class RingReader {
  #ring: RingMemory;
  readonly #takeOver: () => SharedArrayBuffer;
  #at = 0;

  constructor(buffer: SharedArrayBuffer, takeOver: () => SharedArrayBuffer) {
    this.#ring = new RingMemory(buffer);
    this.#takeOver = takeOver;
  }

  /** Takes all committed messages, in order. The bodies are copies of their own. */
  drain(take: (envelope: Envelope, body: Uint8Array) => void): number {
    let count = 0;
    for (;;) {
      const end = Atomics.load(this.#ring.state, WRITER_WORD) >>> 0;
      if (end === this.#at) return count;
      const outcome = parseRecords(this.#copyOut(end), take);
      count += outcome.count;
      if (!outcome.isMoved) return count;
      this.#ring = new RingMemory(this.#takeOver());
      this.#at = 0;
    }
  }

  /** Copies everything up to `end` and frees it for the writer. */
  #copyOut(end: number): Uint8Array<ArrayBuffer> {
    const { bytes, capacity } = this.#ring;
    const length = (end - this.#at) >>> 0;
    const copy = new Uint8Array(length);
    const from = this.#at & (capacity - 1);
    const untilEnd = Math.min(length, capacity - from);
    copy.set(bytes.subarray(from, from + untilEnd));
    if (untilEnd < length) copy.set(bytes.subarray(0, length - untilEnd), untilEnd);
    this.#at = end;
    Atomics.store(this.#ring.state, READER_WORD, end | 0);
    return copy;
  }
}

function parseRecords(
  copy: Uint8Array<ArrayBuffer>,
  take: (envelope: Envelope, body: Uint8Array) => void,
): { count: number; isMoved: boolean } {
  const words = new Uint32Array(copy.buffer);
  const floats = new Float64Array(copy.buffer);
  let count = 0;
  let at = 0;
  while (at < copy.length) {
    const word = at >>> 2;
    const length = words[word] as number;
    if (length === MOVED_MARK) {
      assert(at + MARK_BYTES === copy.length, 'nothing follows the mark of a ring');
      return { count, isMoved: true };
    }
    const bodyLength = words[word + 1] as number;
    assert(length >= RECORD_HEAD_BYTES + bodyLength, 'a record in a ring is whole');
    const envelope = {
      dst: words[word + 2] as number,
      src: words[word + 3] as number,
      atNs: floats[(at >>> 3) + 2] as number,
      srcSeq: floats[(at >>> 3) + 3] as number,
    };
    const body = at + RECORD_HEAD_BYTES;
    take(envelope, copy.subarray(body, body + bodyLength));
    at += length;
    count++;
  }
  assert(at === copy.length, 'records end where the writer said');
  return { count, isMoved: false };
}
