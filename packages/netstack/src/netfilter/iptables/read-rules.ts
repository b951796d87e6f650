/**
 * Rules of user-defined chains from their text, for those who write whole chains that are shared.
 */
import { assert } from '@podwire/base';
import { parseRule } from './parse.ts';
import type { Rule, TableName } from './rule.ts';
import { splitWords } from './split-words.ts';

/** Reads lines `-A CHAIN …`, which must be right. */
export function readRules(table: TableName, lines: readonly string[]): Rule[] {
  const rules: Rule[] = [];
  for (const line of lines) {
    const end = line.indexOf(' ', 3);
    const chain = end < 0 ? line.slice(3) : line.slice(3, end);
    const words = end < 0 ? [] : splitWords(line.slice(end + 1));
    assert(line.startsWith('-A ') && typeof words !== 'string', `a rule reads as one: ${line}`);
    const parsed = parseRule(words, { family: 4, table, chain, isChain: () => false });
    assert('rules' in parsed, `a rule that is generated is right: ${line}`);
    rules.push(...parsed.rules);
  }
  return rules;
}
