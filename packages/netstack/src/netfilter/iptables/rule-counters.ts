/**
 * Packets and bytes by place in a chain: an array for a short one, for a long one only what counted.
 */

/** A chain with more rules keeps counters by place: few of them ever count. */
const DENSE_MAX = 64;

interface Counter {
  packets: number;
  bytes: number;
}

export class RuleCounters {
  /** Packets and bytes in turn. A plain array: most have few places, and typed ones are dear to make. */
  readonly #dense: number[] | undefined;
  readonly #sparse: Map<number, Counter> | undefined;

  constructor(ruleCount: number) {
    if (ruleCount <= DENSE_MAX) this.#dense = Array.from({ length: 2 * ruleCount }, () => 0);
    else this.#sparse = new Map();
  }

  count(index: number, bytes: number): void {
    const dense = this.#dense;
    if (dense !== undefined) {
      dense[2 * index] = (dense[2 * index] ?? 0) + 1;
      dense[2 * index + 1] = (dense[2 * index + 1] ?? 0) + bytes;
      return;
    }
    const counter = this.#sparse?.get(index);
    if (counter === undefined) {
      this.set(index, 1, bytes);
      return;
    }
    counter.packets++;
    counter.bytes += bytes;
  }

  set(index: number, packets: number, bytes: number): void {
    if (this.#dense === undefined) {
      this.#sparse?.set(index, { packets, bytes });
      return;
    }
    this.#dense[2 * index] = packets;
    this.#dense[2 * index + 1] = bytes;
  }

  packetsOf(index: number): number {
    return this.#dense?.[2 * index] ?? this.#sparse?.get(index)?.packets ?? 0;
  }

  bytesOf(index: number): number {
    return this.#dense?.[2 * index + 1] ?? this.#sparse?.get(index)?.bytes ?? 0;
  }
}
