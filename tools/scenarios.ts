/**
 * Runs every scenario file of the repository through the command line, once for each way to spread it
 * over worker threads and once with the plain evaluator of rule sets, and compares the run digests.
 *
 * They must be equal, and every expectation must hold. A step of tools/check.ts. One process runs all
 * files for one way, so that the start of Node is paid once; two such processes run at a time. To run one
 * scenario alone: ./podwire run scenarios/NAME
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';

interface Way {
  readonly name: string;
  readonly args: readonly string[];
}

/** `node` is one thread per emulated node; 0 runs all in the main thread. */
const WAYS: readonly Way[] = [
  ...['node', '4', '2', '1', '0'].map((workers) => ({
    name: workers,
    args: ['--workers', workers, '--evaluator', 'fast'],
  })),
  { name: 'plain', args: ['--workers', '0', '--evaluator', 'plain'] },
];

/** Scenarios that name no pod network and run under OVN-Kubernetes, too. */
const UNDER_OVN = [
  'quickstart',
  'node-failure',
  'statefulset-headless',
  'microservice1-ingress',
  'openshift-hello',
  'three-tier-request',
  'voting-app',
  'metallb-failover',
  'router-shards',
  'quiet-day',
  'broken-manifests',
].map((name) => ({
  file: `scenarios/${name}/scenario.yaml`,
  args: ['--provider', 'ovn-kubernetes'],
}));

/** Runs of shipped files with other parameters. */
const VARIANTS = [
  ...UNDER_OVN,
  {
    file: 'scenarios/node-failure/scenario.yaml',
    args: ['--set', 'grace=40', '--set', 'distribution=openshift'],
  },
  planes(
    'provider=vxlan',
    'mtu=1450',
    String.raw`node2Source=10\.244\.1\.[01]`,
    String.raw`node1Source=10\.244\.0\.[01]`,
  ),
  planes(
    'provider=ovn-kubernetes',
    'ttl=63',
    'outsideTtl=61',
    'mtu=1400',
    String.raw`node2Source=100\.64\.0\.3`,
    String.raw`node1Source=100\.64\.0\.2`,
  ),
];

function planes(...settings: readonly string[]): {
  readonly file: string;
  readonly args: readonly string[];
} {
  return {
    file: 'scenarios/same-cluster-four-planes/scenario.yaml',
    args: settings.flatMap((setting) => ['--set', setting]),
  };
}

/** Many nodes: not a thread for each of a hundred, nor every rule visited. */
const LARGE: readonly string[] = ['scenarios/scale-2000/scenario.yaml'];
const LARGE_WAYS: readonly string[] = ['4', '2', '1', '0'];

const PROCESSES_MAX = 2;
/** Far more than all scenarios need, so that only a hang reaches it. */
const TIMEOUT_MS = 500_000;

interface StepReport {
  readonly number: number;
  readonly name: string;
  readonly outcome: string;
  readonly problems: readonly string[];
  readonly output?: string;
  readonly stderr?: string;
}

interface RunReport {
  readonly file: string;
  readonly digest: string;
  readonly held: boolean;
  readonly problem?: string;
  readonly passed: number;
  readonly virtualNs: number;
  readonly wallMs: number;
  readonly steps: readonly StepReport[];
}

/** The runs of one file, by the name of the way. */
type Row = Map<string, RunReport>;

export async function runScenarios(root: string): Promise<boolean> {
  const files = globSync(['scenarios/*/*.yaml', 'scenarios/*/tutorial.md'], { cwd: root }).sort();
  if (files.length === 0) {
    console.log('there is no scenarios/*/*.yaml or scenarios/*/tutorial.md');
    return false;
  }
  const rows = new Map<string, Row>();
  const problems: string[] = [];
  const small = files.filter((file) => !LARGE.includes(file));
  const jobs = [
    ...WAYS.filter(({ name }) => LARGE_WAYS.includes(name)).map((way) => ({
      way,
      files: LARGE,
      args: [] as readonly string[],
    })),
    ...WAYS.map((way) => ({ way, files: small, args: [] as readonly string[] })),
    ...VARIANTS.flatMap(({ file, args }) =>
      WAYS.map((way) => ({ way, files: [file] as readonly string[], args })),
    ),
  ];
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { way, args } = job;
      const reports = await run(root, job.files, [...way.args, ...args], problems);
      for (const report of reports) {
        const label = [nameOf(report.file), ...args.filter((arg) => !arg.startsWith('--'))].join(
          ' ',
        );
        const row = rows.get(label) ?? new Map<string, RunReport>();
        rows.set(label, row.set(way.name, report));
      }
    }
  };
  await Promise.all(Array.from({ length: PROCESSES_MAX }, work));
  printTable(rows);
  for (const [label, row] of rows) problems.push(...problemsOf(label, row));
  for (const problem of problems) console.log(`✗ ${problem}`);
  return problems.length === 0;
}

