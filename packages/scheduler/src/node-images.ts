/**
 * Which nodes have which container image.
 */
import { type Node, jsonEqual } from '@podwire/api';

/** A set of slots, one bit each. */
class SlotSet {
  #words = new Uint32Array(1);
  size = 0;

  has(slot: number): boolean {
    return (((this.#words[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 1;
  }

  add(slot: number): void {
    const word = slot >>> 5;
    if (word >= this.#words.length) {
      const larger = new Uint32Array(Math.max(word + 1, 2 * this.#words.length));
      larger.set(this.#words);
      this.#words = larger;
    }
    if (this.has(slot)) return;
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (slot & 31));
    this.size++;
  }

  delete(slot: number): void {
    if (!this.has(slot)) return;
    this.#words[slot >>> 5] = (this.#words[slot >>> 5] ?? 0) & ~(1 << (slot & 31));
    this.size--;
  }
}

export interface ImageState {
  /** As the first node said that had it. */
  sizeBytes: number;
  readonly nodes: SlotSet;
}

export class NodeImages {
  readonly #byName = new Map<string, ImageState>();

  get(name: string): ImageState | undefined {
    return this.#byName.get(name);
  }

  /** The node's list of images changed from one version of the node to the next. */
  update(slot: number, old: Node | undefined, now: Node | undefined): void {
    const before = old?.status?.images;
    const after = now?.status?.images;
    if (before === after && before === undefined) return;
    if (jsonEqual(before, after)) this.#refreshSizes(after ?? []);
    else {
      this.#remove(slot, before ?? []);
      this.#add(slot, after ?? []);
    }
  }

  #add(slot: number, images: Images): void {
    for (const { names, sizeBytes = 0 } of images) {
      for (const name of names ?? []) {
        let state = this.#byName.get(name);
        if (state === undefined) {
          state = { sizeBytes, nodes: new SlotSet() };
          this.#byName.set(name, state);
        }
        state.nodes.add(slot);
      }
    }
  }

  #remove(slot: number, images: Images): void {
    for (const { names } of images) {
      for (const name of names ?? []) {
        const state = this.#byName.get(name);
        state?.nodes.delete(slot);
        if (state?.nodes.size === 0) this.#byName.delete(name);
      }
    }
  }

  /** The only node that has an image says its size anew. */
  #refreshSizes(images: Images): void {
    for (const { names, sizeBytes = 0 } of images) {
      for (const name of names ?? []) {
        const state = this.#byName.get(name);
        if (state?.nodes.size === 1) state.sizeBytes = sizeBytes;
      }
    }
  }
}

type Images = NonNullable<NonNullable<Node['status']>['images']>;
