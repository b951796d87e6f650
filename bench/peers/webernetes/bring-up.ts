/**
 * Brings up a cluster of @ngrok/webernetes and asks its pods, and prints one line of JSON:
 *
 *   node bring-up.ts FOLDER NODES PODS SERVICES REQUESTS
 *
 * From: ../webernetes.ts, in a process of its own. FOLDER is where the package was installed; it is no
 * dependency of this workspace, so what is used of it is written down here.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cpuSeconds } from '../../src/measure.ts';

interface Pod {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}
interface Cluster {
  readonly api: {
    readonly corev1: {
      listNamespacedPod(request: {
        namespace: string;
      }): Promise<{ readonly items: readonly Pod[] }>;
    };
  };
  registerImage(image: unknown): void;
  init(): Promise<void>;
  apply(resources: readonly unknown[]): Promise<unknown>;
  fetch(target: string): Promise<{ readonly body: unknown }>;
}
interface ProcessContext {
  listenHttp(port: number, handler: () => Promise<{ statusCode: number; body: string }>): void;
  waitUntilKilled(): Promise<number>;
}
interface Webernetes {
  readonly Cluster: new (options: { readonly nodes: number }) => Cluster;
  readonly BaseImage: new () => object;
}

const PORT = 8080;
const FIRST_NODE_PORT = 30_000;
const BODY = 'x'.repeat(612);
const POLL_MS = 20;

const [folder = '', ...numbers] = process.argv.slice(2);
const [nodes = 3, pods = 30, services = 3, requests = 1000] = numbers.map(Number);

// The package is made for bundlers: its files name each other without ending.
registerHooks({
  resolve(name, context, next) {
    if (!name.startsWith('.') || context.parentURL === undefined) return next(name, context);
    const plain = fileURLToPath(new URL(name, context.parentURL));
    const found = [`${plain}.js`, path.join(plain, 'index.js')].find((each) => existsSync(each));
    return next(found === undefined ? name : pathToFileURL(found).href, context);
  },
});
const file = path.join(folder, 'node_modules', '@ngrok', 'webernetes', 'dist', 'index.js');
const { Cluster, BaseImage } = (await import(pathToFileURL(file).href)) as Webernetes;

class Page extends BaseImage {
  static readonly imageName = 'page';
  static readonly imageVersion = '1.0';
  readonly defaultCommand: readonly string[] = ['server'];

  async exec(ctx: ProcessContext): Promise<number> {
    ctx.listenHttp(PORT, () => Promise.resolve({ statusCode: 200, body: BODY }));
    return await ctx.waitUntilKilled();
  }
}

const started = mark();
const cluster = new Cluster({ nodes });
cluster.registerImage(Page);
await cluster.init();
for (let index = 0; index < services; index++) {
  const replicas = Math.floor(pods / services) + (index < pods % services ? 1 : 0);
  await cluster.apply(manifests(index, replicas));
}
while ((await readyPods()) < pods) {
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
const ready = mark();
const answered = await ask();
const asked = mark();
const result = {
  pods,
  cpuSeconds: ready.cpu - started.cpu,
  wallSeconds: (ready.ms - started.ms) / 1000,
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
  requests: answered,
  requestsPerCpuSecond: answered / (asked.cpu - ready.cpu),
  requestsPerWallSecond: (answered * 1000) / (asked.ms - ready.ms),
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));

function manifests(index: number, replicas: number): readonly unknown[] {
  const name = `web-${index}`;
  const labels = { app: name };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [{ name: 'web', image: 'page:1.0', ports: [{ containerPort: PORT }] }],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: {
        type: 'NodePort',
        selector: labels,
        ports: [{ port: 80, targetPort: PORT, nodePort: FIRST_NODE_PORT + index, protocol: 'TCP' }],
      },
    },
  ];
}

async function readyPods(): Promise<number> {
  const { items } = await cluster.api.corev1.listNamespacedPod({ namespace: 'default' });
  return items.filter((pod) =>
    pod.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'),
  ).length;
}

/** One request after the other, to the services in turn, through a node's port. */
async function ask(): Promise<number> {
  let answered = 0;
  for (let number = 0; number < requests; number++) {
    const port = FIRST_NODE_PORT + (number % services);
    const reply = await cluster.fetch(`http://node-${1 + (number % nodes)}:${port}`);
    if (reply.body === BODY) answered++;
  }
  return answered;
}

function mark(): { readonly cpu: number; readonly ms: number } {
  return { cpu: cpuSeconds(), ms: performance.now() };
}
