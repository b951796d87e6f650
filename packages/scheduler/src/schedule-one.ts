/**
 * The scheduler as a process: takes pods from the queue one by one, decides, binds.
 *
 * From: informers (pods without a node). To: `pods/X/binding`, conditions and events of pods, deletion of victims.
 * Binding runs beside the next cycle; until the API shows it the pod is assumed on its node.
 */
import {
  type ApiClient,
  type ConditionStatus,
  EventRecorder,
  Informer,
  type Node,
  type Pod,
  type PodCondition,
  type RateLimit,
  formatTime,
  isOk,
  keyOf,
  messageOf,
  reasonOf,
  withRateLimit,
} from '@podwire/api';
import { NS_PER_MS } from '@podwire/base';
import { type HostSim, type Proc, type Process, sleep } from '@podwire/engine';
import { DEFAULT_SCHEDULER_NAME } from './default-profile.ts';
import { InformerObjects } from './informer-objects.ts';
import { PodInfo } from './pod-info.ts';
import type { Preemption } from './preemption.ts';
import { type QueuedPod, SchedulingQueue } from './queue.ts';
import { type Decision, type SchedulerState, decide, newSchedulerState } from './schedule-pod.ts';
import { Snapshot, isTerminal } from './snapshot.ts';

/** An event's message is cut to this many characters (client-go NoteLengthLimit). */
const NOTE_LENGTH_MAX = 1024;
/** What a decision takes of virtual time; upstream manages some hundred to a thousand a second. */
const DEFAULT_CYCLE_NS = NS_PER_MS;

/**
 * The rate limit is for lists, bindings, patches and deletions; events have as much again of their own, as
 * upstream (50, burst 100).
 */
export interface SchedulerOptions extends RateLimit {
  /** Pods that name another scheduler are left alone. */
  readonly schedulerName?: string;
  /** Virtual time that one decision takes. */
  readonly cycleNs?: number;
}

/** Starts the scheduler's processes on this host. */
export function startScheduler(
  sim: HostSim,
  client: ApiClient,
  options: SchedulerOptions = {},
): Scheduler {
  return new Scheduler(sim, client, options);
}

export class Scheduler {
  readonly #sim: HostSim;
  readonly #client: ApiClient;
  readonly #name: string;
  readonly #cycleNs: number;
  readonly #recorder: EventRecorder;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #objects: InformerObjects;
  readonly #processes: Process[] = [];
  readonly #state: SchedulerState = newSchedulerState();
  readonly snapshot: Snapshot;
  readonly queue: SchedulingQueue;

