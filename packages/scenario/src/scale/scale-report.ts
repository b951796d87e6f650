/**
 * What `podwire scale` tells: one object for programs, a table for people.
 */
import { NS_PER_SEC, formatDurationNs } from '@podwire/base';
import { type ScaleStats, quantile } from '@podwire/cluster';
import type { ScaleResult } from '../host/run-scale.ts';
import type { ProbeOutcome, ScaleOutcome, ScalePhase } from './scale-program.ts';

export interface ScaleReport {
  readonly nodes: number;
  readonly pods: number;
  readonly services: number;
  readonly provider: string;
  readonly proxy: string;
  readonly seed: string;
  readonly workers: number | 'node';
  readonly digest: string;
  readonly held: boolean;
  readonly problem?: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly virtualNs: number;
  readonly peakRssBytes: number;
  readonly events: number;
  readonly packets: number;
  readonly phases: readonly {
    readonly phase: ScalePhase;
    readonly virtualNs: number;
    readonly wallMs: number;
    readonly cpuMs: number;
    readonly heapUsedBytes: number;
  }[];
  readonly rates: {
    /** Per second of wall time, in the phase that brings them up. */
    readonly nodesPerSec: number;
    readonly podsPerSec: number;
    readonly eventsPerSec: number;
    /** Pods bound per second of virtual time. */
    readonly scheduledPerVirtualSec: number;
  };
  /** Virtual nanoseconds. */
  readonly latencies: {
    readonly podReadyP50: number;
    readonly podReadyP99: number;
    readonly podBoundP50: number;
    readonly podBoundP99: number;
    readonly ruleSyncP50: number;
    readonly ruleSyncP99: number;
    /** NetworkProgrammingLatency, of all nodes and changes of endpoints. */
    readonly programmingP50: number;
    readonly programmingP99: number;
    readonly probeP50: number;
    readonly probeP99: number;
  };
  readonly watches: { readonly events: number; readonly writes: number; readonly bytes: number };
  readonly objects: Readonly<Record<string, number>>;
  readonly memory: {
    /** Heap that a phase added; measured, and right only when garbage was collected after each phase. */
    readonly bytesPerNode: number;
    readonly bytesPerPod: number;
    readonly bytesPerService: number;
    /** The same for all services: objects, slices, and rules on all nodes. */
    readonly rulesBytes: number;
    /** Estimates: what the objects' JSON and the tracked connections come to. They are part of the figures above. */
    readonly objectsBytes: number;
    readonly conntrackEntries: number;
    readonly conntrackBytes: number;
  };
  readonly probes: {
    readonly service: ProbeCount;
    readonly pod: ProbeCount;
    readonly nodePort: ProbeCount;
    readonly problems: readonly string[];
  };
  readonly restart?: {
    readonly endpoints: number;
    readonly rolloutNs: number;
    readonly convergenceNsP50: number;
    readonly convergenceNsP99: number;
    readonly convergenceNs: number;
  };
}

export interface ProbeCount {
  readonly right: number;
  readonly wrong: number;
}

/** Heap per byte of an object's JSON, as measured for pods in the store: fields and short strings cost more than text. */
const HEAP_PER_JSON_BYTE = 1.6;
/** Heap of a tracked connection: entry, two tuples, numbers, place in the table; from a heap snapshot. */
const CONNTRACK_ENTRY_BYTES = 430;
/** Problems that are listed one by one. */
const PROBLEMS_SHOWN = 10;

