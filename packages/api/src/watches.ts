/**
 * The watches of an API server, by what they ask for: those that ask for the same share one group.
 *
 * Source: k8s.io/apiserver/pkg/storage/cacher/cacher.go.
 */
import { expired, invalid } from './errors.ts';
import { NameWatches } from './name-watches.ts';
import type { ApiRequest, ApiResponse, WatchEvent } from './request.ts';
import type { KindInfo } from './scheme.ts';
import {
  candidates,
  indexValue,
  matches,
  onlyObject,
  seenThrough,
  selectionOf,
} from './selection.ts';
import type { Store, StoreEvent } from './store.ts';
import { invalidValue } from './validate/field-error.ts';
import { WatchGroup, type Watcher } from './watch-group.ts';

export class Watches {
  readonly #store: Store;
  readonly #byName: NameWatches;
  readonly #groups = new Map<string, { readonly group: WatchGroup; readonly stop: () => void }>();

  constructor(store: Store) {
    this.#store = store;
    this.#byName = new NameWatches(store);
  }

  /**
   * Starts a watch: past events or the present objects first, then what happens. `onReady` is called when there
   * is something to take, once until it is taken.
   */
  open(info: KindInfo, request: ApiRequest, onReady: () => void): Watcher | ApiResponse {
    const selection = selectionOf(info, request);
    if ('code' in selection) return selection;
    const given = request.query?.resourceVersion ?? '';
    const isFresh = given === '' || given === '0';
    if (!isFresh && !/^\d+$/.test(given)) {
      return invalid('', 'ListOptions', '', [
        invalidValue(
          'resourceVersion',
          given,
          'strconv.ParseUint: parsing "' + given + '": invalid syntax',
        ),
      ]);
    }
    const past: WatchEvent[] = [];
    const node = indexValue(selection);
    if (isFresh) {
      for (const object of candidates(this.#store, info, selection)) {
        if (matches(selection, object)) past.push({ type: 'ADDED', object });
      }
    } else {
      const events = this.#store.since(info.plural, Number(given), node);
      if (events === 'expired') {
        return expired(given, String(this.#store.oldestVersion(info.plural)));
      }
      for (const event of events) {
        const seen = seenThrough(selection, event);
        if (seen !== undefined) past.push(seen);
      }
    }
    const { labelSelector = '', fieldSelector = '' } = request.query ?? {};
    const key = [
      info.plural,
      selection.namespace ?? '',
      request.name ?? '',
      labelSelector,
      fieldSelector,
    ].join('\n');
    let held = this.#groups.get(key);
    if (held === undefined) {
      const group = new WatchGroup((event) => seenThrough(selection, event));
      const listener = (event: StoreEvent): void => {
        group.event(event);
      };
      const only = onlyObject(info, selection);
      const stop =
        only === undefined
          ? this.#store.watch(info.plural, listener, node)
          : this.#byName.watch(info.plural, only, listener);
      held = { group, stop };
      this.#groups.set(key, held);
    }
    const { group, stop } = held;
    return group.join(past, onReady, () => {
      stop();
      this.#groups.delete(key);
    });
  }
}
