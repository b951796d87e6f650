/**
 * The commands and flags of podwire, as commander reads them.
 *
 * What a command needs is imported when it runs: `--help` and `--version` stay fast.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationNs } from '@podwire/base';
import type { Provider } from '@podwire/cluster';
import manifest from '../package.json' with { type: 'json' };
import { hasColours } from './terminal.ts';

export interface RunFlags {
  readonly json?: boolean;
  readonly junit?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly seed?: string;
  readonly provider?: Provider;
  readonly workers?: number | 'node';
  readonly until?: number;
  readonly set: ReadonlyMap<string, string>;
  readonly pcap?: string;
  readonly trace?: string;
  readonly strict?: boolean;
  readonly evaluator?: 'plain' | 'fast';
}

export interface ScaleFlags {
  readonly nodes: number;
  readonly pods: number;
  readonly services?: number;
  readonly endpoints?: number;
  readonly provider: string;
  readonly proxy: string;
  readonly probes: number;
  readonly seed: string;
  readonly workers?: number | 'node';
  readonly memory?: boolean;
  readonly json?: boolean;
}

export interface CheckFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly set: ReadonlyMap<string, string>;
  readonly strict?: boolean;
}

const WORKERS_MAX = 64;

export async function buildProgram(
  argv: readonly string[],
  setStatus: (code: number) => void,
): Promise<Command> {
  const program = new Command('podwire')
    .description('Emulates the network of Kubernetes and OpenShift clusters, packet by packet.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        write(usageError(text));
      },
      getOutHasColors: () => hasColours(process.stdout),
      getErrHasColors: () => hasColours(process.stderr),
    });
  addRun(program, setStatus);
  addCheck(program, setStatus);
  addScale(program, setStatus);
  addSchema(program);
  addBench(program, setStatus);
  await addCompletion(program, argv);
  program.helpCommand('help [command]', 'show help of a command').addHelpText(
    'after',
    `
Examples:
  podwire run scenarios/quickstart
  podwire check scenarios/*
  podwire help run

Exit status: 0 all expectations held, 1 an expectation failed, 2 bad input, 70 podwire's own fault.`,
  );
  return program;
}

function addRun(program: Command, setStatus: (code: number) => void): void {
  program
    .command('run')
    .description('run scenarios, one after the other')
    .argument('<file...>', 'scenario files, or folders with a scenario.yaml')
    .option('--json', 'print one JSON object instead of text (a list when there are several)')
    .option('--junit <file>', 'write a JUnit report')
    .option('-q, --quiet', 'print only what failed, and the summary')
    .option('-v, --verbose', 'print outputs whole, and every repetition')
    .option('--seed <seed>', "override the scenario's seed")
    .addOption(
      new Option('--provider <name>', 'pod network where the scenario names none').choices([
        'bridge',
        'vxlan',
        'ovn-kubernetes',
      ]),
    )
    .option(
      '--workers <n|node>',
      'worker threads; 0: none; node: one per emulated node',
      parseWorkers,
    )
    .option('--until <duration>', 'end at this virtual time', parseUntil)
    .addOption(setOption())
    .option(
      '--pcap <file[:interfaces]>',
      'capture into a pcapng file; interfaces as node-1/eth0,pod default/web/eth0',
    )
    .option(
      '--trace <step>',
      "print the walks of a step's packets; a number from 1, or the step's name",
    )
    .option(
      '--strict',
      'unknown kinds and fields of manifests are errors; outputs must be those that a Markdown document shows',
    )
    .addOption(
      new Option(
        '--evaluator <kind>',
        'how rule sets are walked; the answers are the same',
      ).choices(['plain', 'fast']),
    )
    .addHelpText(
      'after',
      `
Examples:
  podwire run scenarios/quickstart
  podwire run scenarios/quickstart --trace 2
  podwire run scenarios/quickstart --pcap walk.pcapng:node-1/eth0,node-2/eth0
  podwire run scenarios/docker0-overlap --set provider=none --json`,
    )
    .action(async (files: string[], flags: RunFlags) => {
      const { startRun } = await import('./commands/start-run.ts');
      setStatus(await startRun(files, flags));
    });
}

function addCheck(program: Command, setStatus: (code: number) => void): void {
  program
    .command('check')
    .description('judge scenarios and their manifests without running them')
    .argument('<file...>', 'scenario files, folders with a scenario.yaml, or manifests')
    .option('--json', 'print the diagnostics as one JSON object')
    .option('-q, --quiet', 'print only problems')
    .addOption(setOption())
    .option('--strict', 'unknown kinds and fields of manifests are errors')
    .addHelpText(
      'after',
      `
Examples:
  podwire check scenarios/quickstart
  podwire check --strict scenarios/quickstart/manifests/web.yaml`,
    )
    .action(async (files: string[], flags: CheckFlags) => {
      const { checkCommand } = await import('./commands/check.ts');
      setStatus(checkCommand(files, flags));
    });
}

function addScale(program: Command, setStatus: (code: number) => void): void {
  program
    .command('scale')
    .description('bring a large cluster up, probe it, restart a service; tell rates and latencies')
    .option('--nodes <n>', 'nodes', parseCount, 10)
    .option('--pods <n>', 'pods, of which up to 110 fit on a node', parseCount, 1000)
    .option('--services <n>', 'services (default: a tenth of the pods)', parseCount)
    .option(
      '--endpoints <n>',
      'endpoints per service (default: all pods are shared out)',
      parseCount,
    )
    .addOption(
      new Option('--provider <name>', 'pod network')
        .choices(['bridge', 'vxlan', 'ovn-kubernetes'])
        .default('vxlan'),
    )
    .addOption(
      new Option('--proxy <mode>', 'mode of kube-proxy').choices(['iptables']).default('iptables'),
    )
    .option('--probes <n>', 'requests between pods, services and from outside', parseCount, 1000)
    .option('--seed <seed>', 'seed of all that is random', '1')
    .option(
      '--workers <n|node>',
      'worker threads; 0: none; node: one per emulated node',
      parseWorkers,
    )
    .option('--memory', 'collect garbage after each phase, so that memory by part is right')
    .option('--json', 'print one JSON object instead of text')
    .addHelpText(
      'after',
      `
Examples:
  podwire scale --nodes 10 --pods 1000 --services 100
  podwire scale --nodes 5000 --pods 150000 --services 10000 --json`,
    )
    .action(async (flags: ScaleFlags) => {
      const { resolveOwnFiles } = await import('@podwire/engine/host');
      resolveOwnFiles();
      const { scaleCommand } = await import('./commands/scale.ts');
      setStatus(await scaleCommand(flags));
    });
}

function addSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON schema of scenario files, for editors')
    .addHelpText(
      'after',
      `
Example:
  podwire schema > scenario.schema.json

and as the first line of a scenario:
  # yaml-language-server: $schema=scenario.schema.json`,
    )
    .action(async () => {
      const { SCENARIO_SCHEMA } = await import('@podwire/scenario');
      process.stdout.write(`${JSON.stringify(SCENARIO_SCHEMA, undefined, 2)}\n`);
    });
}

/** The benchmarks know their own workloads and parameters, so all arguments go on to them. */
function addBench(program: Command, setStatus: (code: number) => void): void {
  program
    .command('bench')
    .description('run a benchmark from a checkout of the sources')
    .argument('[args...]', 'workload NAME and its parameters')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (args: string[]) => {
      const { benchCommand } = await import('./commands/bench.ts');
      setStatus(benchCommand(args));
    });
}

