/**
 * A flow table: tuple space search over rules grouped by mask (lib/classifier.h of Open vSwitch).
 *
 * A lookup costs one hash probe per distinct mask, not per rule. Subtables are sorted by their greatest
 * priority, and the search ends when the best so far beats the rest. Each subtable that was probed adds its
 * mask to the wildcards: whatever it looked at must match for the answer to be the same. It looks in stages
 * (metadata, Ethernet, IP, ports): where no rule agrees so far, the fields behind stay wild, so that a table of
 * new connections to services does not make a megaflow of every client's port. Of an address that no rule's
 * prefix holds it looks at as many bits as tell so (the prefix tries of nw_src and nw_dst).
 *
 * A subtable may be derived: its rules are a function of the key, made when asked for. So a node has the
 * rules of 5,000 services and of 1,000 peers without holding them (docs/adr/0032).
 */
import { ipv4Mask } from '@podwire/base';
import {
  type FlowKey,
  HASH_BASIS,
  PREFIX_WORDS,
  STAGE_ENDS,
  equalUnder,
  goOnHash,
  maskWords,
  maskedHash,
  newKey,
  sameMask,
} from './flow-key.ts';

export interface Rule<T> {
  readonly priority: number;
  readonly key: FlowKey;
  readonly mask: FlowKey;
  readonly value: T;
}

/** Rules of one mask that come into being when a packet asks for them. */
export interface DerivedRules<T> {
  readonly mask: FlowKey;
  readonly maxPriority: number;
  /** What the rules are made from, as bits. */
  readonly depends: number;
  /** The rule whose key equals this one under the mask; its priority is at most `maxPriority`. */
  find(key: FlowKey): Rule<T> | undefined;
  /** Where there is no rule: what of the mask tells so already; by default all of it. */
  missMask?(key: FlowKey): FlowKey;
}

/** Hears of each bit that an answer depends on. */
export type Look = (word: number, bits: number) => void;

/** The words of a mask up to the end of a stage, and how many rules have each value of them. */
interface Stage {
  readonly words: readonly number[];
  readonly counts: Map<number, number>;
}

/** The prefixes of one length that a subtable's rules have in an address, and how many rules have each. */
interface Prefixes {
  readonly word: number;
  readonly mask: number;
  readonly counts: Map<number, number>;
}

interface Subtable<T> {
  readonly mask: FlowKey;
  readonly words: readonly number[];
  /** All but the last, which is the whole mask. */
  readonly stages: readonly Stage[];
  readonly prefixes: readonly Prefixes[];
  maxPriority: number;
  readonly rules: Map<number, Rule<T>[]>;
  readonly derived: DerivedRules<T> | undefined;
}

export class Classifier<T> {
  /** By greatest priority, descending; of equals the one that came first. */
  readonly #subtables: Subtable<T>[] = [];
  /** Subtables that the last lookup probed, and what the derived ones among them are made from. */
  probeCount = 0;
  depends = 0;

  insert(rule: Rule<T>): void {
    let subtable = this.#subtables.find(
      (one) => one.derived === undefined && sameMask(one.mask, rule.mask),
    );
    if (subtable === undefined) {
      subtable = {
        mask: rule.mask,
        words: maskWords(rule.mask),
        stages: stagesOf(rule.mask),
        prefixes: prefixesOf(rule.mask),
        maxPriority: rule.priority,
        rules: new Map(),
        derived: undefined,
      };
      this.#place(subtable);
    } else if (rule.priority > subtable.maxPriority) {
      this.#subtables.splice(this.#subtables.indexOf(subtable), 1);
      subtable.maxPriority = rule.priority;
      this.#place(subtable);
    }
    const hash = maskedHash(rule.key, subtable.mask, subtable.words);
    const chain = subtable.rules.get(hash);
    if (chain === undefined) subtable.rules.set(hash, [rule]);
    else chain.push(rule);
    countStages(subtable, rule, 1);
  }

  insertDerived(derived: DerivedRules<T>): void {
    const { mask, maxPriority } = derived;
    this.#place({
      mask,
      words: maskWords(mask),
      stages: [],
      prefixes: [],
      maxPriority,
      rules: new Map(),
      derived,
    });
  }

  removeDerived(derived: DerivedRules<T>): void {
    const at = this.#subtables.findIndex((one) => one.derived === derived);
    if (at >= 0) this.#subtables.splice(at, 1);
  }

  remove(rule: Rule<T>): void {
    for (const subtable of this.#subtables) {
      if (subtable.derived !== undefined || !sameMask(subtable.mask, rule.mask)) continue;
      const hash = maskedHash(rule.key, subtable.mask, subtable.words);
      const chain = subtable.rules.get(hash) ?? [];
      const at = chain.indexOf(rule);
      if (at < 0) return;
      chain.splice(at, 1);
      countStages(subtable, rule, -1);
      if (chain.length === 0) subtable.rules.delete(hash);
      if (subtable.rules.size === 0) this.#subtables.splice(this.#subtables.indexOf(subtable), 1);
      return;
    }
  }

  /** The best rule; `look` hears of what was looked at. */
  lookup(key: FlowKey, look?: Look): Rule<T> | undefined {
    let best: Rule<T> | undefined;
    this.probeCount = 0;
    this.depends = 0;
    for (const subtable of this.#subtables) {
      if (best !== undefined && best.priority >= subtable.maxPriority) break;
      this.probeCount++;
      if (subtable.derived !== undefined) this.depends |= subtable.derived.depends;
      const found = findIn(subtable, key, look);
      if (found !== undefined && (best === undefined || found.priority > best.priority))
        best = found;
    }
    return best;
  }

  #place(subtable: Subtable<T>): void {
    let at = this.#subtables.length;
    while (at > 0 && (this.#subtables[at - 1] as Subtable<T>).maxPriority < subtable.maxPriority)
      at--;
    this.#subtables.splice(at, 0, subtable);
  }
}

