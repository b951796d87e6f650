/**
 * What a controller has asked for and not yet seen, so that it does not ask twice while its copy lags behind.
 *
 * Copies pkg/controller's UIDTrackingControllerExpectations; unmet ones are given up after five minutes.
 */
import { NS_PER_SEC } from '@podwire/base';

const TIMEOUT_NS = 300 * NS_PER_SEC;

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly atNs: number;
}

export class Expectations {
  readonly #expected = new Map<string, Expected>();

  isMet(key: string, nowNs: number): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    if (expected.creations <= 0 && expected.deletions.size === 0) return true;
    return nowNs - expected.atNs > TIMEOUT_NS;
  }

  /** Begins anew: so many creations, and these objects' deletions. */
  set(key: string, nowNs: number, creations: number, deletions: readonly string[] = []): void {
    this.#expected.set(key, { creations, deletions: new Set(deletions), atNs: nowNs });
  }

  /** A creation was seen, or failed. */
  created(key: string): void {
    const expected = this.#expected.get(key);
    if (expected !== undefined) expected.creations--;
  }

  /** A deletion was seen, or failed. */
  deleted(key: string, objectKey: string): void {
    this.#expected.get(key)?.deletions.delete(objectKey);
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
