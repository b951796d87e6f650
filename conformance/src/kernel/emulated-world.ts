/**
 * The emulated world: the same three hosts on netstack, made anew for each case.
 */
import { formatIp, ip, must } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import {
  type EchoResult,
  type Errno,
  Lab,
  type LabHost,
  type NetNs,
  icmpOpen,
  errnoText,
  iptablesRestore,
  iptablesSave,
  netfilterOf,
  tcpConnect,
  tcpListen,
  udpOpen,
} from '@podwire/netstack';
import { payloadFromText, payloadText } from '@podwire/wire';
import {
  type Case,
  type CaseResult,
  type Probe,
  type ProbeResult,
  TABLES,
  hasTcp,
  normalSeen,
  restoreText,
} from './case.ts';
import {
  CLIENT_DEV,
  CLIENT_IPS,
  ROUTER_IPS,
  SERVER_DEV,
  SERVER_IPS,
  SYSCTLS,
  TCP_PORTS,
  UDP_PORTS,
  VIP_NETWORK,
} from './topology.ts';

/** Long enough for every answer, shorter than any retransmission. */
const TIMEOUT_NS = 300_000_000;

export function runEmulated(one: Case, evaluator: 'plain' | 'fast'): CaseResult {
  return new EmulatedWorld(one, evaluator).run();
}

class EmulatedWorld {
  readonly #case: Case;
  readonly #lab: Lab;
  readonly #client: LabHost;
  readonly #router: LabHost;
  readonly #arrived: Map<number, string> = new Map();