/** The completer walks the whole program, so it comes last; it is loaded only to complete. */
async function addCompletion(program: Command, argv: readonly string[]): Promise<void> {
  if (argv[0] === 'completion' || argv[0] === 'complete') {
    const { default: tab } = await import('@bomb.sh/tab/commander');
    tab(program, { completionCommandName: 'completion' });
    return;
  }
  program
    .command('completion')
    .description('print a completion script for a shell')
    .argument('<shell>', 'bash, zsh, fish or powershell')
    .addHelpText(
      'after',
      `
Example, in ~/.bashrc:
  source <(podwire completion bash)`,
    );
}

function setOption(): Option {
  return new Option('--set <name=value>', 'override a parameter of the scenario; may be repeated')
    .default(new Map<string, string>(), 'none')
    .argParser((text: string, before: ReadonlyMap<string, string>) => {
      const at = text.indexOf('=');
      if (at < 1) throw new InvalidArgumentError('It must be name=value.');
      return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
    });
}

function parseWorkers(text: string): number | 'node' {
  if (text === 'node') return 'node';
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > WORKERS_MAX) {
    throw new InvalidArgumentError(`It must be a number from 0 to ${WORKERS_MAX}, or node.`);
  }
  return count;
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function parseUntil(text: string): number {
  const ns = parseDurationNs(text);
  if (ns === undefined) throw new InvalidArgumentError('It must be a duration such as 90s or 5m.');
  return ns;
}

/** commander's `error: …` and `(Did you mean …?)` as a diagnostic. */
function usageError(text: string): string {
  const lines = text.trim().split('\n');
  const message = (lines[0] ?? '').replace(/^error: /, '');
  const code = /argument .* is invalid/.test(message) ? 'PW4102' : 'PW4101';
  const near = /^\(Did you mean (.*)\?\)$/.exec(lines[1] ?? '')?.[1];
  const hint =
    near === undefined ? 'podwire --help lists commands and flags' : `did you mean ${near}?`;
  return `podwire: error ${code}: ${message}\n  hint: ${hint}\n`;
}
