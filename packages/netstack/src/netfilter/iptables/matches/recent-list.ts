/**
 * A list of recently seen addresses (/proc/net/xt_recent/NAME).
 *
 * At most 100 addresses; the one seen longest ago makes room (xt_recent.c, ip_list_tot).
 */
import type { Ip } from '@podwire/base';

const MAX_ADDRESSES = 100;
const MAX_STAMPS = 20;

export interface RecentEntry {
  readonly ip: Ip;
  ttlHops: number;
  readonly stampsNs: number[];
}

export class RecentList {
  /** From the one seen longest ago to the latest. */
  readonly #entries: Map<Ip, RecentEntry> = new Map();

  get(ip: Ip): RecentEntry | undefined {
    return this.#entries.get(ip);
  }

  add(ip: Ip, ttlHops: number, nowNs: number): void {
    if (this.#entries.size >= MAX_ADDRESSES) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
    this.#entries.set(ip, { ip, ttlHops, stampsNs: [nowNs] });
  }

  touch(entry: RecentEntry, ttlHops: number, nowNs: number): void {
    entry.stampsNs.push(nowNs);
    if (entry.stampsNs.length > MAX_STAMPS) entry.stampsNs.shift();
    entry.ttlHops = ttlHops;
    this.#entries.delete(entry.ip);
    this.#entries.set(entry.ip, entry);
  }

  remove(ip: Ip): void {
    this.#entries.delete(ip);
  }

  /** Removes the one seen longest ago if that was before `beforeNs` (recent_entry_reap: one at a time). */
  reap(beforeNs: number, spared: RecentEntry | undefined): void {
    const [oldest] = this.#entries.values();
    if (oldest === undefined || oldest === spared) return;
    const last = oldest.stampsNs.at(-1) ?? 0;
    if (last < beforeNs) this.#entries.delete(oldest.ip);
  }

  get entries(): IterableIterator<RecentEntry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    this.#entries.clear();
  }
}
