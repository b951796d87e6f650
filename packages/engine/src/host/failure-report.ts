/**
 * Why a shard failed, as data that crosses threads whole.
 */
import { SimulationError } from '../kernel.ts';
import { ProcessError } from '../process.ts';

/** A worker's own account of why it failed. */
export interface FailureReport {
  readonly message: string;
  readonly stack: string;
  /** The host whose event failed, where it is known. */
  readonly host: string | undefined;
  readonly process: string | undefined;
  readonly virtualNs: number;
}

/** An exception as data, so that nothing of it is lost between threads. */
export function describeFailure(error: unknown, virtualNs: number): FailureReport {
  const root = rootCause(error);
  return {
    message: error instanceof Error ? error.message : String(error),
    stack: root instanceof Error ? (root.stack ?? root.message) : String(root),
    host: error instanceof SimulationError ? error.host : undefined,
    process: error instanceof SimulationError ? error.process : undefined,
    virtualNs,
  };
}

function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof SimulationError || cause instanceof ProcessError) {
    if (cause.cause === undefined) break;
    cause = cause.cause;
  }
  return cause;
}
