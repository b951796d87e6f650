/**
 * Runs the benchmarks: node bench/src/main.ts [--smoke] [--rounds N] [--no-micro] [--json] [--save NAME]
 *
 * `npm run bench` calls it; README.md says what is measured and how two commits are compared.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Measured, type Workload, consumedValue, measure } from './measure.ts';
import { type MicroResult, runMicro } from './micro.ts';
import { prepareTcpShort } from './workloads/tcp-short.ts';
import { prepareUdpStar } from './workloads/udp-star.ts';

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'no-micro': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    save: { type: 'string' },
  },
});
const isSmoke = values.smoke;
const rounds = Math.max(1, Number(values.rounds ?? (isSmoke ? 1 : 9)));
const referenceTurns = isSmoke ? 1_000_000 : 10_000_000;

const WORKLOADS: readonly Workload[] = [
  {
    name: 'udp-star',
    what: '64 hosts on one switch send UDP datagrams of 200 bytes to each other',
    itemName: 'datagrams',
    prepare: () => prepareUdpStar({ hostCount: 64, datagramsPerHost: isSmoke ? 20 : 3000 }),
  },
  {
    name: 'tcp-short',
    what: '32 pairs on one switch: connect, 1,000 bytes, close, again',
    itemName: 'connections',
    prepare: () => prepareTcpShort({ hostCount: 64, connectionsPerPair: isSmoke ? 3 : 600 }),
  },
];

const macro = WORKLOADS.map((workload) => {
  const measured = measure(workload, { rounds, referenceTurns });
  if (!values.json) printMacro(workload, measured);
  return measured;
});
const micro = values['no-micro'] ? [] : await runMicro(isSmoke ? 5 : 500);
if (!values.json) printMicro(micro);
const report = { machine: describeMachine(), macro, micro, consumed: consumedValue() };
if (values.json) console.log(JSON.stringify(report, undefined, 2));
if (values.save !== undefined) save(values.save);

function printMacro(workload: Workload, measured: Measured): void {
  console.log(`\n${workload.name}: ${workload.what}`);
  const rows = [
    ['packets', measured.packets],
    [workload.itemName, measured.items],
    ['events', measured.events],
  ] as const;
  for (const [name, rate] of rows) {
    const perSec = Math.round(rate.perCpuSec).toLocaleString('en-US').padStart(12);
    const ratio = rate.perReferenceMillion.toFixed(1).padStart(10);
    const spread = `± ${(rate.spread * 100).toFixed(1)} %`;
    console.log(
      `  ${name.padEnd(12)}${perSec} per CPU s${ratio} per 10^6 reference turns  ${spread}`,
    );
  }
  console.log(
    `  ${measured.rounds} rounds of ${measured.cpuMsPerRound.toFixed(0)} ms CPU; reference ` +
      `${(measured.referencePerCpuSec / 1e6).toFixed(1)} million turns per CPU s`,
  );
}

function printMicro(results: readonly MicroResult[]): void {
  if (results.length > 0) console.log('\nmicro-benchmarks (median of one call)');
  for (const { name, medianUs, marginPercent } of results) {
    console.log(
      `  ${name.padEnd(52)} ${medianUs.toFixed(2).padStart(10)} µs ± ${marginPercent.toFixed(1)} %`,
    );
  }
}

function describeMachine(): Readonly<Record<string, string | number>> {
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    commit: git.status === 0 ? git.stdout.trim() : 'unknown',
    date: new Date().toISOString().slice(0, 10),
  };
}

function save(name: string): void {
  if (!/^[\w.-]+$/.test(name))
    throw new Error(`--save ${name}: letters, digits, '-', '_' and '.' only`);
  const folder = path.join(import.meta.dirname, '..', 'results');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  console.error(`saved ${path.relative(process.cwd(), file)}`);
}
