/**
 * Which events are counted up, combined or passed over (client-go tools/record/events_cache.go).
 *
 * From: the recorder, with each event as it happens. To: the recorder, with the count and name under which it
 * is written. One short list per object stands for client-go's three caches (aggregator, logger, spam
 * filter): most objects have a handful of events, and a cluster has many objects.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { ObjectReference } from './types/endpoints.ts';

/** More similar events than this within the interval become one "combined" event. */
const AGGREGATE_MAX = 10;
const AGGREGATE_INTERVAL_NS = 600 * NS_PER_SEC;
/** Token bucket per source and object. */
const SPAM_BURST = 25;
const SPAM_REFILL_NS = 300 * NS_PER_SEC;
/** Objects that are remembered; the one longest without an event is forgotten (maxLruCacheEntries). */
const OBJECT_COUNT_MAX = 4096;
const COMBINED = '(combined from similar events): ';

export interface EventKey {
  readonly about: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What an object's events with the same place, type, reason and message have come to. */
export class EventCount {
  readonly fieldPath: string | undefined;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** undefined: those of this reason that were combined. */
  readonly message: string | undefined;
  /** Of the Event object; '' before the first one. */
  name = '';
  count = 0;
  firstNs = 0;
  /** When an event of this type and reason was last heard of, kept on one of them. */
  reasonNs = -1;
  /** Its message is one of those that make the next one "similar". */
  isSimilar = false;

  constructor(key: EventKey, message: string | undefined) {
    this.fieldPath = key.about.fieldPath;
    this.type = key.type;
    this.reason = key.reason;
    this.message = message;
  }

  hasReason(key: EventKey): boolean {
    return this.reason === key.reason && this.type === key.type;
  }
}

interface KnownObject {
  tokens: number;
  atNs: number;
  /** In the order in which their messages became similar ones. */
  readonly counts: EventCount[];
}

export interface Correlated {
  readonly counted: EventCount;
  /** The event's message as it is written. */
  readonly message: string;
  /** The object has had too many: nothing is written. */
  readonly isSpam: boolean;
}

export class EventCorrelator {
  readonly #objects = new Map<string, KnownObject>();

  /** EventCorrelate: combine, count, then ask the spam filter. `newName` names the first of a kind. */
  correlate(key: EventKey, nowNs: number, newName: () => string): Correlated {
    const object = this.#object(key.about, nowNs);
    const isCombined = aggregate(object.counts, key, nowNs);
    const counted = find(object.counts, key, isCombined ? undefined : key.message);
    counted.count++;
    if (counted.count === 1) {
      counted.name = newName();
      counted.firstNs = nowNs;
    }
    const message = isCombined ? COMBINED + key.message : key.message;
    return { counted, message, isSpam: !takeToken(object, nowNs) };
  }

  #object(about: ObjectReference, nowNs: number): KnownObject {
    const key = about.uid ?? `${about.kind}/${about.namespace}/${about.name}`;
    const known = this.#objects.get(key);
    if (known === undefined) {
      if (this.#objects.size >= OBJECT_COUNT_MAX) this.#forgetOldest();
      const made = { tokens: SPAM_BURST, atNs: nowNs, counts: [] };
      this.#objects.set(key, made);
      return made;
    }
    this.#objects.delete(key);
    this.#objects.set(key, known);
    return known;
  }

  #forgetOldest(): void {
    const oldest = this.#objects.keys().next().value;
    if (oldest !== undefined) this.#objects.delete(oldest);
  }
}

/** EventAggregate: whether too many of this type and reason differ only in the message. */
function aggregate(counts: EventCount[], key: EventKey, nowNs: number): boolean {
  let similarCount = 0;
  let reasonNs = -1;
  let own: EventCount | undefined;
  for (const one of counts) {
    if (!one.hasReason(key)) continue;
    if (one.reasonNs > reasonNs) reasonNs = one.reasonNs;
    one.reasonNs = -1;
    if (!one.isSimilar) continue;
    similarCount++;
    if (one.message === key.message) own = one;
  }
  if (reasonNs >= 0 && nowNs - reasonNs > AGGREGATE_INTERVAL_NS) {
    for (const one of counts) if (one.hasReason(key)) one.isSimilar = false;
    similarCount = 0;
    own = undefined;
  }
  if (own === undefined) {
    own = find(counts, key, key.message);
    own.isSimilar = true;
    moveLast(counts, own);
    similarCount++;
  }
  own.reasonNs = nowNs;
  if (similarCount < AGGREGATE_MAX) return false;
  const oldest = counts.findIndex((one) => one.isSimilar && one.hasReason(key));
  const dropped = counts[oldest];
  if (dropped !== undefined) {
    dropped.isSimilar = false;
    // It was only ever part of the combined event.
    if (dropped.count === 0) counts.splice(oldest, 1);
  }
  return true;
}

/** The entry of this place and message, made when it is the first. */
function find(counts: EventCount[], key: EventKey, message: string | undefined): EventCount {
  for (const one of counts) {
    const isSame = one.message === message && one.fieldPath === key.about.fieldPath;
    if (isSame && one.hasReason(key)) return one;
  }
  const made = new EventCount(key, message);
  counts.push(made);
  return made;
}

function moveLast(counts: EventCount[], one: EventCount): void {
  const at = counts.indexOf(one);
  if (at === counts.length - 1) return;
  counts.splice(at, 1);
  counts.push(one);
}

function takeToken(object: KnownObject, nowNs: number): boolean {
  const refill = Math.floor((nowNs - object.atNs) / SPAM_REFILL_NS);
  object.tokens = Math.min(SPAM_BURST, object.tokens + refill);
  object.atNs += refill * SPAM_REFILL_NS;
  if (object.tokens === 0) return false;
  object.tokens--;
  return true;
}
