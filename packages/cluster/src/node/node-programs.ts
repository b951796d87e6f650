/**
 * What runs on a cluster node: pod network, kubelet, kube-proxy, sshd.
 *
 * The order of start is a real node's; each component sees the API through a client of its own, whose
 * connections cross the underlay from this machine.
 */
import { cidr, formatIp, ip } from '@podwire/base';
import {
  BridgePlugin,
  type CniPlugin,
  type HostLocalDisk,
  type NodeContext,
  NonePlugin,
  OvnKubernetesPlugin,
  VxlanPlugin,
  emptyHostLocalDisk,
  releaseAll,
} from '@podwire/cni';
import type { Proc } from '@podwire/engine';
import { type ImageInfo, Kubelet, type KubeletOptions, serveKubelet } from '@podwire/kubelet';
import { type KubeProxy, startKubeProxy } from '@podwire/kubeproxy';
import { type HttpServer, NetfilterTables, type NetNs } from '@podwire/netstack';
import { API_PORT, HttpApiClient } from '../api-client.ts';
import { HostConsole } from '../console.ts';
import type {
  CommandResult,
  ControlReply,
  ControlRequest,
  HostFault,
  ProxyState,
} from '../control.ts';
import type { EmulatedHost, HostPrograms } from '../emulated-host.ts';
import type { FullNode } from '../cluster-config.ts';
import { NODE_COMPONENTS } from '../components.ts';
import { execInPod } from './exec-in-pod.ts';
import { nodeTools } from './node-tools.ts';
import { PodRuntime } from './pod-runtime.ts';
import { sharedByNodes } from './shared-by-nodes.ts';

export class NodePrograms implements HostPrograms {
  readonly #host: EmulatedHost;
  readonly #node: FullNode;
  readonly #console: HostConsole;
  /** On the node's disk: addresses given out, images pulled. */
  readonly #disk: HostLocalDisk = emptyHostLocalDisk();
  readonly #images = new Map<string, ImageInfo>();
  /** Each component's connection to the API server, by its user agent. */
  readonly #clients = new Map<string, HttpApiClient>();
  #cni: CniPlugin | undefined;
  #kubelet: Kubelet | undefined;
  #kubeletServer: HttpServer | undefined;
  #proxy: KubeProxy | undefined;

  constructor(host: EmulatedHost, node: FullNode) {
    this.#host = host;
    this.#node = node;
    this.#console = new HostConsole(
      host,
      nodeTools(() => this.#kubelet),
    );
  }

