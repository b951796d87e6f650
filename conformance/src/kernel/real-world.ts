/**
 * The real world: three network namespaces of this machine, made here and removed again.
 *
 * Nothing outside these namespaces is touched, and no packet leaves them.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  type Case,
  type CaseResult,
  PORT_RANGES,
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
  FIXED_PORT,
  ROUTER_IPS,
  SERVER_DEV,
  SERVER_IPS,
  SYSCTLS,
  TCP_PORTS,
  UDP_PORTS,
  VIP_NETWORK,
  macOf,
} from './topology.ts';
import type { WorkerAnswer } from './worker.ts';

type Role = 'client' | 'router' | 'server';
const ROLES: readonly Role[] = ['client', 'router', 'server'];

/** Entries of earlier runs must not answer for later ones: they live as long as a case may take. */
const ENTRY_LIFE_SEC = 20;
const SHORT_LIVED: readonly string[] = [
  'tcp_timeout_syn_sent',
  'tcp_timeout_syn_recv',
  'tcp_timeout_established',
  'tcp_timeout_fin_wait',
  'tcp_timeout_close_wait',
  'tcp_timeout_last_ack',
  'tcp_timeout_time_wait',
  'tcp_timeout_max_retrans',
  'tcp_timeout_unacknowledged',
  'udp_timeout',
  'udp_timeout_stream',
  'icmp_timeout',
];

export class RealWorld {
  readonly #prefix: string;
  readonly #workers: Map<Role, Worker> = new Map();
  #portsUsed = 0;
  #runs = 0;

  constructor(index: number) {
    this.#prefix = `podwire-${process.pid}-${index}`;
  }

  async open(): Promise<void> {
    for (const role of ROLES) sh(`ip netns add ${this.#ns(role)}`);
    const inside = (role: Role, command: string): void => {
      sh(`ip netns exec ${this.#ns(role)} ${command}`);
    };
    const veth = (role: Role, dev: string, host: number): void => {
      const peer = `type veth peer name ${dev} netns ${this.#ns(role)}`;
      inside('router', `ip link add ${dev} ${peer}`);
      inside('router', `ip link set ${dev} address ${macOf(1, dev === CLIENT_DEV ? 1 : 2)}`);
      inside(role, `ip link set ${dev} address ${macOf(host, 1)}`);
    };
    veth('client', CLIENT_DEV, 0);
    veth('server', SERVER_DEV, 2);
    for (const role of ROLES) {
      for (const [name, value] of SYSCTLS)
        quiet(`ip netns exec ${this.#ns(role)} sysctl -qw ${name}=${value}`);
      for (const dev of ['all', 'default', CLIENT_DEV, SERVER_DEV]) {
        quiet(`ip netns exec ${this.#ns(role)} sysctl -qw net.ipv4.conf.${dev}.rp_filter=0`);
        quiet(`ip netns exec ${this.#ns(role)} sysctl -qw net.ipv6.conf.${dev}.disable_ipv6=1`);
      }
      inside(role, 'ip link set lo up');
    }
    inside('router', 'sysctl -qw net.ipv4.ip_forward=1');
    for (const name of SHORT_LIVED) {
      quiet(
        `ip netns exec ${this.#ns('router')} sysctl -qw net.netfilter.nf_conntrack_${name}=${ENTRY_LIFE_SEC}`,
      );
    }
    inside('router', `ip addr add ${ROUTER_IPS[0]}/24 dev ${CLIENT_DEV}`);
    inside('router', `ip addr add ${ROUTER_IPS[1]}/24 dev ${SERVER_DEV}`);
    for (const ip of CLIENT_IPS) inside('client', `ip addr add ${ip}/24 dev ${CLIENT_DEV}`);
    for (const ip of SERVER_IPS) inside('server', `ip addr add ${ip}/24 dev ${SERVER_DEV}`);
    inside('router', `ip link set ${CLIENT_DEV} up`);
    inside('router', `ip link set ${SERVER_DEV} up`);
    inside('client', `ip link set ${CLIENT_DEV} up`);
    inside('server', `ip link set ${SERVER_DEV} up`);
    inside('client', `ip route add default via ${ROUTER_IPS[0]}`);
    inside('server', `ip route add default via ${ROUTER_IPS[1]}`);
    inside('router', `ip route add ${VIP_NETWORK} via ${SERVER_IPS[0]}`);
    for (const role of ROLES) this.#workers.set(role, new Worker(this.#ns(role)));
    const listen = { op: 'listen', udpPorts: UDP_PORTS, tcpPorts: TCP_PORTS };
    await this.#ask('server', { ...listen, addresses: SERVER_IPS });
    await this.#ask('router', { ...listen, addresses: [...ROUTER_IPS, '127.0.0.1'] });
  }

