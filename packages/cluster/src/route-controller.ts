/**
 * Keeps the router's way to each node's pods, as a cloud's route controller keeps a network's route table
 * (cloud-controller-manager --configure-cloud-routes, controllers/route in k8s.io/cloud-provider).
 *
 * From: the watch of nodes, by a client of the router's own. To: its routing table, a route to a node's podCIDR
 * via the node's address. A node that is cut off or NotReady keeps its route; it goes with the Node object.
 *
 * Simplified: routes follow the watch at once, not rounds of 10 s. Not modelled: the condition NetworkUnavailable
 * and its taint, which keep pods away until the route is there.
 */
import { formatCidr, formatIp, ip } from '@podwire/base';
import { Informer, type Node } from '@podwire/api';
import { peerNodeOf } from '@podwire/cni';
import type { Process } from '@podwire/engine';
import { ipCommand } from '@podwire/netstack';
import { API_PORT, HttpApiClient } from './api-client.ts';
import type { EmulatedHost } from './emulated-host.ts';

export class RouteController {
  readonly #host: EmulatedHost;
  readonly #watch: Process;
  /** Routes that are there, by node. */
  readonly #routes = new Map<string, string>();

  constructor(host: EmulatedHost) {
    this.#host = host;
    const { sim, ns, world } = host;
    const endpoint = { ip: ip(world.spec.cluster.controlPlaneAddress), port: API_PORT };
    const client = new HttpApiClient(sim, ns, endpoint, {
      userAgent: 'route-controller',
      views: world.views,
    });
    const nodes = new Informer<Node>(client, sim, { resource: 'nodes' });
    nodes.subscribe({
      add: (node) => {
        this.#set(node.metadata.name, routeTo(node));
      },
      update: (node) => {
        this.#set(node.metadata.name, routeTo(node));
      },
      delete: (node) => {
        this.#set(node.metadata.name, undefined);
      },
    });
    this.#watch = sim.spawn('route controller', nodes.run());
  }

  /** The routes stay. */
  stop(): void {
    this.#watch.cancel();
  }

  #set(name: string, route: string | undefined): void {
    const before = this.#routes.get(name);
    if (before === route) return;
    const { ns } = this.#host;
    if (before !== undefined) ipCommand(ns, ['route', 'del', ...before.split(' ')]);
    this.#routes.delete(name);
    if (route === undefined) return;
    ipCommand(ns, ['route', 'replace', ...route.split(' ')]);
    this.#routes.set(name, route);
  }
}

/** Undefined while the node has no pod network or no address. */
function routeTo(node: Node): string | undefined {
  const peer = peerNodeOf(node);
  if (peer?.podCIDR === undefined) return undefined;
  return `${formatCidr(peer.podCIDR)} via ${formatIp(peer.address)} dev eth0`;
}