export function scaleReport(result: ScaleResult): ScaleReport {
  const { plan, outcome, run, phases, workers } = result;
  const { request } = plan;
  const stats = outcome.end ?? outcome.bringUp;
  const probes = outcome.probes.map(({ latencyNs }) => latencyNs).sort(ascending);
  const wall = (phase: ScalePhase, before?: ScalePhase): number => {
    const end = phases.find((each) => each.phase === phase)?.wallMs ?? 0;
    const start = phases.find((each) => each.phase === before)?.wallMs ?? 0;
    return Math.max(end - start, 0);
  };
  const heap = (phase: ScalePhase, before?: ScalePhase): number => {
    const end = phases.find((each) => each.phase === phase)?.heapUsedBytes ?? 0;
    const start = phases.find((each) => each.phase === before)?.heapUsedBytes ?? 0;
    return Math.max(end - start, 0);
  };
  const { pods } = outcome.bringUp ?? {};
  const tracked = outcome.proxies.reduce((sum, { trackedCount }) => sum + trackedCount, 0);
  const scheduling = ((pods?.lastBoundNs ?? 0) - (pods?.firstBoundNs ?? 0)) / NS_PER_SEC;
  return {
    nodes: request.nodes,
    pods: request.pods,
    services: request.services,
    provider: request.provider,
    proxy: request.provider === 'ovn-kubernetes' ? 'no kube-proxy' : request.proxyMode,
    seed: request.seed,
    workers,
    digest: run.digest,
    held: outcome.problem === undefined,
    ...(outcome.problem === undefined ? {} : { problem: outcome.problem }),
    wallMs: Math.round(result.wallMs),
    cpuMs: Math.round(result.cpuMs),
    virtualNs: run.virtualNs,
    peakRssBytes: result.peakRssBytes,
    events: run.events,
    packets: run.packets.born,
    phases: phases.map((each) => ({
      ...each,
      wallMs: Math.round(each.wallMs),
      cpuMs: Math.round(each.cpuMs),
    })),
    rates: {
      nodesPerSec: rate(request.nodes, wall('nodes') / 1000),
      podsPerSec: rate(request.pods, wall('pods', 'nodes') / 1000),
      eventsPerSec: rate(run.events, result.wallMs / 1000),
      scheduledPerVirtualSec: rate(pods?.count ?? 0, scheduling),
    },
    latencies: {
      podReadyP50: pods?.toReadyNsP50 ?? 0,
      podReadyP99: pods?.toReadyNsP99 ?? 0,
      podBoundP50: pods?.toBoundNsP50 ?? 0,
      podBoundP99: pods?.toBoundNsP99 ?? 0,
      ruleSyncP50: run.latencies?.syncNsP50 ?? 0,
      ruleSyncP99: run.latencies?.syncNsP99 ?? 0,
      programmingP50: run.latencies?.programmingNsP50 ?? 0,
      programmingP99: run.latencies?.programmingNsP99 ?? 0,
      probeP50: quantile(probes, 50),
      probeP99: quantile(probes, 99),
    },
    watches: stats?.watches ?? { events: 0, writes: 0, bytes: 0 },
    objects: stats?.objects ?? {},
    memory: {
      bytesPerNode: Math.round(heap('nodes') / request.nodes),
      bytesPerPod: Math.round(heap('pods', 'nodes') / request.pods),
      bytesPerService: Math.round(heap('rules', 'pods') / request.services),
      rulesBytes: heap('rules', 'pods'),
      objectsBytes: Math.round(HEAP_PER_JSON_BYTE * (stats?.objectBytes ?? 0)),
      conntrackEntries: tracked,
      conntrackBytes: CONNTRACK_ENTRY_BYTES * tracked,
    },
    probes: {
      service: countProbes(outcome.probes, 'service'),
      pod: countProbes(outcome.probes, 'pod'),
      nodePort: countProbes(outcome.probes, 'node-port'),
      problems: outcome.probes
        .filter(({ problem }) => problem !== undefined)
        .slice(0, PROBLEMS_SHOWN)
        .map(({ kind, from, to, problem }) => `${kind} ${from} -> ${to}: ${problem ?? ''}`),
    },
    ...(outcome.restart === undefined
      ? {}
      : {
          restart: {
            endpoints: outcome.restart.endpoints,
            rolloutNs: outcome.restart.rolloutNs,
            convergenceNsP50: outcome.restart.convergenceNsP50,
            convergenceNsP99: outcome.restart.convergenceNsP99,
            convergenceNs: outcome.restart.convergenceNs,
          },
        }),
  };
}

