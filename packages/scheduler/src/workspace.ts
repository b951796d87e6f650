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

  /** Begins a cycle; `capacity` is that of the table of nodes. */
  begin(capacity: number): void {
    this.feasible.reset(capacity);
    this.rejected.reset(capacity);
    if (this.totals.length >= capacity) return;
    this.totals = new Float64Array(capacity);
    this.scores = new Float64Array(capacity);
    this.#counts = new Int32Array(capacity);
  }

  /** A column of zeros, to be left so. */
  get zeros(): Int32Array {
    return this.#counts;
  }
}

export class FeasibleNodes implements NodeList {
  slots: Int32Array = new Int32Array(0);
  count = 0;

  reset(capacity: number): void {
    this.count = 0;
    if (this.slots.length < capacity) this.slots = new Int32Array(capacity);
  }

  add(slot: number): void {
    this.slots[this.count++] = slot;
  }
}

/** Nodes that were looked at and rejected, each with the reason. */
export class RejectedNodes {
  /** As long as the table of nodes: an array that grows by holes becomes a slow one. */
  #statusOf: (Status | undefined)[] = [];
  readonly #slots: number[] = [];

  get count(): number {
    return this.#slots.length;
  }

  get slots(): readonly number[] {
    return this.#slots;
  }

  reset(capacity: number): void {
    for (const slot of this.#slots) this.#statusOf[slot] = undefined;
    this.#slots.length = 0;
    if (this.#statusOf.length >= capacity) return;
    this.#statusOf = Array.from({ length: capacity }, () => undefined);
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
    let last: Status | undefined;
    let count = 0;
    for (const slot of this.#slots) {
      const status = this.#statusOf[slot];
      if (status !== last && last !== undefined) {
        tally.add(last, count);
        count = 0;
      }
      last = status;
      count++;
    }
    if (last !== undefined) tally.add(last, count);
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
