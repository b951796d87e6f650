/**
 * Runs one workload in this process and says what it cost: rounds of fresh worlds, of which only the work
 * itself is measured, in CPU time of the whole process, each between two runs of the reference loop.
 *
 * From: bench-main.ts (`podwire bench workload`), which prints the result as one line of JSON, and
 * main.ts in a smoke run.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Outcome, ParameterValues, Workload } from '../workloads/workload.ts';
import { cpuSeconds, median, quantile, referenceSpeed, rounded, spread } from './measure.ts';

/** Rounds do not count before so much work was done, so that short ones are compiled too. */
const WARM_UP_CPU_SEC = 1.5;

export interface WorkloadResult {
  readonly workload: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly rounds: number;
  readonly work: Readonly<Record<string, number>>;
  /** Medians of the rounds. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** What of the work the rates count. */
  readonly rateOf: string;
  readonly ratePerCpuSecond: number;
  /** The same per million turns of the reference loop, each round against its neighbours. */
  readonly ratePerReferenceMillion: number;
  /** Of that ratio: half the interquartile range, as a share of the median. */
  readonly spread: number;
  readonly peakRssBytes: number;
  readonly digest: string;
}

export interface RunCounts {
  readonly rounds: number;
  readonly warmUps: number;
  readonly referenceTurns: number;
}

interface Round {
  readonly outcome: Outcome;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly reference: number;
}

export async function runWorkload(
  workload: Workload,
  values: ParameterValues,
  counts: RunCounts,
): Promise<WorkloadResult> {
  const rounds = await runRounds(workload, values, counts);
  const [first] = rounds;
  if (first === undefined) throw new Error('at least one round');
  const { work, counted, digest } = first.outcome;
  const count = work[counted] ?? 0;
  const cpu = median(rounds.map((round) => round.cpuSeconds));
  const ratios = rounds.map((round) => (count / round.cpuSeconds / round.reference) * 1e6);
  return {
    workload: workload.name,
    parameters: values.toJSON(),
    rounds: rounds.length,
    work,
    cpuSeconds: rounded(cpu, 4),
    wallSeconds: rounded(median(rounds.map((round) => round.wallSeconds)), 4),
    rateOf: counted,
    ratePerCpuSecond: rounded(count / cpu, 0),
    ratePerReferenceMillion: rounded(median(ratios), 2),
    spread: rounded(spread(ratios), 4),
    peakRssBytes: quantile(
      rounds.map(({ outcome }) => outcome.peakRssBytes ?? process.resourceUsage().maxRSS * 1024),
      1,
    ),
    digest,
  };
}

async function runRounds(
  workload: Workload,
  values: ParameterValues,
  { rounds: wanted, warmUps, referenceTurns }: RunCounts,
): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  let digest: string | undefined;
  const runNext = async (): Promise<Omit<Round, 'reference'>> => {
    const round = await runRound(workload, values);
    digest ??= round.outcome.digest;
    if (digest !== round.outcome.digest) {
      throw new Error(`${workload.name}: two rounds with the same parameters differ`);
    }
    return round;
  };
  let warmSec = 0;
  for (let number = 0; number < warmUps || (warmUps > 0 && warmSec < WARM_UP_CPU_SEC); number++) {
    warmSec += (await runNext()).cpuSeconds;
  }
  let before = referenceSpeed(referenceTurns);
  while (rounds.length < wanted) {
    const round = await runNext();
    const after = referenceSpeed(referenceTurns);
    rounds.push({ ...round, reference: (before + after) / 2 });
    before = after;
  }
  return rounds;
}

async function runRound(
  workload: Workload,
  values: ParameterValues,
): Promise<Omit<Round, 'reference'>> {
  const task = workload.prepare(values);
  collectYoungGarbage();
  const startMs = performance.now();
  const startSec = cpuSeconds();
  const outcome = await task();
  return {
    outcome,
    cpuSeconds: outcome.cpuSeconds ?? cpuSeconds() - startSec,
    wallSeconds: outcome.wallSeconds ?? (performance.now() - startMs) / 1000,
  };
}

/**
 * So that a round does not pay for what building left behind. Only the young generation: a full collection
 * would also throw away compiled code, which knows objects of the rounds before.
 */
function collectYoungGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as (options: { readonly type: 'minor' }) => void)({ type: 'minor' });
}
