/**
 * DefaultPreemption: when no node fits, finds lower-priority pods whose deletion would make room.
 *
 * Pure: it says whom to delete and where; schedule-one.ts does it.
 * Copies kube-scheduler's framework/preemption and plugins/defaultpreemption (1.32).
 */
import type { Pod, PodDisruptionBudget } from '@podwire/api';
import { matchesSelector, parseTime, selectorOf } from '@podwire/api';
import type { Rng } from '@podwire/base';
import { type FilterOutcome, filterNode } from './filter.ts';
import { fitErrorText } from './fit-error.ts';
import { type Cycle, type Status, unresolvable } from './framework.ts';
import type { Nominator } from './nominator.ts';
import type { PodInfo } from './pod-info.ts';
import { StatusTally } from './workspace.ts';

/** minCandidateNodesPercentage and minCandidateNodesAbsolute. */
const CANDIDATE_PERCENT = 10;
const CANDIDATES_LEAST = 100;
/** Added to each victim's priority, so that fewer victims weigh less even below zero (MaxInt32 + 1). */
const PRIORITY_OFFSET = 2 ** 31;

export interface Preemption {
  readonly nominatedNode: string;
  readonly victims: readonly Pod[];
}

/** `text` is what the scheduling message says about preemption; empty when victims were found. */
export interface PreemptionOutcome {
  readonly preemption?: Preemption;
  readonly text: string;
}

const NOT_HELPFUL = unresolvable('', 'Preemption is not helpful for scheduling');
const NO_VICTIMS = unresolvable(
  'DefaultPreemption',
  'No preemption victims found for incoming pod',
);

export interface Candidate {
  readonly node: string;
  readonly victims: readonly PodInfo[];
  readonly violationCount: number;
}

/** One attempt to preempt. */
interface Trial {
  readonly cycle: Cycle;
  readonly outcome: FilterOutcome;
  readonly nominator: Nominator;
  readonly budgets: readonly PodDisruptionBudget[];
}

export function preempt(
  cycle: Cycle,
  outcome: FilterOutcome,
  nominator: Nominator,
  rng: Rng,
): PreemptionOutcome {
  const { snapshot } = cycle;
  const statusOf = (slot: number): Status =>
    snapshot.workspace.rejected.get(slot) ?? outcome.absentStatus;
  const obstacle = ineligibility(cycle, statusOf);
  if (obstacle !== undefined) return { text: `preemption: ${obstacle}` };
  const potential = snapshot.order.filter((slot) => statusOf(slot).code === 'unschedulable');
  const budgets = snapshot.objects.disruptionBudgets();
  const tally = new StatusTally();
  const trial: Trial = { cycle, outcome, nominator, budgets };
  const candidates = findCandidates(trial, potential, rng, tally);
  if (candidates.length === 0) {
    const parts = { tally, absentStatus: NOT_HELPFUL, preFilterMessage: '' };
    return { text: `preemption: ${fitErrorText(snapshot.order.length, parts)}` };
  }
  const best = pickCandidate(candidates);
  return {
    preemption: { nominatedNode: best.node, victims: best.victims.map(({ pod }) => pod) },
    text: '',
  };
}

/** Why this pod may not preempt now. */
function ineligibility(
  { pod, snapshot }: Cycle,
  statusOf: (slot: number) => Status,
): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') {
    return 'not eligible due to preemptionPolicy=Never.';
  }
  const nominated = pod.pod.status?.nominatedNodeName ?? '';
  const node = nominated === '' ? undefined : snapshot.node(nominated);
  if (node === undefined || statusOf(node.slot).code === 'unresolvable') return undefined;
  for (const other of node.pods) {
    if (other.priority < pod.priority && isTerminatingByPreemption(other.pod)) {
      return 'not eligible due to a terminating pod on the nominated node.';
    }
  }
  return undefined;
}

