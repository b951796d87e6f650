/**
 * What was learned of path MTUs (struct fib_nh_exception): per destination, for 600 s, at least 552 bytes.
 */
import { type Ip, NS_PER_SEC } from '@podwire/base';

/** net.ipv4.route.mtu_expires and min_pmtu. */
const EXPIRES_NS = 600 * NS_PER_SEC;
const MIN_PMTU_BYTES = 552;

export interface PathMtu {
  readonly mtuBytes: number;
  readonly expiresNs: number;
}

export class PathMtuCache {
  /** Made when something was learned. */
  #entries: Map<Ip, PathMtu> | undefined;

  /** The learned MTU, or 0. */
  get(dst: Ip, nowNs: number): number {
    const entry = this.#entries?.get(dst);
    if (entry === undefined) return 0;
    if (entry.expiresNs > nowNs) return entry.mtuBytes;
    this.#entries?.delete(dst);
    return 0;
  }

  /** Seconds left for `ip route get`. */
  entry(dst: Ip): PathMtu | undefined {
    return this.#entries?.get(dst);
  }

  learn(dst: Ip, mtuBytes: number, nowNs: number): void {
    const value = Math.max(MIN_PMTU_BYTES, mtuBytes);
    const known = this.get(dst, nowNs);
    if (known !== 0 && known < value) return;
    this.#entries ??= new Map();
    this.#entries.set(dst, { mtuBytes: value, expiresNs: nowNs + EXPIRES_NS });
  }

  /** `ip route flush cache`. */
  clear(): void {
    this.#entries = undefined;
  }
}
