/**
 * Writes Events the way client-go's recorder does: equal ones are counted up, floods are combined.
 *
 * From: controllers, scheduler, kubelet. To: create and patch of `events`, by a process of its own, in order.
 * What is counted up and combined says event-correlator.ts.
 */
import { type HostSim, type Proc, Signal } from '@podwire/engine';
import { EPOCH_UNIX_SEC } from '@podwire/base';
import type { ApiClient } from './client.ts';
import { EventCorrelator, type EventKey } from './event-correlator.ts';
import type { KubeObject } from './types/meta.ts';
import type { KubeEvent } from './types/event.ts';
import type { ObjectReference } from './types/endpoints.ts';
import { formatTime } from './time.ts';
import { isOk } from './request.ts';

export class EventRecorder {
  readonly #client: ApiClient;
  readonly #sim: HostSim;
  readonly #component: string;
  readonly #host: string;
  readonly #source: { readonly component: string; readonly host?: string };
  readonly #correlator = new EventCorrelator();
  #pending: KubeEvent[] = [];
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
    this.#source = host === '' ? { component } : { component, host };
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
    const key: EventKey = { about: reference, type, reason, message };
    const {
      counted,
      message: text,
      isSpam,
    } = this.#correlator.correlate(key, nowNs, () => {
      return `${reference.name ?? ''}.${eventSuffix(nowNs, this.#salt++)}`;
    });
    if (isSpam) return;
    const event: KubeEvent = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: counted.name, namespace: reference.namespace ?? 'default' },
      involvedObject: reference,
      reason,
      message: text,
      source: this.#source,
      firstTimestamp: formatTime(counted.firstNs),
      lastTimestamp: formatTime(nowNs),
      count: counted.count,
      type,
      reportingComponent: this.#component,
      reportingInstance: this.#host,
    };
    this.#pending.push(event);
    this.#arrived.notify();
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#sim.spawn(`${this.#component}/events`, this.#write());
    }
  }

  *#write(): Proc {
    for (;;) {
      const events = this.#pending;
      this.#pending = [];
      for (const event of events) yield* this.#send(event);
      if (this.#pending.length === 0) yield* this.#arrived.wait();
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
  const { kind, apiVersion } = about;
  const reference: { -readonly [Field in keyof ObjectReference]: ObjectReference[Field] } = {
    kind,
    apiVersion,
    name,
  };
  if (namespace !== undefined) reference.namespace = namespace;
  if (uid !== undefined) reference.uid = uid;
  if (resourceVersion !== undefined) reference.resourceVersion = resourceVersion;
  return reference;
}

/** client-go names an event by its object and the time in hexadecimal; here virtual time since 1970. */
function eventSuffix(nowNs: number, salt: number): string {
  const low = EPOCH_LOW + ((nowNs + salt) % WORD);
  const high = EPOCH_HIGH + Math.floor((nowNs + salt) / WORD) + (low >= WORD ? 1 : 0);
  return high.toString(16) + (low % WORD).toString(16).padStart(8, '0');
}

/** 2026-01-01 in nanoseconds since 1970, which no double holds, in two words of 32 bits. */
const WORD = 2 ** 32;
const EPOCH_NS = BigInt(EPOCH_UNIX_SEC) * 1_000_000_000n;
const EPOCH_HIGH = Number(EPOCH_NS >> 32n);
const EPOCH_LOW = Number(EPOCH_NS & 0xffff_ffffn);
