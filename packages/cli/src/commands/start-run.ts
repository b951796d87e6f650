/**
 * The start of `podwire run`: threads load what a node runs while this one loads what reads scenarios.
 */
import { resolveOwnFiles } from '@podwire/engine/host';
import type { RunFlags } from '../program.ts';

export async function startRun(files: readonly string[], flags: RunFlags): Promise<number> {
  resolveOwnFiles();
  const { prepareWorkers } = await import('@podwire/cluster/host');
  const pool = prepareWorkers(flags.workers);
  try {
    const { runCommand } = await import('./run.ts');
    return await runCommand(files, flags, pool);
  } finally {
    await pool?.destroy();
  }
}
