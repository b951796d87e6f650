/**
 * Holds what kernel and netstack answered against each other.
 */
import { type Case, type CaseResult, type Probe, describeProbe } from './case.ts';

/** What differs, one line each; empty = they agree. */
export function compareResults(one: Case, kernel: CaseResult, netstack: CaseResult): string[] {
  if ((kernel.refused === undefined) !== (netstack.refused === undefined)) {
    return [
      `rules: kernel ${kernel.refused ?? 'accepts'}, netstack ${netstack.refused ?? 'accepts'}`,
    ];
  }
  if (one.isRandom) return compareSets(kernel, netstack);
  const differences: string[] = [];
  for (const probe of one.probes) {
    const left = shown(probe, kernel);
    const right = shown(probe, netstack);
    if (left !== right) {
      differences.push(`${describeProbe(probe)}: kernel ${left}, netstack ${right}`);
    }
  }
  kernel.counters.forEach((line, index) => {
    const other = netstack.counters[index];
    if (line !== other) differences.push(`kernel   ${line}`, `netstack ${other ?? 'no such rule'}`);
  });
  return differences;
}

function shown(probe: Probe, result: CaseResult): string {
  const found = result.probes.find((one) => one.id === probe.id);
  if (found === undefined) return 'nothing';
  return [found.outcome, found.from, found.seen].filter((text) => text !== '').join(' | ');
}

/** Random balancing: the same backends answer, and the senders' addresses are seen alike. */
function compareSets(kernel: CaseResult, netstack: CaseResult): string[] {
  const set = (result: CaseResult): string =>
    [...new Set(result.probes.map((one) => `${one.outcome} ${one.seen.replace(/:\d+$/, '')}`))]
      .sort((left, right) => (left < right ? -1 : left > right ? 1 : 0))
      .join('; ');
  const left = set(kernel);
  const right = set(netstack);
  return left === right ? [] : [`answers: kernel {${left}}`, `answers: netstack {${right}}`];
}
