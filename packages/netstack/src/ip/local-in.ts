/**
 * Delivers a packet that is for this host: reassembly, hook INPUT, then the protocol (ip_local_deliver).
 *
 * From: ip/rcv.ts. To: socket/tcp.ts, socket/udp.ts, icmp.ts or a tunnel device; a protocol that nobody
 * handles gets ICMP protocol unreachable.
 */
import { IpProto } from '@podwire/wire';
import { vxlanReceive } from '../dev/vxlan.ts';
import { icmpReceive } from '../icmp.ts';
import type { NetNs } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { tcpReceive } from '../socket/tcp.ts';
import { udpReceive } from '../socket/udp.ts';
import { endPacket, traceStep } from '../trace.ts';
import { defragment } from './fragment.ts';

export function ipLocalIn(ns: NetNs, skb: Skb): void {
  if (!defragment(ns, skb, 'local')) return;
  if (ns.netfilter !== undefined && ns.netfilter.run('input', ns, skb) !== 'accept') return;
  const packet = skb.packet;
  if (packet.traceId !== 0) traceStep(ns, packet, 'local-in', 'deliver', {}, skb.costNs);
  switch (packet.proto) {
    case IpProto.tcp:
      tcpReceive(ns, skb);
      return;
    case IpProto.udp: {
      const tunnels = ns.sockets.tunnels.get(packet.dstPort);
      if (tunnels === undefined) udpReceive(ns, skb);
      else vxlanReceive(ns, skb, tunnels);
      return;
    }
    case IpProto.icmp:
      icmpReceive(ns, skb);
      return;
    default:
      ns.icmpError(skb, 3, 2);
      endPacket(ns, skb, 'IP_NOPROTO');
  }
}
