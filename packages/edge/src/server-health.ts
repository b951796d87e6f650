/**
 * HAProxy's health checks: a TCP connection to each server of a backend that has more than one, every 5 s unless the
 * IngressController says otherwise.
 *
 * Three failures in a row take a server out, two successes bring it back; the first check after a (re)load decides
 * alone.
 */
import { NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, type Process, sleep } from '@podwire/engine';
import { type NetNs, tcpConnect } from '@podwire/netstack';
import type { Server } from './balance.ts';

const TIMEOUT_NS = 5 * NS_PER_SEC;
const FALL = 3;
const RISE = 2;

export class ServerHealth {
  readonly #sim: HostSim;
  readonly #ns: NetNs;
  readonly #intervalNs: number;
  readonly #down = new Set<string>();
  #checks: Process[] = [];

  constructor(sim: HostSim, ns: NetNs, intervalNs: number) {
    this.#sim = sim;
    this.#intervalNs = intervalNs;
    this.#ns = ns;
  }

  isUp(key: string): boolean {
    return !this.#down.has(key);
  }

  /** A reload: all servers count as up, and are checked anew. */
  watch(backends: readonly (readonly Server[])[]): void {
    this.stop();
    const servers = new Map<string, Server>();
    for (const backend of backends) {
      if (backend.length < 2) continue;
      for (const server of backend) servers.set(server.key, server);
    }
    // Spread over the interval, as HAProxy does, so that they do not all begin at once.
    let index = 0;
    for (const server of servers.values()) {
      const delayNs = Math.floor((this.#intervalNs * index++) / servers.size);
      this.#checks.push(this.#sim.spawn(`check ${server.key}`, this.#check(server, delayNs)));
    }
  }

  stop(): void {
    for (const check of this.#checks) check.cancel();
    this.#checks = [];
    this.#down.clear();
  }

  *#check(server: Server, delayNs: number): Proc {
    yield* sleep(delayNs);
    let failures = FALL - 1;
    let successes = 0;
    for (;;) {
      if (yield* this.#isReachable(server)) {
        failures = 0;
        if (++successes >= RISE) this.#down.delete(server.key);
      } else {
        successes = 0;
        if (++failures >= FALL) this.#down.add(server.key);
      }
      yield* sleep(this.#intervalNs);
    }
  }

  *#isReachable({ endpoint }: Server): Proc<boolean> {
    const conn = tcpConnect(this.#ns, { ip: endpoint.ip, port: endpoint.port });
    if (typeof conn === 'string') return false;
    try {
      return (yield* conn.connected(TIMEOUT_NS)) === undefined;
    } finally {
      conn.abort();
    }
  }
}
