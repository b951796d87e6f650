/**
 * Named streams of random integers (xoshiro128**), seeded from text.
 *
 * A stream is forked by name, so a draw added in one place moves nothing elsewhere.
 */
import { assert } from './assert.ts';

/** FNV-1a over UTF-16 code units, finished by an avalanche (murmur3 fmix32). */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed | 0;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix32(hash);
}

/** Avalanche of 32 bits (murmur3 fmix32). */
export function mix32(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export class Rng {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(name: string) {
    this.#name = name;
    this.#a = hashText(name, 0x9e3779b9);
    this.#b = hashText(name, 0x243f6a88);
    this.#c = hashText(name, 0xb7e15162);
    this.#d = hashText(name, 0xdeadbeef) | 1;
    for (let round = 0; round < 8; round++) this.uint32();
  }

  /** A stream of its own, determined by this stream's name and the given one alone. */
  fork(name: string): Rng {
    return new Rng(`${this.#name}/${name}`);
  }

  /** 32 random bits, unsigned. */
  uint32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** An integer from 0 up to, not including, `count`; unbiased. */
  below(count: number): number {
    assert(Number.isSafeInteger(count) && count >= 1, 'a whole count of at least 1');
    if (count > 2 ** 32) return this.between(0, count - 1);
    const limit = 2 ** 32 - (2 ** 32 % count);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % count;
  }

  /** An integer between the two, both included; the span may exceed 32 bits. */
  between(least: number, most: number): number {
    const span = most - least + 1;
    assert(span >= 1, 'least is not above most');
    if (span <= 2 ** 32) return least + this.below(span);
    const high = this.below(Math.ceil(span / 2 ** 32));
    const value = high * 2 ** 32 + this.uint32();
    return value < span ? least + value : this.between(least, most);
  }

  /** True with the given chance in parts per million. */
  ppm(chance: number): boolean {
    return chance > 0 && this.below(1_000_000) < chance;
  }

  /** Shuffles in place (Fisher-Yates). */
  shuffle<T>(items: T[]): T[] {
    for (let index = items.length - 1; index > 0; index--) {
      const other = this.below(index + 1);
      const kept = items[index] as T;
      items[index] = items[other] as T;
      items[other] = kept;
    }
    return items;
  }

  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'something to pick from');
    return items[this.below(items.length)] as T;
  }
}
