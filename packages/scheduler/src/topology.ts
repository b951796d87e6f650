/**
 * Domains of the nodes by topology key: each value of a label is a number.
 */
import type { StringMap } from '@podwire/api';
import { type NodeTable, grown32 } from './node-table.ts';

/** A node without the label. */
export const NO_DOMAIN = -1;
/** The domain of the empty value. */
export const EMPTY_DOMAIN = 0;

export class Topology {
  readonly key: string;
  /** By slot. */
  domainOf: Int32Array;
  readonly #ids = new Map<string, number>([['', EMPTY_DOMAIN]]);

  constructor(key: string, capacity: number) {
    this.key = key;
    this.domainOf = new Int32Array(capacity).fill(NO_DOMAIN);
  }

  set(slot: number, labels: StringMap | undefined): void {
    const value =
      labels !== undefined && Object.hasOwn(labels, this.key) ? labels[this.key] : undefined;
    if (slot >= this.domainOf.length) {
      this.domainOf = grown32(this.domainOf, Math.max(slot + 1, 2 * slot), NO_DOMAIN);
    }
    this.domainOf[slot] = value === undefined ? NO_DOMAIN : this.#idOf(value);
  }

  /** One more than the largest domain. */
  get domainLimit(): number {
    return this.#ids.size;
  }

  #idOf(value: string): number {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(value, id);
    }
    return id;
  }
}

/** The keys that some pod has asked about so far. */
export class Topologies {
  readonly #table: NodeTable;
  readonly #labelsOf: (slot: number) => StringMap | undefined;
  readonly #byKey = new Map<string, Topology>();

  /** `labelsOf` gives a known node's labels. */
  constructor(table: NodeTable, labelsOf: (slot: number) => StringMap | undefined) {
    this.#table = table;
    this.#labelsOf = labelsOf;
  }

  get(key: string): Topology {
    let topology = this.#byKey.get(key);
    if (topology === undefined) {
      topology = new Topology(key, this.#table.capacity);
      for (let slot = 0; slot < this.#table.capacity; slot++) {
        if (this.#table.known[slot] === 1) topology.set(slot, this.#labelsOf(slot));
      }
      this.#byKey.set(key, topology);
    }
    return topology;
  }

  /** The node's labels changed; undefined: it is not known any more. */
  update(slot: number, labels: StringMap | undefined): void {
    for (const topology of this.#byKey.values()) topology.set(slot, labels);
  }
}
