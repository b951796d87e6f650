/**
 * Which objects are found under a value, such as the slices of a service.
 */
import { compareText } from './object.ts';

/** From a value to the keys under it. */
export class ObjectIndex<T> {
  readonly valuesOf: (object: T) => readonly string[];
  readonly #keys = new Map<string, Set<string>>();
  readonly #sorted = new Map<string, readonly string[]>();

  constructor(valuesOf: (object: T) => readonly string[]) {
    this.valuesOf = valuesOf;
  }

  keys(value: string): readonly string[] {
    let sorted = this.#sorted.get(value);
    if (sorted === undefined) {
      const keys = this.#keys.get(value);
      if (keys === undefined) return [];
      sorted = [...keys].sort(compareText);
      this.#sorted.set(value, sorted);
    }
    return sorted;
  }

  add(key: string, object: T): void {
    for (const value of this.valuesOf(object)) {
      let keys = this.#keys.get(value);
      if (keys === undefined) {
        keys = new Set();
        this.#keys.set(value, keys);
      }
      keys.add(key);
      this.#sorted.delete(value);
    }
  }

  remove(key: string, object: T): void {
    for (const value of this.valuesOf(object)) {
      const keys = this.#keys.get(value);
      if (keys === undefined) continue;
      keys.delete(key);
      if (keys.size === 0) this.#keys.delete(value);
      this.#sorted.delete(value);
    }
  }

  update(key: string, old: T, object: T): void {
    const before = this.valuesOf(old);
    const after = this.valuesOf(object);
    if (before.length === after.length && before.every((value, at) => value === after[at])) return;
    this.remove(key, old);
    this.add(key, object);
  }
}
