/**
 * The check "kernel": random rule sets and packets, asked of the Linux kernel and of netstack.
 */
import { availableParallelism } from 'node:os';
import type { CheckOptions, CheckReport, ConformanceCheck } from '../check.ts';
import { type Case, describeProbe, hasTcp, restoreText } from './case.ts';
import { compareResults } from './compare.ts';
import { runEmulated } from './emulated-world.ts';
import { generateCase } from './generate.ts';
import { RealWorld } from './real-world.ts';
import { shrinkCase } from './shrink.ts';

const DEFAULT_CASES = 200;
/** How long a packet may take in the real world; a disagreement is asked again more patiently. */
const TIMEOUTS_MS: readonly number[] = [70, 400, 900];

export const KERNEL_CHECK: ConformanceCheck = {
  name: 'kernel',
  title: 'rule sets and packets, asked of the Linux kernel',
  commands: ['ip', 'iptables-restore', 'iptables-save', 'ping', 'sysctl'],
  needsRoot: true,
  run: runKernelCheck,
};

async function runKernelCheck(options: CheckOptions): Promise<CheckReport> {
  const count = options.cases ?? DEFAULT_CASES;
  const cases = Array.from({ length: count }, (_, index) => generateCase(options.seed + index));
  // TCP that a case left behind may speak up later: cases that count every packet have worlds of their own.
  const queues = [cases.filter((one) => hasTcp(one)), cases.filter((one) => !hasTcp(one))];
  const failures: string[] = [];
  let refused = 0;
  let probes = 0;
  const worlds: RealWorld[] = [];
  const stop = (): void => {
    for (const world of worlds) world.close();
  };
  const interrupted = (): void => {
    stop();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    const width = 2 * Math.min(Math.ceil(count / 2), Math.max(2, availableParallelism()));
    for (let index = 0; index < width; index++) worlds.push(new RealWorld(index));
    for (const world of worlds) await world.open();
    await Promise.all(
      worlds.map(async (world, index) => {
        const queue = queues[index % queues.length] ?? [];
        for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
          const outcome = await judge(world, one);
          probes += one.probes.length;
          if (outcome.isRefused) refused++;
          if (outcome.differences.length === 0) continue;
          failures.push(await explain(world, one, outcome.differences));
          options.progress(`  seed ${one.seed} disagrees\n`);
        }
      }),
    );
  } finally {
    stop();
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
  return {
    failures,
    summary: `${count} cases, ${probes} packets, ${failures.length} disagreements (seeds ${options.seed} to ${
      options.seed + count - 1
    }; ${refused} rule sets refused by both)`,
  };
}

interface Judged {
  readonly differences: readonly string[];
  readonly isRefused: boolean;
}

async function judge(world: RealWorld, one: Case): Promise<Judged> {
  const netstack = runEmulated(one, one.seed % 2 === 0 ? 'fast' : 'plain');
  let differences: string[] = [];
  for (const timeoutMs of TIMEOUTS_MS) {
    const kernel = await world.run(one, timeoutMs);
    differences = compareResults(one, kernel, netstack);
    if (differences.length === 0) return { differences, isRefused: kernel.refused !== undefined };
  }
  return { differences, isRefused: false };
}

async function explain(
  world: RealWorld,
  failing: Case,
  differences: readonly string[],
): Promise<string> {
  const smallest = await shrinkCase(
    failing,
    async (candidate) => (await judge(world, candidate)).differences.length > 0,
  );
  const last = await judge(world, smallest);
  const shown = last.differences.length === 0 ? differences : last.differences;
  return [
    `seed ${failing.seed}, smallest form found:`,
    restoreText(smallest).trimEnd(),
    ...smallest.probes.map((probe) => `# ${describeProbe(probe)}`),
    ...shown.map((line) => `  ${line}`),
  ].join('\n');
}
