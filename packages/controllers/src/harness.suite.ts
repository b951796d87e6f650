/**
 * A small cluster for the controllers' tests: an API server in memory, the controllers, and hollow kubelets.
 *
 * The hollow kubelets place pods on nodes in turn, make them ready after a delay and confirm deletions; a node that is
 * dead does none of that and renews no lease.
 */
import {
  type ApiClient,
  type ApiRequest,
  type ApiResponse,
  ApiServer,
  type KubeEvent,
  type KubeObject,
  Informer,
  LocalApiClient,
  type Pod,
  Store,
  type WatchEvent,
  formatMicroTime,
  formatTime,
  itemsOf,
  keyOf,
  messageOf,
  objectOf,
} from '@podwire/api';
import { NS_PER_MS, NS_PER_SEC, Rng, assert, must } from '@podwire/base';
import { type HostSim, type Proc, TestWorld, sleep } from '@podwire/engine';
import type { ControllerOptions } from './options.ts';
import { type ControllerManager, startControllers } from './manager.ts';

export const SEC: number = NS_PER_SEC;

export interface HarnessOptions extends ControllerOptions {
  readonly nodes?: readonly string[];
  /** From the pod's creation to Ready. */
  readonly readyDelayNs?: number;
  /** Nodes report at once when false no kubelet runs at all. */
  readonly kubelets?: boolean;
  readonly zones?: readonly string[];
  /** One way between the controllers and the API server. */
  readonly latencyNs?: number;
}

/** A client whose requests, answers and events take their time; events keep their order. */
class DistantClient implements ApiClient {
  readonly #sim: HostSim;
  readonly #client: ApiClient;
  readonly #latencyNs: number;

  constructor(sim: HostSim, client: ApiClient, latencyNs: number) {
    this.#sim = sim;
    this.#client = client;
    this.#latencyNs = latencyNs;
  }

  *request(request: ApiRequest): Proc<ApiResponse> {
    yield* sleep(this.#latencyNs);
    const response = yield* this.#client.request(request);
    yield* sleep(this.#latencyNs);
    return response;
  }

  *watch(request: ApiRequest, onEvent: (event: WatchEvent) => void): Proc<ApiResponse | undefined> {
    return yield* this.#client.watch(request, (event) => {
      this.#sim.schedule(this.#latencyNs, () => {
        onEvent(event);
      });
    });
  }
}

export class Harness {
  readonly world: TestWorld = new TestWorld('controllers');
  readonly sim: HostSim;
  readonly server: ApiServer;
  readonly client: ApiClient;
  readonly manager: ControllerManager;
  readonly dead: Set<string> = new Set();
  /** Pods by key that never become ready. */
  isBroken: (pod: Pod) => boolean = () => false;
  readonly #readyDelayNs: number;
  #placed = 0;

  constructor(options: HarnessOptions = {}) {
    this.sim = this.world.addHost('control-plane');
    this.server = new ApiServer(new Store(new Rng('controllers/store')), {
      clock: this.sim,
      rng: new Rng('controllers/api'),
      admission: { taintsNewNodes: false },
    });
    const local = new LocalApiClient(this.server);
    const { latencyNs = 0 } = options;
    this.client = latencyNs === 0 ? local : new DistantClient(this.sim, local, latencyNs);
    this.#readyDelayNs = options.readyDelayNs ?? SEC;
    const { nodes = [], zones = [] } = options;
    for (const [index, name] of nodes.entries())
      this.addNode(name, zones[index % (zones.length || 1)]);
    if (options.kubelets !== false) {
      this.sim.spawn('kubelets', this.#kubelets(nodes));
    }
    this.manager = startControllers(this.sim, this.client, options);
  }

  addNode(name: string, zone?: string): void {
    const labels = {
      'kubernetes.io/hostname': name,
      ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
    };
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {} };
    this.create('nodes', node);
    this.#setNodeReady(name);
    this.sim.spawn(`lease/${name}`, this.#lease(name));
  }

  #setNodeReady(name: string): void {
    const now = formatTime(this.sim.nowNs());
    const condition = (type: string, status: string): object => ({
      type,
      status,
      reason: 'Kubelet',
      message: '',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    });
    const body = {
      status: {
        conditions: [
          condition('MemoryPressure', 'False'),
          condition('DiskPressure', 'False'),
          condition('PIDPressure', 'False'),
          condition('Ready', 'True'),
        ],
        allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
      },
    };
    this.patch('nodes', undefined, name, body, 'status');
  }

