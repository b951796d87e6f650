/**
 * The contract of a pod network: what the kubelet asks of it, and what it may use of the node.
 *
 * A plugin is called once per sandbox (ADD before any container starts, DEL when the sandbox goes); its
 * agent is a process of the node that keeps routes, neighbours and masquerade rules as the cluster's
 * Node objects say. One folder per network model, with the same file names inside.
 */
import type { Cidr, Ip, Mac } from '@podwire/base';
import type { ApiClient } from '@podwire/api';
import type { HostSim } from '@podwire/engine';
import type { NetNs } from '@podwire/netstack';
import type { HostLocalDisk } from './ipam/host-local.ts';

/** What a network model knows of the node that it serves. */
export interface NodeContext {
  readonly sim: HostSim;
  /** The node's own network namespace. */
  readonly ns: NetNs;
  readonly nodeName: string;
  readonly nodeIP: Ip;
  /** Device that holds the node's address. */
  readonly uplinkName: string;
  readonly client: ApiClient;
  readonly clusterCIDR: Cidr;
  /** Networks beside the pods' that are not masqueraded by plain bridging: the nodes' own. */
  readonly nodeNetworks: readonly Cidr[];
  /** What survives a reboot of the node. */
  readonly disk: HostLocalDisk;
  /** MTU of pods; by default what the uplink leaves after the overlay's headers. */
  readonly podMtuBytes?: number;
  readonly podGateway: 'first' | 'last';
  /** Who knows the way to the other nodes' pods: the nodes (default), or the router that they send to. */
  readonly podRoutes?: 'nodes' | 'router';
  readonly hairpin?: boolean;
}

export interface PortMapping {
  readonly hostPort: number;
  readonly hostIP?: string;
  readonly containerPort: number;
  /** Lower case. */
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

export interface CniArgs {
  readonly containerId: string;
  readonly podNamespace: string;
  readonly podName: string;
  readonly netns: NetNs;
  readonly ifName: string;
  readonly portMappings: readonly PortMapping[];
}

export interface CniResult {
  readonly ip: Ip;
  readonly prefixLen: number;
  readonly gateway: Ip;
  readonly mac: Mac;
  readonly hostIfName: string;
}

export interface CniPlugin {
  readonly name: string;
  /** Why the network is not ready for pods yet, as the runtime reports it; undefined when it is. */
  notReady(): string | undefined;
  add(args: CniArgs): CniResult | { readonly error: string };
  del(args: { readonly containerId: string; readonly hostIfName?: string }): void;
  /** Stops the agent's processes; what it programmed stays. */
  stop(): void;
  /** Starts it again, for networks whose agent does more than set the node up. */
  start?(): void;
}

/** Text of the runtime while no network configuration exists (containerd's CRI status). */
export const CNI_NOT_INITIALIZED =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
