/**
 * The fast evaluator: the same walk, but in long chains it goes straight to the next rule that could match.
 *
 * What lies between is counted as the plain walk would (rule-index.ts), so verdict, counters and cost
 * equal those of walk.ts; fast.test.ts holds the two against each other.
 */
import { ipLenBytes, isLaterFragment } from '@podwire/wire';
import type { Chain } from './chain.ts';
import { portKeyOf } from './rule-index.ts';
import {
  MAX_DEPTH,
  type WalkResult,
  type Walker,
  endByPolicy,
  testRule,
  traceRule,
} from './walk.ts';

export const walkFast: Walker = (table, base, context, notes) => {
  const stack: { chain: Chain; at: number }[] = [];
  const result: WalkResult = {
    verdict: 'accept',
    rule: undefined,
    chain: base,
    visited: 0,
    called: 0,
    jumped: 0,
  };
  const { packet } = context;
  const bytes = ipLenBytes(packet);
  // A later fragment has no ports: every port match fails, as for port -1.
  const portKey = portKeyOf(packet.proto, isLaterFragment(packet) ? -1 : packet.dstPort);
  let chain = base;
  let index = chain.index;
  let at = 0;
  for (;;) {
    const from = at;
    if (index !== undefined && at < index.length) {
      notes?.noteIndex();
      at = index.next(at, packet.dst, portKey);
      // Rules with this very port are candidates, so none of them lies between.
      result.called += index.callsBefore(packet.proto, at) - index.callsBefore(packet.proto, from);
    }
    const rule = index === undefined ? chain.rules[at] : index.rule(at);
    if (rule === undefined) {
      result.visited += Math.max(0, chain.length - from);
      const back = stack.pop();
      if (back === undefined) return endByPolicy(base, bytes, result);
      chain = back.chain;
      index = chain.index;
      at = back.at;
      continue;
    }
    result.visited += at - from + 1;
    at++;
    notes?.noteRule(rule, context);
    if (!testRule(rule, context, result)) continue;
    chain.count(at - 1, bytes);
    notes?.noteCount(chain, at - 1);
    if (packet.traceId !== 0) traceRule(table, chain, rule, context);
    const target = rule.target;
    if (target !== undefined) {
      const verdict = target.verdict ?? target.run(context);
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
    index = chain.index;
    at = 0;
  }
};
