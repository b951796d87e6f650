/**
 * `podwire bench`: hands over to the benchmarks, which stand beside podwire's packages, not among them.
 *
 * They are a program of their own, run from its sources: a bundle's start and memory are not theirs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ExitCode } from '../exit-code.ts';

const PROGRAM = path.join('bench', 'src', 'bench-main.ts');

export function benchCommand(args: readonly string[]): number {
  const main = findProgram(import.meta.dirname);
  if (main === undefined) {
    process.stderr.write(
      'podwire: error PW4101: this podwire comes without its benchmarks\n  hint: they run from a checkout of the sources\n',
    );
    return ExitCode.badInput;
  }
  const done = spawnSync(process.execPath, [...process.execArgv, main, ...args], {
    stdio: 'inherit',
  });
  if (done.error !== undefined) throw done.error;
  return done.status ?? ExitCode.interrupted;
}

/** In the checkout that this file, or the bundle it is in, lies in. */
function findProgram(folder: string): string | undefined {
  const file = path.join(folder, PROGRAM);
  if (existsSync(file)) return file;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : findProgram(parent);
}
