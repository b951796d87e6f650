/**
 * Runs the benchmarks: node bench/src/main.ts [--smoke] [--no-micro] [--json] [--save NAME] [WORKLOAD…]
 *
 * `npm run bench` calls it; README.md says what is measured and how two commits are compared.
 */
import { parseArgs } from 'node:util';
import { WORKLOADS } from '../workloads/index.ts';
import { ParameterValues, type Workload } from '../workloads/workload.ts';
import { consumedValue } from './measure.ts';
import { type MicroResult, runMicro } from './micro.ts';
import { type WorkloadResult, runWorkload } from './run-workload.ts';
import { saveResult } from './save-result.ts';
import { spawnWorkload } from './spawn-workload.ts';

const MICRO_MS = 500;
const SMOKE_MICRO_MS = 5;
const SMOKE_REFERENCE_TURNS = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: 'boolean', default: false },
    'no-micro': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    save: { type: 'string' },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const unknown = positionals.filter((name) => !WORKLOADS.some((each) => each.name === name));
  if (unknown.length > 0) {
    const known = WORKLOADS.map((each) => each.name).join(', ');
    console.error(`there is no workload ${unknown.join(', ')}; there are ${known}`);
    return 2;
  }
  const chosen = WORKLOADS.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const macro: WorkloadResult[] = [];
  for (const workload of chosen) {
    for (const variant of values.smoke ? [{}] : workload.variants) {
      const result = values.smoke
        ? await runSmoke(workload)
        : spawnWorkload(workload.name, variant);
      if (!values.json) printMacro(result);
      macro.push(result);
    }
  }
  const micro = values['no-micro'] ? [] : await runMicro(values.smoke ? SMOKE_MICRO_MS : MICRO_MS);
  if (!values.json) printMicro(micro);
  const report = { macro, micro };
  if (values.json) console.log(JSON.stringify(report, undefined, 2));
  if (values.save !== undefined) saveResult(values.save, report);
  return Number.isNaN(consumedValue()) ? 1 : 0;
}

/** Once, briefly: shows that it works, judges no time. */
async function runSmoke(workload: Workload): Promise<WorkloadResult> {
  const brief = workload.parameters.map((each) => [each.name, each.smoke ?? each.default] as const);
  const counts = { rounds: 1, warmUps: 0, referenceTurns: SMOKE_REFERENCE_TURNS };
  return await runWorkload(
    workload,
    ParameterValues.of(workload, Object.fromEntries(brief)),
    counts,
  );
}

function printMacro(result: WorkloadResult): void {
  const parameters = Object.entries(result.parameters).map(([name, value]) => `${name} ${value}`);
  console.log(`\n${result.workload}: ${parameters.join(', ')}`);
  const perSec = grouped(result.ratePerCpuSecond);
  const ratio = result.ratePerReferenceMillion.toFixed(1);
  console.log(
    `  ${perSec} ${result.rateOf} per CPU s, ${ratio} per 10^6 reference turns ± ${(result.spread * 100).toFixed(1)} %`,
  );
  const work = Object.entries(result.work).map(([name, count]) => `${name} ${grouped(count)}`);
  console.log(
    `  ${work.join(', ')}; ${result.cpuSeconds.toFixed(3)} CPU s, ` +
      `${Math.round(result.peakRssBytes / 2 ** 20)} MiB, digest ${result.digest}`,
  );
}

function printMicro(results: readonly MicroResult[]): void {
  if (results.length > 0)
    console.log('\nmicro-benchmarks (median of one call; reference turns in that time)');
  for (const { name, medianUs, referenceTurns, marginPercent } of results) {
    console.log(
      `  ${name.padEnd(52)} ${medianUs.toFixed(2).padStart(10)} µs ${grouped(Math.round(referenceTurns)).padStart(12)} ± ${marginPercent.toFixed(1)} %`,
    );
  }
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