function countProbes(probes: readonly ProbeOutcome[], kind: ProbeOutcome['kind']): ProbeCount {
  const asked = probes.filter((probe) => probe.kind === kind);
  const wrong = asked.filter(({ problem }) => problem !== undefined).length;
  return { right: asked.length - wrong, wrong };
}

function rate(count: number, seconds: number): number {
  return seconds > 0 ? Math.round(count / seconds) : 0;
}

function ascending(a: number, b: number): number {
  return a - b;
}

const PHASE_NAMES: Readonly<Record<ScalePhase, string>> = {
  nodes: 'nodes Ready',
  pods: 'pods Ready',
  services: 'endpoints in slices',
  rules: 'rules on every node',
  probes: 'probes answered',
  restart: 'service restarted',
};

/** A phase as it ends: what is Ready, and when. */
export function textPhase(measure: {
  readonly phase: ScalePhase;
  readonly virtualNs: number;
  readonly wallMs: number;
  readonly heapUsedBytes: number;
}): string {
  const { phase, virtualNs, wallMs, heapUsedBytes } = measure;
  const name = PHASE_NAMES[phase].padEnd(20);
  const virtual = `${(virtualNs / NS_PER_SEC).toFixed(1)} s`.padStart(10);
  const wall = `${(wallMs / 1000).toFixed(2)} s`.padStart(9);
  const heap = `${megabytes(heapUsedBytes)} MB`.padStart(9);
  return `  ${name} virtual ${virtual}   wall ${wall}   heap ${heap}\n`;
}

/** A line of the report, and the phase that must have been reached for its figures to mean something. */
type Row = readonly [name: string, text: string, from?: ScalePhase];

