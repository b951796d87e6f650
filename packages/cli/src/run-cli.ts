/**
 * One call of podwire, from its arguments to its exit status. What is thrown ends here.
 */
import { CommanderError } from 'commander';
import { ExitCode } from './exit-code.ts';
import { buildProgram } from './program.ts';

export async function runCli(argv: readonly string[]): Promise<number> {
  endWhenOutputFails();
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

/** What cannot be written ends the command: a reader that went away (`podwire run … | head`), a full disk. */
function endWhenOutputFails(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(ExitCode.nobodyReads);
    process.stderr.write(`podwire: standard output: ${error.message}\n`);
    process.exit(ExitCode.fault);
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? ExitCode.nobodyReads : ExitCode.fault);
  });
}