function isTerminatingByPreemption({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return (
    status?.conditions?.some(
      ({ type, status: value, reason }) =>
        type === 'DisruptionTarget' && value === 'True' && reason === 'PreemptionByScheduler',
    ) === true
  );
}

/** Tries nodes from a random one on, until enough of them would do; counts why others would not. */
function findCandidates(
  trial: Trial,
  potential: readonly number[],
  rng: Rng,
  tally: StatusTally,
): Candidate[] {
  if (potential.length === 0) return [];
  const percent = Math.trunc((potential.length * CANDIDATE_PERCENT) / 100);
  const wanted = Math.min(Math.max(percent, CANDIDATES_LEAST), potential.length);
  const offset = rng.below(potential.length);
  const { snapshot, pod } = trial.cycle;
  if (!snapshot.hasLowerPriority(pod.priority)) {
    tally.add(NO_VICTIMS, potential.length);
    return [];
  }
  const harmless: Candidate[] = [];
  const violating: Candidate[] = [];
  for (let index = 0; index < potential.length; index++) {
    const slot = potential[(offset + index) % potential.length];
    if (slot === undefined) break;
    const result = tryNode(trial, slot);
    if ('code' in result) {
      tally.add(result, 1);
      continue;
    }
    (result.violationCount === 0 ? harmless : violating).push(result);
    if (harmless.length > 0 && harmless.length + violating.length >= wanted) break;
  }
  return [...harmless, ...violating];
}

/** Selects victims on a node and leaves the node as it was. */
function tryNode(trial: Trial, slot: number): Candidate | Status {
  const { snapshot, pod } = trial.cycle;
  const node = snapshot.info(slot);
  const before = node.pods;
  const lower = before.filter((other) => other.priority < pod.priority);
  if (lower.length === 0) return NO_VICTIMS;
  node.pods = [...before];
  const result = selectVictims(trial, slot, lower);
  for (const other of lower) if (other.slot !== slot) snapshot.putOn(other, slot);
  node.pods = before;
  return result;
}

/** Removes all lower-priority pods, then puts back as many as possible. */
function selectVictims(trial: Trial, slot: number, lower: PodInfo[]): Candidate | Status {
  const { snapshot, pod } = trial.cycle;
  const filter = (): Status | undefined =>
    filterNode(snapshot, trial.outcome.filters, pod.key, pod.priority, slot, trial.nominator);
  for (const victim of lower) snapshot.takeOff(victim);
  const status = filter();
  if (status !== undefined) return status;
  lower.sort(compareImportance);
  const { violating, harmless } = splitByBudget(lower, trial.budgets);
  const victims: PodInfo[] = [];
  const reprieve = (victim: PodInfo): boolean => {
    snapshot.putOn(victim, slot);
    if (filter() === undefined) return true;
    snapshot.takeOff(victim);
    victims.push(victim);
    return false;
  };
  let violationCount = 0;
  for (const victim of violating) if (!reprieve(victim)) violationCount++;
  for (const victim of harmless) reprieve(victim);
  victims.sort(compareImportance);
  return { node: snapshot.info(slot).name, victims, violationCount };
}

/** The more important first: higher priority, then longer running. */
export function compareImportance(left: PodInfo, right: PodInfo): number {
  if (left.priority !== right.priority) return right.priority - left.priority;
  const [leftStart, rightStart] = [startTimeOf(left), startTimeOf(right)];
  return leftStart < rightStart ? -1 : leftStart > rightStart ? 1 : 0;
}

/** A pod that has not started counts as starting now, after all others. */
function startTimeOf({ pod }: PodInfo): number {
  const { startTime } = pod.status ?? {};
  return (startTime === undefined ? undefined : parseTime(startTime)) ?? Infinity;
}

/** Which deletions would break a budget, when they come in this order. */
export function splitByBudget(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { violating: PodInfo[]; harmless: PodInfo[] } {
  const parsed = budgets.map((budget) => ({
    budget,
    selector: selectorOf(budget.spec.selector),
    left: budget.status?.disruptionsAllowed ?? 0,
  }));
  const violating: PodInfo[] = [];
  const harmless: PodInfo[] = [];
  for (const info of pods) {
    const { labels, name } = info.pod.metadata;
    let isViolating = false;
    for (const entry of parsed) {
      const { budget, selector } = entry;
      if (Object.keys(labels ?? {}).length === 0) break;
      if ((budget.metadata.namespace ?? 'default') !== info.namespace) continue;
      if (selector.requirements.length === 0 || !matchesSelector(selector, labels)) continue;
      if (budget.status?.disruptedPods?.[name] !== undefined) continue;
      entry.left--;
      if (entry.left < 0) isViolating = true;
    }
    (isViolating ? violating : harmless).push(info);
  }
  return { violating, harmless };
}

/** The criteria in order; a lower value is better. */
const CRITERIA: readonly ((candidate: Candidate) => number)[] = [
  ({ violationCount }) => violationCount,
  ({ victims }) => victims[0]?.priority ?? 0,
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + PRIORITY_OFFSET, 0),
  ({ victims }) => victims.length,
  (candidate) => -earliestStart(candidate),
];

export function pickCandidate(candidates: readonly Candidate[]): Candidate {
  let best = candidates;
  for (const criterion of CRITERIA) {
    const values = best.map(criterion);
    const least = Math.min(...values);
    best = best.filter((_, index) => values[index] === least);
    if (best.length === 1) break;
  }
  return best[0] as Candidate;
}

/** The earliest start among the victims of the highest priority. */
function earliestStart({ victims }: Candidate): number {
  const highest = victims[0]?.priority;
  let earliest = Infinity;
  for (const victim of victims) {
    if (victim.priority === highest) earliest = Math.min(earliest, startTimeOf(victim));
  }
  return earliest;
}
