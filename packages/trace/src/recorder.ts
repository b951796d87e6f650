/**
 * Collects the steps of traced packets of one host, and numbers the walks that begin on it.
 *
 * An untraced packet pays one comparison per stage.
 */
import type { Step } from './step.ts';
import { walkId } from './walk-id.ts';

export class Recorder {
  readonly steps: Step[] = [];
  #walks = 0;

  record(step: Step): void {
    this.steps.push(step);
  }

  /** A number for a packet that is sent here, on behalf of a traced program or packet. */
  newWalk(trace: number, host: number): number {
    return walkId(trace, host, ++this.#walks);
  }

  /** Hands over what was collected and starts anew. */
  take(): Step[] {
    return this.steps.splice(0);
  }
}
