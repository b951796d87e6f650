/**
 * kube-proxy on one node: watches Services and EndpointSlices, and keeps the node's rules in step.
 *
 * From: the API, through informers. To: netstack's iptables, one restore per sync. Changes are collected;
 * a sync starts at once when the last one ended minSyncPeriod ago, else when that has passed. A sync that
 * would change nothing does not exist as an event: there is no periodic resync, and the canary is looked
 * at when tables change, not every syncPeriod.
 */
import {
  type ApiClient,
  type EndpointSlice,
  Informer,
  type Node,
  type Service,
  jsonEqual,
} from '@podwire/api';
import { type HostSim, type Proc, type Process, Signal, sleep, waitAny } from '@podwire/engine';
import { type NetNs, ensureChains, netfilterOf } from '@podwire/netstack';
import {
  DEFAULT_MIN_SYNC_PERIOD_NS,
  DEFAULT_SYNC_PERIOD_NS,
  type KubeProxyOptions,
  proxyConfig,
} from './config.ts';
import { cleanAfterSync } from './conntrack-cleanup.ts';
import { HealthServers } from './health.ts';
import type { DurationHistogram } from './metrics.ts';
import {
  CANARY_CHAIN,
  CANARY_TABLES,
  FILTER_CHAINS,
  JUMPS,
  NAT_CHAINS,
} from './iptables/fixed-rules.ts';
import { isServiceChain } from './iptables/names.ts';
import { FilterChains, NatChains, NodeChains, NodeRules } from './iptables/node-chains.ts';
import { type ProxyRules, proxyRulesOf } from './iptables/proxy-rules.ts';
import { hasOtherPorts } from './service-view.ts';
import { serviceHealth } from './service-health.ts';
import { InformerSight, type Seen, type Sight, isChanged } from './seen.ts';
import { PROXY_SELECTOR } from './service-map.ts';
import { syncCostNs } from './sync-cost.ts';

const CONNTRACK_MIN = 131_072;
const CONNTRACK_PER_CORE = 32_768;
const AUTOSCALER_TAINT = 'ToBeDeletedByClusterAutoscaler';

export interface KubeProxy {
  /** Stops the process; the rules stay. */
  stop(): void;
  readonly syncCount: number;
  /** Notified after each sync. */
  readonly synced: Signal;
  /** Nothing waits to be programmed. */
  readonly isSettled: boolean;
  metrics(): ProxyMetrics;
}

export interface ProxyMetrics {
  readonly syncCount: number;
  /** resourceVersions that the rules in force were made from. */
  readonly servicesVersion: number;
  readonly slicesVersion: number;
  /** When the last sync ended. */
  readonly lastSyncNs: number;
  /** How long it took. */
  readonly lastSyncTimeNs: number;
  /** Of all proxies of the scope: how long syncs take, and how long changes take to be in force. */
  readonly shared: {
    readonly syncTime: DurationHistogram;
    readonly networkProgramming: DurationHistogram;
  };
}

/** Where a proxy sees Services and EndpointSlices. */
export interface ProxyInputs {
  readonly services: Sight<Service>;
  readonly slices: Sight<EndpointSlice>;
  /** Waits until both have been listed. */
  waitSynced(): Proc;
}

export function startKubeProxy(
  sim: HostSim,
  ns: NetNs,
  client: ApiClient,
  options: KubeProxyOptions,
): KubeProxy {
  return new IptablesProxier(sim, ns, client, options);
}

export class IptablesProxier implements KubeProxy {
  readonly synced: Signal = new Signal();
  syncCount = 0;
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #options: KubeProxyOptions;
  /** Shared with the other proxies of the scope. */
  readonly #rules: ProxyRules;
  readonly #inputs: ProxyInputs;
  readonly #node: Informer<Node>;
  readonly #processes: Process[] = [];
  readonly #health: HealthServers;
  readonly #wake: Signal = new Signal();
  readonly #startedNs: number;
  /** What the rules in force were made from. */
  #applied: readonly [Seen<Service>, Seen<EndpointSlice>];
  #nodeRules: NodeRules;
  /** What the last sync, maybe still under way, set out from. */
  #looked: readonly [Seen<Service>, Seen<EndpointSlice>];
  #isSyncing = false;
  #needsFull = true;
  #isStopped = false;
  #retryAtNs: number | undefined;
  #lastUpdatedNs = 0;
  #lastSyncTimeNs = 0;
  #oldestQueuedNs: number | undefined;
  readonly #unwatch: () => void;

