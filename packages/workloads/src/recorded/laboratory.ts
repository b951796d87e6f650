/**
 * The recorded world in a laboratory: the same addresses, rules and servers as in tools/record/commands.ts.
 */
import { NS_PER_MS, NS_PER_SEC, ip } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  Lab,
  type LabHost,
  type TcpConn,
  type UdpSocket,
  ipCommand,
  iptablesRestore,
  tcpListen,
  udpOpen,
} from '@podwire/netstack';
import { payloadBytes, payloadFromBytes, payloadFromText, payloadText } from '@podwire/wire';
import { ContainerFiles } from '../container-files.ts';
import type { ExecContext } from '../context.ts';
import { ProcessTable } from '../process-table.ts';
import { type ExecResult, runCommand } from '../run-command.ts';
import {
  CLIENT_ROUTES,
  HOSTS,
  NARROW_MTU,
  type PortBehaviour,
  RESOLV_CONF,
  ROUTER_ROUTES,
  ROUTER_RULES,
  type RecordedLine,
  SERVER_RULES,
  TCP_PORTS,
  UDP_ECHO_PORT,
  cannedAnswer,
  cannedDns,
  isWholeRequest,
} from './world.ts';

const LINK_NS = 20_000;
const DNS_PORT = 53;
const LIMIT_NS = 600 * NS_PER_SEC;

export interface Outcome extends ExecResult {
  readonly elapsedMs: number;
}

/** Types a line in a fresh world. */
export function typeLine(entry: RecordedLine): Outcome {
  const lab = buildWorld();
  const place = entry.on ?? 'client';
  const host = hostOf(lab, place === 'busybox' ? 'client' : place);
  lab.world.runFor(10 * NS_PER_MS);
  const startNs = lab.world.nowNs;
  const context = execContext(host, place === 'busybox');
  const process = host.sim.spawn('typed', runCommand(context, ['sh', '-c', entry.line]));
  while (!process.isDone && lab.world.nowNs - startNs < LIMIT_NS) lab.world.runFor(NS_PER_MS);
  const elapsedMs = (lab.world.nowNs - startNs) / NS_PER_MS;
  const result = process.result ?? { exitCode: -1, stdout: '(it does not end)\n', stderr: '' };
  return { ...result, elapsedMs };
}

function buildWorld(): Lab {
  const lab = new Lab('recorded');
  const [client, router, server] = ['client', 'router', 'server'].map((name) => lab.host(name));
  if (client === undefined || router === undefined || server === undefined)
    throw new Error('hosts');
  lab.segment('eth0', [client, router], LINK_NS);
  lab.segment('eth1', [router, server], LINK_NS);
  for (const host of [client, router, server]) host.ns.setUp(host.ns.lo, true);
  type(client, 'addr add 10.9.1.2/24 brd + dev eth0');
  type(router, 'addr add 10.9.1.1/24 brd + dev eth0');
  type(router, 'addr add 10.9.2.1/24 brd + dev eth1');
  type(router, `link set eth1 mtu ${NARROW_MTU}`);
  router.ns.sysctl.set('net.ipv4.ip_forward', 1);
  for (const host of [client, router, server]) host.ns.sysctl.set('net.ipv4.icmp_ratelimit', 0);
  type(server, 'addr add 10.9.2.2/24 brd + dev eth1');
  type(server, `link set eth1 mtu ${NARROW_MTU}`);
  type(server, 'route add default via 10.9.2.1');
  for (const route of CLIENT_ROUTES) type(client, `route add ${route}`);
  for (const route of ROUTER_ROUTES) type(router, `route add ${route}`);
  restore(server, SERVER_RULES);
  restore(router, ROUTER_RULES);
  startServers(server);
  return lab;
}

function type(host: LabHost, line: string): void {
  const result = ipCommand(host.ns, line.split(' '));
  if (result.exitCode !== 0) throw new Error(`ip ${line}: ${result.stderr}`);
}

