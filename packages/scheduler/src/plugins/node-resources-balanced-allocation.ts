/**
 * NodeResourcesBalancedAllocation: cpu and memory should fill up evenly.
 *
 * Floating point as upstream: the standard deviation of two fractions is half their distance.
 */
import { MAX_NODE_SCORE, type NodeList, type NodeScorer, type Plugin } from '../framework.ts';
import { CPU_ID, MEMORY_ID, NO_COLUMN, type NodeTable } from '../node-table.ts';
import type { PodTemplate } from '../pod-template.ts';

export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  preScore({ snapshot, shape }) {
    return new BalanceScorer(snapshot.table, shape.template);
  },
};

class BalanceScorer implements NodeScorer {
  readonly #table: NodeTable;
  readonly #template: PodTemplate;

  constructor(table: NodeTable, template: PodTemplate) {
    this.#table = table;
    this.#template = template;
  }

  score({ slots, count }: NodeList, scores: Float64Array): void {
    const { allocatable, requested } = this.#table;
    const { milliCpu, memoryBytes } = this.#template;
    const cpuCapacity = allocatable[CPU_ID] ?? NO_COLUMN;
    const memoryCapacity = allocatable[MEMORY_ID] ?? NO_COLUMN;
    const cpuRequested = requested[CPU_ID] ?? NO_COLUMN;
    const memoryRequested = requested[MEMORY_ID] ?? NO_COLUMN;
    for (let at = 0; at < count; at++) {
      const slot = slots[at] ?? 0;
      const cpuTotal = cpuCapacity[slot] ?? 0;
      const memoryTotal = memoryCapacity[slot] ?? 0;
      let deviation = 0;
      if (cpuTotal !== 0 && memoryTotal !== 0) {
        const first = Math.min(((cpuRequested[slot] ?? 0) + milliCpu) / cpuTotal, 1);
        const second = Math.min(((memoryRequested[slot] ?? 0) + memoryBytes) / memoryTotal, 1);
        deviation = Math.abs((first - second) / 2);
      }
      scores[at] = Math.trunc((1 - deviation) * MAX_NODE_SCORE);
    }
  }
}
