/**
 * Records what real tools print: `node tools/record/commands.ts [TEXT…]` as root.
 *
 * Builds the world of packages/workloads/src/recorded/world.ts of network namespaces, types each of its command
 * lines (those containing a TEXT, if any is given) and writes packages/workloads/testdata/recordings.json.
 * Traffic stays within the namespaces; they are removed at the end.
 *
 * Needs Debian's bind9-dnsutils bind9-host busybox conntrack curl iproute2 iptables iputils-ping
 * netcat-openbsd traceroute wget.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LINES } from '../../packages/workloads/src/recorded/lines.ts';
import {
  CLIENT_ROUTES,
  HOSTS,
  NARROW_MTU,
  RESOLV_CONF,
  ROUTER_ROUTES,
  ROUTER_RULES,
  type RecordedLine,
  type Recording,
  type RecordingFile,
  SERVER_RULES,
} from '../../packages/workloads/src/recorded/world.ts';

const PREFIX = 'pwrec';
const FILE = new URL('../../packages/workloads/testdata/recordings.json', import.meta.url).pathname;
const PARALLEL = 12;
/** A line that does not end is ended. */
const LIMIT_SEC = '60';
/** Lines that learn something of the neighbours or spend a router's allowance of errors (ip_rt_error_burst). */
const ALONE = /10\.9\.(10[123]|11[123])\.|\.77\b|203\.0|gone|two\.example|MTU|-s 1|1450/;
/** Lines that show what the world has been through: recorded before anything else is done in it. */
const FIRST = /^(ss|conntrack|iptables|iptables-save|ip|bridge|netstat|route) /;
/** After this time the allowance is whole again. */
const RECOVERY_MS = 6000;

const VERSIONS: Readonly<Record<string, string>> = {
  busybox: 'busybox | head -1',
  conntrack: 'conntrack -V',
  curl: 'curl -V | head -1',
  dig: 'dig -v 2>&1',
  getent: 'getent --version | head -1',
  ip: 'ip -V',
  iptables: 'iptables -V',
  kernel: 'uname -r | cut -d- -f1',
  nc: 'nc -h 2>&1 | head -1',
  ping: 'ping -V | head -1',
  traceroute: 'traceroute --version 2>&1 | head -1',
  wget: 'wget --version | head -1',
};

function ns(name: string): string {
  return `${PREFIX}-${name}`;
}

