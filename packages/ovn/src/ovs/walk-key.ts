/**
 * The key of a packet as a pass changes it, and what of the packet that came the pass's answer depends on (struct
 * flow_wildcards, and ctx->base_flow of ofproto-dpif-xlate.c).
 *
 * Bits that the pass itself has written before it looked at them do not count.
 */
import type { Field } from '../symbols.ts';
import type { DpAction } from './actions.ts';
import {
  ALL_BITS,
  FIRST_HEADER_WORD,
  FIRST_REGISTER_WORD,
  type FlowKey,
  Word,
  newKey,
} from './flow-key.ts';

/** A point of a walk to go back to. */
interface Saved {
  readonly key: FlowKey;
  readonly written: FlowKey;
  readonly dirty: number;
}

export class WalkKey {
  /** Room for a walk to work in: it is over before the next begins. */
  static readonly #room: { readonly key: FlowKey; readonly written: FlowKey } = {
    key: newKey(),
    written: newKey(),
  };
  key: FlowKey;
  readonly mask: FlowKey = newKey();
  /** Bits that were written: they say nothing of the packet that came. */
  #written: FlowKey;
  /** Header words to be set in the packet before it leaves, as bits from the first header word on. */
  #dirty = 0;

  /** Port and recirculation id always count; registers start at 0. */
  constructor(came: FlowKey) {
    const { key, written } = WalkKey.#room;
    key.set(came);
    written.fill(0);
    this.key = key;
    this.#written = written;
    this.mask[Word.physPort] = ALL_BITS;
    this.mask[Word.recirc] = ALL_BITS;
    key.fill(0, FIRST_REGISTER_WORD, FIRST_HEADER_WORD);
    written.fill(ALL_BITS, FIRST_REGISTER_WORD, FIRST_HEADER_WORD);
  }

  /** The answer depends on these bits. */
  readonly lookAt = (word: number, bits: number): void => {
    this.mask[word] = (this.mask[word] as number) | (bits & ~(this.#written[word] as number));
  };

  /** The answer depends on the whole word. */
  look(word: number): void {
    this.mask[word] = (this.mask[word] as number) | ~(this.#written[word] as number);
  }

  is(word: number, value: number): boolean {
    this.look(word);
    return this.key[word] === value;
  }

  setWord(word: number, value: number): void {
    this.key[word] = value;
    this.#written[word] = ALL_BITS;
    if (word >= FIRST_HEADER_WORD) this.#dirty |= 1 << (word - FIRST_HEADER_WORD);
  }

  setField(field: Field, value: number): void {
    if (field.hiWord !== undefined) {
      this.setWord(field.hiWord, Math.floor(value / 0x100000000));
      this.setWord(field.word, value % 0x100000000);
      return;
    }
    if (field.width >= 32 || field.word >= FIRST_HEADER_WORD) {
      this.setWord(field.word, value);
      return;
    }
    const bits = (2 ** field.width - 1) << field.shift;
    this.key[field.word] =
      ((this.key[field.word] as number) & ~bits) | ((value << field.shift) & bits);
    this.#written[field.word] = (this.#written[field.word] as number) | bits;
  }

  move(to: Field, from: Field): void {
    this.look(from.word);
    this.setWord(to.word, this.key[from.word] as number);
    if (to.hiWord === undefined || from.hiWord === undefined) return;
    this.look(from.hiWord);
    this.setWord(to.hiWord, this.key[from.hiWord] as number);
  }

  swap(one: Field, other: Field): void {
    this.#swapWords(one.word, other.word);
    if (one.hiWord !== undefined && other.hiWord !== undefined)
      this.#swapWords(one.hiWord, other.hiWord);
  }

  #swapWords(left: number, right: number): void {
    this.look(left);
    this.look(right);
    const value = this.key[left] as number;
    this.setWord(left, this.key[right] as number);
    this.setWord(right, value);
  }

  /** Changed headers are to be written into the packet before what comes next (commit_odp_actions). */
  commit(actions: DpAction[]): void {
    for (let left = this.#dirty; left !== 0; left &= left - 1) {
      const word = FIRST_HEADER_WORD + 31 - Math.clz32(left & -left);
      actions.push({ kind: 'set', word, value: this.key[word] as number });
    }
    this.#dirty = 0;
  }

  save(): Saved {
    return { key: this.key.slice(), written: this.#written.slice(), dirty: this.#dirty };
  }

  restore({ key, written, dirty }: Saved): void {
    this.key = key;
    this.#written = written;
    this.#dirty = dirty;
  }
}
