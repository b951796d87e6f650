/**
 * One seed: the same plan on each number of threads and with both evaluators; what went wrong, in
 * sentences.
 */
import { NS_PER_SEC } from '../../packages/base/src/index.ts';
import { type Workers, buildWorldSpec, withDefaults } from '../../packages/cluster/src/index.ts';
import { type ClusterRun, runCluster } from '../../packages/cluster/src/host/index.ts';
import { auditFlows, auditRun } from './audit.ts';
import { type Plan, type PlanOptions, drawPlan } from './plan.ts';
import { type Transcript, playPlan } from './story.ts';

/** No plan needs as long. */
const UNTIL_NS = 4 * 3600 * NS_PER_SEC;

export interface SeedOptions extends PlanOptions {
  readonly workers: readonly Workers[];
  /** Whether the plain evaluator has its turn too. */
  readonly hasPlainRun?: boolean;
}

export interface SeedResult {
  readonly plan: Plan;
  readonly problems: readonly string[];
  readonly lines: readonly string[];
  readonly events: number;
  readonly packets: number;
  readonly virtualNs: number;
  readonly digest: string;
}

export async function runSeed(seed: string, options: SeedOptions): Promise<SeedResult> {
  const plan = drawPlan(seed, options);
  const [firstWorkers = 0, ...otherWorkers] = options.workers;
  const first = await runPlan(plan, firstWorkers, 'fast');
  if (typeof first === 'string') return failed(plan, first);
  const { run, transcript } = first;
  const problems = [...transcript.problems, ...auditRun(run, transcript.swept)];
  if (!plan.actions.some(({ action }) => losesSockets(action.kind)))
    problems.push(...auditFlows(run));
  const others: (readonly [Workers, 'fast' | 'plain'])[] = otherWorkers.map((one) => [one, 'fast']);
  if (options.hasPlainRun === true) others.push([0, 'plain']);
  for (const [workers, evaluator] of others) {
    const other = await runPlan(plan, workers, evaluator);
    const label = `with ${String(workers)} workers and the ${evaluator} evaluator`;
    if (typeof other === 'string') problems.push(`${label}: ${other}`);
    else if (other.run.digest !== run.digest) {
      const at = other.transcript.lines.findIndex(
        (line, index) => line !== transcript.lines[index],
      );
      problems.push(
        `${label} the digest is ${other.run.digest}, not ${run.digest}; ` +
          `first difference: ${other.transcript.lines[at] ?? 'none in the transcript'}`,
      );
    }
  }
  return {
    plan,
    problems,
    lines: transcript.lines,
    events: run.events,
    packets: run.packets.born,
    virtualNs: run.virtualNs,
    digest: run.digest,
  };
}

async function runPlan(
  plan: Plan,
  workers: Workers,
  evaluator: 'plain' | 'fast',
): Promise<{ run: ClusterRun; transcript: Transcript } | string> {
  const { cluster, problems } = withDefaults(plan.config);
  if (problems.length > 0) return `impossible cluster: ${JSON.stringify(problems)}`;
  const spec = buildWorldSpec({
    seed: plan.seed,
    cluster,
    evaluator,
    link: plan.link,
    hasInventory: true,
  });
  const transcript: Transcript = { lines: [], problems: [], swept: undefined };
  try {
    const run = await runCluster({
      spec,
      workers,
      untilNs: UNTIL_NS,
      program: (operator) => {
        operator.sim.spawn('fuzz', playPlan(operator, plan, transcript));
      },
    });
    if (run.virtualNs >= UNTIL_NS) transcript.problems.push('the story does not end');
    return { run, transcript };
  } catch (error) {
    // Podwire's own fault: with what led to it.
    const last = transcript.lines.slice(-3).join('\n    ');
    const details =
      error instanceof Error && 'details' in error ? `\n${String(error.details)}` : '';
    return `${String(error)}${details}\n    after ${last}`;
  }
}

function losesSockets(kind: string): boolean {
  return ['power', 'cable', 'impair', 'partition', 'kill-sandbox', 'component'].includes(kind);
}

function failed(plan: Plan, problem: string): SeedResult {
  return { plan, problems: [problem], lines: [], events: 0, packets: 0, virtualNs: 0, digest: '' };
}
