/**
 * Rounds of a workload and of the reference loop in turn, in CPU time; medians and spread.
 */
import { runReference } from './reference.ts';

/** What one round did. */
export interface Work {
  readonly packets: number;
  readonly events: number;
  /** Datagrams delivered, connections ended: what the workload counts. */
  readonly items: number;
}

export interface Workload {
  readonly name: string;
  readonly what: string;
  readonly itemName: string;
  /** Builds what is measured, unmeasured; the work is in what it returns. */
  prepare(): () => Work;
}

export interface Rate {
  /** Per CPU second; the median of the rounds. */
  readonly perCpuSec: number;
  /** Per million turns of the reference loop, each round against its neighbours; the median. */
  readonly perReferenceMillion: number;
  /** Half the interquartile range of the rounds, as a share of the median. */
  readonly spread: number;
}

export interface Measured {
  readonly name: string;
  readonly rounds: number;
  readonly work: Work;
  readonly cpuMsPerRound: number;
  readonly referencePerCpuSec: number;
  readonly packets: Rate;
  readonly events: Rate;
  readonly items: Rate;
}

interface Round {
  readonly cpuSec: number;
  readonly work: Work;
  /** Turns of the reference loop per CPU second, measured before and after. */
  readonly reference: number;
}

let consumed = 0;

export function measure(
  workload: Workload,
  options: { readonly rounds: number; readonly referenceTurns: number },
): Measured {
  // Warm: code is compiled, shapes are settled.
  workload.prepare()();
  referenceSpeed(options.referenceTurns);
  const rounds: Round[] = [];
  let before = referenceSpeed(options.referenceTurns);
  for (let number = 0; number < options.rounds; number++) {
    const run = workload.prepare();
    const startSec = cpuSeconds();
    const work = run();
    const cpuSec = cpuSeconds() - startSec;
    consumed = (consumed + work.events) | 0;
    const after = referenceSpeed(options.referenceTurns);
    rounds.push({ cpuSec, work, reference: (before + after) / 2 });
    before = after;
  }
  const [first] = rounds;
  if (first === undefined) throw new Error('at least one round');
  return {
    name: workload.name,
    rounds: rounds.length,
    work: first.work,
    cpuMsPerRound: median(rounds.map((round) => round.cpuSec)) * 1000,
    referencePerCpuSec: median(rounds.map((round) => round.reference)),
    packets: rateOf(rounds, (work) => work.packets),
    events: rateOf(rounds, (work) => work.events),
    items: rateOf(rounds, (work) => work.items),
  };
}

/** What the rounds computed, so that nothing is optimised away. */
export function consumedValue(): number {
  return consumed;
}

function rateOf(rounds: readonly Round[], count: (work: Work) => number): Rate {
  const rates = rounds.map((round) => count(round.work) / round.cpuSec);
  const ratios = rounds.map((round) => (count(round.work) / round.cpuSec / round.reference) * 1e6);
  const middle = median(ratios);
  return {
    perCpuSec: median(rates),
    perReferenceMillion: middle,
    spread: (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2 / middle,
  };
}

function referenceSpeed(turns: number): number {
  const startSec = cpuSeconds();
  consumed = (consumed + runReference(turns)) | 0;
  return turns / (cpuSeconds() - startSec);
}

/** CPU time of the whole process: the garbage collector's threads count too. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** With linear interpolation between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}