  constructor(
    sim: HostSim,
    ns: NetNs,
    client: ApiClient,
    options: KubeProxyOptions,
    inputs?: ProxyInputs,
  ) {
    this.#sim = sim;
    this.#ns = ns;
    this.#options = options;
    this.#startedNs = sim.nowNs();
    this.#nodeRules = new NodeRules(proxyConfig(options));
    this.#rules = proxyRulesOf(options.scope ?? this);
    this.#applied = [this.#rules.services.nothing, this.#rules.slices.nothing];
    this.#looked = this.#applied;
    this.#setSysctls();
    this.#health = new HealthServers(ns, () => this.#healthState());
    this.#node = new Informer<Node>(client, sim, {
      resource: 'nodes',
      fieldSelector: `metadata.name=${options.nodeName}`,
    });
    const onNode = (): void => {
      this.#onNodeChanged();
    };
    this.#node.subscribe({ add: onNode, update: onNode, delete: onNode });
    this.#inputs = inputs ?? this.#informers(client);
    const tables = netfilterOf(ns);
    const onCommit = (): void => {
      this.#onTablesChanged();
    };
    tables.onCommit.add(onCommit);
    this.#unwatch = () => tables.onCommit.delete(onCommit);
    this.#spawn(this.#node);
    this.#processes.push(sim.spawn('kube-proxy', this.#run()));
  }

  get isSettled(): boolean {
    return this.syncCount > 0 && !this.#isSyncing && !this.#needsFull && !this.#hasNews();
  }

  metrics(): ProxyMetrics {
    const { latency, syncTime } = this.#rules.programming;
    return {
      syncCount: this.syncCount,
      servicesVersion: this.#applied[0].version,
      slicesVersion: this.#applied[1].version,
      lastSyncNs: this.#lastUpdatedNs,
      lastSyncTimeNs: this.#lastSyncTimeNs,
      shared: { syncTime, networkProgramming: latency },
    };
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#unwatch();
    for (const process of this.#processes) process.cancel();
    this.#inputs.services.close();
    this.#inputs.slices.close();
    this.#health.close();
  }

  #setSysctls(): void {
    const { sysctl } = this.#ns;
    if (this.#nodeRules.config.localhostNodePorts) {
      sysctl.set('net.ipv4.conf.all.route_localnet', 1);
    }
    const cores = this.#options.cpuCount ?? 2;
    const max = Math.max(CONNTRACK_MIN, CONNTRACK_PER_CORE * cores);
    sysctl.set('net.netfilter.nf_conntrack_max', max);
    sysctl.set('net.netfilter.nf_conntrack_tcp_timeout_established', 86_400);
    sysctl.set('net.netfilter.nf_conntrack_tcp_timeout_close_wait', 3600);
  }

  #spawn(informer: { run(): Proc }): void {
    this.#processes.push(this.#sim.spawn('kube-proxy/informer', informer.run()));
  }

  #informers(client: ApiClient): ProxyInputs {
    const selected = { labelSelector: PROXY_SELECTOR };
    const services = new Informer<Service>(client, this.#sim, {
      resource: 'services',
      ...selected,
    });
    const slices = new Informer<EndpointSlice>(client, this.#sim, {
      resource: 'endpointslices',
      ...selected,
    });
    this.#spawn(services);
    this.#spawn(slices);
    return {
      services: new InformerSight(this.#rules.services, services),
      slices: new InformerSight(this.#rules.slices, slices),
      *waitSynced(): Proc {
        yield* services.waitSynced();
        yield* slices.waitSynced();
      },
    };
  }

  /** Something came since the last look: any slice, or what the proxy uses of a Service. */
  #hasNews(): boolean {
    const [services, slices] = this.#looked;
    const { views } = this.#rules;
    const hasNews =
      isChanged(slices, this.#inputs.slices.look()) ||
      hasOtherPorts(views.ports(services), views.ports(this.#inputs.services.look()));
    if (hasNews) this.#oldestQueuedNs ??= this.#sim.nowNs();
    return hasNews;
  }

  /** A new zone or address means new rules everywhere; a deleted Node is only remembered. */
  #onNodeChanged(): void {
    const node = this.#node.get(undefined, this.#options.nodeName);
    if (node === undefined) return;
    const { config } = this.#nodeRules;
    const zone = node.metadata.labels?.['topology.kubernetes.io/zone'];
    const addresses = (node.status?.addresses ?? [])
      .filter((one) => one.type === 'InternalIP' || one.type === 'ExternalIP')
      .map((one) => one.address);
    const isFirst = config.nodeIPs.length === 0;
    const nodeIPs = isFirst ? addresses : config.nodeIPs;
    if (zone === config.zone && jsonEqual(nodeIPs, config.nodeIPs)) return;
    this.#nodeRules = new NodeRules({ ...config, zone, nodeIPs });
    this.#needsFull = true;
    this.#wake.notify();
  }

  /** Somebody changed tables: when our canary is gone, they were flushed, and all is written again. */
  #onTablesChanged(): void {
    if (this.syncCount === 0 || this.#needsFull) return;
    const { tables } = netfilterOf(this.#ns);
    const isWhole = CANARY_TABLES.every(
      (table) => tables.get(table)?.chains.has(CANARY_CHAIN) === true,
    );
    if (isWhole) return;
    this.#needsFull = true;
    const periodNs = this.#options.syncPeriodNs ?? DEFAULT_SYNC_PERIOD_NS;
    // The canary is looked at every syncPeriod.
    this.#retryAtNs = (Math.floor(this.#sim.nowNs() / periodNs) + 1) * periodNs;
    this.#wake.notify();
  }

  *#run(): Proc {
    yield* this.#inputs.waitSynced();
    yield* this.#node.waitSynced();
    const minPeriodNs = this.#options.minSyncPeriodNs ?? DEFAULT_MIN_SYNC_PERIOD_NS;
    const signals = [this.#inputs.slices.changed, this.#inputs.services.changed, this.#wake];
    let notBeforeNs = 0;
    for (;;) {
      while (!this.#needsFull && !this.#hasNews()) yield* waitAny(signals);
      const startNs = Math.max(notBeforeNs, this.#retryAtNs ?? 0);
      if (startNs > this.#sim.nowNs()) yield* sleep(startNs - this.#sim.nowNs());
      this.#retryAtNs = undefined;
      this.#isSyncing = true;
      yield* this.#sync();
      this.#isSyncing = false;
      notBeforeNs = this.#sim.nowNs() + minPeriodNs;
    }
  }

  *#sync(): Proc {
    const startNs = this.#sim.nowNs();
    const isFull = this.#needsFull;
    this.#hasNews();
    const node = this.#nodeRules;
    const before = this.#applied;
    const seen = [this.#inputs.services.look(), this.#inputs.slices.look()] as const;
    const { portCount } = this.#rules.views.ports(seen[0]);
    this.#looked = seen;
    yield* sleep(syncCostNs(portCount, isFull));
    if (isFull) this.#ensureBase();
    if (!this.#write(new NodeChains(this.#rules, seen, node), isFull)) {
      this.#needsFull = true;
      this.#retryAtNs = this.#sim.nowNs() + (this.#options.syncPeriodNs ?? DEFAULT_SYNC_PERIOD_NS);
      return;
    }
    // The node may have changed while the rules were written.
    if (isFull) this.#needsFull = this.#nodeRules !== node;
    this.#applied = seen;
    this.syncCount++;
    const endNs = this.#sim.nowNs();
    this.#lastUpdatedNs = endNs;
    this.#lastSyncTimeNs = endNs - startNs;
    this.#oldestQueuedNs = undefined;
    this.#health.update(serviceHealth(this.#rules.views, seen, this.#options.nodeName));
    cleanAfterSync(this.#ns, this.#rules.views, before, seen);
    const { programming } = this.#rules;
    programming.syncTime.add(this.#lastSyncTimeNs);
    programming.record({
      from: before[1].version,
      to: seen[1].version,
      endNs,
      sinceNs: this.#startedNs,
    });
    this.synced.notify();
  }

  /** False when somebody's rule holds on to a chain that has to go, as iptables-restore then fails. */
  #write(chains: NodeChains, isFull: boolean): boolean {
    const tables = netfilterOf(this.#ns);
    const options = { owns: isServiceChain, isFull };
    const filter = { ...options, written: FILTER_CHAINS };
    const nat = { ...options, written: NAT_CHAINS };
    return (
      tables.adopt('filter', new FilterChains(chains), filter) === undefined &&
      tables.adopt('nat', new NatChains(chains), nat) === undefined
    );
  }

  /** Base chains, canaries and the jumps to them, as a full sync ensures them. */
  #ensureBase(): void {
    const canary = [CANARY_CHAIN];
    const jumps = (table: string): typeof JUMPS => JUMPS.filter((one) => one.table === table);
    ensureChains(this.#ns, 'mangle', canary, []);
    ensureChains(this.#ns, 'filter', [...canary, ...FILTER_CHAINS], jumps('filter'));
    ensureChains(this.#ns, 'nat', [...canary, ...NAT_CHAINS], jumps('nat'));
  }

  #healthState(): { lastUpdatedNs: number; isHealthy: boolean; isEligible: boolean } {
    const queued = this.#oldestQueuedNs;
    const limitNs = 2 * (this.#options.syncPeriodNs ?? DEFAULT_SYNC_PERIOD_NS);
    const node = this.#node.get(undefined, this.#options.nodeName);
    const isLeaving =
      node?.metadata.deletionTimestamp !== undefined ||
      node?.spec.taints?.some((taint) => taint.key === AUTOSCALER_TAINT) === true;
    return {
      lastUpdatedNs: this.#lastUpdatedNs,
      isHealthy:
        this.syncCount > 0 && (queued === undefined || this.#sim.nowNs() - queued <= limitNs),
      isEligible: !isLeaving,
    };
  }
}
