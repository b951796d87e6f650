/**
 * Machines outside the cluster: the router, the cloud's load balancer, clients, the upstream DNS server.
 */
import { assert, cidr, ip } from '@podwire/base';
import { startUpstreamDns } from '@podwire/dns';
import { LoadBalancer } from '@podwire/edge';
import { ipCommand, iptablesRestore } from '@podwire/netstack';
import { API_PORT, HttpApiClient } from './api-client.ts';
import { HostConsole } from './console.ts';
import type { EmulatedHost, HostPrograms } from './emulated-host.ts';
import { RouteController } from './route-controller.ts';
import { BALANCER_ADDRESS, BALANCER_NIC } from './world-spec.ts';

/**
 * Joins the networks. What it has no route for goes towards the internet, where nobody answers. With
 * `podRoutes: router` it knows the way to pods, too.
 */
export function routerPrograms(host: EmulatedHost): HostPrograms {
  let routes: RouteController | undefined;
  return {
    ...outsidePrograms(host),
    start: () => {
      host.ns.sysctl.set('net.ipv4.ip_forward', 1);
      ipCommand(host.ns, ['route', 'add', 'blackhole', 'default']);
      leadToBalancer(host);
      if (host.world.spec.cluster.podRoutes !== 'router') return;
      // Nodes keep sending here for pods of their neighbours: the router is the fabric, no detour.
      host.ns.sysctl.set('net.ipv4.conf.all.send_redirects', 0);
      host.ns.sysctl.set('net.ipv4.conf.eth0.send_redirects', 0);
      routes = new RouteController(host);
    },
    powerOff: () => {
      routes?.stop();
      routes = undefined;
    },
  };
}

/** Connections that came by way of the balancer, and the routes for their answers. */
const BALANCED_MARK = '0x1b';
const BALANCED_TABLE = '27';

/**
 * A cloud's network: the pool's addresses are at the balancer, and the answer to what the balancer sent on goes back to it,
 * though it is for the client. A balancer could not keep the client's address otherwise.
 */
function leadToBalancer({ ns, world }: EmulatedHost): void {
  const { loadBalancer } = world.spec.cluster.edge;
  if (loadBalancer?.provider !== 'cloud') return;
  const via = ['via', BALANCER_ADDRESS, 'dev', BALANCER_NIC];
  ipCommand(ns, ['route', 'add', loadBalancer.pool, ...via]);
  ipCommand(ns, ['route', 'add', 'default', ...via, 'table', BALANCED_TABLE]);
  ipCommand(ns, ['rule', 'add', 'fwmark', BALANCED_MARK, 'table', BALANCED_TABLE]);
  const error = iptablesRestore(
    ns,
    [
      '*mangle',
      ':PREROUTING ACCEPT [0:0]',
      `-A PREROUTING -i ${BALANCER_NIC} -m conntrack --ctstate NEW -j CONNMARK --set-mark ${BALANCED_MARK}`,
      `-A PREROUTING ! -i ${BALANCER_NIC} -m connmark --mark ${BALANCED_MARK} -j MARK --set-mark ${BALANCED_MARK}`,
      'COMMIT',
      '',
    ].join('\n'),
  );
  assert(error === undefined, `the router's rules are accepted: ${error?.text ?? ''}`);
}

/** The cloud's load balancers: one machine with all their addresses, and the cloud's service controller. */
export function loadBalancerPrograms(host: EmulatedHost): HostPrograms {
  let balancer: LoadBalancer | undefined;
  return {
    ...outsidePrograms(host),
    start: () => {
      const { sim, ns, world } = host;
      const { controlPlaneAddress, nodeNetwork, edge } = world.spec.cluster;
      if (edge.loadBalancer?.provider !== 'cloud') return;
      const { pool } = edge.loadBalancer;
      ns.sysctl.set('net.ipv4.ip_forward', 1);
      // In and out by one NIC is its work; addresses that no balancer has, or has no node for, end here.
      ns.sysctl.set('net.ipv4.conf.all.send_redirects', 0);
      ns.sysctl.set('net.ipv4.conf.eth0.send_redirects', 0);
      ipCommand(ns, ['route', 'add', 'blackhole', pool]);
      const endpoint = { ip: ip(controlPlaneAddress), port: API_PORT };
      const client = new HttpApiClient(sim, ns, endpoint, {
        userAgent: 'cloud-controller-manager',
        views: world.views,
      });
      balancer = new LoadBalancer(sim, ns, { client, pool: cidr(pool), nodeNetwork });
    },
    powerOff: () => {
      balancer?.stop();
      balancer = undefined;
    },
  };
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
