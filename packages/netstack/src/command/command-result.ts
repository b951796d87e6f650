/**
 * What a command prints and returns.
 */
import type { NetlinkError } from '../route/route-change.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Success without a word. */
export const DONE: CommandResult = { exitCode: 0, stdout: '', stderr: '' };

export function ok(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' };
}

export function fail(exitCode: number, stderr: string): CommandResult {
  return { exitCode, stdout: '', stderr };
}

/** The kernel refused: exit status 2 and its text. */
export function kernelSays(problem: NetlinkError): CommandResult {
  return fail(2, `${problem.text}\n`);
}
