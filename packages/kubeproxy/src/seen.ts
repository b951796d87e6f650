/**
 * What a proxy has seen of Services and EndpointSlices: versions of them that all proxies of a thread share.
 *
 * The thread's informers share a log of changes (ObjectView) and each stands at a place in it. A version is
 * the immutable map of what is there at a place: the first proxy that comes to a place makes it from an
 * earlier version, the others take it. A version is forgotten when no proxy holds it any more and it is
 * not the newest.
 */
import { PersistentMap } from '@podwire/base';
import type { Informer, InformerPlace, KubeObject } from '@podwire/api';
import type { Signal } from '@podwire/engine';

export interface Seen<T> {
  /** The resourceVersion seen; 0 before the first list. */
  readonly version: number;
  /** By `namespace/name`. */
  readonly items: PersistentMap<T>;
  /** The log that it is a place of. */
  readonly log: object;
}

/** A resource as one proxy sees it. */
export interface Sight<T> {
  /** The version seen now; the proxy holds it until it looks again. */
  look(): Seen<T>;
  /** Notified when there may be more to see. */
  readonly changed: Signal;
  /** Lets the version go. */
  close(): void;
}

/** Whether something was changed between two versions; of one log, they are so at any two places. */
export function isChanged<T extends KubeObject>(before: Seen<T>, after: Seen<T>): boolean {
  if (before === after) return false;
  if (before.log === after.log) return true;
  let found = false;
  before.items.diff(after.items, (_key, old, object) => {
    found ||= !isSameVersion(old, object);
  });
  return found;
}

function isSameVersion(one: KubeObject | undefined, other: KubeObject | undefined): boolean {
  return (
    one?.metadata.uid === other?.metadata.uid &&
    one?.metadata.resourceVersion === other?.metadata.resourceVersion
  );
}

interface Version<T> {
  readonly seen: Seen<T>;
  readonly at: number;
  holders: number;
}

/** The versions of one view that somebody holds, by place; and a hold on the log behind the newest. */
interface ViewVersions<T extends KubeObject> {
  readonly byPlace: Map<number, Version<T>>;
  newest: Version<T>;
  readonly cursor: { at: number };
}

/** One resource as the proxies of a thread have seen it. */
export class SeenVersions<T extends KubeObject> {
  readonly nothing: Seen<T> = { version: 0, items: new PersistentMap<T>(), log: this };
  readonly #ofView: WeakMap<InformerPlace<T>['view'], ViewVersions<T>> = new WeakMap();
  readonly #onNew: (object: T) => void;
  #newest: Seen<T> = this.nothing;

  /** `onNew` is called for the objects that a version has and the one that it was made from had not. */
  constructor(onNew: (object: T) => void = () => undefined) {
    this.#onNew = onNew;
  }

  /** Takes hold of the version at a place. */
  hold({ view, at }: InformerPlace<T>, version: number): Seen<T> {
    const versions = this.#versionsOf(view, at, version);
    let known = versions.byPlace.get(at);
    if (known === undefined) {
      known = { seen: this.#next(versions, view, at, version), at, holders: 0 };
      versions.byPlace.set(at, known);
    }
    known.holders++;
    if (at > versions.newest.at) {
      const old = versions.newest;
      versions.newest = known;
      versions.cursor.at = at;
      if (old.holders === 0) versions.byPlace.delete(old.at);
    }
    this.#newest = known.seen;
    return known.seen;
  }

  release({ view, at }: InformerPlace<T>): void {
    const versions = this.#ofView.get(view);
    const known = versions?.byPlace.get(at);
    if (versions === undefined || known === undefined) return;
    known.holders--;
    if (known.holders === 0 && known !== versions.newest) versions.byPlace.delete(at);
  }

  /** A version of everything that an informer without a shared view has, made from an earlier one. */
  scan(items: ReadonlyMap<string, T>, version: number, from: Seen<T>): Seen<T> {
    const changes = new Map<string, T | undefined>();
    for (const [key, object] of items) {
      if (!isSameVersion(from.items.get(key), object)) changes.set(key, object);
    }
    for (const key of from.items.keys()) if (!items.has(key)) changes.set(key, undefined);
    return changes.size === 0 ? from : this.#changed(from, { version, log: items }, changes);
  }

  #versionsOf(view: InformerPlace<T>['view'], at: number, version: number): ViewVersions<T> {
    let versions = this.#ofView.get(view);
    if (versions === undefined) {
      const seen = this.#all(view, at, version, this.#newest);
      const newest = { seen, at, holders: 0 };
      const cursor = view.openEnd();
      cursor.at = at;
      versions = { byPlace: new Map([[at, newest]]), newest, cursor };
      this.#ofView.set(view, versions);
    }
    return versions;
  }

  #next(
    { newest, byPlace }: ViewVersions<T>,
    view: InformerPlace<T>['view'],
    at: number,
    version: number,
  ): Seen<T> {
    let nearest = newest;
    for (const one of byPlace.values()) {
      if (one.at < at && (nearest.at > at || one.at > nearest.at)) nearest = one;
    }
    const log = nearest.at <= at ? view.changes(nearest.at, at) : undefined;
    if (log === undefined) return this.#all(view, at, version, nearest.seen);
    const changes = new Map<string, T | undefined>();
    for (const { key, after } of log) changes.set(key, after);
    return this.#changed(nearest.seen, { version, log: view }, changes);
  }

  /** Everything that is there at a place, as far as possible from another version. */
  #all(view: InformerPlace<T>['view'], at: number, version: number, from: Seen<T>): Seen<T> {
    const items = new Map<string, T>();
    for (const key of view.keys(at)) {
      const object = view.at(at, key);
      if (object !== undefined) items.set(key, object);
    }
    return { ...this.scan(items, version, from), version, log: view };
  }

  #changed(
    from: Seen<T>,
    of: Pick<Seen<T>, 'version' | 'log'>,
    changes: ReadonlyMap<string, T | undefined>,
  ): Seen<T> {
    for (const object of changes.values()) if (object !== undefined) this.#onNew(object);
    return { ...of, items: from.items.with(changes) };
  }
}

/** Follows an informer. */
export class InformerSight<T extends KubeObject> implements Sight<T> {
  readonly changed: Signal;
  readonly #versions: SeenVersions<T>;
  readonly #informer: Informer<T>;
  #place: InformerPlace<T> | undefined;
  #version = '';
  #seen: Seen<T>;

  constructor(versions: SeenVersions<T>, informer: Informer<T>) {
    this.changed = informer.changed;
    this.#versions = versions;
    this.#informer = informer;
    this.#seen = versions.nothing;
  }

  look(): Seen<T> {
    const { place, resourceVersion } = this.#informer;
    if (place === undefined) {
      if (resourceVersion === this.#version) return this.#seen;
      this.#version = resourceVersion;
      this.#seen = this.#versions.scan(this.#informer.items, Number(resourceVersion), this.#seen);
      return this.#seen;
    }
    const last = this.#place;
    if (last?.view === place.view && last.at === place.at) return this.#seen;
    this.#place = place;
    this.#seen = this.#versions.hold(place, Number(resourceVersion));
    if (last !== undefined) this.#versions.release(last);
    return this.#seen;
  }

  close(): void {
    if (this.#place !== undefined) this.#versions.release(this.#place);
    this.#place = undefined;
  }
}
