/**
 * Runs one kubectl command line as a process.
 */
import type { Proc } from '@podwire/engine';
import type { KubectlContext } from './context.ts';

// oxlint-disable-next-line require-yield -- first form
export function* runKubectl(ctx: KubectlContext, argv: readonly string[]): Proc<number> {
  ctx.err(`error: unknown command "${argv[0] ?? ''}" for "kubectl"\n`);
  return 1;
}
