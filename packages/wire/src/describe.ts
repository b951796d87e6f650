/**
 * A packet in one line, as `tcpdump -n` prints it.
 */
import { MAC_BROADCAST, MAC_ZERO, formatIp, formatMac, isIpv4 } from '@podwire/base';
import { formatDnsBrief } from './dns-brief.ts';
import { ARP_BYTES } from './arp.ts';
import { IcmpType, IcmpUnreachable, Icmpv6Type } from './icmp.ts';
import { ArpOp, Encap, EtherType, IpProto, type Packet, TcpFlag, l4LenBytes } from './packet.ts';
import { payloadBytes } from './payload.ts';

export function describePacket(packet: Packet): string {
  return packet.etherType === EtherType.arp ? describeArp(packet) : describeIp(packet);
}

/** `10.244.1.2.43210 > 10.96.0.10.80`, without ports where the protocol has none. */
export function describeTuple(packet: Packet): string {
  const hasPorts =
    (packet.proto === IpProto.tcp || packet.proto === IpProto.udp) && packet.fragOffsetBytes === 0;
  if (!hasPorts) return `${formatIp(packet.src)} > ${formatIp(packet.dst)}`;
  return `${formatIp(packet.src)}.${packet.srcPort} > ${formatIp(packet.dst)}.${packet.dstPort}`;
}

function describeArp(packet: Packet): string {
  const { arpOp, src, dst } = packet;
  if (arpOp === ArpOp.reply) {
    return `ARP, Reply ${formatIp(src)} is-at ${formatMac(packet.arpSha)}, length ${ARP_BYTES}`;
  }
  const known =
    packet.arpTha === MAC_ZERO || packet.arpTha === MAC_BROADCAST
      ? ''
      : ` (${formatMac(packet.arpTha)})`;
  if (src === dst) return `ARP, Announcement ${formatIp(src)}, length ${ARP_BYTES}`;
  const teller = src === 0 ? 'Probe' : 'Request who-has';
  if (src === 0) return `ARP, ${teller} ${formatIp(dst)}${known}, length ${ARP_BYTES}`;
  return `ARP, ${teller} ${formatIp(dst)}${known} tell ${formatIp(src)}, length ${ARP_BYTES}`;
}

function describeIp(packet: Packet): string {
  const family = isIpv4(packet.dst) ? 'IP' : 'IP6';
  return `${family} ${describeTuple(packet)}: ${describeL4(packet)}`;
}

function describeL4(packet: Packet): string {
  const fragment =
    packet.fragOffsetBytes > 0 || packet.moreFragments
      ? ` (frag offset ${packet.fragOffsetBytes}${packet.moreFragments ? '+' : ''})`
      : '';
  if (packet.fragOffsetBytes > 0) {
    return `${protocolName(packet.proto)}, length ${packet.payload.lenBytes}${fragment}`;
  }
  switch (packet.proto) {
    case IpProto.tcp:
      return describeTcp(packet) + fragment;
    case IpProto.udp:
      return describeUdp(packet) + fragment;
    case IpProto.icmp:
      return `ICMP ${describeIcmp(packet)}, length ${l4LenBytes(packet)}${fragment}`;
    case IpProto.icmpv6:
      return `ICMP6, ${describeIcmpv6(packet)}, length ${l4LenBytes(packet)}${fragment}`;
    default:
      return `${protocolName(packet.proto)} ${packet.payload.lenBytes}${fragment}`;
  }
}

function protocolName(proto: number): string {
  switch (proto) {
    case IpProto.tcp:
      return 'tcp';
    case IpProto.udp:
      return 'udp';
    case IpProto.icmp:
      return 'icmp';
    case IpProto.sctp:
      return 'sctp';
    default:
      return `ip-proto-${proto}`;
  }
}

function describeTcp(packet: Packet): string {
  const { tcpFlags } = packet;
  const lenBytes = packet.moreFragments ? 0 : packet.payload.lenBytes;
  let text = `Flags [${formatTcpFlags(tcpFlags)}]`;
  if (lenBytes > 0) text += `, seq ${packet.seq}:${(packet.seq + lenBytes) % 2 ** 32}`;
  else if ((tcpFlags & (TcpFlag.syn | TcpFlag.fin | TcpFlag.rst)) !== 0) {
    text += `, seq ${packet.seq}`;
  }
  if ((tcpFlags & TcpFlag.ack) !== 0) text += `, ack ${packet.ack}`;
  text += `, win ${packet.window}`;
  const options = describeTcpOptions(packet);
  if (options.length > 0) text += `, options [${options.join(',')}]`;
  return `${text}, length ${lenBytes}`;
}

/** `S`, `S.`, `P.`, `F.`, `R`, `.`, `none`. */
export function formatTcpFlags(flags: number): string {
  let text = '';
  if ((flags & TcpFlag.fin) !== 0) text += 'F';
  if ((flags & TcpFlag.syn) !== 0) text += 'S';
  if ((flags & TcpFlag.rst) !== 0) text += 'R';
  if ((flags & TcpFlag.psh) !== 0) text += 'P';
  if ((flags & TcpFlag.urg) !== 0) text += 'U';
  if ((flags & TcpFlag.ack) !== 0) text += '.';
  return text === '' ? 'none' : text;
}

