/**
 * Makes sure of chains and of jumps to them, as daemons do at their start (`iptables -N`, `-C || -I`).
 *
 * One edit and one commit per table instead of one per command: what lies between cannot be seen, for
 * the commands run at one instant.
 */
import { assert } from '@podwire/base';
import type { NetNs } from '../../netns.ts';
import { netfilterOf } from '../tables.ts';
import type { TableName } from './rule.ts';
import { TableEdit } from './table-edit.ts';

export interface EnsuredJump {
  readonly from: string;
  /** The rule as iptables takes it, with its target. */
  readonly words: readonly string[];
}

/** Adds the chains that are missing, and the missing jumps, one after the other, at the top. */
export function ensureChains(
  ns: NetNs,
  table: TableName,
  chains: readonly string[],
  jumps: readonly EnsuredJump[],
): void {
  const edit = new TableEdit(netfilterOf(ns), table);
  let hasChanged = false;
  for (const chain of chains) {
    if (edit.chains.has(chain)) continue;
    edit.newChain(chain);
    hasChanged = true;
  }
  for (const { from, words } of jumps) {
    const parsed = edit.parse(from, words);
    assert('rules' in parsed, `a jump reads as a rule: ${words.join(' ')}`);
    if (edit.hasRule(from, parsed)) continue;
    edit.insert(from, 0, parsed);
    hasChanged = true;
  }
  if (!hasChanged) return;
  const error = edit.commit();
  assert(error === undefined, 'jumps go to chains that are there');
}
