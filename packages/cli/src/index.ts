/**
 * The command line, for programs that want to call it in their own process.
 */
export { ExitCode } from './exit-code.ts';
export { runCli } from './run-cli.ts';
