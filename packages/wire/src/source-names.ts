/**
 * Numbers for what one thread has sent another already: sources of payload, and values that are in several of them.
 *
 * A watch event goes to a hundred nodes of a thread, a source to a connection in many segments. Its content
 * crosses once, with the first stretch; afterwards its number stands for it, and all readers in the thread share
 * what was made of it. Each way between two threads has a sender's and a receiver's table.
 *
 * Neither tells the other what it forgets: messages arrive in the order in which they were sent, so both tables see
 * the same uses in the same order and forget by the same rule, two generations by the weight of what they hold. What
 * is needed again afterwards is sent anew, under another number. Numbers never leave this encoding.
 */
import { must } from '@podwire/base';

/** Bytes of encoded content that make a generation; an entry counts this much more than its content. */
const GENERATION_BYTES = 2 ** 21;
const ENTRY_BYTES = 256;

interface Entry<T> {
  readonly value: T;
  readonly weight: number;
}

/** Things by key: forgets what has not been used while others of a generation's weight were. */
export class Generations<K, T> {
  readonly #limit: number;
  #young = new Map<K, Entry<T>>();
  #old = new Map<K, Entry<T>>();
  #weight = 0;

  constructor(limit: number = GENERATION_BYTES) {
    this.#limit = limit;
  }

  /** Counts as a use. */
  get(key: K): T | undefined {
    const entry = this.#young.get(key);
    if (entry !== undefined) return entry.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#add(key, old);
    return old.value;
  }

  /** A key that is not there. */
  set(key: K, value: T, lenBytes: number): void {
    this.#add(key, { value, weight: lenBytes + ENTRY_BYTES });
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #add(key: K, entry: Entry<T>): void {
    this.#young.set(key, entry);
    this.#weight += entry.weight;
    if (this.#weight < this.#limit) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#weight = 0;
  }
}

/** The sender's table. */
export class SentNames {
  readonly #numbers: Generations<object, number>;
  #next = 1;

  constructor(generationBytes?: number) {
    this.#numbers = new Generations(generationBytes);
  }

  /** The number by which the receiver knows it; undefined: it does not, or not any more. */
  numberOf(sent: object): number | undefined {
    return this.#numbers.get(sent);
  }

  /** A number for what is about to be written; `add` follows when it is. */
  take(): number {
    return this.#next++;
  }

  add(sent: object, number: number, lenBytes: number): void {
    this.#numbers.set(sent, number, lenBytes);
  }

  get size(): number {
    return this.#numbers.size;
  }
}

/** The receiver's table. */
export class ReceivedNames {
  readonly #things: Generations<number, object>;

  constructor(generationBytes?: number) {
    this.#things = new Generations(generationBytes);
  }

  get(number: number): object {
    return must(this.#things.get(number), 'what a number stands for has been sent');
  }

  add(number: number, received: object, lenBytes: number): void {
    this.#things.set(number, received, lenBytes);
  }

  get size(): number {
    return this.#things.size;
  }
}
