/**
 * Sends a packet of this host's own making (ip_queue_xmit, ip_local_out, ip_route_output_key).
 *
 * From: sockets, icmp.ts, dev/vxlan.ts. Route lookup, source address, size and DF, hook OUTPUT, then
 * ip/output.ts. When rules changed destination, source or mark, the packet is routed anew
 * (ip_route_me_harder). Errors that a socket gets are returned; the packet has ended then.
 */
import { type Ip, formatIp, isLoopback, isMulticast } from '@podwire/base';
import { EtherType, IpProto, type Packet, segmentCount, segmentIpLenBytes } from '@podwire/wire';
import { attachRelated } from '../conntrack/track.ts';
import { Cost } from '../cost.ts';
import type { NetNs, OutputOptions } from '../netns.ts';
import { selectAddress } from '../route/address.ts';
import type { FibResult } from '../route/fib.ts';
import { formatRoute } from '../show/route-text.ts';
import { Skb } from '../skb.ts';
import type { Errno } from '../socket/errno.ts';
import { beginWalk, endPacket, traceStep } from '../trace.ts';
import { type OutputResult, ipOutput } from './output.ts';

export function ipLocalOut(ns: NetNs, packet: Packet, options: OutputOptions): Errno | undefined {
  return ipLocalOutSkb(ns, new Skb(packet), options);
}

/** The same for a packet that already has costs (an outer tunnel packet). */
export function ipLocalOutSkb(ns: NetNs, skb: Skb, options: OutputOptions): Errno | undefined {
  const packet = skb.packet;
  if (packet.traceId !== 0) beginWalk(ns, packet);
  skb.mark = options.mark ?? 0;
  if (options.cause !== undefined) attachRelated(skb, options.cause);
  skb.costNs += Cost.routeHop;
  const route = routeOutput(ns, packet.dst, packet.src, options, packet.tos);
  packet.etherType = EtherType.ipv4;
  if (typeof route === 'string') {
    if (packet.traceId !== 0) traceRoute(ns, skb, route);
    endPacket(ns, skb, 'IP_OUTNOROUTES');
    return route;
  }
  if (packet.src === 0) packet.src = sourceFor(ns, route, packet.dst);
  if (packet.ttlHops === 0) packet.ttlHops = ns.sysctl.defaultTtlHops;
  if (packet.traceId !== 0) traceRoute(ns, skb, route);
  const problem = chooseDf(ns, skb, route, options);
  if (problem !== undefined) return problem;
  skb.route = route;
  if (ns.netfilter === undefined) return errnoOf(ipOutput(ns, skb, route));
  return throughHooks(ns, skb, route);
}

/** Hook OUTPUT, and a new route when rules changed what routing depends on. */
function throughHooks(ns: NetNs, skb: Skb, route: FibResult): Errno | undefined {
  const packet = skb.packet;
  const { src, dst } = packet;
  const mark = skb.mark;
  skb.outDev = route.type === 'local' ? ns.lo : route.dev;
  const verdict = ns.netfilter?.run('output', ns, skb) ?? 'accept';
  if (verdict === 'drop') return 'EPERM';
  if (verdict === 'stolen') return undefined;
  if (packet.dst === dst && packet.src === src && skb.mark === mark) {
    return errnoOf(ipOutput(ns, skb, route));
  }
  const again = routeOutput(ns, packet.dst, packet.src, { mark: skb.mark }, packet.tos);
  if (packet.traceId !== 0) traceRoute(ns, skb, again);
  if (typeof again === 'string') {
    endPacket(ns, skb, 'IP_OUTNOROUTES');
    return again;
  }
  skb.route = again;
  return errnoOf(ipOutput(ns, skb, again));
}

/** ENOBUFS goes to sockets that ask for errors (IP_RECVERR); others leave it. */
function errnoOf(result: OutputResult): Errno | undefined {
  // A drop at POSTROUTING is told to the sender like one at OUTPUT.
  if (result === 'denied') return 'EPERM';
  return result === 'refused' ? 'ENOBUFS' : undefined;
}

/** Path MTU discovery decides DF; a packet that may not be split must fit. */
function chooseDf(
  ns: NetNs,
  skb: Skb,
  route: FibResult,
  options: OutputOptions,
): Errno | undefined {
  const packet = skb.packet;
  const mode = options.pmtu ?? 'want';
  if (mode === 'dont') {
    packet.dontFragment = false;
  } else {
    const fits = segmentIpLenBytes(packet) <= ns.routeMtu(route, packet.dst);
    if (mode === 'do' && !fits) {
      endPacket(ns, skb, 'PKT_TOO_BIG');
      return 'EMSGSIZE';
    }
    packet.dontFragment = fits;
  }
  if (!packet.dontFragment || packet.proto === IpProto.icmp) {
    if (packet.ipId === 0) packet.ipId = ns.nextIpId(segmentCount(packet));
  }
  return undefined;
}

/** The route for a packet of this host, or the errno of fib_props (unreachable, prohibit, blackhole). */
export function routeOutput(
  ns: NetNs,
  dst: Ip,
  src: Ip,
  options: OutputOptions,
  tos = 0,
): FibResult | Errno {
  const oif = options.oif;
  if (src !== 0 && isMulticast(src)) return 'EINVAL';
  const route = ns.fib.lookup(dst, src, undefined, tos, options.mark ?? 0, oif);
  if (route === undefined) return 'ENETUNREACH';
  switch (route.type) {
    case 'unreachable':
      return 'EHOSTUNREACH';
    case 'prohibit':
      return 'EACCES';
    case 'blackhole':
      return 'EINVAL';
    case 'throw':
      return 'ENETUNREACH';
    case 'local':
    case 'broadcast':
      return route;
    case 'unicast': {
      const dev = route.dev;
      // __mkroute_output(): 127/8 does not leave by a device without route_localnet.
      if (dev !== undefined && isLoopback(src) && dev.kind !== 'loopback') {
        const all = ns.sysctl.confAll.route_localnet;
        if (Math.max(dev.conf.route_localnet, all) === 0) return 'EINVAL';
      }
      return route;
    }
  }
}

/** fib_result_prefsrc(): the route's `src`, the address itself when local, else one of the device. */
export function sourceFor(ns: NetNs, route: FibResult, dst: Ip): Ip {
  if (route.prefSrc !== 0) return route.prefSrc;
  if (route.type === 'local') return dst;
  return selectAddress(ns, route.dev, route.gateway === 0 ? dst : route.gateway);
}

function traceRoute(ns: NetNs, skb: Skb, route: FibResult | Errno): void {
  const rule = typeof route === 'string' ? 'no route' : formatRoute(route, { showTable: true });
  const verdict =
    typeof route === 'string'
      ? route
      : `by ${(route.type === 'local' ? ns.lo : route.dev)?.name ?? '-'}`;
  traceStep(
    ns,
    skb.packet,
    'local-out',
    verdict,
    { key: formatIp(skb.packet.dst), rule },
    skb.costNs,
  );
}
