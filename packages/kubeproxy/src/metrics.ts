/**
 * Numbers about syncs: how long they take, and how long after a change its rules are in force.
 *
 * Kept once per thread, not per node. NetworkProgrammingLatency (kubeproxy_network_programming_duration)
 * is the time from the change that made an EndpointSlice change (its last-change-trigger-time annotation)
 * to the end of the sync that contained it, on every node. On thousands of nodes that is hundreds of
 * millions of observations, so of a sync with many changes every n-th stands for its n - 1 neighbours.
 */
import { type EndpointSlice, parseTime } from '@podwire/api';

const TRIGGER_TIME_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';
/** Changes that are looked at of one sync. */
const SAMPLES_PER_SYNC = 16;
/** Buckets per doubling: a quantile is right within 5 %. */
const BUCKETS_PER_OCTAVE = 16;

/** Counts durations in buckets of equal ratio. */
export class DurationHistogram {
  readonly #counts: number[] = [];
  count = 0;
  sumNs = 0;
  maxNs = 0;

  add(durationNs: number, weight = 1): void {
    const bucket = durationNs < 1 ? 0 : 1 + Math.floor(Math.log2(durationNs) * BUCKETS_PER_OCTAVE);
    while (this.#counts.length <= bucket) this.#counts.push(0);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + weight;
    this.count += weight;
    this.sumNs += durationNs * weight;
    if (durationNs > this.maxNs) this.maxNs = durationNs;
  }

  /** The duration that this many per cent do not exceed: the upper end of its bucket. */
  percentileNs(percent: number): number {
    const wanted = Math.max(1, Math.ceil((this.count * percent) / 100));
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen < wanted) continue;
      const upperNs = bucket === 0 ? 0 : Math.ceil(2 ** (bucket / BUCKETS_PER_OCTAVE));
      return Math.min(upperNs, this.maxNs);
    }
    return 0;
  }

  /** Counts as plain data: buckets by number; for reports that put threads together. */
  toJSON(): { count: number; sumNs: number; maxNs: number; buckets: number[] } {
    return { count: this.count, sumNs: this.sumNs, maxNs: this.maxNs, buckets: this.#counts };
  }

  /** Adds what another counted. */
  merge(other: ReturnType<DurationHistogram['toJSON']>): void {
    other.buckets.forEach((count, bucket) => {
      while (this.#counts.length <= bucket) this.#counts.push(0);
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    });
    this.count += other.count;
    this.sumNs += other.sumNs;
    this.maxNs = Math.max(this.maxNs, other.maxNs);
  }
}

/** Changes of EndpointSlices with the time that made them, in order of resourceVersion. */
export class NetworkProgramming {
  readonly latency: DurationHistogram = new DurationHistogram();
  readonly syncTime: DurationHistogram = new DurationHistogram();
  readonly #versions: number[] = [];
  readonly #triggersNs: number[] = [];

  note(slice: EndpointSlice): void {
    const text = slice.metadata.annotations?.[TRIGGER_TIME_ANNOTATION];
    const triggerNs = text === undefined ? undefined : parseTime(text);
    if (triggerNs === undefined) return;
    const version = Number(slice.metadata.resourceVersion);
    const at = this.#after(version);
    if (this.#versions[at - 1] === version) return;
    if (at === this.#versions.length) {
      this.#versions.push(version);
      this.#triggersNs.push(triggerNs);
      return;
    }
    this.#versions.splice(at, 0, version);
    this.#triggersNs.splice(at, 0, triggerNs);
  }

  /** A sync brought a node from one version of slices to another. */
  record(sync: {
    readonly from: number;
    readonly to: number;
    readonly endNs: number;
    /** Changes from before the proxy's start do not count. */
    readonly sinceNs: number;
  }): void {
    const first = this.#after(sync.from);
    const end = this.#after(sync.to);
    const step = Math.max(1, Math.ceil((end - first) / SAMPLES_PER_SYNC));
    for (let at = first; at < end; at += step) {
      const triggerNs = this.#triggersNs[at] ?? 0;
      if (triggerNs < sync.sinceNs) continue;
      this.latency.add(Math.max(0, sync.endNs - triggerNs), Math.min(step, end - at));
    }
  }

  /** The number of noted changes up to a version, itself included. */
  #after(version: number): number {
    let low = 0;
    let high = this.#versions.length;
    if (high > 0 && (this.#versions[high - 1] ?? 0) <= version) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#versions[middle] ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
