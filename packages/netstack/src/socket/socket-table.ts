/**
 * The sockets of one namespace: who gets a packet that is for this host.
 *
 * ip/local-in.ts calls `tcpReceive(ns, skb)` of socket/tcp.ts, `udpReceive` of socket/udp.ts and icmp.ts;
 * ICMP errors come as `tcpIcmpError(ns, quoted, error)` and `udpIcmpError`. TCP keeps its own demux in
 * `tcp`, which it creates on first use; port rules and ephemeral ports are shared (`PortTable`).
 */
import { IP_ANY, type Ip, hashText, mix32 } from '@podwire/base';
import type { Packet } from '@podwire/wire';
import type { Skb } from '../skb.ts';
import type { Errno } from './errno.ts';
import type { PingSocket } from './ping.ts';
import type { UdpSocket } from './udp.ts';

/** What an ICMP error means to the socket whose packet it quotes (icmp_err_convert). */
export interface IcmpSocketError {
  readonly errno: Errno;
  /** Whether it ends an established or connected socket's call (`fatal` in icmp_err_convert). */
  readonly fatal: boolean;
  readonly fromIp: Ip;
  readonly icmpType: number;
  readonly icmpCode: number;
  /** Next-hop MTU of "fragmentation needed", else 0. */
  readonly mtuBytes: number;
}

/** One row of `ss`. */
export interface SocketRow {
  readonly netid: 'tcp' | 'udp' | 'icmp';
  /** As ss prints it: LISTEN, ESTAB, UNCONN, TIME-WAIT, … */
  readonly state: string;
  readonly recvQ: number;
  readonly sendQ: number;
  readonly localIp: Ip;
  readonly localPort: number;
  readonly remoteIp: Ip;
  readonly remotePort: number;
  /** `users:(("nginx",pid=7,fd=6))` without the prefix, or undefined. */
  readonly process?: string;
}

/** What TCP registers in `SocketTable.tcp` (socket/tcp.ts extends it as it likes). */
export interface TcpLayer {
  /** Rows for ss and netstat, listeners first. */
  rows(): SocketRow[];
  /** Forgets all connections without a word: the namespace goes away. */
  destroy(): void;
}

/** In place of a VNI: a device that takes those of all networks (`external`, collect_md). */
export const ANY_VNI = -1;

/** A tunnel device that takes UDP packets (a kernel socket with encap_rcv). */
export interface UdpTunnel {
  decapsulate(skb: Skb, inner: Packet, from: Ip): void;
}

export class SocketTable {
  tcp: TcpLayer | undefined = undefined;
  readonly tcpPorts: PortTable;
  readonly udpPorts: PortTable;
  /** UDP sockets by local port, in order of binding. */
  readonly udp: Map<number, UdpSocket[]> = new Map();
  /** Echo sockets by identifier. */
  readonly ping: Map<number, PingSocket> = new Map();

  /** Tunnel devices by UDP port, then by VNI. */
  readonly tunnels: Map<number, Map<number, UdpTunnel>> = new Map();

  constructor(seed: string) {
    this.tcpPorts = new PortTable(`${seed}/tcp`);
    this.udpPorts = new PortTable(`${seed}/udp`);
  }

  addTunnel(port: number, vni: number, tunnel: UdpTunnel): void {
    let byVni = this.tunnels.get(port);
    if (byVni === undefined) {
      byVni = new Map();
      this.tunnels.set(port, byVni);
      this.udpPorts.hold(IP_ANY, port);
    }
    byVni.set(vni, tunnel);
  }

  removeTunnel(port: number, vni: number): void {
    const byVni = this.tunnels.get(port);
    if (byVni === undefined) return;
    byVni.delete(vni);
    if (byVni.size > 0) return;
    this.tunnels.delete(port);
    this.udpPorts.release(IP_ANY, port);
  }

  /** Rows for ss in its own order: udp, then tcp. */
  rows(): SocketRow[] {
    const rows: SocketRow[] = [];
    for (const list of this.udp.values()) for (const socket of list) rows.push(socket.row());
    return this.tcp === undefined ? rows : [...rows, ...this.tcp.rows()];
  }
}

/** net.ipv4.ip_local_port_range. */
export const EPHEMERAL_FIRST = 32768;
export const EPHEMERAL_LAST = 60999;

/**
 * The bound ports of one protocol (inet_bind_hashbucket). Without SO_REUSEADDR and SO_REUSEPORT two binds
 * of one port conflict when either is to any address or both are to the same.
 */
export class PortTable {
  readonly #seed: number;
  #draws = 0;
  /** Addresses bound per port. */
  readonly #bound: Map<number, Ip[]> = new Map();

  constructor(seed: string) {
    this.#seed = hashText(seed);
  }

  /** Whether a bind of this address and port would conflict. */
  isFree(localIp: Ip, port: number): boolean {
    const list = this.#bound.get(port);
    if (list === undefined) return true;
    if (localIp === IP_ANY) return false;
    for (const bound of list) if (bound === IP_ANY || bound === localIp) return false;
    return true;
  }

  /** Takes the port; `EADDRINUSE` when it conflicts. */
  bind(localIp: Ip, port: number): Errno | undefined {
    if (!this.isFree(localIp, port)) return 'EADDRINUSE';
    this.hold(localIp, port);
    return undefined;
  }

  /** Takes the port without asking: connections that share a local port (each holds it once). */
  hold(localIp: Ip, port: number): void {
    const list = this.#bound.get(port);
    if (list === undefined) this.#bound.set(port, [localIp]);
    else list.push(localIp);
  }

  /** Gives back one bind or hold. */
  release(localIp: Ip, port: number): void {
    const list = this.#bound.get(port);
    if (list === undefined) return;
    const index = list.indexOf(localIp);
    if (index >= 0) list.splice(index, 1);
    if (list.length === 0) this.#bound.delete(port);
  }

  /**
   * A free ephemeral port, or 0 when there is none. The start is a hash of the seed and `salt` (the
   * remote end for connect, 0 for bind); as in the kernel, TCP's connect takes even ports first and
   * bind odd ones (`parity`), UDP any.
   */
  ephemeral(
    salt: number,
    parity: 'even' | 'odd' | 'any',
    isFree: (port: number) => boolean,
  ): number {
    const count = EPHEMERAL_LAST - EPHEMERAL_FIRST + 1;
    let offset = mix32(mix32(this.#seed ^ Math.imul(++this.#draws, 0x9e3779b9)) ^ salt) % count;
    const step = parity === 'any' ? 1 : 2;
    if (parity === 'even') offset -= offset % 2;
    if (parity === 'odd') offset |= 1;
    for (let pass = 0; pass < step; pass++) {
      for (let tried = 0; tried < count; tried += step) {
        const port = EPHEMERAL_FIRST + ((offset + pass + tried) % count);
        if (isFree(port)) return port;
      }
    }
    return 0;
  }
}
