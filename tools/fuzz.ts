/**
 * Random clusters, manifests, faults and traffic, held against what must always be true:
 *
 *   node tools/fuzz.ts [SEED] [--count N] [--workers 0,2,node] [--provider NAME] [--actions N] [--plain] [--verbose]
 *
 * Every packet ends once; pod addresses are unique and given back; connections have flows; the API's
 * objects agree with each other and services serve once faults are over; digests are the same for any
 * number of threads. Without a seed one is drawn and printed. With --count, SEED/1, SEED/2, … follow.
 * --provider takes the place of the pod network that the seed draws. --actions plays the first N actions of a plan only, to find the one that matters.
 *
 * Exit status: 0 all held, 1 something did not (the seed is printed), 2 bad arguments.
 */
import { parseArgs } from 'node:util';
import type { Provider, Workers } from '../packages/cluster/src/index.ts';
import { type SeedResult, runSeed } from './fuzz/run-seed.ts';

const DEFAULT_WORKERS = '0,2';
const PROVIDERS: readonly Provider[] = ['bridge', 'vxlan', 'ovn-kubernetes', 'none'];

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '1' },
      workers: { type: 'string', default: DEFAULT_WORKERS },
      actions: { type: 'string' },
      provider: { type: 'string' },
      plain: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const base = positionals[0] ?? String(Math.floor(Math.random() * 1e9));
  const count = Number(values.count);
  const actionCountMax = values.actions === undefined ? Infinity : Number(values.actions);
  const workers = values.workers.split(',').map(parseWorkers);
  if (
    !Number.isSafeInteger(count) ||
    count < 1 ||
    Number.isNaN(actionCountMax) ||
    workers.includes(undefined)
  ) {
    process.stderr.write(
      'fuzz: --count and --actions take numbers, --workers a list as 0,2,node\n',
    );
    return 2;
  }
  const provider = PROVIDERS.find((name) => name === values.provider);
  if (values.provider !== undefined && provider === undefined) {
    process.stderr.write(`fuzz: --provider takes one of ${PROVIDERS.join(', ')}\n`);
    return 2;
  }
  let worst = 0;
  for (let index = 0; index < count; index++) {
    const seed = count === 1 ? base : `${base}/${index + 1}`;
    const startMs = performance.now();
    const result = await runSeed(seed, {
      workers: workers.filter((one) => one !== undefined),
      actionCountMax,
      ...(provider === undefined ? {} : { provider }),
      hasPlainRun: values.plain,
    });
    if (values.verbose) process.stdout.write(`${result.lines.join('\n')}\n`);
    process.stdout.write(`${formatResult(seed, result, performance.now() - startMs)}\n`);
    if (result.problems.length > 0) worst = 1;
  }
  return worst;
}

/** One line, and what was wrong below it with the way to see it again. */
export function formatResult(seed: string, result: SeedResult, wallMs: number): string {
  const { plan, problems, packets, events, virtualNs } = result;
  const mark = problems.length === 0 ? '✓' : '✗';
  const { provider, dnsReplicas } = plan.config;
  const head =
    `${mark} seed ${seed}: ${plan.nodes.length} nodes, ${String(provider)}, ${String(dnsReplicas)} DNS, ` +
    `${plan.actions.length} actions, ${Math.round(virtualNs / 1e9)} s virtual, ${packets} packets, ` +
    `${events} events, ${(wallMs / 1000).toFixed(1)} s`;
  if (problems.length === 0) return head;
  const list = problems.map((problem) => `  - ${problem}`).join('\n');
  const again = `node tools/fuzz.ts ${seed} --provider ${String(provider)} --verbose`;
  return `${head}\n${list}\n  again: ${again}`;
}

function parseWorkers(text: string): Workers | undefined {
  if (text === 'node') return 'node';
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= 0 && number <= 64 ? number : undefined;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
