/**
 * Where passes go on after a recirculation: states by number, the same number for the same state (ofproto-dpif-rid.c).
 */
import type { Action } from '../lflow.ts';
import type { LogicalDatapath } from '../logical-datapath.ts';

/** struct frozen_state. */
export interface Frozen {
  readonly datapath: LogicalDatapath;
  readonly pipeline: 'in' | 'out';
  readonly index: number;
  /** Words from inPort up to the headers. */
  readonly registers: readonly number[];
  /** A load balancer whose backend is chosen by dp_hash in this pass. */
  readonly group: Group | undefined;
}

type Group = Extract<Action, { op: 'lb' }>;

export class FrozenStates {
  readonly #states: Frozen[] = [];
  readonly #byHash: Map<number, number[]> = new Map();

  /** The number of a state, from 1. */
  freeze(state: Frozen): number {
    const hash = hashOf(state);
    const known = this.#byHash.get(hash) ?? [];
    for (const id of known) if (isSame(this.#states[id - 1] as Frozen, state)) return id;
    const id = this.#states.push(state);
    if (known.length === 0) this.#byHash.set(hash, known);
    known.push(id);
    return id;
  }

  get(id: number): Frozen | undefined {
    return this.#states[id - 1];
  }
}

function hashOf({ datapath, pipeline, index, registers, group }: Frozen): number {
  let hash = Math.imul(datapath.key, 0x9e3779b1) ^ (index * 2 + (pipeline === 'in' ? 0 : 1));
  const add = (value: number): void => {
    hash = Math.imul(hash ^ value, 0x85ebca77);
    hash ^= hash >>> 15;
  };
  for (const value of registers) add(value);
  for (const { ip, port } of group?.backends ?? []) add(ip ^ (port << 16));
  return hash | 0;
}

function isSame(one: Frozen, other: Frozen): boolean {
  return (
    one.datapath === other.datapath &&
    one.pipeline === other.pipeline &&
    one.index === other.index &&
    one.registers.every((value, at) => value === other.registers[at]) &&
    isSameGroup(one.group, other.group)
  );
}

function isSameGroup(one: Group | undefined, other: Group | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.service === other.service &&
    one.zone === other.zone &&
    one.affinitySec === other.affinitySec &&
    one.backends.length === other.backends.length &&
    one.backends.every(({ ip, port }, at) => {
      const twin = other.backends[at];
      return ip === twin?.ip && port === twin.port;
    })
  );
}