function describeTcpOptions(packet: Packet): string[] {
  const options: string[] = [];
  if (packet.optMss > 0) options.push(`mss ${packet.optMss}`);
  if (packet.optTsVal >= 0) {
    if (packet.optSackOk) options.push('sackOK');
    else options.push('nop', 'nop');
    options.push(`TS val ${packet.optTsVal} ecr ${Math.max(packet.optTsEcr, 0)}`);
  } else if (packet.optSackOk) options.push('nop', 'nop', 'sackOK');
  if (packet.optWscale >= 0) options.push('nop', `wscale ${packet.optWscale}`);
  const sack = packet.optSack;
  if (sack !== undefined) {
    let blocks = '';
    for (let index = 0; index + 1 < sack.length; index += 2) {
      blocks += `{${sack[index]}:${sack[index + 1]}}`;
    }
    options.push('nop', 'nop', `sack ${sack.length / 2} ${blocks}`);
  }
  return options;
}

const DNS_PORT = 53;

function describeUdp(packet: Packet): string {
  if (packet.encap === Encap.vxlan && packet.inner !== undefined) {
    return `VXLAN, vni ${packet.vni}: ${describePacket(packet.inner)}`;
  }
  if (packet.encap === Encap.geneve && packet.inner !== undefined) {
    const option = packet.geneveOption.toString(16).padStart(8, '0');
    const options = `options [class Open Virtual Networking (OVN) (0x102) type 0x80(C) len 8 data ${option}]`;
    return `Geneve, Flags [C], vni 0x${packet.vni.toString(16)}, ${options}: ${describePacket(packet.inner)}`;
  }
  const lenBytes = l4LenBytes(packet) - 8;
  if ((packet.dstPort === DNS_PORT || packet.srcPort === DNS_PORT) && !packet.moreFragments) {
    const brief = formatDnsBrief(payloadBytes(packet.payload));
    if (brief !== undefined) return `${brief} (${lenBytes})`;
  }
  return `UDP, length ${lenBytes}`;
}

function describeIcmp(packet: Packet): string {
  switch (packet.icmpType) {
    case IcmpType.echoRequest:
      return `echo request, id ${packet.icmpId}, seq ${packet.icmpSeq}`;
    case IcmpType.echoReply:
      return `echo reply, id ${packet.icmpId}, seq ${packet.icmpSeq}`;
    case IcmpType.destUnreachable:
      return describeUnreachable(packet);
    case IcmpType.timeExceeded:
      return packet.icmpCode === 1 ? 'ip reassembly time exceeded' : 'time exceeded in-transit';
    case IcmpType.redirect: {
      const gateway = packet.icmpId * 0x10000 + packet.icmpSeq;
      const to = packet.inner === undefined ? '?' : formatIp(packet.inner.dst);
      return `redirect ${to} to host ${formatIp(gateway)}`;
    }
    default:
      return `type-#${packet.icmpType}`;
  }
}

function describeUnreachable(packet: Packet): string {
  const inner = packet.inner;
  const dst = inner === undefined ? '?' : formatIp(inner.dst);
  switch (packet.icmpCode) {
    case IcmpUnreachable.net:
      return `net ${dst} unreachable`;
    case IcmpUnreachable.host:
      return `host ${dst} unreachable`;
    case IcmpUnreachable.protocol:
      return `${dst} protocol ${inner?.proto ?? 0} unreachable`;
    case IcmpUnreachable.port:
      return `${dst} ${protocolName(inner?.proto ?? 0)} port ${inner?.dstPort ?? 0} unreachable`;
    case IcmpUnreachable.fragNeeded:
      return `${dst} unreachable - need to frag (mtu ${packet.icmpMtuBytes})`;
    case IcmpUnreachable.netProhibited:
      return `net ${dst} unreachable - admin prohibited`;
    case IcmpUnreachable.hostProhibited:
      return `host ${dst} unreachable - admin prohibited`;
    case IcmpUnreachable.adminProhibited:
      return `host ${dst} unreachable - admin prohibited filter`;
    default:
      return `${dst} unreachable - #${packet.icmpCode}`;
  }
}

function describeIcmpv6(packet: Packet): string {
  switch (packet.icmpType) {
    case Icmpv6Type.echoRequest:
      return `echo request, id ${packet.icmpId}, seq ${packet.icmpSeq}`;
    case Icmpv6Type.echoReply:
      return `echo reply, id ${packet.icmpId}, seq ${packet.icmpSeq}`;
    case Icmpv6Type.destUnreachable:
      return 'destination unreachable';
    case Icmpv6Type.packetTooBig:
      return `packet too big, mtu ${packet.icmpMtuBytes}`;
    case Icmpv6Type.timeExceeded:
      return 'time exceeded in-transit';
    default:
      return `type-#${packet.icmpType}`;
  }
}
