/**
 * Receives an IPv4 packet: PREROUTING, then the routing decision (net/ipv4/ip_input.c, route.c).
 *
 * From: dev/receive.ts. To: ip/local-in.ts when it is for this host, ip/forward.ts when it is for
 * another, or an end with the reason that the kernel gives, and the ICMP error that Linux sends.
 */
import { IP_BROADCAST, formatIp, isLoopback, isMulticast } from '@podwire/base';
import type { DropReason } from '@podwire/trace';
import { Cost } from '../cost.ts';
import type { Dev } from '../dev/dev.ts';
import { icmpSendRouteError } from '../icmp.ts';
import type { NetNs } from '../netns.ts';
import type { FibResult } from '../route/fib.ts';
import { formatRoute } from '../show/route-text.ts';
import type { Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';
import { defragment } from './fragment.ts';
import { ipForward } from './forward.ts';
import { ipLocalIn } from './local-in.ts';
import { sourceProblem } from './source-check.ts';

export function ipReceive(ns: NetNs, skb: Skb): void {
  const dev = skb.inDev;
  if (dev === undefined) {
    endPacket(ns, skb, 'DEV_READY');
    return;
  }
  const netfilter = ns.netfilter;
  if (netfilter !== undefined && !skb.isBridgeNfDone) {
    if (!defragment(ns, skb, 'conntrack')) return;
    if (netfilter.run('prerouting', ns, skb) !== 'accept') return;
  }
  skb.isBridgeNfDone = false;
  routeInput(ns, skb, dev);
}

/** ip_route_input_slow(): judges the addresses, looks up, and sends the packet on its way. */
function routeInput(ns: NetNs, skb: Skb, dev: Dev): void {
  const packet = skb.packet;
  const { src, dst } = packet;
  skb.costNs += Cost.routeHop;
  if (dev.kind !== 'loopback') {
    const martian = martianProblem(ns, dev, src, dst);
    if (martian !== undefined) {
      refuse(ns, skb, dev, martian);
      return;
    }
  }
  if (dst === IP_BROADCAST) {
    skb.route = BROADCAST_ROUTE;
    ipLocalIn(ns, skb);
    return;
  }
  if (isMulticast(dst)) {
    // Not modelled: multicast groups; nobody has joined one.
    refuse(ns, skb, dev, 'IP_INADDRERRORS');
    return;
  }
  const route = ns.lookup(dst, src, dev, packet.tos, skb.mark);
  if (packet.traceId !== 0) {
    const rule = route === undefined ? 'no route' : formatRoute(route, { showTable: true });
    const verdict = route === undefined ? 'unreachable' : verdictOf(route, dev);
    traceStep(ns, packet, 'route', verdict, { key: formatIp(dst), rule }, skb.costNs);
  }
  skb.route = route;
  if (route !== undefined && (route.type === 'local' || route.type === 'broadcast')) {
    const problem = dev.kind === 'loopback' ? undefined : sourceProblem(ns, skb, dev, undefined);
    if (problem !== undefined && src !== 0) refuse(ns, skb, dev, problem);
    else ipLocalIn(ns, skb);
    return;
  }
  if (!isForwarding(dev)) {
    endPacket(ns, skb, 'IP_INADDRERRORS', { dev: dev.name });
    return;
  }
  if (route === undefined) {
    icmpSendRouteError(ns, skb, 0);
    endPacket(ns, skb, 'IP_INNOROUTES');
    return;
  }
  switch (route.type) {
    case 'unreachable':
      icmpSendRouteError(ns, skb, 1);
      endPacket(ns, skb, 'IP_INADDRERRORS');
      return;
    case 'prohibit':
      icmpSendRouteError(ns, skb, 13);
      endPacket(ns, skb, 'IP_INADDRERRORS');
      return;
    case 'blackhole':
    case 'throw':
    case 'local':
    case 'broadcast':
      endPacket(ns, skb, 'IP_INADDRERRORS');
      return;
    case 'unicast': {
      const problem = sourceProblem(ns, skb, dev, route.dev);
      if (problem !== undefined) refuse(ns, skb, dev, problem);
      else ipForward(ns, skb, route);
      return;
    }
  }
}

/** Addresses that never come from a wire (ip_route_input_slow: martian source, martian destination). */
function martianProblem(ns: NetNs, dev: Dev, src: number, dst: number): DropReason | undefined {
  if (isMulticast(src) || src === IP_BROADCAST) return 'IP_LOCAL_SOURCE';
  if (src === 0 && dst !== IP_BROADCAST) return 'IP_LOCAL_SOURCE';
  if (dst >>> 24 === 0) return 'IP_INVALID_DEST';
  if (!isLoopback(src) && !isLoopback(dst)) return undefined;
  const allowed = Math.max(dev.conf.route_localnet, ns.sysctl.confAll.route_localnet) !== 0;
  if (allowed) return undefined;
  return isLoopback(dst) ? 'IP_INVALID_DEST' : 'IP_LOCAL_SOURCE';
}

/** IN_DEV_FORWARD: the device's own switch. */
export function isForwarding(dev: Dev): boolean {
  return dev.conf.forwarding !== 0;
}

function verdictOf(route: FibResult, dev: Dev): string {
  if (route.type === 'local' || route.type === 'broadcast') return 'local';
  if (!isForwarding(dev)) return 'not forwarding';
  return route.type === 'unicast' ? 'forward' : route.type;
}

function refuse(ns: NetNs, skb: Skb, dev: Dev, reason: DropReason): void {
  endPacket(ns, skb, reason, { dev: dev.name });
}

/** Limited broadcast: no lookup, the packet is for every host of the link. */
const BROADCAST_ROUTE: FibResult = {
  table: 255,
  dst: IP_BROADCAST,
  prefixLen: 32,
  type: 'broadcast',
  dev: undefined,
  gateway: 0,
  scope: 253,
  metric: 0,
  tos: 0,
  prefSrc: 0,
  mtuBytes: 0,
  protocol: 'kernel',
  isOnlink: false,
};
