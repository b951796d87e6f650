/**
 * Runs one case under each combination of provider and proxy mode that it is for.
 *
 * From: cases-main.ts, by way of a worker thread. To: one result; the case agrees when it does under all.
 */
import { runCluster } from '@podwire/cluster/host';
import { GOOD_ENDS, type Step, formatWalks, traceOf } from '@podwire/trace';
import {
  type Case,
  type CaseResult,
  type Combination,
  type CombinationChoice,
  asCase,
  combinations,
  isAboutKubeProxy,
  isFields,
} from './case-file.ts';
import { CaseProgram, type Failure, caseProblem, needsDns, needsNodes } from './case-program.ts';
import { caseWorld } from './case-world.ts';
import { edgeSetup } from './edge-notes.ts';

/** What a worker gets: plain data. */
export interface CaseTask {
  readonly entry: unknown;
  readonly number: number;
  readonly clientTimeoutSec: number;
  readonly choice: CombinationChoice;
  readonly seed: string;
}

/** No case lasts longer than a day of virtual time. */
const UNTIL_NS = 86_400_000_000_000;
/** Lines of a walk that are told. */
const WALK_LINES_MAX = 80;

export async function runCase(task: CaseTask): Promise<CaseResult> {
  const entry = asCase(task.entry);
  if (typeof entry === 'string') return unsupported(nameOf(task), entry);
  const combined = combinations(entry.cluster, task.choice, isAboutKubeProxy(entry));
  if (typeof combined === 'string') return unsupported(entry.name, combined);
  const setup = edgeSetup(entry);
  const problem = typeof setup === 'string' ? setup : caseProblem(entry, task.clientTimeoutSec);
  if (problem !== undefined) return unsupported(entry.name, problem);
  let probes = 0;
  for (const combination of combined) {
    const result = await runUnder(entry, combination, task);
    probes += result.probes;
    if (result.outcome !== 'agree') return { ...result, probes };
  }
  return { name: entry.name, outcome: 'agree', probes };
}

function nameOf({ entry, number }: CaseTask): string {
  const name = isFields(entry) ? entry['name'] : undefined;
  return typeof name === 'string' ? name : `#${number}`;
}

function unsupported(name: string, reason: string, probes = 0): CaseResult {
  return { name, outcome: 'unsupported', reason, probes };
}

async function runUnder(
  entry: Case,
  combination: Combination,
  { clientTimeoutSec, seed }: CaseTask,
): Promise<CaseResult> {
  const world = caseWorld(entry, combination, {
    seed,
    needsDns: needsDns(entry),
    needsNodes: needsNodes(entry),
  });
  if (typeof world === 'string') return unsupported(entry.name, world);
  const program = new CaseProgram(entry, world.notes, clientTimeoutSec);
  const run = await runCluster({
    spec: world.spec,
    workers: 0,
    program: program.program,
    untilNs: UNTIL_NS,
  });
  const { failures, probes } = program;
  if (program.unsupported !== undefined)
    return unsupported(entry.name, program.unsupported, probes);
  const under = `${combination.provider}, ${combination.proxy}`;
  const [first] = failures;
  if (first !== undefined) return disagree(entry.name, failures, run.steps, { under, probes });
  if (program.isFinished) return { name: entry.name, outcome: 'agree', probes };
  const reason = 'the case did not come to its end';
  return { name: entry.name, outcome: 'disagree', reason, probes, under };
}

function disagree(
  name: string,
  failures: readonly Failure[],
  steps: readonly Step[],
  { under, probes }: { readonly under: string; readonly probes: number },
): CaseResult {
  const traced = failures.find(({ traceId }) => traceId !== 0);
  const walk = traced === undefined ? '' : walkOf(steps, traced.traceId);
  return {
    name,
    outcome: 'disagree',
    reason: failures.map(({ where }) => where).join('; '),
    expected: failures.map(({ where, expected }) => `${where}: ${expected}`).join('\n'),
    actual: failures.map(({ where, actual }) => `${where}: ${actual}`).join('\n'),
    ...(walk === '' ? {} : { walk }),
    probes,
    under,
  };
}

/**
 * The walk of the probe's first packet that was dropped, or of its first packet where none was. The middle of a
 * long walk is left out, since its end tells most.
 */
function walkOf(steps: readonly Step[], trace: number): string {
  const walks = new Map<number, Step[]>();
  for (const step of steps) {
    if (traceOf(step.traceId) !== trace) continue;
    const walk = walks.get(step.traceId);
    if (walk === undefined) walks.set(step.traceId, [step]);
    else walk.push(step);
  }
  const all = [...walks.values()];
  const chosen = all.find((walk) => walk.some(isDrop)) ?? all[0];
  if (chosen === undefined) return '';
  const lines = formatWalks(chosen).split('\n');
  if (lines.length <= WALK_LINES_MAX) return lines.join('\n');
  const half = WALK_LINES_MAX / 2;
  const left = lines.length - WALK_LINES_MAX;
  return [...lines.slice(0, half), `  … ${left} lines …`, ...lines.slice(-half)].join('\n');
}

function isDrop({ end }: Step): boolean {
  return end !== undefined && !GOOD_ENDS.some((good) => good === end);
}
