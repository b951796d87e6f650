/**
 * A process's environment in layers: image, services, what the container says; later layers win.
 *
 * The whole is put together when somebody lists it; a single variable is asked of the layers. A cluster has
 * many containers and thousands of service variables, which hardly any program reads.
 */
import { DerivedMap } from '@podwire/base';

export class Environment extends DerivedMap<string, string> {
  readonly #layers: readonly ReadonlyMap<string, string>[];

  constructor(layers: readonly ReadonlyMap<string, string>[]) {
    super();
    this.#layers = layers;
  }

  get(name: string): string | undefined {
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      const value = this.#layers[index]?.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** A variable stands where its first layer put it, with the value of its last. */
  protected whole(): Map<string, string> {
    const all = new Map<string, string>();
    for (const layer of this.#layers) for (const [name, value] of layer) all.set(name, value);
    return all;
  }
}
