/**
 * Works a scenario through: the operator's program.
 *
 * It runs as a process of the emulated world, so every step begins and ends at a definite virtual time. What
 * happens is told to a listener as it happens; results gather in `outcomes`.
 */
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';
import type { CommandResult, Operator } from '@podwire/cluster';
import { type Proc, sleep } from '@podwire/engine';
import { type WorldFacts, judge, showsDocumented } from './judge.ts';
import { fillIn } from './saved-values.ts';
import { planScale } from './scale/scale-plan.ts';
import { ScaleRun } from './scale/scale-program.ts';
import { textOutcome } from './scale/scale-report.ts';
import type { Fault, RunStep, Scenario, Step, WaitStep } from './scenario.ts';
import { unreadyReasons } from './unready.ts';

export interface StepOutcome {
  readonly index: number;
  readonly step: Step;
  readonly passed: boolean;
  /** What did not hold, one sentence each. */
  readonly problems: readonly string[];
  readonly results: readonly CommandResult[];
  readonly startedNs: number;
  readonly endedNs: number;
}

export interface RunListener {
  clusterReady?(atNs: number): void;
  stepStarted?(index: number, step: Step): void;
  stepEnded?(outcome: StepOutcome): void;
}

/** The cluster must serve within this virtual time, or the run fails. */
const CLUSTER_READY_NS = 300 * NS_PER_SEC;
/** Programs that read text are done at once. */
const PIPE_NS = 10 * NS_PER_SEC;
const RETRY_INTERVAL_NS = 500 * NS_PER_MS;
/** A reader waits so long for what the document shows, then goes on. */
const DOCUMENT_LOOK_NS = 20 * NS_PER_SEC;
const MANIFEST_TIMEOUT_NS = 60 * NS_PER_SEC;

export interface RunnerOptions {
  readonly scenario: Scenario;
  readonly listener: RunListener;
  /** Index of the step whose packets are traced. */
  readonly traceStep: number | undefined;
}

export class ScenarioRunner {
  readonly outcomes: StepOutcome[] = [];
  /** Why the steps could not begin. */
  setupProblem: string | undefined;
  isFinished = false;
  readonly #options: RunnerOptions;
  readonly #saved = new Map<string, string>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** To be given to `runCluster`. */
  readonly program = (operator: Operator): void => {
    operator.sim.spawn('scenario', this.#run(operator));
  };

  *#run(operator: Operator): Proc {
    const { scenario, listener } = this.#options;
    if (yield* this.#setUp(operator)) {
      listener.clusterReady?.(operator.nowNs());
      const startedNs = operator.nowNs();
      for (const [index, step] of scenario.steps.entries()) {
        if (step.atNs !== undefined) {
          const waitNs = startedNs + step.atNs - operator.nowNs();
          if (waitNs > 0) yield* sleep(waitNs);
        }
        listener.stepStarted?.(index, step);
        const outcome = yield* this.#step(operator, index, step);
        this.outcomes.push(outcome);
        listener.stepEnded?.(outcome);
      }
    }
    this.isFinished = true;
    operator.stop();
  }

