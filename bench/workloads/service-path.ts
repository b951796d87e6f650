/**
 * W5 and W6: pods ask for pages through Services: vxlan, kube-proxy's iptables rules, NAT, conntrack, TCP, HTTP;
 * with `--plane ovn` through OVN's load balancers and Geneve.
 *
 * Each pod serves, and is a client of one Service after the other: by ClusterIP, or by a NodePort of another
 * node. With `--workers N` the engine's rounds spread the two racks over N threads (0: the main thread runs
 * both); only the run is measured, not the building of the threads' worlds.
 */
import { type Ip, assert } from '@podwire/base';
import {
  Kernel,
  type MessageCodec,
  type Proc,
  type ShardContext,
  type ShardWorld,
  combineDigests,
} from '@podwire/engine';
import { runWorld } from '@podwire/engine/host';
import { type NetNs, httpConnect, httpServe } from '@podwire/netstack';
import {
  type WireMessage,
  decodeFrameMessage,
  encodeFrameMessage,
  payloadOfFill,
} from '@podwire/wire';
import {
  POD_PORT,
  SERVICE_PORT,
  ServiceCluster,
  type ServiceClusterSpec,
  actorNames,
  linkDeclarations,
  nodeAddress,
  nodePortOf,
  rackOf,
  serviceAddress,
} from './service-cluster.ts';
import type { Outcome, ParameterValues, Task, Workload } from './workload.ts';

/** The page of an nginx that was just installed. */
const PAGE = payloadOfFill(612);
const SEED = 'service-path';

export const servicePath: Workload = {
  name: 'service-path',
  what: 'HTTP requests of pods through Services: vxlan, kube-proxy in iptables mode',
  parameters: [
    { name: 'nodes', what: 'nodes in two racks', default: 10, min: 2, max: 250, smoke: 3 },
    { name: 'pods', what: 'pods of each node', default: 10, max: 250, smoke: 2 },
    { name: 'services', what: 'Services', default: 1000, max: 2700, smoke: 10 },
    { name: 'endpoints', what: 'endpoints of each Service', default: 3, max: 250 },
    { name: 'requests', what: 'requests of each pod', default: 200, smoke: 3 },
    { name: 'keep', what: 'requests on one connection', default: 1 },
    {
      name: 'via',
      what: 'cluster-ip or node-port (of another node)',
      default: 'cluster-ip',
      choices: ['cluster-ip', 'node-port'],
    },
    {
      name: 'plane',
      what: 'iptables (vxlan, kube-proxy) or ovn',
      default: 'iptables',
      choices: ['iptables', 'ovn'],
    },
    { name: 'evaluator', what: 'plain or fast', default: 'fast', choices: ['plain', 'fast'] },
    { name: 'workers', what: 'threads beside the main one', default: 0, min: 0, max: 2 },
  ],
  variants: [{}, { via: 'node-port' }, { plane: 'ovn' }, { workers: 1 }, { workers: 2 }],
  rounds: 3,
  warmUps: 1,
  prepare,
};

interface ServicePathSpec extends ServiceClusterSpec {
  readonly via: string;
  readonly requestsPerPod: number;
  readonly requestsPerConnection: number;
}

function prepare(values: ParameterValues): Task {
  const spec: ServicePathSpec = {
    nodeCount: values.number('nodes'),
    podsPerNode: values.number('pods'),
    serviceCount: values.number('services'),
    endpointsPerService: values.number('endpoints'),
    evaluator: values.text('evaluator') === 'plain' ? 'plain' : 'fast',
    plane: values.text('plane') === 'ovn' ? 'ovn' : 'iptables',
    via: values.text('via'),
    requestsPerPod: values.number('requests'),
    requestsPerConnection: values.number('keep'),
  };
  const workers = values.number('workers');
  if (workers > 0) return () => runOnWorkers(spec, workers);
  const kernel = new Kernel({ seed: SEED });
  const cluster = new ServiceCluster(spec, kernel, () => true);
  const count = startPrograms(cluster, spec);
  return () => {
    const events = kernel.runUntil(Infinity);
    const { answered } = count;
    const digest = combineDigests(kernel.digests());
    return outcome(spec, { answered, packets: cluster.packets, events, digest });
  };
}

