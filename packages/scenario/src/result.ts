/**
 * What came out of a scenario's run.
 */
import type { Scenario } from './scenario.ts';
import type { StepOutcome } from './runner.ts';

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly workers: number | 'node';
  /** `done`: all steps were worked through; otherwise why the rest was not. */
  readonly end: 'done' | 'setup-failed' | 'until' | 'idle' | 'aborted';
  /** Why the rest was not worked through, as a sentence. */
  readonly problem: string | undefined;
  readonly outcomes: readonly StepOutcome[];
  readonly passed: number;
  /** Steps that failed, and those that were never reached. */
  readonly failed: number;
  readonly digest: string;
  readonly events: number;
  /** When the cluster served and the manifests were applied. */
  readonly readyNs: number | undefined;
  readonly virtualNs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
  readonly packets: { readonly born: number; readonly ended: number };
  /** What the user should know of the run, as an image that podwire does not know. */
  readonly notices: readonly string[];
  /** The traced step's packets, as text; empty when nothing was traced. */
  readonly walks: string;
  /** The capture as a pcapng file. */
  readonly capture: Uint8Array | undefined;
}

export function isHeld(result: ScenarioResult): boolean {
  return result.end === 'done' && result.failed === 0;
}
