/**
 * The check "captures": what podwire writes as pcapng, tshark must read as sound packets.
 *
 * A small cluster per provider, captured on every device of every machine and pod: TCP through a Service
 * and a node port, DNS, ICMP, ARP, fragments, errors of ICMP. No packet may be malformed, no checksum bad,
 * and every protocol that was used must have been recognised. Each device has a file of its own, since
 * tshark puts TCP streams together and would take a segment seen on two devices for two.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NS_PER_SEC } from '@podwire/base';
import { type Operator, type Provider, buildWorldSpec, withDefaults } from '@podwire/cluster';
import { type ClusterRun, runCluster } from '@podwire/cluster/host';
import { type Proc, sleep } from '@podwire/engine';
import { pcapngInterface, pcapngPacket, pcapngSection } from '@podwire/wire';
import type { CheckOptions, CheckReport, ConformanceCheck } from './check.ts';

export const CAPTURE_CHECK: ConformanceCheck = {
  name: 'captures',
  title: 'captures of each pod network, read by tshark',
  commands: ['tshark'],
  needsRoot: false,
  run: runCaptureCheck,
};

/** Linux's VXLAN port, which flannel uses; tshark knows IANA's alone. */
const VXLAN_PORT = 8472;

async function runCaptureCheck(options: CheckOptions): Promise<CheckReport> {
  const failures: string[] = [];
  let frameCount = 0;
  const providers = ['bridge', 'vxlan', 'none'] as const;
  for (const provider of providers) {
    const report = await checkProvider(provider, options.seed);
    frameCount += report.frameCount;
    failures.push(...report.failures.map((failure) => `captures ${provider}: ${failure}`));
  }
  const summary = `${providers.length} providers, ${frameCount} frames read, ${failures.length} complaints`;
  return { failures, summary };
}

async function checkProvider(
  provider: Provider,
  seed: number,
): Promise<{ frameCount: number; failures: string[] }> {
  const { cluster } = withDefaults({ nodes: 2, dnsReplicas: 1, provider });
  const outputs: string[] = [];
  const run = await runCluster({
    spec: buildWorldSpec({
      seed: `captures/${seed}`,
      cluster,
      capture: { interfaces: ['*'] },
      upstream: [{ zone: 'example.org', behaviour: 'answer', records: ['www IN A 203.0.113.7'] }],
    }),
    workers: 0,
    untilNs: 600 * NS_PER_SEC,
    program: (operator) => {
      operator.sim.spawn('captures', story(operator, provider, outputs));
    },
  });
  const folder = mkdtempSync(path.join(tmpdir(), `podwire-captures-${provider}-`));
  const failures: string[] = [];
  const frames: ReadFrame[] = [];
  for (const [index, interfaceName] of interfaceNames(run).entries()) {
    const captured = run.frames.filter((frame) => frame.interfaceName === interfaceName);
    const file = path.join(folder, `${index}.pcapng`);
    writeFileSync(file, pcapngOf(interfaceName, captured));
    const read = readWithTshark(file);
    if (typeof read === 'string') {
      failures.push(`${interfaceName}: ${read}`);
      continue;
    }
    if (read.length !== captured.length) {
      const counts = `${captured.length} frames were written, tshark reads ${read.length}`;
      failures.push(`${interfaceName}: ${counts}`);
    }
    for (const frame of read) frames.push(frame);
  }
  failures.push(...judge(frames, provider));
  if (failures.length === 0) rmSync(folder, { recursive: true });
  // Whole captures fail alike: the first few tell enough.
  const more = failures.length - FAILURES_SHOWN;
  if (more > 0) failures.splice(FAILURES_SHOWN, more, `and ${more} more`);
  if (failures.length > 0) failures.push(`the captures are kept in ${folder}`, ...outputs);
  return { frameCount: frames.length, failures };
}

function interfaceNames(run: ClusterRun): string[] {
  return [...new Set(run.frames.map((frame) => frame.interfaceName))];
}

/** Two pods with a Service, one Service without endpoints; on nodes of their own where those can talk. */
function manifests(provider: Provider): string {
  const otherNode = provider === 'none' ? 'node-1' : 'node-2';
  return `
{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, spec: {nodeName: ${otherNode},
  containers: [{name: web, image: nginx, ports: [{containerPort: 80, hostPort: 8088}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: client}, spec: {nodeName: node-1,
  containers: [{name: tools, image: nicolaka/netshoot, command: [sleep, infinity]}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort, selector: {app: web},
  ports: [{port: 80, nodePort: 30080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: closed}, spec: {selector: {app: nobody}, ports: [{port: 80}]}}
`;
}

