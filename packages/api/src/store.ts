/**
 * The objects, their versions and their history, as etcd and the watch cache hold them.
 *
 * One counter gives every write its resourceVersion. Objects are frozen when they come in; a read never copies. A watch
 * starts from a version and first gets what happened since, as long as the history has it (watch-cache.ts; else 410
 * Expired).
 */
import { type Rng, assert, deepFreeze } from '@podwire/base';
import type { Clock } from '@podwire/engine';
import type { KubeObject } from './types/meta.ts';
import { type StoreEvent, WatchCache } from './watch-cache.ts';
import { compareText, makeKey } from './object.ts';

export type { StoreEvent } from './watch-cache.ts';
export type StoreListener = (event: StoreEvent) => void;

/** The objects of one resource. */
class Table {
  readonly objects = new Map<string, KubeObject>();
  readonly byNamespace = new Map<string, Map<string, KubeObject>>();
  /** By `spec.nodeName`, of objects that have one. */
  readonly byNode = new Map<string, Map<string, KubeObject>>();
  readonly listeners = new Set<StoreListener>();
  readonly nodeListeners = new Map<string, Set<StoreListener>>();
  readonly history = new WatchCache();
  sorted: readonly KubeObject[] | undefined;
  readonly sortedByNamespace = new Map<string, readonly KubeObject[]>();
}

export class Store {
  readonly #uids: Rng;
  readonly #tables = new Map<string, Table>();
  readonly #clock: Clock;
  #version = 1;

  /** Without a clock all events are as fresh as the first. */
  constructor(rng: Rng, clock: Clock = { nowNs: () => 0 }) {
    this.#uids = rng.fork('uid');
    this.#clock = clock;
  }

