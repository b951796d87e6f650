/**
 * The scheduling queue: pods that are ready, pods that back off, pods that wait for a change.
 *
 * activeQ is ordered by priority, then by the time of entering. A rejected pod waits in unschedulablePods until
 * an event could help it; then it goes to backoffQ, which is flushed every second, or straight to activeQ.
 * Pods that waited five minutes are flushed by the 30-second round. The rounds are counted from the start of
 * the queue but exist as events only when they have something to do.
 * Copies kube-scheduler's backend/queue (1.32).
 */
import type { Pod } from '@podwire/api';
import { jsonEqual, keyOf } from '@podwire/api';
import { Heap, NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, Signal, type Timer } from '@podwire/engine';
import { type ClusterEvent, concernedPlugins, mayHelp } from './cluster-event.ts';
import { PodInfo } from './pod-info.ts';

const BACKOFF_FIRST_SEC = 1;
const BACKOFF_MAX_SEC = 10;
const BACKOFF_ROUND_NS = NS_PER_SEC;
const UNSCHEDULABLE_ROUND_NS = 30 * NS_PER_SEC;
const UNSCHEDULABLE_MAX_NS = 300 * NS_PER_SEC;

/** The back-off after the n-th attempt: 1 s doubling to 10 s. */
export function backoffSeconds(attempts: number): number {
  let seconds = BACKOFF_FIRST_SEC;
  for (let attempt = 1; attempt < attempts && seconds < BACKOFF_MAX_SEC; attempt++) seconds *= 2;
  return Math.min(seconds, BACKOFF_MAX_SEC);
}

/** A pod on its way through the queue. */
export interface QueuedPod {
  info: PodInfo;
  attempts: number;
  /** When it entered its present place: orders activeQ, ages unschedulablePods, starts the back-off. */
  atNs: number;
  /** Order of entering activeQ among equals. */
  sequence: number;
  /** The pod's, as it entered activeQ. */
  priority: number;
  /** The plugins that rejected it at its last attempt; empty: any event may help. */
  rejectedBy: ReadonlySet<string>;
}

type Place = 'active' | 'backoff' | 'unschedulable' | 'gated' | 'in-flight';

interface Entry extends QueuedPod {
  place: Place;
  /** Outdated entries stay in the heap and are passed over. */
  isDropped: boolean;
  /** Order of entering backoffQ or unschedulablePods. */
  waitSequence: number;
}

/** A place in backoffQ; outdated when the entry has moved on since. */
interface BackingOff {
  readonly entry: Entry;
  readonly endNs: number;
  readonly waitSequence: number;
}

