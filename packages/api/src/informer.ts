/**
 * A list and watch of one resource, kept as a local copy with indexes and handlers.
 *
 * As client-go's reflector: list, then watch from the list's resourceVersion; a watch that ends in order is
 * taken up again; 410 or a failure lists anew, with a back-off of 800 ms doubling to 30 s with jitter.
 */
import { type HostSim, type Proc, Signal, sleep } from '@podwire/engine';
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';
import { type ApiClient, watchBatches } from './client.ts';
import type { KubeObject } from './types/meta.ts';
import { type ApiRequest, type WatchEvent, isList, isOk } from './request.ts';
import { keyOf, makeKey } from './object.ts';
import { ObjectIndex } from './object-index.ts';
import {
  type Change,
  type Cursor,
  ObjectView,
  type ObjectViews,
  ViewItems,
} from './object-view.ts';

/** client-go tools/cache/reflector.go: the back-off manager's initial, longest and reset times. */
const BACKOFF_START_NS = 800 * NS_PER_MS;
const BACKOFF_MAX_NS = 30 * NS_PER_SEC;
const BACKOFF_RESET_NS = 120 * NS_PER_SEC;

export interface InformerOptions {
  readonly resource: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface InformerHandlers<T extends KubeObject> {
  readonly add?: (object: T) => void;
  readonly update?: (object: T, old: T) => void;
  readonly delete?: (object: T) => void;
}

/** What Informer shows to those who only read. */
export interface Lister<T extends KubeObject> {
  readonly items: ReadonlyMap<string, T>;
  get(namespace: string | undefined, name: string): T | undefined;
  byIndex(indexName: string, value: string): readonly T[];
}

/** How far an informer of a shared view has seen: equal places show the same objects. */
export interface Place<T extends KubeObject> {
  readonly view: ObjectView<T>;
  readonly at: number;
}

export class Informer<T extends KubeObject> implements Lister<T> {
  readonly #client: ApiClient;
  readonly #sim: HostSim;
  readonly #options: InformerOptions;
  readonly #copy: ObjectCopy<T>;
  readonly #handlers = new Set<InformerHandlers<T>>();
  #isSynced = false;
  #resourceVersion = '';
  #backoffNs = BACKOFF_START_NS;
  #lastBackoffAtNs = 0;
  /** Notified once the first list is in. */
  readonly synced: Signal = new Signal();
  /** Notified after every change of the copy. */
  readonly changed: Signal = new Signal();

  constructor(client: ApiClient, sim: HostSim, options: InformerOptions) {
    this.#client = client;
    this.#sim = sim;
    this.#options = options;
    const { views } = client;
    const { resource, namespace = '', labelSelector = '', fieldSelector = '' } = options;
    this.#copy =
      views === undefined
        ? new OwnCopy<T>()
        : new SharedCopy<T>(views, [resource, namespace, labelSelector, fieldSelector].join('\n'));
  }

  /** The present copy, by `namespace/name`. */
  get items(): ReadonlyMap<string, T> {
    return this.#copy.items;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** How far this copy has seen. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** The place in the view that informers of this thread share; undefined for a copy of its own. */
  get place(): Place<T> | undefined {
    return this.#copy.place;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#copy.get(makeKey(namespace, name));
  }

  /** Adds handlers; what is there already comes as `add`. Returns how to take them away. */
  subscribe(handlers: InformerHandlers<T>): () => void {
    this.#handlers.add(handlers);
    if (handlers.add !== undefined)
      for (const item of Array.from(this.items.values())) handlers.add(item);
    return () => {
      this.#handlers.delete(handlers);
    };
  }

  /** Adds an index: `valuesOf` says under which values an object is found. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    this.#copy.addIndex(name, valuesOf);
  }

  /** The objects under this value, ordered by key. */
  byIndex(indexName: string, value: string): readonly T[] {
    return this.#copy.byIndex(indexName, value);
  }

  /** Waits for the first list. */
  *waitSynced(): Proc {
    while (!this.#isSynced) yield* this.synced.wait();
  }

  /** Lists and watches for ever; spawn it as a process. */
  *run(): Proc {
    try {
      for (;;) {
        if (!(yield* this.#list())) {
          yield* this.#backoff();
          continue;
        }
        for (;;) {
          const outcome = yield* this.#watch();
          if (outcome === 'ended') continue;
          if (outcome === 'failed') yield* this.#backoff();
          if (outcome === 'expired') break;
        }
      }
    } finally {
      this.#copy.release();
    }
  }

  *#list(): Proc<boolean> {
    const response = yield* this.#client.request({ ...this.#base(), verb: 'list' });
    if (!isOk(response) || !isList(response.body)) return false;
    this.#replace(
      response.body.items as readonly T[],
      response.body.metadata.resourceVersion ?? '',
    );
    if (!this.#isSynced) {
      this.#isSynced = true;
      this.synced.notify();
    }
    return true;
  }

  *#watch(): Proc<'ended' | 'failed' | 'expired'> {
    let isExpired = false;
    const startedNs = this.#sim.nowNs();
    const request: ApiRequest = {
      ...this.#base(),
      verb: 'watch',
      query: { ...this.#base().query, resourceVersion: this.#resourceVersion },
    };
    const failure = yield* watchBatches(this.#client, request, (events) => {
      if (this.#applyAll(events)) isExpired = true;
    });
    if (isExpired || failure?.code === 410) return 'expired';
    if (failure !== undefined) return 'failed';
    // A stream that ends as soon as it began would otherwise spin in no time.
    return this.#sim.nowNs() - startedNs < NS_PER_SEC ? 'failed' : 'ended';
  }

  #base(): Omit<ApiRequest, 'verb'> {
    const { resource, namespace, labelSelector, fieldSelector } = this.#options;
    return {
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      query: {
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
      },
    };
  }

