/**
 * The module of a worker thread of the case pool: runs one case per call.
 */
import type { CaseResult } from './case-file.ts';
import { type CaseTask, runCase } from './run-case.ts';

export function run(task: CaseTask): Promise<CaseResult> {
  return runCase(task);
}
