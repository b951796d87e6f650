/**
 * What comes of a step: what did not hold, and how long its effects take.
 */
import type { CommandResult } from '@podwire/cluster';
import type { Proc } from '@podwire/engine';
import type { CaseStep } from './case-file.ts';
import type { CaseRun, Target } from './case-run.ts';
import { judgeCommand } from './step-expect.ts';

export interface StepOutcome {
  /** What did not hold; empty when all did. */
  readonly problems: readonly string[];
  /** Whether the step expected something. */
  readonly isCompared: boolean;
  /** How long its effects take: probes behind it wait so long. */
  readonly settle: 'none' | 'rules' | 'pods';
}

/** Done, and rules and records follow. */
export const CHANGED: StepOutcome = { problems: [], isCompared: false, settle: 'rules' };
/** Done, and pods follow. */
export const PODS_CHANGED: StepOutcome = { problems: [], isCompared: false, settle: 'pods' };
/** Done, and nothing follows that a probe should wait for. */
export const DONE: StepOutcome = { problems: [], isCompared: false, settle: 'none' };

/** Without an expectation a command must have worked. */
export function* judged(
  run: CaseRun,
  step: CaseStep,
  result: CommandResult,
  settle: StepOutcome['settle'],
  target?: Target,
): Proc<StepOutcome> {
  const { expect } = step as { readonly expect?: unknown };
  if (expect !== undefined) {
    return { problems: yield* judgeCommand(run, expect, result, target), isCompared: true, settle };
  }
  const problems = result.exitCode === 0 ? [] : [`${step.do}: ${result.stderr.trim()}`];
  return { problems, isCompared: false, settle };
}
