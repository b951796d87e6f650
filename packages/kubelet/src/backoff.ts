/**
 * Exponential back-off per key, as client-go's flowcontrol.Backoff: 10 s doubling to 300 s, forgotten
 * after twice the maximum without a failure (kubelet MaxContainerBackOff).
 */
import { NS_PER_SEC } from '@podwire/base';

export const BACKOFF_INITIAL_NS: number = 10 * NS_PER_SEC;
export const BACKOFF_MAX_NS: number = 300 * NS_PER_SEC;

export class Backoff {
  readonly #entries = new Map<string, { delayNs: number; lastNs: number }>();

  /** The delay in force for the key; 0 when it is not backing off. */
  currentNs(key: string, nowNs: number): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || nowNs - entry.lastNs > 2 * BACKOFF_MAX_NS) return 0;
    return entry.delayNs;
  }

  /** Notes a failure now: the delay begins at 10 s and doubles. */
  next(key: string, nowNs: number): number {
    const current = this.currentNs(key, nowNs);
    const delayNs = current === 0 ? BACKOFF_INITIAL_NS : Math.min(current * 2, BACKOFF_MAX_NS);
    this.#entries.set(key, { delayNs, lastNs: nowNs });
    return delayNs;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
