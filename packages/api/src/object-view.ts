/**
 * The objects that informers of one thread see, kept once for all that watch the same.
 *
 * A view is a log of changes with the newest state beside it. An informer is a place in that log: it shows what its
 * own copy would show, whether it is the first to hear of a change or lags behind because its node is slow or cut
 * off. At the end of the log a look-up is a `Map` look-up; behind it, later changes of the key are undone. Objects
 * come in the order of their keys, so that the order tells nothing about who listed first.
 */
import { assert } from '@podwire/base';
import { compareText, keyOf } from './object.ts';
import { ObjectIndex } from './object-index.ts';
import type { WatchEvent } from './request.ts';
import type { KubeObject } from './types/meta.ts';

export interface Change<T> {
  readonly key: string;
  /** The resourceVersion of the event. */
  readonly version: number;
  /** Undefined: it was not there. */
  readonly before: T | undefined;
  /** Undefined: it is gone. */
  readonly after: T | undefined;
  /** Number of the earlier change of this key, -1 without one in the log. */
  readonly earlier: number;
}

/** Entries below which a log is not cut. */
const CUT_MIN = 32;

/** A place in a view's log. */
export interface Cursor {
  /** Number of the next change. */
  at: number;
}

export class ObjectView<T extends KubeObject> {
  readonly #newest: Map<string, T>;
  #log: Change<T>[] = [];
  #first = 0;
  #cutAt = CUT_MIN;
  /** Number of the last change of a key, of those in the log. */
  readonly #lastChange = new Map<string, number>();
  readonly #cursors = new Set<Cursor>();
  readonly #indexes = new Map<string, ObjectIndex<T>>();
  /** Ways through the log by the events that lead along them. */
  readonly #ways = new WeakMap<
    readonly WatchEvent[],
    { readonly from: number; readonly to: number; readonly version: string }
  >();
  #startVersion: number;
  /** Keys of the newest state in order; undefined when one came or went since. */
  #sorted: readonly string[] | undefined;

  constructor(objects: readonly T[], version: number) {
    this.#newest = new Map(objects.map((object) => [keyOf(object), object]));
    this.#startVersion = version;
  }

  get end(): number {
    return this.#first + this.#log.length;
  }

  /** The version of the newest change, or of the list that it began with. */
  get version(): number {
    return this.#log.at(-1)?.version ?? this.#startVersion;
  }

  get cursorCount(): number {
    return this.#cursors.size;
  }

