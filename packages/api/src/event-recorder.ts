/**
 * Writes Events the way client-go's recorder does: equal ones are counted up, floods are combined.
 *
 * From: controllers, scheduler, kubelet. To: create and patch of `events`, by a process of its own, in order.
 * Constants: client-go tools/record/events_cache.go.
 */
import { type HostSim, type Proc, Signal } from '@podwire/engine';
import { NS_PER_SEC } from '@podwire/base';
import type { ApiClient } from './client.ts';
import type { KubeObject } from './types/meta.ts';
import type { KubeEvent } from './types/event.ts';
import type { ObjectReference } from './types/endpoints.ts';
import { formatTime } from './time.ts';
import { isOk } from './request.ts';

/** More similar events than this within the interval become one "combined" event. */
const AGGREGATE_MAX = 10;
const AGGREGATE_INTERVAL_NS = 600 * NS_PER_SEC;
/** Token bucket per source and object. */
const SPAM_BURST = 25;
const SPAM_REFILL_NS = 300 * NS_PER_SEC;

interface Known {
  name: string;
  count: number;
  firstTimestamp: string;
}

interface Similar {
  messages: Set<string>;
  lastNs: number;
}

interface Pending {
  readonly key: string;
  readonly event: KubeEvent;
}

export class EventRecorder {
  readonly #client: ApiClient;
  readonly #sim: HostSim;
  readonly #component: string;
  readonly #host: string;
  readonly #known = new Map<string, Known>();
  readonly #similar = new Map<string, Similar>();
  readonly #buckets = new Map<string, { tokens: number; atNs: number }>();
  readonly #pending: Pending[] = [];
  readonly #arrived = new Signal();
  #isRunning = false;
  /** Keeps apart the names of events of one instant. */
  #salt = 0;

  /** `component` as `default-scheduler`; `host` of a kubelet. */
  constructor(client: ApiClient, sim: HostSim, component: string, host = '') {
    this.#client = client;
    this.#sim = sim;
    this.#component = component;
    this.#host = host;
  }

  /** Records an event about an object; it is written soon after, by the recorder's own process. */
  event(
    about: KubeObject | ObjectReference,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void {
    const reference = referenceTo(about);
    const nowNs = this.#sim.nowNs();
    const objectKey = [
      this.#component,
      this.#host,
      reference.kind,
      reference.namespace,
      reference.name,
      reference.fieldPath,
      reference.uid,
      reference.apiVersion,
    ].join('|');
    const text = this.#aggregate(`${objectKey}|${type}|${reason}`, message, nowNs);
    if (!this.#takeToken(objectKey, nowNs)) return;
    const key = `${objectKey}|${type}|${reason}|${text.key}`;
    const now = formatTime(nowNs);
    const known = this.#known.get(key);
    const count = (known?.count ?? 0) + 1;
    const name = known?.name ?? `${reference.name ?? ''}.${eventSuffix(nowNs, this.#salt++)}`;
    const firstTimestamp = known?.firstTimestamp ?? now;
    this.#known.set(key, { name, count, firstTimestamp });
    const event: KubeEvent = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: reference.namespace ?? 'default' },
      involvedObject: reference,
      reason,
      message: text.message,
      source: { component: this.#component, ...(this.#host === '' ? {} : { host: this.#host }) },
      firstTimestamp,
      lastTimestamp: now,
      count,
      type,
      reportingComponent: this.#component,
      reportingInstance: this.#host,
    };
    this.#pending.push({ key, event });
    this.#arrived.notify();
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#sim.spawn(`${this.#component}/events`, this.#write());
    }
  }

  /** Combines when too many differ only in the message. */
  #aggregate(key: string, message: string, nowNs: number): { key: string; message: string } {
    let similar = this.#similar.get(key);
    if (similar === undefined || nowNs - similar.lastNs > AGGREGATE_INTERVAL_NS) {
      similar = { messages: new Set(), lastNs: nowNs };
      this.#similar.set(key, similar);
    }
    similar.lastNs = nowNs;
    similar.messages.add(message);
    if (similar.messages.size < AGGREGATE_MAX) return { key: message, message };
    const oldest = similar.messages.values().next().value;
    if (oldest !== undefined) similar.messages.delete(oldest);
    return { key: '(combined)', message: `(combined from similar events): ${message}` };
  }

  #takeToken(key: string, nowNs: number): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: SPAM_BURST, atNs: nowNs };
    const refill = Math.floor((nowNs - bucket.atNs) / SPAM_REFILL_NS);
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + refill);
    bucket.atNs += refill * SPAM_REFILL_NS;
    this.#buckets.set(key, bucket);
    if (bucket.tokens === 0) return false;
    bucket.tokens--;
    return true;
  }

  *#write(): Proc {
    for (;;) {
      const next = this.#pending.shift();
      if (next === undefined) yield* this.#arrived.wait();
      else yield* this.#send(next.event);
    }
  }

  *#send(event: KubeEvent): Proc {
    const namespace = event.metadata.namespace ?? 'default';
    if ((event.count ?? 1) > 1) {
      const response = yield* this.#client.request({
        verb: 'patch',
        resource: 'events',
        namespace,
        name: event.metadata.name,
        patchType: 'strategic-merge-patch',
        body: {
          count: event.count,
          lastTimestamp: event.lastTimestamp,
          message: event.message,
        },
        fieldManager: this.#component,
      });
      if (isOk(response) || response.code !== 404) return;
    }
    yield* this.#client.request({
      verb: 'create',
      resource: 'events',
      namespace,
      body: event,
      fieldManager: this.#component,
    });
  }
}

/** The reference that an event carries about an object. */
export function referenceTo(about: KubeObject | ObjectReference): ObjectReference {
  if (!('metadata' in about)) return about;
  const { name, namespace, uid, resourceVersion } = about.metadata;
  return {
    kind: about.kind,
    apiVersion: about.apiVersion,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** client-go names an event by its object and the time in hexadecimal; here virtual time since 1970. */
function eventSuffix(nowNs: number, salt: number): string {
  const unixNs = 1_767_225_600n * 1_000_000_000n + BigInt(nowNs) + BigInt(salt);
  return unixNs.toString(16);
}
