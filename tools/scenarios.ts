/**
 * Runs every scenario of the repository through the command line, once for each way to spread
 * it over worker threads, and compares the run digests: they must be equal.
 *
 * A step of tools/check.ts. To run one scenario alone: ./podwire run scenarios/NAME
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';

/** `node` is one thread per emulated node; 0 runs all in the main thread. */
const WORKERS = ['node', '0', '1', '2', '4'] as const;
/** Far more than any shipped scenario needs, so that only a hang reaches it. */
const TIMEOUT_MS = 120_000;

interface RunReport {
  readonly digest: string;
  readonly passed: number;
  readonly failed: number;
  readonly virtualNs: number;
  readonly wallMs: number;
}

export function runScenarios(root: string): boolean {
  const names = globSync('scenarios/*/scenario.yaml', { cwd: root })
    .map((file) => path.basename(path.dirname(file)))
    .sort();
  if (names.length === 0) {
    console.log('there is no scenarios/*/scenario.yaml');
    return false;
  }
  let allHeld = true;
  for (const name of names) {
    if (!runScenario(root, name)) allHeld = false;
  }
  return allHeld;
}

function runScenario(root: string, name: string): boolean {
  let first: RunReport | undefined;
  const seconds: string[] = [];
  for (const workers of WORKERS) {
    const folder = path.join('scenarios', name);
    const startMs = performance.now();
    const run = spawnSync('./podwire', ['run', folder, '--workers', workers, '--json'], {
      cwd: root,
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    seconds.push(`${workers} ${((performance.now() - startMs) / 1000).toFixed(1)}`);
    const report = run.status === 0 ? parseReport(run.stdout) : undefined;
    if (report === undefined) {
      console.log(`✗ ${name} --workers ${workers}: exit status ${run.status ?? run.signal}`);
      // Once more for a person to read.
      spawnSync('./podwire', ['run', folder, '--workers', workers], {
        cwd: root,
        stdio: 'inherit',
        timeout: TIMEOUT_MS,
      });
      return false;
    }
    first ??= report;
    if (report.digest !== first.digest) {
      console.log(`✗ ${name}: digest ${report.digest} on --workers ${workers}`);
      console.log(
        `  ${' '.repeat(name.length)}  digest ${first.digest} on --workers ${WORKERS[0]}`,
      );
      return false;
    }
  }
  console.log(
    `✓ ${name.padEnd(24)} ${String(first?.passed).padStart(3)} held  digest ${first?.digest}  ` +
      `seconds by workers: ${seconds.join(', ')}`,
  );
  return true;
}

function parseReport(text: string): RunReport | undefined {
  try {
    const report = JSON.parse(text) as RunReport;
    return typeof report.digest === 'string' && report.failed === 0 ? report : undefined;
  } catch {
    return undefined;
  }
}