  *#lease(name: string): Proc {
    const place = { resource: 'leases', namespace: 'kube-node-lease' };
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-node-lease' },
      spec: { holderIdentity: name, leaseDurationSeconds: 40 },
    };
    this.server.handle({ ...place, verb: 'create', body });
    for (;;) {
      if (!this.dead.has(name)) {
        const spec = { renewTime: formatMicroTime(this.sim.nowNs()) };
        this.patch('leases', 'kube-node-lease', name, { spec });
      }
      yield* sleep(10 * SEC);
    }
  }

  /** The kubelet is back: it reports and renews. */
  revive(name: string): void {
    this.dead.delete(name);
    this.#setNodeReady(name);
  }

  *#kubelets(nodes: readonly string[]): Proc {
    const pods = new Informer<Pod>(this.client, this.sim, { resource: 'pods' });
    pods.subscribe({
      add: (pod) => {
        this.sim.spawn('kubelet', this.#start(pod, nodes));
      },
      update: (pod, old) => {
        if (pod.metadata.deletionTimestamp === undefined) return;
        if (old.metadata.deletionTimestamp !== undefined) return;
        this.sim.spawn('kubelet', this.#kill(pod));
      },
    });
    yield* pods.run();
  }

  *#start(pod: Pod, nodes: readonly string[]): Proc {
    const named = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const target = named?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
    const alive = nodes.filter((name) => !this.dead.has(name));
    const node = pod.spec.nodeName ?? target ?? alive[this.#placed++ % Math.max(1, alive.length)];
    if (node === undefined) return;
    const { name, namespace = 'default' } = pod.metadata;
    if (pod.spec.nodeName === undefined) {
      this.server.handle({
        verb: 'create',
        resource: 'pods',
        subresource: 'binding',
        namespace,
        name,
        body: { metadata: { name }, target: { kind: 'Node', name: node } },
      });
    }
    yield* sleep(this.#readyDelayNs);
    if (this.dead.has(node) || this.isBroken(pod)) return;
    this.setPodReady(namespace, name, this.#placed);
  }

  setPodReady(namespace: string, name: string, index: number): void {
    const now = formatTime(this.sim.nowNs());
    const ip = `10.244.${Math.floor(index / 250)}.${(index % 250) + 2}`;
    const condition = (type: string): object => ({ type, status: 'True', lastTransitionTime: now });
    const status = {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      startTime: now,
      conditions: [condition('ContainersReady'), condition('Ready')],
    };
    this.patch('pods', namespace, name, { status }, 'status');
    this.#placed++;
  }

  *#kill(pod: Pod): Proc {
    yield* sleep(100 * NS_PER_MS);
    const { name, namespace = 'default' } = pod.metadata;
    if (this.dead.has(pod.spec.nodeName ?? '')) return;
    const query = { gracePeriodSeconds: 0 };
    this.server.handle({ verb: 'delete', resource: 'pods', namespace, name, query });
  }

  create<T extends KubeObject>(resource: string, object: KubeObject): T {
    const { namespace } = object.metadata;
    const place = namespace === undefined ? {} : { namespace };
    const response = this.server.handle({ verb: 'create', resource, ...place, body: object });
    return must(objectOf<T>(response), messageOf(response));
  }

  patch(
    resource: string,
    namespace: string | undefined,
    name: string,
    body: object,
    subresource?: string,
  ): void {
    const response = this.server.handle({
      verb: 'patch',
      resource,
      name,
      body,
      patchType: 'strategic-merge-patch',
      ...(namespace === undefined ? {} : { namespace }),
      ...(subresource === undefined ? {} : { subresource }),
    });
    assert(response.code < 300 || response.code === 404, messageOf(response));
  }

  delete(resource: string, namespace: string | undefined, name: string, body: object = {}): void {
    const place = namespace === undefined ? {} : { namespace };
    this.server.handle({ verb: 'delete', resource, ...place, name, body });
  }

  get<T extends KubeObject>(resource: string, namespace: string | undefined, name: string): T {
    const place = namespace === undefined ? {} : { namespace };
    const response = this.server.handle({ verb: 'get', resource, ...place, name });
    return must(objectOf<T>(response), messageOf(response));
  }

  list<T extends KubeObject>(resource: string, namespace?: string): readonly T[] {
    const place = namespace === undefined ? {} : { namespace };
    return itemsOf<T>(this.server.handle({ verb: 'list', resource, ...place })) ?? [];
  }

  names(resource: string, namespace?: string): string[] {
    return this.list(resource, namespace).map((object) => keyOf(object).split('/').at(-1) ?? '');
  }

  /** Messages of the events with this reason, oldest first. */
  events(reason: string): string[] {
    return this.list<KubeEvent>('events')
      .filter((event) => event.reason === reason)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ message = '' }) => message);
  }
}
