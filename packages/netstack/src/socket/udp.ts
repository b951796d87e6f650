/**
 * UDP sockets (net/ipv4/udp.c).
 *
 * From: ip/local-in.ts with a datagram, icmp.ts with errors about one that was sent. To: the process that
 * waits in `recv`; a datagram for a port without socket is answered with ICMP port unreachable.
 *
 * As in Linux an unconnected socket never learns of ICMP errors unless it asks (`recvErr`); a connected
 * one gets them once, from its next call.
 */
import { IP_ANY, type Ip } from '@podwire/base';
import { type Proc, Signal } from '@podwire/engine';
import { traceOf } from '@podwire/trace';
import { IpProto, type Packet, type Payload } from '@podwire/wire';
import { Cost } from '../cost.ts';
import type { NetNs, OutputOptions } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { beginWalk, endPacket, traceStep } from '../trace.ts';
import type { Errno } from './errno.ts';
import type { IcmpSocketError, SocketRow } from './socket-table.ts';

/** net.core.rmem_default, and what the kernel books for a datagram beside its bytes (skb->truesize). */
const RCVBUF_BYTES = 212_992;
const SKB_OVERHEAD_BYTES = 576;
/** 65535 less IP and UDP headers. */
const UDP_PAYLOAD_MAX_BYTES = 65_507;

export interface UdpOpenOptions {
  readonly ip?: Ip;
  /** 0 or unset: an ephemeral port at bind. */
  readonly port?: number;
  /** SO_REUSEPORT and SO_REUSEADDR are not modelled: binds conflict as without them. */
  readonly process?: string;
}

export interface UdpSendOptions {
  readonly ttl?: number;
  /** true: never fragment (IP_PMTUDISC_DO); false: DF off; unset: the kernel's default. */
  readonly dontFragment?: boolean;
  readonly traceId?: number;
  /** Source address of this datagram (IP_PKTINFO). */
  readonly fromIp?: Ip;
}

export interface UdpDatagram {
  readonly payload: Payload;
  readonly fromIp: Ip;
  readonly fromPort: number;
  readonly toIp: Ip;
  readonly ttl: number;
  readonly traceId: number;
}

/** An entry of the error queue (struct sock_extended_err). */
export interface SocketError {
  readonly errno: Errno;
  readonly fromIp: Ip;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly mtu?: number;
  /** Destination of the packet that failed. */
  readonly toIp: Ip;
  readonly toPort: number;
}

/** Opens a socket and binds it; without a port it is bound at its first send. */
export function udpOpen(ns: NetNs, options: UdpOpenOptions = {}): UdpSocket | Errno {
  const socket = new UdpSocket(ns, options.process);
  const ip = options.ip ?? IP_ANY;
  if (ip !== IP_ANY && !ns.isLocalAddress(ip) && ns.lookup(ip)?.type !== 'broadcast') {
    return 'EADDRNOTAVAIL';
  }
  const problem = socket.bind(ip, options.port ?? 0);
  return problem ?? socket;
}

export class UdpSocket {
  readonly ns: NetNs;
  localIp: Ip = IP_ANY;
  localPort = 0;
  remoteIp: Ip = 0;
  remotePort = 0;
  /** Notified when a datagram or error is there. */
  readonly readable: Signal = new Signal();
  readonly process: string | undefined;
  isClosed = false;
  #boundIp: Ip = IP_ANY;
  readonly #queue: UdpDatagram[] = [];
  readonly #errors: SocketError[] = [];
  #pending: Errno | undefined;
  #bookedBytes = 0;
  #lastDeliveryNs = 0;

  constructor(ns: NetNs, process?: string) {
    this.ns = ns;
    this.process = process;
  }

  get isConnected(): boolean {
    return this.remotePort !== 0;
  }

  /** Called by `udpOpen`. */
  bind(ip: Ip, port: number): Errno | undefined {
    const ports = this.ns.sockets.udpPorts;
    const chosen = port === 0 ? ports.ephemeral(0, 'any', (one) => ports.isFree(ip, one)) : port;
    if (chosen === 0) return 'EADDRINUSE';
    const problem = ports.bind(ip, chosen);
    if (problem !== undefined) return problem;
    this.localIp = ip;
    this.#boundIp = ip;
    this.localPort = chosen;
    const list = this.ns.sockets.udp.get(chosen);
    if (list === undefined) this.ns.sockets.udp.set(chosen, [this]);
    else list.push(this);
    return undefined;
  }

