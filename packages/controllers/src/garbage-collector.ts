/**
 * Garbage collector: deletes what no longer has an owner, in the background, the foreground, or not at all.
 *
 * From: all kinds but Events. To: deletions, ownerReferences, finalizers. Copies pkg/controller/garbagecollector.
 */
import {
  type Informer,
  type KubeObject,
  type OwnerReference,
  SCHEME,
  apiVersionOf,
  isOk,
  jsonEqual,
  keyOf,
  objectOf,
  qualifiedResource,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, isServed, isSettled } from './context.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
const NO_OWNERS: readonly OwnerReference[] = [];

export function startGarbageCollector(context: ControllerContext): void {
  new GarbageCollector(context).start();
}

interface Entry {
  readonly resource: string;
  readonly informer: Informer<KubeObject>;
  readonly key: string;
}

class GarbageCollector {
  readonly #context: ControllerContext;
  readonly #resources: string[] = [];
  /** Everything that there is, by uid. */
  readonly #entries = new Map<string, Entry>();
  /** By the owner's uid: the uids of what it owns. */
  readonly #dependents = new Map<string, Set<string>>();
  #enqueue: (uid: string) => void = () => undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  start(): void {
    for (const kind of SCHEME.kinds) {
      if (kind.kind === 'Event' || !isServed(this.#context, kind)) continue;
      this.#watch(qualifiedResource(kind));
    }
    const queue = this.#context.reconcile('garbagecollector', this.#resources, (uid) =>
      this.#attempt(uid),
    );
    this.#enqueue = (uid) => {
      queue.add(uid);
    };
    for (const uid of this.#entries.keys()) queue.add(uid);
  }

