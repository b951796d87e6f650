/**
 * Growth: `podwire scale` at growing numbers of pods, and the exponents of time and memory: 1 is linear.
 *
 * Each size is a process of its own. Nodes and Services grow with the pods, as in a real cluster at its
 * published limits: 30 pods per node, 15 pods per Service. Time is that up to the last node's rules; the
 * probes after that are as many for every size.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import {
  type Outcome,
  ParameterError,
  type ParameterValues,
  type Task,
  type Workload,
} from './workload.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const PODS_PER_NODE = 30;
const PODS_PER_SERVICE = 15;

export const growth: Workload = {
  name: 'growth',
  what: 'podwire scale at growing numbers of pods: exponents of wall time and memory',
  parameters: [
    {
      name: 'pods',
      what: 'numbers of pods, with commas',
      default: '1000,3000,10000,30000,100000',
      smoke: '60,120',
    },
    {
      name: 'provider',
      what: 'pod network',
      default: 'vxlan',
      choices: ['bridge', 'vxlan', 'ovn-kubernetes'],
    },
    { name: 'proxy', what: 'mode of kube-proxy', default: 'iptables', choices: ['iptables'] },
    { name: 'workers', what: 'worker threads', default: 0, min: 0, max: 64 },
  ],
  variants: [{ pods: '1000,3000,10000' }],
  rounds: 1,
  warmUps: 0,
  prepare,
};

/** The phase whose end is measured. */
const LAST_PHASE = 'rules';
/** The largest sizes need more than a process is given by itself. */
const HEAP_MB = 16_384;

interface Size {
  readonly pods: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
  readonly digest: string;
}

/** What is read of the JSON of `podwire scale`. */
interface ScaleReport {
  readonly digest: string;
  readonly peakRssBytes: number;
  /** Times since the start. */
  readonly phases: readonly {
    readonly phase: string;
    readonly wallMs: number;
    readonly cpuMs: number;
  }[];
}

function prepare(values: ParameterValues): Task {
  const counts = values.text('pods').split(',').map(Number);
  if (counts.length < 2 || counts.some((count) => !Number.isSafeInteger(count) || count < 1)) {
    throw new ParameterError('--pods wants at least two numbers', 'such as 1000,3000,10000');
  }
  return (): Outcome => {
    const sizes = counts.map((pods) => runScale(pods, values));
    const figures = sizes.flatMap(({ pods, wallMs, cpuMs, peakRssBytes }) => [
      [`cpuMs${pods}`, Math.round(cpuMs)] as const,
      [`wallMs${pods}`, Math.round(wallMs)] as const,
      [`peakMb${pods}`, Math.round(peakRssBytes / 1e6)] as const,
    ]);
    return {
      work: {
        pods: counts.reduce((sum, count) => sum + count, 0),
        wallExponent: exponent(sizes.map(({ pods, wallMs }) => [pods, wallMs])),
        cpuExponent: exponent(sizes.map(({ pods, cpuMs }) => [pods, cpuMs])),
        memoryExponent: exponent(sizes.map(({ pods, peakRssBytes }) => [pods, peakRssBytes])),
        ...Object.fromEntries(figures),
      },
      counted: 'pods',
      cpuSeconds: sizes.reduce((sum, size) => sum + size.cpuMs, 0) / 1000,
      peakRssBytes: Math.max(...sizes.map((size) => size.peakRssBytes)),
      digest: sizes.map((size) => size.digest).join('-'),
    };
  };
}

function runScale(pods: number, values: ParameterValues): Size {
  const options = {
    nodes: Math.ceil(pods / PODS_PER_NODE),
    pods,
    services: Math.ceil(pods / PODS_PER_SERVICE),
    provider: values.text('provider'),
    proxy: values.text('proxy'),
    workers: values.number('workers'),
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const main = path.join(ROOT, 'packages', 'cli', 'src', 'main.ts');
  const args = [`--max-old-space-size=${HEAP_MB}`, '--disable-warning=ExperimentalWarning'];
  const done = spawnSync(process.execPath, [...args, main, 'scale', ...words, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (done.status !== 0) throw new Error(`podwire scale ${words.join(' ')}: ${done.stderr}`);
  const { phases, peakRssBytes, digest } = JSON.parse(done.stdout) as ScaleReport;
  const ready = phases.find(({ phase }) => phase === LAST_PHASE);
  if (ready === undefined)
    throw new Error(`podwire scale does not tell of the phase ${LAST_PHASE}`);
  const { wallMs, cpuMs } = ready;
  process.stderr.write(
    `growth: ${pods} pods in ${seconds(wallMs)} s (${seconds(cpuMs)} CPU s), ` +
      `${Math.round(peakRssBytes / 1e6)} MB\n`,
  );
  return { pods, wallMs, cpuMs, peakRssBytes, digest };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

/** Slope of the least-squares line through the logarithms. */
export function exponent(points: readonly (readonly [size: number, value: number])[]): number {
  const logs = points.map(([size, value]) => [Math.log(size), Math.log(value)] as const);
  const mean = (index: 0 | 1): number =>
    logs.reduce((sum, point) => sum + point[index], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const above = logs.reduce((sum, [size, value]) => sum + (size - x) * (value - y), 0);
  const below = logs.reduce((sum, [size]) => sum + (size - x) ** 2, 0);
  return Math.round((above / below) * 1000) / 1000;
}