  *#setUp(operator: Operator): Proc<boolean> {
    const { scenario } = this.#options;
    if (scenario.waitsForCluster && !(yield* operator.waitReady(CLUSTER_READY_NS))) {
      const reasons = yield* unreadyReasons(operator);
      const problem = `the cluster did not become ready within ${CLUSTER_READY_NS / NS_PER_SEC} s`;
      this.setupProblem = [problem, ...reasons].join('\n  ');
      return false;
    }
    for (const source of scenario.manifests) {
      const result = yield* operator.exec(
        'control-plane',
        ['kubectl', 'apply', '-f', source.path ?? '-'],
        {
          stdin: source.inline ?? '',
          files: scenario.files,
          timeoutNs: MANIFEST_TIMEOUT_NS,
        },
      );
      if (result?.exitCode !== 0) {
        const what = source.path ?? 'inline manifests';
        this.setupProblem = `${what} cannot be applied: ${result?.stderr ?? 'no answer'}`;
        return false;
      }
    }
    return true;
  }

  *#step(operator: Operator, index: number, written: Step): Proc<StepOutcome> {
    const startedNs = operator.nowNs();
    const step = fillIn(written, this.#saved);
    const done = (problems: readonly string[], results: readonly CommandResult[]): StepOutcome => ({
      index,
      step,
      passed: problems.length === 0,
      problems,
      results,
      startedNs,
      endedNs: operator.nowNs(),
    });
    switch (step.kind) {
      case 'run': {
        const { results, problems } = yield* this.#runStep(operator, index, step);
        const output = results.at(-1)?.stdout.trim();
        if (step.save !== undefined && output !== undefined) this.#saved.set(step.save, output);
        return done(problems, results);
      }
      case 'wait':
        return done(yield* this.#wait(operator, step), []);
      case 'scale': {
        const run = new ScaleRun(planScale(step.request), { phase: () => undefined });
        const problem = yield* run.run(operator);
        const result: CommandResult = {
          exitCode: problem === undefined ? 0 : 1,
          stdout: textOutcome(run.outcome, startedNs),
          stderr: '',
          startedNs,
          endedNs: operator.nowNs(),
          http: [],
        };
        return done(problem === undefined ? [] : [problem], [result]);
      }
      case 'fault': {
        const error = yield* applyFault(operator, step.fault);
        return done(error === undefined ? [] : [error], []);
      }
    }
  }

  *#runStep(
    operator: Operator,
    index: number,
    step: RunStep,
  ): Proc<{ results: CommandResult[]; problems: readonly string[] }> {
    const deadlineNs = operator.nowNs() + (step.retryNs ?? 0);
    const lookNs = operator.nowNs() + Math.min(step.retryNs ?? 0, DOCUMENT_LOOK_NS);
    for (;;) {
      const results: CommandResult[] = [];
      for (let run = 0; run < step.repeat; run++) {
        if (run > 0 && step.intervalNs > 0) yield* sleep(step.intervalNs);
        results.push(yield* this.#exec(operator, index, step));
      }
      const facts = yield* gatherFacts(operator, step);
      const problems = judge(step, results, facts);
      const nowNs = operator.nowNs();
      if (
        problems.length > 0
          ? nowNs >= deadlineNs
          : nowNs >= lookNs || showsDocumented(step, results)
      ) {
        return { results, problems };
      }
      yield* sleep(RETRY_INTERVAL_NS);
    }
  }

  *#exec(operator: Operator, index: number, step: RunStep): Proc<CommandResult> {
    const startedNs = operator.nowNs();
    const pod = step.fromPod;
    const node = pod === undefined ? step.from : yield* nodeOf(operator, pod.namespace, pod.name);
    if (node === undefined) {
      const stderr = `podwire: ${step.from} is not on any node\n`;
      return { exitCode: 124, stdout: '', stderr, startedNs, endedNs: startedNs, http: [] };
    }
    const result = yield* operator.exec(node, step.argv, {
      ...(pod === undefined ? {} : { pod }),
      stdin: step.stdin,
      files: filesOf(this.#options.scenario, step),
      timeoutNs: step.timeoutNs,
      traceId: this.#options.traceStep === index ? index + 1 : 0,
    });
    if (result !== undefined) {
      return step.pipe === undefined || pod !== undefined
        ? result
        : yield* this.#pipe(operator, node, step.pipe, result);
    }
    return {
      exitCode: 124,
      stdout: '',
      stderr: `podwire: the command did not end within ${step.timeoutNs / NS_PER_SEC} s of virtual time\n`,
      startedNs,
      endedNs: operator.nowNs(),
      http: [],
    };
  }

  /** Gives what a command printed to those behind it, on the same machine. */
  *#pipe(
    operator: Operator,
    host: string,
    pipe: string,
    first: CommandResult,
  ): Proc<CommandResult> {
    const { stdout: stdin } = first;
    const last = yield* operator.exec(host, ['sh', '-c', pipe], { stdin, timeoutNs: PIPE_NS });
    if (last === undefined) return first;
    return {
      ...last,
      stderr: first.stderr + last.stderr,
      startedNs: first.startedNs,
      http: first.http,
    };
  }

  *#wait(operator: Operator, step: WaitStep): Proc<readonly string[]> {
    if (step.delayNs !== undefined) yield* sleep(step.delayNs);
    if (step.condition === undefined) return [];
    const reached = yield* operator.waitFor(step.condition, step.timeoutNs);
    if (reached.ok) return [];
    const why =
      reached.error ?? `not reached within ${step.timeoutNs / NS_PER_SEC} s of virtual time`;
    return [why];
  }
}

function filesOf(scenario: Scenario, { files = [] }: RunStep): Scenario['files'] {
  return files.length === 0 ? scenario.files : [...files, ...scenario.files];
}

/** What judging needs of the API, asked only when the expectation speaks of it. */
function* gatherFacts(operator: Operator, step: RunStep): Proc<WorldFacts> {
  const { expect } = step;
  const needsPods = expect?.backends !== undefined || expect?.source !== undefined;
  return {
    pods: needsPods ? yield* operator.list('pods') : [],
    hosts: operator.spec.actors.flatMap((actor) =>
      actor.kind === 'host'
        ? [{ name: actor.name, address: actor.nics[0]?.cidr.split('/')[0] ?? '' }]
        : [],
    ),
  };
}

/** Applies a fault; why it cannot be, as a sentence. */
export function* applyFault(operator: Operator, fault: Fault): Proc<string | undefined> {
  switch (fault.kind) {
    case 'node':
      return yield* operator.hostFault(fault.node, { kind: 'power', on: fault.on });
    case 'component':
      return yield* operator.hostFault(fault.host, {
        kind: 'component',
        name: fault.component,
        running: fault.running,
      });
    case 'link':
      return yield* operator.underlayFault({
        kind: 'link',
        link: `${fault.host}/eth0`,
        change: { isUp: fault.isUp },
      });
    case 'impair':
      return yield* operator.underlayFault({
        kind: 'link',
        link: `${fault.host}/eth0`,
        change: fault.change,
      });
    case 'partition':
    case 'heal':
      return yield* operator.underlayFault(fault);
    case 'kill-container':
    case 'kill-sandbox': {
      const node = yield* nodeOf(operator, fault.namespace, fault.pod);
      if (node === undefined) return `pod ${fault.namespace}/${fault.pod} is not on any node`;
      return yield* operator.hostFault(node, fault);
    }
  }
}

function* nodeOf(operator: Operator, namespace: string, pod: string): Proc<string | undefined> {
  const pods = (yield* operator.list('pods', namespace)) as readonly {
    metadata: { name: string };
    spec: { nodeName?: string };
  }[];
  return pods.find((entry) => entry.metadata.name === pod)?.spec.nodeName;
}
