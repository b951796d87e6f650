/**
 * A run as one JSON object, for programs.
 */
import { type ScenarioResult, isHeld } from '../result.ts';
import type { StepOutcome } from '../runner.ts';
import type { Step } from '../scenario.ts';

export interface StepReport {
  readonly number: number;
  readonly name: string;
  readonly kind: Step['kind'];
  /** Of run steps: the line that was typed, and where. */
  readonly command?: string;
  readonly from?: string;
  readonly line: number;
  readonly outcome: 'passed' | 'failed' | 'not-run';
  readonly problems: readonly string[];
  /** What was printed; of repeated runs the last. */
  readonly output?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly runs?: readonly RunReport[];
  readonly startedNs?: number;
  readonly endedNs?: number;
}

/** One of several runs of a step. */
export interface RunReport {
  readonly exitCode: number;
  readonly output: string;
  readonly startedNs: number;
  readonly endedNs: number;
}

export interface JsonReport {
  readonly scenario: string;
  readonly file: string;
  readonly seed: string;
  readonly workers: number | 'node';
  readonly digest: string;
  readonly held: boolean;
  readonly end: ScenarioResult['end'];
  readonly problem?: string;
  readonly passed: number;
  readonly failed: number;
  readonly virtualNs: number;
  readonly readyNs?: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
  readonly events: number;
  readonly packets: { readonly born: number; readonly ended: number };
  readonly notices: readonly string[];
  readonly walks?: string;
  readonly steps: readonly StepReport[];
}

export function jsonReport(result: ScenarioResult): JsonReport {
  const { scenario, problem, readyNs, walks } = result;
  return {
    scenario: scenario.name,
    file: scenario.file,
    seed: result.seed,
    workers: result.workers,
    digest: result.digest,
    held: isHeld(result),
    end: result.end,
    ...(problem === undefined ? {} : { problem }),
    passed: result.passed,
    failed: result.failed,
    virtualNs: result.virtualNs,
    ...(readyNs === undefined ? {} : { readyNs }),
    wallMs: rounded(result.wallMs),
    cpuMs: rounded(result.cpuMs),
    peakRssBytes: result.peakRssBytes,
    events: result.events,
    packets: result.packets,
    notices: result.notices,
    ...(walks === '' ? {} : { walks }),
    steps: scenario.steps.map((step, index) => stepReport(step, index, result.outcomes[index])),
  };
}

function stepReport(written: Step, index: number, outcome: StepOutcome | undefined): StepReport {
  const step = outcome?.step ?? written;
  const last = outcome?.results.at(-1);
  return {
    number: index + 1,
    name: step.name,
    kind: step.kind,
    ...(step.kind === 'run' ? { command: step.command, from: step.from } : {}),
    line: step.pos.line,
    outcome: outcome === undefined ? 'not-run' : outcome.passed ? 'passed' : 'failed',
    problems: outcome?.problems ?? [],
    ...(last === undefined
      ? {}
      : { output: last.stdout, stderr: last.stderr, exitCode: last.exitCode }),
    ...(outcome === undefined || outcome.results.length < 2
      ? {}
      : {
          runs: outcome.results.map((run) => ({
            exitCode: run.exitCode,
            output: run.stdout,
            startedNs: run.startedNs,
            endedNs: run.endedNs,
          })),
        }),
    ...(outcome === undefined ? {} : { startedNs: outcome.startedNs, endedNs: outcome.endedNs }),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
