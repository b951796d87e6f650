/**
 * The plain evaluator: walks a base chain rule by rule as the kernel does (ipt_do_table).
 *
 * It defines what a rule set means and what it costs; fast.ts must agree with it in verdict, counters
 * and cost.
 */
import { ipLenBytes } from '@podwire/wire';
import { traceStep } from '../../trace.ts';
import type { Chain } from './chain.ts';
import { type Rule, type RuleContext, matchesHead } from './rule.ts';
import type { Table } from './table.ts';
import type { WalkNotes } from './walk-memo.ts';

/** What a walk found and what it cost. */
export interface WalkResult {
  verdict: 'accept' | 'drop';
  /** The rule that decided; undefined = the policy. */
  rule: Rule | undefined;
  chain: Chain;
  /** Rules visited, match extensions called, jumps taken: what the cost model counts. */
  visited: number;
  called: number;
  jumped: number;
}

/** Chains deeper than this are refused by the kernel when they are loaded (NFT_JUMP_STACK_SIZE). */
export const MAX_DEPTH = 16;

/** `notes`, where given, take down what the walk looks at; the plain walk takes none. */
export type Walker = (
  table: Table,
  base: Chain,
  context: RuleContext,
  notes?: WalkNotes,
) => WalkResult;

export const walkPlain: Walker = (table, base, context) => {
  const stack: { chain: Chain; at: number }[] = [];
  const result: WalkResult = {
    verdict: 'accept',
    rule: undefined,
    chain: base,
    visited: 0,
    called: 0,
    jumped: 0,
  };
  const bytes = ipLenBytes(context.packet);
  let chain = base;
  let at = 0;
  for (;;) {
    const rule = chain.rules[at];
    if (rule === undefined) {
      const back = stack.pop();
      if (back === undefined) return endByPolicy(base, bytes, result);
      chain = back.chain;
      at = back.at;
      continue;
    }
    result.visited++;
    at++;
    if (!testRule(rule, context, result)) continue;
    chain.count(at - 1, bytes);
    if (context.packet.traceId !== 0) traceRule(table, chain, rule, context);
    const target = rule.target;
    if (target !== undefined) {
      const verdict = target.run(context);
      if (verdict === 'continue') continue;
      if (verdict === 'return') {
        at = Number.MAX_SAFE_INTEGER;
        continue;
      }
      result.verdict = verdict;
      result.rule = rule;
      result.chain = chain;
      return result;
    }
    if (rule.jumpTo === undefined) continue;
    const next = table.chains.next(chain, rule.jumpTo);
    if (next === undefined || stack.length >= MAX_DEPTH) continue;
    if (!rule.isGoto) stack.push({ chain, at });
    result.jumped++;
    chain = next;
    at = 0;
  }
};

/** Whether the packet passes all of a rule's tests; counts the match extensions that were asked. */
export function testRule(rule: Rule, context: RuleContext, result: WalkResult): boolean {
  if (!matchesHead(rule, context)) return false;
  for (const match of rule.matches) {
    result.called++;
    if (!match.test(context)) return false;
  }
  return true;
}

export function endByPolicy(base: Chain, bytes: number, result: WalkResult): WalkResult {
  base.countPolicy(bytes);
  result.verdict = base.policy === 'DROP' ? 'drop' : 'accept';
  result.chain = base;
  return result;
}

export function traceRule(table: Table, chain: Chain, rule: Rule, context: RuleContext): void {
  const goal = rule.target?.name ?? rule.jumpTo ?? 'continue';
  traceStep(
    context.ns,
    context.packet,
    'rule',
    goal,
    { key: `${table.name} ${chain.name}`, rule: `-A ${chain.name} ${rule.text}`.trimEnd() },
    context.skb.costNs,
  );
}
