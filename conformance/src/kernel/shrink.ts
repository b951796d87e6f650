/**
 * Makes a failing case small: takes away rules, policies and packets as long as it still fails.
 */
import type { Case } from './case.ts';

const ROUNDS = 4;

export async function shrinkCase(
  failing: Case,
  stillFails: (one: Case) => Promise<boolean>,
): Promise<Case> {
  let best = failing;
  for (let round = 0; round < ROUNDS; round++) {
    let isSmaller = false;
    for (const candidate of smaller(best)) {
      if (size(candidate) >= size(best) || !(await stillFails(candidate))) continue;
      best = candidate;
      isSmaller = true;
    }
    if (!isSmaller) break;
  }
  return best;
}

function size(one: Case): number {
  return (
    one.probes.length +
    one.policies.length +
    one.rules.reduce((sum, rule) => sum + 1 + rule.text.length / 1000, 0)
  );
}

/** Halves first, then single parts, then matches of single rules. */
function* smaller(one: Case): Generator<Case> {
  const { rules, probes, policies } = one;
  const half = Math.ceil(rules.length / 2);
  if (rules.length > 2) {
    yield { ...one, rules: rules.slice(half) };
    yield { ...one, rules: rules.slice(0, half) };
  }
  for (const probe of probes) yield { ...one, probes: [probe] };
  for (const gone of probes) yield { ...one, probes: probes.filter((probe) => probe !== gone) };
  for (const gone of rules) yield { ...one, rules: rules.filter((rule) => rule !== gone) };
  for (const gone of policies) {
    yield { ...one, policies: policies.filter((policy) => policy !== gone) };
  }
  for (const rule of rules) {
    for (const part of rule.text.matchAll(
      /(! )?-(s|d|i|o) \S+|-m \w+( !)?( --[\w-]+( [\w./:,"]+)*)+/g,
    )) {
      const text = rule.text.replace(part[0], '').replace(/ +/g, ' ').trim();
      yield { ...one, rules: rules.map((other) => (other === rule ? { ...rule, text } : other)) };
    }
  }
}
