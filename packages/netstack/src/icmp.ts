/**
 * ICMP: errors that this host sends, echo, and errors that arrive for its sockets (net/ipv4/icmp.c).
 *
 * From: ip/local-in.ts with ICMP packets; anywhere in the stack through `ns.icmpError`. To:
 * ip/local-out.ts for what is sent; socket/ping.ts, udp.ts, tcp.ts for what is told.
 *
 * Rate limits as in Linux: one token bucket per target (burst 6, then one per second) for the types of
 * icmp_ratemask, 1000 messages per second in all, and "no route" errors take from the target's bucket
 * twice (ip_error and icmp_send), so that they stop for a client that retries each second. Measured on 6.18.
 */
import { IP_BROADCAST, type Ip, NS_PER_MS, formatIp, isMulticast } from '@podwire/base';
import { traceOf } from '@podwire/trace';
import {
  Encap,
  IcmpType,
  IcmpUnreachable,
  IpProto,
  type Packet,
  clonePacket,
  isIcmpError,
} from '@podwire/wire';
import { ipLocalOutSkb } from './ip/local-out.ts';
import type { NetNs } from './netns.ts';
import { PktType, Skb } from './skb.ts';
import type { Errno } from './socket/errno.ts';
import { pingIcmpError, pingReceive } from './socket/ping.ts';
import type { IcmpSocketError } from './socket/socket-table.ts';
import { tcpIcmpError } from './socket/tcp.ts';
import { udpIcmpError } from './socket/udp.ts';
import { endPacket, traceStep } from './trace.ts';

const XRLIM_BURST_FACTOR = 6;
/** A bucket of a new target is full at once (inet_getpeer: last seen 60 s ago). */
const NEW_PEER_NS = 60_000 * NS_PER_MS;
const PEERS_MAX = 65_536;

interface PeerBucket {
  tokensNs: number;
  lastNs: number;
}

/** Rate limits and scratch of one namespace. */
export class IcmpState {
  readonly peers: Map<Ip, PeerBucket> = new Map();
  globalCredit = 0;
  globalStampNs = -1;
  /** An ICMP packet of the kernel's own is on its way out: no error about it is sent (icmp_xmit_lock). */
  isSending = false;
}

/** Sends an ICMP error about a packet, where RFC 1122 and Linux allow one (icmp_send). */
export function icmpSendError(
  ns: NetNs,
  skb: Skb,
  icmpType: number,
  icmpCode: number,
  mtuBytes: number,
): void {
  const about = skb.packet;
  if (ns.icmp.isSending || !mayComplain(skb, about)) return;
  if (!passesLimits(ns, about.src, icmpType, icmpCode)) {
    if (about.traceId !== 0) {
      const key = `type ${icmpType} code ${icmpCode}`;
      traceStep(ns, about, 'icmp', 'rate limited', { key }, skb.costNs);
    }
    return;
  }
  const error = ns.newPacket();
  error.proto = IpProto.icmp;
  error.src = skb.route?.type === 'local' ? about.dst : inboundAddress(ns, skb);
  error.dst = about.src;
  // (tos & IPTOS_TOS_MASK) | IPTOS_PREC_INTERNETCONTROL
  error.tos = (about.tos & 0x1e) | 0xc0;
  error.icmpType = icmpType;
  error.icmpCode = icmpCode;
  error.icmpMtuBytes = mtuBytes;
  error.encap = Encap.icmpQuote;
  error.inner = clonePacket(about);
  error.traceId = traceOf(about.traceId);
  if (about.traceId !== 0) {
    const mtu = mtuBytes > 0 ? ` mtu ${mtuBytes}` : '';
    const key = `type ${icmpType} code ${icmpCode}${mtu}`;
    traceStep(ns, about, 'icmp', `error to ${formatIp(about.src)}`, { key }, skb.costNs);
  }
  const out = new Skb(error);
  out.costNs = skb.costNs;
  ns.icmp.isSending = true;
  ipLocalOutSkb(ns, out, { ...ICMP_OUTPUT, cause: skb });
  ns.icmp.isSending = false;
}

/** ICMP packets are sent without path MTU discovery, so without DF. */
const ICMP_OUTPUT = { pmtu: 'dont' } as const;

