/**
 * Arrays that every cycle needs and none keeps: the feasible nodes, the rejected ones, the scores.
 */
import type { NodeList, Status } from './framework.ts';

export class Workspace {
  readonly feasible: FeasibleNodes = new FeasibleNodes();
  readonly rejected: RejectedNodes = new RejectedNodes();
  totals: Float64Array = new Float64Array(0);
  scores: Float64Array = new Float64Array(0);
  /** By slot; all 0 whenever no scorer is at work. */
  #counts = new Int32Array(0);

  /** Begins a cycle over at most this many nodes. */
  begin(nodeCount: number): void {
    this.feasible.reset(nodeCount);
    this.rejected.clear();
    if (this.totals.length >= nodeCount) return;
    this.totals = new Float64Array(2 * nodeCount);
    this.scores = new Float64Array(2 * nodeCount);
  }

  /** A column of zeros, to be left so. */
  zeros(capacity: number): Int32Array {
    if (this.#counts.length < capacity) this.#counts = new Int32Array(capacity);
    return this.#counts;
  }
}

export class FeasibleNodes implements NodeList {
  slots: Int32Array = new Int32Array(0);
  count = 0;

  reset(nodeCount: number): void {
    this.count = 0;
    if (this.slots.length < nodeCount) this.slots = new Int32Array(2 * nodeCount);
  }

  add(slot: number): void {
    this.slots[this.count++] = slot;
  }
}

/** Nodes that were looked at and rejected, each with the reason. */
export class RejectedNodes {
  readonly #statusOf: (Status | undefined)[] = [];
  readonly #slots: number[] = [];

  get count(): number {
    return this.#slots.length;
  }

  get slots(): readonly number[] {
    return this.#slots;
  }

  clear(): void {
    for (const slot of this.#slots) this.#statusOf[slot] = undefined;
    this.#slots.length = 0;
  }

  add(slot: number, status: Status): void {
    this.#statusOf[slot] = status;
    this.#slots.push(slot);
  }

  /** Undefined for a node that was not looked at or was found feasible. */
  get(slot: number): Status | undefined {
    return this.#statusOf[slot];
  }

  /** Counts equal reasons: a status is one object for all nodes that have it, as a rule. */
  tally(): StatusTally {
    const tally = new StatusTally();
    for (const slot of this.#slots) {
      const status = this.#statusOf[slot];
      if (status !== undefined) tally.add(status, 1);
    }
    return tally;
  }
}

/** How many nodes have which status. */
export class StatusTally {
  readonly counts: Map<Status, number> = new Map();
  nodeCount = 0;

  add(status: Status, count: number): void {
    this.counts.set(status, (this.counts.get(status) ?? 0) + count);
    this.nodeCount += count;
  }
}
