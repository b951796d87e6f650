/**
 * NodeResourcesFit: a node must have what the pod asks for; the emptier one scores higher (LeastAllocated).
 */
import type { Node } from '@podwire/api';
import {
  MAX_NODE_SCORE,
  type NodeFilter,
  type NodeList,
  type NodeScorer,
  type Plugin,
  type Status,
  unschedulable,
} from '../framework.ts';
import { CPU_ID, MEMORY_ID, NO_COLUMN, type NodeTable, PODS_ID } from '../node-table.ts';
import type { PodTemplate, ResourceDemand } from '../pod-template.ts';
import { type Amounts, PODS, amountOf } from '../resources.ts';

const NAME = 'NodeResourcesFit';

export const nodeResourcesFit: Plugin = {
  name: NAME,
  preFilter({ snapshot, shape }) {
    return new FitFilter(snapshot.table, shape.template);
  },
  preScore({ snapshot, shape }) {
    return new LeastAllocatedScorer(snapshot.table, shape.template);
  },
};

class FitFilter implements NodeFilter {
  readonly #demands: readonly ResourceDemand[];
  readonly #amounts: readonly number[];
  readonly #allocatable: readonly Float64Array[];
  readonly #requested: readonly Float64Array[];
  readonly #podCount: Int32Array;
  readonly #podsMax: Float64Array;
  /** By what is short. */
  #statuses: Map<number, Status> | undefined;

  constructor({ allocatable, requested, podCount }: NodeTable, { demands }: PodTemplate) {
    this.#demands = demands.filter(({ name, amount }) => amount !== 0 && name !== PODS);
    this.#amounts = this.#demands.map(({ amount }) => amount);
    this.#allocatable = this.#demands.map(({ id }) => allocatable[id] ?? NO_COLUMN);
    this.#requested = this.#demands.map(({ id }) => requested[id] ?? NO_COLUMN);
    this.#podCount = podCount;
    this.#podsMax = allocatable[PODS_ID] ?? NO_COLUMN;
  }

  filter(slot: number): Status | undefined {
    if ((this.#podCount[slot] ?? 0) + 1 > (this.#podsMax[slot] ?? 0)) return this.#explain(slot);
    for (let at = 0; at < this.#amounts.length; at++) {
      if (this.#isShort(at, slot)) return this.#explain(slot);
    }
    return undefined;
  }

  #isShort(at: number, slot: number): boolean {
    const free = (this.#allocatable[at]?.[slot] ?? 0) - (this.#requested[at]?.[slot] ?? 0);
    return (this.#amounts[at] ?? 0) > free;
  }

  /** One status for all nodes that are short of the same. */
  #explain(slot: number): Status {
    const isFull = (this.#podCount[slot] ?? 0) + 1 > (this.#podsMax[slot] ?? 0);
    // One binary digit per resource: 52 of them are exact.
    let shortages = isFull ? 1 : 0;
    for (let at = 0; at < this.#amounts.length; at++) {
      if (this.#isShort(at, slot)) shortages += 2 ** (at + 1);
    }
    this.#statuses ??= new Map();
    let status = this.#statuses.get(shortages);
    if (status === undefined) {
      const short = this.#demands.filter((_, at) => this.#isShort(at, slot));
      const reasons = short.map(({ name }) => `Insufficient ${name}`);
      if (isFull) reasons.unshift('Too many pods');
      status = unschedulable(NAME, ...reasons);
      this.#statuses.set(shortages, status);
    }
    return status;
  }
}

/** Cpu and memory with equal weights. */
class LeastAllocatedScorer implements NodeScorer {
  readonly #table: NodeTable;
  readonly #template: PodTemplate;

  constructor(table: NodeTable, template: PodTemplate) {
    this.#table = table;
    this.#template = template;
  }

  score({ slots, count }: NodeList, scores: Float64Array): void {
    const { nonZeroCpu, nonZeroMemory, allocatable } = this.#table;
    const cpuCapacity = allocatable[CPU_ID] ?? NO_COLUMN;
    const memoryCapacity = allocatable[MEMORY_ID] ?? NO_COLUMN;
    const { nonZeroMilliCpu, nonZeroMemoryBytes } = this.#template;
    for (let at = 0; at < count; at++) {
      const slot = slots[at] ?? 0;
      const cpu = cpuCapacity[slot] ?? 0;
      const memory = memoryCapacity[slot] ?? 0;
      let sum = 0;
      let resourceCount = 0;
      if (cpu !== 0) {
        sum += leastRequestedScore((nonZeroCpu[slot] ?? 0) + nonZeroMilliCpu, cpu);
        resourceCount++;
      }
      if (memory !== 0) {
        sum += leastRequestedScore((nonZeroMemory[slot] ?? 0) + nonZeroMemoryBytes, memory);
        resourceCount++;
      }
      scores[at] = resourceCount === 0 ? 0 : Math.trunc(sum / resourceCount);
    }
  }
}

function leastRequestedScore(requested: number, capacity: number): number {
  if (requested > capacity) return 0;
  return Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity);
}

/** Whether even the empty node would be too small. */
export function insufficientAllocatable(requests: Amounts, node: Node): boolean {
  for (const [name, amount] of requests) {
    if (amount > (amountOf(node.status?.allocatable, name) ?? 0)) return true;
  }
  return (amountOf(node.status?.allocatable, PODS) ?? 0) < 1;
}
