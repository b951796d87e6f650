/**
 * A list and watch of one resource, kept as a local copy with indexes and handlers.
 *
 * As client-go's reflector: list, then watch from the list's resourceVersion; a watch that ends in order is
 * taken up again; 410 or a failure lists anew, with a back-off of 800 ms doubling to 30 s with jitter.
 */
import { type HostSim, type Proc, Signal, sleep } from '@podwire/engine';
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';
import type { ApiClient } from './client.ts';
import type { KubeObject } from './types/meta.ts';
import { type ApiRequest, type WatchEvent, isList, isOk } from './request.ts';
import { compareText, keyOf, makeKey } from './object.ts';

/** client-go tools/cache/reflector.go: the back-off manager's initial, longest and reset times. */
const BACKOFF_START_NS = 800 * NS_PER_MS;
const BACKOFF_MAX_NS = 30 * NS_PER_SEC;
const BACKOFF_RESET_NS = 120 * NS_PER_SEC;

export interface InformerOptions {
  readonly resource: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Lets several informers of a thread hold one object instead of a copy each. */
  readonly cache?: ObjectCache;
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

export class Informer<T extends KubeObject> implements Lister<T> {
  readonly #client: ApiClient;
  readonly #sim: HostSim;
  readonly #options: InformerOptions;
  readonly #items = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
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
  }

  /** The present copy, by `namespace/name`. */
  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** How far this copy has seen. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#items.get(makeKey(namespace, name));
  }

  /** Adds handlers; what is there already comes as `add`. Returns how to take them away. */
  subscribe(handlers: InformerHandlers<T>): () => void {
    this.#handlers.add(handlers);
    if (handlers.add !== undefined)
      for (const item of Array.from(this.#items.values())) handlers.add(item);
    return () => {
      this.#handlers.delete(handlers);
    };
  }

  /** Adds an index: `valuesOf` says under which values an object is found. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    const index = new Index(valuesOf);
    for (const [key, item] of this.#items) index.add(key, item);
    this.#indexes.set(name, index);
  }

  /** The objects under this value, ordered by key. */
  byIndex(indexName: string, value: string): readonly T[] {
    const keys = this.#indexes.get(indexName)?.keys(value) ?? [];
    const found: T[] = [];
    for (const key of keys) {
      const item = this.#items.get(key);
      if (item !== undefined) found.push(item);
    }
    return found;
  }

  /** Waits for the first list. */
  *waitSynced(): Proc {
    while (!this.#isSynced) yield* this.synced.wait();
  }

  /** Lists and watches for ever; spawn it as a process. */
  *run(): Proc {
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
    const failure = yield* this.#client.watch(request, (event) => {
      if (event.type === 'ERROR') isExpired = true;
      else this.#apply(event);
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
    const seen = new Set<string>();
    for (const object of objects) {
      seen.add(keyOf(object));
      this.#put(object);
    }
    for (const [key, old] of Array.from(this.#items)) if (!seen.has(key)) this.#remove(key, old);
    this.#resourceVersion = resourceVersion;
    this.changed.notify();
  }

  #apply(event: Exclude<WatchEvent, { type: 'ERROR' }>): void {
    const object = event.object as T;
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#put(object);
        break;
      case 'DELETED':
        this.#remove(keyOf(object), object);
        break;
      case 'BOOKMARK':
        return;
    }
    this.changed.notify();
  }

  #put(fresh: T): void {
    const object = this.#options.cache?.intern(fresh) ?? fresh;
    const key = keyOf(object);
    const old = this.#items.get(key);
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      this.#remove(key, old);
    } else if (old !== undefined) {
      if (old.metadata.resourceVersion === object.metadata.resourceVersion) return;
      this.#items.set(key, object);
      for (const index of this.#indexes.values()) index.update(key, old, object);
      for (const handlers of this.#handlers) handlers.update?.(object, old);
      return;
    }
    this.#items.set(key, object);
    for (const index of this.#indexes.values()) index.add(key, object);
    for (const handlers of this.#handlers) handlers.add?.(object);
  }

  /** `last` is the object as the deletion showed it. */
  #remove(key: string, last: T): void {
    const old = this.#items.get(key);
    if (old === undefined) return;
    this.#items.delete(key);
    this.#options.cache?.forget(old);
    for (const index of this.#indexes.values()) index.remove(key, old);
    for (const handlers of this.#handlers) handlers.delete?.(last);
  }
}

/** From a value to the keys under it. */
class Index<T> {
  readonly #valuesOf: (object: T) => readonly string[];
  readonly #keys = new Map<string, Set<string>>();
  readonly #sorted = new Map<string, readonly string[]>();

  constructor(valuesOf: (object: T) => readonly string[]) {
    this.#valuesOf = valuesOf;
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
    for (const value of this.#valuesOf(object)) {
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
    for (const value of this.#valuesOf(object)) {
      const keys = this.#keys.get(value);
      if (keys === undefined) continue;
      keys.delete(key);
      if (keys.size === 0) this.#keys.delete(value);
      this.#sorted.delete(value);
    }
  }

  update(key: string, old: T, object: T): void {
    const before = this.#valuesOf(old);
    const after = this.#valuesOf(object);
    if (before.length === after.length && before.every((value, at) => value === after[at])) return;
    this.remove(key, old);
    this.add(key, object);
  }
}

/**
 * One object for all informers of a thread that have seen the same version of it.
 *
 * It keeps the newest version per uid; an informer that lags behind holds its older one by itself.
 */
export class ObjectCache {
  readonly #newest = new Map<string, KubeObject>();

  /** The object that the thread already holds for this uid and version, else the given one. */
  intern<T extends KubeObject>(object: T): T {
    const uid = object.metadata.uid;
    if (uid === undefined) return object;
    const held = this.#newest.get(uid);
    if (held !== undefined) {
      if (held.metadata.resourceVersion === object.metadata.resourceVersion) return held as T;
      if (Number(held.metadata.resourceVersion) > Number(object.metadata.resourceVersion)) {
        return object;
      }
    }
    this.#newest.set(uid, object);
    return object;
  }

  /** Looks a version up without having decoded it. */
  find(uid: string, resourceVersion: string): KubeObject | undefined {
    const held = this.#newest.get(uid);
    return held?.metadata.resourceVersion === resourceVersion ? held : undefined;
  }

  forget(object: KubeObject): void {
    const uid = object.metadata.uid;
    if (uid === undefined) return;
    const held = this.#newest.get(uid);
    if (held?.metadata.resourceVersion === object.metadata.resourceVersion)
      this.#newest.delete(uid);
  }
}