/** The error of a missing or refusing route (ip_error): costs a token of its own first. */
export function icmpSendRouteError(ns: NetNs, skb: Skb, icmpCode: number): void {
  const bucket = refill(ns, skb.packet.src, 5000 * NS_PER_MS);
  if (bucket.tokensNs < 1000 * NS_PER_MS) return;
  bucket.tokensNs -= 1000 * NS_PER_MS;
  icmpSendError(ns, skb, IcmpType.destUnreachable, icmpCode, 0);
}

function mayComplain(skb: Skb, about: Packet): boolean {
  if (skb.pktType !== PktType.host || about.fragOffsetBytes > 0) return false;
  if (skb.route?.type === 'broadcast') return false;
  if (isMulticast(about.dst) || about.dst === IP_BROADCAST) return false;
  if (about.src === 0 || isMulticast(about.src) || about.src === IP_BROADCAST) return false;
  return !isIcmpError(about);
}

/** Errors come from the address of the way back, or of the incoming device when the sysctl says so. */
function inboundAddress(ns: NetNs, skb: Skb): Ip {
  if (ns.sysctl.getNumber('net.ipv4.icmp_errors_use_inbound_ifaddr') === 0) return 0;
  return skb.inDev === undefined ? 0 : ns.primaryAddress(skb.inDev, skb.packet.src);
}

function passesLimits(ns: NetNs, target: Ip, icmpType: number, icmpCode: number): boolean {
  const mask = ns.sysctl.getNumber('net.ipv4.icmp_ratemask', 6168);
  if ((mask & (1 << icmpType)) === 0) return true;
  if (icmpType === IcmpType.destUnreachable && icmpCode === IcmpUnreachable.fragNeeded) return true;
  // To this host itself nothing is limited: the answer leaves by lo.
  if (ns.isLocalAddress(target)) return true;
  if (!passesGlobal(ns)) return false;
  const cost = ns.sysctl.getNumber('net.ipv4.icmp_ratelimit', 1000) * NS_PER_MS;
  if (cost === 0) return true;
  const bucket = refill(ns, target, XRLIM_BURST_FACTOR * cost);
  if (bucket.tokensNs < cost) return false;
  bucket.tokensNs -= cost;
  return true;
}

/** icmp_global_allow(): credit grows with time, at most the burst. */
function passesGlobal(ns: NetNs): boolean {
  const state = ns.icmp;
  const perSec = ns.sysctl.getNumber('net.ipv4.icmp_msgs_per_sec', 1000);
  const burst = ns.sysctl.getNumber('net.ipv4.icmp_msgs_burst', 50);
  const nowNs = ns.sim.nowNs();
  if (state.globalStampNs < 0) {
    state.globalCredit = burst;
    state.globalStampNs = nowNs;
  }
  const grown = Math.floor(((nowNs - state.globalStampNs) / 1_000_000_000) * perSec);
  if (grown > 0) {
    state.globalCredit = Math.min(burst, state.globalCredit + grown);
    state.globalStampNs = nowNs;
  }
  if (state.globalCredit <= 0) return false;
  state.globalCredit--;
  return true;
}

/** Tokens are nanoseconds: they grow with the clock up to the most (inet_peer_xrlim_allow). */
function refill(ns: NetNs, target: Ip, mostNs: number): PeerBucket {
  const peers = ns.icmp.peers;
  const nowNs = ns.sim.nowNs();
  let bucket = peers.get(target);
  if (bucket === undefined) {
    if (peers.size >= PEERS_MAX) peers.clear();
    bucket = { tokensNs: 0, lastNs: nowNs - NEW_PEER_NS };
    peers.set(target, bucket);
  }
  bucket.tokensNs = Math.min(mostNs, bucket.tokensNs + nowNs - bucket.lastNs);
  bucket.lastNs = nowNs;
  return bucket;
}

/** An ICMP packet for this host; its end is here or at the ping socket. */
export function icmpReceive(ns: NetNs, skb: Skb): void {
  const packet = skb.packet;
  switch (packet.icmpType) {
    case IcmpType.echoRequest:
      answerEcho(ns, skb);
      return;
    case IcmpType.echoReply:
      pingReceive(ns, skb);
      return;
    case IcmpType.destUnreachable:
    case IcmpType.timeExceeded:
    case IcmpType.parameterProblem:
      deliverError(ns, skb);
      endPacket(ns, skb, 'delivered');
      return;
    default:
      // Source quench, redirects (accept_redirects only changes host routes; not modelled), timestamps.
      endPacket(ns, skb, 'delivered');
  }
}

