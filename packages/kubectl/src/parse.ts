/**
 * Judges a kubectl command line without running it.
 */
export interface CommandLineCheck {
  readonly ok: boolean;
  /** What kubectl would print, one text each; empty when `ok`. */
  readonly errors: readonly string[];
}

export function parseKubectl(argv: readonly string[]): CommandLineCheck {
  return argv.length === 0 ? { ok: false, errors: ['missing command'] } : { ok: true, errors: [] };
}
