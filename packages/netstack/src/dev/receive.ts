/**
 * Where every received frame enters the stack of its namespace (__netif_receive_skb).
 *
 * From: the devices, with `skb.inDev` set. To: the bridge when the device is a port, ip/rcv.ts or
 * neigh/arp.ts by EtherType; a frame for another MAC address ends here as OTHERHOST.
 */
import { MAC_BROADCAST, type Mac, formatMac, isMacMulticast } from '@podwire/base';
import { EtherType } from '@podwire/wire';
import { ipReceive } from '../ip/rcv.ts';
import { arpReceive } from '../neigh/arp.ts';
import type { NetNs } from '../netns.ts';
import { PktType, type Skb } from '../skb.ts';
import { endPacket } from '../trace.ts';
import { type Dev, countRx } from './dev.ts';

export function receiveFrame(ns: NetNs, skb: Skb): void {
  const dev = skb.inDev;
  if (dev === undefined || ns.isDestroyed || !dev.isUp) {
    endPacket(ns, skb, 'DEV_READY', dev === undefined ? {} : { dev: dev.name });
    return;
  }
  countRx(dev, skb);
  if (dev.rxHandler !== undefined) {
    dev.rxHandler(skb);
    return;
  }
  skb.pktType = pktTypeOf(dev, skb.packet.ethDst);
  const port = dev.port;
  if (port !== undefined) {
    port.bridge.handleFrame(port, skb);
    return;
  }
  deliverFrame(ns, skb, dev);
}

/** A frame for this namespace's own protocols: what is left after bridges took theirs. */
export function deliverFrame(ns: NetNs, skb: Skb, dev: Dev): void {
  const packet = skb.packet;
  switch (packet.etherType) {
    case EtherType.ipv4:
      if (skb.pktType === PktType.otherHost) {
        const texts = {
          dev: dev.name,
          key: formatMac(packet.ethDst),
          rule: `${dev.name} ${formatMac(dev.mac)}`,
        };
        endPacket(ns, skb, 'OTHERHOST', packet.traceId === 0 ? {} : texts);
        return;
      }
      ipReceive(ns, skb);
      return;
    case EtherType.arp:
      arpReceive(ns, skb);
      return;
    default:
      // Not modelled: IPv6, 802.1Q sub-interfaces.
      endPacket(ns, skb, 'UNHANDLED_PROTO');
  }
}

/** For whom the frame is, as its destination MAC says (eth_type_trans). */
function pktTypeOf(dev: Dev, ethDst: Mac): number {
  if (ethDst === dev.mac) return PktType.host;
  if (ethDst === MAC_BROADCAST) return PktType.broadcast;
  return isMacMulticast(ethDst) ? PktType.multicast : PktType.otherHost;
}
