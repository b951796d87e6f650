/**
 * ARP over Ethernet: requests, answers, proxy answers, gratuitous announcements (net/ipv4/arp.c).
 *
 * From: dev/receive.ts with a frame of type ARP, neigh.ts when an address is wanted. To: the device, and
 * neigh.ts with what was heard.
 */
import {
  type Ip,
  MAC_BROADCAST,
  MAC_ZERO,
  type Mac,
  NS_PER_MS,
  formatIp,
  isLoopback,
  isMulticast,
} from '@podwire/base';
import { traceOf } from '@podwire/trace';
import { ArpOp, EtherType, type Packet } from '@podwire/wire';
import type { Dev } from '../dev/dev.ts';
import { sourceProblem } from '../ip/source-check.ts';
import type { NetNs } from '../netns.ts';
import type { FibResult } from '../route/fib.ts';
import { PktType, Skb } from '../skb.ts';
import { beginWalk, endPacket, traceStep } from '../trace.ts';

/** Handles a received ARP packet (arp_process); its end is here. */
export function arpReceive(ns: NetNs, skb: Skb): void {
  const dev = skb.inDev;
  const arp = skb.packet;
  if (dev === undefined || dev.isNoArp || dev.kind === 'loopback') {
    endPacket(ns, skb, 'UNHANDLED_PROTO');
    return;
  }
  if (skb.pktType === PktType.otherHost) {
    endPacket(ns, skb, 'OTHERHOST');
    return;
  }
  if (arp.arpOp === ArpOp.request) {
    for (const socket of ns.arpSockets ?? []) socket.receive(dev, arp);
    handleRequest(ns, dev, skb);
  } else learnSender(ns, dev, arp);
  endPacket(ns, skb, 'delivered', { dev: dev.name });
}

function handleRequest(ns: NetNs, dev: Dev, skb: Skb): void {
  const arp = skb.packet;
  if (isMulticast(arp.dst) || (isLoopback(arp.dst) && dev.conf.route_localnet === 0)) return;
  if (arp.src === 0) {
    // Duplicate address detection (RFC 5227): answered for local addresses, teaches nothing.
    if (isLocal(ns, arp.dst) && !isIgnored(ns, dev, 0, arp.dst)) sendArpReply(ns, dev, arp);
    return;
  }
  const route = ns.lookup(arp.dst, arp.src, dev);
  if (route === undefined || sourceProblem(ns, skb, dev, undefined) !== undefined) {
    learnSender(ns, dev, arp);
    return;
  }
  if (route.type === 'local') {
    if (isIgnored(ns, dev, arp.src, arp.dst) || isFiltered(ns, dev, arp.src, arp.dst)) return;
    ns.neigh.learn(dev, arp.src, arp.arpSha, { isReply: false, mayCreate: true, override: true });
    sendArpReply(ns, dev, arp);
    return;
  }
  if (isProxied(ns, dev, arp.dst, route)) {
    ns.neigh.learn(dev, arp.src, arp.arpSha, { isReply: false, mayCreate: true, override: true });
    const delay = dev.conf.proxy_delay;
    if (delay === 0 || arp.ethDst === dev.mac) {
      sendArpReply(ns, dev, arp);
      return;
    }
    const waitNs = ns.sim.rng(`${ns.name}/arp-proxy`).below(delay * 10) * NS_PER_MS;
    ns.sim.schedule(waitNs, () => {
      if (!ns.isDestroyed && dev.isUp) sendArpReply(ns, dev, arp);
    });
    return;
  }
  learnSender(ns, dev, arp);
}

/** An answer, or a request for somebody else: updates the sender's entry; creates one only with arp_accept. */
function learnSender(ns: NetNs, dev: Dev, arp: Packet): void {
  if (arp.src === 0) return;
  const isGratuitous = arp.src === arp.dst && arp.ethDst === MAC_BROADCAST;
  if (isGratuitous && dev.conf.drop_gratuitous_arp !== 0) return;
  const isUnicastReply = arp.arpOp === ArpOp.reply && arp.ethDst === dev.mac;
  const accept = Math.max(dev.conf.arp_accept, ns.sysctl.confAll.arp_accept) !== 0;
  ns.neigh.learn(dev, arp.src, arp.arpSha, {
    isReply: isUnicastReply,
    mayCreate: accept && (isGratuitous || arp.arpOp === ArpOp.reply),
    override: isGratuitous,
  });
}

