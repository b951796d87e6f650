/**
 * The command `podwire`: what the launcher at the root runs.
 */
import { runCli } from './run-cli.ts';

process.exitCode = await runCli(process.argv.slice(2));
