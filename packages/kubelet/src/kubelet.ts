/**
 * The kubelet of one node: registration, heartbeats, pod workers, status reports, its server.
 *
 * It sees the API only through its client's watches and requests, which cross the underlay: a node that is
 * cut off misses its lease and keeps running what it has. Source: kubernetes pkg/kubelet/kubelet.go.
 */
import { NS_PER_SEC, formatIp } from '@podwire/base';
import {
  type ApiClient,
  EventRecorder,
  Informer,
  type ConfigMap,
  type Node,
  type Pod,
  type Secret,
  type Service,
  parseTime,
  withRateLimit,
} from '@podwire/api';
import { type Proc, type Process, Signal, sleep, waitUntil } from '@podwire/engine';
import { renewLease } from './lease.ts';
import { type RuntimeListing, runtimeListing } from './listing.ts';
import { registerNode, reportNodeStatus } from './node-status.ts';
import { KUBELET_DEFAULTS, type KubeletOptions } from './options.ts';
import { resolvConfs } from './pod-files.ts';
import { PodWorker, type PodWorkerHost } from './pod-worker.ts';
import type { NodeRuntime } from './runtime.ts';
import { ServiceHistory } from './service-history.ts';
import { sameStatus } from './status.ts';

/** nodeStatusUpdateFrequency: how soon a report that failed is tried again. */
const NODE_STATUS_RETRY_NS = 10 * NS_PER_SEC;

export interface KubeletDeps {
  readonly node: NodeRuntime;
  readonly client: ApiClient;
  /** Closes all connections to the API server, so that the next request dials anew. */
  readonly reconnect: () => void;
  /** Shared by the kubelets of a thread. */
  readonly services?: ServiceHistory;
}

export class Kubelet {
  readonly node: NodeRuntime;
  readonly options: KubeletOptions;
  readonly workers: Map<string, PodWorker> = new Map();
  readonly #client: ApiClient;
  readonly #reconnect: () => void;
  readonly #events: EventRecorder;
  readonly #pods: Informer<Pod>;
  readonly #services: Informer<Service>;
  readonly #configMaps: Informer<ConfigMap>;
  readonly #secrets: Informer<Secret>;
  readonly #nodes: Informer<Node>;
  readonly #nodeDoubt = new Signal();
  readonly #dirty = new Set<PodWorker>();
  readonly #dirtySignal = new Signal();
  readonly #processes: Process[] = [];
  readonly #startedNs: number;
  readonly #nodeIPText: string;
  #nodeObject: Node | undefined;
  #isReady = false;
  #relistAtNs = -1;
  #isStopped = false;
  readonly #resumed = new Signal();
  readonly #workerHost: PodWorkerHost;

