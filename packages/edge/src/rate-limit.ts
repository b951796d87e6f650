/**
 * Limits per client address as the router's HAProxy keeps them in a stick table: connections at once, connections in 3 s,
 * requests in 10 s (annotations rate-limit-connections.*).
 */
import { type Ip, NS_PER_SEC } from '@podwire/base';
import type { TcpConn } from '@podwire/netstack';

export interface RateLimits {
  readonly concurrentTcp: number | undefined;
  readonly tcpRate: number | undefined;
  readonly httpRate: number | undefined;
}

const CONN_PERIOD_NS = 3 * NS_PER_SEC;
const HTTP_PERIOD_NS = 10 * NS_PER_SEC;

/** freq_ctr of HAProxy: the present period, and the last one by as much of it as still lies in the window. */
export class FrequencyCounter {
  readonly #periodNs: number;
  #beganNs = 0;
  #count = 0;
  #before = 0;

  constructor(periodNs: number) {
    this.#periodNs = periodNs;
  }

  add(nowNs: number): void {
    this.#rotate(nowNs);
    this.#count++;
  }

  read(nowNs: number): number {
    this.#rotate(nowNs);
    // Very low rates are told as they are, so that they do not flap.
    if (this.#before <= 1 && this.#count === 0) return this.#before;
    const leftNs = this.#beganNs + this.#periodNs - nowNs;
    return this.#count + Math.floor((this.#before * leftNs) / this.#periodNs);
  }

  #rotate(nowNs: number): void {
    const elapsedNs = nowNs - this.#beganNs;
    if (elapsedNs < this.#periodNs) return;
    const isNext = elapsedNs < 2 * this.#periodNs;
    this.#before = isNext ? this.#count : 0;
    this.#count = 0;
    this.#beganNs = isNext ? this.#beganNs + this.#periodNs : nowNs;
  }
}

interface Entry {
  readonly connections: FrequencyCounter;
  readonly requests: FrequencyCounter;
  readonly open: Set<LimitedConnection>;
}

/** A client's connection. */
type LimitedConnection = Pick<TcpConn, 'state' | 'remoteIp'>;

export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #entries = new Map<Ip, Entry>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Whether a request over a connection is let through; false: the connection is to be closed. */
  admit(connection: LimitedConnection, nowNs: number): boolean {
    const entry = this.#entry(connection.remoteIp);
    for (const other of entry.open) {
      if (other.state !== 'ESTABLISHED' && other.state !== 'CLOSE_WAIT') entry.open.delete(other);
    }
    const { concurrentTcp, tcpRate, httpRate } = this.#limits;
    const isNew = !entry.open.has(connection);
    const isOver =
      (isNew && concurrentTcp !== undefined && entry.open.size >= concurrentTcp) ||
      (isNew && tcpRate !== undefined && entry.connections.read(nowNs) >= tcpRate) ||
      (httpRate !== undefined && entry.requests.read(nowNs) >= httpRate);
    if (isNew) entry.connections.add(nowNs);
    if (isOver) return false;
    entry.open.add(connection);
    entry.requests.add(nowNs);
    return true;
  }

  #entry(client: Ip): Entry {
    let entry = this.#entries.get(client);
    if (entry === undefined) {
      entry = {
        connections: new FrequencyCounter(CONN_PERIOD_NS),
        requests: new FrequencyCounter(HTTP_PERIOD_NS),
        open: new Set(),
      };
      this.#entries.set(client, entry);
    }
    return entry;
  }
}
