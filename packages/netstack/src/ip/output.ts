/**
 * Sends a routed IPv4 packet out of its device: POSTROUTING, size, neighbour (ip_output, ip_finish_output).
 *
 * From: ip/forward.ts and ip/local-out.ts. To: neigh/neigh.ts, or at once to devices without neighbours;
 * too big packets as fragments, or an ICMP error where DF forbids that. False: refused at once.
 */
import { IP_BROADCAST, type Ip, MAC_BROADCAST, MAC_ZERO, isMulticast } from '@podwire/base';
import { EtherType, segmentIpLenBytes } from '@podwire/wire';
import type { Dev } from '../dev/dev.ts';
import type { NetNs } from '../netns.ts';
import type { FibResult } from '../route/fib.ts';
import type { Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';
import { fragmentSkb } from './fragment.ts';

/** What became of a packet: sent (or queued), denied by rules, dropped, or refused by the device. */
export type OutputResult = 'sent' | 'denied' | 'dropped' | 'refused';

export function ipOutput(ns: NetNs, skb: Skb, route: FibResult): OutputResult {
  const dev = route.type === 'local' ? ns.lo : route.dev;
  if (dev === undefined) {
    endPacket(ns, skb, 'IP_OUTNOROUTES');
    return 'dropped';
  }
  skb.outDev = dev;
  const verdict = ns.netfilter?.run('postrouting', ns, skb) ?? 'accept';
  if (verdict !== 'accept') return verdict === 'drop' ? 'denied' : 'sent';
  return finishOutput(ns, skb, route, dev);
}

function finishOutput(ns: NetNs, skb: Skb, route: FibResult, dev: Dev): OutputResult {
  const packet = skb.packet;
  let mtu = route.mtuBytes > 0 ? route.mtuBytes : dev.mtuBytes;
  if (skb.inDev === undefined || route.type === 'local') {
    const learned = ns.pathMtus.get(packet.dst, ns.sim.nowNs());
    if (learned !== 0 && learned < mtu) mtu = learned;
  }
  const lenBytes = segmentIpLenBytes(packet);
  if (lenBytes > mtu && packet.dontFragment) {
    ns.icmpError(skb, 3, 4, mtu);
    endPacket(ns, skb, 'PKT_TOO_BIG', { dev: dev.name });
    return 'dropped';
  }
  const refragment = skb.fragMaxBytes > 0 && lenBytes > skb.fragMaxBytes;
  if (lenBytes <= mtu && !refragment) return sendToNeighbour(ns, skb, route, dev);
  const limit = refragment ? Math.min(mtu, skb.fragMaxBytes) : mtu;
  let result: OutputResult = 'sent';
  if (packet.traceId !== 0) {
    traceStep(ns, packet, 'fragment', `pieces of ${limit} bytes`, { dev: dev.name }, skb.costNs);
  }
  for (const piece of fragmentSkb(ns, skb, limit)) {
    const one = sendToNeighbour(ns, piece, route, dev);
    if (one !== 'sent') result = one;
  }
  return result;
}

function sendToNeighbour(ns: NetNs, skb: Skb, route: FibResult, dev: Dev): OutputResult {
  const packet = skb.packet;
  const nextHop = route.gateway === 0 ? packet.dst : route.gateway;
  if (
    dev.isNoArp ||
    route.type === 'broadcast' ||
    isMulticast(nextHop) ||
    nextHop === IP_BROADCAST
  ) {
    packet.etherType = EtherType.ipv4;
    packet.ethSrc = dev.mac;
    packet.ethDst = dev.isNoArp ? MAC_ZERO : groupMac(nextHop);
    packet.vlan = 0;
    return dev.xmit(skb) ? 'sent' : 'refused';
  }
  return ns.neigh.output(dev, nextHop, skb) ? 'sent' : 'refused';
}

/** RFC 1112: the low 23 bits of a group address; everything else goes to all. */
function groupMac(address: Ip): number {
  return isMulticast(address) && address !== IP_BROADCAST
    ? 0x01005e000000 + (address & 0x7fffff)
    : MAC_BROADCAST;
}
