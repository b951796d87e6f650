/**
 * A flow table: tuple space search over rules grouped by mask (lib/classifier.h of Open vSwitch).
 *
 * A lookup costs one hash probe per distinct mask, not per rule. Subtables are sorted by their greatest
 * priority, and the search ends when the best so far beats the rest. Each subtable that was probed adds its
 * mask to the wildcards: whatever it looked at must match for the answer to be the same.
 *
 * A subtable may be derived: its rules are a function of the key, made when asked for. So a node has the
 * rules of 5,000 services and of 1,000 peers without holding them (docs/adr/0032).
 */
import { type FlowKey, equalUnder, maskWords, maskedHash, newKey, sameMask } from './flow-key.ts';

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
  /** The rule whose key equals this one under the mask; its priority is at most `maxPriority`. */
  find(key: FlowKey): Rule<T> | undefined;
}

interface Subtable<T> {
  readonly mask: FlowKey;
  readonly words: readonly number[];
  maxPriority: number;
  readonly rules: Map<number, Rule<T>[]>;
  readonly derived: DerivedRules<T> | undefined;
}

export class Classifier<T> {
  /** By greatest priority, descending; of equals the one that came first. */
  readonly #subtables: Subtable<T>[] = [];
  /** Subtables that the last lookup probed. */
  probeCount = 0;

  insert(rule: Rule<T>): void {
    let subtable = this.#subtables.find(
      (one) => one.derived === undefined && sameMask(one.mask, rule.mask),
    );
    if (subtable === undefined) {
      subtable = {
        mask: rule.mask,
        words: maskWords(rule.mask),
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
  }

  insertDerived(derived: DerivedRules<T>): void {
    const { mask, maxPriority } = derived;
    this.#place({ mask, words: maskWords(mask), maxPriority, rules: new Map(), derived });
  }

  remove(rule: Rule<T>): void {
    for (const subtable of this.#subtables) {
      if (subtable.derived !== undefined || !sameMask(subtable.mask, rule.mask)) continue;
      const hash = maskedHash(rule.key, subtable.mask, subtable.words);
      const chain = subtable.rules.get(hash) ?? [];
      const at = chain.indexOf(rule);
      if (at < 0) return;
      chain.splice(at, 1);
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
    for (const subtable of this.#subtables) {
      if (best !== undefined && best.priority >= subtable.maxPriority) break;
      this.probeCount++;
      wildcards?.(subtable.mask, subtable.words);
      const found = findIn(subtable, key);
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

function findIn<T>(subtable: Subtable<T>, key: FlowKey): Rule<T> | undefined {
  if (subtable.derived !== undefined) return subtable.derived.find(key);
  const { mask, words } = subtable;
  const chain = subtable.rules.get(maskedHash(key, mask, words));
  if (chain === undefined) return undefined;
  let best: Rule<T> | undefined;
  for (const rule of chain) {
    if (best !== undefined && best.priority >= rule.priority) continue;
    if (equalUnder(key, rule.key, mask, words)) best = rule;
  }
  return best;
}

/** A mask with these words wholly set. */
export function exactMask(...words: readonly number[]): FlowKey {
  const mask = newKey();
  for (const word of words) mask[word] = 0xffffffff;
  return mask;
}
