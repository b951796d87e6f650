/**
 * Runs a scenario: builds its world, lets the runner work in it, measures, gathers.
 */
import { availableParallelism } from 'node:os';
import { formatDurationNs } from '@podwire/base';
import {
  type CapturedFrame,
  type Workers,
  type WorldSpec,
  buildWorldSpec,
  defaultWorkers,
  withDefaults,
} from '@podwire/cluster';
import { type ClusterRun, type ClusterRunOptions, runCluster } from '@podwire/cluster/host';
import { formatWalks } from '@podwire/trace';
import { pcapngInterface, pcapngPacket, pcapngSection } from '@podwire/wire';
import type { ScenarioResult } from '../result.ts';
import { type RunListener, ScenarioRunner, type StepOutcome } from '../runner.ts';
import type { Scenario } from '../scenario.ts';

export interface RunScenarioOptions {
  /** Default: a thread per node up to 16 nodes, then one per core. */
  readonly workers?: Workers;
  /** Threads that already run. */
  readonly pool?: ClusterRunOptions['pool'];
  readonly evaluator?: 'plain' | 'fast';
  /** Ends the run at this virtual time at the latest; the earlier of this and the scenario's own counts. */
  readonly untilNs?: number;
  /** Index of the step whose packets are traced. */
  readonly traceStep?: number;
  /** Interfaces to capture; empty: the NICs of all hosts. */
  readonly capture?: readonly string[];
  readonly signal?: AbortSignal;
  /** Hears of steps outside of the simulation's own turn. */
  readonly listener?: RunListener;
  readonly onProgress?: (progress: { readonly virtualNs: number; readonly events: number }) => void;
}

export async function runScenario(
  scenario: Scenario,
  options: RunScenarioOptions = {},
): Promise<ScenarioResult> {
  const startMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const spec = worldSpecOf(scenario, options);
  const workers =
    options.workers ?? defaultWorkers(spec.cluster.nodes.length, availableParallelism());
  const relay = new ListenerRelay(options.listener ?? {});
  const runner = new ScenarioRunner({ scenario, listener: relay, traceStep: options.traceStep });
  const untilNs = earlier(scenario.untilNs, options.untilNs);
  const { signal, onProgress } = options;
  const run = await runCluster({
    spec,
    workers,
    pool: options.pool,
    program: runner.program,
    ...(untilNs === undefined ? {} : { untilNs }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  relay.flush();
  const cpu = process.cpuUsage(cpuBefore);
  const passed = runner.outcomes.filter((outcome) => outcome.passed).length;
  const { end, problem } = endOf(runner, run, untilNs);
  return {
    scenario,
    seed: scenario.seed,
    workers,
    end,
    problem,
    outcomes: runner.outcomes,
    passed,
    failed: scenario.steps.length - passed,
    digest: run.digest,
    events: run.events,
    readyNs: relay.readyNs,
    virtualNs: run.virtualNs,
    wallMs: performance.now() - startMs,
    cpuMs: (cpu.user + cpu.system) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    packets: {
      born: run.packets.born,
      ended: [...run.packets.ends.values()].reduce((sum, count) => sum + count, 0),
    },
    notices: [...scenario.notices, ...run.notices],
    walks: options.traceStep === undefined ? '' : walksOf(run.steps, runner, options.traceStep),
    capture: options.capture === undefined ? undefined : pcapngOf(run.frames),
  };
}

/** The packets of a step; of one that was tried again until it held, those of the last time. */
function walksOf(steps: ClusterRun['steps'], runner: ScenarioRunner, index: number): string {
  const outcome = runner.outcomes.find((each) => each.index === index);
  return formatWalks(steps, outcome?.results[0]?.startedNs);
}

function worldSpecOf(scenario: Scenario, options: RunScenarioOptions): WorldSpec {
  const { underlay } = scenario;
  return buildWorldSpec({
    seed: scenario.seed,
    cluster: withDefaults(scenario.cluster).cluster,
    link: underlay.link,
    links: underlay.links,
    arpSuppression: underlay.arpSuppression,
    upstream: underlay.dns,
    images: scenario.images,
    sources: scenario.sources,
    ...(underlay.clients === undefined ? {} : { clients: underlay.clients }),
    ...(options.evaluator === undefined ? {} : { evaluator: options.evaluator }),
    ...(options.capture === undefined ? {} : { capture: { interfaces: options.capture } }),
  });
}

function endOf(
  runner: ScenarioRunner,
  run: ClusterRun,
  untilNs: number | undefined,
): Pick<ScenarioResult, 'end' | 'problem'> {
  if (run.end === 'aborted') return { end: 'aborted', problem: 'the run was stopped' };
  if (runner.setupProblem !== undefined) {
    return { end: 'setup-failed', problem: runner.setupProblem.trim() };
  }
  if (runner.isFinished) return { end: 'done', problem: undefined };
  if (untilNs !== undefined && run.end !== 'idle') {
    const problem = `the virtual time of ${formatDurationNs(untilNs)} was over before the last step`;
    return { end: 'until', problem };
  }
  return { end: 'idle', problem: 'nothing was left to happen before the last step' };
}

/**
 * Passes the runner's calls on between the rounds: while one executes, the clock and Math.random are
 * locked, and a listener may need them.
 */
class ListenerRelay implements RunListener {
  readyNs: number | undefined;
  readonly #target: RunListener;
  readonly #waiting: (() => void)[] = [];

  constructor(target: RunListener) {
    this.#target = target;
  }

  clusterReady(atNs: number): void {
    this.readyNs = atNs;
    this.#later(() => this.#target.clusterReady?.(atNs));
  }

  stepStarted(index: number, step: StepOutcome['step']): void {
    this.#later(() => this.#target.stepStarted?.(index, step));
  }

  stepEnded(outcome: StepOutcome): void {
    this.#later(() => this.#target.stepEnded?.(outcome));
  }

  flush(): void {
    for (const call of this.#waiting.splice(0)) call();
  }

  #later(call: () => void): void {
    this.#waiting.push(call);
    if (this.#waiting.length === 1) setImmediate(() => this.flush());
  }
}

/** The captured frames as a pcapng file. */
export function pcapngOf(frames: readonly CapturedFrame[]): Uint8Array {
  const parts = [pcapngSection()];
  const indexOf = new Map<string, number>();
  for (const { interfaceName } of frames) {
    if (indexOf.has(interfaceName)) continue;
    indexOf.set(interfaceName, indexOf.size);
    parts.push(pcapngInterface(interfaceName));
  }
  for (const frame of frames) {
    const interfaceIndex = indexOf.get(frame.interfaceName) ?? 0;
    parts.push(pcapngPacket({ interfaceIndex, atNs: frame.atNs, bytes: frame.bytes }));
  }
  return Buffer.concat(parts);
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
