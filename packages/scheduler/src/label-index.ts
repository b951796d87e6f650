/**
 * Finds, for the labels of a pod, the selectors that could match it, without looking at all of them.
 *
 * A selector that asks for `key = value` within one namespace is found under that pair; every other one is a
 * candidate for all pods. A candidate is still to be matched.
 */
import type { Selector, StringMap } from '@podwire/api';

/** A label of one namespace, as one text. */
export function pairOf(namespace: string, key: string, value: string): string {
  return `${namespace}/${key}=${value}`;
}

/** A pair without which the selector matches nothing in this namespace; undefined when it asks for none. */
export function requiredPair(namespace: string, selector: Selector): string | undefined {
  for (const { key, operator, values } of selector.requirements) {
    const [value] = values;
    const isEqual =
      operator === '=' || operator === '==' || (operator === 'in' && values.length === 1);
    if (isEqual && value !== undefined) return pairOf(namespace, key, value);
  }
  return undefined;
}

export class LabelIndex<T> {
  readonly #byPair = new Map<string, Set<T>>();
  readonly #rest = new Set<T>();
  /** Moves with every change: what was found before may be out of date. */
  version = 0;
  size = 0;

  add(item: T, pair: string | undefined): void {
    let items = pair === undefined ? this.#rest : this.#byPair.get(pair);
    if (items === undefined) {
      items = new Set();
      this.#byPair.set(pair ?? '', items);
    }
    if (items.has(item)) return;
    items.add(item);
    this.size++;
    this.version++;
  }

  remove(item: T, pair: string | undefined): void {
    const items = pair === undefined ? this.#rest : this.#byPair.get(pair);
    if (items?.delete(item) !== true) return;
    if (pair !== undefined && items.size === 0) this.#byPair.delete(pair);
    this.size--;
    this.version++;
  }

  /** Calls `visit` with every candidate once. */
  visit(namespace: string, labels: StringMap, visit: (item: T) => void): void {
    if (this.size === 0) return;
    if (this.#byPair.size > 0) {
      for (const key of Object.keys(labels)) {
        const items = this.#byPair.get(pairOf(namespace, key, labels[key] ?? ''));
        if (items !== undefined) for (const item of items) visit(item);
      }
    }
    for (const item of this.#rest) visit(item);
  }
}
