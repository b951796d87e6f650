/**
 * kube-proxy on one node: watches Services and EndpointSlices, and keeps the node's rules in step.
 *
 * From: the API, through informers. To: netstack's iptables, one restore per sync. Changes are collected;
 * a sync starts at once when the last one ended minSyncPeriod ago, else when that has passed. A sync that
 * would change nothing does not exist as an event: there is no periodic resync, and the canary is looked
 * at when tables change, not every syncPeriod.
 */
import { NS_PER_MS } from '@podwire/base';
import {
  type ApiClient,
  type EndpointSlice,
  Informer,
  type Node,
  type Service,
  jsonEqual,
} from '@podwire/api';
import { type HostSim, type Proc, type Process, Signal, sleep } from '@podwire/engine';
import { type NetNs, iptables, iptablesRestore, netfilterOf } from '@podwire/netstack';
import {
  DEFAULT_MIN_SYNC_PERIOD_NS,
  DEFAULT_SYNC_PERIOD_NS,
  type KubeProxyOptions,
  type ProxyConfig,
  proxyConfig,
} from './config.ts';
import { cleanUdpConntrack } from './conntrack-cleanup.ts';
import {
  type EndpointInfo,
  SERVICE_NAME_LABEL,
  chooseEndpoints,
  endpointsOf,
} from './endpoints.ts';
import { HealthServers, type ServiceHealth } from './health.ts';
import { isLargeCluster, keyOfPort, restoreText } from './iptables/build.ts';
import {
  CANARY_CHAIN,
  CANARY_TABLES,
  FILTER_CHAINS,
  JUMPS,
  NAT_CHAINS,
} from './iptables/fixed-rules.ts';
import { isServiceChain } from './iptables/names.ts';
import { type ServiceRules, serviceRules } from './iptables/service-rules.ts';
import {
  PROXY_SELECTOR,
  type ServicePortInfo,
  servicePortsOf,
  sortServicePorts,
} from './service-map.ts';

/** What `iptables-restore` takes, fitted to facts measured with iptables 1.8.9 (docs/fidelity.md). */
const SYNC_COST = { baseNs: 10 * NS_PER_MS, perServiceNs: 70_000, fullSquareNs: 700 } as const;
/** The commands that ensure base chains and jumps, about 20. */
const ENSURE_NS = 20 * NS_PER_MS;
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
}

export function startKubeProxy(
  sim: HostSim,
  ns: NetNs,
  client: ApiClient,
  options: KubeProxyOptions,
): KubeProxy {
  return new IptablesProxier(sim, ns, client, options);
}

interface Compiled {
  readonly info: ServicePortInfo;
  readonly rules: ServiceRules;
}

class IptablesProxier implements KubeProxy {
  readonly synced: Signal = new Signal();
  syncCount = 0;
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #options: KubeProxyOptions;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #node: Informer<Node>;
  readonly #processes: Process[] = [];
  readonly #health: HealthServers;
  readonly #wake: Signal = new Signal();
  /** Services that changed since the last sync, as `namespace/name`. */
  readonly #dirty: Set<string> = new Set();
  /** What the rules now say, by service and by service port. */
  readonly #portsOfService: Map<string, readonly ServicePortInfo[]> = new Map();
  readonly #infos: Map<string, ServicePortInfo> = new Map();
  readonly #endpoints: Map<string, readonly EndpointInfo[]> = new Map();
  readonly #compiled: Map<string, Compiled> = new Map();
  #config: ProxyConfig;
  #needsFull = true;
  #isLarge = false;
  #isStopped = false;
  #retryAtNs: number | undefined;
  #lastUpdatedNs = 0;
  #oldestQueuedNs: number | undefined;
  readonly #unwatch: () => void;

