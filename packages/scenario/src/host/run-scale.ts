/**
 * Runs `podwire scale`: builds the world, lets the program work in it, measures phases in wall time and memory.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Workers, buildWorldSpec, withDefaults } from '@podwire/cluster';
import { type ClusterRun, type ClusterRunOptions, runCluster } from '@podwire/cluster/host';
import { type ScalePlan, scaleCluster } from '../scale/scale-plan.ts';
import { type ScaleOutcome, type ScalePhase, ScaleRun } from '../scale/scale-program.ts';

export interface PhaseMeasure {
  readonly phase: ScalePhase;
  /** From the run's start. */
  readonly virtualNs: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly heapUsedBytes: number;
}

export interface ScaleResult {
  readonly plan: ScalePlan;
  readonly workers: Workers;
  readonly outcome: ScaleOutcome;
  readonly phases: readonly PhaseMeasure[];
  /** Undefined when the run ended before its time. */
  readonly run: ClusterRun;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

export interface RunScaleOptions {
  /** Default: none, since what crosses threads costs more than a second core brings. */
  readonly workers?: Workers;
  readonly pool?: ClusterRunOptions['pool'];
  /** Collects garbage at the end of each phase, so that what a phase added can be told. */
  readonly collectsGarbage?: boolean;
  readonly signal?: AbortSignal;
  readonly onPhase?: (measure: PhaseMeasure) => void;
  readonly onProgress?: (progress: { readonly virtualNs: number; readonly events: number }) => void;
}

/** The heap is nearly full: where it was reached, so that the message can say what to lower. */
export class OutOfMemory extends Error {
  override readonly name = 'OutOfMemory';
  readonly limitBytes: number;
  /** What was in use when the run gave up. */
  readonly usedBytes: number;
  readonly virtualNs: number;
  readonly phases: readonly PhaseMeasure[];

  constructor(watch: HeapWatch, virtualNs: number, phases: readonly PhaseMeasure[]) {
    super('the heap is nearly full');
    this.limitBytes = watch.limitBytes;
    this.usedBytes = watch.usedBytes;
    this.virtualNs = virtualNs;
    this.phases = phases;
  }
}

/** The switch's line to the control plane and the nodes' links in a machine room of that size, bytes per second. */
const CONTROL_PLANE_RATE = 12_500_000_000;
const NODE_RATE = 3_125_000_000;
const QUEUE_BYTES = 64_000_000;
/** 16 hardware queues, each with the memory limit of fq_codel (32 MB): a host does not drop its own TCP data. */
const CONTROL_PLANE_QUEUE_BYTES = 16 * 32_000_000;

export async function runScale(
  plan: ScalePlan,
  options: RunScaleOptions = {},
): Promise<ScaleResult> {
  const startMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage(cpuBefore);
    return (user + system) / 1000;
  };
  const { request } = plan;
  const workers = options.workers ?? 0;
  const spec = buildWorldSpec({
    seed: request.seed,
    cluster: withDefaults(scaleCluster(request)).cluster,
    // Without it N nodes that look for each other make N² deliveries; fabrics of that size have it.
    arpSuppression: true,
    link: { rateBytesPerSec: NODE_RATE, queueBytes: QUEUE_BYTES },
    links: new Map([
      [
        'control-plane',
        { rateBytesPerSec: CONTROL_PLANE_RATE, queueBytes: CONTROL_PLANE_QUEUE_BYTES },
      ],
    ]),
  });
  const phases: PhaseMeasure[] = [];
  const program = new ScaleRun(plan, {
    phase: (phase, virtualNs) => {
      const measure = {
        phase,
        virtualNs,
        wallMs: performance.now() - startMs,
        cpuMs: cpuMs(),
        heapUsedBytes: heapUsed(options.collectsGarbage === true),
      };
      phases.push(measure);
      options.onPhase?.(measure);
    },
  });
  const watch = new HeapWatch(options.signal);
  const run = await runCluster({
    spec,
    workers,
    pool: options.pool,
    program: program.program,
    signal: watch.signal,
    wantsLatencies: true,
    onProgress: (progress) => {
      watch.look();
      options.onProgress?.(progress);
    },
  });
  if (watch.isFull) throw new OutOfMemory(watch, run.virtualNs, phases);
  return {
    plan,
    workers,
    outcome: program.outcome,
    phases,
    run,
    wallMs: performance.now() - startMs,
    cpuMs: cpuMs(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function heapUsed(collects: boolean): number {
  if (collects) {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
  }
  return process.memoryUsage().heapUsed;
}

/** V8 counts its young generation into the limit that it tells: three semi-spaces, of 64 MiB when nobody says more. */
const YOUNG_BYTES = 3 * semiSpaceMebibytes() * 1_048_576;
/** A run gives up when less than that is left, before V8 ends the process: of the limit, and at least. */
const ROOM_SHARE = 0.05;
const ROOM_BYTES_MIN = 16_000_000;

function semiSpaceMebibytes(): number {
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  const given = /--max[-_]semi[-_]space[-_]size=(\d+)/.exec(flags);
  return given === null ? 64 : Number(given[1]);
}

/**
 * Aborts a run whose heap is nearly full.
 *
 * What is in use may be garbage for the most part, since V8 lets it grow up to the limit: so garbage is collected before
 * a run is given up, and again when half of the room that was left then is gone.
 */
class HeapWatch {
  readonly #controller = new AbortController();
  readonly limitBytes: number = getHeapStatistics().heap_size_limit - YOUNG_BYTES;
  usedBytes = 0;
  #lookAtBytes: number = this.limitBytes / 2;
  isFull = false;

  constructor(outer: AbortSignal | undefined) {
    outer?.addEventListener('abort', () => {
      this.#controller.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  look(): void {
    if (this.isFull || getHeapStatistics().used_heap_size < this.#lookAtBytes) return;
    this.usedBytes = heapUsed(true);
    const roomBytes = this.limitBytes - this.usedBytes;
    this.#lookAtBytes = this.usedBytes + roomBytes / 2;
    if (roomBytes > Math.max(ROOM_BYTES_MIN, ROOM_SHARE * this.limitBytes)) return;
    this.isFull = true;
    this.#controller.abort();
  }
}
