/**
 * The few things made last, to make the next one from the nearest of them.
 */

/** Nodes lag behind each other by about a sync period; a few bases spread over it are near enough. */
const KEPT = 8;

/** Where a thing stands: resourceVersions of Services and EndpointSlices. */
export interface Standing {
  readonly at: readonly [services: number, slices: number];
}

export class Recent<T extends Standing> {
  readonly #kept: T[] = [];
  #next = 0;

  add(one: T): void {
    this.#kept[this.#next] = one;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The one with the least distance; of two the one that stands first. */
  nearest([services, slices]: Standing['at']): T | undefined {
    let best: T | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const one of this.#kept) {
      const distance = Math.abs(one.at[0] - services) + Math.abs(one.at[1] - slices);
      if (distance >= least) continue;
      best = one;
      least = distance;
    }
    return best;
  }
}