  *#backoff(): Proc {
    const nowNs = this.#sim.nowNs();
    if (nowNs - this.#lastBackoffAtNs > BACKOFF_RESET_NS) this.#backoffNs = BACKOFF_START_NS;
    this.#lastBackoffAtNs = nowNs;
    const base = this.#backoffNs;
    this.#backoffNs = Math.min(base * 2, BACKOFF_MAX_NS);
    yield* sleep(base + this.#sim.rng('informer/backoff').between(0, base));
  }

  #replace(objects: readonly T[], resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    for (const change of this.#copy.replace(objects, Number(resourceVersion), this.#hasHandlers)) {
      this.#tell(change);
    }
    this.changed.notify();
  }

  get #hasHandlers(): boolean {
    return this.#handlers.size > 0;
  }

  /** Whether an error was among them, which ends the watch. */
  #applyAll(events: readonly WatchEvent[]): boolean {
    const version = this.#hasHandlers ? undefined : this.#copy.applyAll(events);
    if (version !== undefined) {
      this.#resourceVersion = version;
      this.changed.notify();
      return false;
    }
    let isError = false;
    for (const event of events) {
      if (event.type === 'ERROR') isError = true;
      else this.#apply(event);
    }
    return isError;
  }

  #apply(event: Exclude<WatchEvent, { type: 'ERROR' }>): void {
    const object = event.object as T;
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    if (event.type === 'BOOKMARK') return;
    const isGone = event.type === 'DELETED';
    const change = this.#copy.apply(keyOf(object), object, isGone);
    if (change !== undefined && this.#hasHandlers) {
      this.#tell(isGone ? { before: change.before, after: undefined, last: object } : change);
    }
    this.changed.notify();
  }

  #tell({ before, after, last }: Told<T>): void {
    const isNew = after !== undefined && before !== undefined && !isSame(before, after);
    for (const handlers of this.#handlers) {
      if (after === undefined || isNew) {
        const gone = last ?? before;
        if (gone !== undefined) handlers.delete?.(gone);
      }
      if (after === undefined) continue;
      if (before === undefined || isNew) handlers.add?.(after);
      else handlers.update?.(after, before);
    }
  }
}

/** Whether two versions are of one object, not of one deleted and made again. */
function isSame(before: KubeObject, after: KubeObject): boolean {
  return before.metadata.uid === after.metadata.uid;
}

interface Told<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
  /** Of a deletion: the object as the event showed it. */
  readonly last?: T;
}

/** What an informer knows: a copy of its own, or a place in a view that the thread's informers share. */
interface ObjectCopy<T extends KubeObject> {
  readonly items: ReadonlyMap<string, T>;
  readonly place: Place<T> | undefined;
  get(key: string): T | undefined;
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void;
  byIndex(indexName: string, value: string): readonly T[];
  /** A new list; with `wantsChanges`, what it changes. */
  replace(objects: readonly T[], version: number, wantsChanges: boolean): readonly Told<T>[];
  /** An event; what it changes, undefined when that is nothing. */
  apply(key: string, object: T, isGone: boolean): Told<T> | undefined;
  /** The events of a write, and the version of the last; undefined when they must be applied one by one. */
  applyAll(events: readonly WatchEvent[]): string | undefined;
  /** The informer ends. */
  release(): void;
}