export class SchedulingQueue {
  readonly #sim: HostSim;
  readonly #startNs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #backingOff = new Heap<BackingOff>((left, right) =>
    left.endNs === right.endNs ? left.waitSequence < right.waitSequence : left.endNs < right.endNs,
  );
  /** The longest waiting first. */
  readonly #unschedulable = new Set<Entry>();
  /** The same by the plugins that rejected them; under the empty name those that any event may help. */
  readonly #unschedulableBy = new Map<string, Set<Entry>>();
  readonly #active: Heap<Entry> = newActiveHeap();
  readonly #available = new Signal();
  /** Events that came while a pod was being scheduled. */
  readonly #inFlightEvents: ClusterEvent[] = [];
  #inFlightCount = 0;
  #sequence = 0;
  #waitSequence = 0;
  #backoffTimer: Timer | undefined;
  #flushTimer: Timer | undefined;

  constructor(sim: HostSim) {
    this.#sim = sim;
    this.#startNs = sim.nowNs();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** How many pods are in each place. */
  counts(): ReadonlyMap<Place, number> {
    const counts = new Map<Place, number>();
    for (const { place } of this.#entries.values()) counts.set(place, (counts.get(place) ?? 0) + 1);
    return counts;
  }

  /** A pod without a node. */
  add(pod: Pod): void {
    const key = keyOf(pod);
    if (this.#entries.has(key)) {
      this.update(pod);
      return;
    }
    const entry: Entry = {
      info: new PodInfo(pod),
      attempts: 0,
      atNs: this.#sim.nowNs(),
      sequence: 0,
      priority: 0,
      rejectedBy: new Set(),
      place: 'gated',
      isDropped: false,
      waitSequence: 0,
    };
    this.#entries.set(key, entry);
    if (!isGated(pod)) this.#activate(entry);
  }

  update(pod: Pod): void {
    const entry = this.#entries.get(keyOf(pod));
    if (entry === undefined) {
      this.add(pod);
      return;
    }
    const old = entry.info.pod;
    const isSame =
      jsonEqual(old.spec, pod.spec) && jsonEqual(old.metadata.labels, pod.metadata.labels);
    if (isSame && entry.place !== 'gated') {
      entry.info.pod = pod;
      return;
    }
    if (entry.place === 'active') {
      // Its priority may have changed: a fresh entry takes its turn anew.
      const info = new PodInfo(pod);
      const fresh = { ...entry, info, priority: info.priority };
      entry.isDropped = true;
      this.#entries.set(fresh.info.key, fresh);
      this.#active.push(fresh);
      return;
    }
    entry.info = new PodInfo(pod);
    if (entry.place === 'gated') {
      if (!isGated(pod)) this.#activate(entry);
    } else if (entry.place !== 'backoff') {
      this.handleEvent({ kind: 'own-pod', old, now: pod });
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#move(entry, 'in-flight');
    entry.isDropped = true;
    this.#entries.delete(key);
  }

  /** Something changed: moves the pods that it could help. */
  handleEvent(event: ClusterEvent): void {
    if (this.#inFlightCount > 0) this.#inFlightEvents.push(event);
    if (this.#unschedulable.size === 0) return;
    const plugins = concernedPlugins(event);
    if (plugins === undefined) {
      for (const entry of this.#unschedulable) if (isHelpedBy(entry, event)) this.#requeue(entry);
      return;
    }
    const helped = new Set(this.#unschedulableBy.get(''));
    for (const plugin of plugins) {
      for (const entry of this.#unschedulableBy.get(plugin) ?? []) {
        if (mayHelp(event, entry.info, plugin)) helped.add(entry);
      }
    }
    if (helped.size === 0) return;
    const inOrder = [...helped].sort((a, b) => a.waitSequence - b.waitSequence);
    for (const entry of inOrder) this.#requeue(entry);
  }

  /** Waits for the next pod; it is in flight until `done`, `reject` or `retry`. */
  *pop(): Proc<QueuedPod> {
    for (;;) {
      const next = this.tryPop();
      if (next !== undefined) return next;
      yield* this.#available.wait();
    }
  }

  tryPop(): QueuedPod | undefined {
    for (;;) {
      const entry = this.#active.pop();
      if (entry === undefined) return undefined;
      if (entry.isDropped || entry.place !== 'active') continue;
      entry.place = 'in-flight';
      entry.attempts++;
      this.#inFlightCount++;
      return entry;
    }
  }

  /** A node was chosen: the pod stays known until it is deleted from the queue or retried. */
  assume(_queued: QueuedPod): void {
    this.#land();
  }

  /** The pod needs no node any more. */
  done(queued: QueuedPod): void {
    this.#land();
    this.delete(queued.info.key);
  }

  /** The pod found no node; `rejectedBy` says which plugins were against it. */
  reject(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const events = [...this.#inFlightEvents];
    this.#land();
    const entry = this.#entries.get(queued.info.key);
    if (entry === undefined || entry !== queued) return;
    entry.rejectedBy = rejectedBy;
    entry.atNs = this.#sim.nowNs();
    this.#move(entry, 'unschedulable');
    if (events.some((event) => isHelpedBy(entry, event))) this.#requeue(entry);
    else this.#scheduleFlush();
  }

  /** An assumed pod could not be bound: it backs off and tries again. */
  retry(queued: QueuedPod): void {
    const entry = this.#entries.get(queued.info.key);
    if (entry === undefined || entry !== queued) return;
    entry.atNs = this.#sim.nowNs();
    this.#requeue(entry);
  }

  #move(entry: Entry, place: Place): void {
    if (entry.place === 'unschedulable') {
      this.#unschedulable.delete(entry);
      for (const name of pluginsOf(entry)) this.#unschedulableBy.get(name)?.delete(entry);
    }
    entry.place = place;
    if (place !== 'backoff' && place !== 'unschedulable') return;
    entry.waitSequence = this.#waitSequence++;
    if (place === 'backoff') {
      const { waitSequence } = entry;
      this.#backingOff.push({ entry, endNs: backoffEndNs(entry), waitSequence });
      return;
    }
    this.#unschedulable.add(entry);
    for (const name of pluginsOf(entry)) {
      const entries = this.#unschedulableBy.get(name);
      if (entries === undefined) this.#unschedulableBy.set(name, new Set([entry]));
      else entries.add(entry);
    }
  }

  #land(): void {
    this.#inFlightCount--;
    if (this.#inFlightCount === 0) this.#inFlightEvents.length = 0;
  }

  #activate(entry: Entry): void {
    this.#move(entry, 'active');
    entry.atNs = this.#sim.nowNs();
    entry.sequence = this.#sequence++;
    entry.priority = entry.info.priority;
    this.#active.push(entry);
    this.#available.notify();
  }

  #requeue(entry: Entry): void {
    if (backoffEndNs(entry) <= this.#sim.nowNs()) {
      this.#activate(entry);
      return;
    }
    this.#move(entry, 'backoff');
    this.#scheduleBackoff();
  }

  #scheduleBackoff(): void {
    const dueNs = this.#nextBackingOff()?.endNs ?? Infinity;
    this.#backoffTimer = this.#rearm(this.#backoffTimer, dueNs, BACKOFF_ROUND_NS, () => {
      const nowNs = this.#sim.nowNs();
      for (;;) {
        const next = this.#nextBackingOff();
        if (next === undefined || next.endNs > nowNs) break;
        this.#activate(next.entry);
      }
      this.#scheduleBackoff();
    });
  }

  /** The pod whose back-off ends first. */
  #nextBackingOff(): BackingOff | undefined {
    for (;;) {
      const next = this.#backingOff.peek();
      if (next === undefined) return undefined;
      const { entry, waitSequence } = next;
      if (entry.place === 'backoff' && entry.waitSequence === waitSequence) return next;
      this.#backingOff.pop();
    }
  }

  #scheduleFlush(): void {
    const [oldest] = this.#unschedulable;
    // The round looks for pods that waited longer than five minutes.
    const dueNs = oldest === undefined ? Infinity : oldest.atNs + UNSCHEDULABLE_MAX_NS + 1;
    this.#flushTimer = this.#rearm(this.#flushTimer, dueNs, UNSCHEDULABLE_ROUND_NS, () => {
      const nowNs = this.#sim.nowNs();
      for (const entry of this.#unschedulable) {
        if (nowNs - entry.atNs <= UNSCHEDULABLE_MAX_NS) break;
        this.#requeue(entry);
      }
      this.#scheduleFlush();
    });
  }

  /** A timer at the first round at or after `dueNs`; none for Infinity. */
  #rearm(
    timer: Timer | undefined,
    dueNs: number,
    roundNs: number,
    run: () => void,
  ): Timer | undefined {
    if (dueNs === Infinity) {
      timer?.cancel();
      return undefined;
    }
    const rounds = Math.max(1, Math.ceil((dueNs - this.#startNs) / roundNs));
    const atNs = this.#startNs + rounds * roundNs;
    if (timer?.isPending === true && timer.atNs === atNs) return timer;
    timer?.cancel();
    return this.#sim.after(Math.max(0, atNs - this.#sim.nowNs()), run);
  }
}

function newActiveHeap(): Heap<Entry> {
  return new Heap((left, right) => {
    if (left.priority !== right.priority) return left.priority > right.priority;
    return left.atNs === right.atNs ? left.sequence < right.sequence : left.atNs < right.atNs;
  });
}

function isGated(pod: Pod): boolean {
  return (pod.spec.schedulingGates ?? []).length > 0;
}

/** Under which names #unschedulableBy has the entry. */
function pluginsOf({ rejectedBy }: Entry): Iterable<string> {
  return rejectedBy.size === 0 ? [''] : rejectedBy;
}

function isHelpedBy(entry: Entry, event: ClusterEvent): boolean {
  if (entry.rejectedBy.size === 0) return true;
  for (const plugin of entry.rejectedBy) if (mayHelp(event, entry.info, plugin)) return true;
  return false;
}

function backoffEndNs(entry: Entry): number {
  return entry.atNs + backoffSeconds(entry.attempts) * NS_PER_SEC;
}
