/**
 * Machines outside the cluster: the router, with the cloud's load balancers, clients, the upstream DNS server.
 */
import { cidr, ip } from '@podwire/base';
import { startUpstreamDns } from '@podwire/dns';
import { LoadBalancer } from '@podwire/edge';
import { ipCommand } from '@podwire/netstack';
import { API_PORT, HttpApiClient } from './api-client.ts';
import { HostConsole } from './console.ts';
import type { EmulatedHost, HostPrograms } from './emulated-host.ts';
import { RouteController } from './route-controller.ts';

/**
 * Joins the networks. What it has no route for goes towards the internet, where nobody answers. With
 * `podRoutes: router` it knows the way to pods, too.
 */
export function routerPrograms(host: EmulatedHost): HostPrograms {
  let routes: RouteController | undefined;
  let balancer: LoadBalancer | undefined;
  return {
    ...outsidePrograms(host),
    start: () => {
      host.ns.sysctl.set('net.ipv4.ip_forward', 1);
      ipCommand(host.ns, ['route', 'add', 'blackhole', 'default']);
      balancer = startLoadBalancer(host);
      if (host.world.spec.cluster.podRoutes !== 'router') return;
      // Nodes keep sending here for pods of their neighbours: the router is the fabric, no detour.
      host.ns.sysctl.set('net.ipv4.conf.all.send_redirects', 0);
      host.ns.sysctl.set('net.ipv4.conf.eth0.send_redirects', 0);
      routes = new RouteController(host);
    },
    powerOff: () => {
      balancer?.stop();
      balancer = undefined;
      routes?.stop();
      routes = undefined;
    },
  };
}

/** The cloud's load balancers are where traffic from outside comes in, when the cluster has any. */
function startLoadBalancer({ sim, ns, world }: EmulatedHost): LoadBalancer | undefined {
  const { controlPlaneAddress, nodeNetwork, edge } = world.spec.cluster;
  if (edge.loadBalancer?.provider !== 'cloud') return undefined;
  const endpoint = { ip: ip(controlPlaneAddress), port: API_PORT };
  const client = new HttpApiClient(sim, ns, endpoint, {
    userAgent: 'cloud-controller-manager',
    views: world.views,
  });
  return new LoadBalancer(sim, ns, { client, pool: cidr(edge.loadBalancer.pool), nodeNetwork });
}

/** A machine with a console and nothing else. */
export function outsidePrograms(host: EmulatedHost): HostPrograms {
  const console = new HostConsole(host);
  return {
    start: () => {},
    powerOff: () => {},
    exec: (request) => console.run(request),
  };
}

export function upstreamDnsPrograms(host: EmulatedHost): HostPrograms {
  return {
    ...outsidePrograms(host),
    start: () => {
      const { upstream, upstreamAddress } = host.world.spec;
      startUpstreamDns(host.sim, host.ns, { address: ip(upstreamAddress), zones: upstream });
    },
  };
}
