/**
 * A workload in a process of its own, as `podwire bench workload` runs it: no heap and no compiled code is
 * shared with what was measured before.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { WorkloadResult } from './run-workload.ts';

const ROOT: string = path.join(import.meta.dirname, '..', '..');

export type Parameters = Readonly<Record<string, number | string>>;

/** `root`: the checkout whose podwire runs. Throws with what the command said when it fails. */
export function spawnWorkload(
  name: string,
  parameters: Parameters,
  root: string = ROOT,
): WorkloadResult {
  const args = Object.entries(parameters).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const main = path.join(root, 'packages', 'cli', 'src', 'main.ts');
  const done = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, 'bench', 'workload', name, ...args],
    { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  if (done.status !== 0) {
    const why = done.error?.message ?? done.stderr.trim();
    throw new Error(`${root}: bench workload ${name} ${args.join(' ')}: ${why}`);
  }
  return JSON.parse(done.stdout) as WorkloadResult;
}