  start(): void {
    const { ns } = this.#host;
    ns.sysctl.set('net.ipv4.ip_forward', 1);
    ns.sysctl.set('net.bridge.bridge-nf-call-iptables', 1);
    this.#console.startSshd(ns);
    this.#startCni();
    this.#startKubelet();
    // OVN balances services itself.
    if (!this.#balancesServices) this.#startProxy();
  }

  powerOff(): void {
    this.#kubelet?.powerOff();
    this.#kubeletServer?.close();
    this.#proxy?.stop();
    this.#cni?.stop();
    this.#kubelet = undefined;
    this.#proxy = undefined;
    this.#cni = undefined;
    // A clean boot finds no sandbox of before: their addresses are given back (DEL for what is gone).
    releaseAll(this.#disk);
  }

  exec(request: Extract<ControlRequest, { op: 'exec' }>): Proc<CommandResult> {
    if (request.pod === undefined) return this.#console.run(request);
    return execInPod(this.#host.sim, this.#kubelet, request, request.pod);
  }

  hostFault(fault: HostFault): string | undefined {
    switch (fault.kind) {
      case 'component':
        return this.#component(fault.name, fault.running);
      case 'kill-sandbox': {
        const worker = this.#kubelet?.findPod(fault.namespace, fault.pod);
        if (worker === undefined)
          return `pod ${fault.namespace}/${fault.pod} is not on ${this.#node.name}`;
        worker.killSandbox();
        return undefined;
      }
      case 'kill-container': {
        const worker = this.#kubelet?.findPod(fault.namespace, fault.pod);
        const name =
          fault.container === '' ? worker?.containers[0]?.container.name : fault.container;
        if (worker?.killContainer(name ?? '') !== true) {
          return `pod ${fault.namespace}/${fault.pod} has no running container ${name ?? ''} on ${this.#node.name}`;
        }
        return undefined;
      }
      case 'power':
      case 'route':
        return undefined;
    }
  }

  get #balancesServices(): boolean {
    return this.#host.world.spec.cluster.provider === 'ovn-kubernetes';
  }

  control(request: ControlRequest): Proc<ControlReply> | undefined {
    return request.op === 'stats'
      ? nodeState(request, this.#proxyMetrics(), this.#host.ns, this.#cni)
      : undefined;
  }

  /** How far what balances services has got. */
  #proxyMetrics(): Omit<ProxyState, 'trackedCount' | 'tableSize'> {
    if (this.#cni instanceof OvnKubernetesPlugin) return this.#cni.services;
    return this.#proxy?.metrics() ?? NO_PROXY;
  }

  reservedAddresses(): readonly (readonly [address: string, owner: string])[] {
    return [...this.#disk.reserved].map(([address, { containerId }]) => [
      formatIp(address),
      containerId,
    ]);
  }

  #component(name: string, running: boolean): string | undefined {
    // The process's sockets end with it.
    if (!running) this.#clients.get(name)?.reconnect();
    switch (name) {
      case 'kubelet':
        if (!running) {
          this.#kubelet?.stop();
          this.#kubeletServer?.close();
        } else if (this.#kubelet !== undefined) this.#kubelet.resume();
        if (running && this.#kubelet !== undefined) this.#serve(this.#kubelet);
        return undefined;
      case 'kube-proxy':
        if (this.#balancesServices) return 'no kube-proxy runs with ovn-kubernetes';
        this.#proxy?.stop();
        this.#proxy = undefined;
        if (running) this.#startProxy();
        return undefined;
      case 'cni':
        if (!running) this.#cni?.stop();
        else if (this.#cni?.start === undefined)
          return 'the pod network agent starts with its node';
        else this.#cni.start();
        return undefined;
      default:
        return `a node has no component ${name}; it has ${NODE_COMPONENTS.join(', ')}`;
    }
  }

  #client(userAgent: string): HttpApiClient {
    const { sim, ns, world } = this.#host;
    const endpoint = { ip: ip(world.spec.cluster.controlPlaneAddress), port: API_PORT };
    const client = new HttpApiClient(sim, ns, endpoint, { userAgent, views: world.views });
    this.#clients.set(userAgent, client);
    return client;
  }

  #startCni(): void {
    const { sim, ns, world } = this.#host;
    const { cluster } = world.spec;
    const context: NodeContext = {
      sim,
      ns,
      nodeName: this.#node.name,
      nodeIP: ip(this.#node.address),
      uplinkName: 'eth0',
      client: this.#client('cni'),
      clusterCIDR: cidr(cluster.podNetwork),
      nodeNetworks: [cidr(cluster.nodeNetwork)],
      disk: this.#disk,
      podGateway: cluster.podGateway,
      podRoutes: cluster.podRoutes,
      hairpin: cluster.hairpin,
      ...(cluster.podMtu === undefined ? {} : { podMtuBytes: cluster.podMtu }),
    };
    switch (cluster.provider) {
      case 'bridge':
        this.#cni = new BridgePlugin(context);
        return;
      case 'vxlan':
        this.#cni = new VxlanPlugin(context);
        return;
      case 'ovn-kubernetes':
        this.#startOvn(context);
        return;
      case 'none':
        this.#cni = new NonePlugin(context);
    }
  }

  #startOvn(context: NodeContext): void {
    const { world } = this.#host;
    const { cluster } = world.spec;
    const plugin = new OvnKubernetesPlugin({
      ...context,
      serviceCIDR: cidr(cluster.serviceNetwork),
      nodeMaskSize: cluster.nodeMaskSize,
      scope: world,
    });
    this.#cni = plugin;
    world.proxyLatencies ??= () => ({
      syncTime: plugin.programming.syncTime.toJSON(),
      networkProgramming: plugin.programming.latency.toJSON(),
    });
  }

  #startKubelet(): void {
    const cni = this.#cni;
    if (cni === undefined) return;
    const { cluster } = this.#host.world.spec;
    const client = this.#client('kubelet');
    const options: Partial<KubeletOptions> = {
      clusterDNS: [cluster.dnsServiceIP],
      clusterDomain: cluster.domain,
      nodeResolvConf: this.#host.world.nodeResolvConf,
      labels: new Map(this.#node.labels),
      taints: this.#node.taints,
      capacity: this.#node.capacity,
      ...(this.#node.podCIDR === undefined ? {} : { podCIDR: this.#node.podCIDR }),
    };
    const runtime = new PodRuntime(this.#host, this.#node, cni, this.#images);
    this.#kubelet = new Kubelet(
      {
        node: runtime,
        client,
        reconnect: () => {
          client.reconnect();
        },
        services: sharedByNodes(this.#host.world).services,
      },
      options,
    );
    this.#serve(this.#kubelet);
  }

  #serve(kubelet: Kubelet): void {
    const server = serveKubelet(kubelet);
    if (typeof server !== 'string') this.#kubeletServer = server;
  }

  #startProxy(): void {
    const { sim, ns, world } = this.#host;
    const { cluster } = world.spec;
    this.#proxy = startKubeProxy(sim, ns, this.#client('kube-proxy'), {
      nodeName: this.#node.name,
      clusterCIDR: cluster.podNetwork,
      masqueradeAll: cluster.masqueradeAll,
      minSyncPeriodNs: cluster.minSyncPeriodNs,
      scope: world,
    });
    const proxy = this.#proxy;
    world.proxyLatencies ??= () => {
      const { syncTime, networkProgramming } = proxy.metrics().shared;
      return { syncTime: syncTime.toJSON(), networkProgramming: networkProgramming.toJSON() };
    };
  }
}

// oxlint-disable-next-line require-yield -- answers at once
function* nodeState(
  { id, wantsSizes }: Extract<ControlRequest, { op: 'stats' }>,
  proxy: Omit<ProxyState, 'trackedCount' | 'tableSize'>,
  ns: NetNs,
  cni: CniPlugin | undefined,
): Proc<ControlReply> {
  const tables = ns.netfilter instanceof NetfilterTables ? ns.netfilter : undefined;
  const { servicesVersion, slicesVersion, syncCount, lastSyncNs, lastSyncTimeNs } = proxy;
  const value: ProxyState = {
    servicesVersion,
    slicesVersion,
    syncCount,
    lastSyncNs,
    lastSyncTimeNs,
    trackedCount: tables?.conntrack.table.entries.size ?? 0,
    tableSize: wantsSizes === true ? tableSize(tables, cni) : 0,
  };
  return { op: 'done', id, value };
}

/** Rules of all tables, and logical flows where OVN forwards. */
function tableSize(tables: NetfilterTables | undefined, cni: CniPlugin | undefined): number {
  const flows = cni instanceof OvnKubernetesPlugin ? cni.flowCount() : 0;
  return (tables?.ruleCount() ?? 0) + flows;
}

/** A node whose kube-proxy does not run has programmed nothing. */
const NO_PROXY: Omit<ProxyState, 'trackedCount' | 'tableSize'> = {
  servicesVersion: 0,
  slicesVersion: 0,
  syncCount: 0,
  lastSyncNs: 0,
  lastSyncTimeNs: 0,
};