function run(...words: string[]): void {
  execFileSync(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
}

function inNs(name: string, line: string): void {
  run('ip', 'netns', 'exec', ns(name), 'sh', '-c', line);
}

function restore(name: string, rules: string): void {
  execFileSync('ip', ['netns', 'exec', ns(name), 'iptables-restore'], { input: rules });
}

function build(): void {
  for (const name of ['client', 'router', 'server']) {
    run('ip', 'netns', 'add', ns(name));
    inNs(
      name,
      'ip link set lo up; sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
    );
    mkdirSync(`/etc/netns/${ns(name)}`, { recursive: true });
    writeFileSync(`/etc/netns/${ns(name)}/resolv.conf`, RESOLV_CONF);
    writeFileSync(`/etc/netns/${ns(name)}/hosts`, HOSTS);
    writeFileSync(`/etc/netns/${ns(name)}/nsswitch.conf`, 'hosts: files dns\n');
  }
  run(
    'ip',
    'link',
    'add',
    'eth0',
    'netns',
    ns('client'),
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    ns('router'),
  );
  run(
    'ip',
    'link',
    'add',
    'eth1',
    'netns',
    ns('router'),
    'type',
    'veth',
    'peer',
    'name',
    'eth1',
    'netns',
    ns('server'),
  );
  inNs('client', 'ip addr add 10.9.1.2/24 brd + dev eth0; ip link set eth0 up');
  inNs('router', 'ip addr add 10.9.1.1/24 brd + dev eth0; ip link set eth0 up');
  inNs('router', `ip addr add 10.9.2.1/24 brd + dev eth1; ip link set eth1 up mtu ${NARROW_MTU}`);
  inNs(
    'router',
    'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000',
  );
  inNs('server', `ip addr add 10.9.2.2/24 brd + dev eth1; ip link set eth1 up mtu ${NARROW_MTU}`);
  inNs('server', ' ip route add default via 10.9.2.1; sysctl -qw net.ipv4.icmp_ratelimit=0');
  for (const route of CLIENT_ROUTES) inNs('client', `ip route add ${route}`);
  for (const route of ROUTER_ROUTES) inNs('router', `ip route add ${route}`);
  restore('server', SERVER_RULES);
  restore('router', ROUTER_RULES);
}

function demolish(): void {
  for (const name of ['client', 'router', 'server']) {
    try {
      execFileSync('ip', ['netns', 'del', ns(name)], { stdio: 'ignore' });
    } catch {
      // It was not there.
    }
    rmSync(`/etc/netns/${ns(name)}`, { recursive: true, force: true });
  }
}

function startServer(): Promise<ChildProcess> {
  const script = new URL('server.ts', import.meta.url).pathname;
  const child = spawn('ip', ['netns', 'exec', ns('server'), process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((done, failed) => {
    child.stdout.once('data', () => {
      done(child);
    });
    child.once('exit', () => {
      failed(new Error('the server ended'));
    });
  });
}

/** Types one line in its namespace, within a folder of its own. */
function record(entry: RecordedLine, busyboxPath: string): Promise<Recording> {
  const place = entry.on === 'busybox' ? 'client' : (entry.on ?? 'client');
  const folder = mkdtempSync(join(tmpdir(), 'pwrec-'));
  const startMs = performance.now();
  const quoted = `'${entry.line.replaceAll("'", `'\\''`)}'`;
  const shell = `hostname pod-1; ${entry.on === 'busybox' ? `PATH=${busyboxPath}:$PATH ` : ''}exec sh -c ${quoted}`;
  const child = spawn(
    'timeout',
    [LIMIT_SEC, 'unshare', '--uts', 'ip', 'netns', 'exec', ns(place), 'sh', '-c', shell],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        LC_ALL: 'C',
        TZ: 'UTC',
        HOME: '/nonexistent',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString('latin1');
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString('latin1');
  });
  return new Promise((done) => {
    child.once('close', (code) => {
      rmSync(folder, { recursive: true });
      const elapsedMs = Math.round(performance.now() - startMs);
      done({ ...entry, exitCode: code ?? -1, stdout, stderr, elapsedMs });
    });
  });
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  demolish();
  const busyboxPath = mkdtempSync(join(tmpdir(), 'pwrec-busybox-'));
  run('busybox', '--install', '-s', busyboxPath);
  rmSync(join(busyboxPath, 'sh'));
  let server: ChildProcess | undefined;
  try {
    build();
    server = await startServer();
    const lines = LINES.filter(
      (entry) => wanted.length === 0 || wanted.some((text) => entry.line.includes(text)),
    );
    const recordings: Recording[] = [];
    const numbered = lines.map((entry, index) => ({ entry, index }));
    const first = numbered.filter(({ entry }) => FIRST.test(`${entry.line} `));
    for (const { entry, index } of first) recordings[index] = await record(entry, busyboxPath);
    const rest = numbered.filter((one) => !first.includes(one));
    const queue = rest.filter(({ entry }) => !ALONE.test(entry.line));
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        recordings[next.index] = await record(next.entry, busyboxPath);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    for (const { entry, index } of rest.filter((one) => ALONE.test(one.entry.line))) {
      await new Promise((done) => setTimeout(done, RECOVERY_MS));
      for (const name of ['client', 'router', 'server'])
        inNs(name, 'ip neigh flush all; ip route flush cache');
      recordings[index] = await record(entry, busyboxPath);
    }
    const versions = Object.fromEntries(
      Object.entries(VERSIONS).map(([name, line]) => [
        name,
        execFileSync('sh', ['-c', line], { encoding: 'utf8' }).trim(),
      ]),
    );
    const kept =
      wanted.length === 0
        ? []
        : readOld().filter((old) => isAmong(old, LINES) && !isAmong(old, lines));
    const all = [...kept, ...recordings];
    const ordered = LINES.flatMap((entry) => all.filter((one) => isAmong(one, [entry])));
    const file: RecordingFile = { versions, recordings: ordered };
    writeFileSync(FILE, `${JSON.stringify(file, undefined, 1)}\n`);
    process.stdout.write(`${recordings.length} lines recorded\n`);
  } finally {
    server?.kill();
    demolish();
    rmSync(busyboxPath, { recursive: true });
  }
}

function readOld(): readonly Recording[] {
  return (JSON.parse(readFileSync(FILE, 'utf8')) as RecordingFile).recordings;
}

function isAmong(old: Recording, lines: readonly RecordedLine[]): boolean {
  return lines.some((entry) => entry.line === old.line && entry.on === old.on);
}

await main();
