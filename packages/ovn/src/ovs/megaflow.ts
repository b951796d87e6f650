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
import {
  ALL_BITS,
  type FlowKey,
  HASH_BASIS,
  Word,
  flowHash,
  maskWords,
  sameMask,
} from './flow-key.ts';

/** other_config:max-idle, 10 s by default. */
const MAX_IDLE_NS = 10 * NS_PER_SEC;
/** other_config:flow-limit. */
const FLOW_LIMIT = 200_000;
const MASK_CACHE_SIZE = 256;
/** Packets whose megaflow is remembered. */
const LAST_FOUND = 1024;
/** Places that a packet's entry may be at (MC_HASH_SEGS). */
const SEGMENTS = 4;

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

/** What an upcall adds to its translation. */
export interface Installed {
  readonly key: FlowKey;
  /** When the upcall was done: what came meanwhile waited behind it. */
  readonly readyNs: number;
  generation: number;
  usedNs: number;
}

export interface Megaflow extends Translation, Installed {
  /** The key under the mask, as `fields` of its table has it. */
  readonly values: readonly number[];
  readonly table: MaskTable;
  /** Port and recirculation id. */
  readonly pass: number;
  isInstalled: boolean;
}

/** The packet's hash, another one after each recirculation, so that passes do not share an entry. */
function packetHash(key: FlowKey): number {
  const hash = flowHash(key);
  const recirc = key[Word.recirc] as number;
  if (recirc === 0) return hash;
  const mixed = Math.imul(hash ^ Math.imul(recirc, 0x9e3779b1), 0x85ebca77);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** The actions as text: equal texts, equal actions. */
export function signatureOf({ actions }: Translation): string {
  return JSON.stringify(actions);
}

interface MaskTable {
  readonly mask: FlowKey;
  /** What it looks at beside port and recirculation id: word and bits by turns. */
  readonly fields: readonly number[];
  /** Its place among the masks. */
  readonly index: number;
}

/** The megaflows of one mask for one pass: every mask holds the port and the recirculation id. */
interface PassTable {
  readonly table: MaskTable;
  readonly flows: Map<number, Megaflow[]>;
}

export class MegaflowCache {
  /** In order of their coming. */
  readonly #tables: MaskTable[] = [];
  /** By port and recirculation id, in order of the masks: those that can hold a megaflow for a packet. */
  readonly #passes: Map<number, PassTable[]> = new Map();
  /** Entries of the mask cache: hash of a packet, and the mask that it hit. */
  readonly #cachedHashes = new Uint32Array(MASK_CACHE_SIZE);
  readonly #cachedMasks = new Uint16Array(MASK_CACHE_SIZE);
  /** By a packet's hash: what was found for it last, so that the next packet of a connection need not be searched for. */
  #lastFound: (Megaflow | undefined)[] | undefined;
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
    this.probeCount = 0;
    const hash = packetHash(key);
    let worst = 0;
    let worstHash = ALL_BITS + 1;
    for (let segment = 0; segment < SEGMENTS; segment++) {
      const at = (hash >>> (8 * segment)) & (MASK_CACHE_SIZE - 1);
      const cached = this.#cachedHashes[at] as number;
      if (cached === hash) {
        const found = this.#search(key, nowNs, at, hash);
        if (found === undefined) this.#cachedHashes[at] = 0;
        return found;
      }
      if (cached >= worstHash) continue;
      worst = at;
      worstHash = cached;
    }
    const found = this.#search(key, nowNs, worst, hash);
    if (found !== undefined) this.#cachedHashes[worst] = hash;
    return found;
  }

  /** What was found for such a packet before, as if by a search of the masks; else by one. */
  #search(key: FlowKey, nowNs: number, entry: number, hash: number): Megaflow | undefined {
    const last = this.#lastFound?.[hash & (LAST_FOUND - 1)];
    if (last?.isInstalled === true && last.pass === passOf(key) && isFor(last, key, nowNs)) {
      this.#found(last.table.index, entry);
      return last;
    }
    const found = this.#searchMasks(key, nowNs, entry);
    if (found !== undefined) {
      this.#lastFound ??= Array.from({ length: LAST_FOUND }, () => undefined);
      this.#lastFound[hash & (LAST_FOUND - 1)] = found;
    }
    return found;
  }

  /** The mask hit: how many were probed before it, and the entry remembers it. */
  #found(index: number, entry: number): void {
    const remembered = this.#cachedMasks[entry] as number;
    const isPast = remembered > index && remembered < this.#tables.length;
    this.probeCount = remembered === index ? 1 : index + 1 + (isPast ? 1 : 0);
    this.#cachedMasks[entry] = index;
  }

  /**
   * The mask that the cache's entry names first, then one after the other; the entry names the one that hit.
   * Only masks with megaflows of this pass are really probed; all up to the hit are counted.
   */
  #searchMasks(key: FlowKey, nowNs: number, entry: number): Megaflow | undefined {
    const remembered = this.#cachedMasks[entry] as number;
    const hasRemembered = remembered < this.#tables.length;
    const tables = this.#passes.get(passOf(key)) ?? [];
    if (hasRemembered) {
      for (const likely of tables) {
        if (likely.table.index !== remembered) continue;
        const found = this.#findIn(likely, key, nowNs);
        if (found === undefined) break;
        this.#found(remembered, entry);
        return found;
      }
    }
    for (const pass of tables) {
      const { index } = pass.table;
      if (index === remembered) continue;
      const found = this.#findIn(pass, key, nowNs);
      if (found === undefined) continue;
      this.#found(index, entry);
      return found;
    }
    this.probeCount = this.#tables.length;
    return undefined;
  }

  /** Keeps what an upcall found out, if there is room. */
  insert(translation: Translation, installed: Installed): Megaflow {
    if (this.#count >= this.#sweepAtCount) {
      this.#sweep(installed.usedNs);
      this.#sweepAtCount = Math.max(1024, this.#count * 2);
    }
    const table = this.#tableOf(translation.mask);
    const { key } = installed;
    const { mask, fields } = table;
    const isInstalled = this.#count < FLOW_LIMIT;
    const flow: Megaflow = {
      ...translation,
      ...installed,
      mask,
      values: valuesUnder(fields, key),
      table,
      pass: passOf(key),
      isInstalled,
    };
    if (!isInstalled) return flow;
    const pass = this.#passTable(table, flow.pass);
    const hash = hashUnder(fields, key);
    const chain = pass.flows.get(hash);
    if (chain === undefined) pass.flows.set(hash, [flow]);
    else chain.push(flow);
    this.#count++;
    return flow;
  }

  #tableOf(mask: FlowKey): MaskTable {
    const known = this.#tables.find((one) => sameMask(one.mask, mask));
    if (known !== undefined) return known;
    const fields = maskWords(mask)
      .filter((word) => word !== Word.physPort && word !== Word.recirc)
      .flatMap((word) => [word, (mask[word] as number) | 0]);
    const made = { mask, fields, index: this.#tables.length };
    this.#tables.push(made);
    return made;
  }

  #passTable(table: MaskTable, number: number): PassTable {
    let tables = this.#passes.get(number);
    if (tables === undefined) {
      tables = [];
      this.#passes.set(number, tables);
    }
    let at = tables.findIndex((one) => one.table.index >= table.index);
    if (at < 0) at = tables.length;
    const there = tables[at];
    if (there?.table === table) return there;
    const made = { table, flows: new Map<number, Megaflow[]>() };
    tables.splice(at, 0, made);
    return made;
  }

  remove(flow: Megaflow): void {
    const tables = this.#passes.get(flow.pass) ?? [];
    const pass = tables.find(({ table }) => table === flow.table);
    if (pass !== undefined) this.#unlink(pass, flow);
  }

  *flows(): Iterable<Megaflow> {
    for (const tables of this.#passes.values())
      for (const { flows } of tables) for (const chain of flows.values()) yield* chain;
  }

  #findIn({ table, flows }: PassTable, key: FlowKey, nowNs: number): Megaflow | undefined {
    const { fields } = table;
    const chain = flows.get(hashUnder(fields, key));
    if (chain === undefined) return undefined;
    for (const flow of chain) {
      if (!hasValues(fields, key, flow.values)) continue;
      if (nowNs - flow.usedNs <= MAX_IDLE_NS) return flow;
      this.remove(flow);
      return undefined;
    }
    return undefined;
  }

  #unlink(pass: PassTable, flow: Megaflow): void {
    const { table, flows } = pass;
    const hash = hashUnder(table.fields, flow.key);
    const chain = flows.get(hash) ?? [];
    const at = chain.indexOf(flow);
    if (at < 0) return;
    chain.splice(at, 1);
    flow.isInstalled = false;
    this.#count--;
    if (chain.length > 0) return;
    flows.delete(hash);
    if (flows.size > 0) return;
    const number = flow.pass;
    const rest = (this.#passes.get(number) ?? []).filter((one) => one !== pass);
    if (rest.length === 0) this.#passes.delete(number);
    else this.#passes.set(number, rest);
  }

  #sweep(nowNs: number): void {
    for (const flow of Array.from(this.flows())) {
      if (nowNs - flow.usedNs > MAX_IDLE_NS) this.remove(flow);
    }
  }
}

