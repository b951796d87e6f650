/**
 * One call of podwire, from its arguments to its exit status. What is thrown ends here.
 */
import { CommanderError } from 'commander';
import { ExitCode } from './exit-code.ts';
import { buildProgram } from './program.ts';

export async function runCli(argv: readonly string[]): Promise<number> {
  leaveQuietlyWhenNobodyReads();
  let status: number = ExitCode.ok;
  const program = await buildProgram(argv, (code) => {
    status = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? ExitCode.ok : ExitCode.badInput;
    const { printFault } = await import('./print-fault.ts');
    printFault(error);
    return ExitCode.fault;
  }
  return status;
}

/** `podwire run … | head`: the reader went away, which is no fault. */
function leaveQuietlyWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(ExitCode.ok);
    throw error;
  });
}
