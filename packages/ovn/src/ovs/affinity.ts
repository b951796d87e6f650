/**
 * Session affinity: the backend that a client had last (flows that lb_aff_learn makes OVS learn).
 *
 * A learned flow lives as long as new connections come within the timeout (idle_timeout).
 */
import { type Ip, NS_PER_SEC } from '@podwire/base';

export interface Affinity {
  readonly service: string;
  readonly timeoutSec: number;
  readonly backends: readonly string[];
}

interface Learned {
  backend: string;
  usedNs: number;
}

export class AffinityTable {
  readonly #learned: Map<string, Learned> = new Map();

  /** The hash value to go on with: of the client's last backend, else the one that was drawn. */
  choose(
    { service, timeoutSec, backends }: Affinity,
    client: Ip,
    drawn: number,
    nowNs: number,
  ): number {
    const key = `${service} ${client}`;
    const known = this.#learned.get(key);
    if (known !== undefined && nowNs - known.usedNs <= timeoutSec * NS_PER_SEC) {
      const at = backends.indexOf(known.backend);
      if (at >= 0) {
        known.usedNs = nowNs;
        return at;
      }
    }
    const backend = backends[drawn % backends.length];
    if (backend !== undefined) this.#learned.set(key, { backend, usedNs: nowNs });
    return drawn;
  }
}