function isFor({ table, values, usedNs }: Megaflow, key: FlowKey, nowNs: number): boolean {
  return nowNs - usedNs <= MAX_IDLE_NS && hasValues(table.fields, key, values);
}

function valuesUnder(fields: readonly number[], key: FlowKey): number[] {
  const values: number[] = [];
  for (let at = 0; at < fields.length; at += 2)
    values.push((key[fields[at] as number] as number) & (fields[at + 1] as number));
  return values;
}

function hashUnder(fields: readonly number[], key: FlowKey): number {
  let hash = HASH_BASIS;
  for (let at = 0; at < fields.length; at += 2) {
    const value = (key[fields[at] as number] as number) & (fields[at + 1] as number);
    hash = Math.imul(hash ^ value, 0x85ebca77);
    hash ^= hash >>> 15;
  }
  return hash | 0;
}

function hasValues(fields: readonly number[], key: FlowKey, values: readonly number[]): boolean {
  for (let at = 0; at < values.length; at++) {
    const value = (key[fields[2 * at] as number] as number) & (fields[2 * at + 1] as number);
    if (value !== values[at]) return false;
  }
  return true;
}

/** Port and recirculation id as one number. */
function passOf(key: FlowKey): number {
  return (key[Word.recirc] as number) * 0x10000 + (key[Word.physPort] as number);
}
