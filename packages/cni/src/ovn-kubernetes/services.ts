/**
 * ovnkube's services controller on one node: Services and EndpointSlices as load balancers.
 *
 * From: the API, through informers. To: ovn/load-balancer.ts, which asks for an address and port when a packet does.
 * What is in force is a version that was seen; a new one is put in force after the time that northd and
 * ovn-controller take for a change.
 */
import { type Cidr, type Ip, NS_PER_MS, cidrContains, parseIp } from '@podwire/base';
import { type ApiClient, type EndpointSlice, Informer, type Service } from '@podwire/api';
import { type HostSim, type Proc, type Process, sleep, waitAny } from '@podwire/engine';
import {
  type EndpointInfo,
  HealthServers,
  InformerSight,
  NetworkProgramming,
  PROXY_SELECTOR,
  type Seen,
  SeenVersions,
  type ServicePortInfo,
  ServiceViews,
  serviceHealth,
} from '@podwire/kubeproxy';
import type { NetNs } from '@podwire/netstack';
import type { Backend, LoadBalancer, LoadBalancerGroup } from '@podwire/ovn';
import { type HostRules, SharedHostRules } from './host-rules.ts';
import type { NodeLoadBalancers } from './network.ts';
import { HAIRPIN_IP, HOST_MASQUERADE_IP, LOCAL_MASQUERADE_IP } from './topology.ts';
import { type Vip, type VipIndex, VipIndexes, nodePortKey, vipKey } from './vip-index.ts';

/** Measured on OVN 23.03 with three nodes: 20, 100 and 575 ms for one changed service of 10, 1,000 and 5,000. */
const CHANGE_NS = 10 * NS_PER_MS;
/** --service-node-port-range, by default 30000-32767. */
const NODE_PORT_LAST = 32_767;
const CHANGE_PER_SERVICE_NS = 113_000;

/** What the nodes of a thread share. */
class SharedServices {
  readonly services: SeenVersions<Service> = new SeenVersions();
  readonly programming: NetworkProgramming = new NetworkProgramming();
  readonly slices: SeenVersions<EndpointSlice> = new SeenVersions((slice) => {
    this.programming.note(slice);
  });
  readonly views: ServiceViews = new ServiceViews();
  readonly indexes: VipIndexes = new VipIndexes();
  readonly hostRules: SharedHostRules = new SharedHostRules();
}

const SCOPES = new WeakMap<object, SharedServices>();

function sharedOf(scope: object): SharedServices {
  let shared = SCOPES.get(scope);
  if (shared === undefined) {
    shared = new SharedServices();
    SCOPES.set(scope, shared);
  }
  return shared;
}

export interface ServicesOptions {
  readonly nodeName: string;
  readonly nodeIp: Ip;
  readonly clusterNetwork: Cidr;
  readonly scope: object;
  readonly isNodeAddress: (address: Ip) => boolean;
  /** Called when other load balancers are in force. */
  readonly onChange: () => void;
}

/** How far a node has got, as kube-proxy's metrics tell it. */
export interface ServicesState {
  readonly servicesVersion: number;
  readonly slicesVersion: number;
  readonly syncCount: number;
  readonly lastSyncNs: number;
  readonly lastSyncTimeNs: number;
}

interface Sights {
  readonly services: InformerSight<Service>;
  readonly slices: InformerSight<EndpointSlice>;
}

