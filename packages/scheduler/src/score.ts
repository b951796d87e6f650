/**
 * Runs the score plugins over the feasible nodes and adds their scores up, weighted.
 */
import { DEFAULT_PROFILE } from './default-profile.ts';
import type { Cycle } from './framework.ts';

/** Is told what each plugin gives each node, weighted. */
export type ScoreObserver = (plugin: string, slot: number, weighted: number) => void;

/** Leaves the totals of the feasible nodes in the workspace, beside their slots. */
export function scoreNodes(cycle: Cycle, observe: ScoreObserver | undefined): void {
  const { feasible, totals, scores } = cycle.snapshot.workspace;
  const { count, slots } = feasible;
  totals.fill(0, 0, count);
  for (const { plugin, weight } of DEFAULT_PROFILE) {
    const scorer = plugin.preScore?.(cycle, feasible);
    if (scorer === undefined) continue;
    if (typeof scorer === 'number') scores.fill(scorer, 0, count);
    else scorer.score(feasible, scores);
    for (let at = 0; at < count; at++) {
      const weighted = (scores[at] ?? 0) * weight;
      totals[at] = (totals[at] ?? 0) + weighted;
      observe?.(plugin.name, slots[at] ?? 0, weighted);
    }
  }
}
