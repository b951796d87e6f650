/**
 * A client that sends at most so many requests a second (client-go flowcontrol: token bucket).
 *
 * Watches pass freely, as upstream.
 */
import { NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, sleep } from '@podwire/engine';
import type { ApiClient } from './client.ts';
import type { ObjectViews } from './object-view.ts';
import type { ApiRequest, ApiResponse, WatchEvent } from './request.ts';

/** As the options --kube-api-qps and --kube-api-burst of Kubernetes' components. */
export interface RateLimit {
  /** Requests per second; unlimited when unset. */
  readonly qps?: number;
  /** How many may go at once after a pause; `qps` when unset. */
  readonly burst?: number;
}

/** The client, limited if there is a limit. */
export function withRateLimit(
  sim: HostSim,
  client: ApiClient,
  { qps, burst = qps }: RateLimit,
): ApiClient {
  if (qps === undefined || burst === undefined) return client;
  return new RateLimitedClient(sim, client, qps, burst);
}

class RateLimitedClient implements ApiClient {
  readonly #sim: HostSim;
  readonly #client: ApiClient;
  readonly #intervalNs: number;
  readonly #burst: number;
  readonly views?: ObjectViews;
  /** When the bucket would be full again if nothing more were taken. */
  #fullAtNs = 0;

  constructor(sim: HostSim, client: ApiClient, qps: number, burst: number) {
    this.#sim = sim;
    this.#client = client;
    this.#intervalNs = Math.round(NS_PER_SEC / qps);
    this.#burst = burst;
    if (client.views !== undefined) this.views = client.views;
  }

  *request(request: ApiRequest): Proc<ApiResponse> {
    const nowNs = this.#sim.nowNs();
    this.#fullAtNs = Math.max(this.#fullAtNs, nowNs) + this.#intervalNs;
    const waitNs = this.#fullAtNs - nowNs - this.#burst * this.#intervalNs;
    if (waitNs > 0) yield* sleep(waitNs);
    return yield* this.#client.request(request);
  }

  *watch(request: ApiRequest, onEvent: (event: WatchEvent) => void): Proc<ApiResponse | undefined> {
    return yield* this.#client.watch(request, onEvent);
  }
}
