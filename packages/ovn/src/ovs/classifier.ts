/**
 * A flow table: tuple space search over rules grouped by mask (lib/classifier.h of Open vSwitch).
 *
 * A lookup costs one hash probe per distinct mask, not per rule. Subtables are sorted by their greatest
 * priority, and the search ends when the best so far beats the rest. Each subtable that was probed adds its
 * mask to the wildcards: whatever it looked at must match for the answer to be the same. It looks in stages
 * (metadata, Ethernet, IP, ports): where no rule agrees so far, the fields behind stay wild, so that a table of
 * new connections to services does not make a megaflow of every client's port.
 *
 * A subtable may be derived: its rules are a function of the key, made when asked for. So a node has the
 * rules of 5,000 services and of 1,000 peers without holding them (docs/adr/0032).
 */
import {
  type FlowKey,
  STAGE_ENDS,
  equalUnder,
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

/** The words of a mask up to the end of a stage, and how many rules have each value of them. */
interface Stage {
  readonly words: readonly number[];
  readonly counts: Map<number, number>;
}

interface Subtable<T> {
  readonly mask: FlowKey;
  readonly words: readonly number[];
  /** All but the last, which is the whole mask. */
  readonly stages: readonly Stage[];
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

  /** The best rule; `wildcards(mask)` hears of every mask that was looked at. */
  lookup(
    key: FlowKey,
    wildcards?: (mask: FlowKey, words: readonly number[]) => void,
  ): Rule<T> | undefined {
    let best: Rule<T> | undefined;
    this.probeCount = 0;
    this.depends = 0;
    for (const subtable of this.#subtables) {
      if (best !== undefined && best.priority >= subtable.maxPriority) break;
      this.probeCount++;
      if (subtable.derived !== undefined) this.depends |= subtable.derived.depends;
      const found = findIn(subtable, key, wildcards);
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
  wildcards: ((mask: FlowKey, words: readonly number[]) => void) | undefined,
): Rule<T> | undefined {
  const { mask, words, derived } = subtable;
  if (derived !== undefined) {
    const found = derived.find(key);
    wildcards?.(found === undefined ? (derived.missMask?.(key) ?? mask) : mask, words);
    return found;
  }
  for (const stage of subtable.stages) {
    if (stage.counts.has(maskedHash(key, mask, stage.words))) continue;
    wildcards?.(mask, stage.words);
    return undefined;
  }
  wildcards?.(mask, words);
  const chain = subtable.rules.get(maskedHash(key, mask, words));
  if (chain === undefined) return undefined;
  let best: Rule<T> | undefined;
  for (const rule of chain) {
    if (best !== undefined && best.priority >= rule.priority) continue;
    if (equalUnder(key, rule.key, mask, words)) best = rule;
  }
  return best;
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
  for (const { words, counts } of subtable.stages) {
    const hash = maskedHash(rule.key, subtable.mask, words);
    const count = (counts.get(hash) ?? 0) + step;
    if (count === 0) counts.delete(hash);
    else counts.set(hash, count);
  }
}

/** A mask with these words wholly set. */
export function exactMask(...words: readonly number[]): FlowKey {
  const mask = newKey();
  for (const word of words) mask[word] = 0xffffffff;
  return mask;
}