class OwnCopy<T extends KubeObject> implements ObjectCopy<T> {
  readonly items = new Map<string, T>();
  readonly place = undefined;
  readonly #indexes = new Map<string, ObjectIndex<T>>();

  get(key: string): T | undefined {
    return this.items.get(key);
  }

  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    const index = new ObjectIndex(valuesOf);
    for (const [key, item] of this.items) index.add(key, item);
    this.#indexes.set(name, index);
  }

  byIndex(indexName: string, value: string): readonly T[] {
    const found: T[] = [];
    for (const key of this.#indexes.get(indexName)?.keys(value) ?? []) {
      const item = this.items.get(key);
      if (item !== undefined) found.push(item);
    }
    return found;
  }

  replace(objects: readonly T[]): readonly Told<T>[] {
    const changes: Told<T>[] = [];
    const seen = new Set<string>();
    for (const object of objects) {
      const key = keyOf(object);
      seen.add(key);
      const change = this.apply(key, object, false);
      if (change !== undefined) changes.push(change);
    }
    for (const [key, old] of Array.from(this.items)) {
      if (seen.has(key)) continue;
      const change = this.apply(key, old, true);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  apply(key: string, object: T, isGone: boolean): Told<T> | undefined {
    const before = this.items.get(key);
    if (isGone) {
      if (before === undefined) return undefined;
      this.items.delete(key);
      for (const index of this.#indexes.values()) index.remove(key, before);
      return { before, after: undefined };
    }
    if (before === undefined) {
      this.items.set(key, object);
      for (const index of this.#indexes.values()) index.add(key, object);
    } else if (before.metadata.resourceVersion === object.metadata.resourceVersion) {
      return undefined;
    } else {
      // Made again under its name: it goes to the end, as if it had been away.
      if (!isSame(before, object)) this.items.delete(key);
      this.items.set(key, object);
      for (const index of this.#indexes.values()) index.update(key, before, object);
    }
    return { before, after: object };
  }

  applyAll(): undefined {
    return undefined;
  }

  release(): void {
    // Nobody else knows of it.
  }
}

class SharedCopy<T extends KubeObject> implements ObjectCopy<T> {
  readonly #views: ObjectViews;
  readonly #key: string;
  #view: ObjectView<T>;
  #cursor: Cursor;
  #items: ViewItems<T>;
  #indexes: Map<string, (object: T) => readonly string[]> | undefined;

  constructor(views: ObjectViews, key: string) {
    this.#views = views;
    this.#key = key;
    this.#view = new ObjectView<T>([], 0);
    this.#cursor = this.#view.openEnd();
    this.#items = new ViewItems(this.#view, this.#cursor);
  }

  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  get place(): Place<T> {
    return { view: this.#view, at: this.#cursor.at };
  }

  get(key: string): T | undefined {
    return this.#view.get(this.#cursor, key);
  }

  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    this.#indexes ??= new Map();
    this.#indexes.set(name, valuesOf);
    this.#view.addIndex(name, valuesOf);
  }

  byIndex(indexName: string, value: string): readonly T[] {
    return this.#view.byIndex(this.#cursor.at, indexName, value);
  }

  replace(objects: readonly T[], version: number, wantsChanges: boolean): readonly Told<T>[] {
    const before = this.#items;
    const changes: Told<T>[] = [];
    if (wantsChanges) {
      const listed = new Set<string>();
      for (const object of objects) {
        const key = keyOf(object);
        listed.add(key);
        const old = before.get(key);
        if (old?.metadata.resourceVersion !== object.metadata.resourceVersion) {
          changes.push({ before: old, after: object });
        }
      }
      for (const [key, old] of before) {
        if (!listed.has(key)) changes.push({ before: old, after: undefined });
      }
    }
    this.#view.close(this.#cursor);
    const found = this.#views.join<T>(this.#key, objects, version);
    this.#view = found.view;
    this.#cursor = found.cursor;
    this.#items = new ViewItems(this.#view, this.#cursor);
    for (const [name, valuesOf] of this.#indexes ?? []) this.#view.addIndex(name, valuesOf);
    return changes;
  }

  apply(key: string, object: T, isGone: boolean): Change<T> | undefined {
    const version = Number(object.metadata.resourceVersion);
    return this.#view.advance(this.#cursor, version, key, isGone ? undefined : object);
  }

  applyAll(events: readonly WatchEvent[]): string | undefined {
    return this.#view.advanceAll(this.#cursor, events);
  }

  release(): void {
    this.#view.close(this.#cursor);
  }
}