  constructor(sim: HostSim, client: ApiClient, options: SchedulerOptions) {
    this.#sim = sim;
    this.#client = withRateLimit(sim, client, options);
    this.#name = options.schedulerName ?? DEFAULT_SCHEDULER_NAME;
    this.#cycleNs = options.cycleNs ?? DEFAULT_CYCLE_NS;
    this.#recorder = new EventRecorder(withRateLimit(sim, client, options), sim, this.#name);
    this.queue = new SchedulingQueue(sim);
    this.#pods = new Informer<Pod>(this.#client, sim, {
      resource: 'pods',
      fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
    });
    this.#nodes = new Informer<Node>(this.#client, sim, { resource: 'nodes' });
    this.#objects = new InformerObjects(this.#client, sim, {
      storage: (object) => {
        this.queue.handleEvent({ kind: 'storage', object });
      },
      namespace: () => {
        this.queue.handleEvent({ kind: 'namespace' });
      },
    });
    this.snapshot = new Snapshot(this.#objects);
    this.#subscribe();
    this.#spawn('informer/nodes', this.#nodes.run());
    this.#spawn('informer/pods', this.#pods.run());
    for (const informer of this.#objects.informers) this.#spawn('informer', informer.run());
    this.#spawn('loop', this.#loop());
  }

  /** Ends all its processes; what is being bound is left as it stands. */
  stop(): void {
    for (const process of this.#processes) process.cancel();
  }

  #spawn(name: string, proc: Proc): void {
    this.#processes.push(this.#sim.spawn(`scheduler/${name}`, proc));
  }

  #subscribe(): void {
    this.#nodes.subscribe({
      add: (node) => {
        this.snapshot.putNode(node);
        this.queue.handleEvent({ kind: 'node', old: undefined, now: node });
      },
      update: (node, old) => {
        this.snapshot.putNode(node);
        this.queue.handleEvent({ kind: 'node', old, now: node });
      },
      delete: (node) => {
        this.snapshot.removeNode(node.metadata.name);
        this.queue.handleEvent({ kind: 'node', old: node, now: undefined });
      },
    });
    this.#pods.subscribe({
      add: (pod) => {
        this.#podChanged(pod, undefined);
      },
      update: (pod, old) => {
        this.#podChanged(pod, old);
      },
      delete: (pod) => {
        this.#podDeleted(pod);
      },
    });
  }

  #podChanged(pod: Pod, old: Pod | undefined): void {
    const key = keyOf(pod);
    if ((pod.spec.nodeName ?? '') !== '') {
      const wasAssigned = (old?.spec.nodeName ?? '') !== '';
      this.#state.nominator.remove(key);
      this.queue.delete(key);
      this.snapshot.putPod(pod);
      this.queue.handleEvent({
        kind: 'assigned-pod',
        old: wasAssigned ? old : undefined,
        now: pod,
      });
      return;
    }
    if (!this.#isOurs(pod) || this.snapshot.isAssumed(key)) return;
    const nominated = pod.status?.nominatedNodeName ?? '';
    if (nominated !== '') this.#state.nominator.put(new PodInfo(pod), nominated);
    this.queue.update(pod);
  }

  #podDeleted(pod: Pod): void {
    const key = keyOf(pod);
    this.#state.nominator.remove(key);
    this.queue.delete(key);
    this.snapshot.removePod(key);
    this.queue.handleEvent({ kind: 'assigned-pod', old: pod, now: undefined });
  }

  #isOurs(pod: Pod): boolean {
    return (pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME) === this.#name && !isTerminal(pod);
  }

  *#loop(): Proc {
    yield* this.#nodes.waitSynced();
    yield* this.#pods.waitSynced();
    for (const informer of this.#objects.informers) yield* informer.waitSynced();
    for (;;) {
      const queued = yield* this.queue.pop();
      yield* sleep(this.#cycleNs);
      yield* this.#cycle(queued);
    }
  }

  *#cycle(queued: QueuedPod): Proc {
    const { key } = queued.info;
    const pod = this.#pods.items.get(key);
    const isGone = pod === undefined || pod.metadata.uid !== queued.info.pod.metadata.uid;
    if (isGone || pod.metadata.deletionTimestamp !== undefined) {
      this.queue.done(queued);
      return;
    }
    const decision = decide(this.snapshot, queued.info, this.#sim.rng('scheduler'), this.#state);
    const { chosen } = decision;
    if (chosen === undefined) {
      yield* this.#handleFailure(queued, decision);
      return;
    }
    this.snapshot.assume(queued.info, chosen);
    this.#state.nominator.remove(key);
    this.queue.assume(queued);
    this.#sim.spawn('scheduler/bind', this.#bind(queued, chosen));
  }

  *#bind(queued: QueuedPod, nodeName: string): Proc {
    const { pod, key, namespace } = queued.info;
    const { name, uid } = pod.metadata;
    const response = yield* this.#client.request({
      verb: 'create',
      resource: 'pods',
      subresource: 'binding',
      namespace,
      name,
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, ...(uid === undefined ? {} : { uid }) },
        target: { kind: 'Node', name: nodeName },
      },
      fieldManager: 'kube-scheduler',
    });
    if (isOk(response)) {
      const text = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
      this.#recorder.event(pod, 'Normal', 'Scheduled', text);
      return;
    }
    this.snapshot.forget(key);
    this.queue.handleEvent({ kind: 'assigned-pod', old: pod, now: undefined });
    if (reasonOf(response) === 'NotFound') {
      this.queue.delete(key);
      return;
    }
    const text = `binding rejected: ${messageOf(response)}`;
    this.#recorder.event(pod, 'Warning', 'FailedScheduling', cutNote(text));
    this.queue.retry(queued);
  }

  *#handleFailure(queued: QueuedPod, decision: Decision): Proc {
    const { info } = queued;
    const { preemption, message } = decision;
    this.queue.reject(queued, decision.rejectedBy);
    if (preemption !== undefined) {
      this.#state.nominator.put(info, preemption.nominatedNode);
      yield* this.#evictVictims(info, preemption);
    }
    this.#recorder.event(info.pod, 'Warning', 'FailedScheduling', cutNote(message));
    const pod = this.#pods.items.get(info.key) ?? info.pod;
    const before = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const nominated = preemption?.nominatedNode ?? '';
    const isUnchanged =
      before?.status === 'False' &&
      before.reason === 'Unschedulable' &&
      before.message === message &&
      (pod.status?.nominatedNodeName ?? '') === nominated;
    if (isUnchanged) return;
    const condition = this.#condition(before, 'PodScheduled', 'False', 'Unschedulable', message);
    yield* this.#patchStatus(pod, {
      conditions: [condition],
      ...(nominated === '' && pod.status?.nominatedNodeName === undefined
        ? {}
        : { nominatedNodeName: nominated === '' ? null : nominated }),
    });
  }

  /** Deletes the victims, and takes the promise of this node from pods of lower priority. */
  *#evictVictims(preemptor: PodInfo, { nominatedNode, victims }: Preemption): Proc {
    for (const victim of victims) {
      if (victim.metadata.deletionTimestamp !== undefined) continue;
      const before = victim.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
      const text = `${this.#name}: preempting to accommodate a higher priority pod`;
      const condition = this.#condition(
        before,
        'DisruptionTarget',
        'True',
        'PreemptionByScheduler',
        text,
      );
      yield* this.#patchStatus(victim, { conditions: [condition] });
      yield* this.#client.request({
        verb: 'delete',
        resource: 'pods',
        namespace: victim.metadata.namespace ?? 'default',
        name: victim.metadata.name,
        body: { apiVersion: 'v1', kind: 'DeleteOptions' },
      });
      this.#recorder.event(
        victim,
        'Normal',
        'Preempted',
        `Preempted by pod ${preemptor.pod.metadata.uid ?? ''} on node ${nominatedNode}`,
      );
    }
    for (const other of this.#state.nominator.podsOn(nominatedNode)) {
      if (other.priority >= preemptor.priority) continue;
      this.#state.nominator.remove(other.key);
      yield* this.#patchStatus(other.pod, { nominatedNodeName: null });
    }
  }

  #condition(
    before: PodCondition | undefined,
    type: string,
    status: ConditionStatus,
    reason: string,
    message: string,
  ): PodCondition {
    const now = formatTime(this.#sim.nowNs());
    const since = before?.status === status ? before.lastTransitionTime : undefined;
    return { type, status, reason, message, lastTransitionTime: since ?? now };
  }

  *#patchStatus(pod: Pod, status: object): Proc {
    const { uid, name, namespace } = pod.metadata;
    yield* this.#client.request({
      verb: 'patch',
      resource: 'pods',
      subresource: 'status',
      namespace: namespace ?? 'default',
      name,
      patchType: 'strategic-merge-patch',
      body: { metadata: { uid }, status },
      fieldManager: 'kube-scheduler',
    });
  }
}

function cutNote(text: string): string {
  return text.length <= NOTE_LENGTH_MAX ? text : `${text.slice(0, NOTE_LENGTH_MAX - 4)} ...`;
}
