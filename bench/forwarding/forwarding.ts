/**
 * What forwarding costs with so many Services: the same input on each data plane, all of it emulated.
 *
 * A pod on one node connects to Services whose endpoints are pods of another node, one Service after the other,
 * spread over all of them. Each connection is traced: the first packet's way to the server's socket decides about a
 * backend (and walks all rules, or misses the flow cache), that of the request does not. Then one more Service
 * is made, and the time until the client's node can forward to it is taken. All times are virtual: they follow from the
 * costs of the stages (netstack's cost.ts), not from this machine's speed.
 */
import { type KubeObject, type Pod, type Service } from '@podwire/api';
import { must } from '@podwire/base';
import {
  type Operator,
  type ProxyState,
  buildWorldSpec,
  quantile,
  withDefaults,
} from '@podwire/cluster';
import { runCluster } from '@podwire/cluster/host';
import { type Proc, sleep } from '@podwire/engine';
import { type Step, traceOf } from '@podwire/trace';
import type { Plane } from './planes.ts';

export interface ForwardingRequest {
  readonly plane: Plane;
  readonly services: number;
  /** Endpoints of each Service. */
  readonly endpoints: number;
  /** Services that are connected to. */
  readonly probes: number;
  readonly seed: string;
}

/** Way of one packet from the client's socket to the server's. */
export interface PacketWay {
  readonly latencyNs: number;
  /** Rules visited, or flows looked at, on all nodes on the way. */
  readonly lookups: number;
}

export interface ForwardingResult {
  readonly plane: string;
  readonly services: number;
  readonly firstNsP50: number;
  readonly firstNsMax: number;
  readonly firstLookupsP50: number;
  readonly firstLookupsMax: number;
  readonly establishedNsP50: number;
  readonly establishedLookupsP50: number;
  /** Of a connection to a pod's own address, beside all Services. */
  readonly podFirstNs: number;
  readonly podFirstLookups: number;
  /** Rules or flows on the client's node. */
  readonly tableSize: number;
  /** How much one more Service adds there. */
  readonly addedSize: number;
  /** From the request that makes one more Service to its rules on the client's node. */
  readonly applyNs: number;
  /** Of that, the node's own work: one sync. */
  readonly syncNs: number;
  readonly digest: string;
}

const CLIENT = { namespace: 'default', name: 'client' };
const CLIENT_NODE = 'node-1';
const SERVER_NODE = 'node-2';
/** Of everything that a run makes. */
const LABEL = 'forwarding';
const PORT = 8080;
const MINUTE_NS = 60_000_000_000;
const ASK_NS = 10_000_000;
const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.39';
/** Traces of a run have numbers from 1 up to the walk ids' limit. */
const TRACES_MAX = 8000;

export async function runForwarding(request: ForwardingRequest): Promise<ForwardingResult> {
  const { cluster } = withDefaults({
    nodes: 2,
    ...request.plane.cluster,
    tuning: 'large',
  });
  const spec = buildWorldSpec({ seed: request.seed, cluster });
  const probe = new ForwardingProbe(request);
  const run = await runCluster({
    spec,
    workers: 0,
    program: (operator) => {
      operator.sim.spawn('forwarding', probe.run(operator));
    },
  });
  return probe.result(run.steps, run.digest);
}

class ForwardingProbe {
  readonly #request: ForwardingRequest;
  #before: ProxyState | undefined;
  #after: ProxyState | undefined;
  #applyNs = 0;
  #traced = 0;

  constructor(request: ForwardingRequest) {
    this.#request = request;
  }