/** arp_ignore: 0 any local address, 1 of this device, 2 and the same network, 3 no host scope, 8 none. */
function isIgnored(ns: NetNs, dev: Dev, sender: Ip, target: Ip): boolean {
  const mode = Math.max(dev.conf.arp_ignore, ns.sysctl.confAll.arp_ignore);
  if (mode === 0) return false;
  if (mode === 8) return true;
  if (mode === 3) {
    for (const other of ns.devs.values()) {
      for (const address of other.addrs) {
        if (address.ip === target) return address.scope >= 254;
      }
    }
    return true;
  }
  if (mode > 3) return false;
  for (const address of dev.addrs) {
    if (address.ip !== target) continue;
    if (mode === 1) return false;
    const hostBits = 32 - address.prefixLen;
    if (sender === 0 || (sender ^ target) >>> 0 < 2 ** hostBits) return false;
  }
  return true;
}

/** arp_filter: answer only when this host would send to the sender by the same device. */
function isFiltered(ns: NetNs, dev: Dev, sender: Ip, target: Ip): boolean {
  if (Math.max(dev.conf.arp_filter, ns.sysctl.confAll.arp_filter) === 0) return false;
  return ns.lookup(sender, target)?.dev !== dev;
}

function isProxied(ns: NetNs, dev: Dev, target: Ip, route: FibResult): boolean {
  if (!ns.sysctl.ipForward && dev.conf.forwarding === 0) return false;
  if (route.type !== 'unicast') return false;
  const proxy = Math.max(dev.conf.proxy_arp, ns.sysctl.confAll.proxy_arp) !== 0;
  if (proxy && route.dev !== dev) return true;
  const pvlan = Math.max(dev.conf.proxy_arp_pvlan, ns.sysctl.confAll.proxy_arp_pvlan) !== 0;
  if (pvlan && route.dev === dev) return true;
  return route.dev !== dev && (ns.neigh.proxies.get(dev)?.has(target) ?? false);
}

function isLocal(ns: NetNs, address: Ip): boolean {
  return ns.fib.lookup(address)?.type === 'local';
}

/**
 * Asks who has an address; to everyone, or to the MAC that it was last known by. The sender's address is
 * that of the packet that waits when it is local (arp_announce 0), otherwise one of the device.
 */
export function sendArpRequest(ns: NetNs, dev: Dev, target: Ip, to: Mac, waiting?: Packet): void {
  if (dev.isNoArp || !dev.isUp) return;
  let sender: Ip = 0;
  const announce = Math.max(dev.conf.arp_announce, ns.sysctl.confAll.arp_announce);
  if (waiting !== undefined && announce === 0 && isLocal(ns, waiting.src)) sender = waiting.src;
  if (sender === 0) sender = ns.primaryAddress(dev, target);
  const arp = makeArp(ns, dev, ArpOp.request, to);
  arp.src = sender;
  arp.dst = target;
  arp.arpTha = MAC_ZERO;
  arp.traceId = traceOf(waiting?.traceId ?? 0);
  xmitArp(ns, dev, arp, 'request');
}

/** Answers a request with the device's MAC. */
export function sendArpReply(ns: NetNs, dev: Dev, request: Packet): void {
  const arp = makeArp(ns, dev, ArpOp.reply, request.arpSha);
  arp.src = request.dst;
  arp.dst = request.src;
  arp.arpTha = request.arpSha;
  arp.traceId = traceOf(request.traceId);
  xmitArp(ns, dev, arp, 'reply');
}

/** Announces an address of this host to the link (`arping -A`, arp_notify). */
export function sendGratuitousArp(
  ns: NetNs,
  dev: Dev,
  address: Ip,
  op: number = ArpOp.request,
): void {
  const arp = makeArp(ns, dev, op, MAC_BROADCAST);
  arp.src = address;
  arp.dst = address;
  arp.arpTha = MAC_ZERO;
  xmitArp(ns, dev, arp, 'announce');
}

function makeArp(ns: NetNs, dev: Dev, op: number, to: Mac): Packet {
  const arp = ns.newPacket();
  arp.etherType = EtherType.arp;
  arp.ethSrc = dev.mac;
  arp.ethDst = to;
  arp.arpOp = op;
  arp.arpSha = dev.mac;
  return arp;
}

function xmitArp(ns: NetNs, dev: Dev, arp: Packet, verdict: string): void {
  if (arp.traceId !== 0) {
    beginWalk(ns, arp);
    traceStep(ns, arp, 'arp', verdict, { key: formatIp(arp.dst), dev: dev.name });
  }
  const skb = new Skb(arp);
  skb.outDev = dev;
  dev.xmit(skb);
}