  constructor(one: Case, evaluator: 'plain' | 'fast') {
    this.#case = one;
    this.#lab = new Lab(`case ${one.seed}`);
    this.#client = this.#lab.host('client');
    this.#router = this.#lab.host('router');
    const server = this.#lab.host('server');
    this.#lab.segment(CLIENT_DEV, [this.#client, this.#router]);
    this.#lab.segment(SERVER_DEV, [this.#router, server]);
    const address = (host: LabHost, dev: string, text: string): void => {
      host.ns.addAddress(must(host.ns.dev(dev), 'the device'), `${text}/24`);
    };
    for (const text of CLIENT_IPS) address(this.#client, CLIENT_DEV, text);
    for (const text of SERVER_IPS) address(server, SERVER_DEV, text);
    address(this.#router, CLIENT_DEV, ROUTER_IPS[0]);
    address(this.#router, SERVER_DEV, ROUTER_IPS[1]);
    for (const host of this.#lab.hosts.values()) {
      for (const [name, value] of SYSCTLS) host.ns.sysctl.set(name, value);
      host.ns.addAddress(host.ns.lo, '127.0.0.1/8');
      host.ns.setUp(host.ns.lo, true);
    }
    this.#router.ns.sysctl.set('net.ipv4.ip_forward', 1);
    this.#client.ns.addRoute({ dst: 'default', via: ip(ROUTER_IPS[0]) });
    server.ns.addRoute({ dst: 'default', via: ip(ROUTER_IPS[1]) });
    this.#router.ns.addRoute({ dst: VIP_NETWORK, via: ip(SERVER_IPS[0]) });
    netfilterOf(this.#router.ns, evaluator);
    this.#listen(server, SERVER_IPS);
    this.#listen(this.#router, [...ROUTER_IPS, '127.0.0.1']);
  }

  run(): CaseResult {
    const error = iptablesRestore(this.#router.ns, restoreText(this.#case));
    if (error !== undefined) {
      const first = error.text.split('\n').find((line) => line.trim() !== '') ?? '';
      return { probes: [], counters: [], refused: first };
    }
    const probes: ProbeResult[] = [];
    for (const probe of this.#case.probes) {
      const host = probe.from === 'client' ? this.#client : this.#router;
      probes.push(this.#lab.run(host, this.#probe(host.ns, probe)));
    }
    this.#lab.world.runFor(TIMEOUT_NS);
    return {
      probes: probes.map((result) => {
        const seen = result.seen === '' ? (this.#arrived.get(result.id) ?? '') : result.seen;
        const probe = this.#case.probes.find((one) => one.id === result.id);
        return { ...result, seen: normalSeen(seen, probe?.sport ?? 0) };
      }),
      counters: this.#counters(),
      refused: undefined,
    };
  }

  #counters(): string[] {
    if (this.#case.isRandom) return [];
    const tables = hasTcp(this.#case) ? ['nat'] : TABLES;
    return tables.flatMap((table) =>
      iptablesSave(this.#router.ns, { table: table as 'nat', counters: true })
        .split('\n')
        .filter((line) => line.startsWith('['))
        .map((line) => `${table} ${line}`),
    );
  }

  #listen(host: LabHost, addresses: readonly string[]): void {
    for (const address of addresses) {
      for (const port of UDP_PORTS) host.sim.spawn('udp', this.#serveUdp(host.ns, address, port));
      for (const port of TCP_PORTS) host.sim.spawn('tcp', this.#serveTcp(host.ns, address, port));
    }
    this.#lab.world.runFor(1000);
  }

  *#serveUdp(ns: NetNs, address: string, port: number): Proc {
    const socket = udpOpen(ns, { ip: ip(address), port });
    if (typeof socket === 'string') return;
    for (;;) {
      const got = yield* socket.recv();
      if (typeof got === 'string') continue;
      const seen = `${address}:${port} < ${formatIp(got.fromIp)}:${got.fromPort}`;
      this.#arrived.set(Number.parseInt(payloadText(got.payload).slice(0, 6), 10), seen);
      socket.sendTo(got.fromIp, got.fromPort, payloadFromText(seen));
    }
  }

  *#serveTcp(ns: NetNs, address: string, port: number): Proc {
    const listener = tcpListen(ns, { ip: ip(address), port });
    if (typeof listener === 'string') return;
    for (;;) {
      const conn = yield* listener.accept();
      if (typeof conn === 'string') continue;
      conn.send(
        payloadFromText(`${address}:${port} < ${formatIp(conn.remoteIp)}:${conn.remotePort}`),
      );
      conn.closeWrite();
    }
  }

  *#probe(ns: NetNs, probe: Probe): Proc<ProbeResult> {
    const answer =
      probe.proto === 'udp'
        ? yield* probeUdp(ns, probe)
        : probe.proto === 'tcp'
          ? yield* probeTcp(ns, probe)
          : yield* probePing(ns, probe);
    return { id: probe.id, ...answer };
  }
}

type Answer = Omit<ProbeResult, 'id'>;
const failed = (outcome: string): Answer => ({ outcome, from: '', seen: '' });

function* probeUdp(ns: NetNs, probe: Probe): Proc<Answer> {
  const local = probe.src === undefined ? {} : { ip: ip(probe.src) };
  const socket = udpOpen(ns, { ...local, port: probe.sport });
  if (typeof socket === 'string') return failed(socket);
  const payload = payloadFromText(String(probe.id).padEnd(6).padEnd(probe.payloadBytes, 'x'));
  let error: Errno | undefined;
  if (probe.isConnected) {
    error = socket.connect(ip(probe.dst), probe.dport) ?? socket.send(payload);
  } else error = socket.sendTo(ip(probe.dst), probe.dport, payload);
  if (error !== undefined) {
    socket.close();
    return failed(error);
  }
  const got = yield* socket.recv(TIMEOUT_NS);
  socket.close();
  if (typeof got === 'string') return failed(got);
  return {
    outcome: 'reply',
    from: `${formatIp(got.fromIp)}:${got.fromPort}`,
    seen: payloadText(got.payload),
  };
}

function* probeTcp(ns: NetNs, probe: Probe): Proc<Answer> {
  const local = probe.src === undefined ? {} : { localIp: ip(probe.src) };
  const conn = tcpConnect(ns, {
    ...local,
    localPort: probe.sport,
    ip: ip(probe.dst),
    port: probe.dport,
  });
  if (typeof conn === 'string') return failed(conn);
  const problem = yield* conn.connected(TIMEOUT_NS);
  if (problem !== undefined) {
    conn.abort();
    return failed(problem);
  }
  let seen = '';
  for (;;) {
    const got = yield* conn.read(TIMEOUT_NS);
    if (got === 'eof') break;
    if (typeof got === 'string') {
      conn.abort();
      return failed(got);
    }
    seen += payloadText(got);
  }
  conn.close();
  return { outcome: 'reply', from: `${probe.dst}:${probe.dport}`, seen };
}

function* probePing(ns: NetNs, probe: Probe): Proc<Answer> {
  const socket = icmpOpen(ns);
  const from = probe.src === undefined ? {} : { fromIp: ip(probe.src) };
  const error = socket.sendEcho(ip(probe.dst), { ...from, seq: 1 });
  // When rules refuse its packet (EPERM), ping 20221126 says nothing and waits for an ICMP error.
  if (error !== undefined && error !== 'EPERM') {
    socket.close();
    return failed(errnoText(error));
  }
  const got = yield* socket.recv(TIMEOUT_NS);
  socket.close();
  if (got === 'timeout') return failed('timeout');
  if (got.kind === 'reply') {
    return { outcome: 'reply', from: formatIp(got.fromIp), seen: `ttl ${got.ttl}` };
  }
  return { outcome: pingText(got), from: formatIp(got.fromIp), seen: '' };
}

/** As iputils ping words an ICMP error. */
function pingText(got: EchoResult): string {
  if (got.icmpType === 11) return 'Time to live exceeded';
  const texts: ReadonlyMap<number, string> = new Map([
    [0, 'Destination Net Unreachable'],
    [1, 'Destination Host Unreachable'],
    [2, 'Destination Protocol Unreachable'],
    [3, 'Destination Port Unreachable'],
    [9, 'Destination Net Prohibited'],
    [10, 'Destination Host Prohibited'],
    [13, 'Packet filtered'],
  ]);
  return texts.get(got.icmpCode) ?? `Dest Unreachable, Bad Code: ${got.icmpCode}`;
}
