/**
 * Tells those who watch one object of what happens to it, and nobody else.
 *
 * From: the store, one listener per kind. To: the watch groups with `metadata.name=NAME`. Each node has several
 * such watches of its own Node object; asked one by one, every status report would cost the number of nodes.
 */
import { keyOf, makeKey } from './object.ts';
import type { Store, StoreEvent, StoreListener } from './store.ts';

interface Kind {
  readonly stop: () => void;
  /** By `namespace/name`. Lists are replaced, not changed: whoever joins during an event has seen it already. */
  readonly listeners: Map<string, readonly StoreListener[]>;
}

export class NameWatches {
  readonly #store: Store;
  readonly #kinds = new Map<string, Kind>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Calls the listener with every event of this object from now on, until the returned function is called. */
  watch(
    resource: string,
    object: { readonly namespace: string | undefined; readonly name: string },
    listener: StoreListener,
  ): () => void {
    const key = makeKey(object.namespace, object.name);
    const kind = this.#kinds.get(resource) ?? this.#begin(resource);
    const { listeners } = kind;
    listeners.set(key, [...(listeners.get(key) ?? []), listener]);
    return () => {
      const left = (listeners.get(key) ?? []).filter((each) => each !== listener);
      if (left.length > 0) listeners.set(key, left);
      else listeners.delete(key);
      if (listeners.size > 0 || this.#kinds.get(resource) !== kind) return;
      this.#kinds.delete(resource);
      kind.stop();
    };
  }

  #begin(resource: string): Kind {
    const listeners: Kind['listeners'] = new Map();
    const stop = this.#store.watch(resource, (event: StoreEvent) => {
      for (const listener of listeners.get(keyOf(event.object)) ?? []) listener(event);
    });
    const kind = { stop, listeners };
    this.#kinds.set(resource, kind);
    return kind;
  }
}
