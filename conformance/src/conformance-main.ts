/**
 * `npm run conformance`: asks real systems and podwire the same questions.
 *
 *   --seed N      first seed (default 1)
 *   --cases N     cases per check (default: the check's own number)
 *   --only NAME   one check alone
 *
 * Exit status: 0 everything agrees, 1 a disagreement, 2 bad arguments, 3 something that a check needs is
 * missing (it is named).
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { CAPTURE_CHECK } from './captures.ts';
import type { ConformanceCheck } from './check.ts';
import { KERNEL_CHECK } from './kernel/check.ts';

/** In the order in which they run. */
const CHECKS: readonly ConformanceCheck[] = [KERNEL_CHECK, CAPTURE_CHECK];

/** Debian's package for each program. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['ip', 'iproute2'],
  ['iptables-restore', 'iptables'],
  ['iptables-save', 'iptables'],
  ['ping', 'iputils-ping'],
  ['sysctl', 'procps'],
  ['tshark', 'tshark'],
]);

interface Arguments {
  readonly seed: number;
  readonly cases: number | undefined;
  readonly only: string | undefined;
}

function parseArguments(argv: readonly string[]): Arguments | string {
  let seed = 1;
  let cases: number | undefined;
  let only: string | undefined;
  for (let at = 0; at < argv.length; at++) {
    const [name = '', inline] = (argv[at] ?? '').split('=');
    const value = inline ?? argv[++at];
    if (value === undefined) return `${name} needs a value`;
    if (name === '--only') {
      if (!CHECKS.some((check) => check.name === value)) {
        return `there is no check "${value}"; there are: ${CHECKS.map((check) => check.name).join(', ')}`;
      }
      only = value;
      continue;
    }
    if (name !== '--seed' && name !== '--cases') return `unknown option ${name}`;
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < (name === '--cases' ? 1 : 0)) {
      return `${name} needs a whole number`;
    }
    if (name === '--seed') seed = number;
    else cases = number;
  }
  return { seed, cases, only };
}

/** What this machine lacks for the check, in words. */
function missingFor(check: ConformanceCheck): string[] {
  const missing: string[] = [];
  if (process.platform !== 'linux') missing.push('Linux');
  if (check.needsRoot && process.getuid?.() !== 0)
    missing.push('root (network namespaces are made)');
  for (const command of check.commands) {
    if (!isOnPath(command)) {
      missing.push(`the program ${command} (Debian package ${PACKAGES.get(command) ?? command})`);
    }
  }
  return missing;
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseArguments(argv);
  if (typeof parsed === 'string') {
    process.stderr.write(`conformance: ${parsed}\n`);
    return 2;
  }
  let worst = 0;
  for (const check of CHECKS) {
    if (parsed.only !== undefined && check.name !== parsed.only) continue;
    worst = Math.max(worst, await runCheck(check, parsed));
  }
  return worst;
}

async function runCheck(check: ConformanceCheck, parsed: Arguments): Promise<number> {
  const missing = missingFor(check);
  if (missing.length > 0) {
    process.stderr.write(`✗ ${check.name}: not run, this machine lacks ${missing.join(', ')}\n`);
    return 3;
  }
  const startMs = performance.now();
  const report = await check.run({
    seed: parsed.seed,
    cases: parsed.cases,
    progress: (text) => process.stderr.write(text),
  });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  for (const failure of report.failures) process.stdout.write(`${failure}\n\n`);
  if (report.skipped !== undefined) {
    process.stdout.write(`- ${check.name}: skipped, ${report.skipped}\n`);
    return 0;
  }
  const mark = report.failures.length === 0 ? '✓' : '✗';
  process.stdout.write(`${mark} ${check.name}: ${report.summary}, ${seconds} s\n`);
  return report.failures.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