  /** Fixes the peer: only its datagrams and errors come in; chooses the local address by the route. */
  connect(ip: Ip, port: number): Errno | undefined {
    const route = this.ns.routeOutput(ip, this.#boundIp);
    if (typeof route === 'string') return route;
    if (this.#boundIp === IP_ANY) this.localIp = this.ns.sourceFor(route, ip);
    this.remoteIp = ip;
    this.remotePort = port;
    return undefined;
  }

  send(payload: Payload, options?: UdpSendOptions): Errno | undefined {
    if (!this.isConnected) return 'EDESTADDRREQ';
    return this.sendTo(this.remoteIp, this.remotePort, payload, options);
  }

  sendTo(ip: Ip, port: number, payload: Payload, options: UdpSendOptions = {}): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    const pending = this.#pending;
    if (pending !== undefined) {
      this.#pending = undefined;
      return pending;
    }
    if (port === 0) return 'EINVAL';
    if (payload.lenBytes > UDP_PAYLOAD_MAX_BYTES) return 'EMSGSIZE';
    const packet = this.ns.newPacket();
    packet.proto = IpProto.udp;
    packet.src = options.fromIp ?? this.localIp;
    packet.dst = ip;
    packet.srcPort = this.localPort;
    packet.dstPort = port;
    packet.ttlHops = options.ttl ?? 0;
    packet.payload = payload;
    packet.traceId = options.traceId ?? 0;
    if (packet.traceId !== 0) {
      this.ns.chooseSource(packet);
      beginWalk(this.ns, packet);
      traceStep(this.ns, packet, 'socket', 'send');
    }
    const problem = this.ns.output(packet, outputOptions(options.dontFragment));
    if (problem === 'EMSGSIZE') {
      this.#queueError({
        errno: 'EMSGSIZE',
        fromIp: this.localIp,
        icmpType: 0,
        icmpCode: 0,
        mtu: this.ns.pathMtu(ip),
        toIp: ip,
        toPort: port,
      });
    }
    // Without IP_RECVERR a full or refusing device is not told (udp_send_skb).
    return problem === 'ENOBUFS' ? undefined : problem;
  }

  /** Waits for a datagram; an ICMP error on a connected socket surfaces once. */
  *recv(timeoutNs?: number): Proc<UdpDatagram | Errno | 'timeout'> {
    const deadlineNs = timeoutNs === undefined ? undefined : this.ns.sim.nowNs() + timeoutNs;
    for (;;) {
      const got = this.tryRecv();
      if (got !== undefined) return got;
      if (this.isClosed) return 'EBADF';
      const leftNs = deadlineNs === undefined ? undefined : deadlineNs - this.ns.sim.nowNs();
      if (leftNs !== undefined && leftNs <= 0) return 'timeout';
      yield* this.readable.wait(leftNs);
    }
  }

  /** The same without waiting; undefined when nothing is there. */
  tryRecv(): UdpDatagram | Errno | undefined {
    const pending = this.#pending;
    if (pending !== undefined) {
      this.#pending = undefined;
      return pending;
    }
    const datagram = this.#queue.shift();
    if (datagram !== undefined) this.#bookedBytes -= booked(datagram.payload);
    return datagram;
  }

  /** Takes the oldest entry of the error queue (IP_RECVERR, MSG_ERRQUEUE), connected or not. */
  takeError(): SocketError | undefined {
    return this.#errors.shift();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const sockets = this.ns.sockets;
    const list = sockets.udp.get(this.localPort);
    const index = list?.indexOf(this) ?? -1;
    if (list !== undefined && index >= 0) {
      list.splice(index, 1);
      if (list.length === 0) sockets.udp.delete(this.localPort);
      sockets.udpPorts.release(this.#boundIp, this.localPort);
    }
    this.#queue.length = 0;
    this.readable.notify();
  }

  row(): SocketRow {
    return {
      netid: 'udp',
      state: this.isConnected ? 'ESTAB' : 'UNCONN',
      recvQ: this.#bookedBytes,
      sendQ: 0,
      localIp: this.localIp,
      localPort: this.localPort,
      remoteIp: this.remoteIp,
      remotePort: this.remotePort,
      ...(this.process === undefined ? {} : { process: this.process }),
    };
  }

  /** How well a datagram fits (compute_score); -1 = not at all. */
  score(packet: Packet): number {
    let score = 0;
    if (this.localIp !== IP_ANY) {
      if (this.localIp !== packet.dst) return -1;
      score += 4;
    }
    if (this.isConnected) {
      if (this.remoteIp !== packet.src || this.remotePort !== packet.srcPort) return -1;
      score += 8;
    }
    return score;
  }

  /** A datagram for this socket: queued when its cost has passed and there is room. */
  deliver(skb: Skb): void {
    const packet = skb.packet;
    const size = booked(packet.payload);
    if (this.#bookedBytes + size > RCVBUF_BYTES) {
      endPacket(this.ns, skb, 'SOCKET_RCVBUFF');
      return;
    }
    this.#bookedBytes += size;
    const nowNs = this.ns.sim.nowNs();
    const atNs = Math.max(nowNs + skb.costNs + Cost.wakeup, this.#lastDeliveryNs);
    this.#lastDeliveryNs = atNs;
    endPacket(this.ns, skb, 'delivered');
    this.ns.sim.schedule(atNs - nowNs, () => {
      if (this.isClosed) return;
      this.#queue.push({
        payload: packet.payload,
        fromIp: packet.src,
        fromPort: packet.srcPort,
        toIp: packet.dst,
        ttl: packet.ttlHops,
        traceId: traceOf(packet.traceId),
      });
      this.readable.notify();
    });
  }

  /** An ICMP error about a datagram of this socket. */
  icmpError(quoted: Packet, error: IcmpSocketError): void {
    this.#queueError({
      errno: error.errno,
      fromIp: error.fromIp,
      icmpType: error.icmpType,
      icmpCode: error.icmpCode,
      ...(error.mtuBytes > 0 ? { mtu: error.mtuBytes } : {}),
      toIp: quoted.dst,
      toPort: quoted.dstPort,
    });
    // Without IP_RECVERR only hard errors reach a connected socket (udp_err).
    if (this.isConnected && error.fatal) this.#pending = error.errno;
    this.readable.notify();
  }

  #queueError(error: SocketError): void {
    if (this.#errors.length < 64) this.#errors.push(error);
  }
}