/** The reports of all files; what kept them from coming is added to the problems. */
async function run(
  root: string,
  files: readonly string[],
  args: readonly string[],
  problems: string[],
): Promise<readonly RunReport[]> {
  const command = ['run', ...files, '--json', ...args];
  const { status, stdout, stderr } = await podwire(root, command);
  try {
    const parsed = JSON.parse(stdout) as RunReport | readonly RunReport[];
    return 'file' in parsed ? [parsed] : parsed;
  } catch {
    const tail = `${stdout.slice(-2000)}${stderr.slice(-2000)}`.trim();
    problems.push(`./podwire run … ${args.join(' ')}: exit status ${status}\n${tail}`);
    return [];
  }
}

async function podwire(
  root: string,
  args: readonly string[],
): Promise<{ status: number | string; stdout: string; stderr: string }> {
  return await new Promise((resolve) => {
    const child = spawn('./podwire', args, { cwd: root, timeout: TIMEOUT_MS });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (error) => {
      resolve({ status: 'none', stdout, stderr: error.message });
    });
    child.on('close', (code, signal) => {
      resolve({ status: code ?? signal ?? 'none', stdout, stderr });
    });
  });
}

function problemsOf(label: string, row: Row): readonly string[] {
  const problems: string[] = [];
  const digests = new Map<string, string[]>();
  for (const [way, report] of row) {
    digests.set(report.digest, [...(digests.get(report.digest) ?? []), way]);
    if (report.held) continue;
    const steps = report.steps.filter((step) => step.outcome === 'failed').map(describeStep);
    const what = [report.problem ?? [], steps].flat().join('\n');
    problems.push(`${label}, ${describeWay(way)}:\n${what}`);
  }
  if (digests.size > 1) {
    const told = [...digests].map(([digest, ways]) => `${digest} (${ways.join(', ')})`);
    problems.push(`${label}: the digests differ: ${told.join(', ')}`);
  }
  return problems;
}

function describeStep(step: StepReport): string {
  const output = `${step.output ?? ''}${step.stderr ?? ''}`.trim().replaceAll(/^/gm, '      ');
  return `    step ${step.number}, ${step.name}: ${step.problems.join('; ')}\n${output}`;
}

function describeWay(way: string): string {
  return way === 'plain' ? 'plain evaluator' : `--workers ${way}`;
}

function printTable(rows: ReadonlyMap<string, Row>): void {
  const names = WAYS.map((way) => way.name);
  const width = Math.max(...[...rows.keys()].map((label) => label.length));
  const head = names.map((name) => name.padStart(6)).join('');
  console.log('wall seconds by --workers, and with the plain evaluator (--workers 0)');
  console.log(`${'scenario'.padEnd(width)} steps  virtual s${head}  digest`);
  for (const [label, row] of [...rows].sort(([a], [b]) => a.localeCompare(b))) {
    const first = [...row.values()][0];
    const walls = names.map((name) => {
      const report = row.get(name);
      return (report === undefined ? '-' : (report.wallMs / 1000).toFixed(2)).padStart(6);
    });
    const digests = new Set([...row.values()].map((report) => report.digest));
    const steps = String(first?.steps.length ?? 0).padStart(5);
    const virtual = ((first?.virtualNs ?? 0) / 1e9).toFixed(1).padStart(10);
    const digest = [...digests].join(' ≠ ');
    console.log(`${label.padEnd(width)} ${steps} ${virtual}${walls.join('')}  ${digest}`);
  }
}

function nameOf(file: string): string {
  return file
    .replace(/^scenarios\//, '')
    .replace(/\/scenario\.yaml$/, '')
    .replace(/\.(?:yaml|md)$/, '');
}
