/**
 * Collects the steps of traced packets of one host.
 *
 * Callers test `traceId !== 0` first and build the step's texts only then, so that an untraced packet
 * pays one comparison per stage.
 */
import type { Step } from './step.ts';

export class Recorder {
  readonly steps: Step[] = [];

  record(step: Step): void {
    this.steps.push(step);
  }

  /** Hands over what was collected and starts anew. */
  take(): Step[] {
    return this.steps.splice(0);
  }
}
