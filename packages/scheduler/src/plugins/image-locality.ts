/**
 * ImageLocality: a node that has the images already scores higher, less so the rarer they are in the cluster.
 */
import { MAX_NODE_SCORE, type NodeList, type NodeScorer, type Plugin } from '../framework.ts';
import type { ImageState } from '../node-images.ts';

const MIB = 1024 * 1024;
const LEAST_BYTES = 23 * MIB;
const MOST_BYTES_PER_CONTAINER = 1000 * MIB;

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  preScore({ snapshot, shape }) {
    const { images } = shape.template;
    const present: ImageState[] = [];
    for (const image of images) {
      const state = snapshot.images.get(image);
      if (state !== undefined) present.push(state);
    }
    const nodeCount = snapshot.order.length;
    const scorer = new ImageScorer(present, images.length, nodeCount);
    // Where all nodes have the same of them, all score the same.
    const isEven = present.every(({ nodes }) => nodes.size === nodeCount);
    return isEven ? scorer.scoreOfAll() : scorer;
  },
};

class ImageScorer implements NodeScorer {
  readonly #images: readonly ImageState[];
  readonly #sizes: readonly number[];
  readonly #mostBytes: number;

  constructor(images: readonly ImageState[], containerCount: number, nodeCount: number) {
    this.#images = images;
    this.#sizes = images.map(({ sizeBytes, nodes }) => {
      const spread = nodes.size / nodeCount;
      return Math.trunc(sizeBytes * spread);
    });
    this.#mostBytes = MOST_BYTES_PER_CONTAINER * containerCount;
  }

  /** The score of a node that has all the images. */
  scoreOfAll(): number {
    let sum = 0;
    for (const size of this.#sizes) sum += size;
    return this.#scale(sum);
  }

  score({ slots, count }: NodeList, scores: Float64Array): void {
    for (let at = 0; at < count; at++) {
      const slot = slots[at] ?? 0;
      let sum = 0;
      for (let image = 0; image < this.#images.length; image++) {
        if (this.#images[image]?.nodes.has(slot) === true) sum += this.#sizes[image] ?? 0;
      }
      scores[at] = this.#scale(sum);
    }
  }

  #scale(sum: number): number {
    const clamped = Math.min(Math.max(sum, LEAST_BYTES), this.#mostBytes);
    const span = this.#mostBytes - LEAST_BYTES;
    return Math.trunc((MAX_NODE_SCORE * (clamped - LEAST_BYTES)) / span);
  }
}
