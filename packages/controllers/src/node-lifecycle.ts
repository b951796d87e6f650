/**
 * Node lifecycle controller: notices nodes whose kubelet is silent, and taints nodes by their conditions.
 *
 * From: Nodes, Leases, Pods. To: node conditions and taints, Ready=False of pods, events.
 *
 * Upstream looks at all nodes every 5 s. Here a round exists as an event only when something can change in it, but it
 * lies at the same virtual instants: multiples of the period from the controller's start. A renewal counts from
 * the round that sees it. Copies pkg/controller/nodelifecycle (1.32).
 */
import {
  type Informer,
  type Lease,
  type Node,
  type NodeCondition,
  type Pod,
  type Taint,
  type TaintEffect,
  formatTime,
  isOk,
  jsonEqual,
  objectOf,
  parseTime,
} from '@podwire/api';
import { type Proc, Signal, type Timer } from '@podwire/engine';
import type { ControllerContext } from './context.ts';
import { indexByNode } from './owner-index.ts';
import { podIsReady } from './pod-state.ts';
import { ZoneEvictions } from './zone-evictions.ts';

const COMPONENT = 'node-controller';
const LEASE_NAMESPACE = 'kube-node-lease';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const NODE_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;
/** Condition type and status to the taint that it means. */
const CONDITION_TAINTS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'Ready',
    new Map([
      ['False', NOT_READY],
      ['Unknown', UNREACHABLE],
    ]),
  ],
  ['MemoryPressure', new Map([['True', 'node.kubernetes.io/memory-pressure']])],
  ['DiskPressure', new Map([['True', 'node.kubernetes.io/disk-pressure']])],
  ['NetworkUnavailable', new Map([['True', 'node.kubernetes.io/network-unavailable']])],
  ['PIDPressure', new Map([['True', 'node.kubernetes.io/pid-pressure']])],
]);
const MANAGED_TAINTS: ReadonlySet<string> = new Set([
  UNSCHEDULABLE,
  ...[...CONDITION_TAINTS.values()].flatMap((taints) => [...taints.values()]),
]);

export function startNodeLifecycleController(context: ControllerContext): void {
  new NodeLifecycleController(context).start();
}

interface Health {
  /** The round that last saw a sign of life. */
  probeNs: number;
  /** What was last seen: a change of either is a sign of life. */
  renewTime: string | undefined;
  heartbeat: string;
  /** The Ready status of the round before. */
  observedReady: string;
}