  /** The version of the newest write. */
  get version(): number {
    return this.#version;
  }

  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#tables.get(resource)?.objects.get(makeKey(namespace, name));
  }

  count(resource: string): number {
    return this.#tables.get(resource)?.objects.size ?? 0;
  }

  /** All objects, or those of a namespace, ordered by namespace and name. */
  list(resource: string, namespace?: string): readonly KubeObject[] {
    const table = this.#tables.get(resource);
    if (table === undefined) return [];
    if (namespace === undefined) {
      table.sorted ??= sortObjects(table.objects.values());
      return table.sorted;
    }
    let sorted = table.sortedByNamespace.get(namespace);
    if (sorted === undefined) {
      sorted = sortObjects(table.byNamespace.get(namespace)?.values() ?? []);
      table.sortedByNamespace.set(namespace, sorted);
    }
    return sorted;
  }

  /** The objects with this `spec.nodeName`, ordered by namespace and name. */
  listByNode(resource: string, node: string): readonly KubeObject[] {
    return sortObjects(this.#tables.get(resource)?.byNode.get(node)?.values() ?? []);
  }

  /** A fresh uid (RFC 4122 version 4 form) from the seeded stream. */
  newUid(): string {
    const hex = (bits: number, digits: number): string => bits.toString(16).padStart(digits, '0');
    const a = this.#uids.uint32();
    const b = this.#uids.uint32();
    const c = this.#uids.uint32();
    const d = this.#uids.uint32();
    const third = ((b & 0x0fff) | 0x4000) >>> 0;
    const fourth = ((c >>> 16) & 0x3fff) | 0x8000;
    return `${hex(a, 8)}-${hex(b >>> 16, 4)}-${hex(third, 4)}-${hex(fourth, 4)}-${hex(c & 0xffff, 4)}${hex(d, 8)}`;
  }

  /** Stores a new object or a new version of one; returns it with its resourceVersion, frozen. */
  put(resource: string, object: KubeObject): KubeObject {
    const table = this.#table(resource);
    const { namespace, name } = object.metadata;
    const key = makeKey(namespace, name);
    const before = table.objects.get(key);
    const version = this.#next();
    const stored = deepFreeze({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(version) },
    });
    table.objects.set(key, stored);
    if (namespace !== undefined) {
      let space = table.byNamespace.get(namespace);
      if (space === undefined) {
        space = new Map();
        table.byNamespace.set(namespace, space);
      }
      space.set(key, stored);
    }
    this.#forgetSorted(table, namespace);
    indexByNode(table, key, before, stored);
    this.#tell(table, {
      type: before === undefined ? 'ADDED' : 'MODIFIED',
      object: stored,
      before,
      version,
      atNs: this.#clock.nowNs(),
    });
    return stored;
  }

  /** Takes an object away; the event carries its last state with the deletion's own version. */
  remove(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const table = this.#table(resource);
    const key = makeKey(namespace, name);
    const before = table.objects.get(key);
    if (before === undefined) return undefined;
    table.objects.delete(key);
    if (namespace !== undefined) {
      const space = table.byNamespace.get(namespace);
      space?.delete(key);
      if (space?.size === 0) table.byNamespace.delete(namespace);
    }
    this.#forgetSorted(table, namespace);
    indexByNode(table, key, before, undefined);
    const version = this.#next();
    const object = deepFreeze({
      ...before,
      metadata: { ...before.metadata, resourceVersion: String(version) },
    });
    this.#tell(table, { type: 'DELETED', object, before, version, atNs: this.#clock.nowNs() });
    return object;
  }

  /**
   * The events after `version`; `expired` when the history does not reach back so far. With `node`, only those of
   * objects that are or were on that node.
   */
  since(resource: string, version: number, node?: string): readonly StoreEvent[] | 'expired' {
    const { history } = this.#table(resource);
    if (version < history.forgotten) return 'expired';
    const events = history.since(version);
    if (node === undefined) return events;
    return events.filter(
      ({ object, before }) =>
        nodeOf(object) === node || (before !== undefined && nodeOf(before) === node),
    );
  }

  /** Calls the listener with every event from now on; with `node`, only those of objects that are or were there. */
  watch(resource: string, listener: StoreListener, node?: string): () => void {
    const table = this.#table(resource);
    if (node === undefined) {
      table.listeners.add(listener);
      return () => {
        table.listeners.delete(listener);
      };
    }
    const listeners = table.nodeListeners.get(node) ?? new Set();
    table.nodeListeners.set(node, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** The oldest version from which a watch of the resource can still start. */
  oldestVersion(resource: string): number {
    return this.#tables.get(resource)?.history.forgotten ?? 0;
  }

  /** Drops the history up to a version, as etcd's compaction does. */
  compact(version: number): void {
    for (const { history } of this.#tables.values()) history.compact(version);
  }

  #table(resource: string): Table {
    let table = this.#tables.get(resource);
    if (table === undefined) {
      table = new Table();
      this.#tables.set(resource, table);
    }
    return table;
  }

  #next(): number {
    this.#version++;
    assert(Number.isSafeInteger(this.#version), 'the resource version is an exact integer');
    return this.#version;
  }

  #forgetSorted(table: Table, namespace: string | undefined): void {
    table.sorted = undefined;
    if (namespace !== undefined) table.sortedByNamespace.delete(namespace);
  }

  #tell(table: Table, event: StoreEvent): void {
    table.history.push(event);
    // A copy: whoever begins to watch now has seen this event already.
    for (const listener of Array.from(table.listeners)) listener(event);
    if (table.nodeListeners.size === 0) return;
    const node = nodeOf(event.object);
    const nodeBefore = event.before === undefined ? undefined : nodeOf(event.before);
    const here = node === undefined ? undefined : table.nodeListeners.get(node);
    for (const listener of Array.from(here ?? [])) listener(event);
    if (nodeBefore === undefined || nodeBefore === node) return;
    for (const listener of Array.from(table.nodeListeners.get(nodeBefore) ?? [])) listener(event);
  }
}

function nodeOf(object: KubeObject): string | undefined {
  const spec = (object as { spec?: { nodeName?: unknown } }).spec;
  return typeof spec?.nodeName === 'string' ? spec.nodeName : undefined;
}

function indexByNode(
  table: Table,
  key: string,
  before: KubeObject | undefined,
  now: KubeObject | undefined,
): void {
  const nodeBefore = before === undefined ? undefined : nodeOf(before);
  const node = now === undefined ? undefined : nodeOf(now);
  if (nodeBefore !== undefined && nodeBefore !== node) table.byNode.get(nodeBefore)?.delete(key);
  if (node === undefined || now === undefined) return;
  let objects = table.byNode.get(node);
  if (objects === undefined) {
    objects = new Map();
    table.byNode.set(node, objects);
  }
  objects.set(key, now);
}

/** etcd's order: by the text of the key, namespace then name. */
function sortObjects(objects: Iterable<KubeObject>): readonly KubeObject[] {
  return [...objects].sort(
    (a, b) =>
      compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
      compareText(a.metadata.name, b.metadata.name),
  );
}
