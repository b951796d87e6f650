/**
 * How fast nodes of a zone may be tainted for eviction: slower, or not at all, when much of the zone is unwell.
 *
 * Copies nodelifecycle's zone states and RateLimitedTimedQueue: a token per 1/rate seconds, one in hand.
 */
import type { Node } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, Signal } from '@podwire/engine';

/** From this share of unready nodes (in percent) a zone counts as disrupted, if there are at least three of them. */
const UNHEALTHY_PERCENT = 55;
const UNHEALTHY_LEAST = 3;
/** Zones up to this size stop evicting when they are disrupted. */
const LARGE_ZONE = 50;

export type ZoneState = 'normal' | 'partial-disruption' | 'full-disruption';

export interface EvictionRates {
  readonly primaryMilli: number;
  readonly secondaryMilli: number;
}

export function zoneStateOf(readyCount: number, notReadyCount: number): ZoneState {
  if (readyCount === 0 && notReadyCount > 0) return 'full-disruption';
  const isMany = notReadyCount * 100 >= UNHEALTHY_PERCENT * (readyCount + notReadyCount);
  return notReadyCount >= UNHEALTHY_LEAST && isMany ? 'partial-disruption' : 'normal';
}

interface Zone {
  readonly queue: Set<string>;
  rateMilli: number;
  /** When the next token is there. */
  tokenAtNs: number;
}

export class ZoneEvictions {
  readonly #sim: HostSim;
  readonly #rates: EvictionRates;
  readonly #zones = new Map<string, Zone>();
  readonly #nodes = new Map<string, { zone: string; isReady: boolean }>();
  readonly #changed = new Signal();

  constructor(sim: HostSim, rates: EvictionRates) {
    this.#sim = sim;
    this.#rates = rates;
  }

  put(name: string, node: Node, state: 'ready' | 'not-ready'): void {
    const labels = node.metadata.labels ?? {};
    const region = labels['topology.kubernetes.io/region'] ?? '';
    const zone = `${region}/${labels['topology.kubernetes.io/zone'] ?? ''}`;
    this.#nodes.set(name, { zone, isReady: state === 'ready' });
    if (!this.#zones.has(zone)) {
      const rateMilli = this.#rates.primaryMilli;
      this.#zones.set(zone, { queue: new Set(), rateMilli, tokenAtNs: 0 });
    }
  }

  /** Asks for the node to be tainted when its zone allows. */
  request(name: string): void {
    const zone = this.#zones.get(this.#nodes.get(name)?.zone ?? '/');
    if (zone === undefined || zone.queue.has(name)) return;
    zone.queue.add(name);
    this.#changed.notify();
  }

  cancel(name: string): void {
    for (const zone of this.#zones.values()) zone.queue.delete(name);
  }

  forget(name: string): void {
    this.cancel(name);
    this.#nodes.delete(name);
  }

  /** Sets the rates by how many nodes of each zone are well. */
  judge(): void {
    const counts = new Map<string, { ready: number; notReady: number }>();
    for (const { zone, isReady } of this.#nodes.values()) {
      const count = counts.get(zone) ?? { ready: 0, notReady: 0 };
      if (isReady) count.ready++;
      else count.notReady++;
      counts.set(zone, count);
    }
    const states = new Map<string, ZoneState>();
    for (const [zone, { ready, notReady }] of counts)
      states.set(zone, zoneStateOf(ready, notReady));
    const isAllDown =
      states.size > 0 && [...states.values()].every((state) => state === 'full-disruption');
    for (const [name, state] of states) {
      const zone = this.#zones.get(name);
      const count = counts.get(name);
      if (zone === undefined || count === undefined) continue;
      const size = count.ready + count.notReady;
      let rateMilli = this.#rates.primaryMilli;
      if (isAllDown) rateMilli = 0;
      else if (state === 'partial-disruption') {
        rateMilli = size > LARGE_ZONE ? this.#rates.secondaryMilli : 0;
      }
      if (rateMilli !== zone.rateMilli) {
        zone.rateMilli = rateMilli;
        this.#changed.notify();
      }
    }
  }

  /** Waits for the next node whose turn it is. */
  *next(): Proc<string> {
    for (;;) {
      let waitNs: number | undefined;
      for (const zone of this.#zones.values()) {
        const name: string | undefined = zone.queue.values().next().value;
        if (name === undefined || zone.rateMilli === 0) continue;
        const leftNs = zone.tokenAtNs - this.#sim.nowNs();
        if (leftNs <= 0) {
          zone.queue.delete(name);
          const intervalNs = Math.round((NS_PER_SEC * 1000) / zone.rateMilli);
          zone.tokenAtNs = this.#sim.nowNs() + intervalNs;
          return name;
        }
        waitNs = Math.min(waitNs ?? leftNs, leftNs);
      }
      yield* this.#changed.wait(waitNs);
    }
  }
}