  close(): void {
    for (const worker of this.#workers.values()) worker.stop();
    for (const role of ROLES) quiet(`ip netns del ${this.#ns(role)}`);
  }

  async run(one: Case, timeoutMs: number): Promise<CaseResult> {
    const restore = await this.#ask('router', {
      op: 'run',
      argv: ['iptables-restore'],
      stdin: this.#ownNames(restoreText(one)),
    });
    if (restore.exitCode !== 0) {
      return { probes: [], counters: [], refused: firstLine(restore.stderr ?? '') };
    }
    await this.#takeAll();
    const ports = this.#freshPorts(one);
    const results: ProbeResult[] = [];
    if (one.isRandom) {
      const each = await Promise.all(ports.map((probe) => this.#probe(probe, timeoutMs)));
      results.push(...each);
    } else for (const probe of ports) results.push(await this.#probe(probe, timeoutMs));
    const arrivals = await this.#takeAll();
    const probes = results.map((result) => {
      const seen = result.seen === '' ? (arrivals.get(result.id) ?? '') : result.seen;
      const probe = ports.find((other) => other.id === result.id);
      return { ...result, seen: this.#commonNames(normalSeen(seen, probe?.sport ?? 0)) };
    });
    return { probes, counters: await this.#counters(one), refused: undefined };
  }

  /**
   * What outlives a run must not meet the next one: recent lists (they live while a rule names them) and
   * the one fixed port of SNAT rules (entries of conntrack hold it) get names and numbers of their own.
   */
  #ownNames(text: string): string {
    this.#runs++;
    return text
      .replaceAll(/--name (L\d)/g, `--name $1r${this.#runs}`)
      .replaceAll(`${FIXED_PORT}`, `${this.#fixedPort}`);
  }

  /** The same backwards. */
  #commonNames(text: string): string {
    return text
      .replace(/(--name L\d)r\d+/, '$1')
      .replaceAll(new RegExp(`\\b${this.#fixedPort}\\b`, 'g'), `${FIXED_PORT}`);
  }

  get #fixedPort(): number {
    return 40_000 + (this.#runs % 20_000);
  }

  /** Ports that no run has used for longer than an entry lives. */
  #freshPorts(one: Case): Probe[] {
    return one.probes.map((probe) => {
      const [least, most] = PORT_RANGES.find(([, last]) => probe.sport <= last) ?? [20_000, 25_999];
      const sport = least + (this.#portsUsed++ % (most - least + 1));
      return { ...probe, sport };
    });
  }

  async #probe(probe: Probe, timeoutMs: number): Promise<ProbeResult> {
    const order = { op: 'probe', ...probe, src: probe.src ?? null, timeoutMs };
    const answer = await this.#ask(probe.from, order);
    return {
      id: probe.id,
      outcome: answer.outcome ?? 'error',
      from: answer.from ?? '',
      seen: answer.seen ?? '',
    };
  }

  async #takeAll(): Promise<Map<number, string>> {
    const all = new Map<number, string>();
    for (const role of ['server', 'router'] as const) {
      const answer = await this.#ask(role, { op: 'take' });
      for (const [id, seen] of answer.taken ?? []) all.set(id, seen);
    }
    return all;
  }

  async #counters(one: Case): Promise<string[]> {
    if (one.isRandom) return [];
    const tables = hasTcp(one) ? ['nat'] : TABLES;
    const lines: string[] = [];
    for (const table of tables) {
      const saved = await this.#ask('router', {
        op: 'run',
        argv: ['iptables-save', '-c', '-t', table],
        stdin: '',
      });
      const rules = (saved.stdout ?? '').split('\n').filter((line) => line.startsWith('['));
      lines.push(...rules.map((line) => `${table} ${this.#commonNames(line)}`));
    }
    return lines;
  }

  #ask(role: Role, order: object): Promise<WorkerAnswer> {
    const worker = this.#workers.get(role);
    return worker === undefined ? Promise.resolve({}) : worker.ask(order);
  }

  #ns(role: Role): string {
    return `${this.#prefix}-${role}`;
  }
}

class Worker {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: WorkerAnswer) => void)[] = [];

  constructor(namespace: string) {
    const path = fileURLToPath(new URL('./worker.ts', import.meta.url));
    this.#child = spawn('ip', ['netns', 'exec', namespace, process.execPath, path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const output = this.#child.stdout;
    if (output === null) throw new Error('the worker has an output');
    readline.createInterface({ input: output }).on('line', (line) => {
      this.#waiting.shift()?.(JSON.parse(line) as WorkerAnswer);
    });
    this.#child.on('exit', () => {
      for (const resolve of this.#waiting.splice(0)) resolve({ outcome: 'worker died' });
    });
  }

  ask(order: object): Promise<WorkerAnswer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    });
  }

  stop(): void {
    this.#child.stdin?.end();
    this.#child.kill('SIGTERM');
  }
}

function sh(command: string): void {
  const [file = '', ...args] = command.split(' ');
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function quiet(command: string): void {
  try {
    sh(command);
  } catch {
    // Settings that this kernel does not know, namespaces that are gone already.
  }
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}