export class NodeServices implements NodeLoadBalancers {
  readonly onSwitch: LoadBalancerGroup = this.#group('clusterSwitchLBGroup', 'switch');
  readonly onRouter: LoadBalancerGroup = this.#group('clusterRouterLBGroup', 'router');
  readonly #sim: HostSim;
  readonly #options: ServicesOptions;
  readonly #shared: SharedServices;
  readonly #ns: NetNs;
  readonly #client: ApiClient;
  #hostRules: HostRules | undefined;
  #sights: Sights | undefined;
  #health: HealthServers | undefined;
  readonly #startedNs: number;
  #processes: Process[] = [];
  #applied: readonly [Seen<Service>, Seen<EndpointSlice>];
  #state: ServicesState = {
    servicesVersion: 0,
    slicesVersion: 0,
    syncCount: 0,
    lastSyncNs: 0,
    lastSyncTimeNs: 0,
  };

  constructor(ns: NetNs, client: ApiClient, options: ServicesOptions) {
    this.#ns = ns;
    this.#sim = ns.sim;
    this.#client = client;
    this.#startedNs = ns.sim.nowNs();
    this.#options = options;
    this.#shared = sharedOf(options.scope);
    this.#applied = [this.#shared.services.nothing, this.#shared.slices.nothing];
  }

  start(): void {
    const sim = this.#sim;
    const selected = { labelSelector: PROXY_SELECTOR };
    const services = new Informer<Service>(this.#client, sim, {
      resource: 'services',
      ...selected,
    });
    const slices = new Informer<EndpointSlice>(this.#client, sim, {
      resource: 'endpointslices',
      ...selected,
    });
    this.#sights = {
      services: new InformerSight(this.#shared.services, services),
      slices: new InformerSight(this.#shared.slices, slices),
    };
    const healthy = (): { lastUpdatedNs: number; isHealthy: boolean; isEligible: boolean } => ({
      lastUpdatedNs: this.#state.lastSyncNs,
      isHealthy: true,
      isEligible: true,
    });
    this.#health = new HealthServers(this.#ns, healthy, 'ovnkube');
    this.#processes = [
      sim.spawn('ovnkube/services', services.run()),
      sim.spawn('ovnkube/endpointslices', slices.run()),
      sim.spawn('ovnkube', this.#run(services, slices, this.#sights)),
    ];
  }

  stop(): void {
    for (const process of this.#processes) process.cancel();
    this.#processes = [];
    this.#sights?.services.close();
    this.#sights?.slices.close();
    this.#health?.close();
  }

  /** Rules for the host's own packets, from now on. */
  useHostRules(make: (shared: SharedHostRules) => HostRules): HostRules {
    this.#hostRules = make(this.#shared.hostRules);
    this.#updateHostRules();
    return this.#hostRules;
  }

  #updateHostRules(): void {
    const [services] = this.#applied;
    this.#hostRules?.update(services.version, this.#shared.views.ports(services));
  }

  get state(): ServicesState {
    return this.#state;
  }

  /** Of all nodes of the thread: how long changes take to be made, and to be in force. */
  get programming(): NetworkProgramming {
    return this.#shared.programming;
  }

  #group(name: string, where: 'switch' | 'router'): LoadBalancerGroup {
    return {
      name,
      hairpinSnatIp: HAIRPIN_IP,
      find: (vip, proto, port) => this.#find(vip, proto, port, where),
      mayServe: (vip, fromPort = 0) => this.#mayServe(vip, fromPort),
    };
  }

  #mayServe(vip: Ip, fromPort: number): boolean {
    if (cidrContains(this.#options.clusterNetwork, vip)) return false;
    return fromPort <= NODE_PORT_LAST || !this.#options.isNodeAddress(vip);
  }

  isExternal(vip: Ip, proto: number, port: number): boolean {
    const found = this.#vip(vip, proto, port);
    if (found === undefined || found.kind === 'cluster') return false;
    return found.kind === 'external' || vip === this.#options.nodeIp;
  }

  /** Virtual addresses and node ports in force. */
  get vipCount(): number {
    return this.#index().size;
  }

  #index(): VipIndex {
    const [services, slices] = this.#applied;
    return this.#shared.indexes.of(this.#shared.views.view(services, slices));
  }

  #vip(vip: Ip, proto: number, port: number): Vip | undefined {
    const index = this.#index();
    const found = index.get(vipKey(vip, proto, port));
    if (found !== undefined) return found;
    const nodePort = index.get(nodePortKey(proto, port));
    if (nodePort === undefined) return undefined;
    const isOwn = this.#options.isNodeAddress(vip) || vip === LOCAL_MASQUERADE_IP;
    return isOwn ? nodePort : undefined;
  }

  #find(
    vip: Ip,
    proto: number,
    port: number,
    where: 'switch' | 'router',
  ): LoadBalancer | undefined {
    const found = this.#vip(vip, proto, port);
    if (found === undefined) return undefined;
    const { info, endpoints, kind } = found;
    const isExternal = kind !== 'cluster';
    // Pods that ask a node port of another node go there by its address.
    if (where === 'router' && kind === 'node-port' && vip !== this.#options.nodeIp)
      return undefined;
    const skipSnat = where === 'router' && isExternal && info.isExternalLocal;
    const isLocal =
      skipSnat || vip === LOCAL_MASQUERADE_IP || (!isExternal && info.isInternalLocal);
    const usable = eligible(endpoints, isLocal ? this.#options.nodeName : undefined);
    return {
      name: balancerName(info, isLocal || skipSnat ? where : 'cluster'),
      backends: backendsOf(usable, where === 'router' ? this.#options.nodeIp : undefined),
      affinitySec: info.affinitySec,
      skipSnat,
    };
  }

  *#run(services: Informer<Service>, slices: Informer<EndpointSlice>, sights: Sights): Proc {
    yield* services.waitSynced();
    yield* slices.waitSynced();
    const signals = [sights.services.changed, sights.slices.changed];
    for (;;) {
      const seen = [sights.services.look(), sights.slices.look()] as const;
      if (seen[0] === this.#applied[0] && seen[1] === this.#applied[1]) {
        yield* waitAny(signals);
        continue;
      }
      const startNs = this.#sim.nowNs();
      const { portCount } = this.#shared.views.ports(seen[0]);
      yield* sleep(CHANGE_NS + portCount * CHANGE_PER_SERVICE_NS);
      const before = this.#applied;
      this.#applied = seen;
      this.#updateHostRules();
      const nowNs = this.#sim.nowNs();
      this.#state = {
        servicesVersion: seen[0].version,
        slicesVersion: seen[1].version,
        syncCount: this.#state.syncCount + 1,
        lastSyncNs: nowNs,
        lastSyncTimeNs: nowNs - startNs,
      };
      this.#health?.update(serviceHealth(this.#shared.views, seen, this.#options.nodeName));
      const { programming } = this.#shared;
      programming.syncTime.add(nowNs - startNs);
      const [from, to] = [before[1].version, seen[1].version];
      programming.record({ from, to, endNs: nowNs, sinceNs: this.#startedNs });
      this.#options.onChange();
    }
  }
}

/** Ready endpoints, else those that still serve while they terminate (util.GetEligibleEndpoints). */
function eligible(
  endpoints: readonly EndpointInfo[],
  nodeName: string | undefined,
): readonly EndpointInfo[] {
  const own =
    nodeName === undefined ? endpoints : endpoints.filter((one) => one.nodeName === nodeName);
  const ready = own.filter((one) => one.isReady);
  return ready.length > 0 ? ready : own.filter((one) => one.isServing && one.isTerminating);
}

/** On a gateway router the node's own address, which it shares, is written as the host's masquerade address. */
function backendsOf(endpoints: readonly EndpointInfo[], ownIp: Ip | undefined): readonly Backend[] {
  const backends: Backend[] = [];
  for (const { ip, port } of endpoints) {
    const address = parseIp(ip);
    if (address === undefined) continue;
    backends.push({ ip: address === ownIp ? HOST_MASQUERADE_IP : address, port });
  }
  return backends;
}

function balancerName(info: ServicePortInfo, scope: string): string {
  return `Service_${info.namespace}/${info.service}_${info.proto.toUpperCase()}_${scope}:${info.port}`;
}