/** What is said at the end; of a run that ended early, what it came to know. */
export function textScale(report: ScaleReport, stats: ScaleStats | undefined): string {
  const { rates, latencies, watches, memory, probes, restart } = report;
  const ns = (value: number): string => formatDurationNs(Math.round(value / 1000) * 1000);
  const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  const probe = ({ right, wrong }: ProbeCount): string =>
    wrong === 0 ? `${right} right` : `${right} right, ${wrong} wrong`;
  const reached = new Set(report.phases.map(({ phase }) => phase));
  const heap: readonly (readonly [string, ScalePhase])[] = [
    [`; heap per node ${kilobytes(memory.bytesPerNode)} kB`, 'nodes'],
    [`, per pod ${kilobytes(memory.bytesPerPod)} kB`, 'pods'],
    [`, per service ${kilobytes(memory.bytesPerService)} kB`, 'rules'],
  ];
  const heapText = heap.map(([text, from]) => (reached.has(from) ? text : '')).join('');
  const isProbed = [probes.service, probes.pod, probes.nodePort].some(
    ({ right, wrong }) => right + wrong > 0,
  );
  const probeRows: readonly Row[] = [
    [
      'probes',
      `service ${probe(probes.service)}; pod ${probe(probes.pod)}; node port ${probe(probes.nodePort)}`,
      'probes',
    ],
    ['probe took', `p50 ${ns(latencies.probeP50)}, p99 ${ns(latencies.probeP99)}`, 'probes'],
  ];
  const rows: Row[] = [
    [
      'brought up',
      `${count(rates.nodesPerSec)} nodes/s, ${count(rates.podsPerSec)} pods/s (wall)`,
      'pods',
    ],
    ['scheduled', `${count(rates.scheduledPerVirtualSec)} pods/s (virtual)`, 'rules'],
    [
      'pod bound after',
      `p50 ${ns(latencies.podBoundP50)}, p99 ${ns(latencies.podBoundP99)}`,
      'rules',
    ],
    [
      'pod Ready after',
      `p50 ${ns(latencies.podReadyP50)}, p99 ${ns(latencies.podReadyP99)}`,
      'rules',
    ],
    ['rule sync', `p50 ${ns(latencies.ruleSyncP50)}, p99 ${ns(latencies.ruleSyncP99)}`, 'rules'],
    [
      'rules in force',
      `after an endpoint's change: p50 ${ns(latencies.programmingP50)}, p99 ${ns(latencies.programmingP99)}`,
      'rules',
    ],
    [
      'watches',
      `${count(watches.events)} events in ${count(watches.writes)} writes, ${megabytes(watches.bytes)} MB`,
      'rules',
    ],
    ...(isProbed ? probeRows : []),
    ...(restart === undefined
      ? []
      : [
          [
            'rolling restart',
            `${count(restart.endpoints)} endpoints in ${ns(restart.rolloutNs)}, rules right p50 ${ns(restart.convergenceNsP50)}, p99 ${ns(restart.convergenceNsP99)}, on the last node ${ns(restart.convergenceNs)} later`,
          ] as const,
        ]),
    ['memory', `peak ${megabytes(report.peakRssBytes)} MB${heapText}`],
    [
      'of it',
      `services and rules ${megabytes(memory.rulesBytes)} MB; about ${megabytes(memory.objectsBytes)} MB API objects, ${megabytes(memory.conntrackBytes)} MB conntrack (${count(memory.conntrackEntries)} entries)`,
      'rules',
    ],
    [
      'objects',
      Object.entries(stats?.objects ?? {})
        .sort(([, a], [, b]) => b - a)
        .slice(0, 6)
        .map(([resource, many]) => `${count(many)} ${resource}`)
        .join(', '),
      'rules',
    ],
    [
      'events',
      `${count(report.events)}, ${count(rates.eventsPerSec)}/s; packets ${count(report.packets)}`,
    ],
  ];
  const lines = rows
    .filter(([, , from]) => from === undefined || reached.has(from))
    .map(([name, text]) => `  ${name.padEnd(17)} ${text}\n`);
  for (const problem of probes.problems) lines.push(`  ✗ ${problem}\n`);
  const seconds = (report.wallMs / 1000).toFixed(2);
  const virtual = (report.virtualNs / NS_PER_SEC).toFixed(1);
  lines.push(
    report.problem === undefined
      ? `scale: held · virtual ${virtual} s · wall ${seconds} s · CPU ${(report.cpuMs / 1000).toFixed(2)} s · digest ${report.digest}\n`
      : `scale: ${report.problem} · virtual ${virtual} s · wall ${seconds} s\n`,
  );
  return lines.join('');
}

/** What a scenario's step shows: virtual times only, so that it is the same for every run. */
export function textOutcome(outcome: ScaleOutcome, startedNs: number): string {
  const { reached, probes, restart } = outcome;
  const lines: string[] = [];
  for (const [phase, atNs] of reached) {
    lines.push(`${PHASE_NAMES[phase].padEnd(20)} after ${formatDurationNs(atNs - startedNs)}`);
  }
  const kinds = probes.length === 0 ? [] : (['service', 'pod', 'node-port'] as const);
  for (const kind of kinds) {
    const { right, wrong } = countProbes(probes, kind);
    lines.push(`${`probes: ${kind}`.padEnd(20)} ${right} right, ${wrong} wrong`);
  }
  for (const { kind, from, to, problem } of probes) {
    if (problem !== undefined) lines.push(`✗ ${kind} ${from} -> ${to}: ${problem}`);
  }
  if (restart !== undefined) {
    const { endpoints, convergenceNs } = restart;
    const late = `p50 ${formatDurationNs(restart.convergenceNsP50)}, p99 ${formatDurationNs(restart.convergenceNsP99)}`;
    lines.push(
      `${'rolling restart'.padEnd(20)} ${endpoints} endpoints, nodes right after the last change: ${late}, last ${formatDurationNs(convergenceNs)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function kilobytes(bytes: number): string {
  return (bytes / 1e3).toFixed(1);
}
