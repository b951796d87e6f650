/**
 * TCP: what programs open, and where segments and ICMP errors come in.
 *
 * The parts, as a segment goes: tcp-output.ts makes it (tcp-conn.ts holds the state), tcp-table.ts finds
 * its socket at the other end, tcp-input.ts judges it, tcp-listen.ts takes SYNs; tcp-timer.ts repeats,
 * tcp-congestion.ts paces.
 */
import { IP_ANY, type Ip, isIpv4 } from '@podwire/base';
import { IpProto, type Packet } from '@podwire/wire';
import type { NetNs } from '../netns.ts';
import type { Errno } from './errno.ts';
import type { IcmpSocketError } from './socket-table.ts';
import { TcpConn } from './tcp-conn.ts';
import { MSS_MIN } from './tcp-constants.ts';
import { TcpListener } from './tcp-listen.ts';
import { resendLost, restartRto, sendPending, sendSyn, syncMss } from './tcp-output.ts';
import { positionOf } from './tcp-seq.ts';
import { tcpTable } from './tcp-table.ts';
import { armSyn } from './tcp-timer.ts';

export interface TcpListenOptions {
  /** Default: any address. */
  readonly ip?: Ip;
  readonly port: number;
  /** Default and most: somaxconn, 4096. */
  readonly backlog?: number;
  /** Shown by ss, `("nginx",pid=7,fd=6)`. */
  readonly process?: string;
}

/** Listens on a port (bind with SO_REUSEADDR, then listen). */
export function tcpListen(ns: NetNs, options: TcpListenOptions): TcpListener | Errno {
  const localIp = options.ip ?? IP_ANY;
  const ports = ns.sockets.tcpPorts;
  if (localIp !== IP_ANY && !ns.isLocalAddress(localIp)) return 'EADDRNOTAVAIL';
  const port =
    options.port === 0
      ? ports.ephemeral(0, 'odd', (candidate) => ports.isFree(localIp, candidate))
      : options.port;
  if (port === 0) return 'EADDRINUSE';
  const error = ports.bind(localIp, port);
  if (error !== undefined) return error;
  const listener = new TcpListener(ns, localIp, port, options.backlog);
  listener.process = options.process;
  tcpTable(ns).addListener(listener);
  return listener;
}

export interface TcpConnectOptions {
  readonly ip: Ip;
  readonly port: number;
  readonly localIp?: Ip;
  readonly localPort?: number;
  /** Makes every packet of the connection, and of the answers, a traced one. */
  readonly traceId?: number;
  readonly process?: string;
}

/** Starts a connection; wait for it with `conn.connected()`. */
export function tcpConnect(ns: NetNs, options: TcpConnectOptions): TcpConn | Errno {
  // To the unspecified address means to this host.
  const remoteIp = options.ip === IP_ANY ? LOOPBACK : options.ip;
  const route = ns.routeOutput(remoteIp, options.localIp ?? 0);
  if (typeof route === 'string') return route;
  if (options.localIp !== undefined && !ns.isLocalAddress(options.localIp)) return 'EADDRNOTAVAIL';
  const localIp = options.localIp ?? ns.sourceFor(route, remoteIp);
  const table = tcpTable(ns);
  const ports = ns.sockets.tcpPorts;
  const isTaken = (port: number): boolean =>
    table.find(localIp, port, remoteIp, options.port) !== undefined;
  let localPort = options.localPort ?? 0;
  if (localPort === 0) {
    const salt = (isIpv4(remoteIp) ? remoteIp : 0) ^ options.port;
    localPort = ports.ephemeral(
      salt,
      'even',
      (port) => ports.isFree(localIp, port) && !isTaken(port),
    );
    if (localPort === 0) return 'EADDRNOTAVAIL';
  } else if (!ports.isFree(localIp, localPort)) {
    return 'EADDRINUSE';
  } else if (isTaken(localPort)) {
    return 'EADDRNOTAVAIL';
  }
  const conn = new TcpConn(
    ns,
    { localIp, localPort, remoteIp, remotePort: options.port },
    'SYN_SENT',
    options.traceId ?? 0,
  );
  conn.process = options.process;
  table.add(conn);
  conn.synSentAtNs = ns.sim.nowNs();
  const error = sendSyn(conn);
  if (error !== undefined && isFatalForConnect(error)) {
    conn.finish(undefined);
    return error;
  }
  armSyn(conn);
  return conn;
}

const LOOPBACK: Ip = 0x7f000001;

/** What connect() returns at once (tcp_connect): a SYN that rules or the own device dropped is sent again. */
function isFatalForConnect(error: Errno): boolean {
  return error === 'ECONNREFUSED';
}

/** An ICMP error that quotes a segment of this namespace (tcp_v4_err). */
export function tcpIcmpError(ns: NetNs, quoted: Packet, error: IcmpSocketError): void {
  if (quoted.proto !== IpProto.tcp) return;
  const conn = tcpTable(ns).find(quoted.src, quoted.srcPort, quoted.dst, quoted.dstPort);
  if (conn?.kind !== 'conn') return;
  const position = positionOf(conn.iss, quoted.seq, conn.sndUna);
  if (position < conn.sndUna || position > conn.sndNxt) return;
  if (error.mtuBytes > 0) {
    shrinkSegments(conn);
    return;
  }
  if (conn.state === 'SYN_SENT' || conn.state === 'SYN_RECV') {
    conn.finish(error.errno);
    return;
  }
  conn.softError = error.errno;
}

/** Path MTU discovery: the route knows the new MTU already; what was too big goes out in pieces at once. */
function shrinkSegments(conn: TcpConn): void {
  const before = conn.mssBytes;
  if (conn.state === 'SYN_SENT' || conn.state === 'SYN_RECV') return;
  syncMss(conn);
  if (conn.mssBytes >= before || conn.mssBytes < MSS_MIN) return;
  conn.rtx.refragment(conn.mssBytes);
  restartRto(conn);
  resendLost(conn);
  sendPending(conn);
}

export { type Keepalive, TcpConn, type TcpState } from './tcp-conn.ts';
export { TcpListener } from './tcp-listen.ts';
export { tcpReceive } from './tcp-input.ts';
