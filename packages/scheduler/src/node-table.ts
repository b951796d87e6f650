/**
 * The numbers of all nodes, in columns: one typed array per quantity, one slot per node.
 *
 * Filters and scores read a few columns of some hundred slots per pod, so a slot's numbers must lie in arrays
 * and not behind objects and maps. A slot stays the same while its node is known or has pods.
 */
import { type Amounts, CPU, MEMORY, PODS } from './resources.ts';
import type { PodTemplate } from './pod-template.ts';

const CAPACITY_FIRST = 16;
/** Resource ids that are always the same. */
export const CPU_ID = 0;
export const MEMORY_ID = 1;
export const PODS_ID = 2;
/** For a resource that no node and no pod has named. */
export const NO_COLUMN: Float64Array = new Float64Array(0);

export class NodeTable {
  capacity: number = CAPACITY_FIRST;
  readonly #free: number[] = [];
  #slotCount = 0;
  readonly #resourceIds = new Map<string, number>();
  /** By resource id, then slot. */
  readonly allocatable: Float64Array[] = [];
  readonly requested: Float64Array[] = [];
  /** Sums of requests with the defaults for containers that ask for nothing. */
  nonZeroCpu: Float64Array = new Float64Array(CAPACITY_FIRST);
  nonZeroMemory: Float64Array = new Float64Array(CAPACITY_FIRST);
  podCount: Int32Array = new Int32Array(CAPACITY_FIRST);
  /** NodeGate.id. */
  gate: Int32Array = new Int32Array(CAPACITY_FIRST);
  /** 1 while the node itself is known, not only pods on it. */
  known: Uint8Array = new Uint8Array(CAPACITY_FIRST);
  /** Moves when the node's labels change; never the same for two states of a slot. */
  labelVersion: Int32Array = new Int32Array(CAPACITY_FIRST);
  #labelVersionLast = 0;
  /** Moves when a node comes, goes, or changes its labels or taints. */
  version = 0;

  constructor() {
    for (const name of [CPU, MEMORY, PODS]) this.resourceId(name);
  }

  /** The number of a resource: those above, then by appearance. */
  resourceId(name: string): number {
    let id = this.#resourceIds.get(name);
    if (id === undefined) {
      id = this.#resourceIds.size;
      this.#resourceIds.set(name, id);
      this.allocatable.push(new Float64Array(this.capacity));
      this.requested.push(new Float64Array(this.capacity));
    }
    return id;
  }

  newSlot(): number {
    const slot = this.#free.pop() ?? this.#slotCount++;
    if (slot >= this.capacity) this.#grow();
    return slot;
  }

  /** Gives a slot back; its pods are gone. */
  freeSlot(slot: number): void {
    this.setAllocatable(slot, undefined);
    this.#free.push(slot);
  }

  setAllocatable(slot: number, amounts: Amounts | undefined): void {
    for (const column of this.allocatable) column[slot] = 0;
    for (const [name, amount] of amounts ?? []) {
      const column = this.allocatable[this.resourceId(name)];
      if (column !== undefined) column[slot] = amount;
    }
  }

  labelsChanged(slot: number): void {
    this.labelVersion[slot] = ++this.#labelVersionLast;
  }

  allocatableOf(slot: number, resource: string): number {
    return this.allocatable[this.resourceId(resource)]?.[slot] ?? 0;
  }

  requestedOf(slot: number, resource: string): number {
    return this.requested[this.resourceId(resource)]?.[slot] ?? 0;
  }

  /** Counts a pod that came (+1) or went (-1). */
  count(slot: number, template: PodTemplate, sign: number): void {
    for (const { id, amount } of template.demands) {
      const column = this.requested[id];
      if (column !== undefined) column[slot] = (column[slot] ?? 0) + sign * amount;
    }
    const { nonZeroCpu, nonZeroMemory, podCount } = this;
    nonZeroCpu[slot] = (nonZeroCpu[slot] ?? 0) + sign * template.nonZeroMilliCpu;
    nonZeroMemory[slot] = (nonZeroMemory[slot] ?? 0) + sign * template.nonZeroMemoryBytes;
    podCount[slot] = (podCount[slot] ?? 0) + sign;
  }

  #grow(): void {
    this.capacity *= 2;
    const { capacity } = this;
    for (const columns of [this.allocatable, this.requested]) {
      for (const [id, column] of columns.entries()) columns[id] = grown64(column, capacity);
    }
    this.nonZeroCpu = grown64(this.nonZeroCpu, capacity);
    this.nonZeroMemory = grown64(this.nonZeroMemory, capacity);
    this.podCount = grown32(this.podCount, capacity);
    this.gate = grown32(this.gate, capacity);
    this.labelVersion = grown32(this.labelVersion, capacity);
    const known = new Uint8Array(capacity);
    known.set(this.known);
    this.known = known;
  }
}

function grown64(column: Float64Array, capacity: number): Float64Array {
  const larger = new Float64Array(capacity);
  larger.set(column);
  return larger;
}

/** A longer copy; new places hold `fill`. */
export function grown32(column: Int32Array, capacity: number, fill = 0): Int32Array {
  const larger = new Int32Array(capacity).fill(fill, column.length);
  larger.set(column);
  return larger;
}
