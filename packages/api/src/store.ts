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
import { compareText, keyOf } from './object.ts';

export type { StoreEvent } from './watch-cache.ts';
export type StoreListener = (event: StoreEvent) => void;

/** The objects of one namespace by name; those of the cluster are in the namespace ''. */
class Space {
  readonly objects = new Map<string, KubeObject>();
  sorted: readonly KubeObject[] | undefined;
}

/** The objects of one resource. */
class Table {
  readonly spaces = new Map<string, Space>();
  count = 0;
  /** By `spec.nodeName`, of objects that have one: by their keys. */
  readonly byNode = new Map<string, Map<string, KubeObject>>();
  /** Replaced, not changed: whoever begins to watch while they are told has seen that event already. */
  listeners: readonly StoreListener[] = [];
  readonly nodeListeners = new Map<string, readonly StoreListener[]>();
  readonly history = new WatchCache();
  sorted: readonly KubeObject[] | undefined;

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.spaces.get(namespace ?? '')?.objects.get(name);
  }

  /** Puts an object in its place, or takes it away. */
  set(namespace: string | undefined, name: string, object: KubeObject | undefined): void {
    let space = this.spaces.get(namespace ?? '');
    if (space === undefined) {
      space = new Space();
      this.spaces.set(namespace ?? '', space);
    }
    this.count -= space.objects.size;
    if (object === undefined) space.objects.delete(name);
    else space.objects.set(name, object);
    this.count += space.objects.size;
    if (space.objects.size === 0) this.spaces.delete(namespace ?? '');
    space.sorted = undefined;
    this.sorted = undefined;
  }
}

const NOBODY: readonly StoreListener[] = [];

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
    return this.#tables.get(resource)?.get(namespace, name);
  }

  count(resource: string): number {
    return this.#tables.get(resource)?.count ?? 0;
  }

  /** All objects, or those of a namespace, ordered by namespace and name. */
  list(resource: string, namespace?: string): readonly KubeObject[] {
    const table = this.#tables.get(resource);
    if (table === undefined) return [];
    if (namespace === undefined) {
      table.sorted ??= sortObjects(
        [...table.spaces.values()].flatMap(({ objects }) => [...objects.values()]),
      );
      return table.sorted;
    }
    const space = table.spaces.get(namespace);
    if (space === undefined) return [];
    space.sorted ??= sortObjects(space.objects.values());
    return space.sorted;
  }

  /** The objects with this `spec.nodeName`, ordered by namespace and name. */
  listByNode(resource: string, node: string): readonly KubeObject[] {
    return sortObjects(this.#tables.get(resource)?.byNode.get(node)?.values() ?? []);
  }

  /** A fresh uid (RFC 4122 version 4 form) from the seeded stream. */
  newUid(): string {
    const a = this.#uids.uint32();
    const b = this.#uids.uint32();
    const c = this.#uids.uint32();
    const d = this.#uids.uint32();
    const third = (b & 0x0fff) | 0x4000;
    const fourth = ((c >>> 16) & 0x3fff) | 0x8000;
    return `${hex4(a >>> 16)}${hex4(a)}-${hex4(b >>> 16)}-${hex4(third)}-${hex4(fourth)}-${hex4(c)}${hex4(d >>> 16)}${hex4(d)}`;
  }

  /** Stores a new object or a new version of one; returns it with its resourceVersion, frozen. */
  put(resource: string, object: KubeObject): KubeObject {
    const table = this.#table(resource);
    const { namespace, name } = object.metadata;
    const before = table.get(namespace, name);
    const version = this.#next();
    const stored = withVersion(object, version);
    table.set(namespace, name, stored);
    indexByNode(table, before, stored);
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
    const before = table.get(namespace, name);
    if (before === undefined) return undefined;
    table.set(namespace, name, undefined);
    indexByNode(table, before, undefined);
    const version = this.#next();
    const object = withVersion(before, version);
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
      table.listeners = [...table.listeners, listener];
      return () => {
        table.listeners = table.listeners.filter((other) => other !== listener);
      };
    }
    const { nodeListeners } = table;
    nodeListeners.set(node, [...(nodeListeners.get(node) ?? NOBODY), listener]);
    return () => {
      const others = nodeListeners.get(node)?.filter((other) => other !== listener) ?? NOBODY;
      if (others.length === 0) nodeListeners.delete(node);
      else nodeListeners.set(node, others);
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

  #tell(table: Table, event: StoreEvent): void {
    table.history.push(event);
    for (const listener of table.listeners) listener(event);
    const { nodeListeners } = table;
    if (nodeListeners.size === 0) return;
    const node = nodeOf(event.object);
    const nodeBefore = event.before === undefined ? undefined : nodeOf(event.before);
    if (node !== undefined)
      for (const listener of nodeListeners.get(node) ?? NOBODY) listener(event);
    if (nodeBefore === undefined || nodeBefore === node) return;
    for (const listener of nodeListeners.get(nodeBefore) ?? NOBODY) listener(event);
  }
}

/** The object as it is stored under a version, frozen. */
function withVersion(object: KubeObject, version: number): KubeObject {
  const metadata = { ...object.metadata, resourceVersion: String(version) };
  return deepFreeze({ ...object, metadata });
}

function nodeOf(object: KubeObject): string | undefined {
  const spec = (object as { spec?: { nodeName?: unknown } }).spec;
  return typeof spec?.nodeName === 'string' ? spec.nodeName : undefined;
}

function indexByNode(
  table: Table,
  before: KubeObject | undefined,
  now: KubeObject | undefined,
): void {
  const nodeBefore = before === undefined ? undefined : nodeOf(before);
  const node = now === undefined ? undefined : nodeOf(now);
  if (before !== undefined && nodeBefore !== undefined && nodeBefore !== node)
    table.byNode.get(nodeBefore)?.delete(keyOf(before));
  if (node === undefined || now === undefined) return;
  let objects = table.byNode.get(node);
  if (objects === undefined) {
    objects = new Map();
    table.byNode.set(node, objects);
  }
  objects.set(keyOf(now), now);
}

/** The lower 16 bits in four digits. */
function hex4(bits: number): string {
  return byteText(bits >>> 8) + byteText(bits);
}

function byteText(bits: number): string {
  return HEX_BYTES[bits & 0xff] ?? '';
}

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** etcd's order: by the text of the key, namespace then name. */
function sortObjects(objects: Iterable<KubeObject>): readonly KubeObject[] {
  return [...objects].sort(
    (a, b) =>
      compareText(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
      compareText(a.metadata.name, b.metadata.name),
  );
}
