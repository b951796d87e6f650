/**
 * A map that nobody may change and whose values come from elsewhere: looked up one by one, made whole only when somebody
 * wants all of them.
 */
export abstract class DerivedMap<K, V> implements ReadonlyMap<K, V> {
  abstract get(key: K): V | undefined;

  /** All of it, in its order. */
  protected abstract whole(): ReadonlyMap<K, V>;

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    return this.whole().size;
  }

  forEach(run: (value: V, key: K, map: ReadonlyMap<K, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this) run.call(thisArg, value, key, this);
  }

  entries(): MapIterator<[K, V]> {
    return this.whole().entries();
  }

  keys(): MapIterator<K> {
    return this.whole().keys();
  }

  values(): MapIterator<V> {
    return this.whole().values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