const PMTU_DO: OutputOptions = { pmtu: 'do' };
const PMTU_DONT: OutputOptions = { pmtu: 'dont' };
const PMTU_WANT: OutputOptions = { pmtu: 'want' };

function outputOptions(dontFragment: boolean | undefined): OutputOptions {
  if (dontFragment === undefined) return PMTU_WANT;
  return dontFragment ? PMTU_DO : PMTU_DONT;
}

function booked(payload: Payload): number {
  return payload.lenBytes + SKB_OVERHEAD_BYTES;
}

function findSocket(ns: NetNs, packet: Packet): UdpSocket | undefined {
  let best: UdpSocket | undefined;
  let bestScore = -1;
  for (const socket of ns.sockets.udp.get(packet.dstPort) ?? []) {
    const score = socket.score(packet);
    if (score > bestScore) {
      best = socket;
      bestScore = score;
    }
  }
  return best;
}

/** A datagram for this host; its end is here. */
export function udpReceive(ns: NetNs, skb: Skb): void {
  const socket = findSocket(ns, skb.packet);
  if (skb.packet.traceId !== 0) {
    const verdict = socket === undefined ? 'no socket' : 'receive';
    traceStep(
      ns,
      skb.packet,
      'socket',
      verdict,
      { key: `udp port ${skb.packet.dstPort}` },
      skb.costNs,
    );
  }
  if (socket === undefined) {
    // The error is tracked by what it quotes, not tied to the datagram (nf_reset_ct).
    skb.ct = undefined;
    ns.icmpError(skb, 3, 3);
    endPacket(ns, skb, 'NO_SOCKET');
    return;
  }
  socket.deliver(skb);
}

/** Finds the socket whose datagram an ICMP error quotes (udp_err). */
export function udpIcmpError(ns: NetNs, quoted: Packet, error: IcmpSocketError): void {
  for (const socket of ns.sockets.udp.get(quoted.srcPort) ?? []) {
    const isLocal = socket.localIp === IP_ANY || socket.localIp === quoted.src;
    const isPeer =
      !socket.isConnected ||
      (socket.remoteIp === quoted.dst && socket.remotePort === quoted.dstPort);
    if (!isLocal || !isPeer) continue;
    socket.icmpError(quoted, error);
    return;
  }
}