function answerEcho(ns: NetNs, skb: Skb): void {
  const request = skb.packet;
  const isGroup = skb.route?.type === 'broadcast';
  const ignoreAll = ns.sysctl.getNumber('net.ipv4.icmp_echo_ignore_all') !== 0;
  const ignoreGroup = ns.sysctl.getNumber('net.ipv4.icmp_echo_ignore_broadcasts', 1) !== 0;
  if (!ignoreAll && !(isGroup && ignoreGroup)) {
    const reply = ns.newPacket();
    reply.proto = IpProto.icmp;
    reply.src = isGroup ? 0 : request.dst;
    reply.dst = request.src;
    reply.tos = request.tos;
    reply.icmpType = IcmpType.echoReply;
    reply.icmpId = request.icmpId;
    reply.icmpSeq = request.icmpSeq;
    reply.payload = request.payload;
    reply.traceId = traceOf(request.traceId);
    endPacket(ns, skb, 'delivered');
    const out = new Skb(reply);
    out.costNs = skb.costNs;
    ns.icmp.isSending = true;
    ipLocalOutSkb(ns, out, ICMP_OUTPUT);
    ns.icmp.isSending = false;
    return;
  }
  endPacket(ns, skb, 'delivered');
}

/** Errno and whether it is fatal, by code of "destination unreachable" (icmp_err_convert). */
const UNREACHABLE_ERRNO: readonly (readonly [Errno, boolean])[] = [
  ['ENETUNREACH', false],
  ['EHOSTUNREACH', false],
  ['ENOPROTOOPT', true],
  ['ECONNREFUSED', true],
  ['EMSGSIZE', false],
  ['EOPNOTSUPP', false],
  ['ENETUNREACH', true],
  ['EHOSTDOWN', true],
  ['ENONET', true],
  ['ENETUNREACH', true],
  ['EHOSTUNREACH', true],
  ['ENETUNREACH', false],
  ['EHOSTUNREACH', false],
  ['EHOSTUNREACH', true],
  ['EHOSTUNREACH', true],
  ['EHOSTUNREACH', true],
];

function socketError(packet: Packet): IcmpSocketError {
  let errno: Errno = 'EHOSTUNREACH';
  let fatal = false;
  if (packet.icmpType === IcmpType.destUnreachable) {
    [errno, fatal] = UNREACHABLE_ERRNO[packet.icmpCode] ?? ['EHOSTUNREACH', true];
  } else if (packet.icmpType === IcmpType.parameterProblem) {
    errno = 'EPROTO';
    fatal = true;
  }
  return {
    errno,
    fatal,
    fromIp: packet.src,
    icmpType: packet.icmpType,
    icmpCode: packet.icmpCode,
    mtuBytes: packet.icmpMtuBytes,
  };
}

/** Tells the socket whose packet is quoted (icmp_unreach, icmp_socket_deliver). */
function deliverError(ns: NetNs, skb: Skb): void {
  const quoted = skb.packet.inner;
  if (quoted === undefined || quoted.fragOffsetBytes > 0) return;
  const error = socketError(skb.packet);
  if (skb.packet.traceId !== 0) {
    const key = `type ${error.icmpType} code ${error.icmpCode}`;
    traceStep(ns, skb.packet, 'icmp', error.errno, { key }, skb.costNs);
  }
  if (
    error.icmpType === IcmpType.destUnreachable &&
    error.icmpCode === IcmpUnreachable.fragNeeded
  ) {
    ns.learnPathMtu(quoted.dst, error.mtuBytes);
  }
  switch (quoted.proto) {
    case IpProto.tcp:
      tcpIcmpError(ns, quoted, error);
      return;
    case IpProto.udp:
      udpIcmpError(ns, quoted, error);
      return;
    case IpProto.icmp:
      pingIcmpError(ns, quoted, error);
      return;
    default:
      return;
  }
}
