/**
 * `podwire bench`: runs one workload and prints one line of JSON.
 *
 * From: packages/cli/src/commands/bench.ts, with what stands behind `podwire bench`.
 */
import { parseArgs } from 'node:util';
import { suggest } from '@podwire/base';
import { WORKLOADS } from '../workloads/index.ts';
import { forwardingCommand } from '../forwarding/command.ts';
import {
  type Parameter,
  ParameterError,
  ParameterValues,
  type Workload,
} from '../workloads/workload.ts';
import { runWorkload } from './run-workload.ts';

const EXIT_USAGE = 2;
const NUMBER_MAX = 1_000_000_000;
const REFERENCE_TURNS = 5_000_000;

/** The parameters of every run, beside the workload's own. */
const COMMON: readonly Parameter[] = [
  { name: 'rounds', what: 'rounds that count; medians are told', default: 0, min: 1 },
  {
    name: 'warm-ups',
    what: 'rounds before them that do not, for 1.5 CPU seconds; 0: none',
    default: 0,
    min: 0,
  },
];

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [verb, name, ...rest] = args;
  const isHelp = args.some((arg) => arg === '--help' || arg === '-h');
  try {
    if (
      verb === undefined ||
      (verb !== 'forwarding' && isHelp && name?.startsWith('-') !== false)
    ) {
      process.stdout.write(help());
      return verb === undefined ? EXIT_USAGE : 0;
    }
    if (verb === 'forwarding') {
      await forwardingCommand(args.slice(1));
      return 0;
    }
    if (verb !== 'workload') throw unknownName('bench command', verb, ['workload', 'forwarding']);
    if (name === undefined)
      throw new ParameterError('no workload is named', `one of ${names()}`, 'PW4101');
    const workload = WORKLOADS.find((each) => each.name === name);
    if (workload === undefined)
      throw unknownName(
        'workload',
        name,
        WORKLOADS.map((w) => w.name),
      );
    if (isHelp) {
      process.stdout.write(helpOf(workload));
      return 0;
    }
    const values = readParameters(workload, rest);
    const result = await runWorkload(workload, values.own, {
      ...values,
      referenceTurns: REFERENCE_TURNS,
    });
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    process.stderr.write(`podwire: error ${error.code}: ${error.message}\n  hint: ${error.hint}\n`);
    return EXIT_USAGE;
  }
}

interface RunParameters {
  readonly own: ParameterValues;
  readonly rounds: number;
  readonly warmUps: number;
}

function readParameters(workload: Workload, args: readonly string[]): RunParameters {
  const known = [...workload.parameters, ...COMMON];
  const options = Object.fromEntries(known.map(({ name }) => [name, { type: 'string' as const }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const given = new Map<string, number | string>();
  for (const token of tokens) {
    if (token.kind !== 'option') {
      const text = token.kind === 'positional' ? token.value : '--';
      throw new ParameterError(
        `${text} is not a parameter`,
        `podwire bench workload ${workload.name} --help`,
        'PW4101',
      );
    }
    const parameter = known.find((each) => each.name === token.name);
    if (parameter === undefined) {
      throw unknownName(
        `parameter of ${workload.name}`,
        token.rawName,
        known.map((p) => `--${p.name}`),
      );
    }
    given.set(parameter.name, readValue(parameter, token.value));
  }
  return {
    own: ParameterValues.of(workload, Object.fromEntries(given)),
    rounds: Number(given.get('rounds') ?? workload.rounds),
    warmUps: Number(given.get('warm-ups') ?? workload.warmUps),
  };
}

function readValue(parameter: Parameter, text: string | undefined): number | string {
  const { name, min = 1, max = NUMBER_MAX } = parameter;
  if (text === undefined || text === '')
    throw new ParameterError(`--${name} wants a value`, parameter.what);
  const { choices } = parameter;
  if (choices?.includes(text) === false) {
    const near = suggest(text, choices);
    const hint = near === undefined ? parameter.what : `did you mean ${near}?`;
    throw new ParameterError(`--${name} ${text} is not one of ${choices.join(', ')}`, hint);
  }
  if (typeof parameter.default === 'string') return text;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ParameterError(
      `--${name} ${text} is not a whole number from ${min} to ${max}`,
      parameter.what,
    );
  }
  return value;
}

function unknownName(kind: string, name: string, known: readonly string[]): ParameterError {
  const near = suggest(name, known);
  const hint = near === undefined ? `one of ${known.join(', ')}` : `did you mean ${near}?`;
  return new ParameterError(`there is no ${kind} ${name}`, hint, 'PW4101');
}

function names(): string {
  return WORKLOADS.map((workload) => workload.name).join(', ');
}

function help(): string {
  const lines = WORKLOADS.flatMap((workload) => [
    `  ${workload.name.padEnd(19)}${workload.what}`,
    ...workload.parameters.map((each) => `    ${parameterText(each)}`),
  ]);
  return `Usage: podwire bench workload <name> [--parameter value ...]
       podwire bench forwarding [options]

Runs a workload and prints one line of JSON: what was done, CPU and wall time, rate, memory, digest.

Workloads and their parameters:
${lines.join('\n')}

Of each:
${COMMON.map((each) => `    ${parameterText(each)}`).join('\n')}

Examples:
  podwire bench workload udp-star --hosts 512
  podwire bench workload event-queue --pending 100000 --rounds 5
`;
}

function helpOf(workload: Workload): string {
  const lines = [...workload.parameters, ...COMMON].map((each) => `  ${parameterText(each)}`);
  return `Usage: podwire bench workload ${workload.name} [--parameter value ...]\n\n${workload.what}\n\n${lines.join('\n')}\n`;
}

function parameterText({ name, what, default: usual }: Parameter): string {
  const suffix = usual === 0 ? '' : ` (${usual})`;
  return `${`--${name}`.padEnd(17)}${what}${suffix}`;
}
