/**
 * Runs a world: places its actors on threads, lets the operator's program work, gathers what came out.
 */
import type { LinkDeclaration, ShardStats } from '@podwire/engine';
import { type Progress, type RunEnd, type WorkerPool, runWorld } from '@podwire/engine/host';
import { type PacketEnd, type Step, mergeSteps } from '@podwire/trace';
import { declareLink } from '@podwire/underlay';
import type { CapturedFrame } from '../capture.ts';
import type { HostInventory } from '../inventory.ts';
import { type Workers, placeActors } from '../placement.ts';
import type { CollectedShard, OperatorProgram } from '../world.ts';
import { CONTROL_DELAY_NS, OPERATOR, type WorldSpec } from '../world-spec.ts';

export interface ClusterRunOptions {
  readonly spec: WorldSpec;
  readonly workers: Workers;
  /** Of `prepareWorkers`, or of a run before this one. */
  readonly pool?: WorkerPool | undefined;
  /** Starts the operator's program; called while the world is built. */
  readonly program: OperatorProgram;
  readonly untilNs?: number;
  readonly signal?: AbortSignal;
  /** Encodes messages inside a thread too: what hosts share by mistake changes the digest. */
  readonly encodeAlways?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly wantsLatencies?: boolean;
}

/** Nanoseconds of virtual time. */
export interface ProxyQuantiles {
  readonly syncNsP50: number;
  readonly syncNsP99: number;
  readonly programmingNsP50: number;
  readonly programmingNsP99: number;
}

export interface ClusterRun {
  readonly end: RunEnd;
  readonly digest: string;
  readonly events: number;
  readonly virtualNs: number;
  readonly shards: readonly ShardStats[];
  readonly steps: readonly Step[];
  /** Ordered by time. */
  readonly frames: readonly CapturedFrame[];
  readonly packets: {
    readonly born: number;
    /** In events, on links and in queues when the run stopped: born = ended + under way. */
    readonly underWay: number;
    readonly ends: ReadonlyMap<PacketEnd, number>;
  };
  readonly notices: readonly string[];
  /** Of the proxies of all nodes; undefined unless asked for. */
  readonly latencies: ProxyQuantiles | undefined;
  /** Of every machine, by name; empty unless the world's spec asks for it. */
  readonly inventory: readonly HostInventory[];
}

export async function runCluster(options: ClusterRunOptions): Promise<ClusterRun> {
  const { spec, workers, pool, program, untilNs, signal, encodeAlways, onProgress } = options;
  const placement = placeActors(spec, workers);
  const result = await runWorld({
    moduleUrl: new URL('./node-worker.ts', import.meta.url).href,
    loadMain: () => import('./main-shard.ts'),
    spec,
    seed: spec.seed,
    actors: spec.actors.map((actor, id) => ({
      id,
      name: actor.name,
      shard: placement.shardOf[id] ?? 0,
    })),
    links: declareLinks(spec),
    workerCount: placement.shardCount - 1,
    main: program,
    pool,
    ...(untilNs === undefined ? {} : { untilNs }),
    ...(signal === undefined ? {} : { signal }),
    ...(encodeAlways === undefined ? {} : { encodeAlways }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const shards = result.collected as readonly CollectedShard[];
  const ends = new Map<PacketEnd, number>();
  let born = 0;
  let underWay = 0;
  for (const shard of shards) {
    born += shard.born;
    underWay += shard.underWay;
    for (const [end, count] of shard.ends) ends.set(end, (ends.get(end) ?? 0) + count);
  }
  return {
    end: result.end,
    digest: result.digest,
    events: result.events,
    virtualNs: result.virtualNs,
    shards: result.shards,
    steps: mergeSteps(shards.map((shard) => shard.steps)),
    frames: shards.flatMap((shard) => shard.frames).sort(compareFrames),
    packets: { born, underWay, ends },
    latencies: options.wantsLatencies === true ? await quantilesOf(shards) : undefined,
    notices: [...new Set(shards.flatMap((shard) => shard.notices))].sort(compareText),
    inventory: shards
      .flatMap((shard) => shard.inventory)
      .sort((a, b) => compareText(a.name, b.name)),
  };
}

/** The proxies of a thread count together; what they counted is added up. */
async function quantilesOf(shards: readonly CollectedShard[]): Promise<ProxyQuantiles> {
  // Loaded on demand: a run whose nodes are in workers need not know proxies.
  const { DurationHistogram } = await import('@podwire/kubeproxy');
  const sync = new DurationHistogram();
  const programming = new DurationHistogram();
  for (const { proxyLatencies } of shards) {
    if (proxyLatencies === undefined) continue;
    sync.merge(proxyLatencies.syncTime);
    programming.merge(proxyLatencies.networkProgramming);
  }
  return {
    syncNsP50: sync.percentileNs(50),
    syncNsP99: sync.percentileNs(99),
    programmingNsP50: programming.percentileNs(50),
    programmingNsP99: programming.percentileNs(99),
  };
}

/** Who may send to whom: both ends of every link, and the operator to all. */
function declareLinks(spec: WorldSpec): LinkDeclaration[] {
  const declared: LinkDeclaration[] = [];
  for (const link of spec.links) declared.push(...declareLink(link.config, link.host, link.switch));
  spec.actors.forEach((actor, id) => {
    if (actor.kind === 'operator') return;
    declared.push(
      { from: OPERATOR, to: id, minDelayNs: CONTROL_DELAY_NS },
      { from: id, to: OPERATOR, minDelayNs: CONTROL_DELAY_NS },
    );
  });
  return declared;
}

function compareFrames(a: CapturedFrame, b: CapturedFrame): number {
  return a.atNs - b.atNs || compareText(a.interfaceName, b.interfaceName);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