  /** A place where the view shows what a list of that version showed; undefined when the log has no such place. */
  open(version: number): Cursor | undefined {
    if (version < this.#startVersion || version > this.version) return undefined;
    let at = this.end;
    while (at > this.#first && this.#change(at - 1).version > version) at--;
    const cursor = { at };
    this.#cursors.add(cursor);
    return cursor;
  }

  /** A place at the end. */
  openEnd(): Cursor {
    const cursor = { at: this.end };
    this.#cursors.add(cursor);
    return cursor;
  }

  /**
   * A place at the end if a list that is newer shows the same objects: had one been added or changed since, its
   * version would be newer than all of the view's; had one gone, there would be fewer.
   */
  openIfEqual(objects: readonly T[]): Cursor | undefined {
    const isEqual = objects.length === this.#newest.size && newestVersion(objects) <= this.version;
    return isEqual ? this.openEnd() : undefined;
  }

  close(cursor: Cursor): void {
    this.#cursors.delete(cursor);
  }

  /**
   * The next change at this place: the log's, or a new one when nobody has seen it yet. `after` undefined: deleted.
   * Undefined when it changes nothing.
   */
  advance(
    cursor: Cursor,
    version: number,
    key: string,
    after: T | undefined,
  ): Change<T> | undefined {
    if (cursor.at < this.end) {
      const next = this.#change(cursor.at);
      if (next.version > version) return undefined;
      assert(
        next.version === version && next.key === key,
        'watchers of a thread see the same events',
      );
      cursor.at++;
      return next;
    }
    const before = this.#newest.get(key);
    if (before === undefined && after === undefined) return undefined;
    if (this.#log.length >= this.#cutAt) this.#cut();
    const number = this.end;
    const change = { key, version, before, after, earlier: this.#lastChange.get(key) ?? -1 };
    this.#log.push(change);
    this.#lastChange.set(key, number);
    if (after === undefined) this.#newest.delete(key);
    else this.#newest.set(key, after);
    for (const index of this.#indexes.values()) {
      if (before === undefined && after !== undefined) index.add(key, after);
      else if (before !== undefined && after === undefined) index.remove(key, before);
      else if (before !== undefined && after !== undefined) index.update(key, before, after);
    }
    if (before === undefined || after === undefined) this.#sorted = undefined;
    cursor.at = number + 1;
    return change;
  }

  /**
   * The events of one write, for an informer that need not hear of each. Those who read the same write from the
   * same place share the way through it. The version of the last event; undefined when an error is among them.
   */
  advanceAll(cursor: Cursor, events: readonly WatchEvent[]): string | undefined {
    const from = cursor.at;
    const known = this.#ways.get(events);
    if (known?.from === from) {
      cursor.at = known.to;
      return known.version;
    }
    if (events.some(({ type }) => type === 'ERROR')) return undefined;
    let version = '';
    for (const event of events) {
      if (event.type === 'ERROR') return undefined;
      const { type, object } = event;
      version = object.metadata.resourceVersion ?? version;
      if (type === 'BOOKMARK') continue;
      const after = type === 'DELETED' ? undefined : (object as T);
      this.advance(cursor, Number(version), keyOf(object), after);
    }
    this.#ways.set(events, { from, to: cursor.at, version });
    return version;
  }

  get(cursor: Cursor, key: string): T | undefined {
    return this.at(cursor.at, key);
  }

  /** What was there before change number `place`. */
  at(place: number, key: string): T | undefined {
    let number = this.#lastChange.get(key) ?? -1;
    if (number < place) return this.#newest.get(key);
    for (;;) {
      const change = this.#change(number);
      if (change.earlier < place) return change.before;
      number = change.earlier;
    }
  }

  /** Changes from place `from` up to, not including, place `to`. */
  changes(from: number, to: number): readonly Change<T>[] | undefined {
    if (from < this.#first) return undefined;
    return this.#log.slice(from - this.#first, to - this.#first);
  }

  /** Adds an index of the newest state; one of that name stays. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index = new ObjectIndex(valuesOf);
    for (const [key, object] of this.#newest) index.add(key, object);
    this.#indexes.set(name, index);
  }

  /** The objects that were under a value at a place, ordered by key. */
  byIndex(place: number, name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) return [];
    let keys = index.keys(value);
    if (place < this.end) {
      const all = new Set(keys);
      for (let number = place; number < this.end; number++) all.add(this.#change(number).key);
      keys = [...all].sort(compareText);
    }
    const found: T[] = [];
    for (const key of keys) {
      const object = this.at(place, key);
      if (object !== undefined && index.valuesOf(object).includes(value)) found.push(object);
    }
    return found;
  }

  /** Keys at a place, in order. */
  keys(place: number): readonly string[] {
    if (this.#sorted === undefined) this.#sorted = [...this.#newest.keys()].sort(compareText);
    if (place === this.end) return this.#sorted;
    const changed = new Map<string, boolean>();
    for (let number = place; number < this.end; number++) {
      const { key, before } = this.#change(number);
      if (!changed.has(key)) changed.set(key, before !== undefined);
    }
    const there = this.#sorted.filter((key) => !changed.has(key));
    for (const [key, isThere] of changed) if (isThere) there.push(key);
    return there.sort(compareText);
  }

  size(place: number): number {
    let size = this.#newest.size;
    for (let number = place; number < this.end; number++) {
      const { before, after } = this.#change(number);
      if (before === undefined) size--;
      else if (after === undefined) size++;
    }
    return size;
  }

  #change(number: number): Change<T> {
    const change = this.#log[number - this.#first];
    assert(change !== undefined, 'a change in the log');
    return change;
  }

  /** Forgets the changes that lie behind every cursor. */
  #cut(): void {
    let least = this.end;
    for (const { at } of this.#cursors) least = Math.min(least, at);
    for (let number = this.#first; number < least; number++) {
      const { key, version } = this.#change(number);
      this.#startVersion = version;
      if (this.#lastChange.get(key) === number) this.#lastChange.delete(key);
    }
    this.#log = this.#log.slice(least - this.#first);
    this.#first = least;
    this.#cutAt = Math.max(CUT_MIN, 2 * this.#log.length);
  }
}

/** The view at one place, as a map. Good as long as the place is in the log: until the informer has moved on. */
export class ViewItems<T extends KubeObject> implements ReadonlyMap<string, T> {
  readonly #view: ObjectView<T>;
  readonly #cursor: Cursor;

  constructor(view: ObjectView<T>, cursor: Cursor) {
    this.#view = view;
    this.#cursor = cursor;
  }

  get size(): number {
    return this.#view.size(this.#cursor.at);
  }

  get(key: string): T | undefined {
    return this.#view.get(this.#cursor, key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  *entries(): MapIterator<[string, T]> {
    for (const key of this.#view.keys(this.#cursor.at)) {
      const object = this.get(key);
      if (object !== undefined) yield [key, object];
    }
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<T> {
    for (const [, object] of this.entries()) yield object;
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries();
  }

  forEach(visit: (object: T, key: string, map: ReadonlyMap<string, T>) => void): void {
    for (const [key, object] of this.entries()) visit(object, key, this);
  }
}

/** The views of one thread onto one API server, by what is listed and watched. */
export class ObjectViews {
  readonly #views = new Map<string, ObjectView<KubeObject>>();

  /**
   * The place of an informer that has just listed. It joins the newest view when that shows, or has shown, the same
   * objects; else it begins a view that those who list after it will join.
   */
  join<T extends KubeObject>(
    key: string,
    objects: readonly T[],
    version: number,
  ): { readonly view: ObjectView<T>; readonly cursor: Cursor } {
    const present = this.#views.get(key) as ObjectView<T> | undefined;
    if (present !== undefined) {
      const cursor = present.open(version) ?? present.openIfEqual(objects);
      if (cursor !== undefined) return { view: present, cursor };
    }
    const view = new ObjectView<T>(objects, version);
    this.#views.set(key, view as unknown as ObjectView<KubeObject>);
    return { view, cursor: view.openEnd() };
  }
}

/** The newest version among the objects of a list. */
function newestVersion(objects: readonly KubeObject[]): number {
  let newest = newestVersions.get(objects);
  if (newest === undefined) {
    newest = 0;
    for (const { metadata } of objects) newest = Math.max(newest, Number(metadata.resourceVersion));
    newestVersions.set(objects, newest);
  }
  return newest;
}

/** Many nodes get the same list. */
const newestVersions = new WeakMap<readonly KubeObject[], number>();