  constructor(deps: KubeletDeps, options: Partial<KubeletOptions> = {}) {
    this.node = deps.node;
    this.options = { ...KUBELET_DEFAULTS, ...options };
    this.#client = deps.client;
    this.#reconnect = deps.reconnect;
    const { sim, nodeName } = this.node;
    this.#startedNs = sim.nowNs();
    this.#nodeIPText = formatIp(this.node.nodeIP);
    const recording = withRateLimit(sim, this.#client, this.options.eventLimit);
    this.#events = new EventRecorder(recording, sim, 'kubelet', nodeName);
    this.#pods = new Informer<Pod>(this.#client, sim, {
      resource: 'pods',
      fieldSelector: `spec.nodeName=${nodeName}`,
    });
    this.#services = new Informer<Service>(this.#client, sim, { resource: 'services' });
    this.#configMaps = new Informer<ConfigMap>(this.#client, sim, { resource: 'configmaps' });
    this.#secrets = new Informer<Secret>(this.#client, sim, { resource: 'secrets' });
    this.#nodes = new Informer<Node>(this.#client, sim, {
      resource: 'nodes',
      fieldSelector: `metadata.name=${nodeName}`,
    });
    this.#nodes.subscribe({
      update: () => {
        if (this.#isDoubted()) this.#nodeDoubt.notify();
      },
    });
    this.#pods.subscribe({
      add: (pod) => {
        this.#onPod(pod);
      },
      update: (pod) => {
        this.#onPod(pod);
      },
      delete: (pod) => {
        this.#onPodGone(pod);
      },
    });
    this.#workerHost = this.#hostOfWorkers(deps.services ?? new ServiceHistory());
    this.#spawn('register', this.#register());
  }

  /** Rows of `crictl` and `docker ps`. */
  listing(): RuntimeListing {
    return runtimeListing(this.workers.values());
  }

  findPod(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.workers.values()) {
      if (worker.namespace === namespace && worker.pod.metadata.name === name) return worker;
    }
    return undefined;
  }

  /** The kubelet process dies: containers go on, nothing is reported any more. */
  stop(): void {
    this.#isStopped = true;
    for (const process of this.#processes) process.cancel();
  }

  /** The kubelet process starts again and takes up what still runs. */
  resume(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#resumed.notify();
    this.#processes.length = 0;
    this.#relistAtNs = -1;
    this.#spawn('register', this.#register());
    for (const worker of this.workers.values()) this.#changed(worker);
  }

  /** The machine goes down: containers and sandboxes are gone as well. */
  powerOff(): void {
    this.stop();
    for (const worker of this.workers.values()) worker.destroy();
    this.workers.clear();
  }

  #spawn(name: string, proc: Proc): void {
    this.#processes.push(this.node.sim.spawn(`kubelet ${name}`, proc));
  }

  *#register(): Proc {
    const report = this.#report();
    for (;;) {
      this.#nodeObject = yield* registerNode(this.node, this.#client, this.options, report);
      if (this.#nodeObject !== undefined) break;
      yield* sleep(NS_PER_SEC);
    }
    this.#isReady = report.ready;
    this.#spawn(
      'lease',
      renewLease(this.node.sim, this.#client, {
        nodeName: this.node.nodeName,
        nodeUid: () => this.#nodeObject?.metadata.uid,
        durationNs: this.options.leaseDurationNs,
        renewNs: this.options.leaseRenewNs,
        reconnect: this.#reconnect,
      }),
    );
    this.#spawn('status of pods', this.#syncStatuses());
    for (const informer of [this.#services, this.#configMaps, this.#secrets, this.#nodes]) {
      this.#spawn('reflector', informer.run());
    }
    this.#spawn('pods', this.#pods.run());
    this.#spawn('status of node', this.#nodeStatusLoop());
  }

  #report(): { ready: boolean; message: string } {
    const message = this.node.cni.notReady();
    return { ready: message === undefined, message: message ?? '' };
  }

  /**
   * Reports at once when readiness changes, when the API says otherwise (the control plane had lost sight of
   * the node), and else every five minutes. Readiness hangs on the network plugin alone, which becomes ready
   * once the node has its pod network: until then it is looked at each second.
   */
  *#nodeStatusLoop(): Proc {
    const { sim } = this.node;
    let reportedNs = -this.options.statusReportNs;
    for (;;) {
      const report = this.#report();
      const nowNs = sim.nowNs();
      const isDue = nowNs - reportedNs >= this.options.statusReportNs;
      if (isDue || report.ready !== this.#isReady || this.#isDoubted()) {
        const stored = yield* reportNodeStatus(this.node, this.#client, this.options, report);
        if (stored !== undefined) {
          if (report.ready && !this.#isReady) this.#nodeEvent('NodeReady');
          this.#nodeObject = stored;
          this.#isReady = report.ready;
          reportedNs = nowNs;
        } else {
          yield* sleep(NODE_STATUS_RETRY_NS);
          continue;
        }
      }
      if (!this.#isReady) yield* sleep(NS_PER_SEC);
      else yield* this.#nodeDoubt.wait(reportedNs + this.options.statusReportNs - sim.nowNs());
    }
  }

  /** Whether the API's Node says something else of Ready than this kubelet last reported. */
  #isDoubted(): boolean {
    const seen = this.#nodes.items.get(this.node.nodeName);
    const ready = seen?.status?.conditions?.find((condition) => condition.type === 'Ready');
    return ready !== undefined && (ready.status === 'True') !== this.#isReady;
  }

  #nodeEvent(reason: string): void {
    if (this.#nodeObject === undefined) return;
    const message = `Node ${this.node.nodeName} status is now: ${reason}`;
    this.#events.event(this.#nodeObject, 'Normal', reason, message);
  }

  #onPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    let worker = this.workers.get(uid);
    if (worker === undefined) {
      const phase = pod.status?.phase;
      if (phase === 'Succeeded' || phase === 'Failed') return;
      worker = new PodWorker(this.#workerHost, pod);
      this.workers.set(uid, worker);
    }
    // What this kubelet wrote itself comes back; there is nothing new to report.
    const isEcho = worker.pod.metadata.resourceVersion === pod.metadata.resourceVersion;
    worker.pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) {
      const grace = pod.metadata.deletionGracePeriodSeconds ?? 30;
      const endNs = parseTime(pod.metadata.deletionTimestamp) ?? this.node.sim.nowNs();
      const leftNs = Math.min(grace * NS_PER_SEC, Math.max(endNs - this.node.sim.nowNs(), 0));
      worker.terminate(leftNs === 0 && grace > 0 ? NS_PER_SEC : leftNs);
    }
    if (!isEcho) this.#changed(worker);
  }

  #onPodGone(pod: Pod): void {
    const worker = this.workers.get(pod.metadata.uid ?? '');
    if (worker === undefined) return;
    if (worker.isTerminated) this.workers.delete(worker.uid);
    // Removed by force: a second is left (calculateEffectiveGracePeriod supplies at least one).
    else worker.terminate(NS_PER_SEC);
  }

  #hostOfWorkers(history: ServiceHistory): PodWorkerHost {
    return {
      node: this.node,
      options: this.options,
      events: this.#events,
      nodeIPText: this.#nodeIPText,
      newId: () => this.#newId(),
      changed: (worker) => {
        this.#changed(worker);
      },
      whileRunning: () => waitUntil(this.#resumed, () => !this.#isStopped, this.node.sim),
      references: {
        configMap: (namespace, name) => this.#configMaps.get(namespace, name),
        secret: (namespace, name) => this.#secrets.get(namespace, name),
      },
      services: { history, now: () => history.see(this.#services) },
      resolvConf: resolvConfs(this.options),
    };
  }

  #newId(): string {
    const rng = this.node.sim.rng('kubelet/ids');
    let id = '';
    for (let word = 0; word < 8; word++) id += rng.uint32().toString(16).padStart(8, '0');
    return id;
  }

  /** Notes a change; the next look at the runtime's state (PLEG relist) reports it. */
  #changed(worker: PodWorker): void {
    if (this.#isStopped) return;
    this.#dirty.add(worker);
    const { sim } = this.node;
    const { relistNs } = this.options;
    const now = sim.nowNs();
    if (this.#relistAtNs > now) return;
    const sinceStart = now - this.#startedNs;
    this.#relistAtNs = this.#startedNs + (Math.floor(sinceStart / relistNs) + 1) * relistNs;
    sim.schedule(this.#relistAtNs - now, () => {
      this.#dirtySignal.notify();
    });
  }

  *#syncStatuses(): Proc {
    for (;;) {
      if (this.#dirty.size === 0 || this.#relistAtNs > this.node.sim.nowNs()) {
        yield* this.#dirtySignal.wait();
      }
      // What changes meanwhile waits for the next relist.
      for (const worker of Array.from(this.#dirty)) {
        this.#dirty.delete(worker);
        const ok = yield* this.#report1(worker);
        if (!ok) {
          this.#dirty.add(worker);
          yield* sleep(NS_PER_SEC);
        }
      }
    }
  }

  /** Sends one pod's status and, once all is gone, its final deletion; false to try again. */
  *#report1(worker: PodWorker): Proc<boolean> {
    const { name, namespace = 'default', uid } = worker.pod.metadata;
    const current = this.#pods.items.get(`${namespace}/${name}`);
    if (current === undefined || current.metadata.uid !== uid) {
      if (worker.isTerminated) this.workers.delete(worker.uid);
      else worker.terminate(NS_PER_SEC);
      return true;
    }
    worker.pod = current;
    const status = worker.status();
    if (!sameStatus(status, current.status)) {
      const put = yield* this.#client.request({
        verb: 'patch',
        resource: 'pods',
        namespace,
        name,
        subresource: 'status',
        patchType: 'merge-patch',
        body: { metadata: { uid }, status: { ...clearedFields(current.status), ...status } },
      });
      if (put.code === 0 || put.code >= 500) return false;
      if (put.code === 200) worker.pod = put.body as Pod;
    }
    if (!worker.isTerminated) return true;
    const gone = yield* this.#client.request({
      verb: 'delete',
      resource: 'pods',
      namespace,
      name,
      body: {
        gracePeriodSeconds: 0,
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      },
    });
    if (gone.code === 0 || gone.code >= 500) return false;
    this.workers.delete(worker.uid);
    return true;
  }
}

/** A merge patch removes only what it names: every field of the old status that the new one may lack. */
function clearedFields(status: Pod['status']): Record<string, null> {
  return Object.fromEntries(Object.keys(status ?? {}).map((key) => [key, null]));
}
