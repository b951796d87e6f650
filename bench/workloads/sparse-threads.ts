/**
 * W6, sparse: what keeping threads in step costs where there is little to do: a scenario on one thread per
 * node against the same inline, in CPU time.
 *
 * Start-up is apart: the threads are kept from run to run, and the pairs before the first that counts have
 * them load and compile what they need. The digests of both ways must be equal.
 */
import path from 'node:path';
import { assert } from '@podwire/base';
import { prepareWorkers } from '@podwire/cluster/host';
import type { WorkerPool } from '@podwire/engine/host';
import { type Scenario, isHeld, loadScenario } from '@podwire/scenario';
import { fileReader, runScenario } from '@podwire/scenario/host';
import { median } from '../src/measure.ts';
import {
  type Outcome,
  ParameterError,
  type ParameterValues,
  type Task,
  type Workload,
} from './workload.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

export const sparseThreads: Workload = {
  name: 'sparse-threads',
  what: 'a sparse scenario on one thread per node against none: CPU time, start-up apart',
  parameters: [
    { name: 'scenario', what: 'a folder below scenarios', default: 'quickstart' },
    { name: 'pairs', what: 'pairs of runs; medians count', default: 7, smoke: 1 },
    { name: 'warm-pairs', what: 'pairs before them that do not', default: 5, min: 0, smoke: 0 },
  ],
  variants: [{}],
  rounds: 1,
  warmUps: 0,
  prepare,
};

interface Run {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly digest: string;
  readonly events: number;
}

function prepare(values: ParameterValues): Task {
  const name = values.text('scenario');
  const file = path.join(ROOT, 'scenarios', name);
  const { scenario } = loadScenario(fileReader, file, { set: new Map() });
  if (scenario === undefined) {
    throw new ParameterError(`--scenario ${name} is no good scenario`, `podwire check ${file}`);
  }
  const pairs = values.number('pairs');
  const warmPairs = values.number('warm-pairs');
  return async () => {
    const pool = prepareWorkers('node');
    assert(pool !== undefined, 'threads');
    try {
      return await comparePairs(scenario, pool, { pairs, warmPairs });
    } finally {
      await pool.destroy();
    }
  };
}

async function comparePairs(
  scenario: Scenario,
  pool: WorkerPool,
  { pairs, warmPairs }: { readonly pairs: number; readonly warmPairs: number },
): Promise<Outcome> {
  const measured: { readonly inline: Run; readonly threads: Run }[] = [];
  for (let number = -warmPairs; number < pairs; number++) {
    const inline = await runOnce(scenario, 0, undefined);
    const threads = await runOnce(scenario, 'node', pool);
    assert(inline.digest === threads.digest, 'the same run, with threads and without');
    if (number >= 0) measured.push({ inline, threads });
  }
  const [first] = measured;
  assert(first !== undefined, 'at least one pair');
  const of = (figure: (pair: (typeof measured)[number]) => number): number =>
    Math.round(median(measured.map((pair) => figure(pair))) * 100) / 100;
  return {
    work: {
      events: first.inline.events,
      inlineCpuMs: of(({ inline }) => inline.cpuMs),
      threadsCpuMs: of(({ threads }) => threads.cpuMs),
      inlineWallMs: of(({ inline }) => inline.wallMs),
      threadsWallMs: of(({ threads }) => threads.wallMs),
      cpuRatio: of(({ inline, threads }) => threads.cpuMs / inline.cpuMs),
    },
    counted: 'events',
    cpuSeconds: of(({ threads }) => threads.cpuMs) / 1000,
    wallSeconds: of(({ threads }) => threads.wallMs) / 1000,
    digest: first.inline.digest,
  };
}

async function runOnce(
  scenario: Scenario,
  workers: 0 | 'node',
  pool: WorkerPool | undefined,
): Promise<Run> {
  const result = await runScenario(scenario, { workers, ...(pool === undefined ? {} : { pool }) });
  assert(isHeld(result), 'the scenario holds');
  const { cpuMs, wallMs, digest, events } = result;
  return { cpuMs, wallMs, digest, events };
}
