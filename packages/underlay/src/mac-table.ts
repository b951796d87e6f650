/**
 * Where a switch last saw which address.
 */
import { type Mac, NS_PER_SEC, isMacMulticast } from '@podwire/base';

/** IEEE 802.1D, table 7-5: recommended ageing time. */
export const MAC_AGEING_NS: number = 300 * NS_PER_SEC;

export interface MacEntry {
  port: number;
  seenNs: number;
}

/** Entries are aged when they are looked at, so that an idle switch needs no events. */
export class MacTable {
  readonly ageingNs: number;
  readonly #entries = new Map<Mac, MacEntry>();

  constructor(ageingNs: number = MAC_AGEING_NS) {
    this.ageingNs = ageingNs;
  }

  /** Learns a source address; group addresses are never a source. */
  learn(mac: Mac, port: number, nowNs: number): void {
    if (isMacMulticast(mac) || mac === 0) return;
    const entry = this.#entries.get(mac);
    if (entry === undefined) this.#entries.set(mac, { port, seenNs: nowNs });
    else {
      entry.port = port;
      entry.seenNs = nowNs;
    }
  }

  /** The port behind which the address is, undefined when unknown or too long unseen. */
  lookup(mac: Mac, nowNs: number): number | undefined {
    const entry = this.#entries.get(mac);
    if (entry === undefined) return undefined;
    if (nowNs - entry.seenNs < this.ageingNs) return entry.port;
    this.#entries.delete(mac);
    return undefined;
  }

  /** A port that went down takes its addresses along. */
  forgetPort(port: number): void {
    for (const [mac, entry] of this.#entries) if (entry.port === port) this.#entries.delete(mac);
  }

  /** Live entries, in the order in which they were first learned. */
  entries(nowNs: number): { mac: Mac; port: number; ageNs: number }[] {
    const list = [];
    for (const [mac, { port, seenNs }] of this.#entries) {
      if (nowNs - seenNs < this.ageingNs) list.push({ mac, port, ageNs: nowNs - seenNs });
    }
    return list;
  }
}
