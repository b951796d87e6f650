/**
 * Echo sockets: what ping and traceroute -I use (net/ipv4/ping.c).
 *
 * From: icmp.ts with echo replies and with errors that quote an echo request. To: the process that waits
 * in `recv`. Errors are always told, as for a program that sets IP_RECVERR.
 */
import { type Ip, mix32 } from '@podwire/base';
import { type Proc, Signal } from '@podwire/engine';
import { IpProto, type Packet, l4LenBytes, payloadOfFill } from '@podwire/wire';
import { Cost } from '../cost.ts';
import type { NetNs, OutputOptions } from '../netns.ts';
import type { Skb } from '../skb.ts';
import { beginWalk, endPacket, traceStep } from '../trace.ts';
import type { Errno } from './errno.ts';
import type { IcmpSocketError } from './socket-table.ts';

export interface EchoOptions {
  readonly id?: number;
  readonly seq: number;
  readonly ttl?: number;
  /** Data bytes after the ICMP header; 56 as ping does. */
  readonly sizeBytes?: number;
  /** true: `-M do`; false: `-M dont`; unset: the kernel's default. */
  readonly dontFragment?: boolean;
  readonly traceId?: number;
  readonly fromIp?: Ip;
}

export interface EchoResult {
  readonly kind: 'reply' | 'error';
  readonly fromIp: Ip;
  readonly ttl: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly seq: number;
  readonly mtu?: number;
  /** ICMP header and data, what ping prints as "64 bytes". */
  readonly sizeBytes?: number;
  /** When it came. */
  readonly atNs: number;
}

/** Opens a socket with an identifier of its own. */
export function icmpOpen(ns: NetNs): PingSocket {
  return new PingSocket(ns);
}

export class PingSocket {
  readonly ns: NetNs;
  readonly id: number;
  readonly readable: Signal = new Signal();
  isClosed = false;
  readonly #queue: EchoResult[] = [];
  #lastDeliveryNs = 0;
  #otherId = 0;

  constructor(ns: NetNs) {
    this.ns = ns;
    const start = mix32(ns.sockets.ping.size + 1 + Math.floor(ns.sim.nowNs() / 1000));
    let id = start & 0xffff;
    while (id === 0 || ns.sockets.ping.has(id)) id = (id + 1) & 0xffff;
    this.id = id;
    ns.sockets.ping.set(id, this);
  }

  sendEcho(dst: Ip, options: EchoOptions): Errno | undefined {
    if (this.isClosed) return 'EBADF';
    const packet = this.ns.newPacket();
    const id = options.id ?? this.id;
    if (id !== this.id && !this.ns.sockets.ping.has(id)) {
      this.#otherId = id;
      this.ns.sockets.ping.set(id, this);
    }
    packet.proto = IpProto.icmp;
    packet.src = options.fromIp ?? 0;
    packet.dst = dst;
    packet.icmpType = 8;
    packet.icmpId = id;
    packet.icmpSeq = options.seq;
    packet.ttlHops = options.ttl ?? 0;
    packet.payload = payloadOfFill(options.sizeBytes ?? 56, 0);
    packet.traceId = options.traceId ?? 0;
    if (packet.traceId !== 0) {
      this.ns.chooseSource(packet);
      beginWalk(this.ns, packet);
      traceStep(this.ns, packet, 'socket', 'send');
    }
    return this.ns.output(packet, pmtuOptions(options.dontFragment));
  }

  *recv(timeoutNs?: number): Proc<EchoResult | 'timeout'> {
    const deadlineNs = timeoutNs === undefined ? undefined : this.ns.sim.nowNs() + timeoutNs;
    for (;;) {
      const got = this.#queue.shift();
      if (got !== undefined) return got;
      const leftNs = deadlineNs === undefined ? undefined : deadlineNs - this.ns.sim.nowNs();
      if ((leftNs !== undefined && leftNs <= 0) || this.isClosed) return 'timeout';
      yield* this.readable.wait(leftNs);
    }
  }

  close(): void {
    this.isClosed = true;
    if (this.ns.sockets.ping.get(this.id) === this) this.ns.sockets.ping.delete(this.id);
    if (this.ns.sockets.ping.get(this.#otherId) === this)
      this.ns.sockets.ping.delete(this.#otherId);
    this.readable.notify();
  }

  /** Queues a result after the costs of its way. */
  deliver(costNs: number, result: Omit<EchoResult, 'atNs'>): void {
    const nowNs = this.ns.sim.nowNs();
    const atNs = Math.max(nowNs + costNs + Cost.wakeup, this.#lastDeliveryNs);
    this.#lastDeliveryNs = atNs;
    this.ns.sim.schedule(atNs - nowNs, () => {
      if (this.isClosed) return;
      this.#queue.push({ ...result, atNs });
      this.readable.notify();
    });
  }
}

const PMTU_DO: OutputOptions = { pmtu: 'do' };
const PMTU_DONT: OutputOptions = { pmtu: 'dont' };
const PMTU_WANT: OutputOptions = { pmtu: 'want' };

function pmtuOptions(dontFragment: boolean | undefined): OutputOptions {
  if (dontFragment === undefined) return PMTU_WANT;
  return dontFragment ? PMTU_DO : PMTU_DONT;
}

/** An echo reply for this host; its end is here. */
export function pingReceive(ns: NetNs, skb: Skb): void {
  const packet = skb.packet;
  const socket = ns.sockets.ping.get(packet.icmpId);
  if (packet.traceId !== 0) {
    const verdict = socket === undefined ? 'no socket' : 'receive';
    traceStep(ns, packet, 'socket', verdict, { key: `icmp id ${packet.icmpId}` }, skb.costNs);
  }
  if (socket === undefined) {
    endPacket(ns, skb, 'NO_SOCKET');
    return;
  }
  socket.deliver(skb.costNs, {
    kind: 'reply',
    fromIp: packet.src,
    ttl: packet.ttlHops,
    icmpType: packet.icmpType,
    icmpCode: packet.icmpCode,
    seq: packet.icmpSeq,
    sizeBytes: l4LenBytes(packet),
  });
  endPacket(ns, skb, 'delivered');
}

/** An error that quotes an echo request. */
export function pingIcmpError(ns: NetNs, quoted: Packet, error: IcmpSocketError): void {
  const socket = ns.sockets.ping.get(quoted.icmpId);
  if (socket === undefined || quoted.icmpType !== 8) return;
  socket.deliver(0, {
    kind: 'error',
    fromIp: error.fromIp,
    ttl: 0,
    icmpType: error.icmpType,
    icmpCode: error.icmpCode,
    seq: quoted.icmpSeq,
    ...(error.mtuBytes > 0 ? { mtu: error.mtuBytes } : {}),
  });
}
