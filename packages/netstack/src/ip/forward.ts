/**
 * Forwards an IPv4 packet that is not addressed to this namespace.
 *
 * From: ip/rcv.ts, once PREROUTING passed and the FIB said "unicast". To: ip/output.ts, or a drop with
 * a reason and, where Linux sends one, an ICMP error.
 *
 * As in Linux ip_forward(), TTL and MTU are judged before the FORWARD hook, and the hook sees the TTL
 * already lowered (measured on 6.18: the hook sees 63 when 64 was sent).
 *
 * Not modelled: ICMP redirects (send_redirects).
 */
import { segmentIpLenBytes } from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { FibResult } from '../route/fib.ts';
import { PktType, type Skb } from '../skb.ts';
import { endPacket, traceStep } from '../trace.ts';
import { ipOutput } from './output.ts';

const ICMP_UNREACHABLE = 3;
const FRAG_NEEDED = 4;
const ICMP_TIME_EXCEEDED = 11;

export function ipForward(ns: NetNs, skb: Skb, route: FibResult): void {
  const packet = skb.packet;
  const outDev = route.dev;
  if (skb.pktType !== PktType.host || outDev === undefined) {
    endPacket(ns, skb, 'IP_INADDRERRORS');
    return;
  }
  if (packet.ttlHops <= 1) {
    ns.icmpError(skb, ICMP_TIME_EXCEEDED, 0);
    endPacket(ns, skb, 'IP_INHDR');
    return;
  }
  const mtu = route.mtuBytes > 0 ? route.mtuBytes : outDev.mtuBytes;
  if (packet.dontFragment && segmentIpLenBytes(packet) > mtu) {
    ns.icmpError(skb, ICMP_UNREACHABLE, FRAG_NEEDED, mtu);
    endPacket(ns, skb, 'PKT_TOO_BIG', { dev: outDev.name });
    return;
  }
  packet.ttlHops--;
  skb.outDev = outDev;
  if (packet.traceId !== 0) {
    const texts = { change: `ttl ${packet.ttlHops + 1} -> ${packet.ttlHops}` };
    traceStep(ns, packet, 'forward', `to ${outDev.name}`, texts, skb.costNs);
  }
  if (ns.netfilter !== undefined && ns.netfilter.run('forward', ns, skb) !== 'accept') return;
  ipOutput(ns, skb, route);
}
