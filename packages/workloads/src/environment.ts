/**
 * A process's environment in layers: image, services, what the container says; later layers win.
 *
 * The whole is put together when somebody lists it; a single variable is asked of the layers. A cluster has
 * many containers and thousands of service variables, which hardly any program reads.
 */
export class Environment implements ReadonlyMap<string, string> {
  readonly #layers: readonly ReadonlyMap<string, string>[];

  constructor(layers: readonly ReadonlyMap<string, string>[]) {
    this.#layers = layers;
  }

  get(name: string): string | undefined {
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      const value = this.#layers[index]?.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    return this.#whole().size;
  }

  forEach(
    run: (value: string, name: string, map: ReadonlyMap<string, string>) => void,
    thisArg?: unknown,
  ): void {
    for (const [name, value] of this) run.call(thisArg, value, name, this);
  }

  entries(): MapIterator<[string, string]> {
    return this.#whole().entries();
  }

  keys(): MapIterator<string> {
    return this.#whole().keys();
  }

  values(): MapIterator<string> {
    return this.#whole().values();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  /** A variable stands where its first layer put it, with the value of its last. */
  #whole(): Map<string, string> {
    const all = new Map<string, string>();
    for (const layer of this.#layers) for (const [name, value] of layer) all.set(name, value);
    return all;
  }
}
