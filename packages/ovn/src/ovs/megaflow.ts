/**
 * The datapath's cache of megaflows: what an upcall found out, for all packets that look alike where it looked.
 *
 * As the kernel's: masks in order of their coming, one hash probe each, and a mask cache of 256 entries that
 * remembers by the packet's hash which mask hit (net/openvswitch/flow_table.c). A megaflow that nobody used for
 * max-idle is gone when it is next met; one of an older generation of the tables is judged anew then.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { LogicalFlow } from '../lflow.ts';
import type { DpAction } from './actions.ts';
import { type FlowKey, equalUnder, flowHash, maskWords, maskedHash, sameMask } from './flow-key.ts';

/** other_config:max-idle, 10 s by default. */
const MAX_IDLE_NS = 10 * NS_PER_SEC;
/** other_config:flow-limit. */
const FLOW_LIMIT = 200_000;
const MASK_CACHE_SIZE = 256;

export interface Translation {
  /** What the answer depends on. */
  readonly mask: FlowKey;
  readonly actions: readonly DpAction[];
  /** Flows that matched, in order, for those who watch. */
  readonly flows: readonly LogicalFlow[];
  /** OpenFlow tables visited. */
  readonly tableCount: number;
  /** What derived tables on the way are made from, as bits. */
  readonly depends: number;
}

export interface Megaflow extends Translation {
  readonly key: FlowKey;
  /** When the upcall that made it was done: what came meanwhile waited behind it. */
  readonly readyNs: number;
  generation: number;
  usedNs: number;
}

/** The actions as text: equal texts, equal actions. */
export function signatureOf({ actions }: Translation): string {
  return JSON.stringify(actions);
}

interface MaskTable {
  readonly mask: FlowKey;
  readonly words: readonly number[];
  readonly flows: Map<number, Megaflow[]>;
}

export class MegaflowCache {
  readonly #tables: MaskTable[] = [];
  readonly #maskCache = new Uint16Array(MASK_CACHE_SIZE);
  #count = 0;
  #sweepAtCount = 1024;
  /** Masks that the last lookup probed. */
  probeCount = 0;

  get size(): number {
    return this.#count;
  }

  get maskCount(): number {
    return this.#tables.length;
  }

  lookup(key: FlowKey, nowNs: number): Megaflow | undefined {
    const slot = flowHash(key) & (MASK_CACHE_SIZE - 1);
    const remembered = this.#maskCache[slot] as number;
    this.probeCount = 0;
    const likely = this.#tables[remembered];
    if (likely !== undefined) {
      this.probeCount++;
      const found = this.#findIn(likely, key, nowNs);
      if (found !== undefined) return found;
    }
    for (let index = 0; index < this.#tables.length; index++) {
      if (index === remembered) continue;
      this.probeCount++;
      const found = this.#findIn(this.#tables[index] as MaskTable, key, nowNs);
      if (found === undefined) continue;
      this.#maskCache[slot] = index;
      return found;
    }
    return undefined;
  }

  insert(flow: Megaflow): void {
    if (this.#count >= this.#sweepAtCount) {
      this.#sweep(flow.usedNs);
      this.#sweepAtCount = Math.max(1024, this.#count * 2);
    }
    if (this.#count >= FLOW_LIMIT) return;
    let table = this.#tables.find((one) => sameMask(one.mask, flow.mask));
    if (table === undefined) {
      table = { mask: flow.mask, words: maskWords(flow.mask), flows: new Map() };
      this.#tables.push(table);
    }
    const hash = maskedHash(flow.key, table.mask, table.words);
    const chain = table.flows.get(hash);
    if (chain === undefined) table.flows.set(hash, [flow]);
    else chain.push(flow);
    this.#count++;
  }

  remove(flow: Megaflow): void {
    const table = this.#tables.find((one) => sameMask(one.mask, flow.mask));
    if (table !== undefined) this.#unlink(table, flow);
  }

  *flows(): Iterable<Megaflow> {
    for (const table of this.#tables) for (const chain of table.flows.values()) yield* chain;
  }

  #findIn(table: MaskTable, key: FlowKey, nowNs: number): Megaflow | undefined {
    const chain = table.flows.get(maskedHash(key, table.mask, table.words));
    if (chain === undefined) return undefined;
    for (const flow of chain) {
      if (!equalUnder(key, flow.key, table.mask, table.words)) continue;
      if (nowNs - flow.usedNs <= MAX_IDLE_NS) return flow;
      this.#unlink(table, flow);
      return undefined;
    }
    return undefined;
  }

  #unlink(table: MaskTable, flow: Megaflow): void {
    const hash = maskedHash(flow.key, table.mask, table.words);
    const chain = table.flows.get(hash) ?? [];
    const at = chain.indexOf(flow);
    if (at < 0) return;
    chain.splice(at, 1);
    this.#count--;
    if (chain.length === 0) table.flows.delete(hash);
  }

  #sweep(nowNs: number): void {
    for (const flow of Array.from(this.flows())) {
      if (nowNs - flow.usedNs > MAX_IDLE_NS) this.remove(flow);
    }
  }
}
