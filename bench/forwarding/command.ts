/**
 * `podwire bench forwarding`: reads its options, runs each size on each plane, prints.
 */
import { parseArgs } from 'node:util';
import { suggest } from '@podwire/base';
import { ParameterError } from '../workloads/workload.ts';
import { type ForwardingResult, TRACES_MAX, runForwarding } from './forwarding.ts';
import { PLANES, type Plane, planeOf } from './planes.ts';
import { formatCsv, formatTable } from './report.ts';

const SERVICES_MAX = 10_000;
const ENDPOINTS_MAX = 100;

const HELP = `Usage: podwire bench forwarding [options]

Compares data planes on the same input: a pod connects to Services of pods on another node. Times are virtual and follow
from the costs of the stages.

Options:
  --services N,N,…   numbers of Services (100,1000,5000)
  --planes NAME,…    ${PLANES.map(({ name }) => name).join(',')}
  --endpoints N      endpoints of each Service (4)
  --probes N         Services that are connected to, spread over all (16)
  --seed TEXT        (1)
  --json             print one JSON object per line, times in nanoseconds
  --csv              print comma-separated values, times in nanoseconds

Planes:
${PLANES.map(({ name, what }) => `  ${name.padEnd(17)}  ${what}`).join('\n')}

Columns: the first packet of a connection and the rules or flows that were looked at for it; the same of a packet of the
established connection; the first packet to a pod's own address; rules or flows on the client's node, how many one more
Service adds, and how long after it was made they are in force.
`;

export async function forwardingCommand(args: readonly string[]): Promise<void> {
  const values = readOptions(args);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const results: ForwardingResult[] = [];
  for (const services of values.services) {
    for (const plane of values.planes) {
      const { endpoints, probes, seed } = values;
      const result = await runForwarding({ plane, services, endpoints, probes, seed });
      if (values.format === 'json') process.stdout.write(`${JSON.stringify(result)}\n`);
      results.push(result);
    }
  }
  if (values.format === 'csv') process.stdout.write(`${formatCsv(results)}\n`);
  if (values.format === 'table') process.stdout.write(`${formatTable(results)}\n`);
}

interface Options {
  readonly help: boolean;
  readonly services: readonly number[];
  readonly planes: readonly Plane[];
  readonly endpoints: number;
  readonly probes: number;
  readonly seed: string;
  readonly format: 'table' | 'json' | 'csv';
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const [extra] = positionals;
  if (extra !== undefined) {
    throw new ParameterError(
      `${extra} is not an option`,
      'podwire bench forwarding --help',
      'PW4101',
    );
  }
  if (values.json === true && values.csv === true) {
    throw new ParameterError('--json and --csv exclude each other', 'leave one of them out');
  }
  return {
    help: values.help === true,
    services: listOf(values.services ?? '100,1000,5000').map((text) =>
      numberOf('--services', text, SERVICES_MAX),
    ),
    planes: listOf(values.planes ?? PLANES.map(({ name }) => name).join(',')).map(readPlane),
    endpoints: numberOf('--endpoints', values.endpoints ?? '4', ENDPOINTS_MAX),
    probes: numberOf('--probes', values.probes ?? '16', TRACES_MAX),
    seed: values.seed ?? '1',
    format: values.json === true ? 'json' : values.csv === true ? 'csv' : 'table',
  };
}

function parsed(args: readonly string[]): ReturnType<typeof parseForwarding> {
  try {
    return parseForwarding(args);
  } catch (error) {
    const [message = ''] = (error as Error).message.split('. ');
    throw new ParameterError(message, 'podwire bench forwarding --help', 'PW4101');
  }
}

function parseForwarding(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      services: text,
      planes: text,
      endpoints: text,
      probes: text,
      seed: text,
      json: flag,
      csv: flag,
      help: { ...flag, short: 'h' },
    },
  });
}

function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function numberOf(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new ParameterError(
    `${flag} ${text} is not a whole number from 1 to ${max}`,
    'podwire bench forwarding --help',
  );
}

function readPlane(name: string): Plane {
  const plane = planeOf(name);
  if (plane !== undefined) return plane;
  const names = PLANES.map((each) => each.name);
  const near = suggest(name, names);
  const hint = near === undefined ? `one of ${names.join(', ')}` : `did you mean ${near}?`;
  throw new ParameterError(`there is no plane ${name}`, hint);
}
