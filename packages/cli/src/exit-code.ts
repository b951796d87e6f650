/**
 * Exit statuses of podwire.
 */
export const ExitCode = {
  /** All expectations held; all files are good. */
  ok: 0,
  /** An expectation did not hold. */
  failed: 1,
  /** The input is wrong: a file, a flag, a command. */
  badInput: 2,
  /** Podwire's own fault (EX_SOFTWARE of sysexits.h). */
  fault: 70,
  /** Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
  /** The reader of the output went away: 128 + SIGPIPE, as for any command in a pipe. */
  nobodyReads: 141,
  /** 128 + SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
