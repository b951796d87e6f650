/**
 * One scheduling decision, pure: given the view, a pod and a random stream, where it goes or why nowhere.
 */
import type { Pod } from '@podwire/api';
import type { Rng } from '@podwire/base';
import { findFeasibleNodes } from './filter.ts';
import { NO_NODES_TEXT, fitErrorText } from './fit-error.ts';
import type { Cycle, Status } from './framework.ts';
import { Nominator } from './nominator.ts';
import { PodInfo } from './pod-info.ts';
import { type Preemption, preempt } from './preemption.ts';
import { type ScoreObserver, scoreNodes } from './score.ts';
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

export interface Decision {
  /** Undefined when no node is feasible. */
  readonly chosen: string | undefined;
  /** How many nodes were looked at; the next cycle begins after them. */
  readonly examinedCount: number;
  /** Why no node is feasible; empty otherwise. */
  readonly message: string;
  readonly rejectedBy: ReadonlySet<string>;
  readonly preemption?: Preemption;
}

const NO_PLUGINS: ReadonlySet<string> = new Set();

/** Decides; leaves the feasible and rejected nodes and the totals in the snapshot's workspace. */
export function decide(
  snapshot: Snapshot,
  pod: PodInfo,
  rng: Rng,
  state: SchedulerState,
  observe?: ScoreObserver,
): Decision {
  const { workspace, order } = snapshot;
  const nodeCount = order.length;
  if (nodeCount === 0) {
    workspace.begin(snapshot.table.capacity);
    return { chosen: undefined, examinedCount: 0, message: NO_NODES_TEXT, rejectedBy: NO_PLUGINS };
  }
  const cycle: Cycle = { snapshot, pod, shape: snapshot.podIndex.shapeOf(pod) };
  const outcome = findFeasibleNodes(cycle, state.nominator, state.nextStartNodeIndex);
  const { examinedCount } = outcome;
  state.nextStartNodeIndex = (state.nextStartNodeIndex + examinedCount) % nodeCount;
  const { feasible } = workspace;
  if (feasible.count === 0) {
    const { preemption, text } = preempt(cycle, outcome, state.nominator, rng);
    const { absentStatus, preFilterMessage, rejectedBy } = outcome;
    const parts = { tally: workspace.rejected.tally(), absentStatus, preFilterMessage };
    return {
      chosen: undefined,
      examinedCount,
      message: fitErrorText(nodeCount, parts, text),
      rejectedBy,
      ...(preemption === undefined ? {} : { preemption }),
    };
  }
  let chosen = feasible.slots[0] ?? 0;
  if (feasible.count > 1) {
    scoreNodes(cycle, observe);
    chosen = pickBest(snapshot, rng);
  }
  return { chosen: snapshot.info(chosen).name, examinedCount, message: '', rejectedBy: NO_PLUGINS };
}

/** One of the nodes that share the highest total, each with the same chance. */
function pickBest({ workspace }: Snapshot, rng: Rng): number {
  const { feasible, totals } = workspace;
  const { count, slots } = feasible;
  let highest = -Infinity;
  let bestCount = 0;
  for (let at = 0; at < count; at++) {
    const total = totals[at] ?? 0;
    if (total > highest) {
      highest = total;
      bestCount = 0;
    }
    if (total === highest) bestCount++;
  }
  let left = rng.below(bestCount);
  for (let at = 0; at < count; at++) {
    if (totals[at] === highest && left-- === 0) return slots[at] ?? 0;
  }
  return slots[0] ?? 0;
}

/** A decision with all that led to it. */
export interface ScheduleOutcome extends Decision {
  readonly feasible: readonly string[];
  /** All nodes that share the highest total, in the order in which they were found. */
  readonly best: readonly string[];
  /** Weighted totals; empty when fewer than two nodes are feasible. */
  readonly scores: ReadonlyMap<string, number>;
  /** By node and plugin, weighted; only the plugins that had something to say. */
  readonly pluginScores: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly statuses: ReadonlyMap<string, Status>;
}

/** Decides and tells everything: for tests, tools and recorded cases. */
export function scheduleOne(
  snapshot: Snapshot,
  pod: Pod | PodInfo,
  rng: Rng,
  state: SchedulerState = newSchedulerState(),
): ScheduleOutcome {
  const info = pod instanceof PodInfo ? pod : new PodInfo(pod);
  const pluginScores = new Map<string, Map<string, number>>();
  const nameOf = (slot: number): string => snapshot.info(slot).name;
  const decision = decide(snapshot, info, rng, state, (plugin, slot, weighted) => {
    const name = nameOf(slot);
    let scores = pluginScores.get(name);
    if (scores === undefined) {
      scores = new Map();
      pluginScores.set(name, scores);
    }
    scores.set(plugin, weighted);
  });
  const { feasible, rejected, totals } = snapshot.workspace;
  const slots = [...feasible.slots.subarray(0, feasible.count)];
  const names = slots.map(nameOf);
  const scores = new Map<string, number>();
  if (names.length > 1) for (const [at, name] of names.entries()) scores.set(name, totals[at] ?? 0);
  const highest = Math.max(...scores.values());
  const statuses = new Map<string, Status>();
  for (const slot of rejected.slots) {
    const status = rejected.get(slot);
    if (status !== undefined) statuses.set(nameOf(slot), status);
  }
  return {
    ...decision,
    feasible: names,
    best: names.length > 1 ? names.filter((name) => scores.get(name) === highest) : names,
    scores,
    pluginScores,
    statuses,
  };
}
