/**
 * Machines outside the cluster: the router, clients, the upstream DNS server.
 */
import { ip } from '@podwire/base';
import { startUpstreamDns } from '@podwire/dns';
import { ipCommand } from '@podwire/netstack';
import { HostConsole } from './console.ts';
import type { EmulatedHost, HostPrograms } from './emulated-host.ts';
import { RouteController } from './route-controller.ts';

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