function findIn<T>(
  subtable: Subtable<T>,
  key: FlowKey,
  look: Look | undefined,
): Rule<T> | undefined {
  const { mask, words, derived, stages, prefixes } = subtable;
  if (derived !== undefined) {
    const found = derived.find(key);
    lookAt(look, found === undefined ? (derived.missMask?.(key) ?? mask) : mask, words);
    return found;
  }
  let before = NO_WORDS;
  let hash = HASH_BASIS;
  let isAddressSeen = prefixes.length === 0;
  for (const stage of stages) {
    if (!isAddressSeen && (stage.words.at(-1) as number) >= FIRST_PREFIX_WORD) {
      if (isOutside(subtable, key, before, look)) return undefined;
      isAddressSeen = true;
    }
    hash = goOnHash(hash, key, mask, words, before.length, stage.words.length);
    if (!stage.counts.has(hash)) {
      lookAt(look, mask, stage.words);
      return undefined;
    }
    before = stage.words;
  }
  if (!isAddressSeen && isOutside(subtable, key, before, look)) return undefined;
  lookAt(look, mask, words);
  hash = goOnHash(hash, key, mask, words, before.length, words.length);
  const chain = subtable.rules.get(hash);
  if (chain === undefined) return undefined;
  let best: Rule<T> | undefined;
  for (const rule of chain) {
    if (best !== undefined && best.priority >= rule.priority) continue;
    if (equalUnder(key, rule.key, mask, words)) best = rule;
  }
  return best;
}

const NO_WORDS: readonly number[] = [];
const FIRST_PREFIX_WORD = Math.min(...PREFIX_WORDS);

function lookAt(look: Look | undefined, mask: FlowKey, words: readonly number[]): void {
  if (look === undefined) return;
  for (const word of words) if (mask[word] !== 0) look(word, mask[word] as number);
}

/** An address of the key is in no rule's prefix: the first bits that no prefix shares say so (trie_lookup). */
function isOutside<T>(
  { mask, prefixes }: Subtable<T>,
  key: FlowKey,
  before: readonly number[],
  look: Look | undefined,
): boolean {
  for (const { word, mask: bits, counts } of prefixes) {
    const address = ((key[word] as number) & bits) >>> 0;
    if (counts.has(address)) continue;
    if (look !== undefined) {
      let shared = 0;
      for (const prefix of counts.keys()) shared = Math.max(shared, Math.clz32(address ^ prefix));
      lookAt(look, mask, before);
      look(word, ipv4Mask(shared + 1));
    }
    return true;
  }
  return false;
}

function prefixesOf(mask: FlowKey): Prefixes[] {
  const found: Prefixes[] = [];
  for (const word of PREFIX_WORDS) {
    const bits = mask[word] as number;
    const isPrefix = bits !== 0 && ipv4Mask(Math.clz32(~bits)) === bits;
    if (isPrefix) found.push({ word, mask: bits, counts: new Map() });
  }
  return found;
}

function stagesOf(mask: FlowKey): Stage[] {
  const words = maskWords(mask);
  const stages: Stage[] = [];
  for (const end of STAGE_ENDS) {
    const own = words.filter((word) => word < end);
    const before = stages.at(-1)?.words.length ?? 0;
    if (own.length > before && own.length < words.length)
      stages.push({ words: own, counts: new Map() });
  }
  return stages;
}

function countStages<T>(subtable: Subtable<T>, rule: Rule<T>, step: 1 | -1): void {
  for (const { words, counts } of subtable.stages)
    add(counts, maskedHash(rule.key, subtable.mask, words), step);
  for (const { word, mask, counts } of subtable.prefixes)
    add(counts, ((rule.key[word] as number) & mask) >>> 0, step);
}

function add(counts: Map<number, number>, value: number, step: 1 | -1): void {
  const count = (counts.get(value) ?? 0) + step;
  if (count === 0) counts.delete(value);
  else counts.set(value, count);
}

/** A mask with these words wholly set. */
export function exactMask(...words: readonly number[]): FlowKey {
  const mask = newKey();
  for (const word of words) mask[word] = 0xffffffff;
  return mask;
}
