/**
 * A handle on something that happens later.
 */
export interface Timer {
  readonly atNs: number;
  /** Forgets it; harmless when it has run already. */
  cancel(): void;
  readonly isPending: boolean;
}