  *run(operator: Operator): Proc {
    yield* this.#bringUp(operator);
    const all = (yield* operator.list('services', CLIENT.namespace)) as readonly Service[];
    const byName = new Map(all.map((service) => [service.metadata.name, service]));
    const pods = (yield* operator.list('pods', CLIENT.namespace)) as readonly Pod[];
    const server = must(
      pods.find(({ metadata }) => metadata.name === serverName(0)),
      'a server',
    );
    const podIp = must(server.status?.podIP, 'an address of the server');
    const { services, probes, endpoints } = this.#request;
    // Neighbours and tunnels are known before anything is measured.
    for (let turn = 0; turn < 4 * endpoints; turn++) {
      yield* this.#connect(operator, addressOf(must(byName.get(serviceName(0)), 'a Service')), 0);
    }
    yield* this.#connect(operator, `${podIp}:${PORT}`, 0);
    yield* this.#connect(operator, `${podIp}:${PORT}`, ++this.#traced);
    for (let turn = 0; turn < probes; turn++) {
      const index =
        probes === 1 ? services - 1 : Math.round((turn * (services - 1)) / (probes - 1));
      const service = must(byName.get(serviceName(index)), 'a Service');
      yield* this.#connect(operator, addressOf(service), ++this.#traced);
    }
    this.#before = yield* this.#stateOfClient(operator, true);
    yield* this.#addOne(operator);
    operator.stop();
  }