class NodeLifecycleController {
  readonly #context: ControllerContext;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;
  readonly #health = new Map<string, Health>();
  /** Nodes that the next round must look at. */
  readonly #dirty = new Set<string>();
  readonly #conditionDirty = new Set<string>();
  readonly #conditionSignal = new Signal();
  readonly #roundDue = new Signal();
  readonly #evictions: ZoneEvictions;
  #startNs = 0;
  /** The latest round that was held: there is no second one at its instant. */
  #lastRoundNs = -1;
  #isRoundDue = false;
  #timer: Timer | undefined;
  #isStarted = false;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#nodes = context.informer('nodes');
    this.#leases = context.informer('leases');
    this.#pods = context.informer('pods');
    this.#evictions = new ZoneEvictions(context.sim, {
      primaryMilli: context.options.nodeEvictionRateMilli,
      secondaryMilli: context.options.secondaryNodeEvictionRateMilli,
    });
  }

  start(): void {
    indexByNode(this.#pods);
    const touch = (node: Node): void => {
      this.#markDirty(node.metadata.name);
      this.#conditionDirty.add(node.metadata.name);
      this.#conditionSignal.notify();
    };
    this.#nodes.subscribe({
      add: touch,
      update: (node, old) => {
        const isSame =
          jsonEqual(node.status?.conditions, old.status?.conditions) &&
          jsonEqual(node.spec, old.spec);
        if (!isSame) touch(node);
      },
      delete: (node) => {
        this.#health.delete(node.metadata.name);
        this.#evictions.forget(node.metadata.name);
      },
    });
    const renewed = (lease: Lease): void => {
      if (lease.metadata.namespace === LEASE_NAMESPACE) this.#renewed(lease.metadata.name, lease);
    };
    this.#leases.subscribe({ add: renewed, update: renewed });
    this.#context.spawn('nodelifecycle/rounds', this.#rounds());
    this.#context.spawn('nodelifecycle/conditions', this.#conditionTaints());
    this.#context.spawn('nodelifecycle/evictions', this.#taintForEviction());
  }

  /** A renewal is booked at the round that would see it; a node that was lost is looked at again. */
  #renewed(name: string, lease: Lease): void {
    const health = this.#health.get(name);
    const { renewTime } = lease.spec;
    if (health === undefined || health.renewTime === renewTime) return;
    health.renewTime = renewTime;
    health.probeNs = this.#roundAtOrAfter(this.#context.nowNs);
    if (health.observedReady !== 'True') this.#markDirty(name);
  }

  #markDirty(name: string): void {
    this.#dirty.add(name);
    if (this.#isStarted) this.#armAt(this.#roundAtOrAfter(this.#context.nowNs));
  }

  #roundAtOrAfter(atNs: number): number {
    const period = this.#context.options.nodeMonitorPeriodNs;
    const roundNs = this.#startNs + Math.ceil(Math.max(0, atNs - this.#startNs) / period) * period;
    return roundNs <= this.#lastRoundNs ? this.#lastRoundNs + period : roundNs;
  }

  #armAt(atNs: number): void {
    if (this.#timer?.isPending === true && this.#timer.atNs <= atNs) return;
    this.#timer?.cancel();
    this.#timer = this.#context.sim.after(Math.max(0, atNs - this.#context.nowNs), () => {
      this.#isRoundDue = true;
      this.#roundDue.notify();
    });
  }

  *#rounds(): Proc {
    yield* this.#context.synced('nodes', 'leases', 'pods');
    this.#startNs = this.#context.nowNs;
    this.#isStarted = true;
    this.#armAt(this.#startNs);
    for (;;) {
      while (!this.#isRoundDue) yield* this.#roundDue.wait();
      this.#isRoundDue = false;
      const nowNs = this.#context.nowNs;
      this.#lastRoundNs = nowNs;
      const names = [...this.#nodes.items.keys()].filter(
        (name) => this.#dirty.has(name) || this.#deadlineNs(name) <= nowNs,
      );
      this.#dirty.clear();
      for (const name of names) yield* this.#look(name, nowNs);
      this.#evictions.judge();
      this.#armNext();
    }
  }

  /** When silence becomes too long. */
  #deadlineNs(name: string): number {
    const health = this.#health.get(name);
    if (health === undefined) return 0;
    if (health.observedReady === 'Unknown') return Infinity;
    return health.probeNs + this.#graceNs(name);
  }

  #graceNs(name: string): number {
    const node = this.#nodes.items.get(name);
    const hasReported = node !== undefined && conditionOf(node, 'Ready') !== undefined;
    const { nodeMonitorGracePeriodNs, nodeStartupGracePeriodNs } = this.#context.options;
    return hasReported ? nodeMonitorGracePeriodNs : nodeStartupGracePeriodNs;
  }

  #armNext(): void {
    const nowNs = this.#context.nowNs;
    let nextNs = Infinity;
    for (const name of this.#nodes.items.keys()) nextNs = Math.min(nextNs, this.#deadlineNs(name));
    if (this.#dirty.size > 0) nextNs = Math.min(nextNs, nowNs + 1);
    if (nextNs === Infinity) return;
    this.#armAt(this.#roundAtOrAfter(Math.max(nextNs, nowNs + 1)));
  }

  /** One node in one round. */
  *#look(name: string, nowNs: number): Proc {
    const node = this.#nodes.items.get(name);
    if (node === undefined) return;
    const health = this.#observe(node, nowNs);
    const observed = conditionOf(node, 'Ready')?.status ?? 'Unknown';
    const wasReady = health.observedReady;
    let current = observed;
    if (nowNs >= health.probeNs + this.#graceNs(name) && observed !== 'Unknown') {
      if (!(yield* this.#markUnknown(node))) {
        this.#dirty.add(name);
        return;
      }
      current = 'Unknown';
      // The next round acts on what this one wrote.
      this.#dirty.add(name);
    } else if (conditionOf(node, 'Ready') === undefined) {
      if (nowNs >= health.probeNs + this.#graceNs(name)) {
        yield* this.#markUnknown(node);
        current = 'Unknown';
        this.#dirty.add(name);
      }
    }
    health.observedReady = current;
    this.#evictions.put(name, node, current === 'True' ? 'ready' : 'not-ready');
    yield* this.#applyEvictionTaints(node, observed);
    if (current !== 'True' && observed === 'True') {
      const recorder = this.#context.recorder(COMPONENT);
      recorder.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      yield* this.#markPodsNotReady(name);
    } else if (wasReady === 'True' && observed === 'False') {
      yield* this.#markPodsNotReady(name);
    }
  }

  #observe(node: Node, nowNs: number): Health {
    const { name } = node.metadata;
    const ready = conditionOf(node, 'Ready');
    const heartbeat =
      ready === undefined ? '' : JSON.stringify([ready.lastHeartbeatTime, ready.status]);
    let health = this.#health.get(name);
    if (health === undefined) {
      const lease = this.#leases.get(LEASE_NAMESPACE, name);
      const createdNs = parseTime(node.metadata.creationTimestamp ?? '') ?? nowNs;
      health = {
        probeNs: ready === undefined ? createdNs : nowNs,
        renewTime: lease?.spec.renewTime,
        heartbeat,
        observedReady: ready?.status ?? '',
      };
      this.#health.set(name, health);
      return health;
    }
    if (health.heartbeat !== heartbeat) {
      // Our own mark of silence is no sign of life.
      if (ready?.reason !== 'NodeStatusUnknown') health.probeNs = nowNs;
      health.heartbeat = heartbeat;
    }
    return health;
  }

  *#markUnknown(node: Node): Proc<boolean> {
    const now = formatTime(this.#context.nowNs);
    const conditions: NodeCondition[] = [...(node.status?.conditions ?? [])];
    for (const type of NODE_CONDITIONS) {
      const at = conditions.findIndex((condition) => condition.type === type);
      const before = conditions[at];
      if (before === undefined) {
        conditions.push({
          type,
          status: 'Unknown',
          reason: 'NodeStatusNeverUpdated',
          message: 'Kubelet never posted node status.',
          lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
          lastTransitionTime: now,
        });
      } else if (before.status !== 'Unknown') {
        conditions[at] = {
          ...before,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: now,
        };
      }
    }
    const response = yield* this.#context.update(
      'nodes',
      { ...node, status: { ...node.status, conditions } } as Node,
      'status',
    );
    return isOk(response);
  }

  /** NoExecute taints follow the condition that the round found, through the zones' rates. */
  *#applyEvictionTaints(node: Node, observed: string): Proc {
    const { name } = node.metadata;
    if (observed === 'True') {
      this.#evictions.cancel(name);
      const taints = (node.spec.taints ?? []).filter(
        ({ key, effect }) =>
          !(effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE)),
      );
      if (taints.length !== (node.spec.taints ?? []).length) yield* this.#writeTaints(node, taints);
      return;
    }
    const wanted = observed === 'Unknown' ? UNREACHABLE : NOT_READY;
    const other = observed === 'Unknown' ? NOT_READY : UNREACHABLE;
    if (hasTaint(node, wanted, 'NoExecute')) return;
    if (hasTaint(node, other, 'NoExecute')) {
      // The kind of trouble changed: swapped at once, nobody is evicted anew.
      yield* this.#swapTaint(node, other, wanted);
      return;
    }
    if (conditionOf(node, 'Ready') !== undefined) this.#evictions.request(name);
  }

  *#swapTaint(node: Node, from: string, to: string): Proc {
    const taints = (node.spec.taints ?? []).filter(
      ({ key, effect }) => !(key === from && effect === 'NoExecute'),
    );
    const timeAdded = formatTime(this.#context.nowNs);
    yield* this.#writeTaints(node, [...taints, { key: to, effect: 'NoExecute', timeAdded }]);
  }

  /** Takes nodes from the zones' queues as their rates allow and taints them. */
  *#taintForEviction(): Proc {
    for (;;) {
      const name = yield* this.#evictions.next();
      const node = this.#nodes.items.get(name);
      if (node === undefined) continue;
      const status = conditionOf(node, 'Ready')?.status;
      if (status === 'True') continue;
      const key = status === 'False' ? NOT_READY : UNREACHABLE;
      if (hasTaint(node, key, 'NoExecute')) continue;
      const timeAdded = formatTime(this.#context.nowNs);
      const taints: Taint[] = [
        ...(node.spec.taints ?? []),
        { key, effect: 'NoExecute', timeAdded },
      ];
      if (!(yield* this.#writeTaints(node, taints))) {
        this.#evictions.request(name);
      }
    }
  }

  /** NoSchedule taints follow the conditions and the cordon at once. */
  *#conditionTaints(): Proc {
    yield* this.#context.synced('nodes');
    for (;;) {
      const name: string | undefined = this.#conditionDirty.values().next().value;
      if (name === undefined) {
        yield* this.#conditionSignal.wait();
        continue;
      }
      this.#conditionDirty.delete(name);
      const node = this.#nodes.items.get(name);
      if (node === undefined) continue;
      const wanted = conditionTaintKeys(node);
      const kept = (node.spec.taints ?? []).filter(
        ({ key, effect }) => effect !== 'NoSchedule' || !MANAGED_TAINTS.has(key) || wanted.has(key),
      );
      const timeAdded = formatTime(this.#context.nowNs);
      const added = [...wanted]
        .filter((key) => !hasTaint(node, key, 'NoSchedule'))
        .map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded }));
      if (added.length === 0 && kept.length === (node.spec.taints ?? []).length) continue;
      if (!(yield* this.#writeTaints(node, [...kept, ...added]))) this.#conditionDirty.add(name);
    }
  }

  /** Writes the taints against the newest version; false when it must be tried again. */
  *#writeTaints(node: Node, taints: readonly Taint[]): Proc<boolean> {
    const before = node.spec.taints ?? [];
    const fresh = yield* this.#context.request({
      verb: 'get',
      resource: 'nodes',
      name: node.metadata.name,
    });
    const latest = objectOf<Node>(fresh);
    if (latest === undefined) return fresh.code === 404;
    // Only what this controller meant to change is carried over to the newest version.
    const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
    const removed = before.filter((taint) => !taints.some((other) => isSame(taint, other)));
    const added = taints.filter((taint) => !before.some((other) => isSame(taint, other)));
    const merged = (latest.spec.taints ?? []).filter(
      (taint) => !removed.some((other) => isSame(taint, other)),
    );
    for (const taint of added)
      if (!merged.some((other) => isSame(taint, other))) merged.push(taint);
    const { taints: _taints, ...spec } = latest.spec;
    const response = yield* this.#context.update('nodes', {
      ...latest,
      spec: merged.length === 0 ? spec : { ...spec, taints: merged },
    } as Node);
    return isOk(response) || response.code === 404;
  }

  *#markPodsNotReady(nodeName: string): Proc {
    const now = formatTime(this.#context.nowNs);
    const recorder = this.#context.recorder(COMPONENT);
    for (const pod of this.#pods.byIndex('node', nodeName)) {
      if (!podIsReady(pod)) continue;
      const condition = { type: 'Ready', status: 'False', lastTransitionTime: now };
      yield* this.#context.patch(
        'pods',
        pod,
        { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } },
        'status',
      );
      recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
  }
}

function conditionOf(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

function conditionTaintKeys(node: Node): Set<string> {
  const keys = new Set<string>();
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = CONDITION_TAINTS.get(type)?.get(status);
    if (key !== undefined) keys.add(key);
  }
  if (conditionOf(node, 'Ready') === undefined && hasTaint(node, NOT_READY, 'NoSchedule')) {
    // Put there by admission; it stays until the kubelet has reported.
    keys.add(NOT_READY);
  }
  if (node.spec.unschedulable === true) keys.add(UNSCHEDULABLE);
  return keys;
}

function hasTaint(node: Node, key: string, effect: TaintEffect): boolean {
  return (node.spec.taints ?? []).some((taint) => taint.key === key && taint.effect === effect);
}
