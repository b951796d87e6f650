/**
 * The npm package @ngrok/webernetes, a simulator of Kubernetes for the browser: the same Deployments and
 * Services on as many nodes, up to the last pod's readiness, and requests to them.
 *
 * What is not the same: webernetes runs on the wall clock, so its wall time contains waiting; its requests are
 * function calls between pods, without packets or rules, where podwire's cross the whole path.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WORKLOADS } from '../workloads/index.ts';
import { spawnWorkload } from '../src/spawn-workload.ts';
import { type Peer, type PeerRow, pairs, rowOf } from './peer.ts';

const PACKAGE = '@ngrok/webernetes@0.3.5';
const ROOT = path.join(import.meta.dirname, '..', '..');
const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'podwire', 'webernetes');
const POD_COUNTS = [30, 100, 300, 1000];
const PODS_PER_SERVICE = 10;
const PODS_PER_NODE = 100;
const NODES_MIN = 3;
const REQUESTS = 50_000;

interface BringUp {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakRssBytes: number;
}

interface WebernetesResult extends BringUp {
  readonly requestsPerCpuSecond: number;
}

export const webernetes: Peer = {
  name: 'webernetes',
  missing() {
    if (existsSync(path.join(FOLDER, 'node_modules'))) return undefined;
    return `${PACKAGE} is not installed; npm run bench:peers -- --install-webernetes brings it`;
  },
  *compare({ pairs: count }): Iterable<PeerRow> {
    let last: readonly (readonly [BringUp, WebernetesResult])[] = [];
    for (const pods of POD_COUNTS) {
      last = pairs(
        count,
        () => bringUpPodwire(pods),
        () => bringUpWebernetes(pods),
      );
      const rows = [
        ['CPU', 'CPU s', (each: BringUp) => each.cpuSeconds],
        ['wall', 's', (each: BringUp) => each.wallSeconds],
        ['memory', 'MB', (each: BringUp) => each.peakRssBytes / 1e6],
      ] as const;
      for (const [name, unit, of] of rows) {
        const figures = last.map(([own, other]) => [of(own), of(other)] as const);
        yield rowOf(`${pods} pods Ready, ${name}`, unit, figures, { isLessBetter: true });
      }
    }
    if (!WORKLOADS.some((each) => each.name === 'service-path')) return;
    const requests = last.map(
      ([, other]) =>
        [spawnWorkload('service-path', {}).ratePerCpuSecond, other.requestsPerCpuSecond] as const,
    );
    yield rowOf('requests to Services', 'per CPU s', requests, {
      note: "podwire's with all packets and rules, webernetes' as function calls",
    });
  },
};

/** Installs the package beside the workspace, not into it. */
export function installWebernetes(): boolean {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path.join(FOLDER, 'package.json'), '{ "private": true }\n');
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefix',
    FOLDER,
    PACKAGE,
  ];
  return spawnSync('npm', args, { stdio: 'inherit' }).status === 0;
}

function nodesFor(pods: number): number {
  return Math.max(NODES_MIN, Math.ceil(pods / PODS_PER_NODE));
}

function bringUpWebernetes(pods: number): WebernetesResult {
  const main = fileURLToPath(new URL('./webernetes/bring-up.ts', import.meta.url));
  const sizes = [nodesFor(pods), pods, pods / PODS_PER_SERVICE, REQUESTS].map(String);
  return JSON.parse(runNode([main, FOLDER, ...sizes])) as WebernetesResult;
}

function bringUpPodwire(pods: number): BringUp {
  const folder = mkdtempSync(path.join(tmpdir(), 'podwire-peer-'));
  try {
    const file = path.join(folder, 'scenario.yaml');
    writeFileSync(file, scenarioOf(pods));
    const main = path.join(ROOT, 'packages', 'cli', 'src', 'main.ts');
    const text = runNode([main, 'run', file, '--workers', '0', '--quiet', '--json']);
    const report = JSON.parse(text) as { cpuMs: number; wallMs: number; peakRssBytes: number };
    return {
      cpuSeconds: report.cpuMs / 1000,
      wallSeconds: report.wallMs / 1000,
      peakRssBytes: report.peakRssBytes,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runNode(args: readonly string[]): string {
  const done = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (done.status !== 0) throw new Error(`${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** The Deployments and Services of webernetes/bring-up.ts, and a wait for the pods. */
function scenarioOf(pods: number): string {
  const services = pods / PODS_PER_SERVICE;
  const manifests = Array.from({ length: services }, (_, index) => manifestOf(index)).join('');
  return `name: bring-up
cluster: {nodes: ${nodesFor(pods)}}
manifests:
  - inline: |
${manifests}steps:
  - wait: {for: pods, condition: Ready, count: ${pods}, timeout: 600s}
`;
}

function manifestOf(index: number): string {
  const name = `web-${index}`;
  return `      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: ${name}}
      spec:
        replicas: ${PODS_PER_SERVICE}
        selector: {matchLabels: {app: ${name}}}
        template:
          metadata: {labels: {app: ${name}}}
          spec:
            containers:
              - name: web
                image: registry.k8s.io/e2e-test-images/agnhost:2.39
                args: [netexec]
                ports: [{containerPort: 8080}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: ${name}}
      spec:
        type: NodePort
        selector: {app: ${name}}
        ports: [{port: 80, targetPort: 8080, nodePort: ${30_000 + index}}]
      ---
`;
}
