/**
 * Which endpoint gets the next request.
 *
 * nginx: lua-resty-balancer's round robin and consistent hash; HAProxy: roundrobin, leastconn, random, source.
 */
import { type Ip, type Rng, formatIp, hashText } from '@podwire/base';
import { type Endpoint, endpointKey } from './endpoints.ts';

export interface Server {
  readonly endpoint: Endpoint;
  readonly key: string;
  readonly weight: number;
}

export type Algorithm = 'roundrobin' | 'leastconn' | 'random' | 'source';

/** Servers of one backend and what its algorithm remembers. */
export class Balancer {
  readonly servers: readonly Server[];
  readonly algorithm: Algorithm;
  readonly #rng: Rng;
  /** Of the smooth weighted round robin: how far each is behind its share. */
  readonly #credit: number[];
  readonly #open = new Map<string, number>();

  constructor(servers: readonly Server[], algorithm: Algorithm, rng: Rng) {
    this.servers = servers;
    this.algorithm = algorithm;
    this.#rng = rng;
    this.#credit = servers.map(() => 0);
  }

  /** The next server; `isUsable` leaves out those that are down or were tried. Weight 0 gets nothing. */
  pick(client: Ip, isUsable: (server: Server) => boolean): Server | undefined {
    const usable = this.servers.filter((server) => server.weight > 0 && isUsable(server));
    if (usable.length <= 1) return usable[0];
    switch (this.algorithm) {
      case 'roundrobin':
        return this.#roundRobin(isUsable);
      case 'leastconn':
        return this.#leastConn(isUsable);
      case 'random':
        return this.#random(usable);
      case 'source':
        return highestHash(usable, formatIp(client));
    }
  }

  /** A request is under way at a server until the returned function is called. */
  open(server: Server): () => void {
    this.#open.set(server.key, this.#openCount(server) + 1);
    return () => {
      this.#open.set(server.key, this.#openCount(server) - 1);
    };
  }

  #openCount(server: Server): number {
    return this.#open.get(server.key) ?? 0;
  }

  /** Each round everyone gains its weight and the one with most pays for all: exact shares, evenly mixed. */
  #roundRobin(isUsable: (server: Server) => boolean): Server | undefined {
    let total = 0;
    let best = -1;
    for (const [index, server] of this.servers.entries()) {
      if (server.weight === 0 || !isUsable(server)) continue;
      total += server.weight;
      this.#credit[index] = (this.#credit[index] ?? 0) + server.weight;
      if (best < 0 || (this.#credit[index] ?? 0) > (this.#credit[best] ?? 0)) best = index;
    }
    if (best < 0) return undefined;
    this.#credit[best] = (this.#credit[best] ?? 0) - total;
    return this.servers[best];
  }

  /** Fewest open connections for its weight; among equals in turn. */
  #leastConn(isUsable: (server: Server) => boolean): Server | undefined {
    const load = (server: Server): number =>
      Math.floor((this.#openCount(server) * 256) / server.weight);
    let least: number | undefined;
    for (const server of this.servers) {
      if (server.weight === 0 || !isUsable(server)) continue;
      if (least === undefined || load(server) < least) least = load(server);
    }
    return this.#roundRobin((server) => isUsable(server) && load(server) === least);
  }

  /** Two draws by weight, of which the less loaded wins (HAProxy's random(2)). */
  #random(usable: readonly Server[]): Server | undefined {
    const first = this.#draw(usable);
    const second = this.#draw(usable);
    if (first === undefined || second === undefined) return first;
    return this.#openCount(second) * first.weight < this.#openCount(first) * second.weight
      ? second
      : first;
  }

  #draw(usable: readonly Server[]): Server | undefined {
    let at = this.#rng.below(usable.reduce((sum, { weight }) => sum + weight, 0));
    for (const server of usable) {
      at -= server.weight;
      if (at < 0) return server;
    }
    return usable.at(-1);
  }
}

/** Rendezvous hashing: the same key keeps its server while that one is there. */
export function highestHash(servers: readonly Server[], key: string): Server | undefined {
  let best: Server | undefined;
  let bestHash = -1;
  for (const server of servers) {
    const hash = hashText(`${key}|${server.key}`) >>> 0;
    if (hash > bestHash) [best, bestHash] = [server, hash];
  }
  return best;
}

export function serverOf(endpoint: Endpoint, weight = 1): Server {
  return { endpoint, key: endpointKey(endpoint), weight };
}