function restore(host: LabHost, rules: string): void {
  const error = iptablesRestore(host.ns, rules);
  if (error !== undefined) throw new Error(error.text);
}

function hostOf(lab: Lab, name: string): LabHost {
  const host = lab.hosts.get(name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
}

function execContext(host: LabHost, isBusybox: boolean): ExecContext {
  const fs = new ContainerFiles([
    ['/etc/resolv.conf', RESOLV_CONF],
    ['/etc/hosts', HOSTS],
    ['/etc/hostname', 'pod-1\n'],
  ]);
  return {
    sim: host.sim,
    ns: host.ns,
    hostname: 'pod-1',
    fs,
    env: new Map(),
    libc: 'glibc',
    processes: new ProcessTable(),
    isBusybox,
  };
}

function startServers(host: LabHost): void {
  const address = ip('10.9.2.2');
  for (const [port, behaviour] of TCP_PORTS) {
    host.sim.spawn(
      `port ${port}`,
      accept(host, port, (conn) => serve(conn, behaviour)),
    );
  }
  host.sim.spawn('dns over tcp', accept(host, DNS_PORT, serveDnsTcp));
  host.sim.spawn('dns', serveUdp(udp(host, DNS_PORT), cannedDns));
  host.sim.spawn(
    'echo',
    serveUdp(udp(host, UDP_ECHO_PORT), (bytes) => bytes),
  );

  function udp(on: LabHost, port: number): UdpSocket {
    const socket = udpOpen(on.ns, { ip: address, port });
    if (typeof socket === 'string') throw new Error(socket);
    return socket;
  }
}

function* accept(host: LabHost, port: number, serveOne: (conn: TcpConn) => Proc): Proc {
  const listener = tcpListen(host.ns, { ip: ip('10.9.2.2'), port, backlog: 511 });
  if (typeof listener === 'string') throw new Error(listener);
  for (;;) {
    const conn = yield* listener.accept();
    if (typeof conn === 'string') return;
    host.sim.spawn(`connection to ${port}`, serveOne(conn));
  }
}

function* serve(conn: TcpConn, behaviour: PortBehaviour): Proc {
  if (behaviour === 'close') conn.closeWrite();
  if (behaviour === 'reset') {
    yield* conn.read();
    conn.abort();
  } else if (behaviour === 'http') yield* serveHttp(conn);
  else {
    for (;;) {
      const received = yield* conn.read();
      if (typeof received === 'string') break;
      if (behaviour === 'echo') conn.send(received);
    }
    conn.close();
  }
}

function* serveHttp(conn: TcpConn): Proc {
  let text = '';
  for (;;) {
    const received = yield* conn.read();
    if (typeof received === 'string') break;
    text += payloadText(received);
    const isTls = text.startsWith('\x16');
    if (!isTls && !isWholeRequest(text)) continue;
    const answer = isTls
      ? { text: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n', closes: true }
      : cannedAnswer(text);
    text = '';
    conn.send(payloadFromText(answer.text));
    if (answer.closes) break;
  }
  conn.close();
}

function* serveDnsTcp(conn: TcpConn): Proc {
  const received = yield* conn.read();
  if (typeof received === 'string') return;
  const reply = cannedDns(payloadBytes(received).subarray(2));
  if (reply === undefined) return;
  const framed = new Uint8Array(reply.length + 2);
  framed.set([reply.length >> 8, reply.length & 0xff]);
  framed.set(reply, 2);
  conn.send(payloadFromBytes(framed));
  conn.close();
}

function* serveUdp(socket: UdpSocket, answer: (bytes: Uint8Array) => Uint8Array | undefined): Proc {
  for (;;) {
    const received = yield* socket.recv();
    if (typeof received === 'string') continue;
    const reply = answer(payloadBytes(received.payload));
    if (reply !== undefined) {
      socket.sendTo(received.fromIp, received.fromPort, payloadFromBytes(reply));
    }
  }
}
