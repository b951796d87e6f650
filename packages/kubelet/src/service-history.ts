/**
 * The Services that nodes have seen, with their past: what a container's environment says of them.
 *
 * A container keeps the service variables of its start for life, and few containers ever show them. So a
 * start notes only which moment of the Services it saw; the variables are written out when somebody reads
 * them. One history serves all nodes of a thread: their moments differ, the Services between two moments are
 * held once.
 */
import { DerivedMap } from '@podwire/base';
import type { Informer, Service } from '@podwire/api';
import { serviceEnv } from './service-env.ts';

/** A state of the Services; the number of the last change that it contains. */
export type Moment = number;

interface Version {
  /** The change that brought it. */
  readonly since: Moment;
  /** undefined: gone. */
  readonly service: Service | undefined;
}

/** A node's copy of the Services. */
export type SeenServices = Pick<Informer<Service>, 'items' | 'place' | 'resourceVersion'>;

/** Resource versions whose moment is remembered, of copies that share no view. */
const VERSION_COUNT_MAX = 20_000;

export class ServiceHistory {
  #moment: Moment = 0;
  /** By `namespace/name`, oldest first. */
  readonly #services = new Map<string, Version[]>();
  readonly #alive = new Map<string, Service>();
  readonly #byVersion = new Map<string, Moment>();
  /** By the view and the place in it: equal places show the same objects. */
  readonly #byPlace = new WeakMap<object, Map<number, Moment>>();
  /** The variables asked for last: an exec reads them more than once. */
  #written: { namespace: string; moment: Moment; env: ReadonlyMap<string, string> } | undefined;

  /** The moment that a node is at, whose copy of the Services this is. */
  see({ items, place, resourceVersion }: SeenServices): Moment {
    if (place === undefined) {
      if (this.#byVersion.size >= VERSION_COUNT_MAX) this.#byVersion.clear();
      return this.#remembered(this.#byVersion, resourceVersion, items);
    }
    let moments = this.#byPlace.get(place.view);
    if (moments === undefined) {
      moments = new Map();
      this.#byPlace.set(place.view, moments);
    }
    return this.#remembered(moments, place.at, items);
  }

  #remembered<K>(moments: Map<K, Moment>, key: K, items: ReadonlyMap<string, Service>): Moment {
    let moment = moments.get(key);
    if (moment === undefined) {
      this.#follow(items);
      moment = this.#moment;
      moments.set(key, moment);
    }
    return moment;
  }

  /** The service variables of a namespace as a container that started then has them. */
  env(namespace: string, moment: Moment): ReadonlyMap<string, string> {
    const last = this.#written;
    if (last?.namespace === namespace && last.moment === moment) return last.env;
    const env = serviceEnv(this.#at(moment), namespace);
    this.#written = { namespace, moment, env };
    return env;
  }

  *#at(moment: Moment): Iterable<Service> {
    for (const versions of this.#services.values()) {
      const { service } = versions.findLast((version) => version.since <= moment) ?? {};
      if (service !== undefined) yield service;
    }
  }

  /** Notes how the copy differs from the state noted last. */
  #follow(items: ReadonlyMap<string, Service>): void {
    const next = this.#moment + 1;
    let isChanged = false;
    for (const [key, service] of items) {
      const held = this.#alive.get(key);
      if (held === service || isSameVersion(held, service)) continue;
      this.#note(key, next, service);
      isChanged = true;
    }
    if (this.#alive.size > items.size) {
      for (const key of Array.from(this.#alive.keys())) {
        if (items.has(key)) continue;
        this.#note(key, next, undefined);
        isChanged = true;
      }
    }
    if (isChanged) this.#moment = next;
  }

  #note(key: string, since: Moment, service: Service | undefined): void {
    const versions = this.#services.get(key);
    if (versions === undefined) this.#services.set(key, [{ since, service }]);
    else versions.push({ since, service });
    if (service === undefined) this.#alive.delete(key);
    else this.#alive.set(key, service);
  }
}

function isSameVersion(left: Service | undefined, right: Service): boolean {
  return (
    left !== undefined &&
    left.metadata.resourceVersion !== undefined &&
    left.metadata.resourceVersion === right.metadata.resourceVersion
  );
}

/** A name that may be a service variable: all of them contain one of these. */
const MAYBE_SERVICE = /_SERVICE_|_PORT/;

/** One container's service variables, written out when one is asked for that may exist. */
export class ServiceVariables extends DerivedMap<string, string> {
  readonly #history: ServiceHistory;
  readonly #namespace: string;
  readonly #moment: Moment;

  constructor(history: ServiceHistory, namespace: string, moment: Moment) {
    super();
    this.#history = history;
    this.#namespace = namespace;
    this.#moment = moment;
  }

  get(name: string): string | undefined {
    return MAYBE_SERVICE.test(name) ? this.whole().get(name) : undefined;
  }

  protected whole(): ReadonlyMap<string, string> {
    return this.#history.env(this.#namespace, this.#moment);
  }
}
