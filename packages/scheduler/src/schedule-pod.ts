/**
 * One scheduling decision, pure: given the view, a pod and a random stream, where it goes or why nowhere.
 */
import type { Pod } from '@podwire/api';
import type { Rng } from '@podwire/base';
import { DEFAULT_PROFILE } from './default-profile.ts';
import { findFeasibleNodes } from './filter.ts';
import { NO_NODES_TEXT, fitErrorText } from './fit-error.ts';
import type { Cycle, NodeScore, Status } from './framework.ts';
import { type NodeInfo, PodInfo } from './node-info.ts';
import { Nominator } from './nominator.ts';
import { type Preemption, preempt } from './preemption.ts';
import type { Snapshot } from './snapshot.ts';

/** What one cycle hands to the next. */
export interface SchedulerState {
  /** Where the next cycle begins to look. */
  nextStartNodeIndex: number;
  readonly nominator: Nominator;
}

export function newSchedulerState(): SchedulerState {
  return { nextStartNodeIndex: 0, nominator: new Nominator() };
}

export interface ScheduleOutcome {
  readonly feasible: readonly string[];
  readonly examinedCount: number;
  /** Undefined when no node is feasible. */
  readonly chosen: string | undefined;
  /** All nodes that share the highest total, in the order in which they were found. */
  readonly best: readonly string[];
  /** Weighted totals; empty when fewer than two nodes are feasible. */
  readonly scores: ReadonlyMap<string, number>;
  /** By node and plugin, weighted; only the plugins that had something to say. */
  readonly pluginScores: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly statuses: ReadonlyMap<string, Status>;
  /** Why no node is feasible; empty otherwise. */
  readonly message: string;
  readonly rejectedBy: ReadonlySet<string>;
  readonly preemption?: Preemption;
}

export function scheduleOne(
  snapshot: Snapshot,
  pod: Pod | PodInfo,
  rng: Rng,
  state: SchedulerState = newSchedulerState(),
): ScheduleOutcome {
  const info = pod instanceof PodInfo ? pod : new PodInfo(pod);
  const nodeCount = snapshot.nodeInfos.length;
  if (nodeCount === 0) return rejected(NO_NODES_TEXT);
  const outcome = findFeasibleNodes(snapshot, info, state.nominator, state.nextStartNodeIndex);
  const { cycle, feasible, diagnosis, examinedCount } = outcome;
  state.nextStartNodeIndex = (state.nextStartNodeIndex + examinedCount) % nodeCount;
  if (feasible.length === 0) {
    const { preemption, text } = preempt(cycle, diagnosis, state.nominator, rng);
    return {
      ...rejected(fitErrorText(nodeCount, diagnosis, text)),
      examinedCount,
      statuses: diagnosis.statuses,
      rejectedBy: diagnosis.rejectedBy,
      ...(preemption === undefined ? {} : { preemption }),
    };
  }
  const names = feasible.map(({ name }) => name);
  const common = { ...rejected(''), feasible: names, examinedCount, statuses: diagnosis.statuses };
  if (feasible.length === 1) return { ...common, chosen: names[0], best: names };
  const { scores, pluginScores } = scoreNodes(cycle, feasible);
  const highest = Math.max(...scores.values());
  const best = names.filter((name) => scores.get(name) === highest);
  return { ...common, chosen: rng.pick(best), best, scores, pluginScores };
}

function rejected(message: string): ScheduleOutcome {
  return {
    feasible: [],
    examinedCount: 0,
    chosen: undefined,
    best: [],
    scores: new Map(),
    pluginScores: new Map(),
    statuses: new Map(),
    message,
    rejectedBy: new Set(),
  };
}

function scoreNodes(
  cycle: Cycle,
  feasible: readonly NodeInfo[],
): Pick<ScheduleOutcome, 'scores' | 'pluginScores'> {
  const scores = new Map<string, number>();
  const pluginScores = new Map<string, Map<string, number>>();
  for (const { name } of feasible) {
    scores.set(name, 0);
    pluginScores.set(name, new Map());
  }
  for (const { plugin, weight } of DEFAULT_PROFILE) {
    if (plugin.score === undefined) continue;
    if (plugin.preScore?.(cycle, feasible) === 'skip') continue;
    const entries: NodeScore[] = [];
    for (const node of feasible) {
      entries.push({ node: node.name, score: plugin.score(cycle, node) });
    }
    plugin.normalize?.(cycle, entries);
    for (const { node, score } of entries) {
      const weighted = score * weight;
      scores.set(node, (scores.get(node) ?? 0) + weighted);
      pluginScores.get(node)?.set(plugin.name, weighted);
    }
  }
  return { scores, pluginScores };
}