  #watch(resource: string): void {
    // Core kinds go by their plain plural, as the other controllers name them.
    const name = resource.split('.')[0] ?? resource;
    const informer = this.#context.informer<KubeObject>(name);
    this.#resources.push(name);
    informer.subscribe({
      add: (object) => {
        this.#put(name, informer, object, undefined);
      },
      update: (object, old) => {
        this.#put(name, informer, object, old);
      },
      delete: (object) => {
        this.#remove(object);
      },
    });
  }

  #put(
    resource: string,
    informer: Informer<KubeObject>,
    object: KubeObject,
    old: KubeObject | undefined,
  ): void {
    const { uid, ownerReferences = NO_OWNERS } = object.metadata;
    if (uid === undefined) return;
    if (old === undefined) this.#entries.set(uid, { resource, informer, key: keyOf(object) });
    const before = old?.metadata.ownerReferences ?? NO_OWNERS;
    if (before !== ownerReferences && !jsonEqual(before, ownerReferences)) {
      for (const owner of before) this.#dependents.get(owner.uid)?.delete(uid);
      for (const owner of ownerReferences) this.#dependentsOf(owner.uid).add(uid);
    }
    for (const owner of ownerReferences) {
      const isUnknown = !this.#entries.has(owner.uid);
      if (isUnknown || this.#isWaitingForDependents(owner.uid)) this.#enqueue(uid);
    }
    if (object.metadata.deletionTimestamp === undefined) return;
    const { finalizers = [] } = object.metadata;
    if (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN)) this.#enqueue(uid);
  }

  #remove(object: KubeObject): void {
    const { uid, ownerReferences = NO_OWNERS } = object.metadata;
    if (uid === undefined) return;
    this.#entries.delete(uid);
    for (const owner of ownerReferences) {
      this.#dependents.get(owner.uid)?.delete(uid);
      if (this.#isWaitingForDependents(owner.uid)) this.#enqueue(owner.uid);
    }
    for (const dependent of this.#dependents.get(uid) ?? []) this.#enqueue(dependent);
  }

  #dependentsOf(uid: string): Set<string> {
    let dependents = this.#dependents.get(uid);
    if (dependents === undefined) {
      dependents = new Set();
      this.#dependents.set(uid, dependents);
    }
    return dependents;
  }

  #objectOf(uid: string): KubeObject | undefined {
    const entry = this.#entries.get(uid);
    return entry?.informer.items.get(entry.key);
  }

  #isWaitingForDependents(uid: string): boolean {
    const object = this.#objectOf(uid);
    return (
      object?.metadata.deletionTimestamp !== undefined &&
      (object.metadata.finalizers ?? []).includes(FOREGROUND)
    );
  }

  *#attempt(uid: string): Proc<Outcome> {
    const entry = this.#entries.get(uid);
    const object = this.#objectOf(uid);
    if (entry === undefined || object === undefined) {
      if ((this.#dependents.get(uid)?.size ?? 0) === 0) this.#dependents.delete(uid);
      return 'done';
    }
    const finalizers = object.metadata.finalizers ?? [];
    if (object.metadata.deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) return yield* this.#orphan(entry, object);
      if (finalizers.includes(FOREGROUND)) return yield* this.#deleteDependents(entry, object);
      return 'done';
    }
    return yield* this.#deleteIfUnowned(entry, object);
  }

  *#deleteIfUnowned(entry: Entry, object: KubeObject): Proc<Outcome> {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return 'done';
    const solid: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const owner of owners) {
      const state = yield* this.#stateOf(owner, object);
      if (state === 'unknown') return 'retry';
      if (state === 'solid') solid.push(owner);
      if (state === 'waiting') waiting.push(owner);
    }
    if (solid.length > 0) {
      if (solid.length === owners.length) return 'done';
      return yield* this.#patchOwners(entry, object, solid);
    }
    const hasDependents = (this.#dependents.get(object.metadata.uid ?? '')?.size ?? 0) > 0;
    const finalizers = object.metadata.finalizers ?? [];
    let propagationPolicy = 'Background';
    if (finalizers.includes(ORPHAN)) propagationPolicy = 'Orphan';
    else if (finalizers.includes(FOREGROUND)) propagationPolicy = 'Foreground';
    else if (waiting.length > 0 && hasDependents) propagationPolicy = 'Foreground';
    const { resource } = entry;
    const response = yield* this.#context.delete(resource, object, { propagationPolicy });
    return isSettled(response) || response.code === 409 ? 'done' : 'retry';
  }

  /** Whether the owner lives, is gone, or waits for its dependents to go first. */
  *#stateOf(
    owner: OwnerReference,
    object: KubeObject,
  ): Proc<'solid' | 'absent' | 'waiting' | 'unknown'> {
    const known = this.#objectOf(owner.uid);
    const { namespace } = object.metadata;
    if (known !== undefined) {
      const isElsewhere =
        known.metadata.namespace !== undefined && known.metadata.namespace !== namespace;
      if (isElsewhere) return 'absent';
      return this.#isWaitingForDependents(owner.uid) ? 'waiting' : 'solid';
    }
    const kind = SCHEME.kinds.find(
      (info) => info.kind === owner.kind && apiVersionOf(info) === owner.apiVersion,
    );
    // A kind that nobody serves: it can't be said that the owner is gone.
    if (kind === undefined) return 'solid';
    const response = yield* this.#context.request({
      verb: 'get',
      resource: qualifiedResource(kind),
      name: owner.name,
      ...(kind.isNamespaced && namespace !== undefined ? { namespace } : {}),
    });
    if (response.code === 404) return 'absent';
    if (!isOk(response)) return 'unknown';
    return objectOf(response)?.metadata.uid === owner.uid ? 'solid' : 'absent';
  }

  *#patchOwners(
    entry: Entry,
    object: KubeObject,
    ownerReferences: readonly OwnerReference[],
  ): Proc<Outcome> {
    const response = yield* this.#context.request({
      verb: 'patch',
      resource: entry.resource,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      name: object.metadata.name,
      patchType: 'merge-patch',
      body: { metadata: { uid: object.metadata.uid, ownerReferences } },
      fieldManager: 'kube-controller-manager',
    });
    return isSettled(response) ? 'done' : 'retry';
  }

  /** Foreground: what blocks goes first; then the finalizer. */
  *#deleteDependents(entry: Entry, object: KubeObject): Proc<Outcome> {
    const { uid = '' } = object.metadata;
    let isBlocked = false;
    for (const dependentUid of this.#dependents.get(uid) ?? []) {
      const dependent = this.#objectOf(dependentUid);
      if (dependent === undefined) continue;
      this.#enqueue(dependentUid);
      const reference = dependent.metadata.ownerReferences?.find((owner) => owner.uid === uid);
      if (reference?.blockOwnerDeletion === true) isBlocked = true;
    }
    return isBlocked ? 'done' : yield* this.#removeFinalizer(entry, object, FOREGROUND);
  }

  /** Orphan: the dependents lose this owner; then the finalizer goes. */
  *#orphan(entry: Entry, object: KubeObject): Proc<Outcome> {
    const { uid = '' } = object.metadata;
    for (const dependentUid of this.#dependents.get(uid) ?? []) {
      const dependentEntry = this.#entries.get(dependentUid);
      const dependent = this.#objectOf(dependentUid);
      if (dependentEntry === undefined || dependent === undefined) continue;
      const left = (dependent.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      const outcome = yield* this.#patchOwners(dependentEntry, dependent, left);
      if (outcome === 'retry') return 'retry';
    }
    return yield* this.#removeFinalizer(entry, object, ORPHAN);
  }

  *#removeFinalizer(entry: Entry, object: KubeObject, finalizer: string): Proc<Outcome> {
    const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    const response = yield* this.#context.request({
      verb: 'patch',
      resource: entry.resource,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      name: object.metadata.name,
      patchType: 'merge-patch',
      body: {
        metadata: { resourceVersion: object.metadata.resourceVersion, finalizers },
      },
      fieldManager: 'kube-controller-manager',
    });
    return isSettled(response) ? 'done' : 'retry';
  }
}