async function runOnWorkers(spec: ServicePathSpec, workers: number): Promise<Outcome> {
  const names = actorNames(spec);
  let start = { cpu: process.cpuUsage(), wallMs: performance.now() };
  const result = await runWorld({
    moduleUrl: import.meta.url,
    spec,
    seed: SEED,
    actors: names.map((name, id) => ({ id, name, shard: 1 + (rackOf(id) % workers) })),
    links: linkDeclarations(spec),
    workerCount: workers,
    onStart: () => {
      start = { cpu: process.cpuUsage(), wallMs: performance.now() };
    },
  });
  const wallSeconds = (performance.now() - start.wallMs) / 1000;
  const { user, system } = process.cpuUsage(start.cpu);
  const parts = result.collected.filter((one) => one !== undefined) as Collected[];
  const answered = parts.reduce((sum, one) => sum + one.answered, 0);
  const packets = parts.reduce((sum, one) => sum + one.packets, 0);
  const { events, digest } = result;
  return {
    ...outcome(spec, { answered, packets, events, digest }),
    cpuSeconds: (user + system) / 1e6,
    wallSeconds,
    threadCpuSeconds: parts.map((one) => one.cpuSeconds).filter((seconds) => seconds > 0),
  };
}

function outcome(
  spec: ServicePathSpec,
  done: {
    readonly answered: number;
    readonly packets: number;
    readonly events: number;
    readonly digest: string;
  },
): Outcome {
  const { answered, packets, events, digest } = done;
  const wanted = spec.nodeCount * spec.podsPerNode * spec.requestsPerPod;
  assert(answered === wanted, `${answered} of ${wanted} requests are answered`);
  return { work: { requests: answered, packets, events }, counted: 'requests', digest };
}

interface Collected {
  readonly answered: number;
  readonly packets: number;
  /** Of the worker's thread since its world was built; 0 of the main thread. */
  readonly cpuSeconds: number;
}

const CODEC: MessageCodec = {
  encode: (message) => encodeFrameMessage(message as WireMessage),
  decode: (bytes) => decodeFrameMessage(bytes),
};

/** The engine's way in: builds the actors of one shard. */
export function build(given: unknown, context: ShardContext): ShardWorld {
  const spec = given as ServicePathSpec;
  const { kernel, shard, actors } = context;
  const cluster = new ServiceCluster(spec, kernel, (actor) => actors[actor]?.shard === shard);
  const count = startPrograms(cluster, spec);
  const start = process.threadCpuUsage();
  return {
    codec: CODEC,
    collect: (): Collected => {
      const { user, system } = process.threadCpuUsage(start);
      const cpuSeconds = shard === 0 ? 0 : (user + system) / 1e6;
      return { answered: count.answered, packets: cluster.packets, cpuSeconds };
    },
  };
}

interface Count {
  answered: number;
}

function startPrograms(cluster: ServiceCluster, spec: ServicePathSpec): Count {
  const count = { answered: 0 };
  for (const node of cluster.nodes) {
    node.pods.forEach((pod, number) => {
      httpServe(pod, { port: POD_PORT }, () => ({ status: 200, body: PAGE }));
      const client = node.index * spec.podsPerNode + number;
      node.sim.spawn('client', ask(pod, spec, { client, node: node.index }, count));
    });
  }
  return count;
}

function* ask(
  pod: NetNs,
  spec: ServicePathSpec,
  own: { readonly client: number; readonly node: number },
  count: Count,
): Proc {
  let left = spec.requestsPerPod;
  for (let turn = 0; left > 0; turn++) {
    const service = (own.client * 7 + turn * 13) % spec.serviceCount;
    const connection = yield* httpConnect(pod, target(spec, own.node, turn, service));
    assert('conn' in connection, 'a pod of a Service answers');
    for (let number = 0; number < spec.requestsPerConnection && left > 0; number++, left--) {
      const reply = yield* connection.request({
        method: 'GET',
        target: '/',
        headers: [['Host', 'service']],
      });
      assert(reply.kind === 'reply' && reply.status === 200, 'a request is answered');
      assert(reply.body.lenBytes === PAGE.lenBytes, 'the whole page arrives');
      count.answered++;
    }
    connection.close();
  }
}

function target(
  spec: ServicePathSpec,
  node: number,
  turn: number,
  service: number,
): { readonly ip: Ip; readonly port: number } {
  if (spec.via === 'cluster-ip') return { ip: serviceAddress(service), port: SERVICE_PORT };
  const other = (node + 1 + (turn % (spec.nodeCount - 1))) % spec.nodeCount;
  return { ip: nodeAddress(other), port: nodePortOf(service) };
}