  constructor(sim: HostSim, ns: NetNs, client: ApiClient, options: KubeProxyOptions) {
    this.#sim = sim;
    this.#ns = ns;
    this.#options = options;
    this.#config = proxyConfig(options);
    const selected = { labelSelector: PROXY_SELECTOR };
    this.#services = new Informer<Service>(client, sim, { resource: 'services', ...selected });
    this.#slices = new Informer<EndpointSlice>(client, sim, {
      resource: 'endpointslices',
      ...selected,
    });
    this.#node = new Informer<Node>(client, sim, {
      resource: 'nodes',
      fieldSelector: `metadata.name=${options.nodeName}`,
    });
    this.#slices.addIndex('service', (slice) => [serviceKeyOf(slice)]);
    this.#setSysctls();
    this.#health = new HealthServers(ns, () => this.#healthState());
    this.#subscribe();
    const tables = netfilterOf(ns);
    const onCommit = (): void => {
      this.#onTablesChanged();
    };
    tables.onCommit.add(onCommit);
    this.#unwatch = () => tables.onCommit.delete(onCommit);
    for (const informer of [this.#services, this.#slices, this.#node]) {
      this.#processes.push(sim.spawn('kube-proxy/informer', informer.run()));
    }
    this.#processes.push(sim.spawn('kube-proxy', this.#run()));
  }

  get isSettled(): boolean {
    return this.syncCount > 0 && this.#dirty.size === 0 && !this.#needsFull;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#unwatch();
    for (const process of this.#processes) process.cancel();
    this.#health.close();
  }

  #setSysctls(): void {
    const { sysctl } = this.#ns;
    if (this.#config.localhostNodePorts) sysctl.set('net.ipv4.conf.all.route_localnet', 1);
    const cores = this.#options.cpuCount ?? 2;
    const max = Math.max(CONNTRACK_MIN, CONNTRACK_PER_CORE * cores);
    sysctl.set('net.netfilter.nf_conntrack_max', max);
    sysctl.set('net.netfilter.nf_conntrack_tcp_timeout_established', 86_400);
    sysctl.set('net.netfilter.nf_conntrack_tcp_timeout_close_wait', 3600);
  }

  #subscribe(): void {
    const mark = (key: string): void => {
      this.#dirty.add(key);
      this.#oldestQueuedNs ??= this.#sim.nowNs();
      this.#wake.notify();
    };
    const keyOf = (service: Service): string =>
      `${service.metadata.namespace ?? ''}/${service.metadata.name}`;
    this.#services.subscribe({
      add: (service) => {
        if (servicePortsOf(service).length > 0) mark(keyOf(service));
      },
      update: (service, old) => {
        // Only what the proxy uses counts as a change of a Service.
        if (!jsonEqual(servicePortsOf(service), servicePortsOf(old))) mark(keyOf(service));
      },
      delete: (service) => {
        if (this.#portsOfService.has(keyOf(service))) mark(keyOf(service));
      },
    });
    const slice = (one: EndpointSlice): void => {
      mark(serviceKeyOf(one));
    };
    this.#slices.subscribe({ add: slice, update: slice, delete: slice });
    const node = (): void => {
      this.#onNodeChanged();
    };
    this.#node.subscribe({ add: node, update: node, delete: node });
  }

  /** A new zone or address means new rules everywhere; a deleted Node is only remembered. */
  #onNodeChanged(): void {
    const node = this.#node.get(undefined, this.#options.nodeName);
    if (node === undefined) return;
    const zone = node.metadata.labels?.['topology.kubernetes.io/zone'];
    const addresses = (node.status?.addresses ?? [])
      .filter((one) => one.type === 'InternalIP' || one.type === 'ExternalIP')
      .map((one) => one.address);
    const isFirst = this.#config.nodeIPs.length === 0;
    const nodeIPs = isFirst ? addresses : this.#config.nodeIPs;
    if (zone === this.#config.zone && jsonEqual(nodeIPs, this.#config.nodeIPs)) return;
    this.#config = { ...this.#config, zone, nodeIPs };
    this.#needsFull = true;
    this.#wake.notify();
  }

  /** Somebody changed tables: when our canary is gone, they were flushed, and all is written again. */
  #onTablesChanged(): void {
    if (this.syncCount === 0 || this.#needsFull) return;
    const { tables } = netfilterOf(this.#ns);
    const isWhole = CANARY_TABLES.every(
      (table) => tables.get(table as 'nat')?.chains.has(CANARY_CHAIN) === true,
    );
    if (isWhole) return;
    this.#needsFull = true;
    const periodNs = this.#options.syncPeriodNs ?? DEFAULT_SYNC_PERIOD_NS;
    // The canary is looked at every syncPeriod.
    this.#retryAtNs = (Math.floor(this.#sim.nowNs() / periodNs) + 1) * periodNs;
    this.#wake.notify();
  }

  *#run(): Proc {
    yield* this.#services.waitSynced();
    yield* this.#slices.waitSynced();
    yield* this.#node.waitSynced();
    const minPeriodNs = this.#options.minSyncPeriodNs ?? DEFAULT_MIN_SYNC_PERIOD_NS;
    for (;;) {
      while (this.#dirty.size === 0 && !this.#needsFull) yield* this.#wake.wait();
      const retryAtNs = this.#retryAtNs;
      if (retryAtNs !== undefined && retryAtNs > this.#sim.nowNs()) {
        yield* sleep(retryAtNs - this.#sim.nowNs());
      }
      this.#retryAtNs = undefined;
      yield* this.#sync();
      yield* sleep(minPeriodNs);
    }
  }

  *#sync(): Proc {
    const isFull = this.#needsFull;
    const changed = this.#takeChanges(isFull);
    const text = this.#compile(changed.keys, isFull);
    const count = this.#infos.size;
    const costNs =
      SYNC_COST.baseNs +
      count * SYNC_COST.perServiceNs +
      (isFull ? ENSURE_NS + count * count * SYNC_COST.fullSquareNs : 0);
    yield* sleep(costNs);
    if (isFull) this.#ensureBase();
    const error = iptablesRestore(this.#ns, text, { noflush: true });
    if (error !== undefined) {
      this.#needsFull = true;
      this.#retryAtNs = this.#sim.nowNs() + (this.#options.syncPeriodNs ?? DEFAULT_SYNC_PERIOD_NS);
      return;
    }
    if (isFull) this.#needsFull = false;
    this.syncCount++;
    this.#lastUpdatedNs = this.#sim.nowNs();
    this.#oldestQueuedNs = this.#dirty.size === 0 ? undefined : this.#lastUpdatedNs;
    this.#health.update(this.#serviceHealth());
    cleanUdpConntrack(this.#ns, changed.udp);
    this.synced.notify();
  }

  /** Brings the service and endpoint maps up to date; says which service ports are concerned. */
  #takeChanges(isFull: boolean): {
    keys: Set<string>;
    udp: (readonly [ServicePortInfo, readonly EndpointInfo[]])[];
  } {
    const keys = new Set<string>();
    const udp: (readonly [ServicePortInfo, readonly EndpointInfo[]])[] = [];
    for (const serviceKey of [...this.#dirty].sort(compareText)) {
      const [namespace = '', name = ''] = serviceKey.split('/');
      const service = this.#services.get(namespace, name);
      const endpoints = endpointsOf(this.#slices.byIndex('service', serviceKey));
      for (const info of this.#portsOfService.get(serviceKey) ?? []) {
        const key = keyOfPort(info);
        keys.add(key);
        this.#infos.delete(key);
        this.#endpoints.delete(key);
      }
      const ports = service === undefined ? [] : servicePortsOf(service).filter(isIpv4Port);
      if (ports.length === 0) this.#portsOfService.delete(serviceKey);
      else this.#portsOfService.set(serviceKey, ports);
      for (const info of ports) {
        const key = keyOfPort(info);
        const found = endpoints.get(key) ?? [];
        keys.add(key);
        this.#infos.set(key, info);
        this.#endpoints.set(key, found);
        if (info.proto === 'udp') udp.push([info, found]);
      }
    }
    this.#dirty.clear();
    if (isFull) for (const key of this.#infos.keys()) keys.add(key);
    return { keys, udp };
  }

  /** Compiles changed service ports; the text has theirs and all top-level chains. */
  #compile(keys: ReadonlySet<string>, isFull: boolean): string {
    const isLarge = isLargeCluster(this.#infos, this.#endpoints);
    const options = { isLargeCluster: isLarge };
    const todo = isFull || isLarge !== this.#isLarge ? new Set(this.#infos.keys()) : keys;
    this.#isLarge = isLarge;
    for (const key of keys) if (!this.#infos.has(key)) this.#compiled.delete(key);
    for (const key of todo) {
      const info = this.#infos.get(key);
      if (info === undefined) continue;
      const chosen = chooseEndpoints(info, this.#endpoints.get(key) ?? [], this.#config);
      this.#compiled.set(key, { info, rules: serviceRules(info, chosen, this.#config, options) });
    }
    const ordered = sortServicePorts(this.#infos.values()).map(
      (info) => this.#compiled.get(keyOfPort(info))?.rules,
    );
    const rules = ordered.filter((one) => one !== undefined);
    const changed = [...todo]
      .map((key) => this.#compiled.get(key)?.rules)
      .filter((one) => one !== undefined);
    return restoreText(rules, this.#config, { changed, stale: this.#staleChains(rules) });
  }

  /** Chains of the node that no service port has any more. */
  #staleChains(rules: readonly ServiceRules[]): string[] {
    const wanted = new Set(rules.flatMap((one) => [...one.chains.keys()]));
    const nat = netfilterOf(this.#ns).tables.get('nat');
    return [...(nat?.chains.keys() ?? [])].filter(
      (name) => isServiceChain(name) && !wanted.has(name),
    );
  }

  /** Base chains, canaries and the jumps to them, as a full sync ensures them. */
  #ensureBase(): void {
    const run = (...words: string[]): boolean => iptables(this.#ns, words).exitCode === 0;
    for (const table of CANARY_TABLES) run('-t', table, '-N', CANARY_CHAIN);
    for (const chain of FILTER_CHAINS) run('-t', 'filter', '-N', chain);
    for (const chain of NAT_CHAINS) run('-t', 'nat', '-N', chain);
    for (const { table, from, words } of JUMPS) {
      if (!run('-t', table, '-C', from, ...words)) run('-t', table, '-I', from, ...words);
    }
  }

  #serviceHealth(): ServiceHealth[] {
    const byPort = new Map<number, { info: ServicePortInfo; ips: Set<string> }>();
    for (const [key, info] of this.#infos) {
      const port = info.healthCheckNodePort;
      if (port === 0) continue;
      const found = byPort.get(port) ?? { info, ips: new Set<string>() };
      for (const one of this.#endpoints.get(key) ?? []) {
        if (one.isReady && one.nodeName === this.#options.nodeName) found.ips.add(one.ip);
      }
      byPort.set(port, found);
    }
    return [...byPort].map(([port, { info, ips }]) => ({
      namespace: info.namespace,
      name: info.service,
      port,
      localEndpoints: ips.size,
    }));
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

function serviceKeyOf(slice: EndpointSlice): string {
  const service = slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? '';
  return `${slice.metadata.namespace ?? ''}/${service}`;
}

function isIpv4Port(info: ServicePortInfo): boolean {
  return !info.clusterIP.includes(':');
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