  *#bringUp(operator: Operator): Proc {
    const { services, endpoints } = this.#request;
    check(yield* operator.waitReady(10 * MINUTE_NS), 'the nodes become Ready');
    yield* sleep(1_000_000_000);
    const pods = [
      clientPod(),
      ...Array.from({ length: endpoints }, (_, index) => serverPod(index)),
    ];
    refuse(yield* operator.create(pods));
    const ready = yield* operator.waitFor(
      {
        resource: 'pods',
        namespace: '',
        selector: LABEL,
        condition: 'Ready',
        count: pods.length,
      },
      10 * MINUTE_NS,
    );
    check(ready.ok, 'the pods become Ready');
    refuse(
      yield* operator.create(Array.from({ length: services }, (_, index) => serviceObject(index))),
    );
    check(
      yield* operator.waitEndpoints(LABEL, services * endpoints, 60 * MINUTE_NS),
      'slices are filled',
    );
    yield* this.#awaitRules(operator);
  }

  /** Waits until the client's node has the newest Services and slices. */
  *#awaitRules(operator: Operator): Proc {
    for (;;) {
      const { servicesVersion, slicesVersion } = yield* operator.scaleStats();
      const state = yield* this.#stateOfClient(operator);
      if (state.servicesVersion >= servicesVersion && state.slicesVersion >= slicesVersion) return;
      yield* sleep(ASK_NS);
    }
  }

  *#stateOfClient(operator: Operator, wantsSizes = false): Proc<ProxyState> {
    const index = operator.spec.cluster.nodes.findIndex(({ name }) => name === CLIENT_NODE);
    return must((yield* operator.proxyStates(wantsSizes))[index], 'the state of a node');
  }

  *#addOne(operator: Operator): Proc {
    // The proxy's shortest time between two syncs is over.
    yield* sleep(5_000_000_000);
    const startNs = operator.nowNs();
    refuse(yield* operator.create([serviceObject(this.#request.services)]));
    const { services, endpoints } = this.#request;
    check(
      yield* operator.waitEndpoints(LABEL, (services + 1) * endpoints, MINUTE_NS),
      'a slice is filled',
    );
    yield* this.#awaitRules(operator);
    this.#after = yield* this.#stateOfClient(operator, true);
    this.#applyNs = this.#after.lastSyncNs - startNs;
  }

  *#connect(operator: Operator, to: string, traceId: number): Proc {
    const argv = ['curl', '-sS', '-o', '/dev/null', '-m', '5', `http://${to}/hostname`];
    const done = yield* operator.exec(CLIENT_NODE, argv, {
      pod: CLIENT,
      traceId,
      timeoutNs: MINUTE_NS,
    });
    check(done?.exitCode === 0, `${to} answers: ${done?.stderr ?? 'no end'}`);
  }

  result(steps: readonly Step[], digest: string): ForwardingResult {
    const ways = waysByTrace(steps);
    const pod = must(ways.get(1), 'the way to a pod');
    const served: Ways[] = [];
    for (let trace = 2; trace <= this.#traced; trace++) served.push(must(ways.get(trace), 'a way'));
    const sorted = (pick: (way: Ways) => number): number[] =>
      served.map(pick).sort((a, b) => a - b);
    const firstNs = sorted(({ first }) => first.latencyNs);
    const firstLookups = sorted(({ first }) => first.lookups);
    const before = must(this.#before, 'a state');
    const after = must(this.#after, 'a state');
    return {
      plane: this.#request.plane.name,
      services: this.#request.services,
      firstNsP50: quantile(firstNs, 50),
      firstNsMax: firstNs.at(-1) ?? 0,
      firstLookupsP50: quantile(firstLookups, 50),
      firstLookupsMax: firstLookups.at(-1) ?? 0,
      establishedNsP50: quantile(
        sorted(({ established }) => established.latencyNs),
        50,
      ),
      establishedLookupsP50: quantile(
        sorted(({ established }) => established.lookups),
        50,
      ),
      podFirstNs: pod.first.latencyNs,
      podFirstLookups: pod.first.lookups,
      tableSize: before.tableSize,
      addedSize: after.tableSize - before.tableSize,
      applyNs: this.#applyNs,
      syncNs: after.lastSyncTimeNs,
      digest,
    };
  }
}

interface Ways {
  readonly first: PacketWay;
  readonly established: PacketWay;
}

/** Of each trace the ways of its first packet and of its request, which is the first that carries data. */
export function waysByTrace(steps: readonly Step[]): Map<number, Ways> {
  const walks = new Map<number, Step[]>();
  for (const step of steps) {
    const walk = walks.get(step.traceId);
    if (walk === undefined) walks.set(step.traceId, [step]);
    else walk.push(step);
  }
  const found = new Map<number, { first?: PacketWay; established?: PacketWay }>();
  for (const [id, walk] of walks) {
    const way = wayOf(walk);
    const text = walk[0]?.packet ?? '';
    if (way === undefined || !walk[0]?.where.endsWith(`${CLIENT.namespace}/${CLIENT.name}`))
      continue;
    const ways = found.get(traceOf(id)) ?? {};
    if (text.includes('Flags [S]')) ways.first ??= way;
    else if (text.includes('Flags [P.]')) ways.established ??= way;
    found.set(traceOf(id), ways);
  }
  const complete = new Map<number, Ways>();
  for (const [trace, { first, established }] of found) {
    if (first !== undefined && established !== undefined)
      complete.set(trace, { first, established });
  }
  return complete;
}

/** From the first step to the one that delivers; a copy that a bridge floods elsewhere does not count. */
function wayOf(walk: readonly Step[]): PacketWay | undefined {
  const end = walk.find((step) => step.end === 'delivered');
  const [start] = walk;
  if (end === undefined || start === undefined) return undefined;
  const lookups = walk.reduce((sum, step) => sum + (step.lookups ?? 0), 0);
  return { latencyNs: end.atNs - start.atNs, lookups };
}

function serviceName(index: number): string {
  return `service-${String(index + 1).padStart(5, '0')}`;
}

function serverName(index: number): string {
  return `server-${index + 1}`;
}

function addressOf({ spec }: Service): string {
  return `${must(spec.clusterIP, 'a cluster IP')}:80`;
}

function clientPod(): KubeObject {
  return podObject(CLIENT.name, CLIENT_NODE, { [LABEL]: 'client' }, ['pause']);
}

function serverPod(index: number): KubeObject {
  const args = ['netexec', `--http-port=${PORT}`];
  return podObject(serverName(index), SERVER_NODE, { [LABEL]: 'server' }, args);
}

function podObject(
  name: string,
  nodeName: string,
  labels: Readonly<Record<string, string>>,
  args: readonly string[],
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: CLIENT.namespace, name, labels },
    spec: {
      nodeName,
      enableServiceLinks: false,
      containers: [{ name: 'agnhost', image: IMAGE, args }],
    },
  } as KubeObject;
}

function serviceObject(index: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace: CLIENT.namespace,
      name: serviceName(index),
      labels: { [LABEL]: 'service' },
    },
    spec: { selector: { [LABEL]: 'server' }, ports: [{ port: 80, targetPort: PORT }] },
  } as KubeObject;
}

export { TRACES_MAX };

function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(`forwarding: ${what}`);
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new Error(`forwarding: ${problem}`);
}
