/**
 * W6, dense: the service path on two threads against one, in wall time, in turn.
 *
 * Each thread has a rack of nodes; the main thread only waits. On a machine with fewer free cores than two the
 * wall time measures the machine. `cpuSpeedup` does not: the CPU time of the one thread over that of the busier of the
 * two, waiting by looking included, which is the wall ratio where both always have a core. The digests of both
 * ways must be equal.
 */
import { assert } from '@podwire/base';
import { median } from '../src/measure.ts';
import { servicePath } from './service-path.ts';
import { type Outcome, ParameterValues, type Task, type Workload } from './workload.ts';

export const twoWorkers: Workload = {
  name: 'two-workers',
  what: 'service-path on two worker threads against one: wall time',
  parameters: [
    { name: 'requests', what: 'requests of each pod', default: 400, smoke: 2 },
    { name: 'nodes', what: 'nodes in two racks', default: 10, min: 2, max: 250, smoke: 2 },
    { name: 'pods', what: 'pods of each node', default: 10, max: 250, smoke: 2 },
    { name: 'services', what: 'Services', default: 1000, max: 2700, smoke: 10 },
    { name: 'pairs', what: 'pairs of runs; medians count', default: 5, smoke: 1 },
  ],
  variants: [{}],
  rounds: 1,
  warmUps: 0,
  prepare,
};

interface Run {
  readonly outcome: Outcome;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

function prepare(values: ParameterValues): Task {
  const given = {
    requests: values.number('requests'),
    nodes: values.number('nodes'),
    pods: values.number('pods'),
    services: values.number('services'),
  };
  const pairs = values.number('pairs');
  return async () => {
    const ones: Run[] = [];
    const twos: Run[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      // The order changes, so that a machine that gets slower favours neither.
      for (const workers of pair % 2 === 0 ? [1, 2] : [2, 1]) {
        const run = await runOnce({ ...given, workers });
        (workers === 1 ? ones : twos).push(run);
      }
    }
    return compare(ones, twos);
  };
}

async function runOnce(given: Readonly<Record<string, number>>): Promise<Run> {
  const outcome = await servicePath.prepare(ParameterValues.of(servicePath, given))();
  const { wallSeconds = 0, cpuSeconds = 0 } = outcome;
  assert(wallSeconds > 0 && cpuSeconds > 0, 'the threads are measured without their building');
  return { outcome, wallSeconds, cpuSeconds };
}

function compare(ones: readonly Run[], twos: readonly Run[]): Outcome {
  const { outcome } = ones[0] ?? { outcome: undefined };
  assert(outcome !== undefined, 'at least one pair');
  for (const run of [...ones, ...twos]) {
    assert(run.outcome.digest === outcome.digest, 'the same run on one thread and on two');
  }
  const wall = (runs: readonly Run[]): number => median(runs.map((run) => run.wallSeconds));
  const cpu = (runs: readonly Run[]): number => median(runs.map((run) => run.cpuSeconds));
  const busiest = (runs: readonly Run[]): number =>
    median(runs.map((run) => Math.max(...(run.outcome.threadCpuSeconds ?? [0]))));
  const ratios = ones.map((run, pair) => run.wallSeconds / (twos[pair]?.wallSeconds ?? Infinity));
  const requests = outcome.work['requests'] ?? 0;
  return {
    work: {
      requests,
      wallRatio: hundredths(median(ratios)),
      cpuSpeedup: hundredths(busiest(ones) / busiest(twos)),
      cpuRatio: hundredths(cpu(twos) / cpu(ones)),
      requestsPerWallSecondOnOne: Math.round(requests / wall(ones)),
      requestsPerWallSecondOnTwo: Math.round(requests / wall(twos)),
    },
    counted: 'requests',
    cpuSeconds: cpu(twos),
    wallSeconds: wall(twos),
    digest: outcome.digest,
  };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
