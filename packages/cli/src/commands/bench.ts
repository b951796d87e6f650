/**
 * `podwire bench`: hands over to the benchmarks, which stand beside podwire's sources, not among its packages.
 */
import { existsSync } from 'node:fs';
import { ExitCode } from '../exit-code.ts';

interface BenchModule {
  readonly benchCommand: (args: readonly string[]) => Promise<number>;
}

export async function benchCommand(args: readonly string[]): Promise<number> {
  const file = new URL('../../../../bench/src/bench-command.ts', import.meta.url);
  if (!existsSync(file)) {
    process.stderr.write(
      'podwire: error PW4101: this podwire comes without its benchmarks\n  hint: they run from a checkout of the sources\n',
    );
    return ExitCode.badInput;
  }
  const bench = (await import(file.href)) as BenchModule;
  return await bench.benchCommand(args);
}
