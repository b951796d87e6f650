/**
 * The keys of waiting events, in shared arrays, and sorting by them.
 *
 * An event's key is one record of 32 bytes, so that it is one line of the cache: atNs and srcSeq as floats,
 * then four words: dst, src, and the next and previous slot of the bucket's list.
 */
import { assert } from '@podwire/base';

export const KEY_FLOATS = 4;
export const KEY_WORDS = 8;
export const SEQ_FLOAT = 1;
export const DST_WORD = 4;
export const SRC_WORD = 5;
/** Of a free slot: the next free one. */
export const NEXT_WORD = 6;
export const PREVIOUS_WORD = 7;

/** Pieces of so many are sorted by insertion, then merged. */
const PIECE = 16;

/** The order of two events of the same instant; two equal keys are a fault of podwire. */
export function isTieBefore(
  words: Int32Array,
  floats: Float64Array,
  left: number,
  right: number,
): boolean {
  const leftWord = KEY_WORDS * left;
  const rightWord = KEY_WORDS * right;
  const byDst = (words[leftWord + DST_WORD] as number) - (words[rightWord + DST_WORD] as number);
  if (byDst !== 0) return byDst < 0;
  const bySrc = (words[leftWord + SRC_WORD] as number) - (words[rightWord + SRC_WORD] as number);
  if (bySrc !== 0) return bySrc < 0;
  const bySeq =
    (floats[KEY_FLOATS * left + SEQ_FLOAT] as number) -
    (floats[KEY_FLOATS * right + SEQ_FLOAT] as number);
  assert(bySeq !== 0, 'two events with the same key');
  return bySeq < 0;
}

/** Sorts slots and, in step with them, their times. */
export class KeySorter {
  #at: Float64Array<ArrayBuffer> = new Float64Array(0);
  #slot: Int32Array<ArrayBuffer> = new Int32Array(0);

  sort(
    at: Float64Array,
    slot: Int32Array,
    count: number,
    words: Int32Array,
    floats: Float64Array,
  ): void {
    for (let first = 0; first < count; first += PIECE) {
      insertionSort(at, slot, first, Math.min(first + PIECE, count), words, floats);
    }
    if (count <= PIECE) return;
    if (this.#at.length < at.length) {
      this.#at = new Float64Array(at.length);
      this.#slot = new Int32Array(at.length);
    }
    let from = { at, slot };
    let into = { at: this.#at, slot: this.#slot };
    for (let width = PIECE; width < count; width *= 2) {
      for (let first = 0; first < count; first += 2 * width) {
        const middle = Math.min(first + width, count);
        const end = Math.min(first + 2 * width, count);
        merge(from, into, { first, middle, end }, words, floats);
      }
      const spare = from as typeof into;
      from = into;
      into = spare;
    }
    if (from.at === at) return;
    for (let index = 0; index < count; index++) {
      at[index] = from.at[index] as number;
      slot[index] = from.slot[index] as number;
    }
  }
}

interface Keys {
  readonly at: Float64Array;
  readonly slot: Int32Array;
}

function insertionSort(
  at: Float64Array,
  slot: Int32Array,
  first: number,
  end: number,
  words: Int32Array,
  floats: Float64Array,
): void {
  for (let next = first + 1; next < end; next++) {
    const atNs = at[next] as number;
    const own = slot[next] as number;
    let index = next;
    while (index > first) {
      const before = at[index - 1] as number;
      if (before < atNs) break;
      if (before === atNs && isTieBefore(words, floats, slot[index - 1] as number, own)) break;
      at[index] = before;
      slot[index] = slot[index - 1] as number;
      index--;
    }
    at[index] = atNs;
    slot[index] = own;
  }
}

/** Merges [first, middle) and [middle, end). */
function merge(
  from: Keys,
  into: Keys,
  part: { readonly first: number; readonly middle: number; readonly end: number },
  words: Int32Array,
  floats: Float64Array,
): void {
  const { at, slot } = from;
  const { first, middle, end } = part;
  const intoAt = into.at;
  const intoSlot = into.slot;
  let left = first;
  let right = middle;
  for (let index = first; index < end; index++) {
    let isLeft = right === end;
    if (!isLeft && left < middle) {
      const leftNs = at[left] as number;
      const rightNs = at[right] as number;
      isLeft =
        leftNs < rightNs ||
        (leftNs === rightNs &&
          isTieBefore(words, floats, slot[left] as number, slot[right] as number));
    }
    const taken = isLeft ? left++ : right++;
    intoAt[index] = at[taken] as number;
    intoSlot[index] = slot[taken] as number;
  }
}
