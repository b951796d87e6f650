/**
 * What a conformance check is: a question put to podwire and to a real system.
 */
export interface CheckOptions {
  readonly seed: number;
  /** How many cases; undefined = the check's own number. */
  readonly cases: number | undefined;
  progress(text: string): void;
}

export interface CheckReport {
  /** One text per disagreement. */
  readonly failures: readonly string[];
  readonly summary: string;
  /** Set when the check could not run as a whole: why. */
  readonly skipped?: string;
}

export interface ConformanceCheck {
  readonly name: string;
  readonly title: string;
  /** Programs that it runs. */
  readonly commands: readonly string[];
  readonly needsRoot: boolean;
  run(options: CheckOptions): Promise<CheckReport>;
}
