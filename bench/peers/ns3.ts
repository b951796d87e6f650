/**
 * ns-3 on the topologies and traffic of the workloads: programs of our own in ns3/, built against what
 * Debian calls libns3-dev, each beside the workload of the same name.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Parameters, spawnWorkload } from '../src/spawn-workload.ts';
import { type Peer, type PeerRow, pairs, rowOf } from './peer.ts';

const SOURCES = path.join(import.meta.dirname, 'ns3');
const BUILT = path.join(
  import.meta.dirname,
  '..',
  '..',
  'node_modules',
  '.cache',
  'podwire',
  'ns3',
);
const HEADER = '/usr/include/ns3/core-module.h';
const LIBRARIES = ['applications', 'bridge', 'internet', 'network', 'core'];

/** ns-3 has several event queues; each is tried, and the fastest counts. */
const SCHEDULERS = ['Map', 'Heap', 'Calendar', 'PriorityQueue'];

const CASES: readonly { readonly name: string; readonly parameters: Parameters }[] = [
  { name: 'udp-star', parameters: { hosts: 8 } },
  { name: 'udp-star', parameters: { hosts: 64 } },
  { name: 'udp-star', parameters: { hosts: 512 } },
  { name: 'tcp-bulk', parameters: {} },
  { name: 'short-connections', parameters: {} },
  { name: 'event-queue', parameters: { pending: 1000 } },
  { name: 'event-queue', parameters: { pending: 100_000 } },
];

interface Result {
  readonly rateOf: string;
  readonly count: number;
  readonly cpuSeconds: number;
  readonly goodputPercent?: number;
  readonly fairnessPercent?: number;
}

export const ns3: Peer = {
  name: 'ns-3',
  missing() {
    if (!existsSync(HEADER))
      return 'ns-3 is not installed; on Debian: apt-get install libns3-dev g++';
    if (spawnSync('g++', ['--version']).status !== 0) return 'there is no g++ to build with';
    return undefined;
  },
  *compare({ pairs: count }): Iterable<PeerRow> {
    for (const { name, parameters } of CASES) {
      const measured = pairs(
        count,
        () => spawnWorkload(name, { ...parameters, rounds: 3 }),
        () => runBest(name, parameters),
      );
      const text = Object.entries(parameters).map(([key, value]) => ` ${key} ${value}`);
      const figures = measured.map(
        ([own, other]) => [own.ratePerCpuSecond, other.count / other.cpuSeconds] as const,
      );
      const [first] = measured;
      const note = first === undefined ? {} : noteOf(first[0].work, first[1]);
      yield rowOf(`${name}${text.join('')}`, `${first?.[1].rateOf} per CPU s`, figures, note);
    }
  },
};

/** How well the line was used, and how evenly, where that is a question. */
function noteOf(work: Readonly<Record<string, number>>, other: Result): { readonly note?: string } {
  if (other.goodputPercent === undefined) return {};
  return {
    note:
      `goodput ${work['goodputPercent']} % and ${other.goodputPercent} %, ` +
      `fairness ${work['fairnessPercent']} % and ${other.fairnessPercent} %`,
  };
}

function runBest(name: string, parameters: Parameters): Result {
  if (name !== 'event-queue') return run(name, parameters);
  const results = SCHEDULERS.map((scheduler) =>
    run(name, { ...parameters, scheduler: `ns3::${scheduler}Scheduler` }),
  );
  return results.reduce((best, each) => (each.cpuSeconds < best.cpuSeconds ? each : best));
}

function run(name: string, parameters: Parameters): Result {
  const args = Object.entries(parameters).map(([key, value]) => `--${key}=${value}`);
  const done = spawnSync(build(name), args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`ns-3 ${name} ${args.join(' ')}: ${done.stderr}`);
  return JSON.parse(done.stdout) as Result;
}

/** The program, built when it is older than its sources. */
function build(name: string): string {
  const program = path.join(BUILT, name);
  const source = path.join(SOURCES, `${name}.cc`);
  const newest = Math.max(
    ...[source, ...globSync(path.join(SOURCES, '*.h'))].map((file) => statSync(file).mtimeMs),
  );
  if (existsSync(program) && statSync(program).mtimeMs > newest) return program;
  mkdirSync(BUILT, { recursive: true });
  const libraries = LIBRARIES.map((library) => `-lns3-${library}`);
  const args = ['-O2', '-std=c++17', source, '-o', program, ...libraries];
  const done = spawnSync('g++', args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`g++ ${args.join(' ')}:\n${done.stderr}`);
  return program;
}