function* story(operator: Operator, provider: Provider, outputs: string[]): Proc {
  const type = function* (host: string, line: string, stdin = ''): Proc<string> {
    const timeoutNs = 60 * NS_PER_SEC;
    const result = yield* operator.exec(host, line.split(' '), { stdin, timeoutNs });
    outputs.push(`  ${host}$ ${line}: ${result?.exitCode} ${result?.stdout}${result?.stderr}`);
    return result?.stdout ?? '';
  };
  yield* operator.waitReady(120 * NS_PER_SEC);
  yield* type('control-plane', 'kubectl apply -f -', manifests(provider));
  for (const name of ['web', 'client']) {
    const ready = { resource: 'pods', namespace: 'default', name, condition: 'Ready' };
    yield* operator.waitFor(ready, 60 * NS_PER_SEC);
  }
  yield* sleep(3 * NS_PER_SEC);
  const jsonpath = '-o jsonpath={.status.podIP}';
  const webIp = yield* type('control-plane', `kubectl get pod web ${jsonpath}`);
  for (const line of [
    'curl -s -m 5 http://web',
    'curl -s -m 5 http://closed',
    'dig +time=1 +tries=1 www.example.org',
    'dig +time=1 +tries=1 kubernetes.default.svc.cluster.local',
    `dig +time=1 +tries=1 @${webIp} web`,
    `ping -c 2 -s 4000 ${webIp}`,
    `ping -c 1 -M do -s 1472 ${webIp}`,
    `traceroute -n -q 1 ${webIp}`,
    'traceroute -n -q 1 192.0.2.53',
    `curl -s -m 5 http://${webIp}:81/`,
  ]) {
    yield* type('control-plane', `kubectl exec client -- ${line}`);
  }
  const otherNode = provider === 'none' ? '192.168.10.11' : '192.168.10.12';
  yield* type('client', `curl -s -m 5 http://192.168.10.11:30080/`);
  yield* type('client', `curl -s -m 5 http://${otherNode}:8088/`);
  yield* type('client', 'ping -c 1 -s 4000 192.168.10.11');
  yield* type('client', 'curl -s -m 5 http://192.168.10.99/');
  operator.stop();
}

function pcapngOf(interfaceName: string, frames: ClusterRun['frames']): Uint8Array {
  const packets = frames.map(({ atNs, bytes }) => pcapngPacket({ interfaceIndex: 0, atNs, bytes }));
  return Buffer.concat([pcapngSection(), pcapngInterface(interfaceName), ...packets]);
}

/** What tshark says of one frame. */
interface ReadFrame {
  readonly number: string;
  readonly interfaceName: string;
  readonly protocols: readonly string[];
  readonly isMalformed: boolean;
  /** By protocol: 0 bad, 1 good, 2 not looked at, 3 not there; several where headers repeat. */
  readonly checksums: ReadonlyMap<string, readonly string[]>;
  readonly isFragment: boolean;
  readonly icmpTypes: readonly string[];
}

const CHECKSUM_FIELDS = [
  'ip.checksum.status',
  'tcp.checksum.status',
  'udp.checksum.status',
  'icmp.checksum.status',
] as const;

function readWithTshark(file: string): ReadFrame[] | string {
  const fields = [
    'frame.number',
    'frame.interface_name',
    'frame.protocols',
    '_ws.malformed',
    'ip.flags.mf',
    'ip.frag_offset',
    'icmp.type',
    ...CHECKSUM_FIELDS,
  ];
  const args = ['-r', file, '-n', '-d', `udp.port==${VXLAN_PORT},vxlan`];
  for (const protocol of ['ip', 'tcp', 'udp']) args.push('-o', `${protocol}.check_checksum:TRUE`);
  args.push('-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=,');
  for (const field of fields) args.push('-e', field);
  const done = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 30 });
  if (done.status !== 0) return `tshark ends with ${done.status ?? done.signal}: ${done.stderr}`;
  return done.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): ReadFrame => {
      const [number = '', interfaceName = '', protocols = '', malformed = '', ...rest] =
        line.split('\t');
      const [mf = '', offset = '', icmp = '', ...sums] = rest;
      return {
        number,
        interfaceName,
        protocols: protocols.split(':'),
        isMalformed: malformed !== '' || /malformed|short/.test(protocols),
        checksums: new Map(
          CHECKSUM_FIELDS.map((field, index) => [field, values(sums[index] ?? '')]),
        ),
        isFragment:
          values(mf).some((value) => value === '1' || value === 'True') ||
          values(offset).some((value) => value !== '0'),
        icmpTypes: values(icmp),
      };
    });
}

function values(text: string): string[] {
  return text === '' ? [] : text.split(',');
}

function judge(frames: readonly ReadFrame[], provider: Provider): string[] {
  const failures: string[] = [];
  for (const frame of frames) {
    const where = `frame ${frame.number} on ${frame.interfaceName} (${frame.protocols.join(':')})`;
    if (frame.isMalformed) failures.push(`${where} is malformed`);
    for (const [field, statuses] of frame.checksums) {
      if (statuses.includes('0')) failures.push(`${where} has a bad checksum (${field})`);
    }
  }
  for (const [what, holds] of expected(provider)) {
    if (!frames.some(holds)) failures.push(`no frame is ${what}`);
  }
  return failures;
}

const FAILURES_SHOWN = 10;

/** What the story must have put on the wire. */
function expected(
  provider: Provider,
): readonly (readonly [string, (frame: ReadFrame) => boolean])[] {
  const has = (name: string) => (frame: ReadFrame) => frame.protocols.includes(name);
  const good = (field: (typeof CHECKSUM_FIELDS)[number]) => (frame: ReadFrame) =>
    frame.checksums.get(field)?.includes('1') ?? false;
  const icmp = (type: string) => (frame: ReadFrame) => frame.icmpTypes[0] === type;
  return [
    ['ARP', has('arp')],
    ['HTTP', has('http')],
    ['JSON of the API', has('json')],
    ['DNS', has('dns')],
    ['a fragment', (frame) => frame.isFragment],
    ['an echo request', icmp('8')],
    ['an echo reply', icmp('0')],
    ['destination unreachable', icmp('3')],
    ['time exceeded', icmp('11')],
    ['TCP with a checksum that was looked at', good('tcp.checksum.status')],
    ['UDP with a checksum that was looked at', good('udp.checksum.status')],
    ['ICMP with a checksum that was looked at', good('icmp.checksum.status')],
    ['IP with a checksum that was looked at', good('ip.checksum.status')],
    ...(provider === 'vxlan' ? ([['VXLAN', has('vxlan')]] as const) : []),
  ];
}
