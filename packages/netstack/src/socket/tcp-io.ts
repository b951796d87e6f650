/**
 * Where TCP meets the IP layer: new packets, routes, sending.
 */
import { type Ip, isIpv4 } from '@podwire/base';
import { EtherType, IpProto, type Packet } from '@podwire/wire';
import { ipLocalOutSkb } from '../ip/local-out.ts';
import { NO_OPTIONS, type OutputOptions } from '../ip/output-options.ts';
import type { NetNs } from '../netns.ts';
import { Skb, type SkbOwner } from '../skb.ts';
import type { Errno } from './errno.ts';

/** TCP always discovers the path MTU: DF set, and too long a segment comes back as EMSGSIZE. */
const TCP_OUTPUT: OutputOptions = { pmtu: 'do' };

/** A TCP packet without flags. */
export function newTcpPacket(
  ns: NetNs,
  src: Ip,
  srcPort: number,
  dst: Ip,
  dstPort: number,
): Packet {
  const packet = ns.newPacket();
  packet.etherType = isIpv4(dst) ? EtherType.ipv4 : EtherType.ipv6;
  packet.proto = IpProto.tcp;
  packet.src = src;
  packet.dst = dst;
  packet.srcPort = srcPort;
  packet.dstPort = dstPort;
  packet.dontFragment = true;
  return packet;
}

/** Sends a packet; `owner` hears when it will have left the NIC. */
export function sendPacket(ns: NetNs, packet: Packet, owner?: SkbOwner): Errno | undefined {
  const skb = new Skb(packet);
  skb.owner = owner;
  return ipLocalOutSkb(ns, skb, TCP_OUTPUT);
}

/** IP and TCP header without options. */
export function tcpHeadersLenBytes(remoteIp: Ip): number {
  return isIpv4(remoteIp) ? 40 : 60;
}

/** The MTU of the path to the peer, as far as this host knows. */
export function routeMtuBytes(ns: NetNs, localIp: Ip, remoteIp: Ip): number {
  const route = ns.routeOutput(remoteIp, localIp, NO_OPTIONS);
  // Without a route the sending itself will tell; Ethernet's MTU stands in.
  return typeof route === 'string' ? 1500 : ns.routeMtu(route, remoteIp);
}
