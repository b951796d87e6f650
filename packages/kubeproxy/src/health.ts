/**
 * The two health servers of a service proxy: :10256/healthz, and one per healthCheckNodePort.
 */
import type { Proc } from '@podwire/engine';
import { formatNanoTime } from '@podwire/api';
import {
  type HttpResponse,
  HttpServer,
  type NetNs,
  httpServe,
  payloadFromText,
} from '@podwire/netstack';

export const HEALTHZ_PORT = 10_256;

export interface ProxyHealth {
  /** When rules were last brought up to date. */
  readonly lastUpdatedNs: number;
  readonly isHealthy: boolean;
  /** False once the node is being deleted, or an autoscaler is about to. */
  readonly isEligible: boolean;
}

/** Local ready addresses of a Service with a health check port. */
export interface ServiceHealth {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly localEndpoints: number;
}

export class HealthServers {
  readonly #ns: NetNs;
  readonly #process: string;
  readonly #health: () => ProxyHealth;
  readonly #services: Map<number, ServiceHealth> = new Map();
  readonly #servers: Map<number, HttpServer> = new Map();
  readonly #healthz: HttpServer | undefined;

  constructor(ns: NetNs, health: () => ProxyHealth, process = 'kube-proxy') {
    this.#ns = ns;
    this.#process = process;
    this.#health = health;
    const server = httpServe(ns, { port: HEALTHZ_PORT, process }, (request) =>
      this.#answerHealthz(request.path),
    );
    this.#healthz = typeof server === 'string' ? undefined : server;
  }

  /** Opens and closes ports so that exactly these are served. */
  update(services: readonly ServiceHealth[]): void {
    const wanted = new Set(services.map((one) => one.port));
    for (const [port, server] of this.#servers) {
      if (wanted.has(port)) continue;
      server.close();
      this.#servers.delete(port);
      this.#services.delete(port);
    }
    for (const one of services) {
      this.#services.set(one.port, one);
      if (this.#servers.has(one.port)) continue;
      const server = httpServe(this.#ns, { port: one.port, process: this.#process }, () =>
        this.#answerService(one.port),
      );
      if (server instanceof HttpServer) this.#servers.set(one.port, server);
    }
  }

  close(): void {
    this.#healthz?.close();
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  // oxlint-disable-next-line require-yield -- a handler is a process; this one never waits
  *#answerHealthz(path: string): Proc<HttpResponse> {
    const { lastUpdatedNs, isHealthy, isEligible } = this.#health();
    if (path !== '/healthz' && path !== '/livez') {
      return { status: 404, body: payloadFromText('404 page not found\n') };
    }
    const ok = isHealthy && (path === '/livez' || isEligible);
    const lastUpdated = formatNanoTime(lastUpdatedNs);
    const body = {
      lastUpdated,
      currentTime: formatNanoTime(this.#ns.sim.nowNs()),
      nodeEligible: isEligible,
      healthy: isHealthy,
      status: { IPv4: { lastUpdated, healthy: isHealthy } },
    };
    return {
      status: ok ? 200 : 503,
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Content-Type-Options', 'nosniff'],
      ],
      body: payloadFromText(JSON.stringify(body)),
    };
  }

  // oxlint-disable-next-line require-yield -- a handler is a process; this one never waits
  *#answerService(port: number): Proc<HttpResponse> {
    const one = this.#services.get(port);
    const { isHealthy } = this.#health();
    const count = one?.localEndpoints ?? 0;
    const body = {
      service: { namespace: one?.namespace ?? '', name: one?.name ?? '' },
      localEndpoints: count,
      serviceProxyHealthy: isHealthy,
    };
    return {
      status: count > 0 && isHealthy ? 200 : 503,
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Content-Type-Options', 'nosniff'],
        ['X-Load-Balancing-Endpoint-Weight', String(count)],
      ],
      body: payloadFromText(JSON.stringify(body, undefined, '\t')),
    };
  }
}
